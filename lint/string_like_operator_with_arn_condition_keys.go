package lint

import (
	"strings"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
)

var stringLikeOperatorWithArnConditionKeys = &Rule{
	Code:         "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
	Title:        "String like operator with ARN condition keys",
	Type:         SecurityWarning,
	Kinds:        AnyKind,
	Sentence:     "StringLike compares ARNs, and its wildcards reach over the colons between their parts.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if b.op.Comparison != condition.StringLike && b.op.Comparison != condition.StringNotLike {
				return
			}
			if known, ok := c.key(k.key.text); ok && known.Type() == catalog.TypeARN {
				c.report(k.key.span, "The wildcards of %s reach over the parts of ARNs; use %s", b.op, strings.Replace(b.op.String(), "String", "Arn", 1))
			}
		})
	},
}

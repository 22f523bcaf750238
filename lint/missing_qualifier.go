package lint

import (
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

var missingQualifier = &Rule{
	Code:         "MISSING_QUALIFIER",
	Title:        "Missing qualifier",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "A request may have several values for the condition key, and an operator without ForAllValues or ForAnyValue does not match such keys.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if b.op.Set != condition.NoSet || b.op.Comparison == condition.Null {
				return
			}
			if known, ok := c.key(k.key.text); ok && known.Multivalued() && !c.more.single[fold.Name(known.Name())] {
				c.report(k.key.span, "A request may have several values for %s; use ForAnyValue:%s or ForAllValues:%s", k.key.text, b.op, b.op)
			}
		})
	},
}

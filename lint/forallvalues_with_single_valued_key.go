package lint

import "github.com/writ-iam/writ/condition"

var forallvaluesWithSingleValuedKey = &Rule{
	Code:         "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
	Title:        "ForAllValues with single valued key",
	Type:         SecurityWarning,
	Kinds:        AnyKind,
	Sentence:     "ForAllValues stands with a condition key of one value, and so holds also where the key is missing.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if b.op.Set != condition.ForAllValues || b.op.Comparison == condition.Null {
				return
			}
			if known, ok := c.key(k.key.text); ok && !known.Multivalued() {
				c.report(k.key.span, "%s has one value, and ForAllValues holds also without it; leave ForAllValues: out", k.key.text)
			}
		})
	},
}

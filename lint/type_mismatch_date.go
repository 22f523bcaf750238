package lint

import "github.com/writ-iam/writ/condition"

var typeMismatchDate = &Rule{
	Code:     "TYPE_MISMATCH_DATE",
	Title:    "Type mismatch date",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The value of a date operator is no date.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != dateFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; !condition.ValidDate(v.text) && !hasVariable(v.text) {
					c.report(v.span, "%s compares dates, and %q is none; write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", b.op, v.text)
				}
			}
		})
	},
}

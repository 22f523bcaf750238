package lint

import "github.com/writ-iam/writ/condition"

var nullWithQualifier = &Rule{
	Code:     "NULL_WITH_QUALIFIER",
	Title:    "Null with qualifier",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The operator Null stands with ForAllValues, which makes it hold always, or with ForAnyValue, which makes it hold never.",
	check: func(c *checker) {
		c.eachBlock(func(_ *statement, b *block) {
			if b.known && b.op.Comparison == condition.Null && b.op.Set != condition.NoSet {
				c.report(b.name.span, "Null asks whether a key is there; leave the qualifier out")
			}
		})
	},
}

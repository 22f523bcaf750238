package lint

import "github.com/writ-iam/writ/condition"

var nullWithIfExists = &Rule{
	Code:     "NULL_WITH_IF_EXISTS",
	Title:    "Null with if exists",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The operator Null asks whether a key is there at all, and takes no IfExists.",
	check: func(c *checker) {
		c.eachBlock(func(_ *statement, b *block) {
			if b.known && b.op.Comparison == condition.Null && b.op.IfExists {
				c.report(b.name.span, "Null asks whether a key is there; leave IfExists out or use another operator")
			}
		})
	},
}

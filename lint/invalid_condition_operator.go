package lint

import "github.com/writ-iam/writ/condition"

var invalidConditionOperator = &Rule{
	Code:     "INVALID_CONDITION_OPERATOR",
	Title:    "Invalid condition operator",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "There is no such condition operator.",
	check: func(c *checker) {
		c.eachBlock(func(_ *statement, b *block) {
			if b.known {
				return
			}
			names := func(yield func(string) bool) {
				for _, o := range condition.Comparisons() {
					if !yield(o.String()) {
						return
					}
				}
			}
			if near, ok := c.nearest(b.name.text, names); ok {
				c.report(b.name.span, "There is no condition operator %s. Did you mean %s?", b.name.text, near)
				return
			}
			c.report(b.name.span, "There is no condition operator %s", b.name.text)
		})
	},
}

package lint

import "strings"

var emptyVariable = &Rule{
	Code:     "EMPTY_VARIABLE",
	Title:    "Empty variable",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable has no name.",
	check: func(c *checker) {
		c.eachVariable(func(v *value, x variable) {
			if name, _, _ := x.parts(); x.closed && strings.TrimSpace(name) == "" {
				c.reportPart(v, x.from, x.to, "This policy variable has no name; add one or remove the ${ }")
			}
		})
	},
}

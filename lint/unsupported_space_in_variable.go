package lint

import "strings"

var unsupportedSpaceInVariable = &Rule{
	Code:     "UNSUPPORTED_SPACE_IN_VARIABLE",
	Title:    "Unsupported space in variable",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The name of a policy variable has a space in it.",
	check: func(c *checker) {
		c.eachVariable(func(v *value, x variable) {
			if name, _, _ := x.parts(); x.closed && strings.TrimSpace(name) != "" && strings.ContainsAny(name, " \t\r\n") {
				c.reportPart(v, x.from, x.to, "The name of a policy variable has no spaces; remove them")
			}
		})
	},
}

package lint

import "strings"

var variableUnsupportedInElement = &Rule{
	Code:     "VARIABLE_UNSUPPORTED_IN_ELEMENT",
	Title:    "Variable unsupported in element",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable stands in another element than Resource and Condition, and is not replaced there.",
	check: func(c *checker) {
		look := func(v *value) {
			if !strings.Contains(v.text, "${") {
				return
			}
			variables(v.text, func(x variable) {
				if x.closed {
					c.reportPart(v, x.from, x.to, "%s is not replaced here; policy variables are for Resource and Condition", v.text[x.from:x.to])
				}
			})
		}
		look(&c.doc.version)
		c.eachStatement(func(s *statement) {
			look(&s.sid)
			look(&s.effect)
		})
		c.eachAction(func(_ *statement, v *value) { look(v) })
		c.eachPrincipalValue(func(_ *statement, _ string, v *value) { look(v) })
	},
}

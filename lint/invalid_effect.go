package lint

import "github.com/writ-iam/writ/internal/jsontext"

var invalidEffect = &Rule{
	Code:     "INVALID_EFFECT",
	Title:    "Invalid effect",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The Effect is neither Allow nor Deny, in just this case.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if v := &s.effect; v.kind == jsontext.String && v.text != "Allow" && v.text != "Deny" {
				c.report(v.span, "%q is no effect; it is Allow or Deny", v.text)
			}
		})
	},
}

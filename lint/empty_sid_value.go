package lint

import "github.com/writ-iam/writ/internal/jsontext"

var emptySidValue = &Rule{
	Code:     "EMPTY_SID_VALUE",
	Title:    "Empty Sid value",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The Sid is empty.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if v := &s.sid; v.kind == jsontext.String && v.text == "" {
				c.report(v.span, "The Sid is empty; give it a value or remove it")
			}
		})
	},
}

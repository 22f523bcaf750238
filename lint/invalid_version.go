package lint

import "github.com/writ-iam/writ/internal/jsontext"

var invalidVersion = &Rule{
	Code:     "INVALID_VERSION",
	Title:    "Invalid version",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The Version is none of the two that the policy language has.",
	check: func(c *checker) {
		if v := &c.doc.version; v.kind == jsontext.String && v.text != "2012-10-17" && v.text != "2008-10-17" {
			c.report(v.span, "There is no version %q of the policy language; use 2012-10-17 (the older one is 2008-10-17)", v.text)
		}
	},
}

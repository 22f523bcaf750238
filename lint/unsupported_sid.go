package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var unsupportedSid = &Rule{
	Code:     "UNSUPPORTED_SID",
	Title:    "Unsupported Sid",
	Type:     Error,
	Kinds:    Identity | Trust | ServiceControl | ResourceControl,
	Sentence: "The Sid has other characters than letters and digits.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if v := &s.sid; strings.Trim(fold.Name(v.text), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
				c.report(v.span, "A Sid has letters (a-z, A-Z) and digits (0-9) only; %q has others", v.text)
			}
		})
	},
}

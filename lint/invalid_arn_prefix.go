package lint

import "strings"

var invalidArnPrefix = &Rule{
	Code:     "INVALID_ARN_PREFIX",
	Title:    "Invalid ARN prefix",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The resource is no ARN: it must begin with arn:, or be a star.",
	check: func(c *checker) {
		c.eachResource(func(_ *statement, v *value) {
			if v.text != "*" && !strings.HasPrefix(v.text, "arn:") {
				c.report(v.span, `%q must begin with "arn:"; "*" alone stands for all resources`, v.text)
			}
		})
	},
}

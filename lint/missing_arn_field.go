package lint

import (
	"strings"

	"github.com/writ-iam/writ/arn"
)

// AWS reads a star at the end as all the parts that are missing (policy-language.md §4).
var missingArnField = &Rule{
	Code:     "MISSING_ARN_FIELD",
	Title:    "Missing ARN field",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The ARN has fewer than six parts.",
	check: func(c *checker) {
		c.eachResource(func(_ *statement, v *value) {
			if !strings.HasPrefix(v.text, "arn:") {
				return
			}
			if parts := arn.SplitPattern(v.text, true); len(parts) < arn.PartCount && !strings.HasSuffix(v.text, "*") {
				c.report(v.span, "An ARN has %d parts, arn:partition:service:region:account:resource; this one has %d", arn.PartCount, len(parts))
			}
		})
	},
}

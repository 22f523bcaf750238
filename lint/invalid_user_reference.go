package lint

import (
	"strings"

	"github.com/writ-iam/writ/policy"
)

var invalidUserReference = &Rule{
	Code:     "INVALID_USER_REFERENCE",
	Title:    "Invalid user reference",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "A principal is the unique id of a user: what AWS shows in place of the ARN of a user that is gone.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if kind == "AWS" && strings.HasPrefix(v.text, "AIDA") && policy.IsUniqueID(v.text) {
				c.report(v.span, "%s is the id of a user, perhaps of one that is gone; use the user's ARN", v.text)
			}
		})
	},
}

package lint

import (
	"strings"

	"github.com/writ-iam/writ/policy"
)

var invalidRoleReference = &Rule{
	Code:     "INVALID_ROLE_REFERENCE",
	Title:    "Invalid role reference",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "A principal is the unique id of a role: what AWS shows in place of the ARN of a role that is gone.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if kind == "AWS" && strings.HasPrefix(v.text, "AROA") && policy.IsUniqueID(v.text) {
				c.report(v.span, "%s is the id of a role, perhaps of one that is gone; use the role's ARN", v.text)
			}
		})
	},
}

package lint

import "github.com/writ-iam/writ/policy"

// A star for all actions stands in the policy that AWS manages, with Allow, and is refused in others.
var rcpSyntaxErrorAction = &Rule{
	Code:     "RCP_SYNTAX_ERROR_ACTION",
	Title:    "RCP syntax error action",
	Type:     Error,
	Kinds:    ResourceControl,
	Sentence: "An action of a resource control policy is of a service whose resources these policies do not protect.",
	check: func(c *checker) {
		c.eachAction(func(s *statement, v *value) {
			if v.text == "*" && s.allows() || policy.SupportsResourceControl(prefixOf(v.text)) {
				return
			}
			c.report(v.span, "%s is not of a service that resource control policies are for; name such services, as in s3:*", v.text)
		})
	},
}

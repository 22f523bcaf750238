package lint

import "strings"

var scpSyntaxErrorActionWildcard = &Rule{
	Code:     "SCP_SYNTAX_ERROR_ACTION_WILDCARD",
	Title:    "SCP syntax error action wildcard",
	Type:     Error,
	Kinds:    ServiceControl,
	Sentence: "An action of a service control policy has a wildcard elsewhere than at its end.",
	check: func(c *checker) {
		c.eachAction(func(_ *statement, v *value) {
			if i := strings.IndexAny(v.text, "*?"); i >= 0 && i < len(v.text)-1 {
				c.report(v.span, "%s: a service control policy takes a star at the end of an action only", v.text)
			}
		})
	},
}

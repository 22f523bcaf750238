package lint

var rcpSyntaxErrorAllow = &Rule{
	Code:     "RCP_SYNTAX_ERROR_ALLOW",
	Title:    "RCP syntax error allow",
	Type:     Error,
	Kinds:    ResourceControl,
	Sentence: "A statement of a resource control policy allows, and not all to all: with Allow there is no Condition and only a star for principals and resources.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.allows() {
				return
			}
			everything := len(s.resource.items) == 1 && s.resource.items[0].text == "*"
			if s.condition.key.present() || s.notPrincipal.present() || s.principal.present() && !s.principal.everyone() || s.notResource.present() || s.resource.present() && !everything {
				c.report(s.effect.span, `With Allow a resource control policy has "Principal": "*", "Resource": "*" and no Condition; use Deny to take something away`)
			}
		})
	},
}

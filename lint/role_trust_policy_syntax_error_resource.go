package lint

var roleTrustPolicySyntaxErrorResource = &Rule{
	Code:     "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
	Title:    "Role trust policy syntax error resource",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "A trust policy has Resource or NotResource, though the role that it belongs to is the resource.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			for _, e := range []*element{s.resource, s.notResource} {
				if e.present() {
					c.report(e.key.span, "A trust policy has no %s: the role is the resource; remove it", e.key.text)
				}
			}
		})
	},
}

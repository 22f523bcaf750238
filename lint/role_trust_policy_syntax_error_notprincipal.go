package lint

var roleTrustPolicySyntaxErrorNotprincipal = &Rule{
	Code:     "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
	Title:    "Role trust policy syntax error notprincipal",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "A trust policy has NotPrincipal.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if s.notPrincipal.present() {
				c.report(s.notPrincipal.key.span, "A trust policy has no NotPrincipal; name those who may in Principal")
			}
		})
	},
}

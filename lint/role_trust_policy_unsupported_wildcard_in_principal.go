package lint

var roleTrustPolicyUnsupportedWildcardInPrincipal = &Rule{
	Code:     "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
	Title:    "Role trust policy unsupported wildcard in principal",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "The Principal of a trust policy is a star in place of an object.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if s.principal.everyone() {
				c.report(s.principal.whole, `A trust policy does not take "Principal": "*"; name the principals`)
			}
		})
	},
}

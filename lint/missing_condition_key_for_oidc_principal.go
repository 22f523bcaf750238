package lint

var missingConditionKeyForOidcPrincipal = &Rule{
	Code:     "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
	Title:    "Missing condition key for oidc principal",
	Type:     SecurityWarning,
	Kinds:    Trust,
	Sentence: "An OIDC provider is let in without a condition on what it says, and so are all its users.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(s *statement, kind string, v *value) {
			if kind != "Federated" || !s.allows() {
				return
			}
			if name, ok := provider(v.text); ok && !s.testsProvider(name) {
				c.report(v.span, "All users of %s are let in; add a condition on a key that begins with it, such as %s:aud", name, name)
			}
		})
	},
}

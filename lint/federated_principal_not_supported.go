package lint

var federatedPrincipalNotSupported = &Rule{
	Code:     "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
	Title:    "Federated principal not supported",
	Type:     Error,
	Kinds:    Resource,
	Sentence: "An identity provider is the principal of another policy than a role's trust policy.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if kind == "Federated" {
				c.report(v.span, "An identity provider can be a principal in the trust policy of a role only; name the role instead")
			}
		})
	},
}

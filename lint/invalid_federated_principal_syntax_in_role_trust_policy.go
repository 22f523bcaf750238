package lint

import "github.com/writ-iam/writ/policy"

var invalidFederatedPrincipalSyntaxInRoleTrustPolicy = &Rule{
	Code:     "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
	Title:    "Invalid federated principal syntax in role trust policy",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "A federated principal is neither the domain of an identity provider nor the ARN of one.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if kind == "Federated" && !hasWildcard(v.text) && !policy.IsPrincipal(kind, v.text) {
				c.report(v.span, "%q is neither a domain nor the ARN of a SAML or OIDC provider", v.text)
			}
		})
	},
}

package lint

var unsupportedWildcardInPrincipal = &Rule{
	Code:     "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
	Title:    "Unsupported wildcard in principal",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A principal is a pattern. Only a star alone, for everybody, may stand in place of an AWS principal.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if hasWildcard(v.text) && (kind != "AWS" || v.text != "*") {
				c.report(v.span, "%s does not take patterns: name each principal, or use a condition such as on aws:PrincipalArn", kind)
			}
		})
	},
}

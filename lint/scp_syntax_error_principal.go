package lint

var scpSyntaxErrorPrincipal = &Rule{
	Code:     "SCP_SYNTAX_ERROR_PRINCIPAL",
	Title:    "SCP syntax error principal",
	Type:     Error,
	Kinds:    ServiceControl,
	Sentence: "A service control policy holds for all principals of its accounts and names none.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			c.report(p.whole, "A service control policy has no %s; narrow it by conditions, such as on aws:PrincipalArn", p.key.text)
		})
	},
}

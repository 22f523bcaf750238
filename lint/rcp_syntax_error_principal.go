package lint

var rcpSyntaxErrorPrincipal = &Rule{
	Code:     "RCP_SYNTAX_ERROR_PRINCIPAL",
	Title:    "RCP syntax error principal",
	Type:     Error,
	Kinds:    ResourceControl,
	Sentence: "The Principal of a resource control policy is another than a star.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			if p.key.text == "NotPrincipal" || !p.everyone() {
				c.report(p.whole, `A resource control policy has "Principal": "*"; narrow it by conditions`)
			}
		})
	},
}

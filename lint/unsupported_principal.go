package lint

var unsupportedPrincipal = &Rule{
	Code:     "UNSUPPORTED_PRINCIPAL",
	Title:    "Unsupported principal",
	Type:     Error,
	Kinds:    Identity,
	Sentence: "An identity policy holds for whom it is attached to and names no principals.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			c.report(p.whole, "An identity policy has no %s: it is about whom it is attached to; remove it", p.key.text)
		})
	},
}

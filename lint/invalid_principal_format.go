package lint

var invalidPrincipalFormat = &Rule{
	Code:     "INVALID_PRINCIPAL_FORMAT",
	Title:    "Invalid principal format",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The Principal is neither a star nor an object with a type of principal for each name.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			if !p.object && !p.everyone() {
				c.report(p.whole, `A principal is "*" or an object such as {"AWS": "123456789012"}`)
			}
		})
	},
}

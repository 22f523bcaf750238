package lint

var missingPrincipal = &Rule{
	Code:     "MISSING_PRINCIPAL",
	Title:    "Missing principal",
	Type:     Error,
	Kinds:    Resource | Trust | ResourceControl,
	Sentence: "The statement of a resource-based policy does not say whom it is about.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.principal.present() && !s.notPrincipal.present() {
				c.report(s.whole, "Add a Principal to the statement")
			}
		})
	},
}

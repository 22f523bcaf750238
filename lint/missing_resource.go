package lint

var missingResource = &Rule{
	Code:     "MISSING_RESOURCE",
	Title:    "Missing resource",
	Type:     Error,
	Kinds:    Identity | Resource | ServiceControl | ResourceControl,
	Sentence: "The statement has neither Resource nor NotResource. Only trust policies have none.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.resource.present() && !s.notResource.present() {
				c.report(s.whole, "Add a Resource or a NotResource to the statement")
			}
		})
	},
}

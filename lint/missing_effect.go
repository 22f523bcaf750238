package lint

var missingEffect = &Rule{
	Code:     "MISSING_EFFECT",
	Title:    "Missing effect",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The statement has no Effect.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.effect.present() {
				c.report(s.whole, "Add an Effect to the statement, Allow or Deny")
			}
		})
	},
}

package lint

var missingAction = &Rule{
	Code:     "MISSING_ACTION",
	Title:    "Missing action",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The statement has neither Action nor NotAction.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.action.present() && !s.notAction.present() {
				c.report(s.whole, "Add an Action or a NotAction to the statement")
			}
		})
	},
}

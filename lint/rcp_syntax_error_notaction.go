package lint

var rcpSyntaxErrorNotaction = &Rule{
	Code:     "RCP_SYNTAX_ERROR_NOTACTION",
	Title:    "RCP syntax error NotAction",
	Type:     Error,
	Kinds:    ResourceControl,
	Sentence: "A resource control policy has NotAction.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if s.notAction.present() {
				c.report(s.notAction.key.span, "A resource control policy has no NotAction; use Action")
			}
		})
	},
}

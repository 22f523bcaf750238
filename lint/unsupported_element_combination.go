package lint

var unsupportedElementCombination = &Rule{
	Code:     "UNSUPPORTED_ELEMENT_COMBINATION",
	Title:    "Unsupported element combination",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The statement has both elements of a pair of which it may have one, such as Action and NotAction.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			both := func(a, b *value) {
				if a.present() && b.present() {
					c.reportAll([]span{a.span, b.span}, "%s and %s do not go together in one statement; remove one of them", a.text, b.text)
				}
			}
			both(&s.action.key, &s.notAction.key)
			both(&s.resource.key, &s.notResource.key)
			both(&s.principal.key, &s.notPrincipal.key)
		})
	},
}

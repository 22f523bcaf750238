package lint

var allowWithNotPrincipal = &Rule{
	Code:     "ALLOW_WITH_NOT_PRINCIPAL",
	Title:    "Allow with NotPrincipal",
	Type:     SecurityWarning,
	Kinds:    Resource,
	Sentence: "NotPrincipal with Allow lets in everybody else, also those without credentials.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if s.allows() && s.notPrincipal.present() {
				c.reportAll([]span{s.notPrincipal.key.span, s.effect.span}, "Allow with NotPrincipal lets in everybody else; name those who may in Principal")
			}
		})
	},
}

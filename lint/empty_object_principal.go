package lint

var emptyObjectPrincipal = &Rule{
	Code:     "EMPTY_OBJECT_PRINCIPAL",
	Title:    "Empty object principal",
	Type:     Suggestion,
	Kinds:    Resource | Trust,
	Sentence: "The Principal is empty, and the statement is about nobody.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			if p.object && len(p.entries) == 0 {
				c.report(p.whole, "The %s is empty and the statement is about nobody; name principals", p.key.text)
			}
		})
	},
}

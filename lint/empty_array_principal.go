package lint

var emptyArrayPrincipal = &Rule{
	Code:     "EMPTY_ARRAY_PRINCIPAL",
	Title:    "Empty array principal",
	Type:     Suggestion,
	Kinds:    Resource | Trust,
	Sentence: "A list of principals is empty, and the statement is about nobody.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			for i := range p.entries {
				if e := &p.entries[i]; e.isEmpty() {
					c.report(e.whole, "The list is empty and the statement is about nobody; name principals")
				}
			}
		})
	},
}

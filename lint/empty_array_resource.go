package lint

var emptyArrayResource = &Rule{
	Code:     "EMPTY_ARRAY_RESOURCE",
	Title:    "Empty array resource",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The list of resources is empty, and the statement says nothing.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			for _, e := range []*element{s.resource, s.notResource} {
				if e.isEmpty() {
					c.report(e.whole, "The list is empty and the statement says nothing; name resources")
				}
			}
		})
	},
}

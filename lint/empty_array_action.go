package lint

var emptyArrayAction = &Rule{
	Code:     "EMPTY_ARRAY_ACTION",
	Title:    "Empty array action",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The list of actions is empty, and the statement says nothing.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			for _, e := range []*element{s.action, s.notAction} {
				if e.list && e.isEmpty() {
					c.report(e.whole, "The list is empty and the statement says nothing; name actions")
				}
			}
		})
	},
}

// isEmpty reports an element whose list holds nothing at all.
func (e *element) isEmpty() bool { return e.list && e.count == 0 }

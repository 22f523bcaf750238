package lint

var emptyObjectCondition = &Rule{
	Code:     "EMPTY_OBJECT_CONDITION",
	Title:    "Empty object condition",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The Condition, or an operator in it, is empty and says nothing.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if s.condition.object && len(s.condition.blocks) == 0 {
				c.report(s.condition.whole, "The Condition is empty; remove it or say what must hold")
			}
			for i := range s.condition.blocks {
				if b := &s.condition.blocks[i]; b.object && len(b.keys) == 0 {
					c.report(b.whole, "%s has no condition keys; remove it or say what must hold", b.name.text)
				}
			}
		})
	},
}

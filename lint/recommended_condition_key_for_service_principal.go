package lint

var recommendedConditionKeyForServicePrincipal = &Rule{
	Code:     "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
	Title:    "Recommended condition key for service principal",
	Type:     Suggestion,
	Kinds:    Resource,
	Sentence: "A service is let in by a condition on something that says too little of whom it acts for.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			services := s.services()
			if !s.allows() || s.fromSource() || len(services) == 0 {
				return
			}
			for i := range s.condition.blocks {
				for j := range s.condition.blocks[i].keys {
					if k := &s.condition.blocks[i].keys[j]; k.named(weakSourceKeys...) {
						c.reportAll([]span{k.key.span, services[0].span}, "To say for whom %s may act use %s in place of %s", services[0].text, sourceKeys, k.key.text)
					}
				}
			}
		})
	},
}

package lint

var unsupportedConditionKeyForServicePrincipal = &Rule{
	Code:     "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
	Title:    "Unsupported condition key for service principal",
	Type:     Error,
	Kinds:    Resource,
	Sentence: "The statement's principals are services, and requests of services do not carry the condition key, which is about users and roles.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.allows() || !s.onlyServices() {
				return
			}
			var at []span
			var names []string
			for i := range s.condition.blocks {
				b := &s.condition.blocks[i]
				for j := range b.keys {
					if k := &b.keys[j]; b.known && positive(b.op) && k.isPrincipalKey() {
						at, names = append(at, k.whole), append(names, k.key.text)
					}
				}
			}
			if len(at) > 0 {
				c.reportAll(at, "A service that asks has no %s; use %s instead", quoted(names), sourceKeys)
			}
		})
	},
}

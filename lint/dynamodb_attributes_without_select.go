package lint

var dynamodbAttributesWithoutSelect = &Rule{
	Code:     "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT",
	Title:    "DynamoDB attributes without select",
	Type:     SecurityWarning,
	Kinds:    AnyKind,
	Sentence: "A condition on dynamodb:Attributes does not ask for dynamodb:Select: a request that does not choose attributes gets them all.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, _ *block, k *element) {
			if s.allows() && k.named("dynamodb:Attributes") && !s.facts().selects {
				c.report(k.key.span, `A request that chooses no attributes gets them all; add "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}`)
			}
		})
	},
}

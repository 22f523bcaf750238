package lint

var deprecatedGlobalConditionKey = &Rule{
	Code:     "DEPRECATED_GLOBAL_CONDITION_KEY",
	Title:    "Deprecated global condition key",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "The condition key aws:ARN has been replaced by aws:PrincipalArn.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			if k.named("aws:ARN") {
				c.report(k.key.span, "aws:ARN is deprecated; use aws:PrincipalArn")
			}
		})
	},
}

package lint

// AWS documents this rule beside DEPRECATED_GLOBAL_CONDITION_KEY and does not say which holds when. Identity policies, the older ones, get the warning.
var unsupportedGlobalConditionKey = &Rule{
	Code:     "UNSUPPORTED_GLOBAL_CONDITION_KEY",
	Title:    "Unsupported global condition key",
	Type:     Error,
	Kinds:    Resource | Trust | ServiceControl | ResourceControl,
	Sentence: "The condition key aws:ARN is not supported.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			if k.named("aws:ARN") {
				c.report(k.key.span, "aws:ARN is not supported; use aws:PrincipalArn for who asks or aws:SourceArn for which resource has a service ask")
			}
		})
	},
}

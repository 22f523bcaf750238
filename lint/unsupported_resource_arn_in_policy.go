package lint

var unsupportedResourceArnInPolicy = &Rule{
	Code:     "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
	Title:    "Unsupported resource ARN in policy",
	Type:     Error,
	Kinds:    Resource,
	Sentence: "The resource is of another type than the one that the policy is attached to.",
	check: func(c *checker) {
		rules, ok := attachments[c.resource]
		if !ok || rules.arn == nil {
			return
		}
		c.eachARN(func(a *resourceARN) {
			parts := a.parts[:]
			if isPattern(parts[2]) || isPattern(parts[5][:min(1, len(parts[5]))]) {
				return
			}
			if !rules.arn(parts) {
				c.report(a.span, "A policy of %s speaks of such resources only, not of %s", c.resource, a.text)
			}
		})
	},
}

package lint

var irrelevantConditionKeyInPolicy = &Rule{
	Code:     "IRRELEVANT_CONDITION_KEY_IN_POLICY",
	Title:    "Irrelevant condition key in policy",
	Type:     Suggestion,
	Kinds:    Resource,
	Sentence: "The condition is on the owner of the resource, which is the same for all requests that the policy of the resource is asked about.",
	check: func(c *checker) {
		if _, ok := attachments[c.resource]; !ok {
			return
		}
		c.eachKey(func(_ *statement, _ *block, k *element) {
			if k.named("aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths") || k.named("s3:ResourceAccount") && c.resource != DynamoDBTable {
				c.report(k.key.span, "%s is always the same where the policy of a resource of type %s is asked; use it in identity policies", k.key.text, c.resource)
			}
		})
	},
}

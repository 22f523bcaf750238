package lint

import "github.com/writ-iam/writ/condition"

var rcpMissingRelatedServicePrincipalConditionKey = &Rule{
	Code:     "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
	Title:    "RCP missing related service principal condition key",
	Type:     Warning,
	Kinds:    ResourceControl,
	Sentence: "A resource control policy asks for whom a service acts and does not say that it is about services alone, though others have no such property.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if s.denies() && b.op.Comparison != condition.Null && k.named("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths") && !s.facts().isService {
				c.report(k.key.span, `Principals that are no services have no %s; add "BoolIfExists": {"%s": "true"} to the Condition`, k.key.text, isService)
			}
		})
	},
}

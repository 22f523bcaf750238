package lint

import "github.com/writ-iam/writ/condition"

var rcpMissingRelatedPrincipalConditionKey = &Rule{
	Code:     "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",
	Title:    "RCP missing related principal condition key",
	Type:     Warning,
	Kinds:    ResourceControl,
	Sentence: "A resource control policy asks who the principal is and does not except services, which have no such properties.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if s.denies() && b.op.Comparison != condition.Null && k.isPrincipalKey() && !s.facts().isNoService {
				c.report(k.key.span, `Services that act for you have no %s; add "BoolIfExists": {"%s": "false"} to the Condition`, k.key.text, isService)
			}
		})
	},
}

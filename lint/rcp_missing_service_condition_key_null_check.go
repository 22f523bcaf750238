package lint

import "github.com/writ-iam/writ/condition"

var rcpMissingServiceConditionKeyNullCheck = &Rule{
	Code:     "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
	Title:    "RCP missing service condition key null check",
	Type:     Warning,
	Kinds:    ResourceControl,
	Sentence: "A resource control policy asks for whom a service acts and does not except services that do not say so.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if s.denies() && b.op.Comparison != condition.Null && k.named("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths") && !s.facts().saysSource {
				c.report(k.key.span, `A service need not say %s; add "Null": {"aws:SourceAccount": "false"} to the Condition`, k.key.text)
			}
		})
	},
}

package lint

var redundantKeyDueToWildcardInCondition = &Rule{
	Code:     "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
	Title:    "Redundant key due to wildcard in condition",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition holds whatever the request, because a star is among its values.",
	check: func(c *checker) {
		c.eachStar(func(b *block, k *element, holds outcome) {
			if holds == ifAnything {
				c.report(k.whole, "%s with * always holds for %s; remove the key", b.op, k.key.text)
			}
		})
	},
}

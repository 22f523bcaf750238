package lint

var redundantStatementDueToWildcardInCondition = &Rule{
	Code:     "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
	Title:    "Redundant statement due to wildcard in condition",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition never holds, because a star is among the values that it excludes, and so the statement says nothing.",
	check: func(c *checker) {
		c.eachStar(func(b *block, k *element, holds outcome) {
			if holds == ifNothing {
				c.report(k.whole, "%s with * never holds for %s, and the statement says nothing; remove the key", b.op, k.key.text)
			}
		})
	},
}

package lint

var equivalentToNullTrue = &Rule{
	Code:     "EQUIVALENT_TO_NULL_TRUE",
	Title:    "Equivalent to null true",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition excludes every value, and so only says that the key must be missing; Null says it better.",
	check: func(c *checker) {
		c.eachStar(func(b *block, k *element, holds outcome) {
			if holds == ifMissing {
				c.report(k.whole, `This holds only without %s; say so: "Null": {"%s": "true"}`, k.key.text, k.key.text)
			}
		})
	},
}

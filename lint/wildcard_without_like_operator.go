package lint

var wildcardWithoutLikeOperator = &Rule{
	Code:     "WILDCARD_WITHOUT_LIKE_OPERATOR",
	Title:    "Wildcard without like operator",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "A value has a star or a question mark, and the operator takes it as that character and not as a wildcard.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if !isEquals(b.op) {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; hasWildcard(v.text) {
					c.report(v.span, "%s takes * and ? as they are; for wildcards use StringLike or StringNotLike", b.op)
				}
			}
		})
	},
}

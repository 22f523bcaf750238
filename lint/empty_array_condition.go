package lint

import "github.com/writ-iam/writ/condition"

var emptyArrayCondition = &Rule{
	Code:     "EMPTY_ARRAY_CONDITION",
	Title:    "Empty array condition",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition key has an empty list of values.",
	check: func(c *checker) {
		c.eachEmptyKey(func(b *block, k *element) {
			if b.op.Set == condition.NoSet && !b.op.IfExists {
				c.report(k.whole, "%s has no values; give some or remove the key", k.key.text)
			}
		})
	},
}

// eachEmptyKey calls f with every condition key whose list of values is empty.
func (c *checker) eachEmptyKey(f func(b *block, k *element)) {
	c.eachKey(func(_ *statement, b *block, k *element) {
		if k.isEmpty() {
			f(b, k)
		}
	})
}

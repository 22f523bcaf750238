package lint

import "github.com/writ-iam/writ/condition"

var emptyArrayConditionForallvalues = &Rule{
	Code:     "EMPTY_ARRAY_CONDITION_FORALLVALUES",
	Title:    "Empty array condition ForAllValues",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition key under ForAllValues has an empty list of values, and so only says that the key must be missing.",
	check: func(c *checker) {
		c.eachEmptyKey(func(b *block, k *element) {
			if b.op.Set == condition.ForAllValues {
				c.report(k.whole, `This holds only without %s; say so: "Null": {"%s": "true"}`, k.key.text, k.key.text)
			}
		})
	},
}

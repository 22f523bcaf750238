package lint

import "github.com/writ-iam/writ/condition"

var emptyArrayConditionForanyvalue = &Rule{
	Code:     "EMPTY_ARRAY_CONDITION_FORANYVALUE",
	Title:    "Empty array condition ForAnyValue",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition key under ForAnyValue has an empty list of values, and so the condition never holds.",
	check: func(c *checker) {
		c.eachEmptyKey(func(b *block, k *element) {
			if b.op.Set == condition.ForAnyValue {
				c.report(k.whole, "This never holds, as %s has no values; give some or remove the key", k.key.text)
			}
		})
	},
}

package lint

import "github.com/writ-iam/writ/condition"

var emptyArrayConditionIfexists = &Rule{
	Code:     "EMPTY_ARRAY_CONDITION_IFEXISTS",
	Title:    "Empty array condition IfExists",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition key under IfExists has an empty list of values, and so only says that the key must be missing.",
	check: func(c *checker) {
		c.eachEmptyKey(func(b *block, k *element) {
			if b.op.Set == condition.NoSet && b.op.IfExists {
				c.report(k.whole, `This holds only without %s; say so: "Null": {"%s": "true"}`, k.key.text, k.key.text)
			}
		})
	},
}

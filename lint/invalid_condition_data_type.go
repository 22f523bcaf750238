package lint

var invalidConditionDataType = &Rule{
	Code:     "INVALID_CONDITION_DATA_TYPE",
	Title:    "Invalid condition data type",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The values of one condition key are of several JSON types.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			for i := range k.items {
				if k.items[i].kind != k.items[0].kind {
					c.report(k.whole, "Some values of %s are of another JSON type than others; write them all as strings", k.key.text)
					return
				}
			}
		})
	},
}

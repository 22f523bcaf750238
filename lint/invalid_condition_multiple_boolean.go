package lint

var invalidConditionMultipleBoolean = &Rule{
	Code:     "INVALID_CONDITION_MULTIPLE_BOOLEAN",
	Title:    "Invalid condition multiple Boolean",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A Boolean operator has several values for one key: with both of them it always holds, and the same one twice says nothing more.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if f := familyOf(b.op); (f == boolFamily || f == nullFamily) && len(k.items) > 1 {
				c.report(k.whole, "%s takes one value, true or false", b.op)
			}
		})
	},
}

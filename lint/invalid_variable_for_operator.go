package lint

var invalidVariableForOperator = &Rule{
	Code:     "INVALID_VARIABLE_FOR_OPERATOR",
	Title:    "Invalid variable for operator",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable stands in a value of an operator that compares neither strings nor ARNs, and is not replaced there.",
	check: func(c *checker) {
		if !c.isCurrent() {
			return
		}
		c.eachKey(func(_ *statement, b *block, k *element) {
			if f := familyOf(b.op); f == textFamily || f == arnFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; hasVariable(v.text) {
					c.report(v.span, "%s does not know policy variables; String and Arn operators do", b.op)
				}
			}
		})
	},
}

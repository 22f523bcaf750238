package lint

var typeMismatchNumber = &Rule{
	Code:     "TYPE_MISMATCH_NUMBER",
	Title:    "Type mismatch number",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The value of a numeric operator is no number.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != numericFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; !isNumber(v.text) && !hasVariable(v.text) {
					c.report(v.span, "%s compares numbers, and %q is none", b.op, v.text)
				}
			}
		})
	},
}

package lint

var dataTypeMismatch = &Rule{
	Code:     "DATA_TYPE_MISMATCH",
	Title:    "Data type mismatch",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A value is of another JSON type than its element takes, such as a number where a string must stand.",
	check: func(c *checker) {
		for i := range c.doc.mistyped {
			c.report(c.doc.mistyped[i].span, "This must be of the JSON type %s", c.doc.mistyped[i].want)
		}
	},
}

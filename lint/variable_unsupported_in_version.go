package lint

var variableUnsupportedInVersion = &Rule{
	Code:     "VARIABLE_UNSUPPORTED_IN_VERSION",
	Title:    "Variable unsupported in version",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable stands in a document of the older version, which takes it as it is written. Without a Version a document is of the older one.",
	check: func(c *checker) {
		if c.isCurrent() {
			return
		}
		c.eachVariable(func(v *value, x variable) {
			if x.closed {
				c.reportPart(v, x.from, x.to, `For policy variables the document needs "Version": "2012-10-17"`)
			}
		})
	},
}

package lint

var missingBraceInVariable = &Rule{
	Code:     "MISSING_BRACE_IN_VARIABLE",
	Title:    "Missing brace in variable",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable has no closing brace and stays as it is written.",
	check: func(c *checker) {
		c.eachVariable(func(v *value, x variable) {
			if !x.closed {
				c.reportPart(v, x.from, x.to, "This policy variable has no closing brace; add } behind its name")
			}
		})
	},
}

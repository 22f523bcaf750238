package lint

var missingStatement = &Rule{
	Code:     "MISSING_STATEMENT",
	Title:    "Missing statement",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The document has no statement.",
	check: func(c *checker) {
		switch {
		case !c.doc.hasStatement:
			c.report(c.whole(), "Add a Statement to the policy")
		case c.doc.list.end > c.doc.list.start && len(c.doc.statements) == 0 && c.doc.text[c.doc.list.start] == '[':
			c.report(c.doc.list, "Add a statement to the policy")
		}
	},
}

package lint

var missingVersion = &Rule{
	Code:     "MISSING_VERSION",
	Title:    "Missing version",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The document has no Version, and so is of the older version of the language, without policy variables.",
	check: func(c *checker) {
		if !c.doc.version.present() {
			c.report(c.whole(), `Add "Version": "2012-10-17"; without it the older version of the language holds, which has no policy variables`)
		}
	},
}

package lint

var untrustworthyConditionKey = &Rule{
	Code:     "UNTRUSTWORTHY_CONDITION_KEY",
	Title:    "Untrustworthy condition key",
	Type:     SecurityWarning,
	Kinds:    AnyKind,
	Sentence: "The condition is on something that the one who asks can say at will.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			if k.named("aws:UserAgent", "aws:Referer") {
				c.report(k.key.span, "Whoever asks can send any %s; do not let access depend on it", k.key.text)
			}
		})
	},
}

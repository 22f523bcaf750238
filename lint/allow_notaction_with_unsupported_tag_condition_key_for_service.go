package lint

var allowNotactionWithUnsupportedTagConditionKeyForService = &Rule{
	Code:     "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
	Title:    "Allow NotAction with unsupported tag condition key for service",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The statement allows all actions but some by a tag of the resource: those that do not know such tags are not allowed.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if s.allows() && s.notAction.present() && positive(b.op) && isResourceTag(k) {
				c.reportAll([]span{k.key.span, s.notAction.key.span}, "Actions that do not know %s are not allowed; name the actions in Action", k.key.text)
			}
		})
	},
}

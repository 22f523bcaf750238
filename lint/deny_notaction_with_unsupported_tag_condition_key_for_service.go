package lint

var denyNotactionWithUnsupportedTagConditionKeyForService = &Rule{
	Code:     "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
	Title:    "Deny NotAction with unsupported tag condition key for service",
	Type:     SecurityWarning,
	Kinds:    AnyKind,
	Sentence: "The statement denies all actions but some by a tag of the resource: those that do not know such tags are not denied.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if s.denies() && s.notAction.present() && positive(b.op) && isResourceTag(k) {
				c.reportAll([]span{k.key.span, s.notAction.key.span}, "Actions that do not know %s are not denied; name the actions in Action", k.key.text)
			}
		})
	},
}

package lint

// The policies of organizations have no Id.
var invalidPolicyElement = &Rule{
	Code:     "INVALID_POLICY_ELEMENT",
	Title:    "Invalid policy element",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The document or a statement has a member that is no element of the policy language.",
	check: func(c *checker) {
		for i := range c.doc.unknown {
			c.report(c.doc.unknown[i].span, "%q is no element that may stand here; names are told apart by case", c.doc.unknown[i].text)
		}
		if c.doc.id.present() && !c.is(Identity|Resource|Trust) {
			c.report(c.doc.id.span, "A policy of an organization has no Id")
		}
	},
}

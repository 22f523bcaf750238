package lint

var missingArnAccount = &Rule{
	Code:         "MISSING_ARN_ACCOUNT",
	Title:        "Missing ARN account",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The ARN has no account, and those of the service's resources of this form have one, so that nothing matches.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if a.parts[accountPart] != "" {
				return
			}
			if forms, known := c.like(a); known && all(forms, func(t *arnTemplate) bool { return t.account != "" && t.account != "*" }) {
				c.reportARN(a, accountPart, "ARNs of %s like this one have an account; add its twelve digits, or a star for all", a.parts[servicePart])
			}
		})
	},
}

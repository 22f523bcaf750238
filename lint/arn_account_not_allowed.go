package lint

// A star in place of the account matches nothing too and does no harm; it is let pass.
var arnAccountNotAllowed = &Rule{
	Code:         "ARN_ACCOUNT_NOT_ALLOWED",
	Title:        "ARN account not allowed",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The ARN names an account, and those of the service's resources of this form have none, so that nothing matches.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if account := a.parts[accountPart]; account == "" || account == "*" {
				return
			}
			if forms, known := c.like(a); known && all(forms, func(t *arnTemplate) bool { return t.account == "" }) {
				c.reportARN(a, accountPart, "ARNs of %s like this one have no account; leave it out", a.parts[servicePart])
			}
		})
	},
}

package lint

var passRoleWithNotResource = &Rule{
	Code:     "PASS_ROLE_WITH_NOT_RESOURCE",
	Title:    "Pass role with NotResource",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "iam:PassRole is allowed on all roles but some, so that more can be handed to a service than was meant.",
	check: func(c *checker) {
		c.reportGrant(passRole, notResource, "%s with NotResource lets many roles be passed; name the roles in Resource", passRole)
	},
}

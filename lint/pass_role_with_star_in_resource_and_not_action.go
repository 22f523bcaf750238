package lint

var passRoleWithStarInResourceAndNotAction = &Rule{
	Code:     "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
	Title:    "Pass role with star in resource and NotAction",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "NotAction leaves iam:PassRole allowed on all roles.",
	check: func(c *checker) {
		c.reportGrant(passRole, starResourceNotAction, "NotAction leaves %s in, on all roles; name the roles, add a condition on iam:PassedToService, or name the action in NotAction", passRole)
	},
}

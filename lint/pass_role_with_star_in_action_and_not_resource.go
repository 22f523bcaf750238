package lint

var passRoleWithStarInActionAndNotResource = &Rule{
	Code:     "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
	Title:    "Pass role with star in action and NotResource",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "A pattern of actions takes in iam:PassRole on all roles but some.",
	check: func(c *checker) {
		c.reportGrant(passRole, starActionNotResource, "This pattern takes in %s, and NotResource leaves it many roles; name the roles in Resource", passRole)
	},
}

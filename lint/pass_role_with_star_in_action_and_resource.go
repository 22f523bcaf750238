package lint

var passRoleWithStarInActionAndResource = &Rule{
	Code:     "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
	Title:    "Pass role with star in action and resource",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "A pattern of actions takes in iam:PassRole on all roles.",
	check: func(c *checker) {
		c.reportGrant(passRole, starActionStarResource, "This pattern takes in %s, on all roles; name actions or roles, or add a condition on iam:PassedToService", passRole)
	},
}

package lint

// A pattern that gives the beginning of the roles' names is let pass, as in AWS.
var passRoleWithStarInResource = &Rule{
	Code:     "PASS_ROLE_WITH_STAR_IN_RESOURCE",
	Title:    "Pass role with star in resource",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "iam:PassRole is allowed on all roles: whoever has it can hand any role, also an administrator's, to a service that does his bidding.",
	check: func(c *checker) {
		c.reportGrant(passRole, starResource, "%s on all roles lets any role be passed to any service; name the roles, or add a condition on iam:PassedToService", passRole)
	},
}

package lint

var passRoleWithNotActionAndNotResource = &Rule{
	Code:     "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
	Title:    "Pass role with NotAction and NotResource",
	Type:     SecurityWarning,
	Kinds:    Identity,
	Sentence: "NotAction leaves iam:PassRole allowed on all roles but some.",
	check: func(c *checker) {
		c.reportGrant(passRole, notActionNotResource, "NotAction leaves %s in, and NotResource leaves it many roles; name the roles in Resource, or the action in NotAction", passRole)
	},
}

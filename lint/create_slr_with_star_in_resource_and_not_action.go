package lint

var createSlrWithStarInResourceAndNotAction = &Rule{
	Code:     "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
	Title:    "Create SLR with star in resource and NotAction",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "NotAction leaves iam:CreateServiceLinkedRole allowed on all roles.",
	check: func(c *checker) {
		c.reportGrant(createSLR, starResourceNotAction, "NotAction leaves %s in, on all roles; name the roles, or the action in NotAction", createSLR)
	},
}

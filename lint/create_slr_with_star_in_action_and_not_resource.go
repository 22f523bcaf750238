package lint

var createSlrWithStarInActionAndNotResource = &Rule{
	Code:     "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
	Title:    "Create SLR with star in action and NotResource",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "A pattern of actions takes in iam:CreateServiceLinkedRole on all resources but some.",
	check: func(c *checker) {
		c.reportGrant(createSLR, starActionNotResource, "This pattern takes in %s, and NotResource leaves it many roles; name the roles in Resource", createSLR)
	},
}

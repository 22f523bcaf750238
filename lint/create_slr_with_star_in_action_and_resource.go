package lint

var createSlrWithStarInActionAndResource = &Rule{
	Code:     "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
	Title:    "Create SLR with star in action and resource",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "A pattern of actions takes in iam:CreateServiceLinkedRole on all roles.",
	check: func(c *checker) {
		c.reportGrant(createSLR, starActionStarResource, "This pattern takes in %s, on all roles; name actions or roles", createSLR)
	},
}

package lint

var createSlrWithStarInResource = &Rule{
	Code:     "CREATE_SLR_WITH_STAR_IN_RESOURCE",
	Title:    "Create SLR with star in resource",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "iam:CreateServiceLinkedRole is allowed on all roles, and so for services that nobody thought of.",
	check: func(c *checker) {
		c.reportGrant(createSLR, starResource, "%s on all roles lets service-linked roles of any service be made; name the roles", createSLR)
	},
}

package lint

var createSlrWithNotActionAndNotResource = &Rule{
	Code:     "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
	Title:    "Create SLR with NotAction and NotResource",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "NotAction leaves iam:CreateServiceLinkedRole allowed on all resources but some.",
	check: func(c *checker) {
		c.reportGrant(createSLR, notActionNotResource, "NotAction leaves %s in, and NotResource leaves it many roles; name the roles in Resource, or the action in NotAction", createSLR)
	},
}

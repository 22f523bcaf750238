package lint

import "github.com/writ-iam/writ/internal/fold"

var createSlrWithNotResource = &Rule{
	Code:     "CREATE_SLR_WITH_NOT_RESOURCE",
	Title:    "Create SLR with NotResource",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "iam:CreateServiceLinkedRole is allowed on all resources but some, and so for roles of services that nobody thought of.",
	check: func(c *checker) {
		c.reportGrant(createSLR, notResource, "%s with NotResource lets service-linked roles of many services be made; name the roles in Resource", createSLR)
	},
}

// createSLR is the action that makes a role for a service, and passRole the one that hands a role to one.
const (
	createSLR = "iam:CreateServiceLinkedRole"
	passRole  = "iam:PassRole"
)

// reportGrant reports statements that grant an action in a way. A condition that names the service in question keeps it within bounds, where a pattern of
// resources does not. With IfExists it does not either: AWS says so of AWSServiceRoleForAmazonEKSNodegroup.
func (c *checker) reportGrant(action string, way grant, format string, args ...any) {
	within, key := "aws-service-role/", "iam:AWSServiceName"
	if action == passRole {
		within, key = "", "iam:PassedToService"
	}
	c.eachStatement(func(s *statement) {
		if g, at := s.grantOf(action, within); g == way && (way < starResource || !s.facts().bound[fold.Name(key)]) {
			c.reportAll(at, format, args...)
		}
	})
}

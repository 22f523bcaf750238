package lint_test

import (
	"fmt"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

func ExampleCheck() {
	c, err := catalog.Load()
	if err != nil {
		panic(err)
	}
	const text = `{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["iam:PassRole", "s3:GetObjct"], "Resource": "*"}
}`
	for _, f := range lint.Check(text, lint.Options{Kind: policy.Managed, Catalog: c}) {
		at := f.Locations[0]
		fmt.Println(policy.PositionOf(text, at.Start), f.Type, f.Code, text[at.Start:at.End])
		fmt.Println(f.Message)
	}
	// Output:
	// 3:47 SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE "iam:PassRole"
	// iam:PassRole on all roles lets any role be passed to any service; name the roles, or add a condition on iam:PassedToService
	// 3:63 ERROR INVALID_ACTION "s3:GetObjct"
	// The action s3:GetObjct does not exist. Did you mean s3:GetObject?
}

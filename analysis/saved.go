package analysis

import (
	"encoding/json"
	"strings"

	"github.com/writ-iam/writ/policy"
)

// Saved returns a resource's policy as its service keeps it, with the statements in their places: API Gateway makes an ARN of execute-api:/stage/method/path ("Control access to
// a REST API with API Gateway resource policies" in its developer guide). Region, account and API are some; who has the policy as it was saved has the real ones. Public and
// External ask about what Saved returns. The error says that the document cannot be written anew.
func Saved(resourceType string, d *policy.Document) (*policy.Document, error) {
	if resourceType != "AWS::ApiGateway::RestApi" {
		return d, nil
	}
	short := false
	for i := range d.Statements {
		for _, v := range d.Statements[i].Resource.Items {
			short = short || strings.HasPrefix(v.Text, shortExecuteAPI)
		}
	}
	if !short {
		return d, nil
	}
	return part(d, func(n int, members map[string]json.RawMessage) bool {
		r := &d.Statements[n].Resource
		name := "Resource"
		if r.Not {
			name = "NotResource"
		}
		resources := r.Texts()
		for i, text := range resources {
			if rest, ok := strings.CutPrefix(text, shortExecuteAPI); ok {
				resources[i] = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/" + rest
			}
		}
		if text, err := json.Marshal(resources); r.Present() && err == nil {
			members[name] = text
		}
		return true
	})
}

const shortExecuteAPI = "execute-api:/"

package lint

import (
	"slices"
	"strings"
)

var unsupportedActionInPolicy = &Rule{
	Code:     "UNSUPPORTED_ACTION_IN_POLICY",
	Title:    "Unsupported action in policy",
	Type:     Error,
	Kinds:    Resource | Trust,
	Sentence: "The action is of another service than the resource that the policy is attached to, or does not work on such resources.",
	check: func(c *checker) {
		rules, ok := attachments[c.resource]
		if !ok {
			return
		}
		c.eachAction(func(_ *statement, v *value) {
			prefix := prefixOf(v.text)
			if v.text == "*" || prefix == "" || isPattern(prefix) {
				return
			}
			if prefix != rules.service {
				c.report(v.span, "A policy of %s takes actions of %s only, not %s", c.resource, rules.service, v.text)
				return
			}
			a, ok := c.action(v.text)
			if !ok || len(rules.types) == 0 {
				return
			}
			for t := range a.Targets() {
				if slices.Contains(rules.types, t.Type().Name()) {
					return
				}
			}
			c.report(v.span, "%s does not work on what a policy of %s is attached to", v.text, c.resource)
		})
	},
}

// attachments are what a policy may speak of by the type of resource that it is attached to: actions of a service, and of them those that work on a
// resource of these types, and ARNs that begin so behind their partition.
var attachments = map[string]struct {
	service string
	types   []string
	arn     func(parts []string) bool
}{
	Bucket:            {"s3", []string{"bucket", "object"}, func(p []string) bool { return p[2] == "s3" && p[3] == "" && p[4] == "" }},
	AccessPoint:       {"s3", nil, func(p []string) bool { return p[2] == "s3" && p[3] != "" && strings.HasPrefix(p[5], "accesspoint/") }},
	MultiRegionPoint:  {"s3", nil, func(p []string) bool { return p[2] == "s3" && p[3] == "" && strings.HasPrefix(p[5], "accesspoint/") }},
	ObjectLambdaPoint: {"s3-object-lambda", nil, func(p []string) bool { return p[2] == "s3-object-lambda" && strings.HasPrefix(p[5], "accesspoint/") }},
	DynamoDBTable:     {"dynamodb", nil, func(p []string) bool { return p[2] == "dynamodb" && strings.HasPrefix(p[5], "table/") }},
	AssumeRolePolicy:  {"sts", nil, nil},
}

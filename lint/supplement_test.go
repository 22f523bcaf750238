package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
)

// entry is a line of the supplement.
type entry struct{ line, kind, name, witness, reason string }

func supplementLines(t *testing.T) (entries []entry) {
	for line := range strings.Lines(supplementText) {
		if strings.HasPrefix(line, "#") || line == "\n" {
			continue
		}
		p := strings.Split(strings.TrimSuffix(line, "\n"), " | ")
		if len(p) != 4 || slices.Contains(p, "") || !strings.HasSuffix(line, "\n") {
			t.Fatalf("a line of four columns: %q", line)
		}
		entries = append(entries, entry{line, p[0], p[1], p[2], p[3]})
	}
	return entries
}

// codes are what the rules would say of a name if the supplement did not have it.
var codes = map[string][]string{
	"service":  {"INVALID_SERVICE_IN_ACTION", "INVALID_SERVICE"},
	"action":   {"INVALID_ACTION"},
	"key":      {"INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY"},
	"single":   {"MISSING_QUALIFIER"},
	"form":     {"INVALID_ARN_RESOURCE", "MISSING_ARN_ACCOUNT"},
	"resource": {"INVALID_ARN_RESOURCE", "MISSING_ARN_ACCOUNT"},
	"carries":  {"UNSUPPORTED_ACTION_FOR_CONDITION_KEY"},
}

func errorsIn(text string, c *catalog.Catalog, more *supplement) (found []Finding) {
	for _, f := range checkWith(text, Options{Kind: policy.Managed, Catalog: c}, more) {
		if f.Type == Error {
			found = append(found, f)
		}
	}
	return found
}

// Every line says no more than it must: without it there is an error in the policy that it names as witness, of the kind that the line is about. A line
// that this test finds needless is one that a newer catalog knows, or whose policy AWS has changed.
func TestLinesOfTheSupplementAreNeeded(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := managed.Documents()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, e := range supplementLines(t) {
		if seen[e.kind+e.name] || len(codes[e.kind]) == 0 {
			t.Errorf("twice, or of no kind: %s", e.line)
		}
		seen[e.kind+e.name] = true
		text, ok := documents[e.witness]
		if !ok {
			t.Errorf("AWS has no policy %s any more; another witness, or delete the line: %s", e.witness, e.line)
			continue
		}
		found := errorsIn(text, c, newSupplement(strings.Replace(supplementText, e.line, "", 1)))
		if len(found) == 0 {
			t.Errorf("needless; delete the line: %s", e.line)
		}
		for _, f := range found {
			if !slices.Contains(codes[e.kind], f.Code) {
				t.Errorf("without the line there is %s: %s", f.Code, e.line)
			}
		}
	}
}

// Beside each name of the supplement there are those that nobody has: a mistyped neighbour is an error as ever.
func TestNeighboursOfTheSupplement(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ kind, right, wrong string }{
		{"service", `"Action": "deepracer:GetModel", "Resource": "*"`, `"Action": "deepracerx:GetModel", "Resource": "*"`},
		{"service", `"Action": "zocalo:*", "Resource": "*"`, `"Action": "zocala:*", "Resource": "*"`},
		{"service", `"Action": "s3:GetObject", "Resource": "arn:aws:deeplens:us-east-1:111122223333:model/m"`, `"Action": "s3:GetObject", "Resource": "arn:aws:deeplense:us-east-1:111122223333:model/m"`},
		{"service", `"Action": "deepracer:*", "Resource": "*", "Condition": {"Bool": {"deepracer:MultiUser": "true"}}`,
			`"Action": "deepracer:*", "Resource": "*", "Condition": {"Bool": {"deepracr:MultiUser": "true"}}`},
		{"action", `"Action": "cloudhsm:CreateLunaClient", "Resource": "*"`, `"Action": "cloudhsm:CreateLunaClients", "Resource": "*"`},
		{"action", `"Action": "cloudhsm:*LunaClient", "Resource": "*"`, `"Action": "cloudhsm:*LunarClient", "Resource": "*"`},
		{"action", `"Action": "ec2:DescribeInstances", "Resource": "*"`, `"Action": "ec2:DescribeInstancez", "Resource": "*"`},
		{"action", `"NotAction": "SecurityAgent:listcontrols", "Resource": "*"`, `"NotAction": "SecurityAgent:listcontrol", "Resource": "*"`},
		{"key", `"Action": "iam:CreateRole", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgMasterAccountId": "111122223333"}}`,
			`"Action": "iam:CreateRole", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgMasterAccount": "111122223333"}}`},
		{"key", `"Action": "lakeformation:GetDataAccess", "Resource": "*", "Condition": {"Null": {"lakeformation:GlueARN": "true"}}`,
			`"Action": "lakeformation:GetDataAccess", "Resource": "*", "Condition": {"Null": {"lakeformation:GlueARNs": "true"}}`},
		{"single", `"Action": "events:PutRule", "Resource": "*", "Condition": {"StringEquals": {"events:detail-type": "a"}}`,
			`"Action": "events:PutRule", "Resource": "*", "Condition": {"StringEquals": {"events:source": "a"}}`},
		{"form", `"Action": "pricingplanmanager:*", "Resource": "arn:aws:pricingplanmanager::111122223333:subscription:abc"`,
			`"Action": "pricingplanmanager:*", "Resource": "arn:aws:pricingplanmanager::111122223333:subscriptions:abc"`},
		{"form", `"Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:*::parameter/aws/service/*"`, `"Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:*::parameter/mine/*"`},
		{"resource", `"Action": "kms:Decrypt", "Resource": "arn:aws:kms:*::*"`, `"Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1::*"`},
		{"resource", `"Action": "states:*", "Resource": "arn:aws:states:*:*:statemachine:*sagemaker*"`, `"Action": "states:*", "Resource": "arn:aws:states:*:*:statemachine:mine"`},
		{"carries", `"Action": "dms:CancelReplicationTaskAssessmentRun", "Resource": "*", "Condition": {"StringEquals": {"dms:task-tag/team": "a"}}`,
			`"Action": "dms:CreateReplicationTask", "Resource": "*", "Condition": {"StringEquals": {"dms:task-tag/team": "a"}}`},
		{"carries", `"Action": "ec2:DescribeNetworkInterfaces", "Resource": "*", "Condition": {"StringEquals": {"ec2:ResourceTag/AmazonMSKConnectManaged": "true"}}`,
			`"Action": "ec2:DescribeNetworkInterfaces", "Resource": "*", "Condition": {"StringEquals": {"ec2:ResourceTag/team": "true"}}`},
	} {
		for i, statement := range []string{test.right, test.wrong} {
			text := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", ` + statement + `}}`
			found := errorsIn(text, c, theSupplement)
			if i == 0 && len(found) > 0 {
				t.Errorf("%s: %s", statement, found[0].Code)
			}
			if i == 1 && (len(found) != 1 || !slices.Contains(codes[test.kind], found[0].Code)) {
				t.Errorf("%s: found %v, want one of %v", statement, found, codes[test.kind])
			}
		}
	}
}

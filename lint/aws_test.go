package lint_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

var update = flag.Bool("update", false, "write doc/lint.md anew")

// The example of aws accessanalyzer validate-policy in the CLI's manual, and what AWS answers: findings in this order, with these places. The
// dots stand for two characters that the manual left out of the document and not of the answer.
func TestExampleOfTheCLI(t *testing.T) {
	const text = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": {
                "Federated": "cognito-identity.amazonaws.com"
            },
            "Action": [
                "sts:AssumeRole",
                "sts:TagSession"
            ],
            "Condition": {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": "us-west-2_EXAMPLE.."
                }
            }
        }
    ]
}`
	// Code, then for each location path, line, column and offset of its start, offset of its end. Access Analyzer counts columns from 0.
	const want = `EMPTY_SID_VALUE SUGGESTION Statement/0/Sid 5:19 79–81
MISMATCHED_ACTION_FOR_PRINCIPAL ERROR Statement/0/Action/0 11:16 258–274 Statement/0/Principal/Federated 8:29 170–202
UNSUPPORTED_ACTION_FOR_CONDITION_KEY ERROR Statement/0/Action/1 12:16 292–308 Statement/0/Condition/StringEquals/cognito-identity.amazonaws.com:aud 16:58 443–464
`
	var got strings.Builder
	for _, f := range lint.Check(text, lint.Options{Kind: policy.Resource, Catalog: aws(t)}) {
		fmt.Fprintf(&got, "%s %v", f.Code, f.Type)
		for _, l := range f.Locations {
			var path []string
			for _, s := range l.Path {
				if s.Kind == lint.StepIndex {
					s.Name = fmt.Sprint(s.Index)
				}
				path = append(path, s.Name)
			}
			at := policy.PositionOf(text, l.Start)
			fmt.Fprintf(&got, " %s %d:%d %d–%d", strings.Join(path, "/"), at.Line, at.Column-1, l.Start, l.End)
		}
		got.WriteByte('\n')
	}
	if got.String() != want {
		t.Errorf("found\n%swant, as AWS answers,\n%s", got.String(), want)
	}
}

// Which of its own policies AWS says that a rule finds ("AWS managed policies with this …" in the page of the rules), as far as it still has them and has
// not changed what it speaks of (AWSGlueConsoleSageMakerNotebookFullAccess has a qualifier and a Like operator by now).
func TestWhatAWSSaysOfItsPolicies(t *testing.T) {
	documents, err := managed.Documents()
	if err != nil {
		t.Fatal(err)
	}
	for code, names := range map[string]string{
		"CREATE_SLR_WITH_STAR_IN_RESOURCE":             "PowerUserAccess AWSOrganizationsServiceTrustPolicy",
		"CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE":  "AdministratorAccess IAMFullAccess",
		"POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA":    "ReadOnlyAccess AWSSupportServiceRolePolicy",
		"PASS_ROLE_WITH_STAR_IN_RESOURCE":              "AdministratorAccess-Amplify AWSServiceRoleForAmazonEKSNodegroup AWSElasticBeanstalkService",
		"PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE":   "AdministratorAccess IAMFullAccess",
		"STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS": "AWSCodePipeline_FullAccess AWSCodePipeline_ReadOnlyAccess S3UnlockBucketPolicy SQSUnlockQueuePolicy AmazonSecurityLakeAdministrator",
	} {
		for name := range strings.FieldsSeq(names) {
			text, ok := documents[name]
			if !ok {
				t.Logf("there is no %s any more", name)
				continue
			}
			found := false
			for _, f := range lint.Check(text, lint.Options{Kind: policy.Managed, Catalog: aws(t)}) {
				found = found || f.Code == code
			}
			if !found {
				t.Errorf("%s: no %s", name, code)
			}
		}
	}
}

// AWS's own policies have no errors: what they name and the catalog does not have is in the supplement.
func TestManagedPolicies(t *testing.T) {
	policies, err := managed.Policies()
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) < 1400 {
		t.Fatalf("only %d policies", len(policies))
	}
	for _, p := range policies {
		for _, f := range lint.Check(p.Document, lint.Options{Kind: policy.Managed, Catalog: aws(t)}) {
			check(t, p.Document, &f)
			if f.Type == lint.Error {
				at := f.Locations[0]
				t.Errorf("%s: %s at %s: %s", p.Name, f.Code, p.Document[at.Start:at.End], f.Message)
			}
		}
	}
}

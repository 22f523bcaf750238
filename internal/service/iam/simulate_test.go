package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

// simulate calls SimulateCustomPolicy and returns its results.
func (w *world) simulate(in *iamapi.SimulateCustomPolicyInput) []iamapi.EvaluationResult {
	w.Helper()
	return do[iamapi.SimulateCustomPolicyOutput](w, "root", "SimulateCustomPolicy", in).EvaluationResults
}

// told is a result in short: decision, sources of the matched statements, missing keys.
func told(decision *string, matched []iamapi.Statement, missing []string) string {
	var b strings.Builder
	b.WriteString(*decision)
	for _, s := range matched {
		b.WriteString(" " + *s.SourcePolicyId)
	}
	if len(missing) > 0 {
		b.WriteString(" missing " + strings.Join(missing, " "))
	}
	return b.String()
}

func entry(name, kind string, values ...string) iamapi.ContextEntry {
	return iamapi.ContextEntry{ContextKeyName: &name, ContextKeyType: &kind, ContextKeyValues: values}
}

// These are AWS's own examples and answers that others have recorded.
func TestSimulateAsAWSDoes(t *testing.T) {
	w := newWorld(t)
	const after2018 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",` +
		`"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}`
	simulate := func(claim, at, want string) step {
		return step{claim: claim, op: "SimulateCustomPolicy", in: &iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{after2018},
			ActionNames: []string{"dynamodb:CreateBackup"}, ContextEntries: []iamapi.ContextEntry{entry("aws:CurrentTime", "date", at)}}, want: want}
	}
	const bucket = "arn:aws:s3:::smoketurner-test-iam-bucket/*"
	matched := `[{"EndPosition":{"Column":145,"Line":1},"SourcePolicyId":"PolicyInputList.1","SourcePolicyType":"IAM Policy","StartPosition":{"Column":41,"Line":1}}]`
	listed := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "` + bucket + `"}]}`
	// What its statement was is not known, but how long it was.
	listed = strings.Replace(listed, `"s3:*"`, `"s3:*"`+strings.Repeat(" ", 144+len("]}")-len(listed)), 1)
	w.tell([]step{
		simulate("a statement without a list is placed from behind its first brace to behind its last", "2019-04-25T11:00:00Z",
			`{"EvaluationResults":[{"EvalActionName":"dynamodb:CreateBackup","EvalDecision":"allowed","EvalResourceName":"*","MatchedStatements":[`+
				`{"EndPosition":{"Column":167,"Line":1},"SourcePolicyId":"PolicyInputList.1","SourcePolicyType":"IAM Policy","StartPosition":{"Column":38,"Line":1}}],`+
				`"MissingContextValues":[]}],"IsTruncated":false}`),
		simulate("a denial that nobody spoke has no statements", "2014-04-25T11:00:00Z",
			`{"EvaluationResults":[{"EvalActionName":"dynamodb:CreateBackup","EvalDecision":"implicitDeny","EvalResourceName":"*","MatchedStatements":[],`+
				`"MissingContextValues":[]}],"IsTruncated":false}`),
		{claim: "a resource that was named has a result of its own, and details that are empty", op: "SimulateCustomPolicy",
			in: &iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{listed}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{bucket}},
			want: `{"EvaluationResults":[{"EvalActionName":"s3:GetObject","EvalDecision":"allowed","EvalDecisionDetails":{},"EvalResourceName":"` + bucket + `",` +
				`"MatchedStatements":` + matched + `,"MissingContextValues":[],"ResourceSpecificResults":[{"EvalResourceDecision":"allowed",` +
				`"EvalResourceName":"` + bucket + `","MatchedStatements":` + matched + `,"MissingContextValues":[]}]}],"IsTruncated":false}`},
	})
}

func TestSimulatedPlaces(t *testing.T) {
	w := newWorld(t)
	const several = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "a:One",
            "Resource": "*"
        },
        {"Effect": "Allow", "Action": "a:Two", "Resource": "*"}  ,
 {"Effect": "Allow", "Action": ["a:Two", "a:One"], "Resource": "*"}]
}`
	for action, want := range map[string]string{
		// The first begins behind the bracket, the others behind the one before.
		"a:One": "allowed PolicyInputList.1[3:19-8:10] PolicyInputList.1[9:64-10:68]",
		"a:Two": "allowed PolicyInputList.1[8:10-9:64] PolicyInputList.1[9:64-10:68]",
		"A:TWO": "allowed PolicyInputList.1[8:10-9:64] PolicyInputList.1[9:64-10:68]",
	} {
		r := w.simulate(&iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{several}, ActionNames: []string{action}})[0]
		got := *r.EvalDecision
		for _, s := range r.MatchedStatements {
			got += fmt.Sprintf(" %s[%d:%d-%d:%d]", *s.SourcePolicyId, *s.StartPosition.Line, *s.StartPosition.Column, *s.EndPosition.Line, *s.EndPosition.Column)
		}
		if got != want || *r.EvalActionName != action {
			t.Errorf("%s: %s %s, want %s", action, *r.EvalActionName, got, want)
		}
	}
}

func statement(effect, action, resource, more string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":%q,"Resource":%q%s}]}`, effect, action, resource, more)
}

func TestSimulateCustomPolicy(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	alice := new("arn:aws:iam::111122223333:user/alice")
	allow, deny := statement("Allow", "s3:*", "*", ""), statement("Deny", "s3:Put*", "*", "")
	mine := statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*", "")
	tagged := statement("Allow", "s3:*", "*", `,"Condition":{"StringEquals":{"aws:PrincipalTag/Team":"${aws:RequestTag/team}"},"Null":{"s3:x-amz-acl":"true"}}`)
	bucket := func(effect, principal string) *string {
		return new(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Principal":%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`, effect, principal))
	}
	const key = "arn:aws:s3:::b/k"
	for _, test := range []struct {
		claim string
		in    iamapi.SimulateCustomPolicyInput
		want  string
	}{
		{"nothing allows", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}}, "implicitDeny"},
		{"what another policy allows is not told where one denies", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow, deny}, ActionNames: []string{"s3:PutObject"}},
			"explicitDeny PolicyInputList.2"},
		{"all that allow are told", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow, deny, allow}, ActionNames: []string{"s3:GetObject"}},
			"allowed PolicyInputList.1 PolicyInputList.3"},
		{"of a variable nothing is known", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{mine}, ActionNames: []string{"s3:GetObject"},
			ResourceArns: []string{"arn:aws:s3:::home/alice/x"}}, "implicitDeny missing aws:username"},
		{"unless it is said", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{mine}, ActionNames: []string{"s3:GetObject"},
			ResourceArns: []string{"arn:aws:s3:::home/alice/x"}, ContextEntries: []iamapi.ContextEntry{entry("AWS:UserName", "string", "alice")}},
			"allowed PolicyInputList.1"},
		{"or follows from the caller", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{mine}, ActionNames: []string{"s3:GetObject"},
			ResourceArns: []string{"arn:aws:s3:::home/alice/x"}, CallerArn: alice}, "allowed PolicyInputList.1"},
		{"nor is anything lacking where there is a default", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{
			statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:PrincipalTag/home, 'all'}/*", `,"Condition":{"StringLike":{"aws:username":"${aws:PrincipalTag/who, 'x'}"}}`)},
			ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::home/all/x"}, CallerArn: alice}, "implicitDeny"},
		{"a statement of another action lacks nothing", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{mine}, ActionNames: []string{"ec2:RunInstances"}}, "implicitDeny"},
		{"keys and variables of conditions, as they are written", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{tagged}, ActionNames: []string{"s3:GetObject"}},
			"implicitDeny missing aws:PrincipalTag/Team s3:x-amz-acl aws:RequestTag/team"},
		{"what is said overrides what follows", iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement("Allow", "s3:*", "*", `,"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"}}`)},
			ActionNames:     []string{"s3:GetObject"}, CallerArn: alice,
			ContextEntries: []iamapi.ContextEntry{entry("aws:principalarn", "string", "arn:aws:iam::111122223333:role/r")}}, "allowed PolicyInputList.1"},
		{"a list is multi-valued", iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement("Allow", "s3:*", "*", `,"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}`)},
			ActionNames:     []string{"s3:GetObject"}, ContextEntries: []iamapi.ContextEntry{entry("aws:TagKeys", "stringList", "a", "c")}}, "implicitDeny"},
		{"each type of values is compared as such", iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement("Allow", "s3:*", "*", `,"Condition":{"NumericLessThan":{"s3:max-keys":"1e2"},"Bool":{"aws:SecureTransport":"true"},`+
				`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"BinaryEquals":{"x:bytes":"aGk="}}`)},
			ActionNames: []string{"s3:GetObject"}, ContextEntries: []iamapi.ContextEntry{entry("s3:max-keys", "numeric", "99.5"), entry("aws:SecureTransport", "boolean", "true"),
				entry("aws:SourceIp", "ip", "10.1.2.3"), entry("x:bytes", "binary", "aGk=")}}, "allowed PolicyInputList.1"},

		{"an account that is not ours is the caller's own if nobody says otherwise", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{statement("Allow", "sqs:*", "*", "")},
			ActionNames: []string{"sqs:SendMessage"}, ResourceArns: []string{"arn:aws:sqs:us-east-1:123456789012:q"}}, "allowed PolicyInputList.1"},
		{"but not that of a caller who is named", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{statement("Allow", "sqs:*", "*", "")}, CallerArn: alice,
			ActionNames: []string{"sqs:SendMessage"}, ResourceArns: []string{"arn:aws:sqs:us-east-1:123456789012:q"}},
			"implicitDeny IAM Policy=allowed Resource Policy=implicitDeny"},
		{"a role's trust is taken for granted", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{statement("Allow", "sts:*", "*", "")}, CallerArn: alice,
			ActionNames: []string{"sts:AssumeRole"}, ResourceArns: []string{"arn:aws:iam::111122223333:role/none"}}, "allowed PolicyInputList.1"},
		{"and so is a key's policy", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{statement("Allow", "kms:*", "*", "")},
			ActionNames: []string{"kms:Decrypt"}, ResourceArns: []string{"arn:aws:kms:us-east-1:111122223333:key/1"}}, "allowed PolicyInputList.1"},

		{"the resource's own policy allows", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key}, CallerArn: alice,
			ResourcePolicy: bucket("Allow", `{"AWS":"arn:aws:iam::111122223333:user/alice"}`)}, "allowed ResourcePolicy"},
		{"it knows her by her id", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key}, CallerArn: alice,
			ResourcePolicy: bucket("Allow", `{"AWS":"`+idOf(w, "alice")+`"}`)}, "allowed ResourcePolicy"},
		{"the account alone gives nothing", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key}, CallerArn: alice,
			ResourcePolicy: bucket("Allow", `{"AWS":"111122223333"}`)}, "implicitDeny"},
		{"it denies whatever others allow", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key},
			CallerArn: alice, ResourcePolicy: bucket("Deny", `"*"`)}, "explicitDeny ResourcePolicy"},
		{"a trust policy is one too", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"sts:AssumeRole"}, ResourceArns: []string{"arn:aws:iam::111122223333:role/r"}, CallerArn: alice,
			ResourcePolicy: new(trusting(*alice))}, "allowed ResourcePolicy"},
		{"of another account both must allow", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key}, CallerArn: alice,
			ResourceOwner: new("arn:aws:iam::444455556666:root"), ResourcePolicy: bucket("Allow", `{"AWS":"111122223333"}`)},
			"implicitDeny IAM Policy=implicitDeny Resource Policy=allowed"},
		{"and then it is allowed", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{key}, CallerArn: alice,
			ResourceOwner: new("arn:aws:iam::444455556666:root"), ResourcePolicy: bucket("Allow", `{"AWS":"111122223333"}`)},
			"allowed ResourcePolicy PolicyInputList.1 IAM Policy=allowed Resource Policy=allowed"},
		{"the ARN's own account comes before the owner", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{statement("Allow", "sqs:*", "*", "")}, CallerArn: alice,
			ActionNames: []string{"sqs:SendMessage"}, ResourceArns: []string{"arn:aws:sqs:us-east-1:111122223333:q"}, ResourceOwner: new("arn:aws:iam::444455556666:root")},
			"allowed PolicyInputList.1"},

		{"within the boundary", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{statement("Allow", "*", "*", "")},
			ActionNames: []string{"s3:GetObject"}}, "allowed PolicyInputList.1 within"},
		{"beyond it", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{statement("Allow", "ec2:*", "*", "")},
			ActionNames: []string{"s3:GetObject"}}, "implicitDeny beyond"},
		{"what it denies is told", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{deny},
			ActionNames: []string{"s3:PutObject"}}, "explicitDeny PermissionsBoundaryPolicyInputList.1 beyond"},
		{"it grants nothing", iamapi.SimulateCustomPolicyInput{PermissionsBoundaryPolicyInputList: []string{allow}, ActionNames: []string{"s3:PutObject"}}, "implicitDeny within"},

		{"several resources have a result each and one for all: the worst", iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement("Allow", "s3:*", "arn:aws:s3:::a*", ""), statement("Deny", "s3:*", "arn:aws:s3:::*z", "")},
			ActionNames:     []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b", "arn:aws:s3:::az", "arn:aws:s3:::a"}},
			"explicitDeny { arn:aws:s3:::b implicitDeny } { arn:aws:s3:::az explicitDeny PolicyInputList.2 } { arn:aws:s3:::a allowed PolicyInputList.1 }"},
		{"nor is one allowed for all if another is not", iamapi.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement("Allow", "s3:*", "arn:aws:s3:::a*", "")}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{"arn:aws:s3:::b", "arn:aws:s3:::a"}},
			"implicitDeny { arn:aws:s3:::b implicitDeny } { arn:aws:s3:::a allowed PolicyInputList.1 }"},
		{"a scenario of EC2", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"ec2:RunInstances"}, ResourceHandlingOption: new("EC2-VPC-EBS-Subnet")}, "implicitDeny"},
	} {
		if test.in.PolicyInputList == nil {
			test.in.PolicyInputList = []string{statement("Allow", "nothing:*", "*", "")}
		}
		r := w.simulate(&test.in)[0]
		missing := r.MissingContextValues
		if len(r.ResourceSpecificResults) == 1 {
			only := r.ResourceSpecificResults[0]
			missing = only.MissingContextValues
			if told(only.EvalResourceDecision, only.MatchedStatements, nil) != told(r.EvalDecision, r.MatchedStatements, nil) || *only.EvalResourceName != *r.EvalResourceName {
				t.Errorf("%s: the result of the one resource is another: %s", test.claim, show(t, r))
			}
		}
		got := told(r.EvalDecision, r.MatchedStatements, missing)
		if d := r.EvalDecisionDetails; len(d) > 0 {
			got += fmt.Sprintf(" IAM Policy=%s Resource Policy=%s", d["IAM Policy"], d["Resource Policy"])
		}
		if d := r.PermissionsBoundaryDecisionDetail; d != nil {
			got += map[bool]string{true: " within", false: " beyond"}[*d.AllowedByPermissionsBoundary]
		}
		if len(r.ResourceSpecificResults) > 1 {
			for _, s := range r.ResourceSpecificResults {
				got += " { " + *s.EvalResourceName + " " + told(s.EvalResourceDecision, s.MatchedStatements, s.MissingContextValues) + " }"
			}
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.claim, got, test.want)
		}
	}
}

func idOf(w *world, user string) string {
	w.Helper()
	u, ok := w.account(ours).User(user)
	if !ok {
		w.Fatalf("no user %s", user)
	}
	return u.ID
}

func TestSimulateRefuses(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addRole("ops")
	w.addGroup("devs")
	ok := []string{allowLists}
	get := []string{"s3:GetObject"}
	custom := func(claim string, in iamapi.SimulateCustomPolicyInput, want string) step {
		if in.PolicyInputList == nil {
			in.PolicyInputList = ok
		}
		if in.ActionNames == nil {
			in.ActionNames = get
		}
		return step{claim: claim, op: "SimulateCustomPolicy", in: &in, want: "InvalidInput: " + want}
	}
	principal := func(claim, source, want string) step {
		return step{claim: claim, op: "SimulatePrincipalPolicy", in: &iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(source), ActionNames: get}, want: want}
	}
	keys := func(claim, source, want string) step {
		return step{claim: claim, op: "GetContextKeysForPrincipalPolicy", in: &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new(source)}, want: want}
	}
	byAlice := new("arn:aws:iam::111122223333:user/alice")
	key := []string{"arn:aws:s3:::b/k"}
	bucket := new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`)
	w.tell([]step{
		custom("a policy that is none", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allowLists, "{"}}, "Syntax errors in policy."),
		custom("a policy with a principal", iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{*bucket}}, "Policy document should not specify a principal."),
		custom("a boundary that is none", iamapi.SimulateCustomPolicyInput{PermissionsBoundaryPolicyInputList: []string{"{}"}}, "Syntax errors in policy."),
		custom("two boundaries", iamapi.SimulateCustomPolicyInput{PermissionsBoundaryPolicyInputList: []string{allowLists, allowLists}},
			"The list of Permissions Boundary policies cannot exceed 1 items."),
		custom("an action with a wildcard", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"s3:Get*"}},
			"Invalid Input Actions: [s3:Get*]. An action is of the form service:name, without wildcards."),
		custom("an action without a service", iamapi.SimulateCustomPolicyInput{ActionNames: []string{"GetObject"}},
			"Invalid Input Actions: [GetObject]. An action is of the form service:name, without wildcards."),
		custom("a resource that is no ARN", iamapi.SimulateCustomPolicyInput{ResourceArns: []string{"14a050d4-021e-4efe-84bb-0871bf6d0fda"}},
			"ResourceNames are not in a valid ARN format: 14a050d4-021e-4efe-84bb-0871bf6d0fda."),
		custom("everything beside something", iamapi.SimulateCustomPolicyInput{ResourceArns: []string{key[0], "*"}}, "ResourceNames are not in a valid ARN format: *."),
		custom("an owner that is no ARN", iamapi.SimulateCustomPolicyInput{ResourceArns: key, ResourceOwner: new("123456789012")},
			"'123456789012' is not a valid as a Resource Owner."),
		custom("a role as the caller", iamapi.SimulateCustomPolicyInput{CallerArn: new("arn:aws:iam::111122223333:role/ops")},
			"Invalid caller - Caller must be an IAM user in this context."),
		custom("nobody as the caller", iamapi.SimulateCustomPolicyInput{CallerArn: new("alice")}, "Invalid caller - Caller must be an IAM user in this context."),
		custom("a resource's policy without a caller", iamapi.SimulateCustomPolicyInput{ResourceArns: key, ResourcePolicy: bucket},
			"Invalid caller - Caller cannot be null or empty."),
		custom("a resource's policy without a resource", iamapi.SimulateCustomPolicyInput{ResourcePolicy: bucket, CallerArn: byAlice},
			"Invalid Entity Arn: * does not clearly define entity type and name."),
		custom("a resource's policy that is none", iamapi.SimulateCustomPolicyInput{ResourceArns: key, ResourcePolicy: new("{"), CallerArn: byAlice}, "Syntax errors in policy."),
		custom("a resource's policy that speaks of nobody", iamapi.SimulateCustomPolicyInput{ResourceArns: key, ResourcePolicy: new(allowLists), CallerArn: byAlice},
			"Missing required field Principal"),
		custom("no such scenario", iamapi.SimulateCustomPolicyInput{ResourceHandlingOption: new("EC2")}, "Invalid input resource handling options: EC2."),
		custom("a nameless entry", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{{ContextKeyType: new("string")}}}, "A context entry has no ContextKeyName."),
		custom("a number that is none", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("s3:max-keys", "numericList", "1", "x")}},
			"Invalid value for the context key s3:max-keys: x is not of type numeric."),
		custom("a truth that is none", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("aws:SecureTransport", "boolean", "yes")}},
			"Invalid value for the context key aws:SecureTransport: yes is not of type boolean."),
		custom("an address that is none", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("aws:SourceIp", "ip", "10.0.0")}},
			"Invalid value for the context key aws:SourceIp: 10.0.0 is not of type ip."),
		custom("a date that is none", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("aws:CurrentTime", "date", "soon")}},
			"Invalid value for the context key aws:CurrentTime: soon is not of type date."),
		custom("bytes that are none", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("x:bytes", "binary", "=")}},
			"Invalid value for the context key x:bytes: = is not of type binary."),
		custom("no value", iamapi.SimulateCustomPolicyInput{ContextEntries: []iamapi.ContextEntry{entry("aws:username", "string")}}, "The context key aws:username has no value."),
		{claim: "a marker that is none", op: "SimulateCustomPolicy", in: &iamapi.SimulateCustomPolicyInput{PolicyInputList: ok, ActionNames: get, Marker: new("x")},
			want: "ValidationError: Invalid Marker."},

		principal("no such user", "arn:aws:iam::111122223333:user/none", "NoSuchEntity: The user with name none cannot be found."),
		principal("no such group", "arn:aws:iam::111122223333:group/none", "NoSuchEntity: The group with name none cannot be found."),
		principal("no such role, but elsewhere", "arn:aws:iam::111122223333:role/x/ops", "NoSuchEntity: The role with name ops cannot be found."),
		principal("a session", "arn:aws:sts::111122223333:assumed-role/ops/botocore-session-0987654321",
			"InvalidInput: Invalid Entity Arn: arn:aws:sts::111122223333:assumed-role/ops/botocore-session-0987654321 does not clearly define entity type and name."),
		principal("a policy", readOnly, "InvalidInput: Invalid Entity Arn: "+readOnly+" does not clearly define entity type and name."),
		principal("another account", "arn:aws:iam::444455556666:user/alice",
			"InvalidInput: Invalid Policy Source Arn: caller's account 111122223333 does not have access to policies in account 444455556666"),
		{claim: "a role cannot be asked of by a resource", op: "SimulatePrincipalPolicy", in: &iamapi.SimulatePrincipalPolicyInput{
			PolicySourceArn: new("arn:aws:iam::111122223333:role/ops"), ActionNames: get, ResourceArns: key, ResourcePolicy: bucket},
			want: "InvalidInput: Invalid caller - Caller must be an IAM user in this context."},
		{claim: "nor a group", op: "SimulatePrincipalPolicy", in: &iamapi.SimulatePrincipalPolicyInput{
			PolicySourceArn: new("arn:aws:iam::111122223333:group/devs"), ActionNames: get, ResourceArns: key, ResourcePolicy: bucket},
			want: "InvalidInput: Invalid caller - Caller must be an IAM user in this context."},

		{claim: "keys of a policy that is none", op: "GetContextKeysForCustomPolicy", in: &iamapi.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"{"}},
			want: "InvalidInput: Syntax errors in policy."},
		keys("keys of no such user", "arn:aws:iam::111122223333:user/none", "NoSuchEntity: The user with name none cannot be found."),
		keys("keys of a policy", readOnly, "InvalidInput: Invalid Entity Arn: "+readOnly+" does not clearly define entity type and name."),
		{claim: "keys of another policy that is none", op: "GetContextKeysForPrincipalPolicy", in: &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: byAlice, PolicyInputList: []string{"{"}},
			want: "InvalidInput: Syntax errors in policy."},
	})
}

// familiar is a world with a user in a group, and a role, that have policies of all kinds.
func familiar(t *testing.T) *world {
	w := newWorld(t)
	w.addUser("alice", "bob")
	w.addRole("eng/ops")
	w.addGroup("devs")
	w.addPolicy("lists", "fence")
	const fence = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"x:Fence":"down"}}}}`
	w.tell([]step{
		{claim: "", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("devs"), UserName: new("alice")}, want: `{}`},
		{claim: "", op: "PutUserPolicy", in: &iamapi.PutUserPolicyInput{UserName: new("alice"), PolicyName: new("own"), PolicyDocument: new(statement("Allow", "s3:GetObject", "*", ""))}, want: `{}`},
		{claim: "", op: "PutGroupPolicy", in: &iamapi.PutGroupPolicyInput{GroupName: new("devs"), PolicyName: new("all"), PolicyDocument: new(statement("Allow", "s3:Get*", "*", `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}`))}, want: `{}`},
		{claim: "", op: "AttachGroupPolicy", in: &iamapi.AttachGroupPolicyInput{GroupName: new("devs"), PolicyArn: new(policyARN("lists"))}, want: `{}`},
		{claim: "", op: "AttachUserPolicy", in: &iamapi.AttachUserPolicyInput{UserName: new("alice"), PolicyArn: new(powerUser)}, want: `{}`},
		{claim: "", op: "TagUser", in: &iamapi.TagUserInput{UserName: new("alice"), Tags: []iamapi.Tag{{Key: new("Team"), Value: new("red")}}}, want: `{}`},
		{claim: "", op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: new(policyARN("fence")), PolicyDocument: new(fence), SetAsDefault: new(true)}, want: "{\"PolicyVersion\":{\"IsDefaultVersion\":true,\"VersionId\":\"v2\"}}"},
		{claim: "", op: "PutUserPermissionsBoundary", in: &iamapi.PutUserPermissionsBoundaryInput{UserName: new("alice"), PermissionsBoundary: new(policyARN("fence"))}, want: `{}`},
		{claim: "", op: "PutRolePolicy", in: &iamapi.PutRolePolicyInput{RoleName: new("ops"), PolicyName: new("own"), PolicyDocument: new(statement("Deny", "s3:*", "*", ""))}, want: `{}`},
	})
	return w
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	w := familiar(t)
	const alice, ops, devs = "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/eng/ops", "arn:aws:iam::111122223333:group/devs"
	for _, test := range []struct {
		claim string
		in    iamapi.SimulatePrincipalPolicyInput
		want  string
	}{
		{"her own policies and her groups', with what they are called", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"s3:GetObject"}},
			"allowed user_alice_own PowerUserAccess group_devs_all missing x:Fence within"},
		{"her groups' managed policies too", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"s3:ListBucket"}},
			"allowed PowerUserAccess lists missing x:Fence within"},
		{"her boundary bounds", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"sqs:SendMessage"}}, "implicitDeny beyond"},
		{"another may stand in its place", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"sqs:SendMessage"},
			PermissionsBoundaryPolicyInputList: []string{statement("Allow", "*", "*", "")}}, "allowed PowerUserAccess within"},
		{"more policies may be added", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"s3:GetObject"},
			PolicyInputList: []string{statement("Deny", "*", "*", "")}}, "explicitDeny PolicyInputList.1 missing x:Fence within"},
		{"a role's policies", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(ops), ActionNames: []string{"s3:GetObject"}}, "explicitDeny role_ops_own"},
		{"a group's policies, of whose users nothing is known", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(devs), ActionNames: []string{"s3:GetObject"}},
			"implicitDeny missing aws:PrincipalTag/team"},
		{"a group's managed policies", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(devs), ActionNames: []string{"s3:ListBucket"}}, "allowed lists"},
		{"as somebody else with the group's policies", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(devs), CallerArn: new(alice), ActionNames: []string{"s3:GetObject"}},
			"allowed group_devs_all"},
		{"a trust policy that is known is asked", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"sts:AssumeRole"}, ResourceArns: []string{ops}},
			"implicitDeny within"},
		{"of a role that is not there nothing is asked", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"sts:AssumeRole"}, ResourceArns: []string{ops + "x"}},
			"allowed PowerUserAccess within"},
		{"one that is passed stands in its place", iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new(alice), ActionNames: []string{"sts:AssumeRole"}, ResourceArns: []string{ops},
			ResourcePolicy: new(trusting(alice))}, "allowed ResourcePolicy PowerUserAccess within"},
	} {
		r := do[iamapi.SimulatePrincipalPolicyOutput](w, "root", "SimulatePrincipalPolicy", &test.in).EvaluationResults[0]
		got := told(r.EvalDecision, r.MatchedStatements, r.MissingContextValues)
		if d := r.PermissionsBoundaryDecisionDetail; d != nil {
			got += map[bool]string{true: " within", false: " beyond"}[*d.AllowedByPermissionsBoundary]
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.claim, got, test.want)
		}
	}
}

// A policy that is attached and cannot be read is an error, never a part of an answer.
func TestSimulateFailsWhole(t *testing.T) {
	w := familiar(t)
	w.edit(func(e *identity.Edit) {
		p, _ := e.Account().CustomerPolicy("lists")
		broken := *p
		broken.Versions = []identity.PolicyVersion{{Number: 1, Document: identity.NewDocument("{")}}
		e.PutPolicy(&broken)
	})
	for op, in := range map[string]any{
		"SimulatePrincipalPolicy":          &iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:user/alice"), ActionNames: []string{"s3:GetObject"}},
		"GetContextKeysForPrincipalPolicy": &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:user/alice")},
	} {
		if _, err := w.call("root", op, in); err == nil || !strings.HasPrefix(err.Error(), "PolicyEvaluation: ") {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestSimulatePages(t *testing.T) {
	w := newWorld(t)
	var actions []string
	for i := range 250 {
		actions = append(actions, fmt.Sprintf("s3:A%d", i%200))
	}
	count := func(in *iamapi.SimulateCustomPolicyInput) string {
		var all []string
		var sizes []int
		for _, page := range pages(w, "SimulateCustomPolicy", in, func(m *string) { in.Marker = m },
			func(out *iamapi.SimulateCustomPolicyOutput) (names []string, truncated *bool, marker *string) {
				for _, r := range out.EvaluationResults {
					names = append(names, *r.EvalActionName)
				}
				return names, out.IsTruncated, out.Marker
			}) {
			all = append(all, page...)
			sizes = append(sizes, len(page))
		}
		if strings.Join(all, " ") != strings.Join(actions, " ") {
			t.Errorf("the actions are %v", all)
		}
		return fmt.Sprint(sizes)
	}
	if got := count(&iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allowLists}, ActionNames: actions}); got != "[100 100 50]" {
		t.Errorf("pages of %s", got)
	}
	if got := count(&iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allowLists}, ActionNames: actions, MaxItems: new(int32(240))}); got != "[240 10]" {
		t.Errorf("pages of %s", got)
	}
	// Many resources make short pages, so that no call takes for ever.
	var resources []string
	for i := range 500 {
		resources = append(resources, fmt.Sprintf("arn:aws:s3:::b/%d", i))
	}
	if got := count(&iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allowLists}, ActionNames: actions, ResourceArns: resources}); got != "[20 20 20 20 20 20 20 20 20 20 20 20 10]" {
		t.Errorf("pages of %s", got)
	}
}

func TestContextKeys(t *testing.T) {
	w := familiar(t)
	custom := func(claim string, want string, policies ...string) step {
		return step{claim: claim, op: "GetContextKeysForCustomPolicy", in: &iamapi.GetContextKeysForCustomPolicyInput{PolicyInputList: policies},
			want: `{"ContextKeyNames":[` + want + `]}`}
	}
	w.tell([]step{
		custom("AWS's example", `"aws:username","aws:CurrentTime"`,
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:128716708097:table/${aws:username}",`+
				`"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}`),
		custom("no keys", "", allowLists),
		custom("each once in whatever case, as it was first written", `"AWS:UserName","s3:prefix"`,
			statement("Allow", "s3:*", "arn:aws:s3:::${AWS:UserName}/${aws:username}", ""), statement("Allow", "s3:*", "*", `,"Condition":{"StringLike":{"s3:prefix":["${aws:username}/*"]}}`)),
		custom("characters are no keys, and a default is no matter", `"aws:PrincipalTag/t"`, statement("Allow", "s3:*", "arn:aws:s3:::${*}${?}${$}${aws:PrincipalTag/t, 'x'}${", "")),
		custom("in the older version there are no variables", `"aws:userid"`,
			`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"StringLike":{"aws:userid":"${aws:username}"}}}}`),
		{claim: "all policies that a simulation would ask", op: "GetContextKeysForPrincipalPolicy", in: &iamapi.GetContextKeysForPrincipalPolicyInput{
			PolicySourceArn: new("arn:aws:iam::111122223333:user/alice"), PolicyInputList: []string{statement("Allow", "s3:*", "*", `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`)}},
			want: `{"ContextKeyNames":["aws:PrincipalTag/team","x:Fence","aws:SecureTransport"]}`},
		{claim: "of a group", op: "GetContextKeysForPrincipalPolicy", in: &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:group/devs")},
			want: `{"ContextKeyNames":["aws:PrincipalTag/team"]}`},
		{claim: "of a role", op: "GetContextKeysForPrincipalPolicy", in: &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:role/eng/ops")},
			want: `{"ContextKeyNames":[]}`},
	})
}

func TestSimulatorQuestions(t *testing.T) {
	w := familiar(t)
	for _, test := range []struct {
		op   string
		in   any
		want string
	}{
		{"SimulateCustomPolicy", &iamapi.SimulateCustomPolicyInput{PolicyInputList: []string{allowLists}, ActionNames: []string{"s3:A"}}, "iam:SimulateCustomPolicy on *"},
		{"GetContextKeysForCustomPolicy", &iamapi.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{allowLists}}, "iam:GetContextKeysForCustomPolicy on *"},
		{"SimulatePrincipalPolicy", &iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:role/eng/ops"), ActionNames: []string{"s3:A"}},
			"iam:SimulatePrincipalPolicy on arn:aws:iam::111122223333:role/eng/ops"},
		{"SimulatePrincipalPolicy", &iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws-cn:iam::111122223333:user/none"), ActionNames: []string{"s3:A"}},
			"iam:SimulatePrincipalPolicy on arn:aws:iam::111122223333:user/none"},
		{"GetContextKeysForPrincipalPolicy", &iamapi.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:group/devs")},
			"iam:GetContextKeysForPrincipalPolicy on arn:aws:iam::111122223333:group/devs"},
	} {
		_, _ = w.call("root", test.op, test.in)
		if got := w.questions(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.op, got, test.want)
		}
	}
	_, _ = w.call("root", "SimulatePrincipalPolicy", &iamapi.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111122223333:user/alice"), ActionNames: []string{"s3:A"}})
	if q := w.asked[0]; fmt.Sprint(q.Tags) != "[{Team red}]" || !q.IAMTags {
		t.Errorf("the judge sees the tags %v", q.Tags)
	}
}

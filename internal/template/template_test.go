package template

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func read(t testing.TB, text string, o Options) *File {
	t.Helper()
	f, err := Read(text, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// find returns the only policy of a name.
func find(t *testing.T, all []*Policy, name string) *Policy {
	t.Helper()
	i := slices.IndexFunc(all, func(p *Policy) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return all[i]
}

// summary is a policy in a line.
func summary(p *Policy) string {
	s := fmt.Sprintf("%s: %s", p.Name, p.Kind)
	if p.Guess {
		s = p.Name + ": guessed"
	}
	if p.Assumed != "" {
		s += " (" + p.Assumed + ")"
	}
	if p.ResourceType != "" {
		s += " of " + p.ResourceType
	}
	switch {
	case p.Changed && p.Before == "":
		s += ", new"
	case p.Changed && p.Before == p.Text:
		s += ", as before"
	case p.Changed:
		s += ", changed"
	}
	return s
}

func checkList(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func summaries(all []*Policy) (lines []string) {
	for _, p := range all {
		lines = append(lines, summary(p))
	}
	return lines
}

func notes(f *File) (lines []string) {
	for _, n := range f.Notes {
		lines = append(lines, fmt.Sprintf("%s: %s", n.Name, n.Text))
	}
	return lines
}

func TestAPlanTellsEveryPolicy(t *testing.T) {
	f := read(t, sample(t, "plan.json"), Options{})
	checkList(t, "policies", summaries(f.Policies), []string{
		"aws_iam_role.ci.assume_role_policy: trust of AWS::IAM::AssumeRolePolicyDocument, changed",
		"aws_iam_role.ci.inline_policy[0].policy: inline, changed", // the second before, of the same name
		"aws_iam_role.new.assume_role_policy: trust of AWS::IAM::AssumeRolePolicyDocument, new",
		`module.team["a]b"].aws_sqs_queue.jobs[0].policy: resource of AWS::SQS::Queue, as before`,
		"aws_organizations_policy.guard.content: rcp, changed",
		"aws_iam_policy.read.policy: managed, changed",
		"aws_future_resource_policy.x.settings[0].document: guessed, new",
	})
	checkList(t, "removed", summaries(f.Removed), []string{
		"aws_iam_role.ci.inline_policy[0].policy: inline, new",
		"aws_organizations_policy.deny.content: scp, new",
	})
	// A bucket's policy that the configuration does not ask for is not unknown, but none.
	checkList(t, "notes", notes(f), []string{
		"aws_s3_bucket_policy.logs.policy: the policy is known only when the plan is applied; it refers to data.aws_iam_policy_document.logs.json",
		`module.team["a]b"].aws_kms_key.jobs.policy: the policy is known only when the plan is applied; it refers to aws_iam_role.x.arn`,
	})
	read := find(t, f.Policies, "aws_iam_policy.read.policy")
	if !strings.Contains(read.Text, "s3:ListBucket") || strings.Contains(read.Before, "s3:ListBucket") {
		t.Errorf("before %s\nafter %s", read.Before, read.Text)
	}
}

func TestWithoutConfigurationAllIsNotedThatIsUnknown(t *testing.T) {
	text, _, _ := strings.Cut(sample(t, "plan.json"), `,"configuration"`)
	f := read(t, text+"}", Options{})
	if got := len(f.Notes); got != 4 { // with the new role's inline policies, and the bucket's own policy
		t.Errorf("%d notes: %v", got, notes(f))
	}
}

func TestAStateTellsWhatIsThere(t *testing.T) {
	f := read(t, sample(t, "state.json"), Options{})
	checkList(t, "policies", summaries(f.Policies), []string{"aws_iam_policy.read.policy: managed", "module.a.aws_sns_topic.t.policy: resource of AWS::SNS::Topic"})
}

func TestATemplateTellsEveryPolicy(t *testing.T) {
	f := read(t, sample(t, "logs.yaml"), Options{})
	checkList(t, "policies", summaries(f.Policies), []string{
		"BucketPolicy.PolicyDocument: resource (if IsProd) of AWS::S3::Bucket",
		"BucketPolicy.PolicyDocument: resource (if not IsProd) of AWS::S3::Bucket",
		"Role.AssumeRolePolicyDocument: trust of AWS::IAM::AssumeRolePolicyDocument",
		"Role.Policies[0].PolicyDocument: inline",
		"Logs.PolicyDocument: resource",
	})
	f = read(t, sample(t, "key.json"), Options{})
	checkList(t, "policies", summaries(f.Policies), []string{"Key.KeyPolicy: resource of AWS::KMS::Key", "Deny.Content: scp", "Set.InlinePolicy: inline"})
	for _, p := range f.Policies {
		if _, err := policy.Parse(p.Text); err != nil {
			t.Errorf("%s: %v\n%s", p.Name, err, p.Text)
		}
	}
}

// TestPlacesLeadBack follows words of policies to the places in the file.
func TestPlacesLeadBack(t *testing.T) {
	for _, c := range []struct {
		file, policy, word string
		line               int
		stands             string // what the line has at the column
	}{
		{"plan.json", "aws_iam_role.ci.assume_role_policy", "444455556666", 1, "444455556666:root"},
		{"plan.json", "aws_iam_role.ci.assume_role_policy", `x\" <b>`, 1, `x\\\" \u003cb\u003e`},
		{"plan.json", "aws_iam_role.ci.assume_role_policy", "<b>", 1, `\u003cb\u003e \u0026 𝒳`},
		{"plan.json", "aws_iam_role.ci.assume_role_policy", "b> &", 1, `b\u003e \u0026 𝒳`},
		{"plan.json", "aws_iam_role.ci.assume_role_policy", "𝒳", 1, "𝒳"},
		{"state.json", "module.a.aws_sns_topic.t.policy", "sqs:SendMessage", 27, "sqs:SendMessage"},
		{"logs.yaml", "BucketPolicy.PolicyDocument", "s3:GetObjekt", 31, "s3:GetObjekt"},
		{"logs.yaml", "BucketPolicy.PolicyDocument", "Condition", 39, "Condition:"},
		{"logs.yaml", "BucketPolicy.PolicyDocument", "false", 41, "false"},
		{"logs.yaml", "BucketPolicy.PolicyDocument", "/*", 32, "/*"},
		{"logs.yaml", "BucketPolicy.PolicyDocument", "arn:aws:iam", 28, "!Ref Trusted"},
		{"logs.yaml", "Role.AssumeRolePolicyDocument", "111122223333", 50, "${Trusted}"},
		{"logs.yaml", "Role.AssumeRolePolicyDocument", ":root", 50, `:root"`},
		{"logs.yaml", "Logs.PolicyDocument", "logs:PutLogEvent\"", 69, `logs:PutLogEvent"]`},
		{"logs.yaml", "Logs.PolicyDocument", "log-group:", 70, "log-group:/aws"},
		{"key.json", "Key.KeyPolicy", "kms:*", 14, "kms:*"},
		{"key.json", "Key.KeyPolicy", `"Action"`, 14, `"Action"`},
		{"key.json", "Set.InlinePolicy", "ListAllMyBuckets", 27, "ListAllMyBuckets"},
	} {
		text := sample(t, c.file)
		p := find(t, read(t, text, Options{}).Policies, c.policy)
		at := strings.Index(p.Text, c.word)
		if at < 0 {
			t.Fatalf("%s does not say %q:\n%s", p.Name, c.word, p.Text)
		}
		got := p.Position(at)
		line := strings.Split(text, "\n")[got.Line-1]
		runes := []rune(line)
		if got.Line != c.line || !strings.HasPrefix(string(runes[min(got.Column-1, len(runes)):]), c.stands) {
			t.Errorf("%s: %q is at %v, where %.40q stands; want line %d, %q", c.policy, c.word, got, string(runes[min(got.Column-1, len(runes)):]), c.line, c.stands)
		}
	}
}

// checkPlaces checks for each byte of a policy that is told byte by byte that it stands where it is said to stand.
func checkPlaces(t *testing.T, p *Policy) {
	t.Helper()
	for i, s := range p.spans {
		end := len(p.Text)
		if i+1 < len(p.spans) {
			if end = p.spans[i+1].at; end <= s.at {
				t.Fatalf("%s: the spans are not in order", p.Name)
			}
		}
		if !s.linear {
			continue
		}
		for at := s.at; at < min(end, s.at+300); at++ {
			// What JSON or YAML writes with an escape stands otherwise.
			if c := p.Text[at]; 'a' <= c && c <= 'z' && s.node.style != jsonString && s.node.style != involved {
				if there := p.file.text[p.file.inside(s.node, s.inner+at-s.at)]; there != c {
					t.Fatalf("%s: %q stands at %v, where %q is", p.Name, c, p.Position(at), there)
				}
			}
		}
	}
	last := policy.Position{}
	if len(p.spans) == 1 { // a string: its places are in its order
		for at := range min(len(p.Text), 500) {
			if pos := p.Position(at); pos.Line < last.Line || pos.Line == last.Line && pos.Column < last.Column {
				t.Fatalf("%s: %v comes behind %v", p.Name, pos, last)
			} else {
				last = pos
			}
		}
	}
	for i, h := range p.Placeholders {
		if h.Start > h.End || h.End > len(p.Text) || h.stringStart > h.Start || h.stringEnd < h.End || i > 0 && h.Start < p.Placeholders[i-1].End {
			t.Fatalf("%s: placeholder %+v in a text of %d bytes", p.Name, h, len(p.Text))
		}
	}
}

func TestEveryByteStandsWhereItIsSaidToStand(t *testing.T) {
	for _, name := range []string{"plan.json", "state.json", "logs.yaml", "key.json"} {
		f := read(t, sample(t, name), Options{})
		for _, p := range slices.Concat(f.Policies, f.Removed) {
			checkPlaces(t, p)
		}
	}
}

// TestPositionsAreThoseOfJSONText compares the quick positions with the plain ones, over lines longer and shorter than the steps.
func TestPositionsAreThoseOfJSONText(t *testing.T) {
	text := strings.Repeat("größe\n", 2000) + strings.Repeat("ü", 9000) + "\n" + strings.Repeat("a", 5000)
	s := newSource(text)
	y := &yamlReader{file: s, lines: yamlLines(text)}
	for at := 0; at <= len(text); at += 97 {
		if at < len(text) && !utf8.RuneStart(text[at]) {
			continue
		}
		want := jsontext.PositionOf(text, at)
		if got := s.position(at); got != want {
			t.Fatalf("position(%d) = %v, want %v", at, got, want)
		}
		if got := y.offset(want.Line, want.Column); got != at {
			t.Fatalf("offset(%v) = %d, want %d", want, got, at)
		}
	}
}

// TestFunctions evaluates values of a template: what they come to, and what of it was not known (! is open).
func TestFunctions(t *testing.T) {
	const head = `
Parameters:
  Open: {Type: String}
  Given: {Type: String, Default: dflt}
  Accounts: {Type: CommaDelimitedList}
  Few: {Type: CommaDelimitedList, Default: "a, b"}
  Told: {Type: String}
Mappings:
  Map: {eu: {account: "444455556666"}}
Resources:
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: my-bucket}}
  Loop: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "x-${Loop}"}}
  Bucket: {Type: AWS::S3::Bucket}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub "${Given}-topic"}}
  Queue: {Type: AWS::SQS::Queue}
  Role: {Type: AWS::IAM::Role}
  Custom: {Type: "Custom::Thing"}
  Nested: {Type: AWS::CloudFormation::Stack}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Value: "*"}}
  Future: {Type: AWS::Future::Thing}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          Effect: Allow
          `
	for _, c := range []struct{ element, want, placeholders string }{
		{`Resource: !Sub "arn:${AWS::Partition}:s3:::b/${!aws:username}"`, `"arn:aws:s3:::b/${aws:username}"`, "AWS::Partition"},
		{`Resource: {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"}`, `"arn:aws:sqs:us-east-1:111122223333:q"`, "AWS::Region AWS::AccountId"},
		{`Resource: !Sub ["arn:aws:s3:::${A}/${B}", {A: one, B: !Ref Open}]`, `"arn:aws:s3:::one/open"`, "Open!"},
		{`Resource: !Sub "arn:aws:iam::${Open}:role/x"`, `"arn:aws:iam::111122223333:role/x"`, "Open!"},
		{`Resource: !Sub "arn:aws:sns:${Open}:1:x"`, `"arn:aws:sns:us-east-1:1:x"`, "Open!"},
		{`Resource: !Join ["", ["arn:aws:s3:::", !Ref Given, "/*"]]`, `"arn:aws:s3:::dflt/*"`, "Given"},
		{`Resource: !Join [":", [arn, aws, iam, "", !Ref Open, root]]`, `"arn:aws:iam::111122223333:root"`, "Open!"},
		{`Resource: !Join [",", !Ref Few]`, `"a,b"`, "Few Few"},
		{`Resource: !Ref Few`, `["a","b"]`, "Few Few"},
		{`Principal: {AWS: !Ref Accounts}`, `{"AWS":["arn:aws:iam::111122223333:root"]}`, "Accounts!"},
		{`Principal: {AWS: !Ref Open}`, `{"AWS":"arn:aws:iam::111122223333:root"}`, "Open!"},
		{`Principal: {AWS: !Ref Told}`, `{"AWS":"777788889999"}`, "Told"},
		{`Principal: {Service: !Ref Open}`, `{"Service":"ec2.amazonaws.com"}`, "Open!"},
		{`NotAction: !Ref Open`, `"s3:GetObject"`, "Open!"},
		{`Resource: [!GetAtt Named.Arn, !GetAtt [Bucket, Arn]]`, `["arn:aws:s3:::my-bucket","arn:aws:s3:::bucket"]`, "Named.Arn Bucket.Arn"},
		{`Resource: !Sub "arn:aws:s3:::${Named}/*"`, `"arn:aws:s3:::my-bucket/*"`, ""}, // known
		{`Resource: !Ref Loop`, `"x-loop"`, "Loop"},
		{`Resource: !Ref Topic`, `"arn:aws:sns:us-east-1:111122223333:dflt-topic"`, "Topic"},
		{`Resource: !GetAtt Queue.Arn`, `"arn:aws:sqs:us-east-1:111122223333:queue"`, "Queue.Arn"},
		{`Resource: !GetAtt Future.StreamArn`, `"arn:aws:future:us-east-1:111122223333:future"`, "Future.StreamArn"},
		{`Resource: !GetAtt Custom.Thing`, `"arn:aws:s3:::custom-thing"`, "Custom.Thing!"},
		{`Resource: !GetAtt Parameter.Value`, `"arn:aws:s3:::parameter-value"`, "Parameter.Value!"}, // what somebody wrote
		{`Resource: !GetAtt Parameter.Name`, `"arn:aws:s3:::parameter-name"`, "Parameter.Name"},
		{`Sid: !Ref Open`, `"open"`, "Open!"},
		{`Resource: !GetAtt Nested.Outputs.Arn`, `"arn:aws:s3:::nested-outputs-arn"`, "Nested.Outputs.Arn!"},
		{`Resource: !ImportValue shared`, `"arn:aws:s3:::fn-importvalue-shared"`, "Fn::ImportValue shared!"},
		{`Resource: !Select [1, [a, b]]`, `"b"`, ""},
		{`Resource: !Select [1, !Split ["|", "a|b"]]`, `"b"`, ""},
		{`Resource: !FindInMap [Map, eu, account]`, `"444455556666"`, ""},
		{`Resource: !FindInMap [Map, !Ref "AWS::Region", account]`, `"arn:aws:s3:::fn-findinmap-map-us-east-1-account"`, "Fn::FindInMap Map.us-east-1.account!"},
		{`Resource: "{{resolve:ssm:/bucket}}/*"`, `"arn:aws:s3:::resolve-ssm-bucket/*"`, "{{resolve:ssm:/bucket}}!"},
		{`Resource: [a, !Ref "AWS::NoValue"]`, `["a"]`, ""},
		{`Resource: !If [C, !Ref Named, b]`, `"my-bucket"`, ""},
		{`Action: !Sub "${Open}:Get*"`, `"s3:Get*"`, "Open!"},
		{`Condition: {Bool: {"aws:SecureTransport": false}, NumericLessThan: {"s3:max-keys": 010}}`, `{"Bool":{"aws:SecureTransport":"false"},"NumericLessThan":{"s3:max-keys":"010"}}`, ""},
		{`Condition: {StringEquals: {"aws:SourceAccount": !Ref Open, "aws:PrincipalOrgID": !Ref Open}}`, `{"StringEquals":{"aws:SourceAccount":"111122223333","aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "Open! Open!"},
		{`Condition: {IpAddress: {"aws:SourceIp": !Ref Open}}`, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "Open!"},
		{`Resource: null`, `null`, ""},
		{`Resource: "quote \" and ümlaut"`, `"quote \" and ümlaut"`, ""},
		{`Resource: {"Fn::Base64": x}`, `"arn:aws:s3:::fn-base64"`, "Fn::Base64!"},
		{`Resource: !Ref Nobody`, `"arn:aws:s3:::nobody"`, "Nobody!"},
	} {
		f := read(t, head+c.element+"\n", Options{Values: map[string]string{"Told": "777788889999"}})
		p := f.Policies[0]
		checkPlaces(t, p)
		_, got, _ := strings.Cut(strings.TrimSuffix(p.Text, "}}"), `"Effect":"Allow",`)
		_, got, _ = strings.Cut(got, ":")
		var names []string
		for _, h := range p.Placeholders {
			if names = append(names, h.Name); h.Open {
				names[len(names)-1] += "!"
			}
		}
		if got != c.want || strings.Join(names, " ") != c.placeholders {
			t.Errorf("%s\ncomes to %s with %q\nwant     %s with %q", c.element, got, strings.Join(names, " "), c.want, c.placeholders)
		}
	}
}

// TestNothingIsDroppedInSilence: what cannot be looked at is noted.
func TestNothingIsDroppedInSilence(t *testing.T) {
	for _, c := range []struct {
		what, properties, policies, notes string
	}{
		{"a document that is a parameter", "PolicyDocument: !Ref Doc", "", "P.PolicyDocument: the policy is Doc, which is known only when the template is deployed"},
		{"a transform in a document", "PolicyDocument: {Statement: [{Fn::Transform: {Name: AWS::Include}}]}", "P.PolicyDocument", "P.PolicyDocument: what Fn::Transform makes of it is not looked at"},
		{"a transform that makes the document", "PolicyDocument: {Fn::Transform: {Name: AWS::Include}}", "", "P.PolicyDocument: what Fn::Transform makes of it is not looked at"},
		{"a loop in a document", "PolicyDocument: {Statement: {Effect: Allow, Fn::ForEach::X: []}}", "P.PolicyDocument", "P.PolicyDocument: what Fn::ForEach::X makes of it is not looked at"},
		{"a document that may not be there", "PolicyDocument: !If [C, {Statement: {Effect: Allow}}, !Ref AWS::NoValue]", "P.PolicyDocument", ""},
	} {
		f := read(t, "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      "+c.properties+"\nParameters: {Doc: {Type: String}}\n", Options{})
		var names []string
		for _, p := range f.Policies {
			names = append(names, p.Name)
		}
		if strings.Join(names, " ") != c.policies || strings.Join(notes(f), "\n") != c.notes {
			t.Errorf("%s: policies %q, notes %q\nwant %q, %q", c.what, names, notes(f), c.policies, c.notes)
		}
	}
	f := read(t, `
Resources:
  Fn::ForEach::Topics: [Name, [a], {}]
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AmazonS3ReadOnlyAccess
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/X"
        - S3ReadPolicy: {BucketName: b}
        - Version: 2012-10-17
          Statement: {Effect: Allow, Action: s3:GetObject, Resource: "*"}
  X:
    Type: AWS::Future::Thing
    Properties: {Rules: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: s3:GetObject, Resource: "*"}]}}
  B:
    Type: AWS::Events::EventBusPolicy
    Properties: {StatementId: a, Statement: {Effect: Allow, Principal: "*", Action: events:PutEvents, Resource: "*"}}
`, Options{})
	checkList(t, "policies", summaries(f.Policies), []string{"F.Policies[3]: inline", "X.Rules: guessed", "B.Statement: resource"})
	if f := read(t, "Parameters: {E: {Type: String}}\nResources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: !Ref E, Statement: {Effect: !Ref E}}}}}", Options{}); f.Policies[0].Text != `{"Version":"2012-10-17","Statement":{"Effect":"Allow"}}` || len(f.Policies[0].Placeholders) != 2 {
		t.Errorf("an effect that is not known comes to %s", f.Policies[0].Text)
	}
	checkList(t, "notes", notes(f), []string{"Fn::ForEach::Topics: what Fn::ForEach::Topics makes is not looked at", "F.Policies[2]: what the policy template S3ReadPolicy stands for is not looked at"})
	if got, want := f.Policies[2].Text, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"*"}}`; got != want {
		t.Errorf("a statement alone comes to %s", got)
	}
}

func TestConditionsMakeForms(t *testing.T) {
	list := func(n int) string {
		var b strings.Builder
		b.WriteString("Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Condition: Always\n    Properties:\n      PolicyDocument:\n        Statement:\n")
		for i := range n {
			fmt.Fprintf(&b, "          - !If [C%d, {Effect: Allow, Action: %q}, !Ref AWS::NoValue]\n", i, fmt.Sprint("s3:", i))
		}
		b.WriteString("          - !If [Always, {Effect: Deny}, {Effect: Allow}]\n")
		return b.String()
	}
	f := read(t, list(2), Options{})
	checkList(t, "forms", summaries(f.Policies), []string{
		"P.PolicyDocument: managed (if C0, C1)", "P.PolicyDocument: managed (if C0, not C1)", "P.PolicyDocument: managed (if not C0, C1)", "P.PolicyDocument: managed (if not C0, not C1)",
	})
	if got, want := f.Policies[2].Text, `{"Statement":[{"Effect":"Allow","Action":"s3:1"},{"Effect":"Deny"}]}`; got != want {
		t.Errorf("the third form is %s, want %s", got, want)
	}
	f = read(t, list(5), Options{})
	if len(f.Policies) != maxForms || f.Policies[0].Incomplete == "" || len(f.Notes) != 1 {
		t.Errorf("%d forms, incomplete: %q, notes: %v", len(f.Policies), f.Policies[0].Incomplete, notes(f))
	}
}

func TestTouched(t *testing.T) {
	f := read(t, sample(t, "logs.yaml"), Options{})
	for _, c := range []struct {
		policy, word, names string
		whole               bool
	}{
		{"BucketPolicy.PolicyDocument", `"arn:aws:iam::`, "Trusted", true},
		{"BucketPolicy.PolicyDocument", `"arn:aws:s3:::`, "Bucket.Arn", false},
		{"Role.AssumeRolePolicyDocument", `"arn:aws:iam::`, "AWS::Partition Trusted", false},
		{"Role.AssumeRolePolicyDocument", `"sts:AssumeRole`, "", false},
		{"Logs.PolicyDocument", `"arn:aws:logs:`, "AWS::Region AWS::AccountId", false},
	} {
		p := find(t, f.Policies, c.policy)
		at := strings.Index(p.Text, c.word)
		touched, whole := p.Touched(at, at)
		var names []string
		for _, h := range touched {
			names = append(names, h.Name)
		}
		if got := strings.Join(names, " "); got != c.names || whole != c.whole {
			t.Errorf("%s: %s touches %q, whole: %v; want %q, %v", c.policy, c.word, got, whole, c.names, c.whole)
		}
	}
}

func TestRecognize(t *testing.T) {
	for _, c := range []struct {
		text string
		want Format
	}{
		{sample(t, "plan.json"), TerraformPlan},
		{sample(t, "state.json"), TerraformPlan},
		{sample(t, "logs.yaml"), CloudFormation},
		{sample(t, "key.json"), CloudFormation},
		{`{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}`, CloudFormation},
		{"{\n  Resources: {A: {Type: AWS::S3::Bucket}}\n}", NoTemplate}, // flow YAML, not at the beginning of a line
		{"{\nResources: {A: {Type: AWS::S3::Bucket}}\n}", CloudFormation},
		{`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}], "Resources": {}}`, NoTemplate},
		{"apiVersion: v1\nkind: Pod\n", NoTemplate},
		{`{"format_version": "1.0"}`, NoTemplate},
		{"", NoTemplate},
		{"hello", NoTemplate},
		{"[]", NoTemplate},
	} {
		if got := Recognize(c.text); got != c.want {
			t.Errorf("%.60q is a %v, want a %v", c.text, got, c.want)
		}
	}
}

// TestHostileFilesAreRefused: with a place, and before they cost anything.
func TestHostileFilesAreRefused(t *testing.T) {
	laughs := "Resources:\n  A: &l0 {Type: AWS::IAM::Policy}\n"
	for i := range 12 {
		laughs += fmt.Sprintf("  A%d: &l%d [%s]\n", i, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*l%d, ", i), 10), ", "))
	}
	named := "Resources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Resource: !Ref B0}}}}\n"
	for i := range 40 {
		named += fmt.Sprintf("  B%d: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub \"${B%d.Arn}${B%d}\"}}\n", i, i+1, i+1)
	}
	for _, c := range []struct{ what, text, want string }{
		{"aliases of aliases", laughs, "7:32: aliases make more than 100000 values of what is written"},
		{"an alias of itself", "Resources: &a\n  Type: *a\n", "2:9: an alias of what it is a part of"},
		{"a deep list of YAML", "Resources: {Type: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "nested too deeply"},
		{"a deeper one", "Resources: {Type: " + strings.Repeat("[", 100000), "not YAML: "},
		{"a deep block", "Resources:\n  Type:\n    " + strings.Repeat("- ", 9000) + "a\n", "nested too deeply"},
		{"names made of names", named, "2:6: the policies come to too much; aliases, or functions in functions, make more of them than is written"},
		{"a deep list of JSON", `{"Resources": {"A": {"Properties": ` + strings.Repeat("[", 100000), "nested"},
		{"a deep plan", `{"format_version": "1.2", "resource_changes": ` + strings.Repeat("[", 100000), "nested"},
		{"a plan of the future", `{"format_version": "2.0", "resource_changes": []}`, "1:20: format_version is 2.0; versions 0 and 1 can be read"},
		{"a plan that is cut off", sample(t, "plan.json")[:900], "1:"},
		{"not YAML", "Resources:\n\tType: x\n", "not YAML: "},
		{"no resources", "AWSTemplateFormatVersion: x\nType: y\n", "1:1: a template needs Resources"},
		{"what is merged again and again", "X: &a {" + manyMembers(5000) + "}\nY: {<<: [" + strings.TrimSuffix(strings.Repeat("*a, ", 5000), ", ") + "]}\nResources: {R: {Type: a}}", "aliases make more than"},
		{"a member that stands twice", "Resources:\n  A: {Type: x}\n  A: {Type: y}\n", `3:3: member "A" stands twice`},
		{"a member that stands twice in JSON", `{"Resources": {"A": {"Type": "x", "Properties": {"a": 1, "b": 2, "a": 3}}}}`, `1:66: member "a" stands twice`},
		{"a member that stands twice in a plan", `{"format_version": "1.2", "resource_changes": [], "resource_changes": []}`, `member "resource_changes" stands twice`},
		{"a change that stands twice", `{"format_version": "1.2", "resource_changes": [{"type": "aws_iam_policy", "change": {}, "change": {}}]}`, `member "change" stands twice`},
		{"two documents", "Resources: {}\n---\nResources: {A: {Type: x}}\n", "more than one document; a template is one"},
		{"merged nonsense", "Resources:\n  A: {Type: x, <<: 3}\n", "<< takes mappings"},
	} {
		f, err := Read(c.text, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v; want %s", c.what, f, err, c.want)
		}
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// TestAConditionThatHasNoName ends: what it says is asked once, as of others.
func TestAConditionThatHasNoName(t *testing.T) {
	f := read(t, "Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: !If [[a], {Effect: Allow}, {Effect: Deny}]}}}}", Options{})
	checkList(t, "forms", summaries(f.Policies), []string{"P.PolicyDocument: managed (if the condition of Fn::If)", "P.PolicyDocument: managed (if not the condition of Fn::If)"})
}

// TestEndsOfLines: files of all systems lead back to their places.
func TestEndsOfLines(t *testing.T) {
	unix := sample(t, "logs.yaml")
	for _, text := range []string{unix, strings.ReplaceAll(unix, "\n", "\r\n"), "\ufeff" + unix} {
		f := read(t, text, Options{})
		for _, c := range []struct{ policy, word string }{{"BucketPolicy.PolicyDocument", "s3:GetObjekt"}, {"Logs.PolicyDocument", "log-group:"}} {
			p := find(t, f.Policies, c.policy)
			at := p.Position(strings.Index(p.Text, c.word))
			if line := strings.Split(text, "\n")[at.Line-1]; !strings.HasPrefix(line[at.Column-1:], c.word) {
				t.Errorf("%q is at %v, where %q stands", c.word, at, line[at.Column-1:])
			}
			checkPlaces(t, p)
		}
	}
}

func TestLinesThatAreWrittenOnce(t *testing.T) {
	f := read(t, `
Resources:
  A:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: &doc
        Version: 2012-10-17
        Statement: &s
          Effect: Allow
          Action: s3:GetObject
          Resource: "*"
  B:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: *doc
  C:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          <<: *s
          Resource: arn:aws:s3:::b/*
`, Options{})
	for i, want := range []string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`,
		`{"Statement":{"Resource":"arn:aws:s3:::b/*","Effect":"Allow","Action":"s3:GetObject"}}`,
	} {
		if got := f.Policies[i].Text; got != want {
			t.Errorf("%s is %s, want %s", f.Policies[i].Name, got, want)
		}
	}
}

// TestLargeFiles reads ten megabytes of each, and asks for places at the end of them.
func TestLargeFiles(t *testing.T) {
	const size = 10 << 20
	plan := sample(t, "plan.json")
	start, end := strings.Index(plan, `{"address":"aws_iam_role.ci"`), strings.Index(plan, `,{"address":"aws_iam_role.new"`)
	one := plan[start:end]
	yaml := "  P%d:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          - Effect: Allow\n            Action: [s3:GetObject, s3:PutObject]\n            Resource: !Sub \"arn:aws:s3:::${B}/*\" # what it is for\n"
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, yaml, i)
	}
	for name, text := range map[string]string{
		"plan":     `{"format_version":"1.2","resource_changes":[` + strings.TrimSuffix(strings.Repeat(one+",", size/len(one)), ",") + `]}`,
		"template": b.String(),
	} {
		f := read(t, text, Options{})
		if len(f.Policies) < 10000 {
			t.Errorf("%s: %d policies", name, len(f.Policies))
		}
		before := policy.Position{}
		for _, p := range f.Policies {
			at := p.Position(strings.Index(p.Text, "Effect"))
			if at.Line < before.Line || at.Line == before.Line && at.Column <= before.Column {
				t.Fatalf("%s: %v comes behind %v", name, at, before)
			}
			before = at
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(sample(f, "plan.json"))
	f.Add(sample(f, "state.json"))
	f.Add(`{"format_version":"1.0","resource_changes":[{"type":"aws_iam_role","change":{"after":{"inline_policy":[{"policy":"{}"}]},"after_unknown":{"inline_policy":true}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := readPlan(text)
		checkFile(t, file, err)
	})
}

func FuzzCloudFormation(f *testing.F) {
	f.Add(sample(f, "logs.yaml"))
	f.Add(sample(f, "key.json"))
	f.Add("Resources: {P: {Type: AWS::IAM::Policy, Properties: {PolicyDocument: !Sub [\"{\\\"Statement\\\": \\\"${A}\\\"}\", {A: !Select [0, !Split [a, bab]]}]}}}")
	f.Add("Resources: {P: {Type: AWS::IAM::Role, Properties: {Policies: !If [A, [{PolicyDocument: &a {Statement: []}}], *a]}}}")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := readCloudFormation(text, Options{})
		checkFile(t, file, err)
	})
}

// checkFile checks what holds for all files.
func checkFile(t *testing.T, file *File, err error) {
	if err != nil {
		e, ok := err.(*Error)
		if !ok || e.Position.Line < 1 || e.Position.Column < 1 {
			t.Fatalf("%T without a place: %v", err, err)
		}
		return
	}
	for _, p := range slices.Concat(file.Policies, file.Removed) {
		checkPlaces(t, p)
		if at := p.Position(len(p.Text)); at.Line < 1 || at.Column < 1 {
			t.Fatalf("%s: %v", p.Name, at)
		}
	}
}

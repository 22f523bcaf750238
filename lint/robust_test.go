package lint_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

var kinds = []policy.Kind{policy.Grammar, policy.Managed, policy.Inline, policy.Session, policy.Trust, policy.Resource, policy.ServiceControl, policy.ResourceControl}

// errors returns how many of the findings are errors.
func errors(found []lint.Finding) (n int) {
	for _, f := range found {
		if f.Type == lint.Error {
			n++
		}
	}
	return n
}

// What package policy does not read as a policy has an error, whatever it is for; but for Null with a qualifier, which policy refuses and AWS only
// advises against.
func holds(t *testing.T, text string, o lint.Options) {
	t.Helper()
	found := lint.Check(text, o)
	for _, f := range found {
		if f.Code == "" || len(f.Locations) == 0 || f.Message == "" {
			t.Fatalf("a finding %+v", f)
		}
		for _, l := range f.Locations {
			if l.Start < 0 || l.Start > l.End || l.End > len(text) {
				t.Fatalf("%s: %d–%d of %d", f.Code, l.Start, l.End, len(text))
			}
		}
	}
	if !slices.IsSortedFunc(found, func(a, b lint.Finding) int { return a.Locations[0].Start - b.Locations[0].Start }) {
		t.Error("the findings are not in the order of the text")
	}
	if again := lint.Check(text, o); !reflect.DeepEqual(found, again) {
		t.Errorf("the second time other findings:\n%v\n%v", found, again)
	}
	qualifier := slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Code == "NULL_WITH_QUALIFIER" })
	if _, err := policy.Parse(text); err != nil && errors(found) == 0 && !qualifier {
		t.Errorf("policy.Parse says %v and no rule does: %v", err, found)
	}
}

// What services refuse when a document is saved is found, for all rules of package policy that Access Analyzer has a word for.
func TestWhatServicesRefuse(t *testing.T) {
	const (
		open  = `{"Version": "2012-10-17", "Statement": [`
		close = `]}`
	)
	for _, tt := range []struct {
		kind policy.Kind
		text string
		rule policy.Rule
		code string
	}{
		{policy.Managed, `{"Version":`, policy.InvalidJSON, "JSON_SYNTAX_ERROR"},
		{policy.Managed, strings.Repeat(" ", policy.MaxSize+1), policy.TooLong, "JSON_SYNTAX_ERROR"},
		{policy.Managed, `{"Version": "2012-10-17", "version": 1, "Statement": []}`, policy.InvalidJSON, "INVALID_POLICY_ELEMENT"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Why": 1}` + close, policy.UnknownMember, "INVALID_POLICY_ELEMENT"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": 7, "Resource": "*"}` + close, policy.WrongType, "DATA_TYPE_MISMATCH"},
		{policy.Managed, `{"Version": "2020", "Statement": []}`, policy.BadVersion, "INVALID_VERSION"},
		{policy.Managed, `{"Version": 2012, "Statement": []}`, policy.BadVersion, "DATA_TYPE_MISMATCH"},
		{policy.Managed, `{"Version": "2012-10-17"}`, policy.NoStatement, "MISSING_STATEMENT"},
		{policy.Managed, open + close, policy.EmptyStatement, "MISSING_STATEMENT"},
		{policy.Managed, open + `{"Action": "s3:GetObject", "Resource": "*"}` + close, policy.NoEffectGiven, "MISSING_EFFECT"},
		{policy.Managed, open + `{"Effect": "Let", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.BadEffect, "INVALID_EFFECT"},
		{policy.Managed, open + `{"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.EffectCase, "INVALID_EFFECT"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject", "NotAction": "a:b", "Resource": "*"}` + close, policy.BothForms, "UNSUPPORTED_ELEMENT_COMBINATION"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Is": {"a:b": "c"}}}` + close, policy.UnknownOperator, "INVALID_CONDITION_OPERATOR"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"NullIfExists": {"a:b": true}}}` + close, policy.UnknownOperator, "NULL_WITH_IF_EXISTS"},
		{policy.Trust, open + `{"Effect": "Allow", "Principal": "me", "Action": "sts:AssumeRole"}` + close, policy.PrincipalText, "INVALID_PRINCIPAL_FORMAT"},
		{policy.Trust, open + `{"Effect": "Allow", "Principal": {"Me": "a"}, "Action": "sts:AssumeRole"}` + close, policy.PrincipalType, "INVALID_PRINCIPAL_KEY"},
		{policy.Managed, open + `{"Sid": "a", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Sid": "a", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.RepeatedSid, "UNIQUE_SIDS_REQUIRED"},
		{policy.Managed, open + `{"Sid": "a b", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.SidCharacters, "UNSUPPORTED_SID"},
		{policy.Managed, open + `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.PrincipalGiven, "UNSUPPORTED_PRINCIPAL"},
		{policy.ServiceControl, open + `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}` + close, policy.PrincipalGiven, "SCP_SYNTAX_ERROR_PRINCIPAL"},
		{policy.Trust, open + `{"Effect": "Allow", "Action": "sts:AssumeRole"}` + close, policy.NoPrincipal, "MISSING_PRINCIPAL"},
		{policy.Trust, open + `{"Effect": "Allow", "Principal": {"Federated": "me"}, "Action": "sts:AssumeRoleWithSAML"}` + close, policy.InvalidPrincipal, "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"},
		{policy.Trust, open + `{"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"}` + close, policy.AllowNotPrincipal, "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL"},
		{policy.Managed, open + `{"Effect": "Allow", "Resource": "*"}` + close, policy.NoAction, "MISSING_ACTION"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}` + close, policy.InvalidAction, "INVALID_ACTION"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject"}` + close, policy.NoResource, "MISSING_RESOURCE"},
		{policy.Trust, open + `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Resource": "*"}` + close, policy.ResourceGiven, "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE"},
		{policy.Managed, open + `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "logs"}` + close, policy.InvalidResource, "INVALID_ARN_PREFIX"},
		{policy.Resource, open + `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "here"}}}` + close, policy.InvalidCondition, "TYPE_MISMATCH_IP_RANGE"},
		{policy.Trust, open + `{"Effect": "Allow", "Principal": {"Federated": "token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}` + close, policy.NoTenant, "MISSING_GITHUB_REPO_CONDITION_KEY"},
		{policy.ResourceControl, open + `{"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}` + close, policy.Unsupported, "RCP_SYNTAX_ERROR_NOTACTION"},
	} {
		refused := slices.ContainsFunc(policy.Problems(tt.kind, tt.text), func(e *policy.Error) bool { return e.Rule == tt.rule })
		found := slices.ContainsFunc(lint.Check(tt.text, lint.Options{Kind: tt.kind, Catalog: aws(t)}), func(f lint.Finding) bool { return f.Code == tt.code })
		if !refused || !found {
			t.Errorf("%.120s: refused %t, %s %t", tt.text, refused, tt.code, found)
		}
	}
}

// One wrong thing does not hide another.
func TestAllAtOnce(t *testing.T) {
	const text = `{"Version": "2020", "Extra": 1, "Statement": [{"Effect": "allow", "Resource": 7}, "no", {"Sid": "a b", "Action": "x"}]}`
	var codes []string
	for _, f := range lint.Check(text, lint.Options{Kind: policy.Managed, Catalog: aws(t)}) {
		codes = append(codes, f.Code)
	}
	want := "INVALID_VERSION INVALID_POLICY_ELEMENT MISSING_ACTION INVALID_EFFECT DATA_TYPE_MISMATCH DATA_TYPE_MISMATCH MISSING_EFFECT MISSING_RESOURCE UNSUPPORTED_SID INVALID_ACTION"
	if got := strings.Join(codes, " "); got != want {
		t.Errorf("found\n%s, want\n%s", got, want)
	}
}

// Without a catalog the rules that need it find nothing, and the others the same as with it, though with less to say.
func TestWithoutCatalog(t *testing.T) {
	for r := range lint.Rules() {
		for _, e := range examples(t, r.Code) {
			o := e.o
			o.Catalog = nil
			found := slices.ContainsFunc(lint.Check(e.text, o), func(f lint.Finding) bool { return f.Code == r.Code })
			if r.NeedsCatalog && found || !e.fail && found {
				t.Errorf("%s, %s: found without a catalog", r.Code, e.name)
			}
			if e.fail && !r.NeedsCatalog && !found {
				t.Errorf("%s, %s: not found without a catalog", r.Code, e.name)
			}
		}
	}
}

// For policy.Grammar only those rules run that hold for all kinds.
func TestGrammar(t *testing.T) {
	const text = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "iam:*"}, {"Effect": "Permit", "Action": "a:b", "Resource": "*"}]}`
	var codes []string
	for _, f := range lint.Check(text, lint.Options{Kind: policy.Grammar}) {
		codes = append(codes, f.Code)
	}
	if got := strings.Join(codes, " "); got != "INVALID_EFFECT" {
		t.Errorf("found %s", got)
	}
}

func TestRobust(t *testing.T) {
	for r := range lint.Rules() {
		for _, e := range examples(t, r.Code) {
			for _, k := range kinds {
				holds(t, e.text, lint.Options{Kind: k, Catalog: e.o.Catalog, ResourceType: e.o.ResourceType})
			}
		}
	}
}

// How much there is to do grows with the text and not with its square: these would take a square many minutes, and take a few seconds. No rule reports
// more than a thousand findings.
func TestHugeDocuments(t *testing.T) {
	for name, text := range huge {
		t.Run(name, func(t *testing.T) {
			o := lint.Options{Kind: policy.Resource, Catalog: aws(t)}
			if strings.Contains(name, "sts") {
				o.Kind = policy.Trust
			}
			for code, n := range perCode(lint.Check(text(50000), o)) {
				if n > 1000 {
					t.Errorf("%s has %d findings", code, n)
				}
			}
		})
	}
}

func perCode(found []lint.Finding) map[string]int {
	per := make(map[string]int)
	for _, f := range found {
		per[f.Code]++
	}
	return per
}

// huge makes texts with n of something.
var huge = map[string]func(n int) string{
	"statements": func(n int) string {
		return `{"Statement": [` + strings.TrimSuffix(strings.Repeat(`{"Effect": "Allow", "Action": "iam:*", "Resource": "*"},`, n), ",") + `]}`
	},
	"bad statements": func(n int) string {
		return `{"Statement": [` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}`
	},
	"actions": func(n int) string { return list("Action", n, func(i int) string { return fmt.Sprintf("s3:Get%d", i) }) },
	"patterns": func(n int) string {
		return list("Action", n, func(i int) string { return fmt.Sprintf("ec2:*%d*x", i) })
	},
	"prefixes": func(n int) string { return list("Action", n, func(i int) string { return fmt.Sprintf("ec2:%d*", i) }) },
	"resources": func(n int) string {
		return list("Resource", n, func(i int) string { return fmt.Sprintf("arn:aws:ec2:us-east-1:111122223333:instance/%d", i) })
	},
	"wild resources": func(n int) string {
		return list("Resource", n, func(i int) string { return fmt.Sprintf("arn:aws:ec2:*:*:*a*%d*b*", i) })
	},
	"principals": func(n int) string {
		return `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": [` + items(n, func(i int) string { return fmt.Sprintf("arn:aws:sts::111122223333:assumed-role/%d/s", i) }) + `]}, "Action": "s3:GetObject"}]}`
	},
	"sts": func(n int) string {
		return `{"Statement": [{"Effect": "Allow", "Principal": {"Federated": [` + items(n, func(i int) string { return fmt.Sprintf("%d.com", i) }) + `]}, "Action": [` +
			items(n, func(int) string { return "sts:AssumeRole" }) + `]}]}`
	},
	"keys": func(n int) string {
		return condition(items(n, func(i int) string { return fmt.Sprintf("k%d:x", i) }), `": "*`)
	},
	"spellings": func(n int) string {
		return condition(items(n, func(i int) string { return spelling("aws:vpcsourceipaws", i) }), `": "*`)
	},
	"doubles": func(n int) string { return condition(items(n, func(int) string { return "aws:VpcSourceIp" }), `": "*`) },
	"tags and actions": func(n int) string {
		return `{"Statement": [{"Effect": "Deny", "Action": [` + items(n, func(i int) string { return fmt.Sprintf("iam:Get%d", i) }) + `], "Condition": {"StringEquals": {` +
			strings.ReplaceAll(items(n, func(i int) string { return fmt.Sprintf("aws:ResourceTag/%d", i) }), `",`, `": "a",`) + `: "b"}}}]}`
	},
	"values": func(n int) string {
		return `{"Statement": [{"Condition": {"StringLike": {"aws:userid": [` + items(n, func(i int) string { return fmt.Sprint(i, "*") }) + `]}}}]}`
	},
	"variables": func(n int) string {
		return `{"Version": "2012-10-17", "Statement": [{"Resource": "arn:aws:s3:::` + strings.Repeat("${a", n) + `"}, {"Resource": "arn:aws:s3:::` + strings.Repeat("${}", n) + `"}]}`
	},
	"stars": func(n int) string {
		return list("Action", 2, func(int) string { return "s3:" + strings.Repeat("*a", n) })
	},
	"idle statements": func(n int) string {
		return `{"Statement": [` + strings.TrimSuffix(strings.Repeat(`{"Effect": "Deny"},`, n), ",") + `]}`
	},
	"unknown": func(n int) string {
		return "{" + strings.ReplaceAll(items(n, func(i int) string { return fmt.Sprint(i) }), `",`, `": 1,`) + ": 1}"
	},
	"sids": func(n int) string {
		return `{"Statement": [` + strings.TrimSuffix(strings.Repeat(`{"Sid": "a"},`, n), ",") + `]}`
	},
}

func list(element string, n int, f func(i int) string) string {
	return `{"Statement": [{"Effect": "Allow", "` + element + `": [` + items(n, f) + `]}]}`
}

func condition(keys, value string) string {
	return `{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {` + strings.ReplaceAll(keys, `",`, value+`",`) + value + `"}}}]}`
}

func items(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + f(i) + `"`)
	}
	return b.String()
}

// spelling returns a name with capital letters that say a number.
func spelling(name string, n int) string {
	b := []byte(name)
	for i := range b {
		if n>>i&1 == 1 && 'a' <= b[i] && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

func FuzzCheck(f *testing.F) {
	for r := range lint.Rules() {
		for _, e := range examples(f, r.Code) {
			f.Add(e.text, uint8(e.o.Kind), e.o.ResourceType)
		}
	}
	c := aws(f)
	f.Fuzz(func(t *testing.T, text string, kind uint8, resource string) {
		holds(t, text, lint.Options{Kind: kinds[int(kind)%len(kinds)], ResourceType: resource, Catalog: c})
	})
}

func BenchmarkCheck(b *testing.B) {
	c := aws(b)
	for name, text := range map[string]string{
		"usual": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
			"Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}}]}`,
		"10,000 statements": huge["statements"](10000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lint.Check(text, lint.Options{Kind: policy.Managed, Catalog: c})
			}
		})
	}
}

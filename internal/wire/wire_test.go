package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/api/organizationsapi"
	"github.com/writ-iam/writ/internal/api/ssooidcapi"
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
)

func load(t testing.TB, name string) *model.Service {
	t.Helper()
	s, err := model.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheck(t *testing.T) {
	const at = "failed to satisfy constraint: Member must "
	const name = `satisfy regular expression pattern: [\w+=,.@-]+`
	tag := iamapi.Tag{Key: new("k"), Value: new("")}
	for _, c := range []struct {
		service, operation string
		in                 any
		want               []string // violations
	}{
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new("alice")}, nil},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new(strings.Repeat("a", 64)), Path: new("/a/"), Tags: []iamapi.Tag{tag}}, nil},
		{"iam", "GetUser", &iamapi.GetUserInput{}, nil},
		{"iam", "GetAccountSummary", &iamapi.GetAccountSummaryInput{}, nil},
		{"iam", "CreateUser", &iamapi.CreateUserInput{}, []string{"Value at 'userName' " + at + "not be null"}},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new("")}, []string{"Value at 'userName' " + at + "have length greater than or equal to 1", "Value at 'userName' " + at + name}},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new("ü"), Tags: []iamapi.Tag{{Key: new("k")}}},
			[]string{"Value at 'tags.1.member.value' " + at + "not be null", "Value at 'userName' " + at + name}},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new(strings.Repeat("a", 65)), Path: new("x")},
			[]string{"Value at 'path' " + at + `satisfy regular expression pattern: (\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "Value at 'userName' " + at + "have length less than or equal to 64"}},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new("a"), Tags: []iamapi.Tag{tag, {Key: new("#")}}},
			[]string{"Value at 'tags.2.member.key' " + at + `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`, "Value at 'tags.2.member.value' " + at + "not be null"}},
		{"iam", "CreateUser", &iamapi.CreateUserInput{UserName: new("a"), Tags: make([]iamapi.Tag, 51)}, nil}, // checked below
		{"iam", "UntagUser", &iamapi.UntagUserInput{UserName: new("a"), TagKeys: []string{"a", "", "#"}},
			[]string{"Value at 'tagKeys' " + at + `satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]`}},
		{"iam", "UpdateAccessKey", &iamapi.UpdateAccessKeyInput{AccessKeyId: new("AKIAIOSFODNN7EXAMPLE"), Status: new("On")}, []string{"Value at 'status' " + at + "satisfy enum value set"}},
		{"iam", "CreateRole", &iamapi.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new("{}"), MaxSessionDuration: new(int32(43201))},
			[]string{"Value at 'maxSessionDuration' " + at + "have value less than or equal to 43200"}},
		{"sts", "AssumeRole", &stsapi.AssumeRoleInput{RoleArn: new("arn"), RoleSessionName: new("a b"), DurationSeconds: new(int32(1)), ExternalId: new("x")},
			[]string{"Value '1' at 'durationSeconds' " + at + "have value greater than or equal to 900", "Value 'x' at 'externalId' " + at + "have length greater than or equal to 2",
				"Value 'arn' at 'roleArn' " + at + "have length greater than or equal to 20", "Value 'a b' at 'roleSessionName' " + at + `satisfy regular expression pattern: [\w+=,.@-]*`}},
		{"sts", "AssumeRole", &stsapi.AssumeRoleInput{RoleSessionName: new("alice")}, []string{"Value null at 'roleArn' " + at + "not be null"}},
		{"organizations", "CreateAccount", &organizationsapi.CreateAccountInput{AccountName: new("a"), Email: new("secret")}, // sensitive
			[]string{"Value at 'email' " + at + `satisfy regular expression pattern: [^\s@]+@[^\s@]+\.[^\s@]+`}},
		{"organizations", "ListPolicies", &organizationsapi.ListPoliciesInput{Filter: new("X")}, []string{"Value 'X' at 'filter' " + at + "satisfy enum value set: ["}},
	} {
		op := load(t, c.service).Operations[c.operation]
		err := wire.Check(op, c.in)
		if len(c.want) == 0 {
			if in, ok := c.in.(*iamapi.CreateUserInput); ok && len(in.Tags) == 51 {
				if err == nil || !strings.HasPrefix(err.Error(), "ValidationError: 103 validation errors detected: Value at 'tags' "+at+"have length less than or equal to 50; Value at 'tags.1.member.key'") {
					t.Errorf("51 tags: %v", err)
				}
			} else if err != nil {
				t.Errorf("%s %+v: %v", c.operation, c.in, err)
			}
			continue
		}
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.ValidationError {
			t.Errorf("%s: %v, want %q", c.operation, err, c.want)
			continue
		}
		want := "1 validation error detected: " + c.want[0]
		if len(c.want) > 1 {
			want = string(rune('0'+len(c.want))) + " validation errors detected: " + strings.Join(c.want, "; ")
		}
		if f.Message != want && !(strings.HasSuffix(want, "[") && strings.HasPrefix(f.Message, want)) {
			t.Errorf("%s:\n%s\nwant\n%s", c.operation, f.Message, want)
		}
	}
	// Where nothing else is wrong, IAM has words of its own for letters that may not be in a name or path.
	for _, c := range []struct {
		operation string
		in        any
		want      string
	}{
		{"CreateUser", &iamapi.CreateUserInput{UserName: new("ü")}, "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{"CreateUser", &iamapi.CreateUserInput{UserName: new("a\n")}, "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{"CreateUser", &iamapi.CreateUserInput{UserName: new("ü"), Path: new("x")}, "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{"CreatePolicy", &iamapi.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new("{}"), Path: new("/a b/")}, "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{"ListUsers", &iamapi.ListUsersInput{PathPrefix: new("a")}, "The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters."},
		{"DeleteAccessKey", &iamapi.DeleteAccessKeyInput{AccessKeyId: new("AKIA-OSFODNN7EXAMPLE")}, "The specified value for accessKeyId is invalid. It must contain only alphanumeric characters."},
	} {
		if err := wire.Check(load(t, "iam").Operations[c.operation], c.in); !fault.Is(err, fault.ValidationError) || fault.From(err).Message != c.want {
			t.Errorf("%s: %v, want %s", c.operation, err, c.want)
		}
	}
	if err := wire.Check(load(t, "iam").Operations["GetUser"], &iamapi.User{}); !fault.Is(err, fault.InternalFailure) {
		t.Errorf("another type: %v", err)
	}
}

func TestMapsAreCheckedToo(t *testing.T) {
	op := load(t, "iam").Operations["AcquireRole"]
	err := wire.Check(op, &iamapi.AcquireRoleInput{TemplateArn: new("arn:aws:iam::aws:role-template/x"), ReplacementValues: map[string]iamapi.ReplacementValueEntry{"a": {}}})
	if want := "Value at 'replacementValues.a.member.values' failed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want …%s…", err, want)
	}
}

func TestStatus(t *testing.T) {
	iam, org, aa, oidc := load(t, "iam"), load(t, "organizations"), load(t, "accessanalyzer"), load(t, "sso-oidc")
	for _, c := range []struct {
		svc  *model.Service
		code string
		want int
		name string // for services that speak JSON
	}{
		{iam, iamapi.CodeNoSuchEntity, 404, ""}, {iam, iamapi.CodeEntityAlreadyExists, 409, ""}, {iam, iamapi.CodeReportExpired, 410, ""},
		{iam, iamapi.CodeInvalidAuthenticationCode, 403, ""}, {iam, iamapi.CodeServiceFailure, 500, ""}, {iam, fault.AccessDenied, 403, ""},
		{iam, fault.SignatureDoesNotMatch, 403, ""}, {iam, fault.RequestEntityTooLarge, 413, ""}, {iam, fault.NotSupported, 501, ""}, {iam, "Nothing", 400, ""},
		{iam, wire.MalformedInput, 400, ""}, {nil, fault.MissingAuthenticationToken, 403, ""},
		{org, fault.AccessDenied, 400, "AccessDeniedException"}, {org, fault.SignatureDoesNotMatch, 400, "InvalidSignatureException"},
		{org, fault.InternalFailure, 500, "InternalFailure"}, {org, organizationsapi.CodeAccountNotFoundException, 400, "AccountNotFoundException"},
		{org, fault.RequestEntityTooLarge, 413, "RequestEntityTooLargeException"}, {org, fault.ValidationError, 400, "ValidationException"},
		{org, fault.UnknownOperation, 400, "UnknownOperationException"}, {org, fault.ExpiredToken, 400, "ExpiredTokenException"},
		{aa, fault.AccessDenied, 403, "AccessDeniedException"}, {aa, fault.SignatureDoesNotMatch, 403, "InvalidSignatureException"},
		{aa, fault.InvalidClientTokenID, 403, "UnrecognizedClientException"}, {aa, "ResourceNotFoundException", 404, "ResourceNotFoundException"},
		{aa, fault.Throttling, 429, "ThrottlingException"}, // as its model says
		{oidc, ssooidcapi.CodeInvalidClientException, 401, "InvalidClientException"},
	} {
		f := fault.New(c.code, "")
		if got := wire.Status(c.svc, f); got != c.want {
			t.Errorf("%s: %d, want %d", c.code, got, c.want)
		}
		if c.name != "" && wire.JSONName(c.svc, c.code) != c.name {
			t.Errorf("%s is called %s, want %s", c.code, wire.JSONName(c.svc, c.code), c.name)
		}
	}
	if got := wire.Status(iam, &fault.Fault{Code: "Nothing", Status: 418}); got != 418 {
		t.Errorf("a fault's own status: %d", got)
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2024-01-02T03:04:05Z": "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.999Z": "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00": "2024-01-02T01:04:05Z",
		"2024-01-02": "", "2024-01-02T03:04:05": "", "2024-01-02T03:04:05,5Z": "", "2024-13-02T03:04:05Z": "", "0000-01-01T00:00:00Z": "", "9999-12-31T23:59:59-01:00": "", "": "",
	} {
		got, ok := wire.ParseISO(text)
		if ok != (want != "") || ok && string(wire.AppendISO(nil, got)) != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{
		"0": "0", "1704164645": "1704164645", "1704164645.5": "1704164645.500", "1.704164645E9": "1704164645", "-1": "-1", "1704164645.0004": "1704164645",
		"1e300": "", "NaN": "", "": "", "253402300800": "", "-62135596801": "",
	} {
		got, ok := wire.ParseUnix(text)
		if ok != (want != "") || ok && string(wire.AppendUnix(nil, got)) != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	if got := string(wire.AppendUnix(nil, time.UnixMilli(1704164645123))); got != "1704164645.123" {
		t.Error(got)
	}
}

func BenchmarkCheckCreateUser(b *testing.B) {
	op := load(b, "iam").Operations["CreateUser"]
	in := &iamapi.CreateUserInput{UserName: new("alice"), Path: new("/division/"), Tags: []iamapi.Tag{{Key: new("team"), Value: new("blue")}}}
	for b.Loop() {
		if err := wire.Check(op, in); err != nil {
			b.Fatal(err)
		}
	}
}

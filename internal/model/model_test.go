package model_test

import (
	"regexp"
	"testing"

	"github.com/writ-iam/writ/internal/model"
)

func load(t testing.TB, name string) *model.Service {
	t.Helper()
	s, err := model.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryModelLoads(t *testing.T) {
	operations := map[string]int{
		"accessanalyzer": 39, "account": 15, "cloudtrail": 60, "iam": 180, "identitystore": 19, "organizations": 63, "rolesanywhere": 30, "signin": 1,
		"sso": 4, "sso-admin": 79, "sso-oidc": 4, "sts": 11,
	}
	names := model.Names()
	if len(names) != len(operations) {
		t.Errorf("Names() = %v, want %d", names, len(operations))
	}
	for _, name := range names {
		s := load(t, name)
		if len(s.Operations) != operations[name] {
			t.Errorf("%s has %d operations, want %d", name, len(s.Operations), operations[name])
		}
		for n, op := range s.Operations {
			if op.Name != n || op.Service != s || op.Method == "" || op.URI == "" {
				t.Errorf("%s: operation %s is incomplete: %+v", name, n, op)
			}
			if s.Protocol == model.Query && op.Output != nil && op.ResultWrapper != n+"Result" {
				t.Errorf("%s: the result of %s is called %q", name, n, op.ResultWrapper)
			}
		}
		for n, shape := range s.Shapes {
			if (shape.Pattern == "") != (len(shape.Matchers) == 0) {
				t.Errorf("%s: %s has pattern %q and matchers %q", name, n, shape.Pattern, shape.Matchers)
			}
			for _, m := range shape.Matchers {
				if _, err := regexp.Compile(m); err != nil {
					t.Errorf("%s: %s: %v (a pattern that Go does not know needs a patch)", name, n, err)
				}
			}
		}
	}
}

func TestWhatModelsSay(t *testing.T) {
	iam, sts, org := load(t, "iam"), load(t, "sts"), load(t, "organizations")
	create := iam.Operations["CreateUser"]
	name := create.Input.Member("UserName")
	switch {
	case iam.Protocol != model.Query, iam.SigningName != "iam", iam.APIVersion != "2010-05-08", iam.XMLNamespace != "https://iam.amazonaws.com/doc/2010-05-08/":
		t.Errorf("iam: %+v", iam)
	case org.TargetPrefix != "AWSOrganizationsV20161128", org.JSONVersion != "1.1", org.SigningName != "organizations":
		t.Errorf("organizations: %+v", org)
	case !name.Required, *name.Shape.Max != 64, *name.Shape.Min != 1, name.WireName != "UserName":
		t.Errorf("CreateUser's UserName: %+v %+v", name, name.Shape)
	case create.Input.Member("Nobody") != nil:
		t.Error("CreateUser has a member Nobody")
	case iam.Error("NoSuchEntity").Status != 404, iam.Error("NoSuchEntityException") != nil:
		t.Error("errors of query services go by their codes")
	case org.Error("AccountNotFoundException") == nil:
		t.Error("errors of json services go by their shapes")
	case !sts.Operations["AssumeRoleWithSAML"].NoAuth, sts.Operations["AssumeRole"].NoAuth:
		t.Error("AssumeRoleWithSAML needs no signature, AssumeRole does")
	case iam.Operations["ListUsers"].Paging.OutputToken != "Marker", iam.Operations["CreateUser"].Paging != nil:
		t.Error("paging")
	case load(t, "sso-oidc").Operations["CreateToken"] == nil, load(t, "rolesanywhere").Operations["CreateProfile"].Status != 201:
		t.Error("status of CreateProfile")
	case iam.Operations["AcquireRole"].Input.Member("TemplateArn") == nil, iam.Shapes["Role"].Member("SourceRoleTemplate") == nil, iam.Shapes["Role"].Member("Arn") == nil:
		t.Error("a patch adds members and leaves what is there")
	case load(t, "identitystore").Shapes["AttributeValue"].Kind != model.Document:
		t.Error("AttributeValue is any JSON")
	}
}

func TestUnknownServiceIsAnError(t *testing.T) {
	for _, name := range []string{"", "s3", "../iam", "iam.json"} {
		if s, err := model.Load(name); err == nil {
			t.Errorf("Load(%q) = %v", name, s)
		}
	}
}

// TestMatchers has Java's answers, as far as Java and Go differ.
func TestMatchers(t *testing.T) {
	for _, c := range []struct {
		service, shape, value string
		want                  bool
	}{
		{"iam", "accountAliasType", "my-company", true},
		{"iam", "accountAliasType", "my--company", false},
		{"iam", "accountAliasType", "-company", false},
		{"iam", "accountAliasType", "company-", false},
		{"iam", "accountAliasType", "ab", false},
		{"iam", "pathType", "/", true},
		{"iam", "pathType", "/a/", true},
		{"iam", "pathType", "/a\n/", false},
		{"iam", "pathType", "/é/", false},
		{"iam", "userNameType", "Ünal", false}, // \w is ASCII
		{"iam", "userNameType", "a\n", false},  // the end is the end
		{"iam", "tagKeyType", "Größe 1", true},
		{"iam", "policyDocumentType", "ÿ\t", true},
		{"iam", "policyDocumentType", "Ā", false},
		{"cloudtrail", "PartitionKeyName", "😀\t", true}, // pairs of surrogates
		{"cloudtrail", "QueryStatement", "a\nb", true},
		{"organizations", "AccountName", "a\nb", true},
		{"organizations", "Email", "a\v@b.c", false}, // Java's \s knows the vertical tab
		{"sso-admin", "Duration", "PT8H", true},
		{"sso-admin", "Duration", "P1DT2.5S", true},
		{"sso-admin", "Duration", "P", false},
		{"sso-admin", "Duration", "PT", false},
	} {
		shape := load(t, c.service).Shapes[c.shape]
		got := shape.Matches(c.value)
		if got != c.want {
			t.Errorf("%s %s: %q matches %q: %v, want %v", c.service, c.shape, c.value, shape.Pattern, got, c.want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, "iam")
	}
}

package trail_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/accessanalyzerapi"
	"github.com/writ-iam/writ/internal/api/accountapi"
	"github.com/writ-iam/writ/internal/api/cloudtrailapi"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/api/identitystoreapi"
	"github.com/writ-iam/writ/internal/api/organizationsapi"
	"github.com/writ-iam/writ/internal/api/rolesanywhereapi"
	"github.com/writ-iam/writ/internal/api/signinapi"
	"github.com/writ-iam/writ/internal/api/ssoadminapi"
	"github.com/writ-iam/writ/internal/api/ssoapi"
	"github.com/writ-iam/writ/internal/api/ssooidcapi"
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/trail"
)

// apis are the types of all services.
var apis = map[string]func(operation string) (input, output any){
	"accessanalyzer": accessanalyzerapi.New, "account": accountapi.New, "cloudtrail": cloudtrailapi.New, "iam": iamapi.New, "identitystore": identitystoreapi.New,
	"organizations": organizationsapi.New, "rolesanywhere": rolesanywhereapi.New, "signin": signinapi.New, "sso": ssoapi.New, "sso-admin": ssoadminapi.New,
	"sso-oidc": ssooidcapi.New, "sts": stsapi.New,
}

func load(t testing.TB, service string) *model.Service {
	t.Helper()
	m, err := model.Load(service)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestElementsAreCloudTrails(t *testing.T) {
	iam, sts, organizations := load(t, "iam"), load(t, "sts"), load(t, "organizations")
	for _, test := range []struct {
		claim string
		shape *model.Shape
		value any
		want  string
	}{
		{"nothing is null", iam.Operations["GetUser"].Input, new(iamapi.GetUserInput), ""},
		{"no value is null", iam.Operations["GetUser"].Input, (*iamapi.GetUserInput)(nil), ""},
		{"names begin in lower case", iam.Operations["CreateSAMLProvider"].Input, &iamapi.CreateSAMLProviderInput{SAMLMetadataDocument: new("<x/>"), Name: new("n"), AddPrivateKey: new("secret")},
			`{"name":"n","sAMLMetadataDocument":"<x/>"}`},
		{"lists, numbers and booleans", iam.Operations["CreateUser"].Input, &iamapi.CreateUserInput{UserName: new("b\"b"), Tags: []iamapi.Tag{{Key: new("k"), Value: new("v")}, {Key: new("")}}},
			`{"tags":[{"key":"k","value":"v"},{"key":""}],"userName":"b\"b"}`},
		{"a password leaves no trace", iam.Operations["CreateLoginProfile"].Input, &iamapi.CreateLoginProfileInput{UserName: new("bob"), Password: new("secret"), PasswordResetRequired: new(false)},
			`{"passwordResetRequired":false,"userName":"bob"}`},
		{"times are CloudTrail's", iam.Operations["CreateLoginProfile"].Output, &iamapi.CreateLoginProfileOutput{LoginProfile: &iamapi.LoginProfile{UserName: new("bob"), CreateDate: new(time.Date(2024, 8, 1, 13, 42, 21, 0, time.UTC))}},
			`{"loginProfile":{"createDate":"Aug 1, 2024 1:42:21 PM","userName":"bob"}}`},
		{"two passwords leave none either", iam.Operations["ChangePassword"].Input, &iamapi.ChangePasswordInput{OldPassword: new("secret"), NewPassword: new("secret")}, ""},
		{"an access key is shown without its secret", iam.Operations["CreateAccessKey"].Output, &iamapi.CreateAccessKeyOutput{AccessKey: &iamapi.AccessKey{AccessKeyId: new("AKIA1"), SecretAccessKey: new("secret"), Status: new("Active")}},
			`{"accessKey":{"accessKeyId":"AKIA1","status":"Active"}}`},
		{"temporary credentials too, and without the token", sts.Operations["AssumeRole"].Output, &stsapi.AssumeRoleOutput{PackedPolicySize: new(int32(5)), Credentials: &stsapi.Credentials{AccessKeyId: new("ASIA1"), SecretAccessKey: new("secret"), SessionToken: new("secret")}},
			`{"credentials":{"accessKeyId":"ASIA1","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS"},"packedPolicySize":5}`},
		{"what the model calls sensitive is hidden", organizations.Operations["CreateAccount"].Input, &organizationsapi.CreateAccountInput{AccountName: new("secret"), Email: new("secret"), RoleName: new("r")},
			`{"accountName":"HIDDEN_DUE_TO_SECURITY_REASONS","email":"HIDDEN_DUE_TO_SECURITY_REASONS","roleName":"r"}`},
	} {
		if got := string(trail.Elements(test.shape, test.value)); got != test.want {
			t.Errorf("%s: %s, want %s", test.claim, got, test.want)
		}
	}
}

// suspect are names of what may be a secret, and harmless are those that are none, each looked at.
var (
	suspect  = regexp.MustCompile(`(?i)secret|passw|token|code|assertion|seed|otp|private|credential|qr|proof|verifier|nonce`)
	harmless = []string{
		// Tokens of lists and of requests, and words about tokens, keys and passwords that hold none.
		"nextToken", "clientToken", "authorizedAudiences", "trustedTokenIssuerArn", "trustedTokenIssuerType", "tokenType", "requestedTokenType", "issuedTokenType", "subjectTokenType",
		"actorTokenType", "globalEndpointTokenVersion", "subjectFromWebIdentityToken", "assertionEncryptionMode", "removePrivateKey", "serviceSpecificCredentialId", "serviceCredentialAlias",
		"idempotencyToken", "credentialAgeDays", "tokenEndpoint", "issueCode", "errorCode", "latestIngestionErrorCode", "trustedTokenIssuers",
		// A policy of a secret, not the secret.
		"secretPolicy",
		// Groups of things, of which each was looked at under its own name.
		"authorizationCode", "tokenExchange", "refreshTokenGrant",
	}
)

// TestNoSecretGetsIntoAnEvent fills every member of every operation of every service with a text, and looks which of them come out.
func TestNoSecretGetsIntoAnEvent(t *testing.T) {
	members := 0
	for service, types := range apis {
		m := load(t, service)
		for name, operation := range m.Operations {
			input, output := types(name)
			for _, side := range []struct {
				shape *model.Shape
				value any
			}{{operation.Input, input}, {operation.Output, output}} {
				if side.shape == nil {
					continue
				}
				members += put(reflect.ValueOf(side.value).Elem(), side.shape, nil)
				b := trail.Elements(side.shape, side.value)
				if b == nil {
					continue
				}
				if !json.Valid(b) || slices.ContainsFunc(b, func(c byte) bool { return c < ' ' }) {
					t.Fatalf("%s %s: %s is no line of JSON", service, name, b)
				}
				for _, match := range canary.FindAllSubmatch(append(b, blobs(b)...), -1) {
					member := strings.ToLower(string(match[1][:1])) + string(match[1][1:])
					if suspect.MatchString(member) && !slices.Contains(harmless, member) {
						t.Errorf("%s %s: %s is in the event", service, name, member)
					}
					if len(match[2]) > 0 {
						t.Errorf("%s %s: %s is in the event, which the model calls sensitive", service, name, member)
					}
				}
			}
		}
	}
	if members < 4000 {
		t.Errorf("only %d members: the test is idle", members)
	}
}

var (
	canary  = regexp.MustCompile(`canary of ([A-Za-z0-9]*)(!?)`)
	encoded = regexp.MustCompile(`"[A-Za-z0-9+/]{12,}=*"`)
)

// blobs returns what the base64 in an event stands for.
func blobs(event []byte) []byte {
	var all []byte
	for _, text := range encoded.FindAll(event, -1) {
		if b, err := base64.StdEncoding.DecodeString(strings.Trim(string(text), `"`)); err == nil {
			all = append(all, b...)
		}
	}
	return all
}

// put fills a structure with texts that say where they are from, with ! where they are sensitive, and returns how many there are.
func put(v reflect.Value, shape *model.Shape, above []string) int {
	n := 0
	for i, m := range shape.Members {
		n += putValue(v.Field(i), m.Shape, m.Name, above, m.Shape.Sensitive)
	}
	return n
}

func putValue(v reflect.Value, shape *model.Shape, name string, above []string, sensitive bool) int {
	sensitive = sensitive || shape.Sensitive
	text := "canary of " + name
	if sensitive {
		text += "!"
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	switch shape.Kind {
	case model.Structure:
		if slices.Contains(above, shape.Name) {
			return 0
		}
		above = append(slices.Clone(above), shape.Name)
		n := 0
		for i, m := range shape.Members {
			n += putValue(v.Field(i), m.Shape, m.Name, above, sensitive)
		}
		return n
	case model.List:
		if shape.Elem.Kind == model.Structure && slices.Contains(above, shape.Elem.Name) {
			return 0
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return putValue(v.Index(0), shape.Elem, name, above, sensitive)
	case model.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		n := putValue(e, shape.Elem, name, above, sensitive)
		v.Set(reflect.MakeMap(v.Type()))
		if shape.Key.Sensitive && !sensitive {
			text += "!"
		}
		v.SetMapIndex(reflect.ValueOf(text).Convert(v.Type().Key()), e)
		return n + 1
	case model.String:
		v.SetString(text)
	case model.Blob, model.Document:
		v.SetBytes([]byte(text))
	}
	return 1
}

// TestElementsAreTheSameEachTime: maps are in the order of their keys.
func TestElementsAreTheSameEachTime(t *testing.T) {
	shape := load(t, "accessanalyzer").Operations["CreateArchiveRule"].Input
	filter := make(map[string]accessanalyzerapi.Criterion)
	for i := range 20 {
		filter[fmt.Sprintf("k%02d", i)] = accessanalyzerapi.Criterion{Eq: []string{"v"}}
	}
	in := &accessanalyzerapi.CreateArchiveRuleInput{Filter: filter}
	want := string(trail.Elements(shape, in))
	for range 20 {
		if got := string(trail.Elements(shape, in)); got != want {
			t.Fatalf("%s and %s", got, want)
		}
	}
	last := -1
	for _, k := range slices.Sorted(maps.Keys(filter)) {
		at := strings.Index(want, k)
		if at < last {
			t.Errorf("%s is out of order in %s", k, want)
		}
		last = at
	}
}

func BenchmarkElements(b *testing.B) {
	shape := load(b, "iam").Operations["CreateUser"].Input
	in := &iamapi.CreateUserInput{UserName: new("bob"), Path: new("/division/"), Tags: []iamapi.Tag{{Key: new("team"), Value: new("x")}}}
	b.ReportAllocs()
	for b.Loop() {
		trail.Elements(shape, in)
	}
}

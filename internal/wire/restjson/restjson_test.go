package restjson_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/accessanalyzerapi"
	"github.com/writ-iam/writ/internal/api/rolesanywhereapi"
	"github.com/writ-iam/writ/internal/api/signinapi"
	"github.com/writ-iam/writ/internal/api/ssoapi"
	"github.com/writ-iam/writ/internal/api/ssooidcapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/restjson"
)

var codec restjson.Codec

func load(t testing.TB, name string) *model.Service {
	t.Helper()
	s, err := model.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDecode(t *testing.T) {
	aa := load(t, "accessanalyzer")
	type list = accessanalyzerapi.ListArchiveRulesInput
	type untag = accessanalyzerapi.UntagResourceInput
	type create = accessanalyzerapi.CreateAnalyzerInput
	for _, c := range []struct {
		operation, path, query, body string
		want                         any // nil: refused
	}{
		{"ListArchiveRules", "/analyzer/a/archive-rule", "", "", list{AnalyzerName: new("a")}},
		{"ListArchiveRules", "/analyzer/a%2Fb%20+%2e/archive-rule", "maxResults=5&nextToken=a+b%2B", "", list{AnalyzerName: new("a/b +."), MaxResults: new(int32(5)), NextToken: new("a b+")}},
		{"ListArchiveRules", "/%61nalyzer/a/archive-rule", "unknown=1&unknown=2", "", list{AnalyzerName: new("a")}},
		{"ListArchiveRules", "/analyzer/a/archive-rule/", "", "", nil},
		{"ListArchiveRules", "/analyzer//archive-rule", "", "", nil},
		{"ListArchiveRules", "/Analyzer/a/archive-rule", "", "", nil},
		{"ListArchiveRules", "/analyzer/%zz/archive-rule", "", "", nil},
		{"ListArchiveRules", "/analyzer/%FF/archive-rule", "", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "maxResults=5&maxResults=5", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "maxresults=5", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "maxResults=", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "maxResults=%2B5", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "a;b", "", nil},
		{"ListArchiveRules", "/analyzer/a/archive-rule", "", `{"analyzerName":"b"}`, list{AnalyzerName: new("a")}}, // not a member of the body
		{"ListArchiveRules", "/analyzer/a/archive-rule", "", `{`, nil},
		{"UntagResource", "/tags/arn%3Aaws", "tagKeys=a&tagKeys=b&tagKeys=a", "", untag{ResourceArn: new("arn:aws"), TagKeys: []string{"a", "b", "a"}}},
		{"CreateAnalyzer", "/analyzer", "", `{"analyzerName":"a","tags":{"k":"v"},"type":"ACCOUNT"}`, create{AnalyzerName: new("a"), Tags: map[string]string{"k": "v"}, Type: new("ACCOUNT")}},
		{"CreateAnalyzer", "/analyzer", "", `{"AnalyzerName":"a"}`, nil},
		{"CreateAnalyzer", "/analyzer", "", `{"analyzerName":"a","analyzerName":"b"}`, nil},
	} {
		in, _ := accessanalyzerapi.New(c.operation)
		err := codec.Decode(aa.Operations[c.operation], &wire.Request{Path: c.path, RawQuery: c.query, Body: []byte(c.body)}, in)
		switch got := reflect.ValueOf(in).Elem().Interface(); {
		case c.want == nil && !fault.Is(err, wire.SerializationException) && !fault.Is(err, fault.MalformedQueryString):
			t.Errorf("%s?%s %s: %+v, %v; want a fault", c.path, c.query, c.body, got, err)
		case c.want != nil && (err != nil || !reflect.DeepEqual(got, c.want)):
			t.Errorf("%s?%s %s: %+v, %v", c.path, c.query, c.body, got, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	op := load(t, "sso").Operations["Logout"]
	for _, c := range []struct {
		values []string
		want   *string
		ok     bool
	}{{nil, nil, true}, {[]string{"t"}, new("t"), true}, {[]string{"t", "u"}, nil, false}, {[]string{"\xff"}, nil, false}} {
		in := new(ssoapi.LogoutInput)
		err := codec.Decode(op, &wire.Request{Method: "POST", Path: "/logout", Header: http.Header{"X-Amz-Sso_bearer_token": c.values}}, in)
		if (err == nil) != c.ok || c.ok && !reflect.DeepEqual(in.AccessToken, c.want) {
			t.Errorf("%q: %v, %v", c.values, in.AccessToken, err)
		}
	}
}

func TestPayloads(t *testing.T) {
	op := load(t, "signin").Operations["CreateOAuth2Token"]
	in := new(signinapi.CreateOAuth2TokenInput)
	if err := codec.Decode(op, &wire.Request{Path: "/v1/token", Body: []byte(`{"clientId":"c"}`)}, in); err != nil || *in.TokenInput.ClientId != "c" {
		t.Errorf("%+v, %v", in, err)
	}
	var a wire.Answer
	err := codec.Encode(op, &signinapi.CreateOAuth2TokenOutput{TokenOutput: &signinapi.CreateOAuth2TokenResponseBody{TokenType: new("aws_sigv4")}}, "id", &a)
	if err != nil || string(a.Body) != `{"tokenType":"aws_sigv4"}` {
		t.Errorf("%s, %v", a.Body, err)
	}
}

func TestEncode(t *testing.T) {
	var a wire.Answer
	err := codec.Encode(load(t, "rolesanywhere").Operations["CreateProfile"], &rolesanywhereapi.CreateProfileOutput{Profile: &rolesanywhereapi.ProfileDetail{Enabled: new(false)}}, "id", &a)
	if err != nil || string(a.Body) != `{"profile":{"enabled":false}}` || a.Status != 201 || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s, %v", a.Status, a.Header, a.Body, err)
	}
	a = wire.Answer{}
	err = codec.Encode(load(t, "accessanalyzer").Operations["DeleteAnalyzer"], &accessanalyzerapi.DeleteAnalyzerOutput{}, "id", &a)
	if err != nil || len(a.Body) != 0 || a.Status != 200 || a.Header.Get("x-amzn-RequestId") != "id" {
		t.Errorf("%d %v %s, %v", a.Status, a.Header, a.Body, err)
	}
}

func TestFault(t *testing.T) {
	for _, c := range []struct {
		service string
		f       *fault.Fault
		status  int
		name    string
		body    string
	}{
		{"accessanalyzer", fault.New("ResourceNotFoundException", "no"), 404, "ResourceNotFoundException", `{"message":"no"}`},
		{"accessanalyzer", fault.New(fault.AccessDenied, "no"), 403, "AccessDeniedException", `{"message":"no"}`},
		{"accessanalyzer", fault.New(fault.MissingAuthenticationToken, "no"), 403, "MissingAuthenticationTokenException", `{"message":"no"}`},
		{"sso-oidc", fault.New(ssooidcapi.CodeAuthorizationPendingException, "wait"), 400, "AuthorizationPendingException", `{"error":"authorization_pending","error_description":"wait"}`},
	} {
		var a wire.Answer
		codec.Fault(load(t, c.service), c.f, "id", &a)
		if string(a.Body) != c.body || a.Status != c.status || a.Header.Get("x-amzn-ErrorType") != c.name || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v %s", c.f.Code, a.Status, a.Header, a.Body)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("/analyzer/a%2Fb/archive-rule", "maxResults=5&nextToken=a+b", "")
	f.Add("/tags/arn%3A", "tagKeys=a&tagKeys=b", "{}")
	f.Add("/analyzer", "", `{"analyzerName":"a","configuration":{"unusedAccess":{"unusedAccessAge":5}}}`)
	aa := load(f, "accessanalyzer")
	f.Fuzz(func(t *testing.T, path, query, body string) {
		for _, operation := range []string{"ListArchiveRules", "UntagResource", "CreateAnalyzer"} {
			in, _ := accessanalyzerapi.New(operation)
			err := codec.Decode(aa.Operations[operation], &wire.Request{Path: path, RawQuery: query, Body: []byte(body)}, in)
			if err != nil && !fault.Is(err, wire.SerializationException) && !fault.Is(err, fault.MalformedQueryString) {
				t.Fatal(err)
			}
			if l, ok := in.(*accessanalyzerapi.ListArchiveRulesInput); ok && err == nil && strings.Count(path, "/") != 3 {
				t.Fatalf("%s is read as %+v", path, l)
			}
		}
	})
}

package awsjson_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/cloudtrailapi"
	"github.com/writ-iam/writ/internal/api/identitystoreapi"
	"github.com/writ-iam/writ/internal/api/organizationsapi"
	"github.com/writ-iam/writ/internal/api/ssoadminapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/awsjson"
)

var codec awsjson.Codec

func load(t testing.TB, name string) *model.Service {
	t.Helper()
	s, err := model.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decode(op *model.Operation, body string, in any) error {
	return codec.Decode(op, &wire.Request{Method: "POST", Path: "/", Body: []byte(body)}, in)
}

func TestDecode(t *testing.T) {
	org, trail := load(t, "organizations"), load(t, "cloudtrail")
	type input = organizationsapi.CreateAccountInput
	for body, want := range map[string]input{
		``:                       {},
		`{}`:                     {},
		`{"Email":null}`:         {},
		` {"Email":"a\u0040b"} `: {Email: new("a@b")},
		`{"Tags":[]}`:            {Tags: []organizationsapi.Tag{}},
		`{"Tags":[{"Key":"a","Value":""},{}],"X":{"y":[1e999]}}`: {Tags: []organizationsapi.Tag{{Key: new("a"), Value: new("")}, {}}},
	} {
		var got input
		if err := decode(org.Operations["CreateAccount"], body, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	var events cloudtrailapi.LookupEventsInput
	if err := decode(trail.Operations["LookupEvents"], `{"StartTime":1704164645.5,"MaxResults":50}`, &events); err != nil ||
		!events.StartTime.Equal(time.UnixMilli(1704164645500)) || *events.MaxResults != 50 {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestHostileJSON(t *testing.T) {
	org, trail := load(t, "organizations"), load(t, "cloudtrail")
	for _, body := range []string{
		`{"Email":"a","Email":"b"}`, `{"Email":"a","email":"b"}`, `{"email":"a"}`, `{"EMAIL":"a"}`, `{"Email":1}`, `{"Email":["a"]}`, `{"Email":{}}`, `{"Email":true}`,
		`{"Tags":{}}`, `{"Tags":[null]}`, `{"Tags":["a"]}`, `{"Tags":"a"}`, `[]`, `null`, `"a"`, `{"Email":"a"} x`, `{"Email":"a"}{}`, `{"Email":"a",}`, `{Email:"a"}`,
		"\ufeff{}", "{\"Email\":\"\xff\"}", `{"Email":"\ud800"}`, strings.Repeat(`{"a":`, 1e5), `{"X":` + strings.Repeat(`[`, 1e5), ` `,
		`{"Tags":[{}` + strings.Repeat(`,{}`, 20_000) + `]}`,
	} {
		if err := decode(org.Operations["CreateAccount"], body, new(organizationsapi.CreateAccountInput)); !fault.Is(err, wire.SerializationException) {
			t.Errorf("%.60s: %v", body, err)
		}
	}
	for _, body := range []string{
		`{"MaxResults":1.5}`, `{"MaxResults":1e3}`, `{"MaxResults":2147483648}`, `{"MaxResults":"5"}`, `{"MaxResults":01}`,
		`{"StartTime":"2024-01-02T03:04:05Z"}`, `{"StartTime":1e300}`, `{"StartTime":{}}`,
	} {
		if err := decode(trail.Operations["LookupEvents"], body, new(cloudtrailapi.LookupEventsInput)); !fault.Is(err, wire.SerializationException) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestUnionsHaveOneMember: what says two things at once says nothing.
func TestUnionsHaveOneMember(t *testing.T) {
	op := load(t, "identitystore").Operations["IsMemberInGroups"]
	for body, ok := range map[string]bool{
		`{"MemberId":{"UserId":"u"}}`:              true,
		`{"MemberId":{"UserId":"u","x":null}}`:     true,
		`{"MemberId":{}}`:                          false,
		`{"MemberId":{"UserId":null}}`:             false,
		`{"MemberId":{"GroupId":"g"}}`:             false,
		`{"MemberId":{"UserId":"u","GroupId":""}}`: false,
	} {
		if err := decode(op, body, new(identitystoreapi.IsMemberInGroupsInput)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestFaultsRepeatNoValue(t *testing.T) {
	op := load(t, "organizations").Operations["CreateAccount"]
	for _, body := range []string{`{"hunter2":1,"hunter2":2}`, `{"Email":hunter2}`, `{"Email":"hunter2}`, `{"Tags":["hunter2"]}`} {
		err := decode(op, body, new(organizationsapi.CreateAccountInput))
		if f := fault.From(err); err == nil || strings.Contains(f.Message, "hunter2") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		service, operation string
		out                any
		want               string
	}{
		{"organizations", "AttachPolicy", &organizationsapi.AttachPolicyOutput{}, `{}`},
		{"organizations", "ListRoots", &organizationsapi.ListRootsOutput{Roots: []organizationsapi.Root{}}, `{"Roots":[]}`},
		{"organizations", "DescribeAccount", &organizationsapi.DescribeAccountOutput{Account: &organizationsapi.Account{Name: new("a\"<\x01"), JoinedTimestamp: new(time.UnixMilli(1704164645120))}},
			`{"Account":{"JoinedTimestamp":1704164645.120,"Name":"a\"<\u0001"}}`},
		{"sso-admin", "GetApplicationAuthenticationMethod", &ssoadminapi.GetApplicationAuthenticationMethodOutput{
			AuthenticationMethod: &ssoadminapi.AuthenticationMethod{Iam: &ssoadminapi.IamAuthenticationMethod{ActorPolicy: []byte(` {"a": 1}`)}}},
			`{"AuthenticationMethod":{"Iam":{"ActorPolicy":{"a": 1}}}}`},
	} {
		var a wire.Answer
		if err := codec.Encode(load(t, c.service).Operations[c.operation], c.out, "id", &a); err != nil {
			t.Error(err)
		}
		if string(a.Body) != c.want || !json.Valid(a.Body) || a.Status != 200 || a.Header.Get("Content-Type") != "application/x-amz-json-1.1" || a.Header.Get("x-amzn-RequestId") != "id" {
			t.Errorf("%s: %d %v\n%s\nwant\n%s", c.operation, a.Status, a.Header, a.Body, c.want)
		}
	}
}

func TestBrokenDocumentsAreNotWritten(t *testing.T) {
	op := load(t, "sso-admin").Operations["GetApplicationAuthenticationMethod"]
	for _, text := range []string{"", "{", `{"a":1,"a":2}`, "{}}"} {
		out := &ssoadminapi.GetApplicationAuthenticationMethodOutput{AuthenticationMethod: &ssoadminapi.AuthenticationMethod{Iam: &ssoadminapi.IamAuthenticationMethod{ActorPolicy: []byte(text)}}}
		if err := codec.Encode(op, out, "id", new(wire.Answer)); err == nil {
			t.Errorf("%q is written", text)
		}
	}
}

func TestFault(t *testing.T) {
	org := load(t, "organizations")
	for _, c := range []struct {
		f      *fault.Fault
		status int
		want   string
	}{
		{fault.New(organizationsapi.CodeAccountNotFoundException, "No <a>."), 400, `{"__type":"AccountNotFoundException","Message":"No <a>."}`},
		{fault.New(fault.AccessDenied, "no"), 400, `{"__type":"AccessDeniedException","Message":"no"}`},
		{fault.New(fault.SignatureDoesNotMatch, "no"), 400, `{"__type":"InvalidSignatureException","message":"no"}`},
		{fault.New(fault.ServiceUnavailable, "no"), 503, `{"__type":"ServiceUnavailableException","message":"no"}`},
	} {
		var a wire.Answer
		codec.Fault(org, c.f, "id", &a)
		if string(a.Body) != c.want || a.Status != c.status || a.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("%d %v %s, want %s", a.Status, a.Header, a.Body, c.want)
		}
	}
	var a wire.Answer
	codec.Fault(nil, fault.New(fault.UnknownOperation, "no"), "id", &a)
	if string(a.Body) != `{"__type":"UnknownOperationException","message":"no"}` {
		t.Errorf("%s", a.Body)
	}
}

// FuzzDecode: what is accepted is JSON, and means the same when it is written and read again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"UserName":"a","Emails":[{"Primary":true}],"Extensions":{"aws:x":{"a":1}}}`, `{"Name":null}`, `{"userName":1}`, `[]`, ``} {
		f.Add(seed)
	}
	op := load(f, "identitystore").Operations["CreateUser"]
	f.Fuzz(func(t *testing.T, body string) {
		in := new(identitystoreapi.CreateUserInput)
		if err := decode(op, body, in); err != nil {
			if !fault.Is(err, wire.SerializationException) {
				t.Fatal(err)
			}
			return
		}
		if body == "" {
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("%q is accepted", body)
		}
		// Writes the input as if it were an output.
		mirror := *op
		mirror.Output = op.Input
		var a wire.Answer
		if err := codec.Encode(&mirror, in, "id", &a); err != nil {
			t.Fatal(err)
		}
		again := new(identitystoreapi.CreateUserInput)
		if err := decode(op, string(a.Body), again); err != nil || !reflect.DeepEqual(in, again) {
			t.Fatalf("%q is written as %s: %v", body, a.Body, err)
		}
	})
}

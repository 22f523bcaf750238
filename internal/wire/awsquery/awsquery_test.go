package awsquery_test

import (
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/awsquery"
)

var codec awsquery.Codec

func post(body string) *wire.Request {
	return &wire.Request{Method: "POST", Path: "/", Body: []byte(body)}
}

func decode(t *testing.T, operation, body string) (*iamapi.CreateRoleInput, error) {
	t.Helper()
	in := new(iamapi.CreateRoleInput)
	err := codec.Decode(load(t, "iam").Operations[operation], post(body), in)
	return in, err
}

func TestDecode(t *testing.T) {
	tag := func(k, v string) iamapi.Tag { return iamapi.Tag{Key: new(k), Value: new(v)} }
	for body, want := range map[string]iamapi.CreateRoleInput{
		"Action=CreateRole&Version=2010-05-08": {},
		"RoleName=a%2Bb+c":                     {RoleName: new("a+b c")},
		"RoleName=":                            {RoleName: new("")},
		"RoleName":                             {RoleName: new("")},
		"MaxSessionDuration=3600":              {MaxSessionDuration: new(int32(3600))},
		"MaxSessionDuration=-5":                {MaxSessionDuration: new(int32(-5))},
		"Tags=":                                {Tags: []iamapi.Tag{}},
		"Tags.member.1.Key=a&Tags.member.1.Value=b":                            {Tags: []iamapi.Tag{tag("a", "b")}},
		"Tags.member.1.Value=b&RoleName=r&Tags.member.1.Key=a":                 {RoleName: new("r"), Tags: []iamapi.Tag{tag("a", "b")}},
		"Tags.member.10.Key=j&Tags.member.2.Key=b&Tags.member.9.Key=i":         {Tags: []iamapi.Tag{{Key: new("b")}, {Key: new("i")}, {Key: new("j")}}},
		"Tags.member.10000.Key=j":                                              {Tags: []iamapi.Tag{{Key: new("j")}}},
		"Unknown=1&Tags.member.1.Key=a&Tags.member.1.Color=red&Unknown.Part=2": {Tags: []iamapi.Tag{{Key: new("a")}}},
		"X-Amz-Signature=abc&X-Amz-Algorithm=AWS4-HMAC-SHA256&RoleName=r":      {RoleName: new("r")},
	} {
		got, err := decode(t, "CreateRole", body)
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// TestHostileForms is security.md S007, S023 and S109.
func TestHostileForms(t *testing.T) {
	for body, code := range map[string]string{
		"RoleName=a&RoleName=b":                   fault.MalformedQueryString,
		"RoleName=a&RoleName=a":                   fault.MalformedQueryString,
		"RoleName=a&Role%4eame=b":                 fault.MalformedQueryString,
		"Unknown=a&Unknown=b":                     fault.MalformedQueryString,
		"RoleName=a;Path=/":                       fault.MalformedQueryString,
		"RoleName=%zz":                            fault.MalformedQueryString,
		"action=CreateRole&Action=CreateRole":     fault.MalformedQueryString,
		"VERSION=2010-05-08":                      fault.MalformedQueryString,
		"rolename=a":                              wire.MalformedInput,
		"ROLENAME=a&RoleName=b":                   wire.MalformedInput,
		"RoleName.member.1=a":                     wire.MalformedInput,
		"RoleName=a&RoleName.x=b":                 wire.MalformedInput,
		"Tags.member.1.key=a":                     wire.MalformedInput,
		"Tags=a":                                  wire.MalformedInput,
		"Tags=&Tags.member.1.Key=a":               wire.MalformedInput,
		"Tags.1.Key=a":                            wire.MalformedInput,
		"Tags.Member.1.Key=a":                     wire.MalformedInput,
		"Tags.member=a":                           wire.MalformedInput,
		"Tags.member.1=a":                         wire.MalformedInput,
		"Tags.member.0.Key=a":                     wire.MalformedInput,
		"Tags.member.01.Key=a":                    wire.MalformedInput,
		"Tags.member.+1.Key=a":                    wire.MalformedInput,
		"Tags.member.-1.Key=a":                    wire.MalformedInput,
		"Tags.member.999999999.Key=a":             wire.MalformedInput,
		"Tags.member.99999999999999999999.Key=a":  wire.MalformedInput,
		"Tags.member..Key=a":                      wire.MalformedInput,
		"Tags.entry.1.key=a":                      wire.MalformedInput,
		"MaxSessionDuration=":                     wire.MalformedInput,
		"MaxSessionDuration=1h":                   wire.MalformedInput,
		"MaxSessionDuration=%2B5":                 wire.MalformedInput,
		"MaxSessionDuration=0x10":                 wire.MalformedInput,
		"MaxSessionDuration=1_000":                wire.MalformedInput,
		"MaxSessionDuration=3600.0":               wire.MalformedInput,
		"MaxSessionDuration=99999999999999999999": wire.MalformedInput,
		"MaxSessionDuration=4294967296":           wire.MalformedInput,
		"a" + strings.Repeat(".b", 100) + "=1":    wire.MalformedInput,
		strings.Repeat("a=1&", 10_000) + "b=1":    fault.MalformedQueryString,
	} {
		got, err := decode(t, "CreateRole", body)
		if !fault.Is(err, code) {
			t.Errorf("%.60s: %+v, %v; want %s", body, got, err, code)
		}
	}
}

func TestFaultsRepeatNoValue(t *testing.T) {
	for _, body := range []string{"MaxSessionDuration=hunter2", "RoleName.hunter2=1", "Tags=hunter2", "Tags.member.hunter2=1", "hunter2=%zz", "hunter2=1&hunter2=2"} {
		if _, err := decode(t, "CreateRole", body); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestParametersHaveOnePlace(t *testing.T) {
	op := load(t, "iam").Operations["CreateRole"]
	for _, c := range []struct {
		r    wire.Request
		want string
	}{
		{wire.Request{Method: "GET", RawQuery: "RoleName=q"}, "q"},
		{wire.Request{Method: "POST", RawQuery: "RoleName=q"}, "q"},
		{wire.Request{Method: "POST", Body: []byte("RoleName=b")}, "b"},
		{wire.Request{Method: "POST", Body: []byte("RoleName=b"), RawQuery: "X-Amz-Signature=1&X-Amz-Date=2"}, "b"},
		{wire.Request{Method: "POST", Body: []byte("RoleName=b"), RawQuery: "RoleName=q"}, ""},
		{wire.Request{Method: "POST", Body: []byte("RoleName=b"), RawQuery: "Action=CreateRole"}, ""},
		{wire.Request{Method: "POST", Body: []byte("RoleName=b"), RawQuery: "x-amz-signature=1"}, ""},
		{wire.Request{Method: "GET", Body: []byte("RoleName=b")}, ""},
	} {
		in := new(iamapi.CreateRoleInput)
		err := codec.Decode(op, &c.r, in)
		switch {
		case c.want == "" && !fault.Is(err, fault.MalformedQueryString):
			t.Errorf("%+v: %v, %v; want a fault", c.r, in, err)
		case c.want != "" && (err != nil || *in.RoleName != c.want):
			t.Errorf("%+v: %v, %v; want %s", c.r, in, err, c.want)
		}
	}
}

func TestMaps(t *testing.T) {
	op := load(t, "iam").Operations["AcquireRole"]
	for body, want := range map[string]map[string]iamapi.ReplacementValueEntry{
		"ReplacementValues.entry.1.key=a&ReplacementValues.entry.1.value.Values.member.1=x": {"a": {Values: []string{"x"}}},
		"ReplacementValues.entry.3.key=b&ReplacementValues.entry.3.value.Values=&ReplacementValues.entry.1.key=&ReplacementValues.entry.1.value.Values.member.1=": {
			"": {Values: []string{""}}, "b": {Values: []string{}},
		},
		"ReplacementValues=":                       {},
		"ReplacementValues.entry.1.key=a":          nil,
		"ReplacementValues.entry.1.value.Values=a": nil,
		"ReplacementValues.entry.1=a":              nil,
		"ReplacementValues.member.1.key=a":         nil,
		"ReplacementValues.entry.1.key=a&ReplacementValues.entry.1.value.Values=&ReplacementValues.entry.1.name=a":                                                      nil,
		"ReplacementValues.entry.1.key.x=a&ReplacementValues.entry.1.value.Values=":                                                                                     nil,
		"ReplacementValues.entry.1.key=a&ReplacementValues.entry.1.value.Values=&ReplacementValues.entry.2.key=a&ReplacementValues.entry.2.value.Values.member.1=other": nil,
	} {
		in := new(iamapi.AcquireRoleInput)
		err := codec.Decode(op, post(body), in)
		switch {
		case want == nil && !fault.Is(err, wire.MalformedInput):
			t.Errorf("%s: %v, %v; want a fault", body, in.ReplacementValues, err)
		case want != nil && (err != nil || !reflect.DeepEqual(in.ReplacementValues, want)):
			t.Errorf("%s: %v, %v", body, in.ReplacementValues, err)
		}
	}
}

func TestBooleans(t *testing.T) {
	op := load(t, "iam").Operations["UpdateAccountPasswordPolicy"]
	for text, want := range map[string]bool{"true": true, "1": true, "false": false, "0": false} {
		in := new(iamapi.UpdateAccountPasswordPolicyInput)
		if err := codec.Decode(op, post("HardExpiry="+text), in); err != nil || *in.HardExpiry != want {
			t.Errorf("%s: %v, %v", text, in.HardExpiry, err)
		}
	}
	for _, text := range []string{"", "TRUE", "True", "yes", "2", "t"} {
		if err := codec.Decode(op, post("HardExpiry="+text), new(iamapi.UpdateAccountPasswordPolicyInput)); !fault.Is(err, wire.MalformedInput) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestEncode(t *testing.T) {
	iam, sts := load(t, "iam"), load(t, "sts")
	at := time.Date(2024, 1, 2, 3, 4, 5, 999, time.FixedZone("", 3600))
	for _, c := range []struct {
		op   *model.Operation
		out  any
		want string
	}{
		{iam.Operations["DeleteUser"], &iamapi.DeleteUserOutput{},
			`<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteUserResponse>`},
		{iam.Operations["ListUsers"], &iamapi.ListUsersOutput{Users: []iamapi.User{}, IsTruncated: new(false)},
			`<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><IsTruncated>false</IsTruncated><Users/></ListUsersResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></ListUsersResponse>`},
		{iam.Operations["GetRole"], &iamapi.GetRoleOutput{Role: &iamapi.Role{CreateDate: &at, MaxSessionDuration: new(int32(3600)), RoleLastUsed: &iamapi.RoleLastUsed{}, RoleName: new("a&b<c>\r\x01")}},
			`<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><CreateDate>2024-01-02T02:04:05Z</CreateDate><MaxSessionDuration>3600</MaxSessionDuration><RoleLastUsed/><RoleName>a&amp;b&lt;c&gt;&#xD;` + "\uFFFD" + `</RoleName></Role></GetRoleResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetRoleResponse>`},
		{iam.Operations["GetAccountSummary"], &iamapi.GetAccountSummaryOutput{SummaryMap: map[string]int32{"Users": 2, "Groups": 1}},
			`<GetAccountSummaryResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetAccountSummaryResult><SummaryMap><entry><key>Groups</key><value>1</value></entry><entry><key>Users</key><value>2</value></entry></SummaryMap></GetAccountSummaryResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetAccountSummaryResponse>`},
		// security.md S008: nothing that somebody is called can end an element.
		{sts.Operations["AssumeRoleWithWebIdentity"], &stsapi.AssumeRoleWithWebIdentityOutput{SubjectFromWebIdentityToken: new("</x><GetCallerIdentityResponse>")},
			`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>&lt;/x&gt;&lt;GetCallerIdentityResponse&gt;</SubjectFromWebIdentityToken></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`},
	} {
		var a wire.Answer
		if err := codec.Encode(c.op, c.out, "id", &a); err != nil {
			t.Errorf("%s: %v", c.op.Name, err)
		}
		if string(a.Body) != c.want || a.Status != 200 || a.Header.Get("x-amzn-RequestId") != "id" || a.Header.Get("Content-Type") != "text/xml" {
			t.Errorf("%s: %d %v\n%s\nwant\n%s", c.op.Name, a.Status, a.Header, a.Body, c.want)
		}
	}
}

func TestWrongTypesAreInternal(t *testing.T) {
	iam := load(t, "iam")
	for _, out := range []any{nil, iamapi.GetUserOutput{}, &iamapi.User{}, (*iamapi.GetUserOutput)(nil)} {
		if err := codec.Encode(iam.Operations["GetUser"], out, "id", new(wire.Answer)); err == nil {
			t.Errorf("%T is written as GetUser's output", out)
		}
	}
	if err := codec.Decode(iam.Operations["GetUser"], post(""), &iamapi.User{}); !fault.Is(err, fault.InternalFailure) {
		t.Error(err)
	}
}

func TestFault(t *testing.T) {
	iam := load(t, "iam")
	for _, c := range []struct {
		svc    *model.Service
		f      *fault.Fault
		status int
		want   string
	}{
		{iam, fault.New(iamapi.CodeNoSuchEntity, "The user with name %s cannot be found.", "<a>"), 404,
			`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The user with name &lt;a&gt; cannot be found.</Message></Error><RequestId>id</RequestId></ErrorResponse>`},
		{iam, fault.New(fault.InvalidAction, "Could not find operation X for version Y"), 400,
			`<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation X for version Y</Message></Error><RequestId>id</RequestId></ErrorResponse>`},
		{nil, fault.Internal(fmt.Errorf("secret")), 500,
			`<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>The request processing has failed because of an unknown error, exception or failure.</Message></Error><RequestId>id</RequestId></ErrorResponse>`},
	} {
		var a wire.Answer
		codec.Fault(c.svc, c.f, "id", &a)
		if string(a.Body) != c.want || a.Status != c.status || a.Header.Get("Content-Type") != "text/xml" || a.Header.Get("x-amzn-RequestId") != "id" {
			t.Errorf("%s: %d %v\n%s\nwant %d\n%s", c.f.Code, a.Status, a.Header, a.Body, c.status, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"Action=CreateRole&RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=b", "Tags=", "Tags.member.2.Key=%00&Tags.member.1=", "MaxSessionDuration=3600",
		"ReplacementValues.entry.1.key=a&ReplacementValues.entry.1.value.Values.member.1=x", "Tags.member.1.Key.x=", "a.=1&.=2&Tags..=",
	} {
		f.Add(seed)
	}
	iam := load(f, "iam")
	f.Fuzz(func(t *testing.T, body string) {
		for _, operation := range []string{"CreateRole", "AcquireRole", "SimulateCustomPolicy"} {
			op := iam.Operations[operation]
			in, _ := iamapi.New(operation)
			if err := codec.Decode(op, post(body), in); err != nil {
				if !fault.Is(err, fault.MalformedQueryString) && !fault.Is(err, wire.MalformedInput) {
					t.Fatal(err)
				}
				continue
			}
			if err := wire.Check(op, in); err != nil && !fault.Is(err, fault.ValidationError) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzText has encoding/xml read whatever is written.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"a", "<&>\"'", "\r\n\t\x00", "]]>", "\xff\uFFFE\u2028"} {
		f.Add(seed)
	}
	op := load(f, "iam").Operations["GetUser"]
	f.Fuzz(func(t *testing.T, name string) {
		var a wire.Answer
		if err := codec.Encode(op, &iamapi.GetUserOutput{User: &iamapi.User{UserName: &name}}, name, &a); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Name string `xml:"GetUserResult>User>UserName"`
			ID   string `xml:"ResponseMetadata>RequestId"`
		}
		if err := xml.Unmarshal(a.Body, &got); err != nil {
			t.Fatalf("%v: %s", err, a.Body)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError {
				return utf8.RuneError
			}
			return r
		}, name)
		if got.Name != want || got.ID != want {
			t.Fatalf("%q is read as %q", name, got.Name)
		}
	})
}

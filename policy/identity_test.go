package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// The messages of policy-language.md §7 by their number there.
var identityMessages = map[string]string{
	"1":   "Syntax errors in policy.",
	"2":   "Policy document must be version 2012-10-17 or greater.",
	"3":   "The policy failed legacy parsing",
	"sid": "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
	"4":   "Statement IDs (SID) in a single policy must be unique.",
	"5":   "Policy document should not specify a principal.",
	"6":   "Policy statement must contain actions.",
	"9":   "Resource vendor must be fully qualified and cannot contain regexes.",
	"12":  `IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`,
	"13":  "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
	"14":  "Actions/Condition can contain only one colon.",
	"16":  "Policy statement must contain resources.",
}

func TestIdentityMessages(t *testing.T) {
	for _, tt := range []struct {
		changes string // separated by two blanks
		want    string // a number or a message; empty: accepted
	}{
		// 1: the grammar, see TestGrammarMatrix.
		{`Effect="permit"`, "1"}, {`-Effect`, "1"}, {`NotAction="a:b"`, "1"}, {`NotResource="*"`, "1"}, {`Condition={"x":{"k":"v"}}`, "1"}, {`Condition=[]`, "1"}, {`Sid=1`, "1"}, {`Principal=7`, "1"},
		{`Principal={"AWS":"*"}  NotPrincipal={"AWS":"*"}`, "1"},
		// 3: what another parser does not read.
		{`Effect="allow"`, "3"}, {`Effect="denY"`, "3"}, {`Effect="ALLOW"`, "3"},
		{`Condition={"DateEquals":{"k":"234-13"}}`, "3"}, {`Condition={"DateLessThan":{"k":"2026-01-01T0:0:0+1"}}`, "3"}, {`Condition={"DateLessThan":{"k":"2026-01-01T0:0:0.0123456789"}}`, "3"},
		{`Condition={"ForAnyValue:DateGreaterThanIfExists":{"k":["2026-01-01","x"]}}`, "3"}, {`Condition={"DateNotEquals":{"k":true}}`, "3"}, {`Condition={"DateEquals":{"k":1.5}}`, "3"}, {`Condition={"DateEquals":{"k":""}}`, "3"},
		{`Resource="arn:aws:s3::b"`, "3"}, {`Resource="arn:aws::::b"`, "3"}, {`Resource="arn:aws::x"`, "3"}, {`Resource="arn:error:s3::b"`, `Partition "error" is not valid for resource "arn:error:s3::b:*".`}, {`Resource="arn:aws:"`, "3"}, {`Resource=["*","arn:aws:s3::b"]`, "3"},
		{`-Resource  NotResource="arn:aws:s3::b"`, "3"},
		// Sids.
		{`Sid="a-b"`, "sid"}, {`Sid="a b"`, "sid"}, {`Sid="a_b"`, "sid"}, {`Sid="é"`, "sid"}, {`Sid=" "`, "sid"}, {`Sid="a\n"`, "sid"}, {"Sid=\"\u212a\"", "sid"},
		// 5.
		{`Principal="*"`, "5"}, {`Principal={"AWS":"*"}`, "5"}, {`NotPrincipal="*"`, "5"}, {`Principal={}`, "5"}, {`Principal="x"`, "5"}, {`Principal={"x":"y"}`, "5"},
		// 6 and 16.
		{`-Action`, "6"}, {`Action=[]`, "6"}, {`-Action  NotAction=[]`, "6"}, {`-Resource`, "16"}, {`Resource=[]`, "16"}, {`-Resource  NotResource=[]`, "16"}, {`-Action  -Resource`, "6"},
		// 7.
		{`Resource="sdf"`, `Resource sdf must be in ARN format or "*".`}, {`Resource=""`, `Resource  must be in ARN format or "*".`}, {`Resource="**"`, `Resource ** must be in ARN format or "*".`},
		{`Resource=" *"`, `Resource  * must be in ARN format or "*".`}, {`-Resource  NotResource="x"`, `Resource x must be in ARN format or "*".`},
		// 8.
		{`Resource="arn:b:c"`, `Partition "b" is not valid for resource "arn:b:c:*:*:*".`},
		{`Resource="a:b:c"`, `Partition "b" is not valid for resource "arn:b:c:*:*:*".`},
		{`Resource="a:b"`, `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{`Resource="aws:s3:::b"`, `Partition "s3" is not valid for resource "arn:s3:::b:*".`},
		{`Resource="a:b:c:d:e:f:g:h"`, `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		{`Resource="arn:error:s3:::b"`, `Partition "error" is not valid for resource "arn:error:s3:::b".`},
		{`Resource="arn::s3:::b"`, `Partition "" is not valid for resource "arn::s3:::b".`},
		{`Resource=":"`, `Partition "" is not valid for resource "arn::*:*:*:*".`},
		{`Resource="arn:AWS:s3:::b"`, `Partition "AWS" is not valid for resource "arn:AWS:s3:::b".`},
		{`Resource="arn:aws-x:s3:::b"`, `Partition "aws-x" is not valid for resource "arn:aws-x:s3:::b".`},
		{`Resource="arn:aws-cn:s3:::b"`, ""}, {`Resource="arn:aws-us-gov:s3:::b"`, ""}, {`Resource="arn:*:s3:::b"`, ""}, {`Resource="arn:aws*:s3:::b"`, ""}, {`Resource="arn:aw?:s3:::b"`, ""}, {`Resource="arn:b*:s3:::b"`, `Partition "b*" is not valid for resource "arn:b*:s3:::b".`},
		// 9.
		{`Resource="arn:aws"`, "9"}, {`Resource="arn:aws:*"`, "9"}, {`Resource="arn:aws:s*:::b"`, "9"}, {`Resource="arn:aws:s?:::b"`, "9"}, {`Resource="arn:*"`, "9"}, {`Resource="arn:aws:*:*:*:*"`, "9"}, {`Resource="*:*"`, "9"},
		// 10.
		{`Resource="arn:aws:iam:us-east-1::user/x"`, "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information."},
		{`Resource="arn:aws:iam:*:*:user/x"`, "IAM resource arn:aws:iam:*:*:user/x cannot contain region information."},
		// 11.
		{`Resource="arn:aws:s3:us-east-1::b"`, "Resource arn:aws:s3:us-east-1::b can not contain region information."},
		{`Resource="arn:aws:s3:*:*:b"`, "Resource arn:aws:s3:*:*:b can not contain region information."},
		{`Resource="arn:aws:s3:us-east-1:111122223333:accesspoint/p"`, ""}, {`Resource="arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/*"`, ""}, {`Resource="arn:aws:s3:*:*:access-grants/default"`, ""},
		{`Resource="arn:aws:s3:us-east-1:111122223333:accesspoints/p"`, "Resource arn:aws:s3:us-east-1:111122223333:accesspoints/p can not contain region information."},
		// 12.
		{`Resource="arn:aws:iam:::bucket"`, "12"}, {`Resource="arn:aws:iam::111122223333:user"`, "12"}, {`Resource="arn:aws:iam::111122223333:User/x"`, "12"}, {`Resource="arn:aws:iam::111122223333:*/x"`, "12"}, {`Resource="arn:aws:iam::111122223333:users/x"`, "12"},
		{`Resource="arn:aws:iam::111122223333:"`, "12"}, {`Resource="arn:aws:iam::111122223333:us*"`, "12"},
		{`Resource="arn:aws:iam::111122223333:*"`, ""}, {`Resource="arn:aws:iam::111122223333:user/*"`, ""}, {`Resource="arn:aws:iam::*:root"`, ""}, {`Resource="arn:aws:iam::111122223333:sms-mfa/x"`, ""}, {`Resource="arn:aws:iam::111122223333:access-report/x"`, ""},
		{`Resource="arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"`, ""}, {`Resource="arn:aws:iam::${aws:PrincipalAccount}:bucket"`, "12"},
		// 13, 14, 15.
		{`Action="foo"`, "13"}, {`Action=""`, "13"}, {`Action="s3GetObject"`, "13"}, {`Action="**"`, "13"}, {`-Action  NotAction="foo"`, "13"}, {`Action=["*","foo"]`, "13"},
		{`Action="a:b:c"`, "14"}, {`Action="s3::Get"`, "14"}, {`Action="::"`, "14"},
		{`Action="a a:L"`, "Vendor a a is not valid"}, {`Action="s*:Get*"`, "Vendor s* is not valid"}, {`Action=":Get"`, "Vendor  is not valid"}, {`Action="s_3:Get"`, "Vendor s_3 is not valid"}, {`Action="é:Get"`, "Vendor é is not valid"}, {`Action="?3:Get"`, "Vendor ?3 is not valid"}, {`Action=" s3:Get"`, "Vendor  s3 is not valid"},
		// The lists of accepted fragments (§1, §7 notes, §11).
		{`Action="iam: asdf "`, ""}, {`Action="*"`, ""}, {`Action="s3-s:X"`, ""}, {`Action="s3.s:X"`, ""}, {`Action="s3:"`, ""}, {`Action="S3:getobject"`, ""}, {`Action="nothing:Nothing"`, ""}, {`Action=["*","*"]`, ""}, {`Action="s3:*et*?"`, ""},
		{`Resource="arn:aws:iam:::user/x"`, ""}, {`Resource="arn:aws:fdsasf"`, ""}, {`Resource="arn:aws:cloudwatch:us-east-1::x"`, ""}, {`Resource="arn:aws:s33:::x"`, ""}, {`Resource=["*",null]`, ""}, {`Resource=[null]`, ""}, {`Resource="ARN:aws:s3:::b"`, ""}, {`Resource="x:aws:s3:::b"`, ""},
		{`Resource="arn:aws:iam"`, ""}, {`Resource="arn:aws:s3"`, ""}, {`Resource="arn:aws:x:*:t"`, ""}, {`Resource="arn:aws:bedrock:*:${aws:PrincipalAccount}:agent/*"`, ""}, {`Resource="arn:aws:s3:::${aws:username}/a b"`, ""}, {`Resource="arn:aws:s3:::[b]"`, ""},
		{`Condition={"Bool":{"k":true}}`, ""}, {`Condition={"Null":{"k":false}}`, ""}, {`Condition={"ForAllValues:Bool":{"k":"true"}}`, ""}, {`Condition={"DateEquals":{"k":"-292275054"}}`, ""}, {`Condition={"DateGreaterThan":{"k":"2016-12-13t2:00:00.593194+23"}}`, ""},
		{`Condition={"DateEquals":{"k":"01T"}}`, ""}, {`Condition={"DateEquals":{"k":9223372036854775807}}`, ""}, {`Condition={"DateEquals":{"k":["2026","2026-01-01"]}}`, ""}, {`Condition={"StringEquals":{"no such key":"x"}}`, ""}, {`Condition={"NumericEquals":{"k":"x"}}`, ""},
		{`Condition={"IpAddress":{"k":"x"}}`, ""}, {`Condition={"stringequals":{"k":"x"}}`, ""}, {`Condition={"DateEquals":{},"x":{},"Null":{}}`, ""}, {`-Action  NotAction="s3:*"  -Resource  NotResource="*"`, ""}, {`Sid=""`, ""},
	} {
		want := tt.want
		if message, ok := identityMessages[want]; ok {
			want = message
		}
		for _, k := range identityKinds {
			text := with(k, strings.Split(tt.changes, "  ")...)
			if got := answer(t, k, text); got != want {
				t.Errorf("%s: %s\n got %q\nwant %q", k, text, got, want)
			}
		}
	}
}

// fault is a statement that breaks one rule, or a document's version that does.
type fault struct{ rule, statement, version string }

// inOrder are the rules of §7, in its order but for 16 (doc/divergences.md), 7–12 and 13–15 as one each. Each is broken by a statement of its own.
var inOrder = []fault{
	{rule: "1", statement: `{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":[]}`},
	{rule: "2", version: `"Version":"2008-10-17",`},
	{rule: "3", statement: `{"Effect":"denY","Action":"a:b","Resource":"*"}`},
	{rule: "3", statement: `{"Effect":"Deny","Action":"a:b","Resource":"*","Condition":{"DateEquals":{"k":"x"}}}`},
	{rule: "3", statement: `{"Effect":"Deny","Action":"a:b","Resource":"arn:aws:s3::b"}`},
	{rule: "sid", statement: `{"Sid":"-","Effect":"Allow","Action":"a:b","Resource":"*"}`},
	{rule: "4", statement: `{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"}`},
	{rule: "5", statement: `{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*"}`},
	{rule: "6", statement: `{"Effect":"Allow","Resource":"*"}`},
	{rule: "9", statement: `{"Effect":"Allow","Action":"a:b","Resource":"arn:aws"}`},
	{rule: "12", statement: `{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:iam:::b"}`},
	{rule: "16", statement: `{"Effect":"Allow","Action":"a:b"}`},
	{rule: "13", statement: `{"Effect":"Allow","Action":"a","Resource":"*"}`},
	{rule: "14", statement: `{"Effect":"Allow","Action":"a:b:c","Resource":"*"}`},
}

// breaking is a document that breaks rules, the given ones from the back to the front.
func breaking(faults ...fault) string {
	version, list := `"Version":"2012-10-17",`, []string{`{"Effect":"Allow","Action":"a:b","Resource":"*"}`}
	for _, f := range slices.Backward(faults) {
		if f.version != "" {
			version = f.version
		} else {
			list = append(list, f.statement)
		}
	}
	return "{" + version + `"Statement":[` + strings.Join(list, ",") + "]}"
}

// A document that breaks two rules reports the earlier one, wherever in the document it is: checks are passes over the whole.
func TestIdentityChecksAreInOrder(t *testing.T) {
	for i, first := range inOrder {
		for _, second := range inOrder[i:] {
			if first.rule == "9" && second.rule == "12" || first.rule == "13" && second.rule == "14" {
				continue // of one pass
			}
			text := breaking(first, second)
			if got, want := answer(t, policy.Managed, text), identityMessages[first.rule]; got != want {
				t.Errorf("%s and %s: %q, want %q\n%s", first.rule, second.rule, got, want, text)
			}
		}
	}
}

// Problems lists the faults in the order in which AWS would find them, one after the other being mended.
func TestProblemsAreInOrder(t *testing.T) {
	for _, k := range identityKinds {
		var got, want []string
		for _, e := range policy.Problems(k, breaking(inOrder...)) {
			got = append(got, e.Message)
		}
		for _, rule := range strings.Fields("1 2 3 3 3 sid 4 5 6 12 9 16 14 13") { // within a pass by statement
			if rule == "2" && k != policy.Managed {
				continue
			}
			want = append(want, identityMessages[rule])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", k, got, want)
		}
	}
	if got := policy.Problems(policy.Managed, with(policy.Managed)); len(got) != 0 {
		t.Errorf("a good document has the problems %v", got)
	}
	if got := policy.Problems(policy.Managed, "{"); len(got) != 1 {
		t.Errorf("what is no JSON has %d problems", len(got))
	}
}

// The pairs of policy-language.md §11.
func TestVectorsOfTwoFaults(t *testing.T) {
	for _, tt := range []struct{ claim, text, want string }{
		{"an unknown version", `{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`, "1"},
		{"no version and a bad resource", `{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"sdf"}}`, "2"},
		{"no version and a bad date", `{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateEquals":{"k":"x"}}}}`, "2"},
		{"no version and a bad effect", `{"Statement":{"Effect":"x","Action":"a:b","Resource":"*"}}`, "1"},
		{"two colons and no ARN", with(policy.Managed, `Action="s:3:L"`, `Resource="sdf"`), `Resource sdf must be in ARN format or "*".`},
		{"no action and an ARN of kind 3", with(policy.Managed, `-Action`, `Resource="arn:aws:s3::b"`), "3"},
		{"a bad date and a bad partition", with(policy.Managed, `Condition={"DateEquals":{"k":"x"}}`, `Resource="arn:b:s3:::c"`), "3"},
		{"a repeated Sid and no action", statements(`{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"}`, `{"Sid":"a","Effect":"Allow","Resource":"*"}`), "4"},
		{"a bad condition and no action", with(policy.Managed, `-Action`, `Condition="a"`), "1"},
		{"no resource and no vendor", with(policy.Managed, `-Resource`, `Action="a"`), "16"},
		{"a bad partition, and five parts of it", with(policy.Managed, `Resource=["arn:b:s3:::c","arn:b:s3::c"]`), `Partition "b" is not valid for resource "arn:b:s3:::c".`},
		{"no JSON and more", with(policy.Managed, `-Action`) + "x", "1"},
	} {
		want := tt.want
		if message, ok := identityMessages[want]; ok {
			want = message
		}
		if got := answer(t, policy.Managed, tt.text); got != want {
			t.Errorf("%s: %q, want %q", tt.claim, got, want)
		}
	}
}

// Of several bad resources of a statement the first in the order of their texts is reported (doc/divergences.md).
func TestBadResourcesAreReportedFromTheFirst(t *testing.T) {
	for resources, want := range map[string]string{
		`["a","c","b"]`:                  "a b c",
		`["x","arn:b:c"]`:                "arn:b:c x",
		`["arn:aws","zz","*","arn:b:c"]`: "arn:aws arn:b:c zz",
		`["b","B"]`:                      "B b",
	} {
		var got []string
		for _, e := range policy.Problems(policy.Managed, with(policy.Managed, "Resource="+resources)) {
			got = append(got, e.Subject)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", resources, got, want)
		}
	}
}

func TestVersion2008KeepsVariablesAsText(t *testing.T) {
	// Then ${aws:username} has a colon like any other, which makes another part of the ARN.
	text := `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:iam::${aws:PrincipalAccount}:user/x"}}`
	if got := answer(t, policy.Inline, text); got != identityMessages["12"] {
		t.Errorf("the answer is %q", got)
	}
	d, err := policy.Parse(text)
	if err != nil || d.Variables() {
		t.Errorf("variables are on: %v", err)
	}
}

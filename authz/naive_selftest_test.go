package authz_test

// The naive judge is held to the specification by direct claims, and the generator to the spread it promises, before
// either is used to measure anything else.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Principals and documents of the claims.
const (
	alice   = "arn:aws:iam::111122223333:user/alice"
	app     = "arn:aws:sts::111122223333:assumed-role/app/s1"
	appARN  = "arn:aws:iam::111122223333:role/app"
	fred    = "arn:aws:sts::111122223333:federated-user/fred"
	rootA   = "arn:aws:iam::111122223333:root"
	object  = "arn:aws:s3:::b/k"
	trustee = "arn:aws:iam::111122223333:role/target"
	faraway = "arn:aws:iam::444455556666:role/target"
	key     = "arn:aws:kms:us-east-1:111122223333:key/1"

	allowS3   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	allowEC2  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`
	allowGet  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
	allowAll  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	denyS3    = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`
	rcpAllows = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
)

// grant is a resource policy's document that allows everything to a principal, given as JSON.
func grant(principal string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":"*","Resource":"*"}}`
}

// trusts is a trust policy with one statement: effect, principal and what else is in it.
func trusts(effect, principal, more string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"sts:*"` + more + `}}`
}

func TestNaiveDecisions(t *testing.T) {
	aws := func(name string) string { return `{"AWS":"` + name + `"}` }
	for _, claim := range []struct {
		name, principal, action, resource string
		more                              string // further members of the case
		policies                          string
		decision, layer                   string
	}{
		// evaluation.md §14, by number.
		{"1: allowed by a group, denied by the user's own", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `,` + denyS3 + `]`, "ExplicitDeny", "identity"},
		{"2: a bucket that names the user is not limited by the boundary", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"boundary":` + allowEC2 + `,"resource":` + grant(aws(alice)), "Allow", "resource"},
		{"2: one that names the account is", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"boundary":` + allowEC2 + `,"resource":` + grant(aws(accountA)), "ImplicitDeny", "boundary"},
		{"3: a role ARN is limited by the session policy", app, "s3:PutObject", object, "",
			`"identity":[` + allowS3 + `],"session":[` + allowGet + `],"resource":` + grant(aws(appARN)), "ImplicitDeny", "session"},
		{"3: a session ARN is not", app, "s3:PutObject", object, "",
			`"session":[` + allowGet + `],"resource":` + grant(aws(app)), "Allow", "resource"},
		{"4: every SCP level must allow", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"scp":[[` + allowAll + `],[` + allowEC2 + `]]`, "ImplicitDeny", "scp"},
		{"5: SCPs bind a member's root", rootA, "s3:GetObject", object, "",
			`"scp":[[` + allowAll + `,` + denyS3 + `]]`, "ExplicitDeny", "scp"},
		{"5: but not the management account's", rootA, "s3:GetObject", object, `,"managementAccount":"111122223333"`,
			`"scp":[[` + allowAll + `,` + denyS3 + `]]`, "Allow", "identity"},
		{"6: across accounts the bucket alone does not suffice", alice, "s3:GetObject", object, `,"resourceAccount":"444455556666"`,
			`"resource":` + grant(aws(alice)), "ImplicitDeny", "identity"},
		{"6: nor does the identity policy", alice, "s3:GetObject", object, `,"resourceAccount":"444455556666"`,
			`"identity":[` + allowS3 + `]`, "ImplicitDeny", "resource"},
		{"6: both do", alice, "s3:GetObject", object, `,"resourceAccount":"444455556666"`,
			`"identity":[` + allowS3 + `],"resource":` + grant(aws(alice)), "Allow", "resource"},
		{"7: trust that names the caller suffices in the account", alice, "sts:AssumeRole", trustee, "",
			`"resource":` + trusts("Allow", aws(alice), ""), "Allow", "resource"},
		{"7: not across accounts", alice, "sts:AssumeRole", faraway, "",
			`"resource":` + trusts("Allow", aws(alice), ""), "ImplicitDeny", "identity"},
		{"8: BoolIfExists on a key long-term credentials lack", alice, "sts:AssumeRole", trustee, "",
			`"resource":` + trusts("Deny", aws("*"), `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`), "ExplicitDeny", "resource"},
		{"9: an RCP denies services too", "ec2.amazonaws.com", "sts:AssumeRole", trustee, "",
			`"resource":` + trusts("Allow", `{"Service":"ec2.amazonaws.com"}`, "") + `,"rcp":[[` + rcpAllows + `,{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}}]]`, "ExplicitDeny", "rcp"},
		{"9: unless it exempts them", "ec2.amazonaws.com", "sts:AssumeRole", trustee, `,"context":{"aws:PrincipalIsAWSService":"true"}`,
			`"resource":` + trusts("Allow", `{"Service":"ec2.amazonaws.com"}`, "") + `,"rcp":[[` + rcpAllows + `,{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}}]]`, "Allow", "resource"},
		{"10: a federated session without a policy has no identity path", fred, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `]`, "ImplicitDeny", "session"},
		{"10: but can be named itself", fred, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"resource":` + grant(aws(fred)), "Allow", "resource"},
		{"11: GetCallerIdentity cannot be denied", alice, "sts:GetCallerIdentity", "*", "",
			`"identity":[{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}]`, "Allow", ""},
		{"12: an orphaned id matches no re-created role", app, "sts:AssumeRole", trustee, `,"context":{"aws:userid":"AROANEW:s1"}`,
			`"identity":[` + allowAll + `],"resource":` + trusts("Allow", aws("AROAOLD"), ""), "ImplicitDeny", "resource"},
		{"12: the id matches the role that has it", app, "sts:AssumeRole", trustee, `,"context":{"aws:userid":"AROAOLD:s1"}`,
			`"resource":` + trusts("Allow", aws("AROAOLD"), ""), "Allow", "resource"},
		{"13: without FullAWSAccess only what the other SCP allows", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"scp":[[` + allowGet + `]]`, "Allow", "identity"},
		{"13: and nothing else", alice, "s3:PutObject", object, "",
			`"identity":[` + allowS3 + `],"scp":[[` + allowGet + `]]`, "ImplicitDeny", "scp"},
		{"14: `*` with aws:PrincipalArn bypasses boundary and session", app, "s3:GetObject", object, "",
			`"session":[],"boundary":` + allowEC2 + `,"resource":{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"` + appARN + `"}}}}`, "Allow", "resource"},
		{"15: NotPrincipal with Deny reaches whoever has a boundary", app, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"boundary":` + allowS3 + `,"resource":{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["` + accountA + `","` + appARN + `","` + app + `"]},"Action":"*","Resource":"*"}}`, "ExplicitDeny", "resource"},

		// evaluation.md §2.2, the rest of the table.
		{"account named: adds nothing", alice, "s3:GetObject", object, "", `"resource":` + grant(aws(rootA)), "ImplicitDeny", "identity"},
		{"role ARN named: identity allow not needed", app, "s3:GetObject", object, "", `"resource":` + grant(aws(appARN)), "Allow", "resource"},
		{"role ARN named: the boundary limits", app, "s3:GetObject", object, "",
			`"boundary":` + allowEC2 + `,"resource":` + grant(aws(appARN)), "ImplicitDeny", "boundary"},
		{"federated session: its user named is not enough", fred, "s3:GetObject", object, `,"sessionIssuer":"` + alice + `"`,
			`"resource":` + grant(aws(alice)), "ImplicitDeny", "session"},
		{"federated session: its user named, session policy allows", fred, "s3:GetObject", object, `,"sessionIssuer":"` + alice + `"`,
			`"session":[` + allowS3 + `],"resource":` + grant(aws(alice)), "Allow", "resource"},
		{"service principal", "lambda.amazonaws.com", "s3:GetObject", object, "", `"resource":` + grant(`{"Service":"lambda.amazonaws.com"}`), "Allow", "resource"},
		{"another service principal", "lambda.amazonaws.com", "s3:GetObject", object, "", `"resource":` + grant(`{"Service":"ec2.amazonaws.com"}`), "ImplicitDeny", "resource"},
		{"anonymous through `*`", "anonymous", "s3:GetObject", object, "", `"resource":` + grant(`"*"`), "Allow", "resource"},
		{"anonymous otherwise", "anonymous", "s3:GetObject", object, "", `"resource":` + grant(aws(accountA)), "ImplicitDeny", "resource"},

		// Trust and keys: evaluation.md §3, doc/language.md 24, 31, 32.
		{"trust: identity alone", alice, "sts:AssumeRole", trustee, "", `"identity":[` + allowAll + `]`, "ImplicitDeny", "resource"},
		{"trust: the account, and identity", alice, "sts:AssumeRole", trustee, "", `"identity":[` + allowAll + `],"resource":` + trusts("Allow", aws(accountA), ""), "Allow", "resource"},
		{"trust: the account, without identity", alice, "sts:AssumeRole", trustee, "", `"resource":` + trusts("Allow", aws(accountA), ""), "ImplicitDeny", "identity"},
		{"trust: a role does not trust itself", app, "sts:AssumeRole", appARN, "", `"identity":[` + allowAll + `],"resource":` + trusts("Allow", aws(alice), ""), "ImplicitDeny", "resource"},
		{"trust: root may not assume roles", rootA, "sts:AssumeRole", trustee, "", `"resource":` + trusts("Allow", aws(rootA), ""), "ImplicitDeny", ""},
		{"trust: the web identity's provider", "accounts.google.com", "sts:AssumeRoleWithWebIdentity", trustee, "", `"resource":` + trusts("Allow", `{"Federated":"accounts.google.com"}`, ""), "Allow", "resource"},
		{"trust: `*` does not grant to a web identity", "accounts.google.com", "sts:AssumeRoleWithWebIdentity", trustee, "", `"resource":` + trusts("Allow", aws("*"), ""), "ImplicitDeny", "resource"},
		{"trust: but denies it", samlIDP, "sts:AssumeRoleWithSAML", trustee, "", `"resource":` + trusts("Deny", aws("*"), ""), "ExplicitDeny", "resource"},
		{"trust: anonymous callers are not in `*`", "anonymous", "sts:AssumeRoleWithSAML", trustee, "", `"resource":` + trusts("Allow", aws("*"), ""), "ImplicitDeny", "resource"},
		{"key: root needs the key policy", rootA, "kms:Decrypt", key, "", ``, "ImplicitDeny", "resource"},
		{"key: its account named", rootA, "kms:Decrypt", key, "", `"resource":` + grant(aws(accountA)), "Allow", "resource"},
		{"key: an alias needs none", rootA, "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:alias/k", "", ``, "Allow", "identity"},

		// Root, service-linked roles, RCPs: evaluation.md §6 and §13, doc/language.md 34 and 35.
		{"root in its account", rootA, "s3:GetObject", object, "", ``, "Allow", "identity"},
		{"root: identity policies and boundaries do not reach it", rootA, "s3:GetObject", object, "", `"identity":[` + denyS3 + `],"boundary":` + denyS3, "Allow", "identity"},
		{"root: an AssumeRoot session can do what its task policy says", rootA, "s3:GetObject", object, `,"context":{"aws:AssumedRoot":"true"}`, `"session":[` + allowGet + `]`, "Allow", "identity"},
		{"root: and without one nothing", rootA, "s3:GetObject", object, `,"context":{"aws:AssumedRoot":"true"}`, `"resource":` + grant(aws("*")), "ImplicitDeny", "session"},
		{"a service-linked role is beyond SCPs and RCPs", linkedRole, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"scp":[[` + denyS3 + `]],"rcp":[[]]`, "Allow", "identity"},
		{"its name alone proves nothing", "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s", "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"scp":[[` + denyS3 + `]]`, "ExplicitDeny", "scp"},
		{"an RCP level without an Allow", alice, "s3:GetObject", object, "", `"identity":[` + allowS3 + `],"rcp":[[` + rcpAllows + `],[]]`, "ImplicitDeny", "rcp"},
		{"RCPs of a service that does not support them", alice, "iam:GetUser", alice, "", `"identity":[` + allowAll + `],"rcp":[[]]`, "Allow", "identity"},
		{"RCPs pass over kms:RetireGrant", alice, "kms:RetireGrant", key, "", `"resource":` + grant(aws(alice)) + `,"rcp":[[]]`, "Allow", "resource"},
		{"RCPs pass over the management account's resources", alice, "s3:GetObject", object, `,"resourceAccount":"444455556666","managementAccount":"444455556666"`,
			`"identity":[` + allowS3 + `],"resource":` + grant(aws(alice)) + `,"rcp":[[]]`, "Allow", "resource"},
		{"the endpoint policy must allow", alice, "s3:GetObject", object, "", `"identity":[` + allowS3 + `],"endpoint":` + grant(aws(accountB)), "ImplicitDeny", "endpoint"},
		{"the endpoint policy allows the account", alice, "s3:GetObject", object, "", `"identity":[` + allowS3 + `],"endpoint":` + grant(aws(accountA)), "Allow", "identity"},

		// NotPrincipal, Federated, CanonicalUser, ACL: doc/language.md 27 to 29 and 37.
		{"NotPrincipal: a user needs account and user listed", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"resource":{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["` + accountA + `","` + alice + `"]},"Action":"*","Resource":"*"}}`, "Allow", "identity"},
		{"NotPrincipal: the user alone does not do", alice, "s3:GetObject", object, "",
			`"identity":[` + allowS3 + `],"resource":{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"` + alice + `"},"Action":"*","Resource":"*"}}`, "ExplicitDeny", "resource"},
		{"NotPrincipal with Allow grants to everyone else", "anonymous", "s3:GetObject", object, "",
			`"resource":{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"` + alice + `"},"Action":"*","Resource":"*"}}`, "Allow", "resource"},
		{"a session through the provider named is limited like one of its role", app, "s3:GetObject", object, `,"context":{"aws:FederatedProvider":"accounts.google.com"}`,
			`"session":[],"resource":` + grant(`{"Federated":"accounts.google.com"}`), "ImplicitDeny", "session"},
		{"a canonical id is the account", alice, "s3:GetObject", object, `,"canonicalUser":"` + canonicalA + `","resourceAccount":"444455556666"`,
			`"identity":[` + allowS3 + `],"resource":` + grant(`{"CanonicalUser":"`+canonicalA+`"}`), "Allow", "resource"},
		{"an ACL for all", "anonymous", "s3:getobject", object, "", `"acl":[{"grantee":"AllUsers","permission":"READ"}]`, "Allow", "acl"},
		{"an ACL for those who signed", "anonymous", "s3:GetObject", object, "", `"acl":[{"grantee":"AuthenticatedUsers","permission":"READ"}]`, "ImplicitDeny", "resource"},
		{"an ACL for the account, across accounts", alice, "s3:GetObject", object, `,"resourceAccount":"444455556666"`,
			`"identity":[` + allowS3 + `],"acl":[{"grantee":"111122223333","permission":"FULL_CONTROL"}]`, "Allow", "acl"},
		{"READ of an object does not list", "anonymous", "s3:ListBucket", object, "", `"acl":[{"grantee":"AllUsers","permission":"READ"}]`, "ImplicitDeny", "resource"},
	} {
		text := `{"principal":"` + claim.principal + `","action":"` + claim.action + `","resource":"` + claim.resource + `"` +
			claim.more + `,"policies":{` + claim.policies + `}}`
		if decision, layer := naiveDecide([]byte(text)); decision != claim.decision || layer != claim.layer {
			t.Errorf("%s: %s %q, want %s %q\n%s", claim.name, decision, layer, claim.decision, claim.layer, text)
		}
	}
}

func TestNaiveConditions(t *testing.T) {
	for _, claim := range []struct {
		condition, context string
		want               bool
	}{
		// policy-language.md §11, the evaluation vectors.
		{`{"StringNotEquals":{"k":["a","b"]}}`, `{"k":"c"}`, true},
		{`{"StringNotEquals":{"k":["a","b"]}}`, `{"k":"a"}`, false},
		{`{"StringEquals":{"aws:TagKeys":"x"}}`, `{"aws:TagKeys":["x"]}`, false},
		{`{"StringEquals":{"aws:TagKeys":"x"}}`, `{"aws:TagKeys":"x"}`, false},
		{`{"ArnLike":{"k":"arn:aws:dynamodb:*:table/x"}}`, `{"k":"arn:aws:dynamodb:us-east-1:111122223333:table/x"}`, false},
		{`{"IpAddress":{"k":"10.0.0.0/8"}}`, `{"k":"::1"}`, false},
		{`{"NotIpAddress":{"k":"10.0.0.0/8"}}`, `{"k":"::1"}`, true},
		{`{"StringLike":{"k":"${aws:PrincipalTag/t}"}}`, `{"k":"x","aws:PrincipalTag/t":"*"}`, false},
		{`{"StringLike":{"k":"${aws:PrincipalTag/t}"}}`, `{"k":"*","aws:PrincipalTag/t":"*"}`, true},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, `{}`, false},
		{`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, `{}`, true},
		{`{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`, `{}`, false},

		// doc/language.md 1 to 6 and the table of operators.
		{`{"StringNotEquals":{"k":"a"}}`, `{"k":["b"]}`, true},
		{`{"StringEqualsIfExists":{"k":"a"}}`, `{"k":[]}`, false},
		{`{"ForAllValues:StringEquals":{"k":["a","b"]}}`, `{"k":["a","c"]}`, false},
		{`{"ForAllValues:StringNotEquals":{"k":"a"}}`, `{"k":["b","c"]}`, true},
		{`{"ForAllValues:StringEquals":{"k":"a"}}`, `{}`, true},
		{`{"ForAnyValue:StringEquals":{"k":"a"}}`, `{"k":["a","c"]}`, true},
		{`{"ForAnyValue:StringNotEquals":{"k":"a"}}`, `{"k":["a","c"]}`, true},
		{`{"ForAnyValue:StringNotEquals":{"k":"a"}}`, `{}`, false},
		{`{"foranyvalue:stringnotequalsIFEXISTS":{"k":"a"}}`, `{}`, true},
		{`{"ForAnyValue:StringEqualsIfExists":{"k":"a"}}`, `{"k":[]}`, false},
		{`{"Null":{"k":"true"}}`, `{"k":[]}`, true},
		{`{"Null":{"K":false}}`, `{"k":["a"]}`, true},
		{`{"StringEquals":{"k":[]}}`, `{"k":"a"}`, false},
		{`{"StringNotEquals":{"k":[]}}`, `{"k":"a"}`, true},
		{`{"x":{},"StringEquals":{}}`, `{}`, true},
		{`{}`, `{}`, true},

		// doc/language.md 7: numbers.
		{`{"NumericEquals":{"k":1.50}}`, `{"k":"1.5"}`, true},
		{`{"NumericEquals":{"k":"1e2"}}`, `{"k":"0100."}`, true},
		{`{"NumericEquals":{"k":"-0"}}`, `{"k":0}`, true},
		{`{"NumericLessThan":{"k":"1e999999999999999999999"}}`, `{"k":"1e999999999999999999998"}`, true},
		{`{"NumericLessThan":{"k":"0.1"}}`, `{"k":"0.0999999999999999999999999"}`, true},
		{`{"NumericGreaterThan":{"k":"-2"}}`, `{"k":"-1.5"}`, true},
		{`{"NumericNotEquals":{"k":["NaN","0x1"]}}`, `{"k":"1"}`, true},
		{`{"NumericEquals":{"k":"."}}`, `{"k":"0"}`, false},

		// doc/language.md 8: dates.
		{`{"DateEquals":{"k":"2026-01-02T05:04:05+02"}}`, `{"k":"1767323045"}`, true},
		{`{"DateEquals":{"k":"2026-03-03"}}`, `{"k":"2026-02-31T"}`, true},
		{`{"DateEquals":{"k":"2026"}}`, `{"k":"1970-01-01T00:33:46Z"}`, true},
		{`{"DateLessThan":{"k":"2026-01-02T03:04:05.000000001"}}`, `{"k":"2026-01-02t3:4:5z"}`, true},
		{`{"DateLessThan":{"k":"0"}}`, `{"k":"-292275054"}`, true},
		{`{"DateLessThan":{"k":"9223372036854775807"}}`, `{"k":"292278993-12-31T23:59:59Z"}`, true},
		{`{"DateNotEquals":{"k":["2026-13","234-13","2026-01-02T03+2","2026-01-02T03:04:05.0123456789","292278994-01"]}}`, `{"k":"2026-01-01"}`, true},
		{`{"DateEquals":{"k":"1600-02-29T00:00:00-23:59"}}`, `{"k":"1600-02-29T23:59"}`, true},
		{`{"DateEquals":{"k":"0000-03-01"}}`, `{"k":"0-2-30"}`, true},
		{`{"DateEquals":{"k":"-0001-12-31T23:59:59-00:01"}}`, `{"k":"0-1-1T0:0:59"}`, true},

		// doc/language.md 9 to 14.
		{`{"IpAddress":{"k":"10.9.9.9/8"}}`, `{"k":"::ffff:10.1.2.3"}`, true},
		{`{"IpAddress":{"k":"::/0"}}`, `{"k":"10.1.2.3"}`, false},
		{`{"IpAddress":{"k":"2001:db8::/33"}}`, `{"k":"2001:db8:7fff::1"}`, true},
		{`{"IpAddress":{"k":["10.1.2.03","10.1.2.3/08","10.1.2.3/33"]}}`, `{"k":"10.1.2.3"}`, false},
		{`{"Bool":{"k":"TRUE"}}`, `{"k":true}`, true},
		{`{"Bool":{"k":"yes"}}`, `{"k":"yes"}`, false},
		{`{"BinaryEquals":{"k":"QUI="}}`, `{"k":"QUI="}`, true},
		{`{"BinaryEquals":{"k":"QUI"}}`, `{"k":"QUI"}`, false},
		{`{"StringEqualsIgnoreCase":{"k":"KELVIN"}}`, `{"k":"\u212Aelvin"}`, true},
		{`{"ArnEquals":{"k":"arn:aws:s3:::b*"}}`, `{"k":"arn:aws:s3:::b:c"}`, true},
		{`{"ArnNotLike":{"k":"arn:aws:s3:::*"}}`, `{"k":"topic"}`, true},
		{`{"StringLike":{"k":"?x"}}`, `{"k":"日x"}`, true},

		// doc/language.md 16 to 19: variables.
		{`{"StringEquals":{"k":"${none, 'it''s}*'}"}}`, `{"k":"x"}`, false},
		{`{"StringEquals":{"k":"${none, 'a*'}"}}`, `{"k":"a*"}`, true},
		{`{"StringLike":{"k":"a${*}${?}${$}{*"}}`, `{"k":"a*?${b"}`, true},
		{`{"StringNotEquals":{"k":"${none}"}}`, `{"k":"a"}`, true},
		{`{"StringEquals":{"k":"${aws:TagKeys, 'd'}"}}`, `{"k":"d","aws:TagKeys":["t"]}`, true},
		{`{"StringEquals":{"k":"${open"}}`, `{"k":"${open"}`, true},
		{`{"Bool":{"k":"${flag}"}}`, `{"k":"true","flag":"TRUE"}`, true},
		{`{"NumericEquals":{"k":"${n}"}}`, `{"k":"1","n":"1"}`, false},
	} {
		text := `{"principal":"` + alice + `","action":"s3:GetObject","resource":"*","context":` + claim.context +
			`,"policies":{"identity":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + claim.condition + `}}]}}`
		decision, _ := naiveDecide([]byte(text))
		if got := decision == "Allow"; got != claim.want {
			t.Errorf("%s with %s is %v, want %v", claim.condition, claim.context, got, claim.want)
		}
	}
}

func TestNaivePatterns(t *testing.T) {
	const table = "arn:aws:dynamodb:us-east-1:111122223333:table/x"
	for _, claim := range []struct {
		layer    string // the kind of policy: identity or scp
		entry    string // the statement's elements beside effect and principal
		action   string
		resource string
		want     bool
	}{
		// Actions: policy-language.md §3.
		{"identity", `"Action":"S3:get*","Resource":"*"`, "s3:GetObject", object, true},
		{"identity", `"Action":"s3:Get?Object","Resource":"*"`, "s3:GetObject", object, false},
		{"identity", `"Action":"s3:GetObject ","Resource":"*"`, "s3:GetObject", object, false},
		{"identity", `"NotAction":["iam:*","sts:*"],"Resource":"*"`, "s3:GetObject", object, true},
		{"identity", `"NotAction":"S3:GET*","Resource":"*"`, "s3:GetObject", object, false},
		{"identity", `"Resource":"*"`, "s3:GetObject", object, false},

		// Resources: policy-language.md §4 and doc/language.md 20 to 23.
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:*:table/x"`, "dynamodb:GetItem", table, true},
		{"scp", `"Action":"*","Resource":"arn:aws:dynamodb:*:table/x"`, "dynamodb:GetItem", table, true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:*"`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3"`, "s3:GetObject", object, true},
		{"scp", `"Action":"*","Resource":"arn:aws:s3"`, "s3:GetObject", object, false},
		{"scp", `"Action":"*","Resource":"arn:aws:s?"`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":"arn:aws:*:b/k"`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:u*1:table/x"`, "dynamodb:GetItem", table, false},
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:us-east-1:*:x"`, "dynamodb:GetItem", table, false},
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:*:*:table/*"`, "dynamodb:GetItem", table, true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:*:*:*:b/k"`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::b/?"`, "s3:GetObject", "arn:aws:s3:::b/日", true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::B/k"`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::b/[a-z]"`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","Resource":[null,"arn:aws:s3:::b/*"]`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":[null]`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","Resource":"arn:aws:*"`, "s3:ListAllMyBuckets", "*", false},
		{"identity", `"Action":"*","Resource":"?"`, "s3:ListAllMyBuckets", "*", true},
		{"identity", `"Action":"*"`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","NotResource":"arn:aws:s3:::b/*"`, "s3:GetObject", object, false},

		// Variables: policy-language.md §6 and §11 (e), doc/language.md 17 to 19.
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::${aws:username}/*"`, "s3:GetObject", "arn:aws:s3:::alice/k", true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::b/${none}"`, "s3:GetObject", object, false},
		{"identity", `"Action":"*","NotResource":"arn:aws:s3:::b/${none}"`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:*:${aws:PrincipalAccount}:table/x"`, "dynamodb:GetItem", table, true},
		{"identity", `"Action":"*","Resource":"arn:aws:dynamodb:us-east-1${none, ':111122223333'}:table/x"`, "dynamodb:GetItem", table, false},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::b/${none, 'k'}"`, "s3:GetObject", object, true},
		{"identity", `"Action":"*","Resource":"arn:aws:s3:::b/${*}"`, "s3:GetObject", object, false},
	} {
		policies := `"identity":[{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + claim.entry + `}}]`
		if claim.layer == "scp" {
			policies = `"identity":[` + allowAll + `],"scp":[[{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + claim.entry + `}}]]`
		}
		text := `{"principal":"` + alice + `","action":"` + claim.action + `","resource":"` + claim.resource +
			`","resourceAccount":"111122223333","policies":{` + policies + `}}`
		decision, _ := naiveDecide([]byte(text))
		if got := decision == "Allow"; got != claim.want {
			t.Errorf("%s: {%s} for %s on %s is %v, want %v", claim.layer, claim.entry, claim.action, claim.resource, got, claim.want)
		}
	}
}

// A 2008 document has no variables (policy-language.md §6).
func TestNaiveVariablesNeedTheirVersion(t *testing.T) {
	const text = `{"principal":"` + alice + `","action":"s3:GetObject","resource":"arn:aws:s3:::b/${aws:username}",
		"policies":{"identity":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}]}}`
	if decision, _ := naiveDecide([]byte(text)); decision != "Allow" {
		t.Errorf("without a Version, ${aws:username} is %s, want plain text", decision)
	}
}

// The generator keeps the bounds that a strict parser sets, and its cases are spread over decisions and layers.
func TestGenerator(t *testing.T) {
	const cases = 20_000
	var s statistics
	for seed := range cases / casesPerBundle {
		for _, text := range bundles.Example(seed).cases {
			if err := uniqueMembers(text); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if err := acceptable(text); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			decision, layer := naiveDecide(text)
			s.add(text, decision, layer)
		}
		s.observe(bundles.Example(seed).cases[0])
	}
	s.log(t)
	for _, decision := range []string{"Allow", "ExplicitDeny", "ImplicitDeny"} {
		if n := s.decided(decision); n < cases*15/100 {
			t.Errorf("%s is decided %d times of %d, want at least 15%%", decision, n, cases)
		}
	}
	for _, layer := range []string{"scp", "rcp", "endpoint", "resource", "identity", "boundary", "session"} {
		for _, decision := range []string{"ExplicitDeny", "ImplicitDeny"} {
			if s.decisions[[2]string{decision, layer}] < cases/1000 {
				t.Errorf("%s by %s is decided %d times of %d", decision, layer, s.decisions[[2]string{decision, layer}], cases)
			}
		}
	}
	for _, layer := range []string{"resource", "identity", "acl", ""} {
		if s.decisions[[2]string{"Allow", layer}] < cases/1000 {
			t.Errorf("Allow by %q is decided %d times of %d", layer, s.decisions[[2]string{"Allow", layer}], cases)
		}
	}
	for name := range naiveOperators {
		use := s.operators[name]
		if use == nil || min(use.plain, use.ifExists, use.forAll, use.forAny) < cases/200 {
			t.Errorf("%s is used too seldom: %+v", name, use)
		} else if use.held == 0 || use.failed == 0 {
			t.Errorf("%s always comes out the same: %+v", name, use)
		}
	}
	if use := s.operators["null"]; use == nil || use.plain < cases/20 || use.held == 0 || use.failed == 0 {
		t.Errorf("Null is used too seldom, or always comes out the same: %+v", use)
	}
}

// uniqueMembers reports an object that names a member twice, also if only the case of ASCII letters differs.
func uniqueMembers(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value func() error
	value = func() error {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		delimiter, nested := token.(json.Delim)
		if !nested {
			return nil
		}
		seen := map[string]bool{}
		for decoder.More() {
			if delimiter == '{' {
				name, err := decoder.Token()
				if err != nil {
					return err
				}
				if folded := naiveLower(name.(string)); seen[folded] {
					return fmt.Errorf("%q twice in an object", name)
				} else {
					seen[folded] = true
				}
			}
			if err := value(); err != nil {
				return err
			}
		}
		_, err = decoder.Token() // the closing bracket
		return err
	}
	if err := value(); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("text after the case: %v", err)
	}
	return nil
}

// acceptable reports a document that breaks the grammar of policy-language.md §1 where the judge relies on it.
func acceptable(text []byte) error {
	var raw struct{ Policies map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // 1e400 is a number of the language, though not of float64
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	var firstError error
	complain := func(format string, values ...any) {
		if firstError == nil {
			firstError = fmt.Errorf(format, values...)
		}
	}
	for layer, policies := range raw.Policies {
		if layer == "acl" {
			continue
		}
		withPrincipal := layer == "resource" || layer == "endpoint" || layer == "rcp"
		eachStatement(policies, func(statement map[string]any) {
			if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
				complain("effect %v", effect)
			}
			_, action := statement["Action"]
			_, notAction := statement["NotAction"]
			if action == notAction {
				complain("not exactly one of Action and NotAction")
			}
			_, principal := statement["Principal"]
			_, notPrincipal := statement["NotPrincipal"]
			if (principal || notPrincipal) && !withPrincipal || principal && notPrincipal {
				complain("principals in %s", layer)
			}
			for _, element := range []string{"Action", "NotAction", "Resource", "NotResource"} {
				if value, present := statement[element]; present {
					entries := naiveList(value)
					if len(entries) == 0 {
						complain("empty %s", element)
					}
					for _, entry := range entries {
						_, isText := entry.(string)
						null := entry == nil && strings.HasSuffix(element, "Resource")
						if entry == "" || !isText && !null {
							complain("%s holds %v", element, entry)
						}
					}
				}
			}
		})
	}
	return firstError
}

// eachStatement visits every statement of decoded policies.
func eachStatement(value any, visit func(statement map[string]any)) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			eachStatement(one, visit)
		}
	case map[string]any:
		statements, isDocument := v["Statement"]
		if !isDocument {
			for _, one := range v {
				eachStatement(one, visit)
			}
			return
		}
		for _, statement := range naiveList(statements) {
			visit(statement.(map[string]any))
		}
	}
}

// drawBundle works as a draw of a property test, and its bundles are whole.
func TestDrawBundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if b := drawBundle(t); len(b.cases) != casesPerBundle {
			t.Fatalf("%d cases in a bundle, want %d", len(b.cases), casesPerBundle)
		}
	})
}

// BenchmarkGenerate gives the time of one case, not of a bundle.
func BenchmarkGenerate(b *testing.B) {
	for n := 0; n < b.N; n += casesPerBundle {
		bundles.Example(n)
	}
}

func BenchmarkNaive(b *testing.B) {
	var cases [][]byte
	for seed := range 100 {
		cases = append(cases, bundles.Example(seed).cases...)
	}
	b.ResetTimer()
	for n := range b.N {
		naiveDecide(cases[n%len(cases)])
	}
}

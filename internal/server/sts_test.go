package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/fault"
)

// role makes a role that a principal may assume, with a policy, and returns its ARN.
func (w *world) role(root credentials, name, trust, policy string, more ...string) string {
	w.t.Helper()
	a := w.must(root, "iam", "CreateRole", append([]string{"RoleName", name, "AssumeRolePolicyDocument", trust}, more...)...)
	if policy != "" {
		w.must(root, "iam", "PutRolePolicy", "RoleName", name, "PolicyName", "p", "PolicyDocument", policy)
	}
	return a.field("Arn")
}

func TestAssumeRole(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"))
	arn := w.role(root, "reader", trusts(id, ""), allow("*", "iam:ListUsers", "sts:*"), "Path", "/team/", "MaxSessionDuration", "7200")

	t.Run("the session is what it says", func(t *testing.T) {
		a := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "one", "DurationSeconds", "7200")
		if got, want := a.field("Arn"), "arn:aws:sts::"+id+":assumed-role/reader/one"; got != want {
			t.Errorf("ARN %s, want %s", got, want)
		}
		if got := a.field("Expiration"); got != "2026-03-01T14:00:00Z" {
			t.Errorf("it ends at %s", got)
		}
		if strings.Contains(a.body, "PackedPolicySize") {
			t.Error("PackedPolicySize without policy and tags")
		}
		who := w.must(a.session(), "sts", "GetCallerIdentity")
		if who.field("Arn") != "arn:aws:sts::"+id+":assumed-role/reader/one" || !strings.HasSuffix(who.field("UserId"), ":one") || !strings.HasPrefix(who.field("UserId"), "AROA") {
			t.Errorf("the session is %s %s", who.field("UserId"), who.field("Arn"))
		}
		w.must(a.session(), "iam", "ListUsers")
		w.refused(a.session(), fault.AccessDenied, "*no identity-based policy allows the iam:ListRoles action", "iam", "ListRoles")
	})

	t.Run("what is refused", func(t *testing.T) {
		missing := "arn:aws:iam::" + id + ":role/missing"
		nobody := w.user(root, "nobody", "")
		for _, test := range []struct {
			who           credentials
			code, message string
			values        []string
		}{
			{alice, "ValidationError", "nonsense-nonsense-nonsense is invalid", []string{"RoleArn", "nonsense-nonsense-nonsense"}},
			{alice, "AccessDenied", "User: arn:aws:iam::" + id + ":user/alice is not authorized to perform: sts:AssumeRole on resource: " + missing + "*", []string{"RoleArn", missing}},
			// The roles name alone is not its ARN.
			{alice, "AccessDenied", "*", []string{"RoleArn", "arn:aws:iam::" + id + ":role/reader"}},
			{nobody, "AccessDenied", "*", nil},
			{root, "AccessDenied", "Roles may not be assumed by root accounts.", nil},
			{alice, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", []string{"DurationSeconds", "7201"}},
			{alice, "ValidationError", "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900", []string{"DurationSeconds", "899"}},
			{alice, "ValidationError", "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: *", []string{"RoleSessionName", "a b"}},
			{alice, "MalformedPolicyDocument", "*", []string{"Policy", `{"Version":"2012-10-17"}`}},
			{alice, "ValidationError", "*", []string{"PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/Nothing"}},
			{alice, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
				[]string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "1", "Tags.member.2.Key", "A", "Tags.member.2.Value", "2"}},
			{alice, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.", []string{"TransitiveTagKeys.member.1", "a"}},
			{alice, "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.", []string{"TokenCode", "123456"}},
			{alice, "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
				[]string{"TokenCode", "123456", "SerialNumber", "arn:aws:iam::" + id + ":mfa/alice"}},
			{alice, "PackedPolicyTooLarge", "Packed policy consumes *% of allotted space, please use smaller policy.", []string{"Policy", allow("arn:aws:s3:::"+strings.Repeat("x", 4000), "s3:GetObject")}},
		} {
			values := append([]string{"RoleArn", arn, "RoleSessionName", "session"}, test.values...)
			w.refused(test.who, test.code, test.message, "sts", "AssumeRole", values...)
		}
	})

	t.Run("the session ends", func(t *testing.T) {
		session := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "session", "DurationSeconds", "900").session()
		w.now = w.now.Add(899 * time.Second)
		w.must(session, "sts", "GetCallerIdentity")
		w.now = w.now.Add(time.Second)
		w.refused(session, fault.ExpiredToken, "The security token included in the request is expired", "sts", "GetCallerIdentity")
	})

	t.Run("deleting the role ends its sessions, and a new one of its name does not revive them", func(t *testing.T) {
		brief := w.role(root, "brief", trusts(id, ""), "")
		session := w.must(alice, "sts", "AssumeRole", "RoleArn", brief, "RoleSessionName", "session").session()
		w.must(root, "iam", "DeleteRole", "RoleName", "brief")
		w.refused(session, fault.InvalidClientTokenID, "*", "sts", "GetCallerIdentity")
		w.role(root, "brief", trusts(id, ""), "")
		w.refused(session, fault.InvalidClientTokenID, "*", "sts", "GetCallerIdentity")
	})
}

func TestSessionPoliciesOnlyTakeAway(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "sts:AssumeRole"))
	arn := w.role(root, "admin", trusts(id, ""), allow("*", "iam:*"))
	session := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "session", "Policy", allow("*", "iam:GetUser", "s3:*")).session()
	w.must(session, "iam", "GetUser", "UserName", "alice")
	// security.md S016: nothing of one's own is free of the session policy.
	for _, call := range [][]string{
		{"CreateAccessKey", "UserName", "alice"}, {"ListAccessKeys", "UserName", "alice"}, {"UpdateAccessKey", "UserName", "alice", "AccessKeyId", alice.id, "Status", "Inactive"},
		{"DeleteAccessKey", "UserName", "alice", "AccessKeyId", alice.id}, {"PutUserPolicy", "UserName", "alice", "PolicyName", "x", "PolicyDocument", allow("*", "*")}, {"ListUsers"},
	} {
		w.refused(session, fault.AccessDenied, "*because no session policy allows the iam:"+call[0]+" action", "iam", call[0], call[1:]...)
	}
	// Only the managed policy's default version counts, and its deletion ends the session rather than its limits.
	managed := w.must(root, "iam", "CreatePolicy", "PolicyName", "limit", "PolicyDocument", allow("*", "iam:ListUsers")).field("Arn")
	limited := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "session", "PolicyArns.member.1.arn", managed).session()
	w.must(limited, "iam", "ListUsers")
	w.refused(limited, fault.AccessDenied, "*no session policy*", "iam", "ListRoles")
	w.must(root, "iam", "DeletePolicy", "PolicyArn", managed)
	w.refused(limited, fault.AccessDenied, "*", "iam", "ListUsers")
}

func TestTrustDecidesWithTheFactsOfTheCall(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	_, foreignRoot := w.account()
	foreign := w.user(foreignRoot, "bob", allow("*", "sts:*"))
	alice := w.user(root, "alice", allow("*", "sts:*"))
	external := w.role(root, "external", trusts("*", `{"StringEquals":{"sts:ExternalId":"x1"}}`), "")
	assume := func(arn string, more ...string) []string {
		return append([]string{"RoleArn", arn, "RoleSessionName", "session"}, more...)
	}
	w.must(foreign, "sts", "AssumeRole", assume(external, "ExternalId", "x1")...)
	w.refused(foreign, fault.AccessDenied, "*", "sts", "AssumeRole", assume(external, "ExternalId", "x2")...)
	w.refused(foreign, fault.AccessDenied, "*", "sts", "AssumeRole", assume(external)...)

	named := w.role(root, "named", trusts("*", `{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}`), "")
	w.must(alice, "sts", "AssumeRole", "RoleArn", named, "RoleSessionName", "alice")
	w.refused(alice, fault.AccessDenied, "*", "sts", "AssumeRole", "RoleArn", named, "RoleSessionName", "bob")

	own := w.role(root, "own", trusts(id, ""), "")
	w.must(alice, "sts", "AssumeRole", assume(own)...)
	// Another account's principal is not the account's own, whatever it is allowed at home.
	w.refused(foreign, fault.AccessDenied, "User: * is not authorized to perform: sts:AssumeRole on resource: "+own, "sts", "AssumeRole", assume(own)...)

	untagged := w.role(root, "untagged", strings.ReplaceAll(trusts(id, ""), `,"sts:TagSession"`, ""), "")
	w.must(alice, "sts", "AssumeRole", assume(untagged)...)
	w.refused(alice, fault.AccessDenied, "*sts:TagSession*", "sts", "AssumeRole", assume(untagged, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")...)
	unsourced := w.role(root, "unsourced", strings.ReplaceAll(trusts(id, ""), `,"sts:SetSourceIdentity"`, ""), "")
	w.refused(alice, fault.AccessDenied, "*sts:SetSourceIdentity*", "sts", "AssumeRole", assume(unsourced, "SourceIdentity", "alice")...)

	tagged := w.role(root, "tagged", trusts(id, `{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`), "")
	w.must(alice, "sts", "AssumeRole", assume(tagged, "Tags.member.1.Key", "team", "Tags.member.1.Value", "blue")...)
	w.refused(alice, fault.AccessDenied, "*", "sts", "AssumeRole", assume(tagged, "Tags.member.1.Key", "team", "Tags.member.1.Value", "red")...)
}

func TestChains(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "sts:*"))
	all := allow("*", "sts:*", "iam:ListUsers")
	first := w.role(root, "first", trusts(id, ""), all, "MaxSessionDuration", "43200")
	second := w.role(root, "second", trusts(id, ""), all, "MaxSessionDuration", "43200", "Tags.member.1.Key", "team", "Tags.member.1.Value", "roles")
	third := w.role(root, "third", trusts(id, `{"StringEquals":{"aws:PrincipalTag/team":"blue","sts:SourceIdentity":"alice"},"Null":{"aws:PrincipalTag/plain":"true"}}`), all)

	one := w.must(alice, "sts", "AssumeRole", "RoleArn", first, "RoleSessionName", "one", "SourceIdentity", "alice",
		"Tags.member.1.Key", "team", "Tags.member.1.Value", "blue", "Tags.member.2.Key", "plain", "Tags.member.2.Value", "x", "TransitiveTagKeys.member.1", "team").session()
	w.refused(one, fault.InvalidParameterValue, "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
		"sts", "AssumeRole", "RoleArn", second, "RoleSessionName", "two", "Tags.member.1.Key", "TEAM", "Tags.member.1.Value", "red")
	w.refused(one, fault.AccessDenied, "*", "sts", "AssumeRole", "RoleArn", second, "RoleSessionName", "two", "SourceIdentity", "bob")
	w.refused(one, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
		"sts", "AssumeRole", "RoleArn", second, "RoleSessionName", "two", "DurationSeconds", "3601")
	a := w.must(one, "sts", "AssumeRole", "RoleArn", second, "RoleSessionName", "two")
	if a.field("SourceIdentity") != "alice" {
		t.Errorf("the source identity is %q", a.field("SourceIdentity"))
	}
	// The transitive tag is there still, hides the roles own, and the other one is gone.
	w.must(a.session(), "sts", "AssumeRole", "RoleArn", third, "RoleSessionName", "three")
	w.refused(alice, fault.AccessDenied, "*", "sts", "AssumeRole", "RoleArn", third, "RoleSessionName", "three", "SourceIdentity", "alice")
}

// TestWhatEachSessionMayCall is the table of sts.md §3.
func TestWhatEachSessionMayCall(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "*"))
	arn := w.role(root, "r", trusts(id, ""), allow("*", "*"))
	role := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "session").session()
	token := w.must(alice, "sts", "GetSessionToken").session()
	federated := w.must(alice, "sts", "GetFederationToken", "Name", "fred", "Policy", allow("*", "*")).session()
	rootToken := w.must(root, "sts", "GetSessionToken", "DurationSeconds", "129600")
	if got := rootToken.field("Expiration"); got != "2026-03-01T13:00:00Z" {
		t.Errorf("the root user's session ends at %s, want it cut to an hour", got)
	}
	calls := map[string][]string{
		"ListUsers": {"iam", "ListUsers"}, "GetCallerIdentity": {"sts", "GetCallerIdentity"}, "GetSessionToken": {"sts", "GetSessionToken"},
		"GetFederationToken": {"sts", "GetFederationToken", "Name", "eve"}, "AssumeRole": {"sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "next"},
		"GetAccessKeyInfo": {"sts", "GetAccessKeyInfo", "AccessKeyId", alice.id},
	}
	for _, test := range []struct {
		name string
		who  credentials
		may  string
	}{
		{"a user", alice, "ListUsers GetCallerIdentity GetSessionToken GetFederationToken AssumeRole GetAccessKeyInfo"},
		{"a root user", root, "ListUsers GetCallerIdentity GetSessionToken GetFederationToken GetAccessKeyInfo"},
		{"a role session", role, "ListUsers GetCallerIdentity AssumeRole GetAccessKeyInfo"},
		{"a session of GetSessionToken without MFA", token, "GetCallerIdentity AssumeRole"},
		{"a federated session", federated, "GetCallerIdentity"},
		{"a root user's session", rootToken.session(), "GetCallerIdentity"},
	} {
		for name, call := range calls {
			a := w.do(w.call(call[0], call[1], call[2:]...).sign(test.who))
			if may := strings.Contains(" "+test.may+" ", " "+name+" "); may != (a.status == 200) {
				t.Errorf("%s calls %s: %d %s %s", test.name, name, a.status, a.field("Code"), a.field("Message"))
			}
		}
	}
	w.refused(role, fault.AccessDenied, "Cannot call GetSessionToken with session credentials", "sts", "GetSessionToken")
	w.refused(role, fault.AccessDenied, "Cannot call GetFederationToken with session credentials", "sts", "GetFederationToken", "Name", "eve")
	w.refused(federated, fault.InvalidClientTokenID, "The security token included in the request is invalid*", "iam", "ListUsers")
}

func TestFederationTokens(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("arn:aws:sts::*:federated-user/fred", "sts:GetFederationToken"))
	a := w.must(alice, "sts", "GetFederationToken", "Name", "fred")
	if a.field("FederatedUserId") != id+":fred" || a.field("Arn") != "arn:aws:sts::"+id+":federated-user/fred" || a.field("PackedPolicySize") != "0" || a.field("Expiration") != "2026-03-02T00:00:00Z" {
		t.Errorf("the answer is %s", a.body)
	}
	who := w.must(a.session(), "sts", "GetCallerIdentity")
	if who.field("UserId") != id+":fred" {
		t.Errorf("the session's id is %s", who.field("UserId"))
	}
	w.refused(alice, fault.AccessDenied, "User: arn:aws:iam::"+id+":user/alice is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::"+id+":federated-user/eve*",
		"sts", "GetFederationToken", "Name", "eve")
	w.refused(alice, fault.AccessDenied, "*sts:TagSession*", "sts", "GetFederationToken", "Name", "fred", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")
	w.must(root, "iam", "DeleteUserPolicy", "UserName", "alice", "PolicyName", "p")
	w.must(root, "iam", "DeleteAccessKey", "UserName", "alice", "AccessKeyId", alice.id)
	// Neither ends the session; deleting the user does (evaluation.md §1).
	w.must(a.session(), "sts", "GetCallerIdentity")
	w.must(root, "iam", "DeleteUser", "UserName", "alice")
	w.refused(a.session(), fault.InvalidClientTokenID, "*", "sts", "GetCallerIdentity")
}

func TestGetSessionTokenNeedsNoPermissionButCanBeDenied(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	nobody := w.user(root, "nobody", "")
	w.must(nobody, "sts", "GetSessionToken")
	w.must(nobody, "sts", "GetCallerIdentity")
	denied := w.user(root, "denied", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}`)
	w.refused(denied, fault.AccessDenied, "*with an explicit deny in an identity-based policy", "sts", "GetSessionToken")
	w.must(denied, "sts", "GetCallerIdentity")
}

func TestMessagesAreDecodedForTheirAccountOnly(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	_, other := w.account()
	message, err := w.keyring.SealMessage(id, `{"allowed":false}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.must(root, "sts", "DecodeAuthorizationMessage", "EncodedMessage", message).field("DecodedMessage"); got != `{"allowed":false}` {
		t.Errorf("decoded %q", got)
	}
	w.refused(other, "InvalidAuthorizationMessageException", "*", "sts", "DecodeAuthorizationMessage", "EncodedMessage", message)
	w.refused(root, "InvalidAuthorizationMessageException", "*", "sts", "DecodeAuthorizationMessage", "EncodedMessage", message+"x")
	session := w.must(root, "sts", "GetSessionToken").session()
	// A token is sealed for another purpose.
	w.refused(root, "InvalidAuthorizationMessageException", "*", "sts", "DecodeAuthorizationMessage", "EncodedMessage", strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(session.token), "="))
}

func TestPartitionsFollowTheRegion(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	for region, partition := range map[string]string{"us-east-1": "aws", "eu-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		r := w.call("sts", "GetCallerIdentity")
		r.region = region
		if got, want := w.do(r.sign(root)).field("Arn"), fmt.Sprintf("arn:%s:iam::%s:root", partition, id); got != want {
			t.Errorf("signed for %s the caller is %s, want %s", region, got, want)
		}
	}
}

package server_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/operator"
)

// The rows of security.md that concern the whole way of a call have their tests here, named by their ids; path_test.go and sts_test.go have S002, S010, S016, S019,
// S020, S022, S025, S115, S116 and S118 among what they claim.

// TestS008_TextOfCallersIsEscaped puts markup into what an answer repeats.
func TestS008_TextOfCallersIsEscaped(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	const text = `</Message><GetCallerIdentityResponse>&"'` + "\x01"
	a := w.do(w.call("iam", text).sign(root))
	if strings.Contains(a.body, "<GetCallerIdentityResponse>") || strings.Contains(a.body, "\x01") || a.header.Get("Content-Type") != "text/xml" {
		t.Errorf("%s: %s", a.header.Get("Content-Type"), a.body)
	}
	w.must(root, "iam", "CreateUser", "UserName", "alice")
	const value = `<a> & "b" </a>`
	// Tag values cannot have such letters, descriptions can.
	w.must(root, "iam", "CreateRole", "RoleName", "r", "Description", value, "AssumeRolePolicyDocument", trusts("*", ""))
	if got := w.must(root, "iam", "GetRole", "RoleName", "r"); strings.Contains(got.body, "<a>") || got.field("Description") != value {
		t.Errorf("the description is %q in %s", got.field("Description"), got.body)
	}
	// Whoever asks for JSON of a service that speaks XML gets XML, and is told so.
	r := w.call("sts", "GetCallerIdentity")
	r.header["Accept"] = "application/json"
	if a := w.do(r.sign(root)); a.header.Get("Content-Type") != "text/xml" || !strings.HasPrefix(a.body, "<") {
		t.Errorf("%s: %s", a.header.Get("Content-Type"), a.body)
	}
}

// TestS017_SessionsHaveNoMoreThanTheirSource compares, for random policies, what a role's session may do with what the role may and the session's policy allows.
func TestS017_SessionsHaveNoMoreThanTheirSource(t *testing.T) {
	const seed = 17
	r := rand.New(rand.NewPCG(seed, 1))
	actions := []string{"ListUsers", "ListRoles", "ListGroups", "ListPolicies", "GetAccountSummary", "ListAccountAliases"}
	random := func() (policy string, allows map[string]bool) {
		allows = make(map[string]bool)
		var statements []string
		for _, a := range actions {
			switch r.IntN(4) {
			case 0, 1:
				allows[a] = true
				statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":"iam:%s","Resource":"*"}`, a))
			case 2:
				statements = append(statements, fmt.Sprintf(`{"Effect":"Deny","Action":"iam:%s","Resource":"*"}`, a))
			}
		}
		statements = append(statements, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`)
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`, allows
	}
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "sts:AssumeRole"))
	allowed, denied := 0, 0
	for i := range 60 {
		name := fmt.Sprintf("r%d", i)
		rolePolicy, roleAllows := random()
		arn := w.role(root, name, trusts(id, ""), rolePolicy)
		boundaryAllows := map[string]bool(nil)
		if r.IntN(2) == 0 {
			var text string
			text, boundaryAllows = random()
			boundary := w.must(root, "iam", "CreatePolicy", "PolicyName", name, "PolicyDocument", text).field("Arn")
			w.must(root, "iam", "PutRolePermissionsBoundary", "RoleName", name, "PermissionsBoundary", boundary)
		}
		sessionPolicy, sessionAllows := random()
		session := w.must(alice, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "one", "Policy", sessionPolicy).session()
		// A chain of the same role has no more than that role and its own policy either, and no less.
		w.must(root, "iam", "UpdateAssumeRolePolicy", "RoleName", name, "PolicyDocument", trusts(arn, ""))
		chainPolicy, chainAllows := random()
		chain := w.must(session, "sts", "AssumeRole", "RoleArn", arn, "RoleSessionName", "two", "Policy", chainPolicy).session()
		for _, a := range actions {
			role := roleAllows[a] && (boundaryAllows == nil || boundaryAllows[a])
			for _, test := range []struct {
				who  credentials
				want bool
			}{{session, role && sessionAllows[a]}, {chain, role && chainAllows[a]}} {
				got := w.do(w.call("iam", a).sign(test.who)).status == 200
				if got != test.want {
					t.Errorf("%s of role %s: allowed %v, want %v; role %s session %s chain %s", a, name, got, test.want, rolePolicy, sessionPolicy, chainPolicy)
				}
				if got {
					allowed++
				} else {
					denied++
				}
			}
		}
	}
	if allowed < 50 || denied < 50 {
		t.Errorf("%d allowed, %d denied: the test is idle", allowed, denied)
	}
}

// TestS023_ParametersHaveOneSpellingAndStandOnce has the ways to say one thing to a checker and another to who acts.
func TestS023_ParametersHaveOneSpellingAndStandOnce(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "sts:AssumeRole"))
	good := w.role(root, "good", trusts(id, ""), "")
	bad := w.role(root, "bad", trusts("arn:aws:iam::"+id+":root", `{"StringEquals":{"sts:ExternalId":"x"}}`), "")
	esc := url.QueryEscape
	for _, more := range []string{
		"&rolearn=" + esc(good), "&ROLEARN=" + esc(good), "&RoleArn=" + esc(bad), "&RoleArn.member.1=" + esc(good), "&ExternalId=xx&ExternalId=x", "&externalid=xx", "&ExternalId.member.1=xx", "&ExternalId=",
	} {
		r := w.call("sts", "AssumeRole", "RoleArn", bad, "RoleSessionName", "session")
		r.body += more
		if a := w.do(r.sign(alice)); a.status < 400 || strings.Contains(a.body, "<Credentials>") {
			t.Errorf("%s: %d %s", more, a.status, a.body)
		}
	}
}

// TestS074_OnePermissionEscalatesOnlyWhereItIsGranted has the calls by which one permission can become all of them: each works where it is granted, as in AWS, and
// is refused on another resource and under a boundary.
func TestS074_OnePermissionEscalatesOnlyWhereItIsGranted(t *testing.T) {
	const admin = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	for _, test := range []struct {
		action string
		// on is what the call is about, as the resource of a narrow policy.
		on   string
		call []string
	}{
		{"iam:CreatePolicyVersion", "policy/mine", []string{"PolicyArn", "arn:aws:iam::ACCOUNT:policy/mine", "PolicyDocument", admin, "SetAsDefault", "true"}},
		{"iam:SetDefaultPolicyVersion", "policy/mine", []string{"PolicyArn", "arn:aws:iam::ACCOUNT:policy/mine", "VersionId", "v1"}},
		{"iam:CreateAccessKey", "user/victim", []string{"UserName", "victim"}},
		{"iam:AttachUserPolicy", "user/mallory", []string{"UserName", "mallory", "PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"iam:AttachGroupPolicy", "group/hers", []string{"GroupName", "hers", "PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"iam:AttachRolePolicy", "role/hers", []string{"RoleName", "hers", "PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"iam:PutUserPolicy", "user/mallory", []string{"UserName", "mallory", "PolicyName", "x", "PolicyDocument", admin}},
		{"iam:PutGroupPolicy", "group/hers", []string{"GroupName", "hers", "PolicyName", "x", "PolicyDocument", admin}},
		{"iam:PutRolePolicy", "role/hers", []string{"RoleName", "hers", "PolicyName", "x", "PolicyDocument", admin}},
		{"iam:AddUserToGroup", "group/admins", []string{"GroupName", "admins", "UserName", "mallory"}},
		{"iam:UpdateAssumeRolePolicy", "role/powerful", []string{"RoleName", "powerful", "PolicyDocument", trusts("*", "")}},
		{"iam:DeleteUserPermissionsBoundary", "user/bounded", []string{"UserName", "bounded"}},
		{"iam:PutUserPermissionsBoundary", "user/bounded", []string{"UserName", "bounded", "PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		{"iam:UpdateAccessKey", "user/victim", []string{"UserName", "victim", "AccessKeyId", "VICTIM", "Status", "Inactive"}},
		{"iam:DetachUserPolicy", "user/restricted", []string{"UserName", "restricted", "PolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll"}},
		{"iam:DeleteUserPolicy", "user/restricted", []string{"UserName", "restricted", "PolicyName", "deny"}},
		{"iam:RemoveUserFromGroup", "group/restricting", []string{"GroupName", "restricting", "UserName", "restricted"}},
	} {
		t.Run(test.action, func(t *testing.T) {
			for _, way := range []struct {
				name, policy, boundary string
				works                  bool
			}{
				{"granted on everything", allow("*", test.action), "", true},
				{"granted on this", allow("arn:aws:iam::*:"+test.on, test.action), "", true},
				{"granted on another", allow("arn:aws:iam::*:"+test.on+"-other", test.action), "", false},
				{"not granted", allow("*", "iam:Get*", "iam:List*"), "", false},
				{"under a boundary", allow("*", test.action), "arn:aws:iam::aws:policy/ReadOnlyAccess", false},
				{"denied for all", strings.Replace(allow("*", test.action), `]}`, `,{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`, 1), "", false},
			} {
				w := newWorld(t, nil)
				id, root := w.account()
				mallory := w.user(root, "mallory", way.policy)
				victim := w.user(root, "victim", admin)
				w.must(root, "iam", "CreatePolicy", "PolicyName", "mine", "PolicyDocument", allow("*", "s3:*"))
				for _, group := range []string{"hers", "admins", "restricting"} {
					w.must(root, "iam", "CreateGroup", "GroupName", group)
				}
				w.role(root, "hers", trusts(id, ""), "")
				w.role(root, "powerful", trusts(id, ""), admin)
				w.must(root, "iam", "CreateUser", "UserName", "bounded", "PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess")
				w.must(root, "iam", "CreateUser", "UserName", "restricted")
				w.must(root, "iam", "AttachUserPolicy", "UserName", "restricted", "PolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll")
				w.must(root, "iam", "PutUserPolicy", "UserName", "restricted", "PolicyName", "deny", "PolicyDocument", strings.Replace(admin, "Allow", "Deny", 1))
				w.must(root, "iam", "AddUserToGroup", "UserName", "restricted", "GroupName", "restricting")
				if way.boundary != "" {
					w.must(root, "iam", "PutUserPermissionsBoundary", "UserName", "mallory", "PermissionsBoundary", way.boundary)
				}
				var values []string
				for _, v := range test.call {
					values = append(values, strings.NewReplacer("ACCOUNT", id, "VICTIM", victim.id).Replace(v))
				}
				before := w.versions()[id]
				a := w.do(w.call("iam", strings.TrimPrefix(test.action, "iam:"), values...).sign(mallory))
				if works := a.status == 200; works != way.works || !works && a.field("Code") != fault.AccessDenied {
					t.Errorf("%s: %d %s %s", way.name, a.status, a.field("Code"), a.field("Message"))
				}
				if changed := w.versions()[id] != before; changed != way.works {
					t.Errorf("%s: the account changed: %v", way.name, changed)
				}
			}
		})
	}
}

// TestS080_OtherAccountsAreOutOfReach calls with the names, ids and ARNs of another account, as a root user of one's own: nothing is done, nothing is told.
func TestS080_OtherAccountsAreOutOfReach(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	otherID, other := w.account()
	victim := w.user(other, "victim", allow("*", "*"))
	policy := w.must(other, "iam", "CreatePolicy", "PolicyName", "theirs", "PolicyDocument", allow("*", "s3:*")).field("Arn")
	role := w.role(other, "theirs", trusts(otherID, ""), allow("*", "*"))
	w.must(root, "iam", "CreateUser", "UserName", "mine")
	userARN := "arn:aws:iam::" + otherID + ":user/victim"
	before := w.versions()
	for _, call := range [][]string{
		{"iam", "GetUser", "UserName", "victim"}, {"iam", "GetUser", "UserName", userARN}, {"iam", "GetRole", "RoleName", "theirs"},
		{"iam", "GetPolicy", "PolicyArn", policy}, {"iam", "ListPolicyVersions", "PolicyArn", policy}, {"iam", "GetPolicyVersion", "PolicyArn", policy, "VersionId", "v1"},
		{"iam", "DeletePolicy", "PolicyArn", policy}, {"iam", "CreatePolicyVersion", "PolicyArn", policy, "PolicyDocument", allow("*", "*")},
		{"iam", "SetDefaultPolicyVersion", "PolicyArn", policy, "VersionId", "v1"}, {"iam", "TagPolicy", "PolicyArn", policy, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"},
		{"iam", "AttachUserPolicy", "UserName", "mine", "PolicyArn", policy}, {"iam", "PutUserPermissionsBoundary", "UserName", "mine", "PermissionsBoundary", policy},
		{"iam", "CreateUser", "UserName", "new", "PermissionsBoundary", policy}, {"iam", "ListEntitiesForPolicy", "PolicyArn", policy},
		{"iam", "UpdateAccessKey", "AccessKeyId", victim.id, "Status", "Inactive"}, {"iam", "UpdateAccessKey", "UserName", "mine", "AccessKeyId", victim.id, "Status", "Inactive"},
		{"iam", "DeleteAccessKey", "UserName", "mine", "AccessKeyId", victim.id}, {"iam", "GetAccessKeyLastUsed", "AccessKeyId", victim.id},
		{"iam", "SimulatePrincipalPolicy", "PolicySourceArn", userARN, "ActionNames.member.1", "s3:GetObject"}, {"iam", "GetContextKeysForPrincipalPolicy", "PolicySourceArn", userARN},
		{"sts", "AssumeRole", "RoleArn", role, "RoleSessionName", "session"},
	} {
		a := w.do(w.call(call[0], call[1], call[2:]...).sign(root))
		if a.status == 200 || strings.Contains(strings.ReplaceAll(a.body, policy, ""), "AIDA") {
			t.Errorf("%v: %d %s", call, a.status, a.body)
		}
	}
	for _, list := range []string{"ListUsers", "ListRoles", "ListGroups", "ListPolicies", "GetAccountAuthorizationDetails", "ListAccessKeys"} {
		if a := w.must(root, "iam", list); strings.Contains(a.body, otherID) || strings.Contains(a.body, victim.id) {
			t.Errorf("%s tells of the other account", list)
		}
	}
	if after := w.versions(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("something changed: %v, then %v (own %s)", before, after, id)
	}
}

// TestS082_NoEndpointAnswersStrangers asks for what servers tend to have open.
func TestS082_NoEndpointAnswersStrangers(t *testing.T) {
	w := newWorld(t, nil)
	w.account()
	for _, path := range []string{"/", "/metrics", "/debug/pprof/", "/debug/vars", "/health", "/healthz", "/livez", "/readyz", "/init", "/rekey", "/cluster/status", "/v1/sys/init", "/.env", "/latest/meta-data/", "/_writ", "/_writ/../metrics"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"} {
			r := request{method: method, host: "127.0.0.1:9748", path: path}
			if a := w.do(r.unsigned()); a.status < 400 {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			}
		}
	}
	made := 0
	h := w.operator()
	for _, test := range []struct {
		name, method, remote, token, origin string
		want                                int
	}{
		{"without the token", "POST", "127.0.0.1:1", "", "", 403},
		{"with another token", "POST", "127.0.0.1:1", "Bearer the tokem", "", 403},
		{"with an empty token", "POST", "127.0.0.1:1", "Bearer ", "", 403},
		{"from another machine", "POST", "203.0.113.7:1", "Bearer the token", "", 403},
		{"from a browser", "POST", "127.0.0.1:1", "Bearer the token", "http://127.0.0.1", 403},
		{"by GET", "GET", "127.0.0.1:1", "Bearer the token", "", 405},
		{"as it is meant", "POST", "[::1]:1", "Bearer the token", "", 200},
	} {
		accounts := len(w.state.Accounts())
		r := httptest.NewRequest(test.method, "/_writ/accounts", strings.NewReader("{}"))
		r.RemoteAddr = test.remote
		if test.token != "" {
			r.Header.Set("Authorization", test.token)
		}
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if answer.Code != test.want || (len(w.state.Accounts()) != accounts) != (test.want == 200) {
			t.Errorf("%s: %d %s", test.name, answer.Code, answer.Body)
		}
		if test.want == 200 {
			made++
			var s operator.Sandbox
			if err := json.Unmarshal(answer.Body.Bytes(), &s); err != nil {
				t.Fatal(err)
			}
			w.must(credentials{id: s.AccessKeyID, secret: s.SecretAccessKey}, "sts", "GetCallerIdentity")
		}
	}
	// Emptying is not there unless the server is made for it.
	r := httptest.NewRequest("POST", "/_writ/reset", nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Authorization", "Bearer the token")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if answer.Code != 404 || made != 1 {
		t.Errorf("reset: %d", answer.Code)
	}
}

// TestADenyHoldsUnderEveryPartition has an ARN in a Deny, and callers who would rather be in another partition: on a server of one partition none is.
func TestADenyHoldsUnderEveryPartition(t *testing.T) {
	w := newWorldIn(t, "aws", nil)
	id, root := w.account()
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","sts:*"],"Resource":"*"},{"Effect":"Deny","Action":"*","Resource":["arn:aws:iam::*:user/victim","arn:aws:iam::*:role/boss"]}]}`
	bob := w.user(root, "bob", deny)
	w.must(root, "iam", "CreateUser", "UserName", "victim")
	w.role(root, "boss", trusts(id, ""), "")
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		r := w.call("iam", "CreateAccessKey", "UserName", "victim")
		r.region = region
		if a := w.do(r.sign(bob)); a.field("Code") != fault.AccessDenied {
			t.Errorf("%s: %d %s", region, a.status, a.field("Code"))
		}
	}
	for _, region := range []string{"cn-north-1", "us-gov-west-1", "us-iso-east-1"} {
		r := w.call("iam", "CreateAccessKey", "UserName", "victim")
		r.region = region
		if a := w.do(r.sign(bob)); a.field("Message") != "Credential should be scoped to a valid region. " {
			t.Errorf("%s: %d %s", region, a.status, a.field("Message"))
		}
	}
	for _, partition := range []string{"aws", "aws-cn", "foo"} {
		w.refused(bob, fault.AccessDenied, "*", "sts", "AssumeRole", "RoleArn", "arn:"+partition+":iam::"+id+":role/boss", "RoleSessionName", "session")
	}
}

// TestS068_TagKeysFoldAsConditionKeysDo passes a tag whose key Unicode takes for another's.
func TestS068_TagKeysFoldAsConditionKeysDo(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	w.must(root, "iam", "CreateUser", "UserName", "alice", "Tags.member.1.Key", "secret", "Tags.member.1.Value", "low")
	w.must(root, "iam", "TagUser", "UserName", "alice", "Tags.member.1.Key", "ſecret", "Tags.member.1.Value", "high")
	a := w.must(root, "iam", "ListUserTags", "UserName", "alice")
	if !strings.Contains(a.body, "<Key>secret</Key><Value>low</Value>") || !strings.Contains(a.body, "<Key>ſecret</Key>") {
		t.Errorf("the tags are %s", a.body)
	}
}

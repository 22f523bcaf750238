package analysis

import (
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// TestWhoAsks compares resource policies, and layers, that differ in who may ask.
func TestWhoAsks(t *testing.T) {
	allow := func(principal, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"*","Condition":{` + condition + `}}]}`
	}
	const account, anybody = `{"AWS":"111122223333"}`, `"*"`
	isType := func(name string) string { return `"StringEqualsIgnoreCase":{"aws:PrincipalType":"` + name + `"}` }
	for _, row := range []struct {
		name, principal, left, right string // conditions
		want                         Relation
	}{
		{"a root user's id is its account", account, isType("Account"), isType("Account") + `,"StringLike":{"aws:userid":"1111*"}`, Equivalent},
		{"and no other text", account, isType("Account") + `,"StringNotEquals":{"aws:userid":"111122223333"}`, `"Bool":{"x":"x"}`, Equivalent},
		{"a federated session's id is its account and its name", account, isType("FederatedUser") + `,"StringEquals":{"aws:userid":"111122223333:bob"}`,
			isType("FederatedUser") + `,"ArnEquals":{"aws:PrincipalArn":"arn:aws*:sts::111122223333:federated-user/bob"}`, Equivalent},
		{"whatever stands before and behind the colon", account, isType("FederatedUser") + `,"StringLike":{"aws:userid":"1*2*3:b*"}`,
			isType("FederatedUser") + `,"ArnLike":{"aws:PrincipalArn":"arn:*:sts::111122223333:federated-user/b*"}`, Equivalent},
		{"a star in an id reaches over the colon", account, isType("FederatedUser") + `,"StringLike":{"aws:userid":"1*b"}`,
			isType("FederatedUser") + `,"ArnLike":{"aws:PrincipalArn":"arn:*:sts::111122223333:federated-user/*b"}`, Equivalent},
		{"a federated session is no user", account, isType("FederatedUser"), isType("User"), Incomparable},
		{"an anonymous caller's id is a word", anybody, isType("Anonymous"), isType("Anonymous") + `,"StringEquals":{"aws:userid":"anonymous","aws:PrincipalAccount":"anonymous"}`, Equivalent},
		{"a role's sessions have its id", `{"AWS":"AROAX"}`, `"StringLike":{"aws:userid":"AROAX:*"}`, `"StringLike":{"aws:userid":"*"}`, Equivalent},
		{"and may be called anything", `{"AWS":"AROAX"}`, `"StringLike":{"aws:userid":"AROAX:*"}`, `"StringEquals":{"aws:userid":"AROAX:deploy"}`, LeftWider},
		{"who is not named by an id does not have it", `{"AWS":["AROAX","arn:aws:iam::111122223333:role/r"]}`, `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"},"StringLike":{"aws:userid":"AROAX:*"}`,
			`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"},"StringNotLike":{"aws:userid":"AROAX:*"}`, Incomparable},
		{"no user is one of AWS's services", account, `"Bool":{"aws:PrincipalIsAWSService":"true"}`, `"Bool":{"x":"x"}`, Equivalent},
		{"but a service is", anybody, `"Bool":{"aws:PrincipalIsAWSService":"true"}`, `"Bool":{"x":"x"}`, LeftWider},
		{"a session of AssumeRoot is told from the root user", account, isType("Account"), isType("Account") + `,"Bool":{"aws:AssumedRoot":"false"}`, LeftWider},
		{"a session of AssumeRoot is no user", account, isType("User") + `,"Bool":{"aws:AssumedRoot":"true"}`, `"Bool":{"x":"x"}`, Equivalent},
		{"any root user has its own id", anybody, isType("Account") + `,"StringEquals":{"aws:userid":"777788889999"}`, `"Bool":{"x":"x"}`, LeftWider},
		{"whose id is named has one", `{"AWS":["AROAX","AIDAX"]}`, `"Null":{"aws:userid":"true"}`, `"Bool":{"x":"x"}`, Equivalent},
		{"a user's name has no path", account, `"StringLike":{"aws:username":"a*b"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a/b"}`, `"Bool":{"x":"x"}`, Equivalent},
		{"but its ARN has", account, `"StringLike":{"aws:username":"b"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a/b"}`, `"Bool":{"x":"x"}`, LeftWider},
		{"account 000000000000 is one like others", `{"AWS":"000000000000"}`, isType("User"), isType("Role"), LeftWider},
	} {
		of := func(condition string) Side {
			d, err := policy.Parse(allow(row.principal, condition))
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			return Of(policy.Resource, d)
		}
		c, err := New(Options{Catalog: load(t)}).Compare(of(row.left), of(row.right))
		if err != nil || c.Relation != row.want {
			t.Errorf("%s: %v, left %v, right %v, %v", row.name, c.Relation, c.LeftOnly.Witness, c.RightOnly.Witness, err)
		}
	}
}

// TestDeniedByID: who has an id that a Deny names is denied, and nobody else has it.
func TestDeniedByID(t *testing.T) {
	for id, want := range map[string]Verdict{"AROAX": No, "AROAY": Yes} {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/r"},"Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:userid":"AROAX:*"}}},
			{"Effect":"Deny","Principal":{"AWS":"` + id + `"},"Action":"*","Resource":"*"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		a, err := New(Options{Catalog: load(t)}).Wider(Of(policy.Resource, d), nothing(policy.Resource))
		if err != nil || a.Verdict != want {
			t.Errorf("%s is denied: %v by %v, %v, want %v", id, a.Verdict, a.Witness, err, want)
		}
	}
}

// TestSessionsOfOthers compares layers whose difference only a session of GetFederationToken or AssumeRoot meets.
func TestSessionsOfOthers(t *testing.T) {
	program := func(k authz.Kind, statements string) *authz.Program {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return authz.Compile(d, k)
	}
	const bob = `"Principal":{"AWS":"arn:aws:sts::111122223333:federated-user/bob"},"Action":"s3:*","Resource":"*"`
	bucket := func(effect, issuer string) *authz.Program {
		return program(authz.Resource, `{"Effect":"Allow",`+bob+`},{"Effect":"`+effect+`","Principal":{"AWS":"`+issuer+`"},"Action":"s3:*","Resource":"*"}`)
	}
	nothing := []*authz.Program{}
	all := []*authz.Program{allowAll(authz.Identity)}
	for _, row := range []struct {
		name        string
		left, right *authz.Policies
		kind        authz.PrincipalKind
	}{
		{"whose user is denied", &authz.Policies{Session: nothing, Resource: bucket("Deny", "arn:aws:iam::111122223333:user/x")},
			&authz.Policies{Session: nothing, Resource: bucket("Deny", "arn:aws:iam::111122223333:user/y")}, authz.FederatedSession},
		{"a named session", &authz.Policies{Resource: bucket("Allow", "arn:aws:sts::111122223333:federated-user/eve")}, &authz.Policies{Resource: bucket("Allow", "111122223333")}, authz.FederatedSession},
		{"of the root user, for NotPrincipal", &authz.Policies{Resource: program(authz.Resource, `{"Effect":"Allow",`+bob+`}`)},
			&authz.Policies{Resource: program(authz.Resource, `{"Effect":"Allow",`+bob+`},{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333","arn:aws:sts::111122223333:federated-user/bob"]},"Action":"*","Resource":"*"}`)},
			authz.FederatedSession},
		// Root users, and their sessions, may not assume roles.
		{"without a session policy GetFederationToken gives nothing", &authz.Policies{Identity: all, Session: []*authz.Program{program(authz.Identity, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`)}},
			&authz.Policies{Identity: all}, authz.FederatedSession},
		{"whom no service control policy touches", &authz.Policies{Identity: all, ServiceControl: [][]*authz.Program{{program(authz.ServiceControl, `{"Effect":"Deny","Action":"*","Resource":"*"}`)}}},
			&authz.Policies{}, authz.RoleSession},
		{"without a session policy AssumeRoot gives nothing", &authz.Policies{Session: all}, &authz.Policies{}, authz.AssumedRoot},
	} {
		c, err := New(Options{Catalog: load(t)}).Compare(Layers(row.left, "111122223333", ""), Layers(row.right, "111122223333", ""))
		if err != nil || c.LeftOnly.Verdict != Yes || c.LeftOnly.Witness.Request.Principal.Kind != row.kind {
			t.Errorf("%s: %v by %v, %v", row.name, c.Relation, c.LeftOnly.Witness, err)
		}
	}
}

// TestProvidersAreToldApart compares trust policies that differ in whose assertion they take.
func TestProvidersAreToldApart(t *testing.T) {
	of := func(provider string) Side {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return Of(policy.Trust, d)
	}
	c, err := New(Options{Catalog: load(t)}).Compare(of("accounts.google.com"), of("graph.facebook.com"))
	if err != nil || c.Relation != Incomparable || c.LeftOnly.Witness.Request.Principal.ARN != "accounts.google.com" {
		t.Errorf("%v, left %v, right %v, %v", c.Relation, c.LeftOnly.Witness, c.RightOnly.Witness, err)
	}
}

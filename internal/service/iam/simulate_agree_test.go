package iam_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/grants"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/policy"
)

// S073: what a simulation says of a principal is what becomes of its call, for the same facts. The call is judged here as package dispatch does it.
func TestSimulationIsTheCall(t *testing.T) {
	const rounds = 100
	seen := map[string]int{}
	w := newWorld(t)
	w.addUser("alice", "bob")
	w.addGroup("devs")
	w.addRole("eng/ops", "idle", "target")
	w.addPolicy("p", "q")
	for n := range rounds {
		r := rand.New(rand.NewPCG(73, uint64(n)))
		randomAccount(w, r)
		for _, who := range []string{"alice", "bob", "role ops", "role idle"} {
			compareSimulation(w, r, who, seen)
		}
	}
	total := 0
	for _, n := range seen {
		total += n
	}
	t.Logf("%d decisions: %v", total, seen)
	for _, decision := range []string{"allowed", "explicitDeny", "implicitDeny"} {
		if seen[decision]*20 < total {
			t.Errorf("of %d decisions %d are %s", total, seen[decision], decision)
		}
	}
}

// randomAccount gives the users, the group and the roles of our account other policies by chance.
func randomAccount(w *world, r *rand.Rand) {
	w.Helper()
	w.edit(func(e *identity.Edit) {
		a := e.Account()
		document := func() *identity.Document { return identity.NewDocument(randomPolicy(r)) }
		inline := func() (ps identity.InlinePolicies) {
			for i := range r.IntN(3) {
				ps = ps.With(identity.InlinePolicy{Name: fmt.Sprint(i), Document: document()})
			}
			return ps
		}
		var refs []identity.PolicyRef
		for _, name := range []string{"p", "q"} {
			p, _ := a.CustomerPolicy(name)
			changed := *p
			// The newest is not always the one that counts.
			changed.Versions = []identity.PolicyVersion{{Number: 1, Document: document()}, {Number: 2, Document: document()}}
			changed.Default = 1 + r.IntN(2)
			e.PutPolicy(&changed)
			refs = append(refs, changed.Ref())
		}
		refs = append(refs, "policy/ReadOnlyAccess", "policy/AdministratorAccess")
		attached := func() (some []identity.PolicyRef) {
			for _, ref := range refs {
				if r.IntN(4) == 0 {
					some = append(some, ref)
				}
			}
			return some
		}
		boundary := func() identity.PolicyRef {
			if r.IntN(3) == 0 {
				return refs[r.IntN(len(refs))]
			}
			return ""
		}
		tags := func() []identity.Tag {
			return []identity.Tag{{Key: "Team", Value: []string{"red", "blue"}[r.IntN(2)]}}[:r.IntN(2)]
		}
		g, _ := a.Group("devs")
		group := *g
		group.Inline, group.Attached = inline(), attached()
		e.PutGroup(&group)
		for _, name := range []string{"alice", "bob"} {
			u, _ := a.User(name)
			changed := *u
			changed.Inline, changed.Attached, changed.Boundary, changed.Tags, changed.Groups = inline(), attached(), boundary(), tags(), nil
			if r.IntN(2) == 0 {
				changed.Groups = []string{group.ID}
			}
			e.PutUser(&changed)
		}
		alice, _ := a.User("alice")
		ops, _ := a.Role("ops")
		for _, name := range []string{"ops", "idle", "target"} {
			role, _ := a.Role(name)
			changed := *role
			changed.Inline, changed.Attached, changed.Boundary, changed.Tags = inline(), attached(), boundary(), tags()
			changed.Trust = identity.NewDocument(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Principal":{"AWS":%q},"Action":"sts:*"%s},`+
				`{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"%s}]}`, effect(r), pick(r, "*", ours, alice.ID, ops.ID), randomCondition(r),
				pick(r, ours, alice.ID, ops.ID, theirs), randomCondition(r)))
			e.PutRole(&changed)
		}
	})
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func effect(r *rand.Rand) string { return pick(r, "Allow", "Allow", "Allow", "Deny") }

var (
	simulatedActions   = []string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "sts:AssumeRole", "sts:TagSession", "sts:GetCallerIdentity"}
	simulatedResources = []string{
		"arn:aws:s3:::b/alice/k", "arn:aws:s3:::c/red", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/target",
		"arn:aws:iam::111122223333:role/eng/ops", "arn:aws:iam::444455556666:role/elsewhere", "arn:aws:sqs:us-east-1:444455556666:q",
	}
)

func randomPolicy(r *rand.Rand) string {
	text := `{"Version":` + pick(r, `"2012-10-17"`, `"2012-10-17"`, `"2012-10-17"`, `"2008-10-17"`) + `,"Statement":[`
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"Effect":%q,%q:%s,%q:%q%s}`, effect(r), pick(r, "Action", "Action", "Action", "NotAction"),
			pick(r, `"s3:Get*"`, `["s3:*","sts:*"]`, `"*"`, `"sts:AssumeRole"`, `["iam:GetUser","s3:PutObject"]`, `"S3:getobject"`),
			pick(r, "Resource", "Resource", "Resource", "NotResource"),
			pick(r, "*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::c/${aws:PrincipalTag/team, 'red'}", "arn:aws:iam::*:role/*", "arn:aws:s3:::?/*", "arn:aws:iam::111122223333:*"),
			randomCondition(r))
	}
	return text + "]}"
}

func randomCondition(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return ""
	}
	return `,"Condition":{` + pick(r,
		`"StringEquals":{"aws:PrincipalTag/TEAM":"red"}`, `"StringNotEquals":{"aws:PrincipalTag/team":["red","${aws:username}"]}`,
		`"StringLike":{"aws:username":"a*"}`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/eng/*"}`, `"StringEquals":{"aws:PrincipalType":"User"}`,
		`"Bool":{"aws:MultiFactorAuthPresent":"true"}`, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`, `"Null":{"aws:TokenIssueTime":"true"}`,
		`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, `"DateLessThan":{"aws:CurrentTime":"2026-06-01T00:00:00Z"}`, `"NumericLessThan":{"aws:EpochTime":"1770000000"}`,
		`"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}`, `"ForAllValues:StringLike":{"aws:TagKeys":["a","b"]}`, `"StringEquals":{"aws:TagKeys":"a"}`,
		`"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}`, `"StringLike":{"aws:userid":"AROA*:s"}`, `"Bool":{"aws:PrincipalIsAWSService":"false"}`,
		`"StringEqualsIgnoreCase":{"aws:RequestedRegion":"EU-west-1"}`) + `}`
}

// fact is what a call says of itself, with the type by which a simulation is told.
type fact struct {
	name, kind string
	values     []string
}

// facts are those of a call that do not follow from who makes it and on what.
func facts(r *rand.Rand) (all []fact) {
	at := time.Date(2026, time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, time.UTC)
	all = []fact{
		{"aws:CurrentTime", "date", []string{at.Format(time.RFC3339)}}, {"aws:EpochTime", "numeric", []string{strconv.FormatInt(at.Unix(), 10)}},
		{"aws:SecureTransport", "boolean", []string{pick(r, "true", "false")}}, {"aws:ViaAWSService", "boolean", []string{"false"}},
		{"aws:RequestedRegion", "string", []string{pick(r, "us-east-1", "eu-west-1")}},
	}
	if r.IntN(2) == 0 {
		all = append(all, fact{"aws:SourceIp", "ip", []string{pick(r, "10.1.2.3", "203.0.113.7")}})
	}
	if r.IntN(2) == 0 {
		all = append(all, fact{"aws:TagKeys", "stringList", [][]string{{}, {"a"}, {"a", "b"}, {"c"}}[r.IntN(4)]})
	}
	return all
}

func compareSimulation(w *world, r *rand.Rand, who string, seen map[string]int) {
	w.Helper()
	a := w.account(ours)
	at := identity.Authority{Partition: "aws", Account: ours}
	caller := w.caller(who)
	said := facts(r)
	in := &iamapi.SimulatePrincipalPolicyInput{ActionNames: simulatedActions, ResourceArns: simulatedResources}
	var resource *authz.Program
	var err error
	if caller.User != nil {
		in.PolicySourceArn = new(at.User(caller.User))
		caller.UserID = caller.User.ID
		caller.Principal, err = authz.NewPrincipal(at.User(caller.User), authz.Facts{UniqueID: caller.User.ID})
		if r.IntN(3) == 0 {
			text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Principal":%s,"Action":%q,"Resource":%q%s}}`, effect(r),
				pick(r, `"*"`, `{"AWS":"111122223333"}`, `{"AWS":"arn:aws:iam::111122223333:user/alice"}`, `{"AWS":"`+caller.User.ID+`"}`),
				pick(r, "*", "s3:*", "sts:AssumeRole"), pick(r, "*", "arn:aws:s3:::*", "arn:aws:iam::*:role/*"), randomCondition(r))
			in.ResourcePolicy = &text
			doc, err := policy.Parse(text)
			if err != nil {
				w.Fatal(err)
			}
			resource = authz.Compile(doc, authz.Resource)
		}
	} else {
		in.PolicySourceArn = new(at.Role(caller.Role))
		caller.UserID = caller.Role.ID + ":s"
		caller.Session.Issued = w.now
		caller.Principal, err = authz.NewPrincipal(at.AssumedRole(caller.Role.Name, "s"), authz.Facts{Issuer: at.Role(caller.Role), UniqueID: caller.Role.ID})
		// What only a session has must be said, since a role has many.
		said = append(said, fact{"aws:userid", "string", []string{caller.UserID}}, fact{"aws:TokenIssueTime", "date", []string{w.now.UTC().Format(time.RFC3339)}},
			fact{"aws:MultiFactorAuthPresent", "boolean", []string{"false"}})
	}
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range said {
		in.ContextEntries = append(in.ContextEntries, entry(f.name, f.kind, f.values...))
	}
	results := do[iamapi.SimulatePrincipalPolicyOutput](w, "root", "SimulatePrincipalPolicy", in).EvaluationResults
	if len(results) != len(simulatedActions) {
		w.Fatalf("%d results", len(results))
	}
	for i, name := range simulatedActions {
		for k, on := range simulatedResources {
			want := callDecision(w, caller, a, at, name, on, resource, said)
			got := *results[i].ResourceSpecificResults[k].EvalResourceDecision
			seen[got]++
			if got != want {
				account, _ := json.MarshalIndent(map[string]any{"user": caller.User, "role": caller.Role, "facts": said, "resource": in.ResourcePolicy}, "", " ")
				w.Fatalf("%s, %s on %s: the simulation says %s, the call %s\n%s", who, name, on, got, want, account)
			}
		}
	}
}

// callDecision is what package dispatch would be told by the judge.
func callDecision(w *world, c *identity.Caller, a *identity.Account, at identity.Authority, name, on string, resource *authz.Program, said []fact) string {
	w.Helper()
	ps, err := grants.For(c, a, at)
	if err != nil {
		w.Fatal(err)
	}
	action, err := authz.NewAction(name)
	if err != nil {
		w.Fatal(err)
	}
	ps.Resource = resource
	if parsed, err := arn.Parse(on); err == nil && resource == nil && parsed.Account == a.ID {
		if role, ok := a.FindRole(parsed.Resource); ok && (name == "sts:AssumeRole" || name == "sts:TagSession") {
			if ps.Resource, err = role.Trust.Program(authz.Resource, ""); err != nil {
				w.Fatal(err)
			}
		}
	}
	r := authz.NewRequest(c.Principal, action, on)
	grants.Describe(c, w.now, &r.Context)
	r.Context.Set(condition.NewKey("aws:ResourceAccount"), r.ResourceAccount)
	for _, f := range said {
		if f.kind == "stringList" {
			r.Context.SetList(condition.NewKey(f.name), f.values)
		} else {
			r.Context.Set(condition.NewKey(f.name), f.values[0])
		}
	}
	switch authz.Decide(r, &ps).Effect {
	case authz.Allow:
		return "allowed"
	case authz.ExplicitDeny:
		return "explicitDeny"
	}
	return "implicitDeny"
}

package analysis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// layers draws all policies that bear on a request.
func (w world) layers(t *testing.T, compiled map[string]*authz.Program) *authz.Policies {
	program := func(kind policy.Kind, as authz.Kind, permissive bool) *authz.Program {
		if permissive && w.IntN(2) == 0 {
			return allowAll(as)
		}
		text, err := json.Marshal(w.named(w.policy(kind)))
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(as, string(text))
		if p, ok := compiled[key]; ok {
			return p
		}
		d, err := policy.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		compiled[key] = authz.Compile(d, as)
		return compiled[key]
	}
	ps := &authz.Policies{}
	for range w.IntN(3) {
		ps.Identity = append(ps.Identity, program(policy.Inline, authz.Identity, false))
	}
	if w.IntN(3) == 0 {
		ps.Boundary = program(policy.Inline, authz.Identity, true)
	}
	if w.IntN(4) == 0 {
		ps.Session = []*authz.Program{}
		for range w.IntN(2) {
			ps.Session = append(ps.Session, program(policy.Inline, authz.Identity, true))
		}
	}
	if w.IntN(2) == 0 {
		ps.Resource = program(policy.Resource, authz.Resource, false)
	}
	if w.IntN(5) == 0 {
		ps.Endpoint = program(policy.Resource, authz.Endpoint, true)
	}
	if w.IntN(3) == 0 {
		for range 1 + w.IntN(2) {
			ps.ServiceControl = append(ps.ServiceControl, []*authz.Program{program(policy.Inline, authz.ServiceControl, true)})
		}
	}
	if w.IntN(4) == 0 {
		ps.ResourceControl = [][]*authz.Program{{allowAll(authz.ResourceControl), program(policy.Resource, authz.ResourceControl, true)}}
	}
	return ps
}

// changedLayers is a set of layers with one of them from another.
func (w world) changedLayers(ps, other *authz.Policies) *authz.Policies {
	c := *ps
	switch w.IntN(6) {
	case 0:
		c.Identity = other.Identity
	case 1:
		c.Boundary = other.Boundary
	case 2:
		c.Session = other.Session
	case 3:
		c.Resource = other.Resource
	case 4:
		c.ServiceControl = other.ServiceControl
	case 5:
		c.ResourceControl = other.ResourceControl
	}
	return &c
}

// TestLayersAgreeWithTrial is TestCompareAgreesWithTrial for all that authz.Decide weighs.
func TestLayersAgreeWithTrial(t *testing.T) {
	c := load(t)
	var actions []*authz.Action
	for _, name := range []string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "kms:Decrypt", "kms:RetireGrant", "sts:AssumeRole", "sts:TagSession", "sts:GetCallerIdentity", "ec2:RunInstances", "sqs:SendMessage", "s3:BrandnewThing", "brandnew:Do"} {
		x, err := authz.NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, x)
	}
	callers := slices.Concat(trialCallers(t), otherTrialCallers(t))
	for _, issuer := range []string{"arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/r", "arn:aws:iam::777788889999:role/aws-service-role/x.amazonaws.com/r"} {
		who, err := authz.NewPrincipal("arn:aws:sts::"+issuer[13:25]+":assumed-role/r/s", authz.Facts{Issuer: issuer})
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, who)
	}
	for _, name := range []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"} {
		who, err := authz.NewPrincipal(name, authz.Facts{AssumedRoot: true})
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, who)
	}
	sum := &tally{reasons: make(map[string]int)}
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	n := max(500, *pairs/40) // a pair of layers costs as much as two dozen of documents
	for k := range workers {
		group.Go(func() {
			z := New(Options{Catalog: c, Budget: 20_000})
			for i := k; i < n && !t.Failed(); i += workers {
				compareLayersByTrial(t, world{rand.New(rand.NewPCG(uint64(i), 7))}, i, z, callers, actions, sum)
			}
		})
	}
	group.Wait()
	t.Logf("%d pairs: %v equivalent, %v left wider, %v right wider, %v incomparable, %v unknown: %v", n, sum.relations[Equivalent], sum.relations[LeftWider],
		sum.relations[RightWider], sum.relations[Incomparable], sum.relations[UnknownRelation], sum.reasons)
	if u := sum.relations[UnknownRelation]; u > n/10 {
		t.Errorf("%d pairs are unknown", u)
	}
}

func compareLayersByTrial(t *testing.T, w world, i int, z *Analyzer, callers []*authz.Principal, actions []*authz.Action, sum *tally) {
	compiled := make(map[string]*authz.Program)
	l := w.layers(t, compiled)
	r := w.layers(t, compiled)
	if w.IntN(4) > 0 {
		r = w.changedLayers(l, r)
	}
	management := pick(w, "", "", "111122223333", "444455556666")
	left, right := Layers(l, "111122223333", management), Layers(r, "111122223333", management)
	got, err := z.Compare(left, right)
	describe := func() string {
		var s string
		for n, ps := range []*authz.Policies{l, r} {
			layer := 0
			for list := range lists(ps) {
				for _, p := range list {
					s += fmt.Sprintf("%d.%d %s\n", n, layer, p.Document.Text())
				}
				layer++
			}
			s += fmt.Sprintf("%d boundary %v session %v\n", n, ps.Boundary != nil, ps.Session != nil)
		}
		return fmt.Sprintf("layers %d, management %q\n%s", i, management, s)
	}
	if err != nil {
		t.Errorf("%s%v", describe(), err)
		return
	}
	sum.Lock()
	sum.relations[got.Relation]++
	for _, a := range []Answer{got.LeftOnly, got.RightOnly} {
		if reason, _, _ := strings.Cut(a.Reason, " ${"); reason != "" {
			sum.reasons[reason]++
		}
	}
	sum.Unlock()
	for range 60 {
		resource := pick(w, "*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::c/a", "arn:aws:kms:us-east-1:111122223333:key/1", "arn:aws:iam::111122223333:role/x",
			"arn:aws:iam::111122223333:role/aws-service-role/x", "arn:aws:sqs:us-east-1:111122223333:q")
		action := pick(w, actions...)
		if resourceClass(action.String()) == "s3" && resource[:min(10, len(resource))] != "arn:aws:s3" && resource != "*" {
			continue // there is no such resource of S3
		}
		q := authz.NewRequest(pick(w, callers...), action, resource)
		q.ResourceAccount, q.ManagementAccount = "111122223333", management
		for _, k := range trialKeys {
			if followsFromCaller(q.Principal, condition.NewKey(k.name).String()) || k.name == "aws:userid" || w.IntN(3) == 0 {
				continue
			}
			if key := condition.NewKey(k.name); condition.IsMultivalued(key) {
				q.Context.SetList(key, []string{w.trialValue(pick(w, k.family...), false)})
			} else {
				q.Context.Set(key, w.trialValue(pick(w, k.family...), false))
			}
		}
		a, b := authz.Decide(q, l), authz.Decide(q, r)
		if a.Allowed() && !b.Allowed() && got.LeftOnly.Verdict == No || b.Allowed() && !a.Allowed() && got.RightOnly.Verdict == No {
			t.Errorf("%s%v, but left %v by %v and right %v by %v for %s (%s) %s %s %v", describe(), got.Relation, a.Effect, a.Layer, b.Effect, b.Layer, q.Principal.ARN, q.Principal.Issuer, q.Action, q.Resource(), contextOf(q))
			return
		}
	}
}

// TestLayersAreToldApart compares layers that say the same in places that are not the same. A side without statements has the right policies in the wrong place.
func TestLayersAreToldApart(t *testing.T) {
	program := func(k authz.Kind, statement string) *authz.Program {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return authz.Compile(d, k)
	}
	everyone, all, none := allowAll(authz.Resource), []*authz.Program{allowAll(authz.Identity)}, [][]*authz.Program{nil}
	silent := program(authz.Resource, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`) // it speaks of nobody
	for _, row := range []struct {
		name        string
		left, right *authz.Policies
	}{
		{"a level without policies", &authz.Policies{Resource: everyone, ServiceControl: none}, &authz.Policies{Resource: everyone, ResourceControl: none}},
		{"no level and one without policies", &authz.Policies{Resource: everyone}, &authz.Policies{Resource: everyone, ServiceControl: none}},
		{"a policy with principals among those of a user", &authz.Policies{Identity: all}, &authz.Policies{Identity: append(all[:1:1], silent)}},
		{"the same in a set", &authz.Policies{Identity: all}, &authz.Policies{IdentitySet: authz.NewSet([]*authz.Program{all[0], silent})}},
		{"an empty list of session policies", &authz.Policies{Identity: all}, &authz.Policies{Identity: all, Session: []*authz.Program{}}},
	} {
		a, err := New(Options{Catalog: load(t)}).Wider(Layers(row.left, "111122223333", ""), Layers(row.right, "111122223333", ""))
		if err != nil || a.Verdict != Yes {
			t.Errorf("%s: %v %v", row.name, a.Verdict, err)
		}
	}
}

// TestWhatLayersDoNotTouch compares layers that differ in what bears on nobody, or on few.
func TestWhatLayersDoNotTouch(t *testing.T) {
	program := func(k authz.Kind, statements string) *authz.Program {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", statements, err)
		}
		return authz.Compile(d, k)
	}
	const (
		all          = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		everyone     = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
		whoIs        = `"Condition":{"StringEquals":{"aws:PrincipalType":"Account"}}}`
		whoIsLinked  = `"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/aws-service-role/*"}}}`
		denyRoot     = `,{"Effect":"Deny","Action":"*","Resource":"*",` + whoIs
		denyLinked   = `,{"Effect":"Deny","Action":"*","Resource":"*",` + whoIsLinked
		denyIdentity = `,{"Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"}`
	)
	own := func(statements string) []*authz.Program { return []*authz.Program{program(authz.Identity, statements)} }
	levels := func(k authz.Kind, statements string) [][]*authz.Program {
		return [][]*authz.Program{{program(k, statements)}}
	}
	by := func(statements string) *authz.Program { return program(authz.Resource, statements) }
	anybody := own(all)
	for _, row := range []struct {
		name        string
		left, right *authz.Policies
		management  string
		want        Verdict
	}{
		{"a root user assumes no role", &authz.Policies{Resource: by(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*",` + whoIs), Session: anybody}, &authz.Policies{Session: anybody}, "", No},
		{"but gets other things", &authz.Policies{Resource: by(`{"Effect":"Allow","Principal":"*","Action":"sts:TagSession","Resource":"*",` + whoIs), Session: anybody}, &authz.Policies{Session: anybody}, "", Yes},
		{"who one is everybody may ask", &authz.Policies{Identity: anybody}, &authz.Policies{Identity: own(all + denyIdentity)}, "", No},
		{"a session policy denies a root user", &authz.Policies{Session: anybody}, &authz.Policies{Session: own(all + denyRoot)}, "", Yes},
		{"an identity policy does not", &authz.Policies{Identity: anybody, Session: anybody}, &authz.Policies{Identity: own(all + denyRoot), Session: anybody}, "", No},
		{"nor does naming it help against a session policy", &authz.Policies{Resource: by(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",` + whoIs), Session: []*authz.Program{}},
			&authz.Policies{Session: []*authz.Program{}}, "", No},
		{"a key asks its own policy", &authz.Policies{Identity: own(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:*:*:key/*"}`)}, &authz.Policies{}, "", No},
		{"an alias does not", &authz.Policies{Identity: own(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:*:*:alias/*"}`)}, &authz.Policies{}, "", Yes},
		{"a role asks its own policy", &authz.Policies{Identity: own(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}`)}, &authz.Policies{}, "", No},
		{"what is no role does not", &authz.Policies{Identity: own(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:user/*"}`)}, &authz.Policies{}, "", Yes},
		{"resource control leaves service-linked roles alone", &authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone)},
			&authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone+`,{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/aws-service-role/*"}`)}, "", No},
		{"and their sessions", &authz.Policies{Identity: anybody, ResourceControl: levels(authz.ResourceControl, everyone)},
			&authz.Policies{Identity: anybody, ResourceControl: levels(authz.ResourceControl, everyone+`,{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*",`+whoIsLinked)}, "", No},
		{"so does service control", &authz.Policies{Identity: anybody, ServiceControl: levels(authz.ServiceControl, all)},
			&authz.Policies{Identity: anybody, ServiceControl: levels(authz.ServiceControl, all+denyLinked)}, "", No},
		{"a boundary, too", &authz.Policies{Identity: anybody, Boundary: program(authz.Identity, all)},
			&authz.Policies{Identity: anybody, Boundary: program(authz.Identity, all+denyLinked)}, "", No},
		{"the management account is not controlled", &authz.Policies{Identity: anybody}, &authz.Policies{Identity: anybody, ServiceControl: levels(authz.ServiceControl, denyLinked[1:])}, "111122223333", No},
		{"another account is", &authz.Policies{Identity: anybody}, &authz.Policies{Identity: anybody, ServiceControl: levels(authz.ServiceControl, denyLinked[1:])}, "444455556666", Yes},
		{"nor are its resources", &authz.Policies{Identity: anybody}, &authz.Policies{Identity: anybody, ResourceControl: [][]*authz.Program{nil}}, "111122223333", No},
		{"a grant to be retired is not controlled", &authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone)},
			&authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone+`,{"Effect":"Deny","Principal":"*","Action":"kms:RetireGrant","Resource":"*"}`)}, "", No},
		{"one that is revoked is", &authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone)},
			&authz.Policies{Identity: anybody, Resource: by(everyone), ResourceControl: levels(authz.ResourceControl, everyone+`,{"Effect":"Deny","Principal":"*","Action":"kms:RevokeGrant","Resource":"*"}`)}, "", Yes},
	} {
		a, err := New(Options{Catalog: load(t)}).Wider(Layers(row.left, "111122223333", row.management), Layers(row.right, "111122223333", row.management))
		if err != nil || a.Verdict != row.want {
			t.Errorf("%s: %v (%s) by %v, %v, want %v", row.name, a.Verdict, a.Reason, a.Witness, err, row.want)
		}
	}
}

package authz_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// compile makes an identity policy of the texts of its statements.
func compile(t *testing.T, statements string) *authz.Program {
	t.Helper()
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return authz.Compile(d, authz.Identity)
}

func ask(t *testing.T, action, resource string) *authz.Request {
	t.Helper()
	p, err := authz.NewPrincipal("arn:aws:iam::111122223333:user/alice", authz.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := authz.NewAction(action)
	if err != nil {
		t.Fatal(err)
	}
	return authz.NewRequest(p, a, resource)
}

// The policies of a set are numbered in their order, and those of the list go on behind them.
func TestPoliciesOfASetComeFirst(t *testing.T) {
	read := compile(t, `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`)
	write := compile(t, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::x/*"},{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`)
	keep := compile(t, `{"Effect":"Deny","Action":["s3:DeleteObject","s3:Delete*"],"Resource":"arn:aws:s3:::kept/*"}`)
	all := compile(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	ps := authz.Policies{IdentitySet: authz.NewSet([]*authz.Program{read, write, keep}), Identity: []*authz.Program{keep, all}}
	for _, row := range []struct {
		action, resource string
		effect           authz.Effect
		path             string
		program          *authz.Program
	}{
		{"s3:GetObject", "arn:aws:s3:::x/y", authz.Allow, "identity[0].Statement[0]", read},
		{"s3:PutObject", "arn:aws:s3:::x/y", authz.Allow, "identity[1].Statement[1]", write},
		{"s3:DeleteObject", "arn:aws:s3:::kept/y", authz.ExplicitDeny, "identity[2].Statement[0]", keep},
		{"s3:DeleteObject", "arn:aws:s3:::x/y", authz.Allow, "identity[4].Statement[0]", all},
	} {
		d := authz.Decide(ask(t, row.action, row.resource), &ps)
		if d.Effect != row.effect || d.StatementPath() != row.path || d.Program != row.program {
			t.Errorf("%s on %s: %v by %s, want %v by %s", row.action, row.resource, d.Effect, d.StatementPath(), row.effect, row.path)
		}
	}
	if n := len(ps.IdentitySet.Programs()); n != 3 {
		t.Errorf("the set has %d programs", n)
	}
}

// A policy that says whom it speaks of is no identity policy. Its denies must not be lost, so it denies everything.
func TestASetWithAResourcePolicyDenies(t *testing.T) {
	all := compile(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	misplaced := authz.Compile(d, authz.Resource)
	for name, ps := range map[string]authz.Policies{
		"in the set":        {IdentitySet: authz.NewSet([]*authz.Program{all, misplaced})},
		"behind the set":    {IdentitySet: authz.NewSet([]*authz.Program{all}), Identity: []*authz.Program{misplaced}},
		"before the list":   {IdentitySet: authz.NewSet([]*authz.Program{misplaced}), Identity: []*authz.Program{all}},
		"without a set":     {Identity: []*authz.Program{all, misplaced}},
		"alone in the list": {Identity: []*authz.Program{misplaced}},
		"behind many":       {Identity: append(slices.Repeat([]*authz.Program{all}, 64), misplaced)},
	} {
		if d := authz.Decide(ask(t, "s3:GetObject", "arn:aws:s3:::x/y"), &ps); d.Effect != authz.ExplicitDeny || d.Layer != authz.IdentityLayer {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// A set of no policies, and one of policies without statements that could be found, say nothing.
func TestEmptySetsSayNothing(t *testing.T) {
	empty := compile(t, `{"Effect":"Allow","Action":[],"Resource":"*"}`)
	for name, s := range map[string]*authz.Set{
		"no policies": authz.NewSet(nil), "no actions": authz.NewSet([]*authz.Program{empty}), "no set": nil,
	} {
		if d := authz.Decide(ask(t, "s3:GetObject", "*"), &authz.Policies{IdentitySet: s}); d.Effect != authz.ImplicitDeny {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// Many policies share keys and have keys of their own; each is found.
func TestALargeSetFindsEachStatement(t *testing.T) {
	var programs []*authz.Program
	const n = 300
	for i := range n {
		programs = append(programs, compile(t, fmt.Sprintf(
			`{"Effect":"Allow","Action":["s3:GetObject","svc%d:Own","svc%d:List*","S3:GETOBJECT"],"Resource":["arn:aws:s3:::bucket-%03d/*","arn:aws:svc:::%03d"]}`, i, i, i, i)))
	}
	ps := authz.Policies{IdentitySet: authz.NewSet(programs)}
	for i := range n {
		for _, q := range [][2]string{
			{"s3:GetObject", fmt.Sprintf("arn:aws:s3:::bucket-%03d/x", i)},
			{fmt.Sprintf("svc%d:Own", i), fmt.Sprintf("arn:aws:svc:::%03d", i)},
			{fmt.Sprintf("SVC%d:listAll", i), fmt.Sprintf("arn:aws:svc:::%03d", i)},
		} {
			if d := authz.Decide(ask(t, q[0], q[1]), &ps); d.Effect != authz.Allow || int(d.Policy) != i {
				t.Errorf("%s on %s: %v by %s", q[0], q[1], d.Effect, d.StatementPath())
			}
			other := fmt.Sprintf("arn:aws:svc:::%03d", (i+1)%n)
			if d := authz.Decide(ask(t, q[0], other), &ps); d.Allowed() && q[0] != "s3:GetObject" {
				t.Errorf("%s on %s: allowed by %s", q[0], other, d.StatementPath())
			}
		}
	}
}

// A bucket and its objects, named together, are that and nothing else.
func TestABucketAndItsObjects(t *testing.T) {
	const both = `"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`
	for _, row := range []struct {
		elements, resource string
		allowed            bool
	}{
		{both, "arn:aws:s3:::b", true},
		{both, "arn:aws:s3:::b/", true},
		{both, "arn:aws:s3:::b/x/y", true},
		{both, "arn:aws:s3:::bc", false},
		{both, "arn:aws:s3:::b-c/x", false},
		{both, "arn:aws:s3:::", false},
		{both, "arn:aws:s3:::a/arn:aws:s3:::b/x", false},
		{`"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]`, "arn:aws:s3:::b", true},
		{`"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]`, "arn:aws:s3:::b/x", true},
		{`"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]`, "arn:aws:s3:::bx", false},
		{`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b*"]`, "arn:aws:s3:::bc", true},
		{`"Resource":["arn:aws:s3:::b","arn:aws:s3:::c/*"]`, "arn:aws:s3:::b/x", false},
		{`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*","arn:aws:s3:::c"]`, "arn:aws:s3:::c", true},
		{`"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`, "arn:aws:s3:::b/x", false},
		{`"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`, "arn:aws:s3:::bc", true},
	} {
		p := compile(t, `{"Effect":"Allow","Action":"s3:*",`+row.elements+`}`)
		if d := authz.Decide(ask(t, "s3:GetObject", row.resource), &authz.Policies{Identity: []*authz.Program{p}}); d.Allowed() != row.allowed {
			t.Errorf("%s on %s: %v", row.elements, row.resource, d.Effect)
		}
	}
}

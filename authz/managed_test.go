package authz_test

import (
	"strings"
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
)

// managedPolicies returns AWS's managed policies, parsed, and the size of their texts.
func managedPolicies(tb testing.TB) (docs map[string]*policy.Document, size int64) {
	tb.Helper()
	texts, err := managed.Documents()
	if err != nil {
		tb.Fatal(err)
	}
	docs = make(map[string]*policy.Document, len(texts))
	for name, text := range texts {
		d, err := policy.Parse(text)
		if err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		docs[name] = d
		size += int64(len(text))
	}
	return docs, size
}

// TestManagedPoliciesCompileToWhatTheySay asks each compiled managed policy for each action that it names in full, on a resource
// that it names, and compares the answer with that of its statements asked one by one.
func TestManagedPoliciesCompileToWhatTheySay(t *testing.T) {
	docs, _ := managedPolicies(t)
	alice, err := authz.NewPrincipal("arn:aws:iam::111122223333:user/alice", authz.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	questions, allowed := 0, 0
	for name, d := range docs {
		policies := authz.Policies{Identity: []*authz.Program{authz.Compile(d, authz.Identity)}}
		for i := range d.Statements {
			s := &d.Statements[i]
			for j, v := range s.Action.Items {
				action, err := authz.NewAction(v.Text)
				if err != nil || s.Action.Not || len(s.Resource.Items) == 0 {
					continue
				}
				// Roles and keys have policies of their own that must agree.
				if service, _, _ := strings.Cut(v.Text, ":"); service == "sts" || service == "kms" {
					continue
				}
				r := authz.NewRequest(alice, action, s.Resource.Items[j%len(s.Resource.Items)].Text)
				r.ResourceAccount = alice.Account // patterns have stars for accounts
				e := authz.Explain(r, &policies)
				if got, want := e.Effect, effectOf(e.Findings); got != want {
					t.Errorf("%s: %s on %s: %v, its statements say %v", name, action, r.Resource(), got, want)
				}
				questions++
				if e.Allowed() {
					allowed++
				}
			}
		}
	}
	t.Logf("%d policies, %d questions, %d allowed", len(docs), questions, allowed)
	if len(docs) != 1485 || questions < 10_000 || allowed < questions/4 {
		t.Errorf("an idle test: %d policies, %d questions, %d allowed", len(docs), questions, allowed)
	}
}

// effectOf is what statements come to for a user with no other policies.
func effectOf(findings []authz.Finding) authz.Effect {
	effect := authz.ImplicitDeny
	for i := range findings {
		if !findings[i].Applies() {
			continue
		}
		if findings[i].Effect == policy.Deny {
			return authz.ExplicitDeny
		}
		effect = authz.Allow
	}
	return effect
}

func BenchmarkCompileManagedPolicies(b *testing.B) {
	docs, size := managedPolicies(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range docs {
			authz.Compile(d, authz.Identity)
		}
	}
}

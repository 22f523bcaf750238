package policy_test

import (
	"testing"

	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
)

// managedPolicies returns the documents of all AWS managed policies by name.
func managedPolicies(tb testing.TB) map[string]string {
	tb.Helper()
	texts, err := managed.Documents()
	if err != nil {
		tb.Fatal(err)
	}
	return texts
}

func TestManagedPoliciesParseAndPrintBackToTheSameBytes(t *testing.T) {
	all := managedPolicies(t)
	if len(all) != 1485 {
		t.Errorf("%d managed policies, want 1485", len(all))
	}
	for name, text := range all {
		d, err := policy.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Text() != text {
			t.Errorf("%s: the text was not kept", name)
		}
		// AppendJSON prints the tree, not the text.
		if got := string(d.AppendJSON(nil)); got != text {
			t.Errorf("%s: printed as\n%s\nwant\n%s", name, got, text)
		}
		again, err := policy.Parse(string(d.Format()))
		if err != nil {
			t.Errorf("%s: the canonical form does not parse: %v", name, err)
			continue
		}
		if got, want := string(again.Format()), string(d.Format()); got != want {
			t.Errorf("%s: the canonical form of the canonical form differs", name)
		}
	}
}

func TestManagedPoliciesPassTheChecksOfManagedPolicies(t *testing.T) {
	for name, text := range managedPolicies(t) {
		if _, err := policy.Check(policy.Managed, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkParseManagedPolicies(b *testing.B) {
	all := managedPolicies(b)
	n := 0
	for _, text := range all {
		n += len(text)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range all {
			if _, err := policy.Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	}
}

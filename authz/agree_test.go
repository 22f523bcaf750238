package authz_test

import (
	"flag"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/writ-iam/writ/authz"
)

// casesFlag is how many random cases the two judges are compared on. CI asks for a million (see the Makefile).
var casesFlag = flag.Int("cases", 20_000, "random cases to compare the judges on")

// TestFastJudgeAgreesWithNaiveJudge compares Decide with the evaluator of naive_test.go, which was written from the specification by
// somebody who did not see Decide, on random cases. A disagreement is shrunk by rapid and printed as a case file.
func TestFastJudgeAgreesWithNaiveJudge(t *testing.T) {
	const casesOfABundle = 20
	checks := strconv.Itoa(max(1, *casesFlag/workers/casesOfABundle))
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	var stats [workers]statistics
	t.Run("random", func(t *testing.T) {
		for i := range workers {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) {
					for _, text := range drawBundle(rt).cases {
						agree(rt, text, &stats[i])
					}
				})
			})
		}
	})
	for i := range stats[1:] {
		stats[0].merge(&stats[1+i])
	}
	stats[0].log(t)
}

// workers is how many goroutines compare the judges.
const workers = 2

type failer interface {
	Fatalf(format string, args ...any)
}

// agree fails unless both judges say the same of a case.
func agree(t failer, text []byte, stats *statistics) {
	c, err := authz.ParseCase(string(text))
	if err != nil {
		t.Fatalf("case refused: %v\n%s", err, text)
	}
	got := authz.Decide(c.Request, &c.Policies)
	decision, layer := naiveDecide(text)
	if got.Effect.String() != decision || got.Layer.String() != layer {
		t.Fatalf("Decide: %v by %q (%s); naive judge: %s by %q\n%s", got.Effect, got.Layer, got.StatementPath(), decision, layer, text)
	}
	explained(t, c, got, text)
	sameInSets(t, c, got, text)
	stats.add(text, decision, layer)
}

// sameInSets fails unless the decision is the same, to the statement, when the first of the identity policies are in a set: all of them, and each
// smaller number.
func sameInSets(t failer, c *authz.Case, want authz.Decision, text []byte) {
	explained := authz.Explain(c.Request, &c.Policies)
	for n := range len(c.Policies.Identity) + 1 {
		ps := c.Policies
		ps.IdentitySet, ps.Identity = authz.NewSet(ps.Identity[:n]), ps.Identity[n:]
		if got := authz.Decide(c.Request, &ps); got != want {
			t.Fatalf("%d of the identity policies in a set: %+v; none: %+v\n%s", n, got, want, text)
		}
		if got := authz.Explain(c.Request, &ps); !reflect.DeepEqual(got, explained) {
			t.Fatalf("%d of the identity policies in a set: %+v\n%s", n, got, text)
		}
	}
}

// explained fails unless Explain tells the same story as Decide, statement by statement.
func explained(t failer, c *authz.Case, d authz.Decision, text []byte) {
	e := authz.Explain(c.Request, &c.Policies)
	if e.Decision != d {
		t.Fatalf("Explain decides %+v, Decide %+v\n%s", e.Decision, d, text)
	}
	if d.Layer == authz.NoLayer {
		return
	}
	denied := false
	for i := range e.Findings {
		f := &e.Findings[i]
		if f.Effect.String() == "Deny" && f.Applies() {
			denied = true
		}
		if f.Layer == d.Layer && f.Place == d.Place && !f.Applies() {
			t.Fatalf("the deciding statement %s does not apply: %+v\n%s", d.StatementPath(), f, text)
		}
		if d.Effect == authz.ExplicitDeny && f.Effect.String() == "Deny" && f.Applies() {
			if f.Layer != d.Layer || f.Place != d.Place {
				t.Fatalf("%s is named, but an earlier statement denies: %+v\n%s", d.StatementPath(), f, text)
			}
			return
		}
	}
	if d.Effect == authz.Allow && d.Layer == authz.IdentityLayer && d.Policy >= 0 {
		for i := range e.Findings {
			if f := &e.Findings[i]; f.Layer == d.Layer && f.Effect.String() == "Allow" && f.Applies() {
				if f.Place != d.Place {
					t.Fatalf("%s is named, but %s allows before\n%s", d.StatementPath(), f.Path(f.Layer), text)
				}
				break
			}
		}
	}
	if denied != (d.Effect == authz.ExplicitDeny) {
		t.Fatalf("a Deny applies: %v, the decision is %v\n%s", denied, d.Effect, text)
	}
}

package analysis

import (
	"math/rand/v2"
	"testing"
)

// TestSolverAgreesWithTrial asks about random clauses over few variables, some of them added later, and tries all assignments.
func TestSolverAgreesWithTrial(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	both := [2]int{}
	for round := range 20_000 {
		n := 1 + rng.IntN(9)
		s := newSolver()
		for range n {
			s.variable()
		}
		var clauses [][]lit
		for range 1 + rng.IntN(5) {
			for range rng.IntN(n*3/2 + 2) {
				var c []lit
				for range 1 + rng.IntN(4) {
					l := lit(1 + rng.IntN(n))
					if rng.IntN(2) == 0 {
						l = -l
					}
					c = append(c, l)
				}
				clauses = append(clauses, c)
				s.add(c...)
			}
			want := none
			for assignment := range 1 << n {
				if holds(clauses, func(l lit) bool { return (assignment>>(l.v()-1)&1 == 1) == (l > 0) }) {
					want = found
				}
			}
			steps := 1 << 20
			got := s.solve(&steps)
			if got != want {
				t.Fatalf("round %d: %d, want %d: %v", round, got, want, clauses)
			}
			if got == found && !holds(clauses, func(l lit) bool { return s.truth(l) == 1 }) {
				t.Fatalf("round %d: not an assignment of %v", round, clauses)
			}
			both[got]++
		}
	}
	if both[none] < 1000 || both[found] < 1000 {
		t.Errorf("%v: one-sided", both)
	}
}

func holds(clauses [][]lit, truth func(lit) bool) bool {
	for _, c := range clauses {
		ok := false
		for _, l := range c {
			ok = ok || truth(l)
		}
		if !ok {
			return false
		}
	}
	return true
}

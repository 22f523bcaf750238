package analysis

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSolveAgreesWithTrial asks for texts in some sets and not in others, and tries all short texts. The globs are short, so that a text that exists
// is short too.
func TestSolveAgreesWithTrial(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	kinds := []signKind{letter, letter, letter, letter, one, run, run, oneInPart, runInPart, folded, digit}
	drawn := func() *glob {
		var signs []sign
		for range rng.IntN(4) {
			signs = append(signs, sign{kinds[rng.IntN(len(kinds))], []rune("ab:k")[rng.IntN(4)]})
		}
		return newGlob(signs)
	}
	var all []string
	for _, r := range "abk:xA\u212a5" { // the Kelvin sign folds to k
		all = append(all, string(r))
	}
	for n, from := 0, 0; n < 3; n++ {
		to := len(all)
		for _, s := range all[from:to] {
			for _, r := range "abk:xA\u212a5" {
				all = append(all, s+string(r))
			}
		}
		from = to
	}
	all = append(all, "")
	counts := [3]int{}
	for round := range 6000 {
		tx := newTexts(1 << 20)
		var pos, neg []*union
		sets := func(n int) (us []*union) {
			for range n {
				var gs []*glob
				for range 1 + rng.IntN(2) {
					gs = append(gs, drawn())
				}
				us = append(us, tx.union(gs...))
			}
			return us
		}
		pos, neg = sets(rng.IntN(3)), sets(rng.IntN(3))
		fits := func(text string) bool {
			for _, u := range pos {
				if !u.match(text) {
					return false
				}
			}
			for _, u := range neg {
				if u.match(text) {
					return false
				}
			}
			return true
		}
		text, core, got := tx.solve(pos, neg)
		counts[got]++
		describe := func() string {
			var b strings.Builder
			for _, u := range pos {
				fmt.Fprintf(&b, "+%v", u.globs)
			}
			for _, u := range neg {
				fmt.Fprintf(&b, "-%v", u.globs)
			}
			return b.String()
		}
		switch got {
		case found:
			if !fits(text) {
				t.Fatalf("round %d %s: %q", round, describe(), text)
			}
		case none:
			for _, s := range all {
				if fits(s) {
					t.Fatalf("round %d %s: %q was missed", round, describe(), s)
				}
			}
			// The core alone has none either.
			var p, n []*union
			for _, i := range core {
				if i < len(pos) {
					p = append(p, pos[i])
				} else {
					n = append(n, neg[i-len(pos)])
				}
			}
			if text, _, r := newTexts(1<<20).solve(p, n); r != none {
				t.Fatalf("round %d %s: core %v has %q", round, describe(), core, text)
			}
		}
	}
	if counts[none] < 500 || counts[found] < 500 || counts[gaveUp] > 0 {
		t.Errorf("%v", counts)
	}
}

// TestHardSetsGiveUp asks what needs more states than there are, which is not the same as a no.
func TestHardSetsGiveUp(t *testing.T) {
	tx := newTexts(2000)
	var pos, neg []*union
	for i := range 14 {
		// A text that has each of the letters, none of them so many characters before the end.
		pos = append(pos, tx.union(patternGlob("*"+string(rune('a'+i))+"*")))
		neg = append(neg, tx.union(patternGlob("*"+string(rune('a'+i))+strings.Repeat("?", 14)+"*"), patternGlob("*"+string(rune('a'+i)))))
	}
	if _, _, r := tx.solve(pos, neg); r != gaveUp {
		t.Errorf("%d, want to give up", r)
	}
}

package analysis

import (
	"slices"
	"strings"
)

// union is a set of texts: what any of its globs holds.
type union struct {
	globs []*glob
	key   string // of the globs
}

// texts decides questions about sets of texts and remembers how globs stand to each other.
type texts struct {
	globs    map[string]*glob
	disjoint map[[2]int32]bool
	covers   map[[2]int32]bool
	// budget is how many states may still be made.
	budget int
}

func newTexts(budget int) *texts {
	return &texts{globs: make(map[string]*glob), disjoint: make(map[[2]int32]bool), covers: make(map[[2]int32]bool), budget: budget}
}

// intern returns the glob that stands for all that are written like g.
func (t *texts) intern(g *glob) *glob {
	key := g.key()
	if have, ok := t.globs[key]; ok {
		return have
	}
	g.id = int32(len(t.globs))
	t.globs[key] = g
	return g
}

// fewGlobs is up to how many globs of a set are compared with each other.
const fewGlobs = 64

// listed makes a set of globs of which none covers another.
func (t *texts) listed(globs ...*glob) *union {
	u := &union{globs: globs}
	for i, g := range globs {
		globs[i] = t.intern(g)
	}
	slices.SortFunc(u.globs, func(a, b *glob) int { return int(a.id - b.id) })
	u.number()
	return u
}

// union makes a set of globs, without those that another of them covers as far as that is easily seen.
func (t *texts) union(globs ...*glob) *union {
	u := &union{globs: make([]*glob, 0, len(globs))}
	for _, g := range globs {
		u.globs = append(u.globs, t.intern(g))
	}
	slices.SortFunc(u.globs, func(a, b *glob) int { return int(a.id - b.id) })
	u.globs = slices.Compact(u.globs)
	if n := len(u.globs); 1 < n && n <= fewGlobs {
		kept := make([]*glob, 0, n)
		for i, g := range u.globs {
			if !slices.ContainsFunc(u.globs, func(o *glob) bool {
				return o != g && !o.literal && t.pay(o, len(g.signs)) && easilyCovers(o, g) && !(easilyCovers(g, o) && slices.Index(u.globs, o) > i)
			}) {
				kept = append(kept, g)
			}
		}
		u.globs = kept
	}
	u.number()
	return u
}

// pay takes from the budget what it costs to hold a glob against a text, or another glob, of some length, which is nothing for those that people write. It reports whether
// it could.
func (t *texts) pay(g *glob, length int) bool {
	if work := len(g.signs) * length; work > 1<<20 {
		t.budget -= work >> 12
	}
	return t.budget > 0
}

// number makes the key.
func (u *union) number() {
	key := make([]byte, 0, 4*len(u.globs))
	for _, g := range u.globs {
		key = append(key, byte(g.id>>24), byte(g.id>>16), byte(g.id>>8), byte(g.id))
	}
	u.key = string(key)
}

// match reports whether g holds a text.
func (g *glob) match(text string) bool {
	if g.literal {
		return g.text == text
	}
	if len(text) < len(g.prefix) || !strings.HasPrefix(text, g.prefix) || !strings.HasSuffix(text, g.suffix) {
		return false
	}
	at, next := g.enter(make([]int32, 0, 8), 0), make([]int32, 0, 8)
	for _, r := range text {
		next = next[:0]
		for _, i := range at {
			if int(i) == len(g.signs) || !g.signs[i].takes(r) {
				continue
			}
			if g.signs[i].kind.runs() {
				next = g.enter(next, i)
			} else {
				next = g.enter(next, i+1)
			}
		}
		if len(next) == 0 {
			return false
		}
		at, next = next, at
	}
	return at[len(at)-1] == int32(len(g.signs))
}

// enter adds a place of g to those where a text so far may have come to, which are in order: behind a run one also stands on what follows.
func (g *glob) enter(places []int32, i int32) []int32 {
	for ; ; i++ {
		if n := len(places); n == 0 || places[n-1] < i {
			places = append(places, i)
		}
		if int(i) == len(g.signs) || !g.signs[i].kind.runs() {
			return places
		}
	}
}

func (u *union) match(text string) bool {
	return slices.ContainsFunc(u.globs, func(g *glob) bool { return g.match(text) })
}

// isLiteral reports whether the set is a list of texts.
func (u *union) isLiteral() bool {
	return !slices.ContainsFunc(u.globs, func(g *glob) bool { return !g.literal })
}

// easilyCovers reports whether q holds all that p holds, by reading p's signs as characters that only such signs of q take as allow as much. A no may be
// wrong.
func easilyCovers(q, p *glob) bool {
	switch {
	case q == p:
		return true
	case p.literal:
		return q.match(p.text)
	case q.literal, !strings.HasPrefix(p.prefix, q.prefix), !strings.HasSuffix(p.suffix, q.suffix):
		return false
	case len(q.signs) == 1 && q.signs[0].kind == run:
		return true
	}
	at, next := q.enter(make([]int32, 0, 8), 0), make([]int32, 0, 8)
	for _, c := range p.signs {
		next = next[:0]
		for _, i := range at {
			switch {
			case int(i) == len(q.signs) || !q.signs[i].includes(c):
			case q.signs[i].kind.runs():
				next = q.enter(next, i)
			case !c.kind.runs():
				next = q.enter(next, i+1)
			}
		}
		if len(next) == 0 {
			return false
		}
		at, next = next, at
	}
	return at[len(at)-1] == int32(len(q.signs))
}

// includes reports whether a place of sign s takes every character that one of sign c takes.
func (s sign) includes(c sign) bool {
	excluded := func(k signKind) int { // what signs without letters leave out, in degrees
		switch k {
		case one, run:
			return 0
		case oneInPart, runInPart:
			return 1
		}
		return 2
	}
	switch c.kind {
	case letter:
		return s.takes(c.r)
	case folded, asciiFold:
		for r := range orbit(c) {
			if !s.takes(r) {
				return false
			}
		}
		return true
	}
	switch s.kind {
	case letter, folded, asciiFold:
		return false
	case digit:
		return c.kind == digit
	}
	return c.kind == digit || excluded(s.kind) <= excluded(c.kind)
}

// pairBudget is how many states one question about two globs may make.
const pairBudget = 4000

// isCovered reports whether q holds all that p holds; a no may be wrong if it is too hard to say.
func (t *texts) isCovered(p, q *glob) bool {
	switch {
	case p == q:
		return true
	case !t.pay(q, len(p.signs)):
		return false
	case p.literal:
		return q.match(p.text)
	case q.literal, !strings.HasPrefix(p.prefix, q.prefix), !strings.HasSuffix(p.suffix, q.suffix):
		return false
	}
	key := [2]int32{p.id, q.id}
	covered, ok := t.covers[key]
	if !ok {
		covered = easilyCovers(q, p)
		if !covered && !p.hasSampleOutside(q) {
			_, result := t.intersect([][]*glob{{p}}, []*glob{q}, pairBudget)
			covered = result == none
		}
		t.covers[key] = covered
	}
	return covered
}

// areDisjoint reports whether no text is in both; a no may be wrong if it is too hard to say.
func (t *texts) areDisjoint(p, q *glob) bool {
	switch {
	case p == q, !t.pay(q, len(p.signs)):
		return false
	case p.literal:
		return !q.match(p.text)
	case q.literal:
		return !p.match(q.text)
	case !strings.HasPrefix(p.prefix, q.prefix) && !strings.HasPrefix(q.prefix, p.prefix):
		return true
	case !strings.HasSuffix(p.suffix, q.suffix) && !strings.HasSuffix(q.suffix, p.suffix):
		return true
	case p.isPrefix() && strings.HasPrefix(q.prefix, p.prefix), q.isPrefix() && strings.HasPrefix(p.prefix, q.prefix):
		return false
	}
	key := [2]int32{min(p.id, q.id), max(p.id, q.id)}
	disjoint, ok := t.disjoint[key]
	if !ok {
		if !p.hasSampleIn(q) && !q.hasSampleIn(p) {
			_, result := t.intersect([][]*glob{{p}, {q}}, nil, pairBudget)
			disjoint = result == none
		}
		t.disjoint[key] = disjoint
	}
	return disjoint
}

// hasSampleIn reports whether a text that comes to mind for g is one of q.
func (g *glob) hasSampleIn(q *glob) bool {
	text := g.sample("x")
	return q.match(text) && g.match(text)
}

// hasSampleOutside reports whether a text that comes to mind for g is none of q.
func (g *glob) hasSampleOutside(q *glob) bool {
	text := g.sample("x")
	return !q.match(text) && g.match(text)
}

// isPrefix reports whether g holds whatever begins with its prefix.
func (g *glob) isPrefix() bool {
	n := len(g.signs)
	if n == 0 || g.signs[n-1].kind != run {
		return false
	}
	for _, s := range g.signs[:n-1] {
		if s.kind != letter {
			return false
		}
	}
	return true
}

func (t *texts) intersect(all [][]*glob, not []*glob, limit int) (string, outcome) {
	allowed := min(limit, t.budget)
	left := allowed
	text, result := intersect(all, not, &left)
	t.budget -= allowed - max(left, 0)
	return text, result
}

// solve returns a text that all of the sets pos hold and none of neg. If there is none, core has the numbers of sets that exclude each other: those of
// neg counted on from those of pos.
func (t *texts) solve(pos, neg []*union) (text string, core []int, result outcome) {
	base := -1
	for i, u := range pos {
		if base < 0 || rank(u) < rank(pos[base]) {
			base = i
		}
	}
	inCore := make([]bool, len(pos)+len(neg))
	candidates := []*glob{t.intern(anyText())}
	if base >= 0 {
		candidates = pos[base].globs
		inCore[base] = true
	}
	for _, p := range candidates {
		text, r := t.solveFor(p, base, pos, neg, inCore)
		if r == found {
			return text, nil, found
		}
		result = max(result, r)
	}
	if result == none {
		for i, in := range inCore {
			if in {
				core = append(core, i)
			}
		}
	}
	return "", core, result
}

// rank orders sets by how little work they are likely to make if each of their globs is looked at by itself: few globs are better than many, but any number that say how
// a text begins, which most others can be told from at once, is better than one that says nothing. Of those with as many the one that says more goes first.
func rank(u *union) int {
	if u.isLiteral() {
		return len(u.globs)
	}
	vague, shortest := 0, 1<<8
	for _, g := range u.globs {
		shortest = min(shortest, len(g.signs))
		if len(g.prefix) <= len("arn:") {
			vague++
		}
	}
	return (1+vague)<<30 + len(u.globs)<<8 - shortest
}

// solveFor is solve for the texts of one glob of a set, pos[base]. The sets that leave nothing of it are entered in core.
func (t *texts) solveFor(p *glob, base int, pos, neg []*union, core []bool) (string, outcome) {
	var all [][]*glob
	var used []int
	n := 0
	for _, u := range append(pos[:len(pos):len(pos)], neg...) {
		n += len(u.globs)
	}
	if t.budget -= n / 64; t.budget < 0 {
		return "", gaveUp
	}
	// Most questions are easy: the first text that comes to mind will do.
	for _, filling := range [...]string{"x", ""} {
		text := p.sample(filling)
		holds := func(u *union) bool {
			return slices.ContainsFunc(u.globs, func(g *glob) bool { return t.pay(g, len(text)) && g.match(text) })
		}
		if t.pay(p, len(text)) && p.match(text) && !slices.ContainsFunc(pos, func(u *union) bool { return !holds(u) }) && !slices.ContainsFunc(neg, holds) && t.budget > 0 {
			return text, found
		}
	}
	for i, u := range pos {
		if i == base {
			continue
		}
		var some []*glob
		covered := false
		for _, g := range u.globs {
			if t.isCovered(p, g) {
				covered = true
				break
			}
			if !t.areDisjoint(p, g) {
				some = append(some, g)
			}
		}
		if covered {
			continue
		}
		if len(some) == 0 {
			core[i] = true
			return "", none
		}
		all = append(all, some)
		used = append(used, i)
	}
	var not []*glob
	for i, u := range neg {
		n := len(not)
		for _, g := range u.globs {
			if t.isCovered(p, g) {
				core[len(pos)+i] = true
				return "", none
			}
			if !t.areDisjoint(p, g) {
				not = append(not, g)
			}
		}
		if len(not) > n {
			used = append(used, len(pos)+i)
		}
	}
	if t.budget <= 0 {
		return "", gaveUp // of what could not be paid nothing is known
	}
	if p.literal {
		// Whatever is left neither covers it nor is disjoint with it, so nothing is.
		return p.text, found
	}
	nothing := func() (string, outcome) {
		for _, i := range used {
			core[i] = true
		}
		return "", none
	}
	// What must not hold the text often lists the very globs that must: those are of no use.
	for i, some := range all {
		t.budget -= len(some) * len(not) / 1024
		all[i] = slices.DeleteFunc(some, func(g *glob) bool {
			return slices.ContainsFunc(not, func(n *glob) bool { return easilyCovers(n, g) })
		})
		if len(all[i]) == 0 {
			return nothing()
		}
	}
	text, result := t.intersect(append(all, []*glob{p}), not, t.budget)
	if result == none {
		return nothing()
	}
	return text, result
}

// sample returns a text of the glob: filling in the place of runs, x for one character.
func (g *glob) sample(filling string) string {
	var b strings.Builder
	// Whatever partition and Region may be, they read best as aws and us-east-1, and the others do not exist.
	partition, region := false, false
	for i, s := range g.signs {
		switch {
		case region && s.kind != letter:
			continue
		case s.kind == runInPart && filling != "" && isBeforeRegion(b.String()):
			b.WriteString("us-east-1")
			region = true
			continue
		case s.kind == oneInName && i+2 == len(g.signs) && g.signs[i+1].kind == runInPart && filling != "":
			b.WriteString(freshName) // of a user or role
			return b.String()
		case partition && s.kind != letter:
			continue
		case b.String() == "arn:" && s.kind > asciiFold && s.kind != digit:
			b.WriteString("aws")
			partition = true
			continue
		}
		partition, region = false, false
		switch {
		case s.kind <= asciiFold:
			b.WriteRune(s.r)
		case s.kind == digit:
			b.WriteByte('1')
		case s.kind.runs():
			b.WriteString(filling)
		default:
			b.WriteByte('x')
		}
	}
	return b.String()
}

// isBeforeRegion reports whether the Region of an ARN comes next.
func isBeforeRegion(text string) bool {
	return strings.HasPrefix(text, "arn:") && strings.HasSuffix(text, ":") && strings.Count(text, ":") == 3
}

package authz

import (
	"cmp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// index finds the statements that may speak of an action: those of a program, of a group within it, or of all the programs of a set. An action that is named
// in full is looked up by its name; a pattern by its service; what is left, "*" and NotAction, is asked every time.
//
// Most statements that a request is compared with do not apply, so everything here is made to find that out early: bits
// before tables, tables before texts, and the few bytes of a guard before a whole pattern. And most of what a decision costs is waiting for memory that
// is in no cache, so all of it is small and lies together.
type index struct {
	// slots is an open-addressing table of the actions that are named in full and the services that patterns speak of.
	slots []slot
	// named are the statements that name an action in full.
	named []ref
	// wide are those among patterned that are asked every time.
	wide span
	// ambiguous: two keys have the same hash. Else it suffices to compare keys when something was found.
	ambiguous bool
	// denies and allows tell what the statements of either effect may speak of.
	denies, allows spoken
	// tabled has the bits of the services in the table; those of spoken are all set if there are statements to be asked every time.
	tabled uint64
	// patterned are the statements with patterns of a service, and behind them the wide ones.
	patterned []patternRef
	// patterns are those of patterned, in the same order; nil where mask and name say it all.
	patterns []*wildcard.Pattern
}

// spoken tells at once that statements have nothing to say of an action: it has a bit for each action that they name in full, and for each
// service that their patterns speak of, all bits if they speak of any.
type spoken struct {
	actions  [2]uint64
	services uint64
}

// of returns 0 if the statements have nothing to say of an action.
func (s *spoken) of(a *Action) uint64 { return s.actions[a.word]&a.bit | s.services&a.serviceBit }

func (s *spoken) add(o spoken) {
	s.actions[0] |= o.actions[0]
	s.actions[1] |= o.actions[1]
	s.services |= o.services
}

// slot is what an index has for an action or service.
type slot struct {
	span
	hash uint32 // of the key
	// key is the action's name or the service. In a set it is the very text that an Action has, so that comparing them is comparing pointers.
	key string
}

// span is a stretch of named or patterned: the denies from lo to mid, and the allows from mid to hi. An empty slot has hi 0.
type span struct{ lo, mid, hi uint32 }

// ref points to a statement.
type ref struct {
	guard     uint64 // see guard
	at        place
	statement *statement
}

// patternRef points to a statement with a pattern of actions, or with NotAction. mask and name are a necessary condition on the first eight bytes of the
// action's name: see Action.start.
type patternRef struct {
	mask, name uint64
	ref
}

// place says where a statement stands, in a number that grows from one statement to the next: that of its program in a set, its own, and in the lowest
// bits where its guard ends.
type place uint64

const (
	noPlace       = ^place(0)
	guardEndBits  = 16
	statementBits = 24
	programBits   = 64 - statementBits - guardEndBits
)

func placeOf(program, statement int) place {
	return place(program)<<(statementBits+guardEndBits) | place(statement)<<guardEndBits
}

func (p place) program() int   { return int(p >> (statementBits + guardEndBits)) }
func (p place) statement() int { return int(p >> guardEndBits & (1<<statementBits - 1)) }
func (p place) guardEnd() uint { return uint(p & (1<<guardEndBits - 1)) }

// number is statement as a Decision has it, -1 for noPlace.
func (p place) number() int32 {
	if p == noPlace {
		return -1
	}
	return int32(p.statement())
}

// indexBuilder collects what an index is made of, in the order of the statements.
type indexBuilder struct {
	entries []entry
}

type entry struct {
	key  string // the action's name or the service; none if the statement is asked every time
	hash uint32 // of the key
	kind entryKind
	// effect is 0 for a Deny and 1 for an Allow.
	effect uint8
	// found is the place of the key among those that the builder found.
	found   uint32
	pattern *wildcard.Pattern
	patternRef
}

type entryKind uint8

const (
	namedEntry entryKind = iota
	serviceEntry
	wideEntry
)

// bitOf spreads names over 64 bits, and wordOf over two words of them.
func bitOf(hash uint32) uint64 { return 1 << (hash >> 26) }

func wordOf(hash uint32) uint32 { return hash >> 25 & 1 }

// startOf returns up to eight bytes of a name as a number, for comparisons of one instruction.
func startOf(name string) (n uint64) {
	for i := range min(len(name), 8) {
		n |= uint64(name[i]) << (8 * i)
	}
	return n
}

// add enters a statement by its Action or NotAction element.
func (b *indexBuilder) add(number int, s *policy.Statement, c *statement, common guard) {
	base := entry{kind: wideEntry}
	base.at, base.statement = placeOf(0, number), c
	if common.end < 1<<guardEndBits {
		base.at |= place(common.end)
		base.guard = common.bytes
	}
	if s.Effect == policy.Allow {
		base.effect = 1
	}
	if s.Action.Not {
		if len(s.Action.Items) > 0 {
			b.entries = append(b.entries, base)
		}
		return
	}
	for _, v := range s.Action.Items {
		text := fold.Name(v.Text)
		if !strings.ContainsAny(text, ":*?") {
			continue // no action is without a colon, and in the table it would be taken for a service
		}
		b.entries = append(b.entries, base)
		b.entries[len(b.entries)-1].speaksOf(text)
	}
}

// speaksOf completes an entry by an action as a policy writes it.
func (e *entry) speaksOf(text string) {
	service, name, _ := strings.Cut(text, ":")
	switch {
	case !strings.ContainsAny(text, "*?"):
		e.kind = namedEntry
		e.key, e.hash = text, fold.Hash(text)
		return
	case strings.ContainsAny(service, "*?"):
		if p := wildcard.Parse(text); !p.MatchesAll() {
			e.pattern = &p
		}
		return
	}
	e.kind = serviceEntry
	e.key, e.hash = service, fold.Hash(service)
	start := name[:min(strings.IndexAny(name, "*?"), 8)]
	e.name = startOf(start)
	e.mask = 1<<(8*len(start)) - 1
	// "Get*" is said by its first bytes; what is longer, or has more wildcards, is not.
	// Neither is what holds a zero byte, which is how short names are filled up.
	p := wildcard.Parse(name)
	if prefix, ok := p.Prefix(); !p.MatchesAll() && (!ok || len(prefix) > 8 || strings.IndexByte(prefix, 0) >= 0) {
		e.pattern = &p
	}
}

// addAll enters the statements of a program of a set by their entries in the program's own index.
func (b *indexBuilder) addAll(number int, ix *index) {
	add := func(e entry, refs span) {
		for i := refs.lo; i < refs.hi; i++ {
			if e.effect = 0; i >= refs.mid {
				e.effect = 1
			}
			if e.kind == namedEntry {
				e.ref = ix.named[i]
			} else {
				e.patternRef, e.pattern = ix.patterned[i], ix.patterns[i]
			}
			e.at |= placeOf(number, 0)
			b.entries = append(b.entries, e)
		}
	}
	for i := range ix.slots {
		s := &ix.slots[i]
		e := entry{key: s.key, hash: s.hash}
		if s.hi != 0 && s.isService() {
			e.kind = serviceEntry
		}
		add(e, s.span)
	}
	add(entry{kind: wideEntry}, ix.wide)
}

// isService reports whether the key of a slot that is not empty is a service. Actions have a colon and services none.
func (s *slot) isService() bool { return strings.IndexByte(s.key, ':') < 0 }

// foundKey is a key of an index that is being built, with the number of its denies and allows, and then with the places where the next of them goes.
type foundKey struct {
	key  string
	hash uint32
	kind entryKind
	n    [2]uint32
	last place // the statement that was counted last
}

// index makes the index. The builder cannot be used any more.
func (b *indexBuilder) index() (ix index) {
	if len(b.entries) == 0 {
		return ix
	}
	keys, wide := b.count(&ix)
	named, patterned := layOut(&ix, keys)
	ix.wide = span{patterned, patterned + wide.n[0], patterned + wide.n[0] + wide.n[1]}
	wide.n = [2]uint32{ix.wide.lo, ix.wide.mid}
	if named > 0 {
		ix.named = make([]ref, named)
	}
	if ix.wide.hi > 0 {
		ix.patterned, ix.patterns = make([]patternRef, ix.wide.hi), make([]*wildcard.Pattern, ix.wide.hi)
	}
	for i := range b.entries {
		e := &b.entries[i]
		if e.found == again {
			continue
		}
		k := &wide
		if e.kind != wideEntry {
			k = &keys[e.found]
		}
		at := k.n[e.effect]
		k.n[e.effect]++
		if e.kind == namedEntry {
			ix.named[at] = e.ref
		} else {
			ix.patterned[at], ix.patterns[at] = e.patternRef, e.pattern
		}
	}
	return ix
}

// again marks an entry for what its statement has said already.
const again = ^uint32(0)

// count finds the keys of the entries and counts the entries of each.
func (b *indexBuilder) count(ix *index) (keys []foundKey, wide foundKey) {
	keys = make([]foundKey, sizeFor(len(b.entries)))
	mask := uint32(len(keys) - 1)
	bits := [2]*spoken{&ix.denies, &ix.allows}
	for i := range b.entries {
		e := &b.entries[i]
		said := bits[e.effect]
		if e.kind == wideEntry {
			wide.n[e.effect]++
			said.services = ^uint64(0)
			continue
		}
		at := e.hash & mask
		for keys[at].kind != 0 && (keys[at].hash != e.hash || keys[at].key != e.key) {
			at = (at + 1) & mask
		}
		k := &keys[at]
		switch {
		case k.kind == 0:
			*k = foundKey{key: e.key, hash: e.hash, kind: 1 + e.kind}
		case e.kind == namedEntry && k.last == e.at:
			e.found = again
			continue
		}
		k.n[e.effect]++
		k.last = e.at
		e.found = at
		if e.kind == namedEntry {
			said.actions[wordOf(e.hash)] |= bitOf(e.hash)
		} else {
			said.services |= bitOf(e.hash)
			ix.tabled |= bitOf(e.hash)
		}
	}
	return keys, wide
}

// layOut gives each key its slot and stretch.
func layOut(ix *index, keys []foundKey) (named, patterned uint32) {
	n := 0
	for i := range keys {
		if keys[i].kind != 0 {
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	ix.slots = make([]slot, sizeFor(n))
	mask := uint32(len(ix.slots) - 1)
	for i := range keys {
		k := &keys[i]
		if k.kind == 0 {
			continue
		}
		next := &named
		if k.kind == 1+serviceEntry {
			next = &patterned
		}
		s := slot{span{*next, *next + k.n[0], *next + k.n[0] + k.n[1]}, k.hash, k.key}
		k.n = [2]uint32{s.lo, s.mid}
		*next = s.hi
		at := k.hash & mask
		for ix.slots[at].hi != 0 {
			ix.ambiguous = ix.ambiguous || ix.slots[at].hash == s.hash
			at = (at + 1) & mask
		}
		ix.slots[at] = s
	}
	return named, patterned
}

// sizeFor returns a power of two that leaves a table of n keys at most two thirds full.
func sizeFor(n int) int {
	size := 2
	for 2*size < 3*n {
		size *= 2
	}
	return size
}

// find returns the slot of a key, or an empty one. It may be that of another key with the same hash.
func (ix *index) find(hash uint32, key string) *slot {
	mask := uint32(len(ix.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &ix.slots[i]; s.hi == 0 || s.hash == hash && (!ix.ambiguous || s.key == key) {
			return s
		}
	}
}

// firstDeny returns the place of the first Deny before limit that applies, or else limit.
func (ix *index) firstDeny(r *Request, limit place) place {
	a := r.Action
	if ix.denies.actions[a.word]&a.bit != 0 {
		if s := ix.find(a.hash, a.folded); s.lo < s.mid {
			if at := firstNamed(ix.named[s.lo:s.mid], r, limit); at != limit && s.key == a.folded {
				limit = at
			}
		}
	}
	if ix.tabled&ix.denies.services&a.serviceBit != 0 {
		if s := ix.find(a.serviceHash, a.service); s.lo < s.mid {
			if at := ix.firstPattern(s.lo, s.mid, r, limit); at != limit && s.key == a.service {
				limit = at
			}
		}
	}
	if ix.wide.lo < ix.wide.mid {
		limit = ix.firstPattern(ix.wide.lo, ix.wide.mid, r, limit)
	}
	return limit
}

// firstAllow is firstDeny for an Allow.
func (ix *index) firstAllow(r *Request, limit place) place {
	a := r.Action
	if ix.allows.actions[a.word]&a.bit != 0 {
		if s := ix.find(a.hash, a.folded); s.mid < s.hi {
			if at := firstNamed(ix.named[s.mid:s.hi], r, limit); at != limit && s.key == a.folded {
				limit = at
			}
		}
	}
	if ix.tabled&ix.allows.services&a.serviceBit != 0 {
		if s := ix.find(a.serviceHash, a.service); s.mid < s.hi {
			if at := ix.firstPattern(s.mid, s.hi, r, limit); at != limit && s.key == a.service {
				limit = at
			}
		}
	}
	if ix.wide.mid < ix.wide.hi {
		limit = ix.firstPattern(ix.wide.mid, ix.wide.hi, r, limit)
	}
	return limit
}

// firstNamed asks the statements of a list in their order, and returns the place of the first before limit that applies, or else limit.
func firstNamed(refs []ref, r *Request, limit place) place {
	resource := r.resource.Text()
	for i := range refs {
		f := &refs[i]
		// This is guard.passes, which the compiler does not put in line.
		if end := f.at.guardEnd(); end != 0 && (end > uint(len(resource)) || lastBytes(resource[:end]) != f.guard) {
			continue
		}
		if f.at >= limit {
			break
		}
		if f.statement.matches(r) {
			return f.at
		}
	}
	return limit
}

// firstPattern is firstNamed for statements with patterns, from lo to hi.
func (ix *index) firstPattern(lo, hi uint32, r *Request, limit place) place {
	resource := r.resource.Text()
	start := r.Action.start
	refs := ix.patterned[lo:hi]
	for i := range refs {
		f := &refs[i]
		if start&f.mask != f.name {
			continue
		}
		if end := f.at.guardEnd(); end != 0 && (end > uint(len(resource)) || lastBytes(resource[:end]) != f.guard) {
			continue
		}
		if f.at >= limit {
			break
		}
		if p := ix.patterns[lo+uint32(i)]; p != nil {
			name := r.Action.name()
			if lo >= ix.wide.lo {
				name = r.Action.folded
			}
			if !p.Match(name) {
				continue
			}
		}
		if f.statement.matchesNotAction(r.Action) && f.statement.matches(r) {
			return f.at
		}
	}
	return limit
}

// guard is a necessary condition for a text to match patterns, checked by one comparison: the last eight bytes of the text that all of the
// patterns begin with, before any wildcard. ARNs of one service differ there if anywhere.
type guard struct {
	bytes uint64
	end   uint32 // where those bytes end; 0 if there is no such text
}

const guardSize = 8

func newGuard(prefix string) guard {
	if len(prefix) < guardSize {
		return guard{}
	}
	return guard{bytes: lastBytes(prefix), end: uint32(len(prefix))}
}

// passes reports whether text may match.
func (g guard) passes(text string) bool {
	return g.end == 0 || uint(g.end) <= uint(len(text)) && lastBytes(text[:g.end]) == g.bytes
}

// lastBytes returns the last eight bytes of s, which has as many.
func lastBytes(s string) uint64 {
	b := s[len(s)-guardSize:]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// principalTable maps a principal's name to the groups that name it.
type principalTable struct {
	slots []principalSlot
	// others are the groups of a slot but its first.
	others []*group
	kinds  uint8 // a bit for each kind of name that there is
}

type principalSlot struct {
	name  principalName
	first *group
	n     uint32 // how many groups name it; 0 in an empty slot
	rest  uint32 // where the others begin
}

// group returns group i of a slot.
func (t *principalTable) group(s *principalSlot, i uint32) *group {
	if i == 0 {
		return s.first
	}
	return t.others[s.rest+i-1]
}

// newPrincipalTable makes a table of the names of all groups that are found by name.
func newPrincipalTable(groups []group) (t principalTable) {
	type pair struct {
		name  principalName
		group int32
	}
	var pairs []pair
	for i := range groups {
		if g := &groups[i]; g.isNamed() {
			for _, n := range g.names {
				pairs = append(pairs, pair{n, int32(i)})
			}
		}
	}
	if len(pairs) == 0 {
		return t
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.name.kind, b.name.kind), strings.Compare(a.name.text.Value(), b.name.text.Value()), cmp.Compare(a.group, b.group))
	})
	t.slots = make([]principalSlot, sizeFor(len(pairs)))
	mask := uint32(len(t.slots) - 1)
	for len(pairs) > 0 {
		s := principalSlot{name: pairs[0].name, n: 1, first: &groups[pairs[0].group], rest: uint32(len(t.others))}
		t.kinds |= 1 << s.name.kind
		for pairs = pairs[1:]; len(pairs) > 0 && pairs[0].name == s.name; pairs = pairs[1:] {
			t.others = append(t.others, &groups[pairs[0].group])
			s.n++
		}
		at := s.name.hash & mask
		for t.slots[at].n != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
	return t
}

// lookup returns the slot of n, or nil if no group names it.
func (t *principalTable) lookup(n *principalName) *principalSlot {
	if t.kinds>>n.kind&1 == 0 {
		return nil
	}
	mask := uint32(len(t.slots) - 1)
	for i := n.hash & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.n == 0 {
			return nil
		}
		if s.name.text == n.text && s.name.kind == n.kind {
			return s
		}
	}
}

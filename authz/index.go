package authz

import (
	"cmp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// index finds the statements of one effect that may speak of an action. An action that is named in full is looked up by its
// name; a pattern by its service; what is left, "*" and NotAction, is asked every time.
//
// Most statements that a request is compared with do not apply, so everything here is made to find that out early: bits
// before tables, tables before texts, and the few bytes of a guard before a whole pattern.
type index struct {
	spoken
	// tabled has the bits of the services in the table; those of spoken are all set if there are statements to be asked every time.
	tabled uint64
	// slots is an open-addressing table by the hash of a key, which is the name of an action or service.
	slots []slot
	// refs has what the slots point to, and from wide on what is asked every time.
	refs []ref
	wide int32
	// sole is the slot of the one service that patterns speak of, if it is only one: most policies are about few.
	sole slot
	// keys are those of the slots, and behind them that of sole: two can have one hash, but it suffices to look when something was found.
	keys *[]string
}

// indexBuilder collects what an index is made of.
type indexBuilder struct {
	entries []entry
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

type slot struct {
	hash   uint32
	lo, hi uint32 // of refs; hi is 0 in an empty slot
	// shared: another key of the table has the same hash.
	shared bool
}

// ref points to a statement, with what must hold of the action and resource for it to apply, in an order from cheap to dear.
type ref struct {
	// mask and name are a necessary condition on the first eight bytes of the action's name: see Action.start.
	mask, name uint64
	// guard is a necessary condition on the resource.
	guard guard
	// pattern is what the action's name must match, if that is not said by mask and name.
	pattern   *wildcard.Pattern
	statement int32
	kind      refKind
}

type refKind uint8

const (
	ofService   refKind = iota // pattern speaks of the name behind the service
	ofAll                      // pattern speaks of the whole action
	ofNotAction                // the statement has NotAction
)

type entry struct {
	key  string // the action's name or the service
	kind entryKind
	ref
}

type entryKind uint8

const (
	exactEntry entryKind = iota
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
func (b *indexBuilder) add(number int32, s *policy.Statement, common guard) {
	base := ref{statement: number, guard: common}
	if s.Action.Not {
		if len(s.Action.Items) > 0 {
			base.kind = ofNotAction
			b.entries = append(b.entries, entry{kind: wideEntry, ref: base})
		}
		return
	}
	b.entries = slices.Grow(b.entries, len(s.Action.Items))
	for _, v := range s.Action.Items {
		text := fold.Name(v.Text)
		if !strings.ContainsAny(text, ":*?") {
			continue // no action is without a colon, and in the table it would be taken for a service
		}
		b.entries = append(b.entries, newEntry(base, text))
	}
}

// newEntry makes an entry of an action as a policy writes it.
func newEntry(r ref, text string) entry {
	service, name, _ := strings.Cut(text, ":")
	switch {
	case !strings.ContainsAny(text, "*?"):
		return entry{key: text, kind: exactEntry, ref: r}
	case strings.ContainsAny(service, "*?"):
		r.kind = ofAll
		if p := wildcard.Parse(text); !p.MatchesAll() {
			r.pattern = &p
		}
		return entry{kind: wideEntry, ref: r}
	}
	p := wildcard.Parse(name)
	start := name[:min(strings.IndexAny(name, "*?"), 8)]
	r.name = startOf(start)
	r.mask = 1<<(8*len(start)) - 1
	// "Get*" is said by its first bytes; what is longer, or has more wildcards, is not.
	// Neither is what holds a zero byte, which is how short names are filled up.
	if prefix, ok := p.Prefix(); !p.MatchesAll() && (!ok || len(prefix) > 8 || strings.IndexByte(prefix, 0) >= 0) {
		r.pattern = &p
	}
	return entry{key: service, kind: serviceEntry, ref: r}
}

// index makes the index. The builder cannot be used any more.
func (b *indexBuilder) index() (ix index) {
	if len(b.entries) == 0 {
		return ix
	}
	slices.SortFunc(b.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.key, b.key), cmp.Compare(a.statement, b.statement))
	})
	// A statement that names an action twice is asked once.
	entries := slices.CompactFunc(b.entries, func(a, b entry) bool {
		return a.kind == exactEntry && a.sameKey(&b) && a.statement == b.statement
	})
	keyed := slices.IndexFunc(entries, func(e entry) bool { return e.kind == wideEntry })
	if keyed < 0 {
		keyed = len(entries)
	}
	ix.refs, ix.wide = make([]ref, len(entries)), int32(keyed)
	for i := range entries {
		ix.refs[i] = entries[i].ref
	}
	ix.fill(entries[:keyed])
	ix.tabled = ix.services
	if keyed < len(entries) {
		ix.services = ^uint64(0)
	}
	return ix
}

// fill makes the table of entries that are sorted by kind and key.
func (ix *index) fill(entries []entry) {
	different := 0
	for i := range entries {
		if i == 0 || !entries[i].sameKey(&entries[i-1]) {
			different++
		}
	}
	if different == 0 {
		return
	}
	services, size := 0, sizeFor(different)
	keys := make([]string, size+1)
	ix.slots, ix.keys = make([]slot, size), &keys
	for i := 0; i < len(entries); {
		e := &entries[i]
		s := slot{hash: fold.Hash(e.key), lo: uint32(i)}
		for ; i < len(entries) && entries[i].sameKey(e); i++ {
		}
		s.hi = uint32(i)
		at := s.hash % uint32(size)
		for ix.slots[at].hi != 0 {
			if ix.slots[at].hash == s.hash {
				s.shared, ix.slots[at].shared = true, true
			}
			at = (at + 1) % uint32(size)
		}
		ix.slots[at], keys[at] = s, e.key
		if e.kind == serviceEntry {
			ix.services |= bitOf(s.hash)
			services++
			ix.sole, keys[size] = s, e.key
		} else {
			ix.actions[wordOf(s.hash)] |= bitOf(s.hash)
		}
	}
	if services != 1 {
		ix.sole = slot{}
	}
}

// sameKey reports whether two entries belong in one slot. Actions have a colon and services none, so a key is of one kind.
func (e *entry) sameKey(o *entry) bool { return e.kind == o.kind && e.key == o.key }

// sizeFor returns a power of two that leaves a table of n keys at most two thirds full.
func sizeFor(n int) int {
	size := 2
	for 2*size < 3*n {
		size *= 2
	}
	return size
}

// first returns the number of the first statement below limit that applies to the request, or -1.
func (ix *index) first(p *Program, r *Request, limit int32) int32 {
	found := int32(-1)
	if ix.actions[r.Action.word]&r.Action.bit != 0 {
		if n := ix.find(r.Action.hash, r.Action.folded, p, r, limit); n >= 0 {
			found, limit = n, n
		}
	}
	if ix.sole.hi != 0 {
		if ix.sole.hash == r.Action.serviceHash {
			if n := p.firstOf(ix.refs[ix.sole.lo:ix.sole.hi], r, limit); n >= 0 && (*ix.keys)[len(ix.slots)] == r.Action.service {
				found, limit = n, n
			}
		}
	} else if ix.tabled&r.Action.serviceBit != 0 {
		if n := ix.find(r.Action.serviceHash, r.Action.service, p, r, limit); n >= 0 {
			found, limit = n, n
		}
	}
	if int(ix.wide) < len(ix.refs) {
		if n := p.firstOf(ix.refs[ix.wide:], r, limit); n >= 0 {
			found = n
		}
	}
	return found
}

// find asks the statements behind a key.
func (ix *index) find(hash uint32, key string, p *Program, r *Request, limit int32) int32 {
	mask := uint32(len(ix.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &ix.slots[i]
		if s.hi == 0 {
			return -1
		}
		if s.hash != hash {
			continue
		}
		n := p.firstOf(ix.refs[s.lo:s.hi], r, limit)
		if n < 0 && !s.shared {
			return -1
		}
		if n >= 0 && (*ix.keys)[i] == key {
			return n
		}
	}
}

// firstOf asks the statements of a list in their order.
func (p *Program) firstOf(refs []ref, r *Request, limit int32) int32 {
	resource := r.resource.Text()
	start := r.Action.start
	for i := range refs {
		ref := &refs[i]
		if start&ref.mask != ref.name {
			continue
		}
		// This is ref.guard.passes(resource), which the compiler does not put in line.
		if end := ref.guard.end; end != 0 && (uint(end) > uint(len(resource)) || lastBytes(resource[:end]) != ref.guard.bytes) {
			continue
		}
		if ref.statement >= limit {
			return -1
		}
		s := &p.statements[ref.statement]
		switch {
		case ref.kind == ofNotAction:
			if !s.matchesNotAction(r.Action) {
				continue
			}
		case ref.pattern == nil:
		case ref.kind == ofAll:
			if !ref.pattern.Match(r.Action.folded) {
				continue
			}
		case !ref.pattern.Match(r.Action.name()):
			continue
		}
		if s.matches(r) {
			return ref.statement
		}
	}
	return -1
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
	named []namedGroup
}

// namedGroup is a group among those that name somebody, with what it may speak of at hand.
type namedGroup struct {
	allows, denies spoken
	group          int32
}

type principalSlot struct {
	name   principalName
	lo, hi uint32 // of named; hi is 0 in an empty slot
}

// newPrincipalTable makes a table of the names of all groups that are found by name.
func newPrincipalTable(groups []group) (t principalTable) {
	type pair struct {
		name  principalName
		group int32
	}
	var pairs []pair
	for i := range groups {
		if g := &groups[i]; !g.not && !g.everyone {
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
	t.named = make([]namedGroup, len(pairs))
	t.slots = make([]principalSlot, sizeFor(len(pairs)))
	mask := uint32(len(t.slots) - 1)
	for i := 0; i < len(pairs); {
		s := principalSlot{name: pairs[i].name, lo: uint32(i)}
		for ; i < len(pairs) && pairs[i].name == s.name; i++ {
			g := &groups[pairs[i].group]
			t.named[i] = namedGroup{g.allow.spoken, g.deny.spoken, pairs[i].group}
		}
		s.hi = uint32(i)
		at := s.name.hash & mask
		for t.slots[at].hi != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
	return t
}

// lookup returns the groups that name n.
func (t *principalTable) lookup(n *principalName) []namedGroup {
	if len(t.slots) == 0 {
		return nil
	}
	mask := uint32(len(t.slots) - 1)
	for i := n.hash & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.hi == 0 {
			return nil
		}
		if s.name == *n {
			return t.named[s.lo:s.hi]
		}
	}
}

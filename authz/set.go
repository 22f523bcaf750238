package authz

import (
	"slices"
	"strings"
	"unique"

	"github.com/writ-iam/writ/wildcard"
)

// Set is the identity policies of a principal made ready to be asked together: what all of them say of an action stands in one place, where a list of
// programs would have to be gone through. Make it once for a principal, or for all that have the same policies, and keep it until one of them
// changes. A Set is immutable; it refers to the programs and does not copy their statements.
type Set struct {
	// denies and allows tell what the statements of either effect may speak of; see index.
	denies, allows spoken
	// tabled has the bits of the services in the table.
	tabled uint64
	// slots is an open-addressing table of the actions that are named in full and the services that patterns speak of.
	slots []setSlot
	// named are the statements that name an action in full, patterned those with patterns of a service, and from wide on those that are asked every time.
	named     []setRef
	patterned []setPattern
	wide      setSpan
	// statements are those of each program.
	statements [][]statement
	programs   []*Program
	// patterns are those of patterned, in the same order; nil where the first bytes say it all.
	patterns []*wildcard.Pattern
	// misplaced: a program says whom it speaks of, and so has no place here.
	misplaced bool
}

// setSlot is what a set says of an action or service.
type setSlot struct {
	key unique.Handle[string]
	setSpan
}

// setSpan is a stretch of named or patterned: the denies from lo to mid, and the allows from mid to hi.
type setSpan struct{ lo, mid, hi uint32 }

// setRef points to a statement.
type setRef struct {
	guard uint64
	at    setPlace
}

// setPattern points to a statement with a pattern of actions; see ref.
type setPattern struct {
	mask, name uint64
	setRef
}

// setPlace is the place of a statement in a set, in a number that grows from one statement to the next: that of its program, its own, and in the lowest
// bits where its guard ends.
type setPlace uint64

const (
	nowhereInSet = ^setPlace(0)
	setPlaceBits = 24
	setEndBits   = 16
)

func newSetPlace(program int, r *ref) (at setPlace, guard uint64) {
	at = setPlace(program)<<(setPlaceBits+setEndBits) | setPlace(r.statement)<<setEndBits
	if r.guard.end < 1<<setEndBits {
		return at | setPlace(r.guard.end), r.guard.bytes
	}
	return at, 0
}

func (p setPlace) program() int   { return int(p >> (setPlaceBits + setEndBits)) }
func (p setPlace) statement() int { return int(p >> setEndBits & (1<<setPlaceBits - 1)) }
func (p setPlace) end() uint      { return uint(p & (1<<setEndBits - 1)) }

// Programs returns the programs of the set in their order.
func (s *Set) Programs() []*Program { return s.programs }

// len returns how many programs there are; a set that is not there has none.
func (s *Set) len() int {
	if s == nil {
		return 0
	}
	return len(s.programs)
}

// identity returns all identity policies.
func (ps *Policies) identity() []*Program {
	if ps.IdentitySet == nil {
		return ps.Identity
	}
	return slices.Concat(ps.IdentitySet.programs, ps.Identity)
}

// NewSet makes a Set of programs that were compiled as Identity.
func NewSet(programs []*Program) *Set {
	s := &Set{programs: slices.Clone(programs), statements: make([][]statement, len(programs))}
	b := setBuilder{set: s}
	for i, p := range programs {
		if len(p.statements) >= 1<<setPlaceBits || len(programs) >= 1<<setPlaceBits {
			panic("authz: a set of more than 16 million policies or statements") // more than any memory holds
		}
		s.statements[i] = p.statements
		s.misplaced = s.misplaced || p.others != 0
		s.allows.add(p.allows)
		s.denies.add(p.denies)
		b.count(p)
	}
	b.layOut()
	for i, p := range programs {
		b.fill(i, p)
	}
	return s
}

// setBuilder collects what a set is made of: first it counts, then it fills in.
type setBuilder struct {
	set   *Set
	table []setKey // an open-addressing table
	keys  int
	wide  [2]uint32 // denies, allows
	named uint32    // how many
}

// setKey is a key with the number of its denies and allows, and then with the places where the next of them goes.
type setKey struct {
	text    string
	hash    uint32
	service bool
	n       [2]uint32
}

func (b *setBuilder) each(p *Program, f func(effect int, ix *index, i int)) {
	for effect, ix := range [2]*index{&p.own.deny, &p.own.allow} {
		for i := range ix.slots {
			if ix.slots[i].hi != 0 {
				f(effect, ix, i)
			}
		}
	}
}

func (b *setBuilder) count(p *Program) {
	b.each(p, func(effect int, ix *index, i int) {
		k := b.key(ix.slots[i].hash, (*ix.keys)[i])
		k.n[effect] += ix.slots[i].hi - ix.slots[i].lo
	})
	for effect, ix := range [2]*index{&p.own.deny, &p.own.allow} {
		b.wide[effect] += uint32(len(ix.refs)) - uint32(ix.wide)
		b.set.tabled |= ix.tabled
	}
}

// key returns the entry of a key, a new one if there is none.
func (b *setBuilder) key(hash uint32, text string) *setKey {
	if 3*(b.keys+1) > 2*len(b.table) {
		old := b.table
		b.table = make([]setKey, max(8, 2*len(old)))
		for i := range old {
			if old[i].text != "" {
				*b.slot(old[i].hash, old[i].text) = old[i]
			}
		}
	}
	k := b.slot(hash, text)
	if k.text == "" {
		*k = setKey{text: text, hash: hash, service: strings.IndexByte(text, ':') < 0}
		b.keys++
	}
	return k
}

func (b *setBuilder) slot(hash uint32, text string) *setKey {
	mask := uint32(len(b.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if k := &b.table[i]; k.text == "" || k.hash == hash && k.text == text {
			return k
		}
	}
}

// layOut gives each key its stretch.
func (b *setBuilder) layOut() {
	s := b.set
	s.slots = make([]setSlot, max(2, len(b.table)))
	var named, patterned uint32
	for i := range b.table {
		k := &b.table[i]
		if k.text == "" {
			continue
		}
		next := &named
		if k.service {
			next = &patterned
		}
		s.slots[i] = setSlot{unique.Make(k.text), setSpan{*next, *next + k.n[0], *next + k.n[0] + k.n[1]}}
		k.n = [2]uint32{*next, *next + k.n[0]}
		*next = s.slots[i].hi
	}
	s.wide = setSpan{patterned, patterned + b.wide[0], patterned + b.wide[0] + b.wide[1]}
	b.wide = [2]uint32{s.wide.lo, s.wide.mid}
	s.named = make([]setRef, named)
	s.patterned = make([]setPattern, s.wide.hi)
	s.patterns = make([]*wildcard.Pattern, s.wide.hi)
}

func (b *setBuilder) fill(number int, p *Program) {
	s := b.set
	pattern := func(at uint32, r *ref) {
		place, guard := newSetPlace(number, r)
		s.patterned[at] = setPattern{r.mask, r.name, setRef{guard, place}}
		s.patterns[at] = r.pattern
	}
	b.each(p, func(effect int, ix *index, i int) {
		k := b.slot(ix.slots[i].hash, (*ix.keys)[i])
		for n := ix.slots[i].lo; n < ix.slots[i].hi; n++ {
			if k.service {
				pattern(k.n[effect], &ix.refs[n])
			} else {
				place, guard := newSetPlace(number, &ix.refs[n])
				s.named[k.n[effect]] = setRef{guard, place}
			}
			k.n[effect]++
		}
	})
	for effect, ix := range [2]*index{&p.own.deny, &p.own.allow} {
		for n := int(ix.wide); n < len(ix.refs); n++ {
			pattern(b.wide[effect], &ix.refs[n])
			b.wide[effect]++
		}
	}
}

// candidates are what a set has to say of one action.
type candidates struct {
	named, service setSpan
}

// candidates finds what the set has to say of an action.
func (s *Set) candidates(a *Action) (c candidates) {
	if (s.denies.actions[a.word]|s.allows.actions[a.word])&a.bit != 0 {
		c.named = s.find(a.hash, a.key)
	}
	if s.tabled&a.serviceBit != 0 {
		c.service = s.find(a.serviceHash, a.serviceKey)
	}
	return c
}

func (s *Set) find(hash uint32, key unique.Handle[string]) setSpan {
	mask := uint32(len(s.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := &s.slots[i]
		if slot.key == key || slot.hi == 0 {
			return slot.setSpan
		}
	}
}

// denied returns the place of the first Deny that applies.
func (s *Set) denied(c *candidates, r *Request) setPlace {
	found := nowhereInSet
	if c.named.lo < c.named.mid {
		found = s.firstNamed(s.named[c.named.lo:c.named.mid], r, found)
	}
	if c.service.lo < c.service.mid {
		found = s.firstPattern(c.service.lo, c.service.mid, r, found)
	}
	if s.wide.lo < s.wide.mid {
		found = s.firstPattern(s.wide.lo, s.wide.mid, r, found)
	}
	return found
}

// allowed returns the place of the first Allow that applies.
func (s *Set) allowed(c *candidates, r *Request) setPlace {
	found := nowhereInSet
	if c.named.mid < c.named.hi {
		found = s.firstNamed(s.named[c.named.mid:c.named.hi], r, found)
	}
	if c.service.mid < c.service.hi {
		found = s.firstPattern(c.service.mid, c.service.hi, r, found)
	}
	if s.wide.mid < s.wide.hi {
		found = s.firstPattern(s.wide.mid, s.wide.hi, r, found)
	}
	return found
}

// firstNamed returns the place of the first statement before limit that applies, or else limit.
func (s *Set) firstNamed(refs []setRef, r *Request, limit setPlace) setPlace {
	resource := r.resource.Text()
	for i := range refs {
		f := &refs[i]
		if end := f.at.end(); end != 0 && (end > uint(len(resource)) || lastBytes(resource[:end]) != f.guard) {
			continue
		}
		if f.at >= limit {
			break
		}
		if s.statements[f.at.program()][f.at.statement()].matches(r) {
			return f.at
		}
	}
	return limit
}

// firstPattern is firstNamed for statements with patterns.
func (s *Set) firstPattern(lo, hi uint32, r *Request, limit setPlace) setPlace {
	resource := r.resource.Text()
	start := r.Action.start
	refs := s.patterned[lo:hi]
	for i := range refs {
		f := &refs[i]
		if start&f.mask != f.name {
			continue
		}
		if end := f.at.end(); end != 0 && (end > uint(len(resource)) || lastBytes(resource[:end]) != f.guard) {
			continue
		}
		if f.at >= limit {
			break
		}
		c := &s.statements[f.at.program()][f.at.statement()]
		if p := s.patterns[lo+uint32(i)]; p != nil {
			name := r.Action.name()
			if lo+uint32(i) >= s.wide.lo {
				name = r.Action.folded
			}
			if !p.Match(name) {
				continue
			}
		}
		if !c.matchesNotAction(r.Action) {
			continue
		}
		if c.matches(r) {
			return f.at
		}
	}
	return limit
}

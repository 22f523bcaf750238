package authz

import (
	"slices"
	"unique"
)

// Set is the identity policies of a principal made ready to be asked together: what all of them say of an action stands in one place, where a list of
// programs would have to be gone through. Make it once for a principal, or for all that have the same policies, and keep it until one of them
// changes. A Set is immutable; it refers to the programs and does not copy their statements.
type Set struct {
	index    index
	programs []*Program
	// kept keeps the texts of the index's keys the same in all actions and sets.
	kept []unique.Handle[string]
	// misplaced: a program says whom it speaks of, and so has no place here.
	misplaced bool
}

// NewSet makes a Set of programs that were compiled as Identity. It returns nil for none, which is as good as a set.
func NewSet(programs []*Program) *Set {
	if len(programs) == 0 {
		return nil
	}
	s := &Set{programs: slices.Clone(programs)}
	if len(programs) >= 1<<programBits {
		panic("authz: more than 16 million policies in a set") // no memory holds them
	}
	n := 0
	for _, p := range programs {
		n += len(p.own.named) + len(p.own.patterned)
	}
	b := indexBuilder{entries: make([]entry, 0, n)}
	for i, p := range programs {
		s.misplaced = s.misplaced || p.others != 0
		b.addAll(i, &p.own)
	}
	s.index = b.index()
	for i := range s.index.slots {
		if slot := &s.index.slots[i]; slot.hi != 0 {
			s.kept = append(s.kept, unique.Make(slot.key))
			slot.key = s.kept[len(s.kept)-1].Value()
		}
	}
	return s
}

// Programs returns the programs of the set in their order.
func (s *Set) Programs() []*Program {
	if s == nil {
		return nil
	}
	return slices.Clone(s.programs)
}

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

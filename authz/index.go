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
type index struct {
	exact   table
	service table
	wide    []ref
	// services has the bits of all services that the statements may speak of: see serviceBit.
	services uint64

	// entries are collected by add and sorted into the tables by finish.
	entries []entry
}

// ref points to a statement, with the pattern that the action must match for it to speak of it.
type ref struct {
	statement int32
	// not: the statement has NotAction.
	not bool
	// named: the table that led here proves that the action matches; the pattern need not be asked.
	named   bool
	pattern wildcard.Pattern
}

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

// add enters a statement by its Action or NotAction element.
func (ix *index) add(number int32, s *policy.Statement, c *statement) {
	if s.Action.Not {
		if len(s.Action.Items) > 0 {
			ix.entries = append(ix.entries, entry{kind: wideEntry, ref: ref{statement: number, not: true}})
		}
		return
	}
	for _, v := range s.Action.Items {
		text := fold.Name(v.Text)
		service, name, _ := strings.Cut(text, ":")
		switch {
		case !strings.ContainsAny(text, "*?"):
			ix.entries = append(ix.entries, entry{key: text, ref: ref{statement: number, named: true}})
		case strings.ContainsAny(service, "*?"):
			ix.entries = append(ix.entries, entry{kind: wideEntry, ref: ref{statement: number, pattern: wildcard.Parse(text)}})
		default:
			ix.entries = append(ix.entries, entry{key: service, kind: serviceEntry, ref: ref{statement: number, named: name == "*", pattern: wildcard.Parse(text)}})
		}
	}
}

func (ix *index) finish() {
	if len(ix.entries) == 0 {
		return
	}
	slices.SortStableFunc(ix.entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.statement, b.statement))
	})
	var named, patterns []entry
	for _, e := range ix.entries {
		switch e.kind {
		case wideEntry:
			ix.wide = append(ix.wide, e.ref)
			ix.services = ^uint64(0)
		case exactEntry:
			named = append(named, e)
			service, _, _ := strings.Cut(e.key, ":")
			ix.services |= serviceBit(fold.Hash(service))
		case serviceEntry:
			patterns = append(patterns, e)
			ix.services |= serviceBit(fold.Hash(e.key))
		}
	}
	ix.exact, ix.service = newTable(named), newTable(patterns)
	ix.entries = nil
}

// serviceBit spreads services over 64 bits. A policy that lacks the bit of an action's service has nothing to say about it.
func serviceBit(hash uint32) uint64 { return 1 << (hash >> 26) }

// first returns the number of the first statement below limit that applies to the request, or -1.
func (ix *index) first(p *Program, r *Request, limit int32) int32 {
	found := int32(-1)
	if refs := ix.exact.lookup(r.Action.hash, r.Action.folded); refs != nil {
		if n := firstOf(refs, p, r, limit); n >= 0 {
			found, limit = n, n
		}
	}
	if refs := ix.service.lookup(r.Action.serviceHash, r.Action.service); refs != nil {
		if n := firstOf(refs, p, r, limit); n >= 0 {
			found, limit = n, n
		}
	}
	if len(ix.wide) > 0 {
		if n := firstOf(ix.wide, p, r, limit); n >= 0 {
			found = n
		}
	}
	return found
}

// firstOf asks the statements of a list in their order.
func firstOf(refs []ref, p *Program, r *Request, limit int32) int32 {
	asked := int32(-1)
	for i := range refs {
		ref := &refs[i]
		if ref.statement >= limit {
			return -1
		}
		if ref.statement == asked {
			continue // another of its patterns matched, and it did not apply
		}
		s := &p.statements[ref.statement]
		switch {
		case ref.named:
		case ref.not:
			if !s.matchesNotAction(r.Action) {
				continue
			}
		default:
			if !ref.pattern.Match(r.Action.folded) {
				continue
			}
		}
		if s.matches(r) {
			return ref.statement
		}
		asked = ref.statement
	}
	return -1
}

// table maps a text to a list of refs: open addressing by the text's hash.
type table struct {
	slots []slot
	refs  []ref
}

type slot struct {
	key    string
	hash   uint32
	lo, hi uint32
}

// newTable makes a table of entries that are sorted by key.
func newTable(entries []entry) (t table) {
	keys := 0
	for i := range entries {
		if i == 0 || entries[i].key != entries[i-1].key {
			keys++
		}
	}
	if keys == 0 {
		return t
	}
	t.slots = make([]slot, sizeFor(keys))
	t.refs = make([]ref, len(entries))
	for i := 0; i < len(entries); {
		s := slot{key: entries[i].key, hash: fold.Hash(entries[i].key), lo: uint32(i)}
		for ; i < len(entries) && entries[i].key == s.key; i++ {
			t.refs[i] = entries[i].ref
		}
		s.hi = uint32(i)
		mask := uint32(len(t.slots) - 1)
		at := s.hash & mask
		for t.slots[at].hi != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
	return t
}

// sizeFor returns a power of two that leaves a table of n keys at most two thirds full.
func sizeFor(n int) int {
	size := 2
	for 2*size < 3*n {
		size *= 2
	}
	return size
}

func (t *table) lookup(hash uint32, key string) []ref {
	if len(t.slots) == 0 {
		return nil
	}
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.hi == 0 {
			return nil
		}
		if s.hash == hash && s.key == key {
			return t.refs[s.lo:s.hi]
		}
	}
}

// principalTable maps a principal's name to the groups that name it.
type principalTable struct {
	slots []principalSlot
	named []namedGroup
}

type namedGroup struct {
	name  principalName
	group int32
}

type principalSlot struct {
	name   principalName
	lo, hi uint32
}

func (t *principalTable) add(n principalName, group int32) {
	t.named = append(t.named, namedGroup{n, group})
}

func (t *principalTable) finish() {
	if len(t.named) == 0 {
		return
	}
	slices.SortStableFunc(t.named, func(a, b namedGroup) int {
		return cmp.Or(cmp.Compare(a.name.kind, b.name.kind), strings.Compare(a.name.text, b.name.text), cmp.Compare(a.group, b.group))
	})
	t.slots = make([]principalSlot, sizeFor(len(t.named)))
	mask := uint32(len(t.slots) - 1)
	for i := 0; i < len(t.named); {
		s := principalSlot{name: t.named[i].name, lo: uint32(i)}
		for i < len(t.named) && t.named[i].name == s.name {
			i++
		}
		s.hi = uint32(i)
		at := s.name.hash & mask
		for t.slots[at].hi != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
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

package analysis

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// Holders are those of an estate who can do something, before it is asked under which conditions.
//
// How they are found: an entity's own side, identity policies, boundary and control policies, depends on the resource only through the resource elements that name it. So
// classes none of whose elements name it are asked about once for all such resources, those with elements that many have once for all resources that are named by the same of
// them, and one by one are asked only those that are concerned by themselves: by an element of their own, by a variable, or by name in the resource's policy. What else that policy says holds for
// all of an account alike.
type Holders struct {
	parts []holdersPart
	own   []holder
	// asked are the classes and entities that were asked about one by one, and are in own or cannot do it.
	asked    []*class
	askedOne []*Entity
	n        int
	one      [1]holdersPart // room for the parts of an estate of one account
}

// holdersPart are those of one account who are not asked about one by one.
type holdersPart struct {
	wide, shared *group
	capped       bool // none is sure to be able
}

// holder is an entity, or a class but for those of its members that are asked about one by one.
type holder struct {
	who     *Entity
	class   *class
	allowed bool // whatever the unknown facts are
}

// group are those who can, of classes that were asked about.
type group struct {
	entries []holder
	at      map[int32]entrySpan // the entries of a class by its number; empty for a class that cannot
	n       int
	beyond  int // of a group of classes that a resource concerns: how many of its classes' members are in the wide one
}

type entrySpan struct{ from, to int32 }

// count returns how many of a class there are.
func (g *group) count(k *class) (n int, asked bool) {
	s, ok := g.at[int32(k.number)]
	for _, x := range g.entries[s.from:s.to] {
		if n++; x.class != nil {
			n += len(x.class.members) - 1
		}
	}
	return n, ok
}

// each calls yield with each class that has somebody in it, perhaps more than once.
func (g *group) each(yield func(*class)) {
	for i := range g.entries {
		if k := g.entries[i].class; k != nil {
			yield(k)
		} else {
			yield(g.entries[i].who.class)
		}
	}
}

// has reports whether an entity is in it.
func (g *group) has(who *Entity) (has, asked bool) {
	s, ok := g.at[int32(who.class.number)]
	for _, x := range g.entries[s.from:s.to] {
		has = has || x.class != nil || x.who == who
	}
	return has, ok
}

// Len returns how many there are.
func (h *Holders) Len() int { return h.n }

// All calls yield with each entity, and Allowed or Undecided: somebody of whom it is not known whether the conditions can hold.
func (h *Holders) All(yield func(*Entity, Standing) bool) {
	each := func(x *holder, capped bool) bool {
		standing := Undecided
		if x.allowed && !capped {
			standing = Allowed
		}
		if x.class == nil {
			return yield(x.who, standing)
		}
		for _, who := range x.class.members {
			if !slices.Contains(h.askedOne, who) && !yield(who, standing) {
				return false
			}
		}
		return true
	}
	for i := range h.own {
		if !each(&h.own[i], false) {
			return
		}
	}
	for _, part := range h.parts {
		for _, g := range [...]*group{part.wide, part.shared} {
			for i := range g.entries {
				x := &g.entries[i]
				k := x.class
				if k == nil {
					k = x.who.class
				}
				if g == part.wide {
					if _, ok := part.shared.at[int32(k.number)]; ok {
						continue
					}
				}
				if slices.Contains(h.asked, k) || x.class == nil && slices.Contains(h.askedOne, x.who) {
					continue
				}
				if !each(x, part.capped) {
					return
				}
			}
		}
	}
}

// Holders returns who of the estate's users, roles and root users can do an action on a resource: all who are not in it cannot. It is quick and leaves open
// whether the conditions can be met, which WhoCan and Ask find out.
func (x *Asker) Holders(action, resource string) (*Holders, error) {
	v, err := x.view(action)
	if err != nil {
		return nil, err
	}
	if err := x.res.set(resource); err != nil {
		return nil, err
	}
	return x.holders(v), nil
}

// holders answers for the resource at hand.
func (x *Asker) holders(v *actionView) *Holders {
	res, e := x.res, x.estate
	h := &Holders{}
	h.parts = h.one[:0]
	x.stamp++
	x.asked, x.askedOne, x.own = x.asked[:0], x.askedOne[:0], x.own[:0]
	var space, more [256]byte
	control, shared := x.controlKey(space[:0], v), more[:0]
	// One by one.
	for _, r := range res.touched {
		if !v.relevant[r.number] || r.control {
			continue
		}
		if !r.private {
			if len(v.touching[r.number]) > 0 {
				shared = binary.AppendUvarint(shared, uint64(r.number))
			}
			continue
		}
		if r.instantiated {
			continue
		}
		for _, t := range v.touching[r.number] {
			x.alone(t.class)
		}
	}
	for _, use := range res.instances {
		if v.relevant[use.element.number] {
			x.aloneOne(use.entity)
		}
	}
	p := res.policy
	if p != nil && len(v.clauses[p.number]) > 0 {
		for _, who := range p.named {
			x.aloneOne(who)
		}
	}
	if v.action.ResourceControlled() {
		for _, n := range e.index.naming {
			if (n.account == res.owner || res.owner == "") && len(v.clauses[n.policy.number]) > 0 {
				for _, who := range n.policy.named {
					x.aloneOne(who)
				}
			}
		}
	}
	for _, a := range e.index.accounts {
		if res.owner == "" || res.owner == a.id || p != nil {
			x.aloneOne(a.root)
		}
	}
	// The others, account by account.
	trusting := v.action.AsksTrust() && isRole(res.text)
	for _, a := range e.index.accounts {
		mode, cap := ownSide, always
		switch {
		case v.folded == "sts:getcalleridentity":
			mode = openSide
		case p != nil:
			mode, cap = x.policySide(v, a, trusting)
		case res.owner != "" && res.owner != a.id, trusting, strings.HasPrefix(v.folded, "kms:") && isKey(res.text):
			cap = never
		}
		if cap == never {
			continue
		}
		if mode == whole {
			for _, k := range a.classes {
				x.alone(k)
			}
			continue
		}
		each := mode == eachOwnSide
		if each {
			mode = ownSide
		}
		part := x.part(v, a, mode, control, shared, cap == maybe || res.assumed)
		if each {
			part.wide.each(func(k *class) { x.alone(k) })
			part.shared.each(func(k *class) { x.alone(k) })
			continue
		}
		h.parts = append(h.parts, part)
	}
	x.askAlone(h, v)
	h.count()
	return h
}

// controlKey appends what the answers of all classes depend on.
func (x *Asker) controlKey(key []byte, v *actionView) []byte {
	res := x.res
	key = append(append(key, res.owner...), 0)
	if v.action.AsksTrust() && isRole(res.text) {
		key = append(key, 1)
		if strings.HasPrefix(res.parts.Part(5), serviceLinked) {
			key = append(key, 2)
		}
	}
	if res.tagged && v.asksResource {
		key = append(key, 3)
		for _, name := range x.estate.index.resourceTags {
			if value, ok := res.tags[name]; ok {
				key = append(binary.AppendUvarint(append(binary.AppendUvarint(key, uint64(len(name))), name...), uint64(len(value))), value...)
			}
		}
	}
	for _, r := range res.touched {
		if r.control && v.relevant[r.number] {
			key = binary.AppendUvarint(append(key, 4), uint64(r.number))
			if len(r.open) > 0 {
				key = append(append(key, 5), res.text...)
			}
		}
	}
	return key
}

// policySide says what the resource's policy does for those of an account whom it does not name: how much more must be asked, and whether it may still be allowed (never), is so under
// conditions of the policy (maybe), or for sure.
func (x *Asker) policySide(v *actionView, a *account, trusting bool) (judging, tri) {
	res := x.res
	p := res.policy
	clauses := v.clauses[p.number]
	same := a.id == res.owner
	needed := trusting || strings.HasPrefix(v.folded, "kms:") && isKey(res.text) || !same
	if len(clauses) == 0 {
		if needed {
			return ownSide, never
		}
		return ownSide, always
	}
	for _, c := range clauses {
		s := &c.statement().Principal
		if s.Not || slices.ContainsFunc(s.Entries, func(e policy.PrincipalEntry) bool {
			return e.Type.Text == "Federated" || e.Type.Text == "CanonicalUser"
		}) {
			return whole, always
		}
	}
	// Anybody whom it does not name will do.
	var who *Entity
	for _, k := range a.classes {
		for _, m := range k.members {
			if m.Kind != RootEntity && x.entities[m.number] != x.stamp {
				who = m
				break
			}
		}
		if who != nil {
			break
		}
	}
	if who == nil {
		return ownSide, never
	}
	s := &x.scene
	s.begin(v, res, who)
	cap := s.any(authz.ResourceLayer, p, false, authz.ReachesCaller).not()
	direct, account := never, never
	if cap != never {
		direct, account = s.any(authz.ResourceLayer, p, true, authz.ReachesEntity), s.any(authz.ResourceLayer, p, true, authz.ReachesAccount)
	}
	personal := s.personal || s.byKind
	switch {
	case personal && same && slices.ContainsFunc(clauses, func(c *clause) bool { return c.allow && s.reaches(p)[c.number] >= authz.ReachesEntity }):
		return whole, always
	case personal:
		return eachOwnSide, always
	case same && direct == maybe:
		return whole, always
	case same && direct == always:
		return openSide, cap
	case needed:
		cap = min(cap, account)
	}
	return ownSide, cap
}

// part returns those of an account who are not asked about one by one.
func (x *Asker) part(v *actionView, a *account, mode judging, control, shared []byte, capped bool) holdersPart {
	key := append(append(make([]byte, 0, 128), a.id...), byte(mode))
	key = append(binary.AppendUvarint(key, uint64(len(control))), control...)
	p := holdersPart{capped: capped}
	wide, ok := v.groups[string(key)]
	if !ok {
		wide = &group{at: make(map[int32]entrySpan)}
		all := v.wide[a.id]
		if mode == openSide {
			all = a.classes
		}
		for _, k := range all {
			x.join(wide, v, mode, k, true)
		}
		v.keep(string(key), wide)
	}
	key = append(append(key, 's'), shared...)
	g, ok := v.groups[string(key)]
	if !ok {
		g = &group{at: make(map[int32]entrySpan)}
		x.concerned(func(k *class, allow bool) {
			if k.account != a.id {
				return
			}
			if _, asked := g.at[int32(k.number)]; !asked && (allow || v.isWide[k.number] || mode == openSide) {
				x.join(g, v, mode, k, false)
				n, _ := wide.count(k)
				g.beyond += n
			}
		}, v)
		v.keep(string(key), g)
	}
	p.wide, p.shared = wide, g
	return p
}

// concerned calls yield with the classes that have elements which name the resource and which others have, too.
func (x *Asker) concerned(yield func(k *class, allow bool), v *actionView) {
	for _, r := range x.res.touched {
		if !v.relevant[r.number] || r.control || r.private {
			continue
		}
		for _, t := range v.touching[r.number] {
			yield(t.class, t.allow)
		}
	}
}

// keep remembers a group.
func (v *actionView) keep(key string, g *group) {
	if v.kept += len(g.entries) + len(g.at) + 1; v.kept > maxKept {
		clear(v.groups)
		v.kept = 0
	}
	v.groups[key] = g
}

// maxKept bounds the memory of what a view remembers.
const maxKept = 4 << 20

// join asks about a class and enters those of it who can. untouched: none of its elements names the resource.
func (x *Asker) join(g *group, v *actionView, mode judging, k *class, untouched bool) {
	if k.members[0].Kind == RootEntity {
		return
	}
	from := int32(len(g.entries))
	ask := func(who *Entity) tri {
		s := &x.scene
		s.begin(v, x.res, who)
		s.mode, s.masked, s.untouched = mode, true, untouched
		t := s.judge()
		s.untouched = false
		return t
	}
	t := ask(k.members[0])
	switch {
	case !x.scene.personal && t != never:
		g.entries = append(g.entries, holder{class: k, allowed: t == always})
		g.n += len(k.members)
	case x.scene.personal:
		for _, who := range k.members {
			if t := ask(who); t != never {
				g.entries = append(g.entries, holder{who: who, allowed: t == always})
				g.n++
			}
		}
	}
	g.at[int32(k.number)] = entrySpan{from, int32(len(g.entries))}
}

// alone marks a class to be asked about by itself.
func (x *Asker) alone(k *class) {
	if x.classes[k.number] != x.stamp {
		x.classes[k.number] = x.stamp
		x.asked = append(x.asked, k)
	}
}

func (x *Asker) aloneOne(who *Entity) {
	if x.entities[who.number] != x.stamp {
		x.entities[who.number] = x.stamp
		x.askedOne = append(x.askedOne, who)
	}
}

// askAlone asks about those who are marked.
func (x *Asker) askAlone(h *Holders, v *actionView) {
	one := func(who *Entity) tri {
		x.scene.begin(v, x.res, who)
		return x.scene.judge()
	}
	for _, who := range x.askedOne {
		if t := one(who); t != never {
			x.own = append(x.own, holder{who: who, allowed: t == always && !x.res.assumed})
		}
	}
	for _, k := range x.asked {
		i := slices.IndexFunc(k.members, func(who *Entity) bool { return x.entities[who.number] != x.stamp })
		if i < 0 {
			continue
		}
		t := one(k.members[i])
		if !x.scene.personal {
			if t != never {
				x.own = append(x.own, holder{class: k, allowed: t == always && !x.res.assumed})
			}
			continue
		}
		for _, who := range k.members[i:] {
			if x.entities[who.number] == x.stamp {
				continue
			}
			if t := one(who); t != never {
				x.own = append(x.own, holder{who: who, allowed: t == always && !x.res.assumed})
			}
		}
	}
	h.asked, h.askedOne, h.own = slices.Clone(x.asked), slices.Clone(x.askedOne), slices.Clone(x.own)
}

// count counts them without going through all.
func (h *Holders) count() {
	members := func(k *class) int {
		n := len(k.members)
		for _, who := range h.askedOne {
			if who.class == k {
				n--
			}
		}
		return n
	}
	for i := range h.own {
		if h.own[i].class == nil {
			h.n++
		} else {
			h.n += members(h.own[i].class)
		}
	}
	for _, p := range h.parts {
		h.n += p.wide.n - p.shared.beyond + p.shared.n
		for _, k := range h.asked {
			n, ok := p.shared.count(k)
			if !ok {
				n, _ = p.wide.count(k)
			}
			h.n -= n
		}
		for _, who := range h.askedOne {
			if who.Kind == RootEntity || slices.Contains(h.asked, who.class) {
				continue // it is in no group
			}
			has, ok := p.shared.has(who)
			if !ok {
				has, _ = p.wide.has(who)
			}
			if has {
				h.n--
			}
		}
	}
}

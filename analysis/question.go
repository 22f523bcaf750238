package analysis

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/fold"
)

// question is whether a caller of a class can do an action of a class so that left allows it and right does not.
type question struct {
	a      *analysis
	caller *caller
	class  *actionClass
	action *authz.Action // nil if it is open, too
	f      *formula
	trust  bool // of the trust policies of roles only
	who    authz.PrincipalKind
	side   Side // whose owner and management account both have
}

// wider looks for a request that left allows and right does not.
func (a *analysis) wider(left, right Side) (Answer, error) {
	if a.classes == nil { // they are the same in both directions
		named := a.name(left, right)
		if a.texts.budget -= named.cost(); a.texts.budget <= 0 {
			return Answer{Reason: "the policies name too many principals"}, nil
		}
		a.callers, a.classes = a.principals(named), a.actionClasses(left, right)
		if a.texts.budget <= 0 {
			a.classes = nil
			return Answer{Reason: tooLarge}, nil
		}
	}
	if left.layers && len(left.Policies.ACL)+len(right.Policies.ACL) > 0 {
		return Answer{Reason: "access control lists are not weighed"}, nil
	}
	asked := make(map[string]bool)
	reason := ""
	var l, r []byte
	for _, class := range a.classes {
		if a.outside != nil && class.name != "" && !strings.HasPrefix(class.name, a.outside.service+":") {
			continue
		}
		ls, rs := a.spoken(class, left), a.spoken(class, right)
		if a.texts.budget -= len(a.callers) * (16 + ls.count + rs.count) / 256; a.texts.budget <= 0 {
			return Answer{Reason: tooLarge}, nil
		}
		var action *authz.Action
		for n, c := range a.callers {
			if a.asks != nil && !a.asks(c) {
				continue
			}
			l, r = a.signature(l[:0], class, c, left, ls), a.signature(r[:0], class, c, right, rs)
			if bytes.Equal(l, r) {
				continue // both say the same
			}
			key := a.likeness(class, n, left, right) + "\x00" + string(l) + "\x00\x00" + string(r)
			if asked[key] {
				continue
			}
			asked[key] = true
			if action == nil && class.name != "" {
				var err error
				if action, err = authz.NewAction(a.spelled(class.name)); err != nil {
					return Answer{}, err
				}
			}
			q := &question{a: a, caller: c, class: class, action: action, f: newFormula(), trust: left.trust, who: c.who.Kind, side: left}
			w, why, err := q.ask(left, right)
			switch {
			case err != nil:
				return Answer{}, err
			case w != nil:
				return Answer{Verdict: Yes, Witness: w}, nil
			case why != "" && reason == "":
				reason = why
			}
			if a.texts.budget <= 0 {
				return Answer{Reason: reason}, nil
			}
		}
	}
	if reason != "" {
		return Answer{Reason: reason}, nil
	}
	return Answer{Verdict: No}, nil
}

const tooLarge = "the question is too large: its bound is reached"

// spoken has the statements of a side that speak of a class of actions, layer by layer.
type spoken struct {
	layers []layer
	count  int
	// misplaced: an identity policy has principals, and so denies whatever it says (see authz.Decide).
	misplaced bool
}

type layer struct {
	missing    bool // no policy is not the same as one that does not speak
	statements []*statement
}

func (a *analysis) spoken(class *actionClass, s Side) (all spoken) {
	for list := range lists(s.Policies) {
		l := layer{missing: list == nil}
		for _, p := range list {
			a.speaking(p, class, func(st *statement) { l.statements = append(l.statements, st) })
		}
		all.count += len(l.statements)
		all.layers = append(all.layers, l)
	}
	all.misplaced = isMisplaced(s.Policies)
	return all
}

// isMisplaced reports whether one of the identity policies is of a kind with principals.
func isMisplaced(ps *authz.Policies) bool {
	is := func(p *authz.Program) bool { return p.Kind().HasPrincipals() }
	return slices.ContainsFunc(ps.IdentitySet.Programs(), is) || slices.ContainsFunc(ps.Identity, is)
}

// reach returns how a statement names a caller, and keeps it.
func (c *caller) reach(st *statement, trust, bounded bool) authz.Reach {
	if !st.hasPrincipals {
		return authz.ReachesCaller
	}
	which := 0
	if trust {
		which++
	}
	if bounded {
		which += 2
	}
	row := &c.reaches[which]
	if st.id >= len(*row) {
		*row = append(*row, make([]uint8, st.id+1-len(*row))...)
	}
	if (*row)[st.id] == 0 {
		if st.names == nil {
			st.names = st.program.Names(st.number)
		}
		(*row)[st.id] = 1 + uint8(st.names.Reach(c.who, trust, bounded))
	}
	return authz.Reach((*row)[st.id] - 1)
}

// signature appends what the policies of a side say of a class of actions and one of callers. It is the same for two classes of which they say the same.
func (a *analysis) signature(key []byte, class *actionClass, c *caller, s Side, all spoken) []byte {
	k := c.who.Kind
	bounded := s.Policies.Boundary != nil && (k == authz.User || k == authz.RoleSession || k == authz.FederatedSession)
	// How many levels there are tells which layer is which.
	key = binary.AppendUvarint(key, uint64(len(s.Policies.ServiceControl)))
	if all.misplaced {
		key = append(key, 1)
	} else {
		key = append(key, 0)
	}
	for n, layer := range all.layers {
		if layer.missing {
			key = append(key, 0xfe)
		}
		from := len(key)
		for _, st := range layer.statements {
			reach, asTrust := c.reach(st, false, bounded), c.reach(st, true, bounded)
			if reach == authz.ReachesNobody && asTrust == authz.ReachesNobody {
				continue
			}
			n := st.content
			key = append(key, byte(n>>16), byte(n>>8), byte(n), byte(reach)|byte(asTrust)<<4)
			if class.name == "" {
				x := a.actionAtom(st.actions) << 1
				if st.notActions {
					x |= 1
				}
				key = append(key, byte(x>>24), byte(x>>16), byte(x>>8), byte(x))
			}
		}
		if class.name != "" {
			sortQuads(key[from:])
		}
		key = append(key, 0xff, byte(n))
	}
	return key
}

// likeness is the same for two classes that the judge treats alike.
func (a *analysis) likeness(class *actionClass, number int, left, right Side) string {
	c := a.callers[number]
	kind := c.who.Kind
	passed := left.Policies.Session != nil && right.Policies.Session != nil // else some sessions can do nothing
	switch {
	case kind == authz.RoleSession, kind == authz.FederatedSession && passed:
		kind = authz.User
	case kind == authz.AssumedRoot && passed:
		kind = authz.Root
	}
	bits := byte(kind) << 3
	for i, is := range [...]bool{c.who.ServiceLinked(), c.who.Account == left.owner, c.who.Account == left.management} {
		if is {
			bits |= 1 << i
		}
	}
	key := []byte{bits}
	if class.name != "" {
		key = append(key, a.actions.trait(class.name)...)
	}
	if a.callerAsked {
		key = binary.AppendUvarint(append(key, 0), uint64(number)) // what is asked of who the caller is differs from class to class
	}
	return string(key)
}

// sortQuads sorts pieces of four bytes.
func sortQuads(b []byte) {
	n := len(b) / 4
	quads := make([]uint32, n)
	for i := range quads {
		quads[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	slices.Sort(quads)
	for i, q := range quads {
		binary.BigEndian.PutUint32(b[4*i:], q)
	}
}

// ask returns a witness, or why it cannot say whether there is one.
func (q *question) ask(left, right Side) (w *Witness, reason string, err error) {
	f := q.f
	if q.trust && (q.action == nil || !q.action.AsksTrust()) {
		return nil, "", nil // no other action asks a trust policy
	}
	root := f.and(q.allowed(left.Policies), -q.allowed(right.Policies))
	if q.trust {
		root = f.and(root, q.isFor("iam", "role/"))
	}
	if root == -f.yes {
		return nil, "", nil
	}
	if root != f.yes {
		f.solver.add(root)
	}
	t := &theory{a: q.a, caller: q.caller, resources: q.a.resources(q.action), openAction: q.action == nil, atomOf: func(l lit) *atomInfo { return &q.a.atoms[f.nodes[l.v()].atom] }}
	for {
		switch f.solver.solve(&q.a.texts.budget) {
		case none:
			return nil, reason, nil
		case gaveUp:
			return nil, tooLarge, nil
		}
		lits := f.needed(root)
		x := t.check(lits)
		switch x.outcome {
		case found:
			w, err := q.witness(&x.facts, unnamed)
			if err != nil {
				return nil, "", err
			}
			if err := w.confirm(left, right); err != nil {
				return nil, "", err
			}
			return q.simplest(w, &x.facts, left, right), "", nil
		case gaveUp:
			x.core = lits
			if reason == "" {
				reason = x.reason
			}
		}
		clause := make([]lit, len(x.core))
		for i, l := range x.core {
			clause[i] = -l
		}
		f.solver.add(clause...)
		if q.a.texts.budget -= 1 + len(f.nodes)/16; q.a.texts.budget <= 0 { // the solver begins anew
			return nil, tooLarge, nil
		}
	}
}

// simplest returns a witness without the condition keys that it does not need, and with a session that is called as aws:userid says.
func (q *question) simplest(w *Witness, x *facts, left, right Side) *Witness {
	session := unnamed
	try := func(name string) bool {
		simpler, err := q.witness(x, name)
		if err != nil || simpler.confirm(left, right) != nil {
			return false
		}
		w, session = simpler, name
		return true
	}
	for on := firstKey; on < firstKey+subject(len(q.a.keys)); on++ {
		v, ok := x.keys[on]
		if !ok || v.shape == absent || q.a.isCaller(on) {
			continue
		}
		delete(x.keys, on)
		if try(session) {
			continue
		}
		x.keys[on] = v
		if q.caller.isAnySession() && q.a.keyAt(on).name == userID && v.shape == single {
			if _, name, ok := strings.Cut(v.text(), ":"); ok && name != "" {
				try(name)
			}
		}
	}
	return w
}

// statement returns the literal that a statement applies, as far as it is not told by the action and the caller.
func (q *question) statement(s *statement) lit {
	f := q.f
	kids := make([]lit, 0, len(s.tests)+2)
	if s.never {
		return -f.yes
	}
	if q.action == nil {
		l := f.atom(q.a.actionAtom(s.actions))
		if s.notActions {
			l = -l
		}
		kids = append(kids, l)
	}
	for _, t := range s.tests {
		kids = append(kids, f.atom(t))
	}
	if s.resources != noAtom {
		l := f.atom(s.resources)
		if s.notResources {
			l = -l
		}
		kids = append(kids, l)
	}
	return f.and(kids...)
}

// reached returns the literal that a statement of a program with an effect applies that reaches the caller by at least so much.
func (q *question) reached(p *authz.Program, allow bool, least authz.Reach, trust, bounded bool) lit {
	var any []lit
	q.a.speaking(p, q.class, func(s *statement) {
		if s.allow == allow && q.caller.reach(s, trust, bounded) >= least {
			any = append(any, q.statement(s))
		}
	})
	return q.f.or(any...)
}

func (q *question) anyOf(ps []*authz.Program, allow bool, least authz.Reach, trust, bounded bool) lit {
	var any []lit
	for _, p := range ps {
		any = append(any, q.reached(p, allow, least, trust, bounded))
	}
	return q.f.or(any...)
}

// isFor returns the literal that the resource is one of a service with a name that begins with prefix.
func (q *question) isFor(service, prefix string) lit {
	signs := appendPattern(nil, "*:*:"+service+":*:*:"+prefix, true)
	p := &pattern{pieces: []piece{{signs: append(signs, sign{kind: run})}}}
	return q.f.atom(q.a.resourceAtom(q.a.texts.set([]*pattern{p})))
}

// allowed returns the literal that policies allow the request: the procedure of authz.Decide (evaluation.md §2.1) as a formula.
func (q *question) allowed(ps *authz.Policies) lit {
	f := q.f
	if q.action == nil {
		return q.allowedIf(ps, false)
	}
	if q.action.AsksTrust() {
		role := q.isFor("iam", "role/")
		return f.or(f.and(role, q.allowedIf(ps, true)), f.and(-role, q.allowedIf(ps, false)))
	}
	return q.allowedIf(ps, false)
}

// allowedIf is allowed for the case that the request asks a role's trust policy, or not.
func (q *question) allowedIf(ps *authz.Policies, trust bool) lit {
	f := q.f
	root := q.who == authz.Root || q.who == authz.AssumedRoot
	if q.action != nil {
		switch fold.Name(q.action.String()) {
		case "sts:getcalleridentity":
			if q.who != authz.Anonymous {
				return f.yes
			}
		case "sts:assumerole":
			if root {
				return -f.yes
			}
		}
	}
	own := q.who == authz.User || q.who == authz.RoleSession || q.who == authz.FederatedSession
	bounded := ps.Boundary != nil && own && !q.caller.who.ServiceLinked()
	identity := append(ps.IdentitySet.Programs(), ps.Identity...)
	if own && isMisplaced(ps) {
		return -f.yes
	}
	denies := func(list []*authz.Program) lit { return q.anyOf(list, false, authz.ReachesCaller, trust, bounded) }
	allows := func(list []*authz.Program) lit { return q.anyOf(list, true, authz.ReachesAccount, trust, bounded) }
	var refusing []lit
	controlled := q.serviceControlled()
	if controlled {
		for _, level := range ps.ServiceControl {
			refusing = append(refusing, denies(level), -allows(level))
		}
	}
	if len(ps.ResourceControl) > 0 {
		bears := q.resourceControlled(trust)
		for _, level := range ps.ResourceControl {
			refusing = append(refusing, f.and(bears, f.or(denies(level), -allows(level))))
		}
	}
	one := func(p *authz.Program) []*authz.Program {
		if p == nil {
			return nil
		}
		return []*authz.Program{p}
	}
	refusing = append(refusing, denies(one(ps.Endpoint)), denies(one(ps.Resource)))
	if ps.Endpoint != nil {
		refusing = append(refusing, -allows(one(ps.Endpoint)))
	}
	if own {
		refusing = append(refusing, denies(identity))
		if bounded {
			refusing = append(refusing, denies(one(ps.Boundary)))
		}
	}
	if own || root {
		refusing = append(refusing, denies(ps.Session))
	}
	return f.and(-f.or(refusing...), q.granted(ps, trust, own, root, bounded))
}

// granted weighs resource policy, identity policies, boundary and session policies (evaluation.md §§2.2, 2.3 and 3).
func (q *question) granted(ps *authz.Policies, trust, own, root, bounded bool) lit {
	f := q.f
	by := func(least authz.Reach) lit {
		if ps.Resource == nil {
			return -f.yes
		}
		return q.reached(ps.Resource, true, least, trust, bounded)
	}
	if !own && !root {
		return by(authz.ReachesCaller)
	}
	allows := func(list []*authz.Program) lit { return q.anyOf(list, true, authz.ReachesAccount, trust, bounded) }
	limits := f.yes
	if bounded {
		limits = f.and(limits, q.reached(ps.Boundary, true, authz.ReachesAccount, trust, bounded))
	}
	switch {
	case ps.Session != nil:
		limits = f.and(limits, allows(ps.Session))
	case q.who == authz.FederatedSession || q.who == authz.AssumedRoot:
		limits = -f.yes
	}
	self := limits
	if !root {
		self = f.and(allows(append(ps.IdentitySet.Programs(), ps.Identity...)), limits)
	}
	any := by(authz.ReachesAccount)
	if !q.side.layers || q.caller.who.Account != q.side.owner {
		return f.and(any, self) // both sides must allow
	}
	// In one account either will do, but for roles and keys, whose own policies must.
	direct := by(authz.ReachesCaller)
	if root {
		direct = -f.yes
	}
	granted := f.or(direct, f.and(by(authz.ReachesEntity), limits))
	needed := -f.yes
	switch {
	case trust:
		needed = f.yes
	case q.action != nil && strings.HasPrefix(fold.Name(q.action.String()), "kms:"):
		needed = q.isFor("kms", "key/")
	}
	if root {
		granted = -f.yes
	}
	return f.or(f.and(needed, f.or(granted, f.and(any, self))), f.and(-needed, f.or(granted, self)))
}

// serviceControlled reports whether service control policies bear on the caller (doc/language.md 35).
func (q *question) serviceControlled() bool {
	switch q.who {
	case authz.Anonymous, authz.Service, authz.Provider:
		return false
	}
	return !q.caller.who.ServiceLinked() && (q.side.management == "" || q.caller.who.Account != q.side.management)
}

func (q *question) resourceControlled(trust bool) lit {
	if q.action != nil && !q.action.ResourceControlled() || q.caller.who.ServiceLinked() || q.side.management != "" && q.side.owner == q.side.management {
		return -q.f.yes
	}
	if trust {
		return -q.isFor("iam", "role/aws-service-role/")
	}
	return q.f.yes
}

// witness makes a request of facts. session is what a role session is called, if it may be called anything.
func (q *question) witness(x *facts, session string) (*Witness, error) {
	who := q.caller.who
	if q.caller.arns != nil {
		name := x.keys[q.a.principalARN].text()
		f := authz.Facts{UniqueID: who.UniqueID, CanonicalID: who.CanonicalID, Provider: who.Provider, AssumedRoot: who.Kind == authz.AssumedRoot}
		parts := arn.Cut(name)
		switch {
		case q.caller.name != "":
			f.Issuer, name = name, q.caller.name
		case who.Kind == authz.RoleSession:
			f.Issuer = name
			name = "arn:" + parts.Part(1) + ":sts::" + parts.Part(4) + ":assumed-role/" + name[strings.LastIndexByte(name, '/')+1:] + "/" + session
		case strings.HasSuffix(who.Issuer, "/"+unnamed):
			f.Issuer = "arn:" + parts.Part(1) + ":iam::" + parts.Part(4) + ":user/" + unnamed
		default:
			f.Issuer = who.Issuer
		}
		var err error
		if who, err = authz.NewPrincipal(name, f); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrDisagreement, name, err)
		}
	}
	action := q.action
	if action == nil {
		var err error
		if action, err = authz.NewAction(x.action); err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrDisagreement, x.action, err)
		}
	}
	r := authz.NewRequest(who, action, x.resource)
	r.ResourceAccount, r.ManagementAccount = q.side.owner, q.side.management
	if q.side.owner == "" {
		r.ResourceAccount = "000000000000" // an account that is not the caller's
		if who.Account == r.ResourceAccount {
			r.ResourceAccount = "999999999999"
		}
	}
	for on, v := range x.keys {
		k := q.a.keyAt(on)
		if q.a.isCaller(on) {
			continue
		}
		switch v.shape {
		case single:
			r.Context.Set(k.key, v.text())
		case list, empty:
			r.Context.SetList(k.key, v.texts)
		}
	}
	return &Witness{Request: r}, nil
}

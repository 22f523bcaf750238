package authz

import (
	"math/bits"
	"slices"
	"strings"
)

// Policies are all the policies that bear on one request (evaluation.md §2.1).
type Policies struct {
	// Identity are the policies of the user and its groups, or of the role. A federated session has those of its user.
	Identity []*Program
	// IdentitySet has policies like those of Identity, made ready together, which makes a decision quicker. They come before those of
	// Identity, of which there need be none then. It may be nil.
	IdentitySet *Set
	// Boundary is the permissions boundary of the user or role; nil if it has none.
	Boundary *Program
	// Session are the policies passed when the session was made: nil if none was, not nil and empty if an empty list was.
	Session []*Program
	// Resource is the resource's own policy, for roles the trust policy; nil if it has none.
	Resource *Program
	// ServiceControl are the service control policies of the caller's account, a list for each level from the
	// organization's root to the account itself. No levels: the account is in no organization.
	ServiceControl [][]*Program
	// ResourceControl are the resource control policies of the resource's account in the same form.
	ResourceControl [][]*Program
	// Endpoint is the policy of the VPC endpoint that the request came through; nil if through none.
	Endpoint *Program
	// ACL are the grants of the bucket's or object's access control list.
	ACL []ACLGrant
}

// Decide judges a request. The procedure is that of evaluation.md §2.1, step by step.
func Decide(r *Request, ps *Policies) Decision {
	if r.Action.is(getsIdentity | assumesRole) {
		switch k := r.Principal.Kind; {
		case r.Action.is(getsIdentity) && k != Anonymous:
			return Decision{Effect: Allow, Place: nowhere}
		case r.Action.is(assumesRole) && (k == Root || k == AssumedRoot):
			return implicit(NoLayer, 0) // whatever the policies say (doc/language.md 31)
		}
	}
	// A literal here, so that the compiler sees that nothing keeps r: then a request that is made, judged and forgotten costs no memory.
	j := judge{r: r, ps: ps}
	j.prepare()
	if d := j.explicitDeny(); d.Effect == ExplicitDeny {
		return d
	}
	if l, level := j.levels(); l != NoLayer {
		return implicit(l, level)
	}
	return j.grants()
}

// judge is one call of Decide.
type judge struct {
	r  *Request
	ps *Policies
	// trust: the resource policy is a role's trust policy.
	trust bool
	// identity, boundary, session: the caller's policies of this kind bear on it.
	identity, boundary, session bool
	// organization: control policies exist and may bear on the request.
	organization bool
	// denies and allows mark the identity policies that may speak of the action, up to 64 of them.
	denies, allows uint64
}

// prepare leaves out the policies that do not apply to a caller of this kind: the last column of the table in evaluation.md §1, and §5.
func (j *judge) prepare() {
	r, ps := j.r, j.ps
	j.trust = r.trusts()
	j.organization = len(ps.ServiceControl)+len(ps.ResourceControl) > 0
	switch r.Principal.Kind {
	case User, RoleSession, FederatedSession:
		j.identity, j.session = true, true
		j.boundary = ps.Boundary != nil && !r.Principal.serviceLinked
	case Root, AssumedRoot:
		j.session = true
	}
}

// names returns the forms in which the policies of this request can name the caller.
func (j *judge) names() []identity {
	names := j.r.Principal.identities
	switch j.r.Principal.Kind {
	case Provider:
		if !j.trust {
			return nil // an assertion counts for roles alone (doc/language.md 27)
		}
	case RoleSession:
		// Nor does the provider of a session count for another role.
		if n := len(names); j.trust && names[n-1].name.kind == federatedName {
			return names[:n-1]
		}
	}
	return names
}

// serviceControlled reports whether service control policies bear on the caller (evaluation.md §6, doc/language.md 35).
func (j *judge) serviceControlled() bool {
	p := j.r.Principal
	switch p.Kind {
	case Anonymous, Service, Provider:
		return false
	}
	return !p.serviceLinked && (j.r.ManagementAccount == "" || p.Account != j.r.ManagementAccount)
}

// resourceControlled reports whether resource control policies bear on the request. They leave service-linked roles alone, as callers and
// as what is assumed.
func (j *judge) resourceControlled() bool {
	return j.r.Action.is(resourceControlled) && !j.r.Principal.serviceLinked &&
		!(j.trust && strings.HasPrefix(j.r.resource.Part(5), serviceLinkedPath)) &&
		(j.r.ManagementAccount == "" || j.r.ResourceAccount != j.r.ManagementAccount)
}

// explicitDeny looks for a Deny that applies, in any layer. The layers come in the order in which AWS names them (evaluation.md §10).
func (j *judge) explicitDeny() (d Decision) {
	ps := j.ps
	if j.organization {
		if d = j.deniedByOrganization(); d.Effect == ExplicitDeny {
			return d
		}
	}
	if p := ps.Endpoint; p != nil && p.denies.of(j.r.Action) != 0 {
		if n := j.denied(p); n >= 0 {
			return deniedBy(EndpointLayer, 0, p, n)
		}
	}
	if p := ps.Resource; p != nil && p.denies.of(j.r.Action) != 0 {
		if n := j.denied(p); n >= 0 {
			return deniedBy(ResourceLayer, 0, p, n)
		}
	}
	if j.identity {
		if s := ps.IdentitySet; s != nil {
			if s.misplaced {
				return Decision{ExplicitDeny, IdentityLayer, nowhere, nil}
			}
			if at := s.index.firstDeny(j.r, noPlace); at != noPlace {
				return deniedBy(IdentityLayer, at.program(), s.programs[at.program()], at.number())
			}
		}
		if len(ps.Identity) > 0 {
			if d = j.deniedByOwn(); d.Effect == ExplicitDeny {
				return d
			}
		}
	}
	if p := ps.Boundary; j.boundary && p.denies.of(j.r.Action) != 0 {
		if n := j.denied(p); n >= 0 {
			return deniedBy(BoundaryLayer, 0, p, n)
		}
	}
	if j.session {
		return j.deniedByAny(SessionLayer, ps.Session)
	}
	return d
}

// deniedByOwn is deniedByAny for the identity policies that are in no set.
func (j *judge) deniedByOwn() Decision {
	programs := j.ps.Identity
	if !j.mark(programs) {
		return Decision{ExplicitDeny, IdentityLayer, nowhere, nil}
	}
	first := j.ps.IdentitySet.len() // the number of programs[0]
	for m := j.denies; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		p := programs[i]
		if n := p.own.firstDeny(j.r, noPlace).number(); n >= 0 {
			return deniedBy(IdentityLayer, first+i, p, n)
		}
	}
	if len(programs) <= maxMarked {
		return Decision{}
	}
	d := j.deniedByAny(IdentityLayer, programs[maxMarked:])
	if d.Effect == ExplicitDeny {
		d.Policy += int32(first + maxMarked)
	}
	return d
}

// maxMarked is how many policies mark looks at; whoever has more is served too.
const maxMarked = 64

// mark finds the identity policies that may have something to say. Which they are nobody can foresee, a branch predictor neither: so
// there is no branch, and what follows goes from one marked policy to the next.
//
// It reports whether all of them are of a kind that belongs here. A policy with principals in this place is somebody's mistake, and
// its denies must not be lost by it.
func (j *judge) mark(programs []*Program) bool {
	a := j.r.Action
	var denies, allows, others uint64
	for i, p := range programs[:min(len(programs), maxMarked)] {
		deny, allow := p.denies.of(a), p.allows.of(a)
		denies |= (deny | -deny) >> 63 << (i & 63)
		allows |= (allow | -allow) >> 63 << (i & 63)
		others |= p.others
	}
	for _, p := range programs[min(len(programs), maxMarked):] {
		others |= p.others
	}
	j.denies, j.allows = denies, allows
	return others == 0
}

// firstOwn is firstAllow for the identity policies, in a set or not.
func (j *judge) firstOwn() (number int, statement int32, p *Program) {
	first := 0
	if s := j.ps.IdentitySet; s != nil {
		if at := s.index.firstAllow(j.r, noPlace); at != noPlace {
			return at.program(), at.number(), s.programs[at.program()]
		}
		first = len(s.programs)
	}
	programs := j.ps.Identity
	for m := j.allows; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		p := programs[i]
		if n := p.own.firstAllow(j.r, noPlace).number(); n >= 0 {
			return first + i, n, p
		}
	}
	if len(programs) > maxMarked {
		if i, n := j.firstAllow(programs[maxMarked:]); i >= 0 {
			return first + maxMarked + i, n, programs[maxMarked+i]
		}
	}
	return -1, -1, nil
}

func (j *judge) deniedByOrganization() (d Decision) {
	if j.serviceControlled() {
		for level, programs := range j.ps.ServiceControl {
			if d = j.deniedByAny(ServiceControlLayer, programs); d.Effect == ExplicitDeny {
				d.Level = int32(level)
				return d
			}
		}
	}
	if j.resourceControlled() {
		for level, programs := range j.ps.ResourceControl {
			if d = j.deniedByAny(ResourceControlLayer, programs); d.Effect == ExplicitDeny {
				d.Level = int32(level)
				return d
			}
		}
	}
	return Decision{}
}

// deniedByAny asks the policies of a layer in their order.
func (j *judge) deniedByAny(l Layer, programs []*Program) Decision {
	for i, p := range programs {
		if p.denies.of(j.r.Action) != 0 {
			if n := j.denied(p); n >= 0 {
				return deniedBy(l, i, p, n)
			}
		}
	}
	return Decision{}
}

func deniedBy(l Layer, number int, p *Program, statement int32) Decision {
	return Decision{ExplicitDeny, l, Place{Policy: int32(number), Statement: statement}, p}
}

// levels asks each level of the organization, and the endpoint, for an Allow. All must have one; the layer that has none is returned.
func (j *judge) levels() (l Layer, level int) {
	if j.organization {
		if j.serviceControlled() {
			if level := j.levelWithoutAllow(j.ps.ServiceControl); level >= 0 {
				return ServiceControlLayer, level
			}
		}
		if j.resourceControlled() {
			if level := j.levelWithoutAllow(j.ps.ResourceControl); level >= 0 {
				return ResourceControlLayer, level
			}
		}
	}
	if p := j.ps.Endpoint; p != nil && !p.allowsAll && j.allowed(p) < 0 {
		return EndpointLayer, 0
	}
	return NoLayer, 0
}

func (j *judge) levelWithoutAllow(levels [][]*Program) int {
	for level, programs := range levels {
		if !slices.ContainsFunc(programs, (*Program).passes) {
			if i, _ := j.firstAllow(programs); i < 0 {
				return level
			}
		}
	}
	return -1
}

// passes reports whether p lets everything through that no other policy denies.
func (p *Program) passes() bool { return p.allowsAll }

// firstAllow returns the first program with an Allow that applies, and its statement; -1 if there is none.
func (j *judge) firstAllow(programs []*Program) (number int, statement int32) {
	for i, p := range programs {
		if p.allows.of(j.r.Action) != 0 {
			if n := j.allowed(p); n >= 0 {
				return i, n
			}
		}
	}
	return -1, -1
}

// grants weighs resource policy, identity policies, boundary and session policies: the tables of evaluation.md §§2.2, 2.3 and 3.
func (j *judge) grants() Decision {
	var granted grant // by the resource policy or the access control list
	var by Decision   // which of them
	if j.ps.Resource != nil || len(j.ps.ACL) > 0 {
		granted, by = j.resourceGrant()
	}
	p := j.r.Principal
	switch p.Kind {
	case Anonymous, Service, Provider:
		if granted != directGrant {
			return implicit(ResourceLayer, 0)
		}
		return by
	}
	root := p.Kind == Root || p.Kind == AssumedRoot
	switch {
	case p.Account != j.r.ResourceAccount, (j.trust || j.r.asksKey()) && (granted < entityGrant || root):
		// Both sides must allow.
		if granted == noGrant {
			return implicit(ResourceLayer, 0)
		}
		if own := j.own(root); own.Effect != Allow {
			return own
		}
		return by
	case granted == directGrant && !root:
		return by
	case granted == entityGrant:
		if l := j.limits(); l != NoLayer {
			return implicit(l, 0)
		}
		return by
	}
	return j.own(root)
}

// own asks what the caller's own side allows: identity policies, which a root user does not need, within boundary and session policies.
func (j *judge) own(root bool) Decision {
	d := Decision{Effect: Allow, Layer: IdentityLayer, Place: nowhere}
	if !root {
		i, n, p := j.firstOwn()
		if p == nil {
			return implicit(IdentityLayer, 0)
		}
		d.Place, d.Program = Place{Policy: int32(i), Statement: n}, p
	}
	if l := j.limits(); l != NoLayer {
		return implicit(l, 0)
	}
	return d
}

// limits asks what can only take away, boundary and session policies, and returns the one that does not allow.
func (j *judge) limits() Layer {
	if j.boundary && j.allowed(j.ps.Boundary) < 0 {
		return BoundaryLayer
	}
	if j.ps.Session == nil {
		// A session of GetFederationToken or AssumeRoot has what was passed to it and nothing else.
		if k := j.r.Principal.Kind; k == FederatedSession || k == AssumedRoot {
			return SessionLayer
		}
		return NoLayer
	}
	if i, _ := j.firstAllow(j.ps.Session); i < 0 {
		return SessionLayer
	}
	return NoLayer
}

// resourceGrant returns the best that resource policy and access control list grant, and the decision that it comes to.
func (j *judge) resourceGrant() (best grant, by Decision) {
	if p := j.ps.Resource; p != nil && p.allows.of(j.r.Action) != 0 {
		var n int32
		best, n = j.granted(p)
		by = Decision{Allow, ResourceLayer, Place{Statement: n}, p}
	}
	for i := range j.ps.ACL {
		if g := j.ps.ACL[i].grants(j.r); g > best {
			best, by = g, Decision{Effect: Allow, Layer: ACLLayer, Place: Place{Policy: int32(i), Statement: -1}}
		}
	}
	return best, by
}

// denied returns the first Deny of p that applies, or -1.
func (j *judge) denied(p *Program) int32 {
	if !p.kind.HasPrincipals() {
		return p.own.firstDeny(j.r, noPlace).number()
	}
	first := noPlace
	for i := range p.groups[:p.unnamed] {
		if g := &p.groups[i]; g.index.denies.of(j.r.Action) != 0 && (!g.not || !j.spared(g)) {
			first = g.index.firstDeny(j.r, first)
		}
	}
	if p.namedDenies.of(j.r.Action) == 0 {
		return first.number()
	}
	names := j.names()
	for i := range names {
		s := p.named.lookup(&names[i].name)
		if s == nil {
			continue
		}
		for k := range s.n {
			if g := p.named.group(s, k); g.index.denies.of(j.r.Action) != 0 {
				first = g.index.firstDeny(j.r, first)
			}
		}
	}
	return first.number()
}

// spared reports whether a Deny with NotPrincipal leaves the caller alone: all its sides are listed, and it has no boundary (doc/language.md 29).
func (j *judge) spared(g *group) bool {
	if j.boundary {
		return false
	}
	if g.everyone {
		return true
	}
	var listed part
	names := j.names()
	for i := range names {
		if id := &names[i]; g.lists(&id.name) {
			listed |= id.part
		}
	}
	parts := j.r.Principal.parts()
	return listed&parts == parts
}

func (g *group) lists(n *principalName) bool {
	for i := range g.names {
		if g.names[i] == *n {
			return true
		}
	}
	return false
}

// allowed returns the first Allow of p that applies, or -1.
func (j *judge) allowed(p *Program) int32 {
	if p.allows.of(j.r.Action) == 0 {
		return -1
	}
	if !p.kind.HasPrincipals() {
		return p.own.firstAllow(j.r, noPlace).number()
	}
	_, n := j.granted(p)
	return n
}

// granted returns the strongest grant of p to the caller and the first statement that makes it.
func (j *judge) granted(p *Program) (best grant, statement int32) {
	first := noPlace
	ask := func(g *group, worth grant) {
		limit := noPlace
		switch {
		case worth == noGrant || worth < best:
			return
		case worth == best:
			limit = first
		}
		if at := g.index.firstAllow(j.r, limit); at != limit {
			best, first = worth, at
		}
	}
	for i := range p.groups[:p.unnamed] {
		if g := &p.groups[i]; g.index.allows.of(j.r.Action) != 0 {
			ask(g, j.worth(p, g))
		}
	}
	if p.namedAllows.of(j.r.Action) == 0 {
		return best, first.number()
	}
	names := j.names()
	for i := range names {
		id := &names[i]
		s := p.named.lookup(&id.name)
		if s == nil {
			continue
		}
		for k := range s.n {
			if g := p.named.group(s, k); g.index.allows.of(j.r.Action) != 0 {
				ask(g, id.grant)
			}
		}
	}
	return best, first.number()
}

// worth returns what an Allow of p for the principals of g is worth to the caller.
func (j *judge) worth(p *Program, g *group) grant {
	if !p.kind.HasPrincipals() {
		return directGrant
	}
	// Nobody comes to a role without a signature or an assertion, and an assertion must be of a provider that
	// the trust policy names (doc/language.md 24).
	k := j.r.Principal.Kind
	known := !(j.trust && p.kind == Resource && (k == Anonymous || k == Provider))
	if g.everyone && !g.not && known {
		return directGrant
	}
	strongest := noGrant
	names := j.names()
	for i := range names {
		if id := &names[i]; g.lists(&id.name) {
			strongest = max(strongest, id.grant)
		}
	}
	switch {
	case !g.not:
		return strongest
	case g.everyone || strongest != noGrant || !known:
		return noGrant
	}
	return directGrant
}

// implicit is the decision that a layer does not allow.
func implicit(l Layer, level int) Decision {
	return Decision{ImplicitDeny, l, Place{int32(level), -1, -1}, nil}
}

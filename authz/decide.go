package authz

import (
	"math"
	"strings"
)

// Policies are all the policies that bear on one request (evaluation.md §2.1).
type Policies struct {
	// Identity are the policies of the user and its groups, or of the role. A federated session has those of its user.
	Identity []*Program
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
	if r.Action.is(getsIdentity) && r.Principal.Kind != Anonymous {
		return Decision{Effect: Allow, Policy: -1, Statement: -1}
	}
	if k := r.Principal.Kind; r.Action.is(assumesRole) && (k == Root || k == AssumedRoot) {
		return implicit(NoLayer, 0) // whatever the policies say (doc/language.md 31)
	}
	j := newJudge(r, ps)
	if d, ok := j.explicitDeny(); ok {
		return d
	}
	if d, ok := j.levels(); !ok {
		return d
	}
	return j.grants()
}

// judge is one call of Decide.
type judge struct {
	r     *Request
	ps    *Policies
	trust bool // the resource policy is a role's trust policy

	// names are the forms in which the policies of this request can name the caller.
	names []identity
	// identity, boundary and session are the policies of the caller that bear on it.
	identity []*Program
	boundary *Program
	session  []*Program
}

// newJudge leaves out the policies that do not apply to a caller of this kind: the last column of the table in evaluation.md §1, and §5.
func newJudge(r *Request, ps *Policies) judge {
	j := judge{r: r, ps: ps, trust: r.trusts(), names: r.Principal.identities}
	switch r.Principal.Kind {
	case Provider:
		if !j.trust {
			j.names = nil // an assertion counts for roles alone (doc/language.md 27)
		}
	case User, RoleSession, FederatedSession:
		if n := len(j.names); j.trust && j.names[n-1].name.kind == federatedName {
			j.names = j.names[:n-1] // nor does the provider of a session count for another role
		}
		j.identity, j.session = ps.Identity, ps.Session
		if !r.Principal.serviceLinked {
			j.boundary = ps.Boundary
		}
	case Root, AssumedRoot:
		j.session = ps.Session
	}
	return j
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
func (j *judge) explicitDeny() (Decision, bool) {
	ps := j.ps
	if len(ps.ServiceControl) > 0 && j.serviceControlled() {
		if d, ok := j.deniedByLevels(ServiceControlLayer, ps.ServiceControl); ok {
			return d, true
		}
	}
	if len(ps.ResourceControl) > 0 && j.resourceControlled() {
		if d, ok := j.deniedByLevels(ResourceControlLayer, ps.ResourceControl); ok {
			return d, true
		}
	}
	if d, ok := j.deniedBy(EndpointLayer, ps.Endpoint, 0); ok {
		return d, true
	}
	if d, ok := j.deniedBy(ResourceLayer, ps.Resource, 0); ok {
		return d, true
	}
	for i, p := range j.identity {
		if d, ok := j.deniedBy(IdentityLayer, p, i); ok {
			return d, true
		}
	}
	if d, ok := j.deniedBy(BoundaryLayer, j.boundary, 0); ok {
		return d, true
	}
	for i, p := range j.session {
		if d, ok := j.deniedBy(SessionLayer, p, i); ok {
			return d, true
		}
	}
	return Decision{}, false
}

func (j *judge) deniedByLevels(l Layer, levels [][]*Program) (Decision, bool) {
	for level, programs := range levels {
		for i, p := range programs {
			if d, ok := j.deniedBy(l, p, i); ok {
				d.Level = level
				return d, true
			}
		}
	}
	return Decision{}, false
}

func (j *judge) deniedBy(l Layer, p *Program, number int) (Decision, bool) {
	if p == nil || !p.denies {
		return Decision{}, false
	}
	if n := j.denied(p); n >= 0 {
		return Decision{Effect: ExplicitDeny, Layer: l, Policy: number, Statement: int(n), Program: p}, true
	}
	return Decision{}, false
}

// levels asks each level of the organization, and the endpoint, for an Allow. All must have one.
func (j *judge) levels() (Decision, bool) {
	ps := j.ps
	if len(ps.ServiceControl) > 0 && j.serviceControlled() {
		if level := j.levelWithoutAllow(ps.ServiceControl); level >= 0 {
			return implicit(ServiceControlLayer, level), false
		}
	}
	if len(ps.ResourceControl) > 0 && j.resourceControlled() {
		if level := j.levelWithoutAllow(ps.ResourceControl); level >= 0 {
			return implicit(ResourceControlLayer, level), false
		}
	}
	if ps.Endpoint != nil && j.allowed(ps.Endpoint) < 0 {
		return implicit(EndpointLayer, 0), false
	}
	return Decision{}, true
}

func (j *judge) levelWithoutAllow(levels [][]*Program) int {
	for level, programs := range levels {
		if i, _ := j.firstAllow(programs); i < 0 {
			return level
		}
	}
	return -1
}

// firstAllow returns the first program with an Allow that applies, and its statement; -1 if there is none.
func (j *judge) firstAllow(programs []*Program) (number int, statement int32) {
	for i, p := range programs {
		if n := j.allowed(p); n >= 0 {
			return i, n
		}
	}
	return -1, -1
}

// grants weighs resource policy, identity policies, boundary and session policies: the tables of evaluation.md §§2.2, 2.3 and 3.
func (j *judge) grants() Decision {
	p := j.r.Principal
	rp := j.resourceGrant()
	switch p.Kind {
	case Anonymous, Service, Provider:
		if rp.grant == directGrant {
			return rp.decision()
		}
		return implicit(ResourceLayer, 0)
	}
	if p.Account != j.r.ResourceAccount {
		if rp.grant == noGrant {
			return implicit(ResourceLayer, 0)
		}
		return j.limited(rp.decision())
	}
	switch {
	case rp.grant == directGrant && p.Kind != Root && p.Kind != AssumedRoot:
		return rp.decision()
	case rp.grant == entityGrant:
		if d, ok := j.limits(); !ok {
			return d
		}
		return rp.decision()
	case j.r.needsResourcePolicy():
		if rp.grant == noGrant {
			return implicit(ResourceLayer, 0)
		}
		return j.limited(rp.decision())
	}
	return j.limited(Decision{Layer: IdentityLayer})
}

// limited asks identity policies, boundary and session policies, all of which must allow. If they do, it returns granted, or
// the identity policy that allows if granted speaks of the identity layer.
func (j *judge) limited(granted Decision) Decision {
	own := Decision{Effect: Allow, Layer: IdentityLayer, Policy: -1, Statement: -1}
	switch j.r.Principal.Kind {
	case Root, AssumedRoot: // a root user needs no policy
	default:
		i, n := j.firstAllow(j.identity)
		if i < 0 {
			return implicit(IdentityLayer, 0)
		}
		own.Policy, own.Statement, own.Program = i, int(n), j.identity[i]
	}
	if d, ok := j.limits(); !ok {
		return d
	}
	if granted.Layer == IdentityLayer {
		return own
	}
	return granted
}

// limits asks what can only take away: boundary and session policies.
func (j *judge) limits() (Decision, bool) {
	if b := j.boundary; b != nil && j.allowed(b) < 0 {
		return implicit(BoundaryLayer, 0), false
	}
	if j.session == nil {
		// A session of GetFederationToken or AssumeRoot has what was passed to it and nothing else.
		if k := j.r.Principal.Kind; k == FederatedSession || k == AssumedRoot {
			return implicit(SessionLayer, 0), false
		}
		return Decision{}, true
	}
	if i, _ := j.firstAllow(j.session); i < 0 {
		return implicit(SessionLayer, 0), false
	}
	return Decision{}, true
}

// resourceResult is the best that resource policy and access control list grant.
type resourceResult struct {
	grant     grant
	layer     Layer
	number    int
	statement int32
	program   *Program
}

func (rr *resourceResult) decision() Decision {
	return Decision{Effect: Allow, Layer: rr.layer, Policy: rr.number, Statement: int(rr.statement), Program: rr.program}
}

func (j *judge) resourceGrant() resourceResult {
	best := resourceResult{statement: -1, layer: ResourceLayer}
	if p := j.ps.Resource; p != nil && p.allows {
		best.grant, best.statement = j.granted(p)
		best.program = p
	}
	for i := range j.ps.ACL {
		if g := j.ps.ACL[i].grants(j.r); g > best.grant {
			best = resourceResult{grant: g, layer: ACLLayer, number: i, statement: -1}
		}
	}
	return best
}

const noLimit = math.MaxInt32

// denied returns the first Deny of p that applies, or -1.
func (j *judge) denied(p *Program) int32 {
	found, limit := int32(-1), int32(noLimit)
	keep := func(n int32) {
		if n >= 0 {
			found, limit = n, n
		}
	}
	for _, i := range p.everyone {
		if g := &p.groups[i]; !g.not || !p.kind.hasPrincipals() || !j.spared(g) {
			keep(g.deny.first(p, j.r, limit))
		}
	}
	if p.named.slots == nil {
		return found
	}
	for i := range j.names {
		for _, named := range p.named.lookup(&j.names[i].name) {
			keep(p.groups[named.group].deny.first(p, j.r, limit))
		}
	}
	return found
}

// spared reports whether a Deny with NotPrincipal leaves the caller alone: all its sides are listed, and it has no boundary (doc/language.md 29).
func (j *judge) spared(g *group) bool {
	if j.boundary != nil {
		return false
	}
	if g.everyone {
		return true
	}
	var listed part
	for i := range j.names {
		if id := &j.names[i]; g.lists(&id.name) {
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
	if !p.allows {
		return -1
	}
	if !p.kind.hasPrincipals() {
		return p.groups[0].allow.first(p, j.r, noLimit)
	}
	_, n := j.granted(p)
	return n
}

// granted returns the strongest grant of p to the caller and the first statement that makes it.
func (j *judge) granted(p *Program) (best grant, statement int32) {
	statement = -1
	ask := func(g *group, worth grant) {
		limit := int32(noLimit)
		switch {
		case worth == noGrant || worth < best:
			return
		case worth == best:
			limit = statement
		}
		if n := g.allow.first(p, j.r, limit); n >= 0 {
			best, statement = worth, n
		}
	}
	for _, i := range p.everyone {
		g := &p.groups[i]
		ask(g, j.worth(p, g))
	}
	if p.named.slots == nil {
		return best, statement
	}
	for i := range j.names {
		id := &j.names[i]
		for _, named := range p.named.lookup(&id.name) {
			ask(&p.groups[named.group], id.grant)
		}
	}
	return best, statement
}

// worth returns what an Allow of p for the principals of g is worth to the caller.
func (j *judge) worth(p *Program, g *group) grant {
	if !p.kind.hasPrincipals() {
		return directGrant
	}
	strongest := noGrant
	for i := range j.names {
		if id := &j.names[i]; g.lists(&id.name) {
			strongest = max(strongest, id.grant)
		}
	}
	everyone := g.everyone
	if g.not {
		if everyone || strongest != noGrant {
			return noGrant
		}
		everyone = true
	}
	// Nobody comes to a role without a signature or an assertion, and an assertion must be of a provider that
	// the trust policy names (doc/language.md 24).
	if k := j.r.Principal.Kind; j.trust && p.kind == Resource && (k == Anonymous || k == Provider) {
		everyone = false
	}
	if everyone {
		return directGrant
	}
	return strongest
}

// implicit is the decision that a layer does not allow.
func implicit(l Layer, level int) Decision {
	return Decision{Effect: ImplicitDeny, Layer: l, Level: level, Policy: -1, Statement: -1}
}

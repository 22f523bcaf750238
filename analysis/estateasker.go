package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// Standing is how somebody stands to an action on a resource, as far as an estate tells.
type Standing uint8

const (
	// Undecided says that it could not be said: never to be taken for Refused.
	Undecided Standing = iota
	// Refused says that no request is allowed, whatever the unknown facts are.
	Refused
	// Conditional says that some requests are allowed and that it depends on facts that are not known.
	Conditional
	// Allowed says that every request is allowed, whatever the unknown facts are.
	Allowed
)

// String returns the standing in a word.
func (s Standing) String() string {
	return [...]string{"undecided", "refused", "conditional", "allowed"}[s]
}

// tri is a truth that may not be known. The order makes "and" min and "or" max.
type tri uint8

const (
	never tri = iota
	maybe
	always
)

func (t tri) not() tri { return always - t }

// Asker asks an estate. It is used by one goroutine at a time; one estate may have several.
type Asker struct {
	estate  *Estate
	options Options
	views   map[string]*actionView
	reach   map[reachKey][]authz.Reach
	res     *resourceState
	scene   scene
	// classes and entities mark those that a question has asked about one by one.
	classes, entities []uint32
	stamp             uint32
	// What one question after the other collects, so that each has lists of the right length.
	asked    []*class
	askedOne []*Entity
	own      []holder
	prover   *prover
	// governed is the account whose control policies were last asked for: mostly it is the same again.
	governed   string
	governedBy *control
	assumers   map[*Entity]*WhoCan
	// What Can asks about, once it has been.
	known    []*site
	services map[string][]string
}

// NewAsker returns an Asker of an estate. Options say what requests there are, as for an Analyzer.
func NewAsker(e *Estate, o Options) *Asker {
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	x := &Asker{
		estate: e, options: o, views: make(map[string]*actionView), reach: make(map[reachKey][]authz.Reach), res: newResourceState(e),
		classes: make([]uint32, len(e.index.classes)), entities: make([]uint32, len(e.entities)), assumers: make(map[*Entity]*WhoCan),
	}
	x.scene.x = x
	return x
}

// controls returns the control policies of an account; nil if there are none.
func (x *Asker) controls(account string) *control {
	if x.governed != account {
		x.governed, x.governedBy = account, x.estate.controls[account]
	}
	return x.governedBy
}

// actionView is what the estate's policies say of an action.
type actionView struct {
	action *authz.Action
	folded string
	// speaks has, by the number of an actionElement, whether it holds the action.
	speaks []bool
	// clauses has, by the number of a policy, the statements that speak of the action.
	clauses [][]*clause
	// touching has, by the number of a resourceElement, the classes for which it makes a difference that a resource is named by an element of their own policies or boundary; wide, by account, are those whose policies
	// allow the action on resources that are not named.
	touching [][]touching
	wide     map[string][]*class
	isWide   []bool // by the number of a class
	// relevant has, by the number of a resourceElement, whether a statement that speaks of the action has it.
	relevant []bool
	// asksResource: some statement asks about the tags of the resource.
	asksResource bool
	// groups has those who can, by what that depends on.
	groups map[string]*group
	kept   int // how much that is
}

// touching is a class that has a resource element.
type touching struct {
	class *class
	allow bool // in a statement that allows
}

// view returns what the policies say of an action.
func (x *Asker) view(action string) (*actionView, error) {
	if v, ok := x.views[action]; ok { // as it was spelled before
		return v, nil
	}
	asked, folded := action, fold.Name(action)
	if v, ok := x.views[folded]; ok {
		return v, nil
	}
	if x.options.Catalog != nil {
		if a, ok := x.options.Catalog.Action(action); ok {
			action = a.String()
		}
	}
	a, err := authz.NewAction(action)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", action, err)
	}
	ix := x.estate.index
	v := &actionView{
		action: a, folded: folded, speaks: make([]bool, len(ix.actions)), clauses: make([][]*clause, len(ix.policies)), touching: make([][]touching, len(ix.elements)),
		wide: make(map[string][]*class), isWide: make([]bool, len(ix.classes)), relevant: make([]bool, len(ix.elements)), groups: make(map[string]*group),
	}
	for i, e := range ix.actions {
		v.speaks[i] = e.speaks(folded)
	}
	for _, p := range ix.policies {
		for _, c := range p.clauses {
			if !c.never && v.speaks[c.actions.number] {
				v.enter(c)
			}
		}
	}
	x.views[asked], x.views[folded] = v, v
	return v, nil
}

// enter enters a statement that speaks of the action.
func (v *actionView) enter(c *clause) {
	p := c.policy
	v.clauses[p.number] = append(v.clauses[p.number], c)
	v.relevant[c.resources.number] = true
	tagged := func(needs []*factKey) bool {
		return slices.ContainsFunc(needs, func(f *factKey) bool { return f.kind == resourceFact && f.tag != "" })
	}
	for i := range c.tests {
		v.asksResource = v.asksResource || tagged(c.tests[i].needs)
	}
	for _, open := range c.resources.open {
		v.asksResource = v.asksResource || tagged(open.needs)
	}
	if p.Kind() != authz.Identity {
		return
	}
	for _, k := range p.attached {
		if c.allow && (c.resources.any || c.resources.not) && !v.isWide[k.number] {
			v.isWide[k.number] = true
			v.wide[k.account] = append(v.wide[k.account], k)
		}
	}
	if c.resources.any {
		return
	}
	for _, k := range p.attached {
		v.touching[c.resources.number] = append(v.touching[c.resources.number], touching{k, c.allow})
	}
	for _, k := range p.bounding {
		v.touching[c.resources.number] = append(v.touching[c.resources.number], touching{k, false})
	}
}

// resourceState is how the estate's resource elements stand to one resource.
type resourceState struct {
	estate *Estate
	text   string
	parts  arn.Parts
	// owner is the account that owns it; empty for the caller's.
	owner string
	known *Resource // nil if nothing is known
	// policy is the resource's own; assumed says that it is a guess.
	policy  *compiledPolicy
	assumed bool
	tags    map[string]string // folded
	tagged  bool
	// touched are the elements that name it, in order; matched and open are stamped for those that do for sure and with variables.
	touched       []*resourceElement
	matched, open []uint32
	opens         map[*resourceElement]uint64 // the entries with variables that may match, by their numbers
	// instances are the entities for which an entry with variables may match, when their own facts are put in.
	instances []patternUse
	stamp     uint32
}

func newResourceState(e *Estate) *resourceState {
	n := len(e.index.elements)
	return &resourceState{estate: e, matched: make([]uint32, n), open: make([]uint32, n), opens: make(map[*resourceElement]uint64)}
}

// set makes it the state of a resource.
func (s *resourceState) set(resource string) error {
	if s.stamp > 0 && s.text == resource {
		return nil
	}
	owner, err := s.estate.ownerOf(resource)
	if err != nil {
		return err
	}
	s.text, s.owner, s.parts = resource, owner, arn.Cut(resource)
	s.known = s.estate.resourceOf(resource)
	s.policy, s.assumed, s.tags, s.tagged = nil, false, nil, false
	switch {
	case s.known != nil:
		s.policy, s.tagged = s.known.policy, s.known.Tagged
		if len(s.known.Tags) > 0 {
			s.tags = make(map[string]string, len(s.known.Tags))
			for k, v := range s.known.Tags {
				s.tags[fold.Name(k)] = v
			}
		}
	case isKey(resource):
		s.policy = s.estate.index.keyPolicies[owner]
		s.assumed = s.policy != nil
	}
	s.stamp++
	s.touched, s.instances = s.touched[:0], s.instances[:0]
	clear(s.opens)
	for _, n := range s.estate.index.lengths {
		if n > len(resource) {
			break
		}
		for _, p := range s.estate.index.byPrefix[resource[:n]] {
			if p.literal && n != len(resource) || !p.literal && !p.tail && !p.instance && !p.pattern.Match(&s.parts, &nobody) {
				continue
			}
			for _, use := range p.elements {
				s.touch(use)
			}
		}
	}
	slices.SortFunc(s.touched, func(a, b *resourceElement) int { return cmp.Compare(a.number, b.number) })
	return nil
}

// nobody is an empty context, for patterns without variables.
var nobody condition.Context

func (s *resourceState) touch(use patternUse) {
	e := use.element
	if use.entity != nil {
		s.instances = append(s.instances, use)
		return
	}
	if s.matched[e.number] != s.stamp && s.open[e.number] != s.stamp {
		s.touched = append(s.touched, e)
	}
	if use.open == 0 {
		s.matched[e.number] = s.stamp
		return
	}
	s.open[e.number] = s.stamp
	if use.open <= 64 {
		s.opens[e] |= 1 << (use.open - 1)
	}
}

// scene is one question: an entity, or one for its whole class, an action and a resource.
type scene struct {
	x    *Asker
	view *actionView
	res  *resourceState
	who  *Entity
	// context has the known facts, once it is filled.
	context condition.Context
	filled  bool
	// personal: the answer depends on who the entity is within its class.
	personal bool
	// byKind: it depends on whether it is a user or a role.
	byKind bool
	// vague: it depends on whether a name is one of the caller's that an export does not tell.
	vague bool
	trust bool
	owner string
	mode  judging
	// masked: what is written for one class alone, or with variables, is taken not to name the resource.
	masked bool
	// untouched: nothing that is not written by a policy of the organization is taken to name it.
	untouched bool
	// terms collects what the answer depends on, if it is not nil.
	terms *[]Term
}

// judging is how much of a decision is asked for.
type judging uint8

const (
	whole judging = iota
	// ownSide leaves out the resource's policy, and that one may be needed.
	ownSide
	// openSide is what is left to forbid it to somebody whom the resource's policy lets in.
	openSide
	// eachOwnSide is ownSide for finding out who must be asked about one by one.
	eachOwnSide
)

// begin makes it another question.
func (s *scene) begin(v *actionView, res *resourceState, who *Entity) {
	s.view, s.res, s.who = v, res, who
	s.filled, s.personal, s.byKind, s.vague, s.mode, s.masked = false, false, false, false, whole, false
	s.trust = v.action.AsksTrust() && isRole(res.text)
	s.owner = res.owner
	if s.owner == "" {
		s.owner = who.Account
	}
}

// knows reports whether the value of a key, or that the request has none, follows from the question.
func (s *scene) knows(f *factKey) bool {
	who := s.who.who
	session := who.Kind == authz.RoleSession
	member := who.Kind == authz.User || session || who.Kind == authz.Root
	switch f.kind {
	case unknownFact:
		return false
	case entityFact:
		s.personal = true
		if !member || s.who.Kind == OutsideEntity {
			return false
		}
		switch {
		case f.tag != "":
			return !session || !s.who.taggable
		case f.name == userID:
			return who.Kind == authz.Root || who.UniqueID != "" && (who.Kind == authz.User || s.who.Kind == SessionEntity)
		}
		return true
	case accountFact:
		if !member {
			return f.name == "aws:principalisawsservice" || f.name == "aws:principalservicename" && who.Kind == authz.Service
		}
		switch f.name {
		case "aws:principalorgid":
			return who.Account != "" && s.x.estate.organizationOf(who.Account) != ""
		case "aws:principalorgpaths":
			return who.Account != "" && s.x.estate.pathOf(who.Account) != ""
		case "aws:federatedprovider", "aws:sourceidentity":
			s.byKind = true
			return who.Kind == authz.User || who.Kind == authz.Root
		case "aws:multifactorauthpresent", "aws:multifactorauthage":
			s.byKind = true
			// A session of a role says nothing of the second factor; to assume one, whoever asks may show one.
			return session && !s.trust
		case principalType:
			s.byKind = true
			return s.who.Kind != OutsideEntity
		}
		return true // or that there is none
	}
	switch f.name {
	case "aws:resourceaccount":
		return s.owner != ""
	case "aws:resourceorgid":
		return s.x.estate.organizationOf(s.owner) != ""
	case "aws:resourceorgpaths":
		return s.x.estate.pathOf(s.owner) != ""
	}
	// Whoever assumes a role may bring tags of an earlier session, which win.
	s.byKind = s.byKind || s.trust
	return s.res.tagged && !(s.trust && session)
}

// organizationOf returns the id of an account's organization; empty if that is not known.
func (e *Estate) organizationOf(account string) string {
	if e.controls[account] == nil && account != e.management {
		return ""
	}
	return e.organization
}

func (e *Estate) pathOf(account string) string {
	if c := e.controls[account]; c != nil {
		return c.path
	}
	return ""
}

// Keys that describe sets.
var (
	keyIsAWSService    = condition.NewKey("aws:PrincipalIsAWSService")
	keyServiceName     = condition.NewKey("aws:PrincipalServiceName")
	keyPrincipalOrg    = condition.NewKey("aws:PrincipalOrgID")
	keyPrincipalPaths  = condition.NewKey("aws:PrincipalOrgPaths")
	keyResourceAccount = condition.NewKey("aws:ResourceAccount")
	keyResourceOrg     = condition.NewKey("aws:ResourceOrgID")
	keyResourcePaths   = condition.NewKey("aws:ResourceOrgPaths")
	keyMFA             = condition.NewKey("aws:MultiFactorAuthPresent")
)

// describe sets the known facts that do not follow from the caller's name (evaluation.md §8).
func (s *scene) describe(c *condition.Context) {
	e, who := s.x.estate, s.who.who
	c.Set(keyIsAWSService, "false")
	if who.Kind == authz.Service {
		c.Set(keyIsAWSService, "true")
		c.Set(keyServiceName, who.ARN)
	}
	if id := e.organizationOf(who.Account); id != "" && who.Account != "" {
		c.Set(keyPrincipalOrg, id)
		if path := e.pathOf(who.Account); path != "" {
			c.SetList(keyPrincipalPaths, []string{path})
		}
	}
	if who.Kind == authz.RoleSession && !s.trust {
		c.Set(keyMFA, "false")
	}
	if !s.who.taggable {
		for k, v := range s.who.Tags {
			c.Set(condition.NewKey("aws:PrincipalTag/"+k), v)
		}
	}
	if s.owner != "" {
		c.Set(keyResourceAccount, s.owner)
		if id := e.organizationOf(s.owner); id != "" {
			c.Set(keyResourceOrg, id)
			if path := e.pathOf(s.owner); path != "" {
				c.SetList(keyResourcePaths, []string{path})
			}
		}
	}
	if s.res.tagged && !(s.trust && who.Kind == authz.RoleSession) {
		service, _, _ := strings.Cut(s.view.folded, ":")
		for k, v := range s.res.tags {
			c.Set(condition.NewKey("aws:ResourceTag/"+k), v)
			c.Set(condition.NewKey(s.res.parts.Part(2)+":ResourceTag/"+k), v)
			if service != s.res.parts.Part(2) {
				c.Set(condition.NewKey(service+":ResourceTag/"+k), v)
			}
		}
	}
}

// facts returns the known facts.
func (s *scene) facts() *condition.Context {
	if !s.filled {
		s.filled = true
		s.context.Reset()
		s.who.who.Describe(&s.context)
		s.describe(&s.context)
	}
	return &s.context
}

func (s *scene) knowsAll(needs []*factKey) bool {
	all := true
	for _, f := range needs {
		if !s.knows(f) {
			all = false
		}
	}
	return all
}

// applies says whether a statement that speaks of the action and reaches the caller applies.
func (s *scene) applies(c *clause) tri {
	result := s.matches(c.resources)
	for i := range c.tests {
		if result == never {
			return never
		}
		result = min(result, s.holds(&c.tests[i]))
	}
	return result
}

func (s *scene) holds(t *clauseTest) tri {
	if !s.knowsAll(t.needs) {
		return maybe
	}
	if t.test.Match(s.facts()) {
		return always
	}
	return never
}

func (s *scene) matches(e *resourceElement) tri {
	switch {
	case e.any:
		return always
	case s.masked && e.private, s.untouched && !e.control:
		if e.not {
			return always
		}
		return never
	case s.res.matched[e.number] == s.res.stamp:
		if e.not {
			return never
		}
		return always
	case s.res.open[e.number] != s.res.stamp:
		if e.not {
			return always
		}
		return never
	}
	result := never
	open := s.res.opens[e]
	for i, p := range e.open {
		if i < 64 && open>>i&1 == 0 {
			continue
		}
		switch {
		case !s.knowsAll(p.needs):
			if strings.HasPrefix(s.res.text, leading(p, s.facts())) {
				result = max(result, maybe)
			}
		case p.pattern.Match(&s.res.parts, s.facts()):
			result = always
		}
	}
	if e.not {
		return result.not()
	}
	return result
}

// reaches returns how the statements of a policy with principals reach the caller.
func (s *scene) reaches(p *compiledPolicy) []authz.Reach {
	who := s.who.who
	bounded := s.who.Boundary != nil && !who.ServiceLinked()
	key := reachKey{int32(p.number), s.who.account, who.Kind, bounded, s.trust}
	names := len(p.names) > 0 && (p.names[who.ARN] || p.names[who.UniqueID] || p.names[who.Issuer]) || s.who.account == 0
	if names {
		s.personal = true
	} else if all, ok := s.x.reach[key]; ok {
		return all
	}
	all := make([]authz.Reach, len(p.clauses))
	for i := range all {
		all[i] = p.Reach(i, who, s.trust, bounded)
	}
	if !names {
		if len(s.x.reach) > 1<<16 {
			clear(s.x.reach)
		}
		s.x.reach[key] = all
	}
	return all
}

// any says whether a statement of an effect in a policy applies that reaches the caller by at least so much.
func (s *scene) any(l authz.Layer, p *compiledPolicy, allow bool, least authz.Reach) (result tri) {
	clauses := s.view.clauses[p.number]
	if len(clauses) == 0 {
		return never
	}
	var reach []authz.Reach
	if p.Kind().HasPrincipals() {
		reach = s.reaches(p)
	}
	for _, c := range clauses {
		if c.allow != allow {
			continue
		}
		known := reach == nil || reach[c.number] >= least
		if !known && !s.mayName(c, least) {
			continue
		}
		t := s.applies(c)
		if !known {
			s.vague = s.vague || t != never
			t = min(t, maybe)
		}
		if s.terms != nil && t != never {
			s.note(l, c, t)
		}
		result = max(result, t)
		if result == always && s.terms == nil {
			return result
		}
	}
	return result
}

// mayName reports whether a statement may reach the caller by a name that an export does not tell: that of the identity provider of a role's session, or the canonical id of its account.
func (s *scene) mayName(c *clause, least authz.Reach) bool {
	who := s.who.who
	return c.byProvider && who.Kind == authz.RoleSession && !s.trust || c.byCanonical && who.Account != "" && (least <= authz.ReachesAccount || !c.allow || who.Kind == authz.Root)
}

func (s *scene) anyOf(l authz.Layer, list []*compiledPolicy, allow bool, least authz.Reach) (result tri) {
	for _, p := range list {
		if result = max(result, s.any(l, p, allow, least)); result == always && s.terms == nil {
			return result
		}
	}
	return result
}

// judge says whether the request is allowed: the procedure of authz.Decide (evaluation.md §2.1) with truths that may not be known.
func (s *scene) judge() tri {
	who, e := s.who.who, s.x.estate
	root := who.Kind == authz.Root
	switch s.view.folded {
	case "sts:getcalleridentity":
		return always
	case "sts:assumerole":
		if root {
			return never
		}
	}
	allowed := always
	own := who.Kind == authz.User || who.Kind == authz.RoleSession
	if c := s.x.controls(who.Account); (own || root) && c != nil && !who.ServiceLinked() && who.Account != e.management {
		for _, level := range c.service {
			allowed = min(allowed, s.anyOf(authz.ServiceControlLayer, level, true, authz.ReachesAccount), s.anyOf(authz.ServiceControlLayer, level, false, authz.ReachesCaller).not())
		}
	}
	if c := s.x.controls(s.owner); c != nil && s.resourceControlled() {
		for _, level := range c.resource {
			allowed = min(allowed, s.anyOf(authz.ResourceControlLayer, level, true, authz.ReachesAccount), s.anyOf(authz.ResourceControlLayer, level, false, authz.ReachesCaller).not())
		}
	}
	if allowed == never {
		return never
	}
	identity, boundary := s.who.class.identity, s.who.class.boundary
	if !own || who.ServiceLinked() {
		boundary = nil
	}
	if p := s.res.policy; p != nil && s.mode == whole {
		allowed = min(allowed, s.any(authz.ResourceLayer, p, false, authz.ReachesCaller).not())
	}
	if own {
		allowed = min(allowed, s.anyOf(authz.IdentityLayer, identity, false, authz.ReachesCaller).not())
	}
	if boundary != nil {
		allowed = min(allowed, s.any(authz.BoundaryLayer, boundary, false, authz.ReachesCaller).not())
	}
	if allowed == never || s.mode == openSide {
		return allowed
	}
	return min(allowed, s.granted(own, root, identity, boundary))
}

// resourceControlled reports whether resource control policies bear on the request (doc/language.md 35).
func (s *scene) resourceControlled() bool {
	return s.view.action.ResourceControlled() && !s.who.who.ServiceLinked() && s.owner != s.x.estate.management && !(s.trust && strings.HasPrefix(s.res.parts.Part(5), serviceLinked))
}

// granted weighs resource policy, identity policies and boundary (evaluation.md §§2.2, 2.3 and 3).
func (s *scene) granted(own, root bool, identity []*compiledPolicy, boundary *compiledPolicy) tri {
	by := func(least authz.Reach) tri {
		if s.res.policy == nil {
			return never
		}
		return s.any(authz.ResourceLayer, s.res.policy, true, least)
	}
	if !own && !root {
		return by(authz.ReachesCaller)
	}
	limits := always
	if boundary != nil {
		limits = s.any(authz.BoundaryLayer, boundary, true, authz.ReachesAccount)
	}
	self := limits
	if !root {
		self = min(limits, s.anyOf(authz.IdentityLayer, identity, true, authz.ReachesAccount))
	}
	if s.mode == ownSide {
		return self
	}
	if s.who.Account != s.owner {
		return min(self, by(authz.ReachesAccount))
	}
	granted := never
	if !root {
		granted = max(by(authz.ReachesCaller), min(by(authz.ReachesEntity), limits))
	}
	if s.trust || strings.HasPrefix(s.view.folded, "kms:") && isKey(s.res.text) {
		self = min(self, by(authz.ReachesAccount))
	}
	return max(granted, self)
}

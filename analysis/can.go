package analysis

import (
	"errors"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// Grant is what a statement lets an entity do on one of its resources, less what other policies deny outright or do not allow.
type Grant struct {
	By Term
	// Actions are those of the statement, as it writes them where all that they stand for is granted, and one by one where some is not. With NotActions they are those that are not granted.
	Actions    []string
	NotActions bool
	// Resources is an entry of the statement's Resource element, or all of its NotResource element with NotResources. The statement of a resource's policy without such an element has the
	// resource's ARN.
	Resources    []string
	NotResources bool
	// Standing is Conditional if the statement has conditions that are not known to hold, or others deny something or do not allow everything; Undecided if it could not be said.
	Standing Standing
	// Unless are statements that deny some of it, or all under conditions; Within are those of the boundary and the control policies that allow it, if they do not allow everything.
	Unless, Within []Term
	// Witness is a request of it that authz.Decide allows; nil if it is Undecided.
	Witness *Witness
	Reason  string

	names []string // of the actions, folded and in order
}

// Count returns how many actions of the catalogue are granted.
func (g *Grant) Count() int { return len(g.names) }

// Can is what an entity can do.
type Can struct {
	Entity *Entity
	// Grants are first those of identity policies, then those of other resources' policies; each in the order of the policies.
	Grants []Grant
	// Roles are the roles that it can assume, at once or by others, in the order of their ARNs. The last of a finding's Steps is the role.
	Roles []Finding
}

// Can returns what an entity can do: what its policies and those of resources grant it, on whatever resources they name, and which roles it can assume within so many steps. It needs
// Options.Catalog. What identity policies grant is that on resources of its own account whose policies are not known, and keys are taken to let the account decide; what the estate knows of a single
// resource, WhoCan and Ask tell.
func (x *Asker) Can(who *Entity, depth int, progress func(done, total int)) (*Can, error) {
	if x.options.Catalog == nil {
		return nil, ErrCatalog
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	c := &Can{Entity: who}
	if who.Kind == RootEntity {
		return nil, errors.New("a root user can do everything in its account that control policies and the policies of resources do not deny")
	}
	g := &granter{x: x, who: who, classes: make(map[string]string)}
	seen := make(map[*compiledPolicy]bool)
	for i := range who.Policies {
		p := who.Policies[i].policy
		if seen[p] {
			continue
		}
		seen[p] = true
		progress(i, len(who.Policies))
		res := &resourceState{estate: x.estate, owner: who.Account, policy: x.estate.index.keyPolicies[who.Account]}
		if err := g.grants(c, authz.IdentityLayer, p, res, nil); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(x.estate.resources))
	for name, r := range x.estate.resources {
		if r.policy != nil && !isRole(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	assume, err := x.view("sts:AssumeRole")
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if i%64 == 0 {
			progress(i, len(names))
		}
		r := x.estate.resources[name]
		res := &resourceState{estate: x.estate, text: name, parts: arn.Cut(name), owner: r.Account, policy: r.policy, known: r}
		x.scene.begin(assume, res, who) // of which the resource is no role
		reach := x.scene.reaches(r.policy)
		if err := g.grants(c, authz.ResourceLayer, r.policy, res, reach); err != nil {
			return nil, err
		}
	}
	roles, err := x.rolesOf(who, depth, progress)
	c.Roles = roles
	return c, err
}

// granter finds out what the policies of an entity grant.
type granter struct {
	x   *Asker
	who *Entity
	// classes has for each action what the policies say of it.
	classes map[string]string
	// elements are the lists of actions of the policies at hand.
	elements []*actionElement
	bearing  []*compiledPolicy // the policies at hand
	levels   [][]*compiledPolicy
}

// bear collects the policies that bear on what the entity does on resources.
func (g *granter) bear(res *resourceState) {
	e := g.x.estate
	g.levels = nil
	g.bearing = append(g.bearing[:0], g.who.class.identity...)
	if b := g.who.class.boundary; b != nil && !g.who.who.ServiceLinked() {
		g.levels = append(g.levels, []*compiledPolicy{b})
	}
	if c := e.controls[g.who.Account]; c != nil && g.who.Account != e.management && !g.who.who.ServiceLinked() {
		g.levels = append(g.levels, c.service...)
	}
	if c := e.controls[res.owner]; c != nil && res.owner != e.management && !g.who.who.ServiceLinked() {
		g.levels = append(g.levels, c.resource...)
	}
	for _, l := range g.levels {
		g.bearing = append(g.bearing, l...)
	}
	if res.policy != nil {
		g.bearing = append(g.bearing, res.policy)
	}
	g.elements = g.elements[:0]
	for _, p := range g.bearing {
		for _, c := range p.clauses {
			if !slices.Contains(g.elements, c.actions) {
				g.elements = append(g.elements, c.actions)
			}
		}
	}
	clear(g.classes)
}

// classOf returns a text that is the same for two actions of which the policies at hand say the same.
func (g *granter) classOf(folded string) string {
	if k, ok := g.classes[folded]; ok {
		return k
	}
	key := make([]byte, 0, len(g.elements)/8+16)
	bits, n := byte(0), 0
	for _, e := range g.elements {
		if e.speaks(folded) {
			bits |= 1 << n
		}
		if n++; n == 8 {
			key, bits, n = append(key, bits), 0, 0
		}
	}
	key = append(key, bits)
	if strings.HasPrefix(folded, "kms:") {
		key = append(key, 'k')
	}
	key = append(key, g.x.proving().actions.trait(folded)...)
	g.classes[folded] = string(key)
	return string(key)
}

// names returns the actions of a statement, folded.
func (g *granter) names(s *policy.Statement) []string {
	known := g.x.proving().actions
	listed := make(map[string]bool)
	for _, v := range s.Action.Items {
		for _, name := range known.expand(v.Text) {
			listed[name] = true
		}
	}
	var names []string
	if s.Action.Not {
		for _, like := range known.alike() {
			for _, name := range like {
				if !listed[name] {
					names = append(names, name)
				}
			}
		}
	} else {
		for name := range listed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// grants adds what the statements of a policy grant. reach says how those of a resource's policy reach the entity.
func (g *granter) grants(c *Can, l authz.Layer, p *compiledPolicy, res *resourceState, reach []authz.Reach) error {
	ready := false
	for _, k := range p.clauses {
		least := authz.ReachesAccount
		if res.owner == g.who.Account {
			least = authz.ReachesEntity // what names the account leaves it to the account's own policies
		}
		if !k.allow || k.never || reach != nil && reach[k.number] < least {
			continue
		}
		if !ready {
			g.bear(res)
			ready = true
		}
		s := k.statement()
		names := g.names(s)
		var lists [][]string
		switch {
		case !s.Resource.Present():
			lists = [][]string{{res.text}}
		case s.Resource.Not:
			lists = [][]string{s.Resource.Texts()}
		default:
			for _, v := range s.Resource.Items {
				if v.Kind != policy.Null {
					lists = append(lists, []string{v.Text})
				}
			}
		}
		for _, list := range lists {
			grant := Grant{Resources: list, NotResources: s.Resource.Not}
			if err := g.grant(&grant, l, k, res, names); err != nil {
				return err
			}
			if len(grant.names) > 0 {
				c.Grants = append(c.Grants, grant)
			}
		}
	}
	return nil
}

// grant finds out which of the actions are granted on some resources of a statement.
func (g *granter) grant(out *Grant, l authz.Layer, k *clause, res *resourceState, names []string) error {
	byClass := make(map[string][]string)
	var order []string
	for _, name := range names {
		class := g.classOf(name)
		if byClass[class] == nil {
			order = append(order, class)
		}
		byClass[class] = append(byClass[class], name)
	}
	for _, class := range order {
		v, err := g.x.view(byClass[class][0])
		if err != nil {
			continue // AWS has no such action
		}
		s := &g.x.scene
		s.begin(v, res, g.who)
		if out.By.clause == nil {
			out.By = s.describeTerm(l, k)
		}
		w, reason, err := s.canBeOn(k, out.Resources, out.NotResources)
		switch {
		case err != nil:
			return err
		case w == nil && reason == "":
			continue
		case w == nil:
			out.Reason = reason
		default:
			if out.Witness == nil {
				out.Witness = s.witness(w.Request)
			}
		}
		out.names = append(out.names, byClass[class]...)
	}
	if len(out.names) == 0 {
		return nil
	}
	slices.Sort(out.names)
	g.list(out, k.statement())
	g.bounds(out, k)
	out.Standing = Allowed
	if len(out.By.Conditions)+len(out.Unless)+len(out.Within) > 0 {
		out.Standing = Conditional
	}
	if out.Witness == nil {
		out.Standing = Undecided
	}
	return nil
}

// list says which actions are granted as the statement does.
func (g *granter) list(out *Grant, s *policy.Statement) {
	granted := make(map[string]bool, len(out.names))
	for _, name := range out.names {
		granted[name] = true
	}
	spell := func(name string) string {
		if a, ok := g.x.options.Catalog.Action(name); ok {
			return a.String()
		}
		return name
	}
	if s.Action.Not {
		if len(granted) == len(g.names(s)) {
			out.Actions, out.NotActions = s.Action.Texts(), true
			return
		}
		for _, name := range out.names {
			out.Actions = append(out.Actions, spell(name))
		}
		return
	}
	for _, v := range s.Action.Items {
		var some []string
		all := true
		for _, name := range g.x.proving().actions.expand(v.Text) {
			if granted[name] {
				some = append(some, spell(name))
			} else {
				all = false
			}
		}
		if all && len(some) > 0 {
			some = []string{v.Text}
		}
		for _, text := range some {
			if !slices.Contains(out.Actions, text) {
				out.Actions = append(out.Actions, text)
			}
		}
	}
}

// bounds collects the statements that take something away, or that allow it where not everything is.
func (g *granter) bounds(out *Grant, k *clause) {
	s := &g.x.scene
	speaks := func(c *clause) bool {
		return !c.never && slices.ContainsFunc(out.names, c.actions.speaks)
	}
	layerOf := func(p *compiledPolicy) authz.Layer {
		switch {
		case p == s.res.policy:
			return authz.ResourceLayer
		case p.Kind() == authz.ServiceControl:
			return authz.ServiceControlLayer
		case p.Kind() == authz.ResourceControl:
			return authz.ResourceControlLayer
		case p == g.who.class.boundary:
			return authz.BoundaryLayer
		}
		return authz.IdentityLayer
	}
	for _, p := range g.bearing {
		var reach []authz.Reach
		if p.Kind() == authz.Resource || p.Kind() == authz.ResourceControl {
			reach = s.reaches(p)
		}
		for _, c := range p.clauses {
			if c.allow || !speaks(c) || reach != nil && reach[c.number] == authz.ReachesNobody || s.refuted(c) || !g.overlaps(out, k, c) {
				continue
			}
			out.Unless = append(out.Unless, s.termOn(layerOf(p), c))
		}
	}
	for _, level := range g.levels {
		free := false
		var within []Term
		for _, p := range level {
			for _, c := range p.clauses {
				if !c.allow || !speaks(c) || s.refuted(c) {
					continue
				}
				if c.resources.any && len(c.tests) == 0 && !slices.ContainsFunc(out.names, func(name string) bool { return !c.actions.speaks(name) }) {
					free = true
				}
				within = append(within, s.termOn(layerOf(p), c))
			}
		}
		if !free {
			out.Within = append(out.Within, within...)
		}
	}
}

// termOn is describeTerm with the resources of the statement.
func (s *scene) termOn(l authz.Layer, c *clause) Term {
	t := s.describeTerm(l, c)
	if r := &c.statement().Resource; !c.resources.any {
		t.Resources, t.NotResources = r.Texts(), r.Not
	}
	return t
}

// refuted reports whether a condition of a statement is known not to hold.
func (s *scene) refuted(c *clause) bool {
	return slices.ContainsFunc(c.tests, func(t clauseTest) bool { return s.holds(&t) == never })
}

// overlaps reports whether a statement may speak of a resource of a grant.
func (g *granter) overlaps(out *Grant, k, c *clause) bool {
	if out.NotResources || c.resources.any || c.resources.not {
		return true
	}
	t := g.x.proving().ready().texts
	wide := func(entries []string, variables bool) (out []string) {
		for _, text := range entries {
			if variables && strings.Contains(text, "${") {
				// As far as what is known of the entity tells.
				text = escaped(leading(&openPattern{text: text}, g.x.scene.facts())) + "*"
			}
			out = append(out, text)
		}
		return out
	}
	completion := completeWild
	if c.policy.Kind() == authz.Identity {
		completion = completeAlways
	}
	ours, theirs := k.policy.Document.Variables(), c.policy.Document.Variables()
	left, right := t.resourceSet(wide(out.Resources, ours), ours, completeAlways), t.resourceSet(wide(c.statement().Resource.Texts(), theirs), theirs, completion)
	if len(left.open)+len(right.open) > 0 {
		return true
	}
	for _, p := range left.fixed.globs {
		for _, q := range right.fixed.globs {
			if !t.areDisjoint(p, q) {
				return true
			}
		}
	}
	return false
}

// canBeOn looks for a request of the scene that is allowed on resources of a statement.
func (s *scene) canBeOn(k *clause, resources []string, not bool) (w *Witness, reason string, err error) {
	patterns := make([]string, len(resources))
	for i, text := range resources {
		patterns[i] = text
		// What an identity policy leaves out is anything; in a resource's policy only a pattern with a wildcard is completed (doc/language.md 21).
		if parts := arn.SplitPattern(text, k.policy.Document.Variables()); len(parts) < arn.PartCount && k.policy.Kind() == authz.Identity && !strings.ContainsAny(text, "*?") {
			patterns[i] += strings.Repeat(":*", arn.PartCount-len(parts))
		}
		if !k.policy.Document.Variables() {
			patterns[i] = strings.ReplaceAll(patterns[i], "${", "${$}{")
		}
	}
	m := matching("*", s.known(s.asked()))
	delete(m, "Resource")
	m["Resource"] = patterns
	if not {
		delete(m, "Resource")
		m["NotResource"] = patterns
	}
	p, err := compileStatements(authz.Resource, allowEverything(), m)
	if err != nil {
		return nil, "", err
	}
	l, r := Layers(s.policies(), s.owner, s.x.estate.management), Layers(s.allowing(p), s.owner, s.x.estate.management)
	a := s.x.proving().ready()
	return s.question(a, l, r).ask(l, r)
}

// rolesOf returns the roles that an entity can assume.
func (x *Asker) rolesOf(who *Entity, depth int, progress func(done, total int)) ([]Finding, error) {
	v, err := x.view("sts:AssumeRole")
	if err != nil {
		return nil, err
	}
	var roles []*Entity
	for _, r := range x.estate.entities {
		if r.Kind == RoleEntity {
			roles = append(roles, r)
		}
	}
	type node struct {
		who   *Entity
		steps []Step
	}
	found := make(map[*Entity]Finding)
	for _, least := range [...]Standing{Allowed, Undecided} {
		seen := map[*Entity]bool{who: true}
		queue := []node{{who, nil}}
		for level := 0; level < depth && len(queue) > 0; level++ {
			var next []node
			for i, n := range queue {
				progress(i, len(queue))
				for _, r := range roles {
					if seen[r] {
						continue
					}
					if err := x.res.set(r.ARN); err != nil {
						return nil, err
					}
					x.scene.begin(v, x.res, n.who)
					t := x.scene.judge()
					if t == never || t == maybe && least == Allowed {
						continue
					}
					f, err := x.finding(n.who, t, nil)
					if err != nil {
						return nil, err
					}
					if f.Standing == Refused || f.Standing < least {
						continue
					}
					seen[r] = true
					steps := append(slices.Clone(n.steps), Step{r, &f})
					next = append(next, node{r, steps})
					if _, ok := found[r]; ok {
						continue
					}
					all := Finding{Entity: who, Standing: Allowed, Steps: steps, By: f.By, Witness: f.Witness, Reason: f.Reason}
					for _, step := range steps {
						all.Standing = weaker(all.Standing, step.By.Standing)
					}
					found[r] = all
				}
			}
			queue = next
		}
	}
	var all []Finding
	for _, r := range roles {
		if f, ok := found[r]; ok {
			all = append(all, f)
		}
	}
	return all, nil
}

// Unused is what a statement grants and nobody used.
type Unused struct {
	By Term
	// Granted is how many actions the statement grants; Actions are those of them that were not used, as AWS writes them.
	Granted int
	Actions []string
}

// Unused returns the actions that are granted and not among those that were used, such as s3:GetObject, statement by statement; a statement of which everything was used is not in it. Names of used actions may be in any
// case and hold wildcards.
func (x *Asker) Unused(c *Can, used []string) []Unused {
	was := make(map[string]bool)
	for _, text := range used {
		for _, name := range x.proving().actions.expand(text) {
			was[name] = true
		}
		was[fold.Name(text)] = true
	}
	type key struct {
		policy    *compiledPolicy
		statement int
	}
	var all []Unused
	at := make(map[key]int)
	seen := make(map[key]map[string]bool)
	for i := range c.Grants {
		g := &c.Grants[i]
		k := key{g.By.clause.policy, g.By.Statement}
		n, ok := at[k]
		if !ok {
			n = len(all)
			at[k], seen[k] = n, make(map[string]bool)
			all = append(all, Unused{By: g.By})
		}
		for _, name := range g.names {
			if seen[k][name] {
				continue
			}
			seen[k][name] = true
			all[n].Granted++
			if !was[name] {
				spelled := name
				if a, ok := x.options.Catalog.Action(name); ok {
					spelled = a.String()
				}
				all[n].Actions = append(all[n].Actions, spelled)
			}
		}
	}
	for i := range all {
		slices.Sort(all[i].Actions)
	}
	return slices.DeleteFunc(all, func(u Unused) bool { return len(u.Actions) == 0 })
}

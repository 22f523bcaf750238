package analysis

import (
	"encoding/json"
	"errors"
	"fmt"
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
	// Of is the resource whose policy it is, and on which it is granted; empty for an identity policy.
	Of string
	// Actions are those of the statement, as it writes them where all that they stand for is granted, and one by one where some is not. With NotActions they are those that are not granted.
	Actions    []string
	NotActions bool
	// But are actions that Actions stand for and that are not granted, where they are few.
	But []string
	// Resources is an entry of the statement's Resource element, or all of its NotResource element with NotResources. The statement of a resource's policy without such an element has the
	// resource's ARN. Where nothing is granted but on some resources of the estate, it has those.
	Resources    []string
	NotResources bool
	// Standing is Conditional if the statement has conditions that are not known to hold, or others deny something or do not allow everything; Undecided if it could not be said.
	Standing Standing
	// On says what becomes of it on those of the resources that the estate knows and that make a difference. On all others it is granted as said.
	On []Apart
	// Assumed says in a sentence each what is not known and taken to be so.
	Assumed []string
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

// IsSure reports whether there is something that it can do, and not only what could not be said.
func (c *Can) IsSure() bool {
	return slices.ContainsFunc(c.Grants, func(g Grant) bool { return g.Standing != Undecided }) || slices.ContainsFunc(c.Roles, func(f Finding) bool { return f.Standing != Undecided })
}

// Can returns what an entity can do: what its policies and those of resources grant it, on whatever resources they name, and which roles it can assume within so many steps. It needs
// Options.Catalog. Of what identity policies grant, Grant.On says what is left of it on the resources of the estate. The others are taken to be of the entity's account, if their ARN names no other, and to have no policy;
// keys, to let the account decide.
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
	g := &granter{x: x, who: who, classes: make(map[string]string), extents: make(map[*clause]*extent), reduced: make(map[reducedKey]*authz.Program)}
	seen := make(map[*compiledPolicy]bool)
	for i := range who.Policies {
		p := who.Policies[i].policy
		if seen[p] {
			continue
		}
		seen[p] = true
		g.progress = func(done, total int) { progress(i*total+done, len(who.Policies)*total) }
		g.progress(0, 1)
		for _, k := range p.clauses {
			if !k.allow || k.never {
				continue
			}
			if err := g.byIdentity(c, k); err != nil {
				return nil, err
			}
		}
	}
	names := make([]string, 0, len(x.estate.resources))
	for name, r := range x.estate.resources {
		if r.policy != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		if i%64 == 0 {
			progress(i, len(names))
		}
		if err := g.byResource(c, name, x.estate.resources[name]); err != nil {
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
	res      *resourceState // the resource that they are of, or any
	progress func(done, total int)
	// partitions has the actions of a statement as sites tell them apart, by their likeness; extents the resources of statements of resources' policies.
	partitions map[string][]*portion
	extents    map[*clause]*extent
	reduced    map[reducedKey]*authz.Program
	asked      int // questions about sites
	recent     []*authz.Request
	// service is that of the resources at hand, on which there are no actions of others; empty if it is open.
	service string
}

// grantClass is actions of a statement of which the policies say the same, and what was found out of them.
type grantClass struct {
	names   []string
	request *authz.Request // that is allowed; nil if it could not be said
	witness *Witness
	reason  string
	likely  *authz.Request // that is allowed on some resource, if its policy allows it
	alone   bool           // nothing is granted but on sites
	trust   bool           // it asks the trust policies of roles
}

// bear collects the policies that bear on what the entity does on resources.
func (g *granter) bear(res *resourceState) {
	e := g.x.estate
	g.res, g.levels = res, nil
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
		for _, name := range g.expand(v.Text) {
			listed[name] = true
		}
	}
	var names []string
	if s.Action.Not {
		for _, like := range known.alike() {
			for _, name := range like {
				if !listed[name] && g.isAsked(name) {
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

// expand returns the actions that an entry of an Action element stands for.
func (g *granter) expand(entry string) (names []string) {
	names = g.x.proving().actions.expand(entry)
	if g.service == "" {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !g.isAsked(name) })
}

// isAsked reports whether there may be an action on the resources at hand.
func (g *granter) isAsked(name string) bool {
	return g.service == "" || slices.Contains(g.x.servicesOf(name), g.service)
}

// resourceLists returns the entries of a statement's Resource element, each by itself, or those of NotResource together.
func resourceLists(s *policy.Statement) (lists [][]string) {
	if s.Resource.Not {
		return [][]string{s.Resource.Texts()}
	}
	for _, v := range s.Resource.Items {
		if v.Kind != policy.Null {
			lists = append(lists, []string{v.Text})
		}
	}
	return lists
}

// byResource adds what the policy of a resource grants on it.
func (g *granter) byResource(c *Can, name string, r *Resource) error {
	x := g.x
	res := newResourceState(x.estate)
	if err := res.set(name); err != nil {
		return err
	}
	inside := *res // whose tags are not those of the whole
	inside.tags, inside.tagged = nil, false
	action := "sts:AssumeRole"
	if !isRole(name) {
		action = "s3:GetObject" // any: it makes no difference
	}
	v, err := x.view(action)
	if err != nil {
		return err
	}
	x.scene.begin(v, res, g.who)
	reach := x.scene.reaches(r.policy)
	g.service = res.parts.Part(2)
	defer func() { g.service = "" }()
	least := authz.ReachesAccount
	if r.Account == g.who.Account {
		least = authz.ReachesEntity // what names the account leaves it to the account's own policies
	}
	states := []*resourceState{res}
	if parentOf(name+"/"+freshName) == name {
		states = append(states, &inside)
	}
	ready := false
	for _, k := range r.policy.clauses {
		if !k.allow || k.never || reach[k.number] < least {
			continue
		}
		if !ready {
			g.bear(res)
			if r.Account != g.who.Account {
				g.levels = append(g.levels, g.who.class.identity) // which must allow it, too
			}
			ready = true
		}
		classes := g.sort(g.names(k.statement()))
		if len(classes) == 0 {
			continue
		}
		lists := resourceLists(k.statement())
		if !k.statement().Resource.Present() {
			lists = [][]string{{name}}
		}
		for _, list := range lists {
			if err := g.byList(c, k, name, list, classes, states); err != nil {
				return err
			}
		}
	}
	return nil
}

// byList adds what a statement of the policy of a resource grants on resources that a list of it names. states are those of the resource itself and, if there may be something, of what is in it.
func (g *granter) byList(c *Can, k *clause, name string, list []string, classes []*grantClass, states []*resourceState) error {
	var found Can
	for i, res := range states {
		g.res = res
		in := &site{name: name, under: name}
		if i > 0 {
			in = &site{name: name + "/*", under: name + "/", inside: true}
		}
		out := Grant{Of: name, Resources: list, NotResources: k.statement().Resource.Not}
		if err := g.begin(classes[0].names[0]); err != nil {
			return err
		}
		e := g.extent(list, out.NotResources, k)
		if e.covers(in) {
			out.Resources = []string{in.name}
		}
		for _, class := range classes {
			if err := g.ask(class, k, e, []string{in.pattern()}, nil); err != nil {
				return err
			}
		}
		if err := g.told(&found, &out, authz.ResourceLayer, k, classes); err != nil {
			return err
		}
	}
	if all := found.Grants; len(all) == 2 && slices.Equal(all[0].names, all[1].names) && all[0].Standing == all[1].Standing && all[0].Reason == all[1].Reason {
		// The same is to be said of both.
		for _, text := range all[1].Resources {
			if !slices.Contains(all[0].Resources, text) {
				all[0].Resources = append(slices.Clip(all[0].Resources), text)
			}
		}
		found.Grants = all[:1]
	}
	c.Grants = append(c.Grants, found.Grants...)
	return nil
}

// byIdentity adds what a statement of an identity policy grants.
func (g *granter) byIdentity(c *Can, k *clause) error {
	s := k.statement()
	var of *resourceState
	var classes []*grantClass
	defer func() { g.service = "" }()
	for _, list := range resourceLists(s) {
		res, service := g.resourcesOf(list, s.Resource.Not), ""
		if len(list) == 1 && !s.Resource.Not {
			if parts := arn.SplitPattern(list[0], true); len(parts) == arn.PartCount && !strings.ContainsAny(parts[2], "*?$") {
				service = parts[2]
			}
		}
		if of == nil || of.owner != res.owner || service != g.service {
			of, g.service = res, service
			g.bear(res)
			classes = g.sort(g.names(s))
			g.partitions = make(map[string][]*portion)
		}
		if err := g.byEntry(c, k, list, classes); err != nil {
			return err
		}
	}
	return nil
}

// resourcesOf returns the resources that a list names and of which nothing else is known: of the account of the entity, but where all is of another, whose policies are taken to allow it.
func (g *granter) resourcesOf(list []string, not bool) *resourceState {
	e := g.x.estate
	res := &resourceState{estate: e, owner: g.who.Account, policy: e.index.keyPolicies[g.who.Account]}
	if not || len(list) != 1 {
		return res
	}
	if parts := arn.SplitPattern(list[0], true); len(parts) == arn.PartCount && arn.IsAccount(parts[4]) && parts[4] != g.who.Account {
		res.owner, res.policy = parts[4], e.index.open
	}
	return res
}

// byEntry adds what a statement of an identity policy grants on the resources of one of its entries.
func (g *granter) byEntry(c *Can, k *clause, list []string, classes []*grantClass) error {
	not := k.statement().Resource.Not
	if len(classes) == 0 {
		return nil
	}
	if err := g.begin(classes[0].names[0]); err != nil {
		return err
	}
	e := g.extent(list, not, k)
	var live []*grantClass
	base := g.res
	trusted := *base
	trusted.policy = g.x.estate.index.open
	for _, class := range classes {
		v, err := g.x.view(class.names[0])
		if err != nil {
			return err
		}
		if class.trust = v.action.AsksTrust(); class.trust {
			g.res = &trusted // some role may trust it
		}
		err = g.ask(class, k, e, nil, nil)
		g.res = base
		if err != nil {
			return err
		}
		if class.request != nil || class.reason != "" {
			live = append(live, class)
		}
	}
	if len(live) == 0 {
		return nil
	}
	// The resources that are known are weighed by themselves, and what is said of all others must be true without them.
	unknown := g.res.owner != g.who.Account && g.x.estate.accounts[g.res.owner] == nil
	apart := make(map[*grantClass][]*site)
	var sites []*weighed
	for _, s := range g.x.sites() {
		if !e.mayHold(s) {
			continue
		}
		w := &weighed{site: s}
		for _, p := range g.partition(s, classes) {
			class := classes[p.class]
			v, err := g.x.view(p.names[0])
			if err != nil || class.request == nil && class.reason == "" {
				continue
			}
			p.matters = g.matters(s, v)
			w.parts = append(w.parts, p)
			if all := apart[class]; p.matters && (len(all) == 0 || all[len(all)-1] != s) {
				apart[class] = append(all, s)
			}
		}
		if len(w.parts) > 0 {
			sites = append(sites, w)
		}
	}
	onlyTrust := !slices.ContainsFunc(live, func(class *grantClass) bool { return !class.trust })
	for _, class := range live {
		class.likely = class.request
		if class.trust {
			if err := g.ask(class, k, e, nil, nil); err != nil {
				return err
			}
		}
		if err := g.askWithout(class, k, e, apart[class]); err != nil {
			return err
		}
		// Of an account of the estate all resources with policies are known, and so are all its roles.
		class.alone = class.request == nil && class.reason == "" || (g.res.owner != g.who.Account || onlyTrust) && !unknown
	}
	for i, s := range sites {
		if i%64 == 0 {
			g.progress(i, len(sites))
		}
		for _, p := range s.parts {
			class := classes[p.class]
			if !p.matters && !(class.alone && slices.Contains(apart[class], s.site)) {
				continue
			}
			if err := g.weigh(s.site, p, class, k, e); err != nil {
				return err
			}
		}
	}
	var general, alone []*grantClass
	var names, namesAlone []string
	for _, class := range live {
		if class.alone {
			alone, namesAlone = append(alone, class), append(namesAlone, class.names...)
		} else {
			general, names = append(general, class), append(names, class.names...)
		}
	}
	out := Grant{Resources: list, NotResources: not}
	if unknown {
		out.Assumed = []string{fmt.Sprintf("the policy of the resource, which is of account %s and not in the export, allows it", g.res.owner)}
	}
	out.On = g.gather(sites, names, false, func(p *portion) bool {
		return p.matters && (p.standing != Conditional || len(p.apart.If)+len(p.apart.Unless) > 0)
	})
	if err := g.told(c, &out, authz.IdentityLayer, k, general); err != nil || len(alone) == 0 {
		return err
	}
	for _, a := range g.gather(sites, namesAlone, true, func(p *portion) bool { return p.apart.names != nil && p.standing != Refused }) {
		var whole, partly []string
		for _, s := range sites {
			switch {
			case !slices.Contains(a.Resources, s.name):
			case !s.inside || e.covers(s.site):
				whole = append(whole, s.name)
			default:
				partly = append(partly, s.name)
			}
		}
		if e.isWithin(partly) {
			whole, partly = append(whole, list...), nil
		}
		for i, resources := range [...][]string{whole, partly} {
			if len(resources) == 0 {
				continue
			}
			one := Grant{Resources: resources, Unless: a.Unless, Within: a.If}
			class := &grantClass{names: a.names, witness: a.Witness, reason: a.Reason}
			if err := g.told(c, &one, authz.IdentityLayer, k, []*grantClass{class}); err != nil {
				return err
			}
			if out := &c.Grants[len(c.Grants)-1]; i > 0 {
				out.By.Resources, out.By.NotResources = list, not
				out.Standing = weaker(out.Standing, Conditional)
			}
		}
	}
	return nil
}

// begin makes the scene one of the policies at hand and an action.
func (g *granter) begin(name string) error {
	v, err := g.x.view(name)
	if err != nil {
		return err
	}
	s := &g.x.scene
	s.begin(v, g.res, g.who)
	// Of a role that is to be assumed less is known of the request, whichever it is.
	s.trust = s.trust || v.action.AsksTrust()
	return nil
}

// sort returns actions in classes of which the policies at hand say the same.
func (g *granter) sort(names []string) (classes []*grantClass) {
	at := make(map[string]*grantClass)
	for _, name := range names {
		if _, ok := g.x.options.Catalog.Action(name); !ok {
			if _, err := g.x.view(name); err != nil {
				continue // AWS has no such action
			}
		}
		key := g.classOf(name)
		class := at[key]
		if class == nil {
			class = &grantClass{}
			at[key] = class
			classes = append(classes, class)
		}
		class.names = append(class.names, name)
	}
	return classes
}

// ask finds out whether a class of actions is granted on resources that an entry matches, in some patterns, if they are not nil, and not in others.
func (g *granter) ask(class *grantClass, k *clause, e *extent, in, out []string) error {
	if err := g.begin(class.names[0]); err != nil {
		return err
	}
	s := &g.x.scene
	if s.view.folded == "sts:getcalleridentity" {
		// Everybody may, whatever policies say.
		r := authz.NewRequest(g.who.who, s.view.action, "*")
		if s.describe(&r.Context); e.matches("*", &r.Context) && len(in) == 0 {
			s.settle(r)
			class.request, class.witness, class.reason = r, s.witness(r), ""
		}
		return nil
	}
	left, err := g.granting(k, g.res.policy, false)
	if err != nil {
		return err
	}
	w, reason, err := s.canBeOn(left, k, e, in, out)
	class.request, class.witness, class.reason = nil, nil, reason
	if w != nil {
		class.request, class.witness = w.Request, s.witness(w.Request)
	}
	return err
}

// granting returns the policies of the scene without statements that allow what some statement of them does: what is allowed then is allowed by it, but for keys and roles, whose own policies must allow, too, and may do so without it.
func (g *granter) granting(k *clause, resource *compiledPolicy, needed bool) (*authz.Policies, error) {
	ps := g.x.scene.policies()
	var err error
	reduce := func(p *compiledPolicy) *authz.Program {
		key := reducedKey{p, -1}
		if p == k.policy {
			key.keep = k.number
		}
		r, ok := g.reduced[key]
		if ok {
			return r
		}
		d, wrong := part(p.Document, func(n int, _ map[string]json.RawMessage) bool { return n == key.keep || !p.clauses[n].allow })
		switch {
		case wrong == nil:
			r = authz.Compile(d, p.Kind())
		case !errors.Is(wrong, errEmpty):
			err = wrong
		}
		g.reduced[key] = r
		return r
	}
	if k.policy.Kind() == authz.Identity || g.x.scene.owner == g.who.Account {
		ps.Identity = nil
		for _, p := range g.who.class.identity {
			if r := reduce(p); r != nil {
				ps.Identity = append(ps.Identity, r)
			}
		}
	}
	if resource != nil && !needed && resource != g.x.estate.index.open && resource != g.x.estate.index.keyPolicies[g.who.Account] {
		ps.Resource = reduce(resource)
	}
	return ps, err
}

// reducedKey is a policy without the statements that allow, but for one.
type reducedKey struct {
	policy *compiledPolicy
	keep   int
}

// maxWitnesses is how many requests on sites are looked at one after the other before all sites are left out at once.
const maxWitnesses = 6

// askWithout finds out whether a class that is granted on something is so on anything but some sites.
func (g *granter) askWithout(class *grantClass, k *clause, e *extent, sites []*site) error {
	var without []string
	for range maxWitnesses {
		if class.request == nil {
			return nil
		}
		i := slices.IndexFunc(sites, func(s *site) bool { return s.holds(class.request.Resource()) })
		if i < 0 {
			return nil
		}
		without = append(without, sites[i].pattern())
		if err := g.ask(class, k, e, nil, without); err != nil {
			return err
		}
	}
	without = without[:0]
	for _, s := range sites {
		if e.mayHold(s) {
			without = append(without, s.pattern())
		}
	}
	return g.ask(class, k, e, nil, without)
}

// told adds a grant of those classes of which there is something to tell.
func (g *granter) told(c *Can, out *Grant, l authz.Layer, k *clause, classes []*grantClass) error {
	for _, class := range classes {
		switch {
		case class.witness != nil && out.Witness == nil:
			out.Witness = class.witness
		case class.witness == nil && class.reason == "":
			continue
		case class.witness == nil:
			out.Reason = class.reason
		}
		out.names = append(out.names, class.names...)
	}
	if len(out.names) == 0 {
		return nil
	}
	slices.Sort(out.names)
	if err := g.begin(out.names[0]); err != nil {
		return err
	}
	out.By = g.x.scene.describeTerm(l, k)
	g.list(out, k.statement())
	g.bounds(out, k)
	out.Standing = Allowed
	if len(out.By.Conditions)+len(out.Unless)+len(out.Within)+len(out.Assumed) > 0 || slices.ContainsFunc(out.On, func(a Apart) bool { return !a.Foreign }) {
		out.Standing = Conditional
	}
	if out.Witness == nil {
		out.Standing = Undecided
	}
	c.Grants = append(c.Grants, *out)
	return nil
}

// list says which actions are granted as the statement does.
func (g *granter) list(out *Grant, s *policy.Statement) {
	add := func(to *[]string, texts []string) {
		for _, text := range texts {
			if !slices.Contains(*to, text) {
				*to = append(*to, text)
			}
		}
	}
	if s.Action.Not {
		if all := g.names(s); areFew(len(all)-len(out.names), len(all)) {
			out.Actions, out.NotActions, out.But = s.Action.Texts(), true, g.inServices(subtract(all, out.names), all)
		} else {
			out.Actions = g.inServices(out.names, all)
		}
		return
	}
	for _, v := range s.Action.Items {
		all := slices.Clone(g.expand(v.Text))
		slices.Sort(all)
		missing := subtract(all, out.names)
		switch some := subtract(all, missing); {
		case len(some) == 0:
		case areFew(len(missing), len(all)):
			add(&out.Actions, []string{v.Text})
			add(&out.But, g.inServices(missing, all))
		default:
			add(&out.Actions, g.inServices(some, all))
		}
	}
}

// areFew reports whether what is missing is so little of all that it is told instead of the rest.
func areFew(missing, all int) bool { return missing == 0 || missing*4 <= all && all >= 4 }

// subtract returns what is not in the other of two lists that are in order.
func subtract(list, other []string) (rest []string) {
	for _, x := range list {
		if _, ok := slices.BinarySearch(other, x); !ok {
			rest = append(rest, x)
		}
	}
	return rest
}

// inServices spells actions, and those of a service together if they are all of it that there are in a list.
func (g *granter) inServices(names, of []string) (texts []string) {
	there, own := perService(of), perService(names)
	last := ""
	for _, name := range names {
		service, _, _ := strings.Cut(name, ":")
		switch {
		case own[service] < there[service] || own[service] == 1:
			texts = append(texts, g.spelled(name))
		case service != last:
			texts = append(texts, service+":*")
		}
		last = service
	}
	return texts
}

// perService counts the actions of each service.
func perService(names []string) map[string]int {
	count := make(map[string]int)
	for _, name := range names {
		service, _, _ := strings.Cut(name, ":")
		count[service]++
	}
	return count
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
		if p == s.res.policy && out.By.Layer == authz.IdentityLayer {
			continue // it is a guess
		}
		var reach []authz.Reach
		if p.Kind().HasPrincipals() {
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

// canBeOn looks for a request of the scene that is allowed on resources that an entry of a statement matches, that match some pattern of in, if there are any, and none of out.
func (s *scene) canBeOn(left *authz.Policies, k *clause, e *extent, in, out []string) (w *Witness, reason string, err error) {
	patterns := make([]string, len(e.texts))
	for i, text := range e.texts {
		patterns[i] = text
		// What an identity policy leaves out is anything; in a resource's policy only a pattern with a wildcard is completed (doc/language.md 21).
		if parts := arn.SplitPattern(text, e.variables); len(parts) < arn.PartCount && k.policy.Kind() == authz.Identity && !strings.ContainsAny(text, "*?") {
			patterns[i] += strings.Repeat(":*", arn.PartCount-len(parts))
		}
		if !e.variables {
			patterns[i] = strings.ReplaceAll(patterns[i], "${", "${$}{")
		}
	}
	m := matching("*", s.known(s.asked()))
	delete(m, "Resource")
	m["Resource"] = patterns
	if e.not {
		delete(m, "Resource")
		m["NotResource"] = patterns
	}
	p, err := compileStatements(authz.Resource, allowEverything(), m)
	if err != nil {
		return nil, "", err
	}
	if len(in)+len(out) > 0 {
		// What is denied besides can only be less: whatever is allowed then is allowed.
		var denied []jsonObject
		if len(in) > 0 {
			denied = append(denied, jsonObject{"Effect": "Deny", "Action": "*", "NotResource": in})
		}
		if len(out) > 0 {
			denied = append(denied, jsonObject{"Effect": "Deny", "Action": "*", "Resource": out})
		}
		p, err := compileStatements(authz.Identity, denied...)
		if err != nil {
			return nil, "", err
		}
		left.Identity = append(slices.Clip(left.Identity), p)
	}
	l, r := Layers(left, s.owner, s.x.estate.management), Layers(s.allowing(p), s.owner, s.x.estate.management)
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

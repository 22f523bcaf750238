package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// Apart is what becomes of a grant on resources of the estate whose own policies, tags or accounts make a difference.
type Apart struct {
	// Resources are those of which the same is to be said, in order. One that ends in /* stands for what is in a resource, such as the objects of a bucket.
	Resources []string
	// Actions are those of the grant's of which it is said, as AWS writes them, or all of a service, such as s3:*; nil says that it is all that there are on such resources.
	Actions []string
	// But are actions of which it is not said, where they are few; then Actions is nil.
	But []string
	// Standing is Refused if none is granted there, Conditional if they are where the terms are met, Undecided if it could not be said.
	Standing Standing
	// Foreign: they are of other accounts, whose policies must allow it, too.
	Foreign bool
	// NeedsAllow: the resource's policy must allow it, as that of a key, of a role that is assumed or of what is of another account.
	NeedsAllow bool
	// If are statements of the resource's policy of which one must allow it. Unless are those that deny it, with conditions that are not known to hold; what is Refused they may deny without.
	If, Unless []Term
	// Witness is a request that authz.Decide allows, if the standing is Conditional.
	Witness *Witness
	Reason  string

	names []string // of the actions, folded and in order
}

// About says what it is about, with its resources in words: "s3:PutObject on" them, "all but s3:PutObject on" them, or "on" them.
func (a *Apart) About(resources string) string {
	switch {
	case len(a.Actions) > 0:
		return strings.Join(a.Actions, ", ") + " on " + resources
	case len(a.But) > 0:
		return "all but " + strings.Join(a.But, ", ") + " on " + resources
	}
	return "on " + resources
}

// site is a resource of the estate, or what is in it: the objects of a bucket, the indexes of a table.
type site struct {
	name    string // arn:aws:s3:::b, or arn:aws:s3:::b/*
	under   string // what the names of its resources begin with, or the only one
	inside  bool
	sample  string // one of its resources
	service string
	owner   string
	tagged  bool
	role    bool
	key     bool
	policy  *compiledPolicy
	nested  bool     // it is in a site
	own     []string // patterns of what is in it and a site by itself
	// elements are the lists of actions in its policy that may make a difference, and likeness is the same for sites on which the same actions are told apart.
	elements []*actionElement
	likeness string
}

// sites returns the resources of the estate in the order of their names.
func (x *Asker) sites() []*site {
	if x.known != nil {
		return x.known
	}
	x.known = []*site{}
	nested := make(map[string][]string)
	for name := range x.estate.resources {
		if parent := parentOf(name); parent != "" {
			nested[parent] = append(nested[parent], escaped(name))
		}
	}
	for name, r := range x.estate.resources {
		parts := arn.Cut(name)
		if parts.Len() != arn.PartCount {
			continue
		}
		s := &site{name: name, under: name, sample: name, service: parts.Part(2), owner: r.Account, tagged: r.Tagged, role: isRole(name), key: isKey(name), nested: parentOf(name) != "", policy: r.policy}
		s.likeness = s.service
		if s.role {
			s.likeness += "\x00role"
		}
		if r.policy != nil {
			for _, c := range r.policy.clauses {
				if !c.never && (!c.allow || c.actions != nil) && !slices.Contains(s.elements, c.actions) {
					s.elements = append(s.elements, c.actions)
					s.likeness += fmt.Sprint("\x00", c.actions.number)
				}
			}
		}
		x.known = append(x.known, s)
		if parentOf(name+"/"+freshName) == name {
			in := *s
			in.name, in.under, in.sample, in.inside, in.tagged, in.own = name+"/*", name+"/", name+"/"+freshName, true, false, nested[name]
			x.known = append(x.known, &in)
		}
	}
	slices.SortFunc(x.known, func(a, b *site) int { return strings.Compare(a.name, b.name) })
	return x.known
}

// pattern matches the resources of a site and nothing else.
func (s *site) pattern() string {
	if s.inside {
		return escaped(s.under) + "*"
	}
	return escaped(s.name)
}

// holds reports whether a resource is of the site, but for what is in it and a site by itself.
func (s *site) holds(resource string) bool {
	if s.inside {
		return strings.HasPrefix(resource, s.under)
	}
	return resource == s.name
}

// servicesOf returns the services on whose resources an action works.
func (x *Asker) servicesOf(folded string) []string {
	if all, ok := x.services[folded]; ok {
		return all
	}
	own, _, _ := strings.Cut(folded, ":")
	all := []string{own}
	if own == "sts" {
		all = append(all, "iam")
	}
	if a, ok := x.options.Catalog.Action(folded); ok {
		for t := range a.Targets() {
			for text := range t.Type().ARNs() {
				if parts := strings.SplitN(text, ":", 4); len(parts) == 4 && !slices.Contains(all, parts[2]) {
					all = append(all, parts[2])
				}
			}
		}
	}
	if x.services == nil {
		x.services = make(map[string][]string)
	}
	x.services[folded] = all
	return all
}

// extent is an entry of the Resource element of a statement, or its NotResource element.
type extent struct {
	texts     []string
	not       bool
	variables bool
	patterns  []condition.ARN
	wide      []condition.ARN // the same whatever the variables are
	heads     []condition.ARN // the same with any resource of the service and account
	begin     []string        // what all begins with that a text matches, as far as is known
	whole     []bool          // that it has nothing but that
}

func (g *granter) extent(texts []string, not bool, k *clause) *extent {
	e := &extent{texts: texts, not: not, variables: k.policy.Document.Variables()}
	completion := condition.CompleteWild
	if k.policy.Kind() == authz.Identity {
		completion = condition.CompleteAlways
	}
	for _, text := range texts {
		e.patterns = append(e.patterns, condition.NewARN(text, e.variables, completion))
		wide := text
		if e.variables {
			wide = widened(text)
		}
		e.wide = append(e.wide, condition.NewARN(wide, false, completion))
		begin, head := "", "*"
		if parts := arn.SplitPattern(text, e.variables); len(parts) >= arn.PartCount {
			if head = strings.Join(parts[:arn.PartCount-1], ":") + ":*"; e.variables {
				head = widened(head)
			}
			begin = condition.Prefix(text, e.variables)
			if e.variables {
				begin = leading(&openPattern{text: text}, g.x.scene.facts())
			}
		}
		e.heads = append(e.heads, condition.NewARN(head, false, completion))
		e.begin = append(e.begin, begin)
		e.whole = append(e.whole, begin == text)
	}
	return e
}

// matches reports whether it speaks of a resource in a request.
func (e *extent) matches(resource string, c *condition.Context) bool {
	parts := arn.Cut(resource)
	return slices.ContainsFunc(e.patterns, func(p condition.ARN) bool { return p.Match(&parts, c) }) != e.not
}

// mayHold reports whether it may speak of a resource of a site.
func (e *extent) mayHold(s *site) bool {
	if e.not {
		return true // it is asked when it matters
	}
	parts := arn.Cut(s.under)
	for i, begin := range e.begin {
		if meet(begin, e.whole[i], s.under, !s.inside) && (s.inside && e.heads[i].Match(&parts, &nobody) || !s.inside && e.wide[i].Match(&parts, &nobody)) {
			return true
		}
	}
	return false
}

// meet reports whether some text begins with both, and is one of them if that is whole.
func meet(a string, aWhole bool, b string, bWhole bool) bool {
	switch {
	case aWhole && bWhole:
		return a == b
	case aWhole:
		return strings.HasPrefix(a, b)
	case bWhole:
		return strings.HasPrefix(b, a)
	}
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// covers reports whether it surely speaks of all of a site.
func (e *extent) covers(s *site) bool {
	if e.not {
		return false
	}
	parts := arn.Cut(s.under)
	for i, text := range e.texts {
		if text == "*" || (!e.variables || !strings.Contains(text, "$")) && (!s.inside || strings.HasSuffix(text, "*")) && e.patterns[i].Match(&parts, &nobody) {
			return true // a pattern that ends in a star matches what begins with what it matches
		}
	}
	return false
}

// isWithin reports whether it is of one resource and what is in it.
func (e *extent) isWithin(names []string) bool {
	if len(names) != 1 || e.not || len(e.begin) != 1 {
		return false
	}
	under, inside := strings.CutSuffix(names[0], "/*")
	return inside && strings.HasPrefix(e.begin[0], under+"/")
}

// attempts are resources of a site that it may speak of, which are worth to be tried.
func (e *extent) attempts(s *site, c *condition.Context) (all []string) {
	if !s.inside {
		return []string{s.name}
	}
	all = append(all, s.sample)
	for _, text := range e.texts {
		if e.not {
			break
		}
		if filled, ok := fill(text, e.variables, c); ok && strings.HasPrefix(filled, s.under) && filled != s.under {
			all = append(all, filled)
		}
		// What it is in may be open: arn:aws:s3:::logs-*/2026/*.
		if i := strings.IndexAny(text, "*?"); i >= 0 && i < len(s.under) {
			if _, rest, ok := strings.Cut(text[i:], "/"); ok {
				if filled, ok := fill(rest, e.variables, c); ok && filled != "" {
					all = append(all, s.under+filled)
				}
			}
		}
	}
	return all
}

// fill returns a text that a pattern matches, if that is easy to see.
func fill(text string, variables bool, c *condition.Context) (string, bool) {
	var b strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "*?$")
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		if text = text[i:]; !variables || !strings.HasPrefix(text, "${") {
			b.WriteByte(map[byte]byte{'*': 'x', '?': 'x', '$': '$'}[text[0]])
			text = text[1:]
			continue
		}
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return "", false
		}
		value, ok := c.Text(condition.NewKey(text[2:end]))
		if !ok {
			return "", false
		}
		b.WriteString(value)
		text = text[end+1:]
	}
	return b.String() + text, true
}

// portion is those actions of a class that one site does not tell apart, and what was found out of them.
type portion struct {
	class   int // of the grant's
	names   []string
	matters bool

	standing Standing
	apart    Apart
}

// weighed is a site that a grant may name, with its parts.
type weighed struct {
	*site
	parts []*portion
}

// partition tells the actions apart of which a site's policy says different things.
func (g *granter) partition(s *site, classes []*grantClass) (parts []*portion) {
	if known, ok := g.partitions[s.likeness]; ok {
		for _, p := range known {
			parts = append(parts, &portion{class: p.class, names: p.names})
		}
		return parts
	}
	var key []byte
	for i, class := range classes {
		at := make(map[string]*portion)
		for _, name := range class.names {
			if !slices.Contains(g.x.servicesOf(name), s.service) || strings.HasPrefix(name, "sts:") && !s.role && s.service == "iam" {
				continue
			}
			key = key[:0]
			for _, e := range s.elements {
				if e.speaks(name) {
					key = append(key, 1)
				} else {
					key = append(key, 0)
				}
			}
			p := at[string(key)]
			if p == nil {
				p = &portion{class: i}
				at[string(key)] = p
				parts = append(parts, p)
			}
			p.names = append(p.names, name)
		}
	}
	g.partitions[s.likeness] = parts
	return g.partition(s, classes)
}

// matters reports whether it makes a difference to the actions of a part that the resource is of a site, so far as the grant is concerned.
func (g *granter) matters(s *site, v *actionView) bool {
	switch {
	case s.owner != g.who.Account, s.nested, g.needsAllow(s, v):
		return true
	case s.tagged && slices.ContainsFunc(g.bearing, func(p *compiledPolicy) bool { return slices.ContainsFunc(v.clauses[p.number], asksTags) }):
		return true
	}
	return s.policy != nil && slices.ContainsFunc(v.clauses[s.policy.number], func(c *clause) bool { return !c.allow })
}

// needsAllow reports whether the policy of a site must allow what identity policies do.
func (g *granter) needsAllow(s *site, v *actionView) bool {
	return s.owner != g.who.Account || s.role && v.action.AsksTrust() || s.key && strings.HasPrefix(v.folded, "kms:")
}

// asksTags reports whether a statement asks for the tags of the resource.
func asksTags(c *clause) bool {
	tagged := func(f *factKey) bool { return f.kind == resourceFact && f.tag != "" }
	return slices.ContainsFunc(c.tests, func(t clauseTest) bool { return slices.ContainsFunc(t.needs, tagged) }) ||
		slices.ContainsFunc(c.resources.open, func(p *openPattern) bool { return slices.ContainsFunc(p.needs, tagged) })
}

// maxSiteQuestions is how many questions about single resources are asked, when it takes more than a look, before the rest is undecided.
const maxSiteQuestions = 20_000

// maxRecent is how many requests that were found last are tried on the next resource.
const maxRecent = 4

const tooManySites = "there are too many resources with policies of their own to ask about each; writ who-can tells about a single one"

// weigh finds out what is granted of a part on a site.
func (g *granter) weigh(s *site, p *portion, class *grantClass, k *clause, e *extent) error {
	x := g.x
	v, err := x.view(p.names[0])
	if err != nil {
		return err
	}
	if err := x.res.set(s.sample); err != nil {
		return err
	}
	sc := &x.scene
	sc.begin(v, x.res, g.who)
	needs := g.needsAllow(s, v)
	out := &p.apart
	out.Foreign, out.NeedsAllow, out.names = s.owner != g.who.Account, needs, p.names
	// What the policy of the resource says.
	denied, vague, allowing, free := false, false, false, false
	if s.policy != nil {
		reach := sc.reaches(s.policy)
		for _, c := range v.clauses[s.policy.number] {
			least := authz.ReachesCaller
			if c.allow {
				least = authz.ReachesAccount
			}
			if c.allow && !needs || sc.refuted(c) {
				continue
			}
			known := reach[c.number] >= least
			if !known && !sc.mayName(c, least) {
				continue
			}
			over, all := g.spans(c, s, e)
			if !over {
				continue
			}
			vague = vague || !known
			term := sc.describeTerm(authz.ResourceLayer, c)
			if !all {
				term = sc.termOn(authz.ResourceLayer, c)
			}
			if c.allow {
				allowing = true
				if !all || len(term.Conditions) > 0 || !known {
					out.If = append(out.If, term)
				} else {
					free = true
				}
				continue
			}
			denied = denied || known && all && len(term.Conditions) == 0
			out.Unless = append(out.Unless, term)
		}
	}
	if free {
		out.If = nil
	}
	if denied || needs && !allowing {
		p.standing, out.If = Refused, nil
		// Only what does it whatever the rest is.
		out.Unless = slices.DeleteFunc(out.Unless, func(t Term) bool { return !denied || len(t.Conditions)+len(t.Resources) > 0 })
		return nil
	}
	// What is quick to try: what was allowed on others.
	ps, err := g.granting(k, s.policy, needs)
	if err != nil {
		return err
	}
	for _, text := range e.attempts(s, sc.facts()) {
		if slices.Contains(s.own, escaped(text)) || x.res.set(text) != nil {
			continue
		}
		if may := x.proving().ready().resources(v.action); may != nil && !may.match(text) {
			continue
		}
		sc.begin(v, x.res, g.who)
		for _, other := range append([]*authz.Request{class.likely}, g.recent...) {
			r := sc.likely()
			if other != nil {
				r = sc.completed(other)
			}
			if e.matches(text, &r.Context) && authz.Decide(r, ps).Allowed() {
				p.standing, out.Witness = Conditional, sc.witness(r)
				return nil
			}
		}
	}
	if g.asked++; g.asked > maxSiteQuestions {
		p.standing, out.Reason, out.If, out.Unless = Undecided, tooManySites, nil, nil
		return nil
	}
	if err := x.res.set(s.sample); err != nil {
		return err
	}
	sc.begin(v, x.res, g.who)
	w, reason, err := sc.canBeOn(ps, k, e, []string{s.pattern()}, s.own)
	switch {
	case err != nil:
		return err
	case w != nil:
		p.standing, out.Witness = Conditional, sc.witness(w.Request)
		g.recent = append([]*authz.Request{w.Request}, g.recent[:min(len(g.recent), maxRecent-1)]...)
	case reason != "":
		p.standing, out.Reason = Undecided, reason
	case vague:
		p.standing, out.Reason = Undecided, "its policy names identity providers or canonical ids, and the export does not tell whose they are"
	default:
		p.standing, out.If = Refused, nil
	}
	return nil
}

// spans reports whether a statement of the policy of a site may speak of what a grant names there, and whether it does of all of the site.
func (g *granter) spans(c *clause, s *site, e *extent) (over, all bool) {
	r := c.resources
	if r.any {
		return true, true
	}
	theirs := g.extentOf(c)
	if r.not {
		listed := *theirs
		listed.not = false
		return true, !listed.mayHold(s)
	}
	if !theirs.mayHold(s) {
		return false, false
	}
	if theirs.covers(s) {
		return true, true
	}
	if e.not {
		return true, false
	}
	for i, begin := range theirs.begin {
		for k, ours := range e.begin {
			if meet(begin, theirs.whole[i], ours, e.whole[k]) {
				return true, false
			}
		}
	}
	return false, false
}

// extentOf returns the resources of a statement of a resource's policy.
func (g *granter) extentOf(c *clause) *extent {
	if e, ok := g.extents[c]; ok {
		return e
	}
	r := &c.statement().Resource
	var texts []string
	for _, v := range r.Items {
		if v.Kind != policy.Null {
			texts = append(texts, v.Text)
		}
	}
	e := g.extent(texts, r.Not, c)
	g.extents[c] = e
	return e
}

// gather makes of what was found on sites what is told, the same once for all of which it is to be said. names are those of the grant; exact keeps sites with other actions apart.
func (g *granter) gather(sites []*weighed, names []string, exact bool, told func(*portion) bool) (all []Apart) {
	in := make(map[string]bool, len(names))
	for _, name := range names {
		in[name] = true
	}
	at := make(map[string]int)
	for _, s := range sites {
		// Parts of which the same is to be said are one.
		var merged []*Apart
		byKey := make(map[string]*Apart)
		var there []string
		for _, p := range s.parts {
			if !in[p.names[0]] {
				continue
			}
			there = append(there, p.names...)
			if !told(p) {
				continue
			}
			key := p.key()
			if a := byKey[key]; a != nil {
				a.names = append(slices.Clip(a.names), p.names...)
				continue
			}
			a := p.apart
			a.Standing = p.standing
			byKey[key] = &a
			merged = append(merged, &a)
		}
		for _, a := range merged {
			slices.Sort(a.names)
			isAll := len(a.names) == len(there)
			key := (&portion{standing: a.Standing, apart: *a}).key()
			if exact || !isAll {
				key += fmt.Sprint("\x00", len(there), a.names)
			}
			i, ok := at[key]
			if !ok {
				i = len(all)
				at[key] = i
				all = append(all, *a)
				if !isAll {
					slices.Sort(there)
					all[i].Actions = g.inServices(a.names, there)
					// What is shorter to say.
					if missing := g.inServices(subtract(there, a.names), there); len(missing) < len(all[i].Actions) {
						all[i].Actions, all[i].But = nil, missing
					}
				}
			}
			all[i].Resources = append(all[i].Resources, s.name)
		}
	}
	return all
}

// key is the same for parts of which the same is to be said.
func (p *portion) key() string {
	var b strings.Builder
	fmt.Fprint(&b, p.standing, p.apart.Foreign, p.apart.NeedsAllow, p.apart.Reason)
	for _, list := range [...][]Term{p.apart.If, p.apart.Unless} {
		b.WriteByte(0)
		for i := range list {
			t := &list[i]
			fmt.Fprintf(&b, "\x01%s %q %v %q %v", t.Policy, t.Sid, t.Statement, t.Resources, t.NotResources)
			for _, c := range t.Conditions {
				fmt.Fprintf(&b, "\x02%q", c)
			}
		}
	}
	return b.String()
}

// spelled returns an action as AWS writes it.
func (g *granter) spelled(name string) string {
	if a, ok := g.x.options.Catalog.Action(name); ok {
		return a.String()
	}
	return name
}

package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// ConditionTerm is a key of an operator of a statement, as it is written.
type ConditionTerm struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// String prints the term on a line.
func (t ConditionTerm) String() string {
	return fmt.Sprintf("%s %s %s", t.Operator, t.Key, strings.Join(t.Values, " or "))
}

// Term is a statement that bears on an answer.
type Term struct {
	Layer authz.Layer
	// Policy says which policy it is, as people call it; ARN is that of a managed policy.
	Policy, ARN string
	// Statement is its number in the policy, Sid its name if it has one.
	Statement int
	Sid       string
	// Conditions are those that are not known to hold; all of them must, for the statement to apply.
	Conditions []ConditionTerm
	// Variables says that it depends on a policy variable of the resource whose value is not known.
	Variables bool
	// Resources are those of the statement, if it makes a difference which they are; all others with NotResources.
	Resources    []string
	NotResources bool

	clause *clause
	truth  tri
}

// Place returns where the statement stands, in words.
func (t *Term) Place() string {
	where := fmt.Sprintf("%s, statement %d", t.Policy, t.Statement)
	if t.Sid != "" {
		where += fmt.Sprintf(" %q", t.Sid)
	}
	return where
}

// Step is a role that is assumed on the way.
type Step struct {
	Role *Entity
	// By is how the one before stands to assuming it.
	By *Finding
}

// Finding is somebody who can do what was asked about, or of whom it cannot be said.
type Finding struct {
	// Entity is who it is. One of kind OutsideEntity has in its ARN the name of an account, user, role, service or provider, "anonymous", or "*" for whoever is of any other account.
	Entity   *Entity
	Standing Standing
	// Steps are the roles that it has to assume, one after the other; none if it can by itself.
	Steps []Step
	// By is the statement that grants it to the last of them.
	By *Term
	// If are statements that allow it under conditions: of each layer one must apply. Unless are those that forbid it under conditions.
	If, Unless []Term
	// Assumed says in a sentence each what is not known and taken to be so.
	Assumed []string
	// Witness is a request by Entity, or the last of the roles, that authz.Decide allows; nil if the standing is Undecided. Refusal is one that it refuses, if the standing is Conditional.
	Witness, Refusal *Witness
	// Reason says why it is Undecided.
	Reason string
}

// WhoCanQuestion is what may be asked.
type WhoCanQuestion struct {
	Action, Resource string
	// Depth is how many roles may be assumed on the way.
	Depth int
	// Roots asks about root users, too, who can do in their accounts what nothing denies.
	Roots bool
	// Progress is called now and then, if it is not nil: so much is done of what is to be done.
	Progress func(done, total int)
}

// WhoCan is an answer.
type WhoCan struct {
	Action, Resource string
	// Owner is the resource's account; empty if it is the caller's, whoever asks.
	Owner string
	// Findings are first those who can by themselves, then those who can by assuming roles, each in the order of their ARNs.
	Findings []Finding
}

// Standing returns the best that anybody has: Refused says that nobody can.
func (w *WhoCan) Standing() Standing {
	best := Refused
	for i := range w.Findings {
		switch s := w.Findings[i].Standing; {
		case s == Undecided && best == Refused, s > best && best != Refused && s != Undecided, s > Refused && best <= Refused:
			best = s
		}
	}
	return best
}

// WhoCan returns everybody who can do an action on a resource, and how. The error says that the action or the resource makes no sense, that it is not known whose
// the resource is, or is ErrDisagreement.
func (x *Asker) WhoCan(q WhoCanQuestion) (*WhoCan, error) {
	v, err := x.view(q.Action)
	if err != nil {
		return nil, err
	}
	if err := x.mayAsk(v, q.Resource); err != nil {
		return nil, err
	}
	w, err := x.whoCan(v, q.Resource, q.Progress)
	if err != nil {
		return nil, err
	}
	out := &WhoCan{Action: w.Action, Resource: w.Resource, Owner: w.Owner, Findings: slices.Clone(w.Findings)}
	if q.Depth > 0 {
		chains, err := x.chains(out, q.Depth, q.Progress)
		if err != nil {
			return nil, err
		}
		out.Findings = append(out.Findings, chains...)
	}
	if !q.Roots {
		out.Findings = slices.DeleteFunc(out.Findings, func(f Finding) bool { return f.Entity.Kind == RootEntity })
	}
	return out, nil
}

// mayAsk refuses questions that the estate cannot answer.
func (x *Asker) mayAsk(v *actionView, resource string) error {
	if err := x.res.set(resource); err != nil {
		return err
	}
	if v.action.AsksTrust() && isRole(resource) && x.estate.byARN[resource] == nil {
		return fmt.Errorf("the role %s is not in the export", resource)
	}
	return nil
}

// Ask answers for one entity.
func (x *Asker) Ask(who *Entity, action, resource string) (Finding, error) {
	v, err := x.view(action)
	if err != nil {
		return Finding{}, err
	}
	if err := x.mayAsk(v, resource); err != nil {
		return Finding{}, err
	}
	x.scene.begin(v, x.res, who)
	return x.finding(who, x.scene.judge(), nil)
}

// whoCan answers without chains, root users included.
func (x *Asker) whoCan(v *actionView, resource string, progress func(done, total int)) (*WhoCan, error) {
	if err := x.res.set(resource); err != nil {
		return nil, err
	}
	w := &WhoCan{Action: v.action.String(), Resource: resource, Owner: x.res.owner}
	h := x.holders(v)
	proofs := make(map[*class]*proof)
	total, done := h.Len(), 0
	for who := range h.All {
		// Of a class that nothing tells apart what is proved of one is proved of all.
		x.scene.begin(v, x.res, who)
		t := x.scene.judge()
		shared := proofs
		if x.scene.personal {
			shared = nil
		}
		f, err := x.finding(who, t, shared)
		if err != nil {
			return nil, err
		}
		if f.Standing != Refused {
			w.Findings = append(w.Findings, f)
		}
		if done++; progress != nil && done%64 == 0 {
			progress(done, total)
		}
	}
	if err := x.outsiders(w, v); err != nil {
		return nil, err
	}
	sortFindings(w.Findings)
	return w, nil
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		if x, y := a.Entity.Kind == OutsideEntity, b.Entity.Kind == OutsideEntity; x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Entity.ARN, b.Entity.ARN)
	})
}

// finding finds out what there is to be known of the scene at hand, whose truth is t. shared has what was proved of classes of which all members stand alike; it may be nil.
func (x *Asker) finding(who *Entity, t tri, shared map[*class]*proof) (f Finding, err error) {
	s := &x.scene
	f.Entity = who
	var p proof
	switch {
	case t == never:
		f.Standing = Refused
		return f, nil
	case t == always:
		p = proof{standing: Allowed, witness: s.request()}
		if !authz.Decide(p.witness, s.policies()).Allowed() {
			return f, fmt.Errorf("%w: %v", ErrDisagreement, s.witness(p.witness))
		}
	default:
		known := shared[who.class]
		if known == nil {
			if p, err = s.prove(); err != nil {
				return f, err
			}
			if shared != nil {
				shared[who.class] = new(p)
			}
		} else {
			p = *known
			ps := s.policies()
			for _, r := range []**authz.Request{&p.witness, &p.refusal} {
				if *r != nil {
					*r = s.completed(*r)
				}
			}
			if p.witness != nil && !authz.Decide(p.witness, ps).Allowed() || p.refusal != nil && authz.Decide(p.refusal, ps).Allowed() {
				if p, err = s.prove(); err != nil {
					return f, err
				}
			}
		}
	}
	f.Standing, f.Reason = p.standing, p.reason
	if p.standing == Refused {
		return f, nil
	}
	x.explain(&f, p)
	return f, nil
}

// explain says why somebody can do it, and under which conditions.
func (x *Asker) explain(f *Finding, p proof) {
	s := &x.scene
	if p.witness != nil {
		f.Witness = s.witness(p.witness)
	}
	if p.refusal != nil && f.Standing == Conditional {
		f.Refusal = s.witness(p.refusal)
	}
	terms := []Term{}
	s.terms = &terms
	s.judge()
	s.terms = nil
	if w := f.Witness; w != nil && w.Left.Program != nil {
		for i := range terms {
			if t := &terms[i]; t.Layer == w.Left.Layer && t.clause.policy.Program == w.Left.Program && t.Statement == int(w.Left.Place.Statement) {
				f.By = t
			}
		}
	}
	certain := make(map[authz.Layer]bool)
	for i := range terms {
		t := &terms[i]
		if t.clause.allow && t.truth == always {
			certain[t.Layer] = true
		}
	}
	for i := range terms {
		t := &terms[i]
		switch {
		case t.truth != maybe:
		case !t.clause.allow:
			f.Unless = append(f.Unless, *t)
		case !certain[t.Layer] && f.Standing != Allowed:
			f.If = append(f.If, *t)
		}
	}
	if f.Standing == Allowed {
		f.Unless = nil
	}
	if s.res.assumed {
		f.Standing = min(f.Standing, Conditional)
		f.Assumed = append(f.Assumed, fmt.Sprintf("the policy of the key is not in the export and lets account %s decide, as that of a new key does", s.owner))
	}
	if f.Entity.Kind == OutsideEntity && f.Entity.Account != "" {
		f.Standing = min(f.Standing, Conditional)
		whose := "account " + f.Entity.Account
		if f.Entity.ARN == "*" {
			whose = "its account"
		}
		f.Assumed = append(f.Assumed, fmt.Sprintf("the policies of %s, which are not in the export, allow it", whose))
	}
}

// note enters a statement into the terms of the scene.
func (s *scene) note(l authz.Layer, c *clause, t tri) {
	if slices.ContainsFunc(*s.terms, func(o Term) bool { return o.clause == c && o.Layer == l }) {
		return
	}
	term := s.term(l, c)
	term.truth = t
	*s.terms = append(*s.terms, term)
}

// term describes a statement that may apply.
func (s *scene) term(l authz.Layer, c *clause) Term {
	t := s.describeTerm(l, c)
	t.Variables = s.matches(c.resources) == maybe
	return t
}

// describeTerm is term whatever the resource.
func (s *scene) describeTerm(l authz.Layer, c *clause) Term {
	t := Term{Layer: l, Statement: c.number, Sid: c.statement().Sid.Text, clause: c}
	switch l {
	case authz.IdentityLayer:
		for i := range s.who.Policies {
			if a := &s.who.Policies[i]; a.policy == c.policy {
				t.Policy, t.ARN = a.String(), a.ARN
				break
			}
		}
	case authz.BoundaryLayer:
		t.Policy, t.ARN = s.who.Boundary.Name+" (boundary)", s.who.Boundary.ARN
	case authz.ServiceControlLayer, authz.ResourceControlLayer:
		t.Policy = c.policy.label
		if t.Policy == "" {
			t.Policy = "a policy of the organization"
		}
	case authz.ResourceLayer:
		t.Policy = "the resource's policy"
		if s.trust {
			t.Policy = "the role's trust policy"
		}
	}
	for i := range c.tests {
		if s.holds(&c.tests[i]) != always {
			t.Conditions = append(t.Conditions, c.tests[i].shown)
		}
	}
	return t
}

// outsiders adds those who are not of the estate and whom the resource's policy lets in.
func (x *Asker) outsiders(w *WhoCan, v *actionView) error {
	p := x.res.policy
	if p == nil {
		return nil
	}
	seen := make(map[string]bool)
	for _, c := range v.clauses[p.number] {
		e := &c.statement().Principal
		if !c.allow || !e.Present() {
			continue
		}
		for _, name := range outsidersOf(e) {
			if seen[name] {
				continue
			}
			seen[name] = true
			if err := x.outsider(w, v, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// outsidersOf returns the names of whom a Principal element might let in, besides those of the estate.
func outsidersOf(e *policy.Principal) (names []string) {
	if e.Everyone || e.Not {
		return []string{"*", "anonymous"}
	}
	for i := range e.Entries {
		for _, value := range e.Entries[i].Items {
			text := value.Text
			switch e.Entries[i].Type.Text {
			case "AWS":
				account, isRoot := arn.Root(text)
				switch {
				case text == "*":
					names = append(names, "*", "anonymous")
				case isRoot:
					names = append(names, account)
				default:
					names = append(names, text)
				}
			case "Federated":
				names = append(names, "federated "+text)
			case "CanonicalUser":
				names = append(names, "canonical "+text)
			default:
				names = append(names, text)
			}
		}
	}
	return names
}

// strangersAccount is the account of somebody of whom nothing is known.
const strangersAccount = "000000000000"

// outsider asks about somebody who is not of the estate, by the name that a policy has.
func (x *Asker) outsider(w *WhoCan, v *actionView, name string) error {
	facts := authz.Facts{}
	standIns := []string{name}
	parsed, err := arn.Parse(name)
	account := ""
	switch {
	case name == "*":
		account = strangersAccount
	case arn.IsAccount(name):
		account = name
	case err == nil:
		account = parsed.Account
	}
	if x.estate.accounts[account] != nil {
		return nil // then it is of the estate, or nobody
	}
	label := name
	switch {
	case name == "*", arn.IsAccount(name):
		standIns = x.standIns(account)
	case strings.HasPrefix(name, "canonical "):
		f := Finding{Entity: &Entity{ARN: strings.TrimPrefix(name, "canonical "), Kind: OutsideEntity}, Reason: "it is not known which account has this canonical id"}
		w.Findings = append(w.Findings, f)
		return nil
	case strings.HasPrefix(name, "federated "):
		label = strings.TrimPrefix(name, "federated ")
		facts.ByAssertion, standIns = true, []string{label}
	}
	var last *Finding
	for _, text := range standIns {
		who, err := authz.NewPrincipal(text, facts)
		if err != nil {
			continue // a name that nobody can have
		}
		e := &Entity{ARN: label, Account: who.Account, Kind: OutsideEntity, who: who, taggable: true}
		e.class = &class{account: who.Account, identity: []*compiledPolicy{x.estate.index.allowing}}
		x.scene.begin(v, x.res, e)
		f, err := x.finding(e, x.scene.judge(), nil)
		if err != nil {
			return err
		}
		if f.Standing == Refused && len(standIns) > 1 {
			if t := x.scene.judge(); t != never && last == nil {
				// Who asks is a guess, and another might be let in.
				last = &Finding{Entity: e, Reason: "it depends on who asks"}
			}
			continue
		}
		if f.Standing != Refused {
			last = &f
			if f.Standing != Undecided {
				break
			}
		}
	}
	if last != nil {
		w.Findings = append(w.Findings, *last)
	}
	return nil
}

// standIns returns some who may stand for all of an account: whoever a condition names, a user and a role.
func (x *Asker) standIns(account string) (all []string) {
	if p := x.res.policy; p != nil {
		for _, c := range p.clauses {
			for i := range c.tests {
				if c.tests[i].needs[0].name != principalARN {
					continue
				}
				for _, text := range c.tests[i].shown.Values {
					text = strings.NewReplacer("*", freshName, "?", "x").Replace(text)
					if parts := arn.Cut(text); parts.Len() == arn.PartCount && (parts.Part(4) == freshName || parts.Part(4) == account) {
						all = append(all, strings.Replace(text, "::"+parts.Part(4)+":", "::"+account+":", 1))
					}
				}
			}
		}
	}
	return append(all, "arn:aws:iam::"+account+":user/"+freshName, "arn:aws:iam::"+account+":role/"+freshName)
}

// assumersOf returns who can assume a role by themselves, root users left out: they never can.
func (x *Asker) assumersOf(role *Entity) (*WhoCan, error) {
	if w, ok := x.assumers[role]; ok {
		return w, nil
	}
	v, err := x.view("sts:AssumeRole")
	if err != nil {
		return nil, err
	}
	w, err := x.whoCan(v, role.ARN, nil)
	if err != nil {
		return nil, err
	}
	x.assumers[role] = w
	return w, nil
}

// chains returns those who can do it by assuming roles, and are not sure to be able by themselves: for each the shortest way, one without conditions before one with.
func (x *Asker) chains(w *WhoCan, depth int, progress func(done, total int)) ([]Finding, error) {
	// Whoever is sure to be able by itself needs no role, and whoever may be is only told if there is a surer way.
	own := make(map[string]Standing)
	for i := range w.Findings {
		own[w.Findings[i].Entity.ARN] = w.Findings[i].Standing
	}
	var all []Finding
	found := make(map[string]bool)
	for _, least := range [...]Standing{Allowed, Undecided} {
		type node struct {
			role *Entity
			last *Finding // what the last role can do
			tail []Step   // from role on, without itself
		}
		var queue []node
		seen := make(map[string]bool)
		for i := range w.Findings {
			f := &w.Findings[i]
			if f.Standing < least || len(f.Steps) > 0 {
				continue
			}
			switch f.Entity.Kind {
			case RoleEntity:
				queue = append(queue, node{f.Entity, f, nil})
			case SessionEntity:
				if role := x.estate.byARN[f.Entity.who.Issuer]; role != nil && least == Undecided && !seen[role.ARN] {
					g := *f
					g.Standing = weaker(g.Standing, Conditional)
					g.Assumed = append(slices.Clone(g.Assumed), "the session is called "+f.Entity.ARN[strings.LastIndexByte(f.Entity.ARN, '/')+1:])
					queue = append(queue, node{role, &g, nil})
				}
			}
		}
		for _, n := range queue {
			seen[n.role.ARN] = true
		}
		for level := 0; level < depth && len(queue) > 0; level++ {
			var next []node
			for i, n := range queue {
				if progress != nil {
					progress(i, len(queue))
				}
				a, err := x.assumersOf(n.role)
				if err != nil {
					return nil, err
				}
				for k := range a.Findings {
					link := &a.Findings[k]
					name := link.Entity.ARN
					if link.Standing < least || seen[name] {
						continue
					}
					seen[name] = true
					steps := append([]Step{{n.role, link}}, n.tail...)
					if link.Entity.Kind == RoleEntity {
						next = append(next, node{link.Entity, n.last, steps})
					}
					if s, ok := own[name]; found[name] || ok && (s == Allowed || least != Allowed) {
						continue
					}
					found[name] = true
					f := *n.last
					f.Entity, f.Steps, f.Refusal = link.Entity, steps, nil
					for _, step := range steps {
						f.Standing = weaker(f.Standing, step.By.Standing)
						if f.Reason == "" {
							f.Reason = step.By.Reason
						}
					}
					all = append(all, f)
				}
			}
			queue = next
		}
	}
	sortFindings(all)
	return all, nil
}

// weaker returns how somebody stands who needs both.
func weaker(a, b Standing) Standing {
	switch {
	case a == Refused || b == Refused:
		return Refused
	case a == Undecided || b == Undecided:
		return Undecided
	}
	return min(a, b)
}

// Request returns the request that is asked about, with all that is known and nothing else, and all policies that bear on it: what authz.Decide takes.
func (x *Asker) Request(who *Entity, action, resource string) (*authz.Request, *authz.Policies, error) {
	v, err := x.view(action)
	if err != nil {
		return nil, nil, err
	}
	if err := x.mayAsk(v, resource); err != nil {
		return nil, nil, err
	}
	x.scene.begin(v, x.res, who)
	return x.scene.request(), x.scene.policies(), nil
}

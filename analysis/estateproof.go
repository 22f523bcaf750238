package analysis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// prover asks of one entity, action and resource whether the conditions can hold, with all that is known put into the question.
type prover struct {
	options Options
	actions *actions
	a       *analysis // with the catalog
	plain   *analysis // without, for resources that do not look as AWS's do
	asked   int
}

// renewAfter is how many questions an analysis is kept for: it remembers what it met.
const renewAfter = 500

func (x *Asker) proving() *prover {
	if x.prover == nil {
		x.prover = &prover{options: x.options, actions: New(x.options).actions}
	}
	return x.prover
}

// analysis returns what answers a question about a resource.
func (p *prover) analysis(action *authz.Action, resource string) *analysis {
	a := p.ready()
	if may := a.resources(action); may != nil && !may.match(resource) {
		a = p.plain
		a.texts.budget = p.options.Budget
	}
	return a
}

// ready returns what answers the next question about resources as AWS has them.
func (p *prover) ready() *analysis {
	if p.asked++; p.a == nil || p.asked%renewAfter == 0 {
		p.a = (&Analyzer{options: p.options, actions: p.actions}).analysis()
		plain := Options{Budget: p.options.Budget}
		p.plain = (&Analyzer{options: plain, actions: New(plain).actions}).analysis()
	}
	p.a.texts.budget = p.options.Budget
	return p.a
}

// policies returns all that bears on the scene, as authz.Decide takes it.
func (s *scene) policies() *authz.Policies {
	ps := &authz.Policies{Identity: programsOf(s.who.class.identity)}
	if b := s.who.class.boundary; b != nil {
		ps.Boundary = b.Program
	}
	if s.res.policy != nil {
		ps.Resource = s.res.policy.Program
	}
	if c := s.x.estate.controls[s.who.Account]; c != nil {
		for _, level := range c.service {
			ps.ServiceControl = append(ps.ServiceControl, programsOf(level))
		}
	}
	if c := s.x.estate.controls[s.owner]; c != nil {
		for _, level := range c.resource {
			ps.ResourceControl = append(ps.ResourceControl, programsOf(level))
		}
	}
	return ps
}

func programsOf(list []*compiledPolicy) []*authz.Program {
	programs := make([]*authz.Program, len(list))
	for i, p := range list {
		programs[i] = p.Program
	}
	return programs
}

// request returns the request of the scene with what is known and nothing else.
func (s *scene) request() *authz.Request {
	r := authz.NewRequest(s.who.who, s.view.action, s.res.text)
	s.describe(&r.Context)
	s.settle(r)
	return r
}

// likely is request with what every such request brings besides: a session has an id, though it is not known which.
func (s *scene) likely() *authz.Request {
	r := s.request()
	if f := s.x.estate.index.facts[userID]; f != nil && s.who.who.Kind == authz.RoleSession && s.who.who.UniqueID != "" && !s.knows(f) {
		r.Context.Set(f.key, s.who.who.UniqueID+":"+freshName)
	}
	return r
}

func (s *scene) settle(r *authz.Request) {
	r.ResourceAccount, r.ManagementAccount = s.owner, s.x.estate.management
}

// completed returns a request with the facts of another that are not known of this one.
func (s *scene) completed(w *authz.Request) *authz.Request {
	r := s.request()
	for k, v := range w.Context.All {
		if f := s.x.estate.index.facts[k.String()]; f == nil || s.knows(f) || followsFromCaller(s.who.who, k.String()) {
			continue
		}
		if v.Many() {
			r.Context.SetList(k, v.Texts())
		} else {
			r.Context.Set(k, v.Texts()[0])
		}
	}
	return r
}

// asked returns the condition keys that the statements on the action ask for, of all policies that bear on the scene.
func (s *scene) asked() (keys []*factKey) {
	e := s.x.estate
	list := slices.Concat(s.who.class.identity, []*compiledPolicy{s.who.class.boundary, s.res.policy})
	if c := e.controls[s.who.Account]; c != nil {
		list = append(list, slices.Concat(c.service...)...)
	}
	if c := e.controls[s.owner]; c != nil {
		list = append(list, slices.Concat(c.resource...)...)
	}
	seen := make(map[*factKey]bool)
	add := func(needs []*factKey) {
		for _, f := range needs {
			if !seen[f] {
				seen[f] = true
				keys = append(keys, f)
			}
		}
	}
	for _, p := range list {
		if p == nil {
			continue
		}
		for _, c := range s.view.clauses[p.number] {
			for i := range c.tests {
				add(c.tests[i].needs)
			}
			for _, open := range c.resources.open {
				add(open.needs)
			}
		}
	}
	return keys
}

// knownTest is a test that exactly the requests meet in which a key is as it is known to be, and its opposite.
type knownTest struct {
	key           string
	operator, not string
	values        []string
}

// known returns the tests that the requests meet which agree with what is known, as far as some policy asks for it.
func (s *scene) known(keys []*factKey) (tests []knownTest) {
	facts := s.facts()
	for _, f := range keys {
		if followsFromCaller(s.who.who, f.name) {
			continue // the caller of the question has them
		}
		if !s.knows(f) {
			// The id of a role's session begins with the role's.
			if f.name == userID && s.who.who.Kind == authz.RoleSession && s.who.who.UniqueID != "" {
				tests = append(tests, knownTest{f.name, "StringLike", "StringNotLike", []string{s.who.who.UniqueID + ":*"}})
			}
			continue
		}
		v, ok := facts.Lookup(f.key)
		texts := make([]string, 0, 1)
		if ok {
			for _, text := range v.Texts() {
				texts = append(texts, strings.ReplaceAll(text, "${", "${$}{"))
			}
		}
		switch {
		case !ok:
			// An empty list is absent for Null, but not for the other.
			tests = append(tests, knownTest{f.name, "Null", "Null", []string{"true"}}, knownTest{f.name, "StringEqualsIfExists", "", []string{"x"}})
		case v.Many():
			tests = append(tests, knownTest{f.name, "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals", texts})
			for _, text := range texts {
				tests = append(tests, knownTest{f.name, "ForAnyValue:StringEquals", "ForAllValues:StringNotEquals", []string{text}})
			}
		default:
			tests = append(tests, knownTest{f.name, "StringEquals", "StringNotEquals", texts})
		}
	}
	return tests
}

// escaped returns a text as a pattern that matches it alone.
func escaped(text string) string {
	return strings.NewReplacer("${", "${$}{", "*", "${*}", "?", "${?}").Replace(text)
}

type jsonObject = map[string]any

// matching returns the statement that denies exactly the requests on what a pattern matches that agree with what is known.
func matching(pattern string, known []knownTest) jsonObject {
	s := jsonObject{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": pattern}
	c := make(map[string]jsonObject)
	for _, t := range known {
		if c[t.operator] == nil {
			c[t.operator] = make(jsonObject)
		}
		values, _ := c[t.operator][t.key].([]string)
		c[t.operator][t.key] = append(values, t.values...)
	}
	if len(c) > 0 {
		s["Condition"] = c
	}
	return s
}

// others returns the statements that deny all other requests, but for those that bring an empty list for a key that is known to be absent, which no statement can tell
// from it. AWS's keys of one value never do.
func others(pattern string, known []knownTest) []jsonObject {
	all := []jsonObject{{"Effect": "Deny", "Principal": "*", "Action": "*", "NotResource": pattern}}
	for _, t := range known {
		values := t.values
		if t.not == "" {
			continue
		}
		if t.operator == t.not {
			values = []string{"false"} // Null
		}
		all = append(all, jsonObject{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": jsonObject{t.not: jsonObject{t.key: values}}})
	}
	return all
}

func allowEverything() jsonObject {
	return jsonObject{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
}

func compileStatements(k authz.Kind, statements ...jsonObject) (*authz.Program, error) {
	text, err := json.Marshal(jsonObject{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(string(text))
	if err != nil {
		return nil, err
	}
	return authz.Compile(d, k), nil
}

// question returns the question about the scene, whose action has a class by itself.
func (s *scene) question(a *analysis, left, right Side) *question {
	who := &caller{who: s.who.who}
	who.who.Describe(&who.described)
	class := &actionClass{name: s.view.folded}
	for _, side := range [...]Side{left, right} {
		for p := range programs(side.Policies) {
			for _, st := range a.statements(p) {
				for _, v := range p.Document.Statements[st.number].Action.Items {
					if g := wildcard.Parse(fold.Name(v.Text)); st.everyAction || !g.Match(s.view.folded) {
						continue
					}
					class.marked = append(class.marked, int32(st.id))
				}
			}
		}
	}
	slices.Sort(class.marked)
	class.marked = slices.Compact(class.marked)
	return &question{a: a, caller: who, class: class, action: s.view.action, f: newFormula(), who: s.who.who.Kind, side: left}
}

// canBe looks for a request of the scene that is allowed, on a resource that pattern matches.
func (s *scene) canBe(ps *authz.Policies, pattern string) (w *Witness, reason string, err error) {
	// The right side allows everything but what is asked about, so that whatever left allows alone is just that.
	p, err := compileStatements(authz.Resource, allowEverything(), matching(pattern, s.known(s.asked())))
	if err != nil {
		return nil, "", err
	}
	return s.ask(ps, s.allowing(p))
}

// canFail looks for a request of the scene that is refused.
func (s *scene) canFail(ps *authz.Policies, pattern string) (w *Witness, reason string, err error) {
	p, err := compileStatements(authz.Resource, append([]jsonObject{allowEverything()}, others(pattern, s.known(s.asked()))...)...)
	if err != nil {
		return nil, "", err
	}
	return s.ask(s.allowing(p), ps)
}

// allowing returns policies of which the resource's decides alone.
func (s *scene) allowing(p *authz.Program) *authz.Policies {
	return &authz.Policies{Identity: []*authz.Program{s.x.estate.index.allowing.Program}, Resource: p}
}

// ask looks for a request of the scene that left allows and right does not.
func (s *scene) ask(left, right *authz.Policies) (w *Witness, reason string, err error) {
	a := s.x.proving().analysis(s.view.action, s.res.text)
	l, r := Layers(left, s.owner, s.x.estate.management), Layers(right, s.owner, s.x.estate.management)
	return s.question(a, l, r).ask(l, r)
}

// proof is what was found out about a scene whose answer depends on unknown facts.
type proof struct {
	standing Standing
	witness  *authz.Request // allowed
	refusal  *authz.Request
	reason   string
}

// prove finds out whether the conditions of a scene can hold, and whether they can fail.
func (s *scene) prove() (p proof, err error) {
	if p, err = s.proveKnown(); err != nil || !s.vague {
		return p, err
	}
	// It was asked as if the caller had no name that the export does not tell.
	switch p.standing {
	case Refused:
		p = proof{reason: "a policy names identity providers or canonical ids, and the export does not tell whose they are"}
	case Allowed:
		p.standing = Conditional
	}
	return p, nil
}

func (s *scene) proveKnown() (p proof, err error) {
	ps := s.policies()
	// What is quick to try: that the request brings nothing besides what is known.
	if r := s.likely(); authz.Decide(r, ps).Allowed() {
		p.witness = r
	} else {
		p.refusal = r
	}
	if p.witness == nil {
		w, reason, err := s.canBe(ps, escaped(s.res.text))
		switch {
		case err != nil:
			return p, err
		case w == nil && reason != "":
			p.reason = reason
			return p, nil
		case w == nil:
			p.standing = Refused
			return p, nil
		}
		p.witness = s.completed(w.Request)
		if !authz.Decide(p.witness, ps).Allowed() {
			return p, fmt.Errorf("%w: %v", ErrDisagreement, w)
		}
	}
	p.standing = Conditional
	if p.refusal != nil {
		return p, nil
	}
	w, reason, err := s.canFail(ps, escaped(s.res.text))
	switch {
	case err != nil:
		return p, err
	case w != nil:
		p.refusal = s.completed(w.Request)
		if !authz.Decide(p.refusal, ps).Allowed() {
			break
		}
		p.refusal = nil
		for _, v := range w.Request.Context.All {
			if v.Many() && len(v.Texts()) == 0 {
				return p, nil // see others
			}
		}
		return p, fmt.Errorf("%w: %v", ErrDisagreement, w)
	case reason == "":
		p.standing = Allowed
	}
	return p, nil
}

// witness returns a request as a Witness, with how it is judged.
func (s *scene) witness(r *authz.Request) *Witness {
	d := authz.Decide(r, s.policies())
	return &Witness{Request: r, Left: d, Statement: -1}
}

package engine

import (
	"fmt"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/bench/workload"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// Writ is package authz with programs, sets and requests made before: Decide and nothing else.
var Writ = Engine{
	Name:  "writ",
	About: "authz.Decide; a Program per policy, shared by all its users, and a Set of them for each user",
	Prepare: func(w *workload.Workload) (Judge, error) {
		return prepareWrit(w, true)
	},
}

// WritListing is Writ without sets: the policies of a user are a list of programs.
var WritListing = Engine{
	Name:  "writ list",
	About: "authz.Decide; a Program per policy, shared by all its users",
	Prepare: func(w *workload.Workload) (Judge, error) {
		return prepareWrit(w, false)
	},
}

// WritBuilding makes each request anew, with twelve condition keys or more, and decides it.
var WritBuilding = Engine{
	Name:  "writ build",
	About: "authz.NewRequest, the context, authz.Decide",
	Prepare: func(w *workload.Workload) (Judge, error) {
		j, err := prepareWrit(w, true)
		return writBuilding{j}, err
	},
}

// WritRebuilding is like WritBuilding, but keeps the memory of one request for the next.
var WritRebuilding = Engine{
	Name:  "writ rebuild",
	About: "Request.Reset, the context, authz.Decide",
	Prepare: func(w *workload.Workload) (Judge, error) {
		j, err := prepareWrit(w, true)
		return writRebuilding{j, new(authz.Request)}, err
	},
}

type writ struct {
	requests []*authz.Request
	policies []*authz.Policies // of each request
	plain    []plainRequest
}

// plainRequest is what a server has in hand before it makes a Request.
type plainRequest struct {
	principal *authz.Principal
	action    *authz.Action
	resource  string
	facts     []plainFact
}

type plainFact struct {
	key  condition.Key
	text string
	list []string
	many bool
}

func (w *writ) Allow(i int) bool { return authz.Decide(w.requests[i], w.policies[i]).Allowed() }

// Outcome is Allow with the kind of deny.
func (w *writ) Outcome(i int) workload.Outcome {
	switch authz.Decide(w.requests[i], w.policies[i]).Effect {
	case authz.Allow:
		return workload.Allow
	case authz.ExplicitDeny:
		return workload.ExplicitDeny
	}
	return workload.ImplicitDeny
}

type writBuilding struct{ *writ }

func (w writBuilding) Allow(i int) bool {
	p := &w.plain[i]
	r := authz.NewRequest(p.principal, p.action, p.resource)
	p.fill(r)
	return authz.Decide(r, w.policies[i]).Allowed()
}

type writRebuilding struct {
	*writ
	request *authz.Request
}

func (w writRebuilding) Allow(i int) bool {
	p := &w.plain[i]
	w.request.Reset(p.principal, p.action, p.resource)
	p.fill(w.request)
	return authz.Decide(w.request, w.policies[i]).Allowed()
}

func (p *plainRequest) fill(r *authz.Request) {
	for i := range p.facts {
		if f := &p.facts[i]; f.many {
			r.Context.SetList(f.key, f.list)
		} else {
			r.Context.Set(f.key, f.text)
		}
	}
}

func prepareWrit(w *workload.Workload, sets bool) (*writ, error) {
	c := writCompiler{programs: make(map[string]*authz.Program), actions: make(map[string]*authz.Action), keys: make(map[string]condition.Key)}
	shared := authz.Policies{Resource: c.one(w.Bucket, authz.Resource), Boundary: c.one(w.Boundary, authz.Identity)}
	for _, level := range w.ServiceControl {
		shared.ServiceControl = append(shared.ServiceControl, c.list(level, authz.ServiceControl))
	}
	for _, level := range w.ResourceControl {
		shared.ResourceControl = append(shared.ResourceControl, c.list(level, authz.ResourceControl))
	}
	own := c.list(w.Policies, authz.Identity)
	principals := make([]*authz.Principal, len(w.Users))
	policies := make([]*authz.Policies, len(w.Users))
	for i := range w.Users {
		u := &w.Users[i]
		p, err := authz.NewPrincipal(u.ARN, authz.Facts{UniqueID: u.ID})
		if err != nil {
			return nil, err
		}
		principals[i] = p
		ps := shared
		var identity []*authz.Program
		for _, n := range u.Policies {
			identity = append(identity, own[n])
		}
		if sets {
			ps.IdentitySet = authz.NewSet(identity)
		} else {
			ps.Identity = identity
		}
		policies[i] = &ps
	}
	j := new(writ)
	for i := range w.Requests {
		r := &w.Requests[i]
		plain := plainRequest{principal: principals[r.User], action: c.action(r.Action), resource: r.Resource}
		for _, f := range r.Context {
			pf := plainFact{key: c.key(f.Key), text: f.Values[0], many: f.Many}
			if f.Many {
				pf.list = f.Values
			}
			plain.facts = append(plain.facts, pf)
		}
		request := authz.NewRequest(plain.principal, plain.action, plain.resource)
		plain.fill(request)
		j.plain = append(j.plain, plain)
		j.requests = append(j.requests, request)
		j.policies = append(j.policies, policies[r.User])
	}
	return j, c.err
}

// writCompiler makes each thing once and keeps the first error.
type writCompiler struct {
	programs map[string]*authz.Program
	actions  map[string]*authz.Action
	keys     map[string]condition.Key
	err      error
}

func (c *writCompiler) one(p *workload.Policy, k authz.Kind) *authz.Program {
	if p == nil {
		return nil
	}
	return c.program(p, k)
}

func (c *writCompiler) list(ps []workload.Policy, k authz.Kind) []*authz.Program {
	var programs []*authz.Program
	for i := range ps {
		programs = append(programs, c.program(&ps[i], k))
	}
	return programs
}

// program compiles a policy; one that is attached several times is compiled once.
func (c *writCompiler) program(p *workload.Policy, k authz.Kind) *authz.Program {
	name := fmt.Sprint(k, p.Name)
	if program, ok := c.programs[name]; ok {
		return program
	}
	d, err := policy.Parse(p.Text)
	if err != nil {
		c.err = fmt.Errorf("policy %s: %w", p.Name, err)
		return nil
	}
	program := authz.Compile(d, k)
	c.programs[name] = program
	return program
}

func (c *writCompiler) action(name string) *authz.Action {
	a, ok := c.actions[name]
	if !ok {
		var err error
		if a, err = authz.NewAction(name); err != nil {
			c.err = err
		}
		c.actions[name] = a
	}
	return a
}

func (c *writCompiler) key(name string) condition.Key {
	k, ok := c.keys[name]
	if !ok {
		k = condition.NewKey(name)
		c.keys[name] = k
	}
	return k
}

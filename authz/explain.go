package authz

import (
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// Explanation is a decision with what each statement of each policy had to say.
type Explanation struct {
	Decision
	// Findings are in the order of the layers, and in each in the order of the policies and their statements.
	Findings []Finding
}

// Finding is how one statement stands to a request.
type Finding struct {
	Layer Layer
	Place
	Program *Program
	Effect  policy.Effect
	// Principal, Action and Resource tell whether these elements match; Conditions has all tests of the statement.
	Principal, Action, Resource bool
	Conditions                  []ConditionFinding
}

// ConditionFinding is how one key of one operator stands to a request.
type ConditionFinding struct {
	Operator string // as it is written
	Key      string // as it is written
	Wanted   []string
	// Seen are the values in the request, if it has the key at all (Present).
	Seen    []string
	Present bool
	Holds   bool
}

// Applies reports whether the statement took part in the decision: all its elements match.
func (f *Finding) Applies() bool { return f.misses() == 0 }

// NearMiss reports whether the statement would have applied but for one of its elements: principal, action, resource, or the conditions as a whole.
func (f *Finding) NearMiss() bool { return f.misses() == 1 }

func (f *Finding) misses() (n int) {
	for _, ok := range []bool{f.Principal, f.Action, f.Resource, f.ConditionsHold()} {
		if !ok {
			n++
		}
	}
	return n
}

// ConditionsHold reports whether all conditions of the statement hold.
func (f *Finding) ConditionsHold() bool {
	for i := range f.Conditions {
		if !f.Conditions[i].Holds {
			return false
		}
	}
	return true
}

// Explain judges a request as Decide does and says how each statement stood to it. It takes its time: it is for people.
//
// Layers that do not bear on the request, such as service control policies for a service-linked role, have no findings.
func Explain(r *Request, ps *Policies) Explanation {
	e := Explanation{Decision: Decide(r, ps)}
	j := judge{r: r, ps: ps}
	j.prepare()
	add := func(l Layer, level int, programs ...*Program) {
		for i, p := range programs {
			if p == nil {
				continue
			}
			for n := range p.statements {
				f := j.finding(p, n)
				f.Layer, f.Place = l, Place{int32(level), int32(i), int32(n)}
				e.Findings = append(e.Findings, f)
			}
		}
	}
	if j.serviceControlled() {
		for level, programs := range ps.ServiceControl {
			add(ServiceControlLayer, level, programs...)
		}
	}
	if j.resourceControlled() {
		for level, programs := range ps.ResourceControl {
			add(ResourceControlLayer, level, programs...)
		}
	}
	add(EndpointLayer, 0, ps.Endpoint)
	add(ResourceLayer, 0, ps.Resource)
	if j.identity {
		add(IdentityLayer, 0, ps.identity()...)
	}
	if j.boundary {
		add(BoundaryLayer, 0, ps.Boundary)
	}
	if j.session {
		add(SessionLayer, 0, ps.Session...)
	}
	return e
}

// finding asks a statement's elements one by one, where the indexes of Decide stop at the first that fails.
func (j *judge) finding(p *Program, number int) Finding {
	s, c := &p.Document.Statements[number], &p.statements[number]
	f := Finding{Program: p, Effect: s.Effect}
	f.Principal = j.namesCaller(p, s)
	f.Action = namesAction(s, c, j.r.Action)
	f.Resource = c.matchesResource(j.r)
	tests := c.tests
	for i := range s.Condition.Blocks {
		b := &s.Condition.Blocks[i]
		for k := range b.Keys {
			f.Conditions = append(f.Conditions, conditionFinding(b, &b.Keys[k], &tests[0], &j.r.Context))
			tests = tests[1:]
		}
	}
	return f
}

func (j *judge) namesCaller(p *Program, s *policy.Statement) bool {
	if !p.kind.HasPrincipals() {
		return true
	}
	if !s.Principal.Present() {
		return false
	}
	g := groupOf(&s.Principal)
	if s.Effect == policy.Allow {
		return j.worth(p, &g) != noGrant
	}
	if g.not {
		return !j.spared(&g)
	}
	if g.everyone {
		return true
	}
	for _, id := range j.names() {
		if g.lists(&id.name) {
			return true
		}
	}
	return false
}

func namesAction(s *policy.Statement, c *statement, a *Action) bool {
	if s.Action.Not {
		return len(s.Action.Items) > 0 && c.matchesNotAction(a)
	}
	for _, v := range s.Action.Items {
		if p := wildcard.Parse(fold.Name(v.Text)); p.Match(a.folded) {
			return true
		}
	}
	return false
}

func conditionFinding(b *policy.ConditionBlock, k *policy.ConditionKey, t *condition.Test, c *condition.Context) ConditionFinding {
	f := ConditionFinding{Operator: b.Name.Text, Key: k.Key.Text, Wanted: k.Texts(), Holds: t.Match(c)}
	if v, ok := c.Lookup(t.Key); ok {
		f.Present, f.Seen = true, v.Texts()
	}
	return f
}

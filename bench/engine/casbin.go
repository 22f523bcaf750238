package engine

import (
	"fmt"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"github.com/writ-iam/writ/bench/workload"
)

// Casbin has a line for each action and resource of a statement, users as members of policies, and keyMatch for patterns.
// Its model has no conditions and no NotAction: an Allow loses its conditions, a Deny with conditions and statements with
// NotAction are left out, and keyMatch takes everything behind the first star as matching. Hence answers that differ.
var Casbin = Engine{
	Name:    "casbin",
	About:   "casbin, keyMatch model with deny override, not sliced; conditions, variables and NotAction are lost",
	Prepare: prepareCasbin,
}

const casbinModel = `
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = (p.sub == "*" || g(r.sub, p.sub)) && keyMatch(r.act, p.act) && keyMatch(r.obj, p.obj)
`

type casbinJudge struct {
	enforcer *casbin.Enforcer
	requests [][3]string
}

func (c *casbinJudge) Allow(i int) bool {
	r := &c.requests[i]
	ok, err := c.enforcer.Enforce(r[0], r[1], r[2])
	return err == nil && ok
}

func prepareCasbin(w *workload.Workload) (Judge, error) {
	if w.Layers() {
		return nil, noLayers
	}
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	var lines, members [][]string
	seen := make(map[string]bool) // casbin refuses a line that it has
	add := func(subject string, s *workload.Statement) {
		if s.Effect == "Deny" && s.Condition != nil {
			return
		}
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				effect := map[string]string{"Allow": "allow", "Deny": "deny"}[s.Effect]
				line := []string{subject, resource, action, effect}
				if key := fmt.Sprint(line); !seen[key] {
					seen[key] = true
					lines = append(lines, line)
				}
			}
		}
	}
	for i := range w.Policies {
		for j := range w.Policies[i].Statements {
			add(w.Policies[i].Name, &w.Policies[i].Statements[j])
		}
	}
	if w.Bucket != nil {
		for i := range w.Bucket.Statements {
			s := &w.Bucket.Statements[i]
			subjects := s.Principal.AWS
			if s.Principal.Everyone {
				subjects = []string{"*"}
			}
			for _, subject := range subjects {
				add(subject, s)
			}
		}
	}
	for i := range w.Users {
		for _, p := range w.Users[i].Policies {
			members = append(members, []string{w.Users[i].ARN, w.Policies[p].Name})
		}
	}
	if ok, err := e.AddPolicies(lines); err != nil || !ok {
		return nil, fmt.Errorf("the lines were not taken: %w", err)
	}
	if len(members) > 0 {
		if ok, err := e.AddGroupingPolicies(members); err != nil || !ok {
			return nil, fmt.Errorf("the members were not taken: %w", err)
		}
	}
	c := &casbinJudge{enforcer: e}
	for i := range w.Requests {
		r := &w.Requests[i]
		c.requests = append(c.requests, [3]string{w.Users[r.User].ARN, r.Resource, r.Action})
	}
	return c, nil
}

package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/writ-iam/writ/bench/workload"
)

// OPA has a Rego rule for each statement, a module for each user, and a prepared query with parsed input for each request.
var OPA = Engine{
	Name:    "opa",
	About:   "opa, a rule for each statement, sliced by user by the host, prepared query and parsed input",
	Prepare: prepareOPA,
}

type opaJudge struct {
	queries []*rego.PreparedEvalQuery // of each request
	inputs  []rego.EvalOption
}

func (o *opaJudge) Allow(i int) bool {
	set, err := o.queries[i].Eval(context.Background(), o.inputs[i])
	return err == nil && set.Allowed()
}

const opaHead = `package writ

default allowed := false

allowed if {
	allow
	not deny
}

default allow := false

default deny := false

like(patterns, text) if {
	some p in patterns
	glob.match(p, null, text)
}

within(ranges, address) if {
	some r in ranges
	net.cidr_contains(r, address)
}

`

func prepareOPA(w *workload.Workload) (Judge, error) {
	if w.Layers() {
		return nil, noLayers
	}
	queries := make(map[int]*rego.PreparedEvalQuery)
	o := new(opaJudge)
	for i := range w.Requests {
		r := &w.Requests[i]
		if queries[r.User] == nil {
			var module strings.Builder
			module.WriteString(opaHead)
			for _, s := range w.Slice(r.User) {
				module.WriteString(opaRule(&s))
			}
			query, err := rego.New(rego.Query("data.writ.allowed"), rego.Module("writ.rego", module.String())).PrepareForEval(context.Background())
			if err != nil {
				return nil, err
			}
			queries[r.User] = &query
		}
		o.queries = append(o.queries, queries[r.User])
		o.inputs = append(o.inputs, rego.EvalParsedInput(opaInput(w, r)))
	}
	return o, nil
}

func opaInput(w *workload.Workload, r *workload.Request) ast.Value {
	facts := make(map[string]any)
	for _, f := range append(workload.PrincipalFacts(&w.Users[r.User]), r.Context...) {
		switch {
		case f.Many:
			facts[f.Key] = f.Values
		case f.Key == "s3:max-keys":
			n, _ := strconv.Atoi(f.Values[0])
			facts[f.Key] = n
		default:
			facts[f.Key] = f.Values[0]
		}
	}
	return ast.MustInterfaceToValue(map[string]any{"principal": w.Users[r.User].ARN, "action": r.Action, "resource": r.Resource, "context": facts})
}

// opaRule translates a statement.
func opaRule(s *workload.Statement) string {
	lines := []string{}
	if p := s.Principal; p != nil && !p.Everyone {
		lines = append(lines, opaMatch("input.principal", p.AWS))
	}
	if s.NotAction != nil {
		lines = append(lines, "not like("+opaList(s.NotAction)+", input.action)")
	} else {
		lines = append(lines, opaMatch("input.action", s.Action))
	}
	if !slices.Contains(s.Resource, "*") {
		lines = append(lines, opaMatch("input.resource", s.Resource))
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			lines = append(lines, opaTest(operator, key, values))
		}
	}
	name := map[string]string{"Allow": "allow", "Deny": "deny"}[s.Effect]
	return name + " if {\n\t" + strings.Join(lines, "\n\t") + "\n}\n\n"
}

// opaMatch compares with patterns in the cheapest way that their form allows.
func opaMatch(term string, patterns []string) string {
	switch {
	case !slices.ContainsFunc(patterns, func(p string) bool { return strings.Contains(p, "*") }):
		if len(patterns) == 1 {
			return term + " == " + strconv.Quote(patterns[0])
		}
		return term + " in {" + opaListed(patterns) + "}"
	case len(patterns) == 1 && strings.Index(patterns[0], "*") == len(patterns[0])-1:
		return "startswith(" + term + ", " + strconv.Quote(strings.TrimSuffix(patterns[0], "*")) + ")"
	}
	return "like(" + opaList(patterns) + ", " + term + ")"
}

func opaList(texts []string) string { return "[" + opaListed(texts) + "]" }

func opaListed(texts []string) string {
	var quoted []string
	for _, t := range texts {
		quoted = append(quoted, strconv.Quote(t))
	}
	return strings.Join(quoted, ", ")
}

func opaTest(operator, key string, values []string) string {
	fact := "input.context[" + strconv.Quote(key) + "]"
	switch operator {
	case "StringEquals", "StringLike", "ArnEquals", "Bool":
		return opaMatch(fact, values)
	case "StringNotEquals":
		// An absent key makes the whole rule undefined, even behind "not".
		return fmt.Sprintf("not object.get(input.context, %q, null) in {%s}", key, opaListed(values))
	case "BoolIfExists":
		return fmt.Sprintf("object.get(input.context, %q, %q) == %q", key, values[0], values[0])
	case "NumericLessThanEquals":
		return fact + " <= " + values[0]
	case "DateGreaterThan": // texts of the same form and zone
		return fact + " > " + strconv.Quote(values[0])
	case "DateLessThan":
		return fact + " < " + strconv.Quote(values[0])
	case "IpAddress":
		return "within(" + opaList(values) + ", " + fact + ")"
	case "ForAllValues:StringEquals":
		return fmt.Sprintf("every v in object.get(input.context, %q, []) { v in {%s} }", key, opaListed(values))
	case "ForAnyValue:StringEquals":
		return "some v in " + fact + "\n\tv in {" + opaListed(values) + "}"
	}
	panic("opa: no operator " + operator)
}

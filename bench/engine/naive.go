package engine

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/writ-iam/writ/bench/workload"
)

// Naive reads the rules as they are written: it goes over all statements, matches patterns with a simple glob, and reads
// numbers, dates and addresses when it compares them. It is the base line, and the second opinion on Writ's answers.
var Naive = Engine{
	Name:  "naive",
	About: "a naive reading of the rules: a linear scan with a simple glob, in 150 lines",
	Prepare: func(w *workload.Workload) (Judge, error) {
		n := &naive{w: w}
		for i := range w.Users {
			n.own = append(n.own, w.Own(i))
		}
		for i := range w.Requests {
			r := &w.Requests[i]
			context := make(map[string][]string)
			for _, f := range append(workload.PrincipalFacts(&w.Users[r.User]), r.Context...) {
				context[f.Key] = f.Values
			}
			n.context = append(n.context, context)
		}
		return n, nil
	},
}

type naive struct {
	w       *workload.Workload
	own     [][]*workload.Policy
	context []map[string][]string
}

func (n *naive) Allow(i int) bool { return n.Outcome(i) == workload.Allow }

// Outcome is the procedure for a user and a resource of the same account.
func (n *naive) Outcome(i int) workload.Outcome {
	w := n.w
	q := naiveQuestion{&w.Requests[i], w.Users[w.Requests[i].User].ARN, n.context[i]}
	own := n.own[q.User]
	controls := w.ResourceControl
	if service, _, _ := strings.Cut(q.Action, ":"); !slices.Contains([]string{"s3", "sqs", "sts", "kms", "secretsmanager"}, service) {
		controls = nil
	}
	levels := slices.Concat(w.ServiceControl, controls)
	for _, level := range levels {
		for i := range level {
			if q.says("Deny", &level[i]) {
				return workload.ExplicitDeny
			}
		}
	}
	if q.says("Deny", w.Bucket) || q.says("Deny", w.Boundary) || q.any("Deny", own) {
		return workload.ExplicitDeny
	}
	for _, level := range levels {
		if !slices.ContainsFunc(level, func(p workload.Policy) bool { return q.says("Allow", &p) }) {
			return workload.ImplicitDeny
		}
	}
	if q.says("Allow", w.Bucket) || q.any("Allow", own) && (w.Boundary == nil || q.says("Allow", w.Boundary)) {
		return workload.Allow
	}
	return workload.ImplicitDeny
}

type naiveQuestion struct {
	*workload.Request
	caller  string
	context map[string][]string
}

func (q *naiveQuestion) any(effect string, ps []*workload.Policy) bool {
	for _, p := range ps {
		if q.says(effect, p) {
			return true
		}
	}
	return false
}

// says reports whether a policy has a statement of an effect that applies.
func (q *naiveQuestion) says(effect string, p *workload.Policy) bool {
	if p == nil {
		return false
	}
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Effect == effect &&
			(s.Principal == nil || s.Principal.Everyone || slices.Contains(s.Principal.AWS, q.caller)) &&
			(q.matches(s.Action, q.Action) || s.NotAction != nil && !q.matches(s.NotAction, q.Action)) &&
			q.matches(s.Resource, q.Resource) && q.holds(s.Condition) {
			return true
		}
	}
	return false
}

func (q *naiveQuestion) matches(patterns workload.Texts, text string) bool {
	for _, p := range patterns {
		if p, ok := q.expand(p); ok && glob(p, text) {
			return true
		}
	}
	return false
}

// expand puts the values of variables in.
func (q *naiveQuestion) expand(p string) (string, bool) {
	for {
		before, rest, found := strings.Cut(p, "${")
		if !found {
			return p, true
		}
		name, after, _ := strings.Cut(rest, "}")
		value := q.context[name]
		if len(value) != 1 {
			return "", false
		}
		p = before + value[0] + after
	}
}

func (q *naiveQuestion) holds(conditions map[string]map[string]workload.Texts) bool {
	for operator, keys := range conditions {
		for key, wanted := range keys {
			if !q.test(operator, q.context[key], wanted) {
				return false
			}
		}
	}
	return true
}

// test asks one operator about one key.
func (q *naiveQuestion) test(operator string, values []string, wanted workload.Texts) bool {
	operator, forAll := strings.CutPrefix(operator, "ForAllValues:")
	operator, _ = strings.CutPrefix(operator, "ForAnyValue:")
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	positive := strings.Replace(operator, "Not", "", 1)
	negated := positive != operator
	if values == nil {
		return negated || forAll || ifExists
	}
	for _, v := range values {
		hit := negated != slices.ContainsFunc(wanted, func(want string) bool {
			want, ok := q.expand(want)
			return ok && compare(positive, v, want)
		})
		if hit != forAll {
			return hit
		}
	}
	return forAll
}

func compare(operator, value, want string) bool {
	switch operator {
	case "StringEquals":
		return value == want
	case "StringLike", "ArnEquals", "ArnLike":
		return glob(want, value)
	case "Bool":
		return strings.EqualFold(value, want)
	case "NumericLessThanEquals":
		v, _ := strconv.ParseFloat(value, 64)
		w, _ := strconv.ParseFloat(want, 64)
		return v <= w
	case "DateGreaterThan", "DateLessThan":
		v, _ := time.Parse(time.RFC3339, value)
		w, _ := time.Parse(time.RFC3339, want)
		return operator == "DateLessThan" && v.Before(w) || operator == "DateGreaterThan" && v.After(w)
	case "IpAddress":
		prefix, _ := netip.ParsePrefix(want)
		address, _ := netip.ParseAddr(value)
		return prefix.Contains(address)
	}
	panic("naive: no operator " + operator)
}

// glob matches with * and ?, going back to the last star when it is stuck.
func glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/writ-iam/writ/bench/workload"
)

// Cedar is cedar-go with each statement translated into a Cedar policy, and for each request the policies of its user: a
// host would keep them apart like this, since Authorize evaluates all it is given.
var Cedar = Engine{
	Name:    "cedar-go",
	About:   "cedar-go, a policy for each statement, sliced by user by the host",
	Prepare: prepareCedar,
}

type cedarJudge struct {
	requests []cedar.Request
	sets     []*cedar.PolicySet // of each request
}

func (c *cedarJudge) Allow(i int) bool {
	d, _ := cedar.Authorize(c.sets[i], nil, c.requests[i])
	return d == cedar.Allow
}

func prepareCedar(w *workload.Workload) (Judge, error) {
	if w.Layers() {
		return nil, noLayers
	}
	sets := make(map[int]*cedar.PolicySet)
	c := new(cedarJudge)
	for i := range w.Requests {
		r := &w.Requests[i]
		if sets[r.User] == nil {
			set, err := cedar.NewPolicySetFromBytes("policies", []byte(cedarPolicies(w, r.User)))
			if err != nil {
				return nil, err
			}
			sets[r.User] = set
		}
		c.sets = append(c.sets, sets[r.User])
		c.requests = append(c.requests, cedarRequest(w, r))
	}
	return c, nil
}

func cedarPolicies(w *workload.Workload, user int) string {
	var b strings.Builder
	for _, s := range w.Slice(user) {
		b.WriteString(cedarPolicy(&s))
	}
	return b.String()
}

// cedarPolicy translates a statement. Actions named in full go into the scope, where Cedar compares identities; all else
// becomes a condition.
func cedarPolicy(s *workload.Statement) string {
	effect, scope := "permit", "action"
	if s.Effect == "Deny" {
		effect = "forbid"
	}
	var when []string
	switch {
	case s.NotAction != nil:
		when = append(when, "!"+cedarLike("context.action", s.NotAction))
	case slices.ContainsFunc(s.Action, func(a string) bool { return strings.Contains(a, "*") }):
		when = append(when, cedarLike("context.action", s.Action))
	default:
		var names []string
		for _, a := range s.Action {
			names = append(names, "Action::"+strconv.Quote(a))
		}
		scope = "action in [" + strings.Join(names, ", ") + "]"
		if len(names) == 1 {
			scope = "action == " + names[0]
		}
	}
	principal := "principal"
	if s.Principal != nil && !s.Principal.Everyone {
		var names []string
		for _, a := range s.Principal.AWS {
			names = append(names, "principal == User::"+strconv.Quote(a))
		}
		if len(names) == 1 {
			principal = names[0]
		} else {
			when = append(when, "("+strings.Join(names, " || ")+")")
		}
	}
	if !slices.Contains(s.Resource, "*") {
		when = append(when, cedarLike("context.resource", s.Resource))
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			when = append(when, cedarTest(operator, key, values))
		}
	}
	policy := fmt.Sprintf("%s (%s, %s, resource)", effect, principal, scope)
	if len(when) > 0 {
		policy += " when { " + strings.Join(when, " && ") + " }"
	}
	return policy + ";\n"
}

// cedarLike compares an attribute with patterns, with == where there is no star.
func cedarLike(attribute string, patterns []string) string {
	var terms []string
	for _, p := range patterns {
		operator := "=="
		if strings.Contains(p, "*") {
			operator = "like"
		}
		terms = append(terms, attribute+" "+operator+" "+strconv.Quote(p))
	}
	return "(" + strings.Join(terms, " || ") + ")"
}

func cedarTest(operator, key string, values []string) string {
	operator, forAll := strings.CutPrefix(operator, "ForAllValues:")
	operator, forAny := strings.CutPrefix(operator, "ForAnyValue:")
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	positive := strings.Replace(operator, "Not", "", 1)
	has := "context has " + strconv.Quote(key)
	attribute := "context[" + strconv.Quote(key) + "]"
	var quoted, terms []string
	for _, v := range values {
		quoted = append(quoted, strconv.Quote(v))
	}
	each := func(format string) string {
		for _, v := range values {
			terms = append(terms, attribute+fmt.Sprintf(format, v))
		}
		return "(" + strings.Join(terms, " || ") + ")"
	}
	list := "[" + strings.Join(quoted, ", ") + "]"
	var test string
	switch {
	case forAll:
		return "(!(" + has + ") || " + list + ".containsAll(" + attribute + "))"
	case forAny:
		return "(" + has + " && " + list + ".containsAny(" + attribute + "))"
	case positive == "StringEquals":
		test = list + ".contains(" + attribute + ")"
		if len(quoted) == 1 {
			test = attribute + " == " + quoted[0]
		}
	case positive == "StringLike" || positive == "ArnEquals" || positive == "ArnLike":
		test = cedarLike(attribute, values)
	case positive == "Bool":
		test = each(" == %s")
	case positive == "NumericLessThanEquals":
		test = each(" <= %s")
	case positive == "DateGreaterThan":
		test = each(" > datetime(%q)")
	case positive == "DateLessThan":
		test = each(" < datetime(%q)")
	case positive == "IpAddress":
		test = each(".isInRange(ip(%q))")
	default:
		panic("cedar: no operator " + operator)
	}
	negated := positive != operator
	if negated {
		test = "!(" + test + ")"
	}
	if negated || ifExists {
		return "(!(" + has + ") || " + test + ")"
	}
	return "(" + has + " && " + test + ")"
}

func cedarRequest(w *workload.Workload, r *workload.Request) cedar.Request {
	context := cedar.RecordMap{"action": cedar.String(r.Action), "resource": cedar.String(r.Resource)}
	for _, f := range append(workload.PrincipalFacts(&w.Users[r.User]), r.Context...) {
		context[cedar.String(f.Key)] = cedarValue(f)
	}
	return cedar.Request{
		Principal: cedar.NewEntityUID("User", cedar.String(w.Users[r.User].ARN)),
		Action:    cedar.NewEntityUID("Action", cedar.String(r.Action)),
		Resource:  cedar.NewEntityUID("Resource", cedar.String(r.Resource)),
		Context:   cedar.NewRecord(context),
	}
}

// cedarValue gives a fact the type that its key has.
func cedarValue(f workload.Fact) cedar.Value {
	text := f.Values[0]
	switch f.Key {
	case "aws:SecureTransport", "aws:MultiFactorAuthPresent":
		return types.Boolean(text == "true")
	case "aws:SourceIp":
		return cedar.IPAddr(netip.PrefixFrom(netip.MustParseAddr(text), 32))
	case "aws:CurrentTime":
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return cedar.NewDatetime(t)
	case "s3:max-keys":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(err)
		}
		return types.Long(n)
	}
	if !f.Many {
		return cedar.String(text)
	}
	var values []cedar.Value
	for _, v := range f.Values {
		values = append(values, cedar.String(v))
	}
	return cedar.NewSet(values...)
}

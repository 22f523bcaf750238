// Package workload makes the policies and requests that the engines are measured with.
//
//	w := workload.MediumS3()
//	w.Policies[0].Text      // AWS JSON
//	w.Requests[0].Action    // s3:GetObject
//	w.Requests[0].Expect    // Allow, by construction
//
// A policy is made of statements taken from a list of shapes (s3.go, mixed.go, bucket.go) that follow policies from AWS's
// documentation. Each statement speaks of resources of its own, named after the policy's number, so that the answer to a
// request follows from the statement it was made for. Everything is deterministic: the same call gives the same workload.
package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Workload is an account with its policies and the requests of its users.
type Workload struct {
	Name  string
	About string
	// Policies are the identity-based policies of the account. Users refer to them by index.
	Policies []Policy
	Users    []User
	// Bucket is the policy of the bucket that the requests go to, or nil.
	Bucket *Policy
	// Boundary, ServiceControl and ResourceControl hold for all users.
	Boundary        *Policy
	ServiceControl  [][]Policy
	ResourceControl [][]Policy
	Requests        []Request
}

// Policy is a document in AWS's policy language, and what it says.
type Policy struct {
	Name       string
	Text       string
	Statements []Statement
}

// User is a user with the policies attached to it and to its groups.
type User struct {
	ARN, Name, ID, Team string
	Policies            []int // indices into Workload.Policies
}

// Request is a question with its answer.
type Request struct {
	User             int // index into Workload.Users
	Action, Resource string
	// Context holds the facts that do not follow from the user alone.
	Context []Fact
	Expect  Outcome
	// Kind says how the answer comes about, such as "early allow".
	Kind string
}

// Fact is a condition key of a request with its values.
type Fact struct {
	Key    string
	Values []string
	Many   bool // the key is multi-valued
}

// Outcome is the answer to a request.
type Outcome uint8

// The outcomes.
const (
	ImplicitDeny Outcome = iota
	ExplicitDeny
	Allow
)

func (o Outcome) String() string { return [...]string{"implicit deny", "explicit deny", "allow"}[o] }

// Statement is a statement of a policy. The elements hold the texts of the document unchanged.
type Statement struct {
	Sid               string `json:",omitempty"`
	Effect            string
	Principal         *Principal `json:",omitempty"`
	Action, NotAction Texts      `json:",omitempty"`
	Resource          Texts
	Condition         map[string]map[string]Texts `json:",omitempty"` // operator, key, values
}

// Principal is a Principal element: everyone, or users by ARN.
type Principal struct {
	Everyone bool
	AWS      Texts
}

// UnmarshalJSON reads "*" or {"AWS": …}.
func (p *Principal) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		p.Everyone = true
		return nil
	}
	var object struct{ AWS Texts }
	err := json.Unmarshal(b, &object)
	p.AWS = object.AWS
	return err
}

// Texts is a text or a list of texts.
type Texts []string

// UnmarshalJSON reads a text or a list.
func (t *Texts) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	*t = Texts{""}
	return json.Unmarshal(b, &(*t)[0])
}

// Account is the account that everything happens in.
const Account = "111122223333"

// rotation is the number of requests of the workloads that are asked over and over.
const rotation = 64

// policy makes a Policy of the texts of its statements. "{n}" in them stands for the policy's number.
func policy(name string, number int, statements ...string) Policy {
	text := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	text = numbered(text, number)
	var document struct{ Statement []Statement }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		panic(fmt.Sprintf("workload: policy %s: %v\n%s", name, err, text))
	}
	return Policy{Name: name, Text: text, Statements: document.Statement}
}

// numbered puts a number into a text. All have the same width, so that none is the beginning of another.
func numbered(text string, number int) string {
	return strings.ReplaceAll(text, "{n}", fmt.Sprintf("%04d", number))
}

// shape is a statement that occurs in many policies, and requests about it.
type shape struct {
	statement string
	probes    []probe
}

// probe is a request about a statement. "{n}" stands for the policy's number, "{user}" and "{team}" for the user's name and team.
type probe struct {
	action, resource string
	facts            []Fact // added to the usual ones or in place of them
	expect           Outcome
}

func facts(f ...Fact) []Fact             { return f }
func fact(key, value string) Fact        { return Fact{Key: key, Values: []string{value}} }
func many(key string, vs ...string) Fact { return Fact{Key: key, Values: vs, Many: true} }

// request makes the request of a probe by a user about a policy.
func (p probe) request(w *Workload, user, number int, kind string) Request {
	u := &w.Users[user]
	fill := strings.NewReplacer("{user}", u.Name, "{team}", u.Team)
	r := Request{User: user, Action: p.action, Resource: fill.Replace(numbered(p.resource, number)), Expect: p.expect, Kind: kind}
	r.Context = append(r.Context, usual(u)...)
next:
	for _, f := range p.facts {
		values := make([]string, len(f.Values))
		for i, v := range f.Values {
			values[i] = fill.Replace(numbered(v, number))
		}
		f.Values = values
		for i := range r.Context {
			if r.Context[i].Key == f.Key {
				r.Context[i] = f
				continue next
			}
		}
		r.Context = append(r.Context, f)
	}
	return r
}

// usual are the facts that every request brings. With the five that follow from the user they are twelve.
func usual(u *User) []Fact {
	return []Fact{
		fact("aws:SourceIp", "203.0.113.7"),
		fact("aws:SecureTransport", "true"),
		fact("aws:CurrentTime", "2026-11-20T09:30:00Z"),
		fact("aws:UserAgent", "aws-sdk-go-v2/1.41.1"),
		fact("aws:RequestedRegion", "eu-west-1"),
		fact("aws:MultiFactorAuthPresent", "true"),
		fact("aws:PrincipalTag/team", u.Team),
	}
}

// users makes the users of an account. A team's name stands in resources of theirs.
func users(n int) []User {
	teams := [...]string{"red", "green", "blue", "yellow", "violet"}
	all := make([]User, n)
	for i := range all {
		name := fmt.Sprintf("user-%03d", i)
		all[i] = User{
			Name: name,
			ARN:  "arn:aws:iam::" + Account + ":user/staff/" + name,
			ID:   fmt.Sprintf("AIDACKCEVSQ6C2EXA%03d", i),
			Team: teams[i%len(teams)],
		}
	}
	return all
}

// perPolicy is how many statements an identity policy has.
const perPolicy = 8

// attached is how many policies a user has: ten managed ones, and three by its groups.
const attached = 13

// identityPolicies makes the policies of an account of consecutive stretches of a list of shapes.
func identityPolicies(n int, shapes []shape) []Policy {
	all := make([]Policy, n)
	for i := range all {
		var statements []string
		for j := range perPolicy {
			statements = append(statements, shapes[shapeOf(i, j, shapes)].statement)
		}
		all[i] = policy(fmt.Sprintf("policy-%04d", i), i, statements...)
	}
	return all
}

// shapeOf returns which shape statement j of a policy has.
func shapeOf(number, j int, shapes []shape) int { return (number*5 + j) % len(shapes) }

// mix says how many of 64 requests come about in which way.
var mix = []struct {
	kind string
	n    int
}{{"early allow", 20}, {"late allow", 20}, {"implicit deny", 14}, {"explicit deny", 10}}

// ask makes n requests in the shares of mix, by the users that by names, from the probes of shapes.
func (w *Workload) ask(n int, shapes []shape, by func(i int) int, r *rand.Rand) {
	var kinds []string
	for _, m := range mix {
		for range m.n {
			kinds = append(kinds, m.kind)
		}
	}
	for i := range n {
		if i%len(kinds) == 0 {
			r.Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
		}
		w.Requests = append(w.Requests, w.find(kinds[i%len(kinds)], by(i), shapes, r))
	}
}

// find draws probes about a user's policies until one is of the kind that is asked for.
func (w *Workload) find(kind string, user int, shapes []shape, r *rand.Rand) Request {
	policies := w.Users[user].Policies
	for range 10_000 {
		at := r.IntN(len(policies))
		number, size := policies[at], len(w.Policies[policies[at]].Statements)
		j := r.IntN(size)
		probes := shapes[shapeOf(number, j, shapes)].probes
		p := probes[r.IntN(len(probes))]
		if p.kind(at*size+j, len(policies)*size) == kind {
			return p.request(w, user, number, kind)
		}
	}
	panic("workload: no request of " + w.Name + " is of the kind " + kind)
}

// kind says how the answer to a probe comes about, if its statement stands at a place among all of the user.
func (p probe) kind(at, all int) string {
	switch {
	case p.expect != Allow:
		return p.expect.String()
	case at < all/3, !p.own():
		return "early allow"
	case at >= all-all/3:
		return "late allow"
	}
	return "allow"
}

// own reports whether only the policy of that number allows the probe. Others are allowed by an early policy as well.
func (p probe) own() bool {
	for _, f := range p.facts {
		if strings.Contains(f.Values[0], "{n}") {
			return true
		}
	}
	return strings.Contains(p.resource, "{n}")
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2012_10_17)) }

// Own returns the policies of a user.
func (w *Workload) Own(user int) []*Policy {
	own := make([]*Policy, len(w.Users[user].Policies))
	for i, p := range w.Users[user].Policies {
		own[i] = &w.Policies[p]
	}
	return own
}

// Slice returns the statements that can bear on requests of a user: those of its own policies, and those of the bucket policy
// that name it or everyone. It is what a host hands to an engine that knows nothing of principals. The policy variables
// that follow from the user have their values put in, since such engines have none.
func (w *Workload) Slice(user int) []Statement {
	u := &w.Users[user]
	var slice []Statement
	for _, p := range w.Own(user) {
		slice = append(slice, p.Statements...)
	}
	if w.Bucket != nil {
		for _, s := range w.Bucket.Statements {
			if s.Principal.Everyone || slices.Contains(s.Principal.AWS, u.ARN) {
				slice = append(slice, s)
			}
		}
	}
	fill := strings.NewReplacer("${aws:username}", u.Name, "${aws:PrincipalTag/team}", u.Team)
	for i := range slice {
		s := &slice[i]
		s.Resource = filled(s.Resource, fill)
		conditions := make(map[string]map[string]Texts, len(s.Condition))
		for operator, keys := range s.Condition {
			conditions[operator] = make(map[string]Texts, len(keys))
			for key, values := range keys {
				conditions[operator][key] = filled(values, fill)
			}
		}
		s.Condition = conditions
	}
	return slice
}

func filled(ts Texts, fill *strings.Replacer) Texts {
	out := make(Texts, len(ts))
	for i, t := range ts {
		out[i] = fill.Replace(t)
	}
	return out
}

// PrincipalFacts are the facts that follow from a user.
func PrincipalFacts(u *User) []Fact {
	return []Fact{
		fact("aws:PrincipalAccount", Account),
		fact("aws:PrincipalArn", u.ARN),
		fact("aws:PrincipalType", "User"),
		fact("aws:userid", u.ID),
		fact("aws:username", u.Name),
	}
}

// Layers says whether there are layers besides identity policies and bucket policy.
func (w *Workload) Layers() bool {
	return w.Boundary != nil || len(w.ServiceControl) > 0 || len(w.ResourceControl) > 0
}

// OnlyS3 says whether all requests are about S3.
func (w *Workload) OnlyS3() bool {
	for i := range w.Requests {
		if !strings.HasPrefix(w.Requests[i].Action, "s3:") {
			return false
		}
	}
	return true
}

// Statements counts the statements of all policies.
func (w *Workload) Statements() (n int) {
	count := func(ps []Policy) {
		for i := range ps {
			n += len(ps[i].Statements)
		}
	}
	count(w.Policies)
	for _, levels := range [][][]Policy{w.ServiceControl, w.ResourceControl} {
		for _, level := range levels {
			count(level)
		}
	}
	for _, p := range []*Policy{w.Bucket, w.Boundary} {
		if p != nil {
			n += len(p.Statements)
		}
	}
	return n
}

// makers make the workloads, in the order of the table.
var makers = []struct {
	name string
	new  func() *Workload
}{
	{"small", Small},
	{"medium s3", MediumS3},
	{"medium mixed", MediumMixed},
	{"large", Large},
	{"huge s3", HugeS3},
	{"huge mixed", HugeMixed},
	{"full", Full},
	{"cold s3", ColdS3},
	{"cold mixed", ColdMixed},
}

// Names returns the names of all workloads.
func Names() []string {
	var names []string
	for _, m := range makers {
		names = append(names, m.name)
	}
	return names
}

// ByName makes the workload of that name.
func ByName(name string) (w *Workload, ok bool) {
	for _, m := range makers {
		if m.name == name {
			return m.new(), true
		}
	}
	return nil, false
}

// Cold says that the requests are too many to stay in the processor's caches.
func (w *Workload) Cold() bool { return len(w.Requests) > rotation }

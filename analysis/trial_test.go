package analysis

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

var pairs = flag.Int("pairs", 2000, "how many random pairs of policies are compared with trial")

type object = map[string]any

// world draws policies and requests of a small universe, so that the requests meet the policies.
type world struct{ *rand.Rand }

func pick[T any](w world, list ...T) T { return list[w.IntN(len(list))] }

func (w world) some(n int, draw func() string) any {
	if w.IntN(3) > 0 {
		return draw()
	}
	list := make([]string, 1+w.IntN(n))
	for i := range list {
		list[i] = draw()
	}
	return list
}

var (
	trialAccounts = []string{"111122223333", "444455556666"}
	trialUsers    = []string{"arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:user/p/b", "arn:aws:iam::444455556666:user/a"}
	trialSessions = []string{"arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:sts::111122223333:federated-user/f", "AIDAX", "AROAX"}
	trialRoles    = []string{"arn:aws:iam::111122223333:role/r", "arn:aws:iam::444455556666:role/p/r"}
)

func (w world) action() string {
	return pick(w, "s3:GetObject", "s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "iam:*", "S3:?etObject", "*:get*", "iam:GetUser", "*Object", "s3:Brandnew*", "brandnew:*", "*:*o", "kms:*", "sts:*")
}

func (w world) resource() string {
	return pick(w, "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::?/a*", "arn:aws:s3:::*/a", "arn:aws:s3:*", "arn:aws:*", "arn:*:s3:::b/a",
		"arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${kt}", "arn:aws:s3:::b/${kt}/*", "arn:aws:s3:::${ks, 'b'}/a", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*b", "a*", "arn:aws:s3", "arn:aws:${ks}:::b/a",
		"arn:aws:s3:::b/${aws:PrincipalAccount}")
}

// trialValue draws a value of a family, in a policy or in a request.
func (w world) trialValue(f condition.Family, policy bool) string {
	switch f {
	case condition.NumericFamily:
		return pick(w, "1", "2", "1.5", "10", "-1", "x", "1e1")
	case condition.DateFamily:
		return pick(w, "2026-01-01", "2026-01-02T00:00:00Z", "0", "5", "x", "2026-01-01T12:00:00+02:00")
	case condition.BoolFamily:
		return pick(w, "true", "false", "True", "x")
	case condition.AddressFamily:
		if policy {
			return pick(w, "10.0.0.0/8", "10.0.0.1", "10.0.0.0/31", "::/0", "fe80::/10", "x", "::ffff:10.0.0.0/104")
		}
		return pick(w, "10.0.0.1", "10.0.0.0", "10.1.0.0", "11.0.0.0", "fe80::1", "x", "::ffff:10.0.0.1")
	case condition.BinaryFamily:
		return pick(w, "YQ==", "YWI=", "x")
	case condition.ARNFamily:
		if policy {
			return pick(w, "arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:*:::b", "arn:aws:s3", "arn:aws:s3:::${kt}", "${ka}")
		}
		return pick(w, "arn:aws:s3:::b", "arn:aws:s3:::b:c", "arn:aws:sqs:::b", "x", "arn:aws:s3:::a")
	}
	if policy {
		return pick(w, "a", "b", "ab", "a*", "*b", "?", "*", "A", "${kt}", "a${ks}", "a${ks}b", "${*}", "${aws:username}", "", "a\x00b", "${aws:userid}")
	}
	return pick(w, "a", "b", "ab", "abb", "A", "*", "", "c", "a\x00b")
}

// The keys of the universe; most are compared in one way, as real keys are.
var trialKeys = []struct {
	name   string
	family []condition.Family
}{
	{"ks", []condition.Family{condition.TextFamily, condition.LikeFamily, condition.FoldFamily}},
	{"kt", []condition.Family{condition.TextFamily, condition.LikeFamily, condition.FoldFamily, condition.BinaryFamily}},
	{"kn", []condition.Family{condition.NumericFamily}},
	{"kd", []condition.Family{condition.DateFamily}},
	{"kb", []condition.Family{condition.BoolFamily}},
	{"ki", []condition.Family{condition.AddressFamily}},
	{"ka", []condition.Family{condition.ARNFamily}},
	{"aws:TagKeys", []condition.Family{condition.TextFamily, condition.LikeFamily}},
	{"km", []condition.Family{condition.TextFamily, condition.NumericFamily, condition.BoolFamily}},
	{"aws:username", []condition.Family{condition.TextFamily, condition.LikeFamily}},
	{"aws:PrincipalAccount", []condition.Family{condition.TextFamily}},
	{"aws:PrincipalArn", []condition.Family{condition.ARNFamily}},
	{"aws:userid", []condition.Family{condition.TextFamily, condition.LikeFamily}},
}

func (w world) condition() object {
	c := object{}
	for range w.IntN(3) {
		k := pick(w, trialKeys...)
		f := pick(w, k.family...)
		if w.IntN(8) == 0 {
			c["Null"] = object{k.name: pick[any](w, "true", "false", []string{"true", "false"})}
			continue
		}
		var ops []string
		for _, op := range condition.Comparisons() {
			if op.Family() == f {
				ops = append(ops, op.String())
			}
		}
		op := pick(w, ops...)
		if w.IntN(3) == 0 || k.name == "aws:TagKeys" {
			op = pick(w, "ForAllValues:", "ForAnyValue:") + op
		}
		if w.IntN(4) == 0 {
			op += "IfExists"
		}
		block, _ := c[op].(object)
		if block == nil {
			block = object{}
			c[op] = block
		}
		block[k.name] = w.some(3, func() string {
			switch {
			case k.name == "aws:PrincipalAccount" && w.IntN(4) > 0:
				return pick(w, trialAccounts...)
			case k.name == "aws:PrincipalArn" && w.IntN(4) > 0:
				return pick(w, append([]string{"arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:*", "arn:*:iam::*:root", "arn:aws:sts::*:federated-user/f", "arn:aws:iam::*:role/p/*"}, append(trialUsers, trialRoles...)...)...)
			case k.name == "aws:userid" && w.IntN(4) > 0:
				return pick(w, "AIDAX", "AROAX:*", "AROAX:s", "*:s", "111122223333", "111122223333:f", "*:f", "anonymous", "*")
			}
			return w.trialValue(f, true)
		})
	}
	return c
}

func (w world) principal() any {
	switch w.IntN(6) {
	case 0:
		return "*"
	case 1:
		return object{"Service": pick(w, "ec2.amazonaws.com", "s3.amazonaws.com")}
	}
	return object{"AWS": w.some(3, func() string {
		return pick(w, slices.Concat([]string{"*"}, trialSessions, trialUsers, trialRoles, trialAccounts)...)
	})}
}

func (w world) statement(kind policy.Kind) object {
	s := object{"Effect": pick(w, "Allow", "Allow", "Deny"), "Action": w.some(3, w.action), "Resource": w.some(3, w.resource)}
	for _, name := range []string{"Action", "Resource"} {
		if w.IntN(8) == 0 {
			s["Not"+name] = s[name]
			delete(s, name)
		}
	}
	if kind == policy.Resource {
		s["Principal"] = w.principal()
		if w.IntN(10) == 0 {
			s["NotPrincipal"] = s["Principal"]
			delete(s, "Principal")
		}
	}
	if c := w.condition(); len(c) > 0 {
		s["Condition"] = c
	}
	return s
}

func (w world) policy(kind policy.Kind) object {
	var list []any
	for range 1 + w.IntN(3) {
		list = append(list, w.statement(kind))
	}
	d := object{"Statement": list}
	if w.IntN(6) > 0 {
		d["Version"] = "2012-10-17"
	}
	return d
}

// principals draws principals of several types.
func (w world) principals() any {
	all := object{}
	for range 1 + w.IntN(3) {
		kind := pick(w, "AWS", "AWS", "AWS", "AWS", "AWS", "Service", "Federated", "CanonicalUser")
		name := ""
		switch kind {
		case "AWS":
			name = pick(w, slices.Concat([]string{"*"}, trialSessions, trialUsers, trialRoles, trialAccounts)...)
		case "Service":
			name = pick(w, "ec2.amazonaws.com", "s3.amazonaws.com")
		case "Federated":
			name = pick(w, "accounts.google.com", "arn:aws:iam::111122223333:saml-provider/x")
		case "CanonicalUser":
			name = pick(w, "c1", "c2")
		}
		if list, _ := all[kind].([]string); !slices.Contains(list, name) {
			all[kind] = append(list, name)
		}
	}
	return all
}

// named changes whom some statements of a policy name, or do not.
func (w world) named(d object) object {
	for _, s := range d["Statement"].([]any) {
		s := s.(object)
		if w.IntN(2) == 0 || s["Principal"] == nil && s["NotPrincipal"] == nil {
			continue
		}
		delete(s, "Principal")
		delete(s, "NotPrincipal")
		s[pick(w, "Principal", "Principal", "NotPrincipal")] = w.principals()
	}
	return d
}

// changed is a policy that differs from another in one place, or in none.
func (w world) changed(kind policy.Kind, d object) object {
	list := slices.Clone(d["Statement"].([]any))
	i := w.IntN(len(list))
	s := object{}
	for k, v := range list[i].(object) {
		s[k] = v
	}
	list[i] = s
	other := w.statement(kind)
	switch w.IntN(6) {
	case 0:
		list[i] = other
	case 1:
		delete(s, "Condition")
		if c := w.condition(); len(c) > 0 {
			s["Condition"] = c
		}
	case 2:
		delete(s, "NotResource")
		s["Resource"] = w.some(3, w.resource)
	case 3:
		delete(s, "NotAction")
		s["Action"] = w.some(3, w.action)
	case 4:
		list = append(list, other)
	case 5:
		w.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	}
	c := object{"Statement": list}
	if v, ok := d["Version"]; ok {
		c["Version"] = v
	}
	return c
}

// callers are those who ask in the universe.
func trialCallers(t testing.TB) (all []*authz.Principal) {
	add := func(name string, f authz.Facts) {
		p, err := authz.NewPrincipal(name, f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	for _, name := range trialUsers {
		add(name, authz.Facts{})
	}
	add("arn:aws:iam::777788889999:user/c", authz.Facts{UniqueID: "AIDAX"})
	add("arn:aws:iam::777788889999:user/c", authz.Facts{})
	add("arn:aws:sts::111122223333:assumed-role/r/s", authz.Facts{})
	add("arn:aws:sts::111122223333:assumed-role/r/t", authz.Facts{})
	add("arn:aws:sts::444455556666:assumed-role/r/s", authz.Facts{Issuer: "arn:aws:iam::444455556666:role/p/r"})
	add("arn:aws:sts::444455556666:assumed-role/r/s", authz.Facts{UniqueID: "AROAX"})
	add("arn:aws:sts::111122223333:federated-user/f", authz.Facts{Issuer: "arn:aws:iam::111122223333:user/a"})
	add("arn:aws:sts::111122223333:federated-user/f", authz.Facts{})
	add("arn:aws:sts::444455556666:federated-user/g", authz.Facts{Issuer: "arn:aws:iam::444455556666:user/x"})
	return all
}

func otherTrialCallers(t testing.TB) (all []*authz.Principal) {
	const google, role, linked = "accounts.google.com", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::777788889999:role/aws-service-role/x.amazonaws.com/r"
	for _, x := range []struct {
		name  string
		facts authz.Facts
	}{
		{"arn:aws:iam::111122223333:root", authz.Facts{}},
		{"arn:aws:iam::444455556666:root", authz.Facts{CanonicalID: "c1"}},
		{"arn:aws-us-gov:iam::777788889999:root", authz.Facts{}},
		{"arn:aws:iam::777788889999:root", authz.Facts{CanonicalID: "c2", AssumedRoot: true}},
		{"arn:aws:iam::111122223333:user/a", authz.Facts{UniqueID: "AIDAX"}},
		{"arn:aws:iam::777788889999:user/a", authz.Facts{CanonicalID: "c1"}},
		{"arn:aws:iam::444455556666:user/a", authz.Facts{CanonicalID: "c2"}},
		{"arn:aws:sts::111122223333:assumed-role/r/s", authz.Facts{Issuer: role, UniqueID: "AROAX"}},
		{"arn:aws:sts::111122223333:assumed-role/r/s", authz.Facts{Issuer: "arn:aws:iam::111122223333:role/x/r"}},
		{"arn:aws:sts::111122223333:assumed-role/r/s", authz.Facts{Issuer: "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/r"}},
		{"arn:aws:sts::777788889999:assumed-role/r/s", authz.Facts{Issuer: linked}},
		{"arn:aws:sts::111122223333:assumed-role/r/t", authz.Facts{Issuer: role, Provider: google}},
		{"arn:aws:sts::777788889999:assumed-role/q/t", authz.Facts{Provider: google, UniqueID: "AROAX", CanonicalID: "c1"}},
		{"arn:aws:sts::777788889999:assumed-role/q/t", authz.Facts{Provider: "graph.facebook.com"}},
		{"arn:aws:sts::111122223333:federated-user/f", authz.Facts{Issuer: "arn:aws:iam::111122223333:user/p/b", CanonicalID: "c2"}},
		{"arn:aws:sts::111122223333:federated-user/g", authz.Facts{}},
		{"ec2.amazonaws.com", authz.Facts{}},
		{"lambda.amazonaws.com", authz.Facts{}},
		{google, authz.Facts{ByAssertion: true}},
		{"graph.facebook.com", authz.Facts{ByAssertion: true}},
		{"arn:aws:iam::111122223333:saml-provider/x", authz.Facts{}},
		{"anonymous", authz.Facts{}},
	} {
		p, err := authz.NewPrincipal(x.name, x.facts)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// request draws a request. With strict only multi-valued keys have lists.
func (w world) request(callers []*authz.Principal, actions []*authz.Action, strict bool) *authz.Request {
	r := authz.NewRequest(pick(w, callers...), pick(w, actions...), pick(w, "*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::c/a", "arn:aws:s3:::b/*", "arn:aws:iam::1:user/a", "arn:aws:s3:::b/a/b",
		"arn:aws-cn:s3:::b/a", "arn:aws:sqs:x:1:b/a", "arn:aws:s3:::b/111122223333", "arn:aws:s3:::b/b", "abc", "arn:aws:s3:::a/a"))
	r.ResourceAccount = "999988887777"
	for _, k := range trialKeys {
		if strings.HasPrefix(k.name, "aws:P") || k.name == "aws:username" || k.name == "aws:userid" || w.IntN(3) == 0 {
			continue
		}
		f := pick(w, k.family...)
		key := condition.NewKey(k.name)
		if !condition.IsMultivalued(key) && (strict || w.IntN(4) > 0) {
			r.Context.Set(key, w.trialValue(f, false))
			continue
		}
		list := make([]string, w.IntN(3))
		for i := range list {
			list[i] = w.trialValue(f, false)
		}
		r.Context.SetList(key, list)
	}
	return r
}

// tally counts what comparisons came to.
type tally struct {
	sync.Mutex
	relations [5]int
	reasons   map[string]int
}

// TestCompareAgreesWithTrial compares random policies, and looks with random requests for differences that were missed. That a difference that was found is one
// Compare asks the judge itself.
func TestCompareAgreesWithTrial(t *testing.T) {
	var actions []*authz.Action
	for _, name := range []string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "iam:PutUserPolicy", "s3:ListBucket", "x:y", "s3:BrandnewThing", "brandnew:Do"} {
		x, err := authz.NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, x)
	}
	c := load(t)
	callers := trialCallers(t)
	all := append(slices.Clone(callers), otherTrialCallers(t)...)
	sum := &tally{reasons: make(map[string]int)}
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for n := range workers {
		group.Go(func() {
			// A catalog costs time, since a pattern then holds thousands of actions.
			analyzers := [...]*Analyzer{New(Options{Budget: 20_000}), New(Options{Budget: 20_000, Catalog: c})}
			for i := n; i < *pairs && !t.Failed(); i += workers {
				w := world{rand.New(rand.NewPCG(uint64(i), 99))}
				kind, who := policy.Inline, callers
				if i%2 == 1 {
					kind, who = policy.Resource, all
				}
				compareByTrial(t, w, i, kind, analyzers[i%8/6], who, actions, sum)
			}
		})
	}
	group.Wait()
	t.Logf("%d pairs: %v equivalent, %v left wider, %v right wider, %v incomparable, %v unknown: %v", *pairs, sum.relations[Equivalent], sum.relations[LeftWider],
		sum.relations[RightWider], sum.relations[Incomparable], sum.relations[UnknownRelation], sum.reasons)
	for r, n := range sum.relations {
		if n < *pairs/100 && Relation(r) != UnknownRelation {
			t.Errorf("only %d pairs are %v", n, Relation(r))
		}
	}
	if n := sum.relations[UnknownRelation]; n > *pairs/10 {
		t.Errorf("%d of %d pairs are unknown", n, *pairs)
	}
}

func compareByTrial(t *testing.T, w world, i int, kind policy.Kind, z *Analyzer, callers []*authz.Principal, actions []*authz.Action, sum *tally) {
	draft := w.named(w.policy(kind))
	other := w.named(w.policy(kind))
	switch w.IntN(6) {
	case 0, 1, 2:
		other = w.changed(kind, draft)
	case 3:
		other = w.named(w.changed(kind, draft))
	}
	parse := func(d object) *policy.Document {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := policy.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return doc
	}
	l, r := parse(draft), parse(other)
	left, right := Of(kind, l), Of(kind, r)
	c, err := z.Compare(left, right)
	describe := func() string { return fmt.Sprintf("pair %d (%v)\n%s\n%s\n", i, kind, l.Text(), r.Text()) }
	if err != nil {
		t.Errorf("%s%v", describe(), err)
		return
	}
	sum.Lock()
	sum.relations[c.Relation]++
	for _, a := range []Answer{c.LeftOnly, c.RightOnly} {
		if reason, _, _ := strings.Cut(a.Reason, " ${"); reason != "" {
			sum.reasons[reason]++
		}
	}
	sum.Unlock()
	aws := z.analysis()
	for range 40 {
		q := w.request(callers, actions, z.options.Catalog != nil)
		if !aws.mayGet(q) {
			continue
		}
		a, b := authz.Decide(q, left.Policies).Allowed(), authz.Decide(q, right.Policies).Allowed()
		if a && !b && c.LeftOnly.Verdict == No || b && !a && c.RightOnly.Verdict == No {
			t.Errorf("%s%v, but left %v and right %v for %s %s %s %v", describe(), c.Relation, a, b, q.Principal.ARN, q.Action, q.Resource(), contextOf(q))
			return
		}
	}
}

// mayGet reports whether a request is one that the question is about (see Options.Catalog): its resource can be, and only multi-valued keys have lists.
func (a *analysis) mayGet(r *authz.Request) bool {
	if there := a.resources(r.Action); there != nil && !there.match(r.Resource()) {
		return false
	}
	for k, v := range r.Context.All {
		shapes := a.shapes(&key{name: k.String(), key: k})
		if v.Many() && !shapes[list] || !v.Many() && !shapes[single] {
			return false
		}
	}
	return true
}

func contextOf(r *authz.Request) map[string][]string {
	m := make(map[string][]string)
	for k, v := range r.Context.All {
		m[k.String()] = v.Texts()
	}
	return m
}

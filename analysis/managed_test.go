package analysis

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
)

var every = flag.Int("every", 25, "each how many-th of AWS's managed policies is edited")

// edit is a policy with a change, and what the change says of how the two stand: which of them may be wider, and a request that shows it if nothing else in the policy
// speaks of it.
type edit struct {
	name string
	// wider is LeftWider if the original may be wider, RightWider if the edited may, or Equivalent if they must be the same.
	wider Relation
	text  string
}

// edits makes the changes of a document: an element or a statement left out, a resource or an action narrowed or widened, a condition added.
func edits(t *testing.T, text string) (all []edit) {
	var d map[string]any
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	list, ok := d["Statement"].([]any)
	if !ok {
		list = []any{d["Statement"]}
	}
	add := func(name string, wider Relation, statements []any) {
		c := maps.Clone(d)
		c["Statement"] = statements
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, edit{name, wider, string(b)})
	}
	with := func(i int, change func(s map[string]any)) []any {
		statements := slices.Clone(list)
		s := maps.Clone(list[i].(map[string]any))
		change(s)
		statements[i] = s
		return statements
	}
	values := func(v any) []any {
		if many, ok := v.([]any); ok {
			return many
		}
		return []any{v}
	}
	for i := range list {
		s := list[i].(map[string]any)
		less, more := LeftWider, RightWider
		if s["Effect"] == "Deny" {
			less, more = more, less
		}
		if len(list) > 1 {
			add(fmt.Sprintf("statement %d removed", i), less, slices.Delete(slices.Clone(list), i, i+1))
		}
		for _, name := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			v, ok := s[name]
			if !ok {
				continue
			}
			narrower, wider := less, more
			if strings.HasPrefix(name, "Not") {
				narrower, wider = more, less
			}
			if many := values(v); len(many) > 1 {
				n := (i * 7) % len(many)
				add(fmt.Sprintf("statement %d: %s %v removed", i, name, many[n]), narrower, with(i, func(s map[string]any) {
					s[name] = slices.Delete(slices.Clone(many), n, n+1)
				}))
				add(fmt.Sprintf("statement %d: %s turned round", i, name), Equivalent, with(i, func(s map[string]any) {
					c := slices.Clone(many)
					slices.Reverse(c)
					s[name] = c
				}))
			}
			if name == "Resource" && values(v)[0] == "*" {
				add(fmt.Sprintf("statement %d: resource narrowed", i), narrower, with(i, func(s map[string]any) { s[name] = "arn:aws:*:us-east-1:111122223333:*" }))
			}
			if name == "Action" && !slices.Contains(values(v), any("*")) {
				add(fmt.Sprintf("statement %d: action widened", i), wider, with(i, func(s map[string]any) {
					s[name] = append(slices.Clone(values(v)), "s3:GetObject*", "ec2:Describe*", "s3:GetWhatNobodyKnows")
				}))
			}
		}
		if c, ok := s["Condition"].(map[string]any); ok {
			for _, operator := range slices.Sorted(maps.Keys(c)) {
				add(fmt.Sprintf("statement %d: condition %s removed", i, operator), more, with(i, func(s map[string]any) {
					rest := maps.Clone(c)
					delete(rest, operator)
					s["Condition"] = rest
				}))
				break
			}
		} else {
			add(fmt.Sprintf("statement %d: condition added", i), less, with(i, func(s map[string]any) {
				s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:RequestedRegion": "us-east-1"}}
			}))
		}
	}
	return all
}

// hard are edits of which the answer is not known to this package: they ask about several variables in one text, with what two of them are not (doc/divergences.md).
var hard = []string{"SageMakerStudioProjectUserRolePermissionsBoundary, statement 17: action widened"}

// TestEditsOfManagedPolicies compares each of AWS's managed policies with changed ones: the answer is the one that the change implies. Where both are said to be
// equivalent although something was taken away, something else of the policy must allow, or deny, the same: requests for what was taken away are judged.
func TestEditsOfManagedPolicies(t *testing.T) {
	c := load(t)
	documents, err := managed.Documents()
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(documents))
	counts := make(map[string]int)
	var times []time.Duration
	z := New(Options{Catalog: c})
	for n := 0; n < len(names); n += *every {
		name := names[n]
		original, err := policy.Parse(documents[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range edits(t, documents[name]) {
			changed, err := policy.Parse(e.text)
			if err != nil {
				t.Fatalf("%s: %v", e.text, err)
			}
			start := time.Now()
			got, err := z.Compare(Of(policy.Managed, original), Of(policy.Managed, changed))
			times = append(times, time.Since(start))
			if err != nil {
				t.Errorf("%s, %s: %v", name, e.name, err)
				continue
			}
			if id := name + ", " + e.name; got.Relation == UnknownRelation && slices.Contains(hard, id) {
				counts["unknown, as is known"]++
				continue
			}
			if got.Relation != e.wider && got.Relation != Equivalent {
				t.Errorf("%s, %s: %v, want %v\n%v %v %s%s", name, e.name, got.Relation, e.wider, got.LeftOnly.Witness, got.RightOnly.Witness, got.LeftOnly.Reason, got.RightOnly.Reason)
			}
			if got.Relation == Equivalent && e.wider != Equivalent {
				counts["equivalent all the same"]++
				trySame(t, c, name+", "+e.name, original, changed)
				continue
			}
			counts[got.Relation.String()]++
		}
	}
	slices.Sort(times)
	t.Logf("%d comparisons: %v; median %v, 99th hundredth %v, longest %v", len(times), counts, times[len(times)/2], times[len(times)*99/100], times[len(times)-1])
}

// trySame judges requests for the resources and actions that both documents name.
func trySame(t *testing.T, c *catalog.Catalog, name string, left, right *policy.Document) {
	l, r := Of(policy.Managed, left), Of(policy.Managed, right)
	who, err := authz.NewPrincipal("arn:aws:iam::111122223333:user/u", authz.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*policy.Document{left, right} {
		for i := range d.Statements {
			s := &d.Statements[i]
			for k, a := range s.Action.Items {
				if k > 20 {
					break
				}
				name := a.Text
				for known := range c.Expand(name) {
					name = known.String()
					break
				}
				action, err := authz.NewAction(name)
				if err != nil {
					continue
				}
				for _, resource := range append(s.Resource.Texts(), "arn:aws:s3:::b/k", "*") {
					if strings.HasPrefix(name, "s3:") && resource != "*" && !strings.HasPrefix(resource, "arn:aws:s3:::") {
						continue // no resource of S3
					}
					q := authz.NewRequest(who, action, strings.ReplaceAll(resource, "*", "x"))
					q.ResourceAccount = "999988887777"
					if a, b := authz.Decide(q, l.Policies).Allowed(), authz.Decide(q, r.Policies).Allowed(); a != b {
						t.Errorf("%s: said to be equivalent, but %v and %v for %s on %s", name, a, b, action, resource)
						return
					}
				}
			}
		}
	}
}

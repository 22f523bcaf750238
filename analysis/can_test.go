package analysis

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// TestCanLeavesNothingOut draws requests that the judge allows an entity of a random estate by its identity policies, and wants each to be among what Can says that it can do; and every
// witness of a grant must be allowed by the policies put together anew.
func TestCanLeavesNothingOut(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	var actions []*authz.Action
	for _, name := range []string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "kms:Decrypt", "s3:ListBucket"} {
		a, err := authz.NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, a)
	}
	covered, witnesses := 0, 0
	for i := range 40 {
		w := world{rand.New(rand.NewPCG(uint64(i), 77))}
		d := w.drawEstate(t)
		x := NewAsker(d.estate, Options{Catalog: c, Budget: 20_000})
		who := pick(w, d.estate.Entities()...)
		can, err := x.Can(who, 2, nil)
		if err != nil {
			t.Fatalf("estate %d, %s: %v\n%s", i, who.ARN, err, strings.Join(d.files, "\n"))
		}
		for k := range can.Grants {
			g := &can.Grants[k]
			if g.Witness == nil {
				continue
			}
			witnesses++
			r := g.Witness.Request
			_, ps := d.request(t, w, true, who, r.Action, r.Resource(), r.ResourceAccount)
			ps.Resource = nil
			if g.By.Layer == authz.ResourceLayer {
				ps.Resource = g.By.clause.policy.Program
			} else if isKey(r.Resource()) {
				ps.Resource = d.estate.index.keyPolicies[who.Account].Program
			}
			if !authz.Decide(r, ps).Allowed() {
				t.Errorf("estate %d, %s: %v is a witness that is refused\n%s", i, who.ARN, g.Witness, strings.Join(d.files, "\n"))
			}
		}
		for range 300 {
			a := pick(w, actions...)
			resource := pick(w, "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::d/x", "*", "arn:aws:s3:::b/111122223333", "arn:aws:iam::"+who.Account+":user/a", "arn:aws:kms:eu-west-1:"+who.Account+":key/2")
			if service, _, _ := strings.Cut(a.String(), ":"); resource != "*" && !strings.HasPrefix(resource, "arn:aws:"+service+":") {
				continue // AWS has no such action on it
			}
			r, ps := d.request(t, w, true, who, a, resource, who.Account)
			r.Context = withoutTags(r)
			ps.Resource = nil
			if isKey(resource) {
				ps.Resource = d.estate.index.keyPolicies[who.Account].Program
			}
			if !authz.Decide(r, ps).Allowed() {
				continue
			}
			covered++
			parts := arn.Cut(resource)
			if !slices.ContainsFunc(can.Grants, func(g Grant) bool {
				if !slices.Contains(g.names, fold.Name(a.String())) {
					return false
				}
				return g.NotResources || slices.ContainsFunc(g.Resources, func(text string) bool {
					p := condition.NewARN(text, g.By.clause.policy.Document.Variables(), condition.CompleteAlways)
					return p.Match(&parts, &r.Context)
				})
			}) {
				t.Errorf("estate %d: %s can %s on %s with %v, which is in no grant\n%s", i, who.ARN, a, resource, contextOf(r), strings.Join(d.files, "\n"))
				return
			}
		}
	}
	t.Logf("%d requests that are allowed, %d witnesses", covered, witnesses)
	if covered < 100 || witnesses < 50 {
		t.Errorf("only %d requests and %d witnesses", covered, witnesses)
	}
}

// withoutTags returns the facts of a request without the tags of the resource, which are those of one that is known.
func withoutTags(r *authz.Request) (c condition.Context) {
	for k, v := range r.Context.All {
		switch {
		case strings.Contains(k.String(), ":resourcetag/"):
		case v.Many():
			c.SetList(k, v.Texts())
		default:
			c.Set(k, v.Texts()[0])
		}
	}
	return c
}

// TestUnused counts what was not used.
func TestUnused(t *testing.T) {
	e := smallEstate(t)
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	x := NewAsker(e, Options{Catalog: c})
	alice, err := e.Find("alice")
	if err != nil {
		t.Fatal(err)
	}
	can, err := x.Can(alice, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range x.Unused(can, []string{"S3:getobject", "sts:AssumeRole"}) {
		got = append(got, u.By.Policy+" "+strings.Join(u.Actions, " "))
	}
	if want := []string{"Read of group readers s3:GetObjectVersion"}; !slices.Equal(got, want) {
		t.Errorf("unused are %q, want %q", got, want)
	}
}

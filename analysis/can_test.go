package analysis

import (
	"fmt"
	"maps"
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

// TestCanAgreesWithWhoCan asks random estates what somebody can do. Whatever request the judge allows must be told, on a resource of which it is not said that nothing is granted there; and
// WhoCan must say of whatever is told, that is of each witness and of each single resource of the estate that a grant speaks of without reservation, that it can be done.
func TestCanAgreesWithWhoCan(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	actions := make(map[string]*authz.Action)
	for _, name := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "kms:Decrypt", "sts:AssumeRole", "sts:TagSession"} {
		if actions[name], err = authz.NewAction(name); err != nil {
			t.Fatal(err)
		}
	}
	asked, covered, witnesses, apart, claims := 0, 0, 0, 0, 0
	for i := range *questions / 20 {
		w := world{rand.New(rand.NewPCG(uint64(i), 77))}
		d := w.drawEstate(t)
		x := NewAsker(d.estate, Options{Catalog: c, Budget: 20_000})
		who := pick(w, d.estate.Entities()...)
		can, err := x.Can(who, 1, nil)
		describe := func() string {
			var b strings.Builder
			fmt.Fprintf(&b, "estate %d: %s can\n", i, who.ARN)
			for k := range can.Grants {
				g := &can.Grants[k]
				fmt.Fprintf(&b, "%v on %q, not %v: %v by %s\n", g.Actions, g.Resources, g.NotResources, g.Standing, g.By.Place())
				for n := range g.On {
					fmt.Fprintf(&b, "\ton %q: %q %v\n", g.On[n].Resources, g.On[n].Actions, g.On[n].Standing)
				}
			}
			for _, a := range who.Policies {
				fmt.Fprintf(&b, "%s: %s\n", a.Name, a.policy.Document.Text())
			}
			return b.String() + strings.Join(d.files, "\n")
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
		ask := func(action, resource string) Finding {
			t.Helper()
			f, err := x.Ask(who, action, resource)
			if err != nil {
				t.Fatalf("%v\n%s", err, describe())
			}
			asked++
			return f
		}
		confirm := func(g *Grant, witness *Witness, in []string) {
			t.Helper()
			if witness == nil {
				return
			}
			witnesses++
			r := witness.Request
			if len(in) > 0 && !slices.ContainsFunc(in, func(name string) bool { return isOf(r.Resource(), name) }) {
				t.Fatalf("%v is not on %v\n%s", witness, in, describe())
			}
			if len(g.Assumed) > 0 {
				return
			}
			if owner, err := d.estate.ownerOf(r.Resource()); err != nil || owner != r.ResourceAccount {
				if in != nil {
					t.Fatalf("%v is on a resource of %v: %v\n%s", witness, owner, err, describe())
				}
				return // of S3, and in no file
			}
			if r.Action.AsksTrust() && isRole(r.Resource()) && d.estate.byARN[r.Resource()] == nil {
				return
			}
			if f := ask(r.Action.String(), r.Resource()); f.Standing == Refused {
				t.Fatalf("%v is told by %q on %q and %v, and refused\n%s", witness, g.Actions, g.Resources, in, describe())
			}
		}
		for k := range can.Grants {
			g := &can.Grants[k]
			confirm(g, g.Witness, nil)
			for n := range g.On {
				apart++
				confirm(g, g.On[n].Witness, g.On[n].Resources)
			}
		}
		targets := append(slices.Sorted(maps.Keys(d.estate.resources)), "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::a/b", "arn:aws:s3:::c/b", "*", "arn:aws:s3:::b/111122223333",
			"arn:aws:iam::"+who.Account+":user/a", "arn:aws:kms:eu-west-1:"+who.Account+":key/2")
		for _, resource := range targets {
			for _, name := range slices.Sorted(maps.Keys(actions)) {
				action := actions[name]
				service, _, _ := strings.Cut(name, ":")
				parts := arn.Cut(resource)
				if resource != "*" && !slices.Contains(x.servicesOf(fold.Name(name)), parts.Part(2)) || service == "sts" != isRole(resource) {
					continue // AWS has no such action on it
				}
				f := ask(name, resource)
				facts := x.scene.facts()
				if known := d.estate.resources[resource]; known != nil && f.Standing == Refused && can.says(name, resource, facts, true) {
					t.Fatalf("it is told that %s can be done on %s, and WhoCan says no\n%s", name, resource, describe())
				} else if known != nil && f.Standing != Refused {
					claims++
				}
				if f.Standing >= Conditional && !can.says(name, resource, &f.Witness.Request.Context, false) {
					t.Fatalf("WhoCan says %v of %s on %s, by %v, which is not told\n%s", f.Standing, name, resource, f.Witness, describe())
				}
				owner := who.Account
				if of, _ := d.estate.ownerOf(resource); of != "" {
					owner = of
				}
				for range 5 {
					r, ps := d.request(t, w, true, who, action, resource, owner)
					if d.estate.resources[resource] == nil {
						r.Context = withoutTags(r)
					}
					if isKey(resource) && ps.Resource == nil {
						ps.Resource = d.estate.index.keyPolicies[who.Account].Program
					}
					if !authz.Decide(r, ps).Allowed() {
						continue
					}
					covered++
					if !can.says(name, resource, &r.Context, false) {
						t.Fatalf("%s on %s with %v is allowed, which is not told\n%s", name, resource, contextOf(r), describe())
					}
				}
			}
		}
	}
	t.Logf("%d questions, %d requests that are allowed, %d witnesses, %d times something is said of resources, %d claims", asked, covered, witnesses, apart, claims)
	if n := *questions / 20; covered < 4*n || witnesses < n || apart < n/2 || claims < n/2 {
		t.Error("that is too few")
	}
}

// says reports whether some grant, or a role that can be assumed, is told that speaks of an action on a resource in requests with some facts. surely wants nothing to be told that may take it away.
func (c *Can) says(action, resource string, facts *condition.Context, surely bool) bool {
	folded := fold.Name(action)
	if folded == "sts:assumerole" && slices.ContainsFunc(c.Roles, func(f Finding) bool { return f.Steps[0].Role.ARN == resource && (f.Standing >= Conditional || !surely) }) {
		return true
	}
	parts := arn.Cut(resource)
	partly := func(t Term) bool { return len(t.Resources) > 0 || t.Variables }
	return slices.ContainsFunc(c.Grants, func(g Grant) bool {
		completion := condition.CompleteWild
		if g.By.Layer == authz.IdentityLayer {
			completion = condition.CompleteAlways
		}
		named := slices.ContainsFunc(g.Resources, func(text string) bool {
			p := condition.NewARN(text, g.By.clause.policy.Document.Variables(), completion)
			return p.Match(&parts, facts)
		})
		if !slices.Contains(g.names, folded) || named == g.NotResources || g.Of != "" && resource != g.Of && parentOf(resource) != g.Of {
			return false
		}
		// What is said of a resource goes before what is said of what it is in.
		for _, exact := range [...]bool{true, false} {
			for _, a := range g.On {
				if slices.ContainsFunc(a.names, func(name string) bool { return name == folded || a.Actions == nil && a.But == nil }) && slices.ContainsFunc(a.Resources, func(name string) bool { return name == resource || !exact && isOf(resource, name) }) {
					return a.Standing == Conditional || a.Standing == Undecided && !surely
				}
			}
		}
		return !surely || g.Standing != Undecided && !slices.ContainsFunc(g.Unless, partly) && !slices.ContainsFunc(g.Within, partly)
	})
}

// isOf reports whether a resource is one that an Apart names.
func isOf(resource, name string) bool {
	under, inside := strings.CutSuffix(name, "/*")
	return resource == name || inside && strings.HasPrefix(resource, under+"/")
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

// canResources are resources whose own policies make a difference.
const canResources = `[
 {"arn": "arn:aws:s3:::shut", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": {"Sid": "Shut", "Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}}},
 {"arn": "arn:aws:s3:::tls", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::tls", "arn:aws:s3:::tls/*"],
   "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}},
 {"arn": "arn:aws:s3:::tls2", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::tls2", "arn:aws:s3:::tls2/*"],
   "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}},
 {"arn": "arn:aws:s3:::parts", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": [
   {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::parts/*"},
   {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::parts/secret/*"},
   {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:user/somebodyelse"}, "Action": "s3:*", "Resource": "*"}]}},
 {"arn": "arn:aws:s3:::open", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}}},
 {"arn": "arn:aws:s3:::theirs", "account": "444455556666", "policy": {"Version": "2012-10-17", "Statement": {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::theirs/*",
   "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}},
 {"arn": "arn:aws:s3:::private", "account": "444455556666"},
 {"arn": "arn:aws:sqs:eu-west-1:444455556666:q", "policy": {"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sqs:SendMessage", "Resource": "*"}}},
 {"arn": "arn:aws:kms:eu-west-1:111122223333:key/ours", "policy": {"Statement": {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}}},
 {"arn": "arn:aws:kms:eu-west-1:111122223333:key/via", "policy": {"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*",
   "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}}},
 {"arn": "arn:aws:kms:eu-west-1:111122223333:key/nobody", "policy": {"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/keeper"}, "Action": "kms:*", "Resource": "*"}}},
 {"arn": "arn:aws:sqs:eu-west-1:111122223333:red", "tags": {"team": "red"}}, {"arn": "arn:aws:sqs:eu-west-1:111122223333:blue", "tags": {"team": "blue"}}]`

// TestCanOnResources: what identity policies grant, and what is left of it on the resources of the export.
func TestCanOnResources(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		claim     string
		statement string
		want      []string
	}{
		{"whole denials, denials under conditions and in part, and other accounts; an Allow of its own account takes nothing away",
			`"Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "*"`, []string{
				`s3:GetObject s3:DeleteObject on *: conditional`,
				`  parts/*: s3:DeleteObject refused unless the resource's policy, statement 0`,
				`  parts/*: s3:GetObject conditional unless the resource's policy, statement 1 on arn:aws:s3:::parts/secret/*`,
				`  private, private/*, theirs: all refused, foreign`,
				`  shut, shut/*: all refused unless the resource's policy, statement 0 "Shut"`,
				`  theirs/*: s3:DeleteObject refused, foreign`,
				`  theirs/*: s3:GetObject conditional, foreign if the resource's policy, statement 0 "Partner" [IpAddress aws:SourceIp 203.0.113.0/24]`,
				`  tls, tls/*, tls2, tls2/*: all conditional unless the resource's policy, statement 0 [Bool aws:SecureTransport false]`,
				`s3:GetObject on open/*: allowed of open`,
				`s3:GetObject on theirs/*: conditional of theirs`,
			}},
		{"what is of one resource of the export alone is granted as far as its policy lets it", `"Action": "s3:*Object", "Resource": "arn:aws:s3:::parts/*"`, []string{
			`s3:*Object, not s3:DeleteObject on arn:aws:s3:::parts/*: conditional`,
			`s3:GetObject on open/*: allowed of open`,
		}},
		{"a bucket that denies it all", `"Action": "s3:*", "Resource": "arn:aws:s3:::shut/*"`, []string{`s3:GetObject on open/*: allowed of open`}},
		{"of another account, with both sides", `"Action": "s3:*", "Resource": "arn:aws:s3:::theirs/x"`, []string{
			`s3:GetObject on arn:aws:s3:::theirs/x: conditional`,
			`s3:GetObject on open/*: allowed of open`,
			`s3:GetObject on theirs/*: conditional of theirs`,
		}},
		{"each service on its own resources", `"Action": ["sqs:SendMessage", "sqs:PurgeQueue", "kms:Decrypt"], "Resource": ["arn:aws:sqs:eu-west-1:444455556666:q", "arn:aws:sqs:eu-west-1:444455556666:other"]`, []string{
			`sqs:SendMessage on arn:aws:sqs:eu-west-1:444455556666:q: allowed`,
			`s3:GetObject on open/*: allowed of open`,
			`sqs:SendMessage on arn:aws:sqs:eu-west-1:444455556666:q: conditional of arn:aws:sqs:eu-west-1:444455556666:q`,
		}},
		{"of an account that the export knows nothing of", `"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:777788889999:q"`, []string{
			`sqs:SendMessage on arn:aws:sqs:eu-west-1:777788889999:q: conditional if the policy of the resource, which is of account 777788889999 and not in the export, allows it`,
			`s3:GetObject on open/*: allowed of open`,
		}},
		{"keys must let the account decide", `"Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:111122223333:key/*"`, []string{
			`kms:Decrypt on arn:aws:kms:*:111122223333:key/*: conditional`,
			`  arn:aws:kms:eu-west-1:111122223333:key/nobody: all refused, needs it`,
			`  arn:aws:kms:eu-west-1:111122223333:key/via: all conditional, needs it if the resource's policy, statement 0 [StringEquals kms:ViaService s3.eu-west-1.amazonaws.com]`,
			`s3:GetObject on open/*: allowed of open`,
		}},
		{"roles must trust", `"Action": "sts:AssumeRole", "Resource": "*"`, []string{
			`sts:AssumeRole on arn:aws:iam::111122223333:role/mfa: conditional`,
			`s3:GetObject on open/*: allowed of open`,
		}},
		{"tags that are known", `"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:111122223333:*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}`, []string{
			`sqs:SendMessage on arn:aws:sqs:*:111122223333:*: conditional`,
			`  arn:aws:sqs:eu-west-1:111122223333:blue: all refused`,
			`s3:GetObject on open/*: allowed of open`,
		}},
	} {
		var r EstateReader
		account := `{"UserDetailList": [{"Path": "/", "UserName": "u", "UserId": "AIDAU", "Arn": "arn:aws:iam::111122223333:user/u", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument":
			{"Version": "2012-10-17", "Statement": {"Effect": "Allow", ` + test.statement + `}}}]}],
			"RoleDetailList": [{"Path": "/", "RoleName": "mfa", "RoleId": "AROAM", "Arn": "arn:aws:iam::111122223333:role/mfa", "AssumeRolePolicyDocument":
			{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}},
			{"Path": "/", "RoleName": "ec2", "RoleId": "AROAE", "Arn": "arn:aws:iam::111122223333:role/ec2", "AssumeRolePolicyDocument":
			{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}}]}`
		for _, err := range []error{
			r.Account("a.json", account), r.Resources("r.json", canResources),
			r.Account("b.json", `{"UserDetailList": [{"Path": "/", "UserName": "v", "UserId": "AIDAV", "Arn": "arn:aws:iam::444455556666:user/v"}]}`),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		e, err := r.Estate()
		if err != nil {
			t.Fatal(err)
		}
		x := NewAsker(e, Options{Catalog: c})
		who, err := e.Find("u")
		if err != nil {
			t.Fatal(err)
		}
		can, err := x.Can(who, 0, nil)
		if err != nil {
			t.Fatalf("%s: %v", test.claim, err)
		}
		var got []string
		for i := range can.Grants {
			got = append(got, grantLines(&can.Grants[i])...)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", test.claim, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

func grantLines(g *Grant) (lines []string) {
	short := func(names []string) string { return strings.ReplaceAll(strings.Join(names, ", "), "arn:aws:s3:::", "") }
	text := strings.Join(g.Actions, " ")
	if len(g.But) > 0 {
		text += ", not " + strings.Join(g.But, " ")
	}
	on := strings.Join(g.Resources, ", ")
	if g.Of != "" {
		on = short(g.Resources)
	}
	text += fmt.Sprintf(" on %s: %v", on, g.Standing)
	if g.Of != "" {
		text += " of " + short([]string{g.Of})
	}
	for _, a := range g.Assumed {
		text += " if " + a
	}
	lines = append(lines, text)
	for i := range g.On {
		a := &g.On[i]
		actions := "all"
		if a.Actions != nil {
			actions = strings.Join(a.Actions, " ")
		}
		if a.But != nil {
			actions = "all but " + strings.Join(a.But, " ")
		}
		text := fmt.Sprintf("  %s: %s %v", short(a.Resources), actions, a.Standing)
		if a.Foreign {
			text += ", foreign"
		} else if a.NeedsAllow {
			text += ", needs it"
		}
		for _, list := range []struct {
			word  string
			terms []Term
		}{{" if ", a.If}, {" unless ", a.Unless}} {
			for k := range list.terms {
				if k > 0 {
					list.word = " and "
				}
				t := &list.terms[k]
				text += list.word + t.Place()
				if len(t.Resources) > 0 {
					text += " on " + strings.Join(t.Resources, ", ")
				}
				if len(t.Conditions) > 0 {
					text += fmt.Sprint(" ", t.Conditions)
				}
			}
		}
		lines = append(lines, text+a.Reason)
	}
	slices.Sort(lines[1:])
	return lines
}

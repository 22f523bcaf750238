package analysis

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

var questions = flag.Int("questions", 2000, "how many questions about random estates are compared with the judge")

// drawnEstate is a random estate as it is exported, and as the judge takes it: put together here, without the code that is tested.
type drawnEstate struct {
	estate     *Estate
	files      []string
	principals map[string]*drawnPrincipal
	policies   map[string]object // of resources and roles
	tags       map[string]object // of resources
	scp, rcp   map[string][][]object
	management string
	programs   map[string]*authz.Program
}

type drawnPrincipal struct {
	arn      string
	id       string
	identity []object
	boundary object
	tags     object
	role     bool
}

// The resources of drawn estates.
var drawnBuckets = map[string]string{"arn:aws:s3:::b": "111122223333", "arn:aws:s3:::c": "444455556666", "arn:aws:s3:::a": "111122223333"}

const drawnOrganization = "o-drawn"

// estateCondition draws conditions, also about what an estate knows.
func (w world) estateCondition() object {
	c := w.condition()
	if w.IntN(2) > 0 {
		return c
	}
	op := pick(w, "StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "StringNotLike", "ForAnyValue:StringEquals")
	key, values := pick(w, "aws:PrincipalTag/team", "aws:principaltag/Team", "aws:ResourceTag/team", "iam:ResourceTag/team"), []string{"red", "blue", "r*", "${aws:PrincipalTag/team}", "${kt}"}
	switch w.IntN(6) {
	case 0:
		key, values = "aws:PrincipalOrgID", []string{drawnOrganization, "o-other"}
	case 1:
		key, values = pick(w, "aws:ResourceAccount", "aws:PrincipalAccount"), []string{"111122223333", "444455556666", "${aws:PrincipalAccount}"}
	case 2:
		key, values = "aws:userid", []string{"AIDAA", "AROAR:*", "AROAR:s", "AIDA*"}
	case 3:
		op, key, values = pick(w, "Bool", "BoolIfExists"), pick(w, "aws:MultiFactorAuthPresent", "aws:PrincipalIsAWSService"), []string{"true", "false"}
	case 4:
		op, key, values = "Null", pick(w, "aws:PrincipalTag/team", "aws:username", "aws:SourceArn", "aws:MultiFactorAuthAge", "aws:ResourceTag/team"), []string{"true", "false"}
	}
	block, _ := c[op].(object)
	if block == nil {
		block = object{}
		c[op] = block
	}
	block[key] = w.some(2, func() string { return pick(w, values...) })
	return c
}

func (w world) estatePolicy(kind policy.Kind, resource string) object {
	d := w.policy(kind)
	for _, s := range d["Statement"].([]any) {
		s := s.(object)
		delete(s, "Condition")
		if c := w.estateCondition(); len(c) > 0 && w.IntN(2) == 0 {
			s["Condition"] = c
		}
		if w.IntN(3) == 0 {
			delete(s, "NotAction")
			s["Action"] = pick(w, "s3:*", "sts:*", "sts:AssumeRole", "kms:*", "kms:Decrypt", "*")
		}
		if w.IntN(3) == 0 {
			delete(s, "NotResource")
			s["Resource"] = w.some(3, func() string {
				return pick(w, "*", resource, "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:iam::*:role/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:kms:*", "arn:aws:iam::${aws:PrincipalAccount}:role/${kt}")
			})
		}
	}
	return d
}

func (w world) trustPolicy() object {
	d := w.policy(policy.Resource)
	for _, s := range d["Statement"].([]any) {
		s := s.(object)
		delete(s, "NotResource")
		delete(s, "Resource")
		delete(s, "NotAction")
		delete(s, "Condition")
		s["Action"] = pick(w, "sts:AssumeRole", "sts:AssumeRole", "sts:*", "*", "sts:TagSession")
		if c := w.estateCondition(); len(c) > 0 && w.IntN(2) == 0 {
			s["Condition"] = c
		}
	}
	return d
}

// exported is a document as an export may hold it.
func (w world) exported(d object) any {
	text, _ := json.Marshal(d)
	return pick[any](w, d, string(text), strings.ReplaceAll(url.QueryEscape(string(text)), "+", "%20"))
}

func (w world) drawEstate(t *testing.T) *drawnEstate {
	d := &drawnEstate{
		principals: make(map[string]*drawnPrincipal), policies: make(map[string]object), tags: make(map[string]object),
		scp: make(map[string][][]object), rcp: make(map[string][][]object), programs: make(map[string]*authz.Program),
	}
	managed := make(map[string][]object) // by account: {name, document}
	identity := func() object { return w.estatePolicy(policy.Inline, "arn:aws:s3:::b/a") }
	for _, account := range trialAccounts {
		for _, name := range []string{"m", "n"} {
			managed[account] = append(managed[account], object{"name": name, "document": identity()})
		}
	}
	tags := func() object {
		if w.IntN(2) == 0 {
			return object{}
		}
		return object{pick(w, "team", "Team"): pick(w, "red", "blue", "b")}
	}
	list := func(o object) (all []any) {
		for k, v := range o {
			all = append(all, object{"Key": k, "Value": v})
		}
		return all
	}
	type page = map[string][]any
	pages := map[string]page{}
	for _, account := range trialAccounts {
		p := page{}
		group := object{"Path": "/", "GroupName": "g", "GroupId": "AGPAG", "Arn": "arn:aws:iam::" + account + ":group/g", "CreateDate": "2026-01-01T00:00:00Z"}
		groupPolicies := []object{}
		if w.IntN(2) == 0 {
			g := identity()
			groupPolicies = append(groupPolicies, g)
			group["GroupPolicyList"] = []any{object{"PolicyName": "in", "PolicyDocument": w.exported(g)}}
		}
		for _, m := range managed[account] {
			if w.IntN(3) == 0 {
				list, _ := group["AttachedManagedPolicies"].([]any)
				group["AttachedManagedPolicies"] = append(list, object{"PolicyName": m["name"], "PolicyArn": "arn:aws:iam::" + account + ":policy/" + m["name"].(string)})
				groupPolicies = append(groupPolicies, m["document"].(object))
			}
			p["Policies"] = append(p["Policies"], object{"PolicyName": m["name"], "Arn": "arn:aws:iam::" + account + ":policy/" + m["name"].(string), "DefaultVersionId": "v2", "PolicyVersionList": []any{
				object{"VersionId": "v2", "IsDefaultVersion": true, "Document": w.exported(m["document"].(object))},
				object{"VersionId": "v1", "IsDefaultVersion": false, "Document": w.exported(identity())},
			}})
		}
		p["GroupDetailList"] = []any{group}
		enter := func(arnText, id, prefix string) (*drawnPrincipal, object) {
			x := &drawnPrincipal{arn: arnText, id: id, tags: tags()}
			o := object{"Path": "/", "Arn": arnText, prefix + "Name": arnText[strings.LastIndexByte(arnText, '/')+1:], prefix + "Id": id, "Tags": list(x.tags)}
			var inline []any
			for range w.IntN(3) * w.IntN(2) {
				i := identity()
				x.identity = append(x.identity, i)
				inline = append(inline, object{"PolicyName": fmt.Sprint("p", len(inline)), "PolicyDocument": w.exported(i)})
			}
			o[prefix+"PolicyList"] = inline
			if w.IntN(3) == 0 {
				m := pick(w, managed[account]...)
				x.identity = append(x.identity, m["document"].(object))
				o["AttachedManagedPolicies"] = []any{object{"PolicyName": m["name"], "PolicyArn": "arn:aws:iam::" + account + ":policy/" + m["name"].(string)}}
			}
			if w.IntN(4) == 0 {
				m := pick(w, managed[account]...)
				x.boundary = m["document"].(object)
				o["PermissionsBoundary"] = object{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::" + account + ":policy/" + m["name"].(string)}
			}
			d.principals[arnText] = x
			return x, o
		}
		for i, name := range append(slices.Clone(trialUsers), "arn:aws:iam::"+account+":user/z", "arn:aws:iam::"+account+":user/y", "arn:aws:iam::"+account+":user/x", "arn:aws:iam::"+account+":user/b") {
			if !strings.Contains(name, account) {
				continue
			}
			x, o := enter(name, "AIDA"+string(rune('A'+i)), "User")
			if w.IntN(2) == 0 {
				o["GroupList"] = []string{"g"}
				x.identity = append(x.identity, groupPolicies...)
			}
			p["UserDetailList"] = append(p["UserDetailList"], o)
		}
		for _, name := range append(slices.Clone(trialRoles), "arn:aws:iam::"+account+":role/aws-service-role/x.amazonaws.com/linked") {
			if !strings.Contains(name, account) {
				continue
			}
			x, o := enter(name, "AROAR", "Role")
			x.role = true
			d.policies[name] = w.trustPolicy()
			d.tags[name] = x.tags
			o["AssumeRolePolicyDocument"] = w.exported(d.policies[name])
			p["RoleDetailList"] = append(p["RoleDetailList"], o)
		}
		for name, x := range d.principals {
			d.tags[name] = x.tags
		}
		pages[account] = p
	}
	r := &EstateReader{}
	read := func(f func(file, text string) error, name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		d.files = append(d.files, name+": "+string(text))
		if err := f(name, string(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	for _, account := range trialAccounts {
		if w.IntN(2) == 0 {
			read(r.Account, account+".json", pages[account])
			continue
		}
		var all []any // in pages, in any order
		for _, k := range slices.Sorted(maps.Keys(pages[account])) {
			all = append(all, object{k: pages[account][k], "IsTruncated": true, "Marker": "x"})
		}
		w.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		read(r.Account, account+".json", all)
	}
	resource := func(name, account string, always bool) {
		o := object{"arn": name, "account": account}
		if always || w.IntN(2) == 0 {
			d.policies[name] = w.estatePolicy(policy.Resource, name)
			o["policy"] = w.exported(d.policies[name])
		}
		if w.IntN(2) == 0 {
			d.tags[name] = tags()
			o["tags"] = d.tags[name]
		}
		read(r.Resources, name, o)
	}
	for _, name := range slices.Sorted(maps.Keys(drawnBuckets)) {
		resource(name, drawnBuckets[name], false)
	}
	resource("arn:aws:kms:eu-west-1:111122223333:key/1", "111122223333", true)
	if w.IntN(2) == 0 {
		o := object{"id": drawnOrganization}
		if w.IntN(3) == 0 {
			d.management = pick(w, trialAccounts...)
			o["managementAccount"] = d.management
		}
		accounts := object{}
		for _, account := range trialAccounts {
			c := object{}
			full := object{"Version": "2012-10-17", "Statement": []any{object{"Effect": "Allow", "Action": "*", "Resource": "*"}}}
			fullFor := object{"Version": "2012-10-17", "Statement": []any{object{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}}
			if w.IntN(2) == 0 {
				own := w.estatePolicy(policy.Inline, "arn:aws:s3:::b/a")
				d.scp[account] = [][]object{{full}, {full, own}}
				c["scp"] = []any{[]any{"FullAWSAccess"}, []any{"FullAWSAccess", own}}
				if w.IntN(3) == 0 {
					d.scp[account][1] = []object{own}
					c["scp"] = []any{[]any{"FullAWSAccess"}, []any{own}}
				}
			}
			if w.IntN(2) == 0 {
				own := w.estatePolicy(policy.Resource, "arn:aws:s3:::b/a")
				d.rcp[account] = [][]object{{fullFor, own}}
				c["rcp"] = []any{[]any{"RCPFullAWSAccess", own}}
			}
			accounts[account] = c
		}
		o["accounts"] = accounts
		read(r.Organization, "organization.json", o)
	} else {
		d.management = ""
	}
	var err error
	if d.estate, err = r.Estate(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *drawnEstate) program(t *testing.T, o object, k authz.Kind) *authz.Program {
	if o == nil {
		return nil
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprint(k, string(text))
	if p := d.programs[key]; p != nil {
		return p
	}
	doc, err := policy.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	d.programs[key] = authz.Compile(doc, k)
	return d.programs[key]
}

func (d *drawnEstate) levels(t *testing.T, list [][]object, k authz.Kind) (all [][]*authz.Program) {
	for _, level := range list {
		programs := []*authz.Program{}
		for _, o := range level {
			programs = append(programs, d.program(t, o, k))
		}
		all = append(all, programs)
	}
	return all
}

// request draws a request: what is known as it is, and the rest at random. typed: no key has a list that AWS does not define as multi-valued.
func (d *drawnEstate) request(t *testing.T, w world, typed bool, who *Entity, action *authz.Action, resource, owner string) (*authz.Request, *authz.Policies) {
	principal := who.who
	x := d.principals[who.ARN]
	if who.Kind == SessionEntity {
		x = d.principals[who.who.Issuer]
	}
	if who.Kind == RoleEntity {
		parts := arn.Cut(who.ARN)
		p, err := authz.NewPrincipal("arn:aws:sts::"+who.Account+":assumed-role/"+parts.Part(5)[strings.LastIndexByte(parts.Part(5), '/')+1:]+"/"+pick(w, "zz", "yy"), authz.Facts{Issuer: who.ARN, UniqueID: x.id})
		if err != nil {
			t.Fatal(err)
		}
		principal = p
	}
	r := authz.NewRequest(principal, action, resource)
	r.ResourceAccount, r.ManagementAccount = owner, d.management
	set := func(name, value string) { r.Context.Set(condition.NewKey(name), value) }
	trust := action.AsksTrust() && isRole(resource)
	role := principal.Kind == authz.RoleSession
	set("aws:PrincipalIsAWSService", "false")
	set("aws:ResourceAccount", owner)
	if d.estate.organization != "" {
		set("aws:PrincipalOrgID", drawnOrganization)
		set("aws:ResourceOrgID", drawnOrganization)
	}
	// A resource's tags come by the key that all services have and by that of its own.
	parts := arn.Cut(resource)
	ofService := parts.Part(2) + ":ResourceTag/"
	if tags, ok := d.tags[resource]; ok {
		for k, v := range tags {
			if trust && role && w.IntN(2) == 0 {
				v = pick(w, "red", "blue", "b")
			}
			set("aws:ResourceTag/"+k, v.(string))
			set(ofService+k, v.(string))
		}
	} else if w.IntN(2) == 0 {
		v := pick(w, "red", "blue", "b")
		set("aws:ResourceTag/team", v)
		set(ofService+"team", pick(w, v, "red"))
	}
	ps := &authz.Policies{Resource: d.program(t, d.policies[resource], authz.Resource)}
	if bucket, _, ok := strings.Cut(resource, "/"); ok && strings.HasPrefix(resource, "arn:aws:s3:::") {
		ps.Resource = d.program(t, d.policies[bucket], authz.Resource)
	}
	if x != nil {
		for _, o := range x.identity {
			ps.Identity = append(ps.Identity, d.program(t, o, authz.Identity))
		}
		ps.Boundary = d.program(t, x.boundary, authz.Identity)
		for k, v := range x.tags {
			set("aws:PrincipalTag/"+k, v.(string))
		}
		if x.role && mayTag(d.policies[x.arn]) && w.IntN(2) == 0 {
			set("aws:PrincipalTag/team", pick(w, "red", "blue", "b"))
		}
	}
	switch {
	case role && !trust:
		set("aws:MultiFactorAuthPresent", "false")
	case w.IntN(2) == 0:
		set("aws:MultiFactorAuthPresent", pick(w, "true", "false"))
	}
	ps.ServiceControl = d.levels(t, d.scp[who.Account], authz.ServiceControl)
	ps.ResourceControl = d.levels(t, d.rcp[owner], authz.ResourceControl)
	for _, k := range trialKeys {
		if strings.HasPrefix(k.name, "aws:P") || k.name == "aws:username" || k.name == "aws:userid" || w.IntN(3) == 0 {
			continue
		}
		f := pick(w, k.family...)
		key := condition.NewKey(k.name)
		if !condition.IsMultivalued(key) && (typed || w.IntN(4) > 0) {
			r.Context.Set(key, w.trialValue(f, false))
			continue
		}
		list := make([]string, w.IntN(3))
		for i := range list {
			list[i] = w.trialValue(f, false)
		}
		r.Context.SetList(key, list)
	}
	return r, ps
}

// mayTag reports whether a trust policy has a word for tags of sessions.
func mayTag(d object) bool {
	for _, s := range d["Statement"].([]any) {
		if s := s.(object); s["Effect"] == "Allow" && s["Action"] != "sts:AssumeRole" {
			return true
		}
	}
	return false
}

// misses compares Holders with what is said of each entity by itself.
func (x *Asker) misses(h *Holders, action, resource string) string {
	got := make(map[*Entity]Standing)
	n := 0
	for who, s := range h.All {
		got[who] = s
		n++
	}
	if n != len(got) || n != h.Len() {
		return fmt.Sprintf("%d holders, %d of them different, and Len is %d", n, len(got), h.Len())
	}
	v, err := x.view(action)
	if err != nil {
		return err.Error()
	}
	for _, who := range x.estate.entities {
		x.scene.begin(v, x.res, who)
		t := x.scene.judge()
		s, ok := got[who]
		if ok != (t != never) || ok && (s == Allowed) != (t == always && !x.res.assumed) {
			return fmt.Sprintf("%s is among the holders of %s on %s: %v %v, but is %v", who.ARN, action, resource, ok, s, t)
		}
	}
	return ""
}

// TestAskAgreesWithTheJudge asks random estates and draws the facts that are not known: who is refused must not be allowed by any, who is allowed must be by all, and
// what is shown to be allowed, or refused, must be so with the policies put together anew. Holders must have all who are not refused.
func TestAskAgreesWithTheJudge(t *testing.T) {
	actions := make(map[string]*authz.Action)
	for _, name := range []string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "sts:AssumeRole", "sts:TagSession", "kms:Decrypt", "sqs:SendMessage", "sts:GetCallerIdentity"} {
		a, err := authz.NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		actions[name] = a
	}
	targets := map[string][]string{
		"s3:GetObject": {"arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::c/a", "arn:aws:s3:::a/a", "arn:aws:s3:::b/b"}, "s3:PutObject": {"arn:aws:s3:::b/a", "arn:aws:s3:::c/b"},
		"iam:GetUser": append(slices.Clone(trialUsers), "*"), "sts:AssumeRole": trialRoles, "sts:TagSession": trialRoles, "kms:Decrypt": {"arn:aws:kms:eu-west-1:111122223333:key/1"},
		"sqs:SendMessage": {"arn:aws:sqs:eu-west-1:444455556666:q"}, "sts:GetCallerIdentity": {"*"},
	}
	const perEstate = 40
	var group sync.WaitGroup
	var lock sync.Mutex
	var standings [4]int
	drawn := 0
	workers := runtime.GOMAXPROCS(0)
	for n := range workers {
		group.Go(func() {
			for i := n; i < *questions/perEstate && !t.Failed(); i += workers {
				w := world{rand.New(rand.NewPCG(uint64(i), 1234))}
				d := w.drawEstate(t)
				x := NewAsker(d.estate, Options{Budget: 20_000})
				for range perEstate {
					name := pick(w, slices.Sorted(maps.Keys(targets))...)
					resource := pick(w, targets[name]...)
					who := pick(w, d.estate.entities...)
					owner := arn.Cut(resource)
					account := owner.Part(4)
					if bucket, _, ok := strings.Cut(resource, "/"); ok && drawnBuckets[bucket] != "" {
						account = drawnBuckets[bucket]
					}
					if account == "" {
						account = who.Account
					}
					describe := func() string {
						return fmt.Sprintf("estate %d: %s by %s on %s\n%s", i, name, who.ARN, resource, strings.Join(d.files, "\n"))
					}
					h, err := x.Holders(name, resource)
					if err != nil {
						t.Errorf("%s\n%v", describe(), err)
						return
					}
					if wrong := x.misses(h, name, resource); wrong != "" {
						t.Errorf("%s\n%s", describe(), wrong)
						return
					}
					f, err := x.Ask(who, name, resource)
					if err != nil {
						t.Errorf("%s\n%v", describe(), err)
						return
					}
					var got [2]int
					for range 30 {
						r, ps := d.request(t, w, false, who, actions[name], resource, account)
						allowed := authz.Decide(r, ps).Allowed()
						if allowed {
							got[1]++
						} else {
							got[0]++
						}
						if f.Standing == Refused && allowed || f.Standing == Allowed && !allowed {
							t.Errorf("%s\nis %v, but the judge says %v with %v", describe(), f.Standing, allowed, contextOf(r))
							return
						}
					}
					_, ps := d.request(t, w, false, who, actions[name], resource, account)
					if f.Standing >= Conditional && (f.Witness == nil || !authz.Decide(f.Witness.Request, ps).Allowed()) {
						t.Errorf("%s\nis %v by a request that the judge refuses", describe(), f.Standing)
						return
					}
					if f.Standing == Conditional && f.Refusal != nil && authz.Decide(f.Refusal.Request, ps).Allowed() {
						t.Errorf("%s\nis refused by a request that the judge allows", describe())
						return
					}
					lock.Lock()
					standings[f.Standing]++
					drawn += got[0] + got[1]
					lock.Unlock()
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d requests: %d undecided, %d refused, %d conditional, %d allowed", drawn, standings[Undecided], standings[Refused], standings[Conditional], standings[Allowed])
	for s, n := range standings {
		if least := *questions / 100; Standing(s) != Undecided && n < least {
			t.Errorf("only %d answers are %v", n, Standing(s))
		}
	}
	if n := standings[Undecided]; n > *questions/20 {
		t.Errorf("%d of %d questions are undecided", n, *questions)
	}
}

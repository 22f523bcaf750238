package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// caller is a class of principals that no Principal element of the policies tells apart: one caller that some policy names, or all of a kind, perhaps
// of an account, that none names.
type caller struct {
	// who is the caller, or one of the class for all.
	who *authz.Principal
	// arns and not are what aws:PrincipalArn may be and may not be in the class; nil if who is the only one.
	arns, not *union
	// name is the ARN of all of the class, if they are the sessions of one name of several roles; empty otherwise.
	name string
	// unnamed: no policy names anything of it.
	unnamed bool
	// described has the keys that follow from who it is.
	described condition.Context
}

// Keys that follow from who the caller is (evaluation.md §1). Of a class without a single caller they are parts of the ARN.
const (
	principalARN     = "aws:principalarn"
	principalAccount = "aws:principalaccount"
	principalType    = "aws:principaltype"
	userID           = "aws:userid"
	userName         = "aws:username"
)

// isDerived reports whether a key is a part of the ARN of a caller of the class.
func (a *analysis) isDerived(on subject, c *caller) bool {
	if on < firstKey || c.arns == nil {
		return false
	}
	switch a.keyAt(on).name {
	case principalAccount:
		return true
	case userName:
		return c.who.Kind == authz.User
	}
	return false
}

// isCaller reports whether a key follows from who the caller is.
func (a *analysis) isCaller(on subject) bool {
	if on < firstKey {
		return false
	}
	switch a.keyAt(on).name {
	case principalARN, principalAccount, principalType, userName:
		return true
	}
	return false
}

// derive returns the value of a derived key.
func (c *caller) derive(name, text string) value {
	parts := arn.Cut(text)
	if name == principalAccount {
		return value{single, []string{parts.Part(4)}}
	}
	return value{single, []string{text[strings.LastIndexByte(text, '/')+1:]}}
}

// solveCaller is solve for the keys that follow from who the caller is.
func (t *theory) solveCaller(on subject, m mode, x extra) (v value, core []lit, result outcome) {
	k := t.a.keyAt(on)
	if t.caller.arns == nil || k.name == principalType || k.name == userName {
		text, present := t.caller.described.Text(k.key)
		s := absent
		if present {
			s = single
			x.in = append(slices.Clip(x.in), t.a.texts.union(literalGlob(text)))
		}
		return t.solveShape(on, s, m, x)
	}
	// The ARN, and what is asked of its parts.
	x.in = append(slices.Clip(x.in), t.caller.arns)
	if t.caller.not != nil {
		x.out = append(slices.Clip(x.out), t.caller.not)
	}
	if t.a.outside != nil {
		// What the policy names of ARNs and of accounts, the public is not.
		if d := t.a.outside.domain(t.a, on); d.not != nil {
			x.out = append(slices.Clip(x.out), d.not)
		}
		if d := t.a.outside.domain(t.a, t.a.keyOf(principalAccount)); d.not != nil {
			x.out = append(slices.Clip(x.out), t.a.texts.union(t.caller.whole(principalAccount, d.not)...))
		}
	}
	var wants []want
	for _, l := range t.groups[on] {
		info := t.atomOf(l)
		truth, constant := info.test.constant(single)
		if constant {
			if truth != (l > 0) {
				return v, []lit{l}, none
			}
			continue
		}
		w := want{set: info.test.set, typed: &info.test.typed, open: len(info.test.variables) > 0, match: (l > 0) != info.test.operator.Comparison.Negated(), lit: l}
		if info.on != on {
			if w.set == nil {
				return v, nil, gaveUp
			}
			w.set = &set{fixed: t.a.texts.union(t.caller.whole(t.a.keyAt(info.on).name, t.of(w, m))...)}
		}
		wants = append(wants, w)
	}
	text, core, result := t.solveText(wants, m, x, nil)
	return value{single, []string{text}}, core, result
}

// whole returns the ARNs whose part of a name is in a set.
func (c *caller) whole(name string, u *union) (globs []*glob) {
	for _, g := range u.globs {
		if slices.ContainsFunc(g.signs, func(s sign) bool { return s.kind == letter && (s.r == ':' || s.r == '/' && name == userName) }) {
			continue // no account and no name holds that
		}
		signs := make([]sign, 0, len(g.signs))
		narrow := oneInPart // no colon, and in a name no slash
		if name == userName {
			narrow = oneInName
		}
		for _, s := range g.signs {
			switch {
			case s.kind.runs():
				s.kind = narrow - one + run
			case s.kind == one || s.kind == oneInPart:
				s.kind = narrow
			}
			signs = append(signs, s)
		}
		if name == principalAccount {
			all := appendPattern(nil, "arn:*:*::", true)
			all = append(append(all, signs...), appendPattern(nil, ":", true)...)
			globs = append(globs, newGlob(append(all, sign{kind: run})))
			continue
		}
		for _, path := range [...]string{"arn:*:iam::*:user/", "arn:*:iam::*:user/*/"} {
			all := appendPattern(nil, path, true)
			globs = append(globs, newGlob(append(all, signs...)))
		}
	}
	return globs
}

// accountSigns are twelve digits.
func accountSigns() []sign { return slices.Repeat([]sign{{kind: digit}}, 12) }

// name collects the principals that the policies of a question name.
func (a *analysis) name(sides []Side) (named *namedPrincipals, controlled bool) {
	named = &namedPrincipals{seen: make(map[string]bool)}
	for _, side := range sides {
		ps := side.Policies
		controlled = controlled || len(ps.ServiceControl)+len(ps.ResourceControl) > 0 || ps.Boundary != nil
		if side.layers {
			// Who is of the resource's account and of the management account matters, and every kind of caller does.
			named.any = true
			for _, account := range []string{side.owner, side.management} {
				if account != "" && !slices.Contains(named.accounts, account) {
					named.accounts = append(named.accounts, account)
				}
			}
		}
		for p := range programs(ps) {
			a.statements(p) // which enters the keys
			if p.Kind() != authz.Resource && p.Kind() != authz.Endpoint && p.Kind() != authz.ResourceControl {
				continue
			}
			for i := range p.Document.Statements {
				named.add(&p.Document.Statements[i].Principal)
			}
		}
	}
	return named, controlled
}

// mayName reports whether the policies name few enough principals: each makes classes of callers, and each of those is asked about with all names.
func (a *analysis) mayName(sides ...Side) bool {
	n, _ := a.name(sides)
	classes := (3 + 4*len(n.accounts) + len(n.arns)) * (1 + len(n.ids)) * (1 + len(n.canonical)) * (1 + len(n.providers))
	a.texts.budget -= classes / 32 * (1 + n.count/32)
	return a.texts.budget > 0
}

// principals returns the classes of callers that the policies of a question tell apart.
func (a *analysis) principals(sides ...Side) []*caller {
	named, controlled := a.name(sides)
	fresh := named.freshAccount()
	m := &callerMaker{a: a, named: named, controlled: controlled}
	for _, f := range named.attributes("AIDA", nil) {
		m.class("", "user", "arn:aws:iam::"+fresh+":user/"+unnamed, f)
	}
	roles := named.any || a.callerAsked
	if roles {
		m.roles("", fresh)
	}
	if roles && controlled && !named.any {
		m.roots("", fresh) // control policies bear on them, too
	}
	if !named.any {
		return m.all
	}
	m.roots("", fresh)
	m.exact("anonymous", authz.Facts{})
	m.exact(unnamed+".amazonaws.com", authz.Facts{})
	m.exact(unnamed+".example.com", authz.Facts{ByAssertion: true})
	for _, account := range named.accounts {
		for _, f := range named.attributes("AIDA", nil) {
			m.class(account, "user", "arn:aws:iam::"+account+":user/"+unnamed, f)
		}
		m.roles(account, account)
		m.roots(account, account)
	}
	for _, name := range named.arns {
		who, err := authz.NewPrincipal(name, authz.Facts{})
		switch {
		case err != nil: // nobody
		case who.Kind == authz.User:
			for _, f := range named.attributes("AIDA", nil) {
				m.exact(name, f)
			}
		case who.Kind == authz.RoleSession && name == who.Issuer:
			for _, f := range named.attributes("AROA", named.providers) {
				m.exact(name, f)
			}
		case who.Kind == authz.RoleSession:
			m.session(name)
		default:
			m.exact(name, authz.Facts{})
		}
	}
	for _, name := range named.services {
		m.exact(name, authz.Facts{})
	}
	for _, name := range named.providers {
		m.exact(name, authz.Facts{ByAssertion: true})
	}
	return m.all
}

// callerMaker makes classes of callers.
type callerMaker struct {
	a     *analysis
	named *namedPrincipals
	// controlled: there are policies that do not bear on service-linked roles.
	controlled bool
	all        []*caller
}

func (m *callerMaker) exact(name string, f authz.Facts) {
	if who, err := authz.NewPrincipal(name, f); err == nil {
		m.add(&caller{who: who})
	}
}

func (m *callerMaker) add(c *caller) {
	c.who.Describe(&c.described)
	m.all = append(m.all, c)
}

// class adds the users or role sessions of an account, or of all that are not named if it is "", of which name is one.
func (m *callerMaker) class(account, kind, name string, f authz.Facts) {
	who, err := authz.NewPrincipal(name, f)
	if err != nil {
		panic("analysis: " + name + " is no principal") // it is made here
	}
	c := &caller{who: who, unnamed: account == "" && f.UniqueID == "" && f.CanonicalID == "" && f.Provider == ""}
	signs := appendPattern(nil, "arn:?*:iam::", true)
	if account == "" {
		signs = append(signs, accountSigns()...)
	} else {
		signs = appendText(signs, account, letter)
	}
	signs = appendText(signs, ":"+kind+"/", letter)
	c.arns = m.a.texts.union(newGlob(append(signs, sign{kind: oneInName}, sign{kind: runInPart})))
	var not []*glob
	if account == "" {
		for _, other := range append([]string{nobodysAccount}, m.named.accounts...) {
			not = append(not, newGlob(append(appendPattern(nil, "arn:*:iam::"+other+":", true), sign{kind: run})))
		}
	}
	if kind == "role" && m.controlled {
		not = append(not, m.linked())
	}
	c.not = m.a.texts.union(append(not, m.notNamed(kind)...)...)
	m.add(c)
}

// roots adds the root user of an account, or of all that are not named, in any partition.
func (m *callerMaker) roots(account, or string) {
	for _, f := range m.named.accountAttributes() {
		who, err := authz.NewPrincipal("arn:aws:iam::"+or+":root", f)
		if err != nil {
			panic("analysis: " + or + " has no root user") // it is an account
		}
		signs := appendPattern(nil, "arn:?*:iam::", true)
		var not []*glob
		if account == "" {
			signs = append(signs, accountSigns()...)
			for _, other := range append([]string{nobodysAccount}, m.named.accounts...) {
				not = append(not, newGlob(append(appendPattern(nil, "arn:*:iam::"+other+":", true), sign{kind: run})))
			}
		} else {
			signs = appendText(signs, account, letter)
		}
		c := &caller{who: who, unnamed: account == "" && f.CanonicalID == "", arns: m.a.texts.union(newGlob(appendText(signs, ":root", letter)))}
		if len(not) > 0 {
			c.not = m.a.texts.union(not...)
		}
		m.add(c)
	}
}

// notNamed returns what no ARN of an unnamed user or role is: one that is named, and one that ends with a slash.
func (m *callerMaker) notNamed(kind string) (not []*glob) {
	for _, other := range m.named.arns {
		not = append(not, literalGlob(other))
	}
	return append(not, newGlob(append(appendPattern(nil, "arn:*:iam::*:"+kind+"/", true), sign{kind: run}, sign{letter, '/'})))
}

// roles adds the role sessions of an account, or of all that are not named.
func (m *callerMaker) roles(account, or string) {
	for _, f := range m.named.attributes("AROA", m.named.providers) {
		f.Issuer = "arn:aws:iam::" + or + ":role/" + unnamed
		m.class(account, "role", "arn:aws:sts::"+or+":assumed-role/"+unnamed+"/"+unnamed, f)
		if m.controlled {
			f.Issuer = "arn:aws:iam::" + or + ":" + serviceLinked + "service.amazonaws.com/" + unnamed
			m.class(account, strings.TrimSuffix(serviceLinked, "/"), "arn:aws:sts::"+or+":assumed-role/"+unnamed+"/"+unnamed, f)
		}
	}
}

// session adds a role session that is named: of a role that is named, too, or of another with the same name in any path.
func (m *callerMaker) session(name string) {
	parts := arn.Cut(name)
	role, _, _ := strings.Cut(strings.TrimPrefix(parts.Part(5), "assumed-role/"), "/")
	prefix := "arn:" + parts.Part(1) + ":iam::" + parts.Part(4) + ":role/"
	for _, f := range m.named.attributes("AROA", m.named.providers) {
		for _, issuer := range m.named.arns {
			if rest, ok := strings.CutPrefix(issuer, prefix); ok && rest[strings.LastIndexByte(rest, '/')+1:] == role {
				f.Issuer = issuer
				m.exact(name, f)
			}
		}
		paths := []string{""}
		if m.controlled {
			paths = append(paths, strings.TrimPrefix(serviceLinked, "role/"))
		}
		for _, path := range paths {
			f.Issuer = prefix + path + unnamed + "/" + role
			who, err := authz.NewPrincipal(name, f)
			if err != nil {
				continue
			}
			not := m.notNamed("role")
			anywhere := append(appendText(nil, prefix+path, letter), sign{kind: oneInPart}, sign{kind: runInPart})
			arns := []*glob{newGlob(appendText(anywhere, "/"+role, letter))}
			if path == "" {
				arns = append(arns, literalGlob(prefix+role))
				if m.controlled {
					not = append(not, m.linked())
				}
			} else {
				arns = append(arns, literalGlob(prefix+path+role))
			}
			m.add(&caller{who: who, name: name, arns: m.a.texts.union(arns...), not: m.a.texts.union(not...)})
		}
	}
}

// linked has the ARNs of all service-linked roles.
func (m *callerMaker) linked() *glob {
	return newGlob(append(appendPattern(nil, "arn:*:iam::*:"+serviceLinked, true), sign{kind: run}))
}

// attributes returns what a caller may be named by besides its ARN: its unique id, with a prefix, its account's canonical id, its provider; and not at all.
func (n *namedPrincipals) attributes(prefix string, providers []string) (all []authz.Facts) {
	for _, id := range append([]string{""}, n.ids...) {
		if id != "" && !strings.HasPrefix(id, prefix) {
			continue
		}
		for _, f := range n.accountAttributes() {
			for _, provider := range append([]string{""}, providers...) {
				f.UniqueID, f.Provider = id, provider
				all = append(all, f)
			}
		}
	}
	return all
}

func (n *namedPrincipals) accountAttributes() (all []authz.Facts) {
	for _, id := range append([]string{""}, n.canonical...) {
		all = append(all, authz.Facts{CanonicalID: id})
	}
	return all
}

// serviceLinked is how the resource part of a service-linked role's ARN begins.
const serviceLinked = "role/aws-service-role/"

// unnamed stands for a name that no policy has: it is not written by anybody.
const unnamed = "nobody-has-named-this-7f3a"

// freshName is the name of a user or role in a witness, if it may be any.
const freshName = "someone"

// namedPrincipals are those that Principal elements name.
type namedPrincipals struct {
	any                                                 bool // there is such an element
	accounts, arns, ids, services, providers, canonical []string
	seen                                                map[string]bool
	count                                               int // of all entries
}

func (n *namedPrincipals) add(e *policy.Principal) {
	add := func(to *[]string, text string) {
		if key := fmt.Sprintf("%p %s", to, text); !n.seen[key] {
			n.seen[key] = true
			*to = append(*to, text)
		}
	}
	n.any = n.any || e.Present()
	for i := range e.Entries {
		n.count += len(e.Entries[i].Items)
		for _, v := range e.Entries[i].Items {
			switch e.Entries[i].Type.Text {
			case "AWS":
				account, isRoot := arn.Root(v.Text)
				name, err := arn.Parse(v.Text)
				switch {
				case isRoot:
					add(&n.accounts, account)
				case arn.IsAccount(v.Text):
					add(&n.accounts, v.Text)
				case err == nil:
					add(&n.arns, v.Text)
					if arn.IsAccount(name.Account) {
						add(&n.accounts, name.Account)
					}
				case strings.HasPrefix(v.Text, "AIDA"), strings.HasPrefix(v.Text, "AROA"):
					add(&n.ids, v.Text)
				}
			case "Service":
				add(&n.services, v.Text)
			case "Federated":
				add(&n.providers, v.Text)
			case "CanonicalUser":
				add(&n.canonical, v.Text)
			}
		}
	}
}

// freshAccount returns an account that no policy names.
func (n *namedPrincipals) freshAccount() string {
	for _, id := range [...]string{"111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "666666666666", "777777777777", "888888888888"} {
		if !slices.Contains(n.accounts, id) {
			return id
		}
	}
	id := []byte("100000000000")
	for i := 1; slices.Contains(n.accounts, string(id)); i++ {
		copy(id[6:], []byte{'0' + byte(i/100000%10), '0' + byte(i/10000%10), '0' + byte(i/1000%10), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
	}
	return string(id)
}

package analysis

import (
	"fmt"
	"slices"
	"strconv"
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
	// reaches keeps how statements name the caller, by their numbers: see reach.
	reaches [4][]uint8
}

// Keys that follow from who the caller is (evaluation.md §1). Of a class without a single caller they are parts of the ARN, but for what a role session is called: a
// policy can tell it by aws:userid alone.
const (
	principalARN     = "aws:principalarn"
	principalAccount = "aws:principalaccount"
	principalType    = "aws:principaltype"
	userID           = "aws:userid"
	userName         = "aws:username"
	// isAWSService and isAssumedRoot are true for one kind of caller and for no other.
	isAWSService  = "aws:principalisawsservice"
	isAssumedRoot = "aws:assumedroot"
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
	case userID:
		return c.who.Kind == authz.FederatedSession || c.who.Kind == authz.Root || c.who.Kind == authz.AssumedRoot
	}
	return false
}

// isTold reports whether a key follows from who the caller is, for this caller.
func (t *theory) isTold(on subject) bool {
	if t.a.isCaller(on) || t.a.isDerived(on, t.caller) {
		return true
	}
	if on < firstKey || t.a.keyAt(on).name != userID || t.caller.isAnySession() {
		return false
	}
	_, told := t.caller.described.Text(t.a.keyAt(on).key)
	return told
}

// isAnySession reports whether the class has role sessions of any name.
func (c *caller) isAnySession() bool {
	return c.who.Kind == authz.RoleSession && c.arns != nil && c.name == ""
}

// bind narrows what a key may be for callers of the class, if it does not follow from who they are; present says that it cannot be absent.
func (t *theory) bind(on subject, x extra) (bound extra, present bool) {
	only := func(u *union) { x.in = append(slices.Clip(x.in), u) }
	is := func(b bool) {
		if t.a.options.Catalog != nil {
			only(t.a.texts.union(literalGlob(strconv.FormatBool(b))))
		}
	}
	switch t.a.keyAt(on).name {
	case isAWSService:
		is(t.caller.who.Kind == authz.Service)
	case isAssumedRoot:
		is(t.caller.who.Kind == authz.AssumedRoot)
	case userID:
		if id := t.caller.who.UniqueID; id != "" {
			only(t.a.texts.union(newGlob(append(appendText(nil, id+":", letter), sign{kind: oneInName}, sign{kind: runInName}))))
			return x, true
		}
		if t.a.ids != nil { // who has one of these is of another class
			x.out = append(slices.Clip(x.out), t.a.ids)
		}
	}
	return x, false
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
	switch {
	case name == userID && c.who.Kind == authz.FederatedSession:
		text = parts.Part(4) + ":" + strings.TrimPrefix(parts.Part(5), federatedUser)
	case name == userName:
		text = text[strings.LastIndexByte(text, '/')+1:]
	default:
		text = parts.Part(4)
	}
	return value{single, []string{text}}
}

// federatedUser is how the resource part of a federated session's ARN begins.
const federatedUser = "federated-user/"

// solveCaller is solve for the keys that follow from who the caller is.
func (t *theory) solveCaller(on subject, m mode, x extra) (v value, core []lit, result outcome) {
	k := t.a.keyAt(on)
	if t.caller.arns == nil || on != t.a.principalARN && !t.a.isDerived(on, t.caller) {
		text, present := t.caller.described.Text(k.key)
		s := absent
		if present {
			s = single
			x.in = append(slices.Clip(x.in), t.a.texts.union(literalGlob(text)))
		}
		return t.solveShape(on, s, m, x)
	}
	// The ARN, and what is asked of its parts.
	x.in, x.out = append(slices.Clip(x.in), t.caller.arns), append(slices.Clip(x.out), t.caller.not)
	if t.a.outside != nil {
		// What the policy names of ARNs and of accounts, the public is not.
		if d := t.a.outside.domain(t.a, on); d.not != nil {
			x.out = append(slices.Clip(x.out), d.not)
		}
		for _, part := range [...]string{principalAccount, userID} {
			on := t.a.keyOf(part)
			if d := t.a.outside.domain(t.a, on); d.not != nil && t.a.isDerived(on, t.caller) {
				x.out = append(slices.Clip(x.out), t.a.texts.union(t.caller.whole(part, d.not)...))
			}
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
		w := info.test.want(l)
		if info.on != on {
			if w.set == nil {
				return v, nil, gaveUp
			}
			w.set = &set{fixed: t.a.texts.union(t.caller.whole(t.a.keyAt(info.on).name, t.of(w, m))...)}
		}
		wants = append(wants, w)
	}
	text, core, result := t.solveText(wants, m, x, nil)
	if parts := arn.Cut(text); result == found && t.a.options.Catalog != nil && !slices.Contains(t.a.placeNames().partitions, parts.Part(1)) {
		// It is of no partition that there is: go through those.
		return t.solvePlaced(wants, m, x, func(partition string) *union {
			return t.a.texts.union(newGlob(append(appendText(nil, "arn:"+partition+":", letter), sign{kind: run})))
		})
	}
	return value{single, []string{text}}, core, result
}

// whole returns the ARNs of the class from which a key of a name follows that is in a set.
func (c *caller) whole(name string, u *union) (globs []*glob) {
	join := func(before string, signs []sign, after ...sign) {
		globs = append(globs, newGlob(append(append(appendPattern(nil, before, true), signs...), after...)))
	}
	for _, g := range u.globs {
		switch {
		case name == userName:
			if signs, ok := narrowed(g.signs, oneInName); ok {
				join("arn:*:iam::*:user/", signs)
				join("arn:*:iam::*:user/*/", signs)
			}
		case name == userID && c.who.Kind == authz.FederatedSession: // account:name
			needs := 0 // characters up to here
			for i, s := range g.signs {
				if !s.kind.runs() {
					needs++
				}
				if needs > accountLength+1 {
					break // what is before the colon is longer than an account
				}
				before, after := slices.Clone(g.signs[:i]), slices.Clone(g.signs[i+1:])
				switch {
				case s.kind == run:
					before, after = append(before, s), append([]sign{s}, after...)
				case !s.takes(':'):
					continue
				}
				account, ok := narrowed(before, oneInPart)
				session, ok2 := narrowed(after, oneInName)
				if ok && ok2 {
					signs := append(append(account, sign{letter, ':'}), appendText(nil, federatedUser, letter)...)
					join("arn:*:sts::", append(signs, session...))
				}
			}
		default:
			if signs, ok := narrowed(g.signs, oneInPart); ok {
				join("arn:*:*::", append(signs, sign{letter, ':'}), sign{kind: run})
			}
		}
	}
	return globs
}

// narrowed returns signs that take what signs take as far as it has no colon, or, for oneInName, no colon and no slash; ok is false if that is nothing.
func narrowed(signs []sign, narrow signKind) (out []sign, ok bool) {
	for _, s := range signs {
		switch {
		case s.kind.runs():
			s.kind = max(s.kind, narrow-one+run)
		case s.kind >= one && s.kind <= oneInName:
			s.kind = max(s.kind, narrow)
		case s.kind == letter && !(sign{kind: narrow}).takes(s.r):
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// accountLength is how many digits an account's id has.
const accountLength = 12

// accountSigns are the digits of an account.
func accountSigns() []sign { return slices.Repeat([]sign{{kind: digit}}, accountLength) }

// name collects the principals that the policies of a question name.
func (a *analysis) name(sides ...Side) *namedPrincipals {
	named := &namedPrincipals{seen: make(map[string]bool), arnsOf: make(map[string][]string)}
	for _, side := range sides {
		ps := side.Policies
		named.controlled = named.controlled || len(ps.ServiceControl)+len(ps.ResourceControl) > 0 || ps.Boundary != nil
		if side.layers {
			named.assumedRoots = true
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
			if !p.Kind().HasPrincipals() {
				continue
			}
			for i := range p.Document.Statements {
				named.add(&p.Document.Statements[i].Principal)
			}
		}
	}
	if _, ok := a.keyNumbers[isAssumedRoot]; ok {
		named.assumedRoots = true
	}
	return named
}

// cost returns what of the budget the principals take: each makes classes of callers, and each of those is asked about with all names.
func (n *namedPrincipals) cost() int {
	classes := (5+8*len(n.accounts)+3*len(n.arns))*(1+len(n.ids))*(1+len(n.canonical))*(1+len(n.providers)) + n.federated*len(n.arns)
	return classes / 32 * (1 + n.count/32)
}

// principals returns the classes of callers that the policies of a question tell apart.
func (a *analysis) principals(named *namedPrincipals) []*caller {
	fresh := named.freshAccount()
	m := &callerMaker{a: a, named: named}
	var ids []*glob
	for _, id := range named.ids {
		ids = append(ids, literalGlob(id), newGlob(append(appendText(nil, id+":", letter), sign{kind: run})))
	}
	if len(ids) > 0 {
		a.ids = a.texts.union(ids...)
	}
	for _, f := range named.attributes("AIDA", nil) {
		m.class("", "user", "arn:aws:iam::"+fresh+":user/"+unnamed, f)
	}
	roles := named.any || a.callerAsked
	if roles {
		m.roles("", fresh)
	}
	if roles && named.controlled && !named.any {
		m.roots("", fresh) // control policies bear on them, too
	}
	if !named.any {
		if roles {
			m.federated("", fresh)
		}
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
		case who.Kind == authz.FederatedSession:
			for _, f := range named.accountAttributes() {
				for _, f.Issuer = range m.issuers(who.Account, who.Account) {
					m.exact(name, f)
				}
			}
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
	// They come last: a witness by a user or role is easier to read.
	m.federated("", fresh)
	for _, account := range named.accounts {
		m.federated(account, account)
	}
	return m.all
}

// callerMaker makes classes of callers.
type callerMaker struct {
	a     *analysis
	named *namedPrincipals
	all   []*caller
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
	signs, not := m.of("iam", account)
	signs = appendText(signs, ":"+kind+"/", letter)
	c.arns = m.a.texts.union(newGlob(append(signs, sign{kind: oneInName}, sign{kind: runInPart})))
	if kind == "role" && m.named.controlled {
		not = append(not, m.linked())
	}
	c.not = m.a.texts.union(append(not, m.notNamed(account, kind)...)...)
	m.add(c)
}

// of returns how the ARNs of an account, or of all that are not named if it is "", begin, and what they are not.
func (m *callerMaker) of(service, account string) (signs []sign, not []*glob) {
	signs = appendPattern(nil, "arn:?*:"+service+"::", true)
	if account != "" {
		return appendText(signs, account, letter), nil
	}
	for _, other := range m.named.accounts {
		not = append(not, newGlob(append(appendPattern(nil, "arn:*:"+service+"::"+other+":", true), sign{kind: run})))
	}
	return append(signs, accountSigns()...), not
}

// roots adds the root user of an account, or of all that are not named, in any partition, and the sessions of AssumeRoot if they are told apart.
func (m *callerMaker) roots(account, or string) {
	signs, not := m.of("iam", account)
	arns, without := m.a.texts.union(newGlob(appendText(signs, ":root", letter))), m.a.texts.union(not...)
	for _, f := range m.named.accountAttributes() {
		for _, f.AssumedRoot = range m.rootKinds() {
			who, err := authz.NewPrincipal("arn:aws:iam::"+or+":root", f)
			if err != nil {
				panic("analysis: " + or + " has no root user") // it is an account
			}
			m.add(&caller{who: who, unnamed: account == "" && f.CanonicalID == "", arns: arns, not: without})
		}
	}
}

// rootKinds returns what Facts.AssumedRoot may be.
func (m *callerMaker) rootKinds() []bool {
	if m.named.assumedRoots {
		return []bool{false, true}
	}
	return []bool{false}
}

// federated adds the sessions of GetFederationToken of an account, or of all that are not named.
func (m *callerMaker) federated(account, or string) {
	signs, not := m.of("sts", account)
	signs = appendText(signs, ":"+federatedUser, letter)
	for _, other := range m.named.arnsOf[account] {
		not = append(not, literalGlob(other))
	}
	arns, without := m.a.texts.union(newGlob(append(signs, sign{kind: oneInName}, sign{kind: runInName}))), m.a.texts.union(not...)
	for _, f := range m.named.accountAttributes() {
		for _, f.Issuer = range m.issuers(account, or) {
			who, err := authz.NewPrincipal("arn:aws:sts::"+or+":"+federatedUser+unnamed, f)
			if err != nil {
				panic("analysis: " + or + " has no federated users") // it is an account
			}
			m.add(&caller{who: who, unnamed: account == "" && f.CanonicalID == "", arns: arns, not: without})
		}
	}
}

// issuers returns who may have called GetFederationToken in an account: a user that is not named, the root user, which is the empty text, and each user that is.
func (m *callerMaker) issuers(account, or string) []string {
	all := []string{"arn:aws:iam::" + or + ":user/" + unnamed}
	if !m.named.any {
		return all
	}
	all = append(all, "")
	for _, name := range m.named.arnsOf[account] {
		if who, err := authz.NewPrincipal(name, authz.Facts{}); err == nil && who.Kind == authz.User {
			all = append(all, name)
		}
	}
	return all
}

// notNamed returns what no ARN of an unnamed user or role of an account is: one that is named, and one that ends with a slash. Those that are named are of accounts that are named, too.
func (m *callerMaker) notNamed(account, kind string) (not []*glob) {
	for _, other := range m.named.arnsOf[account] {
		not = append(not, literalGlob(other))
	}
	return append(not, newGlob(append(appendPattern(nil, "arn:*:iam::*:"+kind+"/", true), sign{kind: run}, sign{letter, '/'})))
}

// roles adds the role sessions of an account, or of all that are not named.
func (m *callerMaker) roles(account, or string) {
	for _, f := range m.named.attributes("AROA", m.named.providers) {
		f.Issuer = "arn:aws:iam::" + or + ":role/" + unnamed
		m.class(account, "role", "arn:aws:sts::"+or+":assumed-role/"+unnamed+"/"+unnamed, f)
		if m.named.controlled {
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
		for _, issuer := range m.named.arnsOf[parts.Part(4)] {
			if rest, ok := strings.CutPrefix(issuer, prefix); ok && rest[strings.LastIndexByte(rest, '/')+1:] == role {
				f.Issuer = issuer
				m.exact(name, f)
			}
		}
		paths := []string{""}
		if m.named.controlled {
			paths = append(paths, strings.TrimPrefix(serviceLinked, "role/"))
		}
		for _, path := range paths {
			f.Issuer = prefix + path + unnamed + "/" + role
			who, err := authz.NewPrincipal(name, f)
			if err != nil {
				continue
			}
			not := m.notNamed(parts.Part(4), "role")
			anywhere := append(appendText(nil, prefix+path, letter), sign{kind: oneInPart}, sign{kind: runInPart})
			arns := []*glob{newGlob(appendText(anywhere, "/"+role, letter))}
			if path == "" {
				arns = append(arns, literalGlob(prefix+role))
				if m.named.controlled {
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
	arnsOf                                              map[string][]string // by account
	// controlled: there are policies that do not bear on service-linked roles.
	controlled bool
	// assumedRoots: sessions of AssumeRoot are told from root users.
	assumedRoots bool

	seen      map[string]bool
	count     int // of all entries
	federated int // of those that are sessions of GetFederationToken
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
					if !n.seen[v.Text] {
						n.seen[v.Text] = true
						n.arns = append(n.arns, v.Text)
						n.arnsOf[name.Account] = append(n.arnsOf[name.Account], v.Text)
					}
					if strings.HasPrefix(name.Resource, federatedUser) {
						n.federated++
					}
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

package authz

import (
	"cmp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// Kind is what a document is used as; it decides who and what its statements reach.
type Kind uint8

const (
	// Identity is an identity-based policy, a permissions boundary or a session policy: it has no principals.
	Identity Kind = iota
	// Resource is a resource-based policy, a role's trust policy included.
	Resource
	// Endpoint is a VPC endpoint policy.
	Endpoint
	// ServiceControl is a service control policy.
	ServiceControl
	// ResourceControl is a resource control policy.
	ResourceControl
)

// HasPrincipals reports whether the statements of such a document say whom they speak of.
func (k Kind) HasPrincipals() bool { return k == Resource || k == Endpoint || k == ResourceControl }

// Program is a document made ready to be asked: its statements prepared, and found by principal, service and action. A
// Program is immutable; everything that uses the policy shares it.
type Program struct {
	// allows and denies tell what the statements of either effect may speak of. They stand first, since they are what most decisions
	// look at and all that some do.
	allows, denies spoken
	// others is 1 if the policy says whom it speaks of, and so has no place among identity policies.
	others uint64
	kind   Kind
	// allowsAll: a statement allows everyone everything without condition, as the policies that AWS attaches to every level of an organization do.
	allowsAll bool

	// groups have the statements of a policy with principals.
	groups []group
	// unnamed is how many of the groups, the first, are not found by name: those of "*", and those with NotPrincipal.
	unnamed int
	named   principalTable
	// namedAllows and namedDenies tell what the groups in named may speak of.
	namedAllows, namedDenies spoken

	// own has the statements of a policy without principals.
	own        index
	statements []statement

	Document *policy.Document
	// ARN is the policy's own ARN, printed in messages; empty for inline policies.
	ARN string
	// Name is for people; it may be empty.
	Name string
}

// group holds statements that speak of the same principals.
type group struct {
	index    index
	names    []principalName
	everyone bool // "*" is among them
	not      bool // NotPrincipal
}

// isNamed reports whether the group is found by the names in it.
func (g *group) isNamed() bool { return !g.not && !g.everyone }

// statement is a statement without its principals and actions, which the indexes hold. It has the size of a line of the processor's cache, and holds
// itself what decides most questions.
type statement struct {
	resource // one, or one of the forms that stand for none and several
	tests    []condition.Test
	// more is there if there is anything that few statements have.
	more *statementMore
}

// resource is an entry of Resource or NotResource.
type resource struct {
	form resourceForm
	// text is what the resource must be or begin with.
	text    string
	pattern *condition.ARN
}

// resourceForm says how to compare a resource. Few entries need a pattern.
type resourceForm uint8

const (
	anyResource   resourceForm = iota
	oneText                    // text and no other
	onePrefix                  // what begins with text
	oneTree                    // text, and what begins with text and a slash: a bucket and its objects
	onePattern                 // what pattern matches
	manyResources              // for a statement: see more
)

// statementMore are the parts of a statement that few have.
type statementMore struct {
	// resources: one of them must match, or none of them if they are of NotResource.
	resources    []guardedResource
	notResources bool
	// notActions are the patterns of NotAction; notServices has the bits of the services that they may speak of.
	notActions  []wildcard.Pattern
	notServices uint64
}

type guardedResource struct {
	guard guard
	resource
}

// commonGuard returns a guard that whatever any of a statement's resources matches passes.
func commonGuard(s *policy.Statement, c *statement, variables bool) guard {
	if c.form == anyResource || s.Resource.Not {
		return guard{}
	}
	first := true
	prefix := ""
	for _, v := range s.Resource.Items {
		if v.Kind == policy.Null {
			continue
		}
		other := condition.Prefix(v.Text, variables)
		if first {
			prefix, first = other, false
		}
		n := 0
		for n < len(prefix) && n < len(other) && prefix[n] == other[n] {
			n++
		}
		prefix = prefix[:n]
	}
	return newGuard(prefix)
}

// Compile makes a Program of a document. It takes time and memory in proportion to the document's size, but for the
// sorting of its actions.
func Compile(d *policy.Document, k Kind) *Program {
	if len(d.Statements) >= 1<<statementBits {
		panic("authz: more than 16 million statements in a document") // no memory holds them
	}
	p := &Program{Document: d, kind: k, statements: make([]statement, len(d.Statements))}
	if k.HasPrincipals() {
		p.others = 1
	}
	var own indexBuilder
	if !k.HasPrincipals() {
		n := 0
		for i := range d.Statements {
			n += max(1, len(d.Statements[i].Action.Items))
		}
		own.entries = make([]entry, 0, n)
	}
	var groups groupBuilder
	for i := range d.Statements {
		s, c := &d.Statements[i], &p.statements[i]
		*c = compileStatement(s, k, d.Variables())
		g := commonGuard(s, c, d.Variables())
		p.allowsAll = p.allowsAll || allowsAll(s, k)
		switch {
		case !k.HasPrincipals():
			own.add(i, s, c, g)
		case s.Principal.Present(): // without one it speaks of nobody (doc/language.md 23)
			groups.add(i, s, c, g)
		}
	}
	p.own = own.index()
	p.spoke(&p.own)
	p.groups = groups.groups
	for i := range p.groups {
		g := &p.groups[i]
		g.index = groups.builders[i].index()
		p.spoke(&g.index)
		if !g.isNamed() {
			p.groups[p.unnamed], p.groups[i] = p.groups[i], p.groups[p.unnamed]
			p.unnamed++
			continue
		}
		p.namedAllows.add(g.index.allows)
		p.namedDenies.add(g.index.denies)
	}
	p.named = newPrincipalTable(p.groups)
	return p
}

// spoke adds what statements may speak of to what the whole policy may.
func (p *Program) spoke(ix *index) {
	p.allows.add(ix.allows)
	p.denies.add(ix.denies)
}

// allowsAll reports whether a statement allows everyone everything without condition.
func allowsAll(s *policy.Statement, k Kind) bool {
	all := func(e *policy.Element) bool {
		return !e.Not && slices.ContainsFunc(e.Items, func(v policy.Value) bool { return v.Text == "*" })
	}
	return s.Effect == policy.Allow && all(&s.Action) && all(&s.Resource) && len(s.Condition.Blocks) == 0 &&
		(!k.HasPrincipals() || s.Principal.Everyone && !s.Principal.Not)
}

// Kind returns what the document was compiled as.
func (p *Program) Kind() Kind { return p.kind }

// groupBuilder sorts statements by whom they speak of.
type groupBuilder struct {
	groups   []group
	builders []indexBuilder // of the groups
	byKey    map[string]int
}

// maxSpread is how many entries a statement may have in the groups of single principals: principals times actions.
const maxSpread = 256

// add enters a statement. One that names few principals goes to a group of each of them, so that all that speaks of a principal is in
// one place; one that names many shares a group with those that name the very same.
func (b *groupBuilder) add(number int, s *policy.Statement, c *statement, common guard) {
	g := groupOf(&s.Principal)
	if g.not || g.everyone || len(g.names)*len(s.Action.Items) > maxSpread {
		b.builder(g).add(number, s, c, common)
		return
	}
	for i := range g.names {
		b.builder(group{names: g.names[i : i+1]}).add(number, s, c, common)
	}
}

// builder returns the builder of a group, which is added if there is none for the same principals.
func (b *groupBuilder) builder(g group) *indexBuilder {
	key := g.key()
	i, ok := b.byKey[key]
	if !ok {
		if b.byKey == nil {
			b.byKey = make(map[string]int)
		}
		i = len(b.groups)
		b.byKey[key] = i
		b.groups = append(b.groups, g)
		b.builders = append(b.builders, indexBuilder{})
	}
	return &b.builders[i]
}

func groupOf(e *policy.Principal) group {
	g := group{not: e.Not, everyone: e.Everyone}
	for i := range e.Entries {
		entry := &e.Entries[i]
		for _, v := range entry.Items {
			switch entry.Type.Text {
			case "AWS":
				account, isRoot := arn.Root(v.Text)
				switch {
				case v.Text == "*":
					g.everyone = true
				case isRoot:
					g.names = append(g.names, newPrincipalName(accountName, account))
				case arn.IsAccount(v.Text):
					g.names = append(g.names, newPrincipalName(accountName, v.Text))
				default:
					g.names = append(g.names, newPrincipalName(awsName, v.Text))
				}
			case "Service":
				g.names = append(g.names, newPrincipalName(serviceName, v.Text))
			case "Federated":
				g.names = append(g.names, newPrincipalName(federatedName, v.Text))
			case "CanonicalUser":
				g.names = append(g.names, newPrincipalName(canonicalName, v.Text))
			}
		}
	}
	slices.SortFunc(g.names, func(a, b principalName) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.text.Value(), b.text.Value()))
	})
	g.names = slices.Compact(g.names)
	return g
}

// key is the same for two groups if they speak of the same principals.
func (g *group) key() string {
	var b strings.Builder
	if g.not {
		b.WriteByte('!')
	}
	if g.everyone {
		b.WriteByte('*')
	}
	for _, n := range g.names {
		b.WriteByte(0)
		b.WriteByte(byte(n.kind))
		b.WriteString(n.text.Value())
	}
	return b.String()
}

func compileStatement(s *policy.Statement, k Kind, variables bool) (c statement) {
	c.compileResources(s, k, variables)
	if s.Action.Not {
		m := c.extend()
		for _, v := range s.Action.Items {
			text := fold.Name(v.Text)
			m.notActions = append(m.notActions, wildcard.Parse(text))
			if service, _, _ := strings.Cut(text, ":"); strings.ContainsAny(service, "*?") {
				m.notServices = ^uint64(0)
			} else {
				m.notServices |= bitOf(fold.Hash(service))
			}
		}
	}
	for i := range s.Condition.Blocks {
		b := &s.Condition.Blocks[i]
		if !b.Known {
			continue // it has no keys, or the document would have been refused
		}
		for j := range b.Keys {
			key := &b.Keys[j]
			c.tests = append(c.tests, condition.NewTest(b.Operator, condition.NewKey(key.Key.Text), key.Texts(), variables))
		}
	}
	return c
}

// matches reports whether the statement, known to speak of the request's principal and action, applies to it.
func (s *statement) matches(r *Request) bool {
	if !s.matchesResource(r) {
		return false
	}
	for i := range s.tests {
		if !s.tests[i].Match(&r.Context) {
			return false
		}
	}
	return true
}

func (s *statement) matchesResource(r *Request) bool {
	if s.form == manyResources {
		return s.more.matchesResource(r)
	}
	return s.resource.matches(r)
}

func (x *resource) matches(r *Request) bool {
	switch x.form {
	case anyResource:
		return true
	case oneText:
		return r.resource.Text() == x.text
	case onePrefix:
		return strings.HasPrefix(r.resource.Text(), x.text)
	case oneTree:
		text := r.resource.Text()
		return strings.HasPrefix(text, x.text) && (len(text) == len(x.text) || text[len(x.text)] == '/')
	}
	return x.pattern.Match(&r.resource, &r.Context)
}

func (m *statementMore) matchesResource(r *Request) bool {
	text := r.resource.Text()
	for i := range m.resources {
		if x := &m.resources[i]; x.guard.passes(text) && x.matches(r) {
			return !m.notResources
		}
	}
	return m.notResources
}

// matchesNotAction reports whether no pattern of NotAction, if there is one, matches.
func (s *statement) matchesNotAction(a *Action) bool {
	if s.more == nil || s.more.notServices&a.serviceBit == 0 {
		return true
	}
	for i := range s.more.notActions {
		if s.more.notActions[i].Match(a.folded) {
			return false
		}
	}
	return true
}

// extend returns c's more, a new one if there is none.
func (c *statement) extend() *statementMore {
	if c.more == nil {
		c.more = new(statementMore)
	}
	return c.more
}

// compileResources prepares the Resource or NotResource element.
func (c *statement) compileResources(s *policy.Statement, k Kind, variables bool) {
	if k == Resource && !s.Resource.Present() {
		return // in a resource policy the resource may go without saying (doc/language.md 23)
	}
	completion := condition.CompleteWild
	if k == Identity {
		completion = condition.CompleteAlways
	}
	n := 0 // how many can match
	for _, v := range s.Resource.Items {
		switch {
		case v.Kind == policy.Null: // it matches nothing
		case v.Text == "*" && !s.Resource.Not:
			return
		default:
			n++
		}
	}
	c.form = manyResources
	one := n == 1 && !s.Resource.Not
	for _, v := range s.Resource.Items {
		if v.Kind == policy.Null {
			continue
		}
		x := newResource(condition.NewARN(v.Text, variables, completion))
		if one {
			c.resource = x
			return
		}
		m := c.extend()
		if m.resources == nil {
			m.resources = make([]guardedResource, 0, n)
		}
		m.resources = append(m.resources, guardedResource{newGuard(condition.Prefix(v.Text, variables)), x})
	}
	m := c.extend()
	m.notResources = s.Resource.Not
	if tree, ok := m.tree(); ok {
		c.resource, c.more = tree, nil
	}
}

// tree returns the one resource that says the same as two do, such as arn:aws:s3:::bucket and arn:aws:s3:::bucket/*.
func (m *statementMore) tree() (tree resource, ok bool) {
	if len(m.resources) != 2 || m.notResources {
		return tree, false
	}
	root, below := &m.resources[0], &m.resources[1]
	if root.form != oneText {
		root, below = below, root
	}
	ok = root.form == oneText && below.form == onePrefix && below.text == root.text+"/"
	return resource{form: oneTree, text: root.text}, ok
}

func newResource(p condition.ARN) resource {
	if text, ok := p.Literal(); ok {
		return resource{form: oneText, text: text}
	}
	if text, ok := p.Prefix(); ok {
		return resource{form: onePrefix, text: text}
	}
	return resource{form: onePattern, pattern: &p}
}

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

// hasPrincipals reports whether the statements of such a document say whom they speak of.
func (k Kind) hasPrincipals() bool { return k == Resource || k == Endpoint || k == ResourceControl }

// Program is a document made ready to be asked: its statements prepared, and found by principal, service and action. A
// Program is immutable; everything that uses the policy shares it.
type Program struct {
	// allows and denies tell what the statements of either effect may speak of. They stand first, since they are what most decisions
	// look at and all that some do.
	allows, denies spoken
	// others is 1 if the policy says whom it speaks of, and so has no place among identity policies.
	others uint64
	// own has the statements of a policy without principals.
	own        effects
	statements []statement
	// groups have those of a policy with principals.
	groups []group
	// everyone are the groups that are not found by name: those of "*", and those with NotPrincipal.
	everyone []int32
	named    principalTable
	// namedAllows and namedDenies tell what the groups in named may speak of.
	namedAllows, namedDenies spoken
	kind                     Kind
	// allowsAll: a statement allows everyone everything without condition, as the policies that AWS attaches to every level of an organization do.
	allowsAll bool

	Document *policy.Document
	// ARN is the policy's own ARN, printed in messages; empty for inline policies.
	ARN string
	// Name is for people; it may be empty.
	Name string
}

// effects are the statements of either effect.
type effects struct {
	allow, deny index
}

// effectsBuilder collects the statements of either effect.
type effectsBuilder struct {
	allow, deny indexBuilder
}

// of returns the builder for an effect.
func (b *effectsBuilder) of(effect policy.Effect) *indexBuilder {
	if effect == policy.Deny {
		return &b.deny
	}
	return &b.allow
}

func (b *effectsBuilder) effects() effects { return effects{b.allow.index(), b.deny.index()} }

// group holds statements that speak of the same principals.
type group struct {
	effects
	names    []principalName
	everyone bool // "*" is among them
	not      bool // NotPrincipal
}

// statement is a statement without its principals and actions, which the indexes hold.
type statement struct {
	// resources: one of them must match, or none if notResources. anyResource: all match.
	resources []condition.ARN
	// guards are those of the resources, in the same order.
	guards       []guard
	notResources bool
	anyResource  bool
	tests        []condition.Test
	// notActions are the patterns of NotAction; notServices has the bits of the services that they may speak of.
	notActions  []wildcard.Pattern
	notServices uint64
	// common is a guard that the resource must pass for any of the resources to match.
	common guard
}

// commonGuard returns a guard that whatever any of a statement's resources matches passes.
func commonGuard(s *policy.Statement, c *statement, variables bool) guard {
	if c.anyResource || c.notResources || len(c.resources) == 0 {
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
	p := &Program{Document: d, kind: k, statements: make([]statement, len(d.Statements))}
	if k.hasPrincipals() {
		p.others = 1
	}
	var own effectsBuilder
	var groups groupBuilder
	for i := range d.Statements {
		s, c := &d.Statements[i], &p.statements[i]
		*c = compileStatement(s, k, d.Variables())
		p.allowsAll = p.allowsAll || allowsAll(s, k)
		switch {
		case !k.hasPrincipals():
			own.of(s.Effect).add(int32(i), s, c)
		case s.Principal.Present(): // without one it speaks of nobody (doc/language.md 23)
			groups.add(int32(i), s, c)
		}
	}
	p.own = own.effects()
	p.spoke(&p.own)
	p.groups = groups.groups
	for i := range p.groups {
		g := &p.groups[i]
		g.effects = groups.builders[i].effects()
		p.spoke(&g.effects)
		if g.not || g.everyone {
			p.everyone = append(p.everyone, int32(i))
			continue
		}
		p.namedAllows.add(g.allow.spoken)
		p.namedDenies.add(g.deny.spoken)
	}
	p.named = newPrincipalTable(p.groups)
	return p
}

// spoke adds what statements may speak of to what the whole policy may.
func (p *Program) spoke(e *effects) {
	p.allows.add(e.allow.spoken)
	p.denies.add(e.deny.spoken)
}

// allowsAll reports whether a statement allows everyone everything without condition.
func allowsAll(s *policy.Statement, k Kind) bool {
	all := func(e *policy.Element) bool {
		return !e.Not && slices.ContainsFunc(e.Items, func(v policy.Value) bool { return v.Text == "*" })
	}
	return s.Effect == policy.Allow && all(&s.Action) && all(&s.Resource) && len(s.Condition.Blocks) == 0 &&
		(!k.hasPrincipals() || s.Principal.Everyone && !s.Principal.Not)
}

// Kind returns what the document was compiled as.
func (p *Program) Kind() Kind { return p.kind }

// groupBuilder sorts statements by whom they speak of.
type groupBuilder struct {
	groups   []group
	builders []effectsBuilder // of the groups
	byKey    map[string]int
}

// maxSpread is how many entries a statement may have in the groups of single principals: principals times actions.
const maxSpread = 256

// add enters a statement. One that names few principals goes to a group of each of them, so that all that speaks of a principal is in
// one place; one that names many shares a group with those that name the very same.
func (b *groupBuilder) add(number int32, s *policy.Statement, c *statement) {
	g := groupOf(&s.Principal)
	if g.not || g.everyone || len(g.names)*len(s.Action.Items) > maxSpread {
		b.builder(g).of(s.Effect).add(number, s, c)
		return
	}
	for i := range g.names {
		b.builder(group{names: g.names[i : i+1]}).of(s.Effect).add(number, s, c)
	}
}

// builder returns the builder of a group, which is added if there is none for the same principals.
func (b *groupBuilder) builder(g group) *effectsBuilder {
	key := g.key()
	i, ok := b.byKey[key]
	if !ok {
		if b.byKey == nil {
			b.byKey = make(map[string]int)
		}
		i = len(b.groups)
		b.byKey[key] = i
		b.groups = append(b.groups, g)
		b.builders = append(b.builders, effectsBuilder{})
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

func compileStatement(s *policy.Statement, k Kind, variables bool) statement {
	c := statement{notResources: s.Resource.Not}
	// In a resource policy the resource may go without saying (doc/language.md 23).
	c.anyResource = k == Resource && !s.Resource.Present()
	completion := condition.CompleteWild
	if k == Identity {
		completion = condition.CompleteAlways
	}
	for _, v := range s.Resource.Items {
		if v.Kind == policy.Null {
			continue // it matches nothing
		}
		if v.Text == "*" && !s.Resource.Not {
			c.resources, c.anyResource = nil, true
			break
		}
		c.resources = append(c.resources, condition.NewARN(v.Text, variables, completion))
		c.guards = append(c.guards, newGuard(condition.Prefix(v.Text, variables)))
	}
	c.common = commonGuard(s, &c, variables)
	if s.Action.Not {
		for _, v := range s.Action.Items {
			text := fold.Name(v.Text)
			c.notActions = append(c.notActions, wildcard.Parse(text))
			if service, _, _ := strings.Cut(text, ":"); strings.ContainsAny(service, "*?") {
				c.notServices = ^uint64(0)
			} else {
				c.notServices |= bitOf(fold.Hash(service))
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
	if s.anyResource {
		return true
	}
	if len(s.resources) == 1 { // its guard is the ref's, which has been passed
		return s.resources[0].Match(&r.resource, &r.Context) != s.notResources
	}
	text := r.resource.Text()
	for i := range s.guards {
		if s.guards[i].passes(text) && s.resources[i].Match(&r.resource, &r.Context) {
			return !s.notResources
		}
	}
	return s.notResources
}

// matchesNotAction reports whether no pattern of NotAction matches.
func (s *statement) matchesNotAction(a *Action) bool {
	if s.notServices&a.serviceBit == 0 {
		return true
	}
	for i := range s.notActions {
		if s.notActions[i].Match(a.folded) {
			return false
		}
	}
	return true
}

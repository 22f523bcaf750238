package analysis

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// clause is a statement of a compiledPolicy, in parts that statements share.
type clause struct {
	policy    *compiledPolicy
	number    int // of the statement in its document
	allow     bool
	never     bool
	actions   *actionElement
	resources *resourceElement
	tests     []clauseTest
	// byProvider and byCanonical: it names somebody by what an export does not tell, the identity provider of a session or the canonical id of an account.
	byProvider, byCanonical bool
}

// statement returns the statement as it is written.
func (c *clause) statement() *policy.Statement { return &c.policy.Document.Statements[c.number] }

// clauseTest is one key of one operator of a statement.
type clauseTest struct {
	test  condition.Test
	shown ConditionTerm
	needs []*factKey // its key and those of its variables
}

// actionElement is an Action or NotAction element; statements that are written alike share it.
type actionElement struct {
	number int
	not    bool
	names  []string           // folded, without wildcards
	globs  []wildcard.Pattern // folded, with wildcards
}

func (x *actionElement) speaks(folded string) bool {
	if x.not && len(x.names)+len(x.globs) == 0 {
		return false
	}
	listed := slices.Contains(x.names, folded) || slices.ContainsFunc(x.globs, func(p wildcard.Pattern) bool { return p.Match(folded) })
	return listed != x.not
}

// resourceElement is a Resource or NotResource element.
type resourceElement struct {
	number int
	any    bool // it matches every resource
	not    bool
	open   []*openPattern // those of its entries that hold variables
	// class is the only one that has it, of its own; shared says that there are more, control that a policy of the organization has it.
	class           *class
	shared, control bool
	// private: it is asked about only for those whom it concerns.
	private bool
	// instantiated: its entries are found for each entity by itself.
	instantiated bool
}

// naming is a policy that bears on the resources of an account.
type naming struct {
	account string
	policy  *compiledPolicy
}

// openPattern is an entry with variables.
type openPattern struct {
	text    string
	pattern condition.ARN
	needs   []*factKey
}

// resourcePattern is an entry of resource elements, found by the text that all it matches begins with.
type resourcePattern struct {
	prefix   string
	literal  bool          // it matches the prefix and nothing else
	tail     bool          // it matches what begins with the prefix and nothing else
	instance bool          // it is one with variables of an entity, and whether it matches is asked later
	pattern  condition.ARN // otherwise; of an entry with variables, what it matches whatever they are
	elements []patternUse
}

type patternUse struct {
	element *resourceElement
	open    int     // 1 + the number of the entry with variables among those of the element; 0 for one without
	entity  *Entity // whose facts are put in for the variables; nil if nobody's are
}

// factKind says what a condition key follows from.
type factKind uint8

const (
	unknownFact  factKind = iota
	entityFact            // who the caller is
	accountFact           // whose the caller is, and what kind of caller; the same for a class
	resourceFact          // what the resource is
)

// factKey is a condition key that some policy of the estate asks for.
type factKey struct {
	key  condition.Key
	name string // folded
	kind factKind
	tag  string // of PrincipalTag and ResourceTag: the tag's name, folded
}

// estateIndex finds policies by what they speak of.
type estateIndex struct {
	policies []*compiledPolicy
	accounts []*account // in the order of their ids
	// naming are the resource control policies of accounts that name entities one by one.
	naming   []naming
	clauses  []*clause
	classes  []*class
	actions  []*actionElement
	elements []*resourceElement
	facts    map[string]*factKey
	// byPrefix has the patterns of resources by what they begin with, lengths how long that is, in order.
	byPrefix map[string][]*resourcePattern
	lengths  []int
	// resourceTags are the tags of resources that some policy asks for, folded and in order.
	resourceTags []string
	// keyPolicies are what KMS keys have whose policy is not known, by account: what AWS gives to a new one.
	keyPolicies map[string]*compiledPolicy
	// allowing is what somebody is taken to have whose own policies are not known.
	allowing *compiledPolicy
	// open is what a resource is taken to have whose policy is not known and must allow.
	open *compiledPolicy
}

func (e *Estate) makeIndex(policies []*compiledPolicy) {
	ix := &estateIndex{policies: policies, facts: make(map[string]*factKey), byPrefix: make(map[string][]*resourcePattern), keyPolicies: make(map[string]*compiledPolicy)}
	e.index = ix
	for id := range e.accounts {
		p := &compiledPolicy{Program: defaultKeyPolicy(id), number: len(ix.policies)}
		ix.keyPolicies[id] = p
		ix.policies = append(ix.policies, p)
	}
	ix.allowing = &compiledPolicy{Program: allowAll(authz.Identity), number: len(ix.policies)}
	ix.open = &compiledPolicy{Program: allowAll(authz.Resource), number: len(ix.policies) + 1}
	ix.policies = append(ix.policies, ix.allowing, ix.open)
	b := &indexMaker{ix: ix, actions: make(map[string]*actionElement), elements: make(map[string]*resourceElement), patterns: make(map[string]*resourcePattern)}
	for _, p := range ix.policies {
		p.clauses = make([]*clause, len(p.Document.Statements))
		for i := range p.clauses {
			p.clauses[i] = b.clause(p, i)
		}
		ix.clauses = append(ix.clauses, p.clauses...)
		if p.Kind().HasPrincipals() {
			p.names = namesOf(p.Document)
		}
	}
	ix.classify(e)
	for _, p := range ix.policies {
		for name := range p.names {
			if x := e.byARN[name]; x != nil {
				p.named = append(p.named, x)
			}
		}
	}
	byID := make(map[string][]*Entity)
	for _, x := range e.entities {
		if x.who.UniqueID != "" {
			byID[x.who.UniqueID] = append(byID[x.who.UniqueID], x)
		}
		if x.Kind == SessionEntity {
			byID[x.who.Issuer] = append(byID[x.who.Issuer], x) // what names the role names its sessions
		}
	}
	for _, p := range ix.policies {
		for name := range p.names {
			p.named = append(p.named, byID[name]...)
		}
		slices.SortFunc(p.named, func(a, b *Entity) int { return cmp.Compare(a.number, b.number) })
		p.named = slices.Compact(p.named)
	}
	for _, x := range e.entities {
		if x.Kind == RoleEntity || x.Kind == SessionEntity {
			x.taggable = x.trust == nil || x.trust.allows("sts:tagsession")
		}
	}
	for _, f := range ix.facts {
		if f.kind == resourceFact && f.tag != "" && !slices.Contains(ix.resourceTags, f.tag) {
			ix.resourceTags = append(ix.resourceTags, f.tag)
		}
	}
	slices.Sort(ix.resourceTags)
	for id, c := range e.controls {
		for _, p := range slices.Concat(c.resource...) {
			if len(p.named) > 0 {
				ix.naming = append(ix.naming, naming{id, p})
			}
		}
	}
	ix.share()
	ix.instantiate(e)
	lengths := make(map[int]bool)
	for prefix := range ix.byPrefix {
		lengths[len(prefix)] = true
	}
	for n := range lengths {
		ix.lengths = append(ix.lengths, n)
	}
	sort.Ints(ix.lengths)
}

// share finds out whom the resource elements concern.
func (ix *estateIndex) share() {
	for _, p := range ix.policies {
		for _, c := range p.clauses {
			if c.never {
				continue
			}
			r := c.resources
			r.control = r.control || p.Kind() == authz.ServiceControl || p.Kind() == authz.ResourceControl
			for _, k := range slices.Concat(p.attached, p.bounding) {
				r.shared = r.shared || r.class != nil && r.class != k
				r.class = k
			}
		}
	}
	for _, r := range ix.elements {
		r.private = !r.any && !r.control && (!r.shared || len(r.open) > 0)
	}
}

// instantiate enters the entries with variables of identity policies for each of the entities that have them, with what is known of it put in.
func (ix *estateIndex) instantiate(e *Estate) {
	x := &Asker{estate: e}
	s := &scene{x: x, res: &resourceState{estate: e}, view: &actionView{}}
	type instanceKey struct {
		element *resourceElement
		open    int
		entity  *Entity
	}
	seen := make(map[instanceKey]bool)
	for _, p := range ix.policies {
		for _, c := range p.clauses {
			if c.never || len(c.resources.open) == 0 {
				continue
			}
			r := c.resources
			if len(r.open) < len(c.statement().Resource.Items) || r.control {
				continue // what is found without variables is asked about for all that have it
			}
			r.instantiated = true
			for _, k := range slices.Concat(p.attached, p.bounding) {
				for _, who := range k.members {
					for i, open := range r.open {
						s.who, s.owner, s.filled = who, "", false
						key := instanceKey{r, i, who}
						if seen[key] {
							continue
						}
						seen[key] = true
						prefix := leading(open, s.facts())
						p := &resourcePattern{prefix: prefix, instance: true, elements: []patternUse{{element: r, open: i + 1, entity: who}}}
						ix.byPrefix[prefix] = append(ix.byPrefix[prefix], p)
					}
				}
			}
		}
	}
}

// leading returns the text that all begins with that an entry matches when known variables have their values, as far as that is easily seen.
func leading(p *openPattern, c *condition.Context) string {
	if len(arn.SplitPattern(p.text, true)) < arn.PartCount {
		return "" // what a short pattern matches need not begin as it does
	}
	var b strings.Builder
	text := p.text
	for text != "" {
		i := strings.IndexAny(text, "*?$")
		if i < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:i])
		text = text[i:]
		if !strings.HasPrefix(text, "${") {
			if text[0] == '$' {
				b.WriteByte('$')
				text = text[1:]
				continue
			}
			break
		}
		end := strings.IndexByte(text, '}')
		if end < 0 || strings.ContainsAny(text[:end], ",*?") || text[:end] == "${$" {
			break
		}
		value, ok := c.Text(condition.NewKey(text[2:end]))
		if !ok {
			break
		}
		b.WriteString(value)
		text = text[end+1:]
	}
	return b.String()
}

// allows reports whether some statement allows an action, to whomever and on whatever.
func (p *compiledPolicy) allows(folded string) bool {
	return slices.ContainsFunc(p.clauses, func(c *clause) bool { return c.allow && !c.never && c.actions.speaks(folded) })
}

// defaultKeyPolicy is the policy that AWS gives to a new key: the account's own policies decide.
func defaultKeyPolicy(id string) *authz.Program {
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + id + `"},"Action":"kms:*","Resource":"*"}]}`)
	if err != nil {
		panic("analysis: " + err.Error()) // it is written above
	}
	return authz.Compile(d, authz.Resource)
}

// namesOf returns the names of AWS principals and federated ones in a document, but for those of accounts and everyone.
func namesOf(d *policy.Document) map[string]bool {
	names := make(map[string]bool)
	for i := range d.Statements {
		for _, entry := range d.Statements[i].Principal.Entries {
			for _, v := range entry.Items {
				_, isRoot := arn.Root(v.Text)
				if entry.Type.Text == "AWS" && v.Text != "*" && !isRoot && !arn.IsAccount(v.Text) {
					names[v.Text] = true
				}
			}
		}
	}
	return names
}

// indexMaker shares the parts of statements.
type indexMaker struct {
	ix       *estateIndex
	actions  map[string]*actionElement
	elements map[string]*resourceElement
	patterns map[string]*resourcePattern
}

func (b *indexMaker) clause(p *compiledPolicy, number int) *clause {
	s := &p.Document.Statements[number]
	variables := p.Document.Variables()
	c := &clause{policy: p, number: number, allow: s.Effect == policy.Allow}
	c.actions = b.action(s)
	for i := range s.Principal.Entries {
		entry := s.Principal.Entries[i].Type.Text
		c.byProvider = c.byProvider || entry == "Federated" && !s.Principal.Not
		c.byCanonical = c.byCanonical || entry == "CanonicalUser" && !s.Principal.Not
	}
	if !s.Action.Present() || !s.Resource.Present() && p.Kind() != authz.Resource {
		c.never = true // doc/language.md 23
		return c
	}
	c.resources = b.resource(s, p.Kind(), variables)
	for i := range s.Condition.Blocks {
		block := &s.Condition.Blocks[i]
		if !block.Known {
			continue // it has no keys
		}
		for k := range block.Keys {
			key := &block.Keys[k]
			t := clauseTest{
				test:  condition.NewTest(block.Operator, condition.NewKey(key.Key.Text), key.Texts(), variables),
				shown: ConditionTerm{Operator: block.Name.Text, Key: key.Key.Text, Values: key.Texts()},
				needs: []*factKey{b.ix.fact(key.Key.Text)},
			}
			if variables && block.Operator.Comparison != condition.Null {
				for _, v := range key.Items {
					t.needs = append(t.needs, b.variables(v.Text)...)
				}
			}
			c.tests = append(c.tests, t)
		}
	}
	return c
}

// variables returns the keys of the variables in a text.
func (b *indexMaker) variables(text string) (needs []*factKey) {
	if !strings.Contains(text, "${") {
		return nil
	}
	t := condition.NewText(text, true, true)
	for _, k := range t.Variables() {
		needs = append(needs, b.ix.fact(k.String()))
	}
	return needs
}

func (b *indexMaker) action(s *policy.Statement) *actionElement {
	var key strings.Builder
	if s.Action.Not {
		key.WriteByte('!')
	}
	for _, v := range s.Action.Items {
		key.WriteString(fold.Name(v.Text))
		key.WriteByte(0)
	}
	if x, ok := b.actions[key.String()]; ok {
		return x
	}
	x := &actionElement{number: len(b.ix.actions), not: s.Action.Not}
	for _, v := range s.Action.Items {
		if text := fold.Name(v.Text); strings.ContainsAny(text, "*?") {
			x.globs = append(x.globs, wildcard.Parse(text))
		} else {
			x.names = append(x.names, text)
		}
	}
	b.actions[key.String()] = x
	b.ix.actions = append(b.ix.actions, x)
	return x
}

func (b *indexMaker) resource(s *policy.Statement, k authz.Kind, variables bool) *resourceElement {
	completion := condition.CompleteWild
	if k == authz.Identity {
		completion = condition.CompleteAlways
	}
	key := []byte{byte(completion)}
	if variables {
		key[0] |= 0x10
	}
	if s.Resource.Not {
		key[0] |= 0x20
	}
	for _, v := range s.Resource.Items {
		if v.Kind != policy.Null {
			key = append(binary.AppendUvarint(key, uint64(len(v.Text))), v.Text...)
		}
	}
	if !s.Resource.Present() {
		key = []byte{0xff}
	}
	if x, ok := b.elements[string(key)]; ok {
		return x
	}
	x := &resourceElement{number: len(b.ix.elements), not: s.Resource.Not}
	b.elements[string(key)] = x
	b.ix.elements = append(b.ix.elements, x)
	if !s.Resource.Present() || !x.not && slices.ContainsFunc(s.Resource.Items, func(v policy.Value) bool { return v.Text == "*" && v.Kind != policy.Null }) {
		x.any = true
		return x
	}
	for _, v := range s.Resource.Items {
		if v.Kind == policy.Null {
			continue // it matches nothing
		}
		use := patternUse{element: x}
		wide, wideVariables := v.Text, variables
		if variables {
			if needs := b.variables(v.Text); len(needs) > 0 {
				x.open = append(x.open, &openPattern{v.Text, condition.NewARN(v.Text, true, completion), needs})
				use.open = len(x.open)
				wide, wideVariables = widened(v.Text), false
			}
		}
		p := b.pattern(wide, wideVariables, completion)
		p.elements = append(p.elements, use)
	}
	return x
}

// widened returns a pattern that matches whatever one with variables does, whatever their values.
func widened(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, after, ok := strings.Cut(rest, "}")
		b.WriteByte('*')
		if !ok {
			return b.String()
		}
		text = after
	}
}

func (b *indexMaker) pattern(text string, variables bool, c condition.Completion) *resourcePattern {
	key := string([]byte{byte(c), 0}) + text
	if variables {
		key = string([]byte{byte(c), 1}) + text
	}
	if p, ok := b.patterns[key]; ok {
		return p
	}
	p := &resourcePattern{pattern: condition.NewARN(text, variables, c)}
	b.patterns[key] = p
	if lit, ok := p.pattern.Literal(); ok {
		p.prefix, p.literal = lit, true
	} else if prefix, ok := p.pattern.Prefix(); ok {
		p.prefix, p.tail = prefix, true
	} else {
		p.prefix = condition.Prefix(text, true)
		if parts := arn.Cut(text); parts.Len() < arn.PartCount {
			p.prefix = "" // what a short pattern matches need not begin as it does
		}
	}
	b.ix.byPrefix[p.prefix] = append(b.ix.byPrefix[p.prefix], p)
	return p
}

// fact returns a condition key and what it follows from (evaluation.md §8).
func (ix *estateIndex) fact(name string) *factKey {
	folded := fold.Name(name)
	if f, ok := ix.facts[folded]; ok {
		return f
	}
	f := &factKey{key: condition.NewKey(folded), name: folded}
	ix.facts[folded] = f
	service, rest, _ := strings.Cut(folded, ":")
	tag, isResourceTag := strings.CutPrefix(rest, "resourcetag/")
	switch {
	case isResourceTag && service != "":
		f.kind, f.tag = resourceFact, tag
		return f
	case service != "aws":
		return f
	}
	if tag, ok := strings.CutPrefix(rest, "principaltag/"); ok {
		f.kind, f.tag = entityFact, tag
		return f
	}
	switch folded {
	case principalARN, userID, userName:
		f.kind = entityFact
	case principalAccount, principalType, "aws:principalorgid", "aws:principalorgpaths", "aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist",
		"aws:assumedroot", "aws:federatedprovider", "aws:sourceidentity", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
		"aws:multifactorauthpresent", "aws:multifactorauthage":
		f.kind = accountFact
	case "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths":
		f.kind = resourceFact
	}
	return f
}

// classify sorts the entities by what they have.
func (ix *estateIndex) classify(e *Estate) {
	for i, id := range e.Accounts() {
		e.accounts[id].number = int32(i + 1)
		ix.accounts = append(ix.accounts, e.accounts[id])
	}
	byKey := make(map[string]*class)
	var key []byte
	for i, x := range e.entities {
		x.number = i
		if a := e.accounts[x.Account]; a != nil {
			x.account = a.number
		}
		var identity []*compiledPolicy
		for _, a := range x.Policies {
			identity = append(identity, a.policy)
		}
		slices.SortFunc(identity, func(a, b *compiledPolicy) int { return cmp.Compare(a.number, b.number) })
		identity = slices.Compact(identity)
		linked := byte(0)
		if x.who.ServiceLinked() {
			linked = 1
		}
		key = append(append(key[:0], x.Account...), byte(x.who.Kind), linked)
		boundary := -1
		if x.Boundary != nil {
			boundary = x.Boundary.policy.number
		}
		key = binary.AppendVarint(key, int64(boundary))
		for _, p := range identity {
			key = binary.AppendVarint(key, int64(p.number))
		}
		c, ok := byKey[string(key)]
		if !ok {
			c = &class{number: len(ix.classes), account: x.Account, identity: identity}
			if x.Boundary != nil {
				c.boundary = x.Boundary.policy
				c.boundary.bounding = append(c.boundary.bounding, c)
			}
			byKey[string(key)] = c
			ix.classes = append(ix.classes, c)
			for _, p := range identity {
				p.attached = append(p.attached, c)
			}
			if a := e.accounts[x.Account]; a != nil {
				a.classes = append(a.classes, c)
			}
		}
		x.class = c
		c.members = append(c.members, x)
	}
}

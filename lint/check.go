package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// Check returns what the rules find in a document, in the order of the places in the text; of several findings at one place the graver first. It never
// panics, whatever the text, and the same text always gives the same findings.
func Check(text string, o Options) []Finding { return checkWith(text, o, theSupplement) }

// checkWith is Check with a supplement of one's own.
func checkWith(text string, o Options, more *supplement) []Finding {
	c := &checker{doc: read(text), catalog: o.Catalog, analyzer: o.Analyzer, more: more, kind: o.Kind, resource: o.ResourceType, steps: maxSteps}
	c.kinds = c.kindsOf()
	for _, r := range rules {
		switch {
		case c.doc.fault != nil && !r.readsText():
		case r.NeedsCatalog && c.catalog == nil:
		case o.Kind == policy.Grammar && c.resource != AssumeRolePolicy && r.Kinds != AnyKind:
		case r.Kinds&c.kinds == 0:
		default:
			c.rule, c.count = r, 0
			r.check(c)
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Locations[0].Start, b.Locations[0].Start), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Code, b.Code))
	})
	return c.findings
}

// readsText reports that a rule is about the text and not about what was read of it.
func (r *Rule) readsText() bool {
	return r == jsonSyntaxError || strings.HasPrefix(r.Code, "POLICY_SIZE_")
}

// checker is a document under examination.
type checker struct {
	doc      *document
	catalog  *catalog.Catalog
	analyzer *analysis.Analyzer
	more     *supplement // what there is beside the catalog
	kind     policy.Kind
	kinds    Kinds // what of AWS's types of policies the document is
	resource string
	steps    int // that are left for what takes more than a look at each value

	rule     *Rule
	count    int // of the rule's findings
	findings []Finding

	arns      arnIndex
	keys      map[string]*catalog.Key  // by name, what key found
	arnForms  map[string][]arnTemplate // by ARN, what arnsLike found
	tagged    map[string]bool          // by pattern of actions, what knowsTags found
	suggested int
}

// kindsOf returns the types of policies that the document is one of.
func (c *checker) kindsOf() Kinds {
	if c.resource == AssumeRolePolicy {
		return Trust
	}
	switch c.kind {
	case policy.Managed, policy.Inline, policy.Session:
		return Identity
	case policy.Trust:
		c.resource = AssumeRolePolicy
		return Trust
	case policy.ServiceControl:
		return ServiceControl
	case policy.ResourceControl:
		return ResourceControl
	case policy.Resource:
		if !slices.Contains(ResourceTypes(), c.resource) {
			c.resource = ""
			if c.looksLikeTrust() {
				return Trust
			}
		}
		return Resource
	}
	return AnyKind
}

// looksLikeTrust reports a document that speaks of STS and names no resource.
func (c *checker) looksLikeTrust() bool {
	if len(c.doc.statements) == 0 {
		return false
	}
	for i := range c.doc.statements {
		s := &c.doc.statements[i]
		if !s.principal.present() && !s.notPrincipal.present() || s.resource.present() || s.notResource.present() || len(s.actions().items) == 0 {
			return false
		}
		for _, v := range s.actions().items {
			if !strings.HasPrefix(fold.Name(v.text), "sts:") {
				return false
			}
		}
	}
	return true
}

// is reports whether the document is of one of the kinds.
func (c *checker) is(k Kinds) bool { return c.kinds&k != 0 }

// whole is the document as a place.
func (c *checker) whole() span { return span{start: c.doc.start, end: c.doc.end, index: -1} }

// full reports that the rule has found as much as anybody reads.
func (c *checker) full() bool { return c.count >= maxFindings }

// report notes a finding of the rule at a place.
func (c *checker) report(at span, format string, args ...any) {
	c.reportAll([]span{at}, format, args...)
}

// reportAll notes a finding at several places.
func (c *checker) reportAll(at []span, format string, args ...any) {
	if c.full() {
		return
	}
	locations := make([]Location, 0, min(len(at), maxLocations))
	for i := range at[:min(len(at), maxLocations)] {
		locations = append(locations, Location{at[i].path(), at[i].start, at[i].end})
	}
	c.add(locations, format, args...)
}

// reportPart notes a finding at a part of a value's text, given by its bytes.
func (c *checker) reportPart(v *value, from, to int, format string, args ...any) {
	if c.full() {
		return
	}
	l := Location{v.path(), v.start, v.end}
	l.Path = append(l.Path, Step{Kind: StepSubstring, Index: utf8.RuneCountInString(v.text[:from]), Length: utf8.RuneCountInString(v.text[from:to])})
	// Where the text has escapes the place in it is not the place in its meaning: the whole value has to do.
	if v.end-v.start == len(v.text)+2 {
		l.Start, l.End = v.start+1+from, v.start+1+to
	}
	c.add([]Location{l}, format, args...)
}

func (c *checker) add(at []Location, format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = shown(s)
		}
	}
	c.count++
	c.findings = append(c.findings, Finding{Code: c.rule.Code, Type: c.rule.Type, Message: fmt.Sprintf(format, args...), Link: c.rule.Link(), Locations: at})
}

// shown cuts a text that is too long to be read.
func shown(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}

// path returns the way to a place.
func (s *span) path() []Step {
	n := 1
	for at := s.at; at != nil; at = at.up {
		n++
	}
	path := make([]Step, 0, n+1) // with room for a part of a string
	for at := s.at; at != nil; at = at.up {
		path = append(path, at.step)
	}
	slices.Reverse(path)
	if s.isKey && len(path) > 0 {
		path[len(path)-1].Kind = StepKey
	}
	if s.index >= 0 {
		path = append(path, Step{Kind: StepIndex, Index: int(s.index)})
	}
	return path
}

// eachStatement calls f with every statement.
func (c *checker) eachStatement(f func(s *statement)) {
	for i := range c.doc.statements {
		if c.full() {
			return
		}
		f(&c.doc.statements[i])
	}
}

// allows and denies report the statement's effect.
func (s *statement) allows() bool { return s.effect.text == "Allow" }
func (s *statement) denies() bool { return s.effect.text == "Deny" }

// actions returns Action or NotAction, whichever is there.
func (s *statement) actions() *element {
	if s.notAction.present() && !s.action.present() {
		return s.notAction
	}
	return s.action
}

// eachAction calls f with every action of Action and NotAction.
func (c *checker) eachAction(f func(s *statement, v *value)) {
	c.eachStatement(func(s *statement) {
		for _, e := range []*element{s.action, s.notAction} {
			for i := range e.items {
				f(s, &e.items[i])
			}
		}
	})
}

// eachResource calls f with every entry of Resource and NotResource.
func (c *checker) eachResource(f func(s *statement, v *value)) {
	c.eachStatement(func(s *statement) {
		for _, e := range []*element{s.resource, s.notResource} {
			for i := range e.items {
				f(s, &e.items[i])
			}
		}
	})
}

// eachPrincipal calls f with the Principal and the NotPrincipal of every statement.
func (c *checker) eachPrincipal(f func(s *statement, p *principal)) {
	c.eachStatement(func(s *statement) {
		for _, p := range []*principal{s.principal, s.notPrincipal} {
			if p.present() {
				f(s, p)
			}
		}
	})
}

// eachPrincipalValue calls f with every principal that is named, with its type.
func (c *checker) eachPrincipalValue(f func(s *statement, kind string, v *value)) {
	c.eachPrincipal(func(s *statement, p *principal) {
		for i := range p.entries {
			for j := range p.entries[i].items {
				f(s, p.entries[i].key.text, &p.entries[i].items[j])
			}
		}
	})
}

// eachBlock calls f with every operator of every Condition.
func (c *checker) eachBlock(f func(s *statement, b *block)) {
	c.eachStatement(func(s *statement) {
		for i := range s.condition.blocks {
			f(s, &s.condition.blocks[i])
		}
	})
}

// eachKey calls f with every condition key under an operator that is known.
func (c *checker) eachKey(f func(s *statement, b *block, k *element)) {
	c.eachBlock(func(s *statement, b *block) {
		for i := range b.keys {
			if b.known {
				f(s, b, &b.keys[i])
			}
		}
	})
}

// named reports whether a key has one of the names, in any case.
func (e *element) named(names ...string) bool {
	for _, name := range names {
		if fold.Equal(e.key.text, name) {
			return true
		}
	}
	return false
}

// tests reports whether a statement has a condition on one of the keys, under any operator.
func (s *statement) tests(names ...string) bool {
	for _, name := range names {
		if s.facts().keys[fold.Name(name)] {
			return true
		}
	}
	return false
}

// quoted returns texts with commas between, of many the first few.
func quoted(texts []string) string {
	const few = 5
	if len(texts) > few {
		return strings.Join(texts[:few], ", ") + fmt.Sprintf(" and %d more", len(texts)-few)
	}
	return strings.Join(texts, ", ")
}

package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// The Sid does not count, nor the order of lists, members and the case of what has none. Whether others say together what one says is proved, if somebody gave an analyzer.
var redundantStatement = &Rule{
	Code:     "REDUNDANT_STATEMENT",
	Title:    "Redundant statement",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "Two statements say the same, or a statement says nothing that the others do not say already.",
	check: func(c *checker) {
		first := make(map[string][]span)
		var repeated []string
		for i := range c.doc.statements {
			s := &c.doc.statements[i]
			if !s.effect.present() {
				continue
			}
			key := s.meaning()
			if first[key] = append(first[key], s.whole); len(first[key]) == 2 {
				repeated = append(repeated, key)
			}
		}
		for _, key := range repeated {
			c.reportAll(first[key], "These %d statements say the same; keep one", len(first[key]))
		}
		c.proveRedundant(func(n int) bool { return len(first[c.doc.statements[n].meaning()]) > 1 })
	},
}

// proveRedundant reports the statements without any of which the document would mean the same, but for those that are told already. It looks at documents that are valid alone: of
// others nobody knows what they mean.
func (c *checker) proveRedundant(told func(statement int) bool) {
	kind := c.kind
	if c.kinds == Trust {
		kind = policy.Trust
	}
	if c.analyzer == nil || len(c.doc.statements) < 2 || c.kinds == AnyKind {
		return
	}
	d, err := policy.Parse(c.doc.text)
	if err != nil || len(d.Statements) != len(c.doc.statements) {
		return
	}
	useless, _, err := c.analyzer.Useless(kind, d)
	if err != nil {
		return
	}
	for _, u := range useless {
		if u.Why == analysis.Redundant && !told(u.Statement) {
			c.report(c.doc.statements[u.Statement].whole, "Without this statement the others decide every request as they do with it; remove it, and look again")
		}
	}
}

// meaning returns a text that is the same for statements that say the same in the same words.
func (s *statement) meaning() string {
	var b strings.Builder
	part := func(texts ...string) {
		for _, t := range texts {
			b.WriteString(t)
			b.WriteByte(0) // in no policy: JSON spells it out and AWS refuses it
		}
		b.WriteByte(1)
	}
	list := func(e *element, meaning func(string) string) []string {
		texts := make([]string, len(e.items))
		for i := range e.items {
			texts[i] = meaning(e.items[i].text)
		}
		slices.Sort(texts)
		return slices.Compact(texts)
	}
	same := func(text string) string { return text }
	part(s.effect.text)
	for _, p := range []*principal{s.principal, s.notPrincipal} {
		part(p.key.text, p.text.text)
		for _, e := range sorted(p.entries, same) {
			part(e.key.text)
			part(list(e, same)...)
		}
	}
	for _, e := range []*element{s.action, s.notAction} {
		part(e.key.text)
		part(list(e, fold.Name)...)
	}
	for _, e := range []*element{s.resource, s.notResource} {
		part(e.key.text)
		part(list(e, same)...)
	}
	blocks := make([]*block, len(s.condition.blocks))
	for i := range blocks {
		blocks[i] = &s.condition.blocks[i]
	}
	slices.SortStableFunc(blocks, func(a, b *block) int { return strings.Compare(fold.Name(a.name.text), fold.Name(b.name.text)) })
	for _, x := range blocks {
		part(fold.Name(x.name.text), "{")
		for _, k := range sorted(x.keys, fold.Name) {
			part(fold.Name(k.key.text))
			part(list(k, same)...)
		}
	}
	return b.String()
}

// sorted returns elements in the order of their names.
func sorted(all []element, meaning func(string) string) []*element {
	in := make([]*element, len(all))
	for i := range in {
		in[i] = &all[i]
	}
	slices.SortStableFunc(in, func(a, b *element) int { return strings.Compare(meaning(a.key.text), meaning(b.key.text)) })
	return in
}

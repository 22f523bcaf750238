package policy

import (
	"cmp"
	"slices"

	"github.com/writ-iam/writ/internal/jsontext"
)

// AppendJSON appends the document as compact JSON, its members in the order in which they were written, and returns the extended slice. For a compact
// document it appends the very text.
func (d *Document) AppendJSON(b []byte) []byte {
	p := printer{b: b}
	p.document(d, writtenOrder)
	return p.b
}

// Format returns the document in canonical form, which writ fmt prints: indented by two blanks, elements in the order in which the user
// guide explains them, a list of one as the value alone, one value a line otherwise. Two documents that differ in nothing but
// such matters have the same canonical form; what a document means is not touched.
func (d *Document) Format() []byte {
	p := printer{indent: "  ", canonical: true}
	p.document(d, canonicalOrder)
	return append(p.b, '\n')
}

type printer struct {
	b         []byte
	indent    string
	canonical bool
	depth     int
}

// member is a member of an object that is to be printed.
type member struct {
	name  string
	place int // where it was written
	print func()
}

// writtenOrder and canonicalOrder put members in order; they come in canonical order.
func writtenOrder(members []member) {
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.place, b.place) })
}

func canonicalOrder([]member) {}

func (p *printer) document(d *Document, order func([]member)) {
	var members []member
	if d.version >= 0 {
		members = append(members, member{"Version", d.version, func() { p.text(d.Version) }})
	}
	if d.HasID {
		members = append(members, member{"Id", d.id, func() { p.text(d.ID) }})
	}
	members = append(members, member{"Statement", d.statement, func() {
		if len(d.Statements) == 1 && (p.canonical || !d.StatementList) {
			p.statement(&d.Statements[0], order)
			return
		}
		p.list(len(d.Statements), func(i int) { p.statement(&d.Statements[i], order) })
	}})
	order(members)
	p.object(members)
}

func (p *printer) statement(s *Statement, order func([]member)) {
	var members []member
	if s.Sid.Present() {
		members = append(members, member{"Sid", s.Sid.Offset, func() { p.text(s.Sid.Text) }})
	}
	members = append(members, member{"Effect", s.effect.Offset, func() { p.text(s.Effect.String()) }})
	if s.Principal.Present() {
		members = append(members, member{s.Principal.Name, s.Principal.place, func() { p.principal(&s.Principal) }})
	}
	for _, e := range []*Element{&s.Action, &s.Resource} {
		if e.Present() {
			members = append(members, member{e.Name, e.place, func() { p.values(&e.Values) }})
		}
	}
	if s.Condition.present && (len(s.Condition.Blocks) > 0 || !p.canonical) {
		members = append(members, member{"Condition", s.Condition.place, func() { p.conditions(s.Condition.Blocks) }})
	}
	order(members)
	p.object(members)
}

func (p *printer) principal(e *Principal) {
	if e.value.textGiven() {
		p.text(e.value.Text)
		return
	}
	members := make([]member, len(e.Entries))
	for i := range e.Entries {
		members[i] = member{e.Entries[i].Type.Text, 0, func() { p.values(&e.Entries[i].Values) }}
	}
	p.object(members)
}

func (p *printer) conditions(blocks []ConditionBlock) {
	members := make([]member, len(blocks))
	for i := range blocks {
		b := &blocks[i]
		name := b.Name.Text
		if p.canonical && b.Known {
			name = b.Operator.String()
		}
		members[i] = member{name, 0, func() {
			keys := make([]member, len(b.Keys))
			for j := range b.Keys {
				keys[j] = member{b.Keys[j].Key.Text, 0, func() { p.values(&b.Keys[j].Values) }}
			}
			p.object(keys)
		}}
	}
	p.object(members)
}

func (p *printer) values(v *Values) {
	// A null means something only in a list.
	if len(v.Items) == 1 && (!v.List || p.canonical && v.Items[0].Kind != Null) {
		p.value(&v.Items[0])
		return
	}
	p.list(len(v.Items), func(i int) { p.value(&v.Items[i]) })
}

func (p *printer) value(v *Value) {
	switch v.Kind {
	case String:
		p.text(v.Text)
	case Null:
		p.b = append(p.b, "null"...)
	default:
		p.b = append(p.b, v.Text...)
	}
}

func (p *printer) object(members []member) {
	p.block('{', '}', len(members), func(i int) {
		p.text(members[i].name)
		p.b = append(p.b, ':')
		if p.indent != "" {
			p.b = append(p.b, ' ')
		}
		members[i].print()
	})
}

func (p *printer) list(n int, item func(int)) { p.block('[', ']', n, item) }

func (p *printer) block(open, end byte, n int, item func(int)) {
	p.b = append(p.b, open)
	p.depth++
	for i := range n {
		if i > 0 {
			p.b = append(p.b, ',')
		}
		p.newline()
		item(i)
	}
	p.depth--
	if n > 0 {
		p.newline()
	}
	p.b = append(p.b, end)
}

func (p *printer) newline() {
	if p.indent == "" {
		return
	}
	p.b = append(p.b, '\n')
	for range p.depth {
		p.b = append(p.b, p.indent...)
	}
}

func (p *printer) text(s string) { p.b = jsontext.AppendString(p.b, s) }

package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/jsontext"
)

// MaxSize is the longest text that Parse reads, in bytes. Services ask for far less (limits.md §2); this bound is there so
// that nobody's memory depends on somebody's text.
const MaxSize = 8 << 20

// Parse reads a document. It asks for strict JSON and for the grammar that all kinds of policies share: known members
// of the right types, a known version, one statement at least, an effect in each, one of each pair of elements, known operators.
// Check asks for more.
//
// The error is a *Error that says what is wrong and where. Parse never panics, whatever it is given.
func Parse(text string) (*Document, error) {
	d, problems := read(text)
	for i := range problems {
		if p := &problems[i]; p.Rule.grammar() {
			return nil, newError(Grammar, PositionOf(text, p.Offset), p)
		}
	}
	return d, nil
}

// read reads as much of a document as there is and says everything that is wrong with its grammar. If it is not
// JSON, that is the only problem and the document is empty.
func read(text string) (*Document, []Problem) {
	d := &Document{text: text, version: -1, id: -1, statement: -1}
	if len(text) > MaxSize {
		return d, []Problem{{Rule: TooLong, Offset: MaxSize, Detail: fmt.Sprintf("the document is longer than %d bytes", MaxSize)}}
	}
	p := parser{r: jsontext.NewReader(text), doc: d}
	if err := p.document(); err != nil {
		var je *jsontext.Error
		if !errors.As(err, &je) {
			je = &jsontext.Error{Detail: err.Error()}
		}
		return d, []Problem{{Rule: InvalidJSON, Offset: je.Offset, Detail: je.Detail}}
	}
	return d, p.problems
}

type parser struct {
	r        *jsontext.Reader
	doc      *Document
	problems []Problem
	values   []Value // a block that lists of values are cut from
}

// full reports that so much is wrong that nothing more is noted, nor statements kept: only that the rest is JSON still
// matters. Else a text of a few characters a statement would take many times its own memory (security.md S061).
func (p *parser) full() bool { return len(p.problems) >= maxProblems }

func (p *parser) problem(rule Rule, offset int, subject, format string, args ...any) {
	if p.full() {
		return
	}
	p.problems = append(p.problems, Problem{Rule: rule, Offset: offset, Subject: subject, Detail: fmt.Sprintf(format, args...)})
}

// wrongType notes that element must be something else, and skips the value.
func (p *parser) wrongType(element, want string) error {
	p.problem(WrongType, p.r.Offset(), element, "%s must be %s, not %s", element, want, p.r.Next())
	return p.r.Skip()
}

func (p *parser) document() error {
	r, d := p.r, p.doc
	if r.Next() != jsontext.Object {
		if err := p.wrongType("a policy document", "an object"); err != nil {
			return err
		}
		return r.Finish()
	}
	at := r.Offset()
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		place := r.NameOffset()
		switch name {
		case "Version":
			d.version, err = place, p.version()
		case "Id":
			d.id, err = place, p.documentID()
		case "Statement":
			d.statement, err = place, p.statements()
		default:
			p.problem(UnknownMember, r.NameOffset(), name, "unknown member %q; a policy document has Version, Id and Statement", name)
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if d.statement < 0 {
		p.problem(NoStatement, at, "", "the document has no Statement")
	}
	return r.Finish()
}

func (p *parser) version() error {
	if p.r.Next() != jsontext.String {
		p.problem(BadVersion, p.r.Offset(), "", "Version must be a string, not %s", p.r.Next())
		return p.r.Skip()
	}
	at := p.r.Offset()
	v, err := p.r.String()
	if err == nil && v != "2008-10-17" && v != "2012-10-17" {
		p.problem(BadVersion, at, v, "Version %q is neither \"2012-10-17\" nor \"2008-10-17\"", v)
	}
	p.doc.Version = v
	return err
}

func (p *parser) documentID() error {
	if p.r.Next() != jsontext.String {
		return p.wrongType("Id", "a string")
	}
	id, err := p.r.String()
	p.doc.ID, p.doc.HasID = id, true
	return err
}

func (p *parser) statements() error {
	r, d := p.r, p.doc
	switch r.Next() {
	case jsontext.Object:
		return p.statement()
	case jsontext.Array:
		d.StatementList = true
		at := r.Offset()
		// Room for as many as there probably are, within reason.
		d.Statements = make([]Statement, 0, min(strings.Count(d.text, `"Effect"`), 256))
		ok, err := r.Array()
		if !ok && err == nil {
			p.problem(EmptyStatement, at, "", "Statement is an empty list")
		}
		for ; ok && err == nil; ok, err = r.Element() {
			switch {
			case p.full():
				err = r.Skip()
			case r.Next() != jsontext.Object:
				err = p.wrongType("a statement", "an object")
			default:
				err = p.statement()
			}
			if err != nil {
				return err
			}
		}
		return err
	}
	return p.wrongType("Statement", "an object or a list of objects")
}

func (p *parser) statement() error {
	r := p.r
	p.doc.Statements = append(p.doc.Statements, Statement{Start: r.Offset(), Sid: Value{Offset: -1}, effect: Value{Offset: -1}})
	s := &p.doc.Statements[len(p.doc.Statements)-1]
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		switch name {
		case "Sid":
			err = p.sid(s)
		case "Effect":
			err = p.effect(s)
		case "Principal", "NotPrincipal":
			err = p.principal(s, name)
		case "Action", "NotAction":
			err = p.element(&s.Action, name, name == "NotAction", false)
		case "Resource", "NotResource":
			err = p.element(&s.Resource, name, name == "NotResource", true)
		case "Condition":
			err = p.conditions(s)
		default:
			p.problem(UnknownMember, r.NameOffset(), name, "unknown member %q of a statement", name)
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
	s.End = r.End()
	if err == nil && !s.effect.Present() {
		p.problem(NoEffectGiven, s.Start, "", "the statement has no Effect")
	}
	return err
}

func (p *parser) sid(s *Statement) error {
	if p.r.Next() != jsontext.String {
		return p.wrongType("Sid", "a string")
	}
	var err error
	s.Sid, err = p.value()
	return err
}

func (p *parser) effect(s *Statement) error {
	if p.r.Next() != jsontext.String {
		s.effect.Offset = p.r.Offset()
		return p.wrongType("Effect", `"Allow" or "Deny"`)
	}
	var err error
	if s.effect, err = p.value(); err != nil {
		return err
	}
	switch text := s.effect.Text; {
	case text == "Allow":
		s.Effect = Allow
	case text == "Deny":
		s.Effect = Deny
	case fold.Name(text) == "allow" || fold.Name(text) == "deny":
		p.problem(EffectCase, s.effect.Offset, text, "Effect is %q; it must be \"Allow\" or \"Deny\" in just this case", text)
	default:
		p.problem(BadEffect, s.effect.Offset, text, "Effect is %q; it must be \"Allow\" or \"Deny\"", text)
	}
	return nil
}

// value reads a scalar.
func (p *parser) value() (v Value, err error) {
	v.Offset = p.r.Offset()
	switch p.r.Next() {
	case jsontext.Number:
		v.Kind = Number
		v.Text, err = p.r.Number()
	case jsontext.Bool:
		var b bool
		v.Kind = Boolean
		b, err = p.r.Bool()
		v.Text = fmt.Sprint(b)
	case jsontext.Null:
		v.Kind = Null
		err = p.r.Null()
	default:
		v.Text, err = p.r.String()
	}
	return v, err
}

// one makes a list of one value without an allocation of its own.
func (p *parser) one(v Value) []Value {
	if len(p.values) == cap(p.values) {
		p.values = make([]Value, 0, min(64, max(8, 2*cap(p.values))))
	}
	p.values = append(p.values, v)
	n := len(p.values)
	return p.values[n-1 : n : n]
}

// element reads Action, NotAction, Resource or NotResource: a string or a list of strings. A list of resources may hold null,
// which matches nothing.
func (p *parser) element(e *Element, name string, not, nullable bool) error {
	if e.Present() {
		p.problem(BothForms, p.r.NameOffset(), name, "the statement has both %s and %s", e.Name, name)
		return p.r.Skip()
	}
	e.Name, e.Not, e.place = name, not, p.r.NameOffset()
	return p.list(&e.Values, name, func(k jsontext.Kind) bool {
		return k == jsontext.String || nullable && e.List && k == jsontext.Null
	})
}

// list reads one value or a list of values of the kinds that ok says yes to.
func (p *parser) list(v *Values, name string, ok func(jsontext.Kind) bool) error {
	r := p.r
	v.Offset = r.Offset()
	if r.Next() != jsontext.Array {
		if !ok(r.Next()) {
			return p.wrongType(name, "a string or a list of strings")
		}
		item, err := p.value()
		v.Items = p.one(item)
		return err
	}
	v.List = true
	more, err := r.Array()
	for ; more && err == nil; more, err = r.Element() {
		if !ok(r.Next()) {
			if err := p.wrongType("an entry of "+name, "a string"); err != nil {
				return err
			}
			continue
		}
		item, err := p.value()
		if err != nil {
			return err
		}
		v.Items = append(v.Items, item)
	}
	return err
}

func (p *parser) principal(s *Statement, name string) error {
	r, e := p.r, &s.Principal
	if e.Present() {
		p.problem(BothForms, r.NameOffset(), name, "the statement has both %s and %s", e.Name, name)
		return r.Skip()
	}
	e.Name, e.Not, e.place, e.offset = name, name == "NotPrincipal", r.NameOffset(), r.Offset()
	switch r.Next() {
	case jsontext.String:
		v, err := p.value()
		e.value, e.Everyone = v, v.Text == "*"
		if err == nil && !e.Everyone {
			p.problem(PrincipalText, v.Offset, v.Text, `%s is the text %q; the only text allowed is "*", anything else is an object like {"AWS": …}`, name, v.Text)
		}
		return err
	case jsontext.Object:
	default:
		return p.wrongType(name, `"*" or an object`)
	}
	e.object = true
	kind, ok, err := r.Object()
	for ; ok && err == nil; kind, ok, err = r.Member() {
		entry := PrincipalEntry{Type: Value{Text: kind, Offset: r.NameOffset()}}
		switch kind {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			p.problem(PrincipalType, entry.Type.Offset, kind, "unknown type of principal %q; there are AWS, Service, Federated and CanonicalUser", kind)
		}
		err = p.list(&entry.Values, name, func(k jsontext.Kind) bool { return k == jsontext.String })
		if err != nil {
			return err
		}
		e.Entries = append(e.Entries, entry)
	}
	return err
}

func (p *parser) conditions(s *Statement) error {
	r := p.r
	s.Condition.present, s.Condition.place = true, r.NameOffset()
	if r.Next() != jsontext.Object {
		return p.wrongType("Condition", "an object of operators")
	}
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		b := ConditionBlock{Name: Value{Text: name, Offset: r.NameOffset()}}
		op, opErr := condition.ParseOperator(name)
		b.Operator, b.Known = op, opErr == nil
		if r.Next() != jsontext.Object {
			if err := p.wrongType("the operator "+name, "an object of condition keys"); err != nil {
				return err
			}
			continue
		}
		key, more, err := r.Object()
		for ; more && err == nil; key, more, err = r.Member() {
			k := ConditionKey{Key: Value{Text: key, Offset: r.NameOffset()}}
			err = p.list(&k.Values, "the condition key "+key, func(k jsontext.Kind) bool {
				return k == jsontext.String || k == jsontext.Number || k == jsontext.Bool
			})
			if err != nil {
				return err
			}
			b.Keys = append(b.Keys, k)
		}
		if err != nil {
			return err
		}
		if !b.Known && len(b.Keys) > 0 {
			p.problem(UnknownOperator, b.Name.Offset, name, "unknown condition operator %q", name)
		}
		s.Condition.Blocks = append(s.Condition.Blocks, b)
	}
	return err
}

package lint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// document is a policy as far as it can be read: unlike a policy.Document it may be wrong in every way but as JSON.
type document struct {
	text       string
	start, end int
	fault      *fault // why the text is not JSON, if it is not

	version, id  value
	hasStatement bool
	list         span // the value of Statement
	statements   []statement

	// What does not fit, for the rules that look for it.
	doubled  []value    // names of members that stand twice
	unknown  []value    // names of members that nobody knows
	mistyped []mistyped // values of other types than they must be
}

// fault is where and why a text is not JSON.
type fault struct {
	offset int
	detail string
}

// mistyped is a value that should be something else.
type mistyped struct {
	span
	want string
}

// node is a step on the way to a place; the root is nil.
type node struct {
	up   *node
	step Step
}

// span is a place: a node and offsets.
type span struct {
	at         *node
	start, end int
	// index is that of an element of an array at the node, -1 if the place is the node itself.
	index int32
	isKey bool
}

// value is a scalar, or the name of a member.
type value struct {
	text string
	kind jsontext.Kind // Invalid: there is none
	span
}

func (v *value) present() bool { return v.kind != jsontext.Invalid }

// element is a member of a statement, principal or condition that holds one value or several.
type element struct {
	key   value // the member's name
	list  bool  // it stands in brackets
	count int   // of the values, with those that are none of the items
	whole span
	items []value
}

func (e *element) present() bool { return e.key.present() }

// statement is one statement. Both elements of a pair may be there.
type statement struct {
	whole  span
	sid    value
	effect value

	// What is not there is nowhere: these are never nil, and for what is absent all the same.
	action, notAction, resource, notResource *element
	principal, notPrincipal                  *principal
	condition                                *conditions

	known *facts // made when they are first asked for
}

// What statements have in place of elements that are not there. Nobody writes to them.
var (
	noElement    = new(element)
	noPrincipal  = new(principal)
	noConditions = new(conditions)
)

// principal is Principal or NotPrincipal.
type principal struct {
	key     value
	whole   span
	text    value // a text instead of an object
	object  bool
	entries []element // by type
}

func (p *principal) present() bool { return p.key.present() }

// everyone reports "Principal": "*".
func (p *principal) everyone() bool { return p.text.present() && p.text.text == "*" }

// conditions is the Condition element.
type conditions struct {
	key    value
	whole  span
	object bool
	blocks []block
}

// block is an operator of a Condition with its keys.
type block struct {
	name   value
	whole  span
	object bool
	// op is what the name means, if known. Unlike for package condition, Null may have a qualifier or a suffix.
	op    condition.Operator
	known bool
	keys  []element
}

// read reads a document.
func read(text string) *document {
	d := &document{text: text, end: len(text)}
	if len(text) > policy.MaxSize {
		d.fault = &fault{0, fmt.Sprintf("it is longer than %d bytes and was not read", policy.MaxSize)}
		return d
	}
	r := reader{r: jsontext.NewReader(text), doc: d}
	r.r.AllowDoubles()
	if err := r.document(); err != nil {
		var e *jsontext.Error
		if !errors.As(err, &e) {
			e = &jsontext.Error{Detail: err.Error()}
		}
		*d = document{text: text, end: len(text), fault: &fault{e.Offset, e.Detail}}
	}
	return d
}

type reader struct {
	r    *jsontext.Reader
	doc  *document
	idle int // statements without an effect or without actions
}

// value reads a scalar at a place; any other value is skipped and is of kind Array or Object.
func (r *reader) value(at *node, index int) (value, error) {
	v := value{kind: r.r.Next(), span: span{at: at, start: r.r.Offset(), index: int32(index)}}
	var err error
	switch v.kind {
	case jsontext.String:
		v.text, err = r.r.String()
	case jsontext.Number:
		v.text, err = r.r.Number()
	case jsontext.Bool:
		var b bool
		b, err = r.r.Bool()
		v.text = fmt.Sprint(b)
	default:
		err = r.r.Skip()
	}
	v.end = r.r.End()
	return v, err
}

// key returns the name of the member that was read last.
func (r *reader) key(name string, at *node) value {
	start := r.r.NameOffset()
	return value{text: name, kind: jsontext.String, span: span{at: at, start: start, end: start + nameLength(r.doc.text[start:]), index: -1, isKey: true}}
}

// nameLength returns the length of the string that a text begins with.
func nameLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func (r *reader) mistyped(s span, want string) {
	if len(r.doc.mistyped) < maxFindings {
		r.doc.mistyped = append(r.doc.mistyped, mistyped{s, want})
	}
}

func (r *reader) unknown(name value) error {
	if len(r.doc.unknown) < maxFindings {
		r.doc.unknown = append(r.doc.unknown, name)
	}
	return r.r.Skip()
}

// members calls f with each member of an object, and notes those that stand there twice, letter for letter. What f reads of a second one replaces the
// first.
func (r *reader) members(up *node, f func(key value, at *node) error) error {
	seen := map[string]bool(nil)
	few := make([]string, 0, 8)
	name, ok, err := r.r.Object()
	for ; ok && err == nil; name, ok, err = r.r.Member() {
		at := &node{up, Step{Kind: StepValue, Name: name}}
		key := r.key(name, at)
		double := false
		switch {
		case seen != nil:
			double = seen[name]
			seen[name] = true
		default:
			for _, n := range few {
				double = double || n == name
			}
			if few = append(few, name); len(few) == cap(few) {
				seen = make(map[string]bool, 4*len(few))
				for _, n := range few {
					seen[n] = true
				}
			}
		}
		if double && len(r.doc.doubled) < maxFindings {
			r.doc.doubled = append(r.doc.doubled, key)
		}
		if err := f(key, at); err != nil {
			return err
		}
	}
	return err
}

// elements calls f before each element of an array.
func (r *reader) elements(f func(i int) error) error {
	ok, err := r.r.Array()
	for i := 0; ok && err == nil; ok, err = r.r.Element() {
		if err := f(i); err != nil {
			return err
		}
		i++
	}
	return err
}

func (r *reader) document() error {
	d := r.doc
	d.start = r.r.Offset()
	if r.r.Next() != jsontext.Object {
		if err := r.r.Skip(); err != nil {
			return err
		}
		d.end = r.r.End()
		r.mistyped(span{start: d.start, end: d.end, index: -1}, "Object")
		return r.r.Finish()
	}
	err := r.members(nil, func(key value, at *node) (err error) {
		switch key.text {
		case "Version":
			d.version, err = r.text(at)
		case "Id":
			d.id, err = r.text(at)
		case "Statement":
			d.hasStatement = true
			d.list = span{at: at, start: r.r.Offset(), index: -1}
			err = r.statements(at)
			d.list.end = r.r.End()
		default:
			err = r.unknown(key)
		}
		return err
	})
	d.end = r.r.End()
	if err != nil {
		return err
	}
	return r.r.Finish()
}

// text reads a value that must be a string.
func (r *reader) text(at *node) (value, error) {
	v, err := r.value(at, -1)
	if v.kind != jsontext.String && err == nil {
		r.mistyped(v.span, "String")
	}
	return v, err
}

func (r *reader) statements(at *node) error {
	d := r.doc
	switch r.r.Next() {
	case jsontext.Object:
		return r.statement(at, -1)
	case jsontext.Array:
		if d.statements == nil {
			d.statements = make([]statement, 0, min(strings.Count(d.text, `"Effect"`), 256))
		}
		return r.elements(func(i int) error { return r.statement(at, i) })
	}
	v, err := r.value(at, -1)
	if err == nil {
		r.mistyped(v.span, "Array")
	}
	return err
}

func (r *reader) statement(up *node, index int) error {
	if r.r.Next() != jsontext.Object {
		v, err := r.value(up, index)
		if err == nil {
			r.mistyped(v.span, "Object")
		}
		return err
	}
	at := up
	if index >= 0 {
		at = &node{up, Step{Kind: StepIndex, Index: index}}
	}
	r.doc.statements = append(r.doc.statements, statement{
		whole:  span{at: at, start: r.r.Offset(), index: -1},
		action: noElement, notAction: noElement, resource: noElement, notResource: noElement,
		principal: noPrincipal, notPrincipal: noPrincipal, condition: noConditions,
	})
	s := &r.doc.statements[len(r.doc.statements)-1]
	err := r.members(at, func(key value, at *node) (err error) {
		switch key.text {
		case "Sid":
			s.sid, err = r.text(at)
		case "Effect":
			s.effect, err = r.text(at)
		case "Principal":
			s.principal = new(principal)
			err = r.principal(s.principal, key, at)
		case "NotPrincipal":
			s.notPrincipal = new(principal)
			err = r.principal(s.notPrincipal, key, at)
		case "Action":
			s.action = new(element)
			err = r.element(s.action, key, at, stringsOnly)
		case "NotAction":
			s.notAction = new(element)
			err = r.element(s.notAction, key, at, stringsOnly)
		case "Resource":
			s.resource = new(element)
			err = r.element(s.resource, key, at, stringsOnly)
		case "NotResource":
			s.notResource = new(element)
			err = r.element(s.notResource, key, at, stringsOnly)
		case "Condition":
			s.condition = new(conditions)
			err = r.conditions(s.condition, key, at)
		default:
			err = r.unknown(key)
		}
		return err
	})
	s.whole.end = r.r.End()
	// Of statements that say nothing as many are kept as a rule reports: else a text of two characters a statement would take many times its own memory.
	if !s.allows() && !s.denies() || !s.action.present() && !s.notAction.present() {
		if r.idle++; r.idle > maxFindings {
			r.doc.statements = r.doc.statements[:len(r.doc.statements)-1]
		}
	}
	return err
}

func stringsOnly(k jsontext.Kind) bool { return k == jsontext.String }

func scalars(k jsontext.Kind) bool {
	return k == jsontext.String || k == jsontext.Number || k == jsontext.Bool
}

// element reads one value or a list of values. Those that are not of the kinds that fit says yes to are noted and dropped.
func (r *reader) element(e *element, key value, at *node, fit func(jsontext.Kind) bool) error {
	*e = element{key: key, whole: span{at: at, start: r.r.Offset(), index: -1}}
	one := func(index int) error {
		v, err := r.value(at, index)
		if err != nil {
			return err
		}
		e.count++
		if !fit(v.kind) {
			r.mistyped(v.span, "String")
			return nil
		}
		e.items = append(e.items, v)
		return nil
	}
	var err error
	if r.r.Next() == jsontext.Array {
		e.list = true
		err = r.elements(one)
	} else {
		err = one(-1)
	}
	e.whole.end = r.r.End()
	return err
}

func (r *reader) principal(p *principal, key value, at *node) error {
	*p = principal{key: key, whole: span{at: at, start: r.r.Offset(), index: -1}}
	var err error
	switch r.r.Next() {
	case jsontext.Object:
		p.object = true
		err = r.members(at, func(key value, at *node) error {
			p.entries = append(p.entries, element{})
			return r.element(&p.entries[len(p.entries)-1], key, at, stringsOnly)
		})
	default:
		var v value
		if v, err = r.value(at, -1); v.kind == jsontext.String {
			p.text = v
		}
	}
	p.whole.end = r.r.End()
	return err
}

func (r *reader) conditions(c *conditions, key value, at *node) error {
	*c = conditions{key: key, whole: span{at: at, start: r.r.Offset(), index: -1}}
	var err error
	if c.object = r.r.Next() == jsontext.Object; !c.object {
		var v value
		if v, err = r.value(at, -1); err == nil {
			r.mistyped(v.span, "Object")
		}
	} else {
		err = r.members(at, func(key value, at *node) error {
			c.blocks = append(c.blocks, block{name: key, whole: span{at: at, start: r.r.Offset(), index: -1}})
			return r.block(&c.blocks[len(c.blocks)-1], at)
		})
	}
	c.whole.end = r.r.End()
	return err
}

func (r *reader) block(b *block, at *node) error {
	b.op, b.known = parseOperator(b.name.text)
	var err error
	if b.object = r.r.Next() == jsontext.Object; !b.object {
		var v value
		if v, err = r.value(at, -1); err == nil {
			r.mistyped(v.span, "Object")
		}
	} else {
		err = r.members(at, func(key value, at *node) error {
			b.keys = append(b.keys, element{})
			return r.element(&b.keys[len(b.keys)-1], key, at, scalars)
		})
	}
	b.whole.end = r.r.End()
	return err
}

// parseOperator reads an operator's name. It knows Null with a qualifier and with IfExists too, which mean nothing; there are rules that say so.
func parseOperator(name string) (condition.Operator, bool) {
	op, err := condition.ParseOperator(name)
	if err == nil {
		return op, true
	}
	rest, ifExists := strings.CutSuffix(fold.Name(name), "ifexists")
	op = condition.Operator{Comparison: condition.Null, IfExists: ifExists}
	switch rest {
	case "null":
	case "forallvalues:null":
		op.Set = condition.ForAllValues
	case "foranyvalue:null":
		op.Set = condition.ForAnyValue
	default:
		return condition.Operator{}, false
	}
	return op, true
}

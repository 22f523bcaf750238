package condition

import (
	"encoding/base64"
	"net/netip"
	"strings"

	"github.com/writ-iam/writ/arn"
)

// Test is one key of one operator of a Condition block, made ready to be asked of requests.
type Test struct {
	Key       Key
	Operator  Operator
	wantsTrue bool // Bool and Null: "true" is among the values
	wantFalse bool // the same for "false"
	hasFirst  bool
	// first is the first value of a String operator that holds no wildcards and variables: nearly all values of nearly all policies are
	// such, and most often there is only one, so it stands here and the others behind a pointer.
	first string
	*values
}

// values are those of a policy, in the form of an operator's family. Those that do not parse match nothing and are left out.
type values struct {
	literals []string // like first
	texts    []Text
	numbers  []number
	instants []instant
	ranges   []netip.Prefix
	arns     []ARN
}

var noValues values

// NewTest makes a Test of an operator, a key and the policy's values as texts. variables says that ${…} means something in them
// (Version 2012-10-17).
func NewTest(op Operator, key Key, texts []string, variables bool) Test {
	t := Test{Operator: op, Key: key, values: &noValues}
	for _, text := range texts {
		t.add(text, variables)
	}
	return t
}

// own returns the values of t to be added to.
func (t *Test) own() *values {
	if t.values == &noValues {
		t.values = new(values)
	}
	return t.values
}

func (t *Test) add(value string, variables bool) {
	switch table[t.Operator.Comparison].family {
	case stringFamily, likeFamily:
		text := NewText(value, table[t.Operator.Comparison].family == likeFamily, variables)
		if plain, ok := text.fixed.Literal(); ok && text.filled == nil {
			t.addLiteral(plain)
			break
		}
		v := t.own()
		v.texts = append(v.texts, text)
	case foldFamily:
		v := t.own()
		v.texts = append(v.texts, NewText(value, false, variables))
	case numericFamily:
		if n, ok := parseNumber(value); ok {
			v := t.own()
			v.numbers = append(v.numbers, n)
		}
	case dateFamily:
		if d, ok := parseDate(value); ok {
			v := t.own()
			v.instants = append(v.instants, d)
		}
	case boolFamily:
		if text := NewText(value, false, variables); text.filled != nil {
			v := t.own()
			v.texts = append(v.texts, text)
			break
		}
		t.addBool(value)
	case nullFamily:
		t.addBool(value)
	case binaryFamily:
		if isBase64(value) {
			t.addLiteral(value)
		}
	case addressFamily:
		if r, ok := parseRange(value); ok {
			v := t.own()
			v.ranges = append(v.ranges, r)
		}
	case arnFamily:
		v := t.own()
		v.arns = append(v.arns, NewARN(value, variables, CompleteNever))
	}
}

func (t *Test) addLiteral(text string) {
	if !t.hasFirst {
		t.first, t.hasFirst = text, true
		return
	}
	v := t.own()
	v.literals = append(v.literals, text)
}

func (t *Test) addBool(value string) {
	b, ok := parseBool(value)
	t.wantsTrue = t.wantsTrue || ok && b
	t.wantFalse = t.wantFalse || ok && !b
}

// parseBool reads true or false in any case of ASCII: a long s is no s (doc/language.md 10).
func parseBool(s string) (value, ok bool) {
	switch {
	case s == "true": // as nearly everybody writes it
		return true, true
	case s == "false":
		return false, true
	case len(s) == len("true") && strings.EqualFold(s, "true"):
		return true, true
	case len(s) == len("false") && strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

func isBase64(s string) bool {
	if len(s)%4 != 0 {
		return false
	}
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil && !strings.ContainsAny(s, "\r\n")
}

// Match reports whether the test holds in a request: the tables of policy-language.md §5.2 and doc/language.md "Operators".
func (t *Test) Match(c *Context) bool {
	f := c.find(&t.Key)
	if t.Operator.Comparison == Null {
		if f != nil && !c.empty(f) {
			return t.wantFalse
		}
		return t.wantsTrue
	}
	negated := table[t.Operator.Comparison].negated
	if f == nil {
		switch t.Operator.Set {
		case ForAllValues:
			return true
		case ForAnyValue:
			return t.Operator.IfExists
		}
		return negated || t.Operator.IfExists
	}
	if f.list == 0 {
		// One text is a list of one for the set operators.
		return t.matchText(f.text, c) != negated
	}
	if t.Operator.Set == NoSet {
		return negated
	}
	list, ok := c.listOf(f)
	if !ok {
		return t.matchText(f.text, c) != negated
	}
	for _, text := range list {
		if hit := t.matchText(text, c) != negated; hit != (t.Operator.Set == ForAllValues) {
			return hit
		}
	}
	return t.Operator.Set == ForAllValues
}

// matchText reports whether some value of the policy matches text by the positive form of the comparison.
func (t *Test) matchText(text string, c *Context) bool {
	row := &table[t.Operator.Comparison]
	switch row.family {
	case stringFamily, likeFamily, binaryFamily:
		if t.hasFirst && t.first == text {
			return true
		}
		for _, literal := range t.literals {
			if literal == text {
				return true
			}
		}
		for i := range t.texts {
			if t.texts[i].Match(text, c) {
				return true
			}
		}
	case foldFamily:
		for i := range t.texts {
			if v, ok := t.texts[i].Expand(c); ok && strings.EqualFold(v, text) {
				return true
			}
		}
	case numericFamily:
		return t.matchNumber(text, row.order)
	case dateFamily:
		return t.matchDate(text, row.order)
	case boolFamily:
		return t.matchBool(text, c)
	case addressFamily:
		return t.matchAddress(text)
	case arnFamily:
		return t.matchARN(text, c)
	}
	return false
}

func (t *Test) matchNumber(text string, want order) bool {
	n, ok := parseNumber(text)
	if !ok {
		return false
	}
	for _, v := range t.numbers {
		if n.compare(v)&want != 0 {
			return true
		}
	}
	return false
}

func (t *Test) matchDate(text string, want order) bool {
	d, ok := parseDate(text)
	if !ok {
		return false
	}
	for _, v := range t.instants {
		if d.compare(v)&want != 0 {
			return true
		}
	}
	return false
}

func (t *Test) matchBool(text string, c *Context) bool {
	got, ok := parseBool(text)
	if !ok {
		return false
	}
	if got && t.wantsTrue || !got && t.wantFalse {
		return true
	}
	for i := range t.texts {
		if s, ok := t.texts[i].Expand(c); ok {
			if want, ok := parseBool(s); ok && want == got {
				return true
			}
		}
	}
	return false
}

func (t *Test) matchAddress(text string) bool {
	a, ok := parseAddress(text)
	if !ok {
		return false
	}
	for _, r := range t.ranges {
		if r.Contains(a) {
			return true
		}
	}
	return false
}

func (t *Test) matchARN(text string, c *Context) bool {
	value := arn.Cut(text)
	if value.Len() < arn.PartCount {
		return false
	}
	for i := range t.arns {
		if t.arns[i].Match(&value, c) {
			return true
		}
	}
	return false
}

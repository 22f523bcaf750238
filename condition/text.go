package condition

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/wildcard"
)

// Text is a value of a policy made ready to be compared with texts of a request: with its wildcards, if the operator knows
// them, and with its policy variables (policy-language.md §6, doc/language.md 16–19). The zero Text matches the empty text.
type Text struct {
	// fixed serves a text without variables.
	fixed wildcard.Pattern
	// filled serves a text with variables; nil without.
	filled *filledText
}

// filledText is a text whose variables are filled in for each request.
type filledText struct {
	// pieces are literals, wildcards and variables in turn.
	pieces []piece
	// front and back count the pieces at either end that hold no wildcard: they match in one way only.
	front, back int
}

// piece is a part of a Text with variables.
type piece struct {
	kind    pieceKind
	hasText bool              // variable: there is a default
	text    string            // literal: itself; variable: its default
	key     Key               // variable
	pattern *wildcard.Pattern // wild
}

type pieceKind uint8

const (
	literal pieceKind = iota
	wild
	variable
)

// NewText makes a Text of a policy's value. wildcards says that * and ? mean something in it, variables that ${…} does.
func NewText(value string, wildcards, variables bool) Text {
	if !variables || !strings.Contains(value, "${") {
		return Text{fixed: fixed(value, wildcards)}
	}
	t := &filledText{pieces: split(value, wildcards)}
	if len(t.pieces) == 0 {
		return Text{}
	}
	if len(t.pieces) == 1 && t.pieces[0].kind != variable {
		if t.pieces[0].kind == wild {
			return Text{fixed: *t.pieces[0].pattern}
		}
		return Text{fixed: wildcard.Compile(t.pieces[0].text)}
	}
	for t.front < len(t.pieces) && t.pieces[t.front].kind != wild {
		t.front++
	}
	for t.back < len(t.pieces)-t.front && t.pieces[len(t.pieces)-1-t.back].kind != wild {
		t.back++
	}
	return Text{filled: t}
}

func fixed(value string, wildcards bool) wildcard.Pattern {
	if wildcards {
		return wildcard.Parse(value)
	}
	return wildcard.Compile(value)
}

// split cuts a value at its variables. Neighbouring plain text, escapes included, becomes one piece.
func split(value string, wildcards bool) (pieces []piece) {
	var plain strings.Builder // encoded
	flush := func() {
		if plain.Len() == 0 {
			return
		}
		encoded := plain.String()
		plain.Reset()
		if strings.IndexByte(encoded, wildcard.Any) < 0 && strings.IndexByte(encoded, wildcard.One) < 0 {
			pieces = append(pieces, piece{kind: literal, text: encoded})
			return
		}
		pattern := wildcard.Compile(encoded)
		pieces = append(pieces, piece{kind: wild, text: encoded, pattern: &pattern})
	}
	add := func(text string) {
		if wildcards {
			text = wildcard.Encode(text)
		}
		plain.WriteString(text)
	}
	for {
		start := strings.Index(value, "${")
		if start < 0 {
			break
		}
		end := strings.IndexByte(value[start:], '}')
		if end < 0 {
			break
		}
		add(value[:start])
		name := value[start+2 : start+end]
		value = value[start+end+1:]
		switch name {
		case "*", "?", "$":
			plain.WriteString(name)
		default:
			flush()
			key, text, hasText := cutDefault(name)
			pieces = append(pieces, piece{kind: variable, key: NewKey(key), text: text, hasText: hasText})
		}
	}
	add(value)
	flush()
	return pieces
}

// cutDefault takes apart the inside of ${key, 'default'}: a comma, blanks, and the default in single quotes up to the end.
func cutDefault(inside string) (key, text string, ok bool) {
	for i := range len(inside) {
		if inside[i] != ',' {
			continue
		}
		rest := strings.TrimLeft(inside[i+1:], " ")
		if n := len(rest); n >= 2 && rest[0] == '\'' && rest[n-1] == '\'' {
			return inside[:i], rest[1 : n-1], true
		}
	}
	return inside, "", false
}

// Variables returns the keys of the variables in t.
func (t *Text) Variables() (keys []Key) {
	if t.filled == nil {
		return nil
	}
	for _, p := range t.filled.pieces {
		if p.kind == variable {
			keys = append(keys, p.key)
		}
	}
	return keys
}

// wild reports whether t holds a wildcard.
func (t Text) wild() bool {
	if t.filled == nil {
		_, literal := t.fixed.Literal()
		return !literal
	}
	return slices.ContainsFunc(t.filled.pieces, func(p piece) bool { return p.kind == wild })
}

// Match reports whether t matches the whole of value. A text with a variable that has no value matches nothing. It does not allocate unless
// a variable stands between wildcards.
func (t *Text) Match(value string, c *Context) bool {
	if t.filled == nil {
		return t.fixed.Match(value)
	}
	return t.filled.match(value, c)
}

func (t *filledText) match(value string, c *Context) bool {
	n := len(t.pieces)
	for i := range t.front {
		text, ok := t.pieces[i].resolve(c)
		if !ok || !strings.HasPrefix(value, text) {
			return false
		}
		value = value[len(text):]
	}
	for i := range t.back {
		text, ok := t.pieces[n-1-i].resolve(c)
		if !ok || !strings.HasSuffix(value, text) {
			return false
		}
		value = value[:len(value)-len(text)]
	}
	switch rest := t.pieces[t.front : n-t.back]; len(rest) {
	case 0:
		return value == ""
	case 1:
		return rest[0].pattern.Match(value)
	default:
		return matchMixed(rest, value, c)
	}
}

// matchMixed matches where variables stand between wildcards: their values are put in, and then it is a pattern like any other.
func matchMixed(pieces []piece, value string, c *Context) bool {
	encoded := make([]byte, 0, 256)
	for i := range pieces {
		p := &pieces[i]
		text := p.text
		if p.kind == variable {
			var ok bool
			// The bytes that stand for wildcards are in no UTF-8 text. A value that holds them must not
			// become a wildcard.
			if text, ok = p.resolve(c); !ok || strings.IndexByte(text, wildcard.Any) >= 0 || strings.IndexByte(text, wildcard.One) >= 0 {
				return false
			}
		}
		encoded = append(encoded, text...)
	}
	return wildcard.Match(string(encoded), value)
}

// resolve returns the text of a piece that is no wildcard.
func (p *piece) resolve(c *Context) (string, bool) {
	if p.kind != variable {
		return p.text, true
	}
	if text, ok := c.Text(p.key); ok {
		return text, true
	}
	return p.text, p.hasText
}

// Expand returns the text with the variables' values in it, for operators without wildcards; ok is false if one has none.
func (t *Text) Expand(c *Context) (text string, ok bool) {
	if t.filled == nil {
		text, _ = t.fixed.Literal()
		return text, true
	}
	pieces := t.filled.pieces
	if len(pieces) == 1 {
		return pieces[0].resolve(c)
	}
	var b strings.Builder
	for i := range pieces {
		text, ok := pieces[i].resolve(c)
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}

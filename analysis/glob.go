package analysis

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/internal/fold"
)

// glob is a set of texts: those that match a row of signs. Every pattern of the policy language that holds no variable is one or, a short pattern of
// ARNs, two (doc/language.md 20, 21); so the theory of texts knows nothing else.
type glob struct {
	signs []sign
	// text is the one text of the set, if literal.
	text    string
	literal bool
	// prefix and suffix are what all texts of the set begin and end with.
	prefix, suffix string
	// id numbers the globs of a search; equal globs have one number.
	id int32
}

// sign is what a place in a glob allows.
type sign struct {
	kind signKind
	r    rune // letter, folded
}

type signKind uint8

const (
	letter    signKind = iota // r and no other
	folded                    // r in upper and lower case, as Unicode folds (doc/language.md 11)
	asciiFold                 // the same for ASCII alone (doc/language.md 10)
	one                       // any character
	oneInPart                 // any but a colon
	oneInName                 // any but a colon and a slash
	digit                     // 0 to 9
	run                       // any run of characters
	runInPart                 // any run without a colon
	runInName                 // any run without a colon and a slash
	signKinds
)

// runs reports whether the sign stands for a run of characters.
func (k signKind) runs() bool { return k >= run && k < signKinds }

// takes reports whether the sign allows a character, in a run for those that stand for runs.
func (s sign) takes(r rune) bool {
	switch s.kind {
	case letter:
		return r == s.r
	case folded:
		if r == s.r {
			return true
		}
		for f := unicode.SimpleFold(s.r); f != s.r; f = unicode.SimpleFold(f) {
			if f == r {
				return true
			}
		}
		return false
	case asciiFold:
		return r == s.r || r < 0x80 && lower(r) == lower(s.r)
	case one, run:
		return true
	case digit:
		return '0' <= r && r <= '9'
	case oneInPart, runInPart:
		return r != ':'
	}
	return r != ':' && r != '/'
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// newGlob makes a glob of signs. Of a ? beside a * the ? comes first, and one * is as good as two, so that globs that say the same are more often the same.
func newGlob(signs []sign) *glob {
	g := &glob{signs: normal(signs), literal: true}
	var b strings.Builder
	for i, s := range g.signs {
		if s.kind != letter {
			g.literal = false
			g.prefix = b.String()
			g.suffix = literalEnd(g.signs[i:])
			return g
		}
		b.WriteRune(s.r)
	}
	g.text = b.String()
	g.prefix, g.suffix = g.text, g.text
	return g
}

func literalEnd(signs []sign) string {
	i := len(signs)
	for i > 0 && signs[i-1].kind == letter {
		i--
	}
	var b strings.Builder
	for _, s := range signs[i:] {
		b.WriteRune(s.r)
	}
	return b.String()
}

func normal(signs []sign) []sign {
	out := make([]sign, 0, len(signs))
	for _, s := range signs {
		n := len(out)
		switch {
		case n > 0 && s.kind.runs() && out[n-1].kind.runs() && s.kind >= out[n-1].kind:
			continue // what it allows the one before allows
		case n > 0 && s.kind.runs() && out[n-1].kind.runs():
			out[n-1] = s
			continue
		case n > 0 && out[n-1].kind.runs() && s.kind == out[n-1].kind-run+one:
			out = append(out[:n-1], s, out[n-1])
			continue
		}
		out = append(out, s)
	}
	return out
}

// key is the same for two globs if they are written alike.
func (g *glob) key() string {
	b := make([]byte, 0, 2*len(g.signs))
	for _, s := range g.signs {
		b = append(b, byte(s.kind))
		if s.kind <= asciiFold {
			b = utf8.AppendRune(b, s.r)
		}
	}
	return string(b)
}

// String prints the glob as a policy would write it.
func (g *glob) String() string {
	var b strings.Builder
	for _, s := range g.signs {
		switch s.kind {
		case one, oneInPart, oneInName:
			b.WriteByte('?')
		case run, runInPart, runInName:
			b.WriteByte('*')
		case digit:
			b.WriteByte('9')
		default:
			b.WriteRune(s.r)
		}
	}
	return b.String()
}

// literalGlob is the set of one text.
func literalGlob(text string) *glob { return newGlob(appendText(nil, text, letter)) }

// foldedGlob is the set of the texts that are one text but for case, as kind says: folded, asciiFold, or letter for that text alone.
func foldedGlob(text string, kind signKind) *glob {
	signs := appendText(nil, text, kind)
	for i, s := range signs {
		if kind == folded && unicode.SimpleFold(s.r) == s.r || kind == asciiFold && (s.r >= 0x80 || lower(s.r) == s.r && (s.r < 'a' || s.r > 'z')) {
			signs[i].kind = letter
		}
	}
	return newGlob(signs)
}

func appendText(signs []sign, text string, kind signKind) []sign {
	for _, r := range text {
		signs = append(signs, sign{kind, r})
	}
	return signs
}

// appendPattern appends a text in which * and ? are wildcards, which in a part of an ARN do not stand for colons.
func appendPattern(signs []sign, pattern string, inPart bool) []sign {
	for _, r := range pattern {
		switch {
		case r == '*' && inPart:
			signs = append(signs, sign{kind: runInPart})
		case r == '*':
			signs = append(signs, sign{kind: run})
		case r == '?' && inPart:
			signs = append(signs, sign{kind: oneInPart})
		case r == '?':
			signs = append(signs, sign{kind: one})
		default:
			signs = append(signs, sign{letter, r})
		}
	}
	return signs
}

// patternGlob is the set of the texts that a pattern with wildcards matches.
func patternGlob(pattern string) *glob { return newGlob(appendPattern(nil, pattern, false)) }

// anyText is the set of all texts.
func anyText() *glob { return patternGlob("*") }

// piece is a part of a pattern: signs, or a policy variable.
type piece struct {
	signs    []sign
	variable *variable
}

// variable is a policy variable, ${key} or ${key, 'default'}.
type variable struct {
	key        string // folded
	text       string // the default, if hasDefault
	hasDefault bool
	// inPart: it stands in a part of an ARN, where a value with a colon matches nothing (doc/language.md 19).
	inPart bool
	// isARN: it is a whole pattern of ARNs.
	isARN bool
}

// pattern is a row of pieces: a pattern of the policy language that may hold variables.
type pattern struct {
	pieces []piece
	key    string // see written; of patterns in a set
}

// glob returns the pattern as a set, if it holds no variable.
func (p *pattern) glob() (*glob, bool) {
	var signs []sign
	for i := range p.pieces {
		if p.pieces[i].variable != nil {
			return nil, false
		}
		signs = append(signs, p.pieces[i].signs...)
	}
	return newGlob(signs), true
}

// fill returns the pattern with texts in the place of its variables; ok is false if one of them has none, and then the pattern matches nothing.
func (p *pattern) fill(value func(*variable) (string, bool)) (g *glob, ok bool) {
	var signs []sign
	for i := range p.pieces {
		x := &p.pieces[i]
		if x.variable == nil {
			signs = append(signs, x.signs...)
			continue
		}
		text, ok := value(x.variable)
		if !ok || x.variable.inPart && strings.Contains(text, ":") || x.variable.isARN && strings.Count(text, ":") < arn.PartCount-1 {
			return nil, false
		}
		signs = appendText(signs, text, letter)
	}
	return newGlob(signs), true
}

// newVariable reads the inside of ${…}: a key, or a key, a comma, blanks and a default in single quotes.
func newVariable(inside string, inPart bool) *variable {
	for i := range len(inside) {
		if inside[i] != ',' {
			continue
		}
		rest := strings.TrimLeft(inside[i+1:], " ")
		if n := len(rest); n >= 2 && rest[0] == '\'' && rest[n-1] == '\'' {
			return &variable{key: fold.Name(inside[:i]), text: rest[1 : n-1], hasDefault: true, inPart: inPart}
		}
	}
	return &variable{key: fold.Name(inside), inPart: inPart}
}

// variables calls yield with each variable.
func (p *pattern) variables(yield func(*variable)) {
	for i := range p.pieces {
		if v := p.pieces[i].variable; v != nil {
			yield(v)
		}
	}
}

// builder makes a pattern sign by sign.
type builder struct {
	pieces []piece
}

func (b *builder) add(signs ...sign) {
	if n := len(b.pieces); n > 0 && b.pieces[n-1].variable == nil {
		b.pieces[n-1].signs = append(b.pieces[n-1].signs, signs...)
		return
	}
	b.pieces = append(b.pieces, piece{signs: signs})
}

// text adds a part of a pattern: wildcards says that * and ? mean something, inPart that they reach over no colon, variables that ${…} means
// something (policy-language.md §6).
func (b *builder) text(text string, wildcards, inPart, variables bool) {
	plain := func(s string) {
		if wildcards {
			b.add(appendPattern(nil, s, inPart)...)
		} else {
			b.add(appendText(nil, s, letter)...)
		}
	}
	for variables {
		start := strings.Index(text, "${")
		if start < 0 {
			break
		}
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			break
		}
		plain(text[:start])
		name := text[start+2 : start+end]
		text = text[start+end+1:]
		switch name {
		case "*", "?", "$":
			b.add(appendText(nil, name, letter)...)
		default:
			b.pieces = append(b.pieces, piece{variable: newVariable(name, inPart)})
		}
	}
	plain(text)
}

func (b *builder) pattern() *pattern {
	p := &pattern{}
	for _, x := range b.pieces {
		if x.variable != nil || len(x.signs) > 0 {
			p.pieces = append(p.pieces, x)
		}
	}
	return p
}

// textPattern reads a value of a String operator, or any other text in which variables may stand.
func textPattern(text string, wildcards, variables bool) *pattern {
	var b builder
	b.text(text, wildcards, false, variables)
	return b.pattern()
}

// completion says when the missing parts of a short pattern of ARNs are stars (doc/language.md 21).
type completion uint8

const (
	completeNever completion = iota // a short pattern matches nothing
	completeWild                    // if it holds a wildcard
	completeAlways
)

// arnPatterns reads a pattern of ARNs, which may match in two ways.
func arnPatterns(text string, variables bool, c completion) []*pattern {
	if text == "*" && c != completeNever {
		return []*pattern{textPattern("*", true, false)}
	}
	split := arn.SplitPattern(text, variables)
	if variables && len(split) == 1 {
		// A variable that stands alone stands for a whole ARN (doc/language.md 19).
		if p := textPattern(text, true, true); len(p.pieces) == 1 && p.pieces[0].variable != nil {
			return []*pattern{p}
		}
	}
	parts := func(split []string) *pattern {
		var b builder
		for i, part := range split {
			if i > 0 {
				b.add(sign{letter, ':'})
			}
			b.text(part, true, i < arn.PartCount-1, variables)
		}
		return b.pattern()
	}
	if len(split) == arn.PartCount {
		return []*pattern{parts(split)}
	}
	if c == completeNever {
		return nil
	}
	var b builder
	wild := false
	for i, part := range split {
		if i > 0 {
			b.add(sign{letter, ':'})
		}
		n := len(b.pieces)
		b.text(part, true, true, variables)
		for _, x := range b.pieces[max(0, n-1):] {
			for _, s := range x.signs {
				wild = wild || s.kind != letter
			}
		}
		if strings.HasSuffix(part, "*") {
			// It may run on over the parts that follow.
			last := b.pieces[len(b.pieces)-1].signs
			last[len(last)-1] = sign{kind: run}
		}
	}
	patterns := []*pattern{b.pattern()}
	if c == completeAlways || wild {
		for len(split) < arn.PartCount {
			split = append(split, "*")
		}
		patterns = append(patterns, parts(split))
	}
	return patterns
}

// orbit is what a folded sign takes.
func orbit(s sign) iter.Seq[rune] {
	return func(yield func(rune) bool) {
		if !yield(s.r) {
			return
		}
		for f := unicode.SimpleFold(s.r); f != s.r; f = unicode.SimpleFold(f) {
			if s.kind == folded || f < 0x80 {
				if !yield(f) {
					return
				}
			}
		}
	}
}

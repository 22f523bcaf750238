// Package wildcard matches text with patterns in which * stands for any run of characters, the empty one included, and ?
// for exactly one character.
//
//	p := wildcard.Parse("logs/2026-??/*.gz")
//	p.Match("logs/2026-11/a/b.gz") // true: * reaches over slashes
//	p.Match("logs/2026-1/a.gz")    // false: ?? is two characters
//
// These are the only two signs of AWS's policy language (policy-language.md §§3–5): brackets and backslashes are ordinary
// characters. A character is a Unicode code point; a byte that is no valid UTF-8 counts as one.
//
// A match takes time linear in the value for all patterns that people write. Hostile ones take at worst
// len(value)·len(pattern)/64 steps as long as they keep to 2 KB and 64 different characters, and never more than len(value)·len(pattern): no
// pattern makes it backtrack over more than one run.
package wildcard

import (
	"strings"
	"unicode/utf8"
)

// Any and One are * and ? in a pattern's encoded form. They are bytes that no UTF-8 text holds, so that an encoded
// pattern can carry a literal * or ?: that is how the escapes ${*} and ${?} and the values of policy variables stay plain
// text (policy-language.md §6).
const (
	Any = '\xff'
	One = '\xfe'
)

// Encode returns the encoded form of text: each * becomes Any, each ? becomes One.
func Encode(text string) string {
	if strings.IndexByte(text, '*') < 0 && strings.IndexByte(text, '?') < 0 {
		return text
	}
	b := []byte(text)
	for i, c := range b {
		switch c {
		case '*':
			b[i] = Any
		case '?':
			b[i] = One
		}
	}
	return string(b)
}

// shape tells the patterns apart that can be matched by one comparison; nearly all patterns of real policies are such.
type shape uint8

const (
	exact   shape = iota // no wildcard
	all                  // *
	prefix               // text*
	suffix               // *text
	general              // everything else
)

// Pattern is a pattern made ready to match. The zero Pattern matches the empty text alone. A Pattern is immutable and may
// be used from several goroutines.
type Pattern struct {
	shape shape
	// text is the literal of the simple shapes.
	text string
	runs *[]run // of a general pattern; behind a pointer, since few patterns are such and most memory is spent on those that are not
}

// Parse makes a Pattern of text, in which * and ? are wildcards.
func Parse(text string) Pattern { return Compile(Encode(text)) }

// Compile makes a Pattern of its encoded form.
func Compile(encoded string) Pattern {
	star := strings.IndexByte(encoded, Any)
	if strings.IndexByte(encoded, One) < 0 {
		switch {
		case star < 0:
			return Pattern{shape: exact, text: encoded}
		case len(encoded) == 1:
			return Pattern{shape: all}
		case star == len(encoded)-1:
			return Pattern{shape: prefix, text: encoded[:star]}
		case star == 0 && strings.LastIndexByte(encoded, Any) == 0:
			return Pattern{shape: suffix, text: encoded[1:]}
		}
	}
	runs := cut(encoded)
	return Pattern{shape: general, runs: &runs}
}

// cut returns the stretches between the stars of a pattern: the first is bound to the start of the value, the last to its end, both
// possibly empty.
func cut(encoded string) []run {
	runs := make([]run, 0, strings.Count(encoded, string([]byte{Any}))+1)
	for {
		i := strings.IndexByte(encoded, Any)
		if i < 0 {
			return append(runs, newRun(encoded))
		}
		// A second star in a row adds nothing.
		if i > 0 || len(runs) == 0 {
			runs = append(runs, newRun(encoded[:i]))
		}
		encoded = encoded[i+1:]
	}
}

// Literal returns the text that p alone matches, if p holds no wildcard.
func (p *Pattern) Literal() (text string, ok bool) { return p.text, p.shape == exact }

// Prefix returns the text if p is that text with one star behind it.
func (p *Pattern) Prefix() (text string, ok bool) { return p.text, p.shape == prefix }

// MatchesAll reports whether p matches every text by its form alone.
func (p *Pattern) MatchesAll() bool { return p.shape == all || p.shape == prefix && p.text == "" }

// Match reports whether p matches the whole of value. It does not allocate.
func (p *Pattern) Match(value string) bool {
	switch p.shape {
	case exact:
		return value == p.text
	case all:
		return true
	case prefix:
		return strings.HasPrefix(value, p.text)
	case suffix:
		return strings.HasSuffix(value, p.text)
	}
	return matchRuns(*p.runs, value)
}

func matchRuns(runs []run, value string) bool {
	first, last := &runs[0], &runs[len(runs)-1]
	pos, ok := first.matchAt(value, 0)
	if !ok {
		return false
	}
	if len(runs) == 1 {
		return pos == len(value)
	}
	end, ok := last.matchEnd(value)
	if !ok || end < pos {
		return false
	}
	// Each run between is taken at its leftmost place: if any arrangement matches, this one does, since it leaves the
	// most room to the runs that follow.
	for i := 1; i < len(runs)-1; i++ {
		if pos, ok = runs[i].find(value[:end], pos); !ok {
			return false
		}
	}
	return true
}

// Match reports whether the pattern in encoded form matches value. It is for patterns that are used once; it allocates
// for what Compile allocates.
func Match(encoded, value string) bool {
	p := Compile(encoded)
	return p.Match(value)
}

// run is a stretch of a pattern without stars.
type run struct {
	text string // One stands for one character
	ones bool   // text holds One
	long *masks // for runs with One of more than naiveLimit characters
}

// naiveLimit is the length up to which trying every place is as good as anything: at most that many steps a byte.
const naiveLimit = 64

func newRun(text string) run {
	r := run{text: text, ones: strings.IndexByte(text, One) >= 0}
	if r.ones && len(text) > naiveLimit {
		r.long = newMasks(text)
	}
	return r
}

// matchAt reports whether the run matches at value[pos:] and where it ends.
func (r *run) matchAt(value string, pos int) (end int, ok bool) {
	if !r.ones {
		return pos + len(r.text), strings.HasPrefix(value[pos:], r.text)
	}
	for i := 0; i < len(r.text); i++ {
		if pos >= len(value) {
			return 0, false
		}
		switch c := r.text[i]; {
		case c == One:
			pos += width(value[pos:])
		case c == value[pos]:
			pos++
		default:
			return 0, false
		}
	}
	return pos, true
}

// matchEnd reports whether the run matches at the very end of value and where it starts.
func (r *run) matchEnd(value string) (start int, ok bool) {
	if !r.ones {
		return len(value) - len(r.text), strings.HasSuffix(value, r.text)
	}
	pos := len(value)
	for i := len(r.text) - 1; i >= 0; i-- {
		if pos == 0 {
			return 0, false
		}
		switch c := r.text[i]; {
		case c == One:
			_, n := utf8.DecodeLastRuneInString(value[:pos])
			pos -= n
		case c == value[pos-1]:
			pos--
		default:
			return 0, false
		}
	}
	return pos, true
}

// find returns the end of the leftmost match of the run at or after pos.
func (r *run) find(value string, pos int) (end int, ok bool) {
	switch {
	case !r.ones:
		i := strings.Index(value[pos:], r.text)
		return pos + i + len(r.text), i >= 0
	case r.long != nil:
		return r.long.find(r, value, pos)
	}
	for {
		if end, ok := r.matchAt(value, pos); ok {
			return end, true
		}
		if pos >= len(value) {
			return 0, false
		}
		pos += width(value[pos:])
	}
}

// width is the length in bytes of the first character of s, which is not empty.
func width(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

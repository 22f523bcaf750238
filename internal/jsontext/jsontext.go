// Package jsontext reads JSON strictly and remembers where everything stands.
//
// A Reader walks a text from left to right and refuses whatever RFC 8259 does not allow and whatever two readers could
// understand differently: text behind the value, a byte order mark, invalid UTF-8, escaped lone surrogates, and members
// of one object that have the same name, also when the names differ only in the case of ASCII letters. Policies, cases
// and exports are all read by it, so that there is one strict parser for JSON (security.md E).
//
//	r := jsontext.NewReader(`{"a": [1, "x"]}`)
//	for name, ok, err := r.Object(); ok; name, ok, err = r.Member() { … }
package jsontext

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/fold"
)

// MaxDepth is the deepest nesting of arrays and objects that a Reader follows.
const MaxDepth = 64

// Kind is what kind of value a text holds next.
type Kind byte

// The kinds of values, and Invalid for what can begin no value.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"no value", "null", "a boolean", "a number", "a string", "an array", "an object"}

func (k Kind) String() string { return kindNames[k] }

// Error says what is wrong with a text and where.
type Error struct {
	Offset int // in bytes, from 0
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// Position is a place in a text as people count: lines and characters from 1.
type Position struct {
	Line, Column int
}

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// PositionOf returns the position of an offset in bytes.
func PositionOf(text string, offset int) Position {
	before := text[:min(offset, len(text))]
	line := strings.LastIndexByte(before, '\n') + 1
	return Position{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[line:]) + 1,
	}
}

// Reader reads one JSON text. Its methods consume the text from left to right; after an error it must not be used again.
type Reader struct {
	text   string
	pos    int
	nameAt int // of the member read last
	stack  []frame
	// doubles lets members of one name stand in one object.
	doubles bool
}

// frame is an array or object that is being read.
type frame struct {
	// names are those of an object's members so far, the first count of them.
	names [fewNames]string
	count int
	// many holds the names, folded, once there are more, so that an object of a million members costs a million steps
	// and not their square.
	many map[string]struct{}
}

// fewNames is the number of members whose names are compared one by one.
const fewNames = 12

// NewReader returns a Reader at the start of text.
func NewReader(text string) *Reader { return &Reader{text: text, stack: make([]frame, 0, usualDepth)} }

// usualDepth is that of a policy: document, list, statement, condition, operator, list.
const usualDepth = 6

// AllowDoubles makes the Reader return members that have the name of an earlier member of their object, also if it differs in case. It is for those who
// say all that is wrong with a text, and have to look for them; whoever acts on a text must refuse it.
func (r *Reader) AllowDoubles() { r.doubles = true }

// Offset returns the place of the next byte that is no white space.
func (r *Reader) Offset() int {
	r.blanks()
	return r.pos
}

// NameOffset returns the place of the name that Object or Member returned last.
func (r *Reader) NameOffset() int { return r.nameAt }

// End returns the place behind what was read last.
func (r *Reader) End() int { return r.pos }

func (r *Reader) fail(offset int, format string, args ...any) *Error {
	return &Error{Offset: offset, Detail: fmt.Sprintf(format, args...)}
}

func (r *Reader) blanks() {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// Next returns the kind of the value that comes next, without consuming it.
func (r *Reader) Next() Kind {
	r.blanks()
	if r.pos == len(r.text) {
		return Invalid
	}
	switch c := r.text[r.pos]; {
	case c == '"':
		return String
	case c == '{':
		return Object
	case c == '[':
		return Array
	case c == 't' || c == 'f':
		return Bool
	case c == 'n':
		return Null
	case c == '-' || '0' <= c && c <= '9':
		return Number
	}
	return Invalid
}

// unexpected says that something else was wanted at the next byte.
func (r *Reader) unexpected(want string) *Error {
	r.blanks()
	if r.pos == len(r.text) {
		return r.fail(r.pos, "the text ends where %s is expected", want)
	}
	c, n := utf8.DecodeRuneInString(r.text[r.pos:])
	switch {
	case c == utf8.RuneError && n == 1:
		return r.fail(r.pos, "byte 0x%02x is not valid UTF-8; %s is expected", r.text[r.pos], want)
	case c == '\ufeff':
		return r.fail(r.pos, "a byte order mark is not allowed; %s is expected", want)
	}
	return r.fail(r.pos, "%q where %s is expected", c, want)
}

// Object enters an object and returns its first member's name, with ok false if it has none. The member's value must be
// read or skipped before Member is called.
func (r *Reader) Object() (name string, ok bool, err error) {
	if err := r.enter('{', "an object"); err != nil {
		return "", false, err
	}
	r.blanks()
	if r.pos < len(r.text) && r.text[r.pos] == '}' {
		r.leave()
		return "", false, nil
	}
	return r.name()
}

// Member returns the name of the object's next member, with ok false behind the last, which leaves the object.
func (r *Reader) Member() (name string, ok bool, err error) {
	more, err := r.more('}')
	if !more {
		return "", false, err
	}
	return r.name()
}

// Array enters an array; ok is false if it is empty.
func (r *Reader) Array() (ok bool, err error) {
	if err := r.enter('[', "an array"); err != nil {
		return false, err
	}
	r.blanks()
	if r.pos < len(r.text) && r.text[r.pos] == ']' {
		r.leave()
		return false, nil
	}
	return true, nil
}

// Element goes to the array's next element; ok is false behind the last, which leaves the array.
func (r *Reader) Element() (ok bool, err error) { return r.more(']') }

func (r *Reader) enter(open byte, what string) error {
	r.blanks()
	if r.pos == len(r.text) || r.text[r.pos] != open {
		return r.unexpected(what)
	}
	if len(r.stack) == MaxDepth {
		return r.fail(r.pos, "nested more than %d deep", MaxDepth)
	}
	r.pos++
	if len(r.stack) == cap(r.stack) {
		r.stack = append(r.stack, frame{})
		return nil
	}
	r.stack = r.stack[:len(r.stack)+1]
	top := &r.stack[len(r.stack)-1]
	top.count, top.many = 0, nil
	return nil
}

func (r *Reader) leave() {
	r.pos++
	r.stack = r.stack[:len(r.stack)-1]
}

func (r *Reader) more(end byte) (bool, error) {
	r.blanks()
	if r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ',':
			r.pos++
			return true, nil
		case end:
			r.leave()
			return false, nil
		}
	}
	return false, r.unexpected(fmt.Sprintf("',' or %q", end))
}

func (r *Reader) name() (string, bool, error) {
	r.blanks()
	at := r.pos
	r.nameAt = at
	if r.pos == len(r.text) || r.text[r.pos] != '"' {
		return "", false, r.unexpected("a member's name")
	}
	name, err := r.String()
	if err != nil {
		return "", false, err
	}
	if r.doubles {
		// Nobody asks which names there were.
	} else if other, double := r.stack[len(r.stack)-1].add(name); double {
		if other == name {
			return "", false, r.fail(at, "the member %q stands twice in one object", name)
		}
		return "", false, r.fail(at, "the members %q and %q of one object differ only in case", other, name)
	}
	r.blanks()
	if r.pos == len(r.text) || r.text[r.pos] != ':' {
		return "", false, r.unexpected("':'")
	}
	r.pos++
	return name, true, nil
}

// add remembers a name, unless an equal one is there.
func (f *frame) add(name string) (other string, double bool) {
	if f.many != nil {
		folded := fold.Name(name)
		if _, double := f.many[folded]; double {
			return name, true
		}
		f.many[folded] = struct{}{}
		return "", false
	}
	for _, n := range f.names[:f.count] {
		if fold.Equal(n, name) {
			return n, true
		}
	}
	if f.count < fewNames {
		f.names[f.count] = name
		f.count++
		return "", false
	}
	f.many = make(map[string]struct{}, 4*fewNames)
	for _, n := range f.names {
		f.many[fold.Name(n)] = struct{}{}
	}
	f.many[fold.Name(name)] = struct{}{}
	return "", false
}

// String reads a string and returns its meaning, escapes resolved.
func (r *Reader) String() (string, error) {
	r.blanks()
	if r.pos == len(r.text) || r.text[r.pos] != '"' {
		return "", r.unexpected("a string")
	}
	start := r.pos + 1
	ascii := true
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			s := r.text[start:i]
			if !ascii && !utf8.ValidString(s) {
				return "", r.invalidUTF8(start, s)
			}
			r.pos = i + 1
			return s, nil
		case c == '\\':
			return r.escaped(start, i)
		case c < ' ':
			return "", r.fail(i, "the control character 0x%02x must be escaped in a string", c)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", r.fail(start-1, "this string has no end")
}

func (r *Reader) invalidUTF8(start int, s string) error {
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && n == 1 {
			return r.fail(start+i, "byte 0x%02x is not valid UTF-8", s[i])
		}
		i += n
	}
	return r.fail(start, "not valid UTF-8")
}

// escaped reads on from the first backslash of a string.
func (r *Reader) escaped(start, i int) (string, error) {
	b := append(make([]byte, 0, i-start+16), r.text[start:i]...)
	for i < len(r.text) {
		switch c := r.text[i]; {
		case c == '"':
			if s := string(b); utf8.ValidString(s) {
				r.pos = i + 1
				return s, nil
			}
			return "", r.invalidUTF8(start, r.text[start:i])
		case c < ' ':
			return "", r.fail(i, "the control character 0x%02x must be escaped in a string", c)
		case c != '\\':
			b = append(b, c)
			i++
		default:
			char, n, err := r.escape(i)
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, char)
			i += n
		}
	}
	return "", r.fail(start-1, "this string has no end")
}

// escape reads the escape at i and returns its character and its length.
func (r *Reader) escape(i int) (rune, int, error) {
	if i+1 < len(r.text) {
		switch r.text[i+1] {
		case '"', '\\', '/':
			return rune(r.text[i+1]), 2, nil
		case 'b':
			return '\b', 2, nil
		case 'f':
			return '\f', 2, nil
		case 'n':
			return '\n', 2, nil
		case 'r':
			return '\r', 2, nil
		case 't':
			return '\t', 2, nil
		case 'u':
			first, ok := hex4(r.text, i+2)
			if !ok {
				break
			}
			if !utf16.IsSurrogate(first) {
				return first, 6, nil
			}
			if strings.HasPrefix(r.text[i+6:], `\u`) {
				if second, ok := hex4(r.text, i+8); ok {
					if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
						return c, 12, nil
					}
				}
			}
			return 0, 0, r.fail(i, "%s is half a character", r.text[i:i+6])
		}
	}
	return 0, 0, r.fail(i, "not an escape that JSON knows")
}

func hex4(text string, i int) (rune, bool) {
	if i+4 > len(text) {
		return 0, false
	}
	var c rune
	for _, d := range []byte(text[i : i+4]) {
		switch {
		case '0' <= d && d <= '9':
			c = c<<4 | rune(d-'0')
		case 'a' <= fold.Byte(d) && fold.Byte(d) <= 'f':
			c = c<<4 | rune(fold.Byte(d)-'a'+10)
		default:
			return 0, false
		}
	}
	return c, true
}

// Number reads a number and returns its text.
func (r *Reader) Number() (string, error) {
	if r.Next() != Number {
		return "", r.unexpected("a number")
	}
	start, i := r.pos, r.pos
	digits := func() bool {
		from := i
		for i < len(r.text) && '0' <= r.text[i] && r.text[i] <= '9' {
			i++
		}
		return i > from
	}
	at := func(chars string) bool {
		if i < len(r.text) && strings.IndexByte(chars, r.text[i]) >= 0 {
			i++
			return true
		}
		return false
	}
	at("-")
	ok := at("0") || digits()
	if ok && at(".") {
		ok = digits()
	}
	if ok && at("eE") {
		at("+-")
		ok = digits()
	}
	if !ok || i < len(r.text) && (fold.Byte(r.text[i]) >= 'a' && fold.Byte(r.text[i]) <= 'z' || '0' <= r.text[i] && r.text[i] <= '9') {
		return "", r.fail(start, "not a number")
	}
	r.pos = i
	return r.text[start:i], nil
}

// Bool reads true or false.
func (r *Reader) Bool() (bool, error) {
	switch {
	case r.word("true"):
		return true, nil
	case r.word("false"):
		return false, nil
	}
	return false, r.unexpected("true or false")
}

// Null reads null.
func (r *Reader) Null() error {
	if r.word("null") {
		return nil
	}
	return r.unexpected("null")
}

func (r *Reader) word(w string) bool {
	r.blanks()
	rest := r.text[r.pos:]
	if !strings.HasPrefix(rest, w) || len(rest) > len(w) && 'a' <= fold.Byte(rest[len(w)]) && fold.Byte(rest[len(w)]) <= 'z' {
		return false
	}
	r.pos += len(w)
	return true
}

// Skip reads a value of any kind and drops it.
func (r *Reader) Skip() error {
	switch r.Next() {
	case Null:
		return r.Null()
	case Bool:
		_, err := r.Bool()
		return err
	case Number:
		_, err := r.Number()
		return err
	case String:
		_, err := r.String()
		return err
	case Array:
		ok, err := r.Array()
		for ; ok && err == nil; ok, err = r.Element() {
			if err := r.Skip(); err != nil {
				return err
			}
		}
		return err
	case Object:
		_, ok, err := r.Object()
		for ; ok && err == nil; _, ok, err = r.Member() {
			if err := r.Skip(); err != nil {
				return err
			}
		}
		return err
	}
	return r.unexpected("a value")
}

// Raw skips a value and returns its text.
func (r *Reader) Raw() (string, error) {
	start := r.Offset()
	if err := r.Skip(); err != nil {
		return "", err
	}
	return r.text[start:r.pos], nil
}

// Finish reports an error if anything but white space is left.
func (r *Reader) Finish() error {
	if r.blanks(); r.pos < len(r.text) {
		return r.unexpected("the end of the text")
	}
	return nil
}

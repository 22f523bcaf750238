package template

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// source is a file's text, which finds lines and columns quickly: a plan is often one line of megabytes.
type source struct {
	text  string
	marks []policy.Position // of every markStep-th byte
}

const markStep = 4096

func newSource(text string) *source {
	s := &source{text: text}
	at := policy.Position{Line: 1, Column: 1}
	for i := 0; i < len(text); i += markStep {
		s.marks = append(s.marks, at)
		at = advance(at, text[i:min(i+markStep, len(text))])
	}
	s.marks = append(s.marks, at) // for the end of an empty text
	return s
}

// advance moves a position over a text. A character counts where its first byte stands.
func advance(at policy.Position, text string) policy.Position {
	if n := strings.Count(text, "\n"); n > 0 {
		at.Line, at.Column = at.Line+n, 1
		text = text[strings.LastIndexByte(text, '\n')+1:]
	}
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			at.Column++
		}
	}
	return at
}

// position returns the position of an offset in bytes.
func (s *source) position(offset int) policy.Position {
	offset = min(max(offset, 0), len(s.text))
	i := min(offset/markStep, len(s.marks)-1)
	return advance(s.marks[i], s.text[min(i*markStep, offset):offset])
}

// inside returns the offset in the file of byte k of what a scalar means; of other nodes, and where a scalar's writing is more involved, that of the node.
func (s *source) inside(n *node, k int) int {
	switch n.style {
	case jsonString:
		return n.at + escapedLength(s.text[n.at:], k)
	case verbatim:
		return n.at + k
	case literalBlock:
		before := n.text[:min(k, len(n.text))]
		at := n.at // the first line of the block
		for range strings.Count(before, "\n") {
			next := strings.IndexByte(s.text[at:], '\n')
			if next < 0 {
				return n.at
			}
			at += next + 1
		}
		return at + n.indent + len(before) - (strings.LastIndexByte(before, '\n') + 1)
	}
	return n.at
}

// escapedLength returns the offset in a JSON string, from its quote on, of byte k of what it means.
func escapedLength(raw string, k int) int {
	i := 1
	for k > 0 && i < len(raw) && raw[i] != '"' {
		if raw[i] != '\\' {
			i++
			k--
			continue
		}
		if i+1 >= len(raw) {
			break
		}
		if raw[i+1] != 'u' {
			i += 2
			k--
			continue
		}
		c, n := hex4(raw[i+2:]), 6
		if utf16.IsSurrogate(c) && i+12 <= len(raw) {
			c, n = utf16.DecodeRune(c, hex4(raw[i+8:])), 12
		}
		k -= utf8.RuneLen(c)
		if k < 0 {
			break // in the middle of the character
		}
		i += n
	}
	return min(i, len(raw))
}

func hex4(s string) (r rune) {
	for i := range min(4, len(s)) {
		r <<= 4
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			r |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		}
	}
	return r
}

// node is a value of a file.
type node struct {
	kind  jsontext.Kind
	text  string // what a scalar means
	style style
	// at is where it stands: of a verbatim scalar its first byte, of a literalBlock its first line, whose text begins at indent.
	at, indent int
	members    []member // of an object
	items      []*node  // of an array
}

// style is how a scalar is written.
type style uint8

const (
	involved     style = iota // or no scalar
	jsonString                // with quotes and JSON's escapes
	verbatim                  // as it means
	literalBlock              // lines that are all indented
)

type member struct {
	name string
	key  *node
	*node
}

// member returns an object's member of a name; nil if it has none.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.members {
		if n.members[i].name == name {
			return n.members[i].node
		}
	}
	return nil
}

// width returns how many members there are to look through.
func (n *node) width() int {
	if n == nil {
		return 0
	}
	return len(n.members)
}

// only returns an object's member if it has just one.
func (n *node) only() (name string, value *node) {
	if n.kind != jsontext.Object || len(n.members) != 1 {
		return "", nil
	}
	return n.members[0].name, n.members[0].node
}

// maxDepth is the deepest nesting of a template. A reader of JSON stops earlier.
const maxDepth = 100

// readJSON makes a tree of a JSON text that stands in the file at base.
func readJSON(text string, base int) (*node, error) {
	r := jsontext.NewReader(text)
	r.AllowDoubles() // maps of tags have names that differ in case alone
	n, err := readValue(r, base)
	if err == nil {
		err = r.Finish()
	}
	return n, err
}

func readValue(r *jsontext.Reader, base int) (n *node, err error) {
	n = &node{kind: r.Next(), at: base + r.Offset()}
	var names nameSet
	switch n.kind {
	case jsontext.String:
		n.style = jsonString
		n.text, err = r.String()
	case jsontext.Object:
		name, ok, err := r.Object()
		for ; ok && err == nil; name, ok, err = r.Member() {
			key := &node{kind: jsontext.String, text: name, at: base + r.NameOffset(), style: jsonString}
			if !names.add(name) {
				return nil, &jsontext.Error{Offset: r.NameOffset(), Detail: twice(name)}
			}
			v, err := readValue(r, base)
			if err != nil {
				return nil, err
			}
			n.members = append(n.members, member{name, key, v})
		}
		return n, err
	case jsontext.Array:
		ok, err := r.Array()
		for ; ok && err == nil; ok, err = r.Element() {
			v, err := readValue(r, base)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
		}
		return n, err
	default:
		n.text, err = r.Raw()
	}
	return n, err
}

// nameSet holds the names of an object's members. Of two of the same name readers take one or the other, and nobody can say which of them will be deployed.
type nameSet map[string]bool

// add reports whether a name is new.
func (s *nameSet) add(name string) bool {
	if (*s)[name] {
		return false
	}
	if *s == nil {
		*s = make(nameSet)
	}
	(*s)[name] = true
	return true
}

func twice(name string) string { return fmt.Sprintf("member %q stands twice", name) }

package template

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// maxAliased is how many nodes a template may come to by its aliases beyond those that are written.
const maxAliased = 100_000

// yamlReader makes a tree of a YAML document. What an alias stands for is made once; how much all of it comes to is counted before anybody walks it.
type yamlReader struct {
	file  *source
	lines []int // where lines begin, as YAML counts them
	// line and column are a place that was asked for, and at its offset: the next is mostly a little further in the same line.
	line, column, at int

	made    map[*yaml.Node]*yamlNode
	written int
}

type yamlNode struct {
	node        *node // nil while it is being made
	size, depth int   // with all aliases written out
}

// yamlLines returns where the lines of a text begin. YAML has more ends of lines than others.
func yamlLines(text string) []int {
	lines := []int{0}
	if strings.HasPrefix(text, "\ufeff") {
		lines[0] = len("\ufeff")
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n', c == '\r' && !strings.HasPrefix(text[i+1:], "\n"):
			lines = append(lines, i+1)
		case c == 0xc2 && strings.HasPrefix(text[i:], "\u0085"):
			lines = append(lines, i+2)
		case c == 0xe2 && (strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029")):
			lines = append(lines, i+3)
		}
	}
	return lines
}

// offset returns the offset of a line and column, each from 1.
func (r *yamlReader) offset(line, column int) int {
	if line != r.line || column < r.column {
		r.line, r.column, r.at = line, 1, r.lines[min(max(line, 1), len(r.lines))-1]
	}
	for text := r.file.text; r.column < column && r.at < len(text); r.column++ {
		_, n := utf8.DecodeRuneInString(text[r.at:])
		r.at += n
	}
	return r.at
}

// yamlLine finds the line in what the library says is wrong.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func readYAML(file *source) (*node, error) {
	var document, next yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(file.text))
	if err := decoder.Decode(&document); err != nil {
		at := policy.Position{Line: 1, Column: 1}
		text := err.Error()
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			if line, err := strconv.Atoi(m[1]); err == nil {
				at.Line = line
			}
		}
		return nil, &Error{at, "not YAML: " + text}
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, &Error{policy.Position{Line: 1, Column: 1}, "no document"}
	}
	if err := decoder.Decode(&next); err != io.EOF {
		at := policy.Position{Line: max(1, next.Line), Column: max(1, next.Column)}
		return nil, &Error{at, "more than one document; a template is one"}
	}
	r := &yamlReader{file: file, lines: yamlLines(file.text), made: make(map[*yaml.Node]*yamlNode)}
	n, err := r.node(document.Content[0])
	if err != nil {
		return nil, err
	}
	return n.node, nil
}

func (r *yamlReader) fail(n *yaml.Node, detail string) error {
	return &Error{policy.Position{Line: n.Line, Column: n.Column}, detail}
}

var (
	errDeep    = errors.New("nested too deeply")
	errAliases = fmt.Errorf("aliases make more than %d values of what is written", maxAliased)
)

func (r *yamlReader) node(n *yaml.Node) (*yamlNode, error) {
	if n.Kind == yaml.AliasNode {
		target := r.made[n.Alias]
		if target == nil || target.node == nil {
			return nil, r.fail(n, "an alias of what it is a part of")
		}
		return target, nil
	}
	out := &yamlNode{size: 1, depth: 1}
	r.made[n] = out
	r.written++
	at := r.offset(n.Line, n.Column)
	v := &node{at: at}
	var err error
	switch n.Kind {
	case yaml.ScalarNode:
		r.scalar(n, v)
	case yaml.SequenceNode:
		v.kind = jsontext.Array
		for _, c := range n.Content {
			item, err := r.node(c)
			if err != nil {
				return nil, err
			}
			if err := r.add(out, item); err != nil {
				return nil, r.fail(c, err.Error())
			}
			v.items = append(v.items, item.node)
		}
	case yaml.MappingNode:
		err = r.mapping(n, v, out)
	default:
		err = r.fail(n, "not a value")
	}
	if err != nil {
		return nil, err
	}
	out.node = shortForm(n.Tag, v, at)
	return out, nil
}

// add counts a part of a node.
func (r *yamlReader) add(n, part *yamlNode) error {
	if n.depth = max(n.depth, part.depth+1); n.depth > maxDepth {
		return errDeep
	}
	if n.size += part.size; n.size > r.written+maxAliased {
		return errAliases
	}
	return nil
}

func (r *yamlReader) mapping(n *yaml.Node, v *node, out *yamlNode) error {
	v.kind = jsontext.Object
	var names nameSet
	var merged []*node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return r.fail(key, "a member's name is no text")
		}
		k := &node{at: r.offset(key.Line, key.Column)}
		r.scalar(key, k)
		item, err := r.node(value)
		if err != nil {
			return err
		}
		if err := r.add(out, item); err != nil {
			return r.fail(value, err.Error())
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, item.node)
			continue
		}
		if !names.add(key.Value) {
			return r.fail(key, twice(key.Value))
		}
		v.members = append(v.members, member{key.Value, k, item.node})
	}
	return r.merge(n, v, names, merged)
}

// merge adds the members of what stands behind << that a mapping has not itself.
func (r *yamlReader) merge(n *yaml.Node, v *node, names nameSet, merged []*node) error {
	for len(merged) > 0 {
		from := merged[0]
		merged = merged[1:]
		switch from.kind {
		case jsontext.Array:
			for _, item := range from.items {
				if item.kind != jsontext.Object {
					return r.fail(n, "<< takes mappings")
				}
			}
			merged = append(append([]*node(nil), from.items...), merged...)
		case jsontext.Object:
			for _, m := range from.members {
				if names.add(m.name) {
					v.members = append(v.members, m)
				}
			}
		default:
			return r.fail(n, "<< takes mappings")
		}
	}
	return nil
}

// scalar says what a scalar means, and how it is written if it is written simply.
func (r *yamlReader) scalar(n *yaml.Node, v *node) {
	v.text, v.kind = n.Value, jsontext.String
	switch n.ShortTag() {
	case "!!null":
		v.kind = jsontext.Null
	case "!!bool":
		v.kind = jsontext.Bool
	case "!!int", "!!float":
		v.kind = jsontext.Number
	}
	text, at := r.file.text, v.at
	// Tag and anchor stand before it.
	for at < len(text) && (text[at] == '!' || text[at] == '&') {
		end := strings.IndexAny(text[at:], " \t\r\n")
		if end < 0 {
			return
		}
		at += end
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
	}
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			return
		}
		first := at + end + 1
		// The indentation is told by the first line that is not empty.
		content, line := n.Value, first
		for strings.HasPrefix(content, "\n") {
			content = content[1:]
			next := strings.IndexByte(text[line:], '\n')
			if next < 0 {
				return
			}
			line += next + 1
		}
		written, _, _ := strings.Cut(text[line:], "\n")
		meant, _, _ := strings.Cut(content, "\n")
		if indent := len(strings.TrimSuffix(written, "\r")) - len(meant); indent >= 0 && strings.HasPrefix(written[indent:], meant) {
			v.style, v.at, v.indent = literalBlock, first, indent
		}
	case n.Style&yaml.FoldedStyle != 0:
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		if at+1 <= len(text) && strings.HasPrefix(text[at+1:], n.Value) {
			v.style, v.at = verbatim, at+1
		}
	case strings.HasPrefix(text[at:], n.Value):
		v.style, v.at = verbatim, at
	}
}

// shortForm writes a function's short form, such as !Sub, which stands at an offset, as the long one.
func shortForm(tag string, v *node, at int) *node {
	name, ok := strings.CutPrefix(tag, "!")
	if !ok || name == "" || strings.HasPrefix(name, "!") {
		return v
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	if v.kind != jsontext.Array && v.kind != jsontext.Object {
		v.kind = jsontext.String
	}
	return &node{kind: jsontext.Object, at: at, members: []member{{name, &node{kind: jsontext.String, text: name, at: at}, v}}}
}

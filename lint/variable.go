package lint

import "strings"

// variable is a policy variable in a text, ${name} or ${name, 'default'} (policy-language.md §6).
type variable struct {
	from, to int // in the text; to is behind the brace, or where the text ends or the next variable begins if there is none
	closed   bool
	inner    string // what stands in the braces
}

// variables calls f with each variable of a text.
func variables(text string, f func(v variable)) {
	for at := 0; ; {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return
		}
		from := at + i
		end := strings.Index(text[from+2:], "${")
		if end < 0 {
			end = len(text) - from - 2
		}
		inner := text[from+2:][:end]
		v := variable{from: from, to: from + 2 + end, inner: inner}
		if j := strings.IndexByte(inner, '}'); j >= 0 {
			v.inner, v.closed, v.to = inner[:j], true, from+2+j+1
		}
		f(v)
		at = v.to
	}
}

// isEscape reports ${*}, ${?} and ${$}, which stand for the character.
func (v *variable) isEscape() bool {
	return v.closed && (v.inner == "*" || v.inner == "?" || v.inner == "$")
}

// parts returns the name and what follows the comma.
func (v *variable) parts() (name, fallback string, hasFallback bool) {
	return strings.Cut(v.inner, ",")
}

// hasVariable reports whether a text has a variable that is no escape.
func hasVariable(text string) (found bool) {
	if !strings.Contains(text, "${") {
		return false
	}
	variables(text, func(v variable) { found = found || v.closed && !v.isEscape() })
	return found
}

// isCurrent reports whether variables mean something in the document.
func (c *checker) isCurrent() bool { return c.doc.version.text == "2012-10-17" }

// withoutVariables returns a text without what stands in ${…}, so that what it says of itself can be looked at.
func withoutVariables(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var b strings.Builder
	at := 0
	variables(text, func(v variable) {
		b.WriteString(text[at:v.from])
		at = v.to
	})
	b.WriteString(text[at:])
	return b.String()
}

// eachVariable calls f with each variable of every Resource, NotResource and condition value.
func (c *checker) eachVariable(f func(v *value, x variable)) {
	each := func(v *value) {
		if strings.Contains(v.text, "${") {
			variables(v.text, func(x variable) { f(v, x) })
		}
	}
	c.eachResource(func(_ *statement, v *value) { each(v) })
	c.eachBlock(func(_ *statement, b *block) {
		for i := range b.keys {
			for j := range b.keys[i].items {
				each(&b.keys[i].items[j])
			}
		}
	})
}

package model

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// Matches reports whether a string is what the shape's pattern asks for. Expressions are compiled when they are first needed.
func (s *Shape) Matches(value string) bool {
	s.compile.Do(func() {
		for _, m := range s.Matchers {
			s.matchers = append(s.matchers, compile(m))
		}
	})
	for _, m := range s.matchers {
		if !m.MatchString(value) {
			return false
		}
	}
	return true
}

type matcher interface{ MatchString(string) bool }

// compile makes a matcher of a whole string. Most patterns ask for characters of one class, and policy documents are long: for those, looking
// at each character is much faster than the general machine.
func compile(expression string) matcher {
	whole := regexp.MustCompile(`^(?:` + expression + `)$`) // a test compiles all of them
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpStar && parsed.Op != syntax.OpPlus || parsed.Sub[0].Op != syntax.OpCharClass {
		return whole
	}
	c := &class{some: parsed.Op == syntax.OpPlus, ranges: parsed.Sub[0].Rune}
	for r := range rune(len(c.ascii)) {
		c.ascii[r] = c.contains(r)
	}
	return c
}

// class matches strings of characters that lie in ranges.
type class struct {
	some   bool // at least one
	ascii  [utf8.RuneSelf]bool
	ranges []rune // first and last of each range, ascending
}

// MatchString takes bytes that are not UTF-8 for U+FFFD, as package regexp does.
func (c *class) MatchString(s string) bool {
	for _, r := range s {
		if r < utf8.RuneSelf && !c.ascii[r] || r >= utf8.RuneSelf && !c.contains(r) {
			return false
		}
	}
	return s != "" || !c.some
}

func (c *class) contains(r rune) bool {
	i, found := slices.BinarySearch(c.ranges, r)
	// Between two places of which the first begins a range.
	return found || i%2 == 1
}

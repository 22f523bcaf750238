package condition_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
)

// The naive matcher takes a pattern apart into characters first, each a literal, a wildcard or a colon of the policy, and then
// tries everything. It knows nothing of the pieces, prefixes and shapes of the other.

type mark struct {
	char  rune
	wild  bool // * or ? with its meaning
	plain bool // it stood in the policy as it is, so that a colon separates
	end   bool // no character but the end of a variable, so that an empty one is seen too
}

// marks expands a pattern with the values of a request; ok is false if a variable has none.
func marks(pattern string, wildcards, variables bool, values map[string]string) (out []mark, ok bool) {
	for pattern != "" {
		if end := strings.Index(pattern, "}"); variables && strings.HasPrefix(pattern, "${") && end > 0 {
			name := pattern[2:end]
			pattern = pattern[end+1:]
			text, known := values[strings.ToLower(name)]
			switch {
			case name == "*" || name == "?" || name == "$":
				text, known = name, true
			case !known:
				// A default begins behind the first comma that blanks and a quote follow, and ends with the last quote.
				for i := 0; i < len(name) && !known; i++ {
					rest := strings.TrimLeft(name[i+1:], " ")
					if name[i] != ',' || len(rest) < 2 || rest[0] != '\'' || rest[len(rest)-1] != '\'' {
						continue
					}
					if text, known = values[strings.ToLower(name[:i])]; !known {
						text, known = rest[1:len(rest)-1], true
					}
				}
			}
			if !known {
				return nil, false
			}
			for _, c := range text {
				out = append(out, mark{char: c})
			}
			out = append(out, mark{end: true})
			continue
		}
		c, n := utf8.DecodeRuneInString(pattern)
		pattern = pattern[n:]
		out = append(out, mark{char: c, wild: wildcards && (c == '*' || c == '?'), plain: true})
	}
	return out, true
}

// naiveMatch tries all ways.
func naiveMatch(pattern []mark, value []rune) bool {
	// reach[j]: the pattern so far matches the first j characters.
	reach := make([]bool, len(value)+1)
	reach[0] = true
	for _, m := range pattern {
		if m.end {
			continue
		}
		next := make([]bool, len(value)+1)
		for j := range next {
			switch {
			case m.wild && m.char == '*':
				next[j] = reach[j] || j > 0 && next[j-1]
			case j > 0:
				next[j] = reach[j-1] && (m.wild || m.char == value[j-1])
			}
		}
		reach = next
	}
	return reach[len(value)]
}

// cutMarks splits at the colons that stood in the policy, into most parts at the most if it is not negative.
func cutMarks(pattern []mark, most int) (parts [][]mark) {
	for {
		i := slices.IndexFunc(pattern, func(m mark) bool { return m.plain && m.char == ':' })
		if i < 0 || len(parts)+1 == most {
			return append(parts, pattern)
		}
		parts = append(parts, pattern[:i])
		pattern = pattern[i+1:]
	}
}

// naiveARN is doc/language.md 12 and 19–22.
func naiveARN(pattern string, variables bool, completion condition.Completion, value string, values map[string]string) bool {
	if pattern == "*" && completion != condition.CompleteNever {
		return true
	}
	expanded, ok := marks(pattern, true, variables, values)
	if !ok {
		return false
	}
	if variables && strings.HasPrefix(pattern, "${") && strings.Index(pattern, "}") == len(pattern)-1 && !slices.Contains([]string{"${*}", "${?}", "${$}"}, pattern) {
		return naiveMatch(expanded, []rune(value)) // a variable alone
	}
	parts := cutMarks(expanded, 6)
	if len(parts) == 6 {
		return naiveSix(parts, value)
	}
	if completion == condition.CompleteNever {
		return false
	}
	wild := slices.ContainsFunc(expanded, func(m mark) bool { return m.wild })
	if completion == condition.CompleteAlways || wild {
		completed := slices.Clone(parts)
		for len(completed) < 6 {
			completed = append(completed, []mark{{char: '*', wild: true}})
		}
		if naiveSix(completed, value) {
			return true
		}
	}
	return naiveStretch(parts, strings.Split(value, ":"))
}

func naiveSix(parts [][]mark, value string) bool {
	of := strings.SplitN(value, ":", 6)
	if len(of) < 6 {
		return false
	}
	for i := range of {
		if !naiveMatch(parts[i], []rune(of[i])) {
			return false
		}
	}
	return true
}

func naiveStretch(parts [][]mark, of []string) bool {
	if len(parts) == 0 || len(of) == 0 {
		return len(parts) == 0 && len(of) == 0
	}
	if !naiveMatch(parts[0], []rune(of[0])) {
		return false
	}
	if naiveStretch(parts[1:], of[1:]) {
		return true
	}
	last := len(parts[0]) - 1
	if last < 0 || !parts[0][last].wild || parts[0][last].char != '*' {
		return false
	}
	for n := 2; n <= len(of); n++ {
		if naiveStretch(parts[1:], of[n:]) {
			return true
		}
	}
	return false
}

// request is a context with two single-valued keys and a list.
func request(one, two string) (*condition.Context, map[string]string) {
	var c condition.Context
	c.Set(condition.NewKey("a"), one)
	c.Set(condition.NewKey("b:c"), two)
	c.SetList(condition.NewKey("list"), []string{one})
	return &c, map[string]string{"a": one, "b:c": two}
}

// compare asks both and complains if they differ.
func compare(t *testing.T, pattern, value, one, two string, wildcards, variables bool) {
	t.Helper()
	if !utf8.ValidString(pattern) || !utf8.ValidString(value) || !utf8.ValidString(one) || !utf8.ValidString(two) || strings.ContainsAny(pattern, "İKſ") {
		return
	}
	c, values := request(one, two)
	expanded, ok := marks(pattern, wildcards, variables, values)
	want := ok && naiveMatch(expanded, []rune(value))
	text := condition.NewText(pattern, wildcards, variables)
	if got := text.Match(value, c); got != want {
		t.Fatalf("%q (wildcards %v, variables %v) with %q, a = %q, b:c = %q is %v, want %v", pattern, wildcards, variables, value, one, two, got, want)
	}
	if got, resolved := text.Expand(c); !wildcards && (resolved != ok || ok && got != plain(expanded)) {
		t.Fatalf("%q is expanded to %q, %v", pattern, got, resolved)
	}
	parts := arn.Cut(value)
	for _, completion := range []condition.Completion{condition.CompleteNever, condition.CompleteWild, condition.CompleteAlways} {
		p := condition.NewARN(pattern, variables, completion)
		if got, want := p.Match(&parts, c), naiveARN(pattern, variables, completion, value, values); got != want {
			t.Fatalf("the ARN %q (variables %v, completion %d) with %q, a = %q, b:c = %q is %v, want %v", pattern, variables, completion, value, one, two, got, want)
		}
	}
}

func plain(expanded []mark) string {
	var b strings.Builder
	for _, m := range expanded {
		if !m.end {
			b.WriteRune(m.char)
		}
	}
	return b.String()
}

func TestRandomPatternsMatchAsTheNaiveOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	pick := func(most int, from ...string) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteString(from[random.IntN(len(from))])
		}
		return b.String()
	}
	matched := 0
	for range 60_000 {
		pattern := pick(9, "a", "x", "é", ":", ":", ":", "*", "*", "?", "${a}", "${B:C}", "${list}", "${no}", "${no, 'x'}", "${a,'x:'}", "${*}", "${?}", "${$}", "${", "}", "$")
		value := pick(9, "a", "x", "é", ":", ":", ":", "*", "?", "$", "ax")
		one, two := pick(2, "a", "x", ":", "*", "é"), pick(2, "a", "?", "}", "x:")
		compare(t, pattern, value, one, two, random.IntN(2) == 0, random.IntN(3) > 0)
		c, _ := request(one, two)
		text := condition.NewText(pattern, true, true)
		if text.Match(value, c) {
			matched++
		}
	}
	if matched < 500 {
		t.Errorf("only %d patterns matched: the test says little", matched)
	}
}

func FuzzMatchEqualsTheNaiveMatch(f *testing.F) {
	f.Add("arn:aws:s3:::${a}/*", "arn:aws:s3:::x/y", "x", "y", true, true)
	f.Add("*${a}*${b:c, 'd'}?", "abc", "a", "", true, true)
	f.Add("arn:aws:*:t/x", "arn:aws:d:r:1:t/x", "", "", true, false)
	f.Add("${a}", "arn:a:b:c:d:e", "arn:a:b:c:d:e", "", false, true)
	f.Fuzz(func(t *testing.T, pattern, value, one, two string, wildcards, variables bool) {
		if len(pattern)+len(value)+len(one)+len(two) > 200 {
			return
		}
		compare(t, pattern, value, one, two, wildcards, variables)
	})
}

// What the request brings can be any bytes: a match does not panic, and a value equals itself as a variable.
func FuzzAnyBytesInRequests(f *testing.F) {
	f.Add("a\xffb", "\xfe")
	f.Fuzz(func(t *testing.T, one, two string) {
		c, _ := request(one, two)
		whole := condition.NewText("${a}-${b:c}", true, true)
		if !whole.Match(one+"-"+two, c) {
			t.Fatalf("%q and %q do not match themselves", one, two)
		}
		mixed := condition.NewText("*${a}?${b:c}*", true, true)
		mixed.Match(one+"x"+two, c)
		wild := condition.NewText("*-${a}", true, true)
		if !wild.Match("x-"+one, c) {
			t.Fatalf("%q does not match itself behind a star", one)
		}
		for _, comparison := range condition.Comparisons() {
			for _, set := range []condition.Set{condition.NoSet, condition.ForAnyValue} {
				if comparison == condition.Null && set != condition.NoSet {
					continue
				}
				test := condition.NewTest(condition.Operator{Comparison: comparison, Set: set}, condition.NewKey("a"), []string{"x", "${b:c}", "1", "true"}, true)
				test.Match(c)
			}
		}
	})
}

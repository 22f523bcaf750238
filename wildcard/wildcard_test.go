package wildcard_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/writ-iam/writ/wildcard"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		claim, pattern, value string
		want                  bool
	}{
		{"text matches itself", "abc", "abc", true},
		{"text matches nothing longer", "abc", "abcd", false},
		{"case counts", "abc", "aBc", false},
		{"the empty pattern matches the empty text", "", "", true},
		{"the empty pattern matches nothing else", "", "a", false},
		{"a star matches the empty text", "*", "", true},
		{"a star matches everything", "*", "a:b/c", true},
		{"two stars are one", "**", "", true},
		{"a star behind text", "ab*", "ab", true},
		{"a star behind text needs the text", "ab*", "a", false},
		{"a star before text", "*ab", "xxab", true},
		{"a star before text needs the end", "*ab", "abx", false},
		{"a star inside", "a*c", "abbbc", true},
		{"a star inside, start and end may not overlap", "aba*aba", "aba", false},
		{"a star inside may be empty", "aba*aba", "abaaba", true},
		{"both slashes are needed", "b/*/test/*", "b/test/x", false},
		{"a star reaches over slashes", "b/*/test/*", "b/1/2/test/3/x", true},
		{"a question mark is one character", "a?c", "abc", true},
		{"a question mark is not none", "a?c", "ac", false},
		{"a question mark is not two", "a?c", "abbc", false},
		{"a question mark is a character, not a byte", "a?c", "aéc", true},
		{"two question marks are not one two-byte character", "a??c", "aéc", false},
		{"a question mark at the end", "ab?", "abé", true},
		{"a star and a question mark need one character", "*?", "", false},
		{"a star and a question mark", "*?", "xyz", true},
		{"a question mark between stars", "a*?*b", "ab", false},
		{"a question mark between stars takes one", "a*?*b", "axb", true},
		{"an ending with a question mark", "*a?", "aab", true},
		{"the leftmost place leaves room for the end", "*a?b*ab", "aabab", true},
		{"a run and the end may not overlap", "*a?b*ab", "aaab", false},
		{"brackets are ordinary", "[ab]", "a", false},
		{"a backslash is ordinary", `a\*`, `a\xyz`, true},
		{"an invalid byte is one character", "a?b", "a\xf0b", true},
		{"a star in the value is no wildcard", "a", "*", false},
	} {
		p := wildcard.Parse(tt.pattern)
		if got := p.Match(tt.value); got != tt.want {
			t.Errorf("%s: %q matches %q = %v, want %v", tt.claim, tt.pattern, tt.value, got, tt.want)
		}
	}
}

func TestEncodedWildcardsInTextAreLiteral(t *testing.T) {
	encoded := "a*" + string([]byte{wildcard.Any}) + "?"
	for value, want := range map[string]bool{"a*xyz?": true, "abxyz?": false, "a*xyzb": false} {
		if got := wildcard.Match(encoded, value); got != want {
			t.Errorf("match %q = %v, want %v", value, got, want)
		}
	}
}

// naive is the definition of a match, character by character.
func naive(pattern, value []rune) bool {
	row := make([]bool, len(value)+1)
	row[0] = true
	for _, p := range pattern {
		next := make([]bool, len(row))
		next[0] = row[0] && p == '*'
		for i, v := range value {
			switch p {
			case '*':
				next[i+1] = row[i+1] || next[i]
			default:
				next[i+1] = row[i] && (p == '?' || p == v)
			}
		}
		row = next
	}
	return row[len(value)]
}

func FuzzMatchEqualsTheNaiveMatch(f *testing.F) {
	f.Add("*a?b*ab", "aabab")
	f.Add("a*"+strings.Repeat("a?", 40)+"*b", strings.Repeat("a", 90)+"b")
	f.Add("?é*", "aé")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(value) || len(pattern)*len(value) > 1<<18 {
			return
		}
		p := wildcard.Parse(pattern)
		if got, want := p.Match(value), naive([]rune(pattern), []rune(value)); got != want {
			t.Errorf("%q matches %q = %v, want %v", pattern, value, got, want)
		}
	})
}

// TestMatchEqualsTheNaiveMatchOnAllSmallInputs walks every pattern of up to five signs and every value of up to five.
func TestMatchEqualsTheNaiveMatchOnAllSmallInputs(t *testing.T) {
	patterns, values := words("ab*?", 5), words("abé", 5)
	for _, pattern := range patterns {
		p := wildcard.Parse(pattern)
		for _, value := range values {
			if got, want := p.Match(value), naive([]rune(pattern), []rune(value)); got != want {
				t.Fatalf("%q matches %q = %v, want %v", pattern, value, got, want)
			}
		}
	}
}

// TestLongRunsMatchAsShortOnes puts each small pattern behind a run that is long enough for the bit-parallel search.
func TestLongRunsMatchAsShortOnes(t *testing.T) {
	pad := strings.Repeat("é?", 50)
	padValue := strings.Repeat("éx", 50)
	for _, pattern := range words("ab?", 4) {
		p := wildcard.Parse("*" + pad + pattern + "*b")
		for _, value := range words("ab", 6) {
			full := "xx" + padValue + value
			if got, want := p.Match(full), naive([]rune("*"+pad+pattern+"*b"), []rune(full)); got != want {
				t.Fatalf("%q after the pad matches %q = %v, want %v", pattern, value, got, want)
			}
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	p := wildcard.Parse("*" + strings.Repeat("a?", 1000) + "*b")
	value := strings.Repeat("a", 2048)
	if n := testing.AllocsPerRun(10, func() { p.Match(value) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func words(alphabet string, most int) []string {
	all := []string{""}
	for last := all; most > 0; most-- {
		var next []string
		for _, w := range last {
			for _, c := range alphabet {
				next = append(next, w+string(c))
			}
		}
		all = append(all, next...)
		last = next
	}
	return all
}

func BenchmarkMatch(b *testing.B) {
	for name, c := range map[string][2]string{
		"prefix":             {"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/2026/11/22/report.csv"},
		"infix60":            {"*a*a*a*a*a*b*", strings.Repeat("a", 60)},
		"hostile 2KB stars":  {strings.Repeat("*a", 1022) + "*b*", strings.Repeat("a", 2048)},
		"hostile 2KB ones":   {"*" + strings.Repeat("a?", 511) + "b*", strings.Repeat("a", 2048)},
		"hostile 2KB text":   {"*" + strings.Repeat("a", 1023) + "b*", strings.Repeat("a", 2048)},
		"hostile 64B runs":   {strings.Repeat("*"+strings.Repeat("a?", 15)+"b", 60) + "*", strings.Repeat("a", 2048)},
		"hostile 64B runs é": {strings.Repeat("*"+strings.Repeat("é?", 15)+"b", 40) + "*", strings.Repeat("é", 1024)},
	} {
		b.Run(name, func(b *testing.B) {
			p := wildcard.Parse(c[0])
			b.ReportAllocs()
			for b.Loop() {
				p.Match(c[1])
			}
		})
	}
}

package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/wildcard"
)

// covers reports whether a pattern of actions covers an action, given by its full name in small letters.
func covers(pattern, action string) bool {
	pattern = fold.Name(pattern)
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == action
	}
	if pattern == "*" {
		return true
	}
	return len(pattern) <= maxPattern && wildcard.Match(wildcard.Encode(pattern), action)
}

// maxPattern is the length of the longest pattern that is matched with names: what is longer matches none, or only because most of it is stars.
const maxPattern = 1024

// coversAction reports whether a statement is about an action, given by its full name.
func (s *statement) coversAction(action string) bool {
	f := s.facts()
	action = fold.Name(action)
	yes, ok := f.covered[action]
	if !ok {
		e := s.actions()
		yes = slices.ContainsFunc(e.items, func(v value) bool { return covers(v.text, action) }) != (e.key.text == "NotAction")
		f.covered[action] = yes
	}
	return yes
}

// isPattern reports a text with wildcards.
func isPattern(text string) bool { return strings.ContainsAny(text, "*?") }

// action returns the action that a text names, if it is no pattern.
func (c *checker) action(text string) (*catalog.Action, bool) {
	if c.catalog == nil || isPattern(text) {
		return nil, false
	}
	return c.catalog.Action(text)
}

// wellFormed reports whether a text has the form of an action or of a pattern of actions.
func wellFormed(text string) bool {
	if text == "*" {
		return true
	}
	prefix, name, ok := strings.Cut(text, ":")
	if !ok || prefix == "" || name == "" {
		return false
	}
	for i := range len(text) {
		switch b := fold.Byte(text[i]); {
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9', strings.IndexByte("*?-_.", b) >= 0, i == len(prefix):
		default:
			return false
		}
	}
	return true
}

// nearest returns the one of the names that is closest to a text, if one is close.
func (c *checker) nearest(text string, names func(yield func(string) bool)) (string, bool) {
	if c.suggested++; c.suggested > maxSuggestions || len(text) > 64 {
		return "", false
	}
	folded := fold.Name(text)
	best, least := "", 1+max(1, len(text)/4)
	for name := range names {
		if d := len(name) - len(text); d >= least || -d >= least {
			continue
		}
		if d := distance(folded, fold.Name(name), least); d < least {
			best, least = name, d
		}
	}
	return best, best != ""
}

// distance returns how many letters must be put in, taken out or changed to make b of a, or limit if it is not less.
func distance(a, b string, limit int) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, diagonal+1, row[j]+1)
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return row[len(b)]
}

// prefixOf returns the service's prefix of an action, in small letters.
func prefixOf(action string) string {
	prefix, _, ok := strings.Cut(action, ":")
	if !ok {
		return ""
	}
	return fold.Name(prefix)
}

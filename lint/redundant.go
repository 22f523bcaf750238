package lint

import (
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/wildcard"
)

// redundant returns those of a list of patterns that another one of the list covers, and for each of them the first pattern that does. Of equal ones all
// but the first are redundant. It takes time in proportion to the length of the list: patterns that are more than a text with a star behind are looked at
// as far as there are few of them and steps are left.
//
// from tells how many bytes of a pattern must be the same, letter for letter, before a star in it stands for everything that follows; -1: no star does.
func (c *checker) redundant(items []value, meaning func(string) string, from func(string) int, covers func(pattern, text string) bool) (found []*value, by []*value) {
	if len(items) < 2 {
		return nil, nil
	}
	texts := make([]string, len(items))
	first := make(map[string]int, len(items)) // the first place of each text
	prefixes := make(map[string]int)          // the first place of each text with a star behind
	var complex []int
	lengths := make(map[int]bool)
	for i := range items {
		texts[i] = meaning(items[i].text)
		t := texts[i]
		if _, again := first[t]; again {
			continue
		}
		first[t] = i
		if len(t) > maxPattern {
			continue
		}
		switch p, ok := strings.CutSuffix(t, "*"); {
		case ok && !isPattern(p) && from(t) >= 0 && len(p) >= from(t):
			prefixes[p] = i
			lengths[len(p)] = true
		case isPattern(t) && len(complex) < maxComplex:
			complex = append(complex, i)
		}
	}
	for i, t := range texts {
		j, ok := first[t], false
		if j != i {
			found, by = append(found, &items[i]), append(by, &items[j])
			continue
		}
		plain := len(t) // how much of the text is the same in all that it matches
		if k := strings.IndexAny(t, "*?"); k >= 0 {
			plain = k
		}
		for n := range min(plain, maxPattern) + 1 {
			if !lengths[n] {
				continue
			}
			if j, ok = prefixes[t[:n]]; ok && j != i {
				break
			}
			ok = false
		}
		if !ok && len(t) <= maxPattern {
			for _, k := range complex {
				if c.steps -= len(t) + len(texts[k]); c.steps < 0 {
					break
				}
				if k != i && covers(texts[k], t) {
					j, ok = k, true
					break
				}
			}
		}
		if ok {
			found, by = append(found, &items[i]), append(by, &items[j])
		}
	}
	return found, by
}

// coversPattern reports whether a pattern matches all that another text or pattern matches, where it is easy to see: the stars of the one take in the
// wildcards of the other.
func coversPattern(pattern, text string) bool {
	if strings.Contains(pattern, "?") && isPattern(text) {
		return false
	}
	return wildcard.Match(wildcard.Encode(pattern), text)
}

// coversARN is coversPattern for ARNs, whose parts match by themselves.
func coversARN(pattern, text string) bool {
	if pattern == "*" {
		return true
	}
	p, t := arn.SplitPattern(pattern, true), arn.SplitPattern(text, true)
	if len(p) != arn.PartCount || len(t) != arn.PartCount {
		return false
	}
	for i := range p {
		if !coversPattern(p[i], t[i]) {
			return false
		}
	}
	return true
}

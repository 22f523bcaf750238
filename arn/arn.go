// Package arn reads, prints and takes apart Amazon Resource Names, the names of everything that a policy speaks of.
//
//	a, err := arn.Parse("arn:aws:iam::111122223333:user/dev/alice")
//	a.Service  // iam
//	a.Account  // 111122223333
//	a.Resource // user/dev/alice
//
// An ARN has six parts, separated by colons; the sixth is the rest of the text and may hold colons of its own. Patterns of ARNs stand in
// policies, and they may have fewer parts: how they match is said in policy-language.md §4 and doc/language.md 20–22, and done by
// package condition with the help of SplitPattern and Stretch.
package arn

import (
	"errors"
	"strings"
)

// ARN is a name in its six parts, less the first, which is always "arn".
type ARN struct {
	Partition string // aws, aws-cn, aws-us-gov …
	Service   string // the service's prefix, as in actions
	Region    string // empty for global resources
	Account   string // 12 digits; empty where names are unique without
	Resource  string // the rest, colons and slashes included
}

// ErrNotARN says that a text is not an ARN: it does not begin with "arn:" or has fewer than six parts.
var ErrNotARN = errors.New(`arn: not of the form "arn:partition:service:region:account:resource"`)

// Parse takes an ARN apart. It checks the form and not whether there is such a partition, service or resource.
func Parse(s string) (ARN, error) {
	p := Cut(s)
	if p.Len() != PartCount || p.Part(0) != "arn" || p.Part(1) == "" || p.Part(2) == "" || p.Part(5) == "" {
		return ARN{}, ErrNotARN
	}
	return ARN{p.Part(1), p.Part(2), p.Part(3), p.Part(4), p.Part(5)}, nil
}

// String returns the ARN as text.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// PartCount is the number of parts of a whole ARN, "arn" included.
const PartCount = 6

// Parts is a text with the places of its first five colons: an ARN, or any text that a pattern of ARNs is matched with.
type Parts struct {
	text   string
	colons [PartCount - 1]int32
	n      int8
}

// Cut finds the parts of text. It does not allocate.
func Cut(text string) Parts {
	p := Parts{text: text}
	for i := 0; i < len(text) && int(p.n) < len(p.colons); i++ {
		if text[i] == ':' {
			p.colons[p.n] = int32(i)
			p.n++
		}
	}
	return p
}

// Text returns the whole text.
func (p *Parts) Text() string { return p.text }

// Len returns the number of parts, from 1 to 6.
func (p *Parts) Len() int { return int(p.n) + 1 }

// Part returns part i, from 0; the sixth is all that follows the fifth colon.
func (p *Parts) Part(i int) string {
	start := 0
	if i > 0 {
		start = int(p.colons[i-1]) + 1
	}
	if i < int(p.n) {
		return p.text[start:p.colons[i]]
	}
	return p.text[start:]
}

// SplitPattern cuts a pattern at its colons, at most into six parts. Colons inside of a policy variable, ${…}, do not
// count if variables is set.
func SplitPattern(pattern string, variables bool) []string {
	parts := make([]string, 0, PartCount)
	start := 0
	for i := 0; i < len(pattern) && len(parts) < PartCount-1; i++ {
		switch {
		case pattern[i] == ':':
			parts = append(parts, pattern[start:i])
			start = i + 1
		case variables && strings.HasPrefix(pattern[i:], "${"):
			if end := strings.IndexByte(pattern[i:], '}'); end > 0 {
				i += end
			}
		}
	}
	return append(parts, pattern[start:])
}

// Stretch reports whether a pattern of few parts stands for all parts of a text in order, where a part that may stretch
// can stand for one or several (doc/language.md 21). The text is cut at each of its colons, not at the first five alone.
// n is the number of the pattern's parts, match tells whether part i of the pattern matches a part of the text, and stretches
// whether it ends with a star.
func Stretch(n int, text string, match func(i int, part string) bool, stretches func(i int) bool) bool {
	// It is a wildcard match over parts: reach[i] says that the first i parts of the pattern stand for the text so far.
	var reach, next [PartCount + 1]bool
	reach[0] = true
	for more := true; more; {
		var part string
		part, text, more = strings.Cut(text, ":")
		next = [PartCount + 1]bool{}
		for i := range n {
			// Part i begins here, or it began earlier and runs on over another part.
			next[i+1] = reach[i] && match(i, part) || reach[i+1] && stretches(i)
		}
		reach = next
	}
	return reach[n]
}

// Root returns the account of a root user's ARN, arn:…:iam::account:root, in any partition. It is also how a policy names
// the account as a whole.
func Root(s string) (account string, ok bool) {
	p := Cut(s)
	if p.Len() != PartCount || p.Part(0) != "arn" || p.Part(2) != "iam" || p.Part(3) != "" || p.Part(5) != "root" {
		return "", false
	}
	return p.Part(4), IsAccount(p.Part(4))
}

// IsAccount reports whether s is an account id: twelve digits.
func IsAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

package condition

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
)

// ARN is a pattern of ARNs made ready to match: an entry of Resource or NotResource, or a value of an Arn operator.
type ARN struct {
	// whole serves nearly all patterns by one comparison: those without variables and wildcards in the first five
	// parts. Then the colons of pattern and value stand at the same places, so comparing the whole is comparing
	// the parts. It also serves a pattern that is one variable and nothing else: its value is a whole ARN (doc/language.md 19).
	whole Text
	// parts serve the others; nil if whole does.
	parts *arnParts
}

// arnParts is a pattern that is compared part by part.
type arnParts struct {
	// lead is what a whole pattern begins with up to a colon, as far as its parts are plain text; skip is how many those are.
	lead string
	skip int
	// texts are the parts that follow. Fewer than six, and no lead: a short pattern.
	texts []Text
	// stretches tells the parts of a short pattern that end with a star.
	stretches []bool
	// completed: a short pattern's missing parts are stars.
	completed bool
}

// Prefix returns the text that all that a pattern matches begins with: its own up to its first wildcard or variable.
func Prefix(pattern string, variables bool) string {
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		pattern = pattern[:i]
	}
	if i := strings.Index(pattern, "${"); i >= 0 && variables {
		pattern = pattern[:i]
	}
	return pattern
}

// Completion says when the missing parts of a short pattern are taken as stars (policy-language.md §4 "Short ARN", doc/language.md 21).
type Completion uint8

const (
	// CompleteNever is for the values of Arn operators, where a short pattern matches nothing.
	CompleteNever Completion = iota
	// CompleteWild is for resource, trust, endpoint and control policies: only if the pattern has a wildcard.
	CompleteWild
	// CompleteAlways is for identity-based policies, boundaries and session policies.
	CompleteAlways
)

// NewARN makes a pattern of a policy's text. variables says that ${…} means something in it.
func NewARN(pattern string, variables bool, completion Completion) ARN {
	variables = variables && strings.Contains(pattern, "${")
	if !variables {
		// Nearly all patterns are of this form; they need no splitting.
		parts := arn.Cut(pattern)
		if parts.Len() == arn.PartCount && !strings.ContainsAny(pattern[:len(pattern)-len(parts.Part(arn.PartCount-1))], "*?") {
			return ARN{whole: NewText(pattern, true, false)}
		}
	}
	split := arn.SplitPattern(pattern, variables)
	head := pattern[:len(pattern)-len(split[len(split)-1])]
	if len(split) == arn.PartCount && variables && !strings.ContainsAny(head, "*?") && !strings.Contains(head, "${") ||
		pattern == "*" && completion != CompleteNever {
		return ARN{whole: NewText(pattern, true, variables)}
	}
	if variables && len(split) == 1 {
		if t := NewText(pattern, true, true); t.filled != nil && len(t.filled.pieces) == 1 {
			return ARN{whole: t}
		}
	}
	p := new(arnParts)
	if len(split) == arn.PartCount {
		n := 0
		for p.skip < arn.PartCount-1 && plain(split[p.skip]) {
			n += len(split[p.skip]) + 1
			p.skip++
		}
		p.lead = pattern[:n]
	}
	p.texts = make([]Text, len(split)-p.skip)
	for i, part := range split[p.skip:] {
		p.texts[i] = NewText(part, true, variables)
	}
	if len(split) == arn.PartCount {
		return ARN{parts: p}
	}
	if completion == CompleteNever {
		return ARN{parts: &arnParts{}}
	}
	p.stretches = make([]bool, len(split))
	for i, part := range split {
		p.stretches[i] = strings.HasSuffix(part, "*")
	}
	p.completed = completion == CompleteAlways || slices.ContainsFunc(p.texts, Text.wild)
	return ARN{parts: p}
}

// plain reports whether a part of a pattern stands for itself, wildcards and variables or not.
func plain(part string) bool { return !strings.ContainsAny(part, "*?$") }

// Literal returns the text that p alone matches, if p holds no wildcard and no variable and is not compared part by part.
func (p *ARN) Literal() (text string, ok bool) {
	if p.parts != nil || p.whole.filled != nil {
		return "", false
	}
	return p.whole.fixed.Literal()
}

// Prefix returns the text if p matches what begins with it and nothing else.
func (p *ARN) Prefix() (text string, ok bool) {
	if p.parts != nil || p.whole.filled != nil {
		return "", false
	}
	return p.whole.fixed.Prefix()
}

// Match reports whether p matches value.
func (p *ARN) Match(value *arn.Parts, c *Context) bool {
	switch {
	case p.parts != nil:
		return p.parts.match(value, c)
	case p.whole.filled == nil:
		return p.whole.fixed.Match(value.Text())
	}
	return p.whole.filled.match(value.Text(), c)
}

func (p *arnParts) match(value *arn.Parts, c *Context) bool {
	if len(p.texts)+p.skip < arn.PartCount {
		return p.matchShort(value, c)
	}
	return value.Len() == arn.PartCount && strings.HasPrefix(value.Text(), p.lead) && p.matchAll(value, c)
}

// matchAll compares part by part: no wildcard of the first five reaches over a colon.
func (p *arnParts) matchAll(value *arn.Parts, c *Context) bool {
	// From the end: the resource tells most patterns apart, the partition none.
	for i := len(p.texts) - 1; i >= 0; i-- {
		if !p.texts[i].Match(value.Part(p.skip+i), c) {
			return false
		}
	}
	return true
}

func (p *arnParts) matchShort(value *arn.Parts, c *Context) bool {
	if len(p.texts) == 0 {
		return false
	}
	if p.completed && value.Len() == arn.PartCount && p.matchAll(value, c) {
		return true
	}
	return arn.Stretch(len(p.texts), value.Text(),
		func(i int, part string) bool { return p.texts[i].Match(part, c) },
		func(i int) bool { return p.stretches[i] })
}

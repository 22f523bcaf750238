package analysis

import (
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// set is a set of texts as a policy writes it: the texts that some entry of a list matches. Entries with variables hold other texts in other
// requests.
type set struct {
	fixed *union
	open  []*pattern
	key   string // the same for sets that are written alike
}

func (t *texts) set(patterns []*pattern) *set {
	s := &set{}
	var fixed []*glob
	for _, p := range patterns {
		if g, ok := p.glob(); ok {
			fixed = append(fixed, g)
			continue
		}
		p.key = p.written()
		s.open = append(s.open, p)
	}
	slices.SortFunc(s.open, func(a, b *pattern) int { return strings.Compare(a.key, b.key) })
	s.open = slices.CompactFunc(s.open, func(a, b *pattern) bool { return a.key == b.key })
	s.fixed = t.union(fixed...)
	var key strings.Builder
	key.WriteString(strconv.Itoa(len(s.fixed.globs)) + "," + s.fixed.key)
	for _, p := range s.open {
		key.WriteString("\x00" + p.key)
	}
	s.key = key.String()
	return s
}

// written is the same for patterns that are written alike.
func (p *pattern) written() string {
	var b strings.Builder
	for i := range p.pieces {
		x := &p.pieces[i]
		if v := x.variable; v != nil {
			b.WriteString("\xff" + v.key + "\xfe" + v.text)
			if v.hasDefault {
				b.WriteByte(0xfd)
			}
			if v.inPart {
				b.WriteByte(0xfc)
			}
			if v.isARN {
				b.WriteByte(0xfa)
			}
			continue
		}
		b.WriteString("\xfb" + (&glob{signs: x.signs}).key())
	}
	return b.String()
}

// fill returns the set in a request in which variables have the values that value tells.
func (t *texts) fill(s *set, value func(*variable) (string, bool)) *union {
	if len(s.open) == 0 {
		return s.fixed
	}
	globs := slices.Clone(s.fixed.globs)
	for _, p := range s.open {
		if g, ok := p.fill(value); ok {
			globs = append(globs, g)
		}
	}
	return t.union(globs...)
}

// without returns the set less the patterns with variables of another.
func (s *set) without(other *set) *set {
	rest := &set{fixed: s.fixed}
	theirs := other.open // both are in the order of the keys
	for _, p := range s.open {
		for len(theirs) > 0 && theirs[0].key < p.key {
			theirs = theirs[1:]
		}
		if len(theirs) == 0 || theirs[0].key != p.key {
			rest.open = append(rest.open, p)
		}
	}
	return rest
}

// widest returns a set that holds all that s can hold, whatever its variables are.
func (t *texts) widest(s *set) *union {
	if len(s.open) == 0 {
		return s.fixed
	}
	globs := slices.Clone(s.fixed.globs)
	for _, p := range s.open {
		globs = append(globs, p.widest())
	}
	return t.union(globs...)
}

// widest is the pattern with stars in the place of its variables.
func (p *pattern) widest() *glob {
	var signs []sign
	for i := range p.pieces {
		switch v := p.pieces[i].variable; {
		case v == nil:
			signs = append(signs, p.pieces[i].signs...)
		case v.inPart:
			signs = append(signs, sign{kind: runInPart})
		case v.isARN:
			signs = append(signs, appendPattern(nil, "*:*:*:*:*:", true)...)
			signs = append(signs, sign{kind: run})
		default:
			signs = append(signs, sign{kind: run})
		}
	}
	return newGlob(signs)
}

// anchored returns what stands before and behind a pattern's only variable, if both are plain: then a text that matches tells the variable's value.
func (p *pattern) anchored() (before, after string, v *variable, ok bool) {
	for i := range p.pieces {
		x := &p.pieces[i]
		if x.variable != nil {
			if v != nil {
				return "", "", nil, false
			}
			v = x.variable
			continue
		}
		g := newGlob(x.signs)
		if !g.literal {
			return "", "", nil, false
		}
		if v == nil {
			before = g.text
		} else {
			after = g.text
		}
	}
	return before, after, v, v != nil
}

// resourceSet reads the entries of a Resource or NotResource element.
func (t *texts) resourceSet(entries []string, variables bool, c completion) *set {
	var patterns []*pattern
	for _, e := range entries {
		patterns = append(patterns, arnPatterns(e, variables, c)...)
	}
	return t.set(patterns)
}

// actionSet reads the entries of an Action or NotAction element. Case does not count, and it is the folded name that is matched.
func (t *texts) actionSet(entries []string) *set {
	var patterns []*pattern
	for _, e := range entries {
		patterns = append(patterns, textPattern(fold.Name(e), true, false))
	}
	return t.set(patterns)
}

// valueSet reads the values of a condition operator that looks at a text as it stands; ok is false for the others.
func (t *texts) valueSet(c condition.Comparison, values []string, variables bool) (s *set, ok bool) {
	var patterns []*pattern
	for _, v := range values {
		switch c.Family() {
		case condition.TextFamily:
			patterns = append(patterns, textPattern(v, false, variables))
		case condition.LikeFamily:
			patterns = append(patterns, textPattern(v, true, variables))
		case condition.FoldFamily:
			p := textPattern(v, false, variables)
			for i := range p.pieces {
				x := &p.pieces[i]
				if x.variable == nil {
					g := newGlob(x.signs)
					x.signs = foldedGlob(g.text, folded).signs
				} else {
					return nil, false // what the variable is, it is in any case
				}
			}
			patterns = append(patterns, p)
		case condition.BoolFamily:
			if variables && strings.Contains(v, "${") {
				return nil, false
			}
			if f := fold.Name(v); f == "true" || f == "false" {
				patterns = append(patterns, &pattern{pieces: []piece{{signs: foldedGlob(f, asciiFold).signs}}})
			}
		case condition.BinaryFamily:
			test := condition.NewTest(condition.Operator{Comparison: condition.BinaryEquals}, condition.NewKey("k"), []string{v}, false)
			if test.Holds(v, &condition.Context{}) {
				patterns = append(patterns, textPattern(v, false, false))
			}
		case condition.ARNFamily:
			for _, p := range arnPatterns(v, variables, completeNever) {
				if len(p.pieces) == 1 && p.pieces[0].variable != nil {
					p.pieces[0].variable.isARN = true // what is no ARN matches nothing
				}
				patterns = append(patterns, p)
			}
		default:
			return nil, false
		}
	}
	return t.set(patterns), true
}

package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/condition"
)

var equivalentToNullFalse = &Rule{
	Code:     "EQUIVALENT_TO_NULL_FALSE",
	Title:    "Equivalent to null false",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A condition matches every value, and so only says that the key must be there; Null says it better.",
	check: func(c *checker) {
		c.eachStar(func(b *block, k *element, always outcome) {
			if always == ifPresent {
				c.report(k.whole, `This holds whenever there is a %s; say so: "Null": {"%s": "false"}`, k.key.text, k.key.text)
			}
		})
	},
}

// outcome is when a condition holds that a star is a value of.
type outcome uint8

const (
	ifPresent outcome = iota
	ifMissing
	ifAnything
	ifNothing
)

// eachStar calls f with every condition of strings or ARNs that a star alone is a value of, and when it holds.
func (c *checker) eachStar(f func(b *block, k *element, holds outcome)) {
	c.eachKey(func(_ *statement, b *block, k *element) {
		if !isLike(b.op) || !slices.ContainsFunc(k.items, func(v value) bool { return v.text != "" && strings.Trim(v.text, "*") == "" }) {
			return
		}
		negated := b.op.Comparison.Negated()
		switch {
		case b.op.Set == condition.ForAllValues && negated:
			f(b, k, ifMissing)
		case b.op.Set == condition.ForAllValues, b.op.IfExists && !negated:
			f(b, k, ifAnything)
		case b.op.Set == condition.ForAnyValue && negated && !b.op.IfExists:
			f(b, k, ifNothing)
		case negated:
			f(b, k, ifMissing)
		default:
			f(b, k, ifPresent)
		}
	})
}

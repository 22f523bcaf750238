package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var denyWithUnsupportedTagConditionKeyForService = &Rule{
	Code:         "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
	Title:        "Deny with unsupported tag condition key for service",
	Type:         SecurityWarning,
	Kinds:        AnyKind,
	Sentence:     "The statement denies by a tag of the resource, and some of its actions do not know the tags of resources: they are not denied.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachUntagged((*statement).denies, func(k *element, at []span, services []string) {
			c.reportAll(at, "Actions of %s do not know %s and are not denied; deny them in a statement without it", strings.Join(services, ", "), k.key.text)
		})
	},
}

// eachUntagged calls f with each condition on a tag of the resource in the statements of an effect, the places of the actions that do not know such
// tags, and their services. A pattern of actions counts if none that it covers knows them.
func (c *checker) eachUntagged(effect func(*statement) bool, f func(k *element, at []span, services []string)) {
	c.eachKey(func(s *statement, b *block, k *element) {
		if !effect(s) || !positive(b.op) || !isResourceTag(k) {
			return
		}
		at := []span{k.key.span}
		services := make(map[string]bool)
		for i := range s.action.items {
			v := &s.action.items[i]
			if c.steps--; c.steps < 0 {
				return
			}
			if v.text == "*" || c.knowsTags(v.text) {
				continue
			}
			at = append(at, v.span)
			services[prefixOf(v.text)] = true
		}
		if len(at) > 1 {
			f(k, at, slices.Sorted(maps.Keys(services)))
		}
	})
}

// isResourceTag reports a key that stands for a tag of the resource.
func isResourceTag(k *element) bool {
	return strings.HasPrefix(fold.Name(k.key.text), "aws:resourcetag/")
}

// knowsTags reports whether some action that a pattern covers knows the tags of its resource, or there is none at all.
func (c *checker) knowsTags(pattern string) bool {
	if knows, ok := c.tagged[pattern]; ok {
		return knows
	}
	if isPattern(pattern) {
		c.steps -= patternSteps
	}
	any, knows := false, false
	for a := range c.catalog.Expand(pattern) {
		c.steps -= 20
		any = true
		if _, knows = a.Key("aws:ResourceTag/x"); knows {
			break
		}
	}
	if c.tagged == nil {
		c.tagged = make(map[string]bool)
	}
	c.tagged[pattern] = knows || !any
	return knows || !any
}

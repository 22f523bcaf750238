package lint

import (
	"strings"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// Patterns of actions are not looked at, as in AWS. Keys that come with every request, and the tags of which other rules speak, are no matter of the
// service's actions.
var unsupportedActionForConditionKey = &Rule{
	Code:         "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
	Title:        "Unsupported action for condition key",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The requests for some of the statement's actions never carry the condition key, so that the condition is not what was meant for them.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if strings.HasPrefix(fold.Name(k.key.text), "aws:") || b.op.IfExists || b.op.Comparison == condition.Null || b.op.Set == condition.ForAllValues {
				return
			}
			if known, ok := c.key(k.key.text); !ok || c.isGlobal(known) {
				return
			}
			var at []span
			var names []string
			for i := range s.action.items {
				v := &s.action.items[i]
				if c.steps -= 20; c.steps < 0 {
					return
				}
				a, ok := c.action(v.text)
				if !ok {
					continue
				}
				if _, ok := a.Key(k.key.text); !ok {
					at, names = append(at, v.span), append(names, v.text)
				}
			}
			if len(at) > 0 {
				c.reportAll(append(at[:min(len(at), maxLocations-1)], k.whole), "Requests for %s do not carry the condition key %s; move them to a statement without it", quoted(names), k.key.text)
			}
		})
	},
}

// isGlobal reports a key that comes with requests to all services.
func (c *checker) isGlobal(k *catalog.Key) bool {
	for g := range c.catalog.GlobalKeys() {
		if g == k {
			return true
		}
	}
	return false
}

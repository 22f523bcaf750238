package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// Patterns of actions are not looked at, as in AWS, nor what another statement allows without any condition: that is where AWS wants the action moved. Keys that come with every request, and the tags of which other rules speak, are no matter of the
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
			known, ok := c.key(k.key.text)
			if !ok || c.isGlobal(known) {
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
				if _, ok := a.Key(k.key.text); !ok && !c.more.carried(k.key.text, known, a) && !c.allowedAnyway(s, v.text) {
					at, names = append(at, v.span), append(names, v.text)
				}
			}
			if len(at) > 0 {
				c.reportAll(append(at[:min(len(at), maxLocations-1)], k.whole), "Requests for %s do not carry the condition key %s; move them to a statement without it", quoted(names), k.key.text)
			}
		})
	},
}

// allowedAnyway reports whether another statement allows an action on all that a statement allows it on, whatever the request.
func (c *checker) allowedAnyway(s *statement, action string) bool {
	if !s.allows() || s.principal.present() || s.notPrincipal.present() {
		return false
	}
	for i := range c.doc.statements {
		o := &c.doc.statements[i]
		if o == s || !o.allows() || o.condition.key.present() || !o.action.present() || o.principal.present() || o.notPrincipal.present() {
			continue
		}
		if c.steps -= 20 + len(o.action.items) + len(o.resource.items)*(1+len(s.resource.items)); c.steps < 0 {
			return true // not to say what may be wrong
		}
		if o.takesIn(s) && o.coversAction(action) {
			return true
		}
	}
	return false
}

// takesIn reports whether a statement is about every resource that another one names, as far as their texts tell.
func (s *statement) takesIn(o *statement) bool {
	has := func(text string) bool {
		return slices.ContainsFunc(s.resource.items, func(v value) bool { return v.text == text })
	}
	if has("*") {
		return true
	}
	return o.resource.present() && !slices.ContainsFunc(o.resource.items, func(v value) bool { return !has(v.text) })
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

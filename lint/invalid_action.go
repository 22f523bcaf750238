package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// A pattern that matches no action is as wrong as a name that is none. Without a catalog only the form is looked at.
var invalidAction = &Rule{
	Code:     "INVALID_ACTION",
	Title:    "Invalid action",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The action does not exist, or is not of the form service:Name, so that the statement says nothing about what was meant.",
	check: func(c *checker) {
		c.eachAction(func(s *statement, v *value) {
			if !wellFormed(v.text) {
				if !strings.Contains(v.text, "${") { // for that there is a rule of its own
					c.report(v.span, "%q is not of the form service:Action", v.text)
				}
				return
			}
			if c.catalog == nil || v.text == "*" || c.full() {
				return
			}
			prefix, name, _ := strings.Cut(v.text, ":")
			service, ok := c.catalog.Service(prefix)
			if !ok || len(name) > maxPattern {
				return // for that there is a rule of its own
			}
			if !isPattern(name) {
				if _, ok := service.Action(name); ok || c.more.actions[fold.Name(v.text)] {
					return
				}
			} else if c.anyAction(v.text) {
				return
			}
			names := func(yield func(string) bool) {
				for a := range service.Actions() {
					if !yield(a.Name()) {
						return
					}
				}
			}
			if near, ok := c.nearest(name, names); ok && !isPattern(name) {
				c.report(v.span, "The action %s does not exist. Did you mean %s:%s?", v.text, service.Prefix(), near)
				return
			}
			c.report(v.span, "%s has no action %s; see the service authorization reference for those that it has", service.Name(), name)
		})
	},
}

// patternSteps is what it costs to hold a pattern against all actions of a service.
const patternSteps = 2000

// anyAction reports whether a pattern covers some action.
func (c *checker) anyAction(pattern string) bool {
	if c.steps -= patternSteps; c.steps < 0 {
		return true
	}
	for range c.catalog.Expand(pattern) {
		return true
	}
	return c.more.anyAction(pattern)
}

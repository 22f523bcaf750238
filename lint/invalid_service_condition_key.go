package lint

import "strings"

var invalidServiceConditionKey = &Rule{
	Code:         "INVALID_SERVICE_CONDITION_KEY",
	Title:        "Invalid service condition key",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The condition key begins with the prefix of a service that has no such key.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			prefix, _, _ := strings.Cut(k.key.text, ":")
			service, ok := c.catalog.Service(prefix)
			if !ok || c.tagKeyMissing(k) {
				return
			}
			if c.isKey(k.key.text) {
				return
			}
			names := func(yield func(string) bool) {
				for s := range service.Keys() {
					if !yield(s.Name()) {
						return
					}
				}
			}
			if near, ok := c.nearest(k.key.text, names); ok {
				c.report(k.key.span, "%s has no condition key %s. Did you mean %s?", service.Prefix(), k.key.text, near)
				return
			}
			c.report(k.key.span, "%s has no condition key %s", service.Prefix(), k.key.text)
		})
	},
}

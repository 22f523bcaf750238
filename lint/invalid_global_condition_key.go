package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var invalidGlobalConditionKey = &Rule{
	Code:         "INVALID_GLOBAL_CONDITION_KEY",
	Title:        "Invalid global condition key",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The condition key begins with aws: and does not exist.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			name := fold.Name(k.key.text)
			if !strings.HasPrefix(name, "aws:") || name == "aws:" || name == "aws:arn" || c.tagKeyMissing(k) {
				return // for these there are rules of their own
			}
			if c.isKey(name) {
				return
			}
			names := func(yield func(string) bool) {
				for g := range c.catalog.GlobalKeys() {
					if !yield(g.Name()) {
						return
					}
				}
			}
			if near, ok := c.nearest(k.key.text, names); ok {
				c.report(k.key.span, "There is no condition key %s. Did you mean %s?", k.key.text, near)
				return
			}
			c.report(k.key.span, "There is no condition key %s", k.key.text)
		})
	},
}

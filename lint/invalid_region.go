package lint

import (
	"slices"

	"github.com/writ-iam/writ/catalog"
)

var invalidRegion = &Rule{
	Code:     "INVALID_REGION",
	Title:    "Invalid Region",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The value of a condition on a Region is no Region.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != textFamily || !k.named(regionKeys...) {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				if !isFixed(v.text) || catalog.IsRegion(v.text) || v.text == "aws-global" {
					continue
				}
				if near, ok := c.nearest(v.text, slices.Values(catalog.Regions())); ok {
					c.report(v.span, "There is no Region %s. Did you mean %s?", v.text, near)
					continue
				}
				c.report(v.span, "There is no Region %s", v.text)
			}
		})
	},
}

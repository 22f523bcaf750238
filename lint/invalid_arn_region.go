package lint

import (
	"slices"

	"github.com/writ-iam/writ/catalog"
)

var invalidArnRegion = &Rule{
	Code:     "INVALID_ARN_REGION",
	Title:    "Invalid ARN Region",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The Region in the ARN does not exist.",
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			region := a.parts[regionPart]
			if region == "" || isOpen(region) || catalog.IsRegion(region) {
				return
			}
			if near, ok := c.nearest(region, slices.Values(catalog.Regions())); ok {
				c.reportARN(a, regionPart, "There is no Region %s. Did you mean %s?", region, near)
				return
			}
			c.reportARN(a, regionPart, "There is no Region %s", region)
		})
	},
}

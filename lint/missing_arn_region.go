package lint

var missingArnRegion = &Rule{
	Code:         "MISSING_ARN_REGION",
	Title:        "Missing ARN Region",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The ARN has no Region, and those of the service's resources of this form have one, so that nothing matches.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if a.parts[regionPart] != "" {
				return
			}
			if forms, known := c.like(a); known && all(forms, func(t *arnTemplate) bool { return t.region != "" && t.region != "*" }) {
				c.reportARN(a, regionPart, "ARNs of %s like this one have a Region; add it, or a star for all", a.parts[servicePart])
			}
		})
	},
}

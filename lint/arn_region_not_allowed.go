package lint

// A star in place of the Region matches nothing too and does no harm; it is let pass.
var arnRegionNotAllowed = &Rule{
	Code:         "ARN_REGION_NOT_ALLOWED",
	Title:        "ARN Region not allowed",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The ARN names a Region, and those of the service's resources of this form have none, so that nothing matches.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if region := a.parts[regionPart]; region == "" || region == "*" {
				return
			}
			if forms, known := c.like(a); known && all(forms, func(t *arnTemplate) bool { return t.region == "" }) {
				c.reportARN(a, regionPart, "ARNs of %s like this one have no Region; leave it out", a.parts[servicePart])
			}
		})
	},
}

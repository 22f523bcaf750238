package lint

var invalidArnResource = &Rule{
	Code:         "INVALID_ARN_RESOURCE",
	Title:        "Invalid ARN resource",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "No resource of the service has an ARN of this form, so that the entry matches nothing.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if forms, known := c.like(a); known && len(forms) == 0 {
				c.reportARN(a, resourcePart, "No resource of %s has an ARN that ends like this; see the service authorization reference for the forms", a.parts[servicePart])
			}
		})
	},
}

package lint

var invalidServiceInAction = &Rule{
	Code:         "INVALID_SERVICE_IN_ACTION",
	Title:        "Invalid service in action",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The service that the action begins with does not exist.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachAction(func(_ *statement, v *value) {
			prefix := prefixOf(v.text)
			if !wellFormed(v.text) || prefix == "" || isPattern(prefix) {
				return
			}
			if c.isService(prefix) {
				return
			}
			names := func(yield func(string) bool) {
				for s := range c.catalog.Services() {
					if !yield(s.Prefix()) {
						return
					}
				}
			}
			if near, ok := c.nearest(prefix, names); ok {
				c.reportPart(v, 0, len(prefix), "There is no service %s. Did you mean %s?", prefix, near)
				return
			}
			c.reportPart(v, 0, len(prefix), "There is no service %s", prefix)
		})
	},
}

package lint

import "strings"

var wildcardInServiceName = &Rule{
	Code:     "WILDCARD_IN_SERVICE_NAME",
	Title:    "Wildcard in service name",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "The service in an action or an ARN is a pattern, and takes in services that nobody thought of.",
	check: func(c *checker) {
		c.eachAction(func(_ *statement, v *value) {
			if prefix, _, ok := strings.Cut(v.text, ":"); ok && isPattern(prefix) {
				c.reportPart(v, 0, len(prefix), "A pattern of services takes in others than were meant; name the service")
			}
		})
		c.eachARN(func(a *resourceARN) {
			if isPattern(a.parts[servicePart]) {
				c.reportARN(a, servicePart, "A pattern of services takes in others than were meant; name the service")
			}
		})
	},
}

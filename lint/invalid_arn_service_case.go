package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var invalidArnServiceCase = &Rule{
	Code:     "INVALID_ARN_SERVICE_CASE",
	Title:    "Invalid ARN service case",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The service in an ARN is written with capital letters; ARNs are told apart by case, and services are in small letters.",
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			if service := a.parts[servicePart]; service != fold.Name(service) && !strings.Contains(service, "${") {
				c.reportARN(a, servicePart, "Write the service in small letters: %s", fold.Name(service))
			}
		})
	},
}

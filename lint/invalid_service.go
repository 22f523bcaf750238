package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// What identity providers say has keys too; they begin with the provider's domain.
var invalidService = &Rule{
	Code:         "INVALID_SERVICE",
	Title:        "Invalid service",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The service that a condition key or an ARN begins with does not exist.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			prefix, _, ok := strings.Cut(k.key.text, ":")
			if !ok || prefix == "" || strings.ContainsAny(prefix, "./ ") || fold.Equal(prefix, "aws") {
				return
			}
			if c.isService(prefix) {
				return
			}
			if _, ok := c.key(k.key.text); !ok {
				c.report(k.key.span, "There is no service %s", prefix)
			}
		})
		c.eachARN(func(a *resourceARN) {
			service := a.parts[servicePart]
			if isOpen(service) || service != fold.Name(service) {
				return
			}
			if !c.isService(service) && len(c.templates(a)) == 0 {
				c.reportARN(a, servicePart, "There is no service %s whose resources have ARNs", service)
			}
		})
	},
}

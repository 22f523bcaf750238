package lint

import (
	"slices"
	"strings"
)

var invalidPrincipalKey = &Rule{
	Code:     "INVALID_PRINCIPAL_KEY",
	Title:    "Invalid principal key",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The Principal has a type that does not exist: there are AWS, CanonicalUser, Federated and Service.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			for i := range p.entries {
				if k := &p.entries[i].key; !slices.Contains(principalTypes, k.text) {
					c.report(k.span, "%q is no type of principals; there are %s", k.text, strings.Join(principalTypes, ", "))
				}
			}
		})
	},
}

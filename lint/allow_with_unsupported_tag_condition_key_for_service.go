package lint

import "strings"

var allowWithUnsupportedTagConditionKeyForService = &Rule{
	Code:         "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
	Title:        "Allow with unsupported tag condition key for service",
	Type:         Suggestion,
	Kinds:        AnyKind,
	Sentence:     "The statement allows by a tag of the resource, and some of its actions do not know the tags of resources: they are not allowed.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachUntagged((*statement).allows, func(k *element, at []span, services []string) {
			c.reportAll(at, "Actions of %s do not know %s and are not allowed; allow them in a statement without it", strings.Join(services, ", "), k.key.text)
		})
	},
}

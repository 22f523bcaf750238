package lint

import "strings"

var invalidConditionKeyFormat = &Rule{
	Code:     "INVALID_CONDITION_KEY_FORMAT",
	Title:    "Invalid condition key format",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The condition key is not of the form service:name.",
	check: func(c *checker) {
		c.eachBlock(func(_ *statement, b *block) {
			for i := range b.keys {
				k := &b.keys[i].key
				colon := strings.LastIndexByte(k.text, ':')
				if slash := strings.IndexByte(k.text, '/'); slash >= 0 && strings.IndexByte(k.text[:slash], ':') >= 0 {
					colon = strings.IndexByte(k.text, ':') // what follows is the name of a tag
				}
				if colon <= 0 || colon == len(k.text)-1 || strings.ContainsAny(k.text[:colon], " \t\r\n") {
					c.report(k.span, "%q is not of the form service:key", k.text)
				}
			}
		})
	},
}

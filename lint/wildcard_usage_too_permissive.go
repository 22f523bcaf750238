package lint

import "strings"

// For which keys six characters must stand before a wildcard AWS does not say; here they are those whose values begin with the id of an organization.
var wildcardUsageTooPermissive = &Rule{
	Code:     "WILDCARD_USAGE_TOO_PERMISSIVE",
	Title:    "Wildcard usage too permissive",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A wildcard stands in a condition that keeps others out, where it can let anybody in.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if !isLike(b.op) {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				plain := v.text
				if strings.Contains(plain, "${") {
					plain = blankVariables(plain)
				}
				if from := strings.IndexAny(plain, "*?"); from >= 0 {
					c.reportTooWide(k, v, from, from+1, "wildcard")
				}
			}
		})
	},
}

// blankVariables returns a text of the same length with blanks in place of the variables.
func blankVariables(text string) string {
	b := []byte(text)
	variables(text, func(v variable) {
		for i := v.from; i < v.to; i++ {
			b[i] = ' '
		}
	})
	return string(b)
}

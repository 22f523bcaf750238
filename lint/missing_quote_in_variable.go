package lint

import "strings"

var missingQuoteInVariable = &Rule{
	Code:     "MISSING_QUOTE_IN_VARIABLE",
	Title:    "Missing quote in variable",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The default of a policy variable does not stand in single quotes.",
	check: func(c *checker) {
		c.eachVariable(func(v *value, x variable) {
			_, fallback, ok := x.parts()
			fallback = strings.TrimSpace(fallback)
			if x.closed && ok && (len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'') {
				c.reportPart(v, x.from, x.to, "The default of a policy variable stands in single quotes: ${name, 'default'}")
			}
		})
	},
}

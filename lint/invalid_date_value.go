package lint

import "strings"

var invalidDateValue = &Rule{
	Code:     "INVALID_DATE_VALUE",
	Title:    "Invalid date value",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "A date is given as a number of seconds, or as a year alone, which AWS reads as a number of seconds.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != dateFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; v.text != "" && strings.Trim(v.text, "0123456789") == "" {
					c.report(v.span, "%s is read as seconds since 1970; write dates as YYYY-MM-DD", v.text)
				}
			}
		})
	},
}

package lint

import "github.com/writ-iam/writ/internal/fold"

var typeMismatchBoolean = &Rule{
	Code:     "TYPE_MISMATCH_BOOLEAN",
	Title:    "Type mismatch Boolean",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The value of a Boolean operator is neither true nor false.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if f := familyOf(b.op); f != boolFamily && f != nullFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; !fold.Equal(v.text, "true") && !fold.Equal(v.text, "false") && !hasVariable(v.text) {
					c.report(v.span, "%s takes true or false, not %q", b.op, v.text)
				}
			}
		})
	},
}

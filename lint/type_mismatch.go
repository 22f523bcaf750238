package lint

import "github.com/writ-iam/writ/catalog"

var typeMismatch = &Rule{
	Code:         "TYPE_MISMATCH",
	Title:        "Type mismatch",
	Type:         Warning,
	Kinds:        AnyKind,
	Sentence:     "The operator compares values of another type than the condition key has.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			known, ok := c.key(k.key.text)
			if !ok || fits(b.op, known) || known.Type() == catalog.TypeARN && isLike(b.op) {
				return // a Like operator with an ARN has a rule of its own
			}
			c.report(k.key.span, "%s is of type %s; use an operator of that type, not %s", k.key.text, familyNames[known.Type()], b.op)
		})
	},
}

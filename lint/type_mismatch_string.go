package lint

import "encoding/base64"

var typeMismatchString = &Rule{
	Code:     "TYPE_MISMATCH_STRING",
	Title:    "Type mismatch string",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The value of the operator BinaryEquals is not in Base64.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != binaryFamily {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				if _, err := base64.StdEncoding.DecodeString(v.text); err != nil && !hasVariable(v.text) {
					c.report(v.span, "%s compares bytes in Base64, and %q is no Base64", b.op, v.text)
				}
			}
		})
	},
}

package lint

var improveIpRange = &Rule{
	Code:     "IMPROVE_IP_RANGE",
	Title:    "Improve IP range",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A range gives more of an address than its mask keeps.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != addressFamily {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				if p, ok := parseRange(v.text); ok && p.Masked() != p {
					c.report(v.span, "What follows the first %d bits of the address is ignored; write %s", p.Bits(), p.Masked())
				}
			}
		})
	},
}

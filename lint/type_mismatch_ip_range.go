package lint

import "github.com/writ-iam/writ/condition"

var typeMismatchIpRange = &Rule{
	Code:     "TYPE_MISMATCH_IP_RANGE",
	Title:    "Type mismatch IP range",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The value of an address operator is neither an address nor a range in CIDR form.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != addressFamily {
				return
			}
			for i := range k.items {
				if v := &k.items[i]; !condition.ValidRange(v.text) && !hasVariable(v.text) {
					c.report(v.span, "%s compares addresses; %q is neither one nor a range like 203.0.113.0/24", b.op, v.text)
				}
			}
		})
	},
}

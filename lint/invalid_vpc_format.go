package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var invalidVpcFormat = &Rule{
	Code:     "INVALID_VPC_FORMAT",
	Title:    "Invalid vpc format",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The value of aws:SourceVpc is not the id of a VPC.",
	check: func(c *checker) {
		c.reportIDs("aws:SourceVpc", "vpc-")
	},
}

// reportIDs reports values of a condition key that are no ids of EC2: a prefix and 8 or 17 letters and digits.
func (c *checker) reportIDs(key, prefix string) {
	c.eachKey(func(_ *statement, b *block, k *element) {
		if familyOf(b.op) != textFamily || !k.named(key) {
			return
		}
		for i := range k.items {
			v := &k.items[i]
			id, ok := strings.CutPrefix(v.text, prefix)
			if isFixed(v.text) && (!ok || len(id) != 8 && len(id) != 17 || strings.Trim(fold.Name(id), "abcdefghijklmnopqrstuvwxyz0123456789") != "") {
				c.report(v.span, "%q is no id: %s and 8 or 17 letters and digits", v.text, prefix)
			}
		}
	})
}

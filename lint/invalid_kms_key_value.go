package lint

import (
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
)

// These are the keys of type ARN whose names speak of a KMS key.
var invalidKmsKeyValue = &Rule{
	Code:         "INVALID_KMS_KEY_VALUE",
	Title:        "Invalid kms key value",
	Type:         Error,
	Kinds:        AnyKind,
	Sentence:     "The value of a condition on a KMS key is not the ARN of a key.",
	NeedsCatalog: true,
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if f := familyOf(b.op); f != textFamily && f != arnFamily {
				return
			}
			known, ok := c.key(k.key.text)
			name := fold.Name(k.key.text)
			if !ok || known.Type() != catalog.TypeARN || !strings.Contains(name, "kmskey") && !strings.HasSuffix(name, "aws-kms-key-id") {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				parts := arn.SplitPattern(v.text, true)
				full := len(parts) == arn.PartCount && parts[0] == "arn" && (parts[2] == "kms" || isOpen(parts[2])) &&
					(strings.HasPrefix(parts[5], "key/") && len(parts[5]) > 4 || isLike(b.op) && strings.HasPrefix(parts[5], "*") || strings.HasPrefix(parts[5], "${"))
				if !full && !strings.HasPrefix(v.text, "${") && !(isLike(b.op) && strings.HasSuffix(v.text, "*") && len(parts) < arn.PartCount) {
					c.report(v.span, "%s compares ARNs of KMS keys, arn:aws:kms:region:account:key/id; %q is none", k.key.text, v.text)
				}
			}
		})
	},
}

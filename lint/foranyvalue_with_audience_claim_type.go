package lint

import (
	"strings"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

var foranyvalueWithAudienceClaimType = &Rule{
	Code:     "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE",
	Title:    "ForAnyValue with audience claim type",
	Type:     SecurityWarning,
	Kinds:    Trust,
	Sentence: "ForAnyValue stands with the audience of a web identity token, which has one value.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if b.op.Set == condition.ForAnyValue && isAudience(k) {
				c.report(k.key.span, "%s has one value; leave ForAnyValue: out", k.key.text)
			}
		})
	},
}

// isAudience reports the key of an OIDC provider for the audience of its tokens.
func isAudience(k *element) bool {
	colon := strings.LastIndexByte(k.key.text, ':')
	return colon >= 0 && fold.Equal(k.key.text[colon+1:], "aud") && strings.Contains(k.key.text[:colon], ".")
}

package lint

import "github.com/writ-iam/writ/condition"

var confirmAudienceClaimType = &Rule{
	Code:     "CONFIRM_AUDIENCE_CLAIM_TYPE",
	Title:    "Confirm audience claim type",
	Type:     Suggestion,
	Kinds:    Trust,
	Sentence: "ForAllValues stands with the audience of a web identity token, which has one value.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if b.op.Set == condition.ForAllValues && isAudience(k) {
				c.report(k.key.span, "%s says whom a token is meant for and has one value; leave the qualifier out", k.key.text)
			}
		})
	},
}

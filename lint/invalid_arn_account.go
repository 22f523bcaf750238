package lint

import "github.com/writ-iam/writ/arn"

// Some of AWS's own resources have a word in place of it; what the catalog knows of is let pass.
var invalidArnAccount = &Rule{
	Code:     "INVALID_ARN_ACCOUNT",
	Title:    "Invalid ARN account",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The account in the ARN is not a number of twelve digits.",
	check: func(c *checker) {
		c.eachARN(func(a *resourceARN) {
			account := a.parts[accountPart]
			if account == "" || account == "aws" || isOpen(account) || arn.IsAccount(account) {
				return
			}
			if c.catalog != nil {
				for _, t := range c.templates(a) {
					if t.account == account {
						return
					}
				}
			}
			c.reportARN(a, accountPart, "%q is no account id; one has twelve digits", account)
		})
	},
}

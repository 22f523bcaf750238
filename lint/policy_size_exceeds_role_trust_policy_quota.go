package lint

import "github.com/writ-iam/writ/policy"

var policySizeExceedsRoleTrustPolicyQuota = &Rule{
	Code:     "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
	Title:    "Policy size exceeds role trust policy quota",
	Type:     Warning,
	Kinds:    Trust,
	Sentence: "The document is longer than a trust policy may be, unless the quota has been raised.",
	check: func(c *checker) {
		c.reportSize(policy.Trust, 2048, "trust policy without a raised quota")
	},
}

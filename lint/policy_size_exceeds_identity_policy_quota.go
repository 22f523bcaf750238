package lint

import "github.com/writ-iam/writ/policy"

var policySizeExceedsIdentityPolicyQuota = &Rule{
	Code:     "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
	Title:    "Policy size exceeds identity policy quota",
	Type:     Warning,
	Kinds:    Identity,
	Sentence: "The document is longer than a managed policy may be. White space does not count.",
	check: func(c *checker) {
		c.reportSize(policy.Managed, 6144, "managed policy")
	},
}

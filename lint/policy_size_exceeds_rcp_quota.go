package lint

import "github.com/writ-iam/writ/policy"

var policySizeExceedsRcpQuota = &Rule{
	Code:     "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
	Title:    "Policy size exceeds RCP quota",
	Type:     Error,
	Kinds:    ResourceControl,
	Sentence: "The document is longer than a resource control policy may be.",
	check: func(c *checker) {
		c.reportSize(policy.ResourceControl, 5120, "resource control policy")
	},
}

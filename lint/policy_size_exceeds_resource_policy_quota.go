package lint

import "github.com/writ-iam/writ/policy"

var policySizeExceedsResourcePolicyQuota = &Rule{
	Code:     "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
	Title:    "Policy size exceeds resource policy quota",
	Type:     Warning,
	Kinds:    Resource,
	Sentence: "The document is longer than a resource policy may be.",
	check: func(c *checker) {
		c.reportSize(policy.Resource, 20480, "resource policy")
	},
}

package lint

import "github.com/writ-iam/writ/policy"

var policySizeExceedsScpQuota = &Rule{
	Code:     "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
	Title:    "Policy size exceeds SCP quota",
	Type:     Error,
	Kinds:    ServiceControl,
	Sentence: "The document is longer than a service control policy may be.",
	check: func(c *checker) {
		c.reportSize(policy.ServiceControl, 10240, "service control policy")
	},
}

// reportSize reports a document that is longer than its quota (limits.md §2).
func (c *checker) reportSize(k policy.Kind, quota int, what string) {
	if size := policy.Size(k, c.doc.text); size > quota {
		c.report(c.whole(), "The %d characters that count exceed the %d that a %s may have; share them out over several policies", size, quota, what)
	}
}

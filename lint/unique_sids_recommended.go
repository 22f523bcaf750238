package lint

import "strings"

var uniqueSidsRecommended = &Rule{
	Code:     "UNIQUE_SIDS_RECOMMENDED",
	Title:    "Unique Sids recommended",
	Type:     Warning,
	Kinds:    Resource,
	Sentence: "Two statements have the same Sid, which a policy of this type may have, though it helps nobody.",
	check: func(c *checker) {
		if strings.HasPrefix(c.resource, "AWS::S3") {
			return // for these there is a rule of its own
		}
		c.eachRepeatedSid(func(at []span, sid string) {
			c.reportAll(at, "Several statements have the Sid %q; give each another one", sid)
		})
	},
}

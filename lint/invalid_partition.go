package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/policy"
)

var invalidPartition = &Rule{
	Code:     "INVALID_PARTITION",
	Title:    "Invalid partition",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The partition in the ARN does not exist.",
	check: func(c *checker) {
		c.eachResource(func(_ *statement, v *value) {
			parts := arn.SplitPattern(v.text, true)
			if len(parts) < 2 || parts[0] != "arn" || strings.Contains(parts[1], "${") {
				return
			}
			partitions := policy.Partitions()
			if len(parts[1]) <= maxPattern && slices.ContainsFunc(partitions, func(p string) bool { return covers(parts[1], p) }) {
				return
			}
			const from = len("arn:")
			if parts[1] == "" {
				c.report(v.span, "The ARN has no partition; there are %s", strings.Join(partitions, ", "))
				return
			}
			c.reportPart(v, from, from+len(parts[1]), "There is no partition %s; there are %s", parts[1], strings.Join(partitions, ", "))
		})
	},
}

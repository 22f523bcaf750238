package lint

import "github.com/writ-iam/writ/arn"

var redundantResource = &Rule{
	Code:     "REDUNDANT_RESOURCE",
	Title:    "Redundant resource",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A resource of the list is covered by another one.",
	check: func(c *checker) {
		same := func(text string) string { return text }
		c.eachStatement(func(s *statement) {
			for _, e := range []*element{s.resource, s.notResource} {
				c.reportRedundant(e.items, "%d of the resources are covered by others, such as %s by %s; remove them, or the wider one", same, lastPart, coversARN)
			}
		})
	},
}

// lastPart returns where the last part of an ARN begins, and 0 for a star alone. If there is no such part it is -1.
func lastPart(text string) int {
	if text == "*" {
		return 0
	}
	parts := arn.SplitPattern(text, true)
	if len(parts) < arn.PartCount {
		return -1
	}
	return len(text) - len(parts[resourcePart])
}

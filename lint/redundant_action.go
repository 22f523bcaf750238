package lint

import "github.com/writ-iam/writ/internal/fold"

// Two patterns that overlap without one covering the other are both needed.
var redundantAction = &Rule{
	Code:     "REDUNDANT_ACTION",
	Title:    "Redundant action",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "An action of the list is covered by another one.",
	check: func(c *checker) {
		whole := func(string) int { return 0 }
		c.eachStatement(func(s *statement) {
			for _, e := range []*element{s.action, s.notAction} {
				c.reportRedundant(e.items, "%d of the actions are covered by others, such as %s by %s; remove them", fold.Name, whole, coversPattern)
			}
		})
	},
}

// reportRedundant reports those of a list of patterns that others of the list cover, together.
func (c *checker) reportRedundant(items []value, format string, meaning func(string) string, from func(string) int, covers func(pattern, text string) bool) {
	found, by := c.redundant(items, meaning, from, covers)
	if len(found) == 0 {
		return
	}
	at := make([]span, 0, min(len(found), maxLocations))
	for _, v := range found[:min(len(found), maxLocations)] {
		at = append(at, v.span)
	}
	c.reportAll(at, format, len(found), found[0].text, by[0].text)
}

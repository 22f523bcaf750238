package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var missingActionForConditionKey = &Rule{
	Code:     "MISSING_ACTION_FOR_CONDITION_KEY",
	Title:    "Missing action for condition key",
	Type:     Error,
	Kinds:    Identity | Trust,
	Sentence: "A condition asks for what a request can only bring if another action is allowed along with it, and the statement does not allow that action.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if !s.allows() || !s.action.present() || !positive(b.op) {
				return
			}
			for _, r := range companions {
				if r.named(k) && !s.coversAction(r.action) && s.facts().assumes {
					c.report(k.key.span, "A request can bring %s only if %s is allowed too; add it to the statement's actions", k.key.text, r.action)
				}
			}
		})
	},
}

// companions are actions of STS that must be allowed for a request to bring a key.
var companions = []struct {
	named  func(k *element) bool
	action string
}{
	{func(k *element) bool { return k.named("sts:SourceIdentity") }, "sts:SetSourceIdentity"},
	{func(k *element) bool { return k.named("sts:TransitiveTagKeys") }, "sts:TagSession"},
	{func(k *element) bool { return strings.HasPrefix(fold.Name(k.key.text), "aws:requesttag/") }, "sts:TagSession"},
}

package grants

import (
	"strconv"
	"time"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/identity"
)

var (
	keyFederatedProvider = condition.NewKey("aws:FederatedProvider")
	keyMFAAge            = condition.NewKey("aws:MultiFactorAuthAge")
	keyMFAPresent        = condition.NewKey("aws:MultiFactorAuthPresent")
	keyIsService         = condition.NewKey("aws:PrincipalIsAWSService")
	keySourceIdentity    = condition.NewKey("aws:SourceIdentity")
	keyTokenIssueTime    = condition.NewKey("aws:TokenIssueTime")
	keyUserID            = condition.NewKey("aws:userid")
)

// Describe sets the condition keys that follow from who the caller is and from its session (evaluation.md §8), but for those that
// authz.NewRequest sets.
func Describe(c *identity.Caller, now time.Time, context *condition.Context) {
	context.Set(keyUserID, c.UserID)
	context.Set(keyIsService, "false")
	for _, t := range c.Tags() {
		context.Set(condition.NewKey("aws:PrincipalTag/"+t.Key), t.Value)
	}
	s := c.Session
	if s == nil {
		// With a long-term key nobody has shown a second factor, nor has anybody been asked: the keys are absent, not false.
		return
	}
	context.Set(keyTokenIssueTime, s.Issued.UTC().Format(time.RFC3339))
	context.Set(keyMFAPresent, strconv.FormatBool(!s.MFA.IsZero()))
	if !s.MFA.IsZero() {
		context.Set(keyMFAAge, strconv.FormatInt(int64(now.Sub(s.MFA)/time.Second), 10))
	}
	if s.SourceIdentity != "" {
		context.Set(keySourceIdentity, s.SourceIdentity)
	}
	if s.Provider != "" {
		context.Set(keyFederatedProvider, s.Provider)
	}
}

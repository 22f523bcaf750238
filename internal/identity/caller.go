package identity

import (
	"time"

	"github.com/writ-iam/writ/authz"
)

// Caller is who makes a call, as it was authenticated.
type Caller struct {
	Principal *authz.Principal
	// UserID is what GetCallerIdentity calls UserId and policies aws:userid.
	UserID string
	// Account is the caller's account as it was when the call was authenticated.
	Account *Account
	// AccessKeyID is the key that the call was signed with.
	AccessKeyID string
	// User is the IAM user that calls, or whose session calls; nil for root users and role sessions.
	User *User
	// Role is the role whose session calls; nil for others.
	Role *Role
	// Session is what the caller's temporary credentials say; nil for long-term keys.
	Session *Session
}

// SessionKind is which call made a session.
type SessionKind uint8

const (
	// RoleSession is made by AssumeRole, with or without an assertion.
	RoleSession SessionKind = iota + 1
	// SessionToken is made by GetSessionToken.
	SessionToken
	// FederationToken is made by GetFederationToken.
	FederationToken
)

// Session is what temporary credentials say of their bearer beyond who it is: what was said when they were made, and so does not change.
// Which policies the bearer's user or role has is looked up at each call (evaluation.md §1).
type Session struct {
	Kind SessionKind
	// Name is the session's name: that of the role session or of the federated user.
	Name            string
	Issued, Expires time.Time
	// MFA is when the caller showed its second factor; zero if it did not.
	MFA            time.Time
	SourceIdentity string
	// Tags are those that were passed or inherited, with Transitive the keys of those that the next session inherits.
	Tags       []Tag
	Transitive []string
	// Policy is the inline session policy, nil if none was passed; Policies are the managed ones by ARN; HasPolicies says that any was passed.
	Policy      *Document `json:",omitempty"`
	Policies    []string
	HasPolicies bool
	// Chained: the session was made with the credentials of another role session.
	Chained bool
	// Provider is the identity provider whose assertion made the session; empty if none did.
	Provider string
}

// Tags returns the caller's tags for aws:PrincipalTag: those of the user or role, overridden by the session's (sts.md §5).
func (c *Caller) Tags() []Tag {
	var tags []Tag
	switch {
	case c.User != nil:
		tags = c.User.Tags
	case c.Role != nil:
		tags = c.Role.Tags
	}
	if c.Session == nil || len(c.Session.Tags) == 0 {
		return tags
	}
	return MergeTags(tags, c.Session.Tags)
}

package dispatch

import (
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// mayCall refuses what the kind of the caller's credentials rules out, whatever its policies say (sts.md §3). It asks nothing about services
// that the table does not name.
func mayCall(c *op.Call) error {
	s := c.Caller.Session
	if s == nil {
		return nil
	}
	if s.Kind == identity.RoleSession {
		if c.Service == "sts" && (c.Operation == "GetSessionToken" || c.Operation == "GetFederationToken") {
			return withSession(c)
		}
		return nil
	}
	switch c.Service {
	case "iam":
		if s.Kind == identity.SessionToken && !s.MFA.IsZero() {
			return nil
		}
		return fault.New(fault.InvalidClientTokenID, "The security token included in the request is invalid")
	case "sts":
		switch {
		case c.Operation == "GetCallerIdentity", c.Operation == "AssumeRole" && s.Kind == identity.SessionToken:
			return nil
		}
		return withSession(c)
	}
	return nil
}

func withSession(c *op.Call) error {
	return fault.New(fault.AccessDenied, "Cannot call %s with session credentials", c.Operation)
}

package dispatch

import (
	"crypto/tls"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/trail"
)

// Origin is where a call comes from, as far as it is known when it ends.
type Origin struct {
	// Service is the model of the service; nil if none was recognised.
	Service   *model.Service
	Operation string
	// Caller is nil for whoever could not be authenticated.
	Caller *identity.Caller
	// ClaimedKey is the access key id that such a request names: nobody has proven to have it.
	ClaimedKey string
	Region     string
	Time       time.Time
	RequestID  string
	SourceIP   netip.Addr
	UserAgent  string
	// TLS is of the connection, nil if it was not secured; Host is what the client calls the server.
	TLS  *tls.ConnectionState
	Host string
}

// Event returns the event of a call, without its outcome.
func Event(o Origin) *trail.Event {
	e := &trail.Event{
		Time: o.Time, ID: NewID(), RequestID: o.RequestID, Name: o.Operation, Region: o.Region, UserAgent: o.UserAgent,
		ReadOnly: readOnly(o.Operation), Identity: who(o.Caller),
	}
	e.SetTLS(o.TLS, o.Host)
	if o.Service != nil {
		e.Source = o.Service.EndpointPrefix + ".amazonaws.com"
	} else {
		e.Source = "unknown"
	}
	if o.Operation == "" {
		e.Name = "Unknown"
	}
	if o.SourceIP.IsValid() {
		e.SourceIP = o.SourceIP.String()
	}
	if o.Caller == nil {
		e.Identity.AccessKeyID = o.ClaimedKey
	} else {
		e.RecipientAccount = o.Caller.Account.ID
	}
	return e
}

// readOnly reports whether an operation's name is one of those that change nothing, as CloudTrail has it.
func readOnly(operation string) bool {
	for _, prefix := range [...]string{"Get", "List", "Simulate", "Decode", "Describe", "Lookup", "Generate", "AssumeRole"} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}

// unknown is the type of callers that could not be authenticated.
const unknown = "Unknown"

// who is CloudTrail's userIdentity of a caller.
func who(c *identity.Caller) trail.Identity {
	if c == nil {
		return trail.Identity{Type: unknown}
	}
	i := trail.Identity{PrincipalID: c.UserID, ARN: c.Principal.ARN, Account: c.Account.ID, AccessKeyID: c.AccessKeyID}
	partition, _, _ := strings.Cut(strings.TrimPrefix(c.Principal.ARN, "arn:"), ":")
	at := identity.Authority{Partition: partition, Account: c.Account.ID}
	switch {
	case c.Role != nil:
		i.Type = "AssumedRole"
	case c.Session != nil && c.Session.Kind == identity.FederationToken:
		i.Type = "FederatedUser"
	case c.User != nil:
		i.Type, i.UserName = "IAMUser", c.User.Name
	default:
		i.Type = "Root"
	}
	if s := c.Session; s != nil {
		i.Session = &trail.SessionContext{Created: s.Issued, MFA: !s.MFA.IsZero(), SourceIdentity: s.SourceIdentity}
		switch {
		case c.Role != nil:
			i.Session.Issuer = &trail.Issuer{Type: "Role", PrincipalID: c.Role.ID, ARN: at.Role(c.Role), Account: c.Account.ID, UserName: c.Role.Name}
		case c.User != nil && s.Kind == identity.FederationToken:
			i.Session.Issuer = &trail.Issuer{Type: "IAMUser", PrincipalID: c.User.ID, ARN: at.User(c.User), Account: c.Account.ID, UserName: c.User.Name}
		}
	}
	return i
}

// events are all events of a call that got as far as Do: that of the caller's account, and before it those of other accounts of which the call used something. They
// share an id (services.md §3.2).
func (d *Dispatcher) events(c *op.Call, m *model.Operation, in, out any, failure error) ([][]byte, error) {
	own := d.event(c, m, in, out, failure)
	var all [][]byte
	if failure == nil {
		for i, r := range c.Touched {
			own.Resources = append(own.Resources, trail.Resource(r))
			if r.Account == "" || r.Account == own.RecipientAccount || slices.ContainsFunc(c.Touched[:i], func(before op.Resource) bool { return before.Account == r.Account }) {
				continue
			}
			if own.SharedID == "" {
				own.SharedID = NewID()
			}
			other := *own
			other.ID, other.RecipientAccount, other.Resources = NewID(), r.Account, nil
			// Who it is in its own account is not the other's to know.
			other.Identity = trail.Identity{Type: "AWSAccount", PrincipalID: own.Identity.PrincipalID, Account: own.Identity.Account}
			for _, theirs := range c.Touched {
				if theirs.Account == r.Account {
					other.Resources = append(other.Resources, trail.Resource(theirs))
				}
			}
			text, err := other.AppendJSON(make([]byte, 0, 1024))
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
	}
	text, err := own.AppendJSON(make([]byte, 0, 1024))
	return append(all, text), err
}

// event is the event of a call that got as far as Do, in the caller's account.
func (d *Dispatcher) event(c *op.Call, m *model.Operation, in, out any, failure error) *trail.Event {
	e := Event(Origin{
		Service: m.Service, Operation: c.Operation, Caller: c.Caller, Region: c.Region, Time: c.Time, RequestID: c.RequestID,
		SourceIP: c.SourceIP, UserAgent: c.UserAgent, TLS: c.TLS, Host: c.Host,
	})
	if in != nil {
		e.RequestParameters = trail.Elements(m.Input, in)
	}
	if failure != nil {
		setFailure(e, failure)
	} else if out != nil && !strings.HasPrefix(c.Operation, "Get") && !strings.HasPrefix(c.Operation, "List") || issues(c.Operation) && out != nil {
		e.ResponseElements = trail.Elements(m.Output, out)
	}
	return e
}

// issues reports whether an operation hands out credentials though its name says that it reads: CloudTrail keeps what those answer.
func issues(operation string) bool {
	return operation == "GetFederationToken" || operation == "GetSessionToken"
}

func setFailure(e *trail.Event, failure error) {
	f := fault.From(failure)
	e.ErrorCode, e.ErrorMessage = f.Code, f.Message
}

package authz

import (
	"fmt"
	"strings"

	"github.com/writ-iam/writ/condition"
)

// Effect is what a decision comes to.
type Effect uint8

// A request that nothing allows is an ImplicitDeny, the zero Effect; one that a Deny forbids an ExplicitDeny.
const (
	ImplicitDeny Effect = iota
	ExplicitDeny
	Allow
)

// String returns the effect in the words of the case format.
func (e Effect) String() string { return [...]string{"ImplicitDeny", "ExplicitDeny", "Allow"}[e] }

// Layer is a kind of policy that takes part in a decision.
type Layer uint8

// The layers. NoLayer decided if nothing needed to be asked.
const (
	NoLayer Layer = iota
	ServiceControlLayer
	ResourceControlLayer
	EndpointLayer
	ResourceLayer
	IdentityLayer
	BoundaryLayer
	SessionLayer
	ACLLayer
)

// String returns the layer in the words of the case format.
func (l Layer) String() string {
	return [...]string{"", "scp", "rcp", "endpoint", "resource", "identity", "boundary", "session", "acl"}[l]
}

// Decision is the answer to a request. The zero Decision is a deny.
type Decision struct {
	Effect Effect
	// Layer is the layer that decided: that denied, that did not allow, or that granted.
	Layer Layer
	// Place says which statement decided; its numbers are -1 where no single one did.
	Place
	// Program is the policy that decided; nil if no single one did.
	Program *Program
}

// Place is where a statement stands among the policies of a request.
type Place struct {
	// Level is the level of the organization, from its root, for ServiceControlLayer and ResourceControlLayer.
	Level int32
	// Policy is the number of the policy within the layer (and level), Statement that of the statement in it.
	Policy, Statement int32
}

// nowhere is the place of what no single statement decided.
var nowhere = Place{Policy: -1, Statement: -1}

// Path returns where a statement of a layer stands in the case format, such as "identity[0].Statement[2]" or
// "scp[1][0].Statement[0]"; it is empty for no single statement.
func (p Place) Path(l Layer) string {
	if p.Policy < 0 {
		return ""
	}
	path := l.String()
	switch l {
	case ServiceControlLayer, ResourceControlLayer:
		path = fmt.Sprintf("%s[%d][%d]", path, p.Level, p.Policy)
	case IdentityLayer, SessionLayer, ACLLayer:
		path = fmt.Sprintf("%s[%d]", path, p.Policy)
	case NoLayer:
		return ""
	}
	if p.Statement >= 0 {
		path = fmt.Sprintf("%s.Statement[%d]", path, p.Statement)
	}
	return path
}

// StatementPath returns where the deciding statement stands in the case format; it is empty if no single one decided.
func (d Decision) StatementPath() string { return d.Path(d.Layer) }

// Allowed reports whether the request may go on.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// Message returns the text with which AWS refuses the request, without the newer link to more details (evaluation.md §10). It is
// empty for an allowed request.
func (d Decision) Message(r *Request) string { return d.MessageFor(r, r.Resource()) }

// MessageFor is like Message, with another text for the resource: IAM calls many of its resources "role N" or "policy path /" in
// messages (evaluation.md §10). If it is empty the message names no resource.
func (d Decision) MessageFor(r *Request, resource string) string {
	if d.Effect == Allow {
		return ""
	}
	trust := r.trusts()
	if d.Effect == ImplicitDeny && d.Layer == NoLayer && (r.Principal.Kind == Root || r.Principal.Kind == AssumedRoot) {
		return "Roles may not be assumed by root accounts."
	}
	if k := r.Principal.Kind; k == Provider || k == Anonymous && trust {
		return "Not authorized to perform " + r.Action.given
	}
	var b strings.Builder
	b.WriteString("User: " + r.Principal.ARN + " is not authorized to perform: " + r.Action.given)
	if resource != "" {
		b.WriteString(" on resource: ")
		if r.Action.service == "s3" {
			resource = `"` + resource + `"`
		}
		b.WriteString(resource)
	}
	if !tellsWhy(r) {
		return b.String()
	}
	if d.Effect == ImplicitDeny {
		if what := implicitWords[d.Layer]; trust && d.Layer == ResourceLayer {
			b.WriteString(" because no role trust policy allows the " + r.Action.given + " action")
		} else if what != "" {
			b.WriteString(" because no " + what + " allows the " + r.Action.given + " action")
		}
		return b.String()
	}
	if trust && d.Layer == ResourceLayer {
		b.WriteString(" with an explicit deny in the role trust policy")
	} else {
		b.WriteString(" with an explicit deny in " + explicitWords[d.Layer])
	}
	if d.Program != nil && d.Program.ARN != "" {
		b.WriteString(": " + d.Program.ARN)
	}
	return b.String()
}

// The words of the table in evaluation.md §10. There are none for an implicit deny by resource control policies.
var (
	implicitWords = [...]string{
		ServiceControlLayer: "service control policy",
		EndpointLayer:       "VPC endpoint policy",
		ResourceLayer:       "resource-based policy",
		IdentityLayer:       "identity-based policy",
		BoundaryLayer:       "permissions boundary",
		SessionLayer:        "session policy",
		ACLLayer:            "",
	}
	explicitWords = [...]string{
		ServiceControlLayer:  "a service control policy",
		ResourceControlLayer: "a resource control policy",
		EndpointLayer:        "a VPC endpoint policy",
		ResourceLayer:        "a resource-based policy",
		IdentityLayer:        "an identity-based policy",
		BoundaryLayer:        "a permissions boundary",
		SessionLayer:         "a session policy",
		ACLLayer:             "",
	}
)

var (
	keyPrincipalOrgID = condition.NewKey("aws:PrincipalOrgID")
	keyResourceOrgID  = condition.NewKey("aws:ResourceOrgID")
)

// tellsWhy reports whether the message names the kind of policy: only to callers of the resource's own account or organization (evaluation.md §10).
func tellsWhy(r *Request) bool {
	if r.Principal.Account == r.ResourceAccount && r.Principal.Account != "" {
		return true
	}
	mine, ok := r.Context.Text(keyPrincipalOrgID)
	if !ok {
		return false
	}
	its, ok := r.Context.Text(keyResourceOrgID)
	return ok && mine == its
}

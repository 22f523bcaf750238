package authz

import (
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
	// Level is the level of the organization, from its root, for ServiceControlLayer and ResourceControlLayer.
	Level int32
	// Policy is the number of the policy within the layer (and level), Statement that of the statement in it; -1 if no single one decided.
	Policy, Statement int32
	// Program is that policy; nil if no single one decided.
	Program *Program
}

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
		return "Not authorized to perform " + r.Action.name
	}
	var b strings.Builder
	b.WriteString("User: " + r.Principal.ARN + " is not authorized to perform: " + r.Action.name)
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
			b.WriteString(" because no role trust policy allows the " + r.Action.name + " action")
		} else if what != "" {
			b.WriteString(" because no " + what + " allows the " + r.Action.name + " action")
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

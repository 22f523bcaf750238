package identity

import (
	"strings"

	"github.com/writ-iam/writ/arn"
)

// Authority says in which partition and account ARNs are made (limits.md §5). The partition is that of the region a request was signed for.
type Authority struct {
	Partition, Account string
}

// IAM returns the ARN of an IAM resource such as "user/alice".
func (a Authority) IAM(resource string) string {
	return "arn:" + a.Partition + ":iam::" + a.Account + ":" + resource
}

// Root returns the ARN of the account's root user.
func (a Authority) Root() string { return a.IAM("root") }

// User returns a user's ARN.
func (a Authority) User(u *User) string { return a.IAM("user" + u.Path + u.Name) }

// Group returns a group's ARN.
func (a Authority) Group(g *Group) string { return a.IAM("group" + g.Path + g.Name) }

// Role returns a role's ARN.
func (a Authority) Role(r *Role) string { return a.IAM("role" + r.Path + r.Name) }

// Policy returns a managed policy's ARN.
func (a Authority) Policy(p *ManagedPolicy) string {
	if p.AWS {
		return "arn:" + a.Partition + ":iam::aws:policy" + p.Path + p.Name
	}
	return a.IAM("policy" + p.Path + p.Name)
}

// AssumedRole returns the ARN of a role's session; the role's path is not in it (evaluation.md §1).
func (a Authority) AssumedRole(role, session string) string {
	return "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + role + "/" + session
}

// FederatedUser returns the ARN of a session of GetFederationToken.
func (a Authority) FederatedUser(name string) string {
	return "arn:" + a.Partition + ":sts::" + a.Account + ":federated-user/" + name
}

// splitName takes the path and name out of what stands behind the kind in an ARN's resource: "/dev/alice" → "/dev/", "alice".
func splitName(s string) (path, name string) {
	i := strings.LastIndexByte(s, '/')
	return s[:i+1], s[i+1:]
}

// FindUser returns the user that an ARN's resource part ("user/dev/alice") names: path and name must be right, to the letter.
func (a *Account) FindUser(resource string) (*User, bool) {
	path, name, ok := cutKind(resource, "user")
	u, found := a.User(name)
	return u, ok && found && u.Path == path && u.Name == name
}

// FindGroup is like FindUser for groups.
func (a *Account) FindGroup(resource string) (*Group, bool) {
	path, name, ok := cutKind(resource, "group")
	g, found := a.Group(name)
	return g, ok && found && g.Path == path && g.Name == name
}

// FindRole is like FindUser for roles.
func (a *Account) FindRole(resource string) (*Role, bool) {
	path, name, ok := cutKind(resource, "role")
	r, found := a.Role(name)
	return r, ok && found && r.Path == path && r.Name == name
}

// FindPolicy returns the managed policy that an ARN names: the account's own or one of AWS's. The partition does not matter.
func (a *Account) FindPolicy(name arn.ARN) (*ManagedPolicy, bool) {
	if name.Service != "iam" || name.Region != "" {
		return nil, false
	}
	if name.Account == "aws" {
		return a.managed.find(PolicyRef(name.Resource))
	}
	path, base, ok := cutKind(name.Resource, "policy")
	p, found := a.policies.Get(folded(base))
	return p, ok && found && name.Account == a.ID && p.Path == path && p.Name == base
}

func cutKind(resource, kind string) (path, name string, ok bool) {
	rest, ok := strings.CutPrefix(resource, kind)
	if !ok || !strings.HasPrefix(rest, "/") {
		return "", "", false
	}
	path, name = splitName(rest)
	return path, name, true
}

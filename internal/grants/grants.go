// Package grants finds every policy that bears on a call, from who makes it.
//
//	policies, err := grants.For(caller, account, at)
//	policies.Resource = trust // what the resource itself says is for whoever calls this package to add
//	decision := authz.Decide(request, &policies)
//
// Policies are looked up when the call is made, never kept in a session (evaluation.md §1): what was detached a moment ago does not count any more.
package grants

import (
	"fmt"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/identity"
)

// For returns the policies that a caller brings with it: those of its user and groups or of its role, its permissions boundary and its session's
// policies, as they are in a snapshot of its account. at is the partition and account that ARNs are made in.
//
// An error says that a policy that must be asked could not be: nothing may be allowed then.
func For(c *identity.Caller, a *identity.Account, at identity.Authority) (authz.Policies, error) {
	var ps authz.Policies
	b := builder{account: a, at: at}
	switch {
	case c.Role != nil:
		// By its id, so that a role that was made anew under the old name has no old sessions.
		role, ok := a.RoleByID(c.Role.ID)
		if !ok {
			return ps, fmt.Errorf("grants: the role %s is gone", c.Role.ID)
		}
		b.entity(role.Inline, role.Attached)
		ps.Boundary = b.boundary(role.Boundary)
	case c.User != nil:
		user, ok := a.UserByID(c.User.ID)
		if !ok {
			return ps, fmt.Errorf("grants: the user %s is gone", c.User.ID)
		}
		b.entity(user.Inline, user.Attached)
		groups := a.GroupsOf(user)
		if len(groups) != len(user.Groups) {
			return ps, fmt.Errorf("grants: a group of the user %s is gone, and what it denies is not known", user.ID)
		}
		for _, g := range groups {
			b.entity(g.Inline, g.Attached)
		}
		ps.Boundary = b.boundary(user.Boundary)
	}
	ps.Identity = b.programs
	if c.Session != nil && c.Session.HasPolicies {
		ps.Session = b.session(c.Session)
	}
	return ps, b.err
}

// ForGroup returns the policies that a group gives to its users.
func ForGroup(g *identity.Group, a *identity.Account, at identity.Authority) ([]*authz.Program, error) {
	b := builder{account: a, at: at}
	b.entity(g.Inline, g.Attached)
	return b.programs, b.err
}

// builder collects programs and keeps the first error.
type builder struct {
	account  *identity.Account
	at       identity.Authority
	programs []*authz.Program
	err      error
}

func (b *builder) add(p *authz.Program, err error) *authz.Program {
	if err != nil && b.err == nil {
		b.err = err
	}
	return p
}

func (b *builder) entity(inline identity.InlinePolicies, attached []identity.PolicyRef) {
	for _, p := range inline {
		b.programs = append(b.programs, b.add(p.Document.Program(authz.Identity, "")))
	}
	for _, ref := range attached {
		b.programs = append(b.programs, b.managed(ref))
	}
}

func (b *builder) managed(ref identity.PolicyRef) *authz.Program {
	p, ok := b.account.Policy(ref)
	if !ok {
		return b.add(nil, fmt.Errorf("grants: the managed policy %s is attached and gone", ref))
	}
	return b.version(p)
}

// version returns the program of a managed policy's default version, the only one that counts.
func (b *builder) version(p *identity.ManagedPolicy) *authz.Program {
	v, ok := p.Version(p.Default)
	if !ok {
		return b.add(nil, fmt.Errorf("grants: the managed policy %s has no version %d", p.ID, p.Default))
	}
	return b.add(v.Document.Program(authz.Identity, b.at.Policy(p)))
}

func (b *builder) boundary(ref identity.PolicyRef) *authz.Program {
	if ref == "" {
		return nil
	}
	return b.managed(ref)
}

// session returns the programs of a session's policies; the list is never nil.
func (b *builder) session(s *identity.Session) []*authz.Program {
	programs := make([]*authz.Program, 0, 1+len(s.Policies))
	if s.Policy != nil {
		programs = append(programs, b.add(s.Policy.Program(authz.Identity, "")))
	}
	for _, name := range s.Policies {
		parsed, err := arn.Parse(name)
		if err != nil {
			b.add(nil, fmt.Errorf("grants: a session's policy %q: %w", name, err))
			continue
		}
		if p, ok := b.account.FindPolicy(parsed); ok {
			programs = append(programs, b.version(p))
		} else {
			// What it denied is not known any more, so the session ends with it.
			b.add(nil, fmt.Errorf("grants: the session policy %q is gone", name))
		}
	}
	return programs
}

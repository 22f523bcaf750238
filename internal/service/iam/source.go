package iam

import (
	"errors"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/grants"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// policySource is the user, group or role whose policies a simulation asks: one of the three is there.
type policySource struct {
	user  *identity.User
	group *identity.Group
	role  *identity.Role
}

// parseSourceARN reads the ARN of a user, group or role of the caller's account.
func parseSourceARN(c *op.Call, name string) (resource string, err error) {
	parsed, err := arn.Parse(name)
	if err == nil && parsed.Service == "iam" && parsed.Region == "" {
		if kind, _, ok := strings.Cut(parsed.Resource, "/"); ok && (kind == "user" || kind == "group" || kind == "role") {
			if parsed.Account != c.Account.ID {
				return "", fault.New(iamapi.CodeInvalidInput,
					"Invalid Policy Source Arn: caller's account %s does not have access to policies in account %s", c.Account.ID, parsed.Account)
			}
			return parsed.Resource, nil
		}
	}
	return "", fault.New(iamapi.CodeInvalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", name)
}

// sourceOf returns the user, group or role of that ARN. Path and name must be right, to the letter.
func sourceOf(c *op.Call, name string) (src policySource, err error) {
	resource, err := parseSourceARN(c, name)
	if err != nil {
		return src, err
	}
	kind, _, _ := strings.Cut(resource, "/")
	ok := false
	switch kind {
	case "user":
		src.user, ok = c.Account.FindUser(resource)
	case "group":
		src.group, ok = c.Account.FindGroup(resource)
	case "role":
		src.role, ok = c.Account.FindRole(resource)
	}
	if !ok {
		return src, fault.New(iamapi.CodeNoSuchEntity, "The %s with name %s cannot be found.", kind, resource[strings.LastIndexByte(resource, '/')+1:])
	}
	return src, nil
}

// onSource asks about the user, group or role that a call names by ARN. Messages name it in the same way.
func onSource[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		resource, err := parseSourceARN(c, *name(in))
		if err != nil {
			return op.Question{}, err
		}
		q := op.Question{Resource: c.Authority.IAM(resource)}
		if u, ok := c.Account.FindUser(resource); ok {
			q.Tags, q.IAMTags = u.Tags, true
		} else if r, ok := c.Account.FindRole(resource); ok {
			q.Tags, q.IAMTags = r.Tags, true
		}
		return q, nil
	})
}

// granted returns what a real call of the source would be judged by.
func (src policySource) granted(c *op.Call) (authz.Policies, error) {
	if src.group != nil {
		programs, err := grants.ForGroup(src.group, c.Account, c.Authority)
		return authz.Policies{Identity: programs}, err
	}
	return grants.For(&identity.Caller{User: src.user, Role: src.role}, c.Account, c.Authority)
}

// policies returns the source's own policies and, for a user, those of its groups.
func (src policySource) policies(c *op.Call) ([]source, error) {
	ps, err := src.granted(c)
	if err != nil {
		return nil, unevaluated(err)
	}
	var names []string
	add := func(kind, name string, inline identity.InlinePolicies, attached []identity.PolicyRef) {
		for _, p := range inline {
			names = append(names, kind+"_"+name+"_"+p.Name)
		}
		for _, ref := range attached {
			names = append(names, policyName(c, ref))
		}
	}
	switch {
	case src.user != nil:
		add("user", src.user.Name, src.user.Inline, src.user.Attached)
		for _, g := range c.Account.GroupsOf(src.user) {
			add("group", g.Name, g.Inline, g.Attached)
		}
	case src.group != nil:
		add("group", src.group.Name, src.group.Inline, src.group.Attached)
	case src.role != nil:
		add("role", src.role.Name, src.role.Inline, src.role.Attached)
	}
	if len(names) != len(ps.Identity) {
		return nil, unevaluated(errors.New("iam: the policies that are granted are not those that the entity has"))
	}
	sources := make([]source, len(names))
	for i, name := range names {
		sources[i] = source{name, iamPolicy, ps.Identity[i]}
	}
	return sources, nil
}

// boundary returns the source's permissions boundary, nil if it has none.
func (src policySource) boundary(c *op.Call) (*source, error) {
	ps, err := src.granted(c)
	if err != nil {
		return nil, unevaluated(err)
	}
	if ps.Boundary == nil {
		return nil, nil
	}
	var ref identity.PolicyRef
	if src.user != nil {
		ref = src.user.Boundary
	} else if src.role != nil {
		ref = src.role.Boundary
	}
	return &source{policyName(c, ref), iamPolicy, ps.Boundary}, nil
}

func policyName(c *op.Call, ref identity.PolicyRef) string {
	if p, ok := c.Account.Policy(ref); ok {
		return p.Name
	}
	return string(ref)
}

// simulatedCaller is who makes simulated calls.
type simulatedCaller struct {
	principal *authz.Principal
	tags      []identity.Tag
}

// caller returns the source as the one that makes the calls. A group cannot, so nothing is known of who does but its account.
func (src policySource) caller(c *op.Call) (*simulatedCaller, error) {
	name, facts, tags := "", authz.Facts{}, []identity.Tag(nil)
	switch {
	case src.user != nil:
		name, facts.UniqueID, tags = c.Authority.User(src.user), src.user.ID, src.user.Tags
	case src.role != nil:
		// One of its sessions, whichever.
		name, facts.UniqueID, tags = c.Authority.Role(src.role), src.role.ID, src.role.Tags
	default:
		return nil, nil
	}
	p, err := authz.NewPrincipal(name, facts)
	if err != nil {
		return nil, unevaluated(err)
	}
	return &simulatedCaller{p, tags}, nil
}

// callerByARN returns the caller that a call names: an IAM user of any account, who need not exist.
func callerByARN(c *op.Call, name string) (*simulatedCaller, error) {
	parsed, err := arn.Parse(name)
	if err == nil && parsed.Account == c.Account.ID {
		if u, ok := c.Account.FindUser(parsed.Resource); ok && parsed.Service == "iam" {
			return policySource{user: u}.caller(c)
		}
	}
	p, err := authz.NewPrincipal(name, authz.Facts{})
	if err != nil || p.Kind != authz.User {
		return nil, invalidInput("Invalid caller - Caller must be an IAM user in this context.")
	}
	return &simulatedCaller{principal: p}, nil
}

// trustIn returns a function that finds the trust policies of the account's roles.
func trustIn(c *op.Call) func(string) (*authz.Program, error) {
	return func(name string) (*authz.Program, error) {
		parsed, err := arn.Parse(name)
		if err != nil || parsed.Service != "iam" || parsed.Account != c.Account.ID {
			return nil, nil
		}
		r, ok := c.Account.FindRole(parsed.Resource)
		if !ok {
			return nil, nil
		}
		return r.Trust.Program(authz.Resource, "")
	}
}

package iam

import (
	"strings"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// role returns the role of that name in the state that the call works on.
func role(c *op.Call, name string) (*identity.Role, error) {
	r, ok := c.Account.Role(name)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The role with name %s cannot be found.", name)
	}
	return r, nil
}

// customerRole returns the role of that name, to be changed in a way that AWS keeps to itself for its own roles.
func customerRole(c *op.Call, name string) (*identity.Role, error) {
	r, err := role(c, name)
	if err != nil {
		return nil, err
	}
	return r, modifiable(r)
}

// describable returns the role of that name, to be described or tagged. That may be done to service-linked roles too, but not to those under
// /aws-reserved/ (evaluation.md §12, authz-iam-sts.md).
func describable(c *op.Call, name string) (*identity.Role, error) {
	r, err := role(c, name)
	if err == nil && strings.HasPrefix(r.Path, identity.ReservedPath) {
		err = modifiable(r)
	}
	return r, err
}

// unreserved refuses names and paths by which AWS's own roles are known. A name is the same in any case (limits.md §3), so case hides nothing here.
func unreserved(name, path string) error {
	for _, p := range []struct{ what, prefix, given, kind string }{
		{"Path", identity.ServiceLinkedPath, path, "Service linked"},
		{"Path", identity.ReservedPath, path, "reserved"},
		{"Role name", "AWSServiceRoleFor", name, "Service linked"},
		{"Role name", "AWSReservedSSO_", name, "reserved"},
	} {
		if strings.HasPrefix(fold.Name(p.given), fold.Name(p.prefix)) {
			return fault.New(iamapi.CodeInvalidInput, "%s prefix '%s' can only be used for AWS %s Roles", p.what, p.prefix, p.kind)
		}
	}
	return nil
}

// newTrust makes a role's trust policy of a text.
func newTrust(c *op.Call, text string) (*identity.Document, error) {
	doc, err := checkPolicy(policy.Trust, text)
	if err != nil {
		return nil, err
	}
	stored, err := c.State.StorePrincipals(c.Account, doc)
	if err != nil {
		return nil, err
	}
	if err := policy.CheckSize(policy.Trust, text, c.Edit.Quotas().TrustPolicySize, "", ""); err != nil {
		return nil, policyFault(err)
	}
	return identity.NewDocument(stored), nil
}

func (s *Service) createRole(c *op.Call, in *iamapi.CreateRoleInput) (*iamapi.CreateRoleOutput, error) {
	if err := checkName("roleName", *in.RoleName); err != nil {
		return nil, err
	}
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	if err := unreserved(*in.RoleName, path); err != nil {
		return nil, err
	}
	tags, err := newTags(c, in.Tags)
	if err != nil {
		return nil, err
	}
	trust, err := newTrust(c, *in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	boundary, err := boundaryOf(c, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	if _, ok := c.Account.Role(*in.RoleName); ok {
		return nil, fault.New(iamapi.CodeEntityAlreadyExists, "Role with name %s already exists.", *in.RoleName)
	}
	if err := identity.CheckQuota("RolesPerAccount", c.Account.Counts().Roles, c.Edit.Quotas().Roles); err != nil {
		return nil, err
	}
	id, err := s.uniqueID("AROA")
	if err != nil {
		return nil, err
	}
	r := &identity.Role{
		ID: id, Name: *in.RoleName, Path: path, Created: identity.Second(c.Time), MaxSession: 3600, Trust: trust, Boundary: boundary, Tags: tags,
	}
	if in.MaxSessionDuration != nil {
		r.MaxSession = *in.MaxSessionDuration
	}
	if in.Description != nil {
		r.Description = *in.Description
	}
	c.Edit.PutRole(r)
	out := showRole(c, r)
	out.Tags = showTags(r.Tags)
	out.PermissionsBoundary = showBoundary(c, r.Boundary)
	return &iamapi.CreateRoleOutput{Role: out}, nil
}

func (s *Service) getRole(c *op.Call, in *iamapi.GetRoleInput) (*iamapi.GetRoleOutput, error) {
	r, err := role(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	out := showRole(c, r)
	out.Description = optional(r.Description)
	out.MaxSessionDuration = new(r.MaxSession)
	out.RoleLastUsed = roleLastUsed(c, r)
	out.Tags = showTags(r.Tags)
	out.PermissionsBoundary = showBoundary(c, r.Boundary)
	return &iamapi.GetRoleOutput{Role: out}, nil
}

func (s *Service) listRoles(c *op.Call, in *iamapi.ListRolesInput) (*iamapi.ListRolesOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListRolesOutput{Roles: []iamapi.Role{}}
	for r := range c.Account.Roles(p.after) {
		if !hasPrefix(r.Path, in.PathPrefix) {
			continue
		}
		if !p.take(r.Name) {
			break
		}
		shown := showRole(c, r)
		shown.Description = optional(r.Description)
		shown.MaxSessionDuration = new(r.MaxSession)
		out.Roles = append(out.Roles, *shown)
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// updateRole changes what the call names and leaves the rest.
func (s *Service) updateRole(c *op.Call, in *iamapi.UpdateRoleInput) (*iamapi.UpdateRoleOutput, error) {
	r, err := describable(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	changed := *r
	if in.Description != nil {
		changed.Description = *in.Description
	}
	if in.MaxSessionDuration != nil {
		if err := modifiable(r); err != nil {
			return nil, err
		}
		changed.MaxSession = *in.MaxSessionDuration
	}
	c.Edit.PutRole(&changed)
	return &iamapi.UpdateRoleOutput{}, nil
}

// updateRoleDescription is older than updateRole and, other than it, answers with the role.
func (s *Service) updateRoleDescription(c *op.Call, in *iamapi.UpdateRoleDescriptionInput) (*iamapi.UpdateRoleDescriptionOutput, error) {
	r, err := describable(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	changed := *r
	changed.Description = *in.Description
	c.Edit.PutRole(&changed)
	out := showRole(c, &changed)
	out.Description = optional(changed.Description)
	return &iamapi.UpdateRoleDescriptionOutput{Role: out}, nil
}

func (s *Service) updateAssumeRolePolicy(c *op.Call, in *iamapi.UpdateAssumeRolePolicyInput) (*iamapi.UpdateAssumeRolePolicyOutput, error) {
	r, err := customerRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	changed := *r
	if changed.Trust, err = newTrust(c, *in.PolicyDocument); err != nil {
		return nil, err
	}
	c.Edit.PutRole(&changed)
	return &iamapi.UpdateAssumeRolePolicyOutput{}, nil
}

func (s *Service) deleteRole(c *op.Call, in *iamapi.DeleteRoleInput) (*iamapi.DeleteRoleOutput, error) {
	r, err := customerRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	// Everything that hangs on the role must go first; the boundary does not block (iam-api.md §4).
	switch {
	case len(r.Attached) > 0:
		return nil, deleteConflict("must detach all policies first.")
	case len(r.Inline) > 0:
		return nil, deleteConflict("must delete policies first.")
	}
	c.Edit.DeleteRole(r)
	return &iamapi.DeleteRoleOutput{}, nil
}

func (s *Service) tagRole(c *op.Call, in *iamapi.TagRoleInput) (*iamapi.TagRoleOutput, error) {
	r, err := describable(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	tagged := *r
	if tagged.Tags, err = addTags(c, r.Tags, in.Tags); err != nil {
		return nil, err
	}
	c.Edit.PutRole(&tagged)
	return &iamapi.TagRoleOutput{}, nil
}

func (s *Service) untagRole(c *op.Call, in *iamapi.UntagRoleInput) (*iamapi.UntagRoleOutput, error) {
	r, err := describable(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	untagged := *r
	untagged.Tags = identity.WithoutTags(r.Tags, in.TagKeys)
	c.Edit.PutRole(&untagged)
	return &iamapi.UntagRoleOutput{}, nil
}

func (s *Service) listRoleTags(c *op.Call, in *iamapi.ListRoleTagsInput) (*iamapi.ListRoleTagsOutput, error) {
	r, err := role(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListRoleTagsOutput{Tags: listTags(p, r.Tags)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// showRole shows what every answer has of a role (iam-api.md §5).
func showRole(c *op.Call, r *identity.Role) *iamapi.Role {
	return &iamapi.Role{
		Path: new(r.Path), RoleName: new(r.Name), RoleId: new(r.ID), Arn: new(c.Authority.Role(r)), CreateDate: new(r.Created),
		AssumeRolePolicyDocument: showTrust(c, r),
	}
}

// showTrust is a role's trust policy in an answer, with the present names of those that it means.
func showTrust(c *op.Call, r *identity.Role) *string {
	return showDocument(c.State.ShowPrincipals(c.Account, r.Trust, c.Authority.Partition))
}

// roleLastUsed is when and where a role was last used, an empty element if it never was (iam-api.md §5).
func roleLastUsed(c *op.Call, r *identity.Role) *iamapi.RoleLastUsed {
	use, ok := c.State.LastUse(c.Account.ID, identity.RoleUse, r.ID)
	if !ok {
		return new(iamapi.RoleLastUsed)
	}
	return &iamapi.RoleLastUsed{LastUsedDate: new(use.Time), Region: new(use.Region)}
}

package iam

import (
	"strconv"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// What GetAccountAuthorizationDetails shows of each kind. Unlike elsewhere lists are there when they are empty, but for a user's inline policies, as in
// AWS's answers.

func userDetail(c *op.Call, u *identity.User) iamapi.UserDetail {
	groups := []string{}
	for _, g := range c.Account.GroupsOf(u) {
		groups = append(groups, g.Name)
	}
	out := iamapi.UserDetail{
		Path: new(u.Path), UserName: new(u.Name), UserId: new(u.ID), Arn: new(c.Authority.User(u)), CreateDate: new(u.Created),
		GroupList: groups, AttachedManagedPolicies: attachedDetail(c, u.Attached),
		PermissionsBoundary: showBoundary(c, u.Boundary), Tags: append([]iamapi.Tag{}, showTags(u.Tags)...),
	}
	if len(u.Inline) > 0 {
		out.UserPolicyList = inlineDetail(u.Inline)
	}
	return out
}

func groupDetail(c *op.Call, g *identity.Group) iamapi.GroupDetail {
	return iamapi.GroupDetail{
		Path: new(g.Path), GroupName: new(g.Name), GroupId: new(g.ID), Arn: new(c.Authority.Group(g)), CreateDate: new(g.Created),
		GroupPolicyList: inlineDetail(g.Inline), AttachedManagedPolicies: attachedDetail(c, g.Attached),
	}
}

func roleDetail(c *op.Call, r *identity.Role) iamapi.RoleDetail {
	return iamapi.RoleDetail{
		Path: new(r.Path), RoleName: new(r.Name), RoleId: new(r.ID), Arn: new(c.Authority.Role(r)), CreateDate: new(r.Created),
		AssumeRolePolicyDocument: showTrust(c, r),
		InstanceProfileList:      []iamapi.InstanceProfile{},
		RolePolicyList:           inlineDetail(r.Inline), AttachedManagedPolicies: attachedDetail(c, r.Attached),
		PermissionsBoundary: showBoundary(c, r.Boundary), Tags: append([]iamapi.Tag{}, showTags(r.Tags)...), RoleLastUsed: roleLastUsed(c, r),
	}
}

func policyDetail(c *op.Call, p *identity.ManagedPolicy) iamapi.ManagedPolicyDetail {
	usage := c.Account.Usage(p.Ref())
	versions := []iamapi.PolicyVersion{}
	// The newest first.
	for i := len(p.Versions) - 1; i >= 0; i-- {
		v := p.Versions[i]
		versions = append(versions, iamapi.PolicyVersion{
			VersionId: new("v" + strconv.Itoa(v.Number)), IsDefaultVersion: new(v.Number == p.Default), CreateDate: new(v.Created), Document: showDocument(v.Document.Text),
		})
	}
	return iamapi.ManagedPolicyDetail{
		PolicyName: new(p.Name), PolicyId: new(p.ID), Arn: new(c.Authority.Policy(p)), Path: new(p.Path),
		DefaultVersionId: new("v" + strconv.Itoa(p.Default)), AttachmentCount: new(int32(usage.Attachments)),
		PermissionsBoundaryUsageCount: new(int32(usage.Boundaries)), IsAttachable: new(true),
		CreateDate: new(p.Created), UpdateDate: new(p.Updated), PolicyVersionList: versions,
	}
}

func inlineDetail(ps identity.InlinePolicies) []iamapi.PolicyDetail {
	out := []iamapi.PolicyDetail{}
	for _, p := range ps {
		out = append(out, iamapi.PolicyDetail{PolicyName: new(p.Name), PolicyDocument: showDocument(p.Document.Text)})
	}
	return out
}

func attachedDetail(c *op.Call, refs []identity.PolicyRef) []iamapi.AttachedPolicy {
	var ps []*identity.ManagedPolicy
	for _, ref := range refs {
		if p, ok := c.Account.Policy(ref); ok {
			ps = append(ps, p)
		}
	}
	sortByName(ps, policyKeyOf)
	return showAttached(c, ps)
}

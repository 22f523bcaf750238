package iam

import (
	"slices"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// Listings of several kinds of things have one order, and so one marker: all of one kind by name, then all of the next.

// of makes the name by which a listing of several kinds knows an item of one of them: the kinds come in the order of their letters.
func of(kind, name string) string { return kind + " " + name }

// listEntitiesForPolicy goes through the whole account: what it keeps an index of is how often a policy is used, not where.
func (s *Service) listEntitiesForPolicy(c *op.Call, in *iamapi.ListEntitiesForPolicyInput) (*iamapi.ListEntitiesForPolicyOutput, error) {
	managed, err := attachable(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	ref, usage := managed.Ref(), ""
	if in.PolicyUsageFilter != nil {
		usage = *in.PolicyUsageFilter
	}
	// on reports whether an entity is one to be listed, and there is room.
	on := func(kind, name, path string, attached []identity.PolicyRef, boundary identity.PolicyRef) bool {
		used := usage != iamapi.PolicyUsageTypePermissionsBoundary && slices.Contains(attached, ref) ||
			usage != iamapi.PolicyUsageTypePermissionsPolicy && boundary == ref
		return used && hasPrefix(path, in.PathPrefix) && !p.passed(of(kind, name)) && p.take(of(kind, name))
	}
	asked := func(entity string) bool {
		// A policy has no policies: to ask for those kinds is to ask for nothing.
		return (in.EntityFilter == nil || *in.EntityFilter == entity) && c.Account.Usage(ref) != identity.Usage{}
	}
	out := &iamapi.ListEntitiesForPolicyOutput{PolicyGroups: []iamapi.PolicyGroup{}, PolicyRoles: []iamapi.PolicyRole{}, PolicyUsers: []iamapi.PolicyUser{}}
	if asked(iamapi.EntityTypeGroup) {
		for g := range c.Account.Groups("") {
			if on("group", g.Name, g.Path, g.Attached, "") {
				out.PolicyGroups = append(out.PolicyGroups, iamapi.PolicyGroup{GroupName: new(g.Name), GroupId: new(g.ID)})
			}
		}
	}
	if asked(iamapi.EntityTypeRole) {
		for r := range c.Account.Roles("") {
			if on("role", r.Name, r.Path, r.Attached, r.Boundary) {
				out.PolicyRoles = append(out.PolicyRoles, iamapi.PolicyRole{RoleName: new(r.Name), RoleId: new(r.ID)})
			}
		}
	}
	if asked(iamapi.EntityTypeUser) {
		for u := range c.Account.Users() {
			if on("user", u.Name, u.Path, u.Attached, u.Boundary) {
				out.PolicyUsers = append(out.PolicyUsers, iamapi.PolicyUser{UserName: new(u.Name), UserId: new(u.ID)})
			}
		}
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// getAccountAuthorizationDetails shows the whole account: users, groups, roles and policies, with everything in them. Of AWS's policies it has those that
// are used.
func (s *Service) getAccountAuthorizationDetails(
	c *op.Call, in *iamapi.GetAccountAuthorizationDetailsInput,
) (*iamapi.GetAccountAuthorizationDetailsOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	on := func(kind, name string) bool { return !p.passed(of(kind, name)) && p.take(of(kind, name)) }
	asked := func(entity string) bool { return len(in.Filter) == 0 || slices.Contains(in.Filter, entity) }
	out := &iamapi.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []iamapi.UserDetail{}, GroupDetailList: []iamapi.GroupDetail{}, RoleDetailList: []iamapi.RoleDetail{}, Policies: []iamapi.ManagedPolicyDetail{},
	}
	if asked(iamapi.EntityTypeGroup) {
		for g := range c.Account.Groups("") {
			if on("group", g.Name) {
				out.GroupDetailList = append(out.GroupDetailList, groupDetail(c, g))
			}
		}
	}
	if asked(iamapi.EntityTypeLocalManagedPolicy) {
		for p := range c.Account.CustomerPolicies("") {
			if on("policy", p.Name) {
				out.Policies = append(out.Policies, policyDetail(c, p))
			}
		}
	}
	if asked(iamapi.EntityTypeAWSManagedPolicy) {
		for p := range c.Account.AWSPolicies("") {
			if c.Account.Usage(p.Ref()) != (identity.Usage{}) && on("policy/aws", p.Name) {
				out.Policies = append(out.Policies, policyDetail(c, p))
			}
		}
	}
	if asked(iamapi.EntityTypeRole) {
		for r := range c.Account.Roles("") {
			if on("role", r.Name) {
				out.RoleDetailList = append(out.RoleDetailList, roleDetail(c, r))
			}
		}
	}
	if asked(iamapi.EntityTypeUser) {
		for u := range c.Account.Users() {
			if on("user", u.Name) {
				out.UserDetailList = append(out.UserDetailList, userDetail(c, u))
			}
		}
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// Package iam is the IAM service: what each of its operations does to an account, and what it asks of the judge before.
//
// Ops is the table of all operations; each noun has a file with the methods that it names. A handler reads c.Account, an immutable snapshot, and changes
// c.Edit; it is not reached before the call was authenticated, checked against the model and allowed. The behaviour is that of iam-api.md and
// limits.md.
package iam

import (
	"io"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/op"
)

// Service has what the operations need beside the account.
type Service struct {
	// Rand is where ids and secrets come from.
	Rand io.Reader
	// Keyring seals secrets before they are saved.
	Keyring *credential.Keyring
}

func (s *Service) uniqueID(prefix string) (string, error) {
	id, err := credential.UniqueID(prefix, s.Rand)
	if err != nil {
		return "", fault.Internal(err)
	}
	return id, nil
}

// Ops returns the table of IAM's operations.
func (s *Service) Ops() op.Table {
	t := op.Table{
		// Access keys
		"CreateAccessKey":      op.Write(s.createAccessKey, onUser(func(in *iamapi.CreateAccessKeyInput) *string { return in.UserName })),
		"DeleteAccessKey":      op.Write(s.deleteAccessKey, onUser(func(in *iamapi.DeleteAccessKeyInput) *string { return in.UserName })),
		"GetAccessKeyLastUsed": op.Read(s.getAccessKeyLastUsed, onKey),
		"ListAccessKeys":       op.Read(s.listAccessKeys, onUser(func(in *iamapi.ListAccessKeysInput) *string { return in.UserName })),
		"UpdateAccessKey":      op.Write(s.updateAccessKey, onUser(func(in *iamapi.UpdateAccessKeyInput) *string { return in.UserName })),

		// The account
		"CreateAccountAlias":             op.Write(s.createAccountAlias, onAccount[iamapi.CreateAccountAliasInput]),
		"DeleteAccountAlias":             op.Write(s.deleteAccountAlias, onAccount[iamapi.DeleteAccountAliasInput]),
		"GetAccountAuthorizationDetails": op.Read(s.getAccountAuthorizationDetails, onAccount[iamapi.GetAccountAuthorizationDetailsInput]),
		"GetAccountSummary":              op.Read(s.getAccountSummary, onAccount[iamapi.GetAccountSummaryInput]),
		"ListAccountAliases":             op.Read(s.listAccountAliases, onAccount[iamapi.ListAccountAliasesInput]),

		// Attached policies
		"AttachGroupPolicy": op.Write(s.attachGroupPolicy, onGroupPolicies(
			func(in *iamapi.AttachGroupPolicyInput) *string { return in.GroupName }, func(in *iamapi.AttachGroupPolicyInput) *string { return in.PolicyArn })),
		"AttachRolePolicy": op.Write(s.attachRolePolicy, onRolePolicies(
			func(in *iamapi.AttachRolePolicyInput) *string { return in.RoleName }, func(in *iamapi.AttachRolePolicyInput) *string { return in.PolicyArn })),
		"AttachUserPolicy": op.Write(s.attachUserPolicy, onUserPolicies(
			func(in *iamapi.AttachUserPolicyInput) *string { return in.UserName }, func(in *iamapi.AttachUserPolicyInput) *string { return in.PolicyArn })),
		"DetachGroupPolicy": op.Write(s.detachGroupPolicy, onGroupPolicies(
			func(in *iamapi.DetachGroupPolicyInput) *string { return in.GroupName }, func(in *iamapi.DetachGroupPolicyInput) *string { return in.PolicyArn })),
		"DetachRolePolicy": op.Write(s.detachRolePolicy, onRolePolicies(
			func(in *iamapi.DetachRolePolicyInput) *string { return in.RoleName }, func(in *iamapi.DetachRolePolicyInput) *string { return in.PolicyArn })),
		"DetachUserPolicy": op.Write(s.detachUserPolicy, onUserPolicies(
			func(in *iamapi.DetachUserPolicyInput) *string { return in.UserName }, func(in *iamapi.DetachUserPolicyInput) *string { return in.PolicyArn })),
		"ListAttachedGroupPolicies": op.Read(s.listAttachedGroupPolicies, onGroup(func(in *iamapi.ListAttachedGroupPoliciesInput) *string { return in.GroupName })),
		"ListAttachedRolePolicies":  op.Read(s.listAttachedRolePolicies, onRole(func(in *iamapi.ListAttachedRolePoliciesInput) *string { return in.RoleName })),
		"ListAttachedUserPolicies":  op.Read(s.listAttachedUserPolicies, onUser(func(in *iamapi.ListAttachedUserPoliciesInput) *string { return in.UserName })),
		"ListEntitiesForPolicy":     op.Read(s.listEntitiesForPolicy, onPolicy(func(in *iamapi.ListEntitiesForPolicyInput) *string { return in.PolicyArn })),

		// Groups
		"AddUserToGroup":      op.Write(s.addUserToGroup, onGroup(func(in *iamapi.AddUserToGroupInput) *string { return in.GroupName })),
		"CreateGroup":         op.Write(s.createGroup, newGroup),
		"DeleteGroup":         op.Write(s.deleteGroup, onGroup(func(in *iamapi.DeleteGroupInput) *string { return in.GroupName })),
		"GetGroup":            op.Read(s.getGroup, onGroup(func(in *iamapi.GetGroupInput) *string { return in.GroupName })),
		"ListGroups":          op.Read(s.listGroups, onList("group", func(in *iamapi.ListGroupsInput) *string { return in.PathPrefix })),
		"ListGroupsForUser":   op.Read(s.listGroupsForUser, onUser(func(in *iamapi.ListGroupsForUserInput) *string { return in.UserName })),
		"RemoveUserFromGroup": op.Write(s.removeUserFromGroup, onGroup(func(in *iamapi.RemoveUserFromGroupInput) *string { return in.GroupName })),
		"UpdateGroup":         op.Write(s.updateGroup, renamedGroup),

		// Inline policies
		"DeleteGroupPolicy": op.Write(s.deleteGroupPolicy, onGroupPolicies(func(in *iamapi.DeleteGroupPolicyInput) *string { return in.GroupName }, inline)),
		"DeleteRolePolicy":  op.Write(s.deleteRolePolicy, onRolePolicies(func(in *iamapi.DeleteRolePolicyInput) *string { return in.RoleName }, inline)),
		"DeleteUserPolicy":  op.Write(s.deleteUserPolicy, onUserPolicies(func(in *iamapi.DeleteUserPolicyInput) *string { return in.UserName }, inline)),
		"GetGroupPolicy":    op.Read(s.getGroupPolicy, onGroup(func(in *iamapi.GetGroupPolicyInput) *string { return in.GroupName })),
		"GetRolePolicy":     op.Read(s.getRolePolicy, onRole(func(in *iamapi.GetRolePolicyInput) *string { return in.RoleName })),
		"GetUserPolicy":     op.Read(s.getUserPolicy, onUser(func(in *iamapi.GetUserPolicyInput) *string { return in.UserName })),
		"ListGroupPolicies": op.Read(s.listGroupPolicies, onGroup(func(in *iamapi.ListGroupPoliciesInput) *string { return in.GroupName })),
		"ListRolePolicies":  op.Read(s.listRolePolicies, onRole(func(in *iamapi.ListRolePoliciesInput) *string { return in.RoleName })),
		"ListUserPolicies":  op.Read(s.listUserPolicies, onUser(func(in *iamapi.ListUserPoliciesInput) *string { return in.UserName })),
		"PutGroupPolicy":    op.Write(s.putGroupPolicy, onGroupPolicies(func(in *iamapi.PutGroupPolicyInput) *string { return in.GroupName }, inline)),
		"PutRolePolicy":     op.Write(s.putRolePolicy, onRolePolicies(func(in *iamapi.PutRolePolicyInput) *string { return in.RoleName }, inline)),
		"PutUserPolicy":     op.Write(s.putUserPolicy, onUserPolicies(func(in *iamapi.PutUserPolicyInput) *string { return in.UserName }, inline)),

		// Managed policies
		"CreatePolicy":   op.Write(s.createPolicy, newPolicy),
		"DeletePolicy":   op.Write(s.deletePolicy, onPolicy(func(in *iamapi.DeletePolicyInput) *string { return in.PolicyArn })),
		"GetPolicy":      op.Read(s.getPolicy, onPolicy(func(in *iamapi.GetPolicyInput) *string { return in.PolicyArn })),
		"ListPolicies":   op.Read(s.listPolicies, onPolicies),
		"ListPolicyTags": op.Read(s.listPolicyTags, onPolicy(func(in *iamapi.ListPolicyTagsInput) *string { return in.PolicyArn })),
		"TagPolicy":      op.Write(s.tagPolicy, taggedPolicy),
		"UntagPolicy":    op.Write(s.untagPolicy, untaggedPolicy),

		"CreatePolicyVersion":     op.Write(s.createPolicyVersion, onPolicy(func(in *iamapi.CreatePolicyVersionInput) *string { return in.PolicyArn })),
		"DeletePolicyVersion":     op.Write(s.deletePolicyVersion, onPolicy(func(in *iamapi.DeletePolicyVersionInput) *string { return in.PolicyArn })),
		"GetPolicyVersion":        op.Read(s.getPolicyVersion, onPolicy(func(in *iamapi.GetPolicyVersionInput) *string { return in.PolicyArn })),
		"ListPolicyVersions":      op.Read(s.listPolicyVersions, onPolicy(func(in *iamapi.ListPolicyVersionsInput) *string { return in.PolicyArn })),
		"SetDefaultPolicyVersion": op.Write(s.setDefaultPolicyVersion, onPolicy(func(in *iamapi.SetDefaultPolicyVersionInput) *string { return in.PolicyArn })),

		// Permissions boundaries
		"DeleteRolePermissionsBoundary": op.Write(s.deleteRolePermissionsBoundary,
			onBoundedRole(func(in *iamapi.DeleteRolePermissionsBoundaryInput) *string { return in.RoleName })),
		"DeleteUserPermissionsBoundary": op.Write(s.deleteUserPermissionsBoundary,
			onUserPolicies(func(in *iamapi.DeleteUserPermissionsBoundaryInput) *string { return in.UserName }, inline)),
		"PutRolePermissionsBoundary": op.Write(s.putRolePermissionsBoundary, boundRole),
		"PutUserPermissionsBoundary": op.Write(s.putUserPermissionsBoundary, boundUser),

		// Roles
		"CreateRole":             op.Write(s.createRole, newRole),
		"DeleteRole":             op.Write(s.deleteRole, onBoundedRole(func(in *iamapi.DeleteRoleInput) *string { return in.RoleName })),
		"GetRole":                op.Read(s.getRole, onBoundedRole(func(in *iamapi.GetRoleInput) *string { return in.RoleName })),
		"ListRoles":              op.Read(s.listRoles, onList("role", func(in *iamapi.ListRolesInput) *string { return in.PathPrefix })),
		"ListRoleTags":           op.Read(s.listRoleTags, onRole(func(in *iamapi.ListRoleTagsInput) *string { return in.RoleName })),
		"TagRole":                op.Write(s.tagRole, taggedRole),
		"UntagRole":              op.Write(s.untagRole, untaggedRole),
		"UpdateAssumeRolePolicy": op.Write(s.updateAssumeRolePolicy, onBoundedRole(func(in *iamapi.UpdateAssumeRolePolicyInput) *string { return in.RoleName })),
		"UpdateRole":             op.Write(s.updateRole, onBoundedRole(func(in *iamapi.UpdateRoleInput) *string { return in.RoleName })),
		"UpdateRoleDescription":  op.Write(s.updateRoleDescription, onBoundedRole(func(in *iamapi.UpdateRoleDescriptionInput) *string { return in.RoleName })),

		// The policy simulator
		"GetContextKeysForCustomPolicy": op.Read(s.getContextKeysForCustomPolicy, onAccount[iamapi.GetContextKeysForCustomPolicyInput]),
		"GetContextKeysForPrincipalPolicy": op.Read(s.getContextKeysForPrincipalPolicy,
			onSource(func(in *iamapi.GetContextKeysForPrincipalPolicyInput) *string { return in.PolicySourceArn })),
		"SimulateCustomPolicy":    op.Read(s.simulateCustomPolicy, onAccount[iamapi.SimulateCustomPolicyInput]),
		"SimulatePrincipalPolicy": op.Read(s.simulatePrincipalPolicy, onSource(func(in *iamapi.SimulatePrincipalPolicyInput) *string { return in.PolicySourceArn })),

		// Users
		"CreateUser":   op.Write(s.createUser, newUser),
		"DeleteUser":   op.Write(s.deleteUser, onUser(func(in *iamapi.DeleteUserInput) *string { return in.UserName })),
		"GetUser":      op.Read(s.getUser, onUser(func(in *iamapi.GetUserInput) *string { return in.UserName })),
		"ListUsers":    op.Read(s.listUsers, onList("user", func(in *iamapi.ListUsersInput) *string { return in.PathPrefix })),
		"ListUserTags": op.Read(s.listUserTags, onUser(func(in *iamapi.ListUserTagsInput) *string { return in.UserName })),
		"TagUser":      op.Write(s.tagUser, taggedUser),
		"UntagUser":    op.Write(s.untagUser, untaggedUser),
		"UpdateUser":   op.Write(s.updateUser, renamedUser),
	}
	for name, row := range missing() {
		if _, ok := t[name]; !ok {
			t[name] = row
		}
	}
	return t
}

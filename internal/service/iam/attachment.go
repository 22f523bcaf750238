package iam

import (
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/op"
)

// Attached policies: the same three operations for users, groups and roles. What they do is in permissions.go; entities.go has who a policy is attached to.

func (s *Service) attachUserPolicy(c *op.Call, in *iamapi.AttachUserPolicyInput) (*iamapi.AttachUserPolicyOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.AttachUserPolicyOutput{}, ps.attach(c, *in.PolicyArn)
}

func (s *Service) detachUserPolicy(c *op.Call, in *iamapi.DetachUserPolicyInput) (*iamapi.DetachUserPolicyOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DetachUserPolicyOutput{}, ps.detach(c, *in.PolicyArn)
}

func (s *Service) listAttachedUserPolicies(c *op.Call, in *iamapi.ListAttachedUserPoliciesInput) (*iamapi.ListAttachedUserPoliciesOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListAttachedUserPoliciesOutput{AttachedPolicies: ps.attachedPolicies(c, p, in.PathPrefix)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) attachGroupPolicy(c *op.Call, in *iamapi.AttachGroupPolicyInput) (*iamapi.AttachGroupPolicyOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iamapi.AttachGroupPolicyOutput{}, ps.attach(c, *in.PolicyArn)
}

func (s *Service) detachGroupPolicy(c *op.Call, in *iamapi.DetachGroupPolicyInput) (*iamapi.DetachGroupPolicyOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DetachGroupPolicyOutput{}, ps.detach(c, *in.PolicyArn)
}

func (s *Service) listAttachedGroupPolicies(c *op.Call, in *iamapi.ListAttachedGroupPoliciesInput) (*iamapi.ListAttachedGroupPoliciesOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListAttachedGroupPoliciesOutput{AttachedPolicies: ps.attachedPolicies(c, p, in.PathPrefix)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) attachRolePolicy(c *op.Call, in *iamapi.AttachRolePolicyInput) (*iamapi.AttachRolePolicyOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iamapi.AttachRolePolicyOutput{}, ps.attach(c, *in.PolicyArn)
}

func (s *Service) detachRolePolicy(c *op.Call, in *iamapi.DetachRolePolicyInput) (*iamapi.DetachRolePolicyOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DetachRolePolicyOutput{}, ps.detach(c, *in.PolicyArn)
}

func (s *Service) listAttachedRolePolicies(c *op.Call, in *iamapi.ListAttachedRolePoliciesInput) (*iamapi.ListAttachedRolePoliciesOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListAttachedRolePoliciesOutput{AttachedPolicies: ps.attachedPolicies(c, p, in.PathPrefix)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

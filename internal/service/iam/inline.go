package iam

import (
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/op"
)

// Inline policies: the same four operations for users, groups and roles. What they do is in permissions.go.

func (s *Service) putUserPolicy(c *op.Call, in *iamapi.PutUserPolicyInput) (*iamapi.PutUserPolicyOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.PutUserPolicyOutput{}, ps.putInline(c, *in.PolicyName, *in.PolicyDocument)
}

func (s *Service) getUserPolicy(c *op.Call, in *iamapi.GetUserPolicyInput) (*iamapi.GetUserPolicyOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := ps.inline(*in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetUserPolicyOutput{UserName: new(ps.name), PolicyName: new(p.Name), PolicyDocument: showDocument(p.Document.Text)}, nil
}

func (s *Service) deleteUserPolicy(c *op.Call, in *iamapi.DeleteUserPolicyInput) (*iamapi.DeleteUserPolicyOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteUserPolicyOutput{}, ps.deleteInline(*in.PolicyName)
}

func (s *Service) listUserPolicies(c *op.Call, in *iamapi.ListUserPoliciesInput) (*iamapi.ListUserPoliciesOutput, error) {
	ps, err := userPermissions(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListUserPoliciesOutput{PolicyNames: ps.inlineNames(p)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) putGroupPolicy(c *op.Call, in *iamapi.PutGroupPolicyInput) (*iamapi.PutGroupPolicyOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iamapi.PutGroupPolicyOutput{}, ps.putInline(c, *in.PolicyName, *in.PolicyDocument)
}

func (s *Service) getGroupPolicy(c *op.Call, in *iamapi.GetGroupPolicyInput) (*iamapi.GetGroupPolicyOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := ps.inline(*in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetGroupPolicyOutput{GroupName: new(ps.name), PolicyName: new(p.Name), PolicyDocument: showDocument(p.Document.Text)}, nil
}

func (s *Service) deleteGroupPolicy(c *op.Call, in *iamapi.DeleteGroupPolicyInput) (*iamapi.DeleteGroupPolicyOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteGroupPolicyOutput{}, ps.deleteInline(*in.PolicyName)
}

func (s *Service) listGroupPolicies(c *op.Call, in *iamapi.ListGroupPoliciesInput) (*iamapi.ListGroupPoliciesOutput, error) {
	ps, err := groupPermissions(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListGroupPoliciesOutput{PolicyNames: ps.inlineNames(p)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) putRolePolicy(c *op.Call, in *iamapi.PutRolePolicyInput) (*iamapi.PutRolePolicyOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iamapi.PutRolePolicyOutput{}, ps.putInline(c, *in.PolicyName, *in.PolicyDocument)
}

func (s *Service) getRolePolicy(c *op.Call, in *iamapi.GetRolePolicyInput) (*iamapi.GetRolePolicyOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := ps.inline(*in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetRolePolicyOutput{RoleName: new(ps.name), PolicyName: new(p.Name), PolicyDocument: showDocument(p.Document.Text)}, nil
}

func (s *Service) deleteRolePolicy(c *op.Call, in *iamapi.DeleteRolePolicyInput) (*iamapi.DeleteRolePolicyOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteRolePolicyOutput{}, ps.deleteInline(*in.PolicyName)
}

func (s *Service) listRolePolicies(c *op.Call, in *iamapi.ListRolePoliciesInput) (*iamapi.ListRolePoliciesOutput, error) {
	ps, err := rolePermissions(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListRolePoliciesOutput{PolicyNames: ps.inlineNames(p)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

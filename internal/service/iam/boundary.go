package iam

import (
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// boundaryOf returns the permissions boundary that a call passes by ARN, "" if it passes none.
func boundaryOf(c *op.Call, name *string) (identity.PolicyRef, error) {
	if name == nil {
		return "", nil
	}
	parsed, err := parsePolicyARN(*name)
	if err != nil {
		return "", err
	}
	p, ok := c.Account.FindPolicy(parsed)
	if !ok {
		return "", fault.New(iamapi.CodeNoSuchEntity, "Scope ARN: %s does not exist or is not attachable.", *name)
	}
	return p.Ref(), nil
}

func (s *Service) putUserPermissionsBoundary(
	c *op.Call, in *iamapi.PutUserPermissionsBoundaryInput,
) (*iamapi.PutUserPermissionsBoundaryOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	bounded := *u
	if bounded.Boundary, err = boundaryOf(c, in.PermissionsBoundary); err != nil {
		return nil, err
	}
	c.Edit.PutUser(&bounded)
	return &iamapi.PutUserPermissionsBoundaryOutput{}, nil
}

// deleteUserPermissionsBoundary is content if there is none.
func (s *Service) deleteUserPermissionsBoundary(
	c *op.Call, in *iamapi.DeleteUserPermissionsBoundaryInput,
) (*iamapi.DeleteUserPermissionsBoundaryOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	unbounded := *u
	unbounded.Boundary = ""
	c.Edit.PutUser(&unbounded)
	return &iamapi.DeleteUserPermissionsBoundaryOutput{}, nil
}

func (s *Service) putRolePermissionsBoundary(
	c *op.Call, in *iamapi.PutRolePermissionsBoundaryInput,
) (*iamapi.PutRolePermissionsBoundaryOutput, error) {
	r, err := customerRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	bounded := *r
	if bounded.Boundary, err = boundaryOf(c, in.PermissionsBoundary); err != nil {
		return nil, err
	}
	c.Edit.PutRole(&bounded)
	return &iamapi.PutRolePermissionsBoundaryOutput{}, nil
}

// deleteRolePermissionsBoundary is content if there is none.
func (s *Service) deleteRolePermissionsBoundary(
	c *op.Call, in *iamapi.DeleteRolePermissionsBoundaryInput,
) (*iamapi.DeleteRolePermissionsBoundaryOutput, error) {
	r, err := customerRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	unbounded := *r
	unbounded.Boundary = ""
	c.Edit.PutRole(&unbounded)
	return &iamapi.DeleteRolePermissionsBoundaryOutput{}, nil
}

func showBoundary(c *op.Call, ref identity.PolicyRef) *iamapi.AttachedPermissionsBoundary {
	p, ok := c.Account.Policy(ref)
	if ref == "" || !ok {
		return nil
	}
	return &iamapi.AttachedPermissionsBoundary{
		// Not the one value that the model has: AWS answers with this.
		PermissionsBoundaryType: new("Policy"),
		PermissionsBoundaryArn:  new(c.Authority.Policy(p)),
	}
}

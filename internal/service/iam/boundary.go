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

func showBoundary(c *op.Call, ref identity.PolicyRef) *iamapi.AttachedPermissionsBoundary {
	p, ok := c.Account.Policy(ref)
	if ref == "" || !ok {
		return nil
	}
	return &iamapi.AttachedPermissionsBoundary{
		PermissionsBoundaryType: new(iamapi.PermissionsBoundaryAttachmentTypePermissionsBoundaryPolicy),
		PermissionsBoundaryArn:  new(c.Authority.Policy(p)),
	}
}

package iam

import (
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// role returns the role of that name in the state that the call works on.
func role(c *op.Call, name string) (*identity.Role, error) {
	r, ok := c.Account.Role(name)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The role with name %s cannot be found.", name)
	}
	return r, nil
}

// roleLastUsed is when and where a role was last used, an empty element if it never was (iam-api.md §5).
func roleLastUsed(c *op.Call, r *identity.Role) *iamapi.RoleLastUsed {
	use, ok := c.State.LastUse(c.Account.ID, identity.RoleUse, r.ID)
	if !ok {
		return new(iamapi.RoleLastUsed)
	}
	return &iamapi.RoleLastUsed{LastUsedDate: new(use.Time), Region: new(use.Region)}
}

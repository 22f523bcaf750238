package iam

import (
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// user returns the user of that name in the state that the call works on.
func user(c *op.Call, name string) (*identity.User, error) {
	u, ok := c.Account.User(name)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The user with name %s cannot be found.", name)
	}
	return u, nil
}

// userOrCaller returns the user of that name, or the one that calls if there is none (iam-api.md §1).
func userOrCaller(c *op.Call, name *string) (*identity.User, error) {
	if name != nil {
		return user(c, *name)
	}
	if c.Caller.User == nil || c.Caller.Session != nil && c.Caller.Session.Kind != identity.SessionToken {
		return nil, fault.New(fault.ValidationError, "Must specify userName when calling with non-User credentials")
	}
	u, ok := c.Account.UserByID(c.Caller.User.ID)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The user with name %s cannot be found.", c.Caller.User.Name)
	}
	return u, nil
}

func (s *Service) createUser(c *op.Call, in *iamapi.CreateUserInput) (*iamapi.CreateUserOutput, error) {
	if err := checkName("userName", *in.UserName); err != nil {
		return nil, err
	}
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(c, in.Tags)
	if err != nil {
		return nil, err
	}
	boundary, err := boundaryOf(c, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	if _, ok := c.Account.User(*in.UserName); ok {
		return nil, fault.New(iamapi.CodeEntityAlreadyExists, "User with name %s already exists.", *in.UserName)
	}
	if err := identity.CheckQuota("UsersPerAccount", c.Account.Counts().Users, c.Edit.Quotas().Users); err != nil {
		return nil, err
	}
	id, err := s.uniqueID("AIDA")
	if err != nil {
		return nil, err
	}
	u := &identity.User{ID: id, Name: *in.UserName, Path: path, Created: identity.Second(c.Time), Boundary: boundary, Tags: tags}
	c.Edit.PutUser(u)
	return &iamapi.CreateUserOutput{User: showUser(c, u, withTags|withBoundary)}, nil
}

func (s *Service) getUser(c *op.Call, in *iamapi.GetUserInput) (*iamapi.GetUserOutput, error) {
	if in.UserName == nil && isRoot(c) {
		// iam-api.md §5.
		root := &iamapi.User{UserId: new(c.Account.ID), Arn: new(c.Authority.Root()), Path: new("/"), CreateDate: new(c.Account.Created)}
		root.UserName = optional(c.Account.Alias)
		return &iamapi.GetUserOutput{User: root}, nil
	}
	u, err := userOrCaller(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetUserOutput{User: showUser(c, u, withTags|withBoundary)}, nil
}

func (s *Service) listUsers(c *op.Call, in *iamapi.ListUsersInput) (*iamapi.ListUsersOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListUsersOutput{Users: []iamapi.User{}}
	for u := range c.Account.UsersFrom(p.after) {
		if !hasPrefix(u.Path, in.PathPrefix) {
			continue
		}
		if !p.take(u.Name) {
			break
		}
		out.Users = append(out.Users, *showUser(c, u, 0))
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) updateUser(c *op.Call, in *iamapi.UpdateUserInput) (*iamapi.UpdateUserOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	renamed := *u
	if in.NewUserName != nil {
		if err := checkName("newUserName", *in.NewUserName); err != nil {
			return nil, err
		}
		if other, ok := c.Account.User(*in.NewUserName); ok && other.ID != u.ID {
			return nil, fault.New(iamapi.CodeEntityAlreadyExists, "User with name %s already exists.", *in.NewUserName)
		}
		renamed.Name = *in.NewUserName
	}
	if in.NewPath != nil {
		if renamed.Path, err = pathOf(in.NewPath); err != nil {
			return nil, err
		}
	}
	c.Edit.PutUser(&renamed)
	return &iamapi.UpdateUserOutput{}, nil
}

func (s *Service) deleteUser(c *op.Call, in *iamapi.DeleteUserInput) (*iamapi.DeleteUserOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	// Everything that hangs on the user must go first; the boundary does not block (iam-api.md §4).
	switch {
	case len(u.Attached) > 0:
		return nil, deleteConflict("must detach all policies first.")
	case len(u.Inline) > 0:
		return nil, deleteConflict("must delete policies first.")
	case len(u.Keys) > 0:
		return nil, deleteConflict("must delete access keys first.")
	case len(u.Groups) > 0:
		return nil, deleteConflict("must remove users from group first.")
	}
	c.Edit.DeleteUser(u)
	return &iamapi.DeleteUserOutput{}, nil
}

// show says which optional parts of an entity an answer has (iam-api.md §5).
type show uint8

const (
	withTags show = 1 << iota
	withBoundary
)

func showUser(c *op.Call, u *identity.User, parts show) *iamapi.User {
	out := &iamapi.User{
		Path: new(u.Path), UserName: new(u.Name), UserId: new(u.ID), Arn: new(c.Authority.User(u)), CreateDate: new(u.Created),
	}
	if parts&withTags != 0 {
		out.Tags = showTags(u.Tags)
	}
	if parts&withBoundary != 0 {
		out.PermissionsBoundary = showBoundary(c, u.Boundary)
	}
	return out
}

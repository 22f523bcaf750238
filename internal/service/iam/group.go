package iam

import (
	"slices"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// group returns the group of that name in the state that the call works on.
func group(c *op.Call, name string) (*identity.Group, error) {
	g, ok := c.Account.Group(name)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The group with name %s cannot be found.", name)
	}
	return g, nil
}

func groupExists(name string) error {
	return fault.New(iamapi.CodeEntityAlreadyExists, "Group with name %s already exists.", name)
}

func (s *Service) createGroup(c *op.Call, in *iamapi.CreateGroupInput) (*iamapi.CreateGroupOutput, error) {
	if err := checkName("groupName", *in.GroupName); err != nil {
		return nil, err
	}
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	if _, ok := c.Account.Group(*in.GroupName); ok {
		return nil, groupExists(*in.GroupName)
	}
	if err := identity.CheckQuota("GroupsPerAccount", c.Account.Counts().Groups, c.Edit.Quotas().Groups); err != nil {
		return nil, err
	}
	id, err := s.uniqueID("AGPA")
	if err != nil {
		return nil, err
	}
	g := &identity.Group{ID: id, Name: *in.GroupName, Path: path, Created: identity.Second(c.Time)}
	c.Edit.PutGroup(g)
	return &iamapi.CreateGroupOutput{Group: showGroup(c, g)}, nil
}

func (s *Service) getGroup(c *op.Call, in *iamapi.GetGroupInput) (*iamapi.GetGroupOutput, error) {
	g, err := group(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.GetGroupOutput{Group: showGroup(c, g), Users: []iamapi.User{}}
	for _, u := range paged(p, c.Account.Members(g), func(u *identity.User) string { return u.Name }) {
		out.Users = append(out.Users, *showUser(c, u, 0))
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) listGroups(c *op.Call, in *iamapi.ListGroupsInput) (*iamapi.ListGroupsOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListGroupsOutput{Groups: []iamapi.Group{}}
	for g := range c.Account.Groups(p.after) {
		if !hasPrefix(g.Path, in.PathPrefix) {
			continue
		}
		if !p.take(g.Name) {
			break
		}
		out.Groups = append(out.Groups, *showGroup(c, g))
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) updateGroup(c *op.Call, in *iamapi.UpdateGroupInput) (*iamapi.UpdateGroupOutput, error) {
	g, err := group(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	renamed := *g
	if in.NewGroupName != nil {
		if err := checkName("newGroupName", *in.NewGroupName); err != nil {
			return nil, err
		}
		if other, ok := c.Account.Group(*in.NewGroupName); ok && other.ID != g.ID {
			return nil, groupExists(*in.NewGroupName)
		}
		renamed.Name = *in.NewGroupName
	}
	if in.NewPath != nil {
		if renamed.Path, err = pathOf(in.NewPath); err != nil {
			return nil, err
		}
	}
	c.Edit.PutGroup(&renamed)
	return &iamapi.UpdateGroupOutput{}, nil
}

func (s *Service) deleteGroup(c *op.Call, in *iamapi.DeleteGroupInput) (*iamapi.DeleteGroupOutput, error) {
	g, err := group(c, *in.GroupName)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Account.HasMembers(g):
		return nil, deleteConflict("must remove users from group first.")
	case len(g.Attached) > 0:
		return nil, deleteConflict("must detach all policies first.")
	case len(g.Inline) > 0:
		return nil, deleteConflict("must delete policies first.")
	}
	c.Edit.DeleteGroup(g)
	return &iamapi.DeleteGroupOutput{}, nil
}

func (s *Service) addUserToGroup(c *op.Call, in *iamapi.AddUserToGroupInput) (*iamapi.AddUserToGroupOutput, error) {
	u, g, err := userAndGroup(c, *in.UserName, *in.GroupName)
	if err != nil {
		return nil, err
	}
	if slices.Contains(u.Groups, g.ID) {
		return &iamapi.AddUserToGroupOutput{}, nil
	}
	if err := identity.CheckQuota("GroupsPerUser", len(u.Groups), c.Edit.Quotas().GroupsPerUser); err != nil {
		return nil, err
	}
	member := *u
	member.Groups = append(slices.Clone(u.Groups), g.ID)
	c.Edit.PutUser(&member)
	return &iamapi.AddUserToGroupOutput{}, nil
}

// removeUserFromGroup is content if the user was not in the group, as AWS is.
func (s *Service) removeUserFromGroup(c *op.Call, in *iamapi.RemoveUserFromGroupInput) (*iamapi.RemoveUserFromGroupOutput, error) {
	u, g, err := userAndGroup(c, *in.UserName, *in.GroupName)
	if err != nil {
		return nil, err
	}
	if i := slices.Index(u.Groups, g.ID); i >= 0 {
		removed := *u
		removed.Groups = slices.Delete(slices.Clone(u.Groups), i, i+1)
		c.Edit.PutUser(&removed)
	}
	return &iamapi.RemoveUserFromGroupOutput{}, nil
}

// userAndGroup finds both. If neither exists AWS speaks of the user.
func userAndGroup(c *op.Call, userName, groupName string) (*identity.User, *identity.Group, error) {
	u, err := user(c, userName)
	if err != nil {
		return nil, nil, err
	}
	g, err := group(c, groupName)
	return u, g, err
}

func (s *Service) listGroupsForUser(c *op.Call, in *iamapi.ListGroupsForUserInput) (*iamapi.ListGroupsForUserOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	groups := c.Account.GroupsOf(u)
	sortByName(groups, groupName)
	out := &iamapi.ListGroupsForUserOutput{Groups: []iamapi.Group{}}
	for _, g := range paged(p, groups, groupName) {
		out.Groups = append(out.Groups, *showGroup(c, g))
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func groupName(g *identity.Group) string { return g.Name }

func showGroup(c *op.Call, g *identity.Group) *iamapi.Group {
	return &iamapi.Group{
		Path: new(g.Path), GroupName: new(g.Name), GroupId: new(g.ID), Arn: new(c.Authority.Group(g)), CreateDate: new(g.Created),
	}
}

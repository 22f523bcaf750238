package identity

// The functions here keep the indexes of an account that is being built or edited. Each entity is in them by name and by id; access keys,
// memberships and the use of policies follow from the entities.

func (a *Account) putInfo(i Info) {
	for _, k := range a.RootKeys {
		a.keys.Delete(k.ID)
	}
	a.Info = i
	for _, k := range i.RootKeys {
		a.keys.Set(k.ID, i.ID)
	}
}

func (a *Account) putUser(u *User) {
	a.removeUser(u.ID)
	a.users.Set(folded(u.Name), u)
	a.userIDs.Set(u.ID, u)
	for _, k := range u.Keys {
		a.keys.Set(k.ID, u.ID)
	}
	for _, g := range u.Groups {
		a.members.Set(g+"/"+u.ID, u)
	}
	a.use(u.Attached, u.Boundary, 1)
}

func (a *Account) removeUser(id string) {
	u, ok := a.userIDs.Delete(id)
	if !ok {
		return
	}
	a.users.Delete(folded(u.Name))
	for _, k := range u.Keys {
		a.keys.Delete(k.ID)
	}
	for _, g := range u.Groups {
		a.members.Delete(g + "/" + u.ID)
	}
	a.use(u.Attached, u.Boundary, -1)
}

func (a *Account) putGroup(g *Group) {
	a.removeGroup(g.ID)
	a.groups.Set(folded(g.Name), g)
	a.groupIDs.Set(g.ID, g)
	a.use(g.Attached, "", 1)
}

func (a *Account) removeGroup(id string) {
	if g, ok := a.groupIDs.Delete(id); ok {
		a.groups.Delete(folded(g.Name))
		a.use(g.Attached, "", -1)
	}
}

func (a *Account) putRole(r *Role) {
	a.removeRole(r.ID)
	a.roles.Set(folded(r.Name), r)
	a.roleIDs.Set(r.ID, r)
	a.use(r.Attached, r.Boundary, 1)
}

func (a *Account) removeRole(id string) {
	if r, ok := a.roleIDs.Delete(id); ok {
		a.roles.Delete(folded(r.Name))
		a.use(r.Attached, r.Boundary, -1)
	}
}

func (a *Account) putPolicy(p *ManagedPolicy) {
	a.removePolicy(p.ID)
	a.policies.Set(folded(p.Name), p)
	a.policyIDs.Set(p.ID, p)
}

func (a *Account) removePolicy(id string) {
	if p, ok := a.policyIDs.Delete(id); ok {
		a.policies.Delete(folded(p.Name))
	}
}

// use adds n to the usage of the policies that an entity has.
func (a *Account) use(attached []PolicyRef, boundary PolicyRef, n int) {
	add := func(ref PolicyRef, attachments, boundaries int) {
		u, _ := a.usage.Get(ref)
		u.Attachments += attachments
		u.Boundaries += boundaries
		if u == (Usage{}) {
			a.usage.Delete(ref)
			return
		}
		a.usage.Set(ref, u)
	}
	for _, ref := range attached {
		add(ref, n, 0)
	}
	if boundary != "" {
		add(boundary, 0, n)
	}
}

package identity

import (
	"iter"
	"slices"
	"time"

	"github.com/tidwall/btree"

	"github.com/writ-iam/writ/internal/store"
)

// Info is what an account itself is, beside what it holds.
type Info struct {
	ID      string // 12 digits
	Name    string
	Email   string
	Created time.Time
	// Alias is the account's alias; empty if it has none.
	Alias string
	// DataKey seals the account's secrets and is itself sealed under the master key (package credential).
	DataKey []byte
	// RootKeys are the root user's access keys, RootPassword its password as package credential keeps it; empty if there are none.
	RootKeys     []AccessKey
	RootPassword string
}

// Account is an account at one moment: an immutable snapshot.
type Account struct {
	Info
	// Version counts the commits that made the account what it is.
	Version store.Version

	managed *Managed

	// By folded name, so that listings are in the order of names.
	users    btree.Map[string, *User]
	groups   btree.Map[string, *Group]
	roles    btree.Map[string, *Role]
	policies btree.Map[string, *ManagedPolicy]
	// By unique id.
	userIDs   btree.Map[string, *User]
	groupIDs  btree.Map[string, *Group]
	roleIDs   btree.Map[string, *Role]
	policyIDs btree.Map[string, *ManagedPolicy]
	// keys has the owner of each access key by its id: a user's id, or the account's for the root user.
	keys btree.Map[string, string]
	// members has the pairs of group and user ids, joined by a slash.
	members btree.Map[string, *User]
	usage   btree.Map[PolicyRef, Usage]
}

// clone returns a copy that can be changed without touching a. The maps share their nodes until one of them is written to.
func (a *Account) clone() *Account {
	return &Account{
		Info: a.Info, Version: a.Version, managed: a.managed,
		users: *a.users.Copy(), groups: *a.groups.Copy(), roles: *a.roles.Copy(), policies: *a.policies.Copy(),
		userIDs: *a.userIDs.Copy(), groupIDs: *a.groupIDs.Copy(), roleIDs: *a.roleIDs.Copy(), policyIDs: *a.policyIDs.Copy(),
		keys: *a.keys.Copy(), members: *a.members.Copy(), usage: *a.usage.Copy(),
	}
}

// User returns the user of that name, in any case (limits.md §3).
func (a *Account) User(name string) (*User, bool) { return a.users.Get(folded(name)) }

// Group returns the group of that name, in any case.
func (a *Account) Group(name string) (*Group, bool) { return a.groups.Get(folded(name)) }

// Role returns the role of that name, in any case.
func (a *Account) Role(name string) (*Role, bool) { return a.roles.Get(folded(name)) }

// CustomerPolicy returns the account's own managed policy of that name, in any case.
func (a *Account) CustomerPolicy(name string) (*ManagedPolicy, bool) {
	return a.policies.Get(folded(name))
}

// UserByID returns the user with that unique id.
func (a *Account) UserByID(id string) (*User, bool) { return a.userIDs.Get(id) }

// GroupByID returns the group with that unique id.
func (a *Account) GroupByID(id string) (*Group, bool) { return a.groupIDs.Get(id) }

// RoleByID returns the role with that unique id.
func (a *Account) RoleByID(id string) (*Role, bool) { return a.roleIDs.Get(id) }

// Policy returns the managed policy that a reference names.
func (a *Account) Policy(ref PolicyRef) (*ManagedPolicy, bool) {
	if ref.AWS() {
		return a.managed.find(ref)
	}
	return a.policyIDs.Get(string(ref))
}

// Key returns an access key by its id with the user that has it; the user is nil if it is the root user's.
func (a *Account) Key(id string) (key AccessKey, owner *User, ok bool) {
	ownerID, ok := a.keys.Get(id)
	if !ok {
		return AccessKey{}, nil, false
	}
	if ownerID == a.ID {
		key, ok = findKey(a.RootKeys, id)
		return key, nil, ok
	}
	if owner, ok = a.userIDs.Get(ownerID); ok {
		key, ok = owner.Key(id)
	}
	return key, owner, ok
}

// Users yields the users in the order of their names.
func (a *Account) Users() iter.Seq[*User] { return values(&a.users, "") }

// UsersFrom yields the users whose names come after that one.
func (a *Account) UsersFrom(name string) iter.Seq[*User] { return values(&a.users, name) }

// Groups yields the groups in the order of their names, those after a name.
func (a *Account) Groups(after string) iter.Seq[*Group] { return values(&a.groups, after) }

// Roles yields the roles in the order of their names, those after a name.
func (a *Account) Roles(after string) iter.Seq[*Role] { return values(&a.roles, after) }

// CustomerPolicies yields the account's own managed policies in the order of their names, those after a name.
func (a *Account) CustomerPolicies(after string) iter.Seq[*ManagedPolicy] {
	return values(&a.policies, after)
}

// AWSPolicies yields AWS's managed policies in the order of their names, those after a name.
func (a *Account) AWSPolicies(after string) iter.Seq[*ManagedPolicy] { return a.managed.after(after) }

func values[T any](m *btree.Map[string, T], after string) iter.Seq[T] {
	after = folded(after)
	return func(yield func(T) bool) {
		m.Ascend(after, func(key string, v T) bool {
			return key == after || yield(v)
		})
	}
}

// GroupsOf returns the groups of a user in the order in which it joined them.
func (a *Account) GroupsOf(u *User) []*Group {
	groups := make([]*Group, 0, len(u.Groups))
	for _, id := range u.Groups {
		if g, ok := a.groupIDs.Get(id); ok {
			groups = append(groups, g)
		}
	}
	return groups
}

// Members returns the users of a group in the order of their names.
func (a *Account) Members(g *Group) []*User {
	var users []*User
	prefix := g.ID + "/"
	a.members.Ascend(prefix, func(key string, u *User) bool {
		if len(key) < len(prefix) || key[:len(prefix)] != prefix {
			return false
		}
		users = append(users, u)
		return true
	})
	slices.SortFunc(users, func(x, y *User) int { return compareFolded(x.Name, y.Name) })
	return users
}

// HasMembers reports whether a group has users.
func (a *Account) HasMembers(g *Group) bool {
	has := false
	a.members.Ascend(g.ID+"/", func(key string, _ *User) bool {
		has = len(key) > len(g.ID) && key[:len(g.ID)+1] == g.ID+"/"
		return false
	})
	return has
}

// Usage returns how often a managed policy is used in the account.
func (a *Account) Usage(ref PolicyRef) Usage {
	u, _ := a.usage.Get(ref)
	return u
}

// Counts is how many of each there are in an account.
type Counts struct {
	Users, Groups, Roles, Policies, PolicyVersions int
}

// Counts returns how many users, groups, roles and customer managed policies with how many versions there are.
func (a *Account) Counts() Counts {
	c := Counts{Users: a.users.Len(), Groups: a.groups.Len(), Roles: a.roles.Len(), Policies: a.policies.Len()}
	a.policies.Scan(func(_ string, p *ManagedPolicy) bool {
		c.PolicyVersions += len(p.Versions)
		return true
	})
	return c
}

func compareFolded(x, y string) int {
	if x, y := folded(x), folded(y); x < y {
		return -1
	} else if x > y {
		return 1
	}
	return 0
}

package identity

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/writ-iam/writ/internal/store"
)

// The kinds of records in an account's scope. A record's name is the entity's unique id, so that renaming changes one record.
const (
	accountKind = "account"
	userKind    = "user"
	groupKind   = "group"
	roleKind    = "role"
	policyKind  = "policy"
)

// Edit is a change of an account in the making. What it puts and deletes is seen at once in Account, and by others when it is committed.
type Edit struct {
	account  *Account
	quotas   Quotas
	put      map[store.Key]any // the record's value, or nil where it is deleted
	claims   []claim
	releases []store.Claim
	events   [][]byte
}

// claim is a name to be claimed, and what Update returns if another scope has it.
type claim struct {
	name  store.Claim
	taken error
}

func newEdit(a *Account, q Quotas) *Edit {
	return &Edit{account: a.clone(), quotas: q, put: make(map[store.Key]any)}
}

// Account returns the account with the changes made so far. The next change may make another.
func (e *Edit) Account() *Account { return e.account }

// Quotas returns what the account may hold.
func (e *Edit) Quotas() Quotas { return e.quotas }

// Record adds an event of the trail to the commit: it becomes durable with the change or not at all.
func (e *Edit) Record(event []byte) { e.events = append(e.events, event) }

// Claim claims a name that must be unique over all accounts; if another holds it Update returns taken.
func (e *Edit) Claim(name store.Claim, taken error) { e.claims = append(e.claims, claim{name, taken}) }

// Release gives a claimed name back.
func (e *Edit) Release(name store.Claim) { e.releases = append(e.releases, name) }

// PutUser adds a user or puts it in place of the one with its id.
func (e *Edit) PutUser(u *User) {
	e.put[store.Key{Kind: userKind, Name: u.ID}] = u
	e.account.putUser(u)
}

// DeleteUser takes a user out.
func (e *Edit) DeleteUser(u *User) {
	e.put[store.Key{Kind: userKind, Name: u.ID}] = nil
	e.account.removeUser(u.ID)
}

// PutGroup adds a group or puts it in place of the one with its id.
func (e *Edit) PutGroup(g *Group) {
	e.put[store.Key{Kind: groupKind, Name: g.ID}] = g
	e.account.putGroup(g)
}

// DeleteGroup takes a group out. No user may be in it.
func (e *Edit) DeleteGroup(g *Group) {
	e.put[store.Key{Kind: groupKind, Name: g.ID}] = nil
	e.account.removeGroup(g.ID)
}

// PutRole adds a role or puts it in place of the one with its id.
func (e *Edit) PutRole(r *Role) {
	e.put[store.Key{Kind: roleKind, Name: r.ID}] = r
	e.account.putRole(r)
}

// DeleteRole takes a role out.
func (e *Edit) DeleteRole(r *Role) {
	e.put[store.Key{Kind: roleKind, Name: r.ID}] = nil
	e.account.removeRole(r.ID)
}

// PutPolicy adds a customer managed policy or puts it in place of the one with its id.
func (e *Edit) PutPolicy(p *ManagedPolicy) {
	e.put[store.Key{Kind: policyKind, Name: p.ID}] = p
	e.account.putPolicy(p)
}

// DeletePolicy takes a customer managed policy out. It may not be attached to anything.
func (e *Edit) DeletePolicy(p *ManagedPolicy) {
	e.put[store.Key{Kind: policyKind, Name: p.ID}] = nil
	e.account.removePolicy(p.ID)
}

// PutInfo changes what the account itself is.
func (e *Edit) PutInfo(i Info) {
	e.put[store.Key{Kind: accountKind}] = &i
	e.account.putInfo(i)
}

func (e *Edit) empty() bool {
	return len(e.put) == 0 && len(e.claims) == 0 && len(e.releases) == 0 && len(e.events) == 0
}

// names reports whether e claims or gives back any name.
func (e *Edit) names() bool { return len(e.claims) > 0 || len(e.releases) > 0 }

// taken returns what Update is to return if a name that e claims belongs to another.
func (e *Edit) taken() error {
	if len(e.claims) == 0 {
		return store.ErrTaken
	}
	return e.claims[0].taken
}

// absorb takes the changes of a later edit, made on e's account, into e.
func (e *Edit) absorb(later *Edit) {
	for key, value := range later.put {
		e.put[key] = value
	}
	e.account = later.account
	e.claims = append(e.claims, later.claims...)
	e.releases = append(e.releases, later.releases...)
	e.events = append(e.events, later.events...)
}

// batch returns what is to be written.
func (e *Edit) batch(scope store.Scope) (store.Batch, error) {
	b := store.Batch{Scope: scope, Base: e.account.Version, Release: e.releases, Events: e.events}
	for _, c := range e.claims {
		b.Claim = append(b.Claim, c.name)
	}
	for key, value := range e.put {
		if value == nil {
			b.Delete = append(b.Delete, key)
			continue
		}
		doc, err := json.Marshal(value)
		if err != nil {
			return store.Batch{}, fmt.Errorf("identity: %s %s: %w", key.Kind, key.Name, err)
		}
		b.Put = append(b.Put, store.Record{Kind: key.Kind, Name: key.Name, Doc: doc})
	}
	// In a fixed order, so that the same edit is the same bytes.
	slices.SortFunc(b.Put, func(x, y store.Record) int {
		return compareKeys(store.Key{Kind: x.Kind, Name: x.Name}, store.Key{Kind: y.Kind, Name: y.Name})
	})
	slices.SortFunc(b.Delete, compareKeys)
	return b, nil
}

func compareKeys(x, y store.Key) int {
	switch {
	case x.Kind != y.Kind && x.Kind < y.Kind, x.Kind == y.Kind && x.Name < y.Name:
		return -1
	case x == y:
		return 0
	}
	return 1
}

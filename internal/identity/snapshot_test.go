package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/btree"
	"pgregory.net/rapid"

	"github.com/writ-iam/writ/internal/store/memory"
)

// dump writes down all that an account says, its indexes too.
func dump(a *Account) string {
	var b strings.Builder
	line := func(key string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "%s %s\n", key, text)
	}
	line("info", a.Info)
	dumpMap(&a.users, "user", line)
	dumpMap(&a.userIDs, "user id", line)
	dumpMap(&a.groups, "group", line)
	dumpMap(&a.groupIDs, "group id", line)
	dumpMap(&a.roles, "role", line)
	dumpMap(&a.roleIDs, "role id", line)
	dumpMap(&a.policies, "policy", line)
	dumpMap(&a.policyIDs, "policy id", line)
	dumpMap(&a.keys, "key", line)
	dumpMap(&a.members, "member", line)
	a.usage.Scan(func(ref PolicyRef, u Usage) bool { line("usage "+string(ref), u); return true })
	return b.String()
}

func dumpMap[T any](m *btree.Map[string, T], what string, line func(string, any)) {
	m.Scan(func(key string, v T) bool { line(what+" "+key, v); return true })
}

// TestRandomChanges makes random edits, some of which are refused half way. What is in memory is always what a state that is opened anew has, all indexes
// included, and a snapshot that somebody holds says to the end what it said when it was taken.
func TestRandomChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := memory.New()
		st := twoAccounts(t, s)
		type held struct {
			account *Account
			said    string
		}
		var snapshots []held
		for range rapid.IntRange(1, 25).Draw(rt, "commits") {
			refused := errors.New("refused")
			refuse := rapid.IntRange(0, 4).Draw(rt, "refuse") == 0
			before := mustAccount(t, st)
			snapshots = append(snapshots, held{before, dump(before)})
			err := st.Update(t.Context(), ours, func(e *Edit) error {
				for range rapid.IntRange(0, 5).Draw(rt, "edits") {
					randomEdit(rt, e)
				}
				if refuse {
					return refused
				}
				return nil
			})
			if refuse != errors.Is(err, refused) || !refuse && err != nil {
				rt.Fatalf("Update: %v", err)
			}
			if after := mustAccount(t, st); refuse && after != before {
				rt.Fatal("a change that was refused left something behind")
			}
		}
		now := mustAccount(t, st)
		stored := mustAccount(t, openState(t, s))
		if got, want := dump(now), dump(stored); got != want || now.Version != stored.Version {
			rt.Fatalf("in memory, at %d:\n%s\nin the store, at %d:\n%s", now.Version, got, stored.Version, want)
		}
		for i, h := range snapshots {
			if got := dump(h.account); got != h.said {
				rt.Fatalf("snapshot %d said\n%s\nand says\n%s", i, h.said, got)
			}
		}
	})
}

// randomEdit does one thing of those that operations do, with few names, so that it meets what others did.
func randomEdit(rt *rapid.T, e *Edit) {
	n := func(what string, most int) int { return rapid.IntRange(0, most).Draw(rt, what) }
	refs := func() (all []PolicyRef) {
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 3, rapid.ID[int]).Draw(rt, "attached") {
			all = append(all, []PolicyRef{"ANPA0", "ANPA1", "policy/ReadOnlyAccess", "policy/job-function/Billing"}[i])
		}
		return all
	}
	boundary := []PolicyRef{"", "", "ANPA0", "policy/ReadOnlyAccess"}[n("boundary", 3)]
	// A name may wander to another id, in any case, once it is free.
	id, name := fmt.Sprint(n("id", 5)), []string{"a", "B", "c", "D"}[n("name", 3)]
	if rapid.Bool().Draw(rt, "case") {
		name = strings.ToLower(name)
	}
	a := e.Account()
	switch n("edit", 8) {
	case 0, 1, 2:
		if other, ok := a.User(name); ok && other.ID != "AIDA"+id {
			return
		}
		u := &User{ID: "AIDA" + id, Name: name, Path: "/", Created: begun, Boundary: boundary, Attached: refs(), Tags: []Tag{{Key: "k", Value: rapid.String().Draw(rt, "tag")}}}
		for _, g := range rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 3, rapid.ID[int]).Draw(rt, "groups") {
			u.Groups = append(u.Groups, fmt.Sprint("AGPA", g))
		}
		for k := range n("keys", 2) {
			u.Keys = append(u.Keys, AccessKey{ID: fmt.Sprint("AKIA", id, n("key", 1), k), Active: rapid.Bool().Draw(rt, "active"), Secret: []byte{0, 1, 255}})
		}
		e.PutUser(u)
	case 3:
		if u, ok := a.User(name); ok {
			e.DeleteUser(u)
		}
	case 4:
		if other, ok := a.Group(name); ok && other.ID != "AGPA"+id {
			return
		}
		e.PutGroup(&Group{ID: "AGPA" + id, Name: name, Path: "/p/", Attached: refs(), Inline: InlinePolicies{{Name: "in", Document: NewDocument(`{"Statement":[]}`)}}})
	case 5:
		if g, ok := a.Group(name); ok && !a.HasMembers(g) {
			e.DeleteGroup(g)
		}
	case 6:
		if other, ok := a.Role(name); ok && other.ID != "AROA"+id {
			return
		}
		e.PutRole(&Role{ID: "AROA" + id, Name: name, Path: "/", Trust: NewDocument(`{}`), Boundary: boundary, Attached: refs(), MaxSession: 3600})
	case 7:
		if r, ok := a.Role(name); ok {
			e.DeleteRole(r)
		}
		if p, ok := a.CustomerPolicy(name); ok && a.Usage(p.Ref()) == (Usage{}) {
			e.DeletePolicy(p)
		} else if !ok {
			e.PutPolicy(&ManagedPolicy{ID: "ANPA-" + name, Name: name, Default: 1, Next: 2, Versions: []PolicyVersion{{Number: 1, Document: NewDocument("<&>")}}})
		}
	case 8:
		i := a.Info
		i.RootKeys = nil
		for k := range n("root keys", 2) {
			i.RootKeys = append(i.RootKeys, AccessKey{ID: fmt.Sprint("AKIAROOT", n("key", 1), k)})
		}
		e.PutInfo(i)
	}
}

// TestReadersAreNotDisturbed reads everything while it is changed, for the race detector, and for what a reader sees together: who is in a group's list of
// members is a user, and every key has its owner.
func TestReadersAreNotDisturbed(t *testing.T) {
	st := twoAccounts(t, memory.New())
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, _ := st.Account(ours)
				count := 0
				for u := range a.Users() {
					count++
					for _, k := range u.Keys {
						if _, owner, ok := a.Key(k.ID); !ok || owner != u {
							t.Errorf("key %s of %s belongs to %v", k.ID, u.Name, owner)
						}
					}
				}
				if n := a.Counts().Users; n != count {
					t.Errorf("%d users, and there are %d", n, count)
				}
				for g := range a.Groups("") {
					for _, u := range a.Members(g) {
						if now, ok := a.UserByID(u.ID); !ok || now != u {
							t.Errorf("%s is a member and no user", u.Name)
						}
					}
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := range 60 {
				name := fmt.Sprintf("w%d-%d", w, i%5)
				err := st.Update(t.Context(), ours, func(e *Edit) error {
					if u, ok := e.Account().User(name); ok && i%3 == 0 {
						e.DeleteUser(u)
						return nil
					}
					group := fmt.Sprint("AGPA", i%4)
					e.PutGroup(&Group{ID: group, Name: group})
					e.PutUser(&User{ID: name, Name: name, Groups: []string{group}, Keys: []AccessKey{{ID: fmt.Sprint("AKIA", name, i)}}})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}

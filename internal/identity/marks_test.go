package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
)

func TestLastUses(t *testing.T) {
	b := &between{Store: memory.New()}
	st := twoAccounts(t, b)
	role := func(e *Edit) error { e.PutRole(&Role{ID: "AROA1", Name: "r"}); return nil }
	for account, change := range map[string]func(*Edit) error{ours: addUser("a"), theirs: addUser("a")} {
		if err := errors.Join(st.Update(t.Context(), account, change), st.Update(t.Context(), account, role)); err != nil {
			t.Fatal(err)
		}
	}
	at := begun.Add(500 * time.Millisecond)
	use := func(after time.Duration, service string) Use {
		return Use{Time: at.Add(after), Region: "eu-west-1", Service: service}
	}
	last := func(st *State, account, kind, name string) string {
		u, ok := st.LastUse(account, kind, name)
		if !ok {
			return "never"
		}
		return fmt.Sprint(u.Time.Sub(begun), " ", u.Region, " ", u.Service)
	}
	for _, tt := range []struct {
		claim string
		use   Use
		want  string
	}{
		{"the first use, in whole seconds", use(0, "iam"), "0s eu-west-1 iam"},
		{"a use in the same window does not count", use(useWindow-time.Second, "sts"), "0s eu-west-1 iam"},
		{"a use in the next counts", use(useWindow, "sts"), "15m0s eu-west-1 sts"},
		{"one that was before does not", use(-time.Hour, "s3"), "15m0s eu-west-1 sts"},
	} {
		st.Touch(ours, KeyUse, "AKIAa", tt.use)
		if got := last(st, ours, KeyUse, "AKIAa"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.claim, got, tt.want)
		}
	}
	for _, other := range [][3]string{{theirs, KeyUse, "AKIAa"}, {ours, RoleUse, "AKIAa"}, {ours, KeyUse, "AKIAb"}} {
		if got := last(st, other[0], other[1], other[2]); got != "never" {
			t.Errorf("%v: %s", other, got)
		}
	}
	st.Touch(ours, RoleUse, "AROA1", use(0, "sts"))

	// What could not be saved is saved the next time, and nothing is saved twice.
	saves := 0
	full := errors.New("no room")
	b.touch = func() error { saves++; return full }
	if err := st.Flush(t.Context()); !errors.Is(err, full) {
		t.Errorf("Flush: %v", err)
	}
	b.touch = func() error { saves++; return nil }
	for range 2 {
		if err := st.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if saves != 2 {
		t.Errorf("marks were saved %d times, want 2", saves)
	}
	again := openState(t, b.Store)
	if got := last(again, ours, KeyUse, "AKIAa") + ", " + last(again, ours, RoleUse, "AROA1"); got != "15m0s eu-west-1 sts, 0s eu-west-1 sts" {
		t.Errorf("after reopening: %s", got)
	}
	again.Touch(ours, KeyUse, "AKIAa", use(useWindow+time.Minute, "s3"))
	if got := last(again, ours, KeyUse, "AKIAa"); got != "15m0s eu-west-1 sts" {
		t.Errorf("after reopening, in the same window: %s", got)
	}

	// Of what is gone nothing stays in memory: neither here nor where it is loaded.
	err := st.Update(t.Context(), ours, func(e *Edit) error {
		u, _ := e.Account().User("a")
		e.DeleteUser(u)
		r, _ := e.Account().Role("r")
		e.DeleteRole(r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	st.Touch(ours, KeyUse, "AKIAa", use(time.Hour, "iam")) // a request that was under way
	st.Touch("333333333333", KeyUse, "AKIAa", use(time.Hour, "iam"))
	if err := st.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if n, m := len(st.marks.last), len(openState(t, b.Store).marks.last); saves != 2 || n != 0 || m != 0 {
		t.Errorf("%d marks of what is gone, %d after reopening; saved %d times", n, m, saves)
	}
	if _, err := Open(t.Context(), unreadable{b.Store, full}, DefaultQuotas()); !errors.Is(err, full) {
		t.Errorf("marks that cannot be read: %v", err)
	}
}

// unreadable is a store whose marks cannot be read.
type unreadable struct {
	store.Store
	err error
}

func (u unreadable) Marks(context.Context, store.Scope, func(store.LastUsed) error) error {
	return u.err
}

func TestUsesOfManyAtOnce(t *testing.T) {
	st := twoAccounts(t, memory.New())
	if err := st.Update(t.Context(), ours, addUser("a")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 200 {
				st.Touch(ours, KeyUse, "AKIAa", Use{Time: begun.Add(time.Duration(n) * useWindow), Service: fmt.Sprint(i)})
				_, _ = st.LastUse(ours, KeyUse, "AKIAa")
				if n%50 == 0 {
					if err := st.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	if u, _ := st.LastUse(ours, KeyUse, "AKIAa"); !u.Time.Equal(begun.Add(199 * useWindow)) {
		t.Errorf("last used %v", u.Time)
	}
}

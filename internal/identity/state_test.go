package identity_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
)

// watched is a store whose commits are counted, held up, and made to fail.
type watched struct {
	store.Store
	commits atomic.Int64
	// before is called ahead of each commit; its error is the commit's. nil does nothing.
	before func(n int64) error
}

func (w *watched) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	n := w.commits.Add(1)
	if w.before != nil {
		if err := w.before(n); err != nil {
			return store.Pos{}, err
		}
	}
	return w.Store.Commit(ctx, request, batches...)
}

const account = "111122223333"

// openState opens a state with one account.
func openState(t *testing.T, s store.Store) *identity.State {
	t.Helper()
	st, err := identity.Open(t.Context(), s, identity.DefaultQuotas())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := st.Account(account); ok {
		return st
	}
	if err := st.Create(t.Context(), identity.Info{ID: account}, func(*identity.Edit) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return st
}

// putUser is a change that adds a user, and refuses one that is there.
func putUser(name string) func(*identity.Edit) error {
	return func(e *identity.Edit) error {
		if _, ok := e.Account().User(name); ok {
			return errors.New("there is one")
		}
		e.PutUser(&identity.User{ID: "AIDA" + strings.ToUpper(name), Name: name, Path: "/"})
		e.Record([]byte(`{"user":"` + name + `"}`))
		return nil
	}
}

func names(a *identity.Account) []string {
	var all []string
	for u := range a.Users() {
		all = append(all, u.Name)
	}
	return all
}

// TestChangesThatWaitAreCommittedTogether makes many changes at once: each is durable when Update returns, all are there after a restart, and there were far fewer
// commits than changes.
func TestChangesThatWaitAreCommittedTogether(t *testing.T) {
	w := &watched{Store: memory.New(), before: func(int64) error { time.Sleep(time.Millisecond); return nil }}
	st := openState(t, w)
	var wait sync.WaitGroup
	const writers, each = 32, 20
	for g := range writers {
		wait.Go(func() {
			for i := range each {
				name := fmt.Sprintf("u%d-%d", g, i)
				if err := st.Update(t.Context(), account, putUser(name)); err != nil {
					t.Error(err)
				}
				if a, _ := st.Account(account); a == nil {
					t.Error("no account")
				} else if _, ok := a.User(name); !ok {
					t.Errorf("%s was acknowledged and is not there", name)
				}
			}
		})
	}
	wait.Wait()
	a, _ := st.Account(account)
	again, _ := openState(t, w.Store).Account(account)
	if n := a.Counts().Users; n != writers*each || !reflect.DeepEqual(names(a), names(again)) || a.Version != again.Version {
		t.Errorf("%d users at version %d, after a restart %d at %d", n, a.Version, again.Counts().Users, again.Version)
	}
	if n := w.commits.Load(); n > writers*each/4 {
		t.Errorf("%d commits for %d changes", n, writers*each)
	}
	changes, err := w.Changes(t.Context(), 0, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, c := range changes {
		events += len(c.Events)
	}
	if events != writers*each {
		t.Errorf("%d events for %d changes", events, writers*each)
	}
}

// TestAFailedChangeLeavesNothingAndHoldsUpNobody has changes that return errors and that panic among good ones.
func TestAFailedChangeLeavesNothingAndHoldsUpNobody(t *testing.T) {
	release := make(chan struct{})
	w := &watched{Store: memory.New()}
	st := openState(t, w)
	w.before = func(int64) error { <-release; return nil }
	refused := errors.New("refused")
	var wait sync.WaitGroup
	results := make([]error, 30)
	for i := range results {
		wait.Go(func() {
			results[i] = st.Update(t.Context(), account, func(e *identity.Edit) error {
				if err := putUser(fmt.Sprintf("u%d", i))(e); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return refused
				case 2:
					panic("a bug")
				}
				return nil
			})
		})
	}
	close(release)
	wait.Wait()
	a, _ := st.Account(account)
	for i, err := range results {
		_, there := a.User(fmt.Sprintf("u%d", i))
		switch i % 3 {
		case 0:
			if err != nil || !there {
				t.Errorf("change %d: %v, there %v", i, err, there)
			}
		case 1:
			if !errors.Is(err, refused) || there {
				t.Errorf("change %d: %v, there %v", i, err, there)
			}
		case 2:
			if !fault.Is(err, fault.InternalFailure) || there || strings.Contains(fault.From(err).Message, "a bug") {
				t.Errorf("change %d: %v, there %v", i, err, there)
			}
		}
	}
}

// TestAStoreThatFailsChangesNothing: the answer is ServiceUnavailable, the snapshot stays, and it goes on when the store does.
func TestAStoreThatFailsChangesNothing(t *testing.T) {
	w := &watched{Store: memory.New()}
	st := openState(t, w)
	before, _ := st.Account(account)
	broken := errors.New("the disk is full")
	w.before = func(int64) error { return broken }
	err := st.Update(t.Context(), account, putUser("alice"))
	if !fault.Is(err, fault.ServiceUnavailable) || strings.Contains(fault.From(err).Message, "disk") || !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if after, _ := st.Account(account); after != before {
		t.Error("the snapshot changed")
	}
	w.before = nil
	if err := st.Update(t.Context(), account, putUser("alice")); err != nil {
		t.Error(err)
	}
}

// TestACommitWhoseFateIsUnknownIsAskedForAgain has a store that commits and cannot say so.
func TestACommitWhoseFateIsUnknownIsAskedForAgain(t *testing.T) {
	inner := memory.New()
	w := &forgetful{Store: inner}
	st := openState(t, w)
	w.forget = 3
	if err := st.Update(t.Context(), account, putUser("alice")); err != nil {
		t.Fatal(err)
	}
	a, _ := st.Account(account)
	again, _ := openState(t, inner).Account(account)
	if a.Version != again.Version || len(names(again)) != 1 {
		t.Errorf("version %d, in the store %d with %v", a.Version, again.Version, names(again))
	}
}

// forgetful commits, and says a few times that it does not know.
type forgetful struct {
	store.Store
	forget int
}

func (f *forgetful) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	pos, err := f.Store.Commit(ctx, request, batches...)
	if err == nil && f.forget > 0 {
		f.forget--
		return store.Pos{}, store.ErrUnknown
	}
	return pos, err
}

// TestWhatAnotherProcessWroteIsNotLost has two states over one store: each finds that the other moved the account, and tries again on what it left.
func TestWhatAnotherProcessWroteIsNotLost(t *testing.T) {
	s := memory.New()
	one := openState(t, s)
	two := openState(t, s)
	for i, st := range []*identity.State{one, two, one, one, two, two} {
		if err := st.Update(t.Context(), account, putUser(fmt.Sprintf("u%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	last, _ := two.Account(account)
	if got := names(last); len(got) != 6 {
		t.Errorf("there are %v", got)
	}
	// What the other wrote counts for what may be written.
	if err := one.Update(t.Context(), account, putUser("u5")); err == nil {
		t.Error("one did not see what two wrote")
	}
}

// TestSnapshotsDoNotChange keeps snapshots while the account changes, and compares each with what it said when it was taken.
func TestSnapshotsDoNotChange(t *testing.T) {
	st := openState(t, memory.New())
	type kept struct {
		account *identity.Account
		said    string
	}
	say := func(a *identity.Account) string {
		var b strings.Builder
		for u := range a.Users() {
			fmt.Fprintf(&b, "%s %s %v %v\n", u.ID, u.Name, u.Groups, u.Attached)
		}
		for g := range a.Groups("") {
			fmt.Fprintf(&b, "%s %d %v\n", g.Name, len(a.Members(g)), a.HasMembers(g))
		}
		return fmt.Sprint(b.String(), a.Counts(), a.Usage("policy/ReadOnlyAccess"))
	}
	var all []kept
	for i := range 200 {
		a, _ := st.Account(account)
		all = append(all, kept{a, say(a)})
		err := st.Update(t.Context(), account, func(e *identity.Edit) error {
			id := fmt.Sprintf("AIDA%d", i%20)
			switch {
			case i%7 == 0:
				e.PutGroup(&identity.Group{ID: fmt.Sprintf("AGPA%d", i), Name: fmt.Sprintf("g%d", i), Path: "/"})
			case i%11 == 0:
				if u, ok := e.Account().UserByID(id); ok {
					e.DeleteUser(u)
				}
			default:
				e.PutUser(&identity.User{ID: id, Name: fmt.Sprintf("n%d", i), Path: "/", Groups: []string{fmt.Sprintf("AGPA%d", i/7*7)}, Attached: []identity.PolicyRef{"policy/ReadOnlyAccess"}})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, k := range all {
		if now := say(k.account); now != k.said {
			t.Fatalf("snapshot %d said\n%s\nand says\n%s", i, k.said, now)
		}
	}
}

func TestLastUseIsKeptByTheWindow(t *testing.T) {
	s := memory.New()
	st := openState(t, s)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	st.Touch(account, identity.KeyUse, "AKIA1", identity.Use{Time: at, Region: "us-east-1", Service: "iam"})
	st.Touch(account, identity.KeyUse, "AKIA1", identity.Use{Time: at.Add(14 * time.Minute), Region: "eu-west-1", Service: "sts"})
	if use, ok := st.LastUse(account, identity.KeyUse, "AKIA1"); !ok || !use.Time.Equal(at) || use.Service != "iam" {
		t.Errorf("last used %+v", use)
	}
	st.Touch(account, identity.KeyUse, "AKIA1", identity.Use{Time: at.Add(15 * time.Minute), Region: "eu-west-1", Service: "sts"})
	if _, ok := st.LastUse(account, identity.RoleUse, "AKIA1"); ok {
		t.Error("a role was used")
	}
	if err := st.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if use, ok := openState(t, s).LastUse(account, identity.KeyUse, "AKIA1"); !ok || !use.Time.Equal(at.Add(15*time.Minute)) || use.Service != "sts" || use.Region != "eu-west-1" {
		t.Errorf("after a restart: %+v", use)
	}
}

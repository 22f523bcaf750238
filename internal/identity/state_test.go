package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/embedded"
	"github.com/writ-iam/writ/internal/store/memory"
)

const (
	ours   = "111111111111"
	theirs = "222222222222"
)

var begun = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// between is a store whose commits, marks and loads may go another way.
type between struct {
	store.Store
	mu     sync.Mutex
	commit func(next func() (store.Pos, error)) (store.Pos, error)
	touch  func() error
	load   func() error
	count  int
}

func (b *between) set(commit func(next func() (store.Pos, error)) (store.Pos, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commit, b.count = commit, 0
}

// commits returns how often Commit was called since set.
func (b *between) commits() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

func (b *between) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	next := func() (store.Pos, error) { return b.Store.Commit(ctx, request, batches...) }
	b.mu.Lock()
	b.count++
	commit := b.commit
	b.mu.Unlock()
	if commit == nil {
		return next()
	}
	return commit(next)
}

func (b *between) Touch(ctx context.Context, marks []store.LastUsed) error {
	if b.touch != nil {
		if err := b.touch(); err != nil {
			return err
		}
	}
	return b.Store.Touch(ctx, marks)
}

func (b *between) Load(ctx context.Context, s store.Scope, f func(store.Record) error) (store.Version, error) {
	if b.load != nil {
		if err := b.load(); err != nil {
			return 0, err
		}
	}
	return b.Store.Load(ctx, s, f)
}

func openState(t testing.TB, s store.Store) *State {
	t.Helper()
	st, err := Open(t.Context(), s, DefaultQuotas())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// twoAccounts makes a state with two accounts.
func twoAccounts(t testing.TB, s store.Store) *State {
	t.Helper()
	st := openState(t, s)
	for _, id := range []string{ours, theirs} {
		if err := st.Create(t.Context(), Info{ID: id, Created: begun}, func(*Edit) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

var errExists = errors.New("there is one already")

// addUser makes a user, whose id is its name.
func addUser(name string) func(*Edit) error {
	return func(e *Edit) error {
		if _, ok := e.Account().User(name); ok {
			return errExists
		}
		e.Record([]byte(name))
		e.PutUser(&User{ID: name, Name: name, Path: "/", Created: begun, Keys: []AccessKey{{ID: "AKIA" + name, Active: true, Created: begun}}})
		return nil
	}
}

func names(t testing.TB, st *State, account string) string {
	t.Helper()
	a, ok := st.Account(account)
	if !ok {
		t.Fatalf("no account %s", account)
	}
	var all []string
	for u := range a.Users() {
		all = append(all, u.Name)
	}
	return strings.Join(all, " ")
}

// together runs changes so that they wait together while a commit is under way, and returns what Update says to each.
func together(t testing.TB, st *State, account string, changes ...func(*Edit) error) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan error)
	running := make(chan struct{})
	nothing := errors.New("nothing")
	go func() {
		held <- st.Update(t.Context(), account, func(*Edit) error { close(running); <-hold; return nothing })
	}()
	<-running
	errs := make([]error, len(changes))
	var group sync.WaitGroup
	for i, change := range changes {
		group.Go(func() { errs[i] = st.Update(t.Context(), account, change) })
		for waiting := 0; waiting <= i; time.Sleep(50 * time.Microsecond) { // one after the other into the queue
			l := st.accounts[account]
			l.mu.Lock()
			waiting = len(l.queue)
			l.mu.Unlock()
		}
	}
	close(hold)
	if err := <-held; err != nothing {
		t.Errorf("the change that held the others: %v", err)
	}
	group.Wait()
	return errs
}

// TestChangesOfManyAreWrittenTogether over a durable store, and all that was acknowledged is in a state that is opened anew, with its event.
func TestChangesOfManyAreWrittenTogether(t *testing.T) {
	dir := t.TempDir()
	s, err := embedded.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{Store: s}
	st := twoAccounts(t, b)
	const clients, each = 48, 10
	var hold sync.WaitGroup // the first commit waits until everybody has begun
	hold.Add(clients)
	b.set(func(next func() (store.Pos, error)) (store.Pos, error) { hold.Wait(); return next() })
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			account := ours
			if c%4 == 0 {
				account = theirs
			}
			hold.Done()
			for i := range each {
				name := fmt.Sprintf("c%02d-%02d", c, i)
				if err := st.Update(t.Context(), account, addUser(name)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if a, _ := st.Account(account); !has(a, name) {
					t.Errorf("%s is acknowledged and not in the next snapshot", name)
				}
			}
		})
	}
	group.Wait()
	if n := b.commits(); n > clients*each/2 {
		t.Errorf("%d commits for %d changes", n, clients*each)
	}
	ourNames, theirNames := names(t, st, ours), names(t, st, theirs)
	if n := len(strings.Fields(ourNames + " " + theirNames)); n != clients*each {
		t.Errorf("%d users, want %d", n, clients*each)
	}
	events := make(map[string]int)
	changes, err := s.Changes(t.Context(), 0, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		for _, e := range c.Events {
			events[string(e)]++
		}
	}
	for _, name := range strings.Fields(ourNames + " " + theirNames) {
		if events[name] != 1 {
			t.Errorf("%s has %d events", name, events[name])
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = embedded.Open(dir); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	again := openState(t, s)
	if got := names(t, again, ours); got != ourNames {
		t.Errorf("after reopening: %s", got)
	}
	if got := names(t, again, theirs); got != theirNames {
		t.Errorf("after reopening: %s", got)
	}
	for _, id := range []string{ours, theirs} {
		x, _ := st.Account(id)
		y, _ := again.Account(id)
		if x.Version != y.Version {
			t.Errorf("account %s is at %d and opened at %d", id, x.Version, y.Version)
		}
	}
}

func has(a *Account, name string) bool { _, ok := a.User(name); return ok }

// TestAnotherProcessChangesTheAccount: two states over one store each find what the other wrote, and lose nothing.
func TestAnotherProcessChangesTheAccount(t *testing.T) {
	s := memory.New()
	one := twoAccounts(t, s)
	two := openState(t, s)
	if err := one.Update(t.Context(), ours, addUser("alice")); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err := two.Update(t.Context(), ours, func(e *Edit) error {
		runs++
		return addUser("bob")(e)
	})
	if err != nil || runs != 2 {
		t.Errorf("a change on an old snapshot was run %d times, want twice: %v", runs, err)
	}
	if got := names(t, two, ours); got != "alice bob" {
		t.Errorf("after a conflict: %q", got)
	}
	if err := one.Update(t.Context(), ours, addUser("BOB")); err != errExists {
		t.Errorf("what another process made is not seen: %v", err)
	}
	var group sync.WaitGroup
	for i, st := range []*State{one, two} {
		for c := range 4 {
			group.Go(func() {
				for n := range 10 {
					if err := st.Update(t.Context(), ours, addUser(fmt.Sprintf("u%d-%d-%d", i, c, n))); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if n := len(strings.Fields(names(t, openState(t, s), ours))); n != 82 {
		t.Errorf("%d users, want 82", n)
	}
	// Without end it does not go on trying.
	b := &between{Store: s}
	b.commit = func(func() (store.Pos, error)) (store.Pos, error) {
		return store.Pos{}, &store.Conflict{Scope: scopeOf(ours), Newest: 99}
	}
	if err := openState(t, b).Update(t.Context(), ours, addUser("carol")); !fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("conflicts without end: %v", err)
	}
	if n := b.commits(); n != attempts {
		t.Errorf("%d attempts", n)
	}
}

// TestAnAccountThatMovedAndCannotBeReadAgain is not changed.
func TestAnAccountThatMovedAndCannotBeReadAgain(t *testing.T) {
	s := memory.New()
	one := twoAccounts(t, s)
	b := &between{Store: s}
	two := openState(t, b)
	before := mustAccount(t, two)
	if err := one.Update(t.Context(), ours, addUser("alice")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("store: cannot be read")
	b.load = func() error { return broken }
	if err := two.Update(t.Context(), ours, addUser("bob")); !fault.Is(err, fault.ServiceUnavailable) || !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if mustAccount(t, two) != before {
		t.Error("the snapshot was changed")
	}
	b.load = nil
	if err := two.Update(t.Context(), ours, addUser("bob")); err != nil || names(t, two, ours) != "alice bob" {
		t.Errorf("when it can be read again: %v, %q", err, names(t, two, ours))
	}
}

// TestANameThatIsTakenFailsOnlyItsOwnChange, of several that wait together.
func TestANameThatIsTakenFailsOnlyItsOwnChange(t *testing.T) {
	st := twoAccounts(t, memory.New())
	claiming := func(name string, taken error, then func(*Edit) error) func(*Edit) error {
		return func(e *Edit) error {
			e.Claim(store.Claim(name), taken)
			return then(e)
		}
	}
	if err := st.Update(t.Context(), theirs, claiming("alias/x", nil, addUser("eve"))); err != nil {
		t.Fatal(err)
	}
	taken := errors.New("x is taken")
	errs := together(t, st, ours, addUser("a"), claiming("alias/x", taken, addUser("b")), claiming("alias/y", taken, addUser("c")), addUser("b"), addUser("C"))
	for i, want := range []error{nil, taken, nil, nil, errExists} {
		if errs[i] != want {
			t.Errorf("change %d: %v, want %v", i, errs[i], want)
		}
	}
	if got := names(t, st, ours); got != "a b c" {
		t.Errorf("the account has %q", got)
	}
}

// TestAPanicInAChangeIsItsOwn: the others that wait with it are not hurt, nor is the account.
func TestAPanicInAChangeIsItsOwn(t *testing.T) {
	b := &between{Store: memory.New()}
	st := twoAccounts(t, b)
	b.set(nil)
	refused := errors.New("refused")
	errs := together(t, st, ours, addUser("a"), func(e *Edit) error {
		_ = addUser("lost")(e)
		panic("a mistake")
	}, addUser("b"), func(e *Edit) error {
		_ = addUser("lost")(e)
		return refused
	})
	if errs[0] != nil || errs[2] != nil || errs[3] != refused || !fault.Is(errs[1], fault.InternalFailure) || !strings.Contains(errs[1].Error(), "a mistake") {
		t.Errorf("%v", errs)
	}
	if f := fault.From(errs[1]); strings.Contains(f.Message, "mistake") {
		t.Errorf("the caller is told %q", f.Message)
	}
	if got := names(t, st, ours); got != "a b" || b.commits() != 1 {
		t.Errorf("the account has %q, by %d commits", got, b.commits())
	}
	if got := names(t, openState(t, b.Store), ours); got != "a b" {
		t.Errorf("the store has %q", got)
	}
}

// TestAStoreThatFails: everybody is told, no snapshot has what is not saved, and it goes on when the store does.
func TestAStoreThatFails(t *testing.T) {
	full := errors.New("store: no room")
	b := &between{Store: memory.New()}
	st := twoAccounts(t, b)
	before, _ := st.Account(ours)
	b.set(func(func() (store.Pos, error)) (store.Pos, error) { return store.Pos{}, full })
	errs := together(t, st, ours, addUser("a"), addUser("a"), func(*Edit) error { return nil }, addUser("b"))
	errs = append(errs, st.Update(t.Context(), ours, addUser("c")))
	for i, err := range errs {
		if i == 2 { // there was nothing to save
			if err != nil {
				t.Errorf("a change of nothing: %v", err)
			}
			continue
		}
		if !fault.Is(err, fault.ServiceUnavailable) || !errors.Is(err, full) || strings.Contains(fault.From(err).Message, "room") {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if after, _ := st.Account(ours); after != before {
		t.Errorf("the snapshot was changed: %q", names(t, st, ours))
	}
	b.set(nil)
	if err := st.Update(t.Context(), ours, addUser("a")); err != nil || names(t, st, ours) != "a" {
		t.Errorf("when there is room: %v, %q", err, names(t, st, ours))
	}
}

// TestNobodyIsAnsweredByWhatWasNotSaved: of two that make the same user the second is refused because of the first, and if the first cannot be saved the
// second makes it after all; what needs no change because of the first is not told that all is well.
func TestNobodyIsAnsweredByWhatWasNotSaved(t *testing.T) {
	type step = func(func() (store.Pos, error)) (store.Pos, error)
	full := errors.New("store: no room")
	fails := func(next func() (store.Pos, error)) (store.Pos, error) { return store.Pos{}, full }
	goes := func(next func() (store.Pos, error)) (store.Pos, error) { return next() }
	unless := func(e *Edit) error {
		if has(e.Account(), "a") {
			return nil
		}
		return addUser("a")(e)
	}
	for _, tt := range []struct {
		claim  string
		second func(*Edit) error
		steps  []step
		saved  []bool
		want   string
	}{
		{"the first cannot be saved, the second can", addUser("a"), []step{fails, fails, goes}, []bool{false, true}, "a"},
		{"they are saved one after the other", addUser("a"), []step{fails, goes}, []bool{true, false}, "a"},
		{"neither can be saved", addUser("a"), []step{fails, fails, fails}, []bool{false, false}, ""},
		{"what needed no change is made", unless, []step{fails, fails, goes}, []bool{false, true}, "a"},
		{"what needed no change is not saved", unless, []step{fails, fails, fails}, []bool{false, false}, ""},
	} {
		t.Run(strings.ReplaceAll(tt.claim, " ", "_"), func(t *testing.T) {
			b := &between{Store: memory.New()}
			st := twoAccounts(t, b)
			var steps sync.Mutex
			left := tt.steps
			b.set(func(next func() (store.Pos, error)) (store.Pos, error) {
				steps.Lock()
				defer steps.Unlock()
				if len(left) == 0 {
					t.Error("one commit too many")
					return next()
				}
				step := left[0]
				left = left[1:]
				return step(next)
			})
			errs := together(t, st, ours, addUser("a"), tt.second)
			for i, saved := range tt.saved {
				if (errs[i] == nil) != saved || errors.Is(errs[i], errExists) && !strings.Contains(tt.want, "a") {
					t.Errorf("change %d: %v", i, errs[i])
				}
			}
			if got := names(t, st, ours); got != tt.want {
				t.Errorf("the account has %q, want %q", got, tt.want)
			}
			if got := names(t, openState(t, b.Store), ours); got != tt.want {
				t.Errorf("the store has %q, want %q", got, tt.want)
			}
		})
	}
}

// TestACommitOfWhichNothingIsKnown is asked for again by its token: applied or not, it is there once.
func TestACommitOfWhichNothingIsKnown(t *testing.T) {
	broken := errors.New("store: closed by a failure")
	for _, tt := range []struct {
		claim   string
		applied bool
		times   int   // that nothing is known
		then    error // what the store says once then, if anything but what is true
		saved   bool
		want    string
	}{
		{"it was applied", true, 1, nil, true, "a b"},
		{"it was not", false, 1, nil, true, "a b"},
		{"it was applied, and is not known for ever", true, 1000, nil, false, ""},
		{"it was not, and is not known for ever", false, 1000, nil, false, ""},
		{"it was applied, and then the store is gone for a moment", true, 1, broken, false, ""},
	} {
		t.Run(strings.ReplaceAll(tt.claim, " ", "_"), func(t *testing.T) {
			b := &between{Store: memory.New()}
			st := twoAccounts(t, b)
			var mu sync.Mutex
			asked := 0
			b.set(func(next func() (store.Pos, error)) (store.Pos, error) {
				mu.Lock()
				defer mu.Unlock()
				if asked++; asked > tt.times {
					if tt.then != nil && asked == tt.times+1 {
						return store.Pos{}, tt.then
					}
					return next()
				}
				if tt.applied {
					if _, err := next(); err != nil {
						t.Error(err)
					}
				}
				return store.Pos{}, store.ErrUnknown
			})
			errs := together(t, st, ours, addUser("a"), addUser("a"), addUser("b"))
			for i, err := range errs {
				switch {
				case !tt.saved && !fault.Is(err, fault.ServiceUnavailable), tt.saved && i == 1 && err != errExists, tt.saved && i != 1 && err != nil:
					t.Errorf("change %d: %v", i, err)
				}
			}
			if got := names(t, st, ours); got != tt.want {
				t.Errorf("the account has %q, want %q", got, tt.want)
			}
			// What is true shows when the store answers again, and nothing is there twice.
			b.set(nil)
			if err := st.Update(t.Context(), ours, addUser("c")); err != nil {
				t.Error(err)
			}
			stored := openState(t, b.Store)
			if got, want := names(t, st, ours), names(t, stored, ours); got != want || has(mustAccount(t, st), "a") != (tt.applied || tt.saved) {
				t.Errorf("the account has %q, and the store %q", got, want)
			}
			// The same when an account is made.
			asked = 0
			b.set(func(next func() (store.Pos, error)) (store.Pos, error) {
				if asked++; asked > 1 {
					return next()
				}
				if tt.applied {
					_, _ = next()
				}
				return store.Pos{}, store.ErrUnknown
			})
			if err := st.Create(t.Context(), Info{ID: "333333333333"}, addUser("root")); err != nil || names(t, st, "333333333333") != "root" {
				t.Errorf("Create: %v", err)
			}
		})
	}
}

func mustAccount(t testing.TB, st *State) *Account {
	t.Helper()
	a, ok := st.Account(ours)
	if !ok {
		t.Fatal("no account")
	}
	return a
}

// TestCreate: an account's id and its e-mail address are its own.
func TestCreate(t *testing.T) {
	s := memory.New()
	st := openState(t, s)
	nothing := func(*Edit) error { return nil }
	refused := errors.New("refused")
	for _, tt := range []struct {
		claim  string
		info   Info
		change func(*Edit) error
		want   error
	}{
		{"the first", Info{ID: ours, Email: "Root@example.com", Created: begun}, addUser("a"), nil},
		{"an id that is taken", Info{ID: ours, Email: "other@example.com"}, nothing, ErrAccountExists},
		{"an address that is taken, in another case", Info{ID: theirs, Email: "root@EXAMPLE.com"}, nothing, store.ErrTaken},
		{"a change that is refused", Info{ID: theirs, Email: "other@example.com"}, func(*Edit) error { return refused }, refused},
		{"what was refused before leaves nothing behind", Info{ID: theirs, Email: "other@example.com"}, nothing, nil},
	} {
		if err := st.Create(t.Context(), tt.info, tt.change); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.claim, err, tt.want)
		}
	}
	if got := names(t, st, ours) + "/" + names(t, st, theirs); got != "a/" {
		t.Errorf("the accounts have %q", got)
	}
	if n := len(st.Accounts()); n != 2 {
		t.Errorf("%d accounts", n)
	}
	again := openState(t, s)
	if a := mustAccount(t, again); a.Email != "Root@example.com" || a.Version != 1 || !a.Created.Equal(begun) {
		t.Errorf("the store has %+v at %d", a.Info, a.Version)
	}
	if err := st.Update(t.Context(), "999999999999", nothing); !fault.Is(err, fault.InternalFailure) {
		t.Errorf("an account that is not there is changed: %v", err)
	}
}

// TestWhatCannotBeReadIsRefused: to go on without it could be to forget a deny.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	info := store.Record{Kind: accountKind, Doc: []byte(`{"ID":"` + ours + `"}`)}
	for claim, records := range map[string][]store.Record{
		"no record of the account":         {{Kind: userKind, Name: "AIDA", Doc: []byte(`{"ID":"AIDA"}`)}},
		"a record of another account":      {{Kind: accountKind, Doc: []byte(`{"ID":"` + theirs + `"}`)}},
		"a kind that is not known":         {info, {Kind: "sso", Name: "x", Doc: []byte(`{}`)}},
		"an account that is not JSON":      {{Kind: accountKind, Doc: []byte(`{`)}},
		"a user that is not JSON":          {info, {Kind: userKind, Name: "x", Doc: []byte(`{"ID":`)}},
		"a user without a document":        {info, {Kind: userKind, Name: "x"}},
		"a group that is not JSON":         {info, {Kind: groupKind, Name: "x", Doc: []byte("\x00")}},
		"a role of the wrong type":         {info, {Kind: roleKind, Name: "x", Doc: []byte(`{"Name":1}`)}},
		"a policy with text behind it":     {info, {Kind: policyKind, Name: "x", Doc: []byte(`{}{}`)}},
		"a user under the name of another": {info, {Kind: userKind, Name: "AIDA1", Doc: []byte(`{"ID":"AIDA2","Name":"x"}`)}},
		"a role without an id":             {info, {Kind: roleKind, Name: "", Doc: []byte(`{"Name":"x"}`)}},
		"two users of one name": {
			info, {Kind: userKind, Name: "AIDA1", Doc: []byte(`{"ID":"AIDA1","Name":"x"}`)}, {Kind: userKind, Name: "AIDA2", Doc: []byte(`{"ID":"AIDA2","Name":"X"}`)},
		},
	} {
		s := memory.New()
		if _, err := s.Commit(t.Context(), "one", store.Batch{Scope: scopeOf(ours), Put: records}); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), s, DefaultQuotas()); err == nil || !strings.Contains(err.Error(), ours) {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

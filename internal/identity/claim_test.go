package identity_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
)

// Changes that wait for the same commit each get their own answer about the names that they claim, and a name that one claims and the next gives
// back is free afterwards.
func TestClaimsThatWaitTogether(t *testing.T) {
	for _, aliases := range [][]string{{"two", "one", "three"}, {"two", "theirs", "one", "three"}} {
		synctest.Test(t, func(t *testing.T) { claimTogether(t, aliases) })
	}
}

func claimTogether(t *testing.T, aliases []string) {
	ctx := context.Background()
	st, err := identity.Open(ctx, memory.New(), identity.DefaultQuotas())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"111111111111", "222222222222"} {
		if err := st.Create(ctx, identity.Info{ID: id, Created: time.Now()}, func(*identity.Edit) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	// rename gives an account an alias, in place of the one that it has.
	rename := func(account, alias string, taken error) error {
		return st.Update(ctx, account, func(e *identity.Edit) error {
			i := e.Account().Info
			e.Claim(store.Claim("alias/"+alias), taken)
			if i.Alias != "" {
				e.Release(store.Claim("alias/" + i.Alias))
			}
			i.Alias = alias
			e.PutInfo(i)
			return nil
		})
	}
	if err := rename("222222222222", "theirs", nil); err != nil {
		t.Fatal(err)
	}
	if err := rename("111111111111", "one", nil); err != nil {
		t.Fatal(err)
	}

	hold, held := make(chan struct{}), make(chan error)
	go func() {
		held <- st.Update(ctx, "111111111111", func(*identity.Edit) error {
			<-hold
			return errors.New("not after all")
		})
	}()
	synctest.Wait()
	taken := errors.New("theirs is taken")
	got := make([]chan error, len(aliases))
	for i, alias := range aliases {
		got[i] = make(chan error, 1)
		go func() { got[i] <- rename("111111111111", alias, taken) }()
		// One after the other into the queue.
		synctest.Wait()
	}
	close(hold)
	if err := <-held; err == nil || err.Error() != "not after all" {
		t.Errorf("a change's own error comes back as it is: %v", err)
	}
	for i, alias := range aliases {
		var want error
		if alias == "theirs" {
			want = taken
		}
		if err := <-got[i]; err != want {
			t.Errorf("the alias %s: %v, want %v", alias, err, want)
		}
	}
	if a, _ := st.Account("111111111111"); a.Alias != "three" {
		t.Errorf("the account is called %s", a.Alias)
	}
	for alias, want := range map[string]error{"one": nil, "two": nil, "three": taken} {
		if err := rename("222222222222", alias, taken); err != want {
			t.Errorf("another account takes %s: %v, want %v", alias, err, want)
		}
	}
}

package identity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Use is when, where and for which service something was last used.
type Use struct {
	Time            time.Time
	Region, Service string
}

// useWindow is how exact last-used times are: the first use in a window counts (limits.md §7).
const useWindow = 15 * time.Minute

// marks are last-used times. They are no part of an account's versions: at most a minute of them is lost in a crash.
type marks struct {
	mu    sync.RWMutex
	last  map[mark]Use
	dirty map[mark]struct{}
}

type mark struct {
	account, kind, name string
}

// The kinds of things whose last use is kept: access keys by id, roles by unique id.
const (
	KeyUse  = "key"
	RoleUse = "role"
)

// Touch notes the use of something.
func (st *State) Touch(account, kind, name string, use Use) {
	m := mark{account, kind, name}
	st.marks.mu.RLock()
	last, ok := st.marks.last[m]
	st.marks.mu.RUnlock()
	if ok && use.Time.Sub(last.Time) < useWindow {
		return
	}
	st.marks.mu.Lock()
	defer st.marks.mu.Unlock()
	if last, ok := st.marks.last[m]; ok && use.Time.Sub(last.Time) < useWindow {
		return // somebody was quicker
	}
	if st.marks.last == nil {
		st.marks.last, st.marks.dirty = make(map[mark]Use), make(map[mark]struct{})
	}
	use.Time = Second(use.Time)
	st.marks.last[m] = use
	st.marks.dirty[m] = struct{}{}
}

// LastUse returns when something was last used.
func (st *State) LastUse(account, kind, name string) (Use, bool) {
	st.marks.mu.RLock()
	defer st.marks.mu.RUnlock()
	use, ok := st.marks.last[mark{account, kind, name}]
	return use, ok
}

// there reports whether what a mark is of exists.
func (st *State) there(m mark) bool {
	a, ok := st.Account(m.account)
	if !ok {
		return false
	}
	switch m.kind {
	case KeyUse:
		_, _, ok = a.Key(m.name)
	case RoleUse:
		_, ok = a.RoleByID(m.name)
	default:
		ok = false
	}
	return ok
}

// forget lets go of the marks of what is gone: keys come and go for years.
func (st *State) forget() {
	var gone []mark
	st.marks.mu.RLock()
	for m := range st.marks.last {
		if !st.there(m) {
			gone = append(gone, m)
		}
	}
	st.marks.mu.RUnlock()
	st.marks.mu.Lock()
	defer st.marks.mu.Unlock()
	for _, m := range gone {
		delete(st.marks.last, m)
		delete(st.marks.dirty, m)
	}
}

// Flush saves the marks that are not saved yet. The server calls it every minute.
func (st *State) Flush(ctx context.Context) error {
	st.forget()
	st.marks.mu.Lock()
	dirty := st.marks.dirty
	st.marks.dirty = make(map[mark]struct{})
	batch := make([]store.LastUsed, 0, len(dirty))
	for m := range dirty {
		use := st.marks.last[m]
		batch = append(batch, store.LastUsed{Scope: scopeOf(m.account), Kind: m.kind, Name: m.name, Time: use.Time, Region: use.Region, Service: use.Service})
	}
	st.marks.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	if err := st.store.Touch(ctx, batch); err != nil {
		st.marks.mu.Lock()
		defer st.marks.mu.Unlock()
		for m := range dirty {
			st.marks.dirty[m] = struct{}{}
		}
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}

func (st *State) loadMarks(ctx context.Context, account string) error {
	err := st.store.Marks(ctx, scopeOf(account), func(u store.LastUsed) error {
		m := mark{account, u.Kind, u.Name}
		if !st.there(m) {
			return nil
		}
		st.marks.mu.Lock()
		defer st.marks.mu.Unlock()
		if st.marks.last == nil {
			st.marks.last, st.marks.dirty = make(map[mark]Use), make(map[mark]struct{})
		}
		st.marks.last[m] = Use{Time: u.Time, Region: u.Region, Service: u.Service}
		return nil
	})
	if err != nil {
		return fmt.Errorf("identity: account %s: %w", account, err)
	}
	return nil
}

package identity

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/store"
)

// State keeps the newest snapshot of every account in memory and writes changes through to a store. Its methods may be called by several
// goroutines.
type State struct {
	store   store.Store
	quotas  Quotas
	managed *Managed

	mu       sync.RWMutex
	accounts map[string]*live
	marks    marks
}

// live is an account that changes.
type live struct {
	id       string
	snapshot atomic.Pointer[Account]

	mu    sync.Mutex
	queue []*update
	busy  bool
}

// update is a change that waits for its commit.
type update struct {
	change func(*Edit) error
	err    error
	done   chan struct{}
}

// scopePrefix is how the scopes of accounts begin.
const scopePrefix = "account/"

func scopeOf(account string) store.Scope { return store.Scope(scopePrefix + account) }

// Open loads all accounts of a store.
func Open(ctx context.Context, s store.Store, q Quotas) (*State, error) {
	st := &State{store: s, quotas: q, managed: NewManaged(), accounts: make(map[string]*live)}
	var ids []string
	err := s.Scopes(ctx, func(scope store.Scope, _ store.Version) error {
		if id, ok := strings.CutPrefix(string(scope), scopePrefix); ok {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	for _, id := range ids {
		a, err := st.load(ctx, id)
		if err != nil {
			return nil, err
		}
		st.add(a)
		if err := st.loadMarks(ctx, id); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (st *State) add(a *Account) {
	l := &live{id: a.ID}
	l.snapshot.Store(a)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.accounts[a.ID] = l
}

// load reads an account from the store.
func (st *State) load(ctx context.Context, id string) (*Account, error) {
	a := &Account{managed: st.managed}
	version, err := st.store.Load(ctx, scopeOf(id), a.read)
	if err != nil {
		return nil, fmt.Errorf("identity: account %s: %w", id, err)
	}
	if a.ID != id {
		return nil, fmt.Errorf("identity: account %s: the store holds no record of the account itself", id)
	}
	if a.users.Len() != a.userIDs.Len() || a.groups.Len() != a.groupIDs.Len() || a.roles.Len() != a.roleIDs.Len() || a.policies.Len() != a.policyIDs.Len() {
		return nil, fmt.Errorf("identity: account %s: two entities have one name", id)
	}
	a.Version = version
	return a, nil
}

// read takes a record of the store into an account that is being built.
func (a *Account) read(r store.Record) error {
	var err error
	var id string
	switch r.Kind {
	case accountKind:
		var i Info
		if err = json.Unmarshal(r.Doc, &i); err == nil {
			a.putInfo(i)
		}
	case userKind:
		u := new(User)
		if err = json.Unmarshal(r.Doc, u); err == nil {
			a.putUser(u)
		}
		id = u.ID
	case groupKind:
		g := new(Group)
		if err = json.Unmarshal(r.Doc, g); err == nil {
			a.putGroup(g)
		}
		id = g.ID
	case roleKind:
		role := new(Role)
		if err = json.Unmarshal(r.Doc, role); err == nil {
			a.putRole(role)
		}
		id = role.ID
	case policyKind:
		p := new(ManagedPolicy)
		if err = json.Unmarshal(r.Doc, p); err == nil {
			a.putPolicy(p)
		}
		id = p.ID
	default:
		// A newer Writ wrote it. To go on without would be to forget, perhaps, a deny.
		err = errors.New("a record of a kind that this version does not know")
	}
	if err == nil && (id != r.Name || id == "" && r.Kind != accountKind) {
		err = fmt.Errorf("the record of %q", id)
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", r.Kind, r.Name, err)
	}
	return nil
}

// Quotas returns what each account may hold.
func (st *State) Quotas() Quotas { return st.quotas }

// Account returns the newest snapshot of an account.
func (st *State) Account(id string) (*Account, bool) {
	st.mu.RLock()
	l, ok := st.accounts[id]
	st.mu.RUnlock()
	if !ok {
		return nil, false
	}
	return l.snapshot.Load(), true
}

// Accounts returns the newest snapshot of every account, in no order.
func (st *State) Accounts() []*Account {
	st.mu.RLock()
	defer st.mu.RUnlock()
	all := make([]*Account, 0, len(st.accounts))
	for _, l := range st.accounts {
		all = append(all, l.snapshot.Load())
	}
	return all
}

// ErrAccountExists says that an account's id is taken.
var ErrAccountExists = errors.New("identity: there is an account with this id")

// Create makes an account, with what change puts into it. The error is ErrAccountExists, store.ErrTaken if the e-mail address is in use, what
// change returns, or of the store.
func (st *State) Create(ctx context.Context, i Info, change func(*Edit) error) error {
	// Whoever asked may leave: what is begun is ended.
	ctx = context.WithoutCancel(ctx)
	e := newEdit(&Account{managed: st.managed}, st.quotas)
	e.PutInfo(i)
	if i.Email != "" {
		e.Claim(store.Claim("email/"+folded(i.Email)), store.ErrTaken)
	}
	if err := change(e); err != nil {
		return err
	}
	b, err := e.batch(scopeOf(i.ID))
	if err != nil {
		return err
	}
	err = st.save(ctx, b)
	var conflict *store.Conflict
	if errors.As(err, &conflict) {
		return ErrAccountExists
	}
	if err != nil {
		return err
	}
	a := e.account
	a.Version = 1
	st.add(a)
	return nil
}

// Update runs change on an edit of the account's newest state and commits what it did. An error that change returns is returned and
// nothing is changed; other errors are faults that say that the state could not be saved.
//
// Changes of one account are run one after the other, each on what the ones before it left, and those that arrive while a commit is under way are
// committed together: a disk that syncs three hundred times a second does not bound how many changes there are. So change may be run
// more than once, if another process wrote meanwhile, and must leave alone whatever is not its own.
func (st *State) Update(ctx context.Context, account string, change func(*Edit) error) error {
	st.mu.RLock()
	l, ok := st.accounts[account]
	st.mu.RUnlock()
	if !ok {
		return fault.Internal(fmt.Errorf("identity: no account %s", account))
	}
	u := &update{change: change, done: make(chan struct{})}
	l.mu.Lock()
	l.queue = append(l.queue, u)
	start := !l.busy
	l.busy = true
	l.mu.Unlock()
	if start {
		// Not under the caller's context: others' changes are in the same commit.
		go st.drain(context.WithoutCancel(ctx), l)
	}
	<-u.done
	return u.err
}

// drain commits what waits until nothing does.
func (st *State) drain(ctx context.Context, l *live) {
	for {
		l.mu.Lock()
		updates := l.queue
		l.queue = nil
		if len(updates) == 0 {
			l.busy = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		st.commit(ctx, l, updates)
		for _, u := range updates {
			close(u.done)
		}
	}
}

// attempts is how often a commit is tried anew after another process moved the account. Who loses ten times in a row only stands beside
// somebody who writes quickly; a hundred times is beyond chance.
const attempts = 100

// commit runs the updates and commits them together.
func (st *State) commit(ctx context.Context, l *live, updates []*update) {
	for range attempts {
		base := l.snapshot.Load()
		all := newEdit(base, st.quotas)
		applied, apart := 0, false
		for _, u := range updates {
			e := newEdit(all.account, st.quotas)
			if u.err = run(u.change, e); u.err == nil {
				all.absorb(e)
				applied++
				apart = apart || e.names()
			}
		}
		if apart && applied > 1 {
			// One commit cannot both claim a name and give it back, nor say whose name was taken.
			st.commitApart(ctx, l, updates)
			return
		}
		if all.empty() {
			return
		}
		err := st.write(ctx, l, all)
		var conflict *store.Conflict
		switch {
		case err == nil:
			return
		case errors.As(err, &conflict):
			if err := st.reload(ctx, l); err != nil {
				fail(updates, err)
				return
			}
		case errors.Is(err, store.ErrUnknown):
			// Those that were refused may have been because of one that is not there.
			fail(updates, err)
			return
		case len(updates) > 1:
			// One of them is to blame.
			st.commitApart(ctx, l, updates)
			return
		case errors.Is(err, store.ErrTaken):
			updates[0].err = all.taken()
			return
		default:
			fail(updates, err)
			return
		}
	}
	fail(updates, errors.New("identity: the account is changed by others without end"))
}

// commitApart runs and commits each update by itself. Those that were refused are run again: what they met may not be there now.
func (st *State) commitApart(ctx context.Context, l *live, updates []*update) {
	for _, u := range updates {
		st.commit(ctx, l, []*update{u})
	}
}

// run calls a change, and makes an error of a panic: the changes of others must not die of it.
func run(change func(*Edit) error, e *Edit) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Internal(fmt.Errorf("identity: panic in a change: %v\n%s", r, debug.Stack()))
		}
	}()
	return change(e)
}

func fail(updates []*update, err error) {
	for _, u := range updates {
		u.err = &fault.Fault{Code: fault.ServiceUnavailable, Message: "The change could not be saved. Please try again later.", Cause: err}
	}
}

func (st *State) write(ctx context.Context, l *live, e *Edit) error {
	b, err := e.batch(scopeOf(l.id))
	if err != nil {
		return err
	}
	if err := st.save(ctx, b); err != nil {
		return err
	}
	e.account.Version++
	l.snapshot.Store(e.account)
	return nil
}

// save commits a batch. While the store cannot say whether it was applied, it is asked again by the same token.
func (st *State) save(ctx context.Context, b store.Batch) error {
	request := newRequest()
	var unknown error
	for range attempts {
		_, err := st.store.Commit(ctx, request, b)
		var conflict *store.Conflict
		switch {
		case errors.Is(err, store.ErrUnknown):
			unknown = err
			continue
		case err == nil, errors.As(err, &conflict), errors.Is(err, store.ErrTaken):
			return err // it looked for the token first
		}
		return errors.Join(unknown, err)
	}
	return unknown
}

func (st *State) reload(ctx context.Context, l *live) error {
	a, err := st.load(ctx, l.id)
	if err != nil {
		return err
	}
	l.snapshot.Store(a)
	return nil
}

// newRequest returns a token by which the store knows a commit that is asked for again.
func newRequest() string { return rand.Text() }

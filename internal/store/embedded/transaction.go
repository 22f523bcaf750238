package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"github.com/writ-iam/writ/internal/store"
)

// head is what the writing goroutine knows of a scope: its version, and the sum of its records' and claims' checksums.
type head struct {
	version store.Version
	sum     uint64
}

// transaction is the transaction of a group of commits.
type transaction struct {
	ctx   context.Context
	store *Store
	seq   store.Seq
	// heads are those of the scopes that the group has changed so far, requests its tokens.
	heads    map[store.Scope]head
	requests []request
}

// request is a token and the commit that it stands for.
type request struct {
	token string
	seq   store.Seq
}

// all applies the commits of a group one after the other. One that is refused changes nothing; an error is the whole group's.
func (t *transaction) all(group []*commit) error {
	for _, c := range group {
		if c.do != nil {
			if err := c.do(t); err != nil {
				return err
			}
			continue
		}
		if err := t.one(c); err != nil {
			return err
		}
	}
	return t.exec("UPDATE meta SET v = ? WHERE k = 'seq'", int64(t.seq))
}

// one checks and then applies a commit: nothing is written before it is known that all of it can be.
func (t *transaction) one(c *commit) error {
	for _, r := range t.requests {
		if r.token == c.request {
			c.pos = store.Pos{Seq: r.seq}
			return nil
		}
	}
	if seq, ok := t.store.requests[c.request]; ok {
		c.pos = store.Pos{Seq: seq}
		return nil
	}
	refused, err := t.check(c.batches)
	if err != nil {
		return err
	}
	if refused != nil {
		c.err = refused
		return nil
	}
	t.seq++
	// A name may go from one scope to another, however their batches stand.
	for i := range c.batches {
		if err := t.release(&c.batches[i]); err != nil {
			return err
		}
	}
	for i := range c.batches {
		if err := t.apply(&c.batches[i]); err != nil {
			return err
		}
	}
	body := encodeBody(c.batches)
	if err := t.exec("INSERT INTO change VALUES (?, ?, ?, ?)", int64(t.seq), c.request, body, int64(t.store.sums.change(t.seq, c.request, body))); err != nil {
		return err
	}
	c.pos = store.Pos{Seq: t.seq}
	t.requests = append(t.requests, request{c.request, t.seq})
	return nil
}

func (t *transaction) head(id store.Scope) head {
	if h, ok := t.heads[id]; ok {
		return h
	}
	return t.store.heads[id]
}

// check returns why a commit is refused, if it is.
func (t *transaction) check(batches []store.Batch) (refused, err error) {
	released := make(map[store.Claim][]store.Scope)
	for i := range batches {
		b := &batches[i]
		if v := t.head(b.Scope).version; v != b.Base {
			return &store.Conflict{Scope: b.Scope, Newest: v}, nil
		}
		for _, name := range b.Release {
			released[name] = append(released[name], b.Scope)
		}
	}
	claimed := make(map[store.Claim]store.Scope)
	for i := range batches {
		b := &batches[i]
		for _, name := range b.Claim {
			owner, err := t.owner(name)
			if err != nil {
				return nil, err
			}
			free := owner == "" || owner == b.Scope
			for _, by := range released[name] {
				free = free || by == owner
			}
			if other, ok := claimed[name]; !free || ok && other != b.Scope {
				return store.ErrTaken, nil
			}
			claimed[name] = b.Scope
		}
	}
	return nil, nil
}

// owner returns the scope that has a name; none if it is free.
func (t *transaction) owner(name store.Claim) (store.Scope, error) {
	var owner store.Scope
	err := t.get(&owner, "SELECT scope FROM claim WHERE name = ?", string(name))
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return owner, err
}

// release gives back the names that a batch releases, where they are its scope's.
func (t *transaction) release(b *store.Batch) error {
	for _, name := range b.Release {
		var gone int
		err := t.get(&gone, "DELETE FROM claim WHERE name = ? AND scope = ? RETURNING 1", string(name), string(b.Scope))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		h := t.head(b.Scope)
		h.sum -= t.store.sums.claim(b.Scope, name)
		t.heads[b.Scope] = h
	}
	return nil
}

// apply does the rest of what a batch asks for.
func (t *transaction) apply(b *store.Batch) error {
	h := t.head(b.Scope)
	scope := string(b.Scope)
	for _, k := range b.Delete {
		var old int64
		err := t.get(&old, "DELETE FROM record WHERE scope = ? AND kind = ? AND name = ? RETURNING sum", scope, k.Kind, k.Name)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		h.sum -= uint64(old)
	}
	for _, r := range b.Put {
		var old int64
		err := t.get(&old, "SELECT sum FROM record WHERE scope = ? AND kind = ? AND name = ?", scope, r.Kind, r.Name)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		doc := r.Doc
		if doc == nil {
			doc = []byte{}
		}
		sum := t.store.sums.record(b.Scope, r.Kind, r.Name, doc)
		if err != nil {
			err = t.exec("INSERT INTO record VALUES (?, ?, ?, ?, ?)", scope, r.Kind, r.Name, doc, int64(sum))
		} else {
			err = t.exec("UPDATE record SET doc = ?, sum = ? WHERE scope = ? AND kind = ? AND name = ?", doc, int64(sum), scope, r.Kind, r.Name)
		}
		if err != nil {
			return err
		}
		h.sum += sum - uint64(old)
	}
	for _, name := range b.Claim {
		var made int
		err := t.get(&made, "INSERT INTO claim VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1", string(name), scope)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it is the scope's already
		}
		if err != nil {
			return err
		}
		h.sum += t.store.sums.claim(b.Scope, name)
	}
	h.version = b.Base + 1
	t.heads[b.Scope] = h
	return t.exec("INSERT INTO scope VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ver = excluded.ver, sum = excluded.sum",
		scope, int64(h.version), int64(h.sum+t.store.sums.head(b.Scope, h.version)))
}

// trimStep is how many commits are let go of at once: others wait meanwhile.
const trimStep = 2000

// trim lets go of the bodies of commits up to a sequence, and of what is left of those that are not remembered any more. It takes one step of the way,
// and reports whether there is more to go.
func (t *transaction) trim(upTo store.Seq) (more bool, err error) {
	upTo = min(upTo, t.seq)
	var trimmed, next store.Seq
	if err := t.get(&trimmed, "SELECT v FROM meta WHERE k = 'trimmed'"); err != nil {
		return false, err
	}
	if upTo <= trimmed {
		return false, nil
	}
	switch err := t.get(&next, "SELECT seq FROM change WHERE seq > ? AND seq < ? ORDER BY seq LIMIT 1 OFFSET ?", int64(trimmed), int64(upTo), trimStep-1); {
	case err == nil:
		upTo, more = next, true
	case !errors.Is(err, sql.ErrNoRows):
		return false, err
	}
	if err := t.exec("UPDATE meta SET v = ? WHERE k = 'trimmed'", int64(upTo)); err != nil {
		return false, err
	}
	gone := upTo
	if order := t.store.order; len(order) > 0 {
		gone = min(gone, order[max(0, len(order)-store.Remembered)].seq-1)
	}
	if err := t.exec("DELETE FROM change WHERE seq <= ?", int64(gone)); err != nil {
		return false, err
	}
	return more, t.exec("UPDATE change SET body = x'' WHERE seq > ? AND seq <= ?", int64(max(trimmed, gone)), int64(upTo))
}

func (t *transaction) touch(marks []store.LastUsed) error {
	for _, m := range marks {
		err := t.exec(`INSERT INTO last_used VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at, region = excluded.region, service = excluded.service WHERE excluded.at > at`,
			string(m.Scope), m.Kind, m.Name, m.Time.UnixMilli(), m.Region, m.Service)
		if err != nil {
			return err
		}
	}
	return nil
}

// done makes what the transaction did known to the writing goroutine: it is durable.
func (t *transaction) done() {
	s := t.store
	maps.Copy(s.heads, t.heads)
	for _, r := range t.requests {
		s.requests[r.token] = r.seq
	}
	s.order = append(s.order, t.requests...)
	if len(s.order) >= 2*store.Remembered {
		old := len(s.order) - store.Remembered
		for _, r := range s.order[:old] {
			delete(s.requests, r.token)
		}
		s.order = append([]request(nil), s.order[old:]...)
	}
}

func (t *transaction) exec(query string, args ...any) error {
	statement, err := t.store.statement(t.ctx, query)
	if err != nil {
		return err
	}
	_, err = statement.ExecContext(t.ctx, args...)
	return err
}

// get reads the one value of a query's one row into value, or returns sql.ErrNoRows.
func (t *transaction) get(value any, query string, args ...any) error {
	statement, err := t.store.statement(t.ctx, query)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(t.ctx, args...).Scan(value)
}

// statement returns a query of the writing goroutine, prepared.
func (s *Store) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ok := s.statements[query]; ok {
		return statement, nil
	}
	statement, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	s.statements[query] = statement
	return statement, nil
}

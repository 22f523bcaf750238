package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/writ-iam/writ/internal/store"
)

// transaction is the transaction of a group of commits.
type transaction struct {
	store *Store
	tx    *sql.Tx
	seq   store.Seq
	// versions are those of the scopes that the group has changed so far, requests the tokens of its commits.
	versions map[store.Scope]store.Version
	requests map[string]store.Pos
}

// all applies the commits of a group one after the other. One that is refused changes nothing; an error is the whole group's.
func (t *transaction) all(ctx context.Context, group []*commit) error {
	for _, c := range group {
		if c.do != nil {
			if err := c.do(ctx, t.tx); err != nil {
				return err
			}
			continue
		}
		if err := t.one(ctx, c); err != nil {
			return err
		}
	}
	_, err := t.tx.ExecContext(ctx, "UPDATE meta SET v = ? WHERE k = 'seq'", uint64(t.seq))
	return err
}

// one checks and then applies a commit: nothing is written before it is known that all of it can be.
func (t *transaction) one(ctx context.Context, c *commit) error {
	if pos, ok := t.requests[c.request]; ok {
		c.pos = pos
		return nil
	}
	var before store.Seq
	switch err := t.tx.QueryRowContext(ctx, "SELECT seq FROM change WHERE request = ? LIMIT 1", c.request).Scan(&before); {
	case err == nil:
		c.pos = store.Pos{Seq: before}
		return nil
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	refused, err := t.check(ctx, c.batches)
	if err != nil {
		return err
	}
	if refused != nil {
		c.err = refused
		return nil
	}
	t.seq++
	for part := range c.batches {
		if err := t.apply(ctx, c.request, part, &c.batches[part]); err != nil {
			return err
		}
	}
	c.pos = store.Pos{Seq: t.seq}
	t.requests[c.request] = c.pos
	return nil
}

func (t *transaction) version(id store.Scope) store.Version {
	if v, ok := t.versions[id]; ok {
		return v
	}
	return t.store.versions[id]
}

// check returns why a commit is refused, if it is.
func (t *transaction) check(ctx context.Context, batches []store.Batch) (refused, err error) {
	seen := make(map[store.Scope]bool)
	released := make(map[store.Claim]store.Scope)
	for i := range batches {
		b := &batches[i]
		if seen[b.Scope] {
			return fmt.Errorf("store: two batches of one commit change %s", b.Scope), nil
		}
		seen[b.Scope] = true
		if v := t.version(b.Scope); v != b.Base {
			return &store.Conflict{Scope: b.Scope, Newest: v}, nil
		}
		for _, name := range b.Release {
			released[name] = b.Scope
		}
	}
	claimed := make(map[store.Claim]store.Scope)
	for i := range batches {
		b := &batches[i]
		for _, name := range b.Claim {
			var owner store.Scope
			err := t.tx.QueryRowContext(ctx, "SELECT scope FROM claim WHERE name = ?", string(name)).Scan(&owner)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, err
			}
			if err == nil && owner != b.Scope && released[name] != owner {
				return store.ErrTaken, nil
			}
			if other, ok := claimed[name]; ok && other != b.Scope {
				return store.ErrTaken, nil
			}
			claimed[name] = b.Scope
		}
	}
	return nil, nil
}

func (t *transaction) apply(ctx context.Context, request string, part int, b *store.Batch) error {
	v := b.Base + 1
	t.versions[b.Scope] = v
	exec := func(query string, args ...any) error {
		_, err := t.tx.ExecContext(ctx, query, args...)
		return err
	}
	scope := string(b.Scope)
	if err := exec("INSERT INTO scope VALUES (?, ?) ON CONFLICT DO UPDATE SET ver = excluded.ver", scope, uint64(v)); err != nil {
		return err
	}
	for _, k := range b.Delete {
		if err := exec("DELETE FROM record WHERE scope = ? AND kind = ? AND name = ?", scope, k.Kind, k.Name); err != nil {
			return err
		}
	}
	for _, r := range b.Put {
		doc := r.Doc
		if doc == nil {
			doc = []byte{}
		}
		if err := exec("INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ver = excluded.ver, doc = excluded.doc", scope, r.Kind, r.Name, uint64(v), doc); err != nil {
			return err
		}
	}
	for _, name := range b.Release {
		if err := exec("DELETE FROM claim WHERE name = ? AND scope = ?", string(name), scope); err != nil {
			return err
		}
	}
	for _, name := range b.Claim {
		if err := exec("INSERT INTO claim VALUES (?, ?) ON CONFLICT DO UPDATE SET scope = excluded.scope", string(name), scope); err != nil {
			return err
		}
	}
	return exec("INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)", uint64(t.seq), part, scope, uint64(v), request, encodeBody(b))
}

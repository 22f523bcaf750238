package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// snapshot calls f with a transaction that sees the store as it is at one moment.
func (s *Store) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.readError(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(tx)
}

// readError says why reading failed.
func (s *Store) readError(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	if damaged(err) {
		return fmt.Errorf("%w: %s: %v", store.ErrDamaged, s.file, err)
	}
	return fmt.Errorf("store: %w", err)
}

// Load implements store.Store.
func (s *Store) Load(ctx context.Context, name store.Scope, f func(store.Record) error) (store.Version, error) {
	var v store.Version
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var want int64
		err := tx.QueryRowContext(ctx, "SELECT ver, sum FROM scope WHERE id = ?", string(name)).Scan(&v, &want)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return s.readError(err)
		}
		rows, err := tx.QueryContext(ctx, "SELECT kind, name, doc FROM record WHERE scope = ?", string(name))
		if err != nil {
			return s.readError(err)
		}
		defer rows.Close()
		var sums sums
		sum := sums.head(name, v)
		for rows.Next() {
			var r store.Record
			if err := rows.Scan(&r.Kind, &r.Name, &r.Doc); err != nil {
				return s.readError(err)
			}
			sum += sums.record(name, r.Kind, r.Name, r.Doc)
			if err := f(r); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return s.readError(err)
		}
		claims, err := tx.QueryContext(ctx, "SELECT name FROM claim WHERE scope = ?", string(name))
		if err != nil {
			return s.readError(err)
		}
		defer claims.Close()
		for claims.Next() {
			var c store.Claim
			if err := claims.Scan(&c); err != nil {
				return s.readError(err)
			}
			sum += sums.claim(name, c)
		}
		if err := claims.Err(); err != nil {
			return s.readError(err)
		}
		if sum != uint64(want) {
			return fmt.Errorf("%w: the records of %q are not those that were written: restore a backup", store.ErrDamaged, name)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return v, nil
}

// Scopes implements store.Store.
func (s *Store) Scopes(ctx context.Context, f func(store.Scope, store.Version) error) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, ver FROM scope ORDER BY id")
		if err != nil {
			return s.readError(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id store.Scope
			var v store.Version
			if err := rows.Scan(&id, &v); err != nil {
				return s.readError(err)
			}
			if err := f(id, v); err != nil {
				return err
			}
		}
		return s.readError(rows.Err())
	})
}

// Heads implements store.Store.
func (s *Store) Heads(ctx context.Context) ([]store.Seq, error) {
	select {
	case <-s.closed:
		return nil, store.ErrClosed
	default:
	}
	return []store.Seq{store.Seq(s.durable.Load())}, ctx.Err()
}

// Changes implements store.Store.
func (s *Store) Changes(ctx context.Context, shard int, after store.Seq, n int) ([]store.Change, error) {
	if shard != 0 {
		return nil, fmt.Errorf("store: there is no shard %d", shard)
	}
	var changes []store.Change
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var trimmed store.Seq
		if err := tx.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'trimmed'").Scan(&trimmed); err != nil {
			return s.readError(err)
		}
		if after < trimmed {
			return &store.Trimmed{UpTo: trimmed}
		}
		rows, err := tx.QueryContext(ctx, "SELECT seq, request, body, sum FROM change WHERE seq > ? ORDER BY seq LIMIT ?", int64(after), max(n, 0))
		if err != nil {
			return s.readError(err)
		}
		defer rows.Close()
		var sums sums
		before := after
		for rows.Next() {
			var seq store.Seq
			var request string
			var body sql.RawBytes
			var sum int64
			if err := rows.Scan(&seq, &request, &body, &sum); err != nil {
				return s.readError(err)
			}
			// Behind what a restored store began with anew, sequences rise by one.
			if sums.change(seq, request, body) != uint64(sum) || seq != before+1 && !store.First(seq) {
				return fmt.Errorf("%w: the change feed behind %d is not what was written: restore a backup", store.ErrDamaged, before)
			}
			parts, err := decodeBody(append([]byte(nil), body...))
			if err != nil {
				return err
			}
			for _, c := range parts {
				c.Pos, c.Request = store.Pos{Seq: seq}, request
				changes = append(changes, c)
			}
			before = seq
		}
		return s.readError(rows.Err())
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// Marks implements store.Store.
func (s *Store) Marks(ctx context.Context, name store.Scope, f func(store.LastUsed) error) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT kind, name, at, region, service FROM last_used WHERE scope = ?", string(name))
		if err != nil {
			return s.readError(err)
		}
		defer rows.Close()
		for rows.Next() {
			m := store.LastUsed{Scope: name}
			var at int64
			if err := rows.Scan(&m.Kind, &m.Name, &at, &m.Region, &m.Service); err != nil {
				return s.readError(err)
			}
			m.Time = time.UnixMilli(at).UTC()
			if err := f(m); err != nil {
				return err
			}
		}
		return s.readError(rows.Err())
	})
}

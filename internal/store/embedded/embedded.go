// Package embedded is a store in one file of this machine: SQLite, written by one goroutine that commits together whatever waits.
//
//	s, err := embedded.Open("data")
//	defer s.Close()
//
// A commit that was acknowledged is on the disk: the write-ahead log is synced for every group. When a sync fails nobody knows what the disk has, so
// nothing is acknowledged from then on until the store is opened again; a full disk is no such failure and passes when there is room.
package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/writ-iam/writ/internal/store"
)

// fileName is the database's name in its folder.
const fileName = "writ.db"

const schema = `
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scope (id TEXT PRIMARY KEY, ver INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, ver INTEGER NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (scope, kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claim (name TEXT PRIMARY KEY, scope TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS change (seq INTEGER NOT NULL, part INTEGER NOT NULL, scope TEXT NOT NULL, ver INTEGER NOT NULL, request TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (seq, part));
CREATE INDEX IF NOT EXISTS change_request ON change (request);
CREATE TABLE IF NOT EXISTS last_used (scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, PRIMARY KEY (scope, kind, name)) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('format', '1'), ('seq', '0'), ('trimmed', '0');
`

// Store is a store in a file.
type Store struct {
	db     *sql.DB
	lock   io.Closer
	file   string
	work   chan *commit
	closed chan struct{}
	done   chan struct{}
	once   sync.Once

	mu  sync.RWMutex
	seq store.Seq // the newest that is durable

	// Only the writing goroutine has these.
	conn     *sql.Conn
	versions map[store.Scope]store.Version
	broken   error
}

// commit is a piece of work for the writing goroutine.
type commit struct {
	request string
	batches []store.Batch
	// do is what else may be to do, in place of batches.
	do  func(context.Context, *sql.Tx) error
	pos store.Pos
	err error
	ok  chan struct{}
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a folder, which is made if it is not there. The error says what to do if another process has it open.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		file: filepath.Join(dir, fileName), lock: lock, work: make(chan *commit, 1024), closed: make(chan struct{}), done: make(chan struct{}),
		versions: make(map[store.Scope]store.Version),
	}
	if err := s.open(); err != nil {
		if s.db != nil {
			s.db.Close()
		}
		lock.Close()
		return nil, fmt.Errorf("store: %s: %w", s.file, err)
	}
	go s.write()
	return s, nil
}

func (s *Store) open() error {
	// SQLite gives its other files the mode of the first.
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	pragmas := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "wal_autocheckpoint(4000)", "cache_size(-8000)"}, "_txlock": {"immediate"}}
	if s.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: s.file}).EscapedPath()+"?"+pragmas.Encode()); err != nil {
		return err
	}
	ctx := context.Background()
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, schema); err != nil {
		return err
	}
	var format string
	if err := s.conn.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'format'").Scan(&format); err != nil {
		return err
	}
	if format != "1" {
		return fmt.Errorf("the database is of format %s, which this version does not know: use the one that made it, or a newer one", format)
	}
	if err := s.conn.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'seq'").Scan(&s.seq); err != nil {
		return err
	}
	rows, err := s.conn.QueryContext(ctx, "SELECT id, ver FROM scope")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id store.Scope
		var v store.Version
		if err := rows.Scan(&id, &v); err != nil {
			return err
		}
		s.versions[id] = v
	}
	return rows.Err()
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	c := &commit{request: request, batches: batches, ok: make(chan struct{})}
	if err := s.submit(ctx, c); err != nil {
		return store.Pos{}, err
	}
	return c.pos, c.err
}

// submit gives work to the writing goroutine and waits for it.
func (s *Store) submit(ctx context.Context, c *commit) error {
	select {
	case s.work <- c:
	case <-s.closed:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.ok:
		return nil
	case <-s.done:
		select {
		case <-c.ok:
			return nil
		default:
			return store.ErrUnknown
		}
	}
}

// maxGroup is how many commits are written together.
const maxGroup = 512

// write is the writing goroutine.
func (s *Store) write() {
	defer close(s.done)
	for {
		select {
		case c := <-s.work:
			s.group(s.waiting(c))
		case <-s.closed:
			for {
				select {
				case c := <-s.work:
					s.group(s.waiting(c))
					continue
				default:
				}
				return
			}
		}
	}
}

func (s *Store) waiting(first *commit) []*commit {
	group := []*commit{first}
	for len(group) < maxGroup {
		select {
		case c := <-s.work:
			group = append(group, c)
			continue
		default:
		}
		break
	}
	return group
}

// group commits what a group of commits asks for, each for itself, in one transaction.
func (s *Store) group(group []*commit) {
	defer func() {
		for _, c := range group {
			close(c.ok)
		}
	}()
	if s.broken != nil {
		for _, c := range group {
			c.err = fmt.Errorf("%w: %v", store.ErrClosed, s.broken)
		}
		return
	}
	ctx := context.Background()
	g := &transaction{store: s, seq: s.seq, versions: make(map[store.Scope]store.Version), requests: make(map[string]store.Pos)}
	var err error
	if g.tx, err = s.conn.BeginTx(ctx, nil); err != nil {
		s.fail(group, err)
		return
	}
	if err = g.all(ctx, group); err != nil {
		_ = g.tx.Rollback()
		s.fail(group, err)
		return
	}
	if err = g.tx.Commit(); err != nil {
		s.fail(group, err)
		return
	}
	for id, v := range g.versions {
		s.versions[id] = v
	}
	s.mu.Lock()
	s.seq = g.seq
	s.mu.Unlock()
}

// fail tells a group that its transaction failed. Where it is not known whether the disk has it, nothing more is committed.
func (s *Store) fail(group []*commit, err error) {
	var e *sqlite.Error
	known := errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL
	if !known {
		s.broken = err
	}
	for _, c := range group {
		if c.err != nil {
			continue // it was refused before
		}
		c.pos = store.Pos{}
		c.err = fmt.Errorf("store: %w", err)
		if !known {
			c.err = fmt.Errorf("%w: %v", store.ErrUnknown, err)
		}
	}
}

// Load implements store.Store.
func (s *Store) Load(ctx context.Context, name store.Scope, f func(store.Record) error) (store.Version, error) {
	// One transaction, so that the records are those of the version.
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, s.readError(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var v store.Version
	err = tx.QueryRowContext(ctx, "SELECT ver FROM scope WHERE id = ?", string(name)).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, s.readError(err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT kind, name, doc FROM record WHERE scope = ?", string(name))
	if err != nil {
		return 0, s.readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r store.Record
		if err := rows.Scan(&r.Kind, &r.Name, &r.Doc); err != nil {
			return 0, s.readError(err)
		}
		if err := f(r); err != nil {
			return 0, err
		}
	}
	return v, s.readError(rows.Err())
}

func (s *Store) readError(err error) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %w", err)
}

// Scopes implements store.Store.
func (s *Store) Scopes(ctx context.Context, f func(store.Scope, store.Version) error) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id, ver FROM scope ORDER BY id")
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
}

// Heads implements store.Store.
func (s *Store) Heads(context.Context) ([]store.Seq, error) {
	select {
	case <-s.closed:
		return nil, store.ErrClosed
	default:
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return []store.Seq{s.seq}, nil
}

// Changes implements store.Store.
func (s *Store) Changes(ctx context.Context, shard int, after store.Seq, n int) ([]store.Change, error) {
	if shard != 0 {
		return nil, fmt.Errorf("store: there is no shard %d", shard)
	}
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, s.readError(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var trimmed store.Seq
	if err := tx.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'trimmed'").Scan(&trimmed); err != nil {
		return nil, s.readError(err)
	}
	if after < trimmed {
		return nil, store.ErrTrimmed
	}
	rows, err := tx.QueryContext(ctx, "SELECT seq, scope, ver, request, body FROM change WHERE seq > ? ORDER BY seq, part LIMIT ?", uint64(after), n)
	if err != nil {
		return nil, s.readError(err)
	}
	defer rows.Close()
	var changes []store.Change
	for rows.Next() {
		var c store.Change
		var body []byte
		if err := rows.Scan(&c.Seq, &c.Scope, &c.Version, &c.Request, &body); err != nil {
			return nil, s.readError(err)
		}
		if err := decodeBody(body, &c); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, s.readError(rows.Err())
}

// Trim implements store.Store.
func (s *Store) Trim(ctx context.Context, shard int, upTo store.Seq) error {
	if shard != 0 {
		return fmt.Errorf("store: there is no shard %d", shard)
	}
	return s.run(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE meta SET v = CAST(MAX(CAST(v AS INTEGER), MIN(?, (SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'seq'))) AS TEXT) WHERE k = 'trimmed'", uint64(upTo)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM change WHERE seq <= ?", uint64(upTo))
		return err
	})
}

// run runs f in the transaction of a group.
func (s *Store) run(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	c := &commit{do: f, ok: make(chan struct{})}
	if err := s.submit(ctx, c); err != nil {
		return err
	}
	return c.err
}

// Touch implements store.Store.
func (s *Store) Touch(ctx context.Context, marks []store.LastUsed) error {
	return s.run(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, m := range marks {
			_, err := tx.ExecContext(ctx, `INSERT INTO last_used VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET at = excluded.at, region = excluded.region, service = excluded.service`,
				string(m.Scope), m.Kind, m.Name, m.Time.UnixMilli(), m.Region, m.Service)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Marks implements store.Store.
func (s *Store) Marks(ctx context.Context, name store.Scope, f func(store.LastUsed) error) error {
	rows, err := s.db.QueryContext(ctx, "SELECT kind, name, at, region, service FROM last_used WHERE scope = ?", string(name))
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
}

// Backup implements store.Store: a database that Open opens, in a folder of its own.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp(filepath.Dir(s.file), "backup-")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, fileName)
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return s.readError(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closed)
		<-s.done
		err = errors.Join(s.conn.Close(), s.db.Close(), s.lock.Close())
	})
	return err
}

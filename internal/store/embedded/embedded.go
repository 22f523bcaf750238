// Package embedded is a store in one file of this machine: SQLite, written by one goroutine that commits together whatever waits.
//
//	s, err := embedded.Open("data")
//	defer s.Close()
//
// A commit that was acknowledged is on the disk: the write-ahead log is synced for every group. When a sync fails nobody knows what the disk has, so
// nothing is acknowledged from then on until the store is opened again; a full disk is no such failure and passes when there is room.
//
// What is read is what was written: every scope, and every commit in the change feed, has a checksum, and a file beside the database says how far it
// had come, so that a database that was damaged, cut off or taken from an older copy is refused (security.md S104, S119).
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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/writ-iam/writ/internal/store"
)

const (
	// fileName is the database's name in its folder.
	fileName = "writ.db"
	// markName is the name of the file that says how far the database had come.
	markName = "writ.db-mark"
	lockName = "lock"
)

const format = "2"

const schema = `
CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scope (id TEXT PRIMARY KEY, ver INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, doc BLOB NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (scope, kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claim (name TEXT PRIMARY KEY, scope TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_scope ON claim (scope);
CREATE TABLE IF NOT EXISTS change (seq INTEGER PRIMARY KEY, request TEXT NOT NULL, body BLOB NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS last_used (scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, PRIMARY KEY (scope, kind, name)) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('format', ` + format + `), ('seq', 0), ('trimmed', 0);
`

// Store is a store in a file.
type Store struct {
	db   *sql.DB
	lock io.Closer
	file string
	mark *os.File

	work   chan *commit
	closed chan struct{}
	done   chan struct{}
	once   sync.Once
	// durable is the newest sequence that is on the disk.
	durable atomic.Uint64

	// Only the writing goroutine has these.
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	heads      map[store.Scope]head
	requests   map[string]store.Seq
	order      []request // the same, from old to new
	sums       sums
	broken     error
	// disk ends a transaction; a test may let it fail.
	disk func(context.Context) error
}

// commit is a piece of work for the writing goroutine.
type commit struct {
	request string
	batches []store.Batch
	// do is what else may be to do, in place of batches.
	do  func(*transaction) error
	pos store.Pos
	err error
	ok  chan struct{}
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a folder, which is made if it is not there. The error says what to do if another process has it open, or if the store is
// damaged.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		file: filepath.Join(dir, fileName), lock: lock, work: make(chan *commit, maxGroup), closed: make(chan struct{}), done: make(chan struct{}),
		statements: make(map[string]*sql.Stmt), heads: make(map[store.Scope]head), requests: make(map[string]store.Seq),
	}
	s.disk = s.commit
	if err := s.open(context.Background(), dir); err != nil {
		s.release()
		if damaged(err) {
			err = fmt.Errorf("%w: %w", store.ErrDamaged, err)
		}
		return nil, fmt.Errorf("store: %s: %w", s.file, err)
	}
	go s.write()
	return s, nil
}

// dataSource is how SQLite opens a file.
func dataSource(file string) string {
	pragmas := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "wal_autocheckpoint(4000)", "cache_size(-8000)"}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + pragmas.Encode()
}

func (s *Store) open(ctx context.Context, dir string) error {
	// Backups that were cut off.
	scratch, err := filepath.Glob(filepath.Join(dir, scratchPrefix+"*"))
	if err != nil {
		return err
	}
	for _, name := range scratch {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	// SQLite gives its other files the mode of the first.
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), syncDir(dir)); err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", dataSource(s.file)); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.load(ctx, dir)
}

func otherFormat(found string) error {
	return fmt.Errorf("the database is of format %s and this version knows format %s: use the version that made it, or a newer one", found, format)
}

// prepare makes the tables, unless they are those of another version.
func (s *Store) prepare(ctx context.Context) error {
	var found string
	err := s.conn.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'format'").Scan(&found)
	switch {
	case err == nil && found != format:
		return otherFormat(found)
	case err != nil && sqliteCode(err) != sqlite3.SQLITE_ERROR: // there is no such table yet
		return err
	}
	_, err = s.conn.ExecContext(ctx, "BEGIN IMMEDIATE;"+schema+"COMMIT")
	return err
}

// load reads what the writing goroutine has in memory.
func (s *Store) load(ctx context.Context, dir string) error {
	var seq store.Seq
	if err := s.conn.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'seq'").Scan(&seq); err != nil {
		return err
	}
	s.durable.Store(uint64(seq))
	scopes, err := s.conn.QueryContext(ctx, "SELECT id, ver, sum FROM scope")
	if err != nil {
		return err
	}
	defer scopes.Close()
	for scopes.Next() {
		var id store.Scope
		var v store.Version
		var sum int64
		if err := scopes.Scan(&id, &v, &sum); err != nil {
			return err
		}
		s.heads[id] = head{v, uint64(sum) - s.sums.head(id, v)}
	}
	if err := scopes.Err(); err != nil {
		return err
	}
	requests, err := s.conn.QueryContext(ctx, "SELECT request, seq FROM change ORDER BY seq DESC LIMIT ?", store.Remembered)
	if err != nil {
		return err
	}
	defer requests.Close()
	for requests.Next() {
		var r request
		if err := requests.Scan(&r.token, &r.seq); err != nil {
			return err
		}
		s.requests[r.token] = r.seq
		s.order = append(s.order, r)
	}
	if err := requests.Err(); err != nil {
		return err
	}
	slices.Reverse(s.order)
	return s.openMark(dir, seq)
}

// openMark opens the file that says how far the database had come, and compares. SQLite takes a log whose end is damaged for one that a crash cut off,
// and goes on without what was there; but whatever the mark says was on the disk.
func (s *Store) openMark(dir string, seq store.Seq) error {
	var err error
	if s.mark, err = os.OpenFile(filepath.Join(dir, markName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	text := make([]byte, markLen)
	if n, err := s.mark.ReadAt(text, 0); n == markLen && (err == nil || errors.Is(err, io.EOF)) {
		// A mark that cannot be read is one that the machine went down at: it says nothing.
		if had, err := strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64); err == nil && store.Seq(had) > seq {
			return fmt.Errorf("%w: commits up to %d were acknowledged, and the database ends with %d. Restore a backup; or remove %s to go on without them",
				store.ErrDamaged, had, seq, s.mark.Name())
		}
	}
	s.noteMark(seq)
	return nil
}

const markLen = 21

// noteMark notes how far the database has come. It is not synced, and nothing depends on its success: an older mark says less.
func (s *Store) noteMark(seq store.Seq) {
	_, _ = s.mark.WriteAt(fmt.Appendf(nil, "%020d\n", seq), 0)
}

// release closes whatever is open.
func (s *Store) release() error {
	var errs []error
	for _, statement := range s.statements {
		errs = append(errs, statement.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.mark != nil {
		errs = append(errs, s.mark.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// Close implements store.Store.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closed)
		<-s.done
		err = s.release()
	})
	return err
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	if err := store.Check(request, batches); err != nil {
		return store.Pos{}, err
	}
	return s.submit(ctx, &commit{request: request, batches: batches, ok: make(chan struct{})})
}

// Trim implements store.Store.
func (s *Store) Trim(ctx context.Context, shard int, upTo store.Seq) error {
	if shard != 0 {
		return fmt.Errorf("store: there is no shard %d", shard)
	}
	for more := true; more; {
		err := s.run(ctx, func(t *transaction) (err error) {
			more, err = t.trim(upTo)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Touch implements store.Store.
func (s *Store) Touch(ctx context.Context, marks []store.LastUsed) error {
	marks = slices.Clone(marks)
	return s.run(ctx, func(t *transaction) error { return t.touch(marks) })
}

// run runs f in the transaction of a group.
func (s *Store) run(ctx context.Context, f func(*transaction) error) error {
	_, err := s.submit(ctx, &commit{do: f, ok: make(chan struct{})})
	return err
}

// submit gives work to the writing goroutine and waits for it.
func (s *Store) submit(ctx context.Context, c *commit) (store.Pos, error) {
	if err := ctx.Err(); err != nil {
		return store.Pos{}, err
	}
	select {
	case <-s.closed:
		return store.Pos{}, store.ErrClosed
	default:
	}
	select {
	case s.work <- c:
	case <-s.closed:
		return store.Pos{}, store.ErrClosed
	case <-ctx.Done():
		return store.Pos{}, ctx.Err()
	}
	select {
	case <-c.ok:
		return c.pos, c.err
	case <-ctx.Done():
		return store.Pos{}, fmt.Errorf("%w: %w", store.ErrUnknown, ctx.Err())
	case <-s.done:
	}
	// The writing goroutine answers all that it takes before it ends.
	select {
	case <-c.ok:
		return c.pos, c.err
	default:
		return store.Pos{}, store.ErrClosed
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
			select {
			case c := <-s.work:
				s.group(s.waiting(c))
			default:
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

// group does what a group of commits asks for, each for itself, in one transaction.
func (s *Store) group(group []*commit) {
	defer func() {
		for _, c := range group {
			close(c.ok)
		}
	}()
	err := s.transact(group)
	if err != nil && s.broken == nil && len(group) > 1 {
		// Nothing was applied. One of them may be to blame, and the others need not suffer.
		for i, c := range group {
			*c = commit{request: c.request, batches: c.batches, do: c.do, ok: c.ok}
			if err := s.transact(group[i : i+1]); err != nil && c.err == nil {
				c.pos, c.err = store.Pos{}, err
			}
		}
		return
	}
	for _, c := range group {
		if err != nil && c.err == nil { // else it was refused before
			c.pos, c.err = store.Pos{}, err
		}
	}
}

// transact is one transaction. Its error is why nothing of it was applied, or ErrUnknown.
func (s *Store) transact(group []*commit) error {
	if s.broken != nil {
		return fmt.Errorf("%w: the disk failed, and the server must be started again: %v", store.ErrClosed, s.broken)
	}
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.failed(err)
	}
	t := &transaction{ctx: ctx, store: s, seq: store.Seq(s.durable.Load()), heads: make(map[store.Scope]head)}
	if err := t.all(group); err != nil {
		s.rollback(ctx)
		return s.failed(err)
	}
	if err := s.disk(ctx); err != nil {
		s.rollback(ctx)
		if sqliteCode(err) == sqlite3.SQLITE_FULL {
			return s.failed(err)
		}
		// Not even SQLite knows what the disk has now.
		s.broken = err
		return fmt.Errorf("%w: %v", store.ErrUnknown, err)
	}
	t.done()
	s.durable.Store(uint64(t.seq))
	s.noteMark(t.seq)
	return nil
}

func (s *Store) commit(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return err
}

// rollback ends a transaction that failed, unless SQLite has done so by itself.
func (s *Store) rollback(ctx context.Context) {
	_, _ = s.conn.ExecContext(ctx, "ROLLBACK")
}

// failed says why a transaction failed of which nothing was applied, and whether that ends all writing.
func (s *Store) failed(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT:
	default:
		s.broken = err
	}
	return fmt.Errorf("store: %w", err)
}

// sqliteCode returns SQLite's primary code of an error, 0 if it is none of SQLite's.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// damaged reports whether an error says that a database is not as SQLite writes them.
func damaged(err error) bool {
	code := sqliteCode(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// inUse is what a second process is told.
func inUse(dir string) error {
	return fmt.Errorf("store: %s is in use by another process: stop it, or choose another folder with --data", dir)
}

// syncDir makes the names of the files in a folder durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such thing
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

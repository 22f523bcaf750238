package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func batch(base store.Version, doc string) store.Batch {
	return store.Batch{Scope: "a", Base: base, Put: []store.Record{{Kind: "k", Name: "x", Doc: []byte(doc)}}}
}

func version(t *testing.T, s *Store) store.Version {
	t.Helper()
	v, err := s.Load(t.Context(), "a", func(store.Record) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNothingIsAcknowledgedAfterAFailedSync: whether the disk has the commit or not, asking again after a restart tells.
func TestNothingIsAcknowledgedAfterAFailedSync(t *testing.T) {
	for _, test := range []struct {
		claim   string
		applied bool
	}{{"the disk has it", true}, {"the disk has it not", false}} {
		t.Run(strings.ReplaceAll(test.claim, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			first, err := s.Commit(t.Context(), "one", batch(0, "1"))
			if err != nil {
				t.Fatal(err)
			}
			s.disk = func(ctx context.Context) error {
				if test.applied {
					if err := s.commit(ctx); err != nil {
						t.Error(err)
					}
				}
				return errors.New("input/output error")
			}
			if _, err := s.Commit(t.Context(), "two", batch(1, "2")); !errors.Is(err, store.ErrUnknown) {
				t.Errorf("the commit that met the failure: %v, want %v", err, store.ErrUnknown)
			}
			s.disk = s.commit // the disk says that all is well again: it is not believed
			if _, err := s.Commit(t.Context(), "two", batch(1, "2")); !errors.Is(err, store.ErrClosed) {
				t.Errorf("a commit after it: %v, want %v", err, store.ErrClosed)
			}
			if _, err := s.Commit(t.Context(), "one", batch(0, "1")); !errors.Is(err, store.ErrClosed) {
				t.Errorf("a token after it: %v, want %v", err, store.ErrClosed)
			}
			if err := s.Touch(t.Context(), []store.LastUsed{{Scope: "a", Time: time.Unix(1, 0)}}); !errors.Is(err, store.ErrClosed) {
				t.Errorf("a mark after it: %v, want %v", err, store.ErrClosed)
			}
			if v := version(t, s); v < 1 {
				t.Errorf("reading ended: version %d", v)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
			pos, err := s.Commit(t.Context(), "two", batch(1, "2"))
			if err != nil || pos.Seq != first.Seq+1 {
				t.Errorf("after a restart: %v, %v", pos, err)
			}
			if v := version(t, s); v != 2 {
				t.Errorf("the version is %d, want 2", v)
			}
		})
	}
}

// TestAFullDiskPasses: SQLite is given no more pages, which it reports as it reports a full disk.
func TestAFullDiskPasses(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil {
		t.Fatal(err)
	}
	pages := func(n int) {
		t.Helper()
		err := s.run(t.Context(), func(*transaction) error { return nil }) // the writing goroutine rests
		if err == nil {
			_, err = s.conn.ExecContext(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", n))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	pages(1) // which means: no more than there are
	big := strings.Repeat("d", 1<<20)
	for i := range 3 {
		_, err := s.Commit(t.Context(), fmt.Sprint("big", i), batch(1, big))
		if err == nil || errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrClosed) || !strings.Contains(err.Error(), "full") {
			t.Fatalf("a commit that has no room: %v", err)
		}
	}
	if v := version(t, s); v != 1 {
		t.Errorf("a commit that had no room was applied: version %d", v)
	}
	// Those that are written together with one that has no room get theirs.
	group := []*commit{
		{request: "small1", batches: []store.Batch{batch(1, "2")}, ok: make(chan struct{})},
		{request: "big", batches: []store.Batch{{Scope: "b", Put: []store.Record{{Doc: []byte(big)}}}}, ok: make(chan struct{})},
		{request: "stale", batches: []store.Batch{batch(1, "no")}, ok: make(chan struct{})},
		{request: "small2", batches: []store.Batch{batch(2, "3")}, ok: make(chan struct{})},
	}
	s.group(group)
	if group[0].err != nil || group[1].err == nil || !errors.As(group[2].err, new(*store.Conflict)) || group[3].err != nil || group[3].pos.Seq != group[0].pos.Seq+1 {
		t.Errorf("written together: %v, %v, %v, %v", group[0].err, group[1].err, group[2].err, group[3].err)
	}
	pages(1 << 30)
	if _, err := s.Commit(t.Context(), "room", batch(3, big)); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	if v := version(t, s); v != 4 {
		t.Errorf("the version is %d, want 4", v)
	}
}

// TestACommitThatOutlivesItsContextIsUnknown: the caller does not wait for a disk that hangs.
func TestACommitThatOutlivesItsContextIsUnknown(t *testing.T) {
	s := open(t, t.TempDir())
	reached, hang := make(chan struct{}), make(chan struct{})
	s.disk = func(ctx context.Context) error { close(reached); <-hang; return s.commit(ctx) }
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := s.Commit(ctx, "one", batch(0, "1")); !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, store.ErrUnknown)
		}
	})
	<-reached
	cancel()
	group.Wait()
	close(hang)
	if err := s.run(t.Context(), func(*transaction) error { s.disk = s.commit; return nil }); err != nil {
		t.Fatal(err)
	}
	if pos, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil || pos.Seq != 1 || version(t, s) != 1 {
		t.Errorf("asked again: %v, %v", pos, err)
	}
}

// TestTokensAreRememberedAndThenForgotten, and with them go the last traces of their commits.
func TestTokensAreRememberedAndThenForgotten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var group sync.WaitGroup
	const clients, each = 64, 2*store.Remembered/64 + 2
	for c := range clients {
		group.Go(func() {
			for i := range store.Version(each) {
				if _, err := s.Commit(t.Context(), fmt.Sprint(c, "/", i), store.Batch{Scope: store.Scope(fmt.Sprint(c)), Base: i, Put: []store.Record{{Doc: []byte("d")}}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	const all = clients * each
	count := func(where string) (n int) {
		t.Helper()
		if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM change WHERE "+where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("length(body) > 0"); n != all {
		t.Errorf("before anything was let go of, %d commits of %d are there", n, all)
	}
	if err := s.Trim(t.Context(), 0, all-5); err != nil {
		t.Fatal(err)
	}
	if n := count("length(body) > 0"); n != 5 {
		t.Errorf("%d commits have their bodies, want 5", n)
	}
	if n := count("true"); n != store.Remembered {
		t.Errorf("%d commits are remembered, want %d", n, store.Remembered)
	}
	if n := len(s.requests); n < store.Remembered || n > 2*store.Remembered || n != len(s.order) {
		t.Errorf("%d tokens in memory, %d in order", n, len(s.order))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if len(s.requests) != store.Remembered || s.order[len(s.order)-1].seq != all || s.order[0].seq != all-store.Remembered+1 {
		t.Errorf("after reopening %d tokens, from %d to %d", len(s.requests), s.order[0].seq, s.order[len(s.order)-1].seq)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if _, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	if err := Restore(t.Context(), restored, strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	open(t, restored)
	for _, dir := range []string{dir, restored} {
		seen := 0
		err := filepath.Walk(dir, func(name string, info os.FileInfo, err error) error {
			if err != nil {
				return err
			}
			seen++
			want := os.FileMode(0o600)
			if info.IsDir() {
				want = 0o700
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
			return nil
		})
		if err != nil || seen != 6 { // the folder, database, log, index of the log, mark and lock
			t.Errorf("%d files in %s, want 6; %v", seen, dir, err)
		}
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second Open: %v", err)
	}
	if err := Restore(t.Context(), dir, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("Restore: %v", err)
	}
	if _, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil {
		t.Errorf("the first is disturbed: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestAnotherFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.conn.ExecContext(t.Context(), "UPDATE meta SET v = 3 WHERE k = 'format'"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "format 3") {
		t.Errorf("a newer format: %v", err)
	}
}

func TestRestoreLeavesAStoreAlone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := errors.Join(s.Backup(t.Context(), &b), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), dir, strings.NewReader(b.String())); err == nil || !strings.Contains(err.Error(), "there is a store") {
		t.Errorf("Restore: %v", err)
	}
	if v := version(t, open(t, dir)); v != 1 {
		t.Errorf("the store is at %d", v)
	}
}

// TestAStoreInUseIsBackedUpFromOutside while it is written to: each backup is the store as it was at one moment, no older than what was acknowledged before, and the
// writer is not disturbed.
func TestAStoreInUseIsBackedUpFromOutside(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var acknowledged atomic.Int64
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			b := store.Batch{Scope: "account/1", Base: store.Version(i), Put: []store.Record{{Kind: "user", Name: strconv.Itoa(i), Doc: []byte("{}")}}}
			if _, err := s.Commit(t.Context(), strconv.Itoa(i), b); err != nil {
				t.Error(err)
				return
			}
			acknowledged.Store(int64(i + 1))
		}
	})
	for range 5 {
		// Each begins behind a commit that the one before it may not have.
		for before := acknowledged.Load(); acknowledged.Load() == before && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		before := store.Version(acknowledged.Load())
		var b bytes.Buffer
		if err := Backup(t.Context(), dir, &b); err != nil {
			t.Fatal(err)
		}
		restored := t.TempDir()
		if err := Restore(t.Context(), restored, &b); err != nil {
			t.Fatal(err)
		}
		r := open(t, restored)
		records := 0
		v, err := r.Load(t.Context(), "account/1", func(store.Record) error { records++; return nil })
		if err != nil || records != int(v) || v < before {
			t.Errorf("a backup at version %d has %d records; %d had been acknowledged; %v", v, records, before, err)
		}
	}
	close(stop)
	writer.Wait()
	if left, err := filepath.Glob(filepath.Join(dir, scratchPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := Backup(t.Context(), t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), "there is no store in") {
		t.Errorf("of a folder without a store: %v", err)
	}
}

// TestWhatABackupLeftBehindIsClearedAway, if the process died while it made one.
func TestWhatABackupLeftBehindIsClearedAway(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, scratchPrefix+"1")
	if err := errors.Join(os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, fileName), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there still: %v", err)
	}
}

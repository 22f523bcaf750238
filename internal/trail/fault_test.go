package trail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
)

var testKey = []byte("the key of these tests' trails..")

// faulty is a folder whose operations may fail.
type faulty struct {
	folder
	mu sync.Mutex
	// fail is asked before each operation. With short, a write that fails has written half.
	fail  func(operation, name string) error
	short bool
	// unsynced are the files that were written to since they were last synced.
	unsynced map[string]bool
	ahead    bool
}

func (d *faulty) check(operation, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		if err := d.fail(operation, name); err != nil {
			return err
		}
	}
	if d.unsynced == nil {
		d.unsynced = make(map[string]bool)
	}
	switch operation {
	case "write":
		d.unsynced[name] = true
	case "sync", "remove":
		delete(d.unsynced, name)
	case "replace":
		d.ahead = d.ahead || len(d.unsynced) > 0
	}
	return nil
}

func (d *faulty) set(fail func(operation, name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

func (d *faulty) create(name string) (file, error) {
	if err := d.check("create", name); err != nil {
		return nil, err
	}
	f, err := d.folder.create(name)
	return &faultyFile{f, d, name}, err
}

func (d *faulty) open(name string) (file, error) {
	f, err := d.folder.open(name)
	return &faultyFile{f, d, name}, err
}

func (d *faulty) remove(name string) error {
	if err := d.check("remove", name); err != nil {
		return err
	}
	return d.folder.remove(name)
}

func (d *faulty) replace(name string, text []byte) error {
	if err := d.check("replace", name); err != nil {
		return err
	}
	// Without syncing, which takes long and changes nothing here.
	temporary := d.path(name + ".new")
	return errors.Join(os.WriteFile(temporary, text, 0o600), os.Rename(temporary, d.path(name)))
}

func (d *faulty) sync() error { return d.check("sync folder", "") }

type faultyFile struct {
	file
	disk *faulty
	name string
}

func (f *faultyFile) WriteAt(b []byte, at int64) (int, error) {
	if err := f.disk.check("write", f.name); err != nil {
		if !f.disk.short {
			return 0, err
		}
		n, _ := f.file.WriteAt(b[:len(b)/2], at)
		return n, err
	}
	return f.file.WriteAt(b, at)
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.disk.check("truncate", f.name); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Sync() error { return f.disk.check("sync", f.name) }

// openFaulty opens a trail that syncs only when it is told to.
func openFaulty(t *testing.T, d *faulty, o Options) *Log {
	t.Helper()
	o.Sync = time.Hour
	l, err := openOn(d, string(d.folder), testKey, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func events(t *testing.T, dir folder) []string {
	t.Helper()
	var all []string
	if err := Read(string(dir), testKey, func(e []byte) error { all = append(all, string(e)); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// tidy looks whether segments are whole lines, and whether the mark was ever ahead of what is on the disk.
func tidy(t *testing.T, d *faulty) {
	t.Helper()
	segments, err := Segments(string(d.folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range segments {
		if b, err := os.ReadFile(d.path(name)); err != nil || len(b) == 0 || b[len(b)-1] != '\n' {
			t.Errorf("%s is %q: %v", name, b, err)
		}
	}
	if d.ahead {
		t.Error("the mark was ahead of what is on the disk")
	}
}

func text(n int) []byte { return fmt.Appendf(nil, `{"n":%d}`, n) }

// TestS118_AFullDiskIsToldAndPasses: whoever waits is told, whoever does not is told the next time, and what was taken is written when there is room.
func TestS118_AFullDiskIsToldAndPasses(t *testing.T) {
	for _, short := range []bool{false, true} {
		for _, stuck := range []bool{false, true} { // what was half written cannot be taken away either
			d := &faulty{folder: folder(t.TempDir()), short: short}
			l := openFaulty(t, d, Options{})
			ctx := t.Context()
			if err := l.Append(ctx, text(0), true); err != nil {
				t.Fatal(err)
			}
			d.set(func(operation, _ string) error {
				if operation == "write" || stuck && operation == "truncate" {
					return syscall.ENOSPC
				}
				return nil
			})
			if err := l.Append(ctx, text(1), false); err != nil { // taken: it is not known yet
				t.Errorf("the first: %v", err)
			}
			for range 3 {
				if err := l.Append(ctx, text(2), true); !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("one that waits: %v", err)
				}
				if err := l.Append(ctx, []byte(`{"much":"`+fmt.Sprintf("%0500d", 0)+`"}`), false); !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("one that does not wait, after a failure: %v", err)
				}
				if l.Err() == nil {
					t.Error("the log says that all is well")
				}
			}
			d.set(nil)
			if err := l.Append(ctx, text(3), true); err != nil || l.Err() != nil {
				t.Errorf("when there is room: %v, %v", err, l.Err())
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if got, want := events(t, d.folder), []string{`{"n":0}`, `{"n":1}`, `{"n":3}`}; !slices.Equal(got, want) {
				t.Errorf("the trail has %q, want %q", got, want)
			}
			tidy(t, d)
		}
	}
}

// TestS118_NothingIsWrittenAfterAFailedSync: nobody knows what the disk has, and it would not say it again.
func TestS118_NothingIsWrittenAfterAFailedSync(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l, err := openOn(d, string(d.folder), testKey, Options{Sync: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	d.set(func(operation, _ string) (err error) {
		if operation == "sync" {
			once.Do(func() { err = syscall.EIO })
		}
		return err
	})
	if err := l.Append(t.Context(), text(0), true); err != nil {
		t.Error(err)
	}
	for l.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	for range 3 {
		for _, wait := range []bool{true, false} {
			if err := l.Append(t.Context(), text(1), wait); !errors.Is(err, syscall.EIO) {
				t.Errorf("after a failed sync: %v", err)
			}
		}
	}
	s := memory.New()
	if _, err := s.Commit(t.Context(), "one", store.Batch{Scope: "a", Events: [][]byte{text(2)}}); err != nil {
		t.Fatal(err)
	}
	if err := l.CatchUp(t.Context(), s); !errors.Is(err, syscall.EIO) {
		t.Errorf("after a failed sync the feed is taken: %v", err)
	}
	if err := l.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close: %v", err)
	}
	again, err := Open(string(d.folder), testKey, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.CatchUp(t.Context(), s), again.Append(t.Context(), text(3), true), again.Close()); err != nil {
		t.Error(err)
	}
	if got, want := events(t, d.folder), []string{`{"n":0}`, `{"n":2}`, `{"n":3}`}; !slices.Equal(got, want) {
		t.Errorf("the trail has %q, want %q", got, want)
	}
}

// TestEventsOfCommitsAreThereOnceWhateverFails lets each operation on the disk fail in turn, once or from then on, whole or by half, while a trail of
// small segments takes events from a feed and others, and sometimes lets the machine die there. In the end each event of a commit is there once, in the
// order of commits, and each other event that was acknowledged.
func TestEventsOfCommitsAreThereOnceWhateverFails(t *testing.T) {
	const commits = 8
	operations := 0
	run := func(t *testing.T, at int, fails int, short, dies bool) {
		d := &faulty{folder: folder(t.TempDir()), short: short}
		s := memory.New()
		var acknowledged, tried, fed []string
		steps := 0
		d.set(func(operation, name string) error {
			if steps++; steps > at && steps <= at+fails {
				return fmt.Errorf("%s %s: %w", operation, name, syscall.ENOSPC)
			}
			return nil
		})
		o := Options{SegmentSize: 350, Sync: time.Hour, Log: slog.New(slog.DiscardHandler)}
		l, err := openOn(d, string(d.folder), testKey, o)
		if err != nil {
			d.set(nil) // somebody has made room
			if l, err = openOn(d, string(d.folder), testKey, o); err != nil {
				t.Fatalf("operation %d: %v", at, err)
			}
		}
		for i := range commits {
			var b store.Batch
			b.Scope, b.Base = "a", store.Version(i)
			for part := range i % 3 {
				e := fmt.Sprintf(`{"commit":%d,"part":%d}`, i, part)
				fed = append(fed, e)
				b.Events = append(b.Events, []byte(e))
			}
			second := fmt.Sprintf(`{"commit":%d,"scope":"b"}`, i)
			fed = append(fed, second)
			if _, err := s.Commit(t.Context(), fmt.Sprint(i), b, store.Batch{Scope: "b", Base: b.Base, Events: [][]byte{[]byte(second)}}); err != nil {
				t.Fatal(err)
			}
			failed := l.CatchUp(t.Context(), s) != nil
			e := fmt.Sprintf(`{"other":%d}`, i)
			tried = append(tried, e)
			if err := l.Append(t.Context(), []byte(e), true); err == nil {
				acknowledged = append(acknowledged, e)
			} else {
				failed = true
			}
			if failed && dies {
				// The process dies: nothing more is done to the disk, and another goes on.
				d.set(func(string, string) error { return syscall.EIO })
				l.Close()
				d.set(nil)
				if l, err = openOn(d, string(d.folder), testKey, o); err != nil {
					t.Fatalf("operation %d, after a crash: %v", at, err)
				}
				dies = false
			}
		}
		d.set(nil)
		// Only a sync that failed ends it until it is opened again.
		err = l.CatchUp(t.Context(), s)
		if closed := l.Close(); l.failed == nil && (err != nil || closed != nil) {
			t.Errorf("operation %d fails %d times: it does not recover: %v, %v", at, fails, err, closed)
		}
		if l, err = openOn(d, string(d.folder), testKey, o); err != nil {
			t.Fatalf("operation %d, in the end: %v", at, err)
		}
		if err := errors.Join(l.CatchUp(t.Context(), s), l.Close()); err != nil {
			t.Errorf("operation %d, in the end: %v", at, err)
		}
		tidy(t, d)
		var gotFed, gotOther []string
		for _, e := range events(t, d.folder) {
			if slices.Contains(tried, e) {
				gotOther = append(gotOther, e)
			} else {
				gotFed = append(gotFed, e)
			}
		}
		if !slices.Equal(gotFed, fed) {
			t.Errorf("operation %d fails %d times: the trail has of commits\n%q, want\n%q", at, fails, gotFed, fed)
		}
		for _, e := range acknowledged {
			if n := len(slices.DeleteFunc(slices.Clone(gotOther), func(x string) bool { return x != e })); n != 1 {
				t.Errorf("operation %d fails %d times: the trail has %s %d times", at, fails, e, n)
			}
		}
		if at >= 1<<30 {
			operations = steps
			if len(acknowledged) != commits {
				t.Errorf("nothing failed, and %d events were acknowledged", len(acknowledged))
			}
		}
	}
	run(t, 1<<30, 0, false, false)
	if operations < 40 {
		t.Fatalf("only %d operations: the test is idle", operations)
	}
	for at := range operations {
		for _, fails := range []int{1, 2, 5} {
			for _, dies := range []bool{false, true} {
				run(t, at, fails, (at+fails)%2 == 0, dies)
			}
		}
	}
}

// TestWhatNobodyWaitsForIsWrittenWithoutAnotherEvent, when there is room again.
func TestWhatNobodyWaitsForIsWrittenWithoutAnotherEvent(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l, err := openOn(d, string(d.folder), testKey, Options{Sync: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d.set(func(operation, _ string) error {
		if operation == "write" {
			return syscall.ENOSPC
		}
		return nil
	})
	if err := l.Append(t.Context(), text(0), false); err != nil {
		t.Fatal(err)
	}
	for l.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	d.set(nil)
	for len(events(t, d.folder)) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// TestAMarkThatCouldNotBeWrittenIsTriedAgain, so that the end is marked when the trail is closed.
func TestAMarkThatCouldNotBeWrittenIsTriedAgain(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l, err := openOn(d, string(d.folder), testKey, Options{Sync: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan struct{})
	var once sync.Once
	d.set(func(operation, _ string) (err error) {
		if operation == "replace" {
			once.Do(func() { close(failed); err = syscall.ENOSPC })
		}
		return err
	})
	if err := l.Append(t.Context(), text(0), true); err != nil {
		t.Fatal(err)
	}
	<-failed
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := readMark(string(d.folder), newChainer(testKey))
	if err != nil || m.Last != string(l.segment.last) {
		t.Errorf("the mark is %+v, %v; the last line's code is %s", m, err, l.segment.last)
	}
}

// TestAHangingDiskHoldsNobodyForever: whoever has a deadline leaves at it, whether the event waits to be written or for room in the queue.
func TestAHangingDiskHoldsNobodyForever(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l := openFaulty(t, d, Options{})
	hang, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.set(func(operation, _ string) error {
		once.Do(func() { close(reached) })
		<-hang
		return nil
	})
	if err := l.Append(t.Context(), text(0), false); err != nil {
		t.Fatal(err)
	}
	<-reached
	ended, end := context.WithCancel(t.Context())
	end()
	if err := l.Append(ended, text(0), true); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting to be written: %v, want %v", err, context.Canceled)
	}
	for i := range maxQueue - 1 {
		if err := l.Append(t.Context(), text(i), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Append(ended, text(1), false); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for room: %v, want %v", err, context.Canceled)
	}
	close(hang)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if n := len(events(t, d.folder)); n != maxQueue+1 {
		t.Errorf("%d events, want %d", n, maxQueue+1)
	}
}

// TestSegmentsAreSealedByAge with a clock that is moved by hand.
func TestSegmentsAreSealedByAge(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	l, err := Open(dir, testKey, Options{Sync: time.Millisecond, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	segments := func() int {
		t.Helper()
		names, err := Segments(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	var want []string
	for day := range 4 {
		e := fmt.Sprintf(`{"day":%d}`, day)
		want = append(want, e)
		if err := l.Append(t.Context(), []byte(e), true); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		now = now.Add(24 * time.Hour)
		mu.Unlock()
		for segments() < day+2 {
			time.Sleep(time.Millisecond)
		}
	}
	// A segment without an event is not sealed, however old.
	mu.Lock()
	now = now.Add(24 * time.Hour)
	mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	if n := segments(); n != 5 {
		t.Errorf("%d segments, want 5", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for from, events := range map[string][]string{
		"2000-01-01T00:00:00Z": want, "2026-03-01T00:00:00Z": want, "2026-03-02T00:00:00Z": want, "2026-03-02T01:00:00Z": want[1:],
		"2026-03-03T12:00:00Z": want[2:], "2026-03-04T12:00:00Z": want[3:], "2030-01-01T00:00:00Z": nil,
	} {
		at, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := Since(dir, testKey, at, func(e []byte) error { got = append(got, string(e)); return nil }); err != nil {
			t.Errorf("since %s: %v", from, err)
		}
		if !slices.Equal(got, events) {
			t.Errorf("since %s: %q, want %q", from, got, events)
		}
	}
}

// TestTheTrailAndTheStoreBelongTogether: each shows when the other is an older copy or has lost its end.
func TestTheTrailAndTheStoreBelongTogether(t *testing.T) {
	commit := func(s store.Store, n int) {
		t.Helper()
		for i := range n {
			if _, err := s.Commit(t.Context(), fmt.Sprint(i), store.Batch{Scope: "a", Base: store.Version(i), Events: [][]byte{text(i)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, older := memory.New(), memory.New()
	commit(s, 5)
	commit(older, 3)
	dir := folder(t.TempDir())
	follow := func(s store.Store) error {
		t.Helper()
		l, err := Open(string(dir), testKey, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.CatchUp(t.Context(), s)
	}
	if err := follow(s); err != nil {
		t.Fatal(err)
	}
	if err := follow(older); !errors.Is(err, ErrDamaged) {
		t.Errorf("with an older store: %v", err)
	}
	ahead := memory.New()
	commit(ahead, 9)
	if err := ahead.Trim(t.Context(), 0, 7); err != nil {
		t.Fatal(err)
	}
	if err := follow(ahead); !errors.Is(err, ErrDamaged) {
		t.Errorf("with a store that was told that the trail has more: %v", err)
	}
	if got := events(t, dir); len(got) != 5 {
		t.Errorf("the trail has %q", got)
	}
	// In an empty folder a trail begins anew: a store was restored on another machine.
	dir = folder(t.TempDir())
	if err := follow(ahead); err != nil {
		t.Errorf("anew: %v", err)
	}
	if got, want := events(t, dir), []string{`{"n":7}`, `{"n":8}`}; !slices.Equal(got, want) {
		t.Errorf("anew: %q, want %q", got, want)
	}
}

// TestWhatIsNoEventIsRefused: it would be a line of its own, or two events.
func TestWhatIsNoEventIsRefused(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l := openFaulty(t, d, Options{})
	for _, e := range []string{"{}\n", "{\x1e}", "\x00", string(make([]byte, maxEvent+1))} {
		if err := l.Append(t.Context(), []byte(e), true); err == nil {
			t.Errorf("%.10q is taken", e)
		}
	}
	// A commit cannot be refused any more.
	s := memory.New()
	hostile := "{\"a\":1}\n" + "AAAAAAAAAAAAAAAAAAAAAAAA E 0:9 {}\n\x1e\x00"
	if _, err := s.Commit(t.Context(), "one", store.Batch{Scope: "a", Events: [][]byte{[]byte(hostile), text(1)}}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.CatchUp(t.Context(), s), l.Close()); err != nil {
		t.Fatal(err)
	}
	if got, want := events(t, d.folder), []string{`{"a":1} AAAAAAAAAAAAAAAAAAAAAAAA E 0:9 {}   `, `{"n":1}`}; !slices.Equal(got, want) {
		t.Errorf("the trail has %q, want %q", got, want)
	}
}

// TestACancelledCatchUpTakesNothingTwice: what it put into the queue is waited for all the same.
func TestACancelledCatchUpTakesNothingTwice(t *testing.T) {
	d := &faulty{folder: folder(t.TempDir())}
	l := openFaulty(t, d, Options{})
	s := memory.New()
	if _, err := s.Commit(t.Context(), "one", store.Batch{Scope: "a", Events: [][]byte{text(0)}}); err != nil {
		t.Fatal(err)
	}
	hang, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.set(func(string, string) error {
		once.Do(func() { close(reached) })
		<-hang
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		_ = l.CatchUp(ctx, s)
		if err := l.CatchUp(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
	<-reached
	cancel()
	time.Sleep(5 * time.Millisecond) // so that a mistake would show; it is right however long it takes
	close(hang)
	group.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := events(t, d.folder); !slices.Equal(got, []string{`{"n":0}`}) {
		t.Errorf("the trail has %q", got)
	}
}

// FuzzRead reads whatever may stand in a segment: no panic, no event that was not written, and no way to make a code without the key.
func FuzzRead(f *testing.F) {
	dir := folder(f.TempDir())
	l, err := Open(string(dir), testKey, Options{Sync: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	written := map[string]bool{}
	for i := range 3 {
		written[string(text(i))] = true
		if err := l.Append(f.Context(), text(i), true); err != nil {
			f.Fatal(err)
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(string(dir), name))
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	mark := read(markName)
	f.Add(read(segmentName(0)), mark)
	if err := l.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(read(segmentName(0)), mark)
	f.Add(read(segmentName(0)), read(markName))
	f.Add([]byte("AAAAAAAAAAAAAAAAAAAAAAAA H {\"segment\":0,\"previous\":\"........................\"}\n"), []byte{})
	scratch := f.TempDir()
	f.Fuzz(func(t *testing.T, segment, mark []byte) {
		for name, text := range map[string][]byte{segmentName(0): segment, markName: mark} {
			if err := os.WriteFile(filepath.Join(scratch, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		err := Read(scratch, testKey, func(e []byte) error {
			if n++; !written[string(e)] || n > len(written) {
				t.Errorf("event %q", e)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%v, want %v", err, ErrDamaged)
		}
	})
}

package trail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/internal/trail"
)

var key = []byte("the key of these tests' trails..")

// open opens a trail that is closed when the test ends.
func open(t *testing.T, dir string, o trail.Options) *trail.Log {
	t.Helper()
	l, err := trail.Open(dir, key, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// read returns the events of a trail.
func read(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	if err := trail.Read(dir, key, func(e []byte) error { all = append(all, string(e)); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// fill writes n events into a trail of small segments.
func fill(t *testing.T, dir string, n int) []string {
	t.Helper()
	l := open(t, dir, trail.Options{SegmentSize: 500})
	var want []string
	for i := range n {
		e := fmt.Sprintf(`{"n":%d,"text":"é \u001e"}`, i)
		want = append(want, e)
		if err := l.Append(t.Context(), []byte(e), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return want
}

func TestWhatWasAppendedIsRead(t *testing.T) {
	dir := t.TempDir()
	want := fill(t, dir, 50)
	if got := read(t, dir); !slices.Equal(got, want) {
		t.Errorf("read %q", got)
	}
	if segments, _ := trail.Segments(dir); len(segments) < 2 {
		t.Errorf("only %d segments: the test is idle", len(segments))
	}
	// It goes on where it ended.
	l := open(t, dir, trail.Options{SegmentSize: 500})
	if err := l.Append(t.Context(), []byte(`{"again":true}`), true); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir); !slices.Equal(got, append(want, `{"again":true}`)) {
		t.Errorf("read %q", got)
	}
	for _, name := range []string{"", "0000000000000000.trail"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 && name != "" {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestEventsOfManyArriveWhole(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, trail.Options{SegmentSize: 20000})
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			for i := range 500 {
				if err := l.Append(t.Context(), fmt.Appendf(nil, `{"g":%d,"i":%d}`, g, i), i%50 == 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got := read(t, dir)
	next := make([]int, 16)
	for _, e := range got {
		var g, i int
		if _, err := fmt.Sscanf(e, `{"g":%d,"i":%d}`, &g, &i); err != nil || i != next[g] {
			t.Fatalf("%s is out of order: %v", e, err)
		}
		next[g]++
	}
	if len(got) != 16*500 {
		t.Errorf("%d events", len(got))
	}
}

// files returns the files of a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]byte)
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// lay makes a folder of files.
func lay(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestS118_EveryChangeOfTheTrailShows changes every byte of a trail of several segments, takes out each line, swaps each two lines, cuts each file
// anywhere, and takes files away.
func TestS118_EveryChangeOfTheTrailShows(t *testing.T) {
	written := t.TempDir()
	fill(t, written, 16)
	whole := files(t, written)
	if len(whole) < 4 {
		t.Fatalf("%d files: the test is idle", len(whole))
	}
	dir := lay(t, whole)
	// damaged puts a text in place of a file's, or takes it away, looks, and puts it back.
	damaged := func(what, name string, text []byte) {
		t.Helper()
		file := filepath.Join(dir, name)
		err := os.Remove(file)
		if text != nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		if err := trail.Read(dir, key, func([]byte) error { seen++; return nil }); !errors.Is(err, trail.ErrDamaged) {
			t.Errorf("%s, %s: %d events are read, and the error is %v", name, what, seen, err)
		}
		if err := os.WriteFile(file, whole[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names := slices.Sorted(maps.Keys(whole))
	for _, name := range names {
		text := whole[name]
		for i := range text {
			changed := slices.Clone(text)
			changed[i] ^= 1 << (i % 8)
			damaged(fmt.Sprintf("byte %d changed", i), name, changed)
			damaged(fmt.Sprintf("cut to %d bytes", i), name, text[:i:i])
			if i%7 == 0 {
				changed[i] = 0
				damaged(fmt.Sprintf("byte %d zero", i), name, changed)
			}
		}
		lines := slices.Collect(strings.Lines(string(text)))
		for i := range lines {
			damaged(fmt.Sprintf("without line %d", i), name, []byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")))
			for _, kind := range "HESM" {
				if other := lines[i][:25] + string(kind) + lines[i][26:]; other != lines[i] {
					damaged(fmt.Sprintf("line %d of kind %c", i, kind), name, []byte(strings.Join(slices.Replace(slices.Clone(lines), i, i+1, other), "")))
				}
			}
			damaged(fmt.Sprintf("line %d twice", i), name, []byte(strings.Join(slices.Insert(slices.Clone(lines), i, lines[i]), "")))
			if i > 0 {
				swapped := slices.Clone(lines)
				swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
				damaged(fmt.Sprintf("lines %d and %d swapped", i-1, i), name, []byte(strings.Join(swapped, "")))
			}
		}
		damaged("taken away", name, nil)
		for _, other := range names {
			if other != name {
				damaged("with the text of "+other, name, whole[other])
			}
		}
	}
	read(t, dir)
	for n := 1; n < len(names); n++ {
		less := maps.Clone(whole)
		for _, name := range names[n:] {
			delete(less, name)
		}
		short := lay(t, less)
		if err := trail.Read(short, key, func([]byte) error { return nil }); !errors.Is(err, trail.ErrDamaged) {
			t.Errorf("without the segments from %s on: %v", names[n], err)
		}
		if _, err := trail.Open(short, key, trail.Options{}); !errors.Is(err, trail.ErrDamaged) {
			t.Errorf("opened without the segments from %s on: %v", names[n], err)
		}
	}
	if err := trail.Read(dir, []byte("another key"), func([]byte) error { return nil }); !errors.Is(err, trail.ErrDamaged) {
		t.Errorf("with another key: %v", err)
	}
}

// TestS118_ADamagedEndIsNotWrittenTo: Open reads the newest segment and the mark, and refuses what it finds changed.
func TestS118_ADamagedEndIsNotWrittenTo(t *testing.T) {
	written := t.TempDir()
	fill(t, written, 16)
	l := open(t, written, trail.Options{})
	for i := range 3 {
		if err := l.Append(t.Context(), fmt.Appendf(nil, `{"newest":%d}`, i), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	whole := files(t, written)
	names := slices.Sorted(maps.Keys(whole))
	for _, name := range []string{names[0], names[len(names)-1]} {
		text := whole[name]
		for i := range text {
			for what, changed := range map[string][]byte{"changed": slices.Clone(text), "cut": text[:i:i]} {
				if what == "changed" {
					changed[i] ^= 1 << (i % 8)
				}
				fs := maps.Clone(whole)
				fs[name] = changed
				if l, err := trail.Open(lay(t, fs), key, trail.Options{}); !errors.Is(err, trail.ErrDamaged) {
					t.Errorf("%s %s at %d: %v", name, what, i, err)
					l.Close()
				}
			}
		}
	}
	delete(whole, names[0])
	if _, err := trail.Open(lay(t, whole), key, trail.Options{}); !errors.Is(err, trail.ErrDamaged) {
		t.Errorf("without the mark: %v", err)
	}
}

// crashed returns the files of a trail that was written to and not closed: three events, of which the disk may have lost any.
func crashed(t *testing.T) (all map[string][]byte, segment string) {
	t.Helper()
	dir := t.TempDir()
	l := open(t, dir, trail.Options{Sync: time.Hour})
	for i := range 3 {
		if err := l.Append(t.Context(), fmt.Appendf(nil, `{"n":%d}`, i), true); err != nil {
			t.Fatal(err)
		}
	}
	return files(t, dir), "0000000000000000.trail"
}

// TestWhatACrashCutOffIsTakenAway cuts the end that was not marked at every byte, as a crash may: the lines before are there, and it goes on.
func TestWhatACrashCutOffIsTakenAway(t *testing.T) {
	all, segment := crashed(t)
	whole := string(all[segment])
	header := strings.Index(whole, "\n") + 1
	for _, rest := range []string{"", "\x00\x00\x00", "\x00\n\x00" + strings.Repeat("much more than comes next\n", 9)} {
		for cut := header; cut <= len(whole); cut++ {
			if rest != "" && cut%7 != 0 && whole[cut-1] != '\n' {
				continue
			}
			all[segment] = []byte(whole[:cut] + rest)
			dir := lay(t, all)
			var want []string
			for i := range strings.Count(whole[header:cut], "\n") {
				want = append(want, fmt.Sprintf(`{"n":%d}`, i))
			}
			if got := read(t, dir); !slices.Equal(got, want) {
				t.Fatalf("cut at %d: %q is read", cut, got)
			}
			l := open(t, dir, trail.Options{})
			if err := errors.Join(l.Append(t.Context(), []byte(`{"after":true}`), true), l.Close()); err != nil {
				t.Fatal(err)
			}
			if got := read(t, dir); !slices.Equal(got, append(want, `{"after":true}`)) {
				t.Fatalf("cut at %d: %q", cut, got)
			}
			if left := files(t, dir)[segment]; strings.Count(string(left), "\n") != len(want)+2 || left[len(left)-1] != '\n' {
				t.Fatalf("cut at %d: the segment is %q", cut, left)
			}
		}
	}
	// What no crash leaves behind is refused there too: lines that are whole and do not fit.
	for i := header; i < len(whole)-1; i++ {
		changed := []byte(whole)
		changed[i] ^= 1
		if changed[i] == '\n' || whole[i] == '\n' {
			continue
		}
		all[segment] = changed
		if err := trail.Read(lay(t, all), key, func([]byte) error { return nil }); !errors.Is(err, trail.ErrDamaged) {
			t.Errorf("changed at %d: %v", i, err)
		}
	}
}

// TestACrashWhenTheTrailIsBegun leaves an empty file, or a part of a header.
func TestACrashWhenTheTrailIsBegun(t *testing.T) {
	first, segment := crashed(t)
	header := strings.Index(string(first[segment]), "\n")
	for cut := 0; cut <= header; cut += 3 {
		dir := lay(t, map[string][]byte{segment: first[segment][:cut]}) // there is no mark yet
		open(t, dir, trail.Options{}).Close()
		if got := read(t, dir); len(got) != 0 {
			t.Fatalf("cut at %d: %q", cut, got)
		}
	}
}

// TestEventsOfCommitsAreThereOnce follows a store, dies at any moment (the folder is copied while it is written to), and follows again from the copy.
func TestEventsOfCommitsAreThereOnce(t *testing.T) {
	dir, s := t.TempDir(), memory.New()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	l := open(t, dir, trail.Options{SegmentSize: 2000, Sync: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { l.Follow(ctx, s, quiet) })
	var want []string
	copies := t.TempDir()
	for i := range 300 {
		b := store.Batch{Scope: "x", Base: store.Version(i)}
		for part := range i % 3 {
			e := fmt.Sprintf(`{"i":%d,"part":%d}`, i, part)
			b.Events = append(b.Events, []byte(e))
			want = append(want, e)
		}
		if _, err := s.Commit(t.Context(), fmt.Sprint(i), b); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			// A file may be renamed while the folder is read; then it is copied anew.
			to := filepath.Join(copies, fmt.Sprint(i))
			err := os.CopyFS(to, os.DirFS(dir))
			for ; errors.Is(err, fs.ErrNotExist); err = os.CopyFS(to, os.DirFS(dir)) {
				if err := os.RemoveAll(to); err != nil {
					t.Fatal(err)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	stop()
	following.Wait()
	l.Close()
	if got := read(t, dir); !slices.Equal(got, want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
	for i := 0; i < 300; i += 20 {
		copied := filepath.Join(copies, fmt.Sprint(i))
		again := open(t, copied, trail.Options{SegmentSize: 2000})
		if err := again.CatchUp(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		again.Close()
		if got := read(t, copied); !slices.Equal(got, want) {
			t.Errorf("after a crash at %d: %d events, want %d", i, len(got), len(want))
		}
	}
}

func TestChangesAreLetGoOnlyWhenTheTrailHasThem(t *testing.T) {
	s := memory.New()
	l := open(t, t.TempDir(), trail.Options{Sync: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { l.Follow(ctx, s, slog.New(slog.NewTextHandler(io.Discard, nil))) })
	for i := range 10 {
		if _, err := s.Commit(t.Context(), fmt.Sprint(i), store.Batch{Scope: "x", Base: store.Version(i), Events: [][]byte{[]byte("{}")}}); err != nil {
			t.Fatal(err)
		}
	}
	for {
		if _, err := s.Changes(t.Context(), 0, 10, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Changes(t.Context(), 0, 0, 1); errors.Is(err, store.ErrTrimmed) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	following.Wait()
}

func TestTailGoesOn(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, trail.Options{SegmentSize: 300})
	ctx, stop := context.WithCancel(t.Context())
	got := make(chan string, 100)
	ended := make(chan error)
	go func() {
		ended <- trail.Tail(ctx, dir, key, func(e []byte) error { got <- string(e); return nil })
	}()
	for i := range 20 {
		want := fmt.Sprintf(`{"n":%d}`, i)
		if err := l.Append(t.Context(), []byte(want), true); err != nil {
			t.Fatal(err)
		}
		if e := <-got; e != want {
			t.Fatalf("got %s, want %s", e, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	l, err := trail.Open(b.TempDir(), key, trail.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	event := []byte(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser"},"text":"` + strings.Repeat("x", 900) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(b.Context(), event, false); err != nil {
			b.Fatal(err)
		}
	}
}

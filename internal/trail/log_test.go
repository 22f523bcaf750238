package trail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
		if err := l.Append(t.Context(), []byte(e), i%3 == 0); err != nil {
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

// TestEveryChangeOfTheTrailShows flips each bit of every byte of a trail of several segments, takes out each line, swaps each two lines, cuts sealed
// segments, and takes segments away (security.md S118).
func TestEveryChangeOfTheTrailShows(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 24)
	segments, err := trail.Segments(dir)
	if err != nil || len(segments) < 3 {
		t.Fatalf("%d segments, %v", len(segments), err)
	}
	damaged := func(what string) {
		t.Helper()
		seen := 0
		err := trail.Read(dir, key, func([]byte) error { seen++; return nil })
		if !errors.Is(err, trail.ErrDamaged) {
			t.Errorf("%s: %d events are read, and the error is %v", what, seen, err)
		}
	}
	for n, name := range segments {
		file := filepath.Join(dir, name)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		newest := n == len(segments)-1
		put := func(text []byte) {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for i := range whole {
			changed := slices.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			// The end of the newest segment can be cut: there a line's end that is none any more is a line that was not written whole.
			if newest && i == len(whole)-1 {
				continue
			}
			put(changed)
			damaged(fmt.Sprintf("%s with byte %d changed", name, i))
		}
		lines := slices.Collect(strings.Lines(string(whole)))
		for i := range lines {
			if newest && i == len(lines)-1 {
				continue
			}
			put([]byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")))
			damaged(fmt.Sprintf("%s without line %d", name, i))
			if i > 0 {
				swapped := slices.Clone(lines)
				swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
				put([]byte(strings.Join(swapped, "")))
				damaged(fmt.Sprintf("%s with lines %d and %d swapped", name, i-1, i))
			}
		}
		if !newest {
			put(whole[:len(whole)-10])
			damaged(name + " cut")
			put(nil)
			damaged(name + " emptied")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				damaged("without " + name)
			}
		}
		put(whole)
	}
	read(t, dir)
	if err := trail.Read(dir, []byte("another key"), func([]byte) error { return nil }); !errors.Is(err, trail.ErrDamaged) {
		t.Errorf("with another key: %v", err)
	}
}

// TestALineThatWasCutOffIsTakenAway cuts the newest segment at every byte of its last line, as a crash may: the rest is there, and it goes on.
func TestALineThatWasCutOffIsTakenAway(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, trail.Options{})
	for i := range 3 {
		if err := l.Append(t.Context(), fmt.Appendf(nil, `{"n":%d}`, i), true); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	file := filepath.Join(dir, "0000000000000000.trail")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := last; cut < len(whole); cut++ {
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, dir, trail.Options{})
		if err := l.Append(t.Context(), []byte(`{"after":true}`), true); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if got := read(t, dir); !slices.Equal(got, []string{`{"n":0}`, `{"n":1}`, `{"after":true}`}) {
			t.Fatalf("cut at %d: %q", cut, got)
		}
	}
	// Not even the header whole: nothing was in it.
	header := strings.Index(string(whole), "\n")
	for cut := 0; cut <= header; cut += 7 {
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
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
			if err := os.CopyFS(filepath.Join(copies, fmt.Sprint(i)), os.DirFS(dir)); err != nil {
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

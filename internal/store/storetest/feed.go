package storetest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/writ-iam/writ/internal/store"
)

func testFeed(t *testing.T, e Engine) {
	s := e.make(t)
	if changes := s.changes(0, 10); len(changes) != 0 {
		t.Errorf("an empty store has changes: %v", changes)
	}
	commits := [][]store.Batch{
		{{Scope: "a", Put: put("x", "1"), Events: [][]byte{[]byte("e1"), []byte("e2")}}},
		{{Scope: "a", Base: 1, Put: put("y", "2")}, {Scope: "b", Put: put("x", "3"), Events: [][]byte{[]byte("e3")}}, {Scope: "c"}},
		{{Scope: "b", Base: 1, Delete: []store.Key{key("x"), key("z")}}},
	}
	var positions []store.Pos
	for i, c := range commits {
		pos, err := s.Commit(t.Context(), fmt.Sprint("request", i), c...)
		if err != nil {
			t.Fatal(err)
		}
		positions = append(positions, pos)
	}
	if s.shards() > 1 {
		return // in which shards these stand is the store's business; testFeedUnderLoad follows all of them
	}
	if head := s.head(); head != positions[2].Seq {
		t.Errorf("the head is %d, the newest commit stands at %d", head, positions[2].Seq)
	}
	check := func(after store.Seq, n int, want ...int) {
		t.Helper()
		changes := s.changes(after, n)
		for _, i := range want {
			for _, b := range commits[i] {
				if len(changes) == 0 {
					t.Fatalf("after %d, %d commits: the change of %s in commit %d is missing", after, n, b.Scope, i)
				}
				if c := changes[0]; !equalChange(c, b) || c.Pos != positions[i] || c.Request != fmt.Sprint("request", i) {
					t.Errorf("after %d, %d commits: %+v, want %+v at %v", after, n, c, b, positions[i])
				}
				changes = changes[1:]
			}
		}
		if len(changes) > 0 {
			t.Errorf("after %d, %d commits: and %v", after, n, changes)
		}
	}
	check(0, 100, 0, 1, 2)
	check(0, math.MaxInt, 0, 1, 2)
	check(0, 2, 0, 1) // a commit is not cut where its batches are more than n
	check(0, 1, 0)
	check(0, 0)
	check(positions[0].Seq, 1, 1)
	check(positions[1].Seq, 1, 2)
	check(positions[2].Seq, 10)
	for _, shard := range []int{-1, s.shards(), math.MaxInt} {
		if _, err := s.Changes(t.Context(), shard, 0, 1); err == nil {
			t.Errorf("shard %d has changes", shard)
		}
		if err := s.Trim(t.Context(), shard, 1); err == nil {
			t.Errorf("shard %d can be trimmed", shard)
		}
	}
}

// testFeedUnderLoad follows the feed while many write, and trims it on the way as whoever has read it may.
func testFeedUnderLoad(t *testing.T, e Engine) {
	s := e.make(t)
	const writers, each = 8, 60
	var group sync.WaitGroup
	var ended atomic.Bool
	for w := range writers {
		group.Go(func() {
			// A scope of its own, and now and then one with a neighbour.
			own := store.Scope(fmt.Sprint("own", w))
			for i := range store.Version(each) {
				batches := []store.Batch{{Scope: own, Base: i, Put: put("x", fmt.Sprint(i)), Events: [][]byte{fmt.Appendf(nil, "%d/%d", w, i)}}}
				if i%5 == 0 {
					batches = append(batches, store.Batch{Scope: store.Scope(fmt.Sprintf("extra%d/%d", w, i)), Events: [][]byte{fmt.Appendf(nil, "extra%d/%d", w, i)}})
				}
				pos, err := s.Commit(t.Context(), fmt.Sprintf("%d/%d", w, i), batches...)
				if err != nil {
					t.Error(err)
					return
				}
				heads, err := s.Heads(t.Context())
				if err != nil || heads[pos.Shard] < pos.Seq {
					t.Errorf("a commit stands at %v and the heads are %v: %v", pos, heads, err)
					return
				}
			}
		})
	}
	go func() { group.Wait(); ended.Store(true) }()

	versions := make(map[store.Scope]store.Version)
	events := make(map[string]int)
	reach := make([]store.Seq, s.shards())
	for last := false; !last; {
		last = ended.Load() // and once more after that
		for shard := range reach {
			changes, err := s.Changes(t.Context(), shard, reach[shard], 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if c.Shard != shard || c.Seq != reach[shard] && c.Seq != reach[shard]+1 {
					t.Fatalf("after %d comes %v", reach[shard], c.Pos)
				}
				reach[shard] = c.Seq
				if c.Version != versions[c.Scope]+1 {
					t.Fatalf("after version %d of %s comes %d", versions[c.Scope], c.Scope, c.Version)
				}
				versions[c.Scope] = c.Version
				for _, e := range c.Events {
					events[string(e)]++
				}
			}
			if len(changes) > 0 {
				last = false
				if err := s.Trim(t.Context(), shard, reach[shard]-reach[shard]%13); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if want := writers * (each + each/5); len(events) != want {
		t.Errorf("the feed had %d events of %d", len(events), want)
	}
	for event, times := range events {
		if times != 1 {
			t.Errorf("the feed had %s %d times", event, times)
		}
	}
}

func testTrim(t *testing.T, e Engine) {
	s := e.make(t)
	var positions []store.Pos
	for i := range store.Version(6) {
		positions = append(positions, s.must(store.Batch{Scope: "a", Base: i, Put: put("x", fmt.Sprint(i))}))
	}
	shard := positions[0].Shard
	before := s.dump()
	trim := func(upTo store.Seq) {
		t.Helper()
		if err := s.Trim(t.Context(), shard, upTo); err != nil {
			t.Fatalf("Trim(%d): %v", upTo, err)
		}
	}
	var upTo store.Seq
	check := func(after store.Seq, want int) {
		t.Helper()
		changes, err := s.Changes(t.Context(), shard, after, 10)
		if want < 0 {
			var trimmed *store.Trimmed
			if !errors.Is(err, store.ErrTrimmed) || !errors.As(err, &trimmed) || trimmed.UpTo != upTo {
				t.Errorf("after %d: %d changes, %v, want those up to %d to be gone", after, len(changes), err, upTo)
			}
			return
		}
		if err != nil || len(changes) != want {
			t.Errorf("after %d: %d changes, want %d; %v", after, len(changes), want, err)
		}
	}
	trim(0)
	check(0, 6)
	trim(positions[2].Seq)
	upTo = positions[2].Seq
	check(0, -1)
	check(positions[1].Seq, -1)
	check(positions[2].Seq, 3)
	trim(positions[0].Seq) // which is further back
	check(positions[1].Seq, -1)
	check(positions[2].Seq, 3)
	if e.Reopen != nil {
		s.Store = e.Reopen(t, s.Store)
		check(positions[1].Seq, -1)
		check(positions[2].Seq, 3)
	}
	trim(1 << 40) // more than there is
	upTo = positions[5].Seq
	check(positions[4].Seq, -1)
	check(positions[5].Seq, 0)
	next := s.must(store.Batch{Scope: "a", Base: 6})
	if next.Seq != positions[5].Seq+1 {
		t.Errorf("after %v comes %v", positions[5], next)
	}
	check(positions[5].Seq, 1)
	s.must(store.Batch{Scope: "b"})
	if v, _ := s.load("a"); v != 7 || !strings.Contains(before, "\"a\" at 6") {
		t.Errorf("trimming changed what is stored: version %d", v)
	}
}

func testReopen(t *testing.T, e Engine) {
	s := e.make(t)
	fill(s)
	before, changes := s.dump(), s.changes(0, 100)
	for range 3 {
		s.Store = e.Reopen(t, s.Store)
		s.same(before)
		s.refused(store.ErrTaken, store.Batch{Scope: "thief", Claim: []store.Claim{"alias/a"}})
		again := s.changes(0, 100)
		if !slices.EqualFunc(changes, again, func(a, b store.Change) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
			t.Errorf("the feed was %v and is %v", changes, again)
		}
	}
	head := s.head()
	if next := s.must(store.Batch{Scope: "a", Base: 2}); next.Seq <= head {
		t.Errorf("after %d comes %d", head, next.Seq)
	}
}

// fill puts something of each kind into a store.
func fill(s *opened) {
	s.t.Helper()
	s.must(store.Batch{Scope: "a", Put: append(put("x", "1"), put("y", "\x00\xff")...), Claim: []store.Claim{"alias/a", "email/a"}, Events: [][]byte{[]byte("made a")}})
	s.must(store.Batch{Scope: "a", Base: 1, Put: put("x", "2"), Delete: []store.Key{key("z")}, Release: []store.Claim{"email/a"}},
		store.Batch{Scope: "b", Put: put("x", "3"), Claim: []store.Claim{"email/a"}, Events: [][]byte{[]byte("made b")}})
	if err := s.Touch(s.t.Context(), []store.LastUsed{{Scope: "a", Kind: "key", Name: "x", Time: time1, Region: "r", Service: "s"}}); err != nil {
		s.t.Fatal(err)
	}
}

func testBackup(t *testing.T, e Engine) {
	s := e.make(t)
	fill(s)
	before, changes := s.dump(), s.changes(0, 100)
	var backup strings.Builder
	if err := s.Backup(t.Context(), &backup); err != nil {
		t.Fatalf("Backup: %v", err)
	}
	// What comes after the backup is lost with the store.
	var lost store.Pos
	for i := range store.Version(5) {
		lost = s.must(store.Batch{Scope: "lost", Base: i, Claim: []store.Claim{"alias/lost"}})
	}
	restored := e.restore(t, backup.String())
	restored.same(before)
	if got := restored.changes(0, 100); !slices.EqualFunc(changes, got, func(a, b store.Change) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("the feed was %v and is %v", changes, got)
	}
	restored.refused(store.ErrTaken, store.Batch{Scope: "thief", Claim: []store.Claim{"alias/a"}})
	restored.refused(store.ErrTaken, store.Batch{Scope: "thief", Claim: []store.Claim{"email/a"}})
	next := restored.must(store.Batch{Scope: "a", Base: 2, Claim: []store.Claim{"alias/lost"}, Events: [][]byte{[]byte("new")}})
	if next.Seq <= lost.Seq {
		t.Errorf("a commit of the restored store stands at %v, where one of the lost store stood", next)
	}
	// Whoever has read on in the lost store's feed, and whoever has not, finds what is new.
	for _, after := range []store.Seq{lost.Seq, changes[len(changes)-1].Seq} {
		if got := restored.changes(after, 10); len(got) != 1 || got[0].Pos != next || string(got[0].Events[0]) != "new" {
			t.Errorf("after %d comes %v, want the commit at %v", after, got, next)
		}
	}
	// And so on.
	var second strings.Builder
	if err := restored.Backup(t.Context(), &second); err != nil {
		t.Fatal(err)
	}
	beyond := restored.must(store.Batch{Scope: "a", Base: 3})
	if pos := e.restore(t, second.String()).must(store.Batch{Scope: "a", Base: 3}); pos.Seq <= beyond.Seq {
		t.Errorf("restored twice, a commit stands at %v, behind which there was %v", pos, beyond)
	}
	if err := s.Backup(t.Context(), failing{}); !errors.Is(err, errFull) {
		t.Errorf("a backup that cannot be written: %v", err)
	}
}

var errFull = errors.New("no room")

// failing is a writer that cannot write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func (e Engine) restore(t *testing.T, backup string) *opened {
	t.Helper()
	s, err := e.Restore(t, strings.NewReader(backup))
	if err != nil {
		t.Fatalf("Restore: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	// Tokens of its own: those of the backup are remembered.
	return &opened{t: t, Store: s, count: 1 << 20}
}

// testBackupUnderLoad changes two scopes together, and so sees whether a backup has them from one moment.
func testBackupUnderLoad(t *testing.T, e Engine) {
	s := e.make(t)
	var group sync.WaitGroup
	var stop atomic.Bool
	s.must(store.Batch{Scope: "a", Put: put("x", "0")}, store.Batch{Scope: "b", Put: put("x", "0")})
	group.Go(func() {
		for i := store.Version(1); !stop.Load(); i++ {
			doc := put("x", fmt.Sprint(i))
			if _, err := s.Commit(t.Context(), fmt.Sprint("load", i), store.Batch{Scope: "a", Base: i, Put: doc}, store.Batch{Scope: "b", Base: i, Put: doc}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var backups []string
	for range 5 {
		var b strings.Builder
		if err := s.Backup(t.Context(), &b); err != nil {
			t.Error(err)
		}
		backups = append(backups, b.String())
	}
	stop.Store(true)
	group.Wait()
	for _, b := range backups {
		restored := e.restore(t, b)
		va, a := restored.load("a")
		vb, b := restored.load("b")
		if va != vb || a[key("x")] != b[key("x")] || a[key("x")] != fmt.Sprint(va-1) {
			t.Errorf("the backup has a at %d with %v, and b at %d with %v", va, a, vb, b)
		}
	}
}

func testBackupDamaged(t *testing.T, e Engine) {
	s := e.make(t)
	fill(s)
	var b strings.Builder
	if err := s.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	backup := b.String()
	refused := func(what, text string) {
		t.Helper()
		s, err := e.Restore(t, strings.NewReader(text))
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v, want %v", what, err, store.ErrDamaged)
		}
		if err == nil {
			_ = s.Close()
		}
	}
	for _, n := range []int{0, 1, 13, 14, 31, 32, 33, len(backup) / 2, len(backup) - 33, len(backup) - 32, len(backup) - 1} {
		refused(fmt.Sprint("cut to ", n), backup[:n])
	}
	for i := range 40 {
		at := i * (len(backup) - 1) / 39
		changed := []byte(backup)
		changed[at] ^= 1 << (i % 8)
		refused(fmt.Sprint("changed at ", at), string(changed))
	}
	refused("with a byte more", backup+"\n")
	if _, err := e.Restore(t, io.MultiReader(strings.NewReader(backup[:len(backup)/2]), failing{})); !errors.Is(err, errFull) {
		t.Errorf("a backup that cannot be read: %v", err)
	}
}

func (failing) Read([]byte) (int, error) { return 0, errFull }

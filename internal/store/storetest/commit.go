package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

func testCommit(t *testing.T, e Engine) {
	s := e.make(t)
	if v, records := s.load("a"); v != 0 || len(records) != 0 {
		t.Errorf("a scope that does not exist is at %d with %v", v, records)
	}
	s.must(store.Batch{Scope: "a", Put: put("x", "1")}, store.Batch{Scope: "b", Put: put("x", "of b")})
	s.must(store.Batch{Scope: "a", Base: 1, Put: append(put("x", "2"), put("y", "3")...)})
	s.must(store.Batch{Scope: "a", Base: 2, Delete: []store.Key{key("x"), key("not there")}})
	s.must(store.Batch{Scope: "a", Base: 3, Delete: []store.Key{key("y")}, Put: append(put("y", "4"), put("y", "5")...)})
	s.must(store.Batch{Scope: "a", Base: 4})
	want := "\"a\" at 5\n\"b\" at 1\n" +
		"\"a\" loaded at 5\n  {\"user\" \"y\"} = \"5\"\n" +
		"\"b\" loaded at 1\n  {\"user\" \"x\"} = \"of b\"\n"
	if got := s.dump(); got != want {
		t.Errorf("the store holds\n%s\nwant\n%s", got, want)
	}
}

func testContent(t *testing.T, e Engine) {
	s := e.make(t)
	names := []string{"", " ", "a b", "ä", "日本", "🔑", "'; DROP TABLE record; --", "%", "a/b", "\\", "\t\r\n\x01\x7f", strings.Repeat("n", 2048), "A", "a"}
	docs := []string{"", "\x00", "\x00\xff\xfe", "{}", strings.Repeat("d", 1<<20)}
	want := make(map[store.Key]string)
	var records []store.Record
	for i, name := range names {
		for j, doc := range docs {
			k := store.Key{Kind: fmt.Sprint("kind", j, names[(i+j)%len(names)]), Name: name}
			want[k] = doc
			records = append(records, store.Record{Kind: k.Kind, Name: k.Name, Doc: []byte(doc)})
		}
	}
	scope := store.Scope("scope/🔑'\n")
	b := store.Batch{Scope: scope, Put: records, Events: [][]byte{{}, []byte("\x00\n"), []byte(strings.Repeat("e", 1<<18))}}
	s.must(b)
	if v, got := s.load(scope); v != 1 || !maps.Equal(got, want) {
		t.Errorf("at %d, %d records of %d came back, or not as they were", v, len(got), len(want))
	}
	if changes := s.changes(0, 10); len(changes) != 1 || !equalChange(changes[0], b) {
		t.Errorf("the feed has not what was committed")
	}
	// A document that the caller or a reader changes afterwards is another one.
	clear(records[1].Doc)
	if _, err := s.Load(t.Context(), scope, func(r store.Record) error { clear(r.Doc); return nil }); err != nil {
		t.Error(err)
	}
	if _, got := s.load(scope); got[store.Key{Kind: records[3].Kind, Name: records[3].Name}] != "{}" {
		t.Error("a reader's change of a document shows")
	}
}

func testConflict(t *testing.T, e Engine) {
	s := e.make(t)
	s.conflict(store.Conflict{Scope: "a", Newest: 0}, store.Batch{Scope: "a", Base: 1, Put: put("x", "1")})
	s.must(store.Batch{Scope: "a", Put: put("x", "1")})
	s.must(store.Batch{Scope: "a", Base: 1, Put: put("x", "2")})
	for _, base := range []store.Version{0, 1, 3, 1 << 62} {
		s.conflict(store.Conflict{Scope: "a", Newest: 2}, store.Batch{Scope: "a", Base: base, Put: put("x", "no"), Delete: []store.Key{key("x")}})
	}
	head := s.head()
	s.conflict(store.Conflict{Scope: "a", Newest: 2},
		store.Batch{Scope: "new", Put: put("x", "no"), Claim: []store.Claim{"name"}, Events: [][]byte{[]byte("no")}}, store.Batch{Scope: "a", Base: 1})
	if now := s.head(); now != head {
		t.Errorf("a refused commit moved the head from %d to %d", head, now)
	}
	s.must(store.Batch{Scope: "b", Claim: []store.Claim{"name"}}) // it was not claimed
}

func testClaims(t *testing.T, e Engine) {
	s := e.make(t)
	name := []store.Claim{"alias/prod"}
	s.must(store.Batch{Scope: "a", Claim: name, Put: put("x", "1")})
	s.refused(store.ErrTaken, store.Batch{Scope: "b", Claim: name, Put: put("x", "no")})
	s.must(store.Batch{Scope: "a", Base: 1, Claim: name})
	s.must(store.Batch{Scope: "b", Release: name}) // which is not b's
	s.refused(store.ErrTaken, store.Batch{Scope: "b", Base: 1, Claim: name, Release: name})
	s.must(store.Batch{Scope: "a", Base: 2, Claim: name, Release: name}) // a keeps it
	s.refused(store.ErrTaken, store.Batch{Scope: "b", Base: 1, Claim: name})
	s.must(store.Batch{Scope: "a", Base: 3, Release: name})
	s.must(store.Batch{Scope: "b", Base: 1, Claim: name})
	s.refused(store.ErrTaken, store.Batch{Scope: "a", Base: 4, Claim: name})
	// From b to a in one commit, however the batches stand, and whoever else releases what is not theirs.
	s.must(store.Batch{Scope: "a", Base: 4, Claim: name}, store.Batch{Scope: "b", Base: 2, Release: name}, store.Batch{Scope: "c", Release: name})
	s.refused(store.ErrTaken, store.Batch{Scope: "b", Base: 3, Claim: name})
	s.must(store.Batch{Scope: "a", Base: 5, Release: name}, store.Batch{Scope: "b", Base: 3, Claim: name})
	s.refused(store.ErrTaken, store.Batch{Scope: "a", Base: 6, Claim: name})
	// Nobody gets what two want.
	s.refused(store.ErrTaken, store.Batch{Scope: "a", Base: 6, Claim: []store.Claim{"free"}}, store.Batch{Scope: "c", Base: 1, Claim: []store.Claim{"free"}})
	s.must(store.Batch{Scope: "c", Base: 1, Claim: []store.Claim{"free", "free", "FREE", ""}})
}

func testRequest(t *testing.T, e Engine) {
	s := e.make(t)
	commit := func(token string, b store.Batch) store.Pos {
		t.Helper()
		pos, err := s.Commit(t.Context(), token, b)
		if err != nil {
			t.Fatalf("Commit(%s): %v", token, err)
		}
		return pos
	}
	first := commit("one", store.Batch{Scope: "a", Put: put("x", "1"), Claim: []store.Claim{"n"}})
	second := commit("two", store.Batch{Scope: "a", Base: 1, Put: put("x", "2")})
	if first == second {
		t.Errorf("two commits stand at %v", first)
	}
	before := s.dump()
	again := func() {
		t.Helper()
		if pos := commit("one", store.Batch{Scope: "a", Put: put("x", "1"), Claim: []store.Claim{"n"}}); pos != first {
			t.Errorf("asked again, the commit stands at %v, before at %v", pos, first)
		}
		if pos := commit("two", store.Batch{Scope: "a", Base: 1, Put: put("x", "2")}); pos != second {
			t.Errorf("asked again, the commit stands at %v, before at %v", pos, second)
		}
		s.same(before)
	}
	again()
	if err := s.Trim(t.Context(), first.Shard, second.Seq); err != nil {
		t.Fatal(err)
	}
	again()
	if e.Reopen != nil {
		s.Store = e.Reopen(t, s.Store)
		again()
	}
	// A token of a commit that was refused stands for nothing.
	if _, err := s.Commit(t.Context(), "three", store.Batch{Scope: "a", Base: 1}); !errors.As(err, new(*store.Conflict)) {
		t.Errorf("%v, want a conflict", err)
	}
	commit("three", store.Batch{Scope: "a", Base: 2})
}

func testRequestAtOnce(t *testing.T, e Engine) {
	s := e.make(t)
	for round := range store.Version(20) {
		var group sync.WaitGroup
		positions := make([]store.Pos, 16)
		for i := range positions {
			group.Go(func() {
				var err error
				if positions[i], err = s.Commit(t.Context(), fmt.Sprint("token", round), store.Batch{Scope: "a", Base: round, Put: put("x", fmt.Sprint(round))}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, pos := range positions {
			if pos != positions[0] {
				t.Errorf("one commit stands at %v and at %v", positions[0], pos)
			}
		}
		if v, _ := s.load("a"); v != round+1 {
			t.Fatalf("16 times the same commit made version %d of %d", v, round)
		}
	}
}

func testInvalid(t *testing.T, e Engine) {
	s := e.make(t)
	for _, test := range []struct {
		claim   string
		batches []store.Batch
	}{
		{"no batch", nil},
		{"a scope without a name", []store.Batch{{}}},
		{"one scope twice", []store.Batch{{Scope: "a"}, {Scope: "a"}}},
		{"a NUL in a scope", []store.Batch{{Scope: "a\x00"}}},
		{"a NUL in a name", []store.Batch{{Scope: "a", Put: []store.Record{{Name: "\x00"}}}}},
		{"a kind that is not UTF-8", []store.Batch{{Scope: "a", Put: []store.Record{{Kind: "\xff"}}}}},
		{"a deleted name that is not UTF-8", []store.Batch{{Scope: "a", Delete: []store.Key{{Name: "\xff"}}}}},
		{"a claim that is not UTF-8", []store.Batch{{Scope: "a", Claim: []store.Claim{"\xc0\x80"}}}},
		{"a release with a NUL", []store.Batch{{Scope: "a", Release: []store.Claim{"\x00"}}}},
		{"too much", []store.Batch{{Scope: "a", Put: []store.Record{{Doc: make([]byte, store.MaxCommit)}}}}},
		{"too many events", []store.Batch{{Scope: "a", Events: [][]byte{make([]byte, store.MaxCommit/2), make([]byte, store.MaxCommit/2)}}}},
	} {
		t.Run(strings.ReplaceAll(test.claim, " ", "_"), func(t *testing.T) { s.refused(store.ErrInvalid, test.batches...) })
	}
	for _, token := range []string{"", "\x00", "\xff"} {
		if _, err := s.Commit(t.Context(), token, store.Batch{Scope: "a"}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func testContention(t *testing.T, e Engine) {
	s := e.make(t)
	const writers, each = 8, 25
	var group sync.WaitGroup
	var acknowledged atomic.Int64
	for w := range writers {
		group.Go(func() {
			var base store.Version
			for i := range each {
				for try := 0; ; try++ {
					_, err := s.Commit(t.Context(), fmt.Sprintf("%d/%d/%d", w, i, try), store.Batch{Scope: "a", Base: base, Put: put("x", fmt.Sprint(base+1))})
					var c *store.Conflict
					if errors.As(err, &c) {
						if c.Newest <= base {
							t.Errorf("a conflict on %d says that the newest is %d", base, c.Newest)
						}
						base = c.Newest
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					base++
					acknowledged.Add(1)
					break
				}
			}
		})
	}
	group.Wait()
	v, records := s.load("a")
	if v != writers*each || acknowledged.Load() != writers*each || records[key("x")] != fmt.Sprint(v) {
		t.Errorf("%d were acknowledged, the version is %d and the record says %s", acknowledged.Load(), v, records[key("x")])
	}
}

func testMarks(t *testing.T, e Engine) {
	s := e.make(t)
	s.must(store.Batch{Scope: "a"}, store.Batch{Scope: "b"})
	head := s.head()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.FixedZone("", 3600))
	mark := func(scope store.Scope, name string, at time.Time, region string) store.LastUsed {
		return store.LastUsed{Scope: scope, Kind: "key", Name: name, Time: at, Region: region, Service: "s3"}
	}
	touch := func(marks ...store.LastUsed) {
		t.Helper()
		if err := s.Touch(t.Context(), marks); err != nil {
			t.Fatalf("Touch: %v", err)
		}
	}
	touch()
	touch(mark("a", "x", at, "first"), mark("a", "y", at, "other"), mark("b", "x", at, "b"))
	touch(mark("a", "x", at.Add(time.Hour+1), "newer"), mark("a", "y", at.Add(-time.Hour), "older"), mark("nowhere", "z", at, ""))
	if err := s.Touch(t.Context(), []store.LastUsed{mark("a", "x", at, "late")}); err != nil {
		t.Fatal(err)
	}
	want := "\"a\" at 1\n\"b\" at 1\n" +
		"\"a\" loaded at 1\n  {\"key\" \"x\"} used 2026-01-02T03:04:05.678Z in \"newer\" \"s3\"\n  {\"key\" \"y\"} used 2026-01-02T02:04:05.678Z in \"other\" \"s3\"\n" +
		"\"b\" loaded at 1\n  {\"key\" \"x\"} used 2026-01-02T02:04:05.678Z in \"b\" \"s3\"\n"
	if got := s.dump(); got != want {
		t.Errorf("the store holds\n%s\nwant\n%s", got, want)
	}
	if now := s.head(); now != head {
		t.Errorf("marks moved the head from %d to %d", head, now)
	}
}

func testContext(t *testing.T, e Engine) {
	s := e.make(t)
	s.must(store.Batch{Scope: "a", Put: put("x", "1")})
	before := s.dump()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for call, err := range calls(ended, s) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", call, err, context.Canceled)
		}
	}
	s.same(before)
}

func testClosed(t *testing.T, e Engine) {
	s := e.make(t)
	s.must(store.Batch{Scope: "a", Put: put("x", "1")})
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for call, err := range calls(t.Context(), s) {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v, want %v", call, err, store.ErrClosed)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close, again: %v", err)
	}
}

// calls makes every call of a store.
func calls(ctx context.Context, s store.Store) map[string]error {
	errs := make(map[string]error)
	_, errs["Commit"] = s.Commit(ctx, "calls", store.Batch{Scope: "calls", Put: put("x", "1")})
	_, errs["Load"] = s.Load(ctx, "a", func(store.Record) error { return nil })
	errs["Scopes"] = s.Scopes(ctx, func(store.Scope, store.Version) error { return nil })
	_, errs["Heads"] = s.Heads(ctx)
	_, errs["Changes"] = s.Changes(ctx, 0, 0, 1)
	errs["Trim"] = s.Trim(ctx, 0, 1)
	errs["Touch"] = s.Touch(ctx, []store.LastUsed{{Scope: "a", Time: time.Unix(1, 0)}})
	errs["Marks"] = s.Marks(ctx, "a", func(store.LastUsed) error { return nil })
	errs["Backup"] = s.Backup(ctx, new(strings.Builder))
	return errs
}

func testFunctionError(t *testing.T, e Engine) {
	s := e.make(t)
	s.must(store.Batch{Scope: "a", Put: append(put("x", "1"), put("y", "1")...)}, store.Batch{Scope: "b"})
	if err := s.Touch(t.Context(), []store.LastUsed{{Scope: "a", Name: "x", Time: time.Unix(1, 0)}, {Scope: "a", Name: "y", Time: time.Unix(1, 0)}}); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	times := 0
	once := func() error { times++; return stop }
	if v, err := s.Load(t.Context(), "a", func(store.Record) error { return once() }); !errors.Is(err, stop) || v != 0 {
		t.Errorf("Load: %d, %v", v, err)
	}
	if err := s.Scopes(t.Context(), func(store.Scope, store.Version) error { return once() }); !errors.Is(err, stop) {
		t.Errorf("Scopes: %v", err)
	}
	if err := s.Marks(t.Context(), "a", func(store.LastUsed) error { return once() }); !errors.Is(err, stop) {
		t.Errorf("Marks: %v", err)
	}
	if times != 3 {
		t.Errorf("after an error the function was called again: %d calls", times)
	}
	s.must(store.Batch{Scope: "a", Base: 1}) // nothing is held
}

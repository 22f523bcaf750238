// Package storetest is the contract of package store as a test suite, for whoever makes a store.
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, storetest.Engine{New: func(t testing.TB) store.Store { return memory.New() }, Restore: …})
//	}
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Engine is a kind of store.
type Engine struct {
	// New makes an empty store. The suite closes it.
	New func(t testing.TB) store.Store
	// Reopen closes a store and opens what it kept; nil for stores that keep nothing.
	Reopen func(t testing.TB, s store.Store) store.Store
	// Restore makes a store of a backup.
	Restore func(t testing.TB, r io.Reader) (store.Store, error)
}

// Run tests an engine.
func Run(t *testing.T, e Engine) {
	for _, test := range []struct {
		claim string
		run   func(*testing.T, Engine)
	}{
		{"a commit changes its scopes and nothing else", testCommit},
		{"what is written is read back, whatever it is", testContent},
		{"a base that is not the newest version is a conflict, and nothing is applied", testConflict},
		{"a name has one owner", testClaims},
		{"a request token stands for one commit", testRequest},
		{"a token that is asked for by many at once is applied once", testRequestAtOnce},
		{"what makes no sense is refused", testInvalid},
		{"the feed has every commit, whole", testFeed},
		{"the feed has no gap while many write", testFeedUnderLoad},
		{"changes that were let go of are not to be had", testTrim},
		{"of many who write on one version one succeeds", testContention},
		{"the newest mark stays", testMarks},
		{"a context that has ended stops everything", testContext},
		{"a closed store says so", testClosed},
		{"a function's error is returned", testFunctionError},
		{"a backup is the whole store, at one moment", testBackup},
		{"a backup is a consistent cut while many write", testBackupUnderLoad},
		{"a backup that was cut or changed is refused", testBackupDamaged},
		{"random operations do what a simple model does", testModel},
	} {
		t.Run(strings.ReplaceAll(test.claim, " ", "_"), func(t *testing.T) { test.run(t, e) })
	}
	if e.Reopen != nil {
		t.Run("everything_is_there_after_reopening", func(t *testing.T) { testReopen(t, e) })
	}
}

// make makes an empty store that is closed when the test ends.
func (e Engine) make(t testing.TB) *opened {
	t.Helper()
	o := &opened{t: t, Store: e.New(t)}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// opened is a store with the words that tests use.
type opened struct {
	store.Store
	t     testing.TB
	count int
}

// token returns a request token that was not used before.
func (o *opened) token() string {
	o.count++
	return fmt.Sprintf("request-%d", o.count)
}

// must commits.
func (o *opened) must(batches ...store.Batch) store.Pos {
	o.t.Helper()
	pos, err := o.Commit(o.t.Context(), o.token(), batches...)
	if err != nil {
		o.t.Fatalf("Commit: %v", err)
	}
	return pos
}

// refused commits what is to be refused with an error, and looks whether anything has changed.
func (o *opened) refused(want error, batches ...store.Batch) {
	o.t.Helper()
	before := o.dump()
	_, err := o.Commit(o.t.Context(), o.token(), batches...)
	if !errors.Is(err, want) {
		o.t.Errorf("Commit: %v, want %v", err, want)
	}
	o.same(before)
}

// conflict commits what is to be a conflict.
func (o *opened) conflict(want store.Conflict, batches ...store.Batch) {
	o.t.Helper()
	before := o.dump()
	_, err := o.Commit(o.t.Context(), o.token(), batches...)
	var c *store.Conflict
	if !errors.As(err, &c) || *c != want {
		o.t.Errorf("Commit: %v, want %v", err, &want)
	}
	o.same(before)
}

func (o *opened) same(before string) {
	o.t.Helper()
	if after := o.dump(); after != before {
		o.t.Errorf("the store was changed: it held\n%s\nand holds\n%s", before, after)
	}
}

func (o *opened) head() store.Seq {
	o.t.Helper()
	heads, err := o.Heads(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return slices.Max(heads)
}

// shards returns the number of shards of the feed.
func (o *opened) shards() int {
	o.t.Helper()
	heads, err := o.Heads(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return len(heads)
}

func (o *opened) load(scope store.Scope) (store.Version, map[store.Key]string) {
	o.t.Helper()
	records := make(map[store.Key]string)
	v, err := o.Load(o.t.Context(), scope, func(r store.Record) error {
		k := store.Key{Kind: r.Kind, Name: r.Name}
		if _, double := records[k]; double {
			o.t.Errorf("Load gave %v twice", k)
		}
		records[k] = string(r.Doc)
		return nil
	})
	if err != nil {
		o.t.Fatalf("Load(%s): %v", scope, err)
	}
	return v, records
}

func (o *opened) marks(scope store.Scope) map[store.Key]store.LastUsed {
	o.t.Helper()
	marks := make(map[store.Key]store.LastUsed)
	err := o.Marks(o.t.Context(), scope, func(m store.LastUsed) error {
		marks[store.Key{Kind: m.Kind, Name: m.Name}] = m
		return nil
	})
	if err != nil {
		o.t.Fatalf("Marks(%s): %v", scope, err)
	}
	return marks
}

func (o *opened) changes(after store.Seq, n int) []store.Change {
	o.t.Helper()
	var all []store.Change
	for shard := range o.shards() {
		changes, err := o.Changes(o.t.Context(), shard, after, n)
		if err != nil {
			o.t.Fatalf("Changes(%d, %d, %d): %v", shard, after, n, err)
		}
		all = append(all, changes...)
	}
	return all
}

// dump writes down what a store holds, but for its feed and claims.
func (o *opened) dump() string {
	o.t.Helper()
	var b strings.Builder
	var scopes []store.Scope
	err := o.Scopes(o.t.Context(), func(s store.Scope, v store.Version) error {
		fmt.Fprintf(&b, "%q at %d\n", s, v)
		scopes = append(scopes, s)
		return nil
	})
	if err != nil {
		o.t.Fatalf("Scopes: %v", err)
	}
	for _, s := range scopes {
		v, records := o.load(s)
		fmt.Fprintf(&b, "%q loaded at %d\n", s, v)
		for _, k := range slices.SortedFunc(maps.Keys(records), compareKeys) {
			fmt.Fprintf(&b, "  %q = %q\n", k, records[k])
		}
		marks := o.marks(s)
		for _, k := range slices.SortedFunc(maps.Keys(marks), compareKeys) {
			fmt.Fprintf(&b, "  %q used %v in %q %q\n", k, marks[k].Time.UTC().Format(time.RFC3339Nano), marks[k].Region, marks[k].Service)
		}
	}
	return b.String()
}

func compareKeys(a, b store.Key) int {
	return strings.Compare(a.Kind+"\x00"+a.Name, b.Kind+"\x00"+b.Name)
}

func put(name, doc string) []store.Record {
	return []store.Record{{Kind: "user", Name: name, Doc: []byte(doc)}}
}

func key(name string) store.Key { return store.Key{Kind: "user", Name: name} }

// equalChange compares what was committed with what the feed has.
func equalChange(c store.Change, b store.Batch) bool {
	records := func(a, b store.Record) bool { return a.Kind == b.Kind && a.Name == b.Name && bytes.Equal(a.Doc, b.Doc) }
	return c.Scope == b.Scope && c.Version == b.Base+1 && slices.EqualFunc(c.Put, b.Put, records) && slices.Equal(c.Delete, b.Delete) &&
		slices.EqualFunc(c.Events, b.Events, bytes.Equal)
}

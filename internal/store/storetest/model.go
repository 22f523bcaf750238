package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/writ-iam/writ/internal/store"
)

var time1 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// model is what a store is to do, written for who reads it: everything is copied before every commit, and taken back if the commit is refused.
type model struct {
	scopes   map[store.Scope]store.Version
	records  map[store.Scope]map[store.Key]string
	claims   map[store.Claim]store.Scope
	requests map[string]store.Pos
}

func newModel() *model {
	return &model{
		scopes: make(map[store.Scope]store.Version), records: make(map[store.Scope]map[store.Key]string), claims: make(map[store.Claim]store.Scope),
		requests: make(map[string]store.Pos),
	}
}

// commit says whether a commit is to be a conflict, refused as taken, or applied.
func (m *model) commit(batches []store.Batch) error {
	for _, b := range batches {
		if m.scopes[b.Scope] != b.Base {
			return &store.Conflict{Scope: b.Scope, Newest: m.scopes[b.Scope]}
		}
	}
	claims := maps.Clone(m.claims)
	for _, b := range batches {
		for _, name := range b.Release {
			if claims[name] == b.Scope {
				delete(claims, name)
			}
		}
	}
	for _, b := range batches {
		for _, name := range b.Claim {
			if owner, ok := claims[name]; ok && owner != b.Scope {
				return store.ErrTaken
			}
			claims[name] = b.Scope
		}
	}
	m.claims = claims
	for _, b := range batches {
		m.scopes[b.Scope]++
		if m.records[b.Scope] == nil {
			m.records[b.Scope] = make(map[store.Key]string)
		}
		for _, k := range b.Delete {
			delete(m.records[b.Scope], k)
		}
		for _, r := range b.Put {
			m.records[b.Scope][store.Key{Kind: r.Kind, Name: r.Name}] = string(r.Doc)
		}
	}
	return nil
}

// testModel does the same to a store and to the model.
func testModel(t *testing.T, e Engine) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &opened{t: t, Store: e.New(t)}
		defer func() { _ = s.Close() }()
		m := newModel()
		var feed []store.Batch
		scopes := []store.Scope{"a", "b", "c"}
		names := []string{"w", "x", "y", "z"}
		steps := rapid.IntRange(1, 30).Draw(rt, "steps")
		for range steps {
			if e.Reopen != nil && rapid.IntRange(0, 19).Draw(rt, "reopen") == 0 {
				s.Store = e.Reopen(t, s.Store)
			}
			var batches []store.Batch
			for _, scope := range slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.SampledFrom(scopes), 1, 3).Draw(rt, "scopes")))) {
				b := store.Batch{Scope: scope, Base: m.scopes[scope]}
				if rapid.IntRange(0, 9).Draw(rt, "stale") == 0 {
					b.Base = store.Version(rapid.IntRange(0, 5).Draw(rt, "base"))
				}
				for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 3).Draw(rt, "put") {
					b.Put = append(b.Put, store.Record{Kind: "k", Name: name, Doc: []byte(rapid.StringN(0, 5, -1).Draw(rt, "doc"))})
				}
				for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(rt, "delete") {
					b.Delete = append(b.Delete, store.Key{Kind: "k", Name: name})
				}
				for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(rt, "claim") {
					b.Claim = append(b.Claim, store.Claim(name))
				}
				for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(rt, "release") {
					b.Release = append(b.Release, store.Claim(name))
				}
				if rapid.Bool().Draw(rt, "event") {
					b.Events = [][]byte{[]byte(rapid.String().Draw(rt, "text"))}
				}
				batches = append(batches, b)
			}
			token := fmt.Sprint("token", rapid.IntRange(0, 60).Draw(rt, "token"))
			pos, err := s.Commit(t.Context(), token, batches...)
			if before, known := m.requests[token]; known {
				if err != nil || pos != before {
					rt.Fatalf("token %s again: %v, %v; it stands at %v", token, pos, err, before)
				}
				continue
			}
			switch want := m.commit(batches); {
			case want == nil && err == nil:
				m.requests[token] = pos
				feed = append(feed, batches...)
			case want == nil || err == nil || want.Error() != err.Error() && !errors.Is(err, want):
				rt.Fatalf("Commit(%+v): %v, want %v", batches, err, want)
			}
		}
		var want strings.Builder
		for _, scope := range slices.Sorted(maps.Keys(m.scopes)) {
			fmt.Fprintf(&want, "%q at %d\n", scope, m.scopes[scope])
		}
		for _, scope := range slices.Sorted(maps.Keys(m.scopes)) {
			fmt.Fprintf(&want, "%q loaded at %d\n", scope, m.scopes[scope])
			for _, k := range slices.SortedFunc(maps.Keys(m.records[scope]), compareKeys) {
				fmt.Fprintf(&want, "  %q = %q\n", k, m.records[scope][k])
			}
		}
		if got := s.dump(); got != want.String() {
			rt.Fatalf("the store holds\n%s\nwant\n%s", got, want.String())
		}
		changes := s.changes(0, 1000)
		if s.shards() == 1 && !slices.EqualFunc(changes, feed, equalChange) {
			rt.Fatalf("the feed has\n%v\nwant\n%v", changes, feed)
		}
	})
}

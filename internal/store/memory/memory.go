// Package memory is a store that keeps nothing: for tests and for writ dev.
//
//	s := memory.New()
//
// It is the contract at its plainest: one lock, maps, and a change feed of one shard.
package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"sync"

	"github.com/writ-iam/writ/internal/store"
)

// Store is a store in memory.
type Store struct {
	mu      sync.RWMutex
	closed  bool
	scopes  map[store.Scope]*scope
	claims  map[store.Claim]store.Scope
	changes []store.Change
	seq     store.Seq
	// trimmed is the newest sequence that the feed does not have any more.
	trimmed  store.Seq
	requests map[string]store.Pos
	order    []string
}

type scope struct {
	version store.Version
	records map[store.Key][]byte
	marks   map[store.Key]store.LastUsed
}

// kept is how many request tokens are remembered, at least.
const kept = 10000

// New returns an empty store.
func New() *Store {
	return &Store{scopes: make(map[store.Scope]*scope), claims: make(map[store.Claim]store.Scope), requests: make(map[string]store.Pos)}
}

var _ store.Store = (*Store)(nil)

// Commit implements store.Store.
func (s *Store) Commit(_ context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.Pos{}, store.ErrClosed
	}
	if pos, ok := s.requests[request]; ok {
		return pos, nil
	}
	if err := s.check(batches); err != nil {
		return store.Pos{}, err
	}
	s.seq++
	pos := store.Pos{Seq: s.seq}
	for _, b := range batches {
		s.apply(pos, request, b)
	}
	s.requests[request] = pos
	s.order = append(s.order, request)
	s.forget()
	return pos, nil
}

// check refuses what cannot be applied whole.
func (s *Store) check(batches []store.Batch) error {
	seen := make(map[store.Scope]bool)
	claimed := make(map[store.Claim]store.Scope)
	for _, b := range batches {
		if seen[b.Scope] {
			return fmt.Errorf("store: two batches of one commit change %s", b.Scope)
		}
		seen[b.Scope] = true
		var newest store.Version
		if sc, ok := s.scopes[b.Scope]; ok {
			newest = sc.version
		}
		if newest != b.Base {
			return &store.Conflict{Scope: b.Scope, Newest: newest}
		}
	}
	released := make(map[store.Claim]bool)
	for _, b := range batches {
		for _, c := range b.Release {
			released[c] = released[c] || s.claims[c] == b.Scope
		}
	}
	for _, b := range batches {
		for _, c := range b.Claim {
			owner, taken := s.claims[c]
			if taken && owner != b.Scope && !released[c] {
				return store.ErrTaken
			}
			if other, ok := claimed[c]; ok && other != b.Scope {
				return store.ErrTaken
			}
			claimed[c] = b.Scope
		}
	}
	return nil
}

func (s *Store) apply(pos store.Pos, request string, b store.Batch) {
	sc, ok := s.scopes[b.Scope]
	if !ok {
		sc = &scope{records: make(map[store.Key][]byte), marks: make(map[store.Key]store.LastUsed)}
		s.scopes[b.Scope] = sc
	}
	sc.version++
	put := make([]store.Record, 0, len(b.Put))
	for _, k := range b.Delete {
		delete(sc.records, k)
	}
	for _, r := range b.Put {
		doc := slices.Clone(r.Doc)
		sc.records[store.Key{Kind: r.Kind, Name: r.Name}] = doc
		put = append(put, store.Record{Kind: r.Kind, Name: r.Name, Doc: doc})
	}
	for _, c := range b.Release {
		if s.claims[c] == b.Scope {
			delete(s.claims, c)
		}
	}
	for _, c := range b.Claim {
		s.claims[c] = b.Scope
	}
	events := make([][]byte, 0, len(b.Events))
	for _, e := range b.Events {
		events = append(events, slices.Clone(e))
	}
	s.changes = append(s.changes, store.Change{
		Pos: pos, Scope: b.Scope, Version: sc.version, Request: request, Put: put, Delete: slices.Clone(b.Delete), Events: events,
	})
}

// forget lets go of the oldest request tokens.
func (s *Store) forget() {
	if len(s.order) > 2*kept {
		for _, request := range s.order[:kept] {
			delete(s.requests, request)
		}
		s.order = slices.Clone(s.order[kept:])
	}
}

// Trim implements store.Store.
func (s *Store) Trim(_ context.Context, shard int, upTo store.Seq) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return store.ErrClosed
	case shard != 0:
		return fmt.Errorf("store: there is no shard %d", shard)
	}
	s.trimmed = max(s.trimmed, min(upTo, s.seq))
	s.changes = slices.Clone(s.changes[s.behind(s.trimmed):])
	return nil
}

// behind returns the index of the first change behind a sequence.
func (s *Store) behind(seq store.Seq) int {
	return sort.Search(len(s.changes), func(i int) bool { return s.changes[i].Seq > seq })
}

// Load implements store.Store.
func (s *Store) Load(_ context.Context, name store.Scope, f func(store.Record) error) (store.Version, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	sc, ok := s.scopes[name]
	if !ok {
		return 0, nil
	}
	for k, doc := range sc.records {
		if err := f(store.Record{Kind: k.Kind, Name: k.Name, Doc: slices.Clone(doc)}); err != nil {
			return 0, err
		}
	}
	return sc.version, nil
}

// Scopes implements store.Store.
func (s *Store) Scopes(_ context.Context, f func(store.Scope, store.Version) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	for _, name := range slices.Sorted(maps.Keys(s.scopes)) {
		if err := f(name, s.scopes[name].version); err != nil {
			return err
		}
	}
	return nil
}

// Heads implements store.Store.
func (s *Store) Heads(context.Context) ([]store.Seq, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	return []store.Seq{s.seq}, nil
}

// Changes implements store.Store.
func (s *Store) Changes(_ context.Context, shard int, after store.Seq, n int) ([]store.Change, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return nil, store.ErrClosed
	case shard != 0:
		return nil, fmt.Errorf("store: there is no shard %d", shard)
	case after < s.trimmed:
		return nil, store.ErrTrimmed
	}
	from := s.behind(after)
	return slices.Clone(s.changes[from:min(len(s.changes), from+n)]), nil
}

// Touch implements store.Store.
func (s *Store) Touch(_ context.Context, marks []store.LastUsed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	for _, m := range marks {
		if sc, ok := s.scopes[m.Scope]; ok {
			sc.marks[store.Key{Kind: m.Kind, Name: m.Name}] = m
		}
	}
	return nil
}

// Marks implements store.Store.
func (s *Store) Marks(_ context.Context, name store.Scope, f func(store.LastUsed) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	if sc, ok := s.scopes[name]; ok {
		for _, m := range sc.marks {
			if err := f(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// Backup implements store.Store: the scopes and claims as JSON, for people to look at.
func (s *Store) Backup(_ context.Context, w io.Writer) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	type backup struct {
		Scope   store.Scope
		Version store.Version
		Records []store.Record
	}
	encoder := json.NewEncoder(w)
	for _, name := range slices.Sorted(maps.Keys(s.scopes)) {
		b := backup{Scope: name, Version: s.scopes[name].version}
		for k, doc := range s.scopes[name].records {
			b.Records = append(b.Records, store.Record{Kind: k.Kind, Name: k.Name, Doc: doc})
		}
		if err := encoder.Encode(b); err != nil {
			return err
		}
	}
	return nil
}

// Close implements store.Store. Everything is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

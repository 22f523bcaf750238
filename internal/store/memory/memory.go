// Package memory is a store that keeps nothing: for tests and for writ dev.
//
//	s := memory.New()
//
// It is the contract at its plainest: one lock, maps, and a change feed of one shard.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Store is a store in memory.
type Store struct {
	mu      sync.RWMutex
	closed  bool
	scopes  map[store.Scope]*scope
	claims  map[store.Claim]store.Scope
	marks   map[store.Scope]map[store.Key]store.LastUsed
	changes []store.Change
	seq     store.Seq
	// trimmed is the newest sequence that the feed does not have any more.
	trimmed store.Seq
	// requests are the tokens that are remembered, order the same from old to new.
	requests map[string]store.Pos
	order    []string
}

type scope struct {
	version store.Version
	records map[store.Key][]byte
}

// New returns an empty store.
func New() *Store {
	return &Store{
		scopes: make(map[store.Scope]*scope), claims: make(map[store.Claim]store.Scope), marks: make(map[store.Scope]map[store.Key]store.LastUsed),
		requests: make(map[string]store.Pos),
	}
}

var _ store.Store = (*Store)(nil)

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, request string, batches ...store.Batch) (store.Pos, error) {
	if err := store.Check(request, batches); err != nil {
		return store.Pos{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return store.Pos{}, err
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

// ready says why nothing can be done, if so.
func (s *Store) ready(ctx context.Context) error {
	if s.closed {
		return store.ErrClosed
	}
	return ctx.Err()
}

// check refuses what cannot be applied whole.
func (s *Store) check(batches []store.Batch) error {
	released := make(map[store.Claim]bool)
	for _, b := range batches {
		var newest store.Version
		if sc, ok := s.scopes[b.Scope]; ok {
			newest = sc.version
		}
		if newest != b.Base {
			return &store.Conflict{Scope: b.Scope, Newest: newest}
		}
		for _, c := range b.Release {
			released[c] = released[c] || s.claims[c] == b.Scope
		}
	}
	claimed := make(map[store.Claim]store.Scope)
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
		sc = &scope{records: make(map[store.Key][]byte)}
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
	if len(s.order) >= 2*store.Remembered {
		old := s.order[:len(s.order)-store.Remembered]
		for _, request := range old {
			delete(s.requests, request)
		}
		s.order = slices.Clone(s.order[len(old):])
	}
}

// Trim implements store.Store.
func (s *Store) Trim(ctx context.Context, shard int, upTo store.Seq) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	if shard != 0 {
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
func (s *Store) Load(ctx context.Context, name store.Scope, f func(store.Record) error) (store.Version, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return 0, err
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
func (s *Store) Scopes(ctx context.Context, f func(store.Scope, store.Version) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.scopes)) {
		if err := f(name, s.scopes[name].version); err != nil {
			return err
		}
	}
	return nil
}

// Heads implements store.Store.
func (s *Store) Heads(ctx context.Context) ([]store.Seq, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return []store.Seq{s.seq}, nil
}

// Changes implements store.Store.
func (s *Store) Changes(ctx context.Context, shard int, after store.Seq, n int) ([]store.Change, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	switch {
	case shard != 0:
		return nil, fmt.Errorf("store: there is no shard %d", shard)
	case after < s.trimmed:
		return nil, &store.Trimmed{UpTo: s.trimmed}
	}
	from := s.behind(after)
	to, commits := from, 0
	for ; to < len(s.changes); to++ {
		if to == from || s.changes[to].Seq != s.changes[to-1].Seq {
			if commits++; commits > n {
				break
			}
		}
	}
	return slices.Clone(s.changes[from:to]), nil
}

// Touch implements store.Store.
func (s *Store) Touch(ctx context.Context, marks []store.LastUsed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	for _, m := range marks {
		m.Time = m.Time.UTC().Truncate(time.Millisecond)
		of, ok := s.marks[m.Scope]
		if !ok {
			of = make(map[store.Key]store.LastUsed)
			s.marks[m.Scope] = of
		}
		k := store.Key{Kind: m.Kind, Name: m.Name}
		if last, ok := of[k]; !ok || last.Time.Before(m.Time) {
			of[k] = m
		}
	}
	return nil
}

// Marks implements store.Store.
func (s *Store) Marks(ctx context.Context, name store.Scope, f func(store.LastUsed) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	for _, m := range s.marks[name] {
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// backup is the form of a backup: JSON, behind its SHA-256.
type backup struct {
	Scopes []scopeBackup
	Claims map[store.Claim]store.Scope
	Marks  []store.LastUsed
	// Changes are those that were not let go of. Seq and Trimmed say what they are the end of.
	Changes      []store.Change
	Seq, Trimmed store.Seq
}

type scopeBackup struct {
	Scope   store.Scope
	Version store.Version
	Records []store.Record
}

// Backup implements store.Store.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	b, err := s.backup(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	sum := sha256.Sum256(text)
	_, err = w.Write(append(sum[:], text...))
	return err
}

func (s *Store) backup(ctx context.Context) (backup, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return backup{}, err
	}
	b := backup{Claims: maps.Clone(s.claims), Changes: slices.Clone(s.changes), Seq: s.seq, Trimmed: s.trimmed}
	for _, name := range slices.Sorted(maps.Keys(s.scopes)) {
		of := scopeBackup{Scope: name, Version: s.scopes[name].version}
		for k, doc := range s.scopes[name].records {
			of.Records = append(of.Records, store.Record{Kind: k.Kind, Name: k.Name, Doc: doc})
		}
		slices.SortFunc(of.Records, func(a, b store.Record) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
		b.Scopes = append(b.Scopes, of)
	}
	for _, marks := range s.marks {
		b.Marks = slices.AppendSeq(b.Marks, maps.Values(marks))
	}
	return b, nil
}

// Restore makes a store of a backup. The error is store.ErrDamaged if it is not all there, as it was written.
func Restore(r io.Reader) (*Store, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if len(all) < sha256.Size {
		return nil, store.ErrDamaged
	}
	text := all[sha256.Size:]
	if sum := sha256.Sum256(text); !bytes.Equal(sum[:], all[:sha256.Size]) {
		return nil, store.ErrDamaged
	}
	var b backup
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("%w: %v", store.ErrDamaged, err)
	}
	s := New()
	for _, of := range b.Scopes {
		sc := &scope{version: of.Version, records: make(map[store.Key][]byte)}
		for _, r := range of.Records {
			sc.records[store.Key{Kind: r.Kind, Name: r.Name}] = r.Doc
		}
		s.scopes[of.Scope] = sc
	}
	for name, owner := range b.Claims {
		s.claims[name] = owner
	}
	for _, change := range b.Changes {
		s.changes = append(s.changes, change)
		if _, ok := s.requests[change.Request]; !ok {
			s.requests[change.Request] = change.Pos
			s.order = append(s.order, change.Request)
		}
	}
	s.seq, s.trimmed = store.Restored(b.Seq), b.Trimmed
	return s, s.Touch(context.Background(), b.Marks)
}

// Close implements store.Store. Everything is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Package identity is what an account consists of: users, groups, roles, policies, access keys; their records, indexes, invariants and quotas.
//
// An Account is an immutable snapshot: whoever has one reads it without a lock, and what it says never changes.
//
//	account, ok := state.Account("111122223333")
//	alice, ok := account.User("alice")
//	for _, group := range account.GroupsOf(alice) { … }
//
// It is changed by an Edit, which is committed whole or not at all:
//
//	err := state.Update(ctx, "111122223333", func(e *identity.Edit) error {
//		e.PutUser(&identity.User{ID: id, Name: "bob", Path: "/", Created: now})
//		return nil
//	})
//
// When Update returns, the change is durable and every snapshot taken from then on has it. State keeps the newest snapshot of every
// account and writes through package store; there is a file for each noun.
package identity

import (
	"slices"
	"time"

	"github.com/writ-iam/writ/internal/fold"
)

// Tag is a tag of an entity or session. Keys are compared without case and keep theirs (limits.md §3).
type Tag struct {
	Key, Value string
}

// FindTag returns the index of the tag with that key, in any case; -1 if there is none.
func FindTag(tags []Tag, key string) int {
	return slices.IndexFunc(tags, func(t Tag) bool { return fold.Name(t.Key) == fold.Name(key) })
}

// MergeTags returns tags with those of more set: an existing key keeps its spelling and gets the new value (iam-api.md §4).
func MergeTags(tags, more []Tag) []Tag {
	merged := slices.Clone(tags)
	for _, t := range more {
		if i := FindTag(merged, t.Key); i >= 0 {
			merged[i].Value = t.Value
		} else {
			merged = append(merged, t)
		}
	}
	return merged
}

// WithoutTags returns tags without those of the keys, in any case.
func WithoutTags(tags []Tag, keys []string) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return fold.Name(t.Key) == fold.Name(key) })
	})
}

// folded is a name as it is looked up: names are unique without regard to case (limits.md §3). Only ASCII letters fold: a Kelvin sign is no k.
func folded(name string) string { return fold.Name(name) }

// Second is a time as AWS keeps it: in UTC, whole seconds.
func Second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Package store keeps scopes: small sets of records that change together.
//
//	pos, err := s.Commit(ctx, token, store.Batch{
//		Scope: "account/111122223333", Base: 7,
//		Put:   []store.Record{{Kind: "user", Name: "AIDA…", Doc: doc}},
//	})
//	var conflict *store.Conflict
//	errors.As(err, &conflict) // the scope has moved: load it, or catch up, and try again
//
// A scope has a version, which counts its commits. A commit is all or nothing, over one or several scopes, and stands in a change feed that has no
// gaps. Package storetest is this contract as a test suite; memory and embedded pass it.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Scope names a set of records that change together, such as "account/111122223333".
type Scope string

// Version counts the commits of a scope; 0 says that the scope does not exist.
type Version uint64

// Seq counts the commits of a shard of the change feed, from 1.
type Seq uint64

// life is how many sequences a store may use until it is restored from a backup.
const life = 1 << 40

// Restored returns where the sequences go on in a store that is restored from a backup whose newest was s: behind all that the lost store may have used
// since. So a position names one commit only, whatever was lost, and whoever has read on is not told that there is nothing new.
func Restored(s Seq) Seq { return (s/life + 1) * life }

// First reports whether a sequence is the first of a store that was restored, before which there may be a gap.
func First(s Seq) bool { return s%life == 1 }

// Pos is where a commit stands in the change feed.
type Pos struct {
	Shard int
	Seq   Seq
}

// Key names a record within its scope.
type Key struct {
	Kind, Name string
}

// Record is a record with its content, which the store does not look into.
type Record struct {
	Kind, Name string
	Doc        []byte
}

// Claim is a name that is unique over all scopes, such as "alias/prod".
type Claim string

// Batch is what a commit does to one scope. Nothing of it may be changed once a store has it.
type Batch struct {
	Scope Scope
	// Base is the version that the changes were made on. 0 makes the scope.
	Base Version
	// Delete takes records away, if they are there, and then Put puts records in, in place of those of the same key.
	Put    []Record
	Delete []Key
	// Claim and Release are names that become and cease to be the scope's. A name may go from one scope to another in one commit. To release what is
	// another's, or nobody's, does nothing.
	Claim, Release []Claim
	// Events are events of the trail that travel in the commit; they are found in the change feed.
	Events [][]byte
}

// Change is a commit's part in one scope, as it stands in the change feed.
type Change struct {
	Pos
	Scope   Scope
	Version Version // that it made
	Request string
	Put     []Record
	Delete  []Key
	Events  [][]byte
}

// LastUsed is a last-used mark. Its time is kept to the millisecond.
type LastUsed struct {
	Scope           Scope
	Kind, Name      string
	Time            time.Time
	Region, Service string
}

// Conflict says that a scope is not at the version that a batch was made on.
type Conflict struct {
	Scope  Scope
	Newest Version
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("store: %s is at version %d", c.Scope, c.Newest)
}

// Trimmed says that the change feed does not reach back that far, and how far it does; it is an ErrTrimmed.
type Trimmed struct {
	UpTo Seq
}

func (t *Trimmed) Error() string { return fmt.Sprintf("store: the changes up to %d are gone", t.UpTo) }

// Is makes it an ErrTrimmed.
func (t *Trimmed) Is(target error) bool { return target == ErrTrimmed }

var (
	// ErrTaken says that a name is claimed by another scope.
	ErrTaken = errors.New("store: the name is taken")
	// ErrUnknown says that the store cannot say whether a commit was applied: ask again with the same request token.
	ErrUnknown = errors.New("store: it is not known whether the commit was applied")
	// ErrInvalid says that a commit makes no sense: see Check.
	ErrInvalid = errors.New("store: not a commit")
	// ErrTrimmed says that the change feed does not reach back that far: load the scopes instead.
	ErrTrimmed = errors.New("store: the changes are gone")
	// ErrClosed says that the store is closed, or had to give up after its disk failed: what was committed is there when it is opened again.
	ErrClosed = errors.New("store: closed")
	// ErrDamaged says that what is stored is not what was written, or not all of it. Nothing of it may be believed.
	ErrDamaged = errors.New("store: the stored data is damaged")
)

// Store keeps scopes. Its methods may be called by several goroutines; a function that is given to one of them must not call another.
type Store interface {
	// Commit applies every batch or none. *Conflict: a base is not its scope's newest version. ErrTaken: a name is another's. ErrInvalid: see Check.
	// ErrUnknown: see there; a context that ends after the store has begun is such a case. Any other error: nothing was applied.
	// The same request token again, while it is Remembered, gives the first commit's position and changes nothing.
	Commit(ctx context.Context, request string, batches ...Batch) (Pos, error)
	// Load calls f with every record of a scope, in no order, and returns the version that they amount to, 0 if there is no such scope. Records that f
	// was given are worth nothing if there is an error: ErrDamaged may be known only at the end.
	Load(ctx context.Context, s Scope, f func(Record) error) (Version, error)
	// Scopes calls f with every scope, in the order of their names.
	Scopes(ctx context.Context, f func(Scope, Version) error) error
	// Heads returns the newest sequence of every shard of the change feed: the proof of freshness.
	Heads(ctx context.Context) ([]Seq, error)
	// Changes returns the changes of up to n commits of a shard after a sequence, without a gap and never a part of a commit. *Trimmed: Load instead.
	// Sequences rise, but not always by one: a store that was restored from a backup goes on far behind the sequences that it may have had once.
	Changes(ctx context.Context, shard int, after Seq, n int) ([]Change, error)
	// Trim lets go of a shard's changes up to a sequence: whoever needs them has them. Until then they are kept.
	Trim(ctx context.Context, shard int, upTo Seq) error
	// Touch saves last-used marks, unless there is a newer one already: no version, no feed; at most a minute of them is lost in a crash.
	Touch(ctx context.Context, marks []LastUsed) error
	// Marks calls f with the last-used marks of a scope, in no order.
	Marks(ctx context.Context, s Scope, f func(LastUsed) error) error
	// Backup writes all that the store holds, at one moment, with a checksum. The engine's Restore makes a store of it.
	Backup(ctx context.Context, w io.Writer) error
	Close() error
}

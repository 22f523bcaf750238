package embedded

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/writ-iam/writ/internal/store"
)

// The body of a commit in the change feed: the number of its batches, and of each the scope, the version that it made, what was put, what was deleted and
// the events: numbers, and texts with their lengths before them.

func encodeBody(batches []store.Batch) []byte {
	size := 16
	for i := range batches {
		size += batchSize(&batches[i])
	}
	out := binary.AppendUvarint(make([]byte, 0, size), uint64(len(batches)))
	for i := range batches {
		b := &batches[i]
		out = appendText(out, b.Scope)
		out = binary.AppendUvarint(out, uint64(b.Base)+1)
		out = binary.AppendUvarint(out, uint64(len(b.Put)))
		for _, r := range b.Put {
			out = appendText(appendText(appendText(out, r.Kind), r.Name), r.Doc)
		}
		out = binary.AppendUvarint(out, uint64(len(b.Delete)))
		for _, k := range b.Delete {
			out = appendText(appendText(out, k.Kind), k.Name)
		}
		out = binary.AppendUvarint(out, uint64(len(b.Events)))
		for _, e := range b.Events {
			out = appendText(out, e)
		}
	}
	return out
}

// batchSize is about how long a batch's part of a body becomes.
func batchSize(b *store.Batch) int {
	n := 32 + len(b.Scope)
	for _, r := range b.Put {
		n += 12 + len(r.Kind) + len(r.Name) + len(r.Doc)
	}
	for _, e := range b.Events {
		n += 8 + len(e)
	}
	return n + 48*len(b.Delete)
}

func appendText[T ~string | ~[]byte](b []byte, t T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(t))), t...)
}

// decodeBody returns the changes of a commit, all but their position and request. It takes nothing but what encodeBody makes.
func decodeBody(in []byte) ([]store.Change, error) {
	d := decoder{in: in}
	var changes []store.Change
	for range d.number() {
		c := store.Change{Scope: store.Scope(d.text()), Version: store.Version(d.uint())}
		for range d.number() {
			c.Put = append(c.Put, store.Record{Kind: string(d.text()), Name: string(d.text()), Doc: d.text()})
		}
		for range d.number() {
			c.Delete = append(c.Delete, store.Key{Kind: string(d.text()), Name: string(d.text())})
		}
		for range d.number() {
			c.Events = append(c.Events, d.text())
		}
		changes = append(changes, c)
	}
	if d.bad || len(d.in) > 0 {
		return nil, store.ErrDamaged
	}
	return changes, nil
}

// decoder reads a body from its beginning. Once it is bad it gives nothing.
type decoder struct {
	in  []byte
	bad bool
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.in)
	if d.bad || size <= 0 {
		d.bad = true
		return 0
	}
	d.in = d.in[size:]
	return n
}

// number reads how many parts follow. Each has a byte at least.
func (d *decoder) number() int {
	n := d.uint()
	if n > uint64(len(d.in)) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) text() []byte {
	n := d.number()
	if d.bad {
		return nil
	}
	t := d.in[:n:n]
	d.in = d.in[n:]
	return t
}

// sums makes checksums. They show damage, not malice: whoever can write the file can make them too.
type sums struct {
	buffer []byte
}

// record is a record's checksum. That of a scope is the sum, modulo 2⁶⁴, of its records', of its claims' and of head, so that what is missing shows too.
func (s *sums) record(scope store.Scope, kind, name string, doc []byte) uint64 {
	return s.sum(appendText(appendText(appendText(appendText(s.buffer[:0], scope), kind), name), doc))
}

// claim is a claim's checksum: that of a record of a kind that there is not.
func (s *sums) claim(scope store.Scope, name store.Claim) uint64 {
	return s.record(scope, "\x00claim", string(name), nil)
}

func (s *sums) head(scope store.Scope, v store.Version) uint64 {
	return s.sum(binary.AppendUvarint(appendText(s.buffer[:0], scope), uint64(v)))
}

func (s *sums) change(seq store.Seq, request string, body []byte) uint64 {
	return s.sum(appendText(appendText(binary.AppendUvarint(s.buffer[:0], uint64(seq)), request), body))
}

func (s *sums) sum(text []byte) uint64 {
	s.buffer = text
	hash := sha256.Sum256(text)
	return binary.BigEndian.Uint64(hash[:])
}

package embedded

import (
	"encoding/binary"
	"errors"

	"github.com/writ-iam/writ/internal/store"
)

// The body of a change: what was put, what was deleted, and the events, each a number and then that many texts with their lengths before them.

func encodeBody(b *store.Batch) []byte {
	var out []byte
	text := func(t []byte) {
		out = binary.AppendUvarint(out, uint64(len(t)))
		out = append(out, t...)
	}
	out = binary.AppendUvarint(out, uint64(len(b.Put)))
	for _, r := range b.Put {
		text([]byte(r.Kind))
		text([]byte(r.Name))
		text(r.Doc)
	}
	out = binary.AppendUvarint(out, uint64(len(b.Delete)))
	for _, k := range b.Delete {
		text([]byte(k.Kind))
		text([]byte(k.Name))
	}
	out = binary.AppendUvarint(out, uint64(len(b.Events)))
	for _, e := range b.Events {
		text(e)
	}
	return out
}

var errBody = errors.New("store: a change in the database cannot be read")

func decodeBody(in []byte, c *store.Change) error {
	bad := false
	number := func() int {
		n, size := binary.Uvarint(in)
		// Nothing has more parts than bytes.
		if size <= 0 || n > uint64(len(in)) {
			bad = true
			return 0
		}
		in = in[size:]
		return int(n)
	}
	text := func() []byte {
		n := number()
		if bad || n > len(in) {
			bad = true
			return nil
		}
		t := in[:n:n]
		in = in[n:]
		return t
	}
	for range number() {
		c.Put = append(c.Put, store.Record{Kind: string(text()), Name: string(text()), Doc: text()})
	}
	for range number() {
		c.Delete = append(c.Delete, store.Key{Kind: string(text()), Name: string(text())})
	}
	for range number() {
		c.Events = append(c.Events, text())
	}
	if bad || len(in) > 0 {
		return errBody
	}
	return nil
}

package dispatch

import (
	"crypto/rand"
	"encoding/hex"
)

// NewID returns a random UUID, the form of the ids of requests and events.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	from := 0
	for i, part := range [...][]byte{b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]} {
		if i > 0 {
			text[from] = '-'
			from++
		}
		from += hex.Encode(text[from:], part)
	}
	return string(text[:])
}

package server

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/writ-iam/writ/internal/fault"
)

const (
	// maxBody is the longest body that is read, before anybody is known to have sent it: the longest policy document, three times over for its
	// percent-encoding, fits.
	maxBody = 1 << 20
	// freeBody is how much of a body is read without asking whether there is room: honest requests are shorter, and go on when others fill the rest.
	freeBody = 64 << 10
	// roomForBodies is how many bytes of all bodies together are held beyond that, unless Options say something else.
	roomForBodies = 64 << 20
)

// bodies reads bodies into memory that has a bound over all requests at once. A body that nobody is known to have sent holds memory for as long as its sender
// takes, so what one request may hold says nothing of what all do.
type bodies struct {
	room int64
	// held are the bytes beyond freeBody of all bodies.
	held atomic.Int64
	pool sync.Pool // of *body
}

// body is what was read of one. It must be released when the request has ended.
type body struct {
	of    *bodies
	bytes []byte
	held  int64
}

func (bs *bodies) open() *body {
	b, ok := bs.pool.Get().(*body)
	if !ok {
		b = &body{of: bs, bytes: make([]byte, 0, 4<<10)}
	}
	return b
}

// release gives back what a body holds: its bytes are not to be used any more.
func (b *body) release() {
	b.of.held.Add(-b.held)
	b.held = 0
	if cap(b.bytes) > freeBody {
		return
	}
	b.bytes = b.bytes[:0]
	b.of.pool.Put(b)
}

// read reads a request's whole body. The memory grows with what arrives, and not with what the request says will.
func (b *body) read(r *http.Request) error {
	if r.ContentLength > maxBody {
		return tooLong()
	}
	for {
		if len(b.bytes) == cap(b.bytes) {
			if err := b.grow(); err != nil {
				return err
			}
		}
		n, err := r.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case len(b.bytes) > maxBody:
			return tooLong()
		case err == io.EOF:
			return nil
		case err != nil:
			return &fault.Fault{Code: fault.MalformedQueryString, Message: "The request's body could not be read."}
		}
	}
}

var errNoRoom = errors.New("server: the bodies of requests that are being read fill the memory that there is for them")

// grow makes room for twice as much. The longest body gets one byte more, in which it shows that it has ended.
func (b *body) grow() error {
	size := 2 * cap(b.bytes)
	if size >= maxBody {
		size = maxBody + 1
	}
	if more := int64(size-freeBody) - b.held; more > 0 {
		if b.of.held.Add(more) > b.of.room {
			b.of.held.Add(-more)
			return &fault.Fault{Code: fault.ServiceUnavailable, Message: "The server reads too many long requests at present. Please try again later.", Cause: errNoRoom}
		}
		b.held += more
	}
	grown := make([]byte, len(b.bytes), size)
	copy(grown, b.bytes)
	b.bytes = grown
	return nil
}

func tooLong() error {
	return fault.New(fault.RequestEntityTooLarge, "The request is longer than %d bytes.", maxBody)
}

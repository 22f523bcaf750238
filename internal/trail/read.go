package trail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// maxLine is the longest line: a commit of many writes has many events.
const maxLine = 64 << 20

// segmentReader reads a segment line by line and checks every line's code.
type segmentReader struct {
	name   string
	reader *bufio.Reader
	file   *os.File
	chain  hash.Hash
	first  bool

	header header
	kind   byte
	text   []byte
	last   []byte
	events uint64
	sealed bool
	good   int64 // where the last whole line ends
	err    error
}

func openSegment(name string, _ []byte, chain hash.Hash) (*segmentReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	return &segmentReader{name: name, reader: bufio.NewReaderSize(f, 64<<10), file: f, chain: chain, first: true}, nil
}

// next reads a line. At the end, and at an error, it closes the file.
func (r *segmentReader) next() bool {
	if r.err != nil || r.file == nil {
		return false
	}
	line, err := r.readLine()
	if err != nil {
		if err != io.EOF {
			r.err = fmt.Errorf("trail: %w", err)
		}
		r.close()
		return false
	}
	if err := r.take(line); err != nil {
		r.err = fmt.Errorf("%w: %s, at byte %d: %v", ErrDamaged, filepath.Base(r.name), r.good, err)
		r.close()
		return false
	}
	r.good += int64(len(line)) + 1
	return true
}

func (r *segmentReader) close() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
}

// readLine returns the next whole line without its end. A line that was not written to its end is io.EOF: a crash, or the writer is at it.
func (r *segmentReader) readLine() ([]byte, error) {
	var line []byte
	for {
		part, err := r.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxLine:
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		default:
			return nil, err
		}
	}
}

func (r *segmentReader) take(line []byte) error {
	if len(line) < codeLen+3 || line[codeLen] != ' ' || line[codeLen+2] != ' ' {
		return errors.New("not a line of a trail")
	}
	given, kind, text := line[:codeLen], line[codeLen+1], line[codeLen+3:]
	if r.sealed {
		return errors.New("a line behind the seal")
	}
	if r.first {
		if kind != headerLine {
			return errors.New("no header")
		}
		if err := json.Unmarshal(text, &r.header); err != nil {
			return errors.New("a header that cannot be read")
		}
		if r.header.Feed == nil {
			r.header.Feed = make(positions)
		}
		r.last = []byte(r.header.Previous)
	} else if kind == headerLine {
		return errors.New("a second header")
	}
	want := code(r.chain, r.last, kind, text)
	if !hmac.Equal(want, given) {
		return errors.New("the code does not fit: the line, or what stood before it, was changed")
	}
	r.first, r.last, r.kind, r.text = false, want, kind, text
	switch kind {
	case headerLine:
	case eventLine:
		r.events++
	case sealLine:
		var s seal
		if err := json.Unmarshal(text, &s); err != nil || s.Sealed != r.events {
			return errors.New("the seal does not fit")
		}
		r.sealed = true
	default:
		return errors.New("a line of no known kind")
	}
	return nil
}

// place notes in p where in the feed the present event comes from.
func (r *segmentReader) place(p positions) {
	from, _, _ := bytes.Cut(r.text, []byte(" "))
	shard, seq, ok := bytes.Cut(from, []byte(":"))
	if !ok {
		return
	}
	n, err := strconv.Atoi(string(shard))
	at, err2 := strconv.ParseUint(string(seq), 10, 64)
	if err == nil && err2 == nil {
		p[n] = max(p[n], store.Seq(at))
	}
}

// each calls f with the events of the present line.
func (r *segmentReader) each(f func([]byte) error) error {
	_, events, _ := bytes.Cut(r.text, []byte(" "))
	for event := range bytes.SplitSeq(events, []byte{separator}) {
		if len(event) == 0 {
			continue
		}
		if err := f(event); err != nil {
			return err
		}
	}
	return nil
}

// Read calls f with every event of the trail in a folder, in the order in which they were written, and checks all codes on the way. The error is
// ErrDamaged, or f's.
func Read(dir string, key []byte, f func(event []byte) error) error {
	_, err := read(dir, key, f)
	return err
}

// end is where a reader has come to.
type end struct {
	segment string
	events  uint64
}

func read(dir string, key []byte, f func(event []byte) error) (end, error) {
	var at end
	segments, err := Segments(dir)
	if err != nil {
		return at, err
	}
	var last []byte
	for i, name := range segments {
		if name != segmentName(firstSegment(segments)+uint64(i)) {
			return at, fmt.Errorf("%w: %s does not follow the segment before it: one is missing", ErrDamaged, name)
		}
		r, err := openSegment(filepath.Join(dir, name), key, hmac.New(sha256.New, key))
		if err != nil {
			return at, err
		}
		for r.next() {
			if r.kind == headerLine && i > 0 && r.header.Previous != string(last) {
				r.close()
				return at, fmt.Errorf("%w: %s does not go on where the segment before it ends", ErrDamaged, name)
			}
			if r.kind != eventLine {
				continue
			}
			if err := r.each(f); err != nil {
				r.close()
				return at, err
			}
		}
		if r.err != nil {
			return at, r.err
		}
		if !r.sealed && i < len(segments)-1 {
			return at, fmt.Errorf("%w: %s is not sealed, and is not the newest", ErrDamaged, name)
		}
		last, at = r.last, end{name, r.events}
	}
	return at, nil
}

// firstSegment is the number of the oldest segment that is kept.
func firstSegment(segments []string) uint64 {
	n, _ := strconv.ParseUint(segments[0][:16], 10, 64)
	return n
}

// Tail is like Read, and then goes on with every event that is written, until the context ends.
func Tail(ctx context.Context, dir string, key []byte, f func(event []byte) error) error {
	at, err := read(dir, key, f)
	if err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if at, err = tail(dir, key, at, f); err != nil {
				return err
			}
		}
	}
}

// tail calls f with the events behind at.
func tail(dir string, key []byte, at end, f func([]byte) error) (end, error) {
	segments, err := Segments(dir)
	if err != nil {
		return at, err
	}
	for _, name := range segments {
		if name < at.segment {
			continue
		}
		r, err := openSegment(filepath.Join(dir, name), key, hmac.New(sha256.New, key))
		if err != nil {
			return at, err
		}
		seen := uint64(0)
		if name == at.segment {
			seen = at.events
		}
		for r.next() {
			if r.kind != eventLine || r.events <= seen {
				continue
			}
			if err := r.each(f); err != nil {
				r.close()
				return at, err
			}
		}
		if r.err != nil {
			return at, r.err
		}
		at = end{name, max(seen, r.events)}
	}
	return at, nil
}

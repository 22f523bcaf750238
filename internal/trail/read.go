package trail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// maxLine is the longest line: that of the longest commit, with room to spare.
const maxLine = 2 * store.MaxCommit

// segmentReader reads a segment line by line and checks every line's code. At the end of what is there next may be called again when there may be more.
type segmentReader struct {
	name   string
	number uint64
	file   *os.File
	reader *bufio.Reader
	chain  *chainer
	mark   *mark

	header header
	kind   byte
	text   []byte
	last   []byte
	events uint64
	sealed bool
	// marked: the line that the mark names was read, or it is in a segment before.
	marked bool
	good   int64 // where the last whole line ends
	err    error
}

// openSegment opens a segment. m is the trail's mark, nil if it has none.
func openSegment(dir string, number uint64, chain *chainer, m *mark) (*segmentReader, error) {
	f, err := os.Open(filepath.Join(dir, segmentName(number)))
	if err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	return &segmentReader{
		name: segmentName(number), number: number, file: f, reader: bufio.NewReaderSize(f, 64<<10), chain: chain, mark: m, marked: m == nil || m.Segment < number,
	}, nil
}

func (r *segmentReader) close() { r.file.Close() }

// next reads a line.
func (r *segmentReader) next() bool {
	if r.err != nil {
		return false
	}
	line, err := r.line()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		r.err = fmt.Errorf("trail: %w", err)
		return false
	}
	if err := r.take(line); err != nil {
		if r.marked && !r.sealed && r.lost(line) {
			r.rewind()
			return false
		}
		r.err = fmt.Errorf("%w: %s, at byte %d: %v", ErrDamaged, r.name, r.good, err)
		return false
	}
	r.good += int64(len(line)) + 1
	return true
}

// line returns the next whole line without its end. A line that was not written to its end is io.EOF, and read from its beginning the next time: a crash
// cut it off, or the writer is at it.
func (r *segmentReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := r.reader.ReadSlice('\n')
		switch {
		case err == nil && line == nil:
			return part[:len(part)-1], nil
		case err == nil:
			line = append(line, part...)
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
			if line = append(line, part...); len(line) > maxLine {
				return nil, fmt.Errorf("%w: %s, at byte %d: a line without an end", ErrDamaged, r.name, r.good)
			}
		case errors.Is(err, io.EOF):
			r.rewind()
			return nil, io.EOF
		default:
			return nil, err
		}
	}
}

// rewind goes back to where the last whole line ends.
func (r *segmentReader) rewind() {
	if _, err := r.file.Seek(r.good, io.SeekStart); err != nil {
		r.err = fmt.Errorf("trail: %w", err)
	}
	r.reader.Reset(r.file)
}

// lost reports whether a line that cannot be read, and is not yet marked to be on the disk, is what is left when a machine goes down before the disk has
// everything: with zeroes where something is missing. A line has none.
func (r *segmentReader) lost(line []byte) bool {
	if bytes.IndexByte(line, 0) >= 0 {
		return true
	}
	for {
		b, err := r.reader.ReadByte()
		if err != nil {
			return false
		}
		if b == 0 {
			return true
		}
	}
}

// take takes in a line, if it is one that stands here.
func (r *segmentReader) take(line []byte) error {
	given, kind, text, ok := parts(line)
	if !ok {
		return errors.New("not a line of a trail")
	}
	if r.sealed {
		return errors.New("a line behind the seal")
	}
	last, first := r.last, r.last == nil
	var h header
	if first != (kind == headerLine) {
		return errors.New("a header is the first line, and no other")
	}
	if first {
		if err := json.Unmarshal(text, &h); err != nil || len(h.Previous) != codeLen {
			return errors.New("a header that cannot be read")
		}
		last = []byte(h.Previous)
	}
	var buffer [codeLen]byte
	want := r.chain.code(buffer[:0], last, kind, text)
	if !hmac.Equal(want, given) {
		return errors.New("the code does not fit: the line, or what stood before it, was changed")
	}
	switch kind {
	case headerLine:
		if h.Segment != r.number {
			return fmt.Errorf("this is segment %d", h.Segment)
		}
		if r.header = h; h.Feed == nil {
			r.header.Feed = make(positions)
		}
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
	r.kind, r.text, r.last = kind, text, append(r.last[:0], want...)
	if r.mark != nil && !r.marked && r.mark.Last == string(want) {
		r.marked = true
	}
	return nil
}

// place notes in p where in the feed the present line's events come from.
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

// Read calls f with every event of the trail in a folder, in the order in which they were written, and checks all of the trail on the way. An event is
// f's only until f returns. The error is ErrDamaged, or f's. The trail may be written to meanwhile.
func Read(dir string, key []byte, f func(event []byte) error) error {
	c, err := begin(dir, key, 0)
	if err != nil {
		return err
	}
	defer c.close()
	return c.whole(f)
}

// Since is like Read, but begins with the segment that has the first events since a time, and so may call f with some that are older. It checks what it
// reads.
func Since(dir string, key []byte, from time.Time, f func(event []byte) error) error {
	segments, err := Segments(dir)
	if err != nil {
		return err
	}
	// Events are written after their time, and clocks are set back now and then.
	from = from.Add(-10 * time.Minute)
	first := uint64(0)
	for i := len(segments) - 1; i >= 0; i-- {
		n, _ := segmentNumber(segments[i])
		r, err := openSegment(dir, n, newChainer(key), nil)
		if err != nil {
			return err
		}
		whole := r.next()
		r.close()
		if r.err != nil {
			return r.err
		}
		if first = n; whole && r.header.Begun.Before(from) {
			break
		}
	}
	c, err := begin(dir, key, first)
	if err != nil {
		return err
	}
	defer c.close()
	return c.whole(f)
}

// Tail is like Read, and then goes on with every event that is written, until the context ends.
func Tail(ctx context.Context, dir string, key []byte, f func(event []byte) error) error {
	c, err := begin(dir, key, 0)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.whole(f); err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := c.rest(f); err != nil {
				return err
			}
		}
	}
}

// cursor reads a trail from a segment on.
type cursor struct {
	dir    string
	key    []byte
	mark   *mark
	number uint64         // of the segment that it is in
	reader *segmentReader // nil if that is not there yet
	last   []byte         // the last code of the segment before; nil if it began here
	marked bool
}

func begin(dir string, key []byte, number uint64) (*cursor, error) {
	// The mark is read first: the trail may grow meanwhile.
	m, err := readMark(dir, newChainer(key))
	if err != nil {
		return nil, err
	}
	c := &cursor{dir: dir, key: key, mark: m, number: number}
	if number == 0 {
		c.last = []byte(root)
	}
	return c, nil
}

func (c *cursor) close() {
	if c.reader != nil {
		c.reader.close()
	}
}

// whole reads to the end and checks that it is the end.
func (c *cursor) whole(f func([]byte) error) error {
	if err := c.rest(f); err != nil {
		return err
	}
	switch {
	case c.mark != nil && !c.marked:
		return fmt.Errorf("%w: its end was cut off", ErrDamaged)
	case c.mark == nil && (c.number > 0 || c.reader != nil && c.reader.events > 0):
		// Unless it has just been made.
		if m, err := readMark(c.dir, newChainer(c.key)); err != nil || m == nil {
			return errors.Join(err, fmt.Errorf("%w: the mark of its end, %s, is gone", ErrDamaged, markName))
		}
	}
	return nil
}

// rest reads what there is behind where it has come to.
func (c *cursor) rest(f func([]byte) error) error {
	for {
		if c.reader == nil {
			r, err := openSegment(c.dir, c.number, newChainer(c.key), c.mark)
			if errors.Is(err, fs.ErrNotExist) {
				return c.missing()
			}
			if err != nil {
				return err
			}
			c.reader = r
		}
		r := c.reader
		// A segment is sealed before the next is begun, so look for that first.
		_, err := os.Stat(filepath.Join(c.dir, segmentName(c.number+1)))
		newest := err != nil
		for r.next() {
			c.marked = c.marked || r.marked
			if r.kind == headerLine && c.last != nil && r.header.Previous != string(c.last) {
				return fmt.Errorf("%w: %s does not go on where the segment before it ends", ErrDamaged, r.name)
			}
			if r.kind != eventLine {
				continue
			}
			if err := r.each(f); err != nil {
				return err
			}
		}
		switch {
		case r.err != nil:
			return r.err
		case !r.sealed && newest:
			return nil
		case !r.sealed:
			return fmt.Errorf("%w: %s is not sealed, and is not the newest", ErrDamaged, r.name)
		}
		c.last = bytes.Clone(r.last)
		r.close()
		c.reader = nil
		c.number++
	}
}

// missing says whether a segment that is not there should be.
func (c *cursor) missing() error {
	segments, err := Segments(c.dir)
	if err != nil {
		return err
	}
	if len(segments) > 0 {
		if newest, _ := segmentNumber(segments[len(segments)-1]); newest > c.number {
			return fmt.Errorf("%w: %s is missing", ErrDamaged, segmentName(c.number))
		}
	}
	return nil
}

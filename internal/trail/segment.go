package trail

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Kinds of lines. The mark is a line of its own file.
const (
	headerLine = 'H'
	eventLine  = 'E'
	sealLine   = 'S'
	markLine   = 'M'
)

// codeLen is the length of a line's code: 18 bytes of the HMAC in base64.
const codeLen = 24

// root stands for the code of a line before the first.
const root = "........................"

// positions is how far into each shard of the change feed the trail reaches.
type positions map[int]store.Seq

// header is the first line of a segment.
type header struct {
	Segment  uint64    `json:"segment"`
	Previous string    `json:"previous"` // the last code of the segment before
	Begun    time.Time `json:"begun"`
	Feed     positions `json:"feed"`
}

// seal is the last line of a full segment.
type seal struct {
	Sealed uint64 `json:"sealed"` // the number of lines with events
}

// mark says how far the trail reaches on the disk, in a file of its own, so that a trail whose end was cut off shows.
type mark struct {
	Segment uint64 `json:"segment"`
	Last    string `json:"last"` // the code of a line of it: it and all before are there
}

// markName is the mark's file. It stands before all segments in the order of names, so that whoever copies a trail that is written to copies a mark that
// is older than the segments.
const markName = "0-end"

// segmentName is a segment's file.
func segmentName(n uint64) string { return fmt.Sprintf("%016d.trail", n) }

// segmentNumber is the number in the name of a segment's file.
func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ".trail")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ok && err == nil && segmentName(n) == name
}

// Segments returns the names of the segment files in a folder, oldest first.
func Segments(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, ok := segmentNumber(e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// chainer makes the codes of lines.
type chainer struct {
	mac hash.Hash
	// kind and sum are here so that nothing is allocated for a line.
	kind [1]byte
	sum  [sha256.Size]byte
}

func newChainer(key []byte) *chainer { return &chainer{mac: hmac.New(sha256.New, key)} }

// code appends the code of a line to b. It covers the code of the line before, and so all of the trail up to here.
func (c *chainer) code(b, last []byte, kind byte, text []byte) []byte {
	c.kind[0] = kind
	c.mac.Reset()
	c.mac.Write(last)
	c.mac.Write(c.kind[:])
	c.mac.Write(text)
	return base64.RawURLEncoding.AppendEncode(b, c.mac.Sum(c.sum[:0])[:codeLen/4*3])
}

// line appends a line.
func (c *chainer) line(b, last []byte, kind byte, text []byte) []byte {
	b = append(append(c.code(b, last, kind, text), ' ', kind, ' '), text...)
	return append(b, '\n')
}

// parts takes a line, without its end, apart.
func parts(line []byte) (code []byte, kind byte, text []byte, ok bool) {
	if len(line) < codeLen+3 || line[codeLen] != ' ' || line[codeLen+2] != ' ' {
		return nil, 0, nil, false
	}
	return line[:codeLen], line[codeLen+1], line[codeLen+3:], true
}

// readMark reads a trail's mark; nil if there is none.
func readMark(dir string, c *chainer) (*mark, error) {
	line, err := os.ReadFile(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	line, ended := bytes.CutSuffix(line, []byte("\n"))
	code, kind, text, ok := parts(line)
	var m mark
	if !ok || !ended || kind != markLine || !hmac.Equal(code, c.code(nil, []byte(root), kind, text)) || json.Unmarshal(text, &m) != nil {
		return nil, fmt.Errorf("%w: the mark of its end, %s, is not as it was written", ErrDamaged, markName)
	}
	return &m, nil
}

// segment is the segment that is written to. Whatever of its methods fails can be tried again, but for sync.
type segment struct {
	disk  disk
	chain *chainer

	file   file
	number uint64
	begun  time.Time
	size   int64
	events uint64
	last   []byte // the code of the last line
	// sealed: nothing may be added.
	sealed bool
	// torn: there may be something behind the last line, of a write that failed. leftover: there is a file where the next segment is to be.
	torn, leftover bool
}

// begin starts the segment with a number behind the present one, which is sealed.
func (s *segment) begin(number uint64, now time.Time, feed positions) error {
	previous := s.last
	if previous == nil {
		previous = []byte(root)
	}
	text, err := json.Marshal(header{Segment: number, Previous: string(previous), Begun: now.UTC(), Feed: feed})
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	line := s.chain.line(nil, previous, headerLine, text)
	name := segmentName(number)
	if s.leftover {
		if err := s.disk.remove(name); err != nil {
			return fmt.Errorf("trail: %w", err)
		}
		s.leftover = false
	}
	f, err := s.disk.create(name)
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	_, err = f.WriteAt(line, 0)
	if err == nil {
		err = errors.Join(f.Sync(), s.disk.sync())
	}
	if err != nil {
		err = errors.Join(err, f.Close())
		s.leftover = s.disk.remove(name) != nil
		return fmt.Errorf("trail: %w", err)
	}
	s.file, s.number, s.begun, s.size, s.events, s.sealed, s.torn = f, number, now, int64(len(line)), 0, false, false
	s.last = bytes.Clone(line[:codeLen])
	return nil
}

// put adds whole lines, the last of which has the code last. If it fails nothing was added.
func (s *segment) put(lines, last []byte, events uint64) error {
	if s.torn {
		if err := s.file.Truncate(s.size); err != nil {
			return fmt.Errorf("trail: %w", err)
		}
		s.torn = false
	}
	n, err := s.file.WriteAt(lines, s.size)
	if err != nil {
		// What is there of it must not stay: what comes next may be shorter.
		s.torn = n > 0 && s.file.Truncate(s.size) != nil
		return fmt.Errorf("trail: %w", err)
	}
	s.size += int64(len(lines))
	s.events += events
	s.last = append(s.last[:0], last...)
	return nil
}

// seal ends the segment.
func (s *segment) seal() error {
	text, err := json.Marshal(seal{Sealed: s.events})
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	line := s.chain.line(nil, s.last, sealLine, text)
	if err := s.put(line, line[:codeLen], 0); err != nil {
		return err
	}
	s.sealed = true
	return nil
}

// note marks that the trail is on the disk as far as it is written, which it is.
func (s *segment) note() error {
	text, err := json.Marshal(mark{Segment: s.number, Last: string(s.last)})
	if err == nil {
		err = s.disk.replace(markName, s.chain.line(nil, []byte(root), markLine, text))
	}
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return nil
}

// Package trail is the record of every call: CloudTrail's events, kept in sealed segment files.
//
//	log, err := trail.Open("data/trail", key, trail.Options{})
//	err = log.Append(ctx, event, true)     // a call that changed nothing
//	go log.Follow(ctx, store, logger)      // the events that travel in commits
//
//	err = trail.Read("data/trail", key, func(event []byte) error { … })
//
// A segment is a file of lines. Each line has a code (HMAC-SHA-256) over the line and the code before it, so that a line that was changed, taken out or
// moved shows; the first line of a segment has the last code of the one before it, and a full segment is sealed by a last line with the number of its
// events. Only the end of the newest segment can be cut without a trace here; for events of writes that shows too, since they come from the store,
// which has them until the trail has: each line of theirs has its place in the store's change feed, so that none is missing or there twice
// after a crash.
package trail

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Options are how a log is kept. The zero Options are good.
type Options struct {
	// SegmentSize is how long a segment may become, in bytes; 64 MiB if zero.
	SegmentSize int64
	// Sync is how often what was written is forced to the disk; every second if zero. Events of writes are safe before, in the store.
	Sync time.Duration
}

// ErrDamaged says that the trail is not as it was written.
var ErrDamaged = errors.New("trail: the trail is damaged")

// Log is the end of a trail, where it is written. Its methods may be called by several goroutines.
type Log struct {
	dir     string
	key     []byte
	options Options

	// wake is for the writing goroutine; done is closed when it has ended.
	wake chan struct{}
	done chan struct{}

	// Only the writing goroutine has these.
	file    *os.File
	chain   hash.Hash
	last    []byte
	segment uint64
	size    int64
	events  uint64
	feed    positions
	buffer  []byte
	scratch []byte
	spare   []entry

	mu    sync.Mutex
	queue []entry
	// urgent: somebody waits for an event in the queue.
	urgent  bool
	closing bool
	// room is closed, and made anew, when the queue was emptied.
	room   chan struct{}
	broken error
	placed positions
}

// positions is how far into each shard of the change feed the trail reaches.
type positions map[int]store.Seq

// entry is an event that waits to be written.
type entry struct {
	event []byte
	from  *store.Pos // in the feed; nil for others
	wait  chan error // nil if nobody waits
}

// header is the first line of a segment.
type header struct {
	Segment  uint64    `json:"segment"`
	Previous string    `json:"previous"` // the last code of the segment before
	Feed     positions `json:"feed"`
}

// seal is the last line of a full segment.
type seal struct {
	Sealed uint64 `json:"sealed"` // the number of events
}

// codeLen is the length of a line's code: 18 bytes of the HMAC in base64.
const codeLen = 24

// Kinds of lines.
const (
	headerLine = 'H'
	eventLine  = 'E'
	sealLine   = 'S'
)

// Open opens the trail in a folder, made if there is none. What a crash cut off in the middle of its last line is taken away; anything else that is
// not as it was written is ErrDamaged. key is secret to the trail.
func Open(dir string, key []byte, o Options) (*Log, error) {
	if o.SegmentSize == 0 {
		o.SegmentSize = 64 << 20
	}
	if o.Sync == 0 {
		o.Sync = time.Second
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	l := &Log{
		dir: dir, key: key, options: o, wake: make(chan struct{}, 1), done: make(chan struct{}), room: make(chan struct{}),
		chain: hmac.New(sha256.New, key), feed: make(positions), placed: make(positions),
	}
	if err := l.resume(); err != nil {
		return nil, err
	}
	for shard, seq := range l.feed {
		l.placed[shard] = seq
	}
	go l.write()
	return l, nil
}

// resume finds the end of the newest segment.
func (l *Log) resume() error {
	segments, err := Segments(l.dir)
	if err != nil {
		return err
	}
	if len(segments) == 0 {
		return l.begin(0, nil)
	}
	newest := segments[len(segments)-1]
	r, err := openSegment(filepath.Join(l.dir, newest), l.key, l.chain)
	if err != nil {
		return err
	}
	for r.next() {
		if r.kind == eventLine {
			l.events++
			r.place(l.feed)
		}
	}
	switch {
	case r.err != nil:
		return r.err
	case r.header.Feed == nil:
		// Not even the header was written whole.
		return l.rewrite(segments, newest)
	}
	for shard, seq := range r.header.Feed {
		l.feed[shard] = max(l.feed[shard], seq)
	}
	l.segment, l.last, l.size = r.header.Segment, r.last, r.good
	if r.sealed {
		return l.begin(l.segment+1, l.last)
	}
	if l.file, err = os.OpenFile(filepath.Join(l.dir, newest), os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	if err := l.file.Truncate(l.size); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	_, err = l.file.Seek(l.size, 0)
	return err
}

// rewrite begins a segment anew whose header was cut off by a crash: nothing was in it.
func (l *Log) rewrite(segments []string, newest string) error {
	if err := os.Remove(filepath.Join(l.dir, newest)); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	if len(segments) == 1 {
		return l.begin(0, nil)
	}
	return l.resume()
}

// segmentName is a segment's file.
func segmentName(n uint64) string { return fmt.Sprintf("%016d.trail", n) }

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
		if strings.HasSuffix(e.Name(), ".trail") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// begin starts a segment.
func (l *Log) begin(n uint64, previous []byte) error {
	file, err := os.OpenFile(filepath.Join(l.dir, segmentName(n)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	l.file, l.segment, l.size, l.events, l.last = file, n, 0, 0, previous
	text, err := json.Marshal(header{Segment: n, Previous: string(previous), Feed: l.feed})
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return l.put(l.line(nil, headerLine, text))
}

// line appends a line and moves the chain on.
func (l *Log) line(b []byte, kind byte, text []byte) []byte {
	l.last = code(l.chain, l.last, kind, text)
	b = append(append(append(b, l.last...), ' ', kind, ' '), text...)
	return append(b, '\n')
}

func code(chain hash.Hash, last []byte, kind byte, text []byte) []byte {
	var sum [sha256.Size]byte
	chain.Reset()
	chain.Write(last)
	chain.Write([]byte{kind})
	chain.Write(text)
	return base64.RawURLEncoding.AppendEncode(make([]byte, 0, codeLen), chain.Sum(sum[:0])[:18])
}

// put writes to the segment. If it fails, the segment is cut back to where it was, so that the next try stands behind whole lines.
func (l *Log) put(b []byte) error {
	n, err := l.file.WriteAt(b, l.size)
	if err != nil {
		if n > 0 {
			_ = l.file.Truncate(l.size) // Open does it if this cannot
		}
		return fmt.Errorf("trail: %w", err)
	}
	l.size += int64(n)
	return nil
}

// Append adds an event to the trail. With wait it returns when the event is written, and would survive the death of this process. Without, the event is
// written with others in a moment; if writing fails at present, Append waits all the same, and the error is the writing's.
func (l *Log) Append(ctx context.Context, event []byte, wait bool) error {
	e := entry{event: event}
	if wait {
		e.wait = make(chan error, 1)
	}
	if err := l.enqueue(ctx, &e); err != nil {
		return err
	}
	return l.await(e.wait)
}

// enqueue puts an event into the queue. While writing fails, it makes the event one that is waited for: the disk may have room again.
func (l *Log) enqueue(ctx context.Context, e *entry) error {
	for {
		l.mu.Lock()
		if l.closing {
			l.mu.Unlock()
			return errClosed
		}
		if len(l.queue) < maxQueue {
			if l.broken != nil && e.wait == nil {
				e.wait = make(chan error, 1)
			}
			l.queue = append(l.queue, *e)
			l.urgent = l.urgent || e.wait != nil
			// The writer is asleep if this is the first event, and hurries if somebody waits.
			if len(l.queue) == 1 || e.wait != nil {
				l.signal()
			}
			l.mu.Unlock()
			return nil
		}
		// Full: whoever has more to say waits until something is written.
		room := l.room
		l.signal()
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signal wakes the writer; it may be awake.
func (l *Log) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// await waits for an event that somebody waits for.
func (l *Log) await(wait chan error) error {
	if wait == nil {
		return nil
	}
	select {
	case err := <-wait:
		return err
	case <-l.done:
		select {
		case err := <-wait:
			return err
		default:
			return errClosed
		}
	}
}

var errClosed = errors.New("trail: closed")

const (
	// maxQueue is how many events may wait to be written.
	maxQueue = 4096
	// linger is how long an event waits for others, so that a write is not spent on each.
	linger = 2 * time.Millisecond
)

// write is the goroutine that writes: what waits is written together.
func (l *Log) write() {
	defer close(l.done)
	sync := time.NewTicker(l.options.Sync)
	defer sync.Stop()
	delay := time.NewTimer(linger)
	defer delay.Stop()
	dirty := false
	for {
		select {
		case <-l.wake:
			delay.Reset(linger)
			closing := false
			for waiting := true; waiting; {
				urgent, closed := l.hurry()
				if closing = closed; urgent || closed {
					break
				}
				select {
				case <-l.wake:
				case <-delay.C:
					waiting = false
				}
			}
			l.group()
			dirty = true
			if closing {
				_ = l.file.Sync()
				_ = l.file.Close()
				return
			}
		case <-sync.C:
			if dirty {
				l.note(l.file.Sync())
				dirty = false
			}
		}
	}
}

// hurry reports whether somebody waits for what is in the queue, and whether the log is closing.
func (l *Log) hurry() (urgent, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.urgent, l.closing
}

// group writes what is in the queue.
func (l *Log) group() {
	l.mu.Lock()
	entries := l.queue
	l.queue, l.urgent = l.spare[:0], false
	close(l.room)
	l.room = make(chan struct{})
	l.mu.Unlock()
	if len(entries) == 0 {
		return
	}
	last, events := l.last, l.events
	b := l.buffer[:0]
	placed := make(positions)
	for i := range entries {
		e := &entries[i]
		b = l.event(b, e)
		l.events++
		if e.from != nil {
			placed[e.from.Shard] = e.from.Seq
		}
	}
	err := l.put(b)
	if cap(b) <= 8<<20 {
		l.buffer = b
	}
	if err != nil {
		l.last, l.events = last, events
	} else {
		for shard, seq := range placed {
			l.feed[shard] = seq
		}
		if l.size >= l.options.SegmentSize {
			err = l.roll()
		}
	}
	l.note(err)
	for i := range entries {
		if entries[i].wait != nil {
			entries[i].wait <- err
		}
	}
	clear(entries)
	l.spare = entries
}

// event appends an event's line: its place in the feed, or -, and the event.
func (l *Log) event(b []byte, e *entry) []byte {
	l.scratch = l.scratch[:0]
	if e.from == nil {
		l.scratch = append(l.scratch, '-')
	} else {
		l.scratch = strconv.AppendInt(l.scratch, int64(e.from.Shard), 10)
		l.scratch = append(l.scratch, ':')
		l.scratch = strconv.AppendUint(l.scratch, uint64(e.from.Seq), 10)
	}
	l.scratch = append(append(l.scratch, ' '), e.event...)
	return l.line(b, eventLine, l.scratch)
}

// roll seals the segment and begins the next.
func (l *Log) roll() error {
	text, err := json.Marshal(seal{Sealed: l.events})
	if err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	last := l.last
	if err := l.put(l.line(nil, sealLine, text)); err != nil {
		l.last = last
		return err
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return l.begin(l.segment+1, l.last)
}

func (l *Log) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
	if err == nil {
		for shard, seq := range l.feed {
			l.placed[shard] = seq
		}
	}
}

// reach returns how far into a shard of the feed the trail has all events.
func (l *Log) reach(shard int) store.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.placed[shard]
}

// Follow takes the events that travel in commits from the store's change feed into the trail until the context ends, and then takes what is there
// still. A change is written whole or not at all, and taken once, however often the server dies in between.
func (l *Log) Follow(ctx context.Context, s store.Store, log *slog.Logger) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	trim := time.NewTicker(10 * l.options.Sync)
	defer trim.Stop()
	// What the trail had at the last turn is on the disk by now, unless the disk fails.
	synced := make(positions)
	for {
		select {
		case <-trim.C:
			l.mu.Lock()
			broken := l.broken
			l.mu.Unlock()
			if broken != nil {
				continue
			}
			for shard, seq := range synced {
				if err := s.Trim(ctx, shard, seq); err != nil && ctx.Err() == nil {
					log.Error("the store could not let go of changes", "cause", err)
				}
			}
			l.mu.Lock()
			for shard, seq := range l.placed {
				synced[shard] = seq
			}
			l.mu.Unlock()
		case <-ctx.Done():
			if err := l.CatchUp(context.WithoutCancel(ctx), s); err != nil {
				log.Error("the trail could not follow the store", "cause", err)
			}
			return
		case <-tick.C:
			if err := l.CatchUp(ctx, s); err != nil && ctx.Err() == nil {
				log.Error("the trail could not follow the store", "cause", err)
				time.Sleep(time.Second)
			}
		}
	}
}

// CatchUp takes into the trail what the store has and the trail has not. One goroutine may call it at a time.
func (l *Log) CatchUp(ctx context.Context, s store.Store) error {
	heads, err := s.Heads(ctx)
	if err != nil {
		return err
	}
	for shard, head := range heads {
		for at := l.reach(shard); at < head; at = l.reach(shard) {
			changes, err := s.Changes(ctx, shard, at, 500)
			if err != nil {
				return err
			}
			if len(changes) == 0 {
				break
			}
			if err := l.take(ctx, changes); err != nil {
				return err
			}
		}
	}
	return nil
}

// take writes the events of changes. All events of one sequence go into one line, so that a crash cannot come between them.
func (l *Log) take(ctx context.Context, changes []store.Change) error {
	var waiting []chan error
	for i := 0; i < len(changes); {
		pos := changes[i].Pos
		var events [][]byte
		for ; i < len(changes) && changes[i].Pos == pos; i++ {
			events = append(events, changes[i].Events...)
		}
		e := entry{event: bytes.Join(events, []byte{separator}), from: &pos, wait: make(chan error, 1)}
		if err := l.enqueue(ctx, &e); err != nil {
			return err
		}
		waiting = append(waiting, e.wait)
	}
	for _, wait := range waiting {
		if err := l.await(wait); err != nil {
			return err
		}
	}
	return nil
}

// separator stands between the events of one line: a letter that JSON does not have in it.
const separator = 0x1e

// Close writes what waits and closes the trail.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.signal()
	<-l.done
	return nil
}

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
// events. A mark in a file of its own says how far the trail was on the disk, once a second and when it is closed: what is cut off before it shows too
// (security.md S118). What is behind the mark when the machine goes down may be lost, but for events of writes: those come from the store, which has
// them until the mark is behind them, and each has its place in the store's change feed, so that none is missing or there twice after a crash.
//
// Whoever has the key can make another trail, and whoever keeps copies of all files can put back older ones. That shows by the store, which is then
// ahead of the trail, and by copies kept elsewhere.
package trail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/store"
)

// Options are how a log is kept. The zero Options are good.
type Options struct {
	// SegmentSize is how long a segment may become, in bytes, before it is sealed; 64 MiB if zero.
	SegmentSize int64
	// SegmentAge is how long events are added to a segment; an hour if zero.
	SegmentAge time.Duration
	// Sync is how often what was written is forced to the disk; every second if zero. Events of writes are safe before, in the store.
	Sync time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Log gets what an operator should know; nobody if nil.
	Log *slog.Logger
}

// ErrDamaged says that the trail is not as it was written.
var ErrDamaged = errors.New("trail: the trail is damaged")

var (
	errClosed = errors.New("trail: closed")
	errText   = errors.New("trail: an event is one line of JSON")
)

// Log is the end of a trail, where it is written. Its methods may be called by several goroutines.
type Log struct {
	options Options

	// wake is for the writing goroutine; done is closed when it has ended.
	wake chan struct{}
	done chan struct{}
	// ended is what Close returns; it is there when done is closed.
	ended error

	// Only the writing goroutine has these.
	segment segment
	feed    positions // how far into the feed what is written reaches
	// dirty: something was written since the last sync. failed: a sync was in vain, and nobody knows what the disk has.
	dirty   bool
	failed  error
	buffer  []byte
	scratch []byte
	spare   []entry
	// kept are events that nobody waits for and that could not be written: they are tried again.
	kept []entry

	mu    sync.Mutex
	queue []entry
	// urgent: somebody waits for an event in the queue.
	urgent  bool
	closing bool
	// room is closed, and made anew, when the queue was emptied.
	room   chan struct{}
	broken error
	// placed and synced are how far into the feed what is written reaches, and what is on the disk.
	placed, synced positions

	// fresh: Open found no trail. Only whoever calls CatchUp has it.
	fresh bool
}

// entry is what waits to be written: an event, or the events of commits, which are written all or none.
type entry struct {
	event   []byte
	commits []commit
	wait    chan error // nil if nobody waits
}

// commit is a commit's place in the feed, and its events.
type commit struct {
	pos    store.Pos
	events []byte
}

// Open opens the trail in a folder, made if there is none. What a crash cut off in the middle of its last line is taken away; anything else that is
// not as it was written is ErrDamaged, as far as Open looks: it reads the newest segment. key is secret to the trail.
func Open(dir string, key []byte, o Options) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("trail: %w", err)
	}
	return openOn(folder(dir), dir, key, o)
}

// openOn opens the trail in a folder that is written to through a disk.
func openOn(d disk, dir string, key []byte, o Options) (*Log, error) {
	if o.SegmentSize == 0 {
		o.SegmentSize = 64 << 20
	}
	if o.SegmentAge == 0 {
		o.SegmentAge = time.Hour
	}
	if o.Sync == 0 {
		o.Sync = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Log{
		options: o, wake: make(chan struct{}, 1), done: make(chan struct{}), room: make(chan struct{}),
		segment: segment{disk: d, chain: newChainer(key)}, feed: make(positions),
	}
	if err := l.resume(dir); err != nil {
		return nil, err
	}
	l.placed, l.synced = maps.Clone(l.feed), maps.Clone(l.feed)
	go l.write()
	return l, nil
}

// resume finds the end of the trail and goes on there. What is there is on the disk when it returns.
func (l *Log) resume(dir string) error {
	s := &l.segment
	m, err := readMark(dir, s.chain)
	if err != nil {
		return err
	}
	segments, err := Segments(dir)
	if err != nil {
		return err
	}
	if len(segments) == 0 {
		if m != nil {
			return fmt.Errorf("%w: its segments are gone", ErrDamaged)
		}
		l.fresh = true
		return l.begin(0)
	}
	newest, _ := segmentNumber(segments[len(segments)-1])
	r, err := openSegment(dir, newest, s.chain, m)
	if err != nil {
		return err
	}
	defer r.close()
	for r.next() {
		if r.kind == eventLine {
			r.place(l.feed)
		}
	}
	if r.err != nil {
		return r.err
	}
	if m == nil && (newest > 0 || r.events > 0) {
		return fmt.Errorf("%w: the mark of its end, %s, is gone", ErrDamaged, markName)
	}
	if m != nil && (m.Segment > newest || m.Segment == newest && !r.marked) {
		return fmt.Errorf("%w: its end was cut off", ErrDamaged)
	}
	if r.good == 0 {
		// The machine went down when this segment was begun: not even its header is there.
		if err := s.disk.remove(segmentName(newest)); err != nil {
			return fmt.Errorf("trail: %w", err)
		}
		return l.resume(dir)
	}
	for shard, seq := range r.header.Feed {
		l.feed[shard] = max(l.feed[shard], seq)
	}
	s.number, s.begun, s.size, s.events, s.last, s.sealed = newest, r.header.Begun, r.good, r.events, r.last, r.sealed
	if s.file, err = s.disk.open(segmentName(newest)); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	if err := errors.Join(s.file.Truncate(s.size), s.file.Sync(), s.note()); err != nil {
		return errors.Join(fmt.Errorf("trail: %w", err), s.file.Close())
	}
	if !s.sealed {
		return nil
	}
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return l.begin(newest + 1)
}

func (l *Log) begin(number uint64) error {
	if err := l.segment.begin(number, l.options.Now(), l.feed); err != nil {
		return err
	}
	return l.segment.note()
}

// Append adds an event to the trail. With wait it returns when the event is written, and would survive the death of this process. Without, the event is
// written with others in a moment; if writing fails at present, Append waits all the same, and the error is the writing's. The event must not be changed
// afterwards. It is one line of JSON. A context that ends ends the waiting, and then nobody knows whether the event is written.
func (l *Log) Append(ctx context.Context, event []byte, wait bool) error {
	if len(event) > maxEvent {
		return errTooLong
	}
	if hasControls(event) {
		return errText
	}
	e := entry{event: event}
	if wait {
		e.wait = make(chan error, 1)
	}
	if err := l.enqueue(ctx, &e); err != nil {
		return err
	}
	return l.await(ctx, e.wait)
}

// hasControls reports whether a text has what would end an event or a line, or what is only where a disk has lost something.
func hasControls(text []byte) bool {
	return bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, separator) >= 0 || bytes.IndexByte(text, 0) >= 0
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
func (l *Log) await(ctx context.Context, wait chan error) error {
	if wait == nil {
		return nil
	}
	select {
	case err := <-wait:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		select {
		case err := <-wait:
			return err
		default:
			return errClosed
		}
	}
}

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
			if closing {
				l.ended = l.end()
				return
			}
		case <-sync.C:
			if len(l.kept) > 0 {
				l.group()
			}
			l.sync()
			if l.failed == nil && l.segment.events > 0 && !l.segment.sealed && l.options.Now().Sub(l.segment.begun) >= l.options.SegmentAge {
				l.note(l.roll())
			}
		}
	}
}

// end is what is left to do when the log is closed.
func (l *Log) end() error {
	l.sync()
	if !l.segment.sealed {
		_ = l.segment.file.Close()
	}
	switch {
	case l.failed != nil:
		return l.failed
	case len(l.kept) > 0:
		return fmt.Errorf("%d events are lost: %w", len(l.kept), l.Err())
	}
	return nil
}

// hurry reports whether somebody waits for what is in the queue, and whether the log is closing.
func (l *Log) hurry() (urgent, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.urgent, l.closing
}

// group writes what is in the queue, and what could not be written before.
func (l *Log) group() {
	l.mu.Lock()
	entries := l.queue
	if len(l.kept) > 0 {
		entries = append(l.kept, l.queue...)
	}
	l.queue, l.urgent = l.spare[:0], false
	close(l.room)
	l.room = make(chan struct{})
	l.mu.Unlock()
	l.kept, l.spare = nil, nil
	if len(entries) == 0 {
		return
	}
	err := l.lines(entries)
	if err == nil && l.segment.size >= l.options.SegmentSize {
		// The events are there: if the segment cannot be sealed now it becomes longer.
		l.note(l.roll())
	} else {
		l.note(err)
	}
	for i := range entries {
		switch e := &entries[i]; {
		case e.wait != nil:
			e.wait <- err
		case err != nil && l.failed == nil:
			l.kept = append(l.kept, *e)
		}
	}
	clear(entries)
	l.spare = entries[:0]
}

// lines writes events, all or none.
func (l *Log) lines(entries []entry) error {
	s := &l.segment
	if l.failed != nil {
		return l.failed
	}
	if s.sealed {
		if err := l.begin(s.number + 1); err != nil {
			return err
		}
	}
	b, last, events := l.buffer[:0], s.last, uint64(0)
	line := func(text []byte) {
		start := len(b)
		b = s.chain.line(b, last, eventLine, text)
		last = b[start : start+codeLen]
		events++
	}
	var placed positions
	for i := range entries {
		e := &entries[i]
		if e.event != nil {
			l.scratch = append(append(l.scratch[:0], "- "...), e.event...)
			line(l.scratch)
		}
		for _, c := range e.commits {
			l.scratch = strconv.AppendInt(l.scratch[:0], int64(c.pos.Shard), 10)
			l.scratch = strconv.AppendUint(append(l.scratch, ':'), uint64(c.pos.Seq), 10)
			l.scratch = append(append(l.scratch, ' '), c.events...)
			line(l.scratch)
			if placed == nil {
				placed = make(positions)
			}
			placed[c.pos.Shard] = c.pos.Seq
		}
	}
	if cap(b) <= 8<<20 {
		l.buffer = b
	}
	if err := s.put(b, last, events); err != nil {
		return err
	}
	l.dirty = true
	if placed != nil {
		maps.Copy(l.feed, placed)
		l.mu.Lock()
		maps.Copy(l.placed, placed)
		l.mu.Unlock()
	}
	return nil
}

// roll seals the segment and begins the next.
func (l *Log) roll() error {
	s := &l.segment
	if err := s.seal(); err != nil {
		return err
	}
	l.dirty = true
	if l.sync(); l.failed != nil {
		return l.failed
	}
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("trail: %w", err)
	}
	return l.begin(s.number + 1)
}

// sync forces to the disk what was written, and marks it. After a sync that failed nothing more is written: what the disk lost it would not say again.
func (l *Log) sync() {
	if !l.dirty || l.failed != nil {
		return
	}
	if err := l.segment.file.Sync(); err != nil {
		l.failed = fmt.Errorf("trail: the disk failed, and the server must be started again: %w", err)
		l.note(l.failed)
		return
	}
	l.mu.Lock()
	maps.Copy(l.synced, l.feed)
	l.mu.Unlock()
	// Without the mark the trail is as good; it is tried again.
	l.dirty = l.segment.note() != nil
}

// note keeps whether writing fails at present.
func (l *Log) note(err error) {
	if l.failed != nil {
		err = l.failed
	}
	l.mu.Lock()
	before := l.broken
	l.broken = err
	l.mu.Unlock()
	switch {
	case err != nil && before == nil:
		l.options.Log.Error("events cannot be written to the trail", "cause", err)
	case err == nil && before != nil:
		l.options.Log.Info("events can be written to the trail again")
	}
}

// Err returns why events cannot be written at present, nil if they can.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

// reach returns how far into a shard of the feed the trail has all events, and how far it has them on the disk.
func (l *Log) reach(shard int) (placed, synced store.Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.placed[shard], l.synced[shard]
}

// Follow takes the events that travel in commits from the store's change feed into the trail until the context ends, and then takes what is there
// still. A change is written whole or not at all, and taken once, however often the server dies in between. What the trail has on the disk the store
// may let go of.
func (l *Log) Follow(ctx context.Context, s store.Store, log *slog.Logger) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	trim := time.NewTicker(10 * l.options.Sync)
	defer trim.Stop()
	failing := false
	for {
		select {
		case <-trim.C:
			if err := l.trim(ctx, s); err != nil && ctx.Err() == nil {
				log.Error("the store could not let go of changes", "cause", err)
			}
		case <-ctx.Done():
			if err := l.CatchUp(context.WithoutCancel(ctx), s); err != nil {
				log.Error("the trail could not follow the store", "cause", err)
			}
			return
		case <-tick.C:
			err := l.CatchUp(ctx, s)
			if err != nil && ctx.Err() == nil && !failing {
				log.Error("the trail could not follow the store; it goes on trying", "cause", err)
			}
			failing = err != nil
		}
	}
}

// trim lets the store let go of what the trail has on the disk.
func (l *Log) trim(ctx context.Context, s store.Store) error {
	heads, err := s.Heads(ctx)
	if err != nil {
		return err
	}
	for shard := range heads {
		if _, synced := l.reach(shard); synced > 0 {
			if err := s.Trim(ctx, shard, synced); err != nil {
				return err
			}
		}
	}
	return nil
}

// CatchUp takes into the trail what the store has and the trail has not. One goroutine may call it at a time. ErrDamaged says that the two do not belong
// together: one of them is an older copy, or has lost its end.
func (l *Log) CatchUp(ctx context.Context, s store.Store) error {
	heads, err := s.Heads(ctx)
	if err != nil {
		return err
	}
	for shard, head := range heads {
		at, _ := l.reach(shard)
		if at > head {
			return fmt.Errorf("%w: it has the events of commits up to %d, and the store ends with %d: the store is an older copy (restore a backup of it as backups are restored)", ErrDamaged, at, head)
		}
		for at < head {
			changes, err := s.Changes(ctx, shard, at, 500)
			var trimmed *store.Trimmed
			if errors.As(err, &trimmed) {
				if !l.fresh {
					return fmt.Errorf("%w: it ends with the events of commit %d, and the store was told that it has those up to %d: its end was cut off (a trail begins anew in a folder that is empty)",
						ErrDamaged, at, trimmed.UpTo)
				}
				// A store that was restored on another machine comes without its trail.
				l.options.Log.Warn("the trail begins anew: it has no events of the commits that the store has let go of", "shard", shard, "commits", uint64(trimmed.UpTo))
				at = trimmed.UpTo
				continue
			}
			if err != nil {
				return err
			}
			if len(changes) == 0 {
				break
			}
			if err := l.take(ctx, changes); err != nil {
				return err
			}
			at = changes[len(changes)-1].Seq
		}
	}
	l.fresh = false
	return nil
}

// maxTake is about how many bytes of events are taken from the feed at once.
const maxTake = 4 << 20

// take writes the events of changes. All events of a commit go into one line, so that a crash cannot come between them, and a commit is written only
// when it is known that those before it are.
func (l *Log) take(ctx context.Context, changes []store.Change) error {
	for i := 0; i < len(changes); {
		e := entry{wait: make(chan error, 1)}
		for size := 0; i < len(changes) && size < maxTake; {
			pos := changes[i].Pos
			var events [][]byte
			for ; i < len(changes) && changes[i].Pos == pos; i++ {
				events = append(events, changes[i].Events...)
			}
			c := commit{pos, join(events)}
			e.commits = append(e.commits, c)
			size += len(c.events)
		}
		if err := l.enqueue(ctx, &e); err != nil {
			return err
		}
		// Whatever the context says: these may be written yet, and must not be taken again before that is known.
		if err := l.await(context.WithoutCancel(ctx), e.wait); err != nil {
			return err
		}
	}
	return nil
}

// separator stands between the events of one line: a letter that JSON does not have in it.
const separator = 0x1e

// join makes one text of the events of a commit. What no event has, and would end one, becomes a blank: a commit cannot be refused any more.
func join(events [][]byte) []byte {
	for i, e := range events {
		if hasControls(e) {
			events[i] = bytes.Map(func(r rune) rune {
				if r == '\n' || r == separator || r == 0 {
					return ' '
				}
				return r
			}, e)
		}
	}
	return bytes.Join(events, []byte{separator})
}

// Close writes what waits and closes the trail. The error says that not all that was taken could be written.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.signal()
	<-l.done
	return l.ended
}

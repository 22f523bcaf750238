package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/trail"
)

// How many events those leave whom nobody knows. Their requests cost them nothing, and the trail's disk must not be theirs to fill: at most about 380,000 events
// a day, however many requests there are.
const (
	// An address may leave a minute's worth at once and then one every other second.
	addressBurst, addressEvery = 60, 2 * time.Second
	// All together may leave 300 and then two each second.
	totalBurst, totalEvery = 300, time.Second / 2
	// maxSums is how many pairs of an address and an error code are counted apart; what comes from yet others is counted by the code alone.
	maxSums = 128
	// slots is how many addresses have a bucket of their own, unless two meet in one by chance. No one can make the server forget how much it has used up.
	slots = 1 << 14
)

// strangers records the requests of callers that could not be authenticated. A few have an event each; above the rate, requests of one address with one error code
// are counted, and the count is an event each time that flush is called. Events and counts together are as many as there were requests.
type strangers struct {
	keep func(ctx context.Context, event []byte) error
	now  func() time.Time
	seed maphash.Seed

	mu    sync.Mutex
	total bucket
	of    [slots]bucket
	sums  map[sumName]*sum
}

type sumName struct {
	// from is an address, or the network of 64 bits that an IPv6 address is of; invalid for all that have no sum of their own.
	from netip.Prefix
	code string
}

// sum stands for requests that have no event of their own.
type sum struct {
	event trail.Event // of the first of them
	last  time.Time
	count int
}

func newStrangers(r Recorder, now func() time.Time) *strangers {
	return &strangers{
		keep: func(ctx context.Context, event []byte) error { return r.Append(ctx, event, false) }, now: now, seed: maphash.MakeSeed(), sums: make(map[sumName]*sum),
	}
}

// record keeps the event of a request, or counts it.
func (s *strangers) record(ctx context.Context, e *trail.Event) error {
	from := network(e.SourceIP)
	if s.counted(from, e) {
		return nil
	}
	b, err := e.AppendJSON(nil)
	if err != nil {
		return err
	}
	return s.keep(ctx, b)
}

// counted counts a request that there is no event for.
func (s *strangers) counted(from netip.Prefix, e *trail.Event) bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[maphash.Comparable(s.seed, from)%slots].take(now, addressEvery, addressBurst) && s.total.take(now, totalEvery, totalBurst) {
		return false
	}
	name := sumName{from, e.ErrorCode}
	if s.sums[name] == nil && len(s.sums) >= maxSums {
		name.from = netip.Prefix{}
	}
	found := s.sums[name]
	if found == nil {
		found = &sum{event: short(e)}
		switch {
		case !name.from.IsValid():
			found.event.SourceIP = "many"
		case !name.from.IsSingleIP():
			found.event.SourceIP = name.from.String()
		}
		s.sums[name] = found
	}
	found.count++
	found.last = e.Time
	return true
}

// flush makes an event of each count. What cannot be recorded goes on being counted.
func (s *strangers) flush(ctx context.Context) error {
	s.mu.Lock()
	sums := s.sums
	s.sums = make(map[sumName]*sum)
	s.mu.Unlock()
	var failed error
	for _, name := range inOrder(sums) {
		found := sums[name]
		e := found.event
		e.Additional = fmt.Appendf(nil, `{"count":%d,"lastEventTime":%q}`, found.count, found.last.UTC().Format(time.RFC3339))
		b, err := e.AppendJSON(nil)
		if err == nil {
			err = s.keep(ctx, b)
		}
		if err != nil {
			failed = errors.Join(failed, err)
			s.restore(name, found)
		}
	}
	return failed
}

// restore goes on with a count.
func (s *strangers) restore(name sumName, old *sum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if newer := s.sums[name]; newer != nil {
		old.count += newer.count
		old.last = newer.last
	}
	s.sums[name] = old
}

// inOrder returns the names of sums by the time of their first requests.
func inOrder(sums map[sumName]*sum) []sumName {
	names := make([]sumName, 0, len(sums))
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b sumName) int {
		return cmp.Or(sums[a].event.Time.Compare(sums[b].event.Time), strings.Compare(a.code, b.code), a.from.Addr().Compare(b.from.Addr()))
	})
	return names
}

// short returns what a sum keeps of an event: nothing of the request's own memory, and not much.
func short(e *trail.Event) trail.Event {
	cut := func(text string) string { return strings.Clone(text[:min(len(text), 256)]) }
	return trail.Event{
		Time: e.Time, ID: e.ID, RequestID: e.RequestID, Source: e.Source, Name: cut(e.Name), Region: cut(e.Region), SourceIP: e.SourceIP, UserAgent: cut(e.UserAgent),
		ErrorCode: e.ErrorCode, ErrorMessage: cut(e.ErrorMessage), ReadOnly: e.ReadOnly, Type: e.Type, TLS: e.TLS, TLSVersion: e.TLSVersion, CipherSuite: e.CipherSuite, HostHeader: cut(e.HostHeader),
		Identity: trail.Identity{Type: e.Identity.Type, AccessKeyID: cut(e.Identity.AccessKeyID)},
	}
}

// network returns what requests are counted by: an IPv4 address, or the network of an IPv6 address, in which whoever has one has all.
func network(address string) netip.Prefix {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits are those of such an address
	return p
}

// bucket is how much of a rate is used up: the time at which all of it will be free again.
type bucket struct {
	free time.Time
}

// take takes one of burst, of which one comes back every so often, and reports whether there was one.
func (b *bucket) take(now time.Time, every time.Duration, burst int) bool {
	whole := time.Duration(burst) * every
	free := b.free
	if free.Before(now) || free.After(now.Add(whole)) {
		free = now // nothing is used up any more, or the clock was set back and nobody knows
	}
	next := free.Add(every)
	if next.Sub(now) > whole {
		return false
	}
	b.free = next
	return true
}

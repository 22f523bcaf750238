package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/trail"
)

// door is where strangers knock: a dispatcher without a state, whose clock stands still unless it is moved.
type door struct {
	t   testing.TB
	now time.Time
	*dispatch.Dispatcher

	mu     sync.Mutex
	events []record
	fail   error
}

type record struct {
	EventTime, SourceIPAddress, ErrorCode, ErrorMessage, UserAgent, RequestID string
	AdditionalEventData                                                       struct {
		Count         int
		LastEventTime string
	}
	size int
}

func newDoor(t testing.TB) *door {
	d := &door{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.Dispatcher = dispatch.New(nil, d, func() time.Time { return d.now })
	return d
}

// Append is the door's recorder.
func (d *door) Append(_ context.Context, event []byte, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	r := record{size: len(event)}
	if err := json.Unmarshal(event, &r); err != nil {
		d.t.Error(err)
	}
	d.events = append(d.events, r)
	return nil
}

// knock sends a request from an address that is refused.
func (d *door) knock(address, code string) {
	d.t.Helper()
	e := &trail.Event{Time: d.now, ID: "e", RequestID: "r", Source: "iam.amazonaws.com", Name: "ListUsers", SourceIP: address, Identity: trail.Identity{Type: "Unknown"}}
	if err := d.Refuse(d.t.Context(), e, fault.New(code, "No.")); err != nil {
		d.t.Error(err)
	}
}

// flush returns how many requests all events stand for, and those that stand for more than one.
func (d *door) flush() (requests int, sums []record) {
	d.t.Helper()
	if err := d.Flush(d.t.Context()); err != nil {
		d.t.Error(err)
	}
	for _, e := range d.events {
		if n := e.AdditionalEventData.Count; n > 0 {
			sums = append(sums, e)
			requests += n
		} else {
			requests++
		}
	}
	return requests, sums
}

const bad, wrong = fault.InvalidClientTokenID, fault.SignatureDoesNotMatch

// TestAFewStrangersHaveAnEventEach is what is true as long as nobody floods.
func TestAFewStrangersHaveAnEventEach(t *testing.T) {
	d := newDoor(t)
	for i := range 60 {
		d.knock("203.0.113.7", bad)
		d.knock("203.0.113.8", wrong)
		if len(d.events) != 2*i+2 {
			t.Fatalf("%d events after %d requests", len(d.events), 2*i+2)
		}
	}
	d.now = d.now.Add(10 * time.Second)
	for range 5 {
		d.knock("203.0.113.7", bad)
	}
	if requests, sums := d.flush(); requests != 125 || len(sums) != 0 {
		t.Errorf("%d requests, counted: %v", requests, sums)
	}
}

// TestAFloodFillsNoDisk sends many requests from one address: what has no event is counted, by the error, and nothing is counted twice.
func TestAFloodFillsNoDisk(t *testing.T) {
	d := newDoor(t)
	for i := range 10_000 {
		if i == 9_999 {
			d.now = d.now.Add(time.Second) // too little for another event
		}
		d.knock("203.0.113.7", []string{bad, bad, wrong}[i%3])
	}
	if len(d.events) != 60 {
		t.Errorf("%d events", len(d.events))
	}
	// Others are not made to pay for it.
	d.knock("203.0.113.8", bad)
	if len(d.events) != 61 {
		t.Error("a request from elsewhere has no event of its own")
	}
	requests, sums := d.flush()
	if requests != 10_001 || len(sums) != 2 {
		t.Fatalf("the events stand for %d requests, counted: %v", requests, sums)
	}
	first := sums[0]
	if first.ErrorCode != bad || first.AdditionalEventData.Count != 6667-40 || first.SourceIPAddress != "203.0.113.7" || first.ErrorMessage != "No." ||
		first.EventTime != "2026-03-01T12:00:00Z" || first.AdditionalEventData.LastEventTime != "2026-03-01T12:00:01Z" || sums[1].ErrorCode != wrong {
		t.Errorf("the count is %+v", sums)
	}
	if requests, _ = d.flush(); requests != 10_001 {
		t.Errorf("after a second flush the events stand for %d requests", requests)
	}
	// One event comes back every other second.
	d.now = d.now.Add(3 * time.Second)
	before := len(d.events)
	for range 10 {
		d.knock("203.0.113.7", bad)
	}
	if got := len(d.events) - before; got != 2 {
		t.Errorf("%d events after four seconds", got)
	}
	// A clock that is set back silences nobody.
	d.now = d.now.Add(-24 * time.Hour)
	before = len(d.events)
	if d.knock("203.0.113.7", bad); len(d.events) != before+1 {
		t.Error("after the clock was set back nothing is recorded")
	}
}

// TestManyAddressesAreBoundedTogether floods from everywhere: a minute of it is a few hundred events, and still every request is in one of them.
func TestManyAddressesAreBoundedTogether(t *testing.T) {
	d := newDoor(t)
	for i := range 20_000 {
		d.knock(fmt.Sprintf("10.%d.%d.%d", i>>14, i>>7&127, i&127), []string{bad, wrong}[i%2])
	}
	requests, sums := d.flush()
	if requests != 20_000 || len(d.events) > 300+128+2 {
		t.Errorf("%d events stand for %d requests", len(d.events), requests)
	}
	many := 0
	for _, s := range sums {
		if s.SourceIPAddress == "many" {
			many++
		}
	}
	if many != 2 {
		t.Errorf("%d events are of the addresses that are not counted apart, want one for each code", many)
	}
}

// TestANetworkOfIPv6IsOneAddress has addresses that one machine can take by turns.
func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	d := newDoor(t)
	for i := range 1000 {
		d.knock(fmt.Sprintf("2001:db8::%x", i), bad)
	}
	d.knock("2001:db8:0:1::1", bad)
	requests, sums := d.flush()
	if requests != 1001 || len(sums) != 1 || sums[0].SourceIPAddress != "2001:db8::/64" || len(d.events) != 62 {
		t.Errorf("%d events stand for %d requests, counted: %+v", len(d.events), requests, sums)
	}
}

// TestWhoIsKnownHasAnEventEach has callers whose request failed after their signature was found good.
func TestWhoIsKnownHasAnEventEach(t *testing.T) {
	d := newDoor(t)
	for range 1000 {
		e := &trail.Event{Time: d.now, SourceIP: "203.0.113.7", Identity: trail.Identity{Type: "IAMUser"}}
		if err := d.Refuse(t.Context(), e, fault.New(fault.InvalidAction, "No.")); err != nil {
			t.Fatal(err)
		}
	}
	if requests, sums := d.flush(); requests != 1000 || len(sums) != 0 {
		t.Errorf("%d requests, counted: %v", requests, sums)
	}
}

// TestCountsWaitForTheTrail has a trail that fails when the counts are to be recorded.
func TestCountsWaitForTheTrail(t *testing.T) {
	d := newDoor(t)
	for range 100 {
		d.knock("203.0.113.7", bad)
	}
	d.fail = errors.New("the disk is full")
	if err := d.Flush(t.Context()); !errors.Is(err, d.fail) {
		t.Errorf("the error is %v", err)
	}
	for range 10 {
		d.knock("203.0.113.7", bad)
	}
	d.fail = nil
	if requests, sums := d.flush(); requests != 110 || len(sums) != 1 {
		t.Errorf("the events stand for %d requests, counted: %v", requests, sums)
	}
}

// TestCountsAreShort has what a stranger can make long.
func TestCountsAreShort(t *testing.T) {
	d := newDoor(t)
	long := strings.Repeat("é", 10_000)
	for range 61 {
		e := &trail.Event{Time: d.now, Name: long, UserAgent: long, Region: long, SourceIP: "203.0.113.7", Identity: trail.Identity{Type: "Unknown", AccessKeyID: long}}
		if err := d.Refuse(t.Context(), e, fault.New(bad, "%s", long)); err != nil {
			t.Fatal(err)
		}
	}
	if _, sums := d.flush(); len(sums) != 1 || sums[0].size > 2500 {
		t.Errorf("%+v", sums)
	}
}

// TestStrangersAtOnce has requests and flushes at the same time: none is lost, none counted twice.
func TestStrangersAtOnce(t *testing.T) {
	d := newDoor(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 2000 {
				d.knock(fmt.Sprintf("203.0.113.%d", (i+j)%200), bad)
				if j%100 == 0 {
					if err := d.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	if requests, sums := d.flush(); requests != 16_000 || len(sums) == 0 {
		t.Errorf("the events stand for %d requests, with %d counts", requests, len(sums))
	}
}

package server_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/server"
	"github.com/writ-iam/writ/internal/trail"
)

// sender is a request whose body comes as slowly as the test likes.
type sender struct {
	body  *io.PipeWriter
	ended chan struct{}
	// answer is there when ended is closed.
	answer *httptest.ResponseRecorder
}

// send begins a request that says how long it is.
func (w *world) send(length int, header ...string) *sender {
	from, body := io.Pipe()
	s := &sender{body: body, ended: make(chan struct{}), answer: httptest.NewRecorder()}
	r := httptest.NewRequest("POST", "/", from)
	r.Host, r.ContentLength = "127.0.0.1:9748", int64(length)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	go func() {
		defer close(s.ended)
		w.handler.ServeHTTP(s.answer, r)
		from.CloseWithError(errors.New("nobody reads any more"))
	}()
	return s
}

// more sends more bytes, and reports whether they were read.
func (s *sender) more(n int) bool {
	_, err := io.WriteString(s.body, strings.Repeat("x", n))
	return err == nil
}

// end ends the body and returns the answer.
func (s *sender) end() *httptest.ResponseRecorder {
	s.body.Close()
	<-s.ended
	return s.answer
}

// TestBodiesTogetherAreBounded has senders who take their time. What they hold beyond 64 KiB each is bounded over all of them, and given back when they end; who
// sends little goes on.
func TestBodiesTogetherAreBounded(t *testing.T) {
	const room, sent = 1 << 20, 200 << 10 // what is sent is held in 256 KiB, of which 192 count
	w := newWorldIn(t, "", nil, func(o *server.Options) { o.RoomForBodies = room })
	_, root := w.account()
	requests := 0
	begin := func(header ...string) *sender { requests++; return w.send(1<<20, header...) }
	fill := func() (held []*sender) {
		t.Helper()
		for len(held) < 100 {
			s := begin()
			if !s.more(sent) {
				a := s.end()
				if a.Code != 503 || !strings.Contains(a.Body.String(), "<Code>ServiceUnavailable</Code>") || a.Header().Get("Connection") != "close" {
					t.Errorf("the answer is %d %s", a.Code, a.Body)
				}
				break
			}
			held = append(held, s)
		}
		if len(held) != 5 {
			t.Errorf("%d requests were held, want 5", len(held))
		}
		return held
	}
	// That a request will be long holds nothing.
	var announced []*sender
	for range 50 {
		s := begin()
		if !s.more(100) {
			t.Fatal("a request was refused for what it might become")
		}
		announced = append(announced, s)
	}
	held := fill()
	// In the words of who was meant.
	json := begin("X-Amz-Target", "AWSOrganizationsV20161128.ListRoots", "Content-Type", "application/x-amz-json-1.1")
	if json.more(sent) {
		t.Error("there was room")
	}
	if a := json.end(); a.Code != 503 || !strings.Contains(a.Body.String(), `"__type":"ServiceUnavailableException"`) {
		t.Errorf("the answer is %d %s", a.Code, a.Body)
	}
	w.must(root, "iam", "CreateUser", "UserName", "alice")
	requests++
	for _, s := range append(held, announced...) {
		if a := s.end(); a.Code == 503 || a.Code < 400 {
			t.Errorf("the answer is %d %s", a.Code, a.Body)
		}
	}
	// Many at once, of all lengths, some of which are cut off: all that is held is given back.
	var wait sync.WaitGroup
	for i := range 64 {
		requests++
		wait.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			s := w.send(-1)
			for range r.IntN(12) {
				if !s.more(r.IntN(200 << 10)) {
					break
				}
			}
			if r.IntN(2) == 0 {
				s.body.CloseWithError(io.ErrUnexpectedEOF)
			}
			s.end()
		})
	}
	wait.Wait()
	for _, s := range fill() {
		s.end()
	}
	// Each is in an event, and one is the account's.
	if err := w.dispatch.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, refused := 0, 0
	for _, text := range w.events() {
		e, err := trail.ParseRecord([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		n := max(e.Additional.Count, 1)
		all += n
		if e.ErrorCode == fault.ServiceUnavailable {
			refused += n
		}
	}
	if all != requests+1 || refused < 3 {
		t.Errorf("events of %d requests, %d of them of what there was no room for; there were %d", all, refused, requests)
	}
}

// TestAStrangersBodyIsNotRead asks at a host that is not the server's.
func TestAStrangersBodyIsNotRead(t *testing.T) {
	w := newWorld(t, nil)
	r := httptest.NewRequest("POST", "/", unreadable{t})
	r.Host, r.ContentLength = "iam.evil.example", 1<<20
	if a := w.do(r); a.status != 404 || a.header.Get("Connection") != "close" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

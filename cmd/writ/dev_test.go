package main

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/operator"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/telemetry"
)

// newDevServer makes a server that keeps nothing, with its first node.
func newDevServer(t *testing.T) *devServer {
	t.Helper()
	d := &devServer{options: devOptions{account: "111122223333"}, config: config.Default(), telemetry: telemetry.New(io.Discard, "error", "text"), dir: t.TempDir()}
	var err error
	if d.routes, err = route.Load(); err != nil {
		t.Fatal(err)
	}
	if d.models, err = loadModels(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.forgetting.Wait()
		if err := d.node.close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// ask sends a request that nobody has signed, and returns the status and the code of the answer.
func (d *devServer) ask(body io.Reader) (int, string) {
	r := httptest.NewRequest("POST", "http://127.0.0.1/", body)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	_, code, _ := strings.Cut(w.Body.String(), "<Code>")
	code, _, _ = strings.Cut(code, "</Code>")
	return w.Code, code
}

// TestASlowClientHoldsUpNoReset has a request whose body does not end: the server is emptied all the same, answers others with the new state, and the old one goes
// when the slow request has been answered.
func TestASlowClientHoldsUpNoReset(t *testing.T) {
	d := newDevServer(t)
	old := d.node
	body, slow := io.Pipe()
	answered := make(chan string)
	go func() {
		_, code := d.ask(body)
		answered <- code
	}()
	if _, err := slow.Write([]byte("Action=ListUsers&")); err != nil {
		t.Fatal(err)
	}
	emptied := make(chan error)
	go func() {
		_, err := d.reset(context.Background())
		emptied <- err
	}()
	select {
	case err := <-emptied:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		slow.Close()
		t.Fatal("the server was not emptied while a client was slow")
	}
	if d.node == old {
		t.Error("the old state is the new")
	}
	if status, code := d.ask(strings.NewReader("Action=ListUsers&Version=2010-05-08")); status < 400 || status >= 500 || code == "" {
		t.Errorf("after the reset: %d %s", status, code)
	}
	if _, err := os.Stat(old.trailDir); err != nil {
		t.Errorf("the old server is gone before its last request: %v", err)
	}
	slow.Close()
	if code := <-answered; code == "" || code == "InternalFailure" || code == "ServiceUnavailable" {
		t.Errorf("the slow request was answered %q", code)
	}
	d.forgetting.Wait()
	if _, err := os.Stat(old.trailDir); !os.IsNotExist(err) {
		t.Errorf("the old server is not cleared away: %v", err)
	}
}

// TestResetsAndRequestsAtOnce has no request that meets a server that is closed.
func TestResetsAndRequestsAtOnce(t *testing.T) {
	d := newDevServer(t)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, code := d.ask(strings.NewReader("Action=ListUsers&Version=2010-05-08")); code == "" || code == "InternalFailure" || code == "ServiceUnavailable" {
					t.Errorf("a request was answered %q", code)
				}
				if _, err := d.createAccount(context.Background(), operator.NewAccount{RootKey: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if _, err := d.reset(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wait.Wait()
}

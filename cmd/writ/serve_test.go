package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/store/embedded"
)

// TestAServerThatCannotStartLetsGo has what can go wrong between opening the data folder and serving: the store is free afterwards, and nothing goes on writing.
func TestAServerThatCannotStartLetsGo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	mkdir := func(name string) func(*testing.T, *config.Config) {
		return func(t *testing.T, c *config.Config) {
			// A folder that is not empty, in the place of a file.
			if err := os.MkdirAll(filepath.Join(c.Data, name, "x"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name, want string
		// first: the server has run before.
		first  bool
		change func(*testing.T, *config.Config)
	}{
		{"the master key is none", "own.key", false, func(t *testing.T, c *config.Config) {
			c.Key = filepath.Join(c.Data, "own.key")
			if err := os.WriteFile(c.Key, []byte("none\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"the trail is damaged", "damaged", true, func(t *testing.T, c *config.Config) {
			names, err := filepath.Glob(filepath.Join(c.Data, "trail", "*"))
			if err != nil || len(names) < 2 {
				t.Fatal(names, err)
			}
			for _, name := range names {
				if filepath.Ext(name) != ".trail" {
					continue
				}
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"the trail's folder is a file", "trail", false, func(t *testing.T, c *config.Config) {
			if err := os.WriteFile(filepath.Join(c.Data, "trail"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"the first credentials cannot be kept", "the first account could not be made", false, mkdir("credentials")},
		{"the token cannot be written", "operator.token", false, mkdir("operator.token")},
		{"the address is taken", "cannot listen", false, func(_ *testing.T, c *config.Config) { c.Listen = taken.Addr().String() }},
		{"the address cannot be written", "address", false, mkdir("address")},
		{"the address of the health checks is taken", "cannot listen for health checks", false, func(_ *testing.T, c *config.Config) { c.Health = taken.Addr().String() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config.Default()
			c.Data, c.Listen, c.Health = t.TempDir(), "127.0.0.1:0", ""
			if test.first {
				broken := c
				broken.Listen = taken.Addr().String()
				if err := serve(t.Context(), broken, io.Discard, io.Discard); err == nil {
					t.Fatal("the server started")
				}
			}
			test.change(t, &c)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			if err := serve(ctx, c, stopper{stop}, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one about %q", err, test.want)
			}
			s, err := embedded.Open(c.Data)
			if err != nil {
				t.Fatalf("the store is not free: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			nothingGoesOn(t)
		})
	}
}

// stopper stops a server that says that it answers.
type stopper struct{ stop func() }

func (s stopper) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "Writ answers") {
		s.stop()
	}
	return len(b), nil
}

// nothingGoesOn wants no goroutine of a store, a trail or a node.
func nothingGoesOn(t *testing.T) {
	t.Helper()
	all := make([]byte, 1<<20)
	for range 500 {
		text := string(all[:runtime.Stack(all, true)])
		if !strings.Contains(text, "internal/trail.(*Log)") && !strings.Contains(text, "internal/store/embedded.(*") && !strings.Contains(text, "main.(*node)") {
			return
		}
		time.Sleep(10 * time.Millisecond) // one that has ended may not be gone yet
	}
	t.Errorf("something goes on:\n%s", all[:runtime.Stack(all, true)])
}

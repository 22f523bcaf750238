package main

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/telemetry"
)

func TestHealthEndpointsTellNoMoreThanTheyMust(t *testing.T) {
	var broken error
	h := healthServer(telemetry.New(io.Discard, "error", "text"), func() error { return broken })
	for _, test := range []struct {
		path, remote string
		want         int
	}{
		{"/livez", "203.0.113.7:1", 200}, {"/readyz", "203.0.113.7:1", 200}, {"/metrics", "203.0.113.7:1", 200},
		{"/debug/pprof/", "203.0.113.7:1", 403}, {"/debug/pprof/profile", "203.0.113.7:1", 403}, {"/debug/pprof/heap", "203.0.113.7:1", 403}, {"/debug/pprof/", "127.0.0.1:1", 200},
		{"/", "127.0.0.1:1", 404}, {"/debug/vars", "127.0.0.1:1", 404},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.RemoteAddr = test.remote
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s from %s: %d, want %d", test.path, test.remote, w.Code, test.want)
		}
	}
	broken = errors.New("the store is closed")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil)); w.Code != 503 || w.Body.String() != "not ready\n" {
		t.Errorf("not ready: %d %q", w.Code, w.Body)
	}
}

func TestAGeneratedCertificateIsKeptWhileItIsGood(t *testing.T) {
	c := config.Default()
	c.Data, c.TLS.Generate = t.TempDir(), true
	first, err := certificate(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := certificate(c)
	if err != nil || string(again.Certificate[0]) != string(first.Certificate[0]) {
		t.Errorf("another certificate was made: %v", err)
	}
	if info, err := os.Stat(filepath.Join(c.Data, "tls.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v, %v", info.Mode(), err)
	}
	// A host that it is not good for wants another.
	c.Hosts = []string{"iam.example", "203.0.113.7"}
	named, err := certificate(c)
	if err != nil || !covers(named, c.Hosts) || covers(first, c.Hosts) {
		t.Errorf("the certificate does not cover %v: %v", c.Hosts, err)
	}
}

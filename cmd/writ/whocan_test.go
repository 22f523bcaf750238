package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestWhoCanIsInTheReadme runs the example of the README, which must be there word for word.
func TestWhoCanIsInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"who-can", "s3:PutObject", "arn:aws:s3:::example-ledger/2026/01", "--from", "../../examples/account"}, strings.NewReader(""), &stdout, &stderr); status != exitOK {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	want := "$ bin/writ who-can s3:PutObject arn:aws:s3:::example-ledger/2026/01 --from examples/account\n" + stdout.String() + "```\n"
	if !strings.Contains(string(readme), want) {
		t.Errorf("the README does not have\n%s", want)
	}
}

// TestProgress writes over one line, not more often than people can read, and takes it away.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b}
	p.show("reading %d", 1)
	p.show("reading %d", 2) // too soon
	p.last = p.last.Add(-time.Second)
	p.show("reading %d", 3)
	p.clear()
	p.clear()
	if got, want := b.String(), "\r\x1b[Kreading 1\r\x1b[Kreading 3\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if newProgress(&b).w != nil {
		t.Error("a buffer is taken for a terminal")
	}
}

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheReadmeIsWhatTheCommandsPrint runs the commands of the README's sections that need no server, word for word.
func TestTheReadmeIsWhatTheCommandsPrint(t *testing.T) {
	t.Chdir("../..")
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "## Proving what a change means")
	if !ok {
		t.Fatal("there is no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	runCommands(t, section, 3)
}

// TestTheDocumentsAreWhatTheCommandsPrint runs the commands of doc/ci.md, word for word.
func TestTheDocumentsAreWhatTheCommandsPrint(t *testing.T) {
	t.Chdir("../..")
	text, err := os.ReadFile("doc/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	runCommands(t, string(text), 9)
}

// runCommands runs the commands that a text shows, at least so many, and compares what they print and with which status they end, if the text says so.
func runCommands(t *testing.T, text string, atLeast int) {
	t.Helper()
	n, status := 0, 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for _, c := range strings.Split(block[1], "$ ")[1:] {
			line, want, _ := strings.Cut(c, "\n")
			got := ""
			if args, ok := strings.CutPrefix(line, "bin/writ "); ok {
				var stdout, stderr strings.Builder
				status = run(strings.Fields(args), strings.NewReader(""), &stdout, &stderr)
				got = stdout.String() + stderr.String()
				n++
			} else if line == "echo $?" {
				got = fmt.Sprintln(status)
			} else {
				t.Errorf("%s is no command that can be run here", line)
			}
			if got != want {
				t.Errorf("%s\nprints %q\nwant   %q", line, got, want)
			}
		}
	}
	if n < atLeast {
		t.Errorf("the text shows %d commands", n)
	}
}

package main

import (
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
	block := regexp.MustCompile("(?s)```console\n(.*?)```").FindStringSubmatch(section)
	if block == nil {
		t.Fatal("the section shows no commands")
	}
	commands := strings.Split(block[1], "$ bin/writ ")[1:]
	if len(commands) < 3 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, c := range commands {
		line, want, _ := strings.Cut(c, "\n")
		var stdout, stderr strings.Builder
		run(strings.Fields(line), strings.NewReader(""), &stdout, &stderr)
		if got := stdout.String() + stderr.String(); got != want {
			t.Errorf("writ %s\nprints %q\nwant   %q", line, got, want)
		}
	}
}

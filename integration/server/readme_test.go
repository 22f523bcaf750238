package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheReadmesFirstTenMinutes runs the commands of the README's section, word for word, with the real AWS CLI, and compares what it shows with what is
// printed. Account ids differ from start to start.
func TestTheReadmesFirstTenMinutes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## The first ten minutes\n")
	section, _, ok2 := strings.Cut(section, "\n## ")
	if !ok || !ok2 {
		t.Fatal("the README has no such section")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "bin/writ")); err != nil {
		t.Fatal(err)
	}
	serve(t, filepath.Join(dir, "data"))

	// Each command is followed by a mark, so that its output is told from the next one's.
	type step struct{ command, shown string }
	var steps []step
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(section, -1) {
		for line := range strings.Lines(block[1]) {
			switch {
			case strings.HasPrefix(line, "$ "):
				steps = append(steps, step{command: line[2:]})
			case strings.HasPrefix(line, "    "):
				steps[len(steps)-1].command += line
			default:
				steps[len(steps)-1].shown += line
			}
		}
	}
	if len(steps) < 15 {
		t.Fatalf("only %d commands were found", len(steps))
	}
	var script strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&script, "%s\nprintf '\\n@@%d@@\\n'\n", strings.TrimRight(s.command, "\n"), i)
	}
	out, err := shell(t, t.Context(), dir, script.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	account := regexp.MustCompile(`\b\d{12}\b`)
	compared := 0
	for i, s := range steps {
		var got string
		got, out, ok = strings.Cut(out, fmt.Sprintf("\n@@%d@@\n", i))
		if !ok {
			t.Fatalf("no end of %s", s.command)
		}
		want := strings.TrimSpace(account.ReplaceAllString(s.shown, "ACCOUNT"))
		got = strings.TrimSpace(account.ReplaceAllString(got, "ACCOUNT"))
		if want == "" {
			if strings.Contains(got, "An error occurred") {
				t.Errorf("$ %s\n%s", s.command, got)
			}
			continue
		}
		compared++
		if got != want {
			t.Errorf("$ %sprints\n%s\nthe README has\n%s", s.command, got, want)
		}
	}
	if compared < 5 {
		t.Errorf("only %d outputs were compared", compared)
	}
}

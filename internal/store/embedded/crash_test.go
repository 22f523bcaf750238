package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/embedded"
)

var kills = flag.Int("kills", 20, "how often the crash test kills a writing process")

// crashDir is the variable that makes the test binary the process that is killed.
const crashDir = "WRIT_STORE_CRASH_DIR"

const crashWriters = 16

// TestKill kills a process that commits as fast as it can, at random moments, and looks whether all that was acknowledged is there and nothing is there
// by half (security.md, figures to hold): go test ./internal/store/embedded -run TestKill -kills 200.
func TestKill(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
		return
	}
	dir := t.TempDir()
	acknowledged := make(map[string]store.Version)
	commits := 0
	for range *kills {
		commits += killOnce(t, dir, acknowledged)
		checkAfterKill(t, dir, acknowledged)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d acknowledged commits, %d kills", commits, *kills)
}

// killOnce starts a writing process, kills it and returns how many commits it acknowledged.
func killOnce(t *testing.T, dir string, acknowledged map[string]store.Version) int {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.timeout=60s")
	c.Env = append(os.Environ(), crashDir+"="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// A number of commits, and then a moment more, so that it may be anywhere between two of them.
	left, delay := rand.IntN(300), time.Duration(rand.IntN(5_000_000))
	commits := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var scope string
		var v store.Version
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %s %d\n", &scope, &v); err != nil {
			t.Errorf("the writing process says %q", lines.Text())
			break
		}
		acknowledged[scope] = max(acknowledged[scope], v)
		if commits++; commits == left+1 {
			time.AfterFunc(delay, func() { _ = c.Process.Kill() })
		}
	}
	if err := c.Wait(); err == nil || c.ProcessState.Exited() {
		t.Fatalf("the writing process ended by itself: %v", err)
	}
	return commits
}

// writeUntilKilled is the writing process. What a scope holds follows from its version alone.
func writeUntilKilled(dir string) {
	s, err := embedded.Open(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	for w := range crashWriters {
		group.Go(func() {
			one, two := store.Scope(fmt.Sprintf("one/%d", w)), store.Scope(fmt.Sprintf("two/%d", w))
			v, err := s.Load(context.Background(), one, func(store.Record) error { return nil })
			err = errors.Join(err, s.Touch(context.Background(), []store.LastUsed{{Scope: one, Kind: "k", Time: time.UnixMilli(int64(v))}}))
			for err == nil {
				var pos store.Pos
				if pos, err = s.Commit(context.Background(), fmt.Sprintf("%d/%d", w, v), crashBatch(one, v), crashBatch(two, v)); err != nil {
					break
				}
				v++
				mu.Lock()
				fmt.Printf("acknowledged %s %d\n", one, v)
				mu.Unlock()
				if v%7 == 0 {
					err = errors.Join(s.Trim(context.Background(), 0, pos.Seq-min(pos.Seq, 50)), s.Touch(context.Background(), []store.LastUsed{{Scope: one, Kind: "k", Time: time.UnixMilli(int64(v))}}))
				}
			}
			fmt.Println(err)
			os.Exit(3)
		})
	}
	group.Wait()
}

// crashBatch makes version v+1 of a scope: a record more, one that is replaced, one that goes, and a name that wanders.
func crashBatch(scope store.Scope, v store.Version) store.Batch {
	next := fmt.Sprint(v + 1)
	return store.Batch{
		Scope: scope, Base: v,
		Put:    []store.Record{{Kind: "each", Name: next, Doc: []byte(strings.Repeat(next, 50))}, {Kind: "last", Doc: []byte(next)}, {Kind: "now", Name: next}},
		Delete: []store.Key{{Kind: "now", Name: fmt.Sprint(v)}},
		Claim:  []store.Claim{store.Claim(fmt.Sprintf("%s at %d", scope, v+1))}, Release: []store.Claim{store.Claim(fmt.Sprintf("%s at %d", scope, v))},
		Events: [][]byte{fmt.Appendf(nil, "%s at %d", scope, v+1)},
	}
}

func checkAfterKill(t *testing.T, dir string, acknowledged map[string]store.Version) {
	t.Helper()
	s, err := embedded.Open(dir)
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	defer s.Close()
	versions := make(map[store.Scope]store.Version)
	for w := range crashWriters {
		one, two := store.Scope(fmt.Sprintf("one/%d", w)), store.Scope(fmt.Sprintf("two/%d", w))
		for _, scope := range []store.Scope{one, two} {
			got := make(map[store.Key]string)
			if versions[scope], err = s.Load(t.Context(), scope, func(r store.Record) error { got[store.Key{Kind: r.Kind, Name: r.Name}] = string(r.Doc); return nil }); err != nil {
				t.Fatal(err)
			}
			want := make(map[store.Key]string)
			for v := range versions[scope] {
				for _, r := range crashBatch(scope, v).Put {
					want[store.Key{Kind: r.Kind, Name: r.Name}] = string(r.Doc)
				}
				delete(want, crashBatch(scope, v).Delete[0])
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s at %d holds %d records that are not those of its version", scope, versions[scope], len(got))
			}
		}
		if versions[one] != versions[two] {
			t.Errorf("%s is at %d and %s, which changes with it, at %d", one, versions[one], two, versions[two])
		}
		if had := acknowledged[string(one)]; versions[one] < had {
			t.Errorf("%s was acknowledged at %d and is at %d", one, had, versions[one])
		}
		// The name is the newest version's, and nobody's else.
		if v := versions[one]; v > 0 {
			if _, err := s.Commit(t.Context(), fmt.Sprint("thief", w), store.Batch{Scope: "thief", Claim: []store.Claim{store.Claim(fmt.Sprintf("%s at %d", one, v))}}); !errors.Is(err, store.ErrTaken) {
				t.Errorf("the name of %s at %d: %v", one, v, err)
			}
		}
		if had := acknowledged[string(one)] / 7 * 7; had > 0 {
			err := s.Marks(t.Context(), one, func(m store.LastUsed) error {
				if m.Time.UnixMilli() < int64(had)-7 {
					t.Errorf("%s is marked %d, and version %d was acknowledged", one, m.Time.UnixMilli(), had)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	checkFeedEnd(t, s, versions)
}

// checkFeedEnd looks whether the feed ends with the newest versions, each commit with all its events.
func checkFeedEnd(t *testing.T, s store.Store, versions map[store.Scope]store.Version) {
	t.Helper()
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from := heads[0] - min(heads[0], 40)
	changes, err := s.Changes(t.Context(), 0, from, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 2*int(heads[0]-from) {
		t.Errorf("the feed has %d changes between %d and %d", len(changes), from, heads[0])
	}
	newest := make(map[store.Scope]store.Version)
	for _, c := range changes {
		newest[c.Scope] = c.Version
		if want := crashBatch(c.Scope, c.Version-1).Events; !slices.EqualFunc(c.Events, want, bytes.Equal) {
			t.Errorf("the feed has %q of %s at %d", c.Events, c.Scope, c.Version)
		}
	}
	for scope, v := range newest {
		if versions[scope] != v {
			t.Errorf("%s is at %d, in the feed at %d", scope, versions[scope], v)
		}
	}
}

package identity_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store/embedded"
)

// startDir is the variable that makes the test binary the process that is measured.
const startDir = "WRIT_IDENTITY_START_DIR"

// BenchmarkStart measures what it takes to open 100,000 users with 200,000 keys over 20 accounts in a process of its own (performance.md):
// go test ./internal/identity -run '^$' -bench Start -benchtime 5x.
func BenchmarkStart(b *testing.B) {
	if dir := os.Getenv(startDir); dir != "" {
		measureStart(b, dir)
		return
	}
	dir := b.TempDir()
	fillLarge(b, dir, 20, 5000)
	b.ResetTimer()
	var most, total float64
	var processor time.Duration
	for b.Loop() {
		c := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkStart$", "-test.benchtime=1x")
		c.Env = append(os.Environ(), startDir+"="+dir)
		out, err := c.CombinedOutput()
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		seconds, resident, ok := parseStart(string(out))
		if !ok {
			b.Fatalf("%s", out)
		}
		total, most = total+seconds, max(most, resident)
		processor += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
	b.ReportMetric(total/float64(b.N), "s/start")
	b.ReportMetric(processor.Seconds()/float64(b.N), "cpu-s/start")
	b.ReportMetric(most, "MiB-resident")
}

func parseStart(out string) (seconds, resident float64, ok bool) {
	for line := range strings.Lines(out) {
		if n, err := fmt.Sscanf(line, "start: %f s, %f MiB", &seconds, &resident); n == 2 && err == nil {
			return seconds, resident, true
		}
	}
	return 0, 0, false
}

// measureStart is the process that is measured: what it says is for parseStart.
func measureStart(b *testing.B, dir string) {
	for b.Loop() {
	}
	begun := time.Now()
	s, err := embedded.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	st, err := identity.Open(b.Context(), s, identity.DefaultQuotas())
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun)
	most := resident()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	users, keys := 0, 0
	for _, a := range st.Accounts() {
		for u := range a.Users() {
			users, keys = users+1, keys+len(u.Keys)
		}
	}
	fmt.Printf("start: %.3f s, %.0f MiB resident, %d MiB of it in use, %d users, %d keys\n", took.Seconds(), most, m.HeapAlloc>>20, users, keys)
}

// resident returns the most memory that this process had, in MiB; 0 where the system does not say.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib / 1024
		}
	}
	return 0
}

// fillLarge makes accounts of users with two keys, a group, a tag and a policy each.
func fillLarge(tb testing.TB, dir string, accounts, users int) {
	s, err := embedded.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	st, err := identity.Open(tb.Context(), s, identity.DefaultQuotas())
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	secret := bytes.Repeat([]byte("sealed"), 12)
	for a := range accounts {
		id := fmt.Sprintf("%012d", 100000000000+a)
		err := st.Create(tb.Context(), identity.Info{ID: id, Name: "n", Created: now}, func(e *identity.Edit) error {
			for i := range 20 {
				e.PutGroup(&identity.Group{ID: fmt.Sprintf("AGPA%016d", i), Name: fmt.Sprint("group", i), Path: "/", Created: now})
			}
			for i := range users {
				u := &identity.User{ID: fmt.Sprintf("AIDA%05d%011d", a, i), Name: fmt.Sprintf("user-%05d", i), Path: "/", Created: now, Groups: []string{fmt.Sprintf("AGPA%016d", i%20)},
					Attached: []identity.PolicyRef{"policy/ReadOnlyAccess"}, Tags: []identity.Tag{{Key: "team", Value: fmt.Sprint("t", i%100)}}}
				for k := range 2 {
					u.Keys = append(u.Keys, identity.AccessKey{ID: fmt.Sprintf("AKIA%05d%010d%d", a, i, k), Active: true, Created: now, Secret: secret})
				}
				e.PutUser(u)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

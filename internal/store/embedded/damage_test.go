package embedded

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/writ-iam/writ/internal/store"
)

var damages = flag.Int("damages", 60, "how many places of each file the damage tests change")

// filled makes a store, kills it as a crash would, and returns its files and what they hold.
func filled(t *testing.T, checkpoint bool) (files map[string][]byte, want string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	for i := range store.Version(12) {
		b := batch(i, fmt.Sprint("document ", i))
		b.Put = append(b.Put, store.Record{Kind: "each", Name: fmt.Sprint(i), Doc: fmt.Appendf(nil, "%0*d", int(i)*40, i)})
		b.Claim, b.Release = []store.Claim{store.Claim(fmt.Sprint("name", i))}, []store.Claim{store.Claim(fmt.Sprint("name", i-1))}
		b.Events = [][]byte{fmt.Appendf(nil, "event %d", i)}
		if _, err := s.Commit(t.Context(), fmt.Sprint(i), b); err != nil {
			t.Fatal(err)
		}
	}
	want, err := contents(s)
	if err != nil {
		t.Fatal(err)
	}
	if checkpoint {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files = make(map[string][]byte)
	for _, name := range []string{fileName, fileName + "-wal", markName} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !(checkpoint && errors.Is(err, os.ErrNotExist)) {
			t.Fatal(err)
		}
		if err == nil {
			files[name] = text
		}
	}
	return files, want
}

// contents writes down what a store holds.
func contents(s *Store) (string, error) {
	ctx := context.Background()
	var lines []string
	v, err := s.Load(ctx, "a", func(r store.Record) error {
		lines = append(lines, fmt.Sprintf("%s %s %s", r.Kind, r.Name, r.Doc))
		return nil
	})
	if err != nil {
		return "", err
	}
	slices.Sort(lines)
	changes, err := s.Changes(ctx, 0, 0, 100)
	return fmt.Sprint(v, lines, changes), err
}

// lay writes files into a folder of their own.
func lay(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check opens files that were damaged: all that was acknowledged is there, or it is said to be damaged. It reports whether it was.
func check(t *testing.T, what string, files map[string][]byte, want string) bool {
	t.Helper()
	dir := lay(t, files)
	s, err := Open(dir)
	if err != nil {
		if !errors.Is(err, store.ErrDamaged) {
			// SQLite may find that what should be a page's address is none.
			t.Logf("%s: %v", what, err)
		}
		return true
	}
	defer s.Close()
	got, err := contents(s)
	switch {
	case err != nil:
		return true
	case got != want:
		t.Errorf("%s: the store holds\n%s\nand had acknowledged\n%s", what, got, want)
	}
	return false
}

// TestS119_ALogThatIsDamagedIsRefusedOrWhole: truncated and changed at many places, the log never gives less than was acknowledged, and no panic.
func TestS119_ALogThatIsDamagedIsRefusedOrWhole(t *testing.T) {
	files, want := filled(t, false)
	if check(t, "not damaged", files, want) {
		t.Fatal("what is whole is refused")
	}
	log := files[fileName+"-wal"]
	refused := 0
	for i := range *damages {
		n := i * len(log) / *damages
		files[fileName+"-wal"] = log[:n]
		if check(t, fmt.Sprint("log cut to ", n), files, want) {
			refused++
		} else {
			t.Errorf("the log cut to %d of %d bytes was taken for the whole", n, len(log))
		}
		changed := bytes.Clone(log)
		changed[n] ^= 1 << (i % 8)
		files[fileName+"-wal"] = changed
		if check(t, fmt.Sprint("log changed at ", n), files, want) {
			refused++
		}
	}
	t.Logf("%d of %d were refused, the others whole", refused, 2**damages)
	files[fileName+"-wal"] = append(bytes.Clone(log), "what a write that was cut off leaves behind"...)
	if check(t, "longer log", files, want) {
		t.Error("a log with the beginning of a write behind its end is refused")
	}
}

// TestS104_ADatabaseThatIsChangedIsRefusedOrWhole: a record that is not what was written is never given.
func TestS104_ADatabaseThatIsChangedIsRefusedOrWhole(t *testing.T) {
	files, want := filled(t, true)
	if check(t, "not damaged", files, want) {
		t.Fatal("what is whole is refused")
	}
	database := files[fileName]
	refused := 0
	for i := range *damages * 4 {
		n := i * len(database) / (*damages * 4)
		changed := bytes.Clone(database)
		changed[n] ^= 1 << (i % 8)
		files[fileName] = changed
		if check(t, fmt.Sprint("database changed at ", n), files, want) {
			refused++
		}
	}
	t.Logf("%d of %d were refused, the others whole", refused, *damages*4)
	if refused == 0 {
		t.Error("no change was noticed")
	}
	for i := 1; i < 20; i++ {
		files[fileName] = database[:len(database)*i/20]
		check(t, fmt.Sprint("database cut to ", i, "/20"), files, want)
	}
}

// TestS104_RecordsThatChangePlacesAreRefused: whoever edits the database without making its checksums anew is found out.
func TestS104_RecordsThatChangePlacesAreRefused(t *testing.T) {
	for _, edit := range []string{
		"UPDATE record SET doc = (SELECT doc FROM record WHERE name = '3') WHERE name = '4'",
		"UPDATE record SET doc = (SELECT doc FROM record WHERE name = '3'), sum = (SELECT sum FROM record WHERE name = '3') WHERE name = '4'",
		"UPDATE record SET name = 'other' WHERE name = '4'",
		"UPDATE record SET scope = 'b' WHERE name = '4'",
		"DELETE FROM record WHERE name = '4'",
		"INSERT INTO record SELECT scope, kind, 'other', doc, sum FROM record WHERE name = '4'",
		"UPDATE scope SET ver = ver - 1",
		"DELETE FROM claim",
		"UPDATE claim SET name = 'other'",
		"UPDATE claim SET scope = 'b'",
		"INSERT INTO claim VALUES ('more', 'a')",
		"UPDATE change SET body = (SELECT body FROM change WHERE seq = 4) WHERE seq = 5",
		"UPDATE change SET request = 'other' WHERE seq = 5",
		"DELETE FROM change WHERE seq = 5",
		"UPDATE change SET seq = 100 WHERE seq = 5",
	} {
		t.Run(edit, func(t *testing.T) {
			files, _ := filled(t, true)
			s := open(t, lay(t, files))
			if _, err := s.conn.ExecContext(t.Context(), edit); err != nil {
				t.Fatal(err)
			}
			if _, err := contents(s); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("%v, want %v", err, store.ErrDamaged)
			}
		})
	}
}

// TestAnOlderCopyIsRefused: a database that was put in place of a newer one without Restore.
func TestAnOlderCopyIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Commit(t.Context(), "one", batch(0, "1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if _, err := s.Commit(t.Context(), "two", batch(1, "2")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), os.WriteFile(filepath.Join(dir, fileName), older, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("%v, want %v", err, store.ErrDamaged)
	}
	// The way out that the error names.
	if err := os.Remove(filepath.Join(dir, markName)); err != nil {
		t.Fatal(err)
	}
	if v := version(t, open(t, dir)); v != 1 {
		t.Errorf("the version is %d, want 1", v)
	}
}

// TestAMarkThatCannotBeReadSaysNothing: the machine may have gone down while it was written.
func TestAMarkThatCannotBeReadSaysNothing(t *testing.T) {
	for _, mark := range []string{"", "0000", "00000000000000000099", "xxxxxxxxxxxxxxxxxxxx\n", string(make([]byte, markLen))} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, markName), []byte(mark), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(dir); err != nil {
			t.Errorf("mark %q: %v", mark, err)
		} else if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzDecodeBody(f *testing.F) {
	f.Add(encodeBody([]store.Batch{batch(3, "doc"), {Scope: "b", Delete: []store.Key{{Kind: "k", Name: "n"}}, Events: [][]byte{[]byte("e"), {}}}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		changes, err := decodeBody(body)
		if err != nil {
			return
		}
		var batches []store.Batch
		for _, c := range changes {
			batches = append(batches, store.Batch{Scope: c.Scope, Base: c.Version - 1, Put: c.Put, Delete: c.Delete, Events: c.Events})
		}
		again, err := decodeBody(encodeBody(batches))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(changes) {
			t.Errorf("%v became %v, %v", changes, again, err)
		}
	})
}

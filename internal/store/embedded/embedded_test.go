package embedded_test

import (
	"io"
	"sync"
	"testing"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/embedded"
	"github.com/writ-iam/writ/internal/store/storetest"
)

func TestContract(t *testing.T) {
	var mu sync.Mutex
	dirs := make(map[store.Store]string)
	open := func(t testing.TB, dir string) store.Store {
		t.Helper()
		s, err := embedded.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		dirs[s] = dir
		return s
	}
	storetest.Run(t, storetest.Engine{
		New: func(t testing.TB) store.Store { return open(t, t.TempDir()) },
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			mu.Lock()
			dir := dirs[s]
			mu.Unlock()
			return open(t, dir)
		},
		Restore: func(t testing.TB, r io.Reader) (store.Store, error) {
			dir := t.TempDir()
			if err := embedded.Restore(t.Context(), dir, r); err != nil {
				return nil, err
			}
			return embedded.Open(dir)
		},
	})
}

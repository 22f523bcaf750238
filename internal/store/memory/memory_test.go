package memory_test

import (
	"io"
	"testing"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/internal/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		New: func(testing.TB) store.Store { return memory.New() },
		Restore: func(_ testing.TB, r io.Reader) (store.Store, error) {
			return memory.Restore(r)
		},
	})
}

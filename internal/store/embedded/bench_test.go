package embedded_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/embedded"
)

// BenchmarkCommit measures durable commits of 64 clients at once: each with a scope of its own, and all on one scope, where a commit that lost takes the
// version that it was told and tries again.
func BenchmarkCommit(b *testing.B) {
	const clients = 64
	doc := []byte(fmt.Sprintf("%0500d", 7))
	event := []byte(fmt.Sprintf("%0900d", 7))
	run := func(b *testing.B, scope func(client int) store.Scope) {
		s, err := embedded.Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		var next, conflicts atomic.Int64
		var group sync.WaitGroup
		b.ReportAllocs()
		b.ResetTimer()
		for client := range clients {
			group.Go(func() {
				name := scope(client)
				base := map[store.Scope]store.Version{}
				for {
					n := next.Add(1)
					if n > int64(b.N) {
						return
					}
					for try := 0; ; try++ {
						_, err := s.Commit(context.Background(), fmt.Sprintf("%d/%d/%d", client, n, try), store.Batch{
							Scope: name, Base: base[name], Put: []store.Record{{Kind: "user", Name: fmt.Sprint(n), Doc: doc}}, Events: [][]byte{event},
						})
						if conflict, ok := err.(*store.Conflict); ok {
							conflicts.Add(1)
							base[name] = conflict.Newest
							continue
						}
						if err != nil {
							b.Error(err)
							return
						}
						base[name]++
						break
					}
				}
			})
		}
		group.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		b.ReportMetric(float64(conflicts.Load())/float64(b.N), "conflicts/commit")
	}
	b.Run("scopes=64", func(b *testing.B) { run(b, func(c int) store.Scope { return store.Scope(fmt.Sprint("account/", c)) }) })
	b.Run("scopes=1", func(b *testing.B) { run(b, func(int) store.Scope { return "account/1" }) })
}

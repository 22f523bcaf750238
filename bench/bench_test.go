package main

import (
	"testing"

	"github.com/writ-iam/writ/bench/engine"
	"github.com/writ-iam/writ/bench/machine"
	"github.com/writ-iam/writ/bench/workload"
)

// BenchmarkDecide measures Writ's decisions on each workload. cpu-ns/op is what the tables of the command have: it tells more than ns/op when
// the machine does something else as well.
//
//	go test -bench 'Decide/medium_s3' -cpuprofile cpu.prof && go tool pprof -list 'index..first' cpu.prof
func BenchmarkDecide(b *testing.B) { bench(b, engine.Writ) }

// BenchmarkDecideList is the same without sets.
func BenchmarkDecideList(b *testing.B) { bench(b, engine.WritListing) }

// BenchmarkBuild makes each request before its decision.
func BenchmarkBuild(b *testing.B) { bench(b, engine.WritBuilding) }

// BenchmarkRebuild makes each request in the memory of the one before.
func BenchmarkRebuild(b *testing.B) { bench(b, engine.WritRebuilding) }

func bench(b *testing.B, e engine.Engine) {
	for _, name := range workload.Names() {
		b.Run(name, func(b *testing.B) {
			w, _ := workload.ByName(name)
			j, err := e.Prepare(w)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := 0
			before := machine.ProcessTime()
			for b.Loop() {
				j.Allow(i)
				if i++; i == len(w.Requests) {
					i = 0
				}
			}
			b.ReportMetric(float64(machine.ProcessTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/writ-iam/writ/bench/machine"
)

// sample is what one run of an operation cost, for each operation.
type sample struct {
	nanos  float64
	allocs float64
}

// measure repeats a round of n operations until the time is over, looking at the clock ever more seldom. The cost is the processor time of the whole process, user
// and system, so that the garbage collector's share counts, on whichever core it runs.
func measure(n int, atLeast time.Duration, round func()) sample {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start, rounds := machine.ProcessTime(), time.Now(), 0
	for batch := 1; ; {
		for range batch {
			round()
		}
		rounds += batch
		passed := time.Since(start)
		if passed >= atLeast {
			break
		}
		if passed < atLeast/20 {
			batch *= 2
		}
	}
	cpu = machine.ProcessTime() - cpu
	runtime.ReadMemStats(&after)
	operations := float64(rounds * n)
	return sample{nanos: float64(cpu) / operations, allocs: float64(after.Mallocs-before.Mallocs) / operations}
}

// median returns the medians of cost and allocations.
func median(samples []sample) sample {
	middle := func(of func(sample) float64) float64 {
		var all []float64
		for _, s := range samples {
			all = append(all, of(s))
		}
		slices.Sort(all)
		if n := len(all); n%2 == 0 {
			return (all[n/2-1] + all[n/2]) / 2
		}
		return all[len(all)/2]
	}
	return sample{nanos: middle(func(s sample) float64 { return s.nanos }), allocs: middle(func(s sample) float64 { return s.allocs })}
}

// String prints the cost with two or three digits and its unit.
func (s sample) String() string { return cost(s.nanos) }

func cost(nanos float64) string {
	switch {
	case nanos < 1e3:
		return fmt.Sprintf("%.0f ns", nanos)
	case nanos < 1e4:
		return fmt.Sprintf("%.2f µs", nanos/1e3)
	case nanos < 1e5:
		return fmt.Sprintf("%.1f µs", nanos/1e3)
	case nanos < 1e6:
		return fmt.Sprintf("%.0f µs", nanos/1e3)
	}
	return fmt.Sprintf("%.1f ms", nanos/1e6)
}

//go:build unix

package catalog

import (
	"runtime"
	"syscall"
	"testing"
)

// BenchmarkLoad measures the first Load: processor time, and the heap that stays.
//
//	go test ./catalog -run '^$' -bench Load -benchtime 50x
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	start := processorTime(b)
	for b.Loop() {
		if _, err := Decode(embedded); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-start)/1e6/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(liveHeap(b))/(1<<20), "heap-MiB")
}

// liveHeap returns the bytes that a Catalog keeps alive.
func liveHeap(b *testing.B) uint64 {
	before := heap()
	c, err := Decode(embedded)
	if err != nil {
		b.Fatal(err)
	}
	after := heap()
	runtime.KeepAlive(c)
	return after - before
}

// heap returns the bytes of the heap that are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// processorTime returns the nanoseconds that all processors have spent on the process.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkAction(b *testing.B) {
	c := load(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Action("s3:GetObject")
	}
}

func BenchmarkKey(b *testing.B) {
	c := load(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Key("aws:ResourceTag/team")
	}
}

func BenchmarkExpand(b *testing.B) {
	c := load(b)
	for _, pattern := range []string{"s3:GetObject", "s3:Get*", "ec2:*Instance*", "*"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range c.Expand(pattern) {
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	ec2 := service(b, "ec2")
	b.ReportAllocs()
	for b.Loop() {
		ec2.Match("arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0")
	}
}

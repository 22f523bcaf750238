// Package machine says what measurements are made on and how long the processor worked.
package machine

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Name returns the processor's name, or its architecture if the system does not tell.
func Name() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// The clocks of clock_gettime(2).
const (
	processClock = 2
	threadClock  = 3
)

// ProcessTime returns how long processors have worked for the process.
func ProcessTime() time.Duration { return clock(processClock) }

// ThreadTime returns how long a processor has worked for the thread. Whoever takes the difference of two of them stays on one (runtime.LockOSThread).
func ThreadTime() time.Duration { return clock(threadClock) }

func clock(id uintptr) time.Duration {
	var t syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&t)), 0); err != 0 {
		panic(err) // it cannot fail for the process itself
	}
	return time.Duration(t.Nano())
}

// Show prints a time with as many digits as say something.
func Show(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

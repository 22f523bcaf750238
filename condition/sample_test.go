package condition

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestSamplesStandForAllTexts: whatever text is drawn, some sample is treated alike by all of the tests.
func TestSamplesStandForAllTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var none Context
	extremes := []string{"-292275054-01-01T00:00:00", "-292275054-01-01T00:01:00.5", "-292275054-01-01T00:00:00.000000001", "292278993-12-31T23:59:59.999999999", "292278993-12-31T23:59:59",
		"292278993-12-31T23:58:59.5"}
	number := func() string { return fmt.Sprintf("%d.%d", rng.IntN(5)-2, rng.IntN(30)) }
	date := func() string {
		switch rng.IntN(4) {
		case 0:
			return fmt.Sprint(rng.IntN(4))
		case 1: // where time begins and ends it is still, or already, another year elsewhere
			return extremes[rng.IntN(len(extremes))] + []string{"", "Z", "+23:59", "-23:59", "+23:58", "-00:01"}[rng.IntN(6)]
		}
		return fmt.Sprintf("1970-01-01T00:00:%02d.%dZ", rng.IntN(4), rng.IntN(3))
	}
	address := func(policy bool) string {
		var a netip.Addr
		if rng.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte{10, 0, byte(rng.IntN(2)), byte(rng.IntN(3))})
		} else {
			a = netip.AddrFrom16([16]byte{0: byte(rng.IntN(2)), 10: 0xff, 11: byte(0xff - rng.IntN(2)), 15: byte(rng.IntN(3))})
		}
		if policy && rng.IntN(2) == 0 {
			return fmt.Sprintf("%v/%d", a, rng.IntN(a.BitLen()+1))
		}
		return a.String()
	}
	families := []struct {
		comparisons []Comparison
		value       func(policy bool) string
	}{
		{[]Comparison{NumericEquals, NumericLessThan, NumericGreaterThanEquals, NumericNotEquals}, func(bool) string { return number() }},
		{[]Comparison{DateEquals, DateLessThan, DateGreaterThanEquals, DateNotEquals}, func(bool) string { return date() }},
		{[]Comparison{IPAddress, NotIPAddress}, address},
	}
	for range 20_000 {
		f := families[rng.IntN(len(families))]
		var tests []Test
		for range 1 + rng.IntN(3) {
			var values []string
			for range 1 + rng.IntN(2) {
				values = append(values, f.value(true))
			}
			tests = append(tests, NewTest(Operator{Comparison: f.comparisons[rng.IntN(len(f.comparisons))]}, NewKey("k"), values, false))
		}
		treated := func(text string) (s string) {
			for i := range tests {
				s += fmt.Sprint(tests[i].Holds(text, &none))
			}
			return s
		}
		samples, ok := Samples(tests)
		if !ok {
			t.Fatal("no samples")
		}
		kinds := make(map[string]bool)
		for _, s := range samples {
			kinds[treated(s)] = true
		}
		for range 20 {
			if text := f.value(false); !kinds[treated(text)] {
				t.Fatalf("%v: %q is treated as none of %q is", tests, text, samples)
			}
		}
	}
}

// TestSamplesOfExtremes are texts that can be read.
func TestSamplesOfExtremes(t *testing.T) {
	for _, row := range []struct {
		c     Comparison
		value string
		want  int
	}{
		{NumericEquals, "1e300", 4}, {NumericEquals, "-1e-300", 4}, {NumericEquals, "0", 4},
		{DateEquals, "9223372036854775807", 3}, {DateEquals, "-292275054-01-01", 3}, {DateEquals, "292278993-12-31", 4},
		{IPAddress, "0.0.0.0/0", 5}, {IPAddress, "::/0", 6}, {IPAddress, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6},
	} {
		samples, ok := Samples([]Test{NewTest(Operator{Comparison: row.c}, NewKey("k"), []string{row.value}, false)})
		if !ok || len(samples) < row.want {
			t.Errorf("%v %s: %q, want %d at least", row.c, row.value, samples, row.want)
		}
		var held int
		test := NewTest(Operator{Comparison: row.c}, NewKey("k"), []string{row.value}, false)
		for _, s := range samples {
			if test.Holds(s, &Context{}) {
				held++
			}
		}
		if held == 0 {
			t.Errorf("%v %s: none of %q is in it", row.c, row.value, samples)
		}
	}
	if _, ok := Samples([]Test{NewTest(Operator{Comparison: NumericEquals}, NewKey("k"), []string{"1e9999"}, false)}); ok {
		t.Error("a number of ten thousand digits has samples")
	}
}

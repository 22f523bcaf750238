package condition

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNumbersCompareExactly(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want order
	}{
		{"1e2", "100", equal},
		{"100.0", "100", equal},
		{"0.1e3", "100", equal},
		{"+100", "1E+2", equal},
		{"00100.00", "1e0002", equal},
		{"-0", "0", equal},
		{"-0.000", "+0e99", equal},
		{"0e4294967296", "0", equal},
		{".5", "0.5", equal},
		{"5.", "5", equal},
		{"0.30000000000000004", "0.3", greater},
		{"0.1", "0.10000000000000000000000000000000000000000000000001", less},
		{"9007199254740993", "9007199254740992", greater},
		{"18446744073709551616", "18446744073709551615", greater},
		{"-9007199254740993", "-9007199254740992", less},
		{"1e400", "1e399", greater},
		{"-1e400", "1e-400", less},
		{"1e-400", "0", greater},
		{"-1e-400", "0", less},
		{"1e4294967296", "9e4294967295", greater},
		{"1e-4294967296", "1e-4294967295", less},
		{"10", "9", greater},
		{"-10", "-9", less},
		{"120", "12", greater},
		{"12.000", "12.0001", less},
		{"0.0012", "0.012", less},
		{"1.20e1", "12", equal},
		{"999.9", "1e3", less},
		{"1e3", "999.9", greater},
	} {
		a, ok := parseNumber(tt.a)
		b, ok2 := parseNumber(tt.b)
		if !ok || !ok2 {
			t.Errorf("%s or %s is not read", tt.a, tt.b)
			continue
		}
		back := map[order]order{less: greater, equal: equal, greater: less}[tt.want]
		if got, turned := a.compare(b), b.compare(a); got != tt.want || turned != back {
			t.Errorf("%s to %s is %d, and turned around %d", tt.a, tt.b, got, turned)
		}
	}
}

func TestNoNumbers(t *testing.T) {
	for _, s := range []string{
		"", " ", " 1", "1 ", "1\n", "+", "-", ".", "-.", "+.e1", "e1", ".e1", "1e", "1e+", "1e-", "1e1.5", "1e1e1", "1.2.3", "--1", "+-1", "1-", "1+1", "1,000", "1_000", "0x10", "0b1", "0o7", "1f", "1d",
		"NaN", "nan", "Inf", "Infinity", "-Infinity", "∞", "１", "٣", "½", "1e4294967297", "1e-4294967297", "1e99999999999999999999999999", "true", "${v}", "1\x00", "\ufeff1", "1e 1", "- 1",
	} {
		if n, ok := parseNumber(s); ok {
			t.Errorf("%q is read as %+v", s, n)
		}
	}
}

// The oracle is math/big.
func TestRandomNumbersCompareAsRationals(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	digits := func(most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteByte("0001239"[random.IntN(7)])
		}
		return b.String()
	}
	text := func() string {
		s := []string{"", "", "-", "+"}[random.IntN(4)] + digits(6)
		if random.IntN(2) == 0 {
			s += "." + digits(6)
		}
		if random.IntN(3) == 0 {
			s += fmt.Sprintf("%c%s%d", "eE"[random.IntN(2)], []string{"", "-", "+", "0", "-00"}[random.IntN(5)], random.IntN(12))
		}
		return s
	}
	read := func(s string) (number, *big.Rat, bool) {
		n, ok := parseNumber(s)
		rat, valid := new(big.Rat).SetString(s)
		if ok != valid {
			t.Fatalf("%q: read is %v, but by math/big %v", s, ok, valid)
		}
		return n, rat, ok
	}
	compared := 0
	for range 200_000 {
		s1, s2 := text(), text()
		a, x, ok1 := read(s1)
		b, y, ok2 := read(s2)
		if !ok1 || !ok2 {
			continue
		}
		compared++
		if got, want := a.compare(b), orderOf(x.Cmp(y)); got != want {
			t.Fatalf("%s to %s is %d, want %d", s1, s2, got, want)
		}
	}
	if compared < 50_000 {
		t.Errorf("only %d pairs were numbers", compared)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1e2", "-0.50e-3", "1e4294967296", ".5", "5.", "+", "0x1"} {
		f.Add(s, "100")
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		a, ok := parseNumber(s)
		if !ok {
			return
		}
		if strings.Trim(s, "0123456789.eE+-") != "" || !strings.ContainsAny(s, "0123456789") {
			t.Fatalf("%q is read", s)
		}
		if a.compare(a) != equal {
			t.Fatalf("%q does not equal itself", s)
		}
		b, ok := parseNumber(other)
		if !ok {
			return
		}
		back := map[order]order{less: greater, equal: equal, greater: less}[b.compare(a)]
		if got := a.compare(b); got != back {
			t.Fatalf("%q to %q is %d, turned around %d", s, other, got, back)
		}
		// math/big reads no more than what is small enough to be written out.
		if len(s)+len(other) > 100 || abs(a.exponent) > 1000 || abs(b.exponent) > 1000 {
			return
		}
		x, ok1 := new(big.Rat).SetString(s)
		y, ok2 := new(big.Rat).SetString(other)
		if ok1 && ok2 && a.compare(b) != orderOf(x.Cmp(y)) {
			t.Fatalf("%q to %q is %d", s, other, a.compare(b))
		}
	})
}

func abs(n int64) int64 { return max(n, -n) }

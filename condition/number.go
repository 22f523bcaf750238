package condition

import "strings"

// number is a decimal number as text, ready to be compared exactly: 0.digits × 10^exponent, digits without zeros at
// either end, none for zero. Nothing is rounded, as it would be in floating point.
type number struct {
	negative bool
	// whole and fraction are the significant digits, in two pieces because they stand so in the text.
	whole, fraction string
	exponent        int64
}

// maxExponent bounds what stands behind the e: farther out a number is not a number.
const maxExponent = 1 << 32

// parseNumber reads a number in the form of doc/language.md 7.
func parseNumber(s string) (number, bool) {
	var n number
	if s != "" && (s[0] == '-' || s[0] == '+') {
		n.negative, s = s[0] == '-', s[1:]
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
		var ok bool
		if n.exponent, ok = parseExponent(exponent); !ok {
			return number{}, false
		}
	}
	n.whole, n.fraction, _ = strings.Cut(mantissa, ".")
	if n.whole == "" && n.fraction == "" || !onlyDigits(n.whole) || !onlyDigits(n.fraction) {
		return number{}, false
	}
	n.whole = strings.TrimLeft(n.whole, "0")
	n.fraction = strings.TrimRight(n.fraction, "0")
	n.exponent += int64(len(n.whole))
	if n.whole == "" {
		kept := strings.TrimLeft(n.fraction, "0")
		n.exponent -= int64(len(n.fraction) - len(kept))
		n.fraction = kept
	} else if n.fraction == "" {
		n.whole = strings.TrimRight(n.whole, "0")
	}
	if n.whole == "" && n.fraction == "" {
		return number{}, true
	}
	return n, true
}

func parseExponent(s string) (int64, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	if s == "" || !onlyDigits(s) {
		return 0, false
	}
	var e int64
	for i := range len(s) {
		if e = e*10 + int64(s[i]-'0'); e > maxExponent {
			return 0, false
		}
	}
	if negative {
		e = -e
	}
	return e, true
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare returns how n stands to o.
func (n number) compare(o number) order {
	if n.sign() != o.sign() {
		return orderOf(n.sign() - o.sign())
	}
	c := 0
	switch {
	case n.sign() == 0:
	case n.exponent != o.exponent:
		c = 1
		if n.exponent < o.exponent {
			c = -1
		}
	default:
		c = compareDigits(n, o)
	}
	if n.negative {
		c = -c
	}
	return orderOf(c)
}

func (n number) sign() int {
	switch {
	case n.whole == "" && n.fraction == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// compareDigits compares the digits as fractions: 0.5 > 0.42.
func compareDigits(n, o number) int {
	ln, lo := len(n.whole)+len(n.fraction), len(o.whole)+len(o.fraction)
	for i := range min(ln, lo) {
		if a, b := n.digit(i), o.digit(i); a != b {
			return int(a) - int(b)
		}
	}
	return ln - lo
}

func (n number) digit(i int) byte {
	if i < len(n.whole) {
		return n.whole[i]
	}
	return n.fraction[i-len(n.whole)]
}

func orderOf(c int) order {
	switch {
	case c < 0:
		return less
	case c > 0:
		return greater
	}
	return equal
}

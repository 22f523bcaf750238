package condition

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
)

// Samples returns texts that stand for all: whatever text a request brings, one of them is treated by each of the tests as that text is. It knows the
// comparisons of numbers, dates and addresses, which cut their line into few pieces; tests of others are passed over. The first of the texts is no
// number, date or address at all.
//
//	Samples([]Test{NumericLessThan 10}) // "x", "9", "10", "11"
//
// If the tests are of several of these families the texts stand for all only if no text can be of two families. ok is false if a number has more
// than a few hundred digits.
func Samples(tests []Test) (texts []string, ok bool) {
	var numbers []number
	var instants []instant
	var ranges []netip.Prefix
	asked := [arnFamily]bool{}
	for i := range tests {
		f := table[tests[i].Operator.Comparison].family
		switch f {
		case numericFamily:
			numbers = append(numbers, tests[i].numbers...)
		case dateFamily:
			instants = append(instants, tests[i].instants...)
		case addressFamily:
			ranges = append(ranges, tests[i].ranges...)
		default:
			continue
		}
		asked[f] = true
	}
	texts = append(texts, "x")
	ok = true
	if asked[numericFamily] {
		var more []string
		if more, ok = numberSamples(numbers); !ok {
			return nil, false
		}
		texts = append(texts, more...)
	}
	if asked[dateFamily] {
		texts = append(texts, dateSamples(instants)...)
	}
	if asked[addressFamily] {
		texts = append(texts, addressSamples(ranges)...)
	}
	return texts, ok
}

// maxDigits bounds how wide apart numbers may be for Samples.
const maxDigits = 400

// numberSamples returns each number, one between each two neighbours, and one on either side.
func numberSamples(numbers []number) (texts []string, ok bool) {
	if len(numbers) == 0 {
		return []string{"0"}, true
	}
	low := int64(0) // all are whole multiples of 10^low
	for _, n := range numbers {
		if n.exponent > maxDigits || n.exponent < -maxDigits || len(n.whole)+len(n.fraction) > maxDigits {
			return nil, false
		}
		low = min(low, n.exponent-int64(len(n.whole)+len(n.fraction)))
	}
	low-- // so that there is a whole one between two
	line := make([]*big.Int, len(numbers))
	for i, n := range numbers {
		digits := n.whole + n.fraction
		v := new(big.Int)
		if digits != "" {
			v.SetString(digits, 10)
			v.Mul(v, power(n.exponent-int64(len(digits))-low))
		}
		if n.negative {
			v.Neg(v)
		}
		line[i] = v
	}
	slices.SortFunc(line, (*big.Int).Cmp)
	line = slices.CompactFunc(line, func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
	unit := power(-low)
	texts = append(texts, decimal(new(big.Int).Sub(line[0], unit), -low))
	for i, v := range line {
		texts = append(texts, decimal(v, -low))
		if i+1 < len(line) {
			between := new(big.Int).Add(v, unit) // a neighbour at a distance of one reads better than the middle
			if between.Cmp(line[i+1]) >= 0 {
				between.Add(v, line[i+1])
				between.Rsh(between, 1)
			}
			texts = append(texts, decimal(between, -low))
		}
	}
	return append(texts, decimal(new(big.Int).Add(line[len(line)-1], unit), -low)), true
}

func power(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// decimal prints v × 10^-places.
func decimal(v *big.Int, places int64) string {
	digits := new(big.Int).Abs(v).String()
	if short := int(places) + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	cut := len(digits) - int(places)
	text := digits[:cut]
	if fraction := strings.TrimRight(digits[cut:], "0"); fraction != "" {
		text += "." + fraction
	}
	if v.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// dateSamples returns each instant, one between each two neighbours, and one on either side.
func dateSamples(instants []instant) (texts []string) {
	add := func(t instant) {
		if text := t.String(); ValidDate(text) {
			texts = append(texts, text)
		}
	}
	if len(instants) == 0 {
		return []string{"2026-01-01T00:00:00Z"}
	}
	slices.SortFunc(instants, func(a, b instant) int { return int(a.compare(b)&greater) - int(a.compare(b)&less) })
	instants = slices.Compact(instants)
	first := instants[0]
	add(instant{first.seconds - 1, first.nanos})
	if first.nanos > 0 {
		add(instant{first.seconds, 0}) // there may be no second before
	}
	for i, t := range instants {
		add(t)
		next := instant{seconds: 1<<63 - 1, nanos: 999_999_999}
		if i+1 < len(instants) {
			next = instants[i+1]
		}
		for _, between := range [...]instant{{t.seconds + 1, t.nanos}, {t.seconds, t.nanos + 1}, {t.seconds + 1, 0}} {
			if between.seconds >= t.seconds && between.nanos < 1_000_000_000 && t.compare(between) == less && between.compare(next) == less {
				add(between)
			}
		}
	}
	return texts
}

// maxOffset is the farthest from UTC that a time can be, in seconds.
const maxOffset = 23*3600 + 59*60

// String prints an instant in ISO 8601: in UTC, or, where its year can only be written somewhere else on earth, as it is there. What is farther out is epoch seconds.
func (t instant) String() string {
	for _, offset := range [...]struct {
		seconds int64
		text    string
	}{{0, "Z"}, {maxOffset, "+23:59"}, {-maxOffset, "-23:59"}} {
		if text, ok := (instant{t.seconds + offset.seconds, t.nanos}).clock(); ok {
			return text + offset.text
		}
	}
	return fmt.Sprint(t.seconds)
}

// clock prints an instant as date and time of day; ok is false if its year cannot be written.
func (t instant) clock() (text string, ok bool) {
	days, second := t.seconds/86400, t.seconds%86400
	if second < 0 {
		days, second = days-1, second+86400
	}
	// The inverse of daysOf (Howard Hinnant, civil_from_days).
	z := days + 719468
	era := z / 146097
	if z < 0 && z%146097 != 0 {
		era--
	}
	dayOfEra := z - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day := dayOfYear - (153*shifted+2)/5 + 1
	month := shifted + 3
	if month > 12 {
		month -= 12
	}
	year := yearOfEra + era*400
	if month <= 2 {
		year++
	}
	if year < minYear || year > maxYear {
		return "", false
	}
	sign := ""
	if year < 0 {
		sign, year = "-", -year
	}
	text = fmt.Sprintf("%s%04d-%02d-%02dT%02d:%02d:%02d", sign, year, month, day, second/3600, second/60%60, second%60)
	if t.nanos != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%09d", t.nanos), "0")
	}
	return text, true
}

// addressSamples returns the first address of each range, the one behind it, and the first of each family and of what follows the mapped
// addresses: where one of the ranges begins or ends something new begins.
func addressSamples(ranges []netip.Prefix) (texts []string) {
	addresses := []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, 7}), netip.AddrFrom4([4]byte{}), netip.IPv6Unspecified(), netip.MustParseAddr("::1:0:0:0")}
	for _, r := range ranges {
		// The first address is often a network's own, which nobody has; the next one reads better.
		if next := r.Addr().Next(); next.IsValid() && r.Contains(next) {
			addresses = append(addresses, next)
		}
		addresses = append(addresses, r.Addr())
		if next := last(r).Next(); next.IsValid() {
			addresses = append(addresses, next)
		}
	}
	seen := make(map[netip.Addr]bool, len(addresses))
	for _, a := range addresses {
		if a.Is4In6() {
			continue // it is read as what it maps
		}
		if !seen[a] {
			seen[a] = true
			texts = append(texts, a.String())
		}
	}
	return texts
}

// last returns a range's last address.
func last(r netip.Prefix) netip.Addr {
	b := r.Addr().AsSlice()
	for i := r.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Holds reports whether some value of the test matches a text by the positive form of its comparison: what StringNotEquals asks is not whether it
// Holds. Variables get their values from c.
func (t *Test) Holds(text string, c *Context) bool { return t.matchText(text, c) }

// Family names what kind of values an operator compares.
type Family uint8

// The families of operators (policy-language.md §5.1). Text, folded, wildcard, Boolean, binary and ARN comparisons look at the text as it
// stands, the others at what it means.
const (
	TextFamily Family = iota
	FoldFamily
	LikeFamily
	NumericFamily
	DateFamily
	BoolFamily
	BinaryFamily
	AddressFamily
	ARNFamily
	NullFamily
)

// Family returns the comparison's family.
func (c Comparison) Family() Family { return Family(table[c].family) }

// Reads reports whether a text of a request is a number, a date or an address, as the family compares them. Families that look at the text as it stands read them all.
func (f Family) Reads(text string) (ok bool) {
	switch f {
	case NumericFamily:
		_, ok = parseNumber(text)
	case DateFamily:
		_, ok = parseDate(text)
	case AddressFamily:
		_, ok = parseAddress(text)
	default:
		return true
	}
	return ok
}

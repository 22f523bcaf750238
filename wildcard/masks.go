package wildcard

import "unicode/utf8"

// masks finds a long run that holds One by the shift-and method of Baeza-Yates and Gonnet ("A new approach to text
// searching", CACM 35, 1992): bit j of the state says that the run's first j+1 characters match up to here. It takes
// one step a character and 64 characters of the run, whatever the run looks like, where trying each place in turn
// takes up to one step for each character of the run.
//
// The masks look at the first characters of the run and at no more different ones than they have rows for, so that they never need
// much more memory than the pattern's text; where these match, the whole run is compared.
type masks struct {
	length int // of what the masks look at, in characters
	words  int // of a row
	row    map[rune][]uint64
	ones   []uint64 // the row of every character that has none of its own
}

const (
	maxLength = 2048
	maxRows   = 64
)

func newMasks(text string) *masks {
	m := &masks{row: make(map[rune][]uint64)}
	m.length = min(characters(text), maxLength)
	m.words = (m.length + 63) / 64
	m.ones = make([]uint64, m.words)
	// A character without a row could be any: its place in the run is left to the comparison.
	each(text, m.length, func(i int, c rune, one bool) {
		switch {
		case !one && m.row[c] != nil:
		case !one && len(m.row) < maxRows:
			m.row[c] = make([]uint64, m.words)
		default:
			m.ones[i/64] |= 1 << (i % 64)
		}
	})
	for _, row := range m.row {
		copy(row, m.ones)
	}
	each(text, m.length, func(i int, c rune, one bool) {
		if row := m.row[c]; !one && row != nil {
			row[i/64] |= 1 << (i % 64)
		}
	})
	return m
}

// find returns the end of the leftmost match of the run at or after pos.
func (m *masks) find(r *run, value string, pos int) (end int, ok bool) {
	var fixed [maxLength / 64]uint64
	state := fixed[:m.words]
	last := uint64(1) << ((m.length - 1) % 64)
	start := pos // where a match that ends at pos would begin: m.length characters before it
	for n := 0; pos < len(value); n++ {
		c, size := utf8.DecodeRuneInString(value[pos:])
		pos += size
		row, named := m.row[c]
		if !named || c == utf8.RuneError && size == 1 {
			row = m.ones
		}
		carry := uint64(1)
		for w := range state {
			next := state[w] >> 63
			state[w] = (state[w]<<1 | carry) & row[w]
			carry = next
		}
		if n >= m.length {
			start += width(value[start:])
		}
		if state[m.words-1]&last != 0 {
			if end, ok := r.matchAt(value, start); ok {
				return end, true
			}
		}
	}
	return 0, false
}

// characters counts the characters of an encoded run.
func characters(text string) (n int) {
	each(text, len(text), func(int, rune, bool) { n++ })
	return n
}

// each calls f with the characters of an encoded run, at most n of them.
func each(text string, n int, f func(i int, c rune, one bool)) {
	for i, pos := 0, 0; pos < len(text) && i < n; i++ {
		if text[pos] == One {
			f(i, 0, true)
			pos++
			continue
		}
		c, n := utf8.DecodeRuneInString(text[pos:])
		f(i, c, false)
		pos += n
	}
}

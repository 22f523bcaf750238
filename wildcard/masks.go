package wildcard

import "unicode/utf8"

// masks finds a long run that holds One by the shift-and method of Baeza-Yates and Gonnet ("A new approach to text
// searching", CACM 35, 1992): bit j of the state says that the run's first j+1 characters match up to here. It takes
// one step a character and 64 characters of the run, whatever the run looks like, where trying each place in turn
// takes up to one step for each character of the run.
type masks struct {
	length int // of the run, in characters
	words  int // of a row
	row    map[rune][]uint64
	ones   []uint64 // the row of every character that the run does not name
}

func newMasks(text string) *masks {
	m := &masks{row: make(map[rune][]uint64)}
	m.length = characters(text)
	m.words = (m.length + 63) / 64
	m.ones = make([]uint64, m.words)
	each(text, func(i int, c rune, one bool) {
		switch {
		case one:
			m.ones[i/64] |= 1 << (i % 64)
		case m.row[c] == nil:
			m.row[c] = make([]uint64, m.words)
		}
	})
	for _, row := range m.row {
		copy(row, m.ones)
	}
	each(text, func(i int, c rune, one bool) {
		if !one {
			m.row[c][i/64] |= 1 << (i % 64)
		}
	})
	return m
}

func (m *masks) find(value string, pos int) (end int, ok bool) {
	var fixed [32]uint64
	state := fixed[:]
	if m.words > len(fixed) {
		state = make([]uint64, m.words)
	}
	state = state[:m.words]
	last := uint64(1) << ((m.length - 1) % 64)
	for pos < len(value) {
		c, n := utf8.DecodeRuneInString(value[pos:])
		pos += n
		row, named := m.row[c]
		if !named || c == utf8.RuneError && n == 1 {
			row = m.ones
		}
		carry := uint64(1)
		for w := range state {
			next := state[w] >> 63
			state[w] = (state[w]<<1 | carry) & row[w]
			carry = next
		}
		if state[m.words-1]&last != 0 {
			return pos, true
		}
	}
	return 0, false
}

// characters counts the characters of an encoded run.
func characters(text string) (n int) {
	each(text, func(int, rune, bool) { n++ })
	return n
}

// each calls f with the characters of an encoded run.
func each(text string, f func(i int, c rune, one bool)) {
	for i, pos := 0, 0; pos < len(text); i++ {
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

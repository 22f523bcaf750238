package analysis

import (
	"container/heap"
	"encoding/binary"
	"math/bits"
)

// product asks for a text that every one of some sets holds and another set does not, by walking through all of them at once: a state says how far
// into each glob the text so far may have come. States are made as they are reached and never all of them, since their number can be exponential in
// that of the globs; what walks too far gives up.
type product struct {
	signs []sign // of all globs, each followed by an end
	words int    // of a state
	// machines are the ranges of bits of the sets that must hold the text.
	machines []span
	ends     []uint64 // the last places of the globs of machines
	negEnds  []uint64 // those of the globs that must not
	// hopeless are the places from which a glob that must not hold the text holds whatever follows.
	hopeless []uint64
	left     []int32 // how many characters a glob still needs from a place on
	runs     []uint64
	fresh    rune
	cost     int // of a state

	nodes  []node
	states []uint64
	seen   map[string]struct{}
	queue  queue
	next   []uint64
	key    []byte
}

// end is the place behind a glob's last sign.
const end = signKinds

type span struct{ from, to int }

type node struct {
	parent int32
	r      rune
	depth  int32
}

// outcome is what a search came to.
type outcome uint8

const (
	none   outcome = iota // there is no such text, or request
	found                 // here it is
	gaveUp                // it was not found, and that does not say that there is none
)

// intersect returns a text in every set of all and in none of the globs of not. budget is how much work it may do and how much memory it may take: a state of
// few globs costs one, one of many as much more as it is larger. It takes what it needs.
func intersect(all [][]*glob, not []*glob, budget *int) (text string, result outcome) {
	p := &product{seen: make(map[string]struct{})}
	n := 0
	for _, set := range all {
		for _, g := range set {
			n += len(g.signs) + 1
		}
	}
	for _, g := range not {
		n += len(g.signs) + 1
	}
	p.words = (n + 63) / 64
	masks := make([]uint64, 5*p.words)
	cut := func() (m []uint64) { m, masks = masks[:p.words:p.words], masks[p.words:]; return m }
	p.ends, p.negEnds, p.hopeless, p.runs, p.next = cut(), cut(), cut(), cut(), cut()
	p.signs, p.left = make([]sign, 0, n), make([]int32, 0, n)
	start := make([]uint64, p.words)
	letters := make(map[rune]bool)
	add := func(g *glob, ends []uint64) {
		setBit(start, len(p.signs))
		for i, s := range g.signs {
			if s.kind.runs() {
				setBit(p.runs, len(p.signs)+i)
			}
			if s.kind <= asciiFold {
				letters[s.r] = true
			}
		}
		p.signs = append(p.signs, g.signs...)
		setBit(ends, len(p.signs))
		p.signs = append(p.signs, sign{kind: end})
		needs := int32(0)
		p.left = p.left[:len(p.signs)]
		for i := len(p.signs) - 2; i >= len(p.signs)-1-len(g.signs); i-- {
			if k := p.signs[i].kind; !k.runs() {
				needs++
			}
			p.left[i] = needs
		}
	}
	for _, set := range all {
		from := len(p.signs)
		for _, g := range set {
			add(g, p.ends)
		}
		p.machines = append(p.machines, span{from, len(p.signs)})
	}
	for _, g := range not {
		add(g, p.negEnds)
		if k := len(g.signs); k > 0 && g.signs[k-1].kind == run {
			setBit(p.hopeless, len(p.signs)-1)
		}
	}
	p.fresh = freshRune(letters)
	p.cost = 1 + p.words/8
	if *budget -= p.cost; *budget < 0 {
		return "", gaveUp
	}
	p.close(start)
	if !p.push(start, node{parent: -1}) {
		return "", none
	}
	for len(p.queue) > 0 {
		i := heap.Pop(&p.queue).(queued).node
		if p.accepts(p.state(i)) {
			return p.text(i), found
		}
		made := len(p.nodes)
		p.expand(i)
		if *budget -= 1 + p.cost*(len(p.nodes)-made); *budget < 0 {
			return "", gaveUp
		}
	}
	return "", none
}

// freshLetters are what stands where any character will do, in the order of preference.
const freshLetters = "xyzwvutsrqponmlkjihgfedcbaXYZWVUTSRQPONMLKJIHGFEDCBA_-"

// freshRune returns a character, no colon and no digit, that is none of some and folds to none of them.
func freshRune(letters map[rune]bool) rune {
	free := func(r rune) bool {
		for l := range letters {
			if (sign{folded, l}).takes(r) || (sign{folded, r}).takes(l) {
				return false
			}
		}
		return true
	}
	for _, r := range freshLetters {
		if free(r) {
			return r
		}
	}
	for r := rune(0x4e00); ; r++ { // ideographs, which have no case
		if !letters[r] {
			return r
		}
	}
}

func setBit(b []uint64, i int)      { b[i/64] |= 1 << (i % 64) }
func hasBit(b []uint64, i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func meets(a, b []uint64) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// close adds the places that a state reaches without a character: what stands behind a run.
func (p *product) close(s []uint64) {
	for more := true; more; {
		more = false
		carry := uint64(0)
		for i := range s {
			r := s[i] & p.runs[i]
			add := (r<<1 | carry) &^ s[i]
			carry = r >> 63
			s[i] |= add
			more = more || add&p.runs[i] != 0
		}
	}
}

// alive reports whether a state can still lead to a text: every set goes on, and none of what must not hold it holds all that follows.
func (p *product) alive(s []uint64) bool {
	if meets(s, p.hopeless) {
		return false
	}
	for _, m := range p.machines {
		if !anyBit(s, m) {
			return false
		}
	}
	return true
}

func anyBit(s []uint64, m span) bool {
	for i := m.from / 64; i*64 < m.to; i++ {
		w := s[i]
		if i*64 < m.from {
			w &= ^uint64(0) << (m.from - i*64)
		}
		if rest := m.to - i*64; rest < 64 {
			w &= 1<<rest - 1
		}
		if w != 0 {
			return true
		}
	}
	return false
}

func (p *product) accepts(s []uint64) bool {
	if meets(s, p.negEnds) {
		return false
	}
	for _, m := range p.machines {
		ok := false
		for i := m.from; i < m.to && !ok; i++ {
			ok = p.signs[i].kind == end && hasBit(s, i)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (p *product) state(i int32) []uint64 {
	return p.states[int(i)*p.words : (int(i)+1)*p.words]
}

// push enters a state that is new and alive.
func (p *product) push(s []uint64, n node) bool {
	if !p.alive(s) {
		return false
	}
	p.key = p.key[:0]
	for _, w := range s {
		p.key = binary.LittleEndian.AppendUint64(p.key, w)
	}
	if _, ok := p.seen[string(p.key)]; ok {
		return false
	}
	p.seen[string(p.key)] = struct{}{}
	p.nodes = append(p.nodes, n)
	p.states = append(p.states, s...)
	heap.Push(&p.queue, queued{n.depth + p.distance(s), int32(len(p.nodes) - 1)})
	return true
}

// distance is at least how many characters are to come: what the set that needs most needs.
func (p *product) distance(s []uint64) int32 {
	far := int32(0)
	for _, m := range p.machines {
		near := int32(1 << 30)
		for i := m.from / 64; i*64 < m.to; i++ {
			for w := s[i]; w != 0; w &= w - 1 {
				if b := i*64 + bits.TrailingZeros64(w); b >= m.from && b < m.to {
					near = min(near, p.left[b])
				}
			}
		}
		far = max(far, near)
	}
	return far
}

// expand enters what a state leads to by one character. Characters that no place of the state asks for are all alike.
func (p *product) expand(i int32) {
	var few [16]rune
	runes := append(few[:0], p.fresh, ':', '/')
	digits := false
	state := p.state(i)
	for w, word := range state {
		for ; word != 0; word &= word - 1 {
			s := p.signs[w*64+bits.TrailingZeros64(word)]
			switch s.kind {
			case letter:
				runes = appendNew(runes, s.r)
			case folded, asciiFold:
				// Case apart, a character that folds to this one may be told from it by another glob.
				for r := range orbit(s) {
					runes = appendNew(runes, r)
				}
			case digit:
				digits = true
			}
		}
	}
	if digits {
		for r := '0'; r <= '9'; r++ {
			runes = appendNew(runes, r)
		}
	}
	depth := p.nodes[i].depth + 1
	for _, r := range runes {
		clear(p.next)
		state := p.state(i) // push may have moved them
		for w, word := range state {
			for ; word != 0; word &= word - 1 {
				b := w*64 + bits.TrailingZeros64(word)
				s := p.signs[b]
				if s.kind == end || !s.takes(r) {
					continue
				}
				if s.kind.runs() {
					setBit(p.next, b)
				} else {
					setBit(p.next, b+1)
				}
			}
		}
		p.close(p.next)
		p.push(p.next, node{i, r, depth})
	}
}

func appendNew(runes []rune, r rune) []rune {
	for _, have := range runes {
		if have == r {
			return runes
		}
	}
	return append(runes, r)
}

// text returns the characters that lead to a node.
func (p *product) text(i int32) string {
	runes := make([]rune, p.nodes[i].depth)
	for ; p.nodes[i].parent >= 0; i = p.nodes[i].parent {
		runes[p.nodes[i].depth-1] = p.nodes[i].r
	}
	return string(runes)
}

// queue holds nodes, the most promising first.
type queue []queued

type queued struct {
	cost int32
	node int32
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].node > q[j].node
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

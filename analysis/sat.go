package analysis

// lit is a variable of the Boolean structure, from 1, or negative for its negation.
type lit int32

func (l lit) v() int32 {
	if l < 0 {
		return int32(-l)
	}
	return int32(l)
}

// index numbers the literals from 0.
func (l lit) index() int32 {
	if l < 0 {
		return int32(-l)*2 + 1
	}
	return int32(l) * 2
}

// solver finds assignments that satisfy clauses: conflict-driven clause learning with two watched literals a clause (Moskewicz et al., "Chaff",
// 2001; Eén and Sörensson, "An Extensible SAT-solver", 2003), without what only large instances need. Clauses may be added between two calls of solve.
type solver struct {
	clauses [][]lit
	watches [][]int32 // by the index of a literal: the clauses that watch its negation's truth
	value   []int8    // by variable: 1 true, -1 false, 0 open
	level   []int32
	reason  []int32 // the clause that forced it, or -1
	seen    []bool
	trail   []lit
	limits  []int
	head    int
	order   []int32 // a heap of variables by activity
	place   []int32 // of variables in order, -1 if not in it
	act     []float64
	bump    float64
	broken  bool // there is no assignment
}

func newSolver() *solver {
	s := &solver{bump: 1}
	s.variable() // variables count from 1
	return s
}

// variable returns a new variable.
func (s *solver) variable() lit {
	v := int32(len(s.value))
	s.value, s.level, s.reason = append(s.value, 0), append(s.level, 0), append(s.reason, -1)
	s.act, s.seen, s.place = append(s.act, 0), append(s.seen, false), append(s.place, -1)
	s.watches = append(s.watches, nil, nil)
	if v > 0 {
		s.enter(v)
	}
	return lit(v)
}

func (s *solver) truth(l lit) int8 {
	if l < 0 {
		return -s.value[-l]
	}
	return s.value[l]
}

// add adds a clause: one of the literals must be true. It forgets the assignment that solve found.
func (s *solver) add(clause ...lit) {
	s.backtrack(0)
	kept := make([]lit, 0, len(clause))
	for i, l := range clause {
		switch s.truth(l) {
		case 1:
			return
		case -1:
			continue
		}
		double := false
		for _, o := range clause[:i] {
			if o == -l {
				return
			}
			double = double || o == l
		}
		if !double {
			kept = append(kept, l)
		}
	}
	switch len(kept) {
	case 0:
		s.broken = true
	case 1:
		s.assign(kept[0], -1)
		s.broken = s.broken || s.propagate() >= 0
	default:
		s.attach(kept)
	}
}

func (s *solver) attach(clause []lit) int32 {
	n := int32(len(s.clauses))
	s.clauses = append(s.clauses, clause)
	for _, l := range clause[:2] {
		s.watches[l.index()] = append(s.watches[l.index()], n)
	}
	return n
}

func (s *solver) assign(l lit, reason int32) {
	v := l.v()
	s.value[v] = 1
	if l < 0 {
		s.value[v] = -1
	}
	s.level[v], s.reason[v] = int32(len(s.limits)), reason
	s.trail = append(s.trail, l)
}

// propagate draws the consequences of what is assigned and returns a clause that became false, or -1.
func (s *solver) propagate() int32 {
	for s.head < len(s.trail) {
		falsified := -s.trail[s.head]
		s.head++
		watching := s.watches[falsified.index()]
		kept := watching[:0]
		for i, n := range watching {
			c := s.clauses[n]
			if c[0] == falsified {
				c[0], c[1] = c[1], c[0]
			}
			if s.truth(c[0]) == 1 {
				kept = append(kept, n)
				continue
			}
			moved := false
			for k := 2; k < len(c); k++ {
				if s.truth(c[k]) != -1 {
					c[1], c[k] = c[k], c[1]
					s.watches[c[1].index()] = append(s.watches[c[1].index()], n)
					moved = true
					break
				}
			}
			if moved {
				continue
			}
			kept = append(kept, n)
			if s.truth(c[0]) == -1 {
				s.watches[falsified.index()] = append(kept, watching[i+1:]...)
				s.head = len(s.trail)
				return n
			}
			s.assign(c[0], n)
		}
		s.watches[falsified.index()] = kept
	}
	return -1
}

func (s *solver) backtrack(level int) {
	if len(s.limits) <= level {
		return
	}
	n := s.limits[level]
	for _, l := range s.trail[n:] {
		v := l.v()
		s.value[v], s.reason[v] = 0, -1
		if s.place[v] < 0 {
			s.enter(v)
		}
	}
	s.trail, s.limits, s.head = s.trail[:n], s.limits[:level], n
}

// solve looks for an assignment to all variables. steps is how many conflicts it may run into; it takes what it needs.
func (s *solver) solve(steps *int) outcome {
	s.backtrack(0)
	if s.broken {
		return none
	}
	for {
		conflict := s.propagate()
		if conflict < 0 {
			v := s.pick()
			if v == 0 {
				return found
			}
			s.limits = append(s.limits, len(s.trail))
			s.assign(-lit(v), -1) // a request that matches as little as it need is the simplest
			continue
		}
		if len(s.limits) == 0 {
			s.broken = true
			return none
		}
		if *steps--; *steps < 0 {
			return gaveUp
		}
		clause, level := s.learn(conflict)
		s.backtrack(level)
		if len(clause) == 1 {
			s.assign(clause[0], -1)
		} else {
			s.assign(clause[0], s.attach(clause))
		}
		s.bump /= 0.95
	}
}

// learn returns the clause that a conflict teaches, by the first unique implication point: its first literal is the one that it forces
// at the level to go back to.
func (s *solver) learn(conflict int32) (clause []lit, back int) {
	clause = []lit{0}
	open := 0
	i := len(s.trail) - 1
	var at lit
	for {
		for _, l := range s.clauses[conflict] {
			v := l.v()
			if l == at || s.seen[v] || s.level[v] == 0 {
				continue
			}
			s.seen[v] = true
			s.raise(v)
			if int(s.level[v]) == len(s.limits) {
				open++
			} else {
				clause = append(clause, l)
				back = max(back, int(s.level[v]))
			}
		}
		for !s.seen[s.trail[i].v()] {
			i--
		}
		at = s.trail[i]
		i--
		s.seen[at.v()] = false
		if open--; open == 0 {
			break
		}
		conflict = s.reason[at.v()]
	}
	clause[0] = -at
	for k, l := range clause[1:] {
		s.seen[l.v()] = false
		if int(s.level[l.v()]) == back { // it is watched
			clause[1], clause[k+1] = clause[k+1], clause[1]
		}
	}
	return clause, back
}

// raise makes a variable that takes part in a conflict more likely to be decided next.
func (s *solver) raise(v int32) {
	if s.act[v] += s.bump; s.act[v] > 1e100 {
		for i := range s.act {
			s.act[i] *= 1e-100
		}
		s.bump *= 1e-100
	}
	if s.place[v] >= 0 {
		s.up(s.place[v])
	}
}

// pick takes the open variable with the highest activity, or 0.
func (s *solver) pick() int32 {
	for len(s.order) > 0 {
		v := s.order[0]
		last := len(s.order) - 1
		s.order[0] = s.order[last]
		s.place[s.order[0]] = 0
		s.order = s.order[:last]
		s.place[v] = -1
		if last > 0 {
			s.down(0)
		}
		if s.value[v] == 0 {
			return v
		}
	}
	return 0
}

func (s *solver) enter(v int32) {
	s.place[v] = int32(len(s.order))
	s.order = append(s.order, v)
	s.up(s.place[v])
}

func (s *solver) before(a, b int32) bool { return s.act[a] > s.act[b] || s.act[a] == s.act[b] && a < b }

func (s *solver) up(i int32) {
	for i > 0 && s.before(s.order[i], s.order[(i-1)/2]) {
		s.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (s *solver) down(i int32) {
	for n := int32(len(s.order)); ; {
		c := 2*i + 1
		if c >= n {
			return
		}
		if c+1 < n && s.before(s.order[c+1], s.order[c]) {
			c++
		}
		if !s.before(s.order[c], s.order[i]) {
			return
		}
		s.swap(i, c)
		i = c
	}
}

func (s *solver) swap(i, k int32) {
	s.order[i], s.order[k] = s.order[k], s.order[i]
	s.place[s.order[i]], s.place[s.order[k]] = i, k
}

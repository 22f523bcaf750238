package analysis

import (
	"slices"
)

// formula is the Boolean structure of a question: a graph of conjunctions over atoms, each node with a variable of the solver.
type formula struct {
	solver *solver
	// nodes has the conjunctions by their variables, and the atoms.
	nodes []vertex
	known map[string]lit
	vars  map[atom]lit
	yes   lit
}

type vertex struct {
	kids []lit
	atom atom // noAtom for a conjunction
}

func newFormula() *formula {
	f := &formula{solver: newSolver(), known: make(map[string]lit), vars: make(map[atom]lit)}
	f.nodes = append(f.nodes, vertex{})
	f.yes = f.variable(vertex{atom: noAtom})
	f.solver.add(f.yes)
	return f
}

func (f *formula) variable(n vertex) lit {
	f.nodes = append(f.nodes, n)
	return f.solver.variable()
}

// atom returns the literal of an atom.
func (f *formula) atom(a atom) lit {
	l, ok := f.vars[a]
	if !ok {
		l = f.variable(vertex{atom: a})
		f.vars[a] = l
	}
	return l
}

// and returns a literal that is true if all of them are.
func (f *formula) and(kids ...lit) lit {
	all := make([]lit, 0, len(kids))
	for _, k := range kids {
		if k == -f.yes {
			return k
		}
		if k != f.yes {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b lit) int {
		if d := int(a.v()) - int(b.v()); d != 0 {
			return d
		}
		return int(a) - int(b)
	})
	all = slices.Compact(all)
	for i := 1; i < len(all); i++ {
		if all[i] == -all[i-1] {
			return -f.yes
		}
	}
	switch len(all) {
	case 0:
		return f.yes
	case 1:
		return all[0]
	}
	key := make([]byte, 0, 4*len(all))
	for _, k := range all {
		key = append(key, byte(k>>24), byte(k>>16), byte(k>>8), byte(k))
	}
	if l, ok := f.known[string(key)]; ok {
		return l
	}
	l := f.variable(vertex{all, noAtom})
	f.known[string(key)] = l
	long := make([]lit, 0, len(all)+1)
	long = append(long, l)
	for _, k := range all {
		f.solver.add(-l, k)
		long = append(long, -k)
	}
	f.solver.add(long...)
	return l
}

// or returns a literal that is true if one of them is.
func (f *formula) or(kids ...lit) lit {
	not := make([]lit, len(kids))
	for i, k := range kids {
		not[i] = -k
	}
	return -f.and(not...)
}

// needed returns the literals of atoms that make root true in the assignment that the solver found, few rather than many.
func (f *formula) needed(root lit) []lit {
	var atoms []lit
	seen := make(map[lit]bool)
	var need func(l lit)
	need = func(l lit) {
		if seen[l] || l == f.yes || l == -f.yes {
			return
		}
		seen[l] = true
		n := &f.nodes[l.v()]
		switch {
		case n.atom != noAtom:
			atoms = append(atoms, l)
		case l > 0:
			for _, k := range n.kids {
				need(k)
			}
		default:
			// One that is false will do: one that is needed anyway, or else an atom.
			best := lit(0)
			for _, k := range n.kids {
				if f.solver.truth(k) != -1 {
					continue
				}
				if seen[-k] {
					return
				}
				if best == 0 || f.nodes[best.v()].atom == noAtom && f.nodes[k.v()].atom != noAtom {
					best = k
				}
			}
			need(-best)
		}
	}
	need(root)
	return atoms
}

package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// statement is a statement of a policy, ready to be asked about.
type statement struct {
	program *authz.Program
	number  int
	allow   bool
	// id numbers the statements of an analysis; content is the same for two that say the same, but for their actions and principals.
	id, content int
	// never: it matches no request whatever.
	never bool
	// hasPrincipals: it speaks of some callers and not of others; names, once it was asked, says of whom.
	hasPrincipals bool
	names         *authz.Names
	actions       *set
	notActions    bool
	// everyAction: the list holds *.
	everyAction bool
	// resources is an atom, or noAtom if every resource will do.
	resources    atom
	notResources bool
	tests        []atom
}

// atom is a question about a request that is answered with yes or no, by its number among those of an analysis.
type atom int32

const noAtom atom = -1

// atomInfo is what an atom asks: whether the resource or the action is in a set, or whether a test of a condition key holds.
type atomInfo struct {
	on   subject
	set  *set
	test *test
}

// subject is what an atom is about: the resource, the action, or a condition key by its number.
type subject int32

const (
	onResource subject = iota
	onAction
	firstKey
)

// test is a test of a condition key.
type test struct {
	operator condition.Operator
	// set has the texts that the positive form of the operator matches; nil if they are not told by how they are written: see typed.
	set *set
	// typed asks about texts that mean numbers, dates or addresses, and about the few others that no set describes.
	typed  condition.Test
	values int // how many it compares with
	// variables are the keys of the variables in what typed compares with.
	variables []string
	// wantsAbsent and wantsPresent are the values of Null.
	wantsAbsent, wantsPresent bool
}

// key is a condition key that some policy of the analysis names.
type key struct {
	name string // folded
	key  condition.Key
}

// keyOf returns the subject of a condition key.
func (a *analysis) keyOf(name string) subject {
	name = fold.Name(name)
	if s, ok := a.keyNumbers[name]; ok {
		return s
	}
	s := firstKey + subject(len(a.keys))
	a.keyNumbers[name] = s
	a.keys = append(a.keys, &key{name: name, key: condition.NewKey(name)})
	return s
}

func (a *analysis) keyAt(s subject) *key { return a.keys[s-firstKey] }

// atomOf returns the atom of a question; questions with one text are one atom.
func (a *analysis) atomOf(text string, make func() atomInfo) atom {
	if x, ok := a.atomNumbers[text]; ok {
		return x
	}
	x := atom(len(a.atoms))
	a.atomNumbers[text] = x
	a.atoms = append(a.atoms, make())
	return x
}

func (a *analysis) resourceAtom(s *set) atom {
	return a.atomOf("r"+s.key, func() atomInfo { return atomInfo{on: onResource, set: s} })
}

func (a *analysis) actionAtom(s *set) atom {
	return a.atomOf("a"+s.key, func() atomInfo { return atomInfo{on: onAction, set: s} })
}

// read is a program as it is asked about.
type read struct {
	statements []*statement // their numbers follow each other
	// general has those that speak of more actions than their lists hold: everyAction and notActions.
	general []*statement
}

// statements returns what a program's statements ask.
func (a *analysis) statements(p *authz.Program) []*statement { return a.read(p).statements }

func (a *analysis) read(p *authz.Program) *read {
	if r, ok := a.programs[p]; ok {
		return r
	}
	variables := p.Document.Variables()
	r := &read{statements: make([]*statement, len(p.Document.Statements))}
	for i := range r.statements {
		st := a.statement(p, i, variables)
		st.id, st.content = a.statementCount, a.contentOf(st)
		a.statementCount++
		r.statements[i] = st
		if !st.never && st.isGeneral() {
			r.general = append(r.general, st)
		}
	}
	a.programs[p] = r
	return r
}

func (s *statement) isGeneral() bool { return s.everyAction || s.notActions }

// speaking calls yield with the statements of a program that speak of a class of actions.
func (a *analysis) speaking(p *authz.Program, class *actionClass, yield func(*statement)) {
	r := a.read(p)
	if class.name == "" {
		for _, st := range r.statements {
			if !st.never {
				yield(st)
			}
		}
		return
	}
	for _, st := range r.general {
		if st.speaks(class) {
			yield(st)
		}
	}
	if len(r.statements) == 0 {
		return
	}
	first := int32(r.statements[0].id)
	i, _ := slices.BinarySearch(class.marked, first)
	for ; i < len(class.marked) && class.marked[i] < first+int32(len(r.statements)); i++ {
		if st := r.statements[class.marked[i]-first]; !st.never && !st.isGeneral() {
			yield(st)
		}
	}
}

func (a *analysis) statement(p *authz.Program, number int, variables bool) *statement {
	s := &p.Document.Statements[number]
	st := &statement{program: p, number: number, allow: s.Effect == policy.Allow, notActions: s.Action.Not, notResources: s.Resource.Not, resources: noAtom}
	st.hasPrincipals = p.Kind().HasPrincipals()
	if !s.Action.Present() {
		st.never = true // doc/language.md 23
		return st
	}
	st.everyAction = slices.ContainsFunc(s.Action.Items, func(v policy.Value) bool { return v.Text == "*" })
	if a.options.Catalog == nil {
		st.actions = a.texts.actionSet(s.Action.Texts()) // else the catalog knows what is in it
	}
	switch {
	case s.Resource.Present():
		c := completeWild
		if p.Kind() == authz.Identity {
			c = completeAlways
		}
		var entries []string
		for _, v := range s.Resource.Items {
			if v.Kind != policy.Null {
				entries = append(entries, v.Text)
			}
		}
		r := a.texts.resourceSet(entries, variables, c)
		for _, p := range r.open {
			a.enterVariables(p)
		}
		if len(r.fixed.globs) != 1 || r.fixed.globs[0] != a.everything || s.Resource.Not {
			st.resources = a.resourceAtom(r)
		}
	case p.Kind() != authz.Resource:
		st.never = true
		return st
	}
	for i := range s.Condition.Blocks {
		b := &s.Condition.Blocks[i]
		if !b.Known {
			continue
		}
		for j := range b.Keys {
			k := &b.Keys[j]
			st.tests = append(st.tests, a.testAtom(b.Operator, k.Key.Text, k.Texts(), variables))
		}
	}
	return st
}

func (a *analysis) testAtom(op condition.Operator, name string, values []string, variables bool) atom {
	on := a.keyOf(name)
	if other, ok := a.turned(op, on, values, variables); ok {
		// That the caller's account is that of the resource says the same as that the resource's account is that of the caller, and what follows from the
		// caller is better to be told than to be found.
		values = []string{"${" + a.keyAt(on).name + "}"}
		on = other
	}
	a.callerAsked = a.callerAsked || a.asksCaller(on)
	var text strings.Builder
	fmt.Fprint(&text, "k", int(on), " ", op)
	if variables {
		text.WriteByte(1)
	}
	sorted := slices.Sorted(slices.Values(values)) // their order says nothing
	for _, v := range slices.Compact(sorted) {
		text.WriteString(strconv.Itoa(len(v)))
		text.WriteByte(':')
		text.WriteString(v)
	}
	return a.atomOf(text.String(), func() atomInfo {
		t := &test{operator: op, values: len(values)}
		t.typed = condition.NewTest(op, a.keyAt(on).key, values, variables)
		if op.Comparison == condition.Null {
			for _, v := range values {
				t.wantsAbsent = t.wantsAbsent || fold.Name(v) == "true"
				t.wantsPresent = t.wantsPresent || fold.Name(v) == "false"
			}
			return atomInfo{on: on, test: t}
		}
		if set, ok := a.texts.valueSet(op.Comparison, values, variables); ok {
			t.set = set
			for _, p := range set.open {
				a.enterVariables(p)
			}
		} else if variables {
			for _, v := range values {
				p := textPattern(v, false, true)
				a.enterVariables(p)
				p.variables(func(v *variable) { t.variables = append(t.variables, v.key) })
			}
		}
		return atomInfo{on: on, test: t}
	})
}

// asksCaller reports whether what a key may be differs from caller to caller.
func (a *analysis) asksCaller(on subject) bool {
	switch a.keyAt(on).name {
	case userID, isAWSService, isAssumedRoot:
		return true
	}
	return a.isCaller(on)
}

// turned returns the key that a key of the caller is compared with, if the comparison can be turned round: it is for equality with one variable that is no key of the
// caller. What has no value then makes no difference: it equals nothing on either side.
func (a *analysis) turned(op condition.Operator, on subject, values []string, variables bool) (subject, bool) {
	if !variables || len(values) != 1 || op.Set != condition.NoSet || op.IfExists || !a.isCaller(on) ||
		op.Comparison != condition.StringEquals && op.Comparison != condition.StringNotEquals {
		return 0, false
	}
	p := textPattern(values[0], false, true)
	if len(p.pieces) != 1 || p.pieces[0].variable == nil || p.pieces[0].variable.hasDefault {
		return 0, false
	}
	other := a.keyOf(p.pieces[0].variable.key)
	return other, !a.isCaller(other) && !condition.IsMultivalued(a.keyAt(other).key)
}

// enterVariables enters the keys of a pattern's variables.
func (a *analysis) enterVariables(p *pattern) {
	p.variables(func(v *variable) {
		a.callerAsked = a.callerAsked || a.asksCaller(a.keyOf(v.key))
	})
}

// contentOf returns the number of what a statement says besides its actions and principals.
func (a *analysis) contentOf(s *statement) int {
	tests := slices.Sorted(slices.Values(s.tests))
	key := fmt.Sprint(s.allow, s.never, s.resources, s.notResources, slices.Compact(tests))
	n, ok := a.contents[key]
	if !ok {
		n = len(a.contents)
		a.contents[key] = n
	}
	return n
}

// actionClass is a class of actions that all policies of a question say the same of.
type actionClass struct {
	// name is one of them; empty if the action is for the theory to find.
	name string
	// marked has the numbers of the statements whose list of actions holds them, in order and each once.
	marked []int32
}

// speaks reports whether the statement is about the actions of a class.
func (s *statement) speaks(c *actionClass) bool {
	if s.never {
		return false
	}
	marked := s.everyAction
	if !marked {
		_, marked = slices.BinarySearch(c.marked, int32(s.id))
	}
	return marked != s.notActions
}

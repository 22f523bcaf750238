package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/condition"
)

// shape is how a request brings a key.
type shape uint8

const (
	absent shape = iota
	single       // one text
	list         // several, for a multi-valued key
	empty        // a list without a text
	shapes
)

// value is what a request brings for a key.
type value struct {
	shape shape
	texts []string
}

func (v value) text() string { return v.texts[0] }

// facts are a request in the making: what satisfies the atoms.
type facts struct {
	resource, action string
	keys             map[subject]value
}

// answer is what the theory says of literals: facts that satisfy them all, or a part of them that nothing satisfies, or why it cannot say.
type answer struct {
	outcome outcome
	facts   facts
	core    []lit
	reason  string
}

// want is that a text is, or is not, matched by a test's positive form, or in a set.
type want struct {
	set   *set
	typed *condition.Test // if set is nil
	many  int             // with how many values typed compares
	open  bool            // it compares with variables
	match bool
	lit   lit
}

// theory answers whether literals of atoms can be true together, for requests by a caller.
type theory struct {
	a      *analysis
	caller *caller
	// resources are what a resource may be; nil for any text.
	resources *union
	// openAction: the action is a fact to be found.
	openAction bool
	atomOf     func(lit) *atomInfo

	lits   []lit
	groups map[subject][]lit
	order  []subject
	// values are those that variables are tried with; keys that are not in it have none.
	values map[string]value
	// dead are variables that have no value whatever the request, and why.
	dead map[string][]lit
}

// check answers for literals.
func (t *theory) check(lits []lit) answer {
	t.lits, t.groups, t.order = lits, make(map[subject][]lit), t.order[:0]
	for _, l := range lits {
		on := t.atomOf(l).on
		if t.a.isDerived(on, t.caller) {
			on = t.a.principalARN // it is a part of it
		}
		t.enter(on)
		t.groups[on] = append(t.groups[on], l)
	}
	t.enter(onResource)
	if t.openAction {
		t.enter(onAction)
	}
	if t.caller.arns != nil {
		t.enter(t.a.principalARN)
	}
	open := t.variables()
	t.dead = nil
	for _, name := range t.variableNames(open) {
		if core, dead := t.isDead(t.a.keyOf(name)); dead {
			if t.dead == nil {
				t.dead = make(map[string][]lit)
			}
			t.dead[name] = core
		}
	}
	// First as if variables could be anything: what is impossible then is impossible.
	f := facts{keys: make(map[subject]value)}
	for _, on := range t.order {
		v, core, result := t.solve(on, wide, extra{}, 0)
		switch {
		case result == none:
			return answer{outcome: none, core: t.withDead(core)}
		case result == gaveUp:
			return answer{outcome: gaveUp, reason: t.tooHard(on)}
		}
		f.set(on, v)
	}
	if len(open) == 0 {
		return answer{outcome: found, facts: f}
	}
	return t.withVariables(open, f)
}

// withDead adds to a core why variables have no value: patterns that are lost by that may be what the core rests on.
func (t *theory) withDead(core []lit) []lit {
	core = slices.Clone(core)
	for _, because := range t.dead {
		core = appendMissing(core, because...)
	}
	return core
}

// appendMissing appends those of some literals that are not in a core yet.
func appendMissing(core []lit, lits ...lit) []lit {
	for _, l := range lits {
		if !slices.Contains(core, l) {
			core = append(core, l)
		}
	}
	return core
}

// isDead reports whether a key cannot bring the one text that a variable stands for.
func (t *theory) isDead(on subject) (core []lit, dead bool) {
	if t.isTold(on) {
		if t.a.isDerived(on, t.caller) || on == t.a.principalARN && t.caller.arns != nil {
			return nil, false
		}
		_, has := t.caller.described.Text(t.a.keyAt(on).key)
		return nil, !has
	}
	if !t.a.shapes(t.a.keyAt(on))[single] {
		return nil, true
	}
	_, core, result := t.solve(on, wide, extra{}, single)
	return core, result == none
}

func (t *theory) enter(on subject) {
	if !slices.Contains(t.order, on) {
		t.order = append(t.order, on)
	}
}

func (f *facts) set(on subject, v value) {
	switch on {
	case onResource:
		f.resource = v.text()
	case onAction:
		f.action = v.text()
	default:
		f.keys[on] = v
	}
}

func (t *theory) tooHard(on subject) string {
	switch {
	case t.a.texts.budget <= 0:
		return tooLarge
	case on == onResource:
		return "the patterns of resources are too many to tell apart"
	case on == onAction:
		return "the patterns of actions are too many to tell apart"
	}
	return fmt.Sprintf("the key %s is compared in ways that cannot be weighed together", t.a.keyAt(on).name)
}

// variables returns the subjects whose literals hold variables, in the order in which they can be filled in.
func (t *theory) variables() (open []subject) {
	for _, on := range t.order {
		for _, l := range t.groups[on] {
			if x := t.atomOf(l); x.set != nil && len(x.set.open) > 0 || x.test != nil && x.test.isOpen() {
				open = append(open, on)
				break
			}
		}
	}
	return open
}

func (x *test) isOpen() bool {
	return x.set != nil && len(x.set.open) > 0 || len(x.variables) > 0
}

// mode says what stands for a set with variables: the widest that it can be, or what it is with the values at hand.
type mode uint8

const (
	wide mode = iota
	filled
)

// extra is what a text must be besides what the literals say: in all of some sets and in none of others.
type extra struct{ in, out []*union }

// solve returns a value for a subject that satisfies its literals and is as extra says. only, if it is not 0, leaves the key one shape.
func (t *theory) solve(on subject, m mode, extra extra, only shape) (v value, core []lit, result outcome) {
	switch on {
	case onResource, onAction:
		wants := make([]want, 0, len(t.groups[on]))
		for _, l := range t.groups[on] {
			wants = append(wants, want{set: t.atomOf(l).set, match: l > 0, lit: l})
		}
		if on == onResource && t.resources != nil {
			extra.in = append(slices.Clip(extra.in), t.resources)
		}
		if on == onAction {
			in, out := t.a.openActions()
			extra.in, extra.out = append(slices.Clip(extra.in), in), append(slices.Clip(extra.out), out)
		}
		text, core, result := t.solveText(wants, m, extra, nil)
		if on == onResource && t.resources != nil && result == found && !t.a.isPlaced(text) {
			return t.solvePlaced(wants, m, extra, t.a.placed)
		}
		return value{single, []string{text}}, core, result
	}
	if t.isTold(on) {
		return t.solveCaller(on, m, extra)
	}
	k := t.a.keyAt(on)
	allowed := t.a.shapes(k)
	extra, present := t.bind(on, extra)
	if present {
		allowed[absent], allowed[list], allowed[empty] = false, false, false
	}
	for s := absent; s < shapes; s++ {
		if !allowed[s] || only != 0 && s != only {
			continue
		}
		v, c, r := t.solveShape(on, s, m, extra)
		if r == found {
			return v, nil, found
		}
		result = max(result, r)
		core = appendMissing(core, c...)
	}
	return v, core, result
}

// solvePlaced is solve for a resource or a caller where the first that was found is nowhere. It goes through the partitions; of returns what is in one.
func (t *theory) solvePlaced(wants []want, m mode, x extra, of func(partition string) *union) (v value, core []lit, result outcome) {
	for _, partition := range t.a.placeNames().partitions {
		text, c, r := t.solveText(wants, m, extra{append(slices.Clip(x.in), of(partition)), x.out}, nil)
		if r == found {
			return value{single, []string{text}}, nil, found
		}
		result = max(result, r)
		core = appendMissing(core, c...)
	}
	return v, core, result
}

// reduced returns wants, less what cannot help: a pattern with variables that must not match as a part of one set is of no use in another. So patterns that both sides
// have need not be weighed. because has the literals that exclude something in this way.
func (t *theory) reduced(wants []want) (out []want, because []lit) {
	for i, w := range wants {
		if w.set == nil || !w.match || len(w.set.open) == 0 {
			continue
		}
		if t.a.texts.budget -= len(wants) / 64 * len(w.set.open); t.a.texts.budget <= 0 {
			break
		}
		for _, o := range wants {
			if o.set == nil || o.match {
				continue
			}
			if rest := w.set.without(o.set); len(rest.open) < len(w.set.open) {
				if because == nil {
					wants = slices.Clone(wants)
				}
				w.set, because = rest, append(because, o.lit)
				wants[i] = w
			}
		}
	}
	return wants, because
}

// want returns what a literal of the test asks of a text.
func (x *test) want(l lit) want {
	return want{set: x.set, typed: &x.typed, many: x.values, open: len(x.variables) > 0, match: (l > 0) != x.operator.Comparison.Negated(), lit: l}
}

// solveShape is solve for a key in one shape.
func (t *theory) solveShape(on subject, s shape, m mode, extra extra) (v value, core []lit, result outcome) {
	var all []want  // of every text
	var some []want // of one text at least
	for _, l := range t.groups[on] {
		x := t.atomOf(l).test
		truth, constant := x.constant(s)
		if constant {
			if truth != (l > 0) {
				return v, []lit{l}, none
			}
			continue
		}
		w := x.want(l)
		if s == list && (x.operator.Set == condition.ForAnyValue) == (l > 0) {
			some = append(some, w)
		} else {
			all = append(all, w)
		}
	}
	switch s {
	case absent, empty:
		return value{shape: s}, nil, found
	case single:
		text, core, result := t.solveText(all, m, extra, t.a.domain(on))
		return value{single, []string{text}}, core, result
	}
	if len(some) == 0 {
		text, core, result := t.solveText(all, m, extra, t.a.domain(on))
		return value{list, []string{text}}, core, result
	}
	v = value{shape: list}
	for _, w := range some {
		text, core, result := t.solveText(append(slices.Clone(all), w), m, extra, t.a.domain(on))
		if result != found {
			return v, core, result
		}
		if !slices.Contains(v.texts, text) {
			v.texts = append(v.texts, text)
		}
	}
	return v, nil, found
}

// constant returns the truth of a test for a key in a shape, if that alone tells it (doc/language.md, "Operators").
func (x *test) constant(s shape) (truth, ok bool) {
	op := x.operator
	if op.Comparison == condition.Null {
		if s == absent || s == empty {
			return x.wantsAbsent, true
		}
		return x.wantsPresent, true
	}
	negated := op.Comparison.Negated()
	switch s {
	case absent:
		switch op.Set {
		case condition.ForAllValues:
			return true, true
		case condition.ForAnyValue:
			return op.IfExists, true
		}
		return negated || op.IfExists, true
	case list:
		return negated, op.Set == condition.NoSet
	case empty:
		switch op.Set {
		case condition.ForAllValues:
			return true, true
		case condition.ForAnyValue:
			return false, true
		}
		return negated, true
	}
	return false, false
}

// of returns the set of a want in a mode. In the widest form what must not match leaves the variables out: some value of theirs does not match.
func (t *theory) of(w want, m mode) *union {
	switch {
	case len(w.set.open) == 0:
		return w.set.fixed
	case m == filled:
		return t.a.texts.fill(w.set, t.variable)
	case w.match:
		return t.a.texts.widest(&set{fixed: w.set.fixed, open: slices.DeleteFunc(slices.Clone(w.set.open), t.isLost)})
	}
	return w.set.fixed
}

// isLost reports whether a pattern holds a variable that has no value.
func (t *theory) isLost(p *pattern) (lost bool) {
	if len(t.dead) > 0 {
		p.variables(func(v *variable) {
			_, dead := t.dead[v.key]
			lost = lost || dead && !v.hasDefault
		})
	}
	return lost
}

// variable returns the value that a variable is tried with.
func (t *theory) variable(v *variable) (string, bool) {
	if x, ok := t.values[v.key]; ok && x.shape == single {
		return x.text(), true
	}
	return v.text, v.hasDefault
}

// context has the values that variables are tried with.
func (t *theory) context() *condition.Context {
	c := new(condition.Context)
	for name, v := range t.values {
		if v.shape == single {
			c.Set(condition.NewKey(name), v.text())
		}
	}
	return c
}

// solveText returns a text that is as all of the wants say and in all of the extra sets. domain tells what the texts of a typed key are.
func (t *theory) solveText(wants []want, m mode, extra extra, domain *domain) (text string, core []lit, result outcome) {
	wants, because := t.reduced(wants)
	for _, w := range wants {
		if m == wide && w.set != nil && w.match {
			for _, p := range w.set.open {
				if t.isLost(p) {
					p.variables(func(v *variable) { because = append(because, t.dead[v.key]...) })
				}
			}
		}
	}
	defer func() {
		if len(core) > 0 {
			core = appendMissing(core, because...)
		}
	}()
	var pos, neg []*union
	var posLits, negLits []lit
	var typed []want
	for _, w := range wants {
		switch {
		case w.set == nil && w.open && m == wide: // some value of its variables will do
		case w.set == nil:
			typed = append(typed, w)
		case w.match:
			pos, posLits = append(pos, t.of(w, m)), append(posLits, w.lit)
		default:
			neg, negLits = append(neg, t.of(w, m)), append(negLits, w.lit)
		}
	}
	given := len(pos)
	pos = append(pos, extra.in...)
	asked := len(neg)
	neg = append(neg, extra.out...)
	if domain != nil && domain.texts != nil {
		pos = append(pos, domain.texts)
	}
	if domain != nil && domain.not != nil {
		neg = append(neg, domain.not)
	}
	text, numbers, result := t.a.texts.solve(pos, neg)
	for _, n := range numbers {
		switch {
		case n < given:
			core = append(core, posLits[n])
		case n >= len(pos) && n < len(pos)+asked:
			core = append(core, negLits[n-len(pos)])
		}
	}
	if result != found || len(typed) == 0 {
		return text, core, result
	}
	return t.solveTyped(typed, pos, neg, append(posLits, negLits...), text, domain)
}

// examples are what may be brought for a key of a type, whatever it is compared with.
var examples = map[condition.Family]string{condition.NumericFamily: "1.5", condition.DateFamily: "2026-01-01T00:00:00Z", condition.AddressFamily: "198.51.100.7"}

// edges is a test that tells what is left out from the rest.
func (d *domain) edges() condition.Test {
	texts := make([]string, len(d.ranges))
	for i, r := range d.ranges {
		texts[i] = r.String()
	}
	return condition.NewTest(condition.Operator{Comparison: condition.IPAddress}, condition.NewKey("aws:SourceIp"), texts, false)
}

// solveTyped is solveText where texts are compared by what they mean, too. other satisfies what is asked of the text as such.
func (t *theory) solveTyped(typed []want, pos, neg []*union, lits []lit, other string, domain *domain) (text string, core []lit, result outcome) {
	tests := make([]condition.Test, len(typed))
	families := make(map[condition.Family]bool)
	for i, w := range typed {
		tests[i] = *w.typed
		families[w.typed.Operator.Comparison.Family()] = true
	}
	if domain != nil && len(domain.ranges) > 0 {
		tests = append(tests, domain.edges())
	}
	samples, ok := condition.Samples(tests)
	// The samples stand for all texts if nothing else is asked of them.
	complete := ok && len(pos)+len(neg) == 0 && len(families) == 1 && !families[condition.FoldFamily] && !families[condition.BoolFamily]
	if domain != nil && domain.typed {
		samples = append(samples, examples[domain.family])
		complete = complete && families[domain.family] // what is a number may be a date, too, or not
	}
	if families[condition.BoolFamily] {
		samples = append(samples, "true", "false")
	}
	for _, u := range pos {
		if u.isLiteral() {
			complete, samples = true, nil
			for _, g := range u.globs {
				samples = append(samples, g.text)
			}
			break
		}
		for _, g := range u.globs {
			if g.literal {
				samples = append(samples, g.text)
			}
		}
	}
	samples = append(samples, other)
	for _, v := range t.values {
		if v.shape == single {
			samples = append(samples, v.text())
		}
	}
	c := t.context()
	if domain != nil {
		samples = slices.DeleteFunc(samples, func(s string) bool { return !domain.allows(s) })
	}
	work := 0
	for _, w := range typed {
		work += 8 + w.many // to read a text costs more than to compare it
	}
	t.a.texts.budget -= len(samples) * work / 512
	if t.a.texts.budget <= 0 {
		return "", nil, gaveUp
	}
	for _, s := range samples {
		fits := !slices.ContainsFunc(typed, func(w want) bool { return w.typed.Holds(s, c) != w.match }) &&
			!slices.ContainsFunc(pos, func(u *union) bool { return !u.match(s) }) && !slices.ContainsFunc(neg, func(u *union) bool { return u.match(s) })
		if fits {
			return s, nil, found
		}
	}
	if !complete {
		return "", nil, gaveUp
	}
	core = lits
	for _, w := range typed {
		core = append(core, w.lit)
	}
	return "", core, none
}

// withVariables tries to satisfy literals whose sets depend on the values of other keys. wide are facts for the case that variables could be
// anything.
func (t *theory) withVariables(open []subject, wideFacts facts) answer {
	names := t.variableNames(open)
	// As the keys come: with a value if they can have one, and without.
	for _, s := range [...]shape{single, absent} {
		if f, ok := t.try(open, names, s, nil); ok {
			return answer{outcome: found, facts: f}
		}
	}
	// What is anchored in a text tells the value of its variable: see which texts do.
	for _, on := range open {
		if a := t.anchor(on, open, names); a.outcome != gaveUp {
			return a
		}
	}
	return answer{outcome: gaveUp, reason: "it depends on the policy variable ${" + strings.Join(names, "}, ${") + "} in a way that cannot be weighed"}
}

// variableNames returns the keys of the variables in the literals of some subjects.
func (t *theory) variableNames(open []subject) (names []string) {
	for _, on := range open {
		for _, l := range t.groups[on] {
			x := t.atomOf(l)
			s := x.set
			if x.test != nil {
				s = x.test.set
				for _, name := range x.test.variables {
					if !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
			}
			if s == nil {
				continue
			}
			for _, p := range s.open {
				p.variables(func(v *variable) {
					if !slices.Contains(names, v.key) {
						names = append(names, v.key)
					}
				})
			}
		}
	}
	return names
}

// try looks for facts with given values of some keys: fixed has texts by the keys' names, prefer the shape of other keys that variables name.
func (t *theory) try(open []subject, names []string, prefer shape, fixed map[string]string) (facts, bool) {
	f := facts{keys: make(map[subject]value)}
	t.values = make(map[string]value)
	defer func() { t.values = nil }()
	var used []*glob
	var order []subject // variables first
	for _, name := range names {
		order = append(order, t.a.keyOf(name))
	}
	for _, on := range t.order {
		if !slices.Contains(order, on) && !slices.Contains(open, on) {
			order = append(order, on)
		}
	}
	for _, on := range open {
		if !slices.Contains(order, on) {
			order = append(order, on)
		}
	}
	// Names of the caller follow from its ARN, unless the ARN itself has to wait for the variables of what it is compared with.
	derived := slices.ContainsFunc(names, func(name string) bool { return t.a.isDerived(t.a.keyOf(name), t.caller) })
	if t.caller.arns != nil && (derived || !slices.Contains(open, t.a.principalARN)) {
		order = slices.DeleteFunc(order, func(on subject) bool { return on == t.a.principalARN })
		order = slices.Insert(order, 0, t.a.principalARN)
	}
	for _, on := range order {
		if t.a.isDerived(on, t.caller) {
			v := t.caller.derive(t.a.keyAt(on).name, f.keys[t.a.principalARN].text())
			f.keys[on] = v
			t.values[t.a.keyAt(on).name] = v
			continue
		}
		var x extra
		only := shape(0)
		if on >= firstKey {
			name := t.a.keyAt(on).name
			if text, ok := fixed[name]; ok {
				x.in, only = []*union{t.a.texts.union(literalGlob(text))}, single
			} else if slices.Contains(names, name) {
				only = prefer
			}
		} else if on == onResource {
			if text, ok := fixed["\x00resource"]; ok {
				x.in = []*union{t.a.texts.union(literalGlob(text))}
			}
		}
		apart := x
		if len(used) > 0 && slices.Contains(order[:len(names)], on) {
			apart.out = append(slices.Clip(x.out), t.a.texts.union(used...)) // variables that are equal by chance hide what tells them apart
		}
		v, _, result := t.solve(on, filled, apart, only)
		if result != found && len(apart.out) > 0 {
			v, _, result = t.solve(on, filled, x, only)
		}
		if result != found && fixed == nil {
			v, _, result = t.solve(on, filled, x, 0)
		}
		if result != found {
			return f, false
		}
		f.set(on, v)
		if on >= firstKey {
			t.values[t.a.keyAt(on).name] = v
			if v.shape == single {
				used = append(used, literalGlob(v.text()))
			}
		}
	}
	return f, t.holds(&f)
}

// holds reports whether facts satisfy all literals, variables and all.
func (t *theory) holds(f *facts) bool {
	c := new(condition.Context)
	for k, v := range t.caller.described.All {
		c.Set(k, v.Texts()[0])
	}
	for on, v := range f.keys {
		switch k := t.a.keyAt(on).key; v.shape {
		case single:
			c.Set(k, v.text())
		case list, empty:
			c.SetList(k, v.texts)
		}
	}
	if t.caller.arns != nil {
		name := f.keys[t.a.principalARN].text()
		for _, key := range [...]string{principalAccount, userName, userID} {
			if t.a.isDerived(t.a.keyOf(key), t.caller) {
				c.Set(condition.NewKey(key), t.caller.derive(key, name).text())
			}
		}
	}
	value := func(v *variable) (string, bool) {
		if text, ok := c.Text(condition.NewKey(v.key)); ok {
			return text, true
		}
		return v.text, v.hasDefault
	}
	for _, l := range t.lits {
		x := t.atomOf(l)
		truth := false
		switch x.on {
		case onResource:
			truth = t.a.texts.fill(x.set, value).match(f.resource)
		case onAction:
			truth = t.a.texts.fill(x.set, value).match(f.action)
		default:
			truth = x.test.typed.Match(c)
		}
		if truth != (l > 0) {
			return false
		}
	}
	return true
}

// anchor looks at each positive literal of a subject whose sets hold variables: where a pattern is plain text around one variable a text tells the
// variable's value, so that what is asked of the variable can be asked of the text.
func (t *theory) anchor(on subject, open []subject, names []string) answer {
	for _, l := range t.groups[on] {
		x := t.atomOf(l)
		s := x.set
		if x.test != nil {
			s = x.test.set
			if s == nil || x.test.operator.Set != condition.NoSet {
				continue
			}
		}
		if (l > 0) == (x.test != nil && x.test.operator.Comparison.Negated()) || len(s.open) == 0 {
			continue
		}
		core := slices.Clone(t.groups[on])
		exact := x.test == nil // a key may be absent
		try := func(u *union, p *pattern) (facts, bool) {
			with := extra{in: []*union{u}}
			var before, after, name string
			if p != nil {
				b, e, v, ok := p.anchored()
				if !ok || t.isTold(t.a.keyOf(v.key)) || v.hasDefault {
					exact = false
					return facts{}, false
				}
				before, after, name = b, e, v.key
				its := t.a.keyOf(name)
				for _, o := range t.groups[its] {
					ot := t.atomOf(o).test
					if truth, constant := ot.constant(single); constant {
						if truth != (o > 0) {
							core = append(core, o)
							return facts{}, false
						}
						continue
					}
					if ot.set == nil || len(ot.set.open) > 0 {
						exact = false
						continue
					}
					core = appendMissing(core, o)
					moved := t.a.texts.union(wrap(ot.set.fixed, before, after)...)
					if (o > 0) != ot.operator.Comparison.Negated() {
						with.in = append(with.in, moved)
					} else {
						with.out = append(with.out, moved)
					}
				}
			}
			v, _, result := t.solve(on, wide, with, single)
			if result != found {
				exact = exact && result == none
				return facts{}, false
			}
			if v.shape != single {
				exact = false
				return facts{}, false
			}
			text := v.text()
			fixed := map[string]string{}
			if on == onResource {
				fixed["\x00resource"] = text
			} else if on >= firstKey {
				fixed[t.a.keyAt(on).name] = text
			}
			if p != nil {
				fixed[name] = text[len(before) : len(text)-len(after)]
			}
			f, ok := t.try(open, names, single, fixed)
			if !ok {
				exact = false
			}
			return f, ok
		}
		if len(s.fixed.globs) > 0 {
			if f, ok := try(s.fixed, nil); ok {
				return answer{outcome: found, facts: f}
			}
		}
		for _, p := range s.open {
			if f, ok := try(t.a.texts.union(p.widest()), p); ok {
				return answer{outcome: found, facts: f}
			}
		}
		if exact {
			return answer{outcome: none, core: t.withDead(core)}
		}
	}
	return answer{outcome: gaveUp}
}

// wrap returns the texts of a set with plain text before and after.
func wrap(u *union, before, after string) (globs []*glob) {
	for _, g := range u.globs {
		signs := appendText(nil, before, letter)
		signs = append(signs, g.signs...)
		globs = append(globs, newGlob(appendText(signs, after, letter)))
	}
	return globs
}

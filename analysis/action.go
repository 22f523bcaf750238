package analysis

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// actions knows which actions there are, and keeps what patterns stand for.
type actions struct {
	catalog  *catalog.Catalog
	expanded map[string][]string // folded pattern → folded names
	traits   [][]string          // see alike
	traitOf  map[string]string   // of those in traits
}

// isPattern reports whether an entry of an Action element stands for more than one name.
func isPattern(entry string) bool { return strings.ContainsAny(entry, "*?") }

// expand returns the actions of the catalog that an entry of an Action element stands for. What the catalog does not know exists if a policy names it.
func (x *actions) expand(entry string) []string {
	entry = fold.Name(entry)
	names, ok := x.expanded[entry]
	if ok {
		return names
	}
	service, name, ok := strings.Cut(entry, ":")
	switch {
	case !isPattern(entry):
		if ok && service != "" && name != "" {
			names = []string{entry}
		}
	case !ok || isPattern(service):
		// The judge matches the whole name (authz); AWS refuses such a pattern, but not every policy has passed AWS.
		g := patternGlob(entry)
		for _, like := range x.alike() {
			for _, name := range like {
				if g.match(name) {
					names = append(names, name)
				}
			}
		}
	default:
		for action := range x.catalog.Expand(entry) {
			names = append(names, fold.Name(action.String()))
		}
	}
	if len(x.expanded) > 10_000 {
		clear(x.expanded)
	}
	x.expanded[entry] = names
	return names
}

// expand is actions.expand of a folded entry, within the bound: it returns nothing once that is reached.
func (a *analysis) expand(entry string) []string {
	many := 1000 // of the actions of a service
	if service, _, ok := strings.Cut(entry, ":"); !ok || isPattern(service) {
		many = 20_000
	}
	if isPattern(entry) {
		a.texts.budget -= many / 200 * (1 + len(entry)/64)
	}
	if a.texts.budget <= 0 {
		return nil
	}
	return a.actions.expand(entry)
}

// spelled returns an action as AWS writes it.
func (a *analysis) spelled(name string) string {
	if a.options.Catalog != nil {
		if known, ok := a.options.Catalog.Action(name); ok {
			return known.String()
		}
	}
	return name
}

// actionClasses returns the classes of actions that the policies' lists tell apart. Without a catalog it is one class with no action, which
// is for the theory to find, and those that the judge knows by name.
func (a *analysis) actionClasses(sides ...Side) []*actionClass {
	m := &actionMarks{a: a, marks: make(map[string][]int32), seen: make(map[*statement]bool), patterns: make(map[string][]int32)}
	for _, s := range sides {
		for p := range programs(s.Policies) {
			for _, st := range a.statements(p) {
				m.add(st)
			}
		}
	}
	if a.options.Catalog == nil {
		classes := []*actionClass{{}}
		for _, name := range specialActions {
			classes = append(classes, &actionClass{name, m.marks[name]})
		}
		return classes
	}
	m.addUnknown()
	names := slices.Sorted(maps.Keys(m.marks))
	seen := make(map[string]bool)
	var classes []*actionClass
	var key []byte
	for _, name := range names {
		marks := m.marks[name]
		slices.Sort(marks)
		marks = slices.Compact(marks)
		key = append(append(key[:0], a.actions.trait(name)...), 0)
		for _, id := range marks {
			key = binary.AppendUvarint(key, uint64(id))
		}
		a.texts.budget -= len(marks) / 64
		if !seen[string(key)] {
			seen[string(key)] = true
			classes = append(classes, &actionClass{name, marks})
		}
	}
	// And those that no list names, of which one is as good as another.
	for _, like := range a.actions.alike() {
		for _, name := range like {
			if m.marks[name] == nil {
				classes = append(classes, &actionClass{name: name})
				break
			}
		}
	}
	return classes
}

// actionMarks notes which statements speak of which actions.
type actionMarks struct {
	a       *analysis
	seen    map[*statement]bool
	marks   map[string][]int32 // by folded name: the numbers of the statements whose lists hold it
	unknown []string           // those that the catalog does not have
	// patterns are the entries with wildcards, each with the statements that have it.
	patterns map[string][]int32
}

func (m *actionMarks) add(st *statement) {
	if m.seen[st] || st.everyAction {
		return
	}
	m.seen[st] = true
	a := m.a
	if a.options.Catalog == nil {
		for _, name := range specialActions {
			if st.actions != nil && st.actions.fixed.match(name) {
				m.marks[name] = append(m.marks[name], int32(st.id))
			}
		}
		return
	}
	for _, v := range st.program.Document.Statements[st.number].Action.Items {
		if a.texts.budget <= 0 {
			return
		}
		entry := fold.Name(v.Text)
		for _, name := range a.expand(entry) {
			if marks := m.marks[name]; len(marks) == 0 || marks[len(marks)-1] != int32(st.id) {
				m.marks[name] = append(marks, int32(st.id))
			}
		}
		if isPattern(entry) {
			m.patterns[entry] = append(m.patterns[entry], int32(st.id))
		} else if _, ok := a.options.Catalog.Action(entry); !ok && m.marks[entry] != nil {
			m.unknown = append(m.unknown, entry)
		}
	}
}

// addUnknown enters actions that the catalog does not know: those that policies name, and, for patterns that hold none that it knows, one of each kind that the
// patterns tell apart. Nobody writes s3:Brandnew* to speak of nothing, and the judge does not ask the catalog.
func (m *actionMarks) addUnknown() {
	a := m.a
	slices.Sort(m.unknown)
	unknown := slices.Compact(m.unknown)
	var empty []string
	for pattern := range m.patterns {
		if len(a.expand(pattern)) == 0 {
			empty = append(empty, pattern)
		}
	}
	slices.Sort(empty)
	if len(unknown)+len(empty) == 0 {
		return
	}
	globs := make(map[string]*union, len(m.patterns))
	for pattern := range m.patterns {
		globs[pattern] = a.texts.union(patternGlob(pattern))
	}
	patterns := slices.Sorted(maps.Keys(m.patterns))
	for _, pattern := range patterns {
		if a.texts.budget -= len(unknown) / 64 * (1 + len(pattern)/64); a.texts.budget <= 0 {
			return
		}
		for _, name := range unknown {
			if globs[pattern].match(name) {
				m.marks[name] = append(m.marks[name], m.patterns[pattern]...)
			}
		}
	}
	var named []*glob
	for _, name := range unknown {
		named = append(named, literalGlob(name))
	}
	others := a.texts.union(named...)
	for _, pattern := range empty {
		if a.texts.budget -= len(patterns) / 256; a.texts.budget <= 0 {
			return
		}
		for _, name := range m.kinds(pattern, patterns, globs, others) {
			for other, u := range globs {
				if u.match(name) {
					m.marks[name] = append(m.marks[name], m.patterns[other]...)
				}
			}
		}
	}
}

// maxKinds bounds the kinds of unknown actions in one pattern.
const maxKinds = 256

// kinds returns one action for each kind that a pattern holds and the other patterns, and the services that are treated in a way of their own, tell apart. patterns are the keys of globs in order. None is in not.
func (m *actionMarks) kinds(pattern string, patterns []string, globs map[string]*union, not *union) (names []string) {
	t := m.a.texts
	type kind struct {
		in, out []*union
		name    string
	}
	whole, _ := m.a.openActions()
	solve := func(in, out []*union) (kind, bool) {
		if t.budget--; t.budget <= 0 {
			return kind{}, false
		}
		name, _, result := t.solve(in, out)
		if result == gaveUp {
			t.budget = 0 // then nothing is known
		}
		return kind{in, out, name}, result == found
	}
	first, ok := solve([]*union{globs[pattern], whole}, []*union{not})
	if !ok {
		return nil
	}
	kinds := []kind{first}
	var splitters []*union
	for _, other := range patterns {
		if other != pattern && !t.areDisjoint(globs[pattern].globs[0], globs[other].globs[0]) {
			splitters = append(splitters, globs[other])
		}
	}
	if service, _, ok := strings.Cut(pattern, ":"); !ok || isPattern(service) {
		for service := range m.a.options.Catalog.Services() {
			if name := fold.Name(service.Prefix()) + ":"; m.a.actions.trait(name+"x") != "" {
				splitters = append(splitters, t.union(patternGlob(name+"*")))
			}
		}
	}
	for _, by := range splitters {
		for _, k := range kinds[:len(kinds):len(kinds)] {
			i := slices.IndexFunc(kinds, func(o kind) bool { return o.name == k.name })
			in, isIn := solve(append(slices.Clip(k.in), by), k.out)
			out, isOut := solve(k.in, append(slices.Clip(k.out), by))
			switch {
			case isIn && isOut:
				kinds[i] = in
				kinds = append(kinds, out)
			case isIn:
				kinds[i] = in
			case isOut:
				kinds[i] = out
			}
			if len(kinds) > maxKinds {
				t.budget = 0
			}
			if t.budget <= 0 {
				return nil
			}
		}
	}
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// trait is the same for actions that are treated alike, whatever the policies say of them. It is empty for most.
func (x *actions) trait(name string) string {
	if t, ok := x.traitOf[name]; ok {
		return t
	}
	service, _, _ := strings.Cut(name, ":")
	t := resourceClass(name)
	if service == "sts" && slices.Contains(specialActions[:], name) {
		t = name
	}
	if service == "kms" {
		t += "\x00key" // a key's own policy must allow (doc/language.md 32)
	}
	// kms:RetireGrant is exempt (evaluation.md §6).
	if policy.SupportsResourceControl(service) && name != "kms:retiregrant" {
		t += "\x00controlled"
	}
	if len(x.traitOf) > 50_000 {
		clear(x.traitOf)
	}
	x.traitOf[name] = t
	return t
}

// alike returns all actions of the catalog, those of one trait in a list.
func (x *actions) alike() [][]string {
	if x.traits != nil {
		return x.traits
	}
	numbers := make(map[string]int)
	for service := range x.catalog.Services() {
		for action := range service.Actions() {
			name := fold.Name(action.String())
			t := x.trait(name)
			n, ok := numbers[t]
			if !ok {
				n = len(x.traits)
				numbers[t] = n
				x.traits = append(x.traits, nil)
			}
			x.traits[n] = append(x.traits[n], name)
		}
	}
	return x.traits
}

// resourceClass tells the services apart that have resources of another form than all others.
func resourceClass(action string) string {
	if strings.HasPrefix(fold.Name(action), "s3:") {
		return "s3"
	}
	return ""
}

// specialActions are those that the judge treats by name.
var specialActions = [...]string{
	"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:getcalleridentity", "sts:setcontext", "sts:setsourceidentity", "sts:tagsession",
}

// openActions returns what an action may be that is left open, and what it may not be.
func (a *analysis) openActions() (in, out *union) {
	in = a.texts.union(newGlob([]sign{{kind: oneInPart}, {kind: runInPart}, {letter, ':'}, {kind: one}, {kind: run}}))
	var named []*glob
	for _, name := range specialActions {
		named = append(named, literalGlob(name))
	}
	return in, a.texts.union(named...)
}

// ofAnAccount are the kinds of S3's resources whose ARNs have an account, unlike buckets and objects (service authorization reference).
var ofAnAccount = [...]string{"accesspoint", "access-grants", "async-request", "job", "storage-lens", "storage-lens-group"}

// resources returns what the resource of an action may be; nil for any text.
func (a *analysis) resources(action *authz.Action) *union {
	if a.options.Catalog == nil {
		return nil
	}
	ofS3 := action != nil && resourceClass(action.String()) == "s3"
	kept := &a.otherResources
	if ofS3 {
		kept = &a.s3Resources
	}
	if *kept != nil {
		return *kept
	}
	globs := []*glob{literalGlob("*")}
	add := func(before string, account []sign, after string) {
		signs := append(appendPattern(nil, before, true), account...)
		globs = append(globs, newGlob(append(appendPattern(signs, after, false), sign{kind: run})))
	}
	if ofS3 {
		add("arn:*:s3:::", nil, "?")
		for _, kind := range ofAnAccount {
			add("arn:*:s3:*:", accountSigns(), ":"+kind+"/?")
		}
	} else {
		add("arn:*:*:*:", accountSigns(), ":")
		add("arn:*:*:*:", nil, ":")
		add("arn:*:*:*:", nil, "aws:")
	}
	*kept = a.texts.listed(globs...)
	return *kept
}

// places are the partitions and Regions that there are: AWS's, and those that the policies of the question name.
type places struct {
	partitions, regions []string
	globs               map[string]*union // by partition: see placed
}

// placeNames returns the places of the question.
func (a *analysis) placeNames() *places {
	if a.places != nil {
		return a.places
	}
	a.places = &places{append([]string{"aws"}, policy.Partitions()...), append([]string{""}, catalog.Regions()...), make(map[string]*union)}
	add := func(to *[]string, name string) {
		if !strings.ContainsAny(name, "*?$") && !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	for p := range a.programs {
		for i := range p.Document.Statements {
			for _, v := range p.Document.Statements[i].Resource.Items {
				parts := arn.SplitPattern(v.Text, true)
				if len(parts) > 1 {
					add(&a.places.partitions, parts[1])
				}
				if len(parts) > 3 {
					add(&a.places.regions, parts[3])
				}
			}
		}
	}
	return a.places
}

// isPlaced reports whether a resource is somewhere: its partition and its Region exist.
func (a *analysis) isPlaced(resource string) bool {
	parts := arn.Cut(resource)
	return parts.Len() < arn.PartCount || slices.Contains(a.placeNames().partitions, parts.Part(1)) && slices.Contains(a.placeNames().regions, parts.Part(3))
}

// placed returns the ARNs of a partition in all Regions that there are.
func (a *analysis) placed(partition string) *union {
	if u, ok := a.placeNames().globs[partition]; ok {
		return u
	}
	var globs []*glob
	for _, region := range a.placeNames().regions {
		signs := appendText(nil, "arn:"+partition+":", letter)
		signs = appendText(append(signs, sign{kind: runInPart}), ":"+region+":", letter)
		globs = append(globs, newGlob(append(signs, sign{kind: run})))
	}
	a.places.globs[partition] = a.texts.listed(globs...)
	return a.places.globs[partition]
}

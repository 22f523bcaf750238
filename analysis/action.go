package analysis

import (
	"slices"
	"sort"
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

// expand returns the actions that a pattern stands for. What the catalog does not know exists if a policy names it.
func (x *actions) expand(pattern string) []string {
	pattern = fold.Name(pattern)
	names, ok := x.expanded[pattern]
	if ok {
		return names
	}
	if service, _, ok := strings.Cut(pattern, ":"); !ok || strings.ContainsAny(service, "*?") {
		// The judge matches the whole name (authz); AWS refuses such a pattern, but not every policy has passed AWS.
		g := patternGlob(pattern)
		for _, like := range x.alike() {
			for _, name := range like {
				if g.match(name) {
					names = append(names, name)
				}
			}
		}
	} else {
		for action := range x.catalog.Expand(pattern) {
			names = append(names, fold.Name(action.String()))
		}
	}
	if len(names) == 0 && !strings.ContainsAny(pattern, "*?") && strings.Count(pattern, ":") == 1 && !strings.HasPrefix(pattern, ":") && !strings.HasSuffix(pattern, ":") {
		names = []string{pattern}
	}
	if len(x.expanded) > 10_000 {
		clear(x.expanded)
	}
	x.expanded[pattern] = names
	return names
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
	marks := make(map[string][]byte)
	mark := func(name string, id int) {
		m := marks[name]
		for len(m) <= id/8 {
			m = append(m, 0)
		}
		m[id/8] |= 1 << (id % 8)
		marks[name] = m
	}
	for _, s := range sides {
		for p := range programs(s.Policies) {
			for _, st := range a.statements(p) {
				for _, v := range st.program.Document.Statements[st.number].Action.Items {
					switch {
					case st.everyAction:
					case a.options.Catalog != nil:
						for _, name := range a.actions.expand(v.Text) {
							mark(name, st.id)
						}
					}
				}
				if a.options.Catalog == nil && st.actions != nil {
					for _, name := range specialActions {
						if st.actions.fixed.match(name) {
							mark(name, st.id)
						}
					}
				}
			}
		}
	}
	if a.options.Catalog != nil {
		a.markUnknown(marks, mark, sides)
	}
	if a.options.Catalog == nil {
		classes := []*actionClass{{}}
		for _, name := range specialActions {
			classes = append(classes, &actionClass{name, string(marks[name])})
		}
		return classes
	}
	names := make([]string, 0, len(marks))
	for name := range marks {
		names = append(names, name)
	}
	sort.Strings(names)
	seen := make(map[string]bool)
	var classes []*actionClass
	var key []byte
	for _, name := range names {
		key = append(append(append(key[:0], a.actions.trait(name)...), 0), marks[name]...)
		if !seen[string(key)] {
			seen[string(key)] = true
			classes = append(classes, &actionClass{name, string(marks[name])})
		}
	}
	// And those that no list names, of which one is as good as another.
	for _, like := range a.actions.alike() {
		for _, name := range like {
			if marks[name] == nil {
				classes = append(classes, &actionClass{name: name})
				break
			}
		}
	}
	return classes
}

// markUnknown marks the actions that the catalog does not know and a policy names, with the statements that speak of them by a pattern.
func (a *analysis) markUnknown(marks map[string][]byte, mark func(string, int), sides []Side) {
	var unknown []string
	for name := range marks {
		if _, ok := a.options.Catalog.Action(name); !ok {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return
	}
	for _, s := range sides {
		for p := range programs(s.Policies) {
			for _, st := range a.statements(p) {
				for _, v := range st.program.Document.Statements[st.number].Action.Items {
					if !strings.ContainsAny(v.Text, "*?") || st.everyAction {
						continue
					}
					g := patternGlob(fold.Name(v.Text))
					for _, name := range unknown {
						if g.match(name) {
							mark(name, st.id)
						}
					}
				}
			}
		}
	}
}

// trait is the same for actions that are treated alike, whatever the policies say of them.
func (x *actions) trait(name string) string {
	if t, ok := x.traitOf[name]; ok {
		return t
	}
	t := resourceClass(name)
	if slices.Contains(specialActions[:], name) {
		t = name
	}
	if strings.HasPrefix(name, "kms:") {
		t += "\x00key" // a key's own policy must allow (doc/language.md 32)
	}
	// kms:RetireGrant is exempt (evaluation.md §6).
	if service, _, _ := strings.Cut(name, ":"); policy.SupportsResourceControl(service) && name != "kms:retiregrant" {
		t += "\x00controlled"
	}
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
			x.traitOf[name] = t
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

// resources returns what the resource of an action may be; nil for any text.
func (a *analysis) resources(action *authz.Action) *union {
	if a.options.Catalog == nil {
		return nil
	}
	of := func(service, region string, account []sign) *glob {
		signs := appendPattern(nil, "arn:*:"+service+":"+region+":", true)
		signs = append(append(signs, account...), sign{letter, ':'})
		return newGlob(append(signs, sign{kind: run}))
	}
	globs := []*glob{literalGlob("*")}
	if action != nil && resourceClass(action.String()) == "s3" {
		bare := appendPattern(nil, "arn:*:s3:::", true)
		point := append(appendPattern(nil, "arn:*:s3:*:", true), accountSigns()...)
		point = appendText(point, ":accesspoint/", letter)
		globs = append(globs, newGlob(append(bare, sign{kind: one}, sign{kind: run})), newGlob(append(point, sign{kind: one}, sign{kind: run})))
		return a.texts.union(globs...)
	}
	return a.texts.union(append(globs, of("*", "*", accountSigns()), of("*", "*", nil), of("*", "*", appendText(nil, "aws", letter)))...)
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
	a.places.globs[partition] = a.texts.union(globs...)
	return a.places.globs[partition]
}

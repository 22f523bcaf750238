package analysis

import (
	"sort"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
)

// actions knows which actions there are, and keeps what patterns stand for.
type actions struct {
	catalog  *catalog.Catalog
	expanded map[string][]string // folded pattern → folded names
}

// expand returns the actions that a pattern stands for. What the catalog does not know exists if a policy names it.
func (x *actions) expand(pattern string) []string {
	pattern = fold.Name(pattern)
	names, ok := x.expanded[pattern]
	if ok {
		return names
	}
	for action := range x.catalog.Expand(pattern) {
		names = append(names, fold.Name(action.String()))
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

// actionClasses returns an action of each class that the policies' lists tell apart. Without a catalog it is one class with no action: which one
// is for the theory to find.
func (a *analysis) actionClasses(sides ...Side) []string {
	if a.actions == nil {
		// Those that the judge knows by name are not left to chance.
		return append([]string{""}, specialActions[:]...)
	}
	marks := make(map[string][]byte) // by action: which patterns match it
	number := uint32(0)
	for _, s := range sides {
		for p := range programs(s.Policies) {
			for _, st := range p.Document.Statements {
				for _, v := range st.Action.Items {
					if v.Text == "*" {
						continue
					}
					number++
					for _, name := range a.actions.expand(v.Text) {
						marks[name] = append(marks[name], byte(number>>24), byte(number>>16), byte(number>>8), byte(number))
					}
				}
			}
		}
	}
	names := make([]string, 0, len(marks))
	for name := range marks {
		names = append(names, name)
	}
	sort.Strings(names)
	seen := make(map[string]bool)
	var classes []string
	enter := func(name, key string) {
		key += "\x00" + special(name) + a.resourceClass(name)
		if !seen[key] {
			seen[key] = true
			classes = append(classes, name)
		}
	}
	for _, name := range names {
		enter(name, string(marks[name]))
	}
	// And those that no list names.
	for service := range a.options.Catalog.Services() {
		for action := range service.Actions() {
			name := fold.Name(action.String())
			if marks[name] == nil {
				enter(name, "")
				if service.Prefix() != "sts" {
					break // one is as good as another
				}
			}
		}
	}
	return classes
}

// resourceClass tells the services apart that have resources of another form than all others.
func (a *analysis) resourceClass(action string) string {
	if a.options.Catalog != nil && strings.HasPrefix(fold.Name(action), "s3:") {
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
	if action != nil && a.resourceClass(action.String()) == "s3" {
		bare := appendPattern(nil, "arn:*:s3:::", true)
		point := append(appendPattern(nil, "arn:*:s3:*:", true), accountSigns()...)
		point = appendText(point, ":accesspoint/", letter)
		globs = append(globs, newGlob(append(bare, sign{kind: one}, sign{kind: run})), newGlob(append(point, sign{kind: one}, sign{kind: run})))
		return a.texts.union(globs...)
	}
	return a.texts.union(append(globs, of("*", "*", accountSigns()), of("*", "*", nil), of("*", "*", appendText(nil, "aws", letter)))...)
}

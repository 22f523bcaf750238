package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// place is an attribute or a property that holds a policy.
type place struct {
	// path is the way to it, such as policy, or inline_policy[].policy for each element of a list.
	path         string
	kind         policy.Kind
	resourceType string
	// one: it is a statement, not a document. made: it is a permission, which a service makes a statement of.
	one, made bool
}

// planReader reads the output of terraform show -json (developer.hashicorp.com, "JSON Output Format"). It makes trees of nothing but resources that may hold policies.
type planReader struct {
	file *source
	out  *File
	// configured are the expressions of resources by their addresses without indexes.
	configured map[string]*node
	policies   map[string]bool // the managed policies of the plan by their ARNs
	gone       map[owner]bool  // the resources that are removed
	removed    []removal
}

func readPlan(text string) (*File, error) {
	p := &planReader{file: newSource(text), out: &File{Format: TerraformPlan}, configured: make(map[string]*node), policies: make(map[string]bool), gone: make(map[owner]bool)}
	sections := make(map[string]section)
	r := jsontext.NewReader(text)
	r.AllowDoubles()
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		s := section{at: r.Offset(), kind: r.Next()}
		if s.text, err = r.Raw(); err != nil {
			break
		}
		if _, ok := sections[name]; ok {
			err = &jsontext.Error{Offset: s.at, Detail: twice(name)}
			break
		}
		sections[name] = s
	}
	if err == nil {
		err = r.Finish()
	}
	if err != nil {
		return nil, fail(p.file, 0, err)
	}
	if s, ok := sections["format_version"]; ok {
		version := strings.Trim(s.text, `"`)
		if major, _, _ := strings.Cut(version, "."); major != "0" && major != "1" {
			return nil, &Error{p.file.position(s.at), fmt.Sprintf("format_version is %s; versions 0 and 1 can be read", version)}
		}
	}
	if s, ok := sections["configuration"]; ok && s.kind == jsontext.Object {
		if err := p.configuration(s); err != nil {
			return nil, err
		}
	}
	if s, ok := sections["errored"]; ok && s.text == "true" {
		p.unread(s.at, "plan", "the plan was not finished, because of an error, and does not say everything")
	}
	if s, ok := sections["deferred_changes"]; ok {
		if err := p.deferred(s); err != nil {
			return nil, err
		}
	}
	// The changes say all that the planned values say, and what was before.
	for _, from := range []struct {
		name string
		read func(section) error
	}{{"resource_changes", p.changes}, {"planned_values", p.values}, {"values", p.values}} {
		if s, ok := sections[from.name]; ok {
			if err := from.read(s); err != nil {
				return nil, err
			}
			break
		}
	}
	p.settle()
	return p.out, nil
}

// section is a part of the file that was not read yet.
type section struct {
	text string
	at   int
	kind jsontext.Kind
}

// members calls f with each member of an object, or each element of an array without a name.
func (p *planReader) members(s section, f func(name string, v section) error) error {
	r := jsontext.NewReader(s.text)
	r.AllowDoubles()
	each := func(name string) error {
		v := section{at: s.at + r.Offset(), kind: r.Next()}
		var err error
		if v.text, err = r.Raw(); err != nil {
			return fail(p.file, s.at, err)
		}
		return f(name, v)
	}
	switch s.kind {
	case jsontext.Object:
		var names nameSet
		name, ok, err := r.Object()
		for ; ok && err == nil; name, ok, err = r.Member() {
			if !names.add(name) {
				return fail(p.file, s.at, &jsontext.Error{Offset: r.NameOffset(), Detail: twice(name)})
			}
			if err := each(name); err != nil {
				return err
			}
		}
		return fail(p.file, s.at, err)
	case jsontext.Array:
		ok, err := r.Array()
		for ; ok && err == nil; ok, err = r.Element() {
			if err := each(""); err != nil {
				return err
			}
		}
		return fail(p.file, s.at, err)
	}
	return nil
}

// tree makes a tree of a section.
func (p *planReader) tree(s section) (*node, error) {
	n, err := readJSON(s.text, s.at)
	if err != nil {
		return nil, fail(p.file, s.at, err)
	}
	return n, nil
}

// word returns what a section says if it is a string.
func word(s section) string {
	if s.kind != jsontext.String {
		return ""
	}
	text, _ := jsontext.NewReader(s.text).String()
	return text
}

// ours reports whether resources of a type may hold policies of AWS.
func ours(resource string) bool {
	return strings.HasPrefix(resource, "aws_") || strings.HasPrefix(resource, "awscc_")
}

// unread notes what there is, or will be, and is not among what can be looked at.
func (p *planReader) unread(at int, name, text string) {
	p.out.Notes = append(p.out.Notes, Note{Position: p.file.position(at), Name: name, Text: text, Unread: true})
}

// deferred reads deferred_changes: what Terraform could not plan yet.
func (p *planReader) deferred(s section) error {
	return p.members(s, func(_ string, v section) error {
		return p.members(v, func(name string, v section) error {
			if name != "resource_change" {
				return nil
			}
			n, err := p.tree(v)
			if err == nil && isManaged(textOf(n.member("mode"))) && ours(textOf(n.member("type"))) {
				p.unread(v.at, textOf(n.member("address")), "the change is deferred: what it comes to is known only in a later plan")
			}
			return err
		})
	})
}

// isManaged reports whether resources of a mode are made by the plan, and not read.
func isManaged(mode string) bool { return mode == "managed" || mode == "" }

// changes reads resource_changes.
func (p *planReader) changes(s section) error {
	return p.members(s, func(_ string, v section) error {
		var address, module, mode, resource, name string
		var change section
		err := p.members(v, func(member string, v section) error {
			switch member {
			case "address":
				address = word(v)
			case "module_address":
				module = word(v)
			case "mode":
				mode = word(v)
			case "type":
				resource = word(v)
			case "name":
				name = word(v)
			case "deposed":
				mode = "deposed" // what is left of a resource that was replaced, and goes
			case "change":
				change = v
			}
			return nil
		})
		if err != nil || !isManaged(mode) || !ours(resource) {
			return err
		}
		c, err := p.tree(change)
		if err != nil {
			return err
		}
		x := &planResource{planReader: p, at0: change.at, address: address, resource: resource, before: c.member("before"), after: c.member("after"), unknown: c.member("after_unknown"), changed: true}
		x.expressions = p.configured[withoutIndexes(module)+"/"+resource+"."+name]
		for _, a := range elements(c.member("actions")) {
			switch textOf(a) {
			case "no-op", "read":
				x.same = true
			case "forget": // Terraform forgets the resource, and it stays as it is
				if x.after == nil || x.after.kind == jsontext.Null {
					x.after, x.same = x.before, true
				}
			}
		}
		x.read()
		return nil
	})
}

// rootModule reads the root module of planned_values, of the values of a state or of the configuration.
func (p *planReader) rootModule(s section, read func(section) error) error {
	return p.members(s, func(name string, v section) error {
		if name != "root_module" {
			return nil
		}
		return read(v)
	})
}

// values reads planned_values, or the values of a state.
func (p *planReader) values(s section) error { return p.rootModule(s, p.module) }

func (p *planReader) module(s section) error {
	return p.members(s, func(name string, v section) error {
		switch name {
		case "resources":
			return p.members(v, func(_ string, v section) error {
				n, err := p.tree(v)
				if err != nil {
					return err
				}
				resource := textOf(n.member("type"))
				if !isManaged(textOf(n.member("mode"))) || !ours(resource) {
					return nil
				}
				(&planResource{planReader: p, at0: v.at, address: textOf(n.member("address")), resource: resource, after: n.member("values")}).read()
				return nil
			})
		case "child_modules":
			return p.members(v, func(_ string, v section) error { return p.module(v) })
		}
		return nil
	})
}

// configuration reads what the configuration says of resources.
func (p *planReader) configuration(s section) error {
	return p.rootModule(s, func(v section) error { return p.configuredModule("", v) })
}

func (p *planReader) configuredModule(address string, s section) error {
	return p.members(s, func(name string, v section) error {
		switch name {
		case "resources":
			return p.members(v, func(_ string, v section) error {
				n, err := p.tree(v)
				if err != nil {
					return err
				}
				// A data source may have the type and the name of a resource.
				if isManaged(textOf(n.member("mode"))) && ours(textOf(n.member("type"))) {
					e := n.member("expressions")
					if e == nil {
						e = &node{kind: jsontext.Object}
					}
					p.configured[address+"/"+textOf(n.member("type"))+"."+textOf(n.member("name"))] = e
				}
				return nil
			})
		case "module_calls":
			return p.members(v, func(call string, v section) error {
				return p.members(v, func(name string, v section) error {
					if name != "module" {
						return nil
					}
					return p.configuredModule(strings.TrimPrefix(address+".module."+call, "."), v)
				})
			})
		}
		return nil
	})
}

func textOf(n *node) string {
	if n == nil || n.kind != jsontext.String {
		return ""
	}
	return n.text
}

// withoutIndexes removes the indexes from a module's address: module.a["x"].module.b[0] is module.a.module.b.
func withoutIndexes(address string) string {
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		if address[i] != '[' {
			b.WriteByte(address[i])
			continue
		}
		quoted := false
		for i++; i < len(address) && (quoted || address[i] != ']'); i++ {
			switch {
			case quoted && address[i] == '\\':
				i++
			case address[i] == '"':
				quoted = !quoted
			}
		}
	}
	return b.String()
}

// planResource is a resource of a plan.
type planResource struct {
	*planReader
	at0                    int // where the file speaks of it
	address, resource      string
	before, after, unknown *node
	// changed: it is told what was before. same: and the change is none.
	changed, same bool
	expressions   *node // nil if not told
}

func (x *planResource) read() {
	if t, ok := targets[x.resource]; ok && x.isOther(t.attribute) { // one policy goes, and another comes
		was := *x
		was.after, was.unknown = nil, nil
		was.read()
		x.before = nil
	}
	places, known := planPlaces[x.resource]
	if !known {
		places, known = cloudControl(x.resource)
	}
	for _, pl := range places {
		x.at(pl, pl.path, "", x.after, x.before, x.unknown, x.expressions)
	}
	if arn := textOf(x.after.member("arn")); x.resource == "aws_iam_policy" && arn != "" {
		x.policies[arn] = true
	}
	if x.isGone() {
		for _, name := range []string{"id", "arn", "name", "url", "bucket"} {
			x.gone[owner{x.resource, textOf(x.before.member(name))}] = true
		}
	}
	x.attachments()
	if m, ok := permissionOf(x.resource); ok {
		known = true
		x.permission(m)
	}
	for _, u := range elsewhere[x.resource] {
		if n := x.after.member(u.attribute); isTrue(x.unknown.member(u.attribute)) && x.isConfigured(u.attribute) || n != nil && n.kind != jsontext.Null && strings.Contains(n.text, u.word) {
			x.note(place{}, n, "."+u.attribute, u.text)
		}
	}
	if _, ok := elsewhere[x.resource]; !known && !ok {
		x.guess("", x.after, x.before)
		x.guessUnknown("", x.unknown, x.expressions)
	}
}

// isOther reports whether an attribute is not what it was before, or is not known.
func (x *planResource) isOther(name string) bool {
	after, before := x.after.member(name), x.before.member(name)
	return after != nil && before != nil && after.text != before.text || after == nil && isTrue(x.unknown.member(name))
}

// isConfigured reports whether somebody wants an attribute to be something; if not, what is unknown of it is AWS's default.
func (x *planResource) isConfigured(name string) bool {
	return x.expressions == nil || x.expressions.member(name) != nil
}

func isTrue(n *node) bool { return n != nil && n.kind == jsontext.Bool && n.text == "true" }

// at goes the rest of the way to a place, in what will be, what was, what is unknown and what is configured at once.
func (x *planResource) at(pl place, path, way string, after, before, unknown, expressions *node) {
	name, rest, more := strings.Cut(path, ".")
	name, list := strings.CutSuffix(name, "[]")
	isUnknown := isTrue(unknown)
	if !isUnknown {
		unknown = unknown.member(name)
		isUnknown = isTrue(unknown)
	}
	after, before = after.member(name), before.member(name)
	e := expressions.member(name)
	if isUnknown && expressions != nil && e == nil {
		isUnknown, unknown = false, nil // nobody wants it to be anything, and AWS gives it its default; what a dynamic block makes is told element by element
	}
	way += "." + name
	switch {
	case list && isUnknown:
		x.note(pl, x.after, way, unknownPolicy+references(e))
	case list:
		all, unknowns := elements(after), elements(unknown)
		for i := range max(len(all), len(unknowns)) {
			// Which block is which element nobody says; but of the attributes that hold policies AWS makes up none.
			var item, u *node
			if i < len(all) {
				item = all[i]
			}
			if i < len(unknowns) {
				u = unknowns[i]
			}
			x.at(pl, rest, fmt.Sprintf("%s[%d]", way, i), item, x.was(item, before, i), u, nil)
		}
		for i, item := range elements(before) {
			if !slices.ContainsFunc(elements(after), func(n *node) bool { return sameBlock(n, item) }) && (textOf(item.member("name")) != "" || i >= len(elements(after))) {
				x.at(pl, rest, fmt.Sprintf("%s[%d]", way, i), nil, item, nil, nil)
			}
		}
	case more:
		x.at(pl, rest, way, after, before, unknown, e)
	case isUnknown:
		x.note(pl, after, way, unknownPolicy+references(e))
	default:
		x.found(pl, false, way, after, before)
	}
}

// elements returns the elements of an array, or the value alone.
func elements(n *node) []*node {
	switch {
	case n == nil || n.kind == jsontext.Null:
		return nil
	case n.kind == jsontext.Array:
		return n.items
	}
	return []*node{n}
}

// was returns what an element was before: the one of the same name, or, if it has no name, at the same place.
func (x *planResource) was(item, before *node, i int) *node {
	all := elements(before)
	if textOf(item.member("name")) == "" {
		if i < len(all) {
			return all[i]
		}
		return nil
	}
	if j := slices.IndexFunc(all, func(n *node) bool { return sameBlock(n, item) }); j >= 0 {
		return all[j]
	}
	return nil
}

func sameBlock(a, b *node) bool {
	name := textOf(a.member("name"))
	return name != "" && name == textOf(b.member("name"))
}

const unknownPolicy = "the policy is known only when the plan is applied"

// references says what an expression refers to.
func references(e *node) string {
	r := e.member("references")
	if r == nil || len(r.items) == 0 {
		return ""
	}
	var all []string
	for _, item := range r.items[:min(len(r.items), 20)] {
		// A reference to an attribute is followed by one to its resource.
		if name := textOf(item); !slices.ContainsFunc(all, func(longer string) bool { return strings.HasPrefix(longer, name+".") }) {
			all = append(all, name)
		}
	}
	return "; it refers to " + strings.Join(all, ", ")
}

// note says that a policy is not looked at, because it is not known yet or for another reason.
func (x *planResource) note(pl place, near *node, way, text string) {
	at := x.at0
	for _, n := range []*node{near, x.after, x.unknown} {
		if n != nil {
			at = n.at
			break
		}
	}
	x.out.Notes = append(x.out.Notes, Note{x.file.position(at), x.address + way, text, true, x.same, pl.kind, pl.resourceType})
}

// found adds the policy that stands in a string.
func (x *planResource) found(pl place, guess bool, way string, after, before *node) {
	p := &Policy{Name: x.address + way, Resource: x.resource, Kind: pl.kind, Guess: guess, ResourceType: pl.resourceType, Changed: x.changed, file: x.file}
	if pl.kind == policy.ServiceControl {
		kind, ok := organizationKinds[organizationType(x.after, x.before, "type")]
		if !ok {
			return // a tag policy, a backup policy: of another language
		}
		p.Kind = kind
	}
	if after != nil && after.kind != jsontext.String && after.kind != jsontext.Null {
		x.note(pl, after, way, "this is no text of a policy, and is not looked at")
		return
	}
	p.Text, p.Before = textOf(after), textOf(before)
	switch {
	case strings.TrimSpace(p.Text) != "":
		p.spans = []span{{0, after, 0, true}}
		x.out.Policies = append(x.out.Policies, p)
	case strings.TrimSpace(p.Before) != "":
		p.Text, p.Before = p.Before, ""
		p.spans = []span{{0, before, 0, true}}
		x.remove(p)
	}
}

// isGone reports whether the resource is removed and not made again.
func (x *planResource) isGone() bool { return x.after == nil || x.after.kind == jsontext.Null }

// removal is a policy that is removed, and what it belonged to.
type removal struct {
	policy *Policy
	owner  owner
}

// owner is a resource, and what another may call it.
type owner struct{ resource, name string }

// remove adds a policy that is removed. One that is a part of the resource goes with it.
func (x *planResource) remove(p *Policy) {
	t, separate := targets[x.resource]
	p.Gone = !separate && x.isGone() && x.resource != "aws_iam_policy" && x.resource != "aws_organizations_policy"
	x.removed = append(x.removed, removal{p, owner{t.owner, textOf(x.before.member(t.attribute))}})
	x.out.Removed = append(x.out.Removed, p)
}

// organizationType returns the type of a policy of an organization; without one it is a service control policy.
func organizationType(after, before *node, name string) string {
	for _, n := range []*node{after, before} {
		if t := textOf(n.member(name)); t != "" {
			return t
		}
	}
	return "SERVICE_CONTROL_POLICY"
}

var organizationKinds = map[string]policy.Kind{"SERVICE_CONTROL_POLICY": policy.ServiceControl, "RESOURCE_CONTROL_POLICY": policy.ResourceControl}

// guess finds what looks like a policy in a resource that the table does not know.
func (x *planResource) guess(way string, after, before *node) {
	switch {
	case after == nil:
	case after.kind == jsontext.String:
		if isDocument(after.text) {
			x.found(place{}, true, way, after, before)
		}
	case after.kind == jsontext.Array:
		for i, item := range after.items {
			x.guess(fmt.Sprintf("%s[%d]", way, i), item, x.was(item, before, i))
		}
	case after.kind == jsontext.Object:
		for _, m := range after.members {
			x.guess(way+"."+m.name, m.node, before.member(m.name))
		}
	}
}

// guessUnknown notes what is not known yet and is called like a policy, in a resource that the table does not know.
func (x *planResource) guessUnknown(way string, unknown, expressions *node) {
	switch {
	case unknown == nil:
	case unknown.kind == jsontext.Array:
		for i, item := range unknown.items {
			x.guessUnknown(fmt.Sprintf("%s[%d]", way, i), item, nil)
		}
	case unknown.kind == jsontext.Object:
		for _, m := range unknown.members {
			e := expressions.member(m.name)
			switch {
			case expressions != nil && e == nil: // AWS gives it its default
			case !isTrue(m.node):
				x.guessUnknown(way+"."+m.name, m.node, nil)
			case policyName.MatchString(m.name):
				x.note(place{}, x.after, way+"."+m.name, unknownPolicy+references(e))
			}
		}
	}
}

// policyName is how attributes are called that hold policies.
var policyName = regexp.MustCompile(`^(.*_)?((resource|access|inline|key|assume_role|repository|bucket|session)_policy|access_policies|policy_(document|text|json))$|^policy$`)

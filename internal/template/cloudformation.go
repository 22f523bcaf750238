package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// Bounds of what a template may come to.
const (
	// maxForms is how many forms of a policy are looked at that differ by what conditions of the template say.
	maxForms = 16
	// maxSteps is how many values the policies of a template may come to, all forms together.
	maxSteps = 4 << 20
	// maxText is how many bytes they may come to.
	maxText = 64 << 20
)

// cloudFormation reads a template (docs.aws.amazon.com/AWSCloudFormation, "Template reference").
type cloudFormation struct {
	file       *source
	out        *File
	root       *node
	values     map[string]string
	unused     map[string]bool // values of which nobody asked yet
	parameters map[string]*node
	resources  map[string]*node

	steps, bytes int
}

func readCloudFormation(text string, o Options) (*File, error) {
	t := &cloudFormation{
		file: newSource(text), out: &File{Format: CloudFormation}, values: o.Values, unused: make(map[string]bool), parameters: make(map[string]*node), resources: make(map[string]*node), steps: maxSteps, bytes: maxText,
	}
	for name := range o.Values {
		t.unused[name] = true
	}
	var err error
	if isJSON(text) {
		if t.root, err = readJSON(text, 0); err != nil {
			return nil, fail(t.file, 0, err)
		}
	} else if t.root, err = readYAML(t.file); err != nil {
		return nil, err
	}
	if p := t.root.member("Parameters"); p != nil {
		for _, m := range p.members {
			t.parameters[m.name] = m.node
			delete(t.unused, m.name)
		}
	}
	resources := t.root.member("Resources")
	if resources == nil || resources.kind != jsontext.Object {
		return nil, &Error{t.file.position(t.root.at), "a template needs Resources"}
	}
	for _, m := range resources.members {
		t.resources[m.name] = m.node
	}
	t.transforms()
	for _, m := range resources.members {
		if strings.HasPrefix(m.name, "Fn::") {
			t.note(place{}, m.node, m.name, "what "+m.name+" makes is not looked at", true)
			continue
		}
		t.resource(m.name, m.node)
		if t.steps <= 0 || t.bytes <= 0 {
			return nil, &Error{t.file.position(m.at), "the policies come to too much; aliases, or functions in functions, make more of them than is written"}
		}
	}
	t.out.Unused = slices.Sorted(maps.Keys(t.unused))
	return t.out, nil
}

// given returns what is told of a name.
func (t *cloudFormation) given(name string) (value string, ok bool) {
	value, ok = t.values[name]
	delete(t.unused, name)
	return value, ok
}

// transforms notes what makes something else of the template as a whole.
func (t *cloudFormation) transforms() {
	if n := t.root.member("Fn::Transform"); n != nil {
		t.note(place{}, n, "Fn::Transform", "what Fn::Transform makes of the template is not looked at", true)
	}
	for _, n := range elements(t.root.member("Transform")) {
		name := textOf(n)
		if n.kind == jsontext.Object {
			name = textOf(n.member("Name"))
		}
		// These make nothing of the policies that are written, and no others but those that are read from the resources.
		if name != "AWS::LanguageExtensions" && !strings.HasPrefix(name, "AWS::Serverless-") && !strings.HasPrefix(name, "AWS::CodeDeploy") && !strings.HasPrefix(name, "AWS::SecretsManager-") {
			t.note(place{}, n, "Transform", "what the transform "+name+" makes of the template is not looked at", true)
		}
	}
}

// isJSON tells JSON from YAML that begins with a brace.
func isJSON(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(start, "{") && strings.HasPrefix(strings.TrimLeft(start[1:], " \t\r\n"), `"`)
}

func (t *cloudFormation) note(pl place, at *node, name, text string, unread bool) {
	t.out.Notes = append(t.out.Notes, Note{t.file.position(t.file.inside(at, 0)), name, text, unread, false, pl.kind, pl.resourceType})
}

func (t *cloudFormation) resource(name string, r *node) {
	kind := textOf(r.member("Type"))
	if r.member("Fn::Transform") != nil {
		t.note(place{}, r, name, "what Fn::Transform makes of it is not looked at", true)
	}
	if c := r.member("Connectors"); c != nil {
		t.note(place{}, c, name+".Connectors", "the policies that connectors come to are not looked at", true)
	}
	// What a resource's condition says, its policies have in common.
	known := make(map[string]bool)
	if c := textOf(r.member("Condition")); c != "" {
		known[c] = true
	}
	properties := withGlobals(r.member("Properties"), t.root.member("Globals").member(strings.TrimPrefix(kind, "AWS::Serverless::")))
	if strings.HasSuffix(kind, "::MODULE") {
		t.note(place{}, r, name, "what the module "+kind+" makes is not looked at", true)
	}
	if properties == nil {
		return
	}
	x := &cfnResource{t, name, kind, properties, known}
	for _, u := range cloudFormationElsewhere[kind] {
		if n := properties.member(u.attribute); n != nil && (u.word == "" || n.member(u.word) != nil) {
			t.note(place{}, n, name+"."+u.attribute, u.text, true)
		}
	}
	places, ok := cloudFormationPlaces[kind]
	if !ok {
		x.guess("", properties)
	}
	for _, pl := range places {
		x.at(pl, pl.path, "", properties)
	}
	if m, ok := permissions[kind]; ok {
		if m.only != "" {
			properties = properties.member("FunctionUrlConfig")
		}
		x.permission(m, properties)
	}
	x.attachments()
}

// globalProperties are those that hold policies and that a serverless template may say for all of a type at once.
var globalProperties = []string{"AssumeRolePolicyDocument", "Auth", "FunctionUrlConfig", "Policies"}

// withGlobals adds what the Globals of a serverless template say of a resource's type to its properties.
func withGlobals(properties, globals *node) *node {
	for _, name := range globalProperties {
		g := globals.member(name)
		if g == nil {
			continue
		}
		if properties == nil {
			properties = &node{kind: jsontext.Object, at: g.at}
		}
		all := *properties
		all.members = slices.Clone(properties.members)
		if i := slices.IndexFunc(all.members, func(m member) bool { return m.name == name }); i < 0 {
			all.members = append(all.members, member{name, g, g})
		} else {
			own := *all.members[i].node
			own.members = slices.Clone(own.members)
			for _, m := range g.members {
				if own.member(m.name) == nil {
					own.members = append(own.members, m)
				}
			}
			all.members[i].node = &own
		}
		properties = &all
	}
	return properties
}

// cfnResource is a resource of a template.
type cfnResource struct {
	*cloudFormation
	name, resource string
	properties     *node
	known          map[string]bool // conditions that hold if the resource is there
}

// at goes the rest of the way to a place.
func (x *cfnResource) at(pl place, path, way string, n *node) {
	if n == nil {
		return
	}
	if path == "" && pl.path != samPolicies {
		x.policy(pl, false, way, n)
		return
	}
	if name, then := n.only(); name == "Fn::If" && len(then.items) == 3 {
		x.at(pl, path, way+".Then", then.items[1])
		x.at(pl, path, way+".Else", then.items[2])
		return
	}
	if path == "" {
		x.sam(pl, way, n)
		return
	}
	if name, _ := n.only(); name == "Ref" && textOf(n.member("Ref")) == "AWS::NoValue" {
		return
	}
	for _, m := range n.members {
		if isFunction(m.name) {
			x.note(pl, n, x.name+way, "what "+m.name+" makes of it is not looked at", true)
		}
	}
	name, rest, _ := strings.Cut(path, ".")
	name, list := strings.CutSuffix(name, "[]")
	way += "." + name
	if n = n.member(name); n == nil {
		return
	}
	if list {
		x.each(pl, rest, way, n)
		return
	}
	x.at(pl, rest, way, n)
}

// each goes on with the elements of a list.
func (x *cfnResource) each(pl place, rest, way string, n *node) {
	switch name, then := n.only(); {
	case n.kind == jsontext.Array:
		for i, item := range n.items {
			x.at(pl, rest, fmt.Sprintf("%s[%d]", way, i), item)
		}
	case name == "Fn::If" && len(then.items) == 3:
		x.each(pl, rest, way+".Then", then.items[1])
		x.each(pl, rest, way+".Else", then.items[2])
	default:
		x.at(pl, rest, way, n) // a list of one may stand without brackets, and a function is noted
	}
}

// policy adds the policies that a value comes to.
func (x *cfnResource) policy(pl place, guess bool, way string, n *node) {
	kind := pl.kind
	if kind == policy.ServiceControl {
		var ok bool
		if kind, ok = organizationKinds[organizationType(x.properties, nil, "Type")]; !ok {
			return
		}
	}
	forms, complete := x.forms(n)
	tooMany := fmt.Sprintf("conditions make more than %d policies of it, and only as many are looked at", maxForms)
	if !complete {
		x.note(pl, n, x.name+way, tooMany, false)
	}
	for _, f := range forms {
		p := &Policy{Name: x.name + way, Assumed: f.assumed, Resource: x.resource, Kind: kind, Guess: guess, ResourceType: pl.resourceType, Made: pl.made, file: x.file}
		render(p, f.value, pl.one, min(policy.MaxSize, x.bytes))
		x.bytes -= len(p.Text)
		switch {
		case !complete:
			p.Incomplete = tooMany
		case f.unread != "":
			p.Incomplete = f.unread
		}
		if f.unread != "" {
			x.note(pl, n, p.Name, f.unread, len(p.Text) == 0)
		}
		if len(p.Text) > 0 && len(p.Placeholders) > 0 && p.Placeholders[0].Start == 0 && !isDocument(p.Text) {
			x.note(pl, n, p.Name, "the policy is "+p.Placeholders[0].Name+", which is known only when the template is deployed", true)
		} else if len(p.Text) > 0 {
			x.out.Policies = append(x.out.Policies, p)
		}
	}
}

// sam adds an entry of a serverless function's policies, if it is a document and not a managed policy's name or ARN.
func (x *cfnResource) sam(pl place, way string, n *node) {
	name, _ := n.only()
	switch {
	case n.member("Statement") != nil:
		x.policy(pl, false, way, n)
	case n.kind == jsontext.Object && !isFunction(name):
		x.note(pl, n, x.name+way, "what the policy template "+name+" stands for is not looked at", true)
	}
}

// form is what a value comes to if conditions are so.
type form struct {
	value   *value
	assumed string // "if IsProd, not HasLogs"
	unread  string
}

// forms evaluates a value for each way that the conditions can be that it depends on. complete: these are all.
func (x *cfnResource) forms(n *node) (all []form, complete bool) {
	complete = true
	var try func(known map[string]bool, asked []string)
	try = func(known map[string]bool, asked []string) {
		if len(all) == maxForms {
			complete = false
			return
		}
		e := &evaluation{cloudFormation: x.cloudFormation, conditions: known}
		v := e.value(n, slot{}, 0)
		if e.condition == "" {
			all = append(all, form{v, assumption(asked, known), e.unread})
			return
		}
		for _, holds := range []bool{true, false} {
			next := maps.Clone(known)
			next[e.condition] = holds
			try(next, append(slices.Clip(asked), e.condition))
		}
	}
	try(x.known, nil)
	return all, complete
}

func assumption(asked []string, known map[string]bool) string {
	var b strings.Builder
	for i, name := range asked {
		switch {
		case i == 0:
			b.WriteString("if ")
		default:
			b.WriteString(", ")
		}
		if !known[name] {
			b.WriteString("not ")
		}
		b.WriteString(name)
	}
	return b.String()
}

// guess finds what looks like a policy in a resource that the table does not know.
func (x *cfnResource) guess(way string, n *node) {
	if x.steps--; x.steps <= 0 {
		return
	}
	switch n.kind {
	case jsontext.String:
		if isDocument(n.text) {
			x.policy(place{}, true, way, n)
		}
	case jsontext.Array:
		for i, item := range n.items {
			x.guess(fmt.Sprintf("%s[%d]", way, i), item)
		}
	case jsontext.Object:
		if s := n.member("Statement"); s != nil && looksLikeStatements(s) {
			x.policy(place{}, true, way, n)
			return
		}
		for _, m := range n.members {
			x.guess(way+"."+m.name, m.node)
		}
	}
}

// looksLikeStatements reports whether a value is a statement, or a list that has one.
func looksLikeStatements(n *node) bool {
	if n.kind == jsontext.Array {
		return slices.ContainsFunc(n.items, looksLikeStatements)
	}
	return n.member("Effect") != nil
}

// render writes a value as the text of a policy, with the way back for each part.
func render(p *Policy, v *value, one bool, budget int) {
	if v == nil {
		return
	}
	w := &writer{p: p, budget: budget}
	switch {
	case v.kind == jsontext.String: // the text of the document itself
		for _, piece := range v.pieces {
			w.piece(piece, piece.text, -1)
		}
		w.strings()
	case one:
		w.raw(v.node, `{"Version":"2012-10-17","Statement":`)
		w.value(v)
		w.raw(v.node, "}")
	default:
		w.value(v)
	}
	p.Text = string(w.text)
}

// writer writes values as JSON.
type writer struct {
	p      *Policy
	text   []byte
	budget int
}

func (w *writer) raw(n *node, text string) {
	if k := len(w.p.spans); k == 0 || w.p.spans[k-1].at < len(w.text) {
		w.p.spans = append(w.p.spans, span{len(w.text), n, 0, false})
	}
	w.text = append(w.text, text...)
}

// piece writes a part of a string, in the words of the text.
func (w *writer) piece(p piece, written string, stringStart int) {
	if len(written) == 0 {
		return
	}
	start := len(w.text)
	w.p.spans = append(w.p.spans, span{start, p.node, p.inner, p.hole == nil && !p.far && written == p.text})
	w.text = append(w.text, written...)
	if p.hole != nil {
		w.p.Placeholders = append(w.p.Placeholders, Placeholder{start, len(w.text), p.hole.name, p.hole.open, p.hole.standard, p.hole.told, stringStart, len(w.text)})
	}
}

func (w *writer) value(v *value) {
	if len(w.text) > w.budget {
		return // it cannot be read in any case
	}
	switch v.kind {
	case jsontext.Object:
		w.raw(v.node, "{")
		for i, m := range v.members {
			if i > 0 {
				w.raw(v.node, ",")
			}
			// The place of the name is that of its first letter, and so the quote is put there, too.
			w.p.spans = append(w.p.spans, span{len(w.text), m.key, 0, false})
			w.text = append(jsontext.AppendString(w.text, m.name), ':')
			w.value(m.value)
		}
		w.raw(v.node, "}")
	case jsontext.Array:
		w.raw(v.node, "[")
		for i, item := range v.items {
			if i > 0 {
				w.raw(v.node, ",")
			}
			w.value(item)
		}
		w.raw(v.node, "]")
	case jsontext.Null:
		w.raw(v.node, "null")
	default:
		start, holes := len(w.text), len(w.p.Placeholders)
		w.raw(v.node, `"`)
		for _, p := range v.pieces {
			quoted := jsontext.AppendString(nil, p.text)
			w.piece(p, string(quoted[1:len(quoted)-1]), start)
		}
		w.text = append(w.text, '"')
		for i := range w.p.Placeholders[holes:] {
			w.p.Placeholders[holes+i].stringEnd = len(w.text)
		}
	}
}

// strings finds the strings that placeholders are parts of in a text that is a document itself.
func (w *writer) strings() {
	i, start := 0, -1
	for at := 0; at < len(w.text) && i < len(w.p.Placeholders); at++ {
		h := &w.p.Placeholders[i]
		if at == h.Start {
			if h.stringStart, h.stringEnd = start, h.End; start < 0 {
				h.stringStart = h.Start
			}
		}
		switch c := w.text[at]; {
		case c == '\\' && start >= 0:
			at++
		case c == '"' && start < 0:
			start = at
		case c == '"':
			for ; i < len(w.p.Placeholders) && w.p.Placeholders[i].Start < at; i++ {
				w.p.Placeholders[i].stringStart, w.p.Placeholders[i].stringEnd = start, at+1
			}
			start = -1
		}
		for start < 0 && i < len(w.p.Placeholders) && w.p.Placeholders[i].End <= at {
			i++
		}
	}
	for i := range w.p.Placeholders {
		if h := &w.p.Placeholders[i]; h.stringStart < 0 {
			h.stringStart, h.stringEnd = h.Start, h.End
		}
	}
}

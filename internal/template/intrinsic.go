package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
)

// value is what a node comes to: an object, a list, null, or a string in pieces. Booleans and numbers are strings, for CloudFormation makes strings of them in policies.
type value struct {
	kind    jsontext.Kind
	node    *node
	pieces  []piece
	items   []*value
	members []valueMember
}

type valueMember struct {
	name  string
	key   *node
	value *value
}

// piece is a part of a string: from the node's text, from byte inner on, or what stands for a hole.
type piece struct {
	text  string
	node  *node
	inner int
	hole  *hole
	// far: it is known, but stands elsewhere, and the node is where it is asked for.
	far bool
}

type hole struct {
	name     string
	open     bool
	standard bool // the default of a parameter
	told     bool // by Options.Values
}

func (v *value) text() string {
	if len(v.pieces) == 1 {
		return v.pieces[0].text
	}
	var b strings.Builder
	for _, p := range v.pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// literal returns the text of a string that is known.
func (v *value) literal() (text string, ok bool) {
	if v == nil || v.kind != jsontext.String || slices.ContainsFunc(v.pieces, func(p piece) bool { return p.hole != nil }) {
		return "", false
	}
	return v.text(), true
}

// evaluation evaluates a value, given how conditions are.
type evaluation struct {
	*cloudFormation
	conditions map[string]bool
	condition  string // the first that is not given and was needed: what comes out is worth nothing
	unread     string // why what comes out is not all
	within     []string
}

// slot is where in a policy a value stands: it tells what is plausible there.
type slot struct {
	element string // the statement's element, without Not
	name    string // the type of a principal, the operator, or service for what stands before the colon of an action
	key     string // of a condition
}

// in returns the slot of a member.
func (s slot) in(name string) slot {
	switch {
	case s.element == "Principal" && s.name == "":
		s.name = name
	case s.element == "Condition" && s.name == "":
		s.name = name
	case s.element == "Condition" && s.key == "":
		s.key = name
	case s.element == "":
		switch element := strings.TrimPrefix(name, "Not"); element {
		case "Effect", "Principal", "Action", "Resource", "Condition", "Version", "Sid":
			s.element = element
		}
	}
	return s
}

func isFunction(name string) bool {
	return name == "Ref" || strings.HasPrefix(name, "Fn::")
}

// value evaluates a node. It returns nil for what is not there: AWS::NoValue.
func (e *evaluation) value(n *node, s slot, depth int) *value {
	if e.steps--; e.steps <= 0 || depth > maxDepth || e.condition != "" {
		return &value{kind: jsontext.Null, node: n}
	}
	switch n.kind {
	case jsontext.Object:
		if name, argument := n.only(); isFunction(name) {
			return e.function(n, name, argument, s, depth+1)
		}
		v := &value{kind: jsontext.Object, node: n}
		for _, m := range n.members {
			if isFunction(m.name) {
				e.fail("what " + m.name + " makes of it is not looked at")
				continue
			}
			if c := e.value(m.node, s.in(m.name), depth+1); c != nil {
				v.members = append(v.members, valueMember{m.name, m.key, c})
			}
		}
		return v
	case jsontext.Array:
		v := &value{kind: jsontext.Array, node: n}
		for _, item := range n.items {
			if c := e.value(item, s, depth+1); c != nil {
				v.items = append(v.items, c)
			}
		}
		return v
	case jsontext.Null:
		return &value{kind: jsontext.Null, node: n}
	}
	return e.dynamic(n, s)
}

func (e *evaluation) fail(why string) {
	if e.unread == "" {
		e.unread = why
	}
}

// dynamicReference is what CloudFormation reads from a parameter store or a secret when it deploys.
var dynamicReference = regexp.MustCompile(`\{\{resolve:[^{}]*\}\}`)

// dynamic returns a scalar with holes for dynamic references.
func (e *evaluation) dynamic(n *node, s slot) *value {
	v := &value{kind: jsontext.String, node: n}
	if !strings.Contains(n.text, "{{resolve:") {
		v.pieces = []piece{{text: n.text, node: n}}
		return v
	}
	last := 0
	for _, m := range dynamicReference.FindAllStringIndex(n.text, -1) {
		if m[0] > last {
			v.pieces = append(v.pieces, piece{text: n.text[last:m[0]], node: n, inner: last})
		}
		v.pieces = append(v.pieces, e.hole(n, m[0], n.text[m[0]:m[1]], s, n.text[:m[0]], true))
		last = m[1]
	}
	if last < len(n.text) {
		v.pieces = append(v.pieces, piece{text: n.text[last:], node: n, inner: last})
	}
	return v
}

// hole returns what stands for something that is not known; before is what stands before it in its string.
func (e *evaluation) hole(n *node, inner int, name string, s slot, before string, open bool) piece {
	if text, ok := e.given(name); ok {
		return piece{text: text, node: n, inner: inner, hole: &hole{name: name, told: true}}
	}
	return piece{text: plausible(name, s, before), node: n, inner: inner, hole: &hole{name: name, open: open}}
}

func (e *evaluation) holeValue(n *node, name string, s slot, before string, open bool) *value {
	return &value{kind: jsontext.String, node: n, pieces: []piece{e.hole(n, 0, name, s, before, open)}}
}

// function evaluates a function.
func (e *evaluation) function(n *node, name string, argument *node, s slot, depth int) *value {
	switch name {
	case "Ref":
		return e.ref(n, textOf(argument), s, "", depth)
	case "Fn::GetAtt":
		attribute := textOf(argument)
		if argument.kind == jsontext.Array && len(argument.items) == 2 {
			second, _ := e.value(argument.items[1], slot{}, depth).literal()
			attribute = textOf(argument.items[0]) + "." + second
		}
		return e.attribute(n, attribute, s, "", depth)
	case "Fn::Sub":
		return e.sub(n, argument, s, depth)
	case "Fn::Join":
		if argument.kind == jsontext.Array && len(argument.items) == 2 {
			if v := e.join(n, argument, s, depth); v != nil {
				return v
			}
		}
	case "Fn::Select":
		if argument.kind == jsontext.Array && len(argument.items) == 2 {
			index, ok := e.value(argument.items[0], slot{}, depth).literal()
			from := e.value(argument.items[1], s, depth)
			if i, err := strconv.Atoi(index); ok && err == nil && from != nil && 0 <= i && i < len(from.items) {
				return from.items[i]
			}
		}
	case "Fn::Split":
		if v := e.split(n, argument, s, depth); v != nil {
			return v
		}
	case "Fn::If":
		if argument.kind == jsontext.Array && len(argument.items) == 3 {
			name := textOf(argument.items[0])
			if name == "" {
				name = "the condition of Fn::If"
			}
			holds, ok := e.conditions[name]
			switch {
			case !ok:
				e.condition = name
			case holds:
				return e.value(argument.items[1], s, depth)
			default:
				return e.value(argument.items[2], s, depth)
			}
			return &value{kind: jsontext.Null, node: n}
		}
	case "Fn::FindInMap":
		return e.findInMap(n, argument, s, depth)
	case "Fn::ImportValue":
		v := e.value(argument, slot{}, depth)
		return e.holeValue(n, "Fn::ImportValue "+v.shown(), s, "", true)
	case "Fn::ToJsonString":
		if v := e.value(argument, slot{}, depth); v != nil && v.kind != jsontext.String {
			return v // where a text of a document may stand, the document may
		}
	case "Fn::Transform":
		e.fail("what Fn::Transform makes of it is not looked at")
		return nil
	}
	return e.holeValue(n, name, s, "", true)
}

// shown is a string for a name.
func (v *value) shown() string {
	if v == nil || v.kind != jsontext.String {
		return "…"
	}
	return v.text()
}

// ref returns what Ref stands for.
func (e *evaluation) ref(n *node, name string, s slot, before string, depth int) *value {
	if name == "AWS::NoValue" {
		return nil
	}
	if _, given := e.given(name); given && e.parameters[name] == nil {
		return e.holeValue(n, name, s, before, false)
	}
	if p := e.parameters[name]; p != nil {
		return e.parameter(n, p, name, s, before)
	}
	if strings.HasPrefix(name, "AWS::") {
		return e.holeValue(n, name, s, before, false)
	}
	r := e.resources[name]
	if r == nil {
		return e.holeValue(n, name, s, before, true)
	}
	kind := textOf(r.member("Type"))
	known, ok := resourceNames[kind]
	if ok && known.ref != "" {
		return &value{kind: jsontext.String, node: n, pieces: []piece{e.known(n, name, known.ref, e.nameOf(name, r, known, depth))}}
	}
	if v := e.namedBy(n, name, r, known, depth); v != nil {
		return v
	}
	return e.holeValue(n, name, s, before, generated(kind))
}

// generated reports whether it is not AWS but somebody's code, or another template, that says what a resource's attributes are.
func generated(kind string) bool {
	return strings.HasPrefix(kind, "Custom::") || kind == "AWS::CloudFormation::CustomResource" || kind == "AWS::CloudFormation::Stack" || kind == "AWS::CloudFormation::Macro" || strings.HasSuffix(kind, "::MODULE")
}

// parameter returns what a parameter stands for: what was given, or its default, or something plausible.
func (e *evaluation) parameter(n, p *node, name string, s slot, before string) *value {
	kind := textOf(p.member("Type"))
	text, given := e.given(name)
	told := given
	d := p.member("Default")
	if !given && d != nil && d.kind != jsontext.Array && d.kind != jsontext.Object && !strings.HasPrefix(kind, "AWS::SSM::") {
		text, given = d.text, true
	}
	if !given {
		v := e.holeValue(n, name, s, before, true)
		if isList(kind) && before == "" {
			return &value{kind: jsontext.Array, node: n, items: []*value{v}}
		}
		return v
	}
	one := func(text string) *value {
		return &value{kind: jsontext.String, node: n, pieces: []piece{{text: text, node: n, hole: &hole{name: name, standard: !told, told: told}}}}
	}
	if !isList(kind) {
		return one(text)
	}
	v := &value{kind: jsontext.Array, node: n}
	for item := range strings.SplitSeq(text, ",") {
		if e.steps--; e.steps <= 0 {
			break
		}
		v.items = append(v.items, one(strings.TrimSpace(item)))
	}
	return v
}

func isList(kind string) bool {
	return kind == "CommaDelimitedList" || strings.Contains(kind, "List<")
}

// nameOf returns the name of a resource: its own, or something like its logical id.
func (e *evaluation) nameOf(logical string, r *node, known resourceName, depth int) string {
	if v := e.namedBy(r, logical, r, known, depth); v != nil {
		return v.text()
	}
	if known.id != "" {
		return known.id
	}
	return asName(logical)
}

// namedBy returns the name that a resource's property gives it; nil if it has none, and AWS will make one up.
func (e *evaluation) namedBy(n *node, logical string, r *node, known resourceName, depth int) *value {
	if known.property == "" || slices.Contains(e.within, logical) {
		return nil
	}
	named := r.member("Properties").member(known.property)
	if named == nil {
		return nil
	}
	e.within = append(e.within, logical)
	v := e.value(named, slot{}, depth+1)
	e.within = e.within[:len(e.within)-1]
	if v == nil || v.kind != jsontext.String {
		return nil
	}
	out := &value{kind: jsontext.String, node: n}
	for _, p := range v.pieces {
		if p.hole != nil {
			p.hole = &hole{name: p.hole.name, standard: p.hole.standard, told: p.hole.told} // a resource is not called by what could mean others
		}
		out.pieces = append(out.pieces, piece{text: p.text, node: n, hole: p.hole, far: true})
	}
	return out
}

// known fills in the form of a name or an ARN.
func (e *evaluation) known(n *node, name, form, called string) piece {
	if text, ok := e.given(name); ok {
		return piece{text: text, node: n, hole: &hole{name: name, told: true}}
	}
	text := strings.NewReplacer("{partition}", e.pseudo("AWS::Partition"), "{region}", e.pseudo("AWS::Region"), "{account}", e.pseudo("AWS::AccountId"), "{name}", called).Replace(form)
	return piece{text: text, node: n, hole: &hole{name: name}}
}

func (e *evaluation) pseudo(name string) string {
	if text, ok := e.given(name); ok {
		return text
	}
	return plausible(name, slot{}, "")
}

// attribute returns what Fn::GetAtt stands for.
func (e *evaluation) attribute(n *node, attribute string, s slot, before string, depth int) *value {
	logical, rest, _ := strings.Cut(attribute, ".")
	r := e.resources[logical]
	if r == nil {
		return e.holeValue(n, attribute, s, before, true)
	}
	kind := textOf(r.member("Type"))
	known := resourceNames[kind]
	if _, given := e.given(attribute); !given && !generated(kind) {
		switch {
		case rest == "Arn" && known.arn != "":
			return &value{kind: jsontext.String, node: n, pieces: []piece{e.known(n, attribute, known.arn, e.nameOf(logical, r, known, depth))}}
		case rest == "Arn" || strings.HasSuffix(rest, "Arn"):
			service := strings.ToLower(strings.Split(kind+"::x", "::")[1])
			return &value{kind: jsontext.String, node: n, pieces: []piece{e.known(n, attribute, "arn:{partition}:"+service+":{region}:{account}:{name}", asName(logical))}}
		case strings.HasSuffix(rest, "CanonicalUserId"):
			return &value{kind: jsontext.String, node: n, pieces: []piece{e.known(n, attribute, canonicalUser, "")}}
		}
	}
	return e.holeValue(n, attribute, s, before, generated(kind) || !nameSuffix.MatchString(rest))
}

// nameSuffix finds the attributes that AWS makes up; others, such as the Value of a parameter, say what somebody wrote.
var nameSuffix = regexp.MustCompile(`(Arn|ARN|Id|ID|Name|Ref|Url|URL|Uri|Endpoint|Address|Port|Version)$`)

// variable is a variable of Fn::Sub, or ${!…}, which stands for ${…}.
var variable = regexp.MustCompile(`\$\{(![^}]*|[^}!][^}]*)\}`)

// sub evaluates Fn::Sub.
func (e *evaluation) sub(n, argument *node, s slot, depth int) *value {
	var own *node
	if argument.kind == jsontext.Array && len(argument.items) > 0 {
		if len(argument.items) > 1 {
			own = argument.items[1]
		}
		argument = argument.items[0]
	}
	v := &value{kind: jsontext.String, node: argument}
	text, last := argument.text, 0
	// What stands before a variable in its string. A document may stand in a Sub as a whole: then the string is one of it.
	before, document := "", strings.HasPrefix(strings.TrimSpace(text), "{")
	add := func(p piece) {
		e.steps--
		v.pieces = append(v.pieces, p)
		before += p.text[max(0, len(p.text)-512):]
		if i := strings.LastIndexByte(before, '"'); i >= 0 && document {
			before = before[i+1:]
		}
		if len(before) > 512 {
			before = "\x00" + before[len(before)-511:]
		}
	}
	literal := func(from, to int) {
		if from < to {
			add(piece{text: text[from:to], node: argument, inner: from})
		}
	}
	for _, m := range variable.FindAllStringIndex(text, -1) {
		if e.steps--; e.steps <= 0 {
			break
		}
		name := strings.TrimSpace(text[m[0]+2 : m[1]-1])
		literal(last, m[0])
		last = m[1]
		if text[m[0]+2] == '!' {
			literal(m[0], m[0]+2)
			literal(m[0]+3, m[1])
			continue
		}
		s := s
		if s.element == "Action" && strings.HasPrefix(text[m[1]:], ":") {
			s.name = "service"
		}
		var filled *value
		e.steps -= own.width() / 16
		if given := own.member(name); given != nil {
			filled = e.inString(given, s, before, depth)
		} else if strings.Contains(name, ".") {
			filled = e.attribute(argument, name, s, before, depth)
		} else {
			filled = e.ref(argument, name, s, before, depth)
		}
		if filled == nil {
			continue
		}
		if filled.kind != jsontext.String {
			add(e.hole(argument, m[0], name, s, before, true))
			continue
		}
		for _, p := range filled.pieces {
			p.node, p.inner, p.far = argument, m[0], true
			add(p)
		}
	}
	literal(last, len(text))
	return v
}

// join evaluates Fn::Join; nil if it cannot.
func (e *evaluation) join(n, argument *node, s slot, depth int) *value {
	delimiter, ok := e.value(argument.items[0], slot{}, depth).literal()
	if !ok {
		return nil
	}
	v := &value{kind: jsontext.String, node: n}
	if items := argument.items[1]; items.kind == jsontext.Array {
		joined, told := "", 0 // the end of what there is: it tells what is plausible
		for _, item := range items.items {
			before := joined
			if told > 0 {
				before += delimiter
			}
			c := e.inString(item, s, before, depth)
			if c == nil {
				continue
			}
			appendJoined(v, c, delimiter, told > 0)
			for _, p := range v.pieces[told:] {
				if joined += p.text; len(joined) > 512 {
					joined = "\x00" + joined[len(joined)-511:]
				}
			}
			told = len(v.pieces)
			if e.steps <= 0 {
				break
			}
		}
		return v
	}
	from := e.value(argument.items[1], s, depth)
	if from == nil || from.kind != jsontext.Array {
		return nil
	}
	for i, c := range from.items {
		appendJoined(v, c, delimiter, i > 0)
	}
	return v
}

func appendJoined(v, c *value, delimiter string, behind bool) {
	if behind && delimiter != "" {
		v.pieces = append(v.pieces, piece{text: delimiter, node: c.node, far: true})
	}
	if c.kind == jsontext.Array { // a list inside of the list
		for i, item := range c.items {
			appendJoined(v, item, delimiter, i > 0)
		}
		return
	}
	v.pieces = append(v.pieces, c.pieces...)
}

// inString evaluates a part of a string that something stands before.
func (e *evaluation) inString(n *node, s slot, before string, depth int) *value {
	if before != "" {
		if name, argument := n.only(); name == "Ref" {
			return e.ref(n, textOf(argument), s, before, depth)
		} else if name == "Fn::GetAtt" && argument.kind == jsontext.String {
			return e.attribute(n, argument.text, s, before, depth)
		}
	}
	return e.value(n, s, depth)
}

// split evaluates Fn::Split of a text that is known; nil if it cannot.
func (e *evaluation) split(n, argument *node, s slot, depth int) *value {
	if argument.kind != jsontext.Array || len(argument.items) != 2 {
		return nil
	}
	delimiter, ok := e.value(argument.items[0], slot{}, depth).literal()
	from := e.value(argument.items[1], s, depth)
	if !ok || delimiter == "" || from == nil || from.kind != jsontext.String {
		return nil
	}
	v := &value{kind: jsontext.Array, node: n}
	if text, ok := from.literal(); ok {
		for part := range strings.SplitSeq(text, delimiter) {
			if e.steps--; e.steps <= 0 {
				break
			}
			v.items = append(v.items, &value{kind: jsontext.String, node: from.node, pieces: []piece{{text: part, node: n, far: true}}})
		}
		return v
	}
	// A default or a given value may be split; what is open may not.
	if slices.ContainsFunc(from.pieces, func(p piece) bool { return p.hole != nil && p.hole.open }) {
		return nil
	}
	name := ""
	for _, p := range from.pieces {
		if p.hole != nil {
			name = p.hole.name
		}
	}
	for part := range strings.SplitSeq(from.text(), delimiter) {
		if e.steps--; e.steps <= 0 {
			break
		}
		v.items = append(v.items, &value{kind: jsontext.String, node: from.node, pieces: []piece{{text: part, node: n, hole: &hole{name: name}}}})
	}
	return v
}

// findInMap evaluates Fn::FindInMap.
func (e *evaluation) findInMap(n, argument *node, s slot, depth int) *value {
	name := "Fn::FindInMap"
	if argument.kind == jsontext.Array && len(argument.items) >= 3 {
		at := e.root.member("Mappings")
		for i, item := range argument.items[:3] {
			key := e.value(item, slot{}, depth)
			name += map[bool]string{true: " ", false: "."}[i == 0] + key.shown()
			text, ok := key.literal()
			if given := key; !ok && given != nil && given.kind == jsontext.String && len(given.pieces) == 1 && e.isGiven(given.pieces[0]) {
				text, ok = given.text(), true
			}
			if e.steps -= at.width() / 16; !ok {
				at = nil
			}
			at = at.member(text)
		}
		if at != nil {
			return e.value(at, s, depth)
		}
	}
	return e.holeValue(n, name, s, "", true)
}

// isGiven reports whether what stands for a hole was told.
func (e *evaluation) isGiven(p piece) bool {
	if p.hole == nil {
		return true
	}
	_, ok := e.given(p.hole.name)
	return ok
}

const canonicalUser = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

// plausible returns a literal for something that is not known, by where it stands and what stands before it.
func plausible(name string, s slot, before string) string {
	switch name {
	case "AWS::Partition":
		return "aws"
	case "AWS::AccountId":
		return "111122223333"
	case "AWS::Region":
		return "us-east-1"
	case "AWS::URLSuffix":
		return "amazonaws.com"
	case "AWS::StackName":
		return "stack"
	case "AWS::StackId":
		return "arn:aws:cloudformation:us-east-1:111122223333:stack/stack/51af3dc0-da77-11e4-872e-1234567db123"
	case "AWS::NotificationARNs":
		return "arn:aws:sns:us-east-1:111122223333:stack"
	}
	if strings.HasPrefix(before, "arn:") {
		switch strings.Count(before, ":") {
		case 1:
			return "aws"
		case 3:
			return "us-east-1"
		case 4:
			return "111122223333"
		}
	}
	if before != "" {
		return asName(name)
	}
	switch s.element {
	case "Principal":
		switch s.name {
		case "AWS":
			return "arn:aws:iam::111122223333:root"
		case "Service":
			return "ec2.amazonaws.com"
		case "Federated":
			return "arn:aws:iam::111122223333:saml-provider/" + asName(name)
		case "CanonicalUser":
			return canonicalUser
		}
	case "Action":
		if s.name == "service" {
			return "s3"
		}
		return "s3:GetObject"
	case "Resource":
		return "arn:aws:s3:::" + asName(name)
	case "Condition":
		return plausibleCondition(name, s)
	case "Effect":
		return "Allow"
	case "Version":
		return "2012-10-17"
	case "Sid":
		return strings.ReplaceAll(asName(name), "-", "")
	}
	return asName(name)
}

func plausibleCondition(name string, s slot) string {
	operator := strings.TrimSuffix(s.name[strings.LastIndexByte(s.name, ':')+1:], "IfExists")
	key := strings.ToLower(s.key)
	switch {
	case operator == "Bool" || operator == "Null":
		return "true"
	case strings.HasPrefix(operator, "Numeric"):
		return "1"
	case strings.HasPrefix(operator, "Date"):
		return "2026-01-01T00:00:00Z"
	case strings.HasSuffix(operator, "IpAddress"):
		return "203.0.113.0/24"
	case strings.HasSuffix(key, "account"):
		return "111122223333"
	case strings.HasSuffix(key, "orgid"):
		return "o-a1b2c3d4e5"
	case strings.HasSuffix(key, "vpce"):
		return "vpce-0123456789abcdef0"
	case strings.HasSuffix(key, "vpc"):
		return "vpc-0123456789abcdef0"
	case strings.HasPrefix(operator, "Arn") || strings.HasSuffix(key, "arn"):
		return "arn:aws:iam::111122223333:role/" + asName(name)
	}
	return asName(name)
}

// asName makes a name of what something is called: small letters, digits and hyphens.
func asName(name string) string {
	b := make([]byte, 0, min(len(name), 64))
	for i := 0; i < len(name) && len(b) < 63; i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			b = append(b, c)
		case 'A' <= c && c <= 'Z':
			b = append(b, c|0x20)
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	if text := strings.Trim(string(b), "-"); text != "" {
		return text
	}
	return "placeholder"
}

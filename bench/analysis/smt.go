package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// smtLIB writes the question whether there is a request that left allows and right does not, both of them identity policies, in SMT-LIB 2.6. It is written from
// doc/language.md and knows nothing of package analysis. ok is false if the policies hold what is not said here: policy variables, set operators, keys that follow from the
// caller, dates, binary values, IPv6, keys that are compared in two ways.
func smtLIB(left, right *policy.Document) (text string, ok bool) {
	t := &translator{keys: make(map[string]string)}
	defer func() {
		if recover() == errUntold {
			text, ok = "", false
		}
	}()
	l, r := t.document(left), t.document(right)
	var b strings.Builder
	b.WriteString("(set-logic ALL)\n(declare-const action String)\n(declare-const resource String)\n")
	// An action is a service and a name; that of sts:GetCallerIdentity is allowed whatever policies say. Actions are folded, so they hold no capitals, and no wildcards.
	b.WriteString(`(assert (str.in_re action (re.++ (re.+ (re.diff re.allchar (re.union (str.to_re ":") (str.to_re "*") (str.to_re "?") (re.range "A" "Z")))) (str.to_re ":")
  (re.+ (re.diff re.allchar (re.union (str.to_re "*") (str.to_re "?") (re.range "A" "Z")))))))` + "\n")
	b.WriteString("(assert (not (= action \"sts:getcalleridentity\")))\n")
	names := make([]string, 0, len(t.keys))
	for name := range t.keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		// 0: the key is absent, 1: it has one text, 2: it is multi-valued.
		fmt.Fprintf(&b, "(declare-const |shape %[1]s| Int)\n(assert (and (<= 0 |shape %[1]s|) (<= |shape %[1]s| 2)))\n", name)
		switch t.keys[name] {
		case "text":
			fmt.Fprintf(&b, "(declare-const |text %s| String)\n", name)
		case "number":
			fmt.Fprintf(&b, "(declare-const |number %[1]s| Real)\n(declare-const |is %[1]s| Bool)\n", name)
		case "address":
			fmt.Fprintf(&b, "(declare-const |address %[1]s| (_ BitVec 32))\n(declare-const |is %[1]s| Bool)\n", name)
		}
	}
	fmt.Fprintf(&b, "(assert %s)\n(assert (not %s))\n(check-sat)\n", l, r)
	return b.String(), true
}

type untold string

// errUntold stops a translation.
const errUntold = untold("it cannot be told")

type translator struct {
	keys map[string]string // folded name → text, number, address, or presence
}

func (t *translator) document(d *policy.Document) string {
	var allows, denies []string
	for i := range d.Statements {
		s := t.statement(&d.Statements[i], d.Variables())
		if d.Statements[i].Effect == policy.Allow {
			allows = append(allows, s)
		} else {
			denies = append(denies, s)
		}
	}
	return fmt.Sprintf("(and %s (not %s))", anyOf(allows), anyOf(denies))
}

func anyOf(list []string) string {
	switch len(list) {
	case 0:
		return "false"
	case 1:
		return list[0]
	}
	return "(or " + strings.Join(list, " ") + ")"
}

func (t *translator) statement(s *policy.Statement, variables bool) string {
	parts := []string{"true"}
	if !s.Action.Present() || !s.Resource.Present() {
		return "false"
	}
	var in []string
	for _, v := range s.Action.Items {
		in = append(in, fmt.Sprintf("(str.in_re action %s)", pattern(strings.ToLower(v.Text), "re.allchar")))
	}
	parts = append(parts, not(anyOf(in), s.Action.Not))
	in = nil
	for _, v := range s.Resource.Items {
		if v.Kind == policy.Null {
			continue
		}
		if variables && strings.Contains(v.Text, "${") {
			panic(errUntold)
		}
		in = append(in, fmt.Sprintf("(str.in_re resource %s)", resource(v.Text)))
	}
	parts = append(parts, not(anyOf(in), s.Resource.Not))
	for _, b := range s.Condition.Blocks {
		for i := range b.Keys {
			parts = append(parts, t.test(b.Operator, &b.Keys[i], variables))
		}
	}
	return "(and " + strings.Join(parts, " ") + ")"
}

func not(s string, is bool) string {
	if is {
		return "(not " + s + ")"
	}
	return s
}

// pattern is a text with wildcards as a regular expression, one as what a wildcard stands for.
func pattern(text, one string) string {
	parts := []string{`(str.to_re "")`}
	plain := ""
	flush := func() {
		if plain != "" {
			parts = append(parts, fmt.Sprintf("(str.to_re %s)", literal(plain)))
			plain = ""
		}
	}
	for _, r := range text {
		switch r {
		case '*':
			flush()
			parts = append(parts, "(re.* "+one+")")
		case '?':
			flush()
			parts = append(parts, one)
		default:
			plain += string(r)
		}
	}
	flush()
	if len(parts) == 1 {
		return parts[0]
	}
	return "(re.++ " + strings.Join(parts, " ") + ")"
}

// literal writes a text as SMT-LIB does.
func literal(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"':
			b.WriteString(`""`)
		case r < 0x20 || r > 0x7e || r == '\\':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

const inPart = `(re.diff re.allchar (str.to_re ":"))`

// resource is a pattern of ARNs of an identity policy (doc/language.md 20–22).
func resource(text string) string {
	if text == "*" {
		return "(re.* re.allchar)"
	}
	parts := strings.SplitN(text, ":", arn.PartCount)
	whole := func(parts []string) string {
		var all []string
		for i, p := range parts {
			one := inPart
			if i == arn.PartCount-1 {
				one = "re.allchar"
			}
			if i > 0 {
				all = append(all, `(str.to_re ":")`)
			}
			all = append(all, pattern(p, one))
		}
		return "(re.++ " + strings.Join(append(all, `(str.to_re "")`), " ") + ")"
	}
	if len(parts) == arn.PartCount {
		return whole(parts)
	}
	// A short one is stretched, or completed.
	var all []string
	for i, p := range parts {
		if i > 0 {
			all = append(all, `(str.to_re ":")`)
		}
		all = append(all, pattern(p, inPart))
		if strings.HasSuffix(p, "*") {
			all = append(all, `(re.opt (re.++ (str.to_re ":") (re.* re.allchar)))`)
		}
	}
	for len(parts) < arn.PartCount {
		parts = append(parts, "*")
	}
	return "(re.union (re.++ " + strings.Join(append(all, `(str.to_re "")`), " ") + ") " + whole(parts) + ")"
}

// use says that a key is compared in a way; a key can be compared in one way only.
func (t *translator) use(name, way string) {
	if old, ok := t.keys[name]; ok && old != way && old != "presence" && way != "presence" {
		panic(errUntold)
	}
	if old, ok := t.keys[name]; !ok || old == "presence" {
		t.keys[name] = way
	}
}

func (t *translator) test(op condition.Operator, k *policy.ConditionKey, variables bool) string {
	name := strings.ToLower(k.Key.Text)
	switch name {
	case "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:userid":
		panic(errUntold)
	}
	if op.Set != condition.NoSet || condition.IsMultivalued(condition.NewKey(name)) {
		panic(errUntold)
	}
	shape := "|shape " + name + "|"
	if op.Comparison == condition.Null {
		t.use(name, "presence")
		var in []string
		for _, v := range k.Texts() {
			switch strings.ToLower(v) {
			case "true":
				in = append(in, "(= 0 "+shape+")")
			case "false":
				in = append(in, "(< 0 "+shape+")")
			}
		}
		// A list without texts counts as absent; that a list has texts or none makes no other difference here.
		return anyOf(in)
	}
	var in []string
	for _, v := range k.Texts() {
		if variables && strings.Contains(v, "${") {
			panic(errUntold)
		}
		in = append(in, t.match(op.Comparison, name, v))
	}
	negated := op.Comparison.Negated()
	absent := "false"
	if negated || op.IfExists {
		absent = "true"
	}
	many := "false"
	if negated {
		many = "true"
	}
	return fmt.Sprintf("(ite (= 0 %s) %s (ite (= 2 %s) %s %s))", shape, absent, shape, many, not(anyOf(in), negated))
}

// match is that a key's one text is matched by a value, by the positive form of a comparison.
func (t *translator) match(c condition.Comparison, name, v string) string {
	switch c.Family() {
	case condition.TextFamily:
		t.use(name, "text")
		return fmt.Sprintf("(= |text %s| %s)", name, literal(v))
	case condition.LikeFamily:
		t.use(name, "text")
		return fmt.Sprintf("(str.in_re |text %s| %s)", name, pattern(v, "re.allchar"))
	case condition.BoolFamily:
		t.use(name, "text")
		if v = strings.ToLower(v); v != "true" && v != "false" {
			return "false"
		}
		var all []string
		for _, r := range v {
			all = append(all, fmt.Sprintf("(re.union (str.to_re %q) (str.to_re %q))", string(r), strings.ToUpper(string(r))))
		}
		return fmt.Sprintf("(str.in_re |text %s| (re.++ %s))", name, strings.Join(all, " "))
	case condition.ARNFamily:
		t.use(name, "text")
		parts := strings.SplitN(v, ":", arn.PartCount)
		if len(parts) < arn.PartCount {
			return "false"
		}
		return fmt.Sprintf("(str.in_re |text %s| %s)", name, resource(v))
	case condition.NumericFamily:
		n, err := strconv.Atoi(v)
		if err != nil {
			panic(errUntold)
		}
		t.use(name, "number")
		value := strconv.Itoa(n)
		if n < 0 {
			value = "(- " + strconv.Itoa(-n) + ")"
		}
		operator := map[condition.Comparison]string{condition.NumericEquals: "=", condition.NumericNotEquals: "=", condition.NumericLessThan: "<", condition.NumericLessThanEquals: "<=",
			condition.NumericGreaterThan: ">", condition.NumericGreaterThanEquals: ">="}[c]
		return fmt.Sprintf("(and |is %[1]s| (%[2]s |number %[1]s| %[3]s))", name, operator, value)
	case condition.AddressFamily:
		p, err := netip.ParsePrefix(v)
		if a, e := netip.ParseAddr(v); e == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || !p.Addr().Is4() {
			panic(errUntold)
		}
		t.use(name, "address")
		if p.Bits() == 0 {
			return fmt.Sprintf("|is %s|", name)
		}
		b := p.Masked().Addr().As4()
		bits := fmt.Sprintf("%08b%08b%08b%08b", b[0], b[1], b[2], b[3])[:p.Bits()]
		return fmt.Sprintf("(and |is %[1]s| (= ((_ extract 31 %[2]d) |address %[1]s|) #b%[3]s))", name, 32-p.Bits(), bits)
	}
	panic(errUntold)
}

package authz_test

// The naive judge: a second evaluator of the policy language, written from the specification (evaluation.md,
// policy-language.md) and doc/language.md alone. It is the yardstick the fast judge is measured with, so it shares no
// code with it, keeps no index, compiles nothing, and prefers the sentence of the specification to any cleverness.
// "rule 12" in the comments below is the numbered rule 12 of doc/language.md.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// naiveDecide judges one case in the case format. It answers "Allow", "ExplicitDeny" or "ImplicitDeny", and the layer
// that decided: "scp", "rcp", "endpoint", "resource" (a trust policy too), "identity", "boundary", "session", "acl",
// or "" where no policy decided.
func naiveDecide(caseJSON []byte) (decision, layer string) {
	return readNaiveCase(caseJSON).decide()
}

// naiveCase is a case as read, with the caller worked out and the derived keys added to the context.
type naiveCase struct {
	caller          naiveCaller
	action          string // in small letters: actions compare without regard to case (policy-language.md §3)
	resource        string
	resourceAccount string
	management      string
	context         map[string]naiveValues // by key in small letters (rule 4)

	identity, session  []naiveDocument
	sessionPassed      bool // `[]` is a session policy that allows nothing, `null` is none (design: the case format)
	boundary           *naiveDocument
	resourcePolicy     *naiveDocument
	endpoint           *naiveDocument
	scp, rcp           [][]naiveDocument
	acl                []any
	trust              bool // the resource policy is a role's trust policy (rule 32)
	needResourcePolicy bool // evaluation.md §2.1: "service requires resource policy (role trust, KMS key)"
}

// naiveValues is what the request carries under one key.
type naiveValues struct {
	texts []string
	multi bool // rule 1: a list, or a key AWS defines as multi-valued
}

// naiveCaller is the principal of evaluation.md §1.
type naiveCaller struct {
	kind          string // "root", "user", "role", "federated", "service", "provider" or "anonymous"
	name          string // the principal as the case gives it
	account       string // empty for services, providers and anonymous callers
	roleARN       string // of a role session: the role, with its path
	sessionARN    string // of a role or federated session, where known
	userARN       string // of a user; of a federated session, where known
	canonical     string
	asksTrust     bool   // the request is for a role, which has a trust policy (rule 27)
	uniqueID      string // AIDA… or AROA…, as far as aws:userid tells it (rule 26)
	provider      string // aws:FederatedProvider of a session (rule 27)
	assumedRoot   bool
	serviceLinked bool
	bounded       bool
}

// naiveDocument is a policy document: whether ${…} is a variable in it, and its statements.
type naiveDocument struct {
	variables  bool
	statements []map[string]any
}

// naiveLevel says how closely a resource policy's statement names the caller (evaluation.md §2.1, "rp").
type naiveLevel int

const (
	levelNone    naiveLevel = iota
	levelAccount            // the caller's account
	levelRole               // ROLE and USERFED: the role of the session, the user behind a federated session
	levelDirect             // the caller itself, or everyone
)

// naiveKind says which sort of policy a document is; matching differs a little between them.
type naiveKind int

const (
	kindIdentity naiveKind = iota // also boundary and session policies
	kindSCP
	kindRCP
	kindEndpoint
	kindResource // also trust policies
)

// ---- Decision ----

// decide follows evaluation.md §2.1 from top to bottom.
func (c *naiveCase) decide() (decision, layer string) {
	who := &c.caller

	// "if action == sts:GetCallerIdentity and caller authenticated: allow, before everything, even explicit denies"
	if c.action == "sts:getcalleridentity" && who.kind != "anonymous" {
		return "Allow", ""
	}
	// Rule 31. No policy decides here, so no layer is named.
	if c.action == "sts:assumerole" && who.kind == "root" {
		return "ImplicitDeny", ""
	}

	scp, rcp := c.scp, c.rcp
	if who.account == "" || who.account == c.management || who.serviceLinked {
		scp = nil
	}
	service, _, _ := strings.Cut(c.action, ":")
	assumesServiceLinked := c.trust && strings.Contains(c.resource, ":role/aws-service-role/")
	if !naiveRCPServices[service] || c.action == "kms:retiregrant" || who.serviceLinked || assumesServiceLinked ||
		c.management != "" && c.resourceAccount == c.management {
		rcp = nil
	}
	// evaluation.md §1: root has neither identity policies nor a boundary, services and anonymous callers have only
	// resource policies; §5: a boundary does not limit a service-linked role.
	identity, boundary, session, sessionPassed := c.identity, c.boundary, c.session, c.sessionPassed
	if !who.bounded {
		boundary = nil
	}
	if who.kind == "root" {
		identity = nil
	}
	if who.account == "" {
		identity, session, sessionPassed = nil, nil, false
	}

	// Explicit denies, in the order of rule 38.
	switch {
	case c.levelsDeny(scp, kindSCP):
		return "ExplicitDeny", "scp"
	case c.levelsDeny(rcp, kindRCP):
		return "ExplicitDeny", "rcp"
	case c.endpoint != nil && c.any("Deny", kindEndpoint, *c.endpoint):
		return "ExplicitDeny", "endpoint"
	case c.resourcePolicy != nil && c.any("Deny", kindResource, *c.resourcePolicy):
		return "ExplicitDeny", "resource"
	case c.any("Deny", kindIdentity, identity...):
		return "ExplicitDeny", "identity"
	case boundary != nil && c.any("Deny", kindIdentity, *boundary):
		return "ExplicitDeny", "boundary"
	case c.any("Deny", kindIdentity, session...):
		return "ExplicitDeny", "session"
	}

	// "deny if an SCP level has no Allow; same for RCP levels; same for the VPCE policy"
	switch {
	case !c.levelsAllow(scp, kindSCP):
		return "ImplicitDeny", "scp"
	case !c.levelsAllow(rcp, kindRCP):
		return "ImplicitDeny", "rcp"
	case c.endpoint != nil && !c.any("Allow", kindEndpoint, *c.endpoint):
		return "ImplicitDeny", "endpoint"
	}

	// "rp = best match of Allow statements in resource policy"; an ACL grants like a resource policy (rule 37).
	rp, granting := levelNone, "resource"
	if c.resourcePolicy != nil {
		rp = c.best("Allow", kindResource, *c.resourcePolicy)
	}
	if byACL := c.aclLevel(); byACL > rp {
		rp, granting = byACL, "acl"
	}

	// "service principal, anonymous: allow if rp == DIRECT"; rule 33: same or cross account does not arise for them.
	if who.account == "" {
		if rp == levelDirect {
			return "Allow", granting
		}
		return "ImplicitDeny", "resource"
	}

	id := who.kind == "root" || c.any("Allow", kindIdentity, identity...)
	pb := boundary == nil || c.any("Allow", kindIdentity, *boundary)
	sp := !sessionPassed && who.kind != "federated" && !who.assumedRoot // rules 34 and 36
	if sessionPassed {
		sp = c.any("Allow", kindIdentity, session...)
	}
	// firstMissing names the first of the three that does not allow.
	firstMissing := func(needIdentity bool) string {
		switch {
		case needIdentity && !id:
			return "identity"
		case !pb:
			return "boundary"
		case !sp:
			return "session"
		}
		return ""
	}

	if who.account != c.resourceAccount {
		if rp == levelNone {
			return "ImplicitDeny", "resource"
		}
		if missing := firstMissing(true); missing != "" {
			return "ImplicitDeny", missing
		}
		return "Allow", granting
	}
	if c.needResourcePolicy && rp == levelNone {
		return "ImplicitDeny", "resource"
	}
	switch {
	case who.kind == "root":
		if !sp {
			return "ImplicitDeny", "session"
		}
		if c.needResourcePolicy {
			return "Allow", granting
		}
		return "Allow", "identity"
	case rp == levelDirect:
		return "Allow", granting
	case rp == levelRole:
		if missing := firstMissing(false); missing != "" {
			return "ImplicitDeny", missing
		}
		return "Allow", granting
	}
	if missing := firstMissing(true); missing != "" {
		return "ImplicitDeny", missing
	}
	if c.needResourcePolicy {
		return "Allow", granting
	}
	return "Allow", "identity"
}

// levelsDeny reports whether any policy of any level denies.
func (c *naiveCase) levelsDeny(levels [][]naiveDocument, kind naiveKind) bool {
	return slices.ContainsFunc(levels, func(level []naiveDocument) bool { return c.any("Deny", kind, level...) })
}

// levelsAllow reports whether every level holds an Allow (evaluation.md §6).
func (c *naiveCase) levelsAllow(levels [][]naiveDocument, kind naiveKind) bool {
	return !slices.ContainsFunc(levels, func(level []naiveDocument) bool { return !c.any("Allow", kind, level...) })
}

// any reports whether a statement with the effect matches in one of the documents.
func (c *naiveCase) any(effect string, kind naiveKind, documents ...naiveDocument) bool {
	return c.best(effect, kind, documents...) != levelNone
}

// best is the closest match among the statements with the effect. Documents without principals match directly.
func (c *naiveCase) best(effect string, kind naiveKind, documents ...naiveDocument) naiveLevel {
	best := levelNone
	for _, document := range documents {
		for _, statement := range document.statements {
			if statement["Effect"] != effect || !c.actionMatches(statement) ||
				!c.resourceMatches(statement, kind, document.variables) {
				continue
			}
			level := c.principalLevel(statement, kind)
			if level > best && c.conditionHolds(statement["Condition"], document.variables) {
				best = level
			}
		}
	}
	return best
}

// ---- Actions ----

// actionMatches obeys policy-language.md §3; a statement with neither element matches nothing (rule 23).
func (c *naiveCase) actionMatches(statement map[string]any) bool {
	matches := func(entries any) bool {
		return slices.ContainsFunc(naiveList(entries), func(entry any) bool {
			pattern, isText := entry.(string)
			if !isText {
				return false
			}
			tokens, _ := naiveTokens(naiveLower(pattern), nil)
			return naiveGlob(tokens, []rune(c.action))
		})
	}
	if entries, present := statement["Action"]; present {
		return matches(entries)
	}
	if entries, present := statement["NotAction"]; present {
		return !matches(entries)
	}
	return false
}

// ---- Resources ----

// resourceMatches obeys policy-language.md §4 and rule 23.
func (c *naiveCase) resourceMatches(statement map[string]any, kind naiveKind, variables bool) bool {
	matches := func(entries any) bool {
		return slices.ContainsFunc(naiveList(entries), func(entry any) bool {
			pattern, isText := entry.(string) // a null in the list matches nothing (rule 22)
			return isText && c.resourceEntryMatches(pattern, kind, variables)
		})
	}
	if entries, present := statement["Resource"]; present {
		return matches(entries)
	}
	if entries, present := statement["NotResource"]; present {
		return !matches(entries)
	}
	return kind == kindResource
}

// resourceEntryMatches holds one pattern against the requested resource (rules 18 to 22).
func (c *naiveCase) resourceEntryMatches(pattern string, kind naiveKind, variables bool) bool {
	if pattern == "*" {
		return true
	}
	if text, found, whole := c.wholeVariable(pattern, variables); whole {
		return found && text == c.resource
	}
	tokens, resolved := naiveTokens(pattern, c.lookup(variables))
	if !resolved {
		return false
	}
	parts := naiveSplit(tokens, -1)
	if len(parts) >= 6 {
		return naiveSixMatch(naiveSplit(tokens, 6), c.resource)
	}

	// Rule 21, stretched: the pattern's parts stand for the value's parts in order.
	if naiveStretched(parts, strings.Split(c.resource, ":")) {
		return true
	}
	// Rule 21, completed: the missing parts are `*`.
	wild := slices.ContainsFunc(tokens, func(t naiveToken) bool { return t.wild != 0 })
	if kind != kindIdentity && !wild {
		return false
	}
	for len(parts) < 6 {
		parts = append(parts, []naiveToken{{wild: '*'}})
	}
	return naiveSixMatch(parts, c.resource)
}

// wholeVariable is for a pattern that is one variable and nothing else: it stands for a whole ARN (rule 19).
func (c *naiveCase) wholeVariable(pattern string, variables bool) (text string, found, whole bool) {
	if !variables || !strings.HasPrefix(pattern, "${") || strings.IndexByte(pattern, '}') != len(pattern)-1 {
		return "", false, false
	}
	inner := pattern[2 : len(pattern)-1]
	if inner == "*" || inner == "?" || inner == "$" {
		return "", false, false
	}
	text, found = naiveVariable(inner, c.single)
	return text, found, true
}

// naiveSixMatch matches six parts one by one; the sixth of the value is all that is left (rule 20).
func naiveSixMatch(pattern [][]naiveToken, value string) bool {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) < 6 {
		return false
	}
	for i := range parts {
		if !naiveGlob(pattern[i], []rune(parts[i])) {
			return false
		}
	}
	return true
}

// naiveStretched lets each part of the pattern stand for one part of the value, and a part that ends with `*` for one
// or several: then only that last `*` runs over the colons (policy-language.md §4, "Trailing `*` of a segment").
func naiveStretched(pattern [][]naiveToken, value []string) bool {
	if len(pattern) == 0 {
		return len(value) == 0
	}
	if len(value) == 0 || !naiveGlob(pattern[0], []rune(value[0])) {
		return false
	}
	if naiveStretched(pattern[1:], value[1:]) {
		return true
	}
	if n := len(pattern[0]); n == 0 || pattern[0][n-1].wild != '*' {
		return false
	}
	for taken := 2; taken <= len(value); taken++ {
		if naiveStretched(pattern[1:], value[taken:]) {
			return true
		}
	}
	return false
}

// ---- Wildcards and variables ----

// naiveToken is one character of a pattern: a wildcard, or a character to be found literally.
type naiveToken struct {
	wild     rune // '*', '?' or 0
	char     rune
	inserted bool // the value of a variable, a default or an escape: never a separator (rule 19)
}

// naiveTokens reads a pattern. With a nil lookup `${` is plain text (rule 16). Resolved is false if a variable has no
// value and no default; the entry then matches nothing (rule 18).
func naiveTokens(pattern string, lookup func(key string) (string, bool)) (tokens []naiveToken, resolved bool) {
	tokens = make([]naiveToken, 0, len(pattern))
	rest := pattern
	for rest != "" {
		if lookup != nil && strings.HasPrefix(rest, "${") {
			if inner, after, closed := strings.Cut(rest[2:], "}"); closed {
				text, found := naiveVariable(inner, lookup)
				if !found {
					return nil, false
				}
				for _, r := range text {
					tokens = append(tokens, naiveToken{char: r, inserted: true})
				}
				rest = after
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		if r == '*' || r == '?' {
			tokens = append(tokens, naiveToken{wild: r})
		} else {
			tokens = append(tokens, naiveToken{char: r})
		}
	}
	return tokens, true
}

// naiveVariable is the text that stands for what is between the braces (policy-language.md §6).
func naiveVariable(inner string, lookup func(string) (string, bool)) (string, bool) {
	if inner == "*" || inner == "?" || inner == "$" {
		return inner, true
	}
	// `key, 'default'`: comma, blanks, single quotes.
	for i := range inner {
		if inner[i] != ',' {
			continue
		}
		after := strings.TrimLeft(inner[i+1:], " ")
		if len(after) >= 2 && after[0] == '\'' && after[len(after)-1] == '\'' {
			if text, found := lookup(inner[:i]); found {
				return text, true
			}
			return after[1 : len(after)-1], true
		}
	}
	return lookup(inner)
}

// lookup gives variables their values: single-valued keys of the request only (rule 18). Nil where variables are not
// enabled.
func (c *naiveCase) lookup(variables bool) func(string) (string, bool) {
	if !variables {
		return nil
	}
	return c.single
}

// single is the value of a key that is present and single-valued.
func (c *naiveCase) single(key string) (string, bool) {
	values, present := c.context[naiveLower(key)]
	if !present || values.multi {
		return "", false
	}
	return values.texts[0], true
}

// naiveSplit cuts a pattern at its own colons, into at most n parts (all of them for -1); colons inside `${…}` and in
// what was put in there do not separate (rules 17 and 19).
func naiveSplit(tokens []naiveToken, n int) [][]naiveToken {
	var parts [][]naiveToken
	start := 0
	for i, t := range tokens {
		if len(parts)+1 == n {
			break
		}
		if t.wild == 0 && t.char == ':' && !t.inserted {
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
	}
	return append(parts, tokens[start:])
}

// naiveGlob reports whether the pattern matches the whole text. It walks the pattern and keeps the set of places in
// the text that can have been reached so far.
func naiveGlob(pattern []naiveToken, text []rune) bool {
	at, next := make([]int, 1, len(text)+1), make([]int, 0, len(text)+1)
	for _, t := range pattern {
		next = next[:0]
		switch t.wild {
		case '*':
			for place := at[0]; place <= len(text); place++ {
				next = append(next, place)
			}
		case '?':
			for _, place := range at {
				if place < len(text) {
					next = append(next, place+1)
				}
			}
		default:
			for _, place := range at {
				if place < len(text) && text[place] == t.char {
					next = append(next, place+1)
				}
			}
		}
		if len(next) == 0 {
			return false
		}
		at, next = next, at
	}
	return at[len(at)-1] == len(text)
}

// naivePlain is the text of a pattern in which wildcards mean nothing: `*` and `?` are themselves.
func naivePlain(tokens []naiveToken) string {
	var text strings.Builder
	for _, t := range tokens {
		if t.wild != 0 {
			text.WriteRune(t.wild)
		} else {
			text.WriteRune(t.char)
		}
	}
	return text.String()
}

// ---- Principals ----

// principalLevel says how a statement names the caller: directly in policies that carry no principal (rule 23).
func (c *naiveCase) principalLevel(statement map[string]any, kind naiveKind) naiveLevel {
	if kind == kindIdentity || kind == kindSCP {
		return levelDirect
	}
	trust := kind == kindResource && c.trust
	allow := statement["Effect"] == "Allow"
	if principal, present := statement["Principal"]; present {
		return c.caller.named(principal, trust, allow)
	}
	if principal, present := statement["NotPrincipal"]; present {
		if allow {
			// Rule 29: "grants to whoever matches no entry, at the level of `*`".
			if c.caller.named(principal, trust, true) == levelNone {
				return c.caller.everyone(trust, true)
			}
			return levelNone
		}
		if c.caller.spared(principal, trust) {
			return levelNone
		}
		return levelDirect
	}
	return levelNone
}

// everyone is the level of `*` (rule 24).
func (w *naiveCaller) everyone(trust, allow bool) naiveLevel {
	if trust && allow && (w.kind == "anonymous" || w.kind == "provider") {
		return levelNone
	}
	return levelDirect
}

// named is the closest match among the entries of a Principal element (policy-language.md §2).
func (w *naiveCaller) named(principal any, trust, allow bool) naiveLevel {
	best := levelNone
	naiveEntries(principal, func(key, entry string) {
		best = max(best, w.entryLevel(key, entry, trust, allow))
	})
	return best
}

func (w *naiveCaller) entryLevel(key, entry string, trust, allow bool) naiveLevel {
	switch key {
	case "AWS":
		switch {
		case entry == "*":
			return w.everyone(trust, allow)
		case w.isAccount(entry):
			if w.kind == "root" {
				return levelDirect // "root ARN for root"
			}
			return levelAccount
		case w.kind == "service" && entry == w.name: // an origin access identity of CloudFront
			return levelDirect
		case w.isUser(entry):
			if w.kind == "federated" {
				return levelRole // USERFED
			}
			return levelDirect
		case w.isRole(entry):
			return levelRole
		case w.isSession(entry):
			return levelDirect
		}
	case "Service":
		if w.kind == "service" && entry == w.name {
			return levelDirect
		}
	case "Federated":
		switch {
		case w.asksTrust && w.kind == "provider" && entry == w.name:
			return levelDirect
		case !w.asksTrust && w.provider != "" && entry == w.provider:
			return levelRole // rule 27: limited like a grant to the role
		}
	case "CanonicalUser":
		if w.account != "" && w.canonical != "" && entry == w.canonical {
			if w.kind == "root" {
				return levelDirect
			}
			return levelAccount
		}
	}
	return levelNone
}

// isAccount: the account's number, or its root ARN in any partition (rule 25).
func (w *naiveCaller) isAccount(entry string) bool {
	if w.account == "" {
		return false
	}
	if entry == w.account {
		return true
	}
	parts := strings.SplitN(entry, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[3] == "" && parts[4] == w.account &&
		parts[5] == "root"
}

func (w *naiveCaller) isUser(entry string) bool {
	return w.userARN != "" && entry == w.userARN || w.kind == "user" && w.uniqueID != "" && entry == w.uniqueID
}

func (w *naiveCaller) isRole(entry string) bool {
	return w.kind == "role" && (entry == w.roleARN || w.uniqueID != "" && entry == w.uniqueID)
}

func (w *naiveCaller) isSession(entry string) bool {
	return w.sessionARN != "" && entry == w.sessionARN
}

// spared reports whether a Deny with this NotPrincipal leaves the caller alone (rule 29; evaluation.md §5).
func (w *naiveCaller) spared(principal any, trust bool) bool {
	if w.bounded {
		return false
	}
	var everyone, account, user, role, session, itself bool
	naiveEntries(principal, func(key, entry string) {
		switch key {
		case "AWS":
			everyone = everyone || entry == "*" && w.everyone(trust, false) != levelNone
			account = account || w.isAccount(entry)
			user = user || w.isUser(entry)
			role = role || w.isRole(entry)
			session = session || w.isSession(entry)
			itself = itself || w.kind == "service" && entry == w.name
		case "CanonicalUser":
			account = account || w.account != "" && w.canonical != "" && entry == w.canonical
		case "Service":
			itself = itself || w.kind == "service" && entry == w.name
		case "Federated":
			itself = itself || w.asksTrust && w.kind == "provider" && entry == w.name
		}
	})
	if everyone {
		return true
	}
	switch w.kind {
	case "root":
		return account
	case "user":
		return account && user
	case "role": // a session whose name is unknown cannot be listed
		return account && role && session
	case "federated":
		return account && (user || w.userARN == "") && session
	case "service", "provider":
		return itself
	}
	return false
}

// naiveEntries visits the entries of a principal element. "*" is the same as {"AWS":"*"} (rule 24).
func naiveEntries(principal any, visit func(key, entry string)) {
	if principal == "*" {
		visit("AWS", "*")
	}
	byKey, _ := principal.(map[string]any)
	for key, entries := range byKey {
		for _, entry := range naiveList(entries) {
			if text, isText := entry.(string); isText {
				visit(key, text)
			}
		}
	}
}

// ---- Access control lists ----

// naiveACLActions is S3's published table: what a permission lets one do to a bucket and to an object.
var naiveACLActions = map[string]map[string][]string{
	"READ": {
		"bucket": {"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"},
		"object": {"s3:getobject", "s3:getobjectversion"},
	},
	"WRITE": {
		"object": {"s3:putobject", "s3:deleteobject", "s3:deleteobjectversion"},
	},
	"READ_ACP": {
		"bucket": {"s3:getbucketacl"},
		"object": {"s3:getobjectacl", "s3:getobjectversionacl"},
	},
	"WRITE_ACP": {
		"bucket": {"s3:putbucketacl"},
		"object": {"s3:putobjectacl", "s3:putobjectversionacl"},
	},
}

// aclLevel is the closest grant of the access control list (rule 37).
func (c *naiveCase) aclLevel() naiveLevel {
	parts := strings.SplitN(c.resource, ":", 6)
	if len(parts) < 6 || parts[2] != "s3" {
		return levelNone
	}
	what := "bucket"
	if strings.Contains(parts[5], "/") {
		what = "object"
	}
	best := levelNone
	for _, entry := range c.acl {
		grant := entry.(map[string]any)
		permission, _ := grant["permission"].(string)
		granted := slices.Contains(naiveACLActions[permission][what], c.action)
		if permission == "FULL_CONTROL" {
			for _, byResource := range naiveACLActions {
				granted = granted || slices.Contains(byResource[what], c.action)
			}
		}
		if !granted {
			continue
		}
		switch grantee := grant["grantee"].(string); {
		case grantee == "AllUsers", grantee == "AuthenticatedUsers" && c.caller.kind != "anonymous" && c.caller.kind != "provider":
			best = max(best, levelDirect)
		case len(grantee) == 12:
			best = max(best, c.caller.entryLevel("AWS", grantee, false, true))
		default:
			best = max(best, c.caller.entryLevel("CanonicalUser", grantee, false, true))
		}
	}
	return best
}

// ---- Conditions ----

// naiveOperators lists the operators by name in small letters: the test they make and whether they are negated
// (policy-language.md §5.1).
var naiveOperators = map[string]struct {
	test    string
	negated bool
}{
	"stringequals":              {"stringequals", false},
	"stringnotequals":           {"stringequals", true},
	"stringequalsignorecase":    {"stringequalsignorecase", false},
	"stringnotequalsignorecase": {"stringequalsignorecase", true},
	"stringlike":                {"stringlike", false},
	"stringnotlike":             {"stringlike", true},
	"numericequals":             {"numericequals", false},
	"numericnotequals":          {"numericequals", true},
	"numericlessthan":           {"numericlessthan", false},
	"numericlessthanequals":     {"numericlessthanequals", false},
	"numericgreaterthan":        {"numericgreaterthan", false},
	"numericgreaterthanequals":  {"numericgreaterthanequals", false},
	"dateequals":                {"dateequals", false},
	"datenotequals":             {"dateequals", true},
	"datelessthan":              {"datelessthan", false},
	"datelessthanequals":        {"datelessthanequals", false},
	"dategreaterthan":           {"dategreaterthan", false},
	"dategreaterthanequals":     {"dategreaterthanequals", false},
	"bool":                      {"bool", false},
	"binaryequals":              {"binaryequals", false},
	"ipaddress":                 {"ipaddress", false},
	"notipaddress":              {"ipaddress", true},
	"arnequals":                 {"arnlike", false}, // ArnEquals ≡ ArnLike
	"arnnotequals":              {"arnlike", true},
	"arnlike":                   {"arnlike", false},
	"arnnotlike":                {"arnlike", true},
}

// conditionHolds is AND over operators and over keys; a missing block is true (policy-language.md §5). An operator
// with an empty object, known or not, asks for nothing (rule 6).
func (c *naiveCase) conditionHolds(condition any, variables bool) bool {
	block, _ := condition.(map[string]any)
	for operator, byKey := range block {
		for key, values := range byKey.(map[string]any) {
			if !c.testHolds(operator, key, naiveList(values), variables) {
				return false
			}
		}
	}
	return true
}

// testHolds evaluates one operator on one key: the table "Operators" of doc/language.md.
func (c *naiveCase) testHolds(operator, key string, policyValues []any, variables bool) bool {
	request, present := c.context[naiveLower(key)]

	name := naiveLower(operator)
	name, forAll := strings.CutPrefix(name, "forallvalues:")
	name, forAny := strings.CutPrefix(name, "foranyvalue:")
	if name == "null" {
		absent := !present || len(request.texts) == 0 // rule 3
		return slices.ContainsFunc(policyValues, func(value any) bool {
			text := naiveLower(naiveText(value)) // rule 10
			return text == "true" && absent || text == "false" && !absent
		})
	}
	name, ifExists := strings.CutSuffix(name, "ifexists")
	op, known := naiveOperators[name]
	if !known {
		panic(fmt.Sprintf("unknown operator %q with content", operator)) // refused on create (policy-language.md §7)
	}

	if !present {
		switch {
		case forAll:
			return true
		case forAny:
			return ifExists
		}
		return ifExists || op.negated
	}
	// matches is m(p): p matches some value of the policy by the positive test.
	matches := func(p string) bool {
		return slices.ContainsFunc(policyValues, func(value any) bool {
			return c.valueMatches(op.test, p, naiveText(value), variables)
		})
	}
	switch {
	case forAll:
		for _, p := range request.texts {
			if matches(p) == op.negated {
				return false
			}
		}
		return true
	case forAny:
		for _, p := range request.texts {
			if matches(p) != op.negated {
				return true
			}
		}
		return false
	case request.multi:
		return op.negated // rule 2
	}
	return matches(request.texts[0]) != op.negated
}

// valueMatches makes the positive test on one value of the request and one of the policy. What does not parse for the
// test matches nothing (rule 14).
func (c *naiveCase) valueMatches(test, request, value string, variables bool) bool {
	switch test {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnlike", "bool": // those with variables (rule 17)
		tokens, resolved := naiveTokens(value, c.lookup(variables))
		if !resolved {
			return false // rule 18
		}
		switch test {
		case "stringequals":
			return request == naivePlain(tokens)
		case "stringequalsignorecase":
			return strings.EqualFold(request, naivePlain(tokens)) // rule 11
		case "stringlike":
			return naiveGlob(tokens, []rune(request))
		case "arnlike": // rule 12
			if text, found, whole := c.wholeVariable(value, variables); whole {
				return found && text == request && strings.Count(request, ":") >= 5
			}
			parts := naiveSplit(tokens, 6)
			return len(parts) == 6 && naiveSixMatch(parts, request)
		}
		word := naiveLower(naivePlain(tokens))
		return (word == "true" || word == "false") && naiveLower(request) == word // rule 10
	case "binaryequals":
		return naiveBase64(request) && naiveBase64(value) && request == value // rule 10
	case "ipaddress":
		return naiveInRange(request, value)
	}

	var order int
	var parsed bool
	relation, isNumber := strings.CutPrefix(test, "numeric")
	if isNumber {
		order, parsed = naiveCompareNumbers(request, value)
	} else {
		relation = strings.TrimPrefix(test, "date")
		order, parsed = naiveCompareDates(request, value)
	}
	if !parsed {
		return false
	}
	switch relation { // the request's value is on the left (policy-language.md §5.1)
	case "equals":
		return order == 0
	case "lessthan":
		return order < 0
	case "lessthanequals":
		return order <= 0
	case "greaterthan":
		return order > 0
	case "greaterthanequals":
		return order >= 0
	}
	panic("no test " + test)
}

// ---- Numbers ----

// naiveNumber is sign × 0.digits × 10^exponent, digits without zeros at either end and empty for zero. Kept this way, numbers
// of any size compare exactly without being written out (rule 7).
type naiveNumber struct {
	sign     int
	digits   string
	exponent *big.Int
}

func naiveParseNumber(text string) (naiveNumber, bool) {
	n := naiveNumber{sign: 1, exponent: new(big.Int)}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		if text[0] == '-' {
			n.sign = -1
		}
		text = text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		power := text[i+1:]
		unsigned := strings.TrimPrefix(power, "+")
		if unsigned == power {
			unsigned = strings.TrimPrefix(power, "-")
		}
		if !naiveDigits(unsigned) {
			return n, false
		}
		n.exponent.SetString(power, 10)
		text = text[:i]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole+fraction == "" || !naiveDigits("0"+whole+fraction) {
		return n, false
	}
	n.exponent.Add(n.exponent, big.NewInt(int64(len(whole))))
	n.digits = whole + fraction
	for strings.HasPrefix(n.digits, "0") {
		n.digits = n.digits[1:]
		n.exponent.Sub(n.exponent, big.NewInt(1))
	}
	n.digits = strings.TrimRight(n.digits, "0")
	if n.digits == "" { // zero has one form, whatever its sign and exponent
		n.sign, n.exponent = 0, new(big.Int)
	}
	return n, true
}

func naiveCompareNumbers(a, b string) (order int, parsed bool) {
	x, xParsed := naiveParseNumber(a)
	y, yParsed := naiveParseNumber(b)
	if !xParsed || !yParsed {
		return 0, false
	}
	if x.sign != y.sign {
		return x.sign - y.sign, true
	}
	order = x.exponent.Cmp(y.exponent)
	if order == 0 {
		order = strings.Compare(x.digits, y.digits)
	}
	return x.sign * order, true
}

// naiveDigits reports whether the text is one or more ASCII digits.
func naiveDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// ---- Dates ----

// naiveInstant is seconds since 1970 and nanoseconds after them.
type naiveInstant struct{ seconds, nanoseconds int64 }

func naiveCompareDates(a, b string) (order int, parsed bool) {
	x, xParsed := naiveParseDate(a)
	y, yParsed := naiveParseDate(b)
	if !xParsed || !yParsed {
		return 0, false
	}
	switch {
	case x.seconds < y.seconds, x.seconds == y.seconds && x.nanoseconds < y.nanoseconds:
		return -1, true
	case x == y:
		return 0, true
	}
	return 1, true
}

// naiveParseDate reads the forms of rule 8.
func naiveParseDate(text string) (naiveInstant, bool) {
	var none naiveInstant
	if naiveDigits(text) { // epoch seconds, also where it looks like a year
		n, err := strconv.ParseInt(text, 10, 64)
		return naiveInstant{seconds: n}, err == nil
	}

	// Cut the text apart: date, time of day, offset.
	date, time := text, ""
	hasTime := false
	if i := strings.IndexAny(text, "Tt"); i >= 0 {
		date, time, hasTime = text[:i], text[i+1:], true
	}
	offset := int64(0)
	if hasTime {
		if i := strings.IndexAny(time, "Zz+-"); i >= 0 {
			var ok bool
			if offset, ok = naiveOffset(time[i:]); !ok {
				return none, false
			}
			time = time[:i]
		}
	}

	// [-]Y…[-M[M][-D[D]]]
	sign := int64(1)
	if strings.HasPrefix(date, "-") {
		sign, date = -1, date[1:]
	}
	fields := strings.Split(date, "-")
	if len(fields) > 3 || !naiveDigits(fields[0]) {
		return none, false
	}
	year, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || sign*year < -292275054 || sign*year > 292278993 {
		return none, false
	}
	year *= sign
	month, day := int64(1), int64(1)
	ok := true
	if len(fields) > 1 {
		month, ok = naiveField(fields[1], 1, 12)
	}
	if ok && len(fields) > 2 {
		day, ok = naiveField(fields[2], 1, 31)
	}
	if !ok {
		return none, false
	}

	// [h[h][:m[m][:s[s][.f{1,9}]]]]
	var hour, minute, second, nanoseconds int64
	if time != "" {
		clock := strings.Split(time, ":")
		if len(clock) > 3 {
			return none, false
		}
		if len(clock) == 3 {
			whole, fraction, hasFraction := strings.Cut(clock[2], ".")
			if hasFraction {
				if !naiveDigits(fraction) || len(fraction) > 9 {
					return none, false
				}
				nanoseconds, _ = strconv.ParseInt(fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
			}
			if second, ok = naiveField(whole, 0, 59); !ok {
				return none, false
			}
		}
		if len(clock) >= 2 {
			if minute, ok = naiveField(clock[1], 0, 59); !ok {
				return none, false
			}
		}
		if hour, ok = naiveField(clock[0], 0, 23); !ok {
			return none, false
		}
	}

	days := naiveDaysBefore(year, month) - naiveDaysBefore(1970, 1) + day - 1
	return naiveInstant{days*86400 + hour*3600 + minute*60 + second - offset, nanoseconds}, true
}

// naiveOffset reads Z or ±hh[:mm], in seconds east of UTC.
func naiveOffset(text string) (int64, bool) {
	if text == "Z" || text == "z" {
		return 0, true
	}
	hours, minutes, hasMinutes := strings.Cut(text[1:], ":")
	h, ok := naiveField(hours, 0, 23)
	if !ok || len(hours) != 2 {
		return 0, false
	}
	m := int64(0)
	if hasMinutes {
		if m, ok = naiveField(minutes, 0, 59); !ok || len(minutes) != 2 {
			return 0, false
		}
	}
	if text[0] == '-' {
		return -(h*3600 + m*60), true
	}
	return h*3600 + m*60, text[0] == '+'
}

// naiveField reads a field of one or two digits within its bounds.
func naiveField(text string, low, high int64) (int64, bool) {
	if len(text) > 2 || !naiveDigits(text) {
		return 0, false
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n, low <= n && n <= high
}

// naiveDaysBefore counts the days from the first of January of year 0 to the first of the month, in the Gregorian
// calendar without beginning (year 0 is a leap year, and years before it are negative).
func naiveDaysBefore(year, month int64) int64 {
	// A leap day for each fourth year, none for each hundredth, yet one for each four hundredth. They are counted in
	// the years 0 … year-1, hence the years that are whole multiples are rounded up.
	ceil := func(n, d int64) int64 {
		q := n / d
		if n > 0 && n%d != 0 {
			q++
		}
		return q // Go divides towards zero, which is upwards for the negative
	}
	days := 365*year + ceil(year, 4) - ceil(year, 100) + ceil(year, 400)
	lengths := []int64{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		lengths[1] = 29
	}
	for _, length := range lengths[:month-1] {
		days += length
	}
	return days
}

// ---- Addresses and binary values ----

// naiveInRange obeys rule 9 and policy-language.md §5.1.
func naiveInRange(request, value string) bool {
	address, err := netip.ParseAddr(request)
	if err != nil || address.Zone() != "" {
		return false
	}
	address = address.Unmap()
	if !strings.Contains(value, "/") { // no prefix: /32 or /128
		only, err := netip.ParseAddr(value)
		return err == nil && only.Zone() == "" && only.Unmap() == address
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		return false
	}
	network := prefix.Addr()
	bits := prefix.Bits()
	if network.Is4In6() && bits >= 96 {
		network, bits = network.Unmap(), bits-96
	}
	if network.BitLen() != address.BitLen() { // a v4 value never falls in a v6 range
		return false
	}
	a, n := address.AsSlice(), network.AsSlice()
	for bit := range bits {
		mask := byte(0x80) >> (bit % 8)
		if a[bit/8]&mask != n[bit/8]&mask {
			return false
		}
	}
	return true
}

// naiveBase64 reports whether the text is standard padded base64.
func naiveBase64(text string) bool {
	if len(text)%4 != 0 {
		return false
	}
	body := strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	for i := range len(body) {
		if !strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", body[i:i+1]) {
			return false
		}
	}
	return true
}

// ---- Reading a case ----

// naiveRCPServices are the services that support resource control policies (policy-language.md §9).
var naiveRCPServices = func() map[string]bool {
	services := map[string]bool{}
	for _, service := range strings.Fields(`
		aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
		cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend
		comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis
		fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch
		pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery
		signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray`) {
		services[service] = true
	}
	return services
}()

// naiveMultiKeys are the keys AWS defines as multi-valued (rule 1).
var naiveMultiKeys = map[string]bool{
	"aws:calledvia": true, "aws:principalorgpaths": true, "aws:principalservicenameslist": true,
	"aws:resourceorgpaths": true, "aws:sourceorgpaths": true, "aws:tagkeys": true, "aws:vpceorgpaths": true,
	"iam:accountpropertynamespaces": true, "sts:transitivetagkeys": true,
}

// naiveTrustActions are authorized against a role's trust policy (rule 32).
var naiveTrustActions = map[string]bool{
	"sts:assumerole": true, "sts:assumerolewithsaml": true, "sts:assumerolewithwebidentity": true,
	"sts:tagsession": true, "sts:setsourceidentity": true, "sts:setcontext": true,
}

func readNaiveCase(caseJSON []byte) *naiveCase {
	decoder := json.NewDecoder(bytes.NewReader(caseJSON))
	decoder.UseNumber() // a number is its source text (rule 5)
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		panic(fmt.Sprintf("a case that is not JSON: %v", err))
	}
	text := func(member string) string {
		s, _ := raw[member].(string)
		return s
	}

	c := &naiveCase{
		action:     naiveLower(text("action")),
		resource:   text("resource"),
		management: text("managementAccount"),
		context:    map[string]naiveValues{},
	}
	given, _ := raw["context"].(map[string]any)
	for key, value := range given {
		folded := naiveLower(key)
		values := naiveValues{multi: naiveMultiKeys[folded]}
		if _, isList := value.([]any); isList {
			values.multi = true
		}
		for _, one := range naiveList(value) {
			values.texts = append(values.texts, naiveText(one))
		}
		c.context[folded] = values
	}
	c.readCaller(text("principal"), text("sessionIssuer"))
	c.caller.canonical = text("canonicalUser")

	// Rule 33, the owner of the resource.
	parts := strings.SplitN(c.resource, ":", 6)
	c.resourceAccount = text("resourceAccount")
	if c.resourceAccount == "" && len(parts) == 6 && len(parts[4]) == 12 && strings.Trim(parts[4], "0123456789") == "" {
		c.resourceAccount = parts[4]
	}
	if c.resourceAccount == "" {
		c.resourceAccount = c.caller.account
	}

	// Rule 32, the services that need a resource policy.
	if len(parts) == 6 && parts[0] == "arn" {
		c.trust = naiveTrustActions[c.action] && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/")
		key := strings.HasPrefix(c.action, "kms:") && parts[2] == "kms" && strings.HasPrefix(parts[5], "key/")
		c.needResourcePolicy = c.trust || key
		c.caller.asksTrust = c.trust
	}

	policies, _ := raw["policies"].(map[string]any)
	c.identity = naiveDocuments(policies["identity"])
	c.session = naiveDocuments(policies["session"])
	c.sessionPassed = policies["session"] != nil
	c.boundary = naiveOptional(policies["boundary"])
	c.resourcePolicy = naiveOptional(policies["resource"])
	c.endpoint = naiveOptional(policies["endpoint"])
	c.scp = naiveLevels(policies["scp"])
	c.rcp = naiveLevels(policies["rcp"])
	c.acl, _ = policies["acl"].([]any)
	switch c.caller.kind {
	case "user", "role", "federated":
		c.caller.bounded = c.boundary != nil && !c.caller.serviceLinked
	}
	return c
}

// readCaller works out who calls, and adds the keys that follow from it to the context (evaluation.md §1).
func (c *naiveCase) readCaller(principal, issuer string) {
	who := &c.caller
	who.name = principal
	arn := strings.SplitN(principal, ":", 6)
	derived := map[string]string{}
	switch {
	case principal == "anonymous":
		who.kind = "anonymous"
		derived["aws:principalaccount"] = "anonymous"
		derived["aws:principaltype"] = "Anonymous"
		derived["aws:userid"] = "anonymous"
	case len(arn) == 6 && arn[4] == "cloudfront":
		who.kind = "service"
	case len(arn) < 6 || arn[0] != "arn":
		who.kind = "service"
		if c.action == "sts:assumerolewithwebidentity" || c.action == "sts:assumerolewithsaml" {
			who.kind = "provider"
		}
	default:
		sort, rest, _ := strings.Cut(arn[5], "/")
		who.account = arn[4]
		switch sort {
		case "root":
			who.kind = "root"
			derived["aws:principalarn"] = principal
			derived["aws:principaltype"] = "Account"
			derived["aws:userid"] = who.account
			assumed, _ := c.single("aws:AssumedRoot")
			who.assumedRoot = naiveLower(assumed) == "true"
		case "user":
			who.kind = "user"
			who.userARN = principal
			derived["aws:principalarn"] = principal
			derived["aws:principaltype"] = "User"
			derived["aws:username"] = rest[strings.LastIndex(rest, "/")+1:]
		case "role", "assumed-role":
			who.kind = "role"
			who.roleARN = principal
			if sort == "assumed-role" {
				who.sessionARN = principal
				role, _, _ := strings.Cut(rest, "/")
				who.roleARN = "arn:" + arn[1] + ":iam::" + who.account + ":role/" + role
				if issuer != "" {
					who.roleARN = issuer
				}
			}
			derived["aws:principalarn"] = who.roleARN
			derived["aws:principaltype"] = "AssumedRole"
			// A session's ARN does not tell the role's path; what the context tells of the role then counts. A role's ARN tells all.
			if told, given := c.single("aws:PrincipalArn"); given && issuer == "" && sort == "assumed-role" &&
				strings.Contains(told, ":iam::"+who.account+":role/") {
				who.roleARN = told
			}
			role := strings.SplitN(who.roleARN, ":", 6)
			who.serviceLinked = len(role) == 6 && strings.HasPrefix(role[5], "role/aws-service-role/") // rule 35
		case "federated-user":
			who.kind = "federated"
			who.sessionARN = principal
			who.userARN = issuer
			derived["aws:principalarn"] = principal
			derived["aws:principaltype"] = "FederatedUser"
			derived["aws:userid"] = who.account + ":" + rest
		case "saml-provider", "oidc-provider":
			who.kind = "provider"
			who.account = ""
		default:
			panic(fmt.Sprintf("no such principal: %q", principal))
		}
		if who.account != "" {
			derived["aws:principalaccount"] = who.account
		}
	}
	for key, value := range derived {
		if _, given := c.context[key]; !given {
			c.context[key] = naiveValues{texts: []string{value}}
		}
	}
	userid, _ := c.single("aws:userid")
	switch {
	case who.kind == "user" && strings.HasPrefix(userid, "AIDA"):
		who.uniqueID = userid
	case who.kind == "role" && strings.HasPrefix(userid, "AROA"):
		who.uniqueID, _, _ = strings.Cut(userid, ":")
	}
	if who.kind == "role" || who.kind == "federated" {
		who.provider, _ = c.single("aws:FederatedProvider")
	}
}

// naiveDocuments reads a list of documents.
func naiveDocuments(value any) []naiveDocument {
	var documents []naiveDocument
	list, _ := value.([]any)
	for _, one := range list {
		documents = append(documents, *naiveOptional(one))
	}
	return documents
}

// naiveLevels reads a list of levels, each a list of documents.
func naiveLevels(value any) [][]naiveDocument {
	var levels [][]naiveDocument
	list, _ := value.([]any)
	for _, level := range list {
		levels = append(levels, naiveDocuments(level))
	}
	return levels
}

// naiveOptional reads a document, bare or wrapped, or nil for null.
func naiveOptional(value any) *naiveDocument {
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil
	}
	if wrapped, isObject := object["document"].(map[string]any); isObject {
		object = wrapped
	}
	document := &naiveDocument{variables: object["Version"] == "2012-10-17"} // absent means 2008-10-17
	for _, statement := range naiveList(object["Statement"]) {
		document.statements = append(document.statements, statement.(map[string]any))
	}
	return document
}

// naiveList makes a list of a single value: the two are interchangeable (policy-language.md §1).
func naiveList(value any) []any {
	if list, isList := value.([]any); isList {
		return list
	}
	return []any{value}
}

// naiveText is a value's text: numbers as written, booleans as words (rule 5).
func naiveText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	panic(fmt.Sprintf("neither text nor number nor boolean: %v", value))
}

// naiveLower folds ASCII letters and nothing else (rule 4).
func naiveLower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

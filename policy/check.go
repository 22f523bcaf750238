package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a document is for. Each kind has its own rules, messages and order of checks.
type Kind uint8

const (
	// Grammar asks for nothing but what all kinds share.
	Grammar Kind = iota
	// Managed is a managed policy, also one that is used as a permissions boundary.
	Managed
	// Inline is an inline policy of a user, group or role.
	Inline
	// Session is a policy passed to AssumeRole or GetFederationToken.
	Session
	// Trust is a role's trust policy.
	Trust
	// Resource is a resource-based policy, with the messages of S3.
	Resource
	// ServiceControl and ResourceControl are the policies of an organization.
	ServiceControl
	ResourceControl
)

var kinds = [...]struct{ name, code string }{
	Grammar:         {"policy", "MalformedPolicyDocument"},
	Managed:         {"managed", "MalformedPolicyDocument"},
	Inline:          {"inline", "MalformedPolicyDocument"},
	Session:         {"session", "MalformedPolicyDocument"},
	Trust:           {"trust", "MalformedPolicyDocument"},
	Resource:        {"resource", "MalformedPolicy"},
	ServiceControl:  {"scp", "MalformedPolicyDocumentException"},
	ResourceControl: {"rcp", "MalformedPolicyDocumentException"},
}

// String returns the name by which ParseKind knows the kind.
func (k Kind) String() string { return kinds[k].name }

func (k Kind) code() string { return kinds[k].code }

// ParseKind returns the kind of a name: managed, inline, session, trust, resource, scp, rcp, or policy for the grammar alone.
func ParseKind(name string) (Kind, error) {
	for k := range kinds {
		if kinds[k].name == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("policy: unknown kind %q", name)
}

// Kinds returns the names of all kinds.
func Kinds() []string {
	names := make([]string, len(kinds))
	for k := range kinds {
		names[k] = kinds[k].name
	}
	return names
}

// Check reads a document as the service does that saves one of this kind. The error is a *Error with AWS's code and message for
// the first thing that AWS finds, in AWS's order.
func Check(k Kind, text string) (*Document, error) {
	d, problems := check(k, text)
	if len(problems) > 0 {
		return nil, newError(k, PositionOf(text, problems[0].Offset), &problems[0])
	}
	return d, nil
}

// maxProblems is how many problems of one document are noted by the reader and returned by Problems: nobody reads more, and
// each costs a walk over the text.
const maxProblems = 1000

// Problems returns what Check finds, in the order in which AWS would report it as one after the other is mended; of more than a
// thousand problems the first thousand.
func Problems(k Kind, text string) []*Error {
	_, problems := check(k, text)
	problems = problems[:min(len(problems), maxProblems)]
	positions := positionsOf(text, problems)
	errs := make([]*Error, len(problems))
	for i := range problems {
		errs[i] = newError(k, positions[i], &problems[i])
	}
	return errs
}

// positionsOf returns the positions of problems, in one walk through the text.
func positionsOf(text string, problems []Problem) []Position {
	order := make([]int, len(problems))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return problems[a].Offset - problems[b].Offset })
	positions := make([]Position, len(problems))
	at, from := Position{Line: 1, Column: 1}, 0
	for _, i := range order {
		to := min(problems[i].Offset, len(text))
		step := PositionOf(text[from:to], to-from)
		if step.Line > 1 {
			at = Position{Line: at.Line + step.Line - 1, Column: step.Column}
		} else {
			at.Column += step.Column - 1
		}
		positions[i], from = at, to
	}
	return positions
}

// note appends a problem, unless there are so many already that nobody reads them.
func note(problems []Problem, p Problem) []Problem {
	if len(problems) >= maxProblems {
		return problems
	}
	return append(problems, p)
}

// check runs the passes of a kind. Their order is AWS's: what an earlier pass finds hides what a later one would.
func check(k Kind, text string) (*Document, []Problem) {
	d, problems := read(text)
	if len(problems) == 1 && (problems[0].Rule == InvalidJSON || problems[0].Rule == TooLong) || k == Grammar {
		return d, problems
	}
	switch k {
	case Trust:
		problems = checkTrust(d, problems)
	case Resource:
		problems = checkResource(d, problems)
	case ServiceControl, ResourceControl:
		problems = checkControl(d, problems, k)
	default:
		problems = checkIdentity(d, problems, k)
	}
	return d, problems
}

// message returns AWS's words for a problem.
func (k Kind) message(p *Problem) string {
	if p.message != "" {
		return p.message
	}
	switch k {
	case Trust:
		return trustMessage(p)
	case Resource:
		return resourceMessage(p)
	case ServiceControl, ResourceControl:
		return "The provided policy document does not meet the requirements of the specified policy type."
	}
	return identityMessage(p)
}

// repeatedSids finds statement ids that an earlier statement has. Empty ones do not count (policy-language.md §1).
func repeatedSids(d *Document) (problems []Problem) {
	seen := make(map[string]bool, len(d.Statements))
	for i := range d.Statements {
		sid := &d.Statements[i].Sid
		if sid.Text == "" {
			continue
		}
		if seen[sid.Text] {
			problems = note(problems, Problem{Rule: RepeatedSid, Offset: sid.Offset, Subject: sid.Text,
				Detail: fmt.Sprintf("an earlier statement has the Sid %q too", sid.Text)})
		}
		seen[sid.Text] = true
	}
	return problems
}

// take moves the problems of some rules from one list to the end of another.
func take(to, from []Problem, rules ...Rule) (taken, rest []Problem) {
	for _, p := range from {
		if slices.Contains(rules, p.Rule) {
			to = append(to, p)
		} else {
			rest = append(rest, p)
		}
	}
	return to, rest
}

// Size returns how much of a document counts for its quota (limits.md §2): for IAM all characters but white space
// outside of strings, for resource policies the bytes of the same, for organizations' policies all characters.
func Size(k Kind, text string) int {
	if k == ServiceControl || k == ResourceControl {
		return len([]rune(text))
	}
	n, inString := 0, false
	for i, c := range text {
		switch {
		case inString:
			if c == '"' && !escaped(text, i) {
				inString = false
			}
		case c == '"':
			inString = true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		}
		if k == Resource {
			n += utf8.RuneLen(c) - 1
		}
		n++
	}
	return n
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(text string, i int) bool {
	before := text[:i]
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// CheckSize reports, as a *Error, a document that is longer than its quota. AWS asks for it after everything else. The name is that of the user,
// group or role for inline policies.
func CheckSize(k Kind, text string, quota int, owner, name string) error {
	size := Size(k, text)
	if size <= quota {
		return nil
	}
	p := Problem{Rule: OverQuota, Offset: len(text), Detail: fmt.Sprintf("the document has %d characters that count; the quota is %d", size, quota)}
	e := newError(k, PositionOf(text, p.Offset), &p)
	e.Code = "LimitExceeded"
	switch k {
	case Trust:
		e.Message = fmt.Sprintf("Cannot exceed quota for ACLSizePerRole: %d", quota)
	case Inline:
		e.Message = fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s %s", quota, owner, name)
	case Resource:
		e.Code, e.Message = k.code(), fmt.Sprintf("Normalized policy document exceeds the maximum allowed size of %d bytes", quota)
	case ServiceControl, ResourceControl:
		e.Code, e.Message = "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"
	default:
		e.Message = fmt.Sprintf("Cannot exceed quota for PolicySize: %d", quota)
	}
	return e
}

package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// Document is a policy document as it was saved. It is made into a program when it is first needed, and everybody shares that.
type Document struct {
	Text    string
	program atomic.Pointer[compiled]
}

// compiled is a program with all that it follows from beside the text.
type compiled struct {
	kind authz.Kind
	*authz.Program
}

// NewDocument makes a Document of a text that was checked.
func NewDocument(text string) *Document { return &Document{Text: text} }

// Program returns the document's program as a policy of a kind, with the ARN that messages name. The error says that the stored text is no policy:
// whoever asks must then refuse, since what the policy forbids is not known.
func (d *Document) Program(kind authz.Kind, arn string) (*authz.Program, error) {
	p := d.program.Load()
	if p == nil || p.kind != kind {
		doc, err := policy.Parse(d.Text)
		if err != nil {
			return nil, fmt.Errorf("identity: a stored policy %s is not valid: %w", arn, err)
		}
		made := authz.Compile(doc, kind)
		made.ARN = arn
		d.program.Store(&compiled{kind, made})
		return made, nil
	}
	if p.ARN != arn {
		// The same policy seen from another partition.
		other := *p.Program
		other.ARN = arn
		return &other, nil
	}
	return p.Program, nil
}

// MarshalJSON writes the text.
func (d *Document) MarshalJSON() ([]byte, error) { return json.Marshal(d.Text) }

// UnmarshalJSON reads the text.
func (d *Document) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &d.Text) }

// InlinePolicy is a policy embedded in a user, group or role.
type InlinePolicy struct {
	Name     string
	Document *Document
}

// InlinePolicies are the inline policies of one entity, sorted by name without regard to case.
type InlinePolicies []InlinePolicy

// Find returns the policy of that name.
func (ps InlinePolicies) Find(name string) (InlinePolicy, bool) {
	for _, p := range ps {
		if folded(p.Name) == folded(name) {
			return p, true
		}
	}
	return InlinePolicy{}, false
}

// With returns ps with p in it, in place of one of the same name, whose spelling stays.
func (ps InlinePolicies) With(p InlinePolicy) InlinePolicies {
	all := slices.Clone(ps)
	i, found := slices.BinarySearchFunc(all, p.Name, func(old InlinePolicy, name string) int { return compareFolded(old.Name, name) })
	if found {
		p.Name = all[i].Name
		all[i] = p
		return all
	}
	return slices.Insert(all, i, p)
}

// Without returns ps without the policy of that name.
func (ps InlinePolicies) Without(name string) InlinePolicies {
	var rest InlinePolicies
	for _, p := range ps {
		if folded(p.Name) != folded(name) {
			rest = append(rest, p)
		}
	}
	return rest
}

// Size returns how many characters of all the policies count for the quota (limits.md §2).
func (ps InlinePolicies) Size() int {
	n := 0
	for _, p := range ps {
		n += policy.Size(policy.Inline, p.Document.Text)
	}
	return n
}

// Package policy reads and prints documents of AWS's policy language: the grammar, and what AWS checks when a document is saved.
//
//	doc, err := policy.Parse(`{
//	  "Version": "2012-10-17",
//	  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
//	}`)
//	doc.Statements[0].Action.Items[0].Text // s3:GetObject
//	doc.Text()                            // what was given, to the byte
//
// Parse asks for what every document must have to mean anything, whatever it is for. What else a service asks for when it saves one, with which
// message and in which order, depends on the Kind:
//
//	_, err = policy.Check(policy.Managed, text) // *policy.Error: AWS's code and message, and where
//
// What a document means is not said here but in package authz. The language is described in policy-language.md; the
// sections are named where the code obeys them.
package policy

import (
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/jsontext"
)

// Document is a policy document as it was written, element by element, with the place of each.
type Document struct {
	text string
	// Version is "2008-10-17", "2012-10-17", or empty if the document does not say, which means the older one.
	Version string
	// ID is the Id element, if HasID.
	ID    string
	HasID bool
	// Statements are in the document's order.
	Statements []Statement
	// StatementList: they stood in a list.
	StatementList bool

	version, id, statement int // the members' places, for printing in their order; -1: absent
}

// Text returns the text that the document was read from.
func (d *Document) Text() string { return d.text }

// Variables reports whether ${…} means something in this document: from version 2012-10-17 on (policy-language.md §6).
func (d *Document) Variables() bool { return d.Version == "2012-10-17" }

// Position returns lines and columns for an offset in the text.
func (d *Document) Position(offset int) Position { return PositionOf(d.text, offset) }

// Position is a place in a text: line and column from 1, the column in characters.
type Position = jsontext.Position

// PositionOf returns the position of an offset, in bytes, in text.
func PositionOf(text string, offset int) Position { return jsontext.PositionOf(text, offset) }

// Effect is what a statement does.
type Effect uint8

// Allow and Deny are the effects. The zero Effect is none: the document is not valid.
const (
	NoEffect Effect = iota
	Allow
	Deny
)

func (e Effect) String() string { return [...]string{"", "Allow", "Deny"}[e] }

// Statement is one statement of a document.
type Statement struct {
	// Start and End are the offsets of the statement's text.
	Start, End int

	Sid       Value // absent: Offset -1
	Effect    Effect
	Principal Principal
	Action    Element
	Resource  Element
	// Condition holds the blocks of the Condition element, one for each operator.
	Condition Conditions

	effect Value
}

// Value is a text, number, boolean or null with its place.
type Value struct {
	// Text is a string's meaning, a number's text, "true" or "false", or "" for null.
	Text   string
	Offset int
	Kind   ValueKind
}

// Present reports whether the value is there at all.
func (v *Value) Present() bool { return v.Offset >= 0 }

// ValueKind is what a value is in JSON.
type ValueKind uint8

// The kinds of values. Numbers and booleans may stand in conditions, null in lists of resources (policy-language.md §1).
const (
	String ValueKind = iota
	Number
	Boolean
	Null
)

// Values is one value or a list of them; the two forms mean the same.
type Values struct {
	Items  []Value
	List   bool // it stood in brackets
	Offset int
}

// Texts returns the texts of the values.
func (v *Values) Texts() []string {
	texts := make([]string, len(v.Items))
	for i := range v.Items {
		texts[i] = v.Items[i].Text
	}
	return texts
}

// Element is Action or NotAction, Resource or NotResource.
type Element struct {
	Values
	// Name is the element's name as it stood, empty if the statement has neither of the pair.
	Name string
	// Not: it is the Not form.
	Not bool

	place int // of the member's name
}

// Present reports whether the statement has the element in either form.
func (e *Element) Present() bool { return e.Name != "" }

// Principal is Principal or NotPrincipal (policy-language.md §2).
type Principal struct {
	Name string // the element's name, empty if the statement has neither
	Not  bool
	// Everyone: the element is the text "*" instead of an object.
	Everyone bool
	// Entries are the members of the object: AWS, Service, Federated, CanonicalUser.
	Entries []PrincipalEntry

	offset, place int
	object        bool
	value         Value // a text instead of an object
}

// Present reports whether the statement has the element in either form.
func (p *Principal) Present() bool { return p.Name != "" }

// PrincipalEntry is one member of a Principal object.
type PrincipalEntry struct {
	Type Value // the member's name
	Values
}

// Conditions is the Condition element.
type Conditions struct {
	Blocks []ConditionBlock

	present bool
	place   int
}

// ConditionBlock is one operator of a Condition element with its keys.
type ConditionBlock struct {
	Name Value // the operator as it stood
	// Operator is what the name means, if Known. An unknown operator is allowed as long as it has no keys.
	Operator condition.Operator
	Known    bool
	Keys     []ConditionKey
}

// ConditionKey is one key of a block with its values.
type ConditionKey struct {
	Key Value
	Values
}

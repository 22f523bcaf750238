package policy

import "fmt"

// Rule is a rule that a document can break.
type Rule uint8

// The rules of the grammar, which hold for all kinds of policies (policy-language.md §1).
const (
	_ Rule = iota
	TooLong
	InvalidJSON
	UnknownMember
	WrongType
	BadVersion
	NoStatement
	EmptyStatement
	NoEffectGiven
	BadEffect
	EffectCase
	BothForms
	UnknownOperator
	PrincipalText
	PrincipalType
	grammarRules // those before this one are of the grammar
)

// The rules that services add when they save a document (policy-language.md §§7–10).
const (
	OldVersion Rule = grammarRules + iota
	LegacyParsing
	RepeatedSid
	SidCharacters
	PrincipalGiven
	NoPrincipal
	InvalidPrincipal
	AllowNotPrincipal
	NoAction
	InvalidAction
	NoResource
	ResourceGiven
	InvalidResource
	InvalidCondition
	NoTenant
	Unsupported
	OverQuota
)

func (r Rule) grammar() bool { return r < grammarRules }

// Problem is one thing that is wrong with a document.
type Problem struct {
	Rule   Rule
	Offset int // in the text, in bytes
	// Subject is the value in question, as AWS quotes it; it may be empty.
	Subject string
	// Detail says what is wrong, for a person.
	Detail string
	// message is AWS's text where it depends on more than the rule.
	message string
}

// Error is why a document is refused.
type Error struct {
	Kind Kind
	Problem
	Position Position
	// Code and Message are what AWS answers for a document of this kind.
	Code, Message string
}

// Error returns position and detail in one line: "3:14: unknown member …".
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s", e.Position, e.Detail)
}

func newError(k Kind, at Position, p *Problem) *Error {
	return &Error{
		Kind:     k,
		Problem:  *p,
		Position: at,
		Code:     k.code(),
		Message:  k.message(p),
	}
}

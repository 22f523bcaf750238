package analysis

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// Uselessness is why a statement could be left out.
type Uselessness uint8

const (
	// NeverMatches says that no request whatever matches the statement.
	NeverMatches Uselessness = 1 + iota
	// Redundant says that the other statements of the document decide every request as it does.
	Redundant
)

// String returns what is wrong, in a word or two.
func (u Uselessness) String() string { return [...]string{"", "never matches", "redundant"}[u] }

// Useless is a statement that could be left out.
type Useless struct {
	Statement int // its number
	Why       Uselessness
}

// series is a number of questions about parts of a document, which share a bound.
type series struct {
	z      *Analyzer
	budget int
}

// seriesBudget is how many times the bound of one question a series of them may take.
const seriesBudget = 16

func (z *Analyzer) series() *series { return &series{z, seriesBudget * z.options.Budget} }

// ask asks a question of the series: about does it with an analysis that has what is left of the bound. The sides are what it has to read.
func (s *series) ask(about func(*analysis) (Answer, error), sides ...Side) (Answer, error) {
	for _, side := range sides {
		if side.document != nil {
			s.budget -= len(side.document.Text()) / 16 // what it takes to read it
		}
	}
	if s.budget <= 0 {
		return Answer{Reason: tooLarge}, nil
	}
	a := s.z.analysis()
	given := min(s.budget, s.z.options.Budget)
	a.texts.budget = given
	answer, err := about(a)
	s.budget -= given - max(a.texts.budget, 0)
	return answer, err
}

// wider is Analyzer.Wider; asks leaves out callers, if it is not nil.
func (s *series) wider(left, right Side, asks func(*caller) bool) (Answer, error) {
	if err := s.z.check(left, right); err != nil {
		return Answer{}, err
	}
	return s.ask(func(a *analysis) (Answer, error) {
		a.asks = asks
		return a.wider(left, right)
	}, left, right)
}

// Useless returns the statements of a document without any of which it would mean the same. Of two that say the same each is named, though only one of them can go: whoever leaves out
// one asks again. unknown has the numbers of those of which it could not be said; in a document of hundreds of statements those are the last ones, since all questions
// together have a bound. The error is ErrDisagreement or ErrCatalog.
func (z *Analyzer) Useless(k policy.Kind, d *policy.Document) (useless []Useless, unknown []int, err error) {
	s := z.series()
	whole := Of(k, d)
	for i := range d.Statements {
		if s.budget <= 0 {
			unknown = append(unknown, i)
			continue
		}
		left, right, err := alone(k, d, i)
		if err != nil {
			return nil, nil, err
		}
		a, err := s.wider(left, right, nil)
		if err != nil {
			return nil, nil, err
		}
		if a.Verdict == No {
			useless = append(useless, Useless{i, NeverMatches})
			continue
		}
		part, err := part(d, func(n int, _ map[string]json.RawMessage) bool { return n != i })
		if errors.Is(err, errEmpty) {
			continue // it is the only one
		}
		if err != nil {
			return nil, nil, err
		}
		// An Allow can only add, and a Deny can only take away.
		left, right = whole, Of(k, part)
		if d.Statements[i].Effect == policy.Deny {
			left, right = right, left
		}
		switch a, err = s.wider(left, right, nil); {
		case err != nil:
			return nil, nil, err
		case a.Verdict == No:
			useless = append(useless, Useless{i, Redundant})
		case a.Verdict == Unknown:
			unknown = append(unknown, i)
		}
	}
	return useless, unknown, nil
}

// alone returns two sides that are the same if a statement of a document matches nothing.
func alone(k policy.Kind, d *policy.Document, statement int) (left, right Side, err error) {
	only := func(n int, _ map[string]json.RawMessage) bool { return n == statement }
	if d.Statements[statement].Effect == policy.Allow {
		one, err := part(d, only)
		if err != nil {
			return left, right, err
		}
		return Of(k, one), nothing(k), nil
	}
	// A Deny is of use if it takes something from everything.
	one, err := part(d, only, allowStatement(programKind(k)))
	if err != nil {
		return left, right, err
	}
	return Of(k, everything(programKind(k))), Of(k, one), nil
}

// errEmpty says that nothing is left of a document.
var errEmpty = errors.New("analysis: no statement is left")

// part returns a document with the statements that keep tells, by their numbers; keep may change their members.
func part(d *policy.Document, keep func(number int, members map[string]json.RawMessage) bool, more ...string) (*policy.Document, error) {
	var statements []json.RawMessage
	for i := range d.Statements {
		s := &d.Statements[i]
		members := make(map[string]json.RawMessage)
		if err := json.Unmarshal([]byte(d.Text()[s.Start:s.End]), &members); err != nil {
			return nil, err
		}
		if !keep(i, members) {
			continue
		}
		text, err := json.Marshal(members)
		if err != nil {
			return nil, err
		}
		statements = append(statements, text)
	}
	if len(statements) == 0 {
		return nil, errEmpty
	}
	for _, s := range more {
		statements = append(statements, json.RawMessage(s))
	}
	out := map[string]any{"Statement": statements}
	if d.Version != "" {
		out["Version"] = d.Version
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return policy.Parse(string(text))
}

// nothing is a side that allows nothing, to be compared with one of a kind.
func nothing(k policy.Kind) Side {
	d, err := policy.Parse(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`)
	if err != nil {
		panic("analysis: " + err.Error()) // it is written above
	}
	s := Of(k, d)
	s.document = nil
	return s
}

// Zone is who is trusted with a resource: the accounts, and all of an organization.
type Zone struct {
	Accounts     []string
	Organization string // its id, such as o-exampleorgid; it may be empty
}

// ExternalAccess is what one statement of a resource's policy lets somebody outside of a zone do.
type ExternalAccess struct {
	Statement int
	// PrincipalType and Principal are the entry of the Principal element, such as AWS and 111122223333. For everyone they are AWS and *; for a statement with NotPrincipal they are
	// empty.
	PrincipalType, Principal string
	// Actions are the entries of the statement's Action element that let something in, or all of NotAction, if NotActions.
	Actions    []string
	NotActions bool
	// Conditions are the statement's: they are what the access is bound to.
	Conditions []policy.ConditionBlock
	// Public says that it is access for everybody (see Public); Unknown if that could not be said.
	Public Verdict
	// Verdict is Yes with a Witness; Unknown with a Reason if it could not be said whether there is such access, which must be taken for a Yes.
	Answer
}

// External returns what a resource's policy, or a role's trust policy, grants outside of a zone: for each statement and principal one finding, as small as it can be. AWS's services are
// not outside. The type of the resource is one of ResourceTypes. The error says that it is not, or is ErrDisagreement.
func (z *Analyzer) External(resourceType string, d *policy.Document, zone Zone) (all []ExternalAccess, err error) {
	kind := policy.Resource
	if resourceType == "AWS::IAM::AssumeRolePolicyDocument" {
		kind = policy.Trust
	}
	if d, err = Saved(resourceType, d); err != nil {
		return nil, err
	}
	trusted, err := zone.denials()
	if err != nil {
		return nil, err
	}
	questions := z.series()
	outside := func(c *caller) bool { return c.who.Kind != authz.Service }
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow || !s.Principal.Present() {
			continue
		}
		for _, p := range entries(&s.Principal) {
			if p.kind == "Service" {
				continue
			}
			x := ExternalAccess{Statement: i, PrincipalType: p.kind, Principal: p.text, Conditions: s.Condition.Blocks, NotActions: s.Action.Not, Actions: s.Action.Texts()}
			if questions.budget <= 0 {
				x.Reason = tooLarge
				all = append(all, x)
				continue
			}
			// only is the document with this statement, for this principal and with some of its actions, less what is denied.
			only := func(actions []string, more ...string) (*policy.Document, error) {
				questions.budget -= len(d.Text()) / 64 // it is read anew
				return part(d, func(n int, members map[string]json.RawMessage) bool {
					if n != i {
						return d.Statements[n].Effect == policy.Deny
					}
					if p.kind != "" {
						members["Principal"], err = json.Marshal(map[string]string{p.kind: p.text})
					}
					if actions != nil {
						members["Action"], err = json.Marshal(actions)
					}
					return true
				}, more...)
			}
			whole, err := only(nil, trusted...)
			if err != nil {
				return nil, err
			}
			a, err := questions.wider(Of(kind, whole), nothing(kind), outside)
			if err != nil {
				return nil, err
			}
			if a.Verdict == No {
				continue
			}
			x.Answer = a
			if !s.Action.Not && len(x.Actions) > 1 {
				x.Actions = nil
				for _, action := range s.Action.Texts() {
					one, err := only([]string{action}, trusted...)
					if err != nil {
						return nil, err
					}
					if a, err := questions.wider(Of(kind, one), nothing(kind), outside); err != nil {
						return nil, err
					} else if a.Verdict != No {
						x.Actions = append(x.Actions, action)
					}
				}
			}
			alone, err := only(nil)
			if err != nil {
				return nil, err
			}
			public, err := questions.public(resourceType, alone)
			if err != nil {
				return nil, err
			}
			x.Public = public.Verdict
			all = append(all, x)
		}
	}
	return all, nil
}

// denials are statements that deny whoever is of the zone.
func (zone Zone) denials() (statements []string, err error) {
	deny := func(key string, values ...string) error {
		text, err := json.Marshal(map[string]any{
			"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": map[string]any{"StringEquals": map[string]any{key: values}},
		})
		statements = append(statements, string(text))
		return err
	}
	if len(zone.Accounts) > 0 {
		err = deny("aws:PrincipalAccount", zone.Accounts...)
	}
	if zone.Organization != "" && err == nil {
		err = deny("aws:PrincipalOrgID", zone.Organization)
	}
	return statements, err
}

// entry is one principal that a statement names; of NotPrincipal it is empty.
type entry struct{ kind, text string }

func entries(p *policy.Principal) (all []entry) {
	switch {
	case p.Not:
		return []entry{{}}
	case p.Everyone:
		return []entry{{"AWS", "*"}}
	}
	for i := range p.Entries {
		for _, text := range p.Entries[i].Texts() {
			if e := (entry{p.Entries[i].Type.Text, text}); !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all
}

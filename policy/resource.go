package policy

import (
	"fmt"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
)

// checkResource runs the checks of resource-based policies, with S3's messages (policy-language.md §1, §10). What needs to
// know the service's actions and keys is for its own checks.
func checkResource(d *Document, grammar []Problem) []Problem {
	var problems []Problem
	if d.text[0] != '{' {
		problems = note(problems, Problem{Rule: InvalidJSON, Detail: "the document does not begin with '{'"})
	}
	problems, grammar = take(problems, grammar, NoStatement, EmptyStatement)
	_, grammar = take(nil, grammar, PrincipalText, PrincipalType)
	problems = append(problems, grammar...)
	problems = append(problems, repeatedSids(d)...)
	for i := range d.Statements {
		s := &d.Statements[i]
		if !s.Principal.Present() {
			problems = note(problems, Problem{Rule: NoPrincipal, Offset: s.Start, Subject: "Principal", Detail: "the statement has no Principal"})
		}
		if p := &s.Principal; p.Not && s.Effect == Allow {
			problems = note(problems, Problem{Rule: AllowNotPrincipal, Offset: p.place, Subject: p.Name, Detail: "NotPrincipal with Allow would let in everybody else"})
		}
		if p := &s.Principal; p.Present() && !p.Everyone && len(p.Entries) == 0 {
			problems = note(problems, Problem{Rule: InvalidPrincipal, Offset: p.offset, Subject: p.value.Text, Detail: `a principal is "*" or an object with members`})
		}
		for _, e := range s.Principal.Entries {
			switch e.Type.Text {
			case "AWS", "Service", "Federated", "CanonicalUser":
			default:
				problems = note(problems, Problem{Rule: InvalidPrincipal, Offset: e.Type.Offset, Subject: e.Type.Text, Detail: fmt.Sprintf("unknown type of principal %q", e.Type.Text)})
			}
		}
	}
	problems = append(problems, principalValues(d, false)...)
	problems = append(problems, missingActions(d)...)
	for i := range d.Statements {
		for _, v := range d.Statements[i].Action.Items {
			if actionFault(v.Text) != "" {
				problems = note(problems, Problem{Rule: InvalidAction, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("%q is not an action", v.Text)})
			}
		}
	}
	problems = append(problems, missingResources(d)...)
	for i := range d.Statements {
		for _, v := range d.Statements[i].Resource.Items {
			if v.Kind == Null || v.Text == "*" {
				continue
			}
			// A short ARN is expanded only if it holds a wildcard (policy-language.md §4).
			parts := arn.SplitPattern(v.Text, d.Variables())
			if parts[0] != "arn" || len(parts) < arn.PartCount && !strings.ContainsAny(v.Text, "*?") {
				problems = note(problems, Problem{Rule: InvalidResource, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("%q is not the ARN of a resource", v.Text)})
			}
		}
		problems = append(problems, badRanges(&d.Statements[i])...)
	}
	return problems
}

// badRanges finds values of address operators that are neither addresses nor ranges.
func badRanges(s *Statement) (problems []Problem) {
	for _, b := range s.Condition.Blocks {
		if c := b.Operator.Comparison; !b.Known || c != condition.IPAddress && c != condition.NotIPAddress {
			continue
		}
		for _, k := range b.Keys {
			for _, v := range k.Items {
				if !condition.ValidRange(v.Text) {
					problems = note(problems, Problem{Rule: InvalidCondition, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("%q is neither an address nor a range", v.Text)})
				}
			}
		}
	}
	return problems
}

func resourceMessage(p *Problem) string {
	switch p.Rule {
	case InvalidJSON:
		return "Policies must be valid JSON and the first byte must be '{'"
	case NoStatement, EmptyStatement:
		return "Missing required field Statement"
	case NoEffectGiven:
		return "Missing required field Effect"
	case NoPrincipal, NoAction, NoResource:
		return "Missing required field " + p.Subject
	case InvalidPrincipal:
		return "Invalid principal in policy"
	case AllowNotPrincipal:
		return "Allow with NotPrincipal is not allowed."
	case InvalidAction:
		return "Policy has invalid action"
	case InvalidResource:
		return "Policy has invalid resource"
	case InvalidCondition:
		return "Invalid IP address in Conditions"
	case UnknownOperator:
		return "Invalid Condition type : " + p.Subject
	case BadEffect, EffectCase:
		return "Invalid effect: " + p.Subject
	case RepeatedSid:
		return "Statement IDs (SID) in a single policy must be unique."
	}
	return "Syntax errors in policy."
}

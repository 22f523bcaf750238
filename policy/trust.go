package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// checkTrust runs the checks of role trust policies, in the order of the table in policy-language.md §8. Whether the principals exist is for
// the service to say: only it knows.
func checkTrust(d *Document, grammar []Problem) []Problem {
	var problems []Problem
	if leadingBlank(d) {
		problems = note(problems, Problem{Rule: InvalidJSON, Detail: "white space stands before the document",
			message: "JSON strings must not have leading spaces"})
	}
	problems, grammar = take(problems, grammar, BadVersion)
	problems, grammar = take(problems, grammar, NoStatement, EmptyStatement)
	problems = append(problems, repeatedSids(d)...)
	problems, grammar = take(problems, grammar, NoEffectGiven)
	problems = append(problems, missingTrustElements(d)...)
	problems, grammar = take(problems, grammar, BadEffect, EffectCase)
	problems, grammar = take(problems, grammar, PrincipalText)
	problems = append(problems, trustPrincipalForms(d)...)
	problems = append(problems, trustActions(d)...)
	problems = append(problems, trustResources(d)...)
	problems, grammar = take(problems, grammar, PrincipalType)
	problems = append(problems, principalValues(d, true)...)
	problems = append(problems, federatedTenants(d)...)
	return append(problems, grammar...)
}

func trustMessage(p *Problem) string {
	switch p.Rule {
	case InvalidJSON:
		return "This policy contains invalid Json"
	case BadVersion:
		return "The policy must contain a valid version string"
	case NoStatement, EmptyStatement:
		return "Could not parse the policy: Statement is empty!"
	case RepeatedSid:
		return "The Statement Ids in the policy are not unique"
	case NoEffectGiven:
		return "Missing required field Effect"
	case NoPrincipal:
		return "Missing required field Principal"
	case NoAction:
		return "Missing required field Action"
	case BadEffect, EffectCase:
		return "Invalid effect: " + p.Subject
	case PrincipalText:
		return "Principal must be a JSON object."
	case PrincipalType:
		return fmt.Sprintf("Invalid principal in policy: %q", p.Subject)
	}
	return "Syntax error in policy."
}

func missingTrustElements(d *Document) (problems []Problem) {
	for i := range d.Statements {
		s := &d.Statements[i]
		if !s.Principal.Present() {
			problems = note(problems, Problem{Rule: NoPrincipal, Offset: s.Start, Subject: "Principal", Detail: "the statement has no Principal"})
		} else if s.Principal.object && len(s.Principal.Entries) == 0 {
			problems = note(problems, Problem{Rule: NoPrincipal, Offset: s.Principal.offset, Subject: "Principal",
				Detail: "the Principal is empty", message: "Missing required field Principal cannot be empty!"})
		}
		if len(s.Action.Items) == 0 {
			problems = note(problems, Problem{Rule: NoAction, Offset: s.Start, Subject: "Action", Detail: "the statement names no action"})
		}
	}
	return problems
}

// textGiven reports whether the value was read from a text.
func (v *Value) textGiven() bool { return v.Offset > 0 }

// trustPrincipalForms finds "Principal": "*" and NotPrincipal.
func trustPrincipalForms(d *Document) (problems []Problem) {
	for i := range d.Statements {
		s := &d.Statements[i]
		switch p := &s.Principal; {
		case p.Not && s.Effect == Allow:
			problems = note(problems, Problem{Rule: AllowNotPrincipal, Offset: p.place, Subject: p.Name,
				Detail: "NotPrincipal with Allow would let in everybody else", message: "Allow with NotPrincipal is not allowed."})
		case p.Not:
			problems = note(problems, Problem{Rule: AllowNotPrincipal, Offset: p.place, Subject: p.Name,
				Detail: "a trust policy has Principal only", message: "AssumeRole policy must not contain NotPrincipal field."})
		case p.Present() && !p.object && !p.value.textGiven():
			problems = note(problems, Problem{Rule: PrincipalText, Offset: p.offset, Subject: p.Name, Detail: p.Name + " must be an object", message: "Principal must be a JSON object."})
		case p.Everyone:
			problems = note(problems, Problem{Rule: PrincipalText, Offset: p.offset, Subject: "*",
				Detail: `in a trust policy everyone is {"AWS": "*"}`, message: "Principal must be a JSON object."})
		}
	}
	return problems
}

// trustActions finds actions that are not of STS (policy-language.md §8, accepted actions: any sts: prefix passes).
func trustActions(d *Document) (problems []Problem) {
	for i := range d.Statements {
		for _, v := range d.Statements[i].Action.Items {
			if !strings.HasPrefix(fold.Name(v.Text), "sts:") {
				problems = note(problems, Problem{Rule: InvalidAction, Offset: v.Offset, Subject: v.Text,
					Detail:  fmt.Sprintf("%q is no action of STS", v.Text),
					message: "AssumeRole policy may only specify STS AssumeRole actions."})
			}
		}
	}
	return problems
}

func trustResources(d *Document) (problems []Problem) {
	for i := range d.Statements {
		r := &d.Statements[i].Resource
		if !r.Present() {
			continue
		}
		message := "Has prohibited field Resource"
		if r.Not {
			message = "AssumeRole policy must not contain resources."
		}
		problems = note(problems, Problem{Rule: ResourceGiven, Offset: r.place, Subject: r.Name,
			Detail: r.Name + " is not for trust policies: the role is the resource", message: message})
	}
	return problems
}

// cognito is the one built-in web identity provider (policy-language.md §2) that needs a condition.
const cognito = "cognito-identity.amazonaws.com"

// principalValues checks the form of each principal that is named (policy-language.md §2).
func principalValues(d *Document, trust bool) (problems []Problem) {
	for i := range d.Statements {
		for _, e := range d.Statements[i].Principal.Entries {
			for _, v := range e.Items {
				if principalFault(e.Type.Text, v.Text) {
					problems = note(problems, invalidPrincipal(e.Type.Text, v, trust))
				}
			}
		}
	}
	return problems
}

func invalidPrincipal(kind string, v Value, trust bool) Problem {
	p := Problem{Rule: InvalidPrincipal, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("%q is not a principal of type %s", v.Text, kind)}
	shown := kind
	switch {
	case !trust:
		return p
	case kind == "Federated":
		p.message = "Federated principals must be valid domain names or SAML metadata ARNs"
		return p
	case kind == "Service":
		shown = "SERVICE"
	}
	p.message = fmt.Sprintf("Invalid principal in policy: %q:%q", shown, v.Text)
	return p
}

// IsPrincipal reports whether a value has the form of a principal of a type, AWS, Service, Federated or CanonicalUser (policy-language.md §2),
// whoever exists.
func IsPrincipal(kind, value string) bool { return !principalFault(kind, value) }

// principalFault reports whether a value cannot be a principal of its type, whoever exists.
func principalFault(kind, value string) bool {
	switch kind {
	case "AWS":
		return !isAWSPrincipal(value)
	case "Service":
		return !isDomain(value) || strings.Contains(value, "/")
	case "Federated":
		a, err := arn.Parse(value)
		provider := err == nil && a.Service == "iam" && arn.IsAccount(a.Account) &&
			(strings.HasPrefix(a.Resource, "saml-provider/") || strings.HasPrefix(a.Resource, "oidc-provider/")) && !strings.ContainsAny(value, "*?")
		return !provider && !isDomain(value)
	case "CanonicalUser":
		return len(value) != 64 || strings.Trim(value, "0123456789abcdef") != ""
	}
	return false // an unknown type is another rule's
}

func isAWSPrincipal(value string) bool {
	if value == "*" || arn.IsAccount(value) || IsUniqueID(value) {
		return true
	}
	a, err := arn.Parse(value)
	if err != nil || strings.ContainsAny(value, "*?") || !arn.IsAccount(a.Account) || a.Region != "" {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + kind {
	case "iam:root":
		return a.Resource == "root"
	case "iam:user", "iam:role", "sts:federated-user":
		return name != ""
	case "sts:assumed-role":
		role, session, _ := strings.Cut(name, "/")
		return role != "" && session != "" && !strings.Contains(session, "/")
	}
	return false
}

// IsUniqueID reports whether value has the form of a user's or role's unique id: what AWS shows in place of the ARN of an entity
// that is gone (limits.md §4).
func IsUniqueID(value string) bool {
	return len(value) >= 16 && (strings.HasPrefix(value, "AIDA") || strings.HasPrefix(value, "AROA")) &&
		strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func isDomain(s string) bool {
	return strings.Contains(s, ".") && strings.Trim(fold.Name(s), "abcdefghijklmnopqrstuvwxyz0123456789.-/") == "" &&
		!strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

// sharedIssuers are web identity providers that serve many tenants, with the claim that tells a tenant from the others. A trust policy must
// ask for it (policy-language.md §8, since 2025-06).
var sharedIssuers = map[string]string{
	"token.actions.githubusercontent.com":                "token.actions.githubusercontent.com:sub",
	"vstoken.actions.githubusercontent.com":              "vstoken.actions.githubusercontent.com:sub",
	"oidc-configuration.audit-log.githubusercontent.com": "oidc-configuration.audit-log.githubusercontent.com:sub",
	"gitlab.com":              "gitlab.com:sub",
	"agent.buildkite.com":     "agent.buildkite.com:sub",
	"app.terraform.io":        "app.terraform.io:sub",
	"oidc.codefresh.io":       "oidc.codefresh.io:sub",
	"studio.datachain.ai/api": "studio.datachain.ai/api:sub",
	"scalr.io":                "scalr.io:sub",
	"tokens.cloud.shisho.dev": "tokens.cloud.shisho.dev:sub",
	"proidc.upbound.io":       "proidc.upbound.io:sub",
	"api.pulumi.com/oidc":     "api.pulumi.com/oidc:aud",
	"sandboxes.cloud":         "sandboxes.cloud:aud",
	"oidc.vercel.com":         "oidc.vercel.com:aud",
	"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": "sts:RoleSessionName",
}

// federatedTenants finds trust in a shared provider that does not say which of its tenants.
func federatedTenants(d *Document) (problems []Problem) {
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != Allow {
			continue
		}
		for _, e := range s.Principal.Entries {
			if e.Type.Text != "Federated" {
				continue
			}
			for _, v := range e.Items {
				if v.Text == cognito && !asksFor(s, cognito+":aud") {
					problems = note(problems, Problem{Rule: NoTenant, Offset: v.Offset, Subject: v.Text,
						Detail:  "every Cognito user of every account would be let in; ask for " + cognito + ":aud",
						message: "A condition block must be present for the Cognito provider"})
				}
				issuer := v.Text
				if _, name, ok := strings.Cut(v.Text, ":oidc-provider/"); ok {
					issuer = name
				}
				if claim := sharedIssuers[issuer]; claim != "" && !asksFor(s, claim) {
					problems = note(problems, Problem{Rule: NoTenant, Offset: v.Offset, Subject: v.Text,
						Detail:  fmt.Sprintf("%s serves many tenants; ask for %s in a condition", issuer, claim),
						message: fmt.Sprintf("The trust policy must have a condition on %s for the shared provider %s.", claim, issuer)})
				}
			}
		}
	}
	return problems
}

// asksFor reports whether a statement has a positive string condition on key whose values are all more than wildcards.
func asksFor(s *Statement, key string) bool {
	for _, b := range s.Condition.Blocks {
		if !b.Known || b.Operator.Set == condition.ForAllValues || b.Operator.IfExists {
			continue
		}
		switch b.Operator.Comparison {
		case condition.StringEquals, condition.StringLike, condition.StringEqualsIgnoreCase:
		default:
			continue
		}
		for _, k := range b.Keys {
			if fold.Name(k.Key.Text) == fold.Name(key) && len(k.Items) > 0 &&
				!slices.ContainsFunc(k.Items, func(v Value) bool { return strings.Trim(v.Text, "*?") == "" }) {
				return true
			}
		}
	}
	return false
}

package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/wildcard"
)

// checkIdentity runs IAM's checks of identity-based policies, in the order of policy-language.md §7. The numbers in the
// comments are those of its table.
func checkIdentity(d *Document, grammar []Problem, k Kind) []Problem {
	// 3 contains a part of what the reader found; what is left of the reader's findings is 1, but for what 5 says better.
	legacy, syntax := take(nil, grammar, EffectCase)
	_, problems := take(nil, syntax, PrincipalText, PrincipalType)

	if k == Managed && d.Version != "2012-10-17" { // 2
		problems = note(problems, Problem{Rule: OldVersion, Offset: max(d.version, 0), Detail: `a managed policy needs "Version": "2012-10-17"`})
	}
	problems = append(problems, legacy...)
	if leadingBlank(d) {
		problems = note(problems, Problem{Rule: LegacyParsing, Detail: "white space stands before the document"})
	}
	problems = append(problems, legacyParsing(d)...)   // 3
	problems = append(problems, sidCharacters(d)...)   // before 4: AWS complains of the characters first
	problems = append(problems, repeatedSids(d)...)    // 4
	problems = append(problems, givenPrincipals(d)...) // 5
	problems = append(problems, missingActions(d)...)  // 6
	problems = append(problems, badResources(d)...)    // 7–12
	// 16 stands before 13: AWS misses the resource of {"Effect": "Allow", "Action": "novendor"} first (doc/divergences.md).
	problems = append(problems, missingResources(d)...)
	return append(problems, badActions(d)...) // 13–15
}

func identityMessage(p *Problem) string {
	switch p.Rule {
	case OldVersion:
		return "Policy document must be version 2012-10-17 or greater."
	case LegacyParsing, EffectCase:
		return "The policy failed legacy parsing"
	case SidCharacters:
		return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	case RepeatedSid:
		return "Statement IDs (SID) in a single policy must be unique."
	case PrincipalGiven:
		return "Policy document should not specify a principal."
	case NoAction:
		return "Policy statement must contain actions."
	case NoResource:
		return "Policy statement must contain resources."
	}
	return "Syntax errors in policy."
}

// legacyParsing finds dates that no parser reads and ARNs that an old parser trips over: those without a service, and those
// of fewer than six parts with an empty one. The latter are of a known partition: of others, AWS names the partition (doc/divergences.md).
func legacyParsing(d *Document) (problems []Problem) {
	for i := range d.Statements {
		s := &d.Statements[i]
		for _, b := range s.Condition.Blocks {
			if !b.Known || !strings.HasPrefix(b.Operator.Comparison.String(), "Date") {
				continue
			}
			for _, key := range b.Keys {
				for _, v := range key.Items {
					if !condition.ValidDate(v.Text) {
						problems = note(problems, Problem{Rule: LegacyParsing, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("%q is not a date", v.Text)})
					}
				}
			}
		}
		for _, v := range s.Resource.Items {
			parts := arn.SplitPattern(v.Text, d.Variables())
			if parts[0] != "arn" || len(parts) < 3 {
				continue
			}
			if parts[2] == "" || len(parts) < 6 && slices.Contains(parts, "") && knownPartition(parts[1]) {
				problems = note(problems, Problem{Rule: LegacyParsing, Offset: v.Offset, Subject: v.Text, Detail: fmt.Sprintf("the ARN %q has an empty part where one is needed", v.Text)})
			}
		}
	}
	return problems
}

// leadingBlank reports white space in front of the document, which JSON allows and AWS does not (security.md S056).
func leadingBlank(d *Document) bool { return strings.IndexByte(" \t\r\n", d.text[0]) >= 0 }

// sidCharacters finds statement ids that are more than letters and digits of ASCII (policy-language.md §1; resource policies
// may be looser).
func sidCharacters(d *Document) (problems []Problem) {
	for i := range d.Statements {
		sid := &d.Statements[i].Sid
		if strings.Trim(fold.Name(sid.Text), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			problems = note(problems, Problem{Rule: SidCharacters, Offset: sid.Offset, Subject: sid.Text,
				Detail: fmt.Sprintf("the Sid %q must have letters and digits only", sid.Text)})
		}
	}
	return problems
}

func givenPrincipals(d *Document) (problems []Problem) {
	for i := range d.Statements {
		if p := &d.Statements[i].Principal; p.Present() {
			problems = note(problems, Problem{Rule: PrincipalGiven, Offset: p.place, Subject: p.Name,
				Detail: p.Name + " is not for this kind of policy: who it applies to follows from where it is attached"})
		}
	}
	return problems
}

func missingActions(d *Document) (problems []Problem) {
	for i := range d.Statements {
		if s := &d.Statements[i]; len(s.Action.Items) == 0 {
			problems = note(problems, Problem{Rule: NoAction, Offset: s.Start, Subject: "Action", Detail: "the statement names no action"})
		}
	}
	return problems
}

func missingResources(d *Document) (problems []Problem) {
	for i := range d.Statements {
		if s := &d.Statements[i]; len(s.Resource.Items) == 0 {
			problems = note(problems, Problem{Rule: NoResource, Offset: s.Start, Subject: "Resource", Detail: "the statement names no resource"})
		}
	}
	return problems
}

// badResources checks each resource. Of several in a statement AWS complains of that whose text comes first (doc/divergences.md).
func badResources(d *Document) (problems []Problem) {
	for i := range d.Statements {
		items := slices.Clone(d.Statements[i].Resource.Items)
		slices.SortStableFunc(items, func(a, b Value) int { return strings.Compare(a.Text, b.Text) })
		for _, v := range items {
			if v.Kind == Null {
				continue
			}
			if message := resourceFault(v.Text, d.Variables()); message != "" {
				problems = note(problems, Problem{Rule: InvalidResource, Offset: v.Offset, Subject: v.Text, Detail: message, message: message})
			}
		}
	}
	return problems
}

// partitions are AWS's. A pattern that matches one of them will do.
var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}

// Partitions returns the names of AWS's partitions.
func Partitions() []string { return slices.Clone(partitions) }

func knownPartition(pattern string) bool {
	return slices.ContainsFunc(partitions, func(p string) bool { return wildcard.Match(wildcard.Encode(pattern), p) })
}

// iamResources is how the resource part of an IAM ARN may begin (12).
var iamResources = []string{"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/",
	"policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"}

// resourceFault returns AWS's message for a resource that is not well formed, or nothing. Colons inside of ${…} separate no
// parts (doc/language.md 17).
func resourceFault(resource string, variables bool) string {
	if resource == "*" {
		return ""
	}
	parts := arn.SplitPattern(resource, variables)
	if len(parts) == 1 { // 7
		return fmt.Sprintf(`Resource %s must be in ARN format or "*".`, resource)
	}
	if !knownPartition(parts[1]) { // 8
		shown := append([]string{"arn"}, parts[1:]...)
		if len(shown) == 3 && shown[2] == "" {
			shown[2] = "*"
		}
		for len(shown) < 6 {
			shown = append(shown, "*")
		}
		return fmt.Sprintf("Partition %q is not valid for resource %q.", parts[1], strings.Join(shown, ":"))
	}
	if len(parts) < 3 || strings.ContainsAny(parts[2], "*?") { // 9
		return "Resource vendor must be fully qualified and cannot contain regexes."
	}
	service, rest := parts[2], append(parts[3:], "", "", "")
	region, path := rest[0], rest[2]
	switch {
	case service == "iam" && region != "": // 10
		return fmt.Sprintf("IAM resource %s cannot contain region information.", resource)
	case service == "s3" && region != "" && !regionalS3(path): // 11
		return fmt.Sprintf("Resource %s can not contain region information.", resource)
	case service == "iam" && len(parts) > 3 && path != "*" && path != "root" && // 12
		!slices.ContainsFunc(iamResources, func(start string) bool { return strings.HasPrefix(path, start) }):
		return `IAM resource path must either be "*", root, or start with ` + strings.Join(iamResources, ", ") + "."
	}
	return ""
}

// regionalS3 reports whether an S3 resource lives in a region. The sheet names access points; the other resource types that AWS's
// own catalogue gives a region, and its managed policies use, are accepted too (doc/divergences.md).
func regionalS3(path string) bool {
	kind, _, _ := strings.Cut(path, "/")
	switch kind {
	case "accesspoint", "access-grants", "job", "storage-lens", "storage-lens-group", "async-request":
		return true
	}
	return false
}

func badActions(d *Document) (problems []Problem) {
	for i := range d.Statements {
		for _, v := range d.Statements[i].Action.Items {
			if message := actionFault(v.Text); message != "" {
				problems = note(problems, Problem{Rule: InvalidAction, Offset: v.Offset, Subject: v.Text, Detail: message, message: message})
			}
		}
	}
	return problems
}

// actionFault returns AWS's message for an action that is not well formed, or nothing.
func actionFault(action string) string {
	vendor, name, ok := strings.Cut(action, ":")
	switch {
	case action == "*":
		return ""
	case !ok: // 13
		return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	case strings.Contains(name, ":"): // 14
		return "Actions/Condition can contain only one colon."
	case !isVendor(vendor): // 15
		return fmt.Sprintf("Vendor %s is not valid", vendor)
	}
	return ""
}

func isVendor(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-') {
			return false
		}
	}
	return s != ""
}

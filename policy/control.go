package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/internal/fold"
)

// checkControl runs the checks of service and resource control policies (policy-language.md §1, §9). Organizations has one message for all that
// can be wrong; the details are ours.
func checkControl(d *Document, problems []Problem, k Kind) []Problem {
	refuse := func(rule Rule, offset int, subject, format string, args ...any) {
		problems = note(problems, Problem{Rule: rule, Offset: offset, Subject: subject, Detail: fmt.Sprintf(format, args...)})
	}
	if d.Version != "2012-10-17" {
		refuse(OldVersion, max(d.version, 0), d.Version, `a control policy needs "Version": "2012-10-17"`)
	}
	if d.HasID {
		refuse(Unsupported, d.id, "Id", "a control policy has no Id")
	}
	problems = append(problems, repeatedSids(d)...)
	problems = append(problems, missingActions(d)...)
	problems = append(problems, missingResources(d)...)
	for i := range d.Statements {
		s := &d.Statements[i]
		for _, v := range s.Action.Items {
			if message := actionFault(v.Text); message != "" {
				refuse(InvalidAction, v.Offset, v.Text, "%s", message)
			}
		}
		for _, v := range s.Resource.Items {
			if fault := controlResourceFault(v, k, d.Variables()); fault != "" {
				refuse(InvalidResource, v.Offset, v.Text, "%s", fault)
			}
		}
		if k == ServiceControl {
			if s.Principal.Present() {
				refuse(PrincipalGiven, s.Principal.place, s.Principal.Name, "a service control policy has no %s: it applies to all principals of the account", s.Principal.Name)
			}
			continue
		}
		resourceControl(s, refuse)
	}
	return problems
}

func controlResourceFault(v Value, k Kind, variables bool) string {
	if v.Kind == Null || v.Text == "*" {
		return ""
	}
	// A short ARN must hold a wildcard in an SCP and is refused in an RCP (policy-language.md §4).
	parts := arn.SplitPattern(v.Text, variables)
	short := len(parts) < arn.PartCount
	switch {
	case parts[0] != "arn":
		return fmt.Sprintf(`%q is neither an ARN nor "*"`, v.Text)
	case short && (k == ResourceControl || !strings.ContainsAny(v.Text, "*?")):
		return fmt.Sprintf("the ARN %q has fewer than six parts", v.Text)
	}
	return ""
}

// resourceControl checks what is special to a statement of a customer's resource control policy: Deny, "*", and actions of services that
// support it.
func resourceControl(s *Statement, refuse func(rule Rule, offset int, subject, format string, args ...any)) {
	if s.Effect == Allow {
		refuse(Unsupported, s.effect.Offset, "Effect", "a resource control policy can only Deny")
	}
	switch p := &s.Principal; {
	case !p.Present():
		refuse(NoPrincipal, s.Start, "Principal", `a resource control policy needs "Principal": "*"`)
	case p.Not || !p.Everyone:
		refuse(InvalidPrincipal, p.place, p.Name, `the principal of a resource control policy is "*"; use conditions to narrow it`)
	}
	if s.Action.Not {
		refuse(Unsupported, s.Action.place, s.Action.Name, "a resource control policy has no NotAction")
	}
	for _, v := range s.Action.Items {
		if service, _, _ := strings.Cut(fold.Name(v.Text), ":"); !SupportsResourceControl(service) {
			refuse(InvalidAction, v.Offset, v.Text, "%q: a resource control policy must name an action of a service that supports it", v.Text)
		}
	}
}

// resourceControlServices are the services whose resources RCPs protect, sorted (policy-language.md §9, as of 2026-09).
var resourceControlServices = strings.Fields(`aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront
	cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
	compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
	kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad personalize polly pricing resource-groups
	rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate
	wafv2 workspaces xray`)

// SupportsResourceControl reports whether resource control policies bear on the actions of a service, given by its prefix in lower case.
func SupportsResourceControl(service string) bool {
	_, found := slices.BinarySearch(resourceControlServices, service)
	return found
}

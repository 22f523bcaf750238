package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/internal/template"
	"github.com/writ-iam/writ/policy"
)

// subject is a policy of a plan or a template that a rule is asked of.
type subject struct {
	*template.Policy
	kind     policy.Kind
	document *policy.Document
	// removed: it will not be there any more.
	removed bool
}

// isControl reports whether it is a policy of an organization, which takes away and grants nothing.
func (s *subject) isControl() bool {
	return s.kind == policy.ServiceControl || s.kind == policy.ResourceControl
}

// insideFlags adds the flags that ask about a plan, and if templates about a template, instead of the files of other flags.
func (c *checker) insideFlags(cmd *cobra.Command, templates bool, instead ...string) {
	names := []string{"plan"}
	cmd.Flags().StringVar(&c.plan, "plan", "", "a Terraform plan as JSON, whose policies are asked about")
	if templates {
		names = append(names, "template")
		cmd.Flags().StringVar(&c.file, "template", "", "a CloudFormation template, whose policies are asked about")
	}
	cmd.MarkFlagsRequiredTogether(instead...)
	cmd.MarkFlagsOneRequired(append(names, instead[0])...)
	for _, name := range instead {
		cmd.MarkFlagsMutuallyExclusive(append(slices.Clone(names), name)...)
	}
}

// isInside reports whether a plan or a template is asked about.
func (c *checker) isInside() bool { return c.plan != "" || c.file != "" }

// inside asks a question of each policy of a plan or a template. The question returns the answer to whether the rule is broken, or why it makes no sense.
func (c *checker) inside(rule string, ask func(*subject) (a analysis.Answer, skip string, err error)) error {
	name, want := c.plan, template.TerraformPlan
	if name == "" {
		name, want = c.file, template.CloudFormation
	}
	text, err := readFile(name, c.stdin)
	if err != nil {
		return err
	}
	if got := template.Recognize(text); got != want {
		return fmt.Errorf("%s: this is a %s, not a %s", display(name), got, want)
	}
	file, err := template.Read(text, template.Options{Values: c.values})
	if err != nil {
		return fmt.Errorf("%s:%w", display(name), err)
	}
	var all []outcome
	for i, p := range slices.Concat(file.Policies, file.Removed) {
		o, err := c.askOne(&subject{Policy: p, kind: p.Kind, removed: i >= len(file.Policies)}, rule, ask)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", display(name), p.Name, err)
		}
		if o.Result != "" {
			o.Check, o.File, o.Policy = rule, display(name), p.Name
			if p.Assumed != "" {
				o.Policy += " (" + p.Assumed + ")"
			}
			all = append(all, o)
		}
	}
	for _, n := range file.Notes {
		if n.Unread && (rule != "no-public-access" || !isIdentity(n.Kind)) {
			all = append(all, outcome{Check: rule, File: display(name), Policy: n.Name, Result: "UNKNOWN", Reason: n.Text, position: n.Position, text: "it could not be proved: " + n.Text})
		}
	}
	if len(all) == 0 {
		all = append(all, outcome{Check: rule, File: display(name), Result: "PASS"})
	}
	return c.print(rule, "A policy "+brokenBy[rule]+".", all)
}

// isIdentity reports whether policies of a kind are those of users, groups, roles and organizations, which let nobody in.
func isIdentity(k policy.Kind) bool {
	return k != policy.Grammar && k != policy.Resource && k != policy.Trust
}

// askOne asks a question of one policy. An outcome without a result is of no interest.
func (c *checker) askOne(s *subject, rule string, ask func(*subject) (analysis.Answer, string, error)) (o outcome, err error) {
	o.position = s.Position(0)
	if s.document, err = policy.Parse(s.Text); err != nil {
		var e *policy.Error
		if !errors.As(err, &e) {
			return o, err
		}
		o.Result, o.Reason, o.position = "UNKNOWN", "it cannot be read: "+e.Detail, s.Position(e.Offset)
		o.text = o.Reason
		return o, nil
	}
	if s.Guess || c.kind != "" {
		if s.kind, err = kindOf(c.kind, s.document); err != nil {
			return o, err
		}
	}
	switch {
	case rule == "no-public-access" && isIdentity(s.kind), // it lets nobody in
		s.removed && (rule != "no-new-access" || !s.isControl()),
		rule == "no-new-access" && s.Changed && !s.removed && s.Text == s.Before:
		return o, nil
	}
	a, skip, err := ask(s)
	if err != nil {
		return o, err
	}
	o.Request, o.Reason = a.Witness, a.Reason
	open := make(map[string]string)
	for _, h := range s.Placeholders {
		if h.Open {
			open[h.Name] = s.Text[h.Start:h.End]
		}
	}
	switch {
	case skip != "":
		o.Result, o.Reason, o.text = "SKIP", skip, skip
	case a.Verdict == analysis.Yes:
		o.Result, o.text = "FAIL", fmt.Sprintf("it %s: %v", brokenBy[rule], a.Witness)
		if s.removed {
			o.text = fmt.Sprintf("without it, there is allowed: %v", a.Witness)
		} else if w := a.Witness; w.Statement >= 0 {
			in := &s.document.Statements[w.Statement]
			o.position = s.Position(in.Start)
			if text := placeholders(taken(s.Policy, in.Start, in.End)); text != "" {
				o.text += " (with " + text + ")"
			}
		}
	case a.Verdict == analysis.No && s.Incomplete != "":
		o.Result, o.Reason = "UNKNOWN", s.Incomplete
	case a.Verdict == analysis.No && len(open) > 0:
		o.Result, o.Reason = "UNKNOWN", fmt.Sprintf("it holds with %s, which may be anything; --set says what it is", placeholders(open))
	case a.Verdict == analysis.No:
		o.Result = "PASS"
	default:
		o.Result = "UNKNOWN"
	}
	if o.Result == "UNKNOWN" {
		o.text = "it could not be proved: " + o.Reason
	}
	return o, nil
}

// publicAccess asks whether a policy lets the public in.
func publicAccess(z *analysis.Analyzer, s *subject) (a analysis.Answer, skip string, err error) {
	resourceType := s.ResourceType
	if s.kind == policy.Trust {
		resourceType = "AWS::IAM::AssumeRolePolicyDocument"
	}
	if !slices.Contains(analysis.ResourceTypes(), resourceType) {
		if resourceType == "" {
			resourceType = s.Resource
		}
		return a, "public access to " + resourceType + " cannot be asked about", nil
	}
	a, err = z.Public(resourceType, asSaved(resourceType, s.document))
	return a, "", err
}

// asSaved returns a resource's policy as it is when it has been saved: API Gateway makes an ARN of execute-api:/… (developer guide, "API Gateway resource policy"). Its
// statements are those of the document, and stand elsewhere.
func asSaved(resourceType string, d *policy.Document) *policy.Document {
	if resourceType != "AWS::ApiGateway::RestApi" || !strings.Contains(d.Text(), `"execute-api:/`) {
		return d
	}
	saved, err := policy.Parse(strings.ReplaceAll(d.Text(), `"execute-api:/`, `"arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/`))
	if err != nil {
		return d
	}
	return saved
}

// newAccess asks whether a policy of a plan grants what it did not grant before.
func newAccess(z *analysis.Analyzer, s *subject) (a analysis.Answer, skip string, err error) {
	before := &policy.Document{} // grants nothing
	switch {
	case !s.Changed:
		return a, "", errors.New("this is a state, which does not say what was before")
	case s.removed: // and everything is allowed that it did not allow
		everything, err := policy.Parse(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
		if err != nil {
			return a, "", err
		}
		a, err = z.Wider(analysis.Of(s.kind, everything), analysis.Of(s.kind, s.document))
		return a, "", err
	case s.Before == "" && s.isControl():
		return a, "a new control policy grants nothing", nil
	case s.Before != "":
		if before, err = policy.Parse(s.Before); err != nil {
			return analysis.Answer{Reason: "what was before cannot be read: " + err.Error()}, "", nil
		}
	}
	a, err = z.Wider(analysis.Of(s.kind, asSaved(s.ResourceType, s.document)), analysis.Of(s.kind, asSaved(s.ResourceType, before)))
	return a, "", err
}

// taken returns what was taken for what in a part of a policy; nil if there is nothing of the kind.
func taken(p *template.Policy, start, end int) (all map[string]string) {
	touched, _ := p.Touched(start, end)
	for _, h := range touched {
		if all == nil {
			all = make(map[string]string)
		}
		all[h.Name] = p.Text[h.Start:h.End]
	}
	return all
}

// placeholders says what was taken for what, in the order of the names: Trusted taken for "111122223333". Of many it names three.
func placeholders(all map[string]string) string {
	var parts []string
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s taken for %q", name, all[name]))
	}
	return strings.Join(parts, ", ")
}

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
	// removed: it will not be there any more. deniesLess: what is told of it is what it denies no more.
	removed, deniesLess bool
}

// isControl reports whether it is a policy of an organization, which takes away and grants nothing.
func (s *subject) isControl() bool {
	return s.kind == policy.ServiceControl || s.kind == policy.ResourceControl
}

// insideFlags adds the flags that ask about a plan, and if templates about a template, instead of the files of other flags.
func (c *checker) insideFlags(cmd *cobra.Command, templates bool, instead ...string) {
	names := []string{"plan"}
	cmd.Flags().StringArrayVar(&c.except, "except", nil, "what is known to be and told as SKIP: the name of a policy or resource as results have it, or the ARN of a policy that is attached; may be given several times")
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
	switch got := template.Recognize(text); {
	case got == template.NoTemplate && (strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff")):
		return fmt.Errorf("%s: this is UTF-16, as PowerShell writes it; it must be UTF-8", display(name))
	case got == template.NoTemplate && want == template.TerraformPlan:
		return fmt.Errorf("%s: this is no Terraform plan as JSON, which terraform show -json PLAN prints", display(name))
	case got == template.NoTemplate:
		return fmt.Errorf("%s: this is no CloudFormation template: it has no Resources", display(name))
	case got != want:
		return fmt.Errorf("%s: this is a %s, not a %s", display(name), got, want)
	}
	file, err := template.Read(text, template.Options{Values: c.values})
	if err != nil {
		return fmt.Errorf("%s:%w", display(name), err)
	}
	if len(file.Unused) > 0 {
		return fmt.Errorf("%s: --set %s: no parameter and no value in the policies is called so", display(name), file.Unused[0])
	}
	var all []outcome
	for i, p := range slices.Concat(file.Policies, file.Removed) {
		o, err := c.askOne(&subject{Policy: p, kind: p.Kind, removed: i >= len(file.Policies)}, rule, ask)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", display(name), p.Name, err)
		}
		if o.Result != "" {
			o.Check, o.Policy = rule, p.Name
			if p.Assumed != "" {
				o.Policy += " (" + p.Assumed + ")"
			}
			all = append(all, o)
		}
	}
	excepted := make(map[string]bool)
	unknown := func(at policy.Position, name, reason string) {
		all = append(all, outcome{Check: rule, Policy: name, Result: "UNKNOWN", Reason: reason, position: at, text: "it could not be proved: " + reason})
	}
	for _, n := range file.Notes {
		if n.Unread && (rule != "no-public-access" || !isIdentity(n.Kind)) && (rule != "no-new-access" || !n.Same) {
			unknown(n.Position, n.Name, n.Text)
		}
	}
	for _, a := range file.Attachments {
		switch {
		case rule == "no-new-access" && a.New:
			unknown(a.Position, a.Name, a.Text+", and was not before")
			excepted[a.Name] = c.exceptsAll(a.Policies)
		case rule == "access-not-granted" && a.Outside:
			unknown(a.Position, a.Name, a.Text+"; what that grants is not in the file")
			excepted[a.Name] = c.exceptsAll(a.Elsewhere)
		}
	}
	for i := range all {
		o := &all[i]
		o.File = display(name)
		if (c.excepts(o.Policy) || excepted[o.Policy]) && (o.Result == "FAIL" || o.Result == "UNKNOWN") {
			o.Result, o.Request, o.Reason = "SKIP", nil, "it is excepted; else: "+o.text
			o.text = o.Reason
		}
	}
	if len(all) == 0 {
		all = append(all, outcome{Check: rule, File: display(name), Result: "PASS"})
	}
	return c.print(rule, "A policy "+brokenBy[rule]+".", all)
}

// excepts reports whether a name is that of a policy or an attachment, or of a resource that it belongs to, which is known to be.
func (c *checker) excepts(name string) bool {
	return slices.ContainsFunc(c.except, func(e string) bool {
		rest, ok := strings.CutPrefix(name, e)
		return e != "" && ok && (rest == "" || rest[0] == '.' || rest[0] == ' ')
	})
}

// exceptsAll reports whether all of some policies that are attached are known to be.
func (c *checker) exceptsAll(names []string) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(c.except, name) })
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
	if s.Guess { // of the others the file tells what they are
		if s.kind, err = kindOf(c.kind, s.document); err != nil {
			return o, err
		}
	}
	switch {
	case rule == "no-public-access" && isIdentity(s.kind), // it lets nobody in
		s.removed && (rule != "no-new-access" || s.Gone),
		rule == "no-new-access" && s.Changed && !s.removed && s.Text == s.Before:
		return o, nil
	}
	a, skip, err := ask(s)
	if err != nil {
		return o, err
	}
	o.Request, o.Reason = a.Witness, a.Reason
	open, defaults := make(map[string]string), make(map[string]string)
	for _, h := range s.Placeholders {
		switch {
		case h.Open:
			open[h.Name] = s.Text[h.Start:h.End]
		case h.Default:
			defaults[h.Name] = s.Text[h.Start:h.End]
		}
	}
	switch {
	case skip != "":
		o.Result, o.Reason, o.text = "SKIP", skip, skip
	case a.Verdict == analysis.Yes:
		o.Result, o.text = "FAIL", fmt.Sprintf("it %s: %v", brokenBy[rule], a.Witness)
		if s.removed {
			o.text = fmt.Sprintf("without it, there is allowed: %v", a.Witness)
		} else if s.deniesLess {
			o.text = fmt.Sprintf("it denies no more, so that another policy may allow it: %v", a.Witness)
		} else if w := a.Witness; w.Statement >= 0 {
			in := &s.document.Statements[w.Statement]
			o.position = s.Position(in.Start)
			if open := s.decisive(in, rule); len(open) > 0 {
				o.Result, o.Reason = "UNKNOWN", fmt.Sprintf("it %s with %s, which may be anything; --set says what it is", brokenBy[rule], placeholders(open))
			} else if text := placeholders(taken(s.Policy, in.Start, in.End)); text != "" {
				o.text += " (with " + text + ")"
			}
		}
	case a.Verdict == analysis.No && s.removed: // nobody misses it
	case a.Verdict == analysis.No && s.Incomplete != "":
		o.Result, o.Reason = "UNKNOWN", s.Incomplete
	case a.Verdict == analysis.No && len(open) > 0:
		o.Result, o.Reason = "UNKNOWN", fmt.Sprintf("it holds with %s, which may be anything; --set says what it is", placeholders(open))
	case a.Verdict == analysis.No:
		o.Result = "PASS"
		if len(defaults) > 0 {
			o.Reason = "with " + placeholders(defaults) + " by default"
		}
	default:
		o.Result = "UNKNOWN"
	}
	if o.Result == "UNKNOWN" {
		o.text = "it could not be proved: " + o.Reason
	}
	return o, nil
}

// alsoAs are the types of resources that have policies of a type, too: the same resource of Terraform or property of a template speaks of several.
var alsoAs = map[string][]string{
	"AWS::S3::Bucket":      {"AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket"},
	"AWS::S3::AccessPoint": {"AWS::S3::AccessPoint", "AWS::S3Express::AccessPoint", "AWS::S3Outposts::AccessPoint"},
	// Its actions are those of access points.
	"AWS::S3::MultiRegionAccessPoint": {"AWS::S3::AccessPoint"},
}

// publicAccess asks whether a policy lets the public in.
func publicAccess(z *analysis.Analyzer, s *subject) (a analysis.Answer, skip string, err error) {
	types := []string{s.ResourceType}
	if s.kind == policy.Trust {
		types[0] = "AWS::IAM::AssumeRolePolicyDocument"
	} else if also := alsoAs[s.ResourceType]; also != nil {
		types = also
	}
	if !slices.Contains(analysis.ResourceTypes(), types[0]) {
		switch s.Resource {
		case "aws_vpc_endpoint", "aws_vpc_endpoint_policy", "awscc_ec2_vpc_endpoint", "AWS::EC2::VPCEndpoint":
			return a, "the policy of an endpoint lets nobody in, it keeps some out", nil
		}
		return namedAccess(s), "", nil
	}
	for _, t := range types {
		next, err := z.Public(t, s.document)
		if err != nil || next.Verdict == analysis.Yes {
			return next, "", err
		}
		if t == types[0] || next.Verdict == analysis.Unknown {
			a = next
		}
	}
	return a, "", nil
}

// namedAccess answers whether a policy lets the public in, of a resource that there is no such question about: No if it names everyone whom it lets in.
func namedAccess(s *subject) analysis.Answer {
	of := s.ResourceType
	if of == "" {
		of = s.Resource
	}
	for i := range s.document.Statements {
		st := &s.document.Statements[i]
		if st.Effect != policy.Allow || !st.Principal.Present() {
			continue
		}
		everyone := st.Principal.Everyone || st.Principal.Not
		for _, e := range st.Principal.Entries {
			everyone = everyone || e.Type.Text == "Federated" || slices.ContainsFunc(e.Items, func(v policy.Value) bool { return strings.ContainsAny(v.Text, "*?$") })
		}
		if everyone {
			return analysis.Answer{Verdict: analysis.Unknown, Reason: "it does not name whom it lets in, and what keeps others out of " + of + " is not known"}
		}
	}
	return analysis.Answer{Verdict: analysis.No}
}

// newAccess asks whether a policy of a plan grants what it did not grant before, or denies less.
func newAccess(z *analysis.Analyzer, s *subject) (a analysis.Answer, skip string, err error) {
	before := &policy.Document{} // grants nothing
	switch {
	case !s.Changed:
		return a, "", errors.New("this is a state, which does not say what was before")
	case s.removed && s.isControl(): // and everything is allowed that it did not allow
		everything, err := policy.Parse(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
		if err != nil {
			return a, "", err
		}
		a, err = z.Wider(analysis.Of(s.kind, everything), analysis.Of(s.kind, s.document))
		return a, "", err
	case s.removed:
		a, err = s.lessDenied(z, &policy.Document{}, s.document)
		return a, "", err
	case s.Before == "" && s.isControl():
		return a, "a new control policy grants nothing", nil
	case s.Before != "":
		if before, err = policy.Parse(s.Before); err != nil {
			return analysis.Answer{Reason: "what was before cannot be read: " + err.Error()}, "", nil
		}
	}
	after, err := analysis.Saved(s.ResourceType, s.document)
	if err != nil {
		return a, "", err
	}
	if before, err = analysis.Saved(s.ResourceType, before); err != nil {
		return a, "", err
	}
	if a, err = z.Wider(analysis.Of(s.kind, after), analysis.Of(s.kind, before)); err != nil || a.Verdict != analysis.No || s.isControl() {
		return a, "", err
	}
	less, err := s.lessDenied(z, after, before)
	if err == nil && less.Verdict != analysis.No {
		s.deniesLess, a = true, less
	}
	return a, "", err
}

// lessDenied answers whether a request is denied before and not after. What else allows it no single policy says; so everything is taken to be allowed.
func (s *subject) lessDenied(z *analysis.Analyzer, after, before *policy.Document) (analysis.Answer, error) {
	denied, err := onlyDenies(before, before)
	if denied == nil || err != nil {
		return analysis.Answer{Verdict: analysis.No}, err
	}
	still, err := onlyDenies(after, before)
	if err != nil {
		return analysis.Answer{}, err
	}
	return z.Wider(analysis.Of(s.kind, still), analysis.Of(s.kind, denied))
}

// onlyDenies returns a document that allows everything but what the Denys of d deny; its statements have the elements of those of like. It is nil if d is like, and there are none.
func onlyDenies(d, like *policy.Document) (*policy.Document, error) {
	var principal, resource string
	var statements []string
	for i := range like.Statements {
		if s := &like.Statements[i]; s.Effect == policy.Deny {
			if s.Principal.Present() {
				principal = `, "Principal": "*"`
			}
			if s.Resource.Present() {
				resource = `, "Resource": "*"`
			}
		}
	}
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == policy.Deny {
			statements = append(statements, d.Text()[s.Start:s.End])
		}
	}
	if d == like && len(statements) == 0 {
		return nil, nil
	}
	version := d.Version
	if version == "" {
		version = "2008-10-17"
	}
	everything := `{"Effect": "Allow", "Action": "*"` + principal + resource + "}"
	return policy.Parse(`{"Version": "` + version + `", "Statement": [` + strings.Join(append([]string{everything}, statements...), ",") + "]}")
}

// decisive returns what was taken for what may be anything in a statement that breaks a rule, without which it might not. That a policy lets the public in does not depend on the
// resource that it names, for it is that resource's.
func (s *subject) decisive(in *policy.Statement, rule string) map[string]string {
	open := make(map[string]string)
	for _, h := range s.Placeholders {
		if h.Open && in.Start <= h.Start && h.Start < in.End {
			open[h.Name] = s.Text[h.Start:h.End]
		}
	}
	if rule == "no-public-access" && len(open) > 0 {
		for _, v := range in.Resource.Items {
			touched, _ := s.Touched(v.Offset, v.Offset+1)
			for _, h := range touched {
				delete(open, h.Name)
			}
		}
	}
	return open
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

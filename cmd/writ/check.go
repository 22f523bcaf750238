package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/policy"
)

func checkCommand() *cobra.Command {
	c := &checker{}
	cmd := &cobra.Command{
		Use:   "check RULE",
		Short: "Prove what policies must not grant",
		Long: `Check proves that policies keep a rule, or shows a request that breaks it. The rules are those of AWS's IAM Access Analyzer.

--plan and --template ask about the policies inside of a Terraform plan (terraform show -json PLAN) or a CloudFormation template, each of what it is there. What is not known before
deployment is replaced by something plausible; where that could as well be anything, such as a parameter without a default, a rule is not taken to hold, unless --set NAME=VALUE says what it is.
Policies that the rule cannot be asked about are told as SKIP, and so is what --except names: policies, resources and attachments that are known to be. --kind says nothing of the
policies of a file that tells what they are.

The exit status is 0 if the rule holds, 1 if it does not, 2 if it could not be said: a rule that could not be proved is not taken to hold.
--output github prints what GitHub shows as annotations, --output sarif a log for code scanning.`,
		// Without a rule nothing is proved, and a pipeline that forgot it must not go on.
		Args: func(cmd *cobra.Command, args []string) error {
			var rules []string
			for _, c := range cmd.Commands() {
				rules = append(rules, c.Name())
			}
			if len(args) == 0 {
				return fmt.Errorf("check: it takes a rule: %s", strings.Join(rules, ", "))
			}
			return fmt.Errorf("check: there is no rule %q; the rules are %s", args[0], strings.Join(rules, ", "))
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.PersistentFlags().StringVarP(&c.output, "output", "o", "text", "text, json, github or sarif")
	cmd.PersistentFlags().StringVar(&c.kind, "kind", "", "what the policies are for, one of "+strings.Join(policy.Kinds(), ", "))
	c.limits.flags(cmd.PersistentFlags())
	cmd.PersistentFlags().StringToStringVar(&c.values, "set", nil, "what a parameter of a template will be: NAME=VALUE")
	cmd.AddCommand(c.noNewAccess(), c.accessNotGranted(), c.noPublicAccess(), c.noExternalAccess(), c.noUselessStatements())
	return cmd
}

// checker asks whether policies keep a rule.
type checker struct {
	output, kind string
	limits       limits
	values       map[string]string
	plan, file   string // whose policies are meant: a plan or a template
	except       []string
	stdin        io.Reader
	stdout       io.Writer
}

func (c *checker) from(cmd *cobra.Command) (*analysis.Analyzer, error) {
	c.stdin, c.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
	if !isReportFormat(c.output) {
		return nil, fmt.Errorf("check: --output is text, json, github or sarif, not %q", c.output)
	}
	if c.limits.budget < 0 {
		return nil, errors.New("check: --budget must not be negative")
	}
	return c.limits.analyzer()
}

func (c *checker) noNewAccess() *cobra.Command {
	var reference, candidate string
	cmd := &cobra.Command{
		Use:   "no-new-access --reference FILE --candidate FILE | --plan FILE",
		Short: "Prove that a policy grants nothing that another does not",
		Long: `No-new-access proves that the candidate grants nothing that the reference does not grant already.

--plan compares each policy that a Terraform plan changes with what it was before; a new policy may grant nothing at all, and one that another role, user or bucket gets is new. A Deny may keep back
what another policy allows, which no plan tells; so a policy may not deny less either. A new control policy takes away and is not asked about, and without one that goes everything is allowed. Where
access changes and no policy does, it could not be said: a managed policy is attached, a group gets a member, a permissions boundary goes, a key is granted.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			z, err := c.from(cmd)
			if err != nil {
				return err
			}
			if c.isInside() {
				return c.inside("no-new-access", func(s *subject) (analysis.Answer, string, error) { return newAccess(z, s) })
			}
			old, err := readPolicy(reference, c.stdin)
			if err != nil {
				return err
			}
			changed, err := readPolicy(candidate, c.stdin)
			if err != nil {
				return err
			}
			kind, err := kindOfBoth(c.kind, old, changed)
			if err != nil {
				return fmt.Errorf("check: %w", err)
			}
			a, err := z.Wider(analysis.Of(kind, changed), analysis.Of(kind, old))
			if err != nil {
				return err
			}
			return c.report("no-new-access", candidate, changed, a, "grants what "+display(reference)+" does not")
		},
	}
	cmd.Flags().StringVar(&reference, "reference", "", "the policy that grants what may be granted")
	cmd.Flags().StringVar(&candidate, "candidate", "", "the policy that may grant no more")
	c.insideFlags(cmd, false, "reference", "candidate")
	return cmd
}

func (c *checker) accessNotGranted() *cobra.Command {
	var file string
	var x analysis.Access
	cmd := &cobra.Command{
		Use:   "access-not-granted --policy FILE | --plan FILE | --template FILE [--actions ACTION,…] [--resources ARN,…]",
		Short: "Prove that a policy grants none of some actions on some resources",
		Long: `Access-not-granted proves that a policy grants none of the actions on any of the resources.

--plan and --template ask of each policy that there will be. What a managed policy grants that is attached and is not in the file, could not be said; --except with its ARN says that it is known.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(x.Actions)+len(x.Resources) == 0 {
				return errors.New("check: --actions or --resources must say what must not be granted")
			}
			z, err := c.from(cmd)
			if err != nil {
				return err
			}
			if err := c.isAsked(cmd.ErrOrStderr(), x); err != nil {
				return err
			}
			if c.isInside() {
				return c.inside("access-not-granted", func(s *subject) (analysis.Answer, string, error) {
					switch {
					case s.isControl():
						return analysis.Answer{}, "a control policy grants nothing", nil
					case s.kind == policy.Trust && len(x.Resources) > 0:
						return analysis.Answer{}, "a trust policy is about its role, and about no other resource", nil
					}
					d, err := analysis.Saved(s.ResourceType, s.document)
					if err != nil {
						return analysis.Answer{}, "", err
					}
					a, err := z.Grants(s.kind, d, x)
					return a, "", err
				})
			}
			d, err := readPolicy(file, c.stdin)
			if err != nil {
				return err
			}
			kind, err := kindOf(c.kind, d)
			if err != nil {
				return fmt.Errorf("check: %w", err)
			}
			a, err := z.Grants(kind, d, x)
			if err != nil {
				return err
			}
			return c.report("access-not-granted", file, d, a, "grants what it must not")
		},
	}
	cmd.Flags().StringVar(&file, "policy", "", "the policy")
	cmd.Flags().StringSliceVar(&x.Actions, "actions", nil, "the actions, with wildcards if need be; without them all")
	cmd.Flags().StringSliceVar(&x.Resources, "resources", nil, "the ARNs of the resources, with wildcards if need be; without them all")
	c.insideFlags(cmd, true, "policy")
	return cmd
}

// isAsked refuses to ask about actions and resources that cannot be, of which every policy grants nothing, and warns of those that AWS does not have.
func (c *checker) isAsked(stderr io.Writer, x analysis.Access) error {
	for _, text := range x.Actions {
		service, name, ok := strings.Cut(text, ":")
		switch {
		case strings.Trim(text, "*") == "":
			continue
		case !ok || service == "" || name == "":
			return fmt.Errorf("check: --actions: %q is not an action, such as s3:GetObject or s3:Get*", text)
		}
		known, err := catalog.Load()
		if err != nil {
			return err
		}
		some := false
		for range known.Expand(text) {
			some = true
			break
		}
		if !some && !strings.ContainsAny(service, "*?") {
			fmt.Fprintf(stderr, "writ: the catalogue of AWS's actions has no %s; the answer is about the name\n", visible(text))
		}
	}
	for _, text := range x.Resources {
		if !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "*") {
			return fmt.Errorf("check: --resources: %q is neither an ARN, such as arn:aws:s3:::bucket/*, nor *", text)
		}
	}
	return nil
}

func (c *checker) noPublicAccess() *cobra.Command {
	var file, resourceType string
	cmd := &cobra.Command{
		Use:   "no-public-access --policy FILE --resource-type TYPE | --plan FILE | --template FILE",
		Short: "Prove that a resource's policy does not let the public in",
		Long: `No-public-access proves that a resource's policy, or a role's trust policy, lets in nobody of whom it knows nothing. The types of resources are
` + strings.Join(analysis.ResourceTypes(), ", ") + `.

--plan and --template ask of each such policy, and of the permissions that Lambda and EventBridge write into policies. The policy of a resource of another type holds if it names everyone whom it lets
in; else it could not be said. Access control lists and the settings that block public access are no policies, and are not looked at.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			z, err := c.from(cmd)
			if err != nil {
				return err
			}
			if c.isInside() {
				return c.inside("no-public-access", func(s *subject) (analysis.Answer, string, error) { return publicAccess(z, s) })
			}
			d, err := readPolicy(file, c.stdin)
			if err != nil {
				return err
			}
			a, err := z.Public(resourceType, d)
			if err != nil {
				return err
			}
			return c.report("no-public-access", file, d, a, "lets the public in")
		},
	}
	cmd.Flags().StringVar(&file, "policy", "", "the resource's policy")
	cmd.Flags().StringVar(&resourceType, "resource-type", "", "what the policy belongs to, such as AWS::S3::Bucket")
	c.insideFlags(cmd, true, "policy", "resource-type")
	return cmd
}

func (c *checker) noExternalAccess() *cobra.Command {
	var file, resourceType string
	var zone analysis.Zone
	cmd := &cobra.Command{
		Use:   "no-external-access --policy FILE --resource-type TYPE [--trusted ACCOUNT,…] [--organization ID]",
		Short: "Prove that a resource's policy lets in nobody but some accounts and an organization",
		Long: `No-external-access shows each principal outside of the trusted zone that a statement of a resource's policy lets in, with the actions and the conditions that its access is bound to. AWS's services
are not outside. The types of resources are those of no-public-access.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			z, err := c.from(cmd)
			if err != nil {
				return err
			}
			d, err := readPolicy(file, c.stdin)
			if err != nil {
				return err
			}
			external, err := z.External(resourceType, d, zone)
			if err != nil {
				return err
			}
			var all []ruled
			for _, x := range external {
				who := x.PrincipalType + " " + x.Principal
				if x.PrincipalType == "" {
					who = "everyone but its NotPrincipal"
				}
				what := strings.Join(x.Actions, ", ")
				if x.NotActions {
					what = "everything but " + what
				}
				text := fmt.Sprintf("it lets in %s for %s%s", who, what, conditions(x.Conditions))
				switch {
				case x.Verdict == analysis.Unknown:
					text = fmt.Sprintf("it could not be proved that it does not let in %s: %s", who, x.Reason)
				case x.Public == analysis.Yes:
					text += "; that is public"
				}
				all = append(all, ruled{x.Statement, text, x.Verdict == analysis.Unknown, x.Witness})
			}
			return c.reportAll("no-external-access", "A policy lets in somebody outside of the trusted zone.", file, d, all)
		},
	}
	cmd.Flags().StringVar(&file, "policy", "", "the resource's policy")
	cmd.Flags().StringVar(&resourceType, "resource-type", "", "what the policy belongs to, such as AWS::S3::Bucket")
	cmd.Flags().StringSliceVar(&zone.Accounts, "trusted", nil, "the ids of the accounts that are trusted")
	cmd.Flags().StringVar(&zone.Organization, "organization", "", "the id of the organization that is trusted")
	required(cmd, "policy", "resource-type")
	return cmd
}

// conditions says what access is bound to.
func conditions(blocks []policy.ConditionBlock) string {
	var all []string
	for _, b := range blocks {
		for i := range b.Keys {
			all = append(all, fmt.Sprintf("%s %s %q", b.Keys[i].Key.Text, b.Name.Text, b.Keys[i].Texts()))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " if " + strings.Join(all, " and ")
}

func (c *checker) noUselessStatements() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "no-useless-statements --policy FILE",
		Short: "Prove that each statement of a policy is of use",
		Long: `No-useless-statements shows the statements that no request ever matches, and those without any of which the policy would mean the same because the others say so already. Of two that say the same
both are shown; one of them can go.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			z, err := c.from(cmd)
			if err != nil {
				return err
			}
			d, err := readPolicy(file, c.stdin)
			if err != nil {
				return err
			}
			kind, err := kindOf(c.kind, d)
			if err != nil {
				return fmt.Errorf("check: %w", err)
			}
			useless, unknown, err := z.Useless(kind, d)
			if err != nil {
				return err
			}
			var all []ruled
			for _, u := range useless {
				text := "no request matches the statement"
				if u.Why == analysis.Redundant {
					text = "without the statement the policy means the same"
				}
				all = append(all, ruled{statement: u.Statement, text: text})
			}
			for _, n := range unknown {
				all = append(all, ruled{statement: n, text: "it could not be proved that the statement is of use", unknown: true})
			}
			return c.reportAll("no-useless-statements", "A statement of a policy is of no use.", file, d, all)
		},
	}
	cmd.Flags().StringVar(&file, "policy", "", "the policy")
	required(cmd, "policy")
	return cmd
}

// ruled is a statement that breaks a rule.
type ruled struct {
	statement int
	text      string
	unknown   bool // whether it does could not be said
	witness   *analysis.Witness
}

// reportAll prints the statements that break a rule.
func (c *checker) reportAll(rule, about, file string, d *policy.Document, all []ruled) error {
	var verdict error
	var findings []finding
	for _, r := range all {
		result := "FAIL"
		switch {
		case r.unknown:
			result, verdict = "UNKNOWN", errReported
		case verdict == nil:
			verdict = errFound
		}
		f := finding{display(file), d.Position(d.Statements[r.statement].Start), rule, "error", visible(r.text)}
		findings = append(findings, f)
		var err error
		switch c.output {
		case "json":
			err = printJSON(c.stdout, struct {
				Check     string            `json:"check"`
				File      string            `json:"file"`
				Result    string            `json:"result"`
				Statement int               `json:"statement"`
				Line      int               `json:"line"`
				Message   string            `json:"message"`
				Request   *analysis.Witness `json:"request"`
			}{rule, f.File, result, r.statement, f.Position.Line, r.text, r.witness})
		case "text":
			_, err = fmt.Fprintf(c.stdout, "%s %s: %s:%d:%d\n\t%s\n", result, rule, visible(f.File), f.Position.Line, f.Position.Column, f.Message)
		}
		if err != nil {
			return err
		}
	}
	var err error
	switch {
	case c.output == "github" || c.output == "sarif":
		err = printFindings(c.stdout, c.output, findings, []ruleInfo{{ID: rule, Text: about}})
	case len(all) == 0 && c.output == "json":
		err = printJSON(c.stdout, map[string]string{"check": rule, "file": display(file), "result": "PASS"})
	case len(all) == 0:
		_, err = fmt.Fprintf(c.stdout, "PASS %s: %s\n", rule, display(file))
	}
	if err != nil {
		return err
	}
	return verdict
}

// required marks flags without which a command makes no sense.
func required(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic("writ: " + err.Error()) // there is no such flag
		}
	}
}

// brokenBy says what a policy of a plan or a template does that breaks a rule.
var brokenBy = map[string]string{"no-new-access": "grants what it did not before", "access-not-granted": "grants what it must not", "no-public-access": "lets the public in"}

// outcome is what is printed of an answer to whether a rule is broken.
type outcome struct {
	Check string `json:"check"`
	File  string `json:"file"`
	// Policy is the name of the policy in a file of several.
	Policy  string            `json:"policy,omitempty"`
	Result  string            `json:"result"` // PASS, FAIL, UNKNOWN, SKIP
	Request *analysis.Witness `json:"request"`
	Line    int               `json:"line,omitempty"`
	Column  int               `json:"column,omitempty"`
	Reason  string            `json:"reason,omitempty"`

	position policy.Position
	text     string // for a person; empty if the rule holds
}

// verdict is the error that an outcome ends the command with.
func (o *outcome) verdict() error {
	return map[string]error{"FAIL": errFound, "UNKNOWN": errReported}[o.Result]
}

// finding is an outcome in a log.
func (o *outcome) finding() finding {
	level, text := "error", o.text
	if o.Result == "SKIP" {
		level = "note"
	}
	if o.Policy != "" {
		text = o.Policy + ": " + text
	}
	return finding{o.File, o.position, o.Check, level, visible(text)}
}

// report prints an answer to whether a rule is broken.
func (c *checker) report(rule, file string, d *policy.Document, a analysis.Answer, broken string) error {
	o := outcome{Check: rule, File: display(file), Result: "PASS", Request: a.Witness, Reason: a.Reason}
	switch a.Verdict {
	case analysis.Yes:
		o.Result, o.text, o.position = "FAIL", fmt.Sprintf("it %s: %v", broken, a.Witness), placeOf(d, a.Witness)
	case analysis.Unknown:
		o.Result, o.text, o.position = "UNKNOWN", "it could not be proved: "+a.Reason, policy.Position{Line: 1, Column: 1}
	}
	return c.print(rule, "A policy "+broken+".", []outcome{o})
}

// print prints outcomes, and returns the gravest verdict.
func (c *checker) print(rule, about string, all []outcome) (verdict error) {
	var findings []finding
	for i := range all {
		o := &all[i]
		o.Line, o.Column = o.position.Line, o.position.Column
		var err error
		switch {
		case c.output == "json":
			err = printJSON(c.stdout, o)
		case c.output == "text":
			of := visible(o.File)
			if o.text != "" {
				of += ":" + o.position.String()
			}
			if o.Policy != "" {
				of += ": " + visible(o.Policy)
			}
			if o.Result == "PASS" && o.Reason != "" {
				of += " (" + visible(o.Reason) + ")"
			}
			if o.text != "" {
				of += "\n\t" + visible(o.text)
			}
			_, err = fmt.Fprintf(c.stdout, "%s %s: %s\n", o.Result, rule, of)
		case o.text != "":
			findings = append(findings, o.finding())
		}
		if err != nil {
			return err
		}
		if v := o.verdict(); verdict == nil || v == errReported {
			verdict = v
		}
	}
	if c.output == "github" || c.output == "sarif" {
		if err := printFindings(c.stdout, c.output, findings, []ruleInfo{{ID: rule, Text: about}}); err != nil {
			return err
		}
	}
	return verdict
}

// placeOf returns where the statement of a document stands that allows a witness.
func placeOf(d *policy.Document, w *analysis.Witness) policy.Position {
	if w.Statement < 0 {
		return policy.Position{Line: 1, Column: 1}
	}
	return d.Position(d.Statements[w.Statement].Start)
}

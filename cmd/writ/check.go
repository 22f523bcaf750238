package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/policy"
)

func checkCommand() *cobra.Command {
	c := &checker{}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Prove what policies must not grant",
		Long: `Check proves that policies keep a rule, or shows a request that breaks it. The rules are those of AWS's IAM Access Analyzer.

The exit status is 0 if the rule holds, 1 if it does not, 2 if it could not be said: a rule that could not be proved is not taken to hold.
--output github prints what GitHub shows as annotations, --output sarif a log for code scanning.`,
	}
	cmd.PersistentFlags().StringVarP(&c.output, "output", "o", "text", "text, json, github or sarif")
	cmd.PersistentFlags().StringVar(&c.kind, "kind", "", "what the policies are for, one of "+strings.Join(policy.Kinds(), ", "))
	cmd.PersistentFlags().BoolVar(&c.limits.language, "language", false, "ask about the language, not about AWS's actions and keys")
	cmd.PersistentFlags().IntVar(&c.limits.budget, "budget", analysis.DefaultBudget, "how many states a question may come to before the answer is unknown")
	cmd.AddCommand(c.noNewAccess(), c.accessNotGranted(), c.noPublicAccess())
	return cmd
}

// checker asks whether policies keep a rule.
type checker struct {
	output, kind string
	limits       limits
	stdin        io.Reader
	stdout       io.Writer
}

func (c *checker) from(cmd *cobra.Command) (*analysis.Analyzer, error) {
	c.stdin, c.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
	if !isReportFormat(c.output) {
		return nil, fmt.Errorf("check: --output is text, json, github or sarif, not %q", c.output)
	}
	return c.limits.analyzer()
}

func (c *checker) noNewAccess() *cobra.Command {
	var reference, candidate string
	cmd := &cobra.Command{
		Use:   "no-new-access --reference FILE --candidate FILE",
		Short: "Prove that a policy grants nothing that another does not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			z, err := c.from(cmd)
			if err != nil {
				return err
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
	required(cmd, "reference", "candidate")
	return cmd
}

func (c *checker) accessNotGranted() *cobra.Command {
	var file string
	var x analysis.Access
	cmd := &cobra.Command{
		Use:   "access-not-granted --policy FILE [--actions ACTION,…] [--resources ARN,…]",
		Short: "Prove that a policy grants none of some actions on some resources",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(x.Actions)+len(x.Resources) == 0 {
				return errors.New("check: --actions or --resources must say what must not be granted")
			}
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
	required(cmd, "policy")
	return cmd
}

func (c *checker) noPublicAccess() *cobra.Command {
	var file, resourceType string
	cmd := &cobra.Command{
		Use:   "no-public-access --policy FILE --resource-type TYPE",
		Short: "Prove that a resource's policy does not let the public in",
		Long: `No-public-access proves that a resource's policy, or a role's trust policy, lets in nobody of whom it knows nothing. The types of resources are
` + strings.Join(analysis.ResourceTypes(), ", ") + `.`,
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
			a, err := z.Public(resourceType, d)
			if err != nil {
				return err
			}
			return c.report("no-public-access", file, d, a, "lets the public in")
		},
	}
	cmd.Flags().StringVar(&file, "policy", "", "the resource's policy")
	cmd.Flags().StringVar(&resourceType, "resource-type", "", "what the policy belongs to, such as AWS::S3::Bucket")
	required(cmd, "policy", "resource-type")
	return cmd
}

// required marks flags without which a command makes no sense.
func required(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic("writ: " + err.Error()) // there is no such flag
		}
	}
}

// report prints an answer to whether a rule is broken.
func (c *checker) report(rule, file string, d *policy.Document, a analysis.Answer, broken string) error {
	f := finding{File: display(file), Rule: rule, Level: "error"}
	var verdict error
	result := "PASS"
	switch a.Verdict {
	case analysis.Yes:
		result, verdict = "FAIL", errFound
		f.Message = fmt.Sprintf("it %s: %v", broken, a.Witness)
		f.Position = placeOf(d, a.Witness)
	case analysis.Unknown:
		result, verdict = "UNKNOWN", errReported
		f.Message = "it could not be proved: " + a.Reason
		f.Position = policy.Position{Line: 1, Column: 1}
	}
	var err error
	switch {
	case c.output == "json":
		err = printJSON(c.stdout, struct {
			Check   string            `json:"check"`
			File    string            `json:"file"`
			Result  string            `json:"result"`
			Request *analysis.Witness `json:"request"`
			Line    int               `json:"line,omitempty"`
			Reason  string            `json:"reason,omitempty"`
		}{rule, f.File, result, a.Witness, f.Position.Line, a.Reason})
	case c.output == "text":
		if a.Verdict == analysis.No {
			_, err = fmt.Fprintf(c.stdout, "PASS %s: %s\n", rule, f.File)
		} else {
			_, err = fmt.Fprintf(c.stdout, "%s %s: %s:%d:%d\n\t%s\n", result, rule, f.File, f.Position.Line, f.Position.Column, f.Message)
		}
	default:
		var all []finding
		if a.Verdict != analysis.No {
			all = append(all, f)
		}
		err = printFindings(c.stdout, c.output, all, []ruleInfo{{ID: rule, Text: "A policy " + broken + "."}})
	}
	if err != nil {
		return err
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

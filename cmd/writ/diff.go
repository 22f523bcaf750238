package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/policy"
)

func diffCommand() *cobra.Command {
	d := differ{}
	cmd := &cobra.Command{
		Use:   "diff LEFT RIGHT | --pairs FILE",
		Short: "Say whether two policies allow the same, and show a request if not",
		Long: `Diff compares what two policies mean, not how they are written: it proves that they allow the same requests, or shows a request that one allows
and the other does not.

--kind says what the policies are for, one of ` + strings.Join(policy.Kinds(), ", ") + `; without it they are what they look like (see
writ help lint). --language asks about the language alone: any text is an action and a resource, and a key may bring anything. Otherwise it is about
AWS: actions are those of AWS's services and those that the policies name, resources are ARNs, and keys have their types.

--pairs reads lines of {"name": …, "left": {…}, "right": {…}, "kind": "identity" or "resource"} and prints a line for each:
{"name", "relation": "equivalent|left-wider|right-wider|incomparable|unknown", "left_only": request, "right_only": request, "reason"}.

The exit status is 0 if the policies are equivalent, 1 if they differ, 2 if it could not be said. With --pairs it is 0 if all are answered.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			d.stdin, d.stdout, d.stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if !isReportFormat(d.output) {
				return fmt.Errorf("diff: --output is text, json, github or sarif, not %q", d.output)
			}
			switch {
			case d.pairs != "" && len(args) == 0:
				return d.each()
			case d.pairs != "" || len(args) != 2:
				return errors.New("diff: it takes two files, or --pairs FILE")
			}
			return d.two(args[0], args[1])
		},
	}
	cmd.Flags().StringVar(&d.kind, "kind", "", "what the policies are for")
	cmd.Flags().StringVar(&d.pairs, "pairs", "", "compare the pairs of a file of JSON lines")
	cmd.Flags().StringVarP(&d.output, "output", "o", "text", "text, json, github or sarif")
	d.limits.flags(cmd.Flags())
	return cmd
}

// limits are what a question of analysis is asked with.
type limits struct {
	language bool
	budget   int
}

func (l *limits) flags(f *pflag.FlagSet) {
	f.BoolVar(&l.language, "language", false, "ask about the language, not about AWS's actions and keys")
	f.IntVar(&l.budget, "budget", analysis.DefaultBudget, "how many states a question may come to before the answer is unknown")
}

// analyzer returns what answers questions.
func (l *limits) analyzer() (*analysis.Analyzer, error) {
	o := analysis.Options{Budget: l.budget}
	if !l.language {
		var err error
		if o.Catalog, err = catalog.Load(); err != nil {
			return nil, err
		}
	}
	return analysis.New(o), nil
}

type differ struct {
	kind, pairs, output string
	limits              limits
	stdin               io.Reader
	stdout, stderr      io.Writer
}

// comparison is what is printed of one.
type comparison struct {
	Name      string            `json:"name"`
	Relation  string            `json:"relation"`
	LeftOnly  *analysis.Witness `json:"left_only"`
	RightOnly *analysis.Witness `json:"right_only"`
	Reason    string            `json:"reason,omitempty"`
}

func newComparison(name string, c analysis.Comparison) comparison {
	out := comparison{Name: name, Relation: c.Relation.String(), LeftOnly: c.LeftOnly.Witness, RightOnly: c.RightOnly.Witness, Reason: c.LeftOnly.Reason}
	if out.Reason == "" {
		out.Reason = c.RightOnly.Reason
	}
	return out
}

func (d *differ) two(left, right string) error {
	a, err := d.limits.analyzer()
	if err != nil {
		return err
	}
	l, err := readPolicy(left, d.stdin)
	if err != nil {
		return err
	}
	r, err := readPolicy(right, d.stdin)
	if err != nil {
		return err
	}
	kind, err := kindOfBoth(d.kind, l, r)
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	c, err := a.Compare(analysis.Of(kind, l), analysis.Of(kind, r))
	if err != nil {
		return err
	}
	out := newComparison("", c)
	switch d.output {
	case "github", "sarif":
		err = printFindings(d.stdout, d.output, d.findings(display(left), display(right), l, r, c, out.Reason), []ruleInfo{{ID: "diff", Text: "Two policies allow the same requests."}})
	case "json":
		err = printJSON(d.stdout, struct {
			Relation  string            `json:"relation"`
			LeftOnly  *analysis.Witness `json:"left_only"`
			RightOnly *analysis.Witness `json:"right_only"`
			Reason    string            `json:"reason,omitempty"`
		}{out.Relation, out.LeftOnly, out.RightOnly, out.Reason})
	default:
		err = d.printText(display(left), display(right), out)
	}
	if err != nil {
		return err
	}
	switch c.Relation {
	case analysis.Equivalent:
		return nil
	case analysis.UnknownRelation:
		return errReported
	}
	return errFound
}

// findings are what tells two policies apart, each at the statement that decides it.
func (d *differ) findings(left, right string, l, r *policy.Document, c analysis.Comparison, reason string) (all []finding) {
	if w := c.LeftOnly.Witness; w != nil {
		all = append(all, finding{left, placeOf(l, w), "diff", "error", visible(fmt.Sprintf("only this policy, and not %s, allows %v", right, w))})
	}
	if w := c.RightOnly.Witness; w != nil {
		all = append(all, finding{right, placeOf(r, w), "diff", "error", visible(fmt.Sprintf("only this policy, and not %s, allows %v", left, w))})
	}
	if c.Relation == analysis.UnknownRelation {
		all = append(all, finding{left, policy.Position{Line: 1, Column: 1}, "diff", "error", fmt.Sprintf("it could not be said whether %s allows the same: %s", right, reason)})
	}
	return all
}

func (d *differ) printText(left, right string, c comparison) error {
	var b strings.Builder
	switch c.Relation {
	case "equivalent":
		fmt.Fprintf(&b, "equivalent: %s and %s allow the same\n", left, right)
	case "unknown":
		fmt.Fprintf(&b, "unknown: %s\n", c.Reason)
	default:
		fmt.Fprintf(&b, "%s\n", c.Relation)
	}
	for _, side := range []struct {
		name string
		w    *analysis.Witness
	}{{left, c.LeftOnly}, {right, c.RightOnly}} {
		if side.w != nil {
			fmt.Fprintf(&b, "only %s allows %s\n", visible(side.name), visible(side.w.String()))
		}
	}
	_, err := io.WriteString(d.stdout, b.String())
	return err
}

// each compares the pairs of a file.
func (d *differ) each() error {
	a, err := d.limits.analyzer()
	if err != nil {
		return err
	}
	f, err := open(d.pairs, d.stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	unknown := false
	lines := json.NewDecoder(f)
	n := 1
	for ; lines.More(); n++ {
		var p struct {
			Name  string          `json:"name"`
			Kind  string          `json:"kind"`
			Left  json.RawMessage `json:"left"`
			Right json.RawMessage `json:"right"`
		}
		if err := lines.Decode(&p); err != nil {
			var wrong *json.UnmarshalTypeError
			if errors.As(err, &wrong) {
				err = errors.New(`it must be {"name": "…", "kind": "…", "left": {…}, "right": {…}}`)
			}
			return fmt.Errorf("%s: pair %d: %w", display(d.pairs), n, err)
		}
		if p.Name == "" {
			p.Name = fmt.Sprint(n)
		}
		c, err := comparePair(a, p.Kind, string(p.Left), string(p.Right))
		if errors.Is(err, analysis.ErrDisagreement) { // a mistake of ours, about this pair
			c = analysis.Comparison{LeftOnly: analysis.Answer{Reason: err.Error()}}
		} else if err != nil {
			return fmt.Errorf("%s: pair %s: %w", display(d.pairs), p.Name, err)
		}
		unknown = unknown || c.Relation == analysis.UnknownRelation
		if err := printJSON(d.stdout, newComparison(p.Name, c)); err != nil {
			return err
		}
	}
	switch _, err := lines.Token(); {
	case err != io.EOF:
		return fmt.Errorf("%s: pair %d: another pair, or the end, is expected", display(d.pairs), n)
	case n == 1:
		return fmt.Errorf("%s: there is no pair in it", display(d.pairs))
	case unknown:
		return errReported
	}
	return nil
}

func comparePair(a *analysis.Analyzer, kind, left, right string) (c analysis.Comparison, err error) {
	k := policy.Inline
	switch kind {
	case "identity", "":
	default:
		if k, err = policy.ParseKind(kind); err != nil {
			return c, fmt.Errorf(`kind is %q; it must be identity, resource or another kind of policy`, kind)
		}
	}
	l, err := policy.Parse(left)
	if err != nil {
		return c, fmt.Errorf("left: %w", err)
	}
	r, err := policy.Parse(right)
	if err != nil {
		return c, fmt.Errorf("right: %w", err)
	}
	return a.Compare(analysis.Of(k, l), analysis.Of(k, r))
}

// printJSON prints a value on a line.
func printJSON(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}

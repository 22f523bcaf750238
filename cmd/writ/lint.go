package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

// levels are how grave a finding is, the gravest first. What a service refuses to save is refused; the others are those of package lint.
var levels = []string{"refused", "error", "security-warning", "warning", "suggestion"}

func lintCommand() *cobra.Command {
	l := linter{}
	rules := false
	cmd := &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Say what is wrong with policies, or not wise",
		Long: `Lint says what AWS would refuse when a policy is saved, all of it, in AWS's order, with line and column and AWS's own message; and what IAM Access Analyzer's policy validation finds: errors, security
warnings, warnings and suggestions, each with its code. --rules lists the rules. What is refused is not also told as an error at the same place.

What a document is for decides what it must hold: --kind is one of ` + strings.Join(policy.Kinds(), ", ") + `. Without it, a
document whose statements have principals is a trust policy if it speaks of STS alone and else a resource policy; any other is an inline policy. --resource-type says what a resource policy belongs to, one
of ` + strings.Join(lint.ResourceTypes(), ", ") + `. A directory stands for its .json files. Without files it reads standard input.

The exit status is 0 if nothing as grave as --level is found, 1 if something is, 2 if a document cannot be read as a policy at all. --output github prints what GitHub shows as annotations, --output sarif a log
for code scanning.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			l.stdin, l.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
			if rules {
				return l.printRules()
			}
			switch {
			case !isReportFormat(l.output):
				return fmt.Errorf("lint: --output is text, json, github or sarif, not %q", l.output)
			case !slices.Contains(levels, l.level):
				return fmt.Errorf("lint: --level is one of %s, not %q", strings.Join(levels, ", "), l.level)
			case l.resourceType != "" && !slices.Contains(lint.ResourceTypes(), l.resourceType):
				return fmt.Errorf("lint: --resource-type is one of %s, not %q", strings.Join(lint.ResourceTypes(), ", "), l.resourceType)
			}
			names, err := files(args, ".json")
			if err != nil {
				return err
			}
			if l.catalog, err = catalog.Load(); err != nil {
				return err
			}
			var result error
			for _, name := range names {
				err := l.lint(name)
				if err != nil && !errors.Is(err, errFound) && !errors.Is(err, errReported) {
					fmt.Fprintf(cmd.ErrOrStderr(), "writ: %v\n", err)
					err = errReported
				}
				if result == nil || errors.Is(err, errReported) {
					result = err
				}
			}
			if l.output == "sarif" {
				if err := printSARIF(l.stdout, l.all, lintRules()); err != nil {
					return err
				}
			}
			return result
		},
	}
	cmd.Flags().StringVar(&l.kind, "kind", "", "what the documents are for")
	cmd.Flags().StringVar(&l.resourceType, "resource-type", "", "what resource policies belong to, such as AWS::S3::Bucket")
	cmd.Flags().StringVarP(&l.output, "output", "o", "text", "text, json for one line a finding, github or sarif")
	cmd.Flags().StringVar(&l.level, "level", "security-warning", "how grave a finding must be for exit status 1: one of "+strings.Join(levels, ", "))
	cmd.Flags().BoolVar(&rules, "rules", false, "list the rules")
	return cmd
}

type linter struct {
	kind, resourceType, output, level string
	catalog                           *catalog.Catalog
	all                               []finding // for a log, which is printed at the end
	stdin                             io.Reader
	stdout                            io.Writer
}

// linted is something that was found in a document.
type linted struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Kind   string `json:"kind"`
	Level  string `json:"level"`
	// Code and Message are AWS's own if a service refuses the document, and Detail says what is wrong.
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
	Link    string `json:"link,omitempty"`
}

// lint prints what is wrong with a file.
func (l *linter) lint(name string) error {
	text, err := readFile(name, l.stdin)
	if err != nil {
		return err
	}
	d, parseErr := policy.Parse(text)
	var e *policy.Error
	if parseErr != nil && !errors.As(parseErr, &e) {
		return parseErr
	}
	if parseErr != nil {
		d = nil
	}
	// What Parse refuses a service refuses too: say it in the words for this kind if it is known.
	kind, err := l.kindOf(d)
	if err != nil {
		return err
	}
	var found []linted
	problems := policy.Problems(kind, text)
	for _, p := range problems {
		found = append(found, linted{display(name), p.Position.Line, p.Position.Column, p.Kind.String(), "refused", p.Code, p.Message, p.Detail, ""})
	}
	for _, f := range lint.Check(text, lint.Options{Kind: kind, ResourceType: l.resourceType, Catalog: l.catalog}) {
		at := f.Locations[0]
		if f.Type == lint.Error && slices.ContainsFunc(problems, func(p *policy.Error) bool { return at.Start <= p.Offset && p.Offset <= at.End }) {
			continue // it is told already
		}
		p := policy.PositionOf(text, at.Start)
		found = append(found, linted{display(name), p.Line, p.Column, kind.String(), levels[1+int(f.Type)], f.Code, f.Message, "", f.Link})
	}
	var result error
	for i := range found {
		if err := l.print(&found[i]); err != nil {
			return err
		}
		if slices.Index(levels, found[i].Level) <= slices.Index(levels, l.level) {
			result = errFound
		}
	}
	if parseErr != nil {
		return errReported
	}
	return result
}

// kindOf returns the kind that was asked for, or what the document looks like.
func (l *linter) kindOf(d *policy.Document) (policy.Kind, error) {
	if l.kind == "" && d == nil {
		return policy.Grammar, nil // what cannot be read does not look like anything
	}
	kind, err := kindOf(l.kind, d)
	if err != nil {
		return 0, fmt.Errorf("lint: %w", err)
	}
	return kind, nil
}

func (l *linter) print(f *linted) error {
	if l.output == "json" {
		return printJSON(l.stdout, f)
	}
	if l.output == "text" {
		var err error
		if f.Level == "refused" {
			_, err = fmt.Fprintf(l.stdout, "%s:%d:%d: %s\n\t%s: %s\n", f.File, f.Line, f.Column, f.Detail, f.Code, f.Message)
		} else {
			_, err = fmt.Fprintf(l.stdout, "%s:%d:%d: %s\n\t%s: %s\n", f.File, f.Line, f.Column, f.Message, strings.ReplaceAll(f.Level, "-", " "), f.Code)
		}
		return err
	}
	text := f.Message
	if f.Level == "refused" {
		text = f.Detail + ": " + f.Message
	}
	level := map[string]string{"refused": "error", "error": "error", "security-warning": "warning", "warning": "warning", "suggestion": "note"}[f.Level]
	one := finding{f.File, policy.Position{Line: f.Line, Column: f.Column}, f.Code, level, text}
	if l.output == "sarif" {
		l.all = append(l.all, one)
		return nil
	}
	return printFindings(l.stdout, l.output, []finding{one}, nil)
}

// printRules prints a line a rule.
func (l *linter) printRules() error {
	for r := range lint.Rules() {
		if _, err := fmt.Fprintf(l.stdout, "%-60s %-16s %s\n", r.Code, strings.ToLower(strings.ReplaceAll(r.Type.String(), "_", "-")), r.Sentence); err != nil {
			return err
		}
	}
	return nil
}

// lintRules are the rules for a log.
func lintRules() (all []ruleInfo) {
	for r := range lint.Rules() {
		all = append(all, ruleInfo{r.Code, r.Sentence, r.Link()})
	}
	return all
}

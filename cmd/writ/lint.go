package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/template"
	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

// levels are how grave a finding is, the gravest first. What a service refuses to save is refused, what could not be looked at is noted; the others are those of package lint.
var levels = []string{"refused", "error", "security-warning", "warning", "suggestion", "note"}

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
of ` + strings.Join(lint.ResourceTypes(), ", ") + `.

A Terraform plan as JSON (terraform show -json PLAN) and a CloudFormation template, JSON or YAML, are known by what is in them; then the policies inside of them are meant, of which the file tells what
they are for, and findings stand where they are in the file. A policy that will be known only when the plan is applied is noted. In a template, what is known only when it is deployed is replaced by
something plausible; findings say so, and an error in what is wholly replaced counts as a warning. --set NAME=VALUE says what a parameter, or anything else that a finding names, will be.

A directory stands for its .json files, and for those of its .yaml, .yml and .template files that are templates. Without files it reads standard input.

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
			names, err := files(args, ".json", ".yaml", ".yml", ".template")
			if err != nil {
				return err
			}
			if l.catalog, err = catalog.Load(); err != nil {
				return err
			}
			l.analyzer = analysis.New(analysis.Options{Catalog: l.catalog, Budget: lintBudget})
			l.used = make(map[string]bool)
			var result error
			for _, name := range names {
				err := l.lint(name, slices.Contains(args, name))
				if err != nil && !errors.Is(err, errFound) && !errors.Is(err, errReported) {
					fmt.Fprintf(cmd.ErrOrStderr(), "writ: %v\n", err)
					err = errReported
				}
				if result == nil || errors.Is(err, errReported) {
					result = err
				}
			}
			for _, name := range slices.Sorted(maps.Keys(l.values)) {
				if !l.used[name] {
					fmt.Fprintf(cmd.ErrOrStderr(), "writ: --set %s: no parameter and no value in the policies is called so\n", name)
					result = errReported
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
	cmd.Flags().StringToStringVar(&l.values, "set", nil, "what a parameter of a template will be: NAME=VALUE")
	cmd.Flags().BoolVar(&rules, "rules", false, "list the rules")
	return cmd
}

// lintBudget bounds what is proved of one document to about a second.
const lintBudget = analysis.DefaultBudget / 10

type linter struct {
	kind, resourceType, output, level string
	values                            map[string]string
	used                              map[string]bool // of the values
	catalog                           *catalog.Catalog
	analyzer                          *analysis.Analyzer
	all                               []finding // for a log, which is printed at the end
	stdin                             io.Reader
	stdout                            io.Writer
}

// linted is something that was found in a document.
type linted struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Policy is the name of the policy in a file of several.
	Policy string `json:"policy,omitempty"`
	Kind   string `json:"kind"`
	Level  string `json:"level"`
	// Code and Message are AWS's own if a service refuses the document, and Detail says what is wrong.
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
	Link    string `json:"link,omitempty"`
	// Placeholders are what is not known before deployment, with what was taken for it.
	Placeholders map[string]string `json:"placeholders,omitempty"`

	start, end int // in the document
}

// lint prints what is wrong with a file. In a directory there may be YAML of all sorts: only what was named is wrong if it is none of ours.
func (l *linter) lint(name string, named bool) error {
	text, err := readFile(name, l.stdin)
	if err != nil {
		return err
	}
	if template.Recognize(text) != template.NoTemplate {
		return l.lintTemplate(name, text)
	}
	if !named && !slices.Contains([]string{".json", ""}, filepath.Ext(name)) {
		return nil
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
	found := l.check(text, kind, l.resourceType)
	for i := range found {
		at := policy.PositionOf(text, found[i].start)
		found[i].File, found[i].Line, found[i].Column = display(name), at.Line, at.Column
	}
	if err := l.printAll(found); parseErr == nil || err != nil && !errors.Is(err, errFound) {
		return err
	}
	return errReported
}

// check returns what is wrong with a document.
func (l *linter) check(text string, kind policy.Kind, resourceType string) (found []linted) {
	problems := policy.Problems(kind, text)
	for _, p := range problems {
		found = append(found, linted{Kind: p.Kind.String(), Level: "refused", Code: p.Code, Message: p.Message, Detail: p.Detail, start: p.Offset, end: p.Offset})
	}
	for _, f := range lint.Check(text, lint.Options{Kind: kind, ResourceType: resourceType, Catalog: l.catalog, Analyzer: l.analyzer}) {
		at := f.Locations[0]
		if f.Type == lint.Error && slices.ContainsFunc(problems, func(p *policy.Error) bool { return at.Start <= p.Offset && p.Offset <= at.End }) {
			continue // it is told already
		}
		found = append(found, linted{Kind: kind.String(), Level: levels[1+int(f.Type)], Code: f.Code, Message: f.Message, Link: f.Link, start: at.Start, end: at.End})
	}
	return found
}

// lintTemplate prints what is wrong with the policies of a plan or template.
func (l *linter) lintTemplate(name, text string) error {
	file, err := template.Read(text, template.Options{Values: l.values})
	if err != nil {
		return fmt.Errorf("%s:%w", display(name), err)
	}
	for name := range l.values {
		l.used[name] = l.used[name] || !slices.Contains(file.Unused, name)
	}
	var result error
	for start := 0; start < len(file.Policies); {
		forms := file.Policies[start:]
		if i := slices.IndexFunc(forms, func(p *template.Policy) bool { return p.Name != forms[0].Name }); i > 0 {
			forms = forms[:i]
		}
		start += len(forms)
		found, err := l.forms(display(name), forms)
		if err != nil {
			return err
		}
		if err := l.printAll(found); err != nil && result == nil {
			result = err
		}
		for _, p := range forms {
			if _, err := policy.Parse(p.Text); err != nil {
				result = errReported
			}
		}
	}
	var notes []linted
	for _, n := range file.Notes {
		notes = append(notes, linted{File: display(name), Line: n.Position.Line, Column: n.Position.Column, Policy: n.Name, Kind: n.Kind.String(), Level: "note", Code: notKnown, Message: n.Text})
	}
	if err := l.printAll(notes); err != nil && result == nil {
		result = err
	}
	return result
}

// forms returns what is wrong with the forms of one policy, which differ by conditions of the template. What all have in common is told once.
func (l *linter) forms(file string, forms []*template.Policy) (all []linted, err error) {
	type same struct {
		line, column int
		code, text   string
	}
	times := make(map[same]int)
	of := func(f *linted) same { return same{f.Line, f.Column, f.Code, f.Message + f.Detail} }
	for _, p := range forms {
		kind := p.Kind
		if d, err := policy.Parse(p.Text); err == nil && (p.Guess || l.kind != "") {
			if kind, err = l.kindOf(d); err != nil {
				return nil, err
			}
		}
		resourceType := p.ResourceType
		if l.resourceType != "" {
			resourceType = l.resourceType
		}
		mine := make(map[same]bool)
		for _, f := range l.check(p.Text, kind, resourceType) {
			at := p.Position(f.start)
			f.File, f.Line, f.Column, f.Policy, f.Placeholders = file, at.Line, at.Column, p.Name, taken(p, f.start, f.end)
			if _, whole := p.Touched(f.start, f.end); whole && (f.Level == "refused" || f.Level == "error") {
				f.Level = "warning" // what will stand there may be right
			}
			if isExecuteAPI(p, &f) || mine[of(&f)] {
				continue
			}
			mine[of(&f)] = true
			if times[of(&f)]++; times[of(&f)] > 1 {
				continue
			}
			if p.Assumed != "" {
				f.Policy += " (" + p.Assumed + ")"
			}
			all = append(all, f)
		}
	}
	for i := range all {
		if times[of(&all[i])] == len(forms) {
			all[i].Policy = forms[0].Name
		}
	}
	return all, nil
}

// isExecuteAPI reports whether a finding is about execute-api:/…, which API Gateway makes an ARN of when it saves a policy.
func isExecuteAPI(p *template.Policy, f *linted) bool {
	return p.ResourceType == "AWS::ApiGateway::RestApi" && strings.HasPrefix(strings.TrimLeft(p.Text[min(f.start, len(p.Text)):], `"`), "execute-api:/")
}

// printAll prints findings, and returns errFound if one is as grave as it must be for that.
func (l *linter) printAll(found []linted) (result error) {
	for i := range found {
		if err := l.print(&found[i]); err != nil {
			return err
		}
		if slices.Index(levels, found[i].Level) <= slices.Index(levels, l.level) {
			result = errFound
		}
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
	message := f.Message
	if f.Policy != "" {
		message = f.Policy + ": " + message
	}
	if text := placeholders(f.Placeholders); text != "" {
		message += " (with " + text + ")"
	}
	message, detail := visible(message), visible(f.Detail)
	switch l.output {
	case "json":
		return printJSON(l.stdout, f)
	case "text":
		if detail != "" {
			message += "\n\t" + detail
		}
		_, err := fmt.Fprintf(l.stdout, "%s:%d:%d: %s: %s: %s\n", visible(f.File), f.Line, f.Column, f.Level, f.Code, message)
		return err
	}
	if detail != "" {
		message += "\n" + detail
	}
	level := map[string]string{"refused": "error", "error": "error", "security-warning": "warning", "warning": "warning", "suggestion": "note", "note": "note"}[f.Level]
	one := finding{f.File, policy.Position{Line: f.Line, Column: f.Column}, f.Code, level, message}
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

// notKnown is the code of notes.
const notKnown = "NOT_KNOWN"

// lintRules are the rules for a log.
func lintRules() (all []ruleInfo) {
	for r := range lint.Rules() {
		all = append(all, ruleInfo{r.Code, r.Sentence, r.Link()})
	}
	return append(all, ruleInfo{ID: notKnown, Text: "A policy was not looked at, or not wholly: what it says is known only after deployment."})
}

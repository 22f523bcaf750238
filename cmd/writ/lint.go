package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/policy"
)

func lintCommand() *cobra.Command {
	l := linter{}
	cmd := &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Say what is wrong with policies",
		Long: `Lint says what AWS would refuse when a policy is saved, all of it, in AWS's order, with line and column and AWS's own message.

What a document is for decides what it must hold: --kind is one of ` + strings.Join(policy.Kinds(), ", ") + `. Without it, a
document whose statements have principals is a trust policy if it speaks of STS alone and else a resource policy; any other is an inline policy. A directory stands for its .json files. Without files it
reads standard input.

The exit status is 0 if nothing is wrong, 1 if there are findings, 2 if a document cannot be read as a policy at all.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if l.output != "text" && l.output != "json" {
				return fmt.Errorf("lint: --output is text or json, not %q", l.output)
			}
			names, err := files(args, ".json")
			if err != nil {
				return err
			}
			l.stdin, l.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
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
			return result
		},
	}
	cmd.Flags().StringVar(&l.kind, "kind", "", "what the documents are for")
	cmd.Flags().StringVarP(&l.output, "output", "o", "text", "text, or json for one line a finding")
	return cmd
}

type linter struct {
	kind, output string
	stdin        io.Reader
	stdout       io.Writer
}

// lint prints what is wrong with a file.
func (l *linter) lint(name string) error {
	text, err := readFile(name, l.stdin)
	if err != nil {
		return err
	}
	d, err := policy.Parse(text)
	if err != nil {
		var e *policy.Error
		if !errors.As(err, &e) {
			return err
		}
		// What Parse refuses a service refuses too: say it in the words for this kind if it is known.
		kind, kindErr := l.kindOf(nil)
		if kindErr != nil {
			return kindErr
		}
		for _, e := range policy.Problems(kind, text) {
			if err := l.print(name, e); err != nil {
				return err
			}
		}
		return errReported
	}
	kind, err := l.kindOf(d)
	if err != nil {
		return err
	}
	problems := policy.Problems(kind, text)
	for _, e := range problems {
		if err := l.print(name, e); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return errFound
	}
	return nil
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

func (l *linter) print(name string, e *policy.Error) error {
	if l.output == "text" {
		_, err := fmt.Fprintf(l.stdout, "%s:%v\n\t%s: %s\n", display(name), e, e.Code, e.Message)
		return err
	}
	line, err := json.Marshal(struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Kind    string `json:"kind"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Detail  string `json:"detail"`
	}{display(name), e.Position.Line, e.Position.Column, e.Kind.String(), e.Code, e.Message, e.Detail})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.stdout, "%s\n", line)
	return err
}

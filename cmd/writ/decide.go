package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/jsontext"
)

func decideCommand() *cobra.Command {
	var explain bool
	cmd := &cobra.Command{
		Use:   "decide [FILE…]",
		Short: "Judge cases: is this request allowed by these policies",
		Long: `Decide judges cases and prints one JSON line for each:

  {"name", "decision", "layer", "statement", "message", "expected"}

A case is a request with all policies that bear on it; doc/case-format.md describes the form. A file holds one case, a list of cases, or
a case a line. A directory stands for its .json and .jsonl files. Without files, cases are read from standard input.

The exit status is 0 if all went well, 1 if a case does not come out as it expects, 2 if something could not be read.`,
		Example: `  writ decide cases.json
  writ decide --explain authz/testdata/worked.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := files(args, ".json", ".jsonl")
			if err != nil {
				return err
			}
			d := decider{explain: explain, stderr: cmd.ErrOrStderr(), stdin: cmd.InOrStdin()}
			return d.run(names, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "tell the reasoning, for a person")
	return cmd
}

// decider judges the cases of files on all cores and prints the answers in the order of the cases.
type decider struct {
	explain bool
	stdin   io.Reader
	stderr  io.Writer

	failed, unmet bool
}

// answer is what came of one chunk.
type answer struct {
	out    []byte
	errs   []error // unreadable input
	unmet  []string
	failed error
}

func (d *decider) run(names []string, w io.Writer) error {
	if os.Getenv("GOGC") == "" {
		// Cases are read, answered and dropped: nearly all memory is garbage soon, and collecting it less often saves a third of the time.
		defer debug.SetGCPercent(debug.SetGCPercent(800))
	}
	// Chunks are answered as they come and printed in their order: each has a channel of its own, in the queue.
	queue := make(chan chan answer, 2*runtime.GOMAXPROCS(0))
	go d.feed(names, queue)
	out := bufio.NewWriterSize(w, 64<<10)
	some := false
	for c := range queue {
		a := <-c
		some = some || len(a.out)+len(a.errs) > 0 || a.failed != nil
		if _, err := out.Write(a.out); err != nil {
			return err
		}
		if len(a.errs)+len(a.unmet) == 0 && a.failed == nil {
			continue
		}
		if err := out.Flush(); err != nil {
			return err
		}
		d.complain(&a)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case !some:
		return fmt.Errorf("decide: there is no case in %s", strings.Join(names, ", ")) // which is not that all come out as expected
	case d.failed:
		return errReported
	case d.unmet:
		return errFound
	}
	return nil
}

func (d *decider) complain(a *answer) {
	for _, err := range a.errs {
		d.failed = true
		fmt.Fprintf(d.stderr, "writ: %v\n", err)
	}
	if a.failed != nil {
		d.failed = true
		fmt.Fprintf(d.stderr, "writ: %v\n", a.failed)
	}
	for _, u := range a.unmet {
		d.unmet = true
		fmt.Fprintf(d.stderr, "writ: %s\n", u)
	}
}

// feed reads the files and has their chunks answered by as many goroutines as there are cores.
func (d *decider) feed(names []string, queue chan<- chan answer) {
	defer close(queue)
	type job struct {
		chunk  chunk
		answer chan<- answer
	}
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for j := range jobs {
				j.answer <- d.judge(&j.chunk)
			}
		})
	}
	for _, name := range names {
		err := chunks(name, d.stdin, func(c chunk) bool {
			a := make(chan answer, 1)
			queue <- a
			jobs <- job{c, a}
			return true
		})
		if err != nil {
			a := make(chan answer, 1)
			a <- answer{failed: err}
			queue <- a
		}
	}
	close(jobs)
	workers.Wait()
}

// judge answers the cases of a chunk.
func (d *decider) judge(c *chunk) (a answer) {
	var cases authz.Cases
	if c.lines {
		d.judgeLines(&cases, c, &a)
		return a
	}
	cases.Each(c.text, func(cs *authz.Case, err error) bool {
		if err != nil {
			a.errs = append(a.errs, c.problem(0, err))
		} else {
			d.answer(c, cs, &a)
		}
		return true
	})
	return a
}

func (d *decider) judgeLines(cases *authz.Cases, c *chunk, a *answer) {
	for start := 0; start < len(c.text); {
		line := c.text[start:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		if strings.TrimSpace(line) != "" {
			cs, err := cases.Parse(line)
			if err != nil {
				a.errs = append(a.errs, c.problem(start, err))
			} else {
				d.answer(c, cs, a)
			}
		}
		start += len(line) + 1
	}
}

// problem puts an error of reading, in what begins at an offset, at its place in the file.
func (c *chunk) problem(start int, err error) error {
	var e *authz.CaseError
	if errors.As(err, &e) {
		return c.at(start+e.Offset, e.Detail)
	}
	return err
}

// answer judges one case and appends what is to be printed.
func (d *decider) answer(c *chunk, cs *authz.Case, a *answer) {
	var decision authz.Decision
	if d.explain {
		e := authz.Explain(cs.Request, &cs.Policies)
		decision = e.Decision
		a.out = appendExplanation(a.out, cs, &e)
	} else {
		decision = authz.Decide(cs.Request, &cs.Policies)
		a.out = appendAnswer(a.out, cs, decision)
	}
	for _, miss := range cs.Misses(decision) {
		a.unmet = append(a.unmet, fmt.Sprintf("%s: case %q: %s", display(c.file), cs.Name, miss))
	}
}

// appendAnswer appends the line of a case.
func appendAnswer(b []byte, c *authz.Case, d authz.Decision) []byte {
	b = append(b, `{"name":`...)
	b = jsontext.AppendString(b, c.Name)
	b = append(b, `,"decision":"`...)
	b = append(b, d.Effect.String()...)
	b = append(b, `","layer":"`...)
	b = append(b, d.Layer.String()...)
	b = append(b, `","statement":"`...)
	b = append(b, d.StatementPath()...)
	b = append(b, `","message":`...)
	b = jsontext.AppendString(b, d.Message(c.Request))
	b = append(b, `,"expected":`...)
	if c.Expect == "" {
		b = append(b, "null"...)
	} else {
		b = jsontext.AppendString(b, c.Expect)
	}
	return append(b, "}\n"...)
}

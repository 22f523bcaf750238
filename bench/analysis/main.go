// Analysis measures what a proof about two policies costs, and compares the answers with those of two SMT solvers, cvc5 and Z3, that are given the same questions.
//
//	cd bench && go run ./analysis                 # cvc5 and z3 are used if they are installed
//	cd bench && go run ./analysis -o ../doc/performance-analysis.md
//
// The question is always whether there is a request that one identity policy allows and another does not. The solvers get it as SMT-LIB: strings with regular
// expressions for actions, resources and texts, reals for numbers and dates, bit vectors for addresses (smt.go). Pairs with what SMT-LIB cannot say in a reasonable way, such as policy variables and
// multi-valued keys, are left out there.
//
// The cost is processor time, of this process for Writ and of the child for a solver.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/bench/machine"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/policy"
)

func main() {
	log.SetFlags(0)
	output := flag.String("o", "", "write the tables to this `file` too")
	sample := flag.Int("sample", 60, "how many pairs of each kind the solvers are given; 0 leaves them out")
	timeout := flag.Duration("timeout", 10*time.Second, "how long a solver may take for one")
	every := flag.Int("every", 1, "each how many-th managed policy is taken")
	flag.Parse()
	if err := run(*output, *sample, *timeout, *every); err != nil {
		log.Fatal(err)
	}
}

// pair is two policies.
type pair struct {
	name        string
	left, right *policy.Document
}

// workload is a kind of pairs.
type workload struct {
	name, about string
	pairs       []pair
}

func run(output string, sample int, timeout time.Duration, every int) error {
	c, err := catalog.Load()
	if err != nil {
		return err
	}
	works, err := workloads(every)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What a proof costs\n\nMeasured %s on %s, %s, %s: processor time for the question whether there is a request that one policy allows and another does not,\n"+
		"with the catalogue, compiling not included.\n\n\tcd bench && go run ./analysis%s\n\n", time.Now().Format("2006-01-02"), machine.Name(), runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), flags())
	fmt.Fprintf(&b, "| pairs | questions | median | 90 %% | 99 %% | longest | unknown |\n|---|---|---|---|---|---|---|\n")
	for _, w := range works {
		z := analysis.New(analysis.Options{Catalog: c})
		var times []time.Duration
		unknown := 0
		for n, p := range w.pairs {
			left, right := analysis.Of(policy.Managed, p.left), analysis.Of(policy.Managed, p.right)
			for _, sides := range [][2]analysis.Side{{left, right}, {right, left}} {
				d, a, err := timed(z, sides[0], sides[1])
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				times = append(times, d)
				if a.Verdict == analysis.Unknown {
					unknown++
				}
			}
			if n%500 == 0 {
				progress("%s: %d of %d", w.name, n, len(w.pairs))
			}
		}
		progress("")
		slices.Sort(times)
		at := func(share float64) string {
			return machine.Show(times[min(len(times)-1, int(share*float64(len(times))))])
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %d |\n", w.name, len(times), at(.5), at(.9), at(.99), machine.Show(times[len(times)-1]), unknown)
	}
	b.WriteString("\n")
	for _, w := range works {
		fmt.Fprintf(&b, "- *%s*: %s\n", w.name, w.about)
	}
	if sample > 0 {
		if err := solvers(&b, works, sample, timeout); err != nil {
			return err
		}
	}
	if _, err := os.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	if output != "" {
		return os.WriteFile(output, b.Bytes(), 0o644)
	}
	return nil
}

// flags are those that this run was started with, but for where the tables go.
func flags() (text string) {
	flag.Visit(func(f *flag.Flag) {
		if f.Name != "o" {
			text += " -" + f.Name + " " + f.Value.String()
		}
	})
	return text
}

// progress says on a terminal how far the work is.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

// timed asks a question several times and returns the least processor time.
func timed(z *analysis.Analyzer, left, right analysis.Side) (best time.Duration, a analysis.Answer, err error) {
	for i := range 3 {
		start := machine.ProcessTime()
		a, err = z.Wider(left, right)
		d := machine.ProcessTime() - start
		if err != nil {
			return 0, a, err
		}
		if i == 0 || d < best {
			best = d
		}
		if d > 50*time.Millisecond {
			break
		}
	}
	return best, a, nil
}

// solver is a command that reads SMT-LIB from a file.
type solver struct {
	name string
	args []string
}

// solvers asks other solvers a sample of the questions, and compares.
func solvers(w io.Writer, works []workload, sample int, timeout time.Duration) error {
	var all []solver
	for _, s := range []solver{{"cvc5", []string{"--lang=smt2", "--strings-exp"}}, {"z3", []string{"-smt2"}}} {
		if _, err := exec.LookPath(s.name); err == nil {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		fmt.Fprintf(w, "\nNeither cvc5 nor Z3 is installed here.\n")
		return nil
	}
	fmt.Fprintf(w, "\n## Beside SMT solvers\n\nThe same questions about the language alone (no catalogue), in one run, %v for each at most.\n\n", timeout)
	fmt.Fprintf(w, "| pairs | solver | questions | answered | agree with Writ | disagree | median of the answered | Writ, median of the same |\n|---|---|---|---|---|---|---|---|\n")
	dir, err := os.MkdirTemp("", "writ-smt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, work := range works {
		type question struct {
			name, text  string
			left, right *policy.Document
		}
		var questions []question
		step := max(1, len(work.pairs)/sample)
		for n := 0; n < len(work.pairs) && len(questions) < sample; n += step {
			p := work.pairs[n]
			for i, sides := range [][2]*policy.Document{{p.left, p.right}, {p.right, p.left}} {
				if text, ok := smtLIB(sides[0], sides[1]); ok {
					questions = append(questions, question{fmt.Sprint(p.name, ", direction ", i), text, sides[0], sides[1]})
				}
			}
		}
		for _, s := range all {
			var theirs, ours []time.Duration
			answered, agree, disagree := 0, 0, 0
			for n, q := range questions {
				progress("%s, %s: %d of %d", s.name, work.name, n, len(questions))
				sat, d, ok, err := s.ask(dir, q.text, timeout)
				if err != nil {
					return err
				}
				mine, a, err := timed(analysis.New(analysis.Options{}), analysis.Of(policy.Managed, q.left), analysis.Of(policy.Managed, q.right))
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
				answered++
				theirs, ours = append(theirs, d), append(ours, mine)
				switch {
				case a.Verdict == analysis.Unknown:
				case sat == (a.Verdict == analysis.Yes):
					agree++
				default:
					disagree++
					fmt.Fprintf(os.Stderr, "\n%s says sat=%v of %s, Writ %v %v\n%s\n%s\n", s.name, sat, q.name, a.Verdict, a.Witness, q.left.Text(), q.right.Text())
				}
			}
			progress("")
			slices.Sort(theirs)
			slices.Sort(ours)
			middle := func(d []time.Duration) string {
				if len(d) == 0 {
					return "–"
				}
				return machine.Show(d[len(d)/2])
			}
			fmt.Fprintf(w, "| %s | %s | %d | %d | %d | %d | %s | %s |\n", work.name, s.name, len(questions), answered, agree, disagree, middle(theirs), middle(ours))
		}
	}
	return nil
}

// ask returns a solver's answer and its processor time; ok is false if it had none in time.
func (s solver) ask(dir, text string, timeout time.Duration) (sat bool, d time.Duration, ok bool, err error) {
	file := dir + "/question.smt2"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return false, 0, false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.name, append(slices.Clone(s.args), file)...)
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return false, timeout, false, nil
	}
	d = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	switch answer := strings.TrimSpace(string(out)); {
	case strings.HasPrefix(answer, "sat"):
		return true, d, true, nil
	case strings.HasPrefix(answer, "unsat"):
		return false, d, true, nil
	case strings.HasPrefix(answer, "unknown"):
		return false, d, false, nil
	default:
		return false, d, false, fmt.Errorf("%s: %v: %s\n%s", s.name, err, answer, text)
	}
}

// Bench measures what a decision of Writ costs, beside other policy engines that are asked the same questions.
//
//	cd bench
//	go run .                              # everything, about two minutes
//	go run . -o tables.md                 # and the tables into a file
//	go run . -workloads 'medium s3,full' -engines writ,naive
//	go test -bench Decide -cpuprofile cpu.prof   # Writ alone, for pprof
//
// The cost is processor time, user and system, of the whole process, garbage collection included; each figure is the median
// of several runs. The engines take turns within a workload, so that what else the machine does meets all of them alike.
// Nothing is measured before its answers are compared: Writ and the naive reading must give the answers that the workload
// was built to have; the share that another engine gets right stands beside its figure if it is not all.
//
// It runs on Unix, which tells a process how much processor time it used. Bench is a module of its own, so that the engines it compares with are no dependencies of Writ. The workloads are in package
// workload, the engines in package engine.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/writ-iam/writ/bench/engine"
	"github.com/writ-iam/writ/bench/workload"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// config is what the flags say.
type config struct {
	engines   []engine.Engine
	workloads []*workload.Workload
	atLeast   time.Duration
	runs      int
	output    string
	others    bool
	progress  io.Writer
}

func parse(arguments []string, stderr io.Writer) (*config, error) {
	c := &config{progress: stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var engines, workloads string
	flags.StringVar(&engines, "engines", "", "the `names` of engines, separated by commas; without, all\n"+strings.Join(engineNames(), ", "))
	flags.StringVar(&workloads, "workloads", "", "the `names` of workloads, separated by commas; without, all\n"+strings.Join(workload.Names(), ", "))
	flags.DurationVar(&c.atLeast, "time", 150*time.Millisecond, "how long a run takes at least")
	flags.IntVar(&c.runs, "runs", 5, "how many runs the median is taken of")
	flags.StringVar(&c.output, "o", "", "write the tables to this `file` too")
	flags.BoolVar(&c.others, "others", true, "measure compiling, wildcards and the catalogue too")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if c.runs < 1 {
		return nil, fmt.Errorf("-runs must be at least 1")
	}
	c.engines = engine.All()
	if engines != "" {
		c.engines = nil
		for _, name := range split(engines) {
			e, err := engine.ByName(name)
			if err != nil {
				return nil, fmt.Errorf("%w; there are: %s", err, strings.Join(engineNames(), ", "))
			}
			c.engines = append(c.engines, e)
		}
	}
	names := workload.Names()
	if workloads != "" {
		names = split(workloads)
	}
	for _, name := range names {
		w, ok := workload.ByName(name)
		if !ok {
			return nil, fmt.Errorf("no workload is called %q; there are: %s", name, strings.Join(workload.Names(), ", "))
		}
		c.workloads = append(c.workloads, w)
	}
	return c, nil
}

func run(arguments []string, stdout, stderr io.Writer) error {
	c, err := parse(arguments, stderr)
	if err == flag.ErrHelp {
		return nil
	}
	if err != nil {
		return err
	}
	var report bytes.Buffer
	out := io.MultiWriter(stdout, &report)
	writeMachine(out, c)
	results := make(map[string]map[string]result)
	for _, w := range c.workloads {
		if results[w.Name], err = c.measure(w); err != nil {
			return err
		}
	}
	writeResults(out, c, results)
	if c.others {
		if err := writeOthers(out, c); err != nil {
			return err
		}
	}
	if c.output != "" {
		return os.WriteFile(c.output, report.Bytes(), 0o666)
	}
	return nil
}

// result is what one engine did with one workload.
type result struct {
	sample
	agreement float64
	unfit     error // why it was left out
}

// measure lets the engines take turns at a workload.
func (c *config) measure(w *workload.Workload) (map[string]result, error) {
	results := make(map[string]result)
	judges := make(map[string]engine.Judge)
	samples := make(map[string][]sample)
	engines := c.engines
	if slices.ContainsFunc(engines, func(e engine.Engine) bool { return e.Name == engine.Writ.Name }) {
		engines = append(slices.Clone(engines), engine.WritListing, engine.WritBuilding, engine.WritRebuilding)
	}
	for _, e := range engines {
		fmt.Fprintf(c.progress, "%s: preparing %s\n", w.Name, e.Name)
		j, err := prepare(e, w)
		if unfit, ok := err.(engine.Unfit); ok {
			results[e.Name] = result{unfit: unfit}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", w.Name, e.Name, err)
		}
		if _, exact := j.(engine.Outcomer); exact {
			if err := engine.Check(w, j); err != nil {
				return nil, fmt.Errorf("%s: %s answers wrongly: %w", w.Name, e.Name, err)
			}
		}
		judges[e.Name] = j
		results[e.Name] = result{agreement: engine.Agreement(w, j)}
	}
	for i := range c.runs {
		fmt.Fprintf(c.progress, "%s: run %d of %d\n", w.Name, i+1, c.runs)
		for _, e := range engines {
			j, ok := judges[e.Name]
			if !ok {
				continue
			}
			samples[e.Name] = append(samples[e.Name], measure(len(w.Requests), c.atLeast, func() {
				for i := range w.Requests {
					j.Allow(i)
				}
			}))
		}
	}
	for name, s := range samples {
		r := results[name]
		r.sample = median(s)
		results[name] = r
	}
	return results, nil
}

// prepare leaves the workloads with thousands of requests to Writ, in all its variants: they are about its memory, and the
// slices of 495 users would take the others longer to prepare than all else.
func prepare(e engine.Engine, w *workload.Workload) (engine.Judge, error) {
	if w.Cold() && !strings.HasPrefix(e.Name, engine.Writ.Name) {
		return nil, engine.Unfit("would take long to prepare")
	}
	return e.Prepare(w)
}

func split(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

func engineNames() []string {
	var names []string
	for _, e := range engine.All() {
		names = append(names, e.Name)
	}
	return names
}

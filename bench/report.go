package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/writ-iam/writ/bench/engine"
	"github.com/writ-iam/writ/bench/machine"
)

// The most that a decision of Writ may cost, in nanoseconds, and how often it may allocate.
var targets = map[string]struct{ nanos, allocs float64 }{
	"small":        {80, 0},
	"medium s3":    {250, 0},
	"medium mixed": {150, 0},
	"large":        {120, 0},
	"huge s3":      {300, 0},
	"huge mixed":   {200, 0},
	"full":         {250, 0},
	"cold s3":      {1200, 0},
	"cold mixed":   {1200, 0},
}

// The same for making a request and deciding it, on medium mixed.
const (
	buildWorkload = "medium mixed"
	buildNanos    = 600
	buildAllocs   = 2
)

func writeMachine(out io.Writer, c *config) {
	fmt.Fprintf(out, "Measured %s on %s, %d cores, %s/%s, %s; processor time (user and system, garbage collection included), medians of %d runs of %v or more.\n\n",
		time.Now().UTC().Format(time.DateOnly), machine.Name(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), c.runs, c.atLeast)
}

func writeResults(out io.Writer, c *config, results map[string]map[string]result) {
	writeWorkloads(out, c)
	writeComparison(out, c, results)
	writeOwn(out, c, results)
}

func writeWorkloads(out io.Writer, c *config) {
	fmt.Fprint(out, "## Workloads\n\n| workload | what it is | statements | requests |\n|---|---|---|---|\n")
	for _, w := range c.workloads {
		counts := make(map[string]int)
		var kinds []string
		for i := range w.Requests {
			k := w.Requests[i].Kind
			if counts[k] == 0 {
				kinds = append(kinds, k)
			}
			counts[k]++
		}
		slices.Sort(kinds)
		var shares []string
		for _, k := range kinds {
			shares = append(shares, fmt.Sprintf("%s %.0f%%", k, 100*float64(counts[k])/float64(len(w.Requests))))
		}
		fmt.Fprintf(out, "| %s | %s | %d | %d: %s |\n", w.Name, w.About, w.Statements(), len(w.Requests), strings.Join(shares, ", "))
	}
	fmt.Fprintln(out)
}

// writeComparison prints a row for each engine. Beside the cost stand the ratio to Writ's and the share of right answers.
func writeComparison(out io.Writer, c *config, results map[string]map[string]result) {
	fmt.Fprint(out, "## Cost of a decision\n\n| engine |")
	var shown []string
	for _, w := range c.workloads {
		if !w.Cold() {
			shown = append(shown, w.Name)
			fmt.Fprintf(out, " %s |", w.Name)
		}
	}
	fmt.Fprint(out, "\n|---|"+strings.Repeat("---|", len(shown))+"\n")
	for _, e := range c.engines {
		fmt.Fprintf(out, "| %s |", e.Name)
		for _, w := range shown {
			r := results[w][e.Name]
			if r.unfit != nil {
				fmt.Fprint(out, " – |")
				continue
			}
			fmt.Fprintf(out, " %s", r.sample)
			if own, ok := results[w][engine.Writ.Name]; ok && e.Name != engine.Writ.Name {
				fmt.Fprintf(out, " (×%s)", ratio(r.nanos/own.nanos))
			}
			if r.agreement < 1 {
				fmt.Fprintf(out, ", %.0f%% right", 100*r.agreement)
			}
			fmt.Fprint(out, " |")
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "\nIn brackets: how many times Writ's cost. Where no share is named, all answers are right.\n\nThe engines:")
	fmt.Fprintln(out)
	for _, e := range c.engines {
		fmt.Fprintf(out, "- %s: %s", e.Name, e.About)
		reasons := make(map[string][]string)
		var order []string
		for _, w := range shown {
			if why := results[w][e.Name].unfit; why != nil {
				if reasons[why.Error()] == nil {
					order = append(order, why.Error())
				}
				reasons[why.Error()] = append(reasons[why.Error()], w)
			}
		}
		for _, why := range order {
			fmt.Fprintf(out, "; left out of %s: it %s", strings.Join(reasons[why], ", "), why)
		}
		fmt.Fprintln(out, ".")
	}
	fmt.Fprintln(out)
}

func ratio(r float64) string {
	if r < 10 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

// writeOwn prints Writ's figures with the targets.
func writeOwn(out io.Writer, c *config, results map[string]map[string]result) {
	fmt.Fprint(out, "## Writ alone\n\n| workload | decide | target | allocations | without a set | build and decide | allocations | rebuild and decide | allocations |\n|---|---|---|---|---|---|---|---|---|\n")
	any := false
	for _, w := range c.workloads {
		r, ok := results[w.Name][engine.Writ.Name]
		if !ok {
			continue
		}
		any = true
		building, rebuilding := results[w.Name][engine.WritBuilding.Name], results[w.Name][engine.WritRebuilding.Name]
		target := targets[w.Name]
		build := building.String()
		if w.Name == buildWorkload {
			build += fmt.Sprintf(" (%s, %s)", bound(building.nanos, buildNanos), boundAllocs(building.allocs, buildAllocs))
		}
		fmt.Fprintf(out, "| %s | %s | %s | %.1f | %s | %s | %.1f | %s | %.1f |\n",
			w.Name, r.sample, bound(r.nanos, target.nanos), r.allocs, results[w.Name][engine.WritListing.Name].sample, build, building.allocs, rebuilding.sample, rebuilding.allocs)
	}
	if !any {
		fmt.Fprintln(out, "| – | | | | | | | | |")
	}
	fmt.Fprintln(out)
}

// bound says whether a figure keeps to its target.
func bound(got, most float64) string {
	if got <= most {
		return "≤ " + cost(most) + " ✓"
	}
	return "≤ " + cost(most) + " missed"
}

func boundAllocs(got, most float64) string {
	if got < most+0.5 {
		return fmt.Sprintf("≤ %.0f allocations ✓", most)
	}
	return fmt.Sprintf("≤ %.0f allocations missed", most)
}

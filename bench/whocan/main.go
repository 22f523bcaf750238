// Whocan measures what questions about an exported account cost: who can do what, for all that there is and for one.
//
//	cd bench && go run ./whocan                                # 10,000 principals, 10,000 resources, 30 actions
//	cd bench && go run ./whocan -o ../doc/performance-whocan.md
//
// The estate is made up (estate.go) and read as AWS exports it. A sample of the answers is compared with the judge. What something costs is processor time, so that what else the
// machine does is not in it: of the whole process for reading and for all questions at once, garbage collection with it, the median of several runs; of the thread that asks for a
// single question, which only Linux tells.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/bench/machine"
	"github.com/writ-iam/writ/catalog"
)

func main() {
	log.SetFlags(0)
	output := flag.String("o", "", "write the table to this `file` too")
	principals := flag.Int("principals", 10_000, "how many users and roles")
	resources := flag.Int("resources", 10_000, "how many resources")
	sample := flag.Int("sample", 100_000, "how many answers are compared with the judge")
	runs := flag.Int("runs", 7, "how often all is read, and all is asked")
	flag.Parse()
	if err := run(*output, *principals, *resources, *sample, *runs); err != nil {
		log.Fatal(err)
	}
}

func run(output string, principals, resources, sample, runs int) error {
	c, err := catalog.Load()
	if err != nil {
		return err
	}
	d := newDraft(principals, resources)
	export, policies, organization, err := d.texts()
	if err != nil {
		return err
	}
	options := analysis.Options{Catalog: c}
	var estate *analysis.Estate
	indexing, err := measure(runs, func() error {
		var r analysis.EstateReader
		for _, read := range []func() error{
			func() error { return r.Account("account.json", export) },
			func() error { return r.Resources("resources.json", policies) },
			func() error { return r.Organization("organization.json", organization) },
		} {
			if err := read(); err != nil {
				return err
			}
		}
		estate, err = r.Estate()
		return err
	})
	if err != nil {
		return err
	}

	// Everything: who can do each action on each resource, by one asker that knows nothing yet.
	var holders []int
	all, err := measure(runs, func() error {
		holders, err = everything(analysis.NewAsker(estate, options), d)
		return err
	})
	if err != nil {
		return err
	}
	pairs := 0
	for _, n := range holders {
		pairs += n
	}

	// One question: may this principal do this on that, under which conditions, with a request that shows it.
	asker := analysis.NewAsker(estate, options)
	w := rand.New(rand.NewPCG(1, 2))
	entities := estate.Entities()
	warm := func(n int, name string, each func() error) (line string, err error) {
		var times []time.Duration
		for range n {
			start := machine.ThreadTime()
			if err := each(); err != nil {
				return "", err
			}
			times = append(times, machine.ThreadTime()-start)
		}
		slices.Sort(times)
		at := func(share float64) string {
			return machine.Show(times[min(len(times)-1, int(share*float64(len(times))))])
		}
		return fmt.Sprintf("| %s | %s | %s | %s |\n", name, at(.5), at(.99), machine.Show(times[len(times)-1])), nil
	}
	for _, a := range d.actions { // so that the first question about an action is not among them
		if _, err := asker.Holders(a, d.names[0]); err != nil {
			return err
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var standings [4]int
	single, err := warm(20_000, "one principal, action and resource", func() error {
		f, err := asker.Ask(entities[w.IntN(len(entities))], d.actions[w.IntN(len(d.actions))], d.names[w.IntN(len(d.names))])
		standings[f.Standing]++
		return err
	})
	if err != nil {
		return err
	}
	type asked struct {
		who          *analysis.Entity
		action, name string
	}
	var able []asked
	for len(able) < 5_000 {
		a, name := d.actions[w.IntN(len(d.actions))], d.names[w.IntN(len(d.names))]
		h, err := asker.Holders(a, name)
		if err != nil {
			return err
		}
		if who := nth(h, w.IntN(max(1, min(h.Len(), 50)))); who != nil {
			able = append(able, asked{who, a, name})
		}
	}
	conditional, err := warm(len(able), "one that is not plainly refused", func() error {
		q := able[0]
		able = able[1:]
		f, err := asker.Ask(q.who, q.action, q.name)
		standings[f.Standing]++
		return err
	})
	if err != nil {
		return err
	}
	whole, err := warm(200, "everybody, with conditions, requests and chains of two roles", func() error {
		_, err := asker.WhoCan(analysis.WhoCanQuestion{Action: d.actions[w.IntN(len(d.actions))], Resource: d.names[w.IntN(len(d.names))], Depth: 2})
		return err
	})
	if err != nil {
		return err
	}
	agreed, allowed, err := compare(estate, options, d, sample)
	if err != nil {
		return err
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(estate)
	runtime.KeepAlive(asker)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What questions about an exported account cost\n\nMeasured %s on %s, %d processors, %s: %d users and roles, %d resources, %d actions;\nan export of %d MB with %d MB of policies of resources.\n\n\tcd bench && go run ./whocan\n\n",
		time.Now().Format("2006-01-02"), machine.Name(), runtime.GOMAXPROCS(0), runtime.Version(), len(entities), len(d.names), len(d.actions), len(export)>>20, len(policies)>>20)
	fmt.Fprintf(&b, "| processor time of %d runs | median | least | most |\n|---|---|---|---|\n| reading, compiling and indexing | %s |\n", runs, indexing)
	fmt.Fprintf(&b, "| who can do each action on each resource: %d answers, %d principals in them | %s |\n\n| | |\n|---|---|\n", len(holders), pairs, all)
	fmt.Fprintf(&b, "| memory of the estate and what was remembered of answers | %d MB |\n", m.HeapAlloc>>20)
	fmt.Fprintf(&b, "| agreement with the judge | %d of %d, %d of them allowed |\n\n", agreed, sample, allowed)
	fmt.Fprintf(&b, "| question, in processor time | median | 99 %% | longest |\n|---|---|---|---|\n%s%s%s", single, conditional, whole)
	fmt.Fprintf(&b, "\nOf the single questions %d were refused, %d conditional, %d allowed and %d undecided.\n", standings[analysis.Refused], standings[analysis.Conditional], standings[analysis.Allowed], standings[analysis.Undecided])
	if _, err := os.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	if output != "" {
		return os.WriteFile(output, b.Bytes(), 0o644)
	}
	return nil
}

// measure does something several times and returns what it costs, as cells of a table: the median, the least and the most.
func measure(runs int, do func() error) (cells string, err error) {
	var times []time.Duration
	for range runs {
		runtime.GC()
		busy := machine.ProcessTime()
		if err := do(); err != nil {
			return "", err
		}
		times = append(times, machine.ProcessTime()-busy)
	}
	slices.Sort(times)
	return fmt.Sprintf("%s | %s | %s", machine.Show(times[len(times)/2]), machine.Show(times[0]), machine.Show(times[len(times)-1])), nil
}

// everything asks about all actions and resources, and returns how many can for each.
func everything(asker *analysis.Asker, d *draft) (holders []int, err error) {
	holders = make([]int, 0, len(d.names)*len(d.actions))
	for _, name := range d.names {
		for _, a := range d.actions {
			h, err := asker.Holders(a, name)
			if err != nil {
				return nil, err
			}
			holders = append(holders, h.Len())
		}
	}
	return holders, nil
}

// nth returns one of the holders; nil if there are not so many.
func nth(h *analysis.Holders, n int) *analysis.Entity {
	for who := range h.All {
		if n == 0 {
			return who
		}
		n--
	}
	return nil
}

// compare asks the judge about a sample, with and without facts that are not known: whoever is refused must be refused, and whoever is allowed must be allowed.
func compare(e *analysis.Estate, o analysis.Options, d *draft, n int) (agreed, allowed int, err error) {
	asker := analysis.NewAsker(e, o)
	w := rand.New(rand.NewPCG(3, 4))
	entities := e.Entities()
	for i := range n {
		a, name := d.actions[w.IntN(len(d.actions))], d.names[w.IntN(len(d.names))]
		who := entities[w.IntN(len(entities))]
		if i%2 == 0 { // half of them about those who can
			h, err := asker.Holders(a, name)
			if err != nil {
				return 0, 0, err
			}
			if h.Len() > 0 {
				who = nth(h, w.IntN(min(h.Len(), 200)))
			}
		}
		f, err := asker.Ask(who, a, name)
		if err != nil {
			return 0, 0, err
		}
		r, ps, err := asker.Request(who, a, name)
		if err != nil {
			return 0, 0, err
		}
		d.unknown(w, r)
		ok := authz.Decide(r, ps).Allowed()
		if ok {
			allowed++
		}
		if f.Standing == analysis.Refused && ok || f.Standing == analysis.Allowed && !ok {
			return 0, 0, fmt.Errorf("%s on %s by %s is %v, and the judge says %v", a, name, who.ARN, f.Standing, ok)
		}
		agreed++
	}
	return agreed, allowed, nil
}

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/bench/workload"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
	"github.com/writ-iam/writ/wildcard"
)

// writeOthers measures what is not a decision: reading policies, the worst patterns, and the catalogue.
func writeOthers(out io.Writer, c *config) error {
	fmt.Fprint(out, "## Other costs\n\n| operation | cost | allocations |\n|---|---|---|\n")
	row := func(what string, n int, round func()) {
		fmt.Fprintf(c.progress, "%s\n", what)
		var samples []sample
		for range c.runs {
			samples = append(samples, measure(n, c.atLeast, round))
		}
		m := median(samples)
		fmt.Fprintf(out, "| %s | %s | %.0f |\n", what, m, m.allocs)
	}
	texts, err := managed.Documents()
	if err != nil {
		return err
	}
	bytes := 0
	var documents []*policy.Document
	for _, text := range texts {
		bytes += len(text)
		d, err := policy.Parse(text)
		if err != nil {
			return err
		}
		documents = append(documents, d)
	}
	megabytes := float64(bytes) / 1e6
	perMegabyte := func(what string, round func()) {
		fmt.Fprintf(c.progress, "%s\n", what)
		var samples []sample
		for range c.runs {
			s := measure(1, c.atLeast, round)
			samples = append(samples, sample{nanos: s.nanos / megabytes, allocs: s.allocs / megabytes})
		}
		m := median(samples)
		fmt.Fprintf(out, "| %s, a MB of text (%d AWS managed policies, %.1f MB) | %s | %.0f |\n", what, len(texts), megabytes, m, m.allocs)
	}
	perMegabyte("policy.Parse", func() {
		for _, text := range texts {
			if _, err := policy.Parse(text); err != nil {
				panic(err)
			}
		}
	})
	perMegabyte("authz.Compile", func() {
		for _, d := range documents {
			authz.Compile(d, authz.Identity)
		}
	})
	for _, w := range []*workload.Workload{workload.MediumS3(), workload.MediumMixed()} {
		var programs []*authz.Program
		for i := range w.Policies {
			d, err := policy.Parse(w.Policies[i].Text)
			if err != nil {
				return err
			}
			programs = append(programs, authz.Compile(d, authz.Identity))
		}
		row("authz.NewSet, the policies of "+w.Name, 1, func() { authz.NewSet(programs) })
	}
	for _, p := range patterns() {
		pattern := wildcard.Parse(p.pattern)
		row(p.name, 1, func() { pattern.Match(p.value) })
	}
	data, err := os.ReadFile(filepath.Join(repository(), "catalog", "aws.catalog"))
	if err != nil {
		return err
	}
	row("catalog.Decode, which the first catalog.Load is", 1, func() {
		if _, err := catalog.Decode(data); err != nil {
			panic(err)
		}
	})
	fmt.Fprintln(out)
	return nil
}

// repository is where Writ's root is, seen from the directory that the command is run in.
func repository() string {
	if _, err := os.Stat("catalog"); err == nil {
		return "."
	}
	return ".."
}

type namedPattern struct{ name, pattern, value string }

// patterns are those that make matchers slow which try again from every star.
func patterns() []namedPattern {
	repeat := strings.Repeat
	return []namedPattern{
		{"wildcard.Match, `*a*a*a*a*a*b` over 60 a", "*a*a*a*a*a*b", repeat("a", 60)},
		{"wildcard.Match, 2 KB of `*a` then `*b*`, over 2 KB of a", repeat("*a", 1022) + "*b*", repeat("a", 2048)},
		{"wildcard.Match, `*` and 1 KB of a, b and `*`, over 2 KB of a", "*" + repeat("a", 1022) + "b*", repeat("a", 2048)},
		{"wildcard.Match, `*` and 1 KB of ?a and b, over 2 KB of a", "*" + repeat("?a", 511) + "b*", repeat("a", 2048)},
		{"wildcard.Match, 2 KB of `*?`, over 2 KB of a", repeat("*?", 1024), repeat("a", 2047)},
		{"wildcard.Match, 30 runs of 63 characters with ?, over 2 KB of a", repeat("*"+repeat("a", 61)+"?b", 30) + "*", repeat("a", 2048)},
	}
}

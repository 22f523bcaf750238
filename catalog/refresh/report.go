package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/writ-iam/writ/catalog"
)

// report writes what changed from one edition to the next, if there was one: the actions that came and went, and the totals.
func report(w io.Writer, before, after catalog.Definition) {
	old, now := actions(before), actions(after)
	if before.Version != "" {
		for _, name := range slices.Sorted(maps.Keys(now)) {
			if !old[name] {
				fmt.Fprintln(w, "+", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(old)) {
			if !now[name] {
				fmt.Fprintln(w, "-", name)
			}
		}
		fmt.Fprintf(w, "before: %s, %d services, %d actions\n", before.Version, len(before.Services), len(old))
	}
	fmt.Fprintf(w, "now: %s, %d services, %d actions\n", after.Version, len(after.Services), len(now))
}

// actions returns the full names of a definition's actions.
func actions(d catalog.Definition) map[string]bool {
	names := make(map[string]bool)
	for prefix, s := range d.Services {
		for name := range s.Actions {
			names[prefix+":"+name] = true
		}
	}
	return names
}

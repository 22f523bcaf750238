// Package engine puts policy engines behind one interface, so that they can be asked the same questions.
//
//	judge, err := engine.Writ.Prepare(workload.Small())
//	judge.Allow(0) // the answer to the workload's first request
//
// What can be done before a request comes is done by Prepare: policies are parsed, translated and compiled, requests are
// brought into the engine's own form. Allow is the decision and nothing else.
package engine

import (
	"errors"
	"fmt"

	"github.com/writ-iam/writ/bench/workload"
)

// Engine is something that decides requests by policies.
type Engine struct {
	Name  string
	About string
	// Prepare makes the engine ready for a workload. The error is an Unfit if the engine cannot express it.
	Prepare func(w *workload.Workload) (Judge, error)
}

// Judge is an engine that holds the policies and requests of a workload.
type Judge interface {
	// Allow answers request i.
	Allow(i int) bool
}

// Outcomer is a Judge that tells implicit and explicit denies apart.
type Outcomer interface {
	Outcome(i int) workload.Outcome
}

// Unfit says why an engine is left out of a workload.
type Unfit string

func (u Unfit) Error() string { return string(u) }

// All returns the engines in the order of the table, Writ first.
func All() []Engine {
	return []Engine{Writ, Naive, MinIO, MinIOMerging, Cedar, OPA, Casbin}
}

// ByName returns the engine of All with that name.
func ByName(name string) (Engine, error) {
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
	}
	return Engine{}, fmt.Errorf("no engine is called %q", name)
}

// Agreement returns the share of a workload's requests to which the judge gives the expected answer.
func Agreement(w *workload.Workload, j Judge) float64 {
	n := 0
	for i := range w.Requests {
		if j.Allow(i) == (w.Requests[i].Expect == workload.Allow) {
			n++
		}
	}
	return float64(n) / float64(len(w.Requests))
}

// Check fails unless the judge gives the expected answer to every request.
func Check(w *workload.Workload, j Judge) error {
	var wrong []error
	for i := range w.Requests {
		r := &w.Requests[i]
		got := workload.ImplicitDeny
		if o, ok := j.(Outcomer); ok {
			got = o.Outcome(i)
		} else if j.Allow(i) {
			got = workload.Allow
		}
		if got != r.Expect && len(wrong) < 5 {
			wrong = append(wrong, fmt.Errorf("%s: request %d: %s on %s by %s: %v, want %v", w.Name, i, r.Action, r.Resource, w.Users[r.User].Name, got, r.Expect))
		}
	}
	return errors.Join(wrong...)
}

const (
	noLayers Unfit = "knows identity and bucket policies, not boundaries and organizations"
	onlyS3   Unfit = "knows the actions of S3 only"
)

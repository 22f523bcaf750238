package engine_test

import (
	"errors"
	"testing"

	"github.com/writ-iam/writ/bench/engine"
	"github.com/writ-iam/writ/bench/workload"
)

// Writ, building requests or not, and the naive reading give the answers that the workloads were built to have.
func TestWritAndTheNaiveReadingGiveTheExpectedAnswers(t *testing.T) {
	for _, name := range workload.Names() {
		w, _ := workload.ByName(name)
		for _, e := range []engine.Engine{engine.Writ, engine.WritListing, engine.WritBuilding, engine.WritRebuilding, engine.Naive} {
			t.Run(w.Name+"/"+e.Name, func(t *testing.T) {
				j, err := e.Prepare(w)
				if err != nil {
					t.Fatal(err)
				}
				if err := engine.Check(w, j); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// unable lists the workloads that an engine must say it cannot express.
var unable = map[string]bool{
	"medium mixed/minio":         true, // it knows the actions of S3 only
	"medium mixed/minio merging": true,
	"large/minio merging":        true, // it has one bucket policy and nothing to merge
}

// The translations for MinIO, Cedar and OPA lose nothing: an engine that answered otherwise would not be comparable.
func TestTranslatedPoliciesMeanTheSame(t *testing.T) {
	for _, w := range []*workload.Workload{workload.Small(), workload.MediumS3(), workload.MediumMixed(), workload.Large()} {
		for _, e := range []engine.Engine{engine.MinIO, engine.MinIOMerging, engine.Cedar, engine.OPA} {
			t.Run(w.Name+"/"+e.Name, func(t *testing.T) {
				j, err := e.Prepare(w)
				var unfit engine.Unfit
				if errors.As(err, &unfit) != unable[w.Name+"/"+e.Name] {
					t.Fatalf("able or not: %v", err)
				}
				if unable[w.Name+"/"+e.Name] {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				for i := range w.Requests {
					r := &w.Requests[i]
					if got, want := j.Allow(i), r.Expect == workload.Allow; got != want {
						t.Errorf("request %d: %s on %s, %v: %v, want %v", i, r.Action, r.Resource, r.Context, got, want)
					}
				}
			})
		}
	}
}

package catalog

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestData(t *testing.T) {
	c := load(t)
	if c.Version() != "0.21.202609261" {
		t.Errorf("version %s", c.Version())
	}
	services, actions, resources, keys := 0, 0, 0, 0
	for s := range c.Services() {
		services++
		for a := range s.Actions() {
			actions++
			if a.Access() == 0 {
				t.Errorf("%v has no access level", a)
			}
		}
		for r := range s.ResourceTypes() {
			resources++
			for arn := range r.ARNs() {
				if strings.Count(arn, ":") < 5 || !strings.HasPrefix(arn, "arn:") {
					t.Errorf("%v has ARNs like %q", r, arn)
				}
				if !r.Matches(arn) {
					t.Errorf("%v: %q does not fit itself", r, arn)
				}
			}
		}
		for range s.Keys() {
			keys++
		}
	}
	if services != 456 || actions != 22091 || resources != 2334 || keys != 2578 {
		t.Errorf("%d services, %d actions, %d resource types, %d keys", services, actions, resources, keys)
	}
}

func TestDataIsWhatItsContentEncodesTo(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(embedded))
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	got, err := load(t).Definition().encode()
	if err != nil {
		t.Fatal(err)
	}
	// The compressed bytes may differ between releases of Go; these may not.
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d others: run go generate", len(got), len(want))
	}
}

func TestDataIsSmall(t *testing.T) {
	if len(embedded) > 260<<10 {
		t.Errorf("%d bytes", len(embedded))
	}
}

func TestLoadFromManyGoroutines(t *testing.T) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			c, err := Load()
			if err != nil {
				t.Error(err)
				return
			}
			if other, _ := Load(); other != c {
				t.Error("two catalogs")
			}
			for range c.Expand("iam:*Role*") {
			}
		})
	}
	wait.Wait()
}

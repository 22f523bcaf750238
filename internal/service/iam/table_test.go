package iam_test

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/service/iam"
	"github.com/writ-iam/writ/internal/wire"
)

// What operations answer with is compared with the model whenever a test calls one: see world.callAs.
func TestTableIsTheModel(t *testing.T) {
	m, err := model.Load("iam")
	if err != nil {
		t.Fatal(err)
	}
	table := new(iam.Service).Ops()
	for name := range table {
		if m.Operations[name] == nil {
			t.Errorf("the model has no %s", name)
		}
	}
	for name := range iam.Missing() {
		if table[name].Handle != nil {
			t.Errorf("%s is there and is said to be missing", name)
		}
	}
	for name, o := range m.Operations {
		row, ok := table[name]
		switch {
		case !ok:
			t.Errorf("there is no row for %s", name)
		case row.Handle == nil:
			if row.Missing == "" || row.New != nil || row.Questions != nil {
				t.Errorf("%s is neither there nor missing for a reason", name)
			}
		default:
			if row.Missing != "" || row.Questions == nil {
				t.Errorf("%s has no questions, or is said to be missing", name)
			}
			in := row.New()
			if typ := reflect.TypeOf(in).Elem().Name(); typ != name+"Input" {
				t.Errorf("%s takes a %s", name, typ)
			}
			if _, err := wire.Value(o.Input, in); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if reads := onlyReads(name); reads != (row.Kind == op.Reads) {
				t.Errorf("%s: that it only reads is %v", name, !reads)
			}
		}
	}
}

func onlyReads(name string) bool {
	return regexp.MustCompile(`^(Get|List|Simulate)[A-Z]`).MatchString(name)
}

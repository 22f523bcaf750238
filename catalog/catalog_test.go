package catalog

import (
	"github.com/writ-iam/writ/internal/fold"
	"slices"
	"testing"
)

// load returns the catalog that comes with the package.
func load(tb testing.TB) *Catalog {
	tb.Helper()
	c, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// service returns one of its services.
func service(tb testing.TB, prefix string) *Service {
	tb.Helper()
	s, ok := load(tb).Service(prefix)
	if !ok {
		tb.Fatalf("no service %q", prefix)
	}
	return s
}

func TestAction(t *testing.T) {
	for _, test := range []struct {
		claim, name, want string
	}{
		{"an action is found by its full name", "s3:GetObject", "s3:GetObject"},
		{"in small letters", "s3:getobject", "s3:GetObject"},
		{"in capitals", "S3:GETOBJECT", "s3:GetObject"},
		{"also the first of all", "a2c:GetContainerizationJobDetails", "a2c:GetContainerizationJobDetails"},
		{"a permission without an operation is an action", "iam:passrole", "iam:PassRole"},
		{"an operation without a permission is none", "s3:ListObjectsV2", ""},
		{"a pattern is no name", "s3:GetObjec*", ""},
		{"nor is a beginning", "s3:GetObjec", ""},
		{"nor a name with something behind it", "s3:GetObject ", ""},
		{"nor something behind the last name", "xray:zzz", ""},
		{"folding is for ASCII alone: U+212A is no k", "\u212ams:Encrypt", ""},
		{"a name has a prefix", "GetObject", ""},
		{"a prefix has a name", "s3:", ""},
		{"an unknown service has no actions", "nosuch:GetObject", ""},
		{"the empty name is none", "", ""},
	} {
		a, ok := load(t).Action(test.name)
		if ok != (test.want != "") || ok && a.String() != test.want {
			t.Errorf("%s: Action(%q) = %v, %t, want %q", test.claim, test.name, a, ok, test.want)
		}
	}
}

func TestService(t *testing.T) {
	s := service(t, "S3")
	if s.Prefix() != "s3" || s.Name() != "Amazon S3" || !s.SupportsRCP() {
		t.Errorf("S3 is %q, %q, RCP %t", s.Prefix(), s.Name(), s.SupportsRCP())
	}
	if service(t, "iam").SupportsRCP() {
		t.Error("resource control policies do not apply to IAM")
	}
	if !service(t, "sts").SupportsRCP() {
		t.Error("resource control policies apply to STS")
	}
	if _, ok := load(t).Service("s"); ok {
		t.Error("there is no service s")
	}
}

func TestOrderIsByFoldedName(t *testing.T) {
	sorted := func(what string, names []string) {
		if !slices.IsSortedFunc(names, func(a, b string) int {
			if fold.Name(a) < fold.Name(b) {
				return -1
			}
			return 1
		}) {
			t.Errorf("%s are out of order: %q", what, names)
		}
	}
	var services []string
	for s := range load(t).Services() {
		services = append(services, s.Prefix())
		var actions, resources, keys []string
		for a := range s.Actions() {
			actions = append(actions, a.Name())
		}
		for r := range s.ResourceTypes() {
			resources = append(resources, r.Name())
		}
		for k := range s.Keys() {
			keys = append(keys, k.Name())
		}
		sorted(s.Prefix()+"'s actions", actions)
		sorted(s.Prefix()+"'s resource types", resources)
		sorted(s.Prefix()+"'s keys", keys)
	}
	sorted("services", services)
}

func TestIterationsStopWhenAsked(t *testing.T) {
	c := load(t)
	n := 0
	for s := range c.Services() {
		for range s.Actions() {
			n++
			break
		}
		break
	}
	for range c.Expand("*") {
		n++
		break
	}
	for range c.Expand("s3:Get*") {
		n++
		break
	}
	a, _ := c.Action("s3:PutObject")
	for range a.AllKeys() {
		n++
		break
	}
	if n != 4 {
		t.Errorf("%d rounds, want 4", n)
	}
}

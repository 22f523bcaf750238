package catalog

import (
	"iter"
	"slices"
	"strings"
	"testing"
)

func action(tb testing.TB, name string) *Action {
	tb.Helper()
	a, ok := load(tb).Action(name)
	if !ok {
		tb.Fatalf("no action %q", name)
	}
	return a
}

func TestTargets(t *testing.T) {
	for _, test := range []struct{ claim, action, want string }{
		{"a required type", "iam:CreateUser", "user!"},
		{"an action without resource-level permissions has none", "s3:ListAllMyBuckets", ""},
		{"one of two types", "s3:GetObject", "accesspointobject object"},
		{"required ones and others", "ec2:AttachVolume", "instance! volume!"},
	} {
		var got []string
		for target := range action(t, test.action).Targets() {
			name := target.Type().Name()
			if target.Required() {
				name += "!"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %s has %q, want %q", test.claim, test.action, got, test.want)
		}
	}
}

func TestTarget(t *testing.T) {
	s3 := service(t, "s3")
	object, _ := s3.ResourceType("OBJECT")
	bucket, _ := s3.ResourceType("bucket")
	get, _ := s3.Action("GetObject")
	if target, ok := get.Target(object); !ok || target.Type() != object {
		t.Errorf("s3:GetObject and object: %v, %t", target, ok)
	}
	if _, ok := get.Target(bucket); ok {
		t.Error("s3:GetObject does not name buckets")
	}
}

func TestTargetKeysComeWithTheTarget(t *testing.T) {
	a := action(t, "ec2:RunInstances")
	subnet, _ := a.Service().ResourceType("subnet")
	target, ok := a.Target(subnet)
	if !ok {
		t.Fatal("ec2:RunInstances names no subnet")
	}
	has := func(keys iter.Seq[*Key], name string) bool {
		for k := range keys {
			if k.Name() == name {
				return true
			}
		}
		return false
	}
	if !has(target.Keys(), "ec2:Vpc") && !has(subnet.Keys(), "ec2:Vpc") || has(a.Keys(), "ec2:Vpc") || !has(a.AllKeys(), "ec2:Vpc") {
		t.Errorf("ec2:Vpc belongs to the subnet: %v", slices.Collect(a.AllKeys()))
	}
}

func TestActionKey(t *testing.T) {
	for _, test := range []struct{ claim, action, key, want string }{
		{"the action's own key", "iam:PassRole", "IAM:passedtoservice", "iam:PassedToService"},
		{"a key of the type that the action names", "iam:GetRole", "aws:ResourceTag/team", "aws:ResourceTag/${TagKey}"},
		{"a tag of the request", "iam:CreateUser", "aws:RequestTag/Team", "aws:RequestTag/${TagKey}"},
		{"a key of another action is not there", "iam:GetRole", "iam:PassedToService", ""},
		{"global keys are not listed", "iam:GetRole", "aws:SourceIp", ""},
	} {
		k, ok := action(t, test.action).Key(test.key)
		if ok != (test.want != "") || ok && k.Name() != test.want {
			t.Errorf("%s: %s has %v, %t, want %q", test.claim, test.action, k, ok, test.want)
		}
	}
}

func TestAllKeysAreDistinctAndOfTheService(t *testing.T) {
	for s := range load(t).Services() {
		for a := range s.Actions() {
			var seen []*Key
			for k := range a.AllKeys() {
				if slices.Contains(seen, k) {
					t.Errorf("%v has %v twice", a, k)
				}
				seen = append(seen, k)
				if own, ok := s.Key(k.Name()); !ok || own != k {
					t.Errorf("%v has %v, which %v has not", a, k, s)
				}
			}
			for k := range a.Keys() {
				if !slices.Contains(seen, k) {
					t.Errorf("%v: %v is missing in AllKeys", a, k)
				}
			}
		}
	}
}

func TestAccess(t *testing.T) {
	for _, test := range []struct {
		action, text string
		access       Access
	}{
		{"s3:GetObject", "Read", AccessRead},
		{"s3:ListBucket", "List", AccessList},
		{"s3:PutObject", "Write", AccessWrite},
		{"iam:AttachUserPolicy", "Permissions management, Write", AccessPermissions | AccessWrite},
		{"iam:TagUser", "Tagging, Write", AccessTagging | AccessWrite},
	} {
		a := action(t, test.action).Access()
		if a != test.access || a.String() != test.text {
			t.Errorf("%s: %v, want %v", test.action, a, test.access)
		}
		if parsed, err := ParseAccess(test.text); parsed != test.access || err != nil {
			t.Errorf("ParseAccess(%q) = %v, %v", test.text, parsed, err)
		}
		if !a.Has(test.access) || a.Has(AccessRead|AccessWrite) {
			t.Errorf("%s: Has", test.action)
		}
	}
	for _, text := range []string{"", "read", "Read,Write", "Read, ", "Delete"} {
		if a, err := ParseAccess(text); err == nil {
			t.Errorf("ParseAccess(%q) = %v", text, a)
		}
	}
	if a, err := ParseAccess("Write, Tagging"); a != AccessTagging|AccessWrite || err != nil {
		t.Errorf("the order of the words matters: %v, %v", a, err)
	}
}

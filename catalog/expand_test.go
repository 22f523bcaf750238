package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	for _, test := range []struct{ claim, pattern, want string }{
		{"a name is itself", "s3:GetObject", "s3:GetObject"},
		{"in AWS's spelling", "S3:getobject", "s3:GetObject"},
		{"? is one character", "s3:?etObject", "s3:GetObject"},
		{"not none", "s3:?GetObject", ""},
		{"* is any run", "iam:*AccessKey", "iam:CreateAccessKey iam:DeleteAccessKey iam:UpdateAccessKey"},
		{"also none", "s3:GetObject*Acl*", "s3:GetObjectAcl s3:GetObjectVersionAcl"},
		{"several of both", "IAM:?ist*user*g*", "iam:ListUserTags"},
		{"the prefix has no wildcards", "s*:GetObject", ""},
		{"nor has all of it", "*:GetObject", ""},
		{"a name needs a prefix", "GetObject", ""},
		{"** is no pattern without one", "**", ""},
		{"blanks are kept", "s3: GetObject", ""},
		{"an unknown service has no actions", "nosuch:*", ""},
		{"the empty name covers nothing", "s3:", ""},
		{"the empty pattern covers nothing", "", ""},
		{"brackets are ordinary characters", "s3:[G]etObject", ""},
	} {
		var got []string
		for a := range load(t).Expand(test.pattern) {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: Expand(%q) = %q", test.claim, test.pattern, got)
		}
	}
	if n := len(slices.Collect(load(t).Expand("*"))); n != 22091 {
		t.Errorf("* covers %d actions", n)
	}
	if n := len(slices.Collect(load(t).Expand("s3:*"))); n != len(service(t, "s3").actions) {
		t.Errorf("s3:* covers %d actions", n)
	}
}

// naive is the plainest matcher there is.
func naive(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] == '*' {
		return naive(pattern[1:], name) || name != "" && naive(pattern, name[1:])
	}
	return name != "" && (pattern[0] == '?' || pattern[0] == name[0]) && naive(pattern[1:], name[1:])
}

// FuzzExpand compares Expand with the naive matcher on one service.
func FuzzExpand(f *testing.F) {
	for _, pattern := range []string{
		"Get*", "*", "?etObject", "getobject", "*Object*", "G*t*O*", "*a*e*i*", "???*", "PutObject?", "", "**", "ListBucket", "*Acl", "z*", "[*]", "é*",
	} {
		f.Add(pattern)
	}
	s3 := service(f, "s3")
	f.Fuzz(func(t *testing.T, pattern string) {
		if strings.Count(pattern, "*") > 3 || strings.ContainsFunc(pattern, func(r rune) bool { return r >= 0x80 }) {
			return // the naive matcher takes forever, and sees bytes
		}
		var got, want []*Action
		for a := range load(t).Expand("S3:" + pattern) {
			got = append(got, a)
		}
		for a := range s3.Actions() {
			if naive(strings.ToLower(pattern), strings.ToLower(a.Name())) {
				want = append(want, a)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q covers %v, want %v", pattern, got, want)
		}
	})
}

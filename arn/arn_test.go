package arn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/arn"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		claim, in string
		want      arn.ARN
		ok        bool
	}{
		{"a user", "arn:aws:iam::111122223333:user/dev/alice", arn.ARN{"aws", "iam", "", "111122223333", "user/dev/alice"}, true},
		{"the last part holds colons", "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s", arn.ARN{"aws", "logs", "eu-west-1", "111122223333", "log-group:g:log-stream:s"}, true},
		{"a bucket has neither region nor account", "arn:aws-cn:s3:::b", arn.ARN{"aws-cn", "s3", "", "", "b"}, true},
		{"five parts are too few", "arn:aws:s3::b", arn.ARN{}, false},
		{"the prefix is lower case", "ARN:aws:s3:::b", arn.ARN{}, false},
		{"the service is needed", "arn:aws::::b", arn.ARN{}, false},
		{"the resource is needed", "arn:aws:s3:::", arn.ARN{}, false},
		{"a star is no ARN", "*", arn.ARN{}, false},
	} {
		got, err := arn.Parse(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: Parse(%q) = %+v, %v", tt.claim, tt.in, got, err)
		}
		if err == nil && got.String() != tt.in {
			t.Errorf("%s: printed as %q", tt.claim, got)
		}
	}
}

func TestSplitPattern(t *testing.T) {
	for _, tt := range []struct {
		in        string
		variables bool
		want      []string
	}{
		{"*", true, []string{"*"}},
		{"arn:aws:s3:::b:c", true, []string{"arn", "aws", "s3", "", "", "b:c"}},
		{"arn:aws:x:*:${aws:PrincipalAccount}:a/${aws:username}", true, []string{"arn", "aws", "x", "*", "${aws:PrincipalAccount}", "a/${aws:username}"}},
		{"arn:aws:x:*:${aws:PrincipalAccount}:a", false, []string{"arn", "aws", "x", "*", "${aws", "PrincipalAccount}:a"}},
		{"arn:${aws:x", true, []string{"arn", "${aws", "x"}},
	} {
		if got := arn.SplitPattern(tt.in, tt.variables); !slices.Equal(got, tt.want) {
			t.Errorf("SplitPattern(%q, %v) = %q, want %q", tt.in, tt.variables, got, tt.want)
		}
	}
}

func TestStretch(t *testing.T) {
	for _, tt := range []struct {
		claim, pattern, text string
		want                 bool
	}{
		{"a star at the end of a part reaches over colons", "arn:aws:dynamodb:*:table/x", "arn:aws:dynamodb:eu-west-1:111122223333:table/x", true},
		{"a star at the end of the pattern does too", "arn:aws:s3:*", "arn:aws:s3:::b/k:v", true},
		{"a star stands for one part at least", "arn:aws:*:b", "arn:aws:b", false},
		{"a part without a star stands for one", "arn:aws:s3", "arn:aws:s3:::b", false},
		{"a star alone is everything", "*", "arn:aws:s3:::b", true},
		{"a star alone is also the text *", "*", "*", true},
		{"two stars share the parts", "arn:*:b:*", "arn:aws:b:b:c:d", true},
	} {
		parts := strings.Split(tt.pattern, ":")
		got := arn.Stretch(len(parts), tt.text,
			func(i int, part string) bool { return strings.HasPrefix(part, strings.TrimSuffix(parts[i], "*")) },
			func(i int) bool { return strings.HasSuffix(parts[i], "*") })
		if got != tt.want {
			t.Errorf("%s: %q over %q = %v", tt.claim, tt.pattern, tt.text, got)
		}
	}
}

func TestRoot(t *testing.T) {
	for in, want := range map[string]string{
		"arn:aws:iam::111122223333:root":      "111122223333",
		"arn:aws-cn:iam::111122223333:root":   "111122223333",
		"arn:aws:iam::*:root":                 "",
		"arn:aws:iam::111122223333:user/root": "",
		"arn:aws:sts::111122223333:root":      "",
		"111122223333":                        "",
	} {
		got, ok := arn.Root(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("Root(%q) = %q, %v", in, got, ok)
		}
	}
}

func TestAccounts(t *testing.T) {
	for in, want := range map[string]bool{
		"111122223333": true, "000000000000": true, "": false, "11112222333": false, "1111222233334": false, "11112222333a": false, "1111-222-333": false,
		" 11112222333": false, "１１１１": false, "*": false, "+11112222333": false,
	} {
		if got := arn.IsAccount(in); got != want {
			t.Errorf("IsAccount(%q) = %v", in, got)
		}
	}
}

func TestParts(t *testing.T) {
	for in, want := range map[string][]string{
		"":                   {""},
		":":                  {"", ""},
		"a:b":                {"a", "b"},
		"arn:aws:s3:::b":     {"arn", "aws", "s3", "", "", "b"},
		"a:b:c:d:e:f:g:h":    {"a", "b", "c", "d", "e", "f:g:h"},
		":::::":              {"", "", "", "", "", ""},
		"::::::":             {"", "", "", "", "", ":"},
		"é:${a:b}:\xff:d:e:": {"é", "${a", "b}", "\xff", "d", "e:"},
	} {
		p := arn.Cut(in)
		var got []string
		for i := range p.Len() {
			got = append(got, p.Part(i))
		}
		if !slices.Equal(got, want) || p.Text() != in {
			t.Errorf("the parts of %q are %q, want %q", in, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { arn.Cut("arn:aws:s3:::b") }); n != 0 {
		t.Errorf("Cut allocates %v times", n)
	}
}

func FuzzCutAndParseAgree(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:user/a:b")
	f.Add("a:b")
	f.Fuzz(func(t *testing.T, s string) {
		p := arn.Cut(s)
		var parts []string
		for i := range p.Len() {
			parts = append(parts, p.Part(i))
		}
		if got := strings.Join(parts, ":"); got != s {
			t.Fatalf("the parts of %q join to %q", s, got)
		}
		if a, err := arn.Parse(s); err == nil && a.String() != s {
			t.Fatalf("%q is printed as %q", s, a)
		}
		if got := arn.SplitPattern(s, true); strings.Join(got, ":") != s {
			t.Fatalf("the pattern %q splits to %q", s, got)
		}
	})
}

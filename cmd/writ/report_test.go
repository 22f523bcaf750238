package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"größe 𝒳 \\ \"":             "größe 𝒳 \\ \"",
		"a\n::error::b":             `a\u000a::error::b`,
		"\x1b[31m\r\t":              `\u001b[31m\u000d\u0009`,
		"\u0085\u2028\u202e\u2066|": `\u0085\u2028\u202e\u2066|`,
	} {
		if got := visible(text); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

// TestFileURI: what code scanning finds the file by.
func TestFileURI(t *testing.T) {
	for name, want := range map[string]string{
		"a.json":          "a.json",
		"./a/b.json":      "a/b.json",
		"a//b.json":       "a/b.json",
		"../a.json":       "../a.json",
		"/tmp/a b.json":   "file:///tmp/a%20b.json",
		"ä %#?.json":      "%C3%A4%20%25%23%3F.json",
		"c:x/a.json":      "./c:x/a.json",
		"d/c:x/a[1].json": "d/c:x/a%5B1%5D.json",
	} {
		got := fileURI(name)
		if u, err := url.Parse(got); err != nil || got != want || u.Scheme != "" && u.Scheme != "file" {
			t.Errorf("%s is %s, want %s (%v)", name, got, want, err)
		}
	}
}

// TestSARIFRulesAreIndexed: each result points to the rule of its name, also if AWS refuses the policy and no rule of ours says so.
func TestSARIFRulesAreIndexed(t *testing.T) {
	var b strings.Builder
	findings := []finding{{File: "a", Rule: "TWO", Level: "error", Message: "m"}, {File: "a", Position: policy.Position{Line: 3, Column: 4}, Rule: "Malformed", Level: "note", Message: "n"}}
	if err := printFindings(&b, "sarif", findings, []ruleInfo{{ID: "ONE", Text: "1"}, {ID: "TWO", Text: "2"}}); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(b.String()), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	for i, want := range []sarifRegion{{1, 1}, {3, 4}} {
		r := run.Results[i]
		if got := run.Tool.Driver.Rules[r.RuleIndex]; got.ID != findings[i].Rule || got.ID != r.RuleID || got.ShortDescription.Text == "" || r.Locations[0].PhysicalLocation.Region != want {
			t.Errorf("result %d: %+v of rule %+v", i, r, got)
		}
	}
	if run.ColumnKind != "unicodeCodePoints" {
		t.Errorf("columns count %s", run.ColumnKind)
	}
}

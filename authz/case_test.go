package authz_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/jsontext"
)

// eachCase calls f with every case of testdata, which was written from the tables and examples of the specification.
func eachCase(t *testing.T, f func(t *testing.T, c *authz.Case, raw string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var raws []json.RawMessage
		if err := json.Unmarshal(text, &raws); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, raw := range raws {
			c, err := authz.ParseCase(string(raw))
			if err != nil {
				t.Errorf("%s: %v\n%s", file, err, raw)
				continue
			}
			f(t, c, string(raw))
		}
	}
}

func TestCases(t *testing.T) {
	names := make(map[string]bool)
	eachCase(t, func(t *testing.T, c *authz.Case, raw string) {
		if c.Name == "" || c.Source == "" || c.Expect == "" || names[c.Name] {
			t.Errorf("%q: a case needs a name of its own, a source and an expectation", c.Name)
		}
		names[c.Name] = true
		d := authz.Decide(c.Request, &c.Policies)
		for _, miss := range c.Misses(d) {
			t.Errorf("%s (%s): %s\n%s", c.Name, c.Source, miss, raw)
		}
	})
	if len(names) < 500 {
		t.Errorf("%d cases, want 500 at least", len(names))
	}
}

// TestNaiveJudgeAgreesOnCases holds the second evaluator to the same cases.
func TestNaiveJudgeAgreesOnCases(t *testing.T) {
	var stats statistics
	eachCase(t, func(t *testing.T, c *authz.Case, raw string) { agree(t, []byte(raw), &stats) })
}

func TestDecideDoesNotAllocate(t *testing.T) {
	eachCase(t, func(t *testing.T, c *authz.Case, raw string) {
		if usesMixedText(raw) {
			return
		}
		if n := testing.AllocsPerRun(5, func() { authz.Decide(c.Request, &c.Policies) }); n != 0 {
			t.Errorf("%s: %v allocations\n%s", c.Name, n, raw)
		}
	})
}

// usesMixedText reports whether a case uses one of the few forms that are put together at the time of the decision: a variable between
// wildcards, and variables under StringEqualsIgnoreCase and Bool.
func usesMixedText(raw string) bool {
	for _, form := range mixedForms {
		if form.MatchString(raw) {
			return true
		}
	}
	return false
}

func TestEachGoesOnBehindACaseThatMakesNoSense(t *testing.T) {
	good := `{"principal":"anonymous","action":"s3:GetObject","resource":"*"}`
	senseless := `{"principal":"nobody","action":"s3:GetObject","resource":"*"}`
	for text, want := range map[string]string{
		good:               "+",
		good + "\n" + good: "++",
		"[]":               "",
		"[" + good + "," + senseless + "," + good + "]": "+-+",
		senseless + good:   "-+",
		"[" + good + ",{]": "+-",
		"[" + good + "] x": "+-",
		"":                 "-",
		"7":                "-",
	} {
		got := ""
		new(authz.Cases).Each(text, func(c *authz.Case, err error) bool {
			if (c == nil) != (err != nil) {
				t.Errorf("%s: case %v, error %v", text, c, err)
			}
			if err != nil {
				got += "-"
			} else {
				got += "+"
			}
			return true
		})
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzParseCase(f *testing.F) {
	f.Add(`{"principal":"anonymous","action":"s3:GetObject","resource":"*","policies":{"identity":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}]}}`)
	f.Add(`{"name":"x","principal":"arn:aws:sts::111122223333:assumed-role/r/s","action":"sts:AssumeRole","resource":"arn:aws:iam::111122223333:role/r","context":{"aws:userid":"AROAX:s","a":["b",1,true]},"policies":{"resource":{"document":{"Statement":[]}},"acl":[{"grantee":"AllUsers","permission":"READ"}],"scp":[[]]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := authz.ParseCase(text)
		if err != nil {
			if e, ok := err.(*authz.CaseError); !ok || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("%T at %+v", err, err)
			}
			return
		}
		if err := jsontext.NewReader(text).Skip(); err != nil {
			t.Fatalf("a case that is no JSON was read: %v", err)
		}
		d := authz.Decide(c.Request, &c.Policies)
		_ = d.Message(c.Request)
		if e := authz.Explain(c.Request, &c.Policies); e.Decision != d {
			t.Fatalf("Explain decides %+v, Decide %+v", e.Decision, d)
		}
	})
}

var mixedForms = []*regexp.Regexp{
	regexp.MustCompile(`"[^"]*[*?][^"]*\$\{[^"]*[*?][^"]*"`),
	regexp.MustCompile(`IgnoreCase[^}]*\$\{`),
	regexp.MustCompile(`"Bool[^}]*\$\{`),
}

// A request that is made, judged and forgotten takes no memory: nothing of authz keeps it.
func TestARequestTakesNoMemory(t *testing.T) {
	c, err := authz.ParseCase(smallCase)
	if err != nil {
		t.Fatal(err)
	}
	p, a, source := c.Request.Principal, c.Request.Action, condition.NewKey("aws:SourceIp")
	policies := c.Policies
	policies.IdentitySet, policies.Identity = authz.NewSet(policies.Identity), nil
	for name, ps := range map[string]*authz.Policies{"list": &c.Policies, "set": &policies} {
		allowed := true
		if n := testing.AllocsPerRun(5, func() {
			var r authz.Request
			r.Reset(p, a, "arn:aws:s3:::bucket/home/alice/x.txt")
			r.Context.Set(source, "203.0.113.7")
			allowed = allowed && authz.Decide(&r, ps).Allowed()
		}); n != 0 || !allowed {
			t.Errorf("%s: %v allocations, allowed: %v", name, n, allowed)
		}
	}
}

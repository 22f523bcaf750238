package lint_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/lint"
	"github.com/writ-iam/writ/policy"
)

func aws(t testing.TB) *catalog.Catalog {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// example is a document of testdata: a rule's file has such that break it and such that keep it. A line says which, of which kind the document is and
// perhaps what it is attached to; then come the statements, or with the word document all of it. ‹ and › stand around the places that the rule must
// find, and {{7}} for seven letters.
type example struct {
	name  string
	fail  bool
	o     lint.Options
	text  string
	marks [][2]int
}

var repeat = regexp.MustCompile(`{{(\d+)}}`)

func examples(t testing.TB, code string) (all []example) {
	name := filepath.Join("testdata", strings.ToLower(code)+".txt")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range regexp.MustCompile(`\n\n(?:fail|pass) `).Split("\n\n"+string(data), -1)[1:] {
		verb := regexp.MustCompile(`(?m)^(fail|pass) `).FindAllString(string(data), -1)[i]
		head, text, _ := strings.Cut(part, "\n")
		words := strings.Fields(head)
		kind, err := policy.ParseKind(words[0])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := example{name: fmt.Sprintf("%s%d", verb, i), fail: verb == "fail ", o: lint.Options{Kind: kind, Catalog: aws(t), Analyzer: analysis.New(analysis.Options{Catalog: aws(t), Budget: 20_000})}}
		text = strings.TrimSuffix(text, "\n")
		if slices.Contains(words, "document") {
			words = slices.DeleteFunc(words, func(w string) bool { return w == "document" })
		} else {
			text = `{"Version": "2012-10-17", "Statement": [` + text + "]}"
		}
		if len(words) > 1 {
			e.o.ResourceType = words[1]
		}
		text = repeat.ReplaceAllStringFunc(text, func(s string) string {
			n, _ := strconv.Atoi(s[2 : len(s)-2])
			return strings.Repeat("x", n)
		})
		e.text, e.marks = marked(text)
		all = append(all, e)
	}
	return all
}

// marked returns a text without its marks, and where they stood.
func marked(text string) (string, [][2]int) {
	var b strings.Builder
	var open []int
	var marks [][2]int
	for _, c := range text {
		switch c {
		case '‹':
			open = append(open, b.Len())
		case '›':
			marks = append(marks, [2]int{open[len(open)-1], b.Len()})
			open = open[:len(open)-1]
		default:
			b.WriteRune(c)
		}
	}
	slices.SortFunc(marks, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return b.String(), marks
}

func TestRules(t *testing.T) {
	for r := range lint.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			var failing, passing int
			for _, e := range examples(t, r.Code) {
				if e.fail {
					failing++
				} else {
					passing++
				}
				if e.fail != (len(e.marks) > 0) {
					t.Fatalf("%s: %d marks", e.name, len(e.marks))
				}
				var places [][2]int
				for _, f := range lint.Check(e.text, e.o) {
					check(t, e.text, &f)
					if f.Code != r.Code {
						continue
					}
					if f.Type != r.Type || f.Link != r.Link() {
						t.Errorf("%s: a finding of type %v with link %s", e.name, f.Type, f.Link)
					}
					for _, l := range f.Locations {
						places = append(places, [2]int{l.Start, l.End})
					}
				}
				slices.SortFunc(places, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
				if !slices.Equal(places, e.marks) {
					t.Errorf("%s: found\n%s\nwant\n%s\nin %.500s", e.name, cuts(e.text, places), cuts(e.text, e.marks), e.text)
				}
			}
			if failing == 0 || passing == 0 {
				t.Errorf("%d failing and %d passing examples; there must be one of each at least", failing, passing)
			}
		})
	}
}

func cuts(text string, places [][2]int) string {
	var b strings.Builder
	for _, p := range places {
		fmt.Fprintf(&b, "  %d–%d %.90s\n", p[0], p[1], text[p[0]:p[1]])
	}
	return b.String()
}

// check looks at what must hold of every finding: it says something, in few words, and its paths lead to its places.
func check(t testing.TB, text string, f *lint.Finding) {
	t.Helper()
	switch {
	case f.Message == "" || len(f.Message) > 800 || strings.Contains(f.Message, "%!") || strings.HasSuffix(f.Message, "."):
		t.Errorf("%s: the message is %q", f.Code, f.Message)
	case len(f.Locations) == 0 || len(f.Locations) > 100:
		t.Errorf("%s: %d locations", f.Code, len(f.Locations))
	}
	for _, l := range f.Locations {
		if l.Start < 0 || l.Start > l.End || l.End > len(text) {
			t.Fatalf("%s: the place is %d–%d of %d", f.Code, l.Start, l.End, len(text))
		}
		if err := leads(text, l); err != nil {
			t.Errorf("%s: %v leads to %q: %v", f.Code, l.Path, text[l.Start:l.End], err)
		}
	}
}

// leads follows a path with another reader of JSON and compares what it finds with what stands at the place.
func leads(text string, l lint.Location) error {
	if len(l.Path) == 0 {
		return nil
	}
	at := json.RawMessage(text)
	for i, s := range l.Path {
		last := i == len(l.Path)-1
		switch s.Kind {
		case lint.StepValue, lint.StepKey:
			var object map[string]json.RawMessage
			if err := json.Unmarshal(at, &object); err != nil {
				return err
			}
			value, ok := object[s.Name]
			if !ok {
				return fmt.Errorf("no member %q", s.Name)
			}
			if s.Kind == lint.StepKey {
				var name string
				if err := json.Unmarshal([]byte(text[l.Start:l.End]), &name); err != nil || name != s.Name || !last {
					return fmt.Errorf("the name is %q (%v)", name, err)
				}
				return nil
			}
			at = value
		case lint.StepIndex:
			var array []json.RawMessage
			if err := json.Unmarshal(at, &array); err != nil {
				return err
			}
			if s.Index >= len(array) {
				return fmt.Errorf("no element %d", s.Index)
			}
			at = array[s.Index]
		case lint.StepSubstring:
			var whole string
			if err := json.Unmarshal(at, &whole); err != nil {
				return err
			}
			part := string([]rune(whole)[s.Index:][:s.Length])
			if got := text[l.Start:l.End]; got != part && got != string(at) || !last {
				return fmt.Errorf("the part is %q", part)
			}
			return nil
		}
	}
	// The decoder keeps the text of a value as it stands.
	if got := text[l.Start:l.End]; got != string(at) {
		return fmt.Errorf("the value is %.90q", string(at))
	}
	return nil
}

// The rules are those of AWS's page: no more, none twice, and each with what a list of them shows.
func TestRulesAreDescribed(t *testing.T) {
	seen := make(map[string]bool)
	count := make(map[lint.FindingType]int)
	last := lint.Error
	order := map[lint.FindingType]int{lint.Error: 0, lint.Warning: 1, lint.SecurityWarning: 2, lint.Suggestion: 3}
	for r := range lint.Rules() {
		if seen[r.Code] {
			t.Errorf("%s stands twice in the list", r.Code)
		}
		seen[r.Code] = true
		count[r.Type]++
		if order[r.Type] < order[last] {
			t.Errorf("%s stands behind a rule of type %v", r.Code, last)
		}
		last = r.Type
		if r.Title == "" || r.Kinds == 0 || !strings.HasSuffix(r.Sentence, ".") || len(r.Sentence) > 250 {
			t.Errorf("%s: title %q, kinds %v, sentence %q", r.Code, r.Title, r.Kinds, r.Sentence)
		}
		if want := strings.ToUpper(strings.ReplaceAll(r.Title, " ", "_")); len(want) == len(r.Code) && want != r.Code {
			t.Errorf("%s has the title %q", r.Code, r.Title)
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if code := strings.ToUpper(strings.TrimSuffix(filepath.Base(f), ".txt")); !seen[code] && code != "MANAGED" {
			t.Errorf("%s is of no rule", f)
		}
	}
	if want := map[lint.FindingType]int{lint.Error: 79, lint.Warning: 26, lint.SecurityWarning: 19, lint.Suggestion: 29}; !mapsEqual(count, want) {
		t.Errorf("the rules are %v, want %v", count, want)
	}
}

func mapsEqual(a, b map[lint.FindingType]int) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// recorded is a line of testdata/recorded.jsonl: where a session begins, or one call of it and what AWS answered to it.
type recorded struct {
	// Session begins a session, in an account of its own, and says whose recording it is.
	Session string `json:"session"`

	Call string            `json:"call"`
	As   string            `json:"as"` // alice, or the root user
	In   map[string]any    `json:"in"`
	Keep map[string]string `json:"keep"`
	// Out is the whole answer, in which "*" stands for whatever text, number or time; no member is there beside those named. Absent: it does not matter.
	Out map[string]any `json:"out"`
	// Error is the error, with its status and message.
	Error *recordedError `json:"error"`
	// Differs says that Writ is known to answer otherwise; it is a text in doc/divergences.md.
	Differs string `json:"differs"`
}

type recordedError struct {
	Code, Message string
	Status        int
}

// variables are what stands in the lines as ${name}; those in quotes and capitals stand for JSON.
func variables(account string) map[string]string {
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	escape := func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }
	var tags, keys []string
	for i := range 51 {
		tags, keys = append(tags, fmt.Sprintf(`{"Key":"k%d","Value":"v"}`, i)), append(keys, fmt.Sprintf(`"k%d"`, i))
	}
	return map[string]string{
		"account": account, "document": escape(document), "trust": escape(trust), "DOCUMENT": document, "TRUST": trust,
		"long129": strings.Repeat("k", 129), "long257": strings.Repeat("v", 257), "TAGS51": "[" + strings.Join(tags, ",") + "]", "KEYS51": "[" + strings.Join(keys, ",") + "]",
	}
}

// TestAnswersThatAWSGave makes calls of which AWS's answers were recorded, by LocalStack's tests against AWS, and compares the answers in all members, as
// boto3 shows them: the code, message, type and status of an error, and of other answers which members are there and which are not.
func TestAnswersThatAWSGave(t *testing.T) {
	t.Parallel()
	w := serve(t, t.TempDir())
	b := newBoto(t, w)
	text, err := os.ReadFile("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	divergences, err := os.ReadFile("../../doc/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	sessions := make(map[string][]string)
	var order []string
	for line := range strings.Lines(string(text)) {
		var r recorded
		if strings.HasPrefix(line, `{"session"`) {
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			order = append(order, r.Session)
			continue
		}
		last := order[len(order)-1]
		sessions[last] = append(sessions[last], line)
	}
	compared := 0
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			root, account := w.account()
			kept := variables(account)
			for _, line := range sessions[name] {
				r := parseRecorded(t, line, kept)
				k := root
				if r.As == "alice" {
					k = key{id: kept["key"], secret: kept["secret"]}
				}
				a := b.answer(t, step{Call: r.Call, In: r.In}, k, nil)
				for name, place := range r.Keep {
					kept[name] = fmt.Sprint(at(a.Out, place))
				}
				var differences []string
				switch {
				case r.Error != nil:
					compared++
					got := recordedError{a.Error, a.Message, a.Status}
					if got != *r.Error {
						differences = append(differences, fmt.Sprintf("is\n  %d %s: %s, AWS answers\n  %d %s: %s", got.Status, got.Code, got.Message, r.Error.Status, r.Error.Code, r.Error.Message))
					} else if a.Type != "Sender" {
						differences = append(differences, fmt.Sprintf("is of the type %q", a.Type))
					}
				case a.Error != "":
					differences = append(differences, fmt.Sprintf("is %s: %s, AWS allows it", a.Error, a.Message))
				case r.Out != nil:
					compared++
					differences = compare("", any(a.Out), any(r.Out))
				}
				what := fmt.Sprintf("%s %v", r.Call, r.In)
				if len(what) > 300 {
					what = what[:300] + "…"
				}
				switch {
				case r.Differs == "":
					for _, d := range differences {
						t.Errorf("%s: %s", what, d)
					}
				case !strings.Contains(string(divergences), r.Differs):
					t.Errorf("%s: doc/divergences.md does not say %q", what, r.Differs)
				case len(differences) == 0:
					t.Errorf("%s: it does not differ any more from what AWS answers: take out that it does", what)
				}
			}
		})
	}
	if compared < 150 {
		t.Errorf("only %d answers were compared", compared)
	}
}

// parseRecorded reads a line in which the variables are put in.
func parseRecorded(t *testing.T, line string, kept map[string]string) recorded {
	t.Helper()
	line = regexp.MustCompile(`"\$\{([A-Z0-9]+)\}"`).ReplaceAllStringFunc(line, func(v string) string { return kept[v[3:len(v)-2]] })
	line = regexp.MustCompile(`\$\{([a-z0-9]\w*)\}`).ReplaceAllStringFunc(line, func(v string) string { return kept[v[2:len(v)-1]] })
	var r recorded
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if r.In == nil {
		r.In = map[string]any{}
	}
	return r
}

// compare tells in what an answer differs from what it should be, with the places of the differences.
func compare(place string, got, want any) []string {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is no object", place)}
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if v, ok := got[name]; ok {
				all = append(all, compare(place+"."+name, v, want[name])...)
			} else {
				all = append(all, fmt.Sprintf("%s.%s is not there, AWS has it", place, name))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[name]; !ok {
				all = append(all, fmt.Sprintf("%s.%s is there, AWS does not have it", place, name))
			}
		}
		return all
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return []string{fmt.Sprintf("%s is %v, AWS has %v", place, got, want)}
		}
		var all []string
		for i := range want {
			all = append(all, compare(fmt.Sprintf("%s.%d", place, i), got[i], want[i])...)
		}
		return all
	}
	switch got.(type) {
	case map[string]any, []any:
		return []string{fmt.Sprintf("%s is %v, AWS has %v", place, got, want)}
	}
	if want == "*" && got != nil && got != "" || got == want {
		return nil
	}
	return []string{fmt.Sprintf("%s is %v, AWS has %v", place, got, want)}
}

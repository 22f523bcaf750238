package lint_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/writ-iam/writ/lint"
)

// doc/lint.md is made from the rules; go test ./lint -update writes it.
func TestPageOfTheRules(t *testing.T) {
	const name = "../doc/lint.md"
	want := page()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not that of the rules; go test ./lint -update writes it", name)
	}
}

func page() string {
	var b strings.Builder
	n := 0
	for range lint.Rules() {
		n++
	}
	fmt.Fprintf(&b, `# The rules of lint

Package lint has the %d checks of IAM Access Analyzer's policy validation, under its own issue codes, as AWS documents them in 2026. This page is made from
them (`+"`go test ./lint -update`"+`); the code links to AWS's explanation. *For* says which policies a rule is for: identity policies (managed, inline, session),
resource policies, trust policies of roles, and the service and resource control policies of an organization. Rules marked with ° need the catalog.

AWS's own policies name services, actions, keys and ARNs that its reference, and so the catalog, does not have. These names are no errors:
[supplement.txt](../lint/supplement.txt) lists them, each with the policy that is the witness and the reason; on all of AWS's managed policies the rules find no error.

Where AWS does not say what exactly it looks for, and where Writ departs from it, stands in [divergences.md](divergences.md).
`, n)
	title := map[lint.FindingType]string{lint.Error: "Errors", lint.Warning: "Warnings", lint.SecurityWarning: "Security warnings", lint.Suggestion: "Suggestions"}
	last := ""
	for r := range lint.Rules() {
		if title[r.Type] != last {
			last = title[r.Type]
			fmt.Fprintf(&b, "\n## %s\n\n| code | for | finds |\n| --- | --- | --- |\n", last)
		}
		mark := ""
		if r.NeedsCatalog {
			mark = " °"
		}
		fmt.Fprintf(&b, "| [`%s`](%s)%s | %v | %s |\n", r.Code, r.Link(), mark, r.Kinds, r.Sentence)
	}
	return b.String()
}

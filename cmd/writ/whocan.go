package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
)

// layout is how an export is given, for the help of commands.
const layout = `EXPORT is the output of

	aws iam get-account-authorization-details

as JSON: a file, or a folder with one file or several, of one account or several, whole or in pages. In a folder there may also be

	organization.json   the organization's control policies:
	                    {"id": "o-…", "managementAccount": "…", "policies": {"Name": {…}},
	                     "accounts": {"111122223333": {"path": "o-…/r-…/ou-…/", "scp": [["FullAWSAccess"], ["FullAWSAccess", "Name"]], "rcp": [["RCPFullAWSAccess"]]}}}
	                    with a list for each level, from the root to the account itself
	resources/*.json    resources with their policies, one object, several or a list:
	                    {"arn": "arn:aws:s3:::bucket", "account": "111122223333", "policy": {…}, "tags": {"key": "value"}}
	                    account is needed if the ARN has none; a resource that is in no file is taken to have no policy, but for KMS keys, which are
	                    taken to have that of a new key, and its tags are unknown

--from may be given several times. A member that is not known is an error, unless --ignore-unknown is set: an answer that leaves out a policy is worth nothing.`

// estateFlags are those of commands that ask about an export.
type estateFlags struct {
	from          []string
	depth, budget int
	output, graph string
	ignoreUnknown bool
	stdin         io.Reader
	stdout        io.Writer
	progress      *progress
	catalog       *catalog.Catalog
}

func (f *estateFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.from, "from", nil, "the export: a file, a folder, or - for standard input")
	cmd.Flags().IntVar(&f.depth, "depth", 3, "how many roles may be assumed one after the other")
	cmd.Flags().IntVar(&f.budget, "budget", analysis.DefaultBudget, "how many states a question may come to before it is undecided")
	cmd.Flags().StringVarP(&f.output, "output", "o", "text", "text or json")
	cmd.Flags().StringVar(&f.graph, "graph", "", "draw the answer into this file: .svg, or .dot for Graphviz")
	cmd.Flags().BoolVar(&f.ignoreUnknown, "ignore-unknown", false, "pass over members of the export that are not known")
	required(cmd, "from")
}

// open reads the export.
func (f *estateFlags) open(cmd *cobra.Command) (*analysis.Estate, *analysis.Asker, error) {
	f.stdin, f.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
	f.progress = newProgress(cmd.ErrOrStderr())
	if f.output != "text" && f.output != "json" {
		return nil, nil, fmt.Errorf("%s: --output is text or json, not %q", cmd.Name(), f.output)
	}
	if ext := filepath.Ext(f.graph); f.graph != "" && !slices.Contains([]string{".svg", ".dot", ".gv"}, ext) {
		return nil, nil, fmt.Errorf("%s: --graph is a file whose name ends in .svg or .dot, not %q", cmd.Name(), f.graph)
	}
	if f.depth < 0 {
		return nil, nil, fmt.Errorf("%s: --depth must not be negative", cmd.Name())
	}
	if f.budget < 0 {
		return nil, nil, fmt.Errorf("%s: --budget must not be negative", cmd.Name())
	}
	c, err := catalog.Load()
	if err != nil {
		return nil, nil, err
	}
	f.catalog = c
	r := analysis.EstateReader{IgnoreUnknown: f.ignoreUnknown}
	parts, err := exportParts(f.from)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range parts {
		f.progress.show("reading %d of %d files", i+1, len(parts))
		text, err := readFile(p.file, f.stdin)
		if err != nil {
			return nil, nil, err
		}
		read := r.Account
		switch p.kind {
		case "organization":
			read = r.Organization
		case "resources":
			read = r.Resources
		}
		if err := read(display(p.file), text); err != nil {
			return nil, nil, err
		}
	}
	f.progress.show("compiling")
	e, err := r.Estate()
	if err != nil {
		return nil, nil, err
	}
	return e, analysis.NewAsker(e, analysis.Options{Catalog: c, Budget: f.budget}), nil
}

type exportPart struct{ file, kind string }

// exportParts returns the files of exports and what each is.
func exportParts(from []string) (parts []exportPart, err error) {
	for _, name := range from {
		info, err := os.Stat(name)
		switch {
		case name == "-":
			parts = append(parts, exportPart{name, "account"})
			continue
		case err != nil:
			return nil, err
		case !info.IsDir():
			parts = append(parts, exportPart{name, "account"})
			continue
		}
		before := len(parts)
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			file := filepath.Join(name, entry.Name())
			switch {
			case entry.Name() == "resources" && entry.IsDir():
				all, err := files([]string{file}, ".json")
				if err != nil {
					return nil, err
				}
				for _, f := range all {
					parts = append(parts, exportPart{f, "resources"})
				}
			case entry.IsDir() || filepath.Ext(file) != ".json":
			case entry.Name() == "organization.json":
				parts = append(parts, exportPart{file, "organization"})
			default:
				parts = append(parts, exportPart{file, "account"})
			}
		}
		if len(parts) == before {
			return nil, fmt.Errorf("%s: no .json files in this directory", name)
		}
	}
	return parts, nil
}

// draw writes the graph, if one is wanted.
func (f *estateFlags) draw(g func() *analysis.Graph) error {
	if f.graph == "" {
		return nil
	}
	f.progress.show("drawing")
	text := ""
	if filepath.Ext(f.graph) == ".svg" {
		text = g().SVG()
	} else {
		text = g().DOT()
	}
	return os.WriteFile(f.graph, []byte(text), 0o644)
}

// progress is a line on a terminal that says how far the work is; elsewhere it is nothing.
type progress struct {
	w    io.Writer // nil if it is no terminal
	last time.Time
	some bool
}

func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w: w}
		}
	}
	return &progress{}
}

func (p *progress) show(format string, args ...any) {
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.some = time.Now(), true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.some {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.some = false
	}
}

func whoCanCommand() *cobra.Command {
	f := estateFlags{}
	roots := false
	cmd := &cobra.Command{
		Use:   "who-can ACTION RESOURCE --from EXPORT",
		Short: "Say who in an exported account can do an action on a resource",
		Long: `Who-can tells who can do an action on a resource: users and roles by their own policies, their groups' and the resource's, within boundaries and control policies;
those from outside whom the resource's policy lets in; and all who can by assuming roles, as far as --depth. Where it depends on something that an export does not tell, such as an
address, it says on what.

` + layout + `

Who is told to be able, under conditions or not, comes with a request that Writ's judge allows (in JSON as a case for writ decide, without its policies). Who is not told cannot, whatever a request brings. Root users are
left out unless --root is set: they can do in their accounts what no control policy and no resource's policy denies.

The exit status is 0 if somebody can, 1 if nobody can, 2 if it could not be said.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, asker, err := f.open(cmd)
			defer f.progress.clear()
			if err != nil {
				return err
			}
			w, err := asker.WhoCan(analysis.WhoCanQuestion{
				Action: args[0], Resource: args[1], Depth: f.depth, Roots: roots,
				Progress: func(done, total int) { f.progress.show("asking about %d of %d", done, total) },
			})
			if err != nil {
				return err
			}
			if _, ok := f.catalog.Action(w.Action); !ok {
				f.progress.clear()
				fmt.Fprintf(cmd.ErrOrStderr(), "writ: the catalogue of AWS's actions has no %s; the answer is about the name\n", w.Action)
			}
			if err := f.draw(w.Graph); err != nil {
				return err
			}
			f.progress.clear()
			if f.output == "json" {
				err = printJSON(f.stdout, newWhoCanJSON(w))
			} else {
				err = printWhoCan(f.stdout, w)
			}
			if err != nil {
				return err
			}
			switch w.Standing() {
			case analysis.Allowed, analysis.Conditional:
				return nil
			case analysis.Undecided:
				return errReported
			}
			return errFound
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&roots, "root", false, "tell about root users, too")
	return cmd
}

// inWords says how somebody stands.
func inWords(s analysis.Standing) string {
	return map[analysis.Standing]string{
		analysis.Allowed: "yes", analysis.Conditional: "under conditions", analysis.Undecided: "could not be said", analysis.Refused: "no",
	}[s]
}

func printWhoCan(w io.Writer, a *analysis.WhoCan) error {
	var b strings.Builder
	can, conditional, undecided := 0, 0, 0
	for i := range a.Findings {
		f := &a.Findings[i]
		name := f.Entity.ARN
		switch {
		case f.Entity.Kind == analysis.OutsideEntity && name == "*":
			name = "anybody of any account"
		case f.Entity.Kind == analysis.OutsideEntity && name == "anonymous":
			name = "anybody, without credentials"
		case f.Entity.Kind == analysis.OutsideEntity:
			name = "from outside: " + name
		}
		fmt.Fprintf(&b, "%s: %s\n", name, inWords(f.Standing))
		for _, s := range f.Steps {
			fmt.Fprintf(&b, "  assumes %s: %s\n", s.Role.ARN, inWords(s.By.Standing))
			writeReasons(&b, "    ", s.By)
		}
		writeReasons(&b, "  ", f)
		switch f.Standing {
		case analysis.Undecided:
			undecided++
		case analysis.Conditional:
			conditional++
			can++
		default:
			can++
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	switch {
	case can == 0 && undecided == 0:
		fmt.Fprintf(&b, "nobody can %s on %s\n", a.Action, a.Resource)
	default:
		fmt.Fprintf(&b, "%d can %s on %s, %d of them under conditions", can, a.Action, a.Resource, conditional)
		if undecided > 0 {
			fmt.Fprintf(&b, "; of %d more it could not be said", undecided)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeReasons writes why somebody can, and what it depends on.
func writeReasons(b *strings.Builder, indent string, f *analysis.Finding) {
	if f.By != nil {
		fmt.Fprintf(b, "%sby      %s\n", indent, f.By.Place())
	}
	writeTerms(b, indent+"if      ", f.If)
	writeTerms(b, indent+"unless  ", f.Unless)
	for _, text := range f.Assumed {
		fmt.Fprintf(b, "%sif      %s\n", indent, text)
	}
	if f.Reason != "" {
		fmt.Fprintf(b, "%sreason  %s\n", indent, f.Reason)
	}
}

func writeTerms(b *strings.Builder, label string, terms []analysis.Term) {
	for i := range terms {
		t := &terms[i]
		var parts []string
		if on := strings.Join(t.Resources, ", "); on != "" {
			if t.NotResources {
				on = "everything but " + on
			}
			parts = append(parts, "on "+on)
		}
		for _, c := range t.Conditions {
			parts = append(parts, c.String())
		}
		if t.Variables {
			parts = append(parts, "the variables in its resource fit")
		}
		if len(parts) == 0 {
			parts = append(parts, "it applies")
		}
		fmt.Fprintf(b, "%s%s (%s)\n", label, strings.Join(parts, " and "), t.Place())
	}
}

// The JSON of answers.
type (
	termJSON struct {
		Layer      string                   `json:"layer"`
		Policy     string                   `json:"policy"`
		ARN        string                   `json:"arn,omitempty"`
		Statement  int                      `json:"statement"`
		Sid        string                   `json:"sid,omitempty"`
		Conditions []analysis.ConditionTerm `json:"conditions,omitempty"`
		Variables  bool                     `json:"variables,omitempty"`

		Resources    []string `json:"resources,omitempty"`
		NotResources bool     `json:"notResources,omitempty"`
	}
	findingJSON struct {
		Principal string            `json:"principal"`
		Kind      string            `json:"kind"`
		Account   string            `json:"account,omitempty"`
		Standing  string            `json:"standing"`
		Steps     []stepJSON        `json:"steps,omitempty"`
		By        *termJSON         `json:"by,omitempty"`
		If        []termJSON        `json:"if,omitempty"`
		Unless    []termJSON        `json:"unless,omitempty"`
		Assumed   []string          `json:"assumed,omitempty"`
		Allowed   *analysis.Witness `json:"allowed,omitempty"`
		Refused   *analysis.Witness `json:"refused,omitempty"`
		Reason    string            `json:"reason,omitempty"`
	}
	stepJSON struct {
		Role string      `json:"role"`
		By   findingJSON `json:"by"`
	}
	whoCanJSON struct {
		Action   string        `json:"action"`
		Resource string        `json:"resource"`
		Account  string        `json:"account,omitempty"`
		Standing string        `json:"standing"`
		Findings []findingJSON `json:"findings"`
	}
)

func newTermJSON(t *analysis.Term) termJSON {
	return termJSON{t.Layer.String(), t.Policy, t.ARN, t.Statement, t.Sid, t.Conditions, t.Variables, t.Resources, t.NotResources}
}

func newTermsJSON(terms []analysis.Term) (all []termJSON) {
	for i := range terms {
		all = append(all, newTermJSON(&terms[i]))
	}
	return all
}

func newFindingJSON(f *analysis.Finding) findingJSON {
	out := findingJSON{
		Principal: f.Entity.ARN, Kind: f.Entity.Kind.String(), Account: f.Entity.Account, Standing: f.Standing.String(), If: newTermsJSON(f.If), Unless: newTermsJSON(f.Unless),
		Assumed: f.Assumed, Allowed: f.Witness, Refused: f.Refusal, Reason: f.Reason,
	}
	if f.By != nil {
		out.By = new(newTermJSON(f.By))
	}
	for _, s := range f.Steps {
		out.Steps = append(out.Steps, stepJSON{s.Role.ARN, newFindingJSON(s.By)})
	}
	return out
}

func newWhoCanJSON(w *analysis.WhoCan) whoCanJSON {
	out := whoCanJSON{Action: w.Action, Resource: w.Resource, Account: w.Owner, Standing: w.Standing().String(), Findings: []findingJSON{}}
	for i := range w.Findings {
		out.Findings = append(out.Findings, newFindingJSON(&w.Findings[i]))
	}
	return out
}

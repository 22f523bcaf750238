package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/authz"
)

func canCommand() *cobra.Command {
	f := estateFlags{}
	used := ""
	cmd := &cobra.Command{
		Use:   "can PRINCIPAL --from EXPORT",
		Short: "Say what a user or role of an exported account can do",
		Long: `Can tells what a user or role can do: what the statements of its policies, its groups' policies and resources' policies grant, less what others deny or do not allow
altogether; under which conditions; and which roles it can assume, as far as --depth. PRINCIPAL is an ARN or a name.

` + layout + `

What an identity policy grants holds for all resources that it names, but for what is told below it: the resources of the export whose own policies deny it, whole or under conditions, or
do not allow it, as those of keys, of roles and of what is of other accounts must; with --output json for all of them, in the text for a few. bucket{,/*} is a bucket with its objects. Resources that are in no file are taken to be of
the account, unless their ARNs name another.

--used FILE names actions that were used, one a line, such as s3:GetObject. Then what is granted and was not used is printed instead, statement by statement.

The exit status is 0 if it can do something, 1 if nothing, 2 if it could not be said. With --used it is 0 if everything was used, 1 if not.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, asker, err := f.open(cmd)
			defer f.progress.clear()
			if err != nil {
				return err
			}
			who, err := e.Find(args[0])
			if err != nil {
				return err
			}
			c, err := asker.Can(who, f.depth, func(done, total int) { f.progress.show("asking about %d of %d", done, total) })
			if err != nil {
				return err
			}
			if err := f.draw(c.Graph); err != nil {
				return err
			}
			f.progress.clear()
			if used != "" {
				return f.unused(asker, c, used)
			}
			if f.output == "json" {
				err = printJSON(f.stdout, newCanJSON(c))
			} else {
				err = printCan(f.stdout, c)
			}
			switch {
			case err != nil:
				return err
			case len(c.Grants)+len(c.Roles) == 0:
				return errFound
			case !c.IsSure():
				return errReported
			}
			return nil
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&used, "used", "", "print what is granted and not among the actions in this file")
	return cmd
}

// unused prints what was not used.
func (f *estateFlags) unused(asker *analysis.Asker, c *analysis.Can, name string) error {
	text, err := readFile(name, f.stdin)
	if err != nil {
		return err
	}
	var used []string
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !strings.Contains(line, ":"):
			return fmt.Errorf("%s:%d: %q is not an action", display(name), n, line)
		default:
			used = append(used, line)
		}
	}
	all := asker.Unused(c, used)
	type unusedJSON struct {
		termJSON
		Granted int      `json:"granted"`
		Unused  []string `json:"unused"`
	}
	if f.output == "json" {
		list := []unusedJSON{}
		for i := range all {
			list = append(list, unusedJSON{newTermJSON(&all[i].By), all[i].Granted, all[i].Actions})
		}
		err = printJSON(f.stdout, struct {
			Principal string       `json:"principal"`
			Unused    []unusedJSON `json:"unused"`
		}{c.Entity.ARN, list})
	} else {
		var b strings.Builder
		for i := range all {
			u := &all[i]
			fmt.Fprintf(&b, "%s: %d of %d actions were not used\n", u.By.Place(), len(u.Actions), u.Granted)
			for _, a := range u.Actions {
				fmt.Fprintf(&b, "  %s\n", a)
			}
		}
		if len(all) == 0 {
			b.WriteString("everything that is granted was used\n")
		}
		_, err = io.WriteString(f.stdout, b.String())
	}
	if err == nil && len(all) > 0 {
		err = errFound
	}
	return err
}

func printCan(w io.Writer, c *analysis.Can) error {
	var b strings.Builder
	for i := range c.Grants {
		writeGrant(&b, &c.Grants[i])
	}
	for i := range c.Roles {
		f := &c.Roles[i]
		fmt.Fprintf(&b, "assumes %s: %s\n", f.Steps[len(f.Steps)-1].Role.ARN, inWords(f.Standing))
		for k, s := range f.Steps {
			if len(f.Steps) > 1 {
				fmt.Fprintf(&b, "  %d. %s: %s\n", k+1, s.Role.ARN, inWords(s.By.Standing))
				writeReasons(&b, "    ", s.By)
			} else {
				writeReasons(&b, "  ", s.By)
			}
		}
	}
	if b.Len() == 0 {
		fmt.Fprintf(&b, "%s can do nothing\n", c.Entity.ARN)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeGrant(b *strings.Builder, g *analysis.Grant) {
	policy := g.By.Place()
	if g.Of != "" {
		policy = fmt.Sprintf("the policy of %s, %s", g.Of, policy[strings.Index(policy, "statement "):])
	}
	actions := strings.Join(g.Actions, ", ")
	if g.NotActions {
		actions = "everything but " + strings.Join(append(slices.Clip(g.Actions), g.But...), ", ")
	} else if len(g.But) > 0 {
		actions += ", but not " + strings.Join(g.But, ", ")
	}
	resources := some(g.Resources)
	if g.NotResources {
		resources = "everything but " + strings.Join(g.Resources, ", ")
	}
	writeWrapped(b, "", "    ", fmt.Sprintf("%s on %s: %s", actions, resources, inWords(g.Standing)))
	fmt.Fprintf(b, "  by      %s\n", policy)
	if len(g.By.Conditions)+len(g.By.Resources) > 0 {
		writeTerms(b, "  if      ", []analysis.Term{g.By})
	}
	for _, text := range g.Assumed {
		fmt.Fprintf(b, "  if      %s\n", text)
	}
	for i := range g.Within {
		label := "  within  "
		if g.Within[i].Layer == authz.ResourceLayer {
			label = "  if      "
		}
		writeTerms(b, label, g.Within[i:i+1])
	}
	writeTerms(b, "  unless  ", g.Unless)
	if g.Reason != "" {
		fmt.Fprintf(b, "  reason  %s\n", g.Reason)
	}
	for i := range g.On {
		writeApart(b, &g.On[i])
	}
}

// writeApart writes what becomes of a grant on some resources of the export.
func writeApart(b *strings.Builder, a *analysis.Apart) {
	text := a.About(some(a.Resources))
	if a.Foreign {
		text += ", of other accounts"
		if len(a.Resources) == 1 {
			text = strings.TrimSuffix(text, "other accounts") + "another account"
		}
	}
	switch a.Standing {
	case analysis.Refused:
		text = "not " + text
		switch {
		case len(a.Unless) > 0:
			var places []string
			for i := range a.Unless {
				places = append(places, a.Unless[i].Place())
			}
			text += ": denied by " + strings.Join(places, " and ")
		case len(a.If) == 0 && a.NeedsAllow:
			text += ": the resource's policy does not allow it"
		default:
			text += ": nothing allows it there"
		}
	case analysis.Undecided:
		text += ": could not be said"
	}
	writeWrapped(b, "  but     ", "          ", text)
	if a.Standing == analysis.Conditional {
		writeTerms(b, "    if      ", a.If)
		writeTerms(b, "    unless  ", a.Unless)
	}
	if a.Reason != "" {
		fmt.Fprintf(b, "    reason  %s\n", a.Reason)
	}
}

// maxNamed is how many resources are named before it is only told how many more there are. --output json has all.
const maxNamed = 4

func some(names []string) string {
	var shown []string
	for i, name := range names {
		if under, ok := strings.CutSuffix(name, "/*"); ok && i > 0 && names[i-1] == under {
			shown[len(shown)-1] = under + "{,/*}" // as shells write it
			continue
		}
		shown = append(shown, name)
	}
	if more := len(shown) - maxNamed; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown[:maxNamed], ", "), more)
	}
	return strings.Join(shown, ", ")
}

// maxWidth is how wide lines are made whose parts could as well stand one below the other.
const maxWidth = 140

// writeWrapped writes a text that may be long, in lines that end where it has a space.
func writeWrapped(b *strings.Builder, first, next, text string) {
	line := first
	for i, word := range strings.Split(text, " ") {
		if i > 0 && len(line)+1+len(word) > maxWidth && line != next {
			b.WriteString(line + "\n")
			line = next + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

type (
	grantJSON struct {
		By           termJSON          `json:"by"`
		Of           string            `json:"of,omitempty"`
		Actions      []string          `json:"actions"`
		NotActions   bool              `json:"notActions,omitempty"`
		But          []string          `json:"but,omitempty"`
		Resources    []string          `json:"resources"`
		NotResources bool              `json:"notResources,omitempty"`
		Count        int               `json:"count"`
		Standing     string            `json:"standing"`
		Within       []termJSON        `json:"within,omitempty"`
		Unless       []termJSON        `json:"unless,omitempty"`
		Assumed      []string          `json:"assumed,omitempty"`
		Allowed      *analysis.Witness `json:"allowed,omitempty"`
		Reason       string            `json:"reason,omitempty"`
		On           []apartJSON       `json:"on,omitempty"`
	}
	apartJSON struct {
		Resources  []string          `json:"resources"`
		Actions    []string          `json:"actions,omitempty"`
		But        []string          `json:"but,omitempty"`
		Standing   string            `json:"standing"`
		Foreign    bool              `json:"foreign,omitempty"`
		NeedsAllow bool              `json:"needsAllow,omitempty"`
		If         []termJSON        `json:"if,omitempty"`
		Unless     []termJSON        `json:"unless,omitempty"`
		Allowed    *analysis.Witness `json:"allowed,omitempty"`
		Reason     string            `json:"reason,omitempty"`
	}
	canJSON struct {
		Principal string        `json:"principal"`
		Kind      string        `json:"kind"`
		Grants    []grantJSON   `json:"grants"`
		Roles     []findingJSON `json:"roles"`
	}
)

func newCanJSON(c *analysis.Can) canJSON {
	out := canJSON{Principal: c.Entity.ARN, Kind: c.Entity.Kind.String(), Grants: []grantJSON{}, Roles: []findingJSON{}}
	for i := range c.Grants {
		g := &c.Grants[i]
		one := grantJSON{
			newTermJSON(&g.By), g.Of, g.Actions, g.NotActions, g.But, g.Resources, g.NotResources, g.Count(), g.Standing.String(), newTermsJSON(g.Within), newTermsJSON(g.Unless), g.Assumed, g.Witness, g.Reason, nil,
		}
		for k := range g.On {
			a := &g.On[k]
			one.On = append(one.On, apartJSON{a.Resources, a.Actions, a.But, a.Standing.String(), a.Foreign, a.NeedsAllow, newTermsJSON(a.If), newTermsJSON(a.Unless), a.Witness, a.Reason})
		}
		out.Grants = append(out.Grants, one)
	}
	for i := range c.Roles {
		out.Roles = append(out.Roles, newFindingJSON(&c.Roles[i]))
	}
	return out
}

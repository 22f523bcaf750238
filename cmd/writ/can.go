package main

import (
	"bufio"
	"fmt"
	"io"
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

What an identity policy grants is that on resources of the account without policies of their own; writ who-can tells about a single one.

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
			if err == nil && len(c.Grants)+len(c.Roles) == 0 {
				err = errFound
			}
			return err
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
		g := &c.Grants[i]
		policy := g.By.Place()
		if g.By.Layer == authz.ResourceLayer {
			policy = "the policy of the resource, " + strings.TrimPrefix(policy, "the resource's policy, ")
		}
		actions := strings.Join(g.Actions, ", ")
		if g.NotActions {
			actions = "everything but " + actions
		}
		resources := strings.Join(g.Resources, ", ")
		if g.NotResources {
			resources = "everything but " + resources
		}
		fmt.Fprintf(&b, "%s on %s: %s\n  by      %s\n", actions, resources, inWords(g.Standing), policy)
		if len(g.By.Conditions) > 0 {
			writeTerms(&b, "  if      ", []analysis.Term{g.By})
		}
		writeTerms(&b, "  within  ", g.Within)
		writeTerms(&b, "  unless  ", g.Unless)
		if g.Reason != "" {
			fmt.Fprintf(&b, "  reason  %s\n", g.Reason)
		}
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

type (
	grantJSON struct {
		By           termJSON          `json:"by"`
		Actions      []string          `json:"actions"`
		NotActions   bool              `json:"notActions,omitempty"`
		Resources    []string          `json:"resources"`
		NotResources bool              `json:"notResources,omitempty"`
		Count        int               `json:"count"`
		Standing     string            `json:"standing"`
		Within       []termJSON        `json:"within,omitempty"`
		Unless       []termJSON        `json:"unless,omitempty"`
		Allowed      *analysis.Witness `json:"allowed,omitempty"`
		Reason       string            `json:"reason,omitempty"`
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
		out.Grants = append(out.Grants, grantJSON{
			newTermJSON(&g.By), g.Actions, g.NotActions, g.Resources, g.NotResources, g.Count(), g.Standing.String(), newTermsJSON(g.Within), newTermsJSON(g.Unless), g.Witness, g.Reason,
		})
	}
	for i := range c.Roles {
		out.Roles = append(out.Roles, newFindingJSON(&c.Roles[i]))
	}
	return out
}

package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "print the server's settings and where each comes from",
		Long: `Config prints every setting of "writ serve" with its value and its source: a flag, a variable of the environment, a file, or the default.

A setting called tls.generate is --tls-generate as a flag, WRIT_TLS_GENERATE in the environment, and generate below tls in the file. A name that is no setting is an
error in all three.`,
		Args: cobra.NoArgs,
	}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	read := configFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		settings, sources, err := read()
		if err != nil {
			return err
		}
		if *asJSON {
			type line struct {
				Name   string `json:"name"`
				Value  string `json:"value"`
				Source string `json:"source"`
			}
			lines := []line{}
			for _, s := range settings.Settings() {
				lines = append(lines, line{s.Name, s.String(), sources[s.Name]})
			}
			encoder := json.NewEncoder(c.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(lines)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, s := range settings.Settings() {
			value := s.String()
			if value == "" {
				value = "-"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, value, sources[s.Name])
		}
		return w.Flush()
	}
	return c
}

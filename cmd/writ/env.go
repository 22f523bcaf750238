package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func envCommand() *cobra.Command {
	data := defaultData()
	c := &cobra.Command{
		Use:   "env",
		Short: "print what points AWS's tools at a server of this machine",
		Long: `Env prints lines for a shell that point AWS's CLI, SDKs and Terraform at the server of a data folder, as the user admin that its first start made:

  eval "$(writ env)"
  aws sts get-caller-identity`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			files := dataFiles{data}
			address, err := os.ReadFile(files.address())
			if err != nil {
				return fmt.Errorf("no server has run on %s: start one with \"writ serve%s\"", data, dataFlag(data))
			}
			id, secret, err := readCredentials(files.credentials())
			if err != nil {
				return err
			}
			lines := [][2]string{
				{"AWS_ENDPOINT_URL", strings.TrimSpace(string(address))}, {"AWS_ACCESS_KEY_ID", id}, {"AWS_SECRET_ACCESS_KEY", secret}, {"AWS_DEFAULT_REGION", "us-east-1"},
			}
			if certificate := filepath.Join(data, "tls.crt"); strings.HasPrefix(lines[0][1], "https:") {
				if _, err := os.Stat(certificate); err == nil {
					absolute, err := filepath.Abs(certificate)
					if err != nil {
						return err
					}
					lines = append(lines, [2]string{"AWS_CA_BUNDLE", absolute})
				}
			}
			for _, l := range lines {
				fmt.Fprintf(c.OutOrStdout(), "export %s=%s\n", l[0], quoteShell(l[1]))
			}
			// What is left of another session would go with another key.
			fmt.Fprintln(c.OutOrStdout(), "unset AWS_SESSION_TOKEN AWS_PROFILE")
			return nil
		},
	}
	c.Flags().StringVar(&data, "data", data, "data folder of the server")
	return c
}

// readCredentials reads the key from the file that the first start wrote.
func readCredentials(file string) (id, secret string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("the credentials of the first start are not there any more: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			id = strings.TrimSpace(value)
		case "aws_secret_access_key":
			secret = strings.TrimSpace(value)
		}
	}
	if id == "" || secret == "" {
		return "", "", errors.New(file + " holds no key")
	}
	return id, secret, nil
}

// quoteShell quotes a value for a shell, if it needs it.
func quoteShell(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/:.,@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/policy"
)

func fmtCommand() *cobra.Command {
	var write, check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Print policies in canonical form",
		Long: `Fmt prints policy documents in canonical form: two blanks of indentation, elements in the order of the user guide, a list of one value as
the value. What a policy means does not change. A directory stands for its .json files. Without files it reads standard input.

The exit status is 0 if all went well, 1 if --check finds a file in another form, 2 if something could not be read.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if write && (len(args) == 0 || check) {
				return errors.New("fmt: --write needs files, and not --check")
			}
			names, err := files(args, ".json")
			if err != nil {
				return err
			}
			var result error
			for _, name := range names {
				text, err := readFile(name, cmd.InOrStdin())
				if err != nil {
					return err
				}
				d, err := policy.Parse(text)
				if err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "writ: %s:%v\n", display(name), err)
					result = errReported
					continue
				}
				formatted := d.Format()
				switch {
				case check:
					if string(formatted) != text {
						fmt.Fprintln(cmd.OutOrStdout(), display(name))
						if result == nil {
							result = errFound
						}
					}
				case write && name != "-":
					if string(formatted) != text {
						if err := replaceFile(name, formatted); err != nil {
							return err
						}
					}
				default:
					if _, err := cmd.OutOrStdout().Write(formatted); err != nil {
						return err
					}
				}
			}
			return result
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the canonical form back to the files")
	cmd.Flags().BoolVar(&check, "check", false, "only list the files that are not in canonical form")
	return cmd
}

// replaceFile writes a file beside the old one and puts it in its place, so that there is a whole file at every moment. Of a symbolic
// link it replaces what the link points to.
func replaceFile(name string, content []byte) (err error) {
	if name, err = filepath.EvalSymlinks(name); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".writ-fmt-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

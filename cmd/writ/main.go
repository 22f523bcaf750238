// Writ is AWS's identity and access management, to run yourself: a server that speaks AWS's protocols and enforces what it is told, and tools that
// answer questions about policies.
//
// Usage:
//
//	writ serve          answer AWS's APIs from a durable store
//	writ dev            the same from memory, for tests
//	writ account        make accounts on a server of this machine
//	writ env            print what points AWS's tools at it
//	writ config         print the server's settings and where each comes from
//	writ trail          print the record of every call
//	writ backup FILE    write a backup of a server's store
//	writ restore FILE   make a store of a backup
//	writ version        print which Writ this is
//	writ decide FILE…   judge cases: a request with its policies
//	writ fmt FILE…      print policies in canonical form
//	writ lint FILE…     say what is wrong with policies
//	writ diff A B       say whether two policies allow the same
//	writ check RULE     prove what policies must not grant
//	writ who-can A R    say who in an exported account can do what
//	writ can WHO        say what a user or role of one can do
//
// "writ help COMMAND" tells more about each.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit statuses of all commands.
const (
	exitOK     = 0
	exitFound  = 1 // an expectation does not hold, a policy has findings
	exitFailed = 2 // the command could not do what it was asked: input that cannot be read, wrong usage
)

// errFound ends a command whose answer is no; what it found is already printed.
var errFound = errors.New("found")

// errReported ends a command that failed; why is already printed.
var errReported = errors.New("reported")

// run is the whole program, for main and for tests.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "writ",
		Short:         "AWS's identity and access management, to run yourself",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		serveCommand(), devCommand(), accountCommand(), envCommand(), configCommand(), trailCommand(), backupCommand(), restoreCommand(), versionCommand(),
		decideCommand(), fmtCommand(), lintCommand(), diffCommand(), checkCommand(), whoCanCommand(), canCommand(),
	)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errors.New(parsing.ReplaceAllString(err.Error(), "")) })
	began := false
	each(root, func(cmd *cobra.Command) {
		if do := cmd.RunE; do != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				began = true
				return do(cmd, args)
			}
		}
	})
	cmd, err := root.ExecuteC()
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFound
	case errors.Is(err, errReported):
		return exitFailed
	case !began:
		// It was called in a way that it cannot be.
		fmt.Fprintf(stderr, "writ: %v\n\tusage: %s\n\t%s --help says more\n", err, cmd.UseLine(), cmd.CommandPath())
		return exitFailed
	default:
		fmt.Fprintf(stderr, "writ: %v\n", err)
		return exitFailed
	}
}

// parsing is what the package strconv says of the value of a flag, which is nothing to a user.
var parsing = regexp.MustCompile(`: strconv\.\w+: parsing ".*"`)

// each calls f with a command and all below it.
func each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		each(c, f)
	}
}

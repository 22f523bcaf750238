package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/trail"
)

func trailCommand() *cobra.Command {
	var follow, asJSON bool
	c := &cobra.Command{
		Use:   "trail",
		Short: "print the record of every call",
		Long: `Trail prints what a server on this machine was asked, by whom, and how it answered: a line for each call, refused ones too. With --json each line is the
event in CloudTrail's form. Of callers that could not be authenticated one line may stand for many requests, and says for how many.

It reads the sealed files in the data folder and checks their seals on the way: a line that was changed, taken out or moved is an error, with exit status 2.`,
		Args: cobra.NoArgs,
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with every new call")
	c.Flags().BoolVar(&asJSON, "json", false, "print events in CloudTrail's form, one a line")
	data := c.Flags().String("data", defaultData(), "data folder of the server")
	key := c.Flags().String("key", "", "file with the master key; by default master.key in the data folder")
	c.RunE = func(c *cobra.Command, _ []string) error {
		files := dataFiles{*data}
		_, trailKey, err := readKeyring(files.masterKey(config.Config{Key: *key}), false)
		if err != nil {
			return err
		}
		print := func(event []byte) error { return printEvent(c.OutOrStdout(), event, asJSON) }
		if !follow {
			return trail.Read(files.trail(), trailKey, print)
		}
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return trail.Tail(ctx, files.trail(), trailKey, print)
	}
	return c
}

// printEvent prints an event for a person, or as it is.
func printEvent(w io.Writer, event []byte, asJSON bool) error {
	if asJSON {
		_, err := fmt.Fprintf(w, "%s\n", event)
		return err
	}
	r, err := trail.ParseRecord(event)
	if err != nil {
		return err
	}
	who := r.Identity.ARN
	if who == "" {
		who = r.Identity.Type
	}
	outcome := "ok"
	if r.ErrorCode != "" {
		outcome = r.ErrorCode + ": " + r.ErrorMessage
	}
	if r.Additional.Count > 0 {
		outcome += fmt.Sprintf(" (%d requests)", r.Additional.Count)
	}
	_, err = fmt.Fprintf(w, "%s  %-15s  %-28s  %s  %q\n", r.EventTime.UTC().Format(time.DateTime), printable(r.SourceIP), printable(r.EventName), printable(who), outcome)
	return err
}

// printable leaves out what a terminal would obey.
func printable(s string) string {
	clean := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			r = '?'
		}
		clean = append(clean, r)
	}
	return string(clean)
}

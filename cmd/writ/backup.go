package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/store/embedded"
)

func backupCommand() *cobra.Command {
	data := defaultData()
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "write a backup of a server's store",
		Long: `Backup writes all accounts of a data folder to one file, as they are when it begins. It works while the server runs and holds nobody up, and it works when
none runs. FILE must not be there yet; "-" is standard output.

A backup has a checksum, and is readable by you alone. The secrets in it are sealed under the master key, which is not in it: keep a copy of master.key elsewhere.
Nor is the trail in it: copy the folder "trail", whose files say themselves whether they are whole.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if args[0] == "-" {
				return embedded.Backup(ctx, data, c.OutOrStdout())
			}
			size, err := backup(ctx, data, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s has the accounts of %s, %d bytes. To restore them takes the master key too, which is not in it.\n", args[0], data, size)
			return nil
		},
	}
	c.Flags().StringVar(&data, "data", data, "data folder of the server")
	return c
}

// backup writes a backup to a file that is not there yet: whole, or not at all.
func backup(ctx context.Context, data, file string) (size int64, err error) {
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("%s is there already: a backup takes no other's place", file)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-") // its mode is 0600
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	if err = embedded.Backup(ctx, data, f); err == nil {
		err = f.Sync()
	}
	if err == nil {
		size, err = f.Seek(0, io.SeekEnd)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return size, os.Rename(f.Name(), file)
}

func restoreCommand() *cobra.Command {
	data := defaultData()
	key := ""
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "make a store of a backup",
		Long: `Restore makes the store of a data folder of a backup that "writ backup" wrote; "-" is standard input. A backup that is not whole is refused. No server may run on the
folder, and a store that is in it already is left alone: move it away first.

The server then wants the master key that was there when the backup was made, in the folder or where --key says. What was changed after the backup is gone: keys and
users that were deleted since are there again. A trail that is in the folder goes on; where there is none a new one begins.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			from := c.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				from = f
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := embedded.Restore(ctx, data, from); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s has the accounts of the backup.\n", data)
			if master := (dataFiles{data}).masterKey(config.Config{Key: key}); !exists(master) {
				fmt.Fprintf(c.OutOrStdout(), "Put the master key in its place before the server starts: %s is not there.\n", master)
			}
			return nil
		},
	}
	c.Flags().StringVar(&data, "data", data, "data folder to restore into")
	c.Flags().StringVar(&key, "key", key, "file with the master key; by default master.key in the data folder")
	return c
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

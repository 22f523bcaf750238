// Command apigen writes the Go types of every service's operations, package by package, from package model: internal/api/iamapi and its like.
//
//	go run ./internal/apigen -o internal/api
//
// The types are plain structs that know nothing of the wire; package wire fills and reads them by the models. A test generates anew and
// compares, so that what is committed is what the models say.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/writ-iam/writ/internal/model"
)

func main() {
	dir := flag.String("o", "internal/api", "the folder that the packages are written to")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := generateAll()
	if err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generateAll returns every generated file by its path under the folder.
func generateAll() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, name := range model.Names() {
		s, err := model.Load(name)
		if err != nil {
			return nil, err
		}
		if err := generate(s, files); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

package trail

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// disk is the folder of a trail, as far as it is written to. Tests make one that fails.
type disk interface {
	// create makes a file, which must not be there; open opens one to write to.
	create(name string) (file, error)
	open(name string) (file, error)
	remove(name string) error
	// replace puts a text in place of a file's, durably, at once or not at all.
	replace(name string, text []byte) error
	// sync makes the names of files durable.
	sync() error
}

// file is an open file that is written to.
type file interface {
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// folder is a disk in a folder of this machine.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

func (d folder) create(name string) (file, error) {
	return os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d folder) open(name string) (file, error) { return os.OpenFile(d.path(name), os.O_RDWR, 0) }

func (d folder) remove(name string) error { return os.Remove(d.path(name)) }

func (d folder) replace(name string, text []byte) error {
	temporary := d.path(name + ".new")
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, d.path(name))
}

func (d folder) sync() error {
	if runtime.GOOS == "windows" {
		return nil // it has no such thing
	}
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

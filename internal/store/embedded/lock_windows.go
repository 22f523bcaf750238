package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes sure that no other process has the store of a folder open, until what it returns is closed or the process ends.
func lockDir(dir string) (io.Closer, error) {
	name := filepath.Join(dir, lockName)
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	// The file is shared with nobody.
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	const sharingViolation = syscall.Errno(32)
	switch {
	case errors.Is(err, sharingViolation):
		return nil, inUse(dir)
	case err != nil:
		return nil, fmt.Errorf("store: %s: %w", name, err)
	}
	return os.NewFile(uintptr(handle), name), nil
}

//go:build unix

package embedded

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes sure that no other process has the store of a folder open, until what it returns is closed or the process ends.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %s is in use by another process: stop it, or choose another folder with --data", dir)
	}
	return f, nil
}

//go:build !unix

package embedded

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// lockDir opens the lock file; systems that share files refuse a second process by themselves or not at all.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return f, nil
}

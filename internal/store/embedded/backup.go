package embedded

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/writ-iam/writ/internal/store"
)

// A backup is backupMagic, a database, and the SHA-256 of both.
const backupMagic = "writ backup 1\n"

// scratchPrefix is how the names of folders begin that Open may clear away.
const scratchPrefix = "scratch-"

// Backup implements store.Store. It needs as much room in the store's folder as the store itself.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	return backup(ctx, s.db, filepath.Dir(s.file), w, s.readError)
}

// Backup writes a backup of the store in a folder, which may be open, in this process or another, and in use: the backup has what was committed when it began. An
// error after something was written leaves what is no backup, as Restore sees.
func Backup(ctx context.Context, dir string, w io.Writer) error {
	file := filepath.Join(dir, fileName)
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("store: there is no store in %s: %w", dir, err)
	}
	db, err := sql.Open("sqlite", dataSource(file))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer db.Close()
	var found string
	if err := db.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'format'").Scan(&found); err != nil {
		return fmt.Errorf("store: %s: %w", file, err)
	}
	if found != format {
		return fmt.Errorf("store: %s: %w", file, otherFormat(found))
	}
	return backup(ctx, db, dir, w, func(err error) error { return fmt.Errorf("store: %s: %w", file, err) })
}

// backup writes a backup of a database; wrap says what an error of the database means.
func backup(ctx context.Context, db *sql.DB, scratch string, w io.Writer, wrap func(error) error) error {
	dir, err := os.MkdirTemp(scratch, scratchPrefix)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, fileName)
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return wrap(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	if _, err := io.WriteString(both, backupMagic); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := io.Copy(both, f); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Restore makes a store in a folder of a backup; Open then opens it. It is there whole or not at all: the error is store.ErrDamaged if the backup is not
// all there, as it was written. A store that is in the folder already is left alone, and that is an error.
func Restore(ctx context.Context, dir string, r io.Reader) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	file := filepath.Join(dir, fileName)
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("store: there is a store in %s already: restore into another folder, or move %s* away first", dir, fileName)
	}
	scratch, err := os.MkdirTemp(dir, scratchPrefix)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer os.RemoveAll(scratch)
	restored := filepath.Join(scratch, fileName)
	if err := unpack(restored, r); err != nil {
		return err
	}
	if err := renew(ctx, restored); err != nil {
		return err
	}
	// What a lost store left behind says nothing of this one.
	if err := os.Remove(filepath.Join(dir, markName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Rename(restored, file); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncDir(dir)
}

// unpack writes the database in a backup to a file, and checks that it is whole.
func unpack(file string, r io.Reader) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer func() {
		if closed := f.Close(); err == nil && closed != nil {
			err = fmt.Errorf("store: %w", closed)
		}
	}()
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != backupMagic {
		return fmt.Errorf("%w: this is not a backup", store.ErrDamaged)
	}
	sum := sha256.New()
	sum.Write(magic)
	// The checksum is the end, which shows only when it is reached: held has what may be it.
	var held []byte
	buffer := make([]byte, 64<<10)
	for {
		n, readErr := r.Read(buffer)
		held = append(held, buffer[:n]...)
		if body := len(held) - sha256.Size; body > 0 {
			sum.Write(held[:body])
			if _, err := f.Write(held[:body]); err != nil {
				return fmt.Errorf("store: %w", err)
			}
			held = append(held[:0], held[body:]...)
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return fmt.Errorf("store: %w", readErr)
		}
	}
	if !bytes.Equal(held, sum.Sum(nil)) {
		return fmt.Errorf("%w: the backup is not all there, as it was written", store.ErrDamaged)
	}
	return nil
}

// renew checks a database that was restored, and lets its sequences go on behind those that may have been used since the backup.
func renew(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", dataSource(file))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil || verdict != "ok" {
		return fmt.Errorf("%w: %s %v", store.ErrDamaged, verdict, err)
	}
	var seq store.Seq
	if err := db.QueryRowContext(ctx, "SELECT v FROM meta WHERE k = 'seq'").Scan(&seq); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := db.ExecContext(ctx, "UPDATE meta SET v = ? WHERE k = 'seq'", int64(store.Restored(seq))); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := db.Close(); err != nil { // which writes everything into the one file
		return fmt.Errorf("store: %w", err)
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

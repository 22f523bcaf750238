package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// Purpose is what an envelope is for. Envelopes of one purpose cannot be opened for another.
type Purpose string

// The purposes.
const (
	// SecretKey is a secret access key.
	SecretKey Purpose = "secret access key"
	// dataKey is an account's data key, sealed under the master key.
	dataKey Purpose = "data key"
	// session is a session token.
	session Purpose = "session token"
	// authorization is an encoded authorization message.
	authorization Purpose = "authorization message"
)

// masterLen is the length of a master key in bytes.
const masterLen = 32

// ErrSealed says that an envelope or token was not sealed here for this purpose and place, or is damaged. It does not say which.
var ErrSealed = errors.New("credential: not sealed by this server, for this purpose and in this place")

// Keyring has the master keys. The first seals, all open: so keys are replaced without a moment at which what is in use cannot be opened.
type Keyring struct {
	masters atomic.Pointer[[]*master]
	random  io.Reader
}

// master is a master key as the keys derived from it.
type master struct {
	id     byte
	sealed map[Purpose]cipher.AEAD
}

// NewKeyring makes a Keyring of master keys of 32 bytes, the one that seals first. Random bits come from crypto/rand if random is nil.
func NewKeyring(random io.Reader, keys ...[]byte) (*Keyring, error) {
	if random == nil {
		random = rand.Reader
	}
	k := &Keyring{random: random}
	return k, k.Replace(keys...)
}

// Replace puts other master keys in place of those that k has.
func (k *Keyring) Replace(keys ...[]byte) error {
	if len(keys) == 0 {
		return errors.New("credential: no master key")
	}
	masters := make([]*master, 0, len(keys))
	for _, key := range keys {
		if len(key) != masterLen {
			return fmt.Errorf("credential: a master key has %d bytes, not %d", len(key), masterLen)
		}
		// The id only says which key to try: it is one byte of a digest.
		m := &master{id: sha256.Sum256(append([]byte("writ master key id"), key...))[0], sealed: make(map[Purpose]cipher.AEAD)}
		for _, p := range []Purpose{dataKey, session, authorization} {
			aead, err := derive(key, p)
			if err != nil {
				return err
			}
			m.sealed[p] = aead
		}
		masters = append(masters, m)
	}
	k.masters.Store(&masters)
	return nil
}

// derive makes the AEAD of a purpose.
func derive(key []byte, p Purpose) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "writ "+string(p), 32)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	// The nonce is random and stands before the text: fresh for each envelope. What is sealed at the rate of requests needs a longer one.
	if p == session || p == authorization {
		return newXAES(derived)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return cipher.NewGCM(block)
}

// seal appends key id, nonce and sealed text to b.
func (k *Keyring) seal(b []byte, p Purpose, place string, text []byte) ([]byte, error) {
	m := (*k.masters.Load())[0]
	return seal(append(b, m.id), m.sealed[p], k.random, place, text)
}

func (k *Keyring) open(p Purpose, place string, envelope []byte) ([]byte, error) {
	if len(envelope) == 0 {
		return nil, ErrSealed
	}
	for _, m := range *k.masters.Load() {
		if m.id != envelope[0] {
			continue
		}
		if text, err := open(m.sealed[p], place, envelope[1:]); err == nil {
			return text, nil
		}
	}
	return nil, ErrSealed
}

func seal(b []byte, aead cipher.AEAD, random io.Reader, place string, text []byte) ([]byte, error) {
	from := len(b)
	b = append(b, make([]byte, aead.NonceSize())...)
	nonce := b[from:]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return aead.Seal(b, nonce, text, []byte(place)), nil
}

func open(aead cipher.AEAD, place string, envelope []byte) ([]byte, error) {
	n := aead.NonceSize()
	if len(envelope) < n+aead.Overhead() {
		return nil, ErrSealed
	}
	text, err := aead.Open(nil, envelope[:n], envelope[n:], []byte(place))
	if err != nil {
		return nil, ErrSealed
	}
	return text, nil
}

// NewDataKey makes a data key for an account and returns it sealed.
func (k *Keyring) NewDataKey(account string) ([]byte, error) {
	key := make([]byte, masterLen)
	if _, err := io.ReadFull(k.random, key); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return k.seal(nil, dataKey, account, key)
}

// Sealer returns what seals an account's secrets, given its sealed data key. The error is ErrSealed.
func (k *Keyring) Sealer(account string, sealed []byte) (*Sealer, error) {
	key, err := k.open(dataKey, account, sealed)
	if err != nil {
		return nil, err
	}
	s := &Sealer{account: account, random: k.random, aeads: make(map[Purpose]cipher.AEAD)}
	for _, p := range []Purpose{SecretKey} {
		if s.aeads[p], err = derive(key, p); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Sealer seals the secrets of one account.
type Sealer struct {
	account string
	random  io.Reader
	aeads   map[Purpose]cipher.AEAD
}

// Seal returns an envelope that holds the secret of a record, which Open opens for the same purpose and record only.
func (s *Sealer) Seal(p Purpose, record string, secret []byte) ([]byte, error) {
	aead, ok := s.aeads[p]
	if !ok {
		return nil, fmt.Errorf("credential: accounts do not seal a %s", p)
	}
	return seal(nil, aead, s.random, s.account+"/"+record, secret)
}

// Open returns the secret in an envelope. The error is ErrSealed.
func (s *Sealer) Open(p Purpose, record string, envelope []byte) ([]byte, error) {
	aead, ok := s.aeads[p]
	if !ok {
		return nil, ErrSealed
	}
	return open(aead, s.account+"/"+record, envelope)
}

// ReadMasterKeys reads a file of master keys, one a line in base64, the one that seals first. The file must be readable by its owner only.
func ReadMasterKeys(file string) ([][]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("credential: the master key: %w", err)
	}
	defer f.Close()
	// Of the file that is open: its name may be another file's by now.
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("credential: the master key: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() {
		return nil, fmt.Errorf("credential: the master key %s is no regular file", file)
	} else if mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("credential: the master key %s may be read by others (mode %04o): chmod 600 it", file, mode.Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("credential: the master key: %w", err)
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("credential: %s is longer than any file of master keys", file)
	}
	var keys [][]byte
	for i, line := range strings.Fields(string(text)) {
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != masterLen {
			return nil, fmt.Errorf("credential: %s: key %d is not %d bytes in base64", file, i+1, masterLen)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("credential: %s holds no key", file)
	}
	return keys, nil
}

// maxKeyFile is the longest that a file of master keys may be.
const maxKeyFile = 1 << 16

// WriteMasterKey makes a master key and writes it to a new file. Once it returns, the key survives a loss of power: whatever is sealed under it would
// be lost with it.
func WriteMasterKey(file string, random io.Reader) error {
	key := make([]byte, masterLen)
	if _, err := io.ReadFull(random, key); err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("credential: the master key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = syncDir(filepath.Dir(file))
	}
	if err != nil {
		// Half a key would be in the way of a whole one.
		return fmt.Errorf("credential: the master key: %w", errors.Join(err, os.Remove(file)))
	}
	return nil
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// TrailKey derives the key of the trail's codes from a master key.
func TrailKey(master []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, master, nil, "writ trail", 32)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return key, nil
}

package credential

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password: 19 MiB and two passes, OWASP's recommendation for argon2id.
const (
	passwordMemory = 19 << 10
	passwordPasses = 2
	passwordLen    = 32
)

// HashPassword returns what is kept of a password: argon2id in the form of PHC strings, with a salt of its own.
func HashPassword(password string, random io.Reader) (string, error) {
	var salt [16]byte
	if _, err := io.ReadFull(random, salt[:]); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt[:], passwordPasses, passwordMemory, 1, passwordLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, passwordMemory, passwordPasses,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// CheckPassword reports whether a password is the one that was hashed. What is not in HashPassword's form is nobody's password.
func CheckPassword(hashed, password string) bool {
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var memory, passes uint32
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &memory, &passes); n != 2 || err != nil || memory > 1<<20 || passes == 0 || passes > 64 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || err2 != nil || len(want) != passwordLen {
		return false
	}
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, passes, memory, 1, passwordLen), want) == 1
}

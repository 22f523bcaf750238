// Package credential mints, seals and checks credentials: access keys, session tokens, and the envelopes that secrets are kept in.
//
//	id, err := credential.AccessKeyID("AKIA", "111122223333", rand.Reader) // AKIARTYX2HYK…, which says whose it is
//	account, ok := credential.AccountOf(id)                                 // 111122223333
//	secret, err := credential.SecretAccessKey(rand.Reader)
//
//	key, err := keyring.NewDataKey(account)               // once for each account, kept sealed
//	sealer, err := keyring.Sealer(account, key)
//	envelope, err := sealer.Seal(credential.SecretKey, id, []byte(secret))
//	opened, err := sealer.Open(credential.SecretKey, id, envelope)
//
//	token, err := keyring.MintSession(&session)          // what STS gives away
//	session, err := keyring.OpenSession(token)
//
// Each purpose has a key of its own, derived from the master key, so that nothing that was sealed for one is opened for another; and each
// envelope is bound to its account and to the name of its record, so that it is worthless in another's place.
package credential

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"strconv"
)

// Prefixes of ids (limits.md §4).
const (
	LongTerm  = "AKIA"
	Temporary = "ASIA"
)

// accessKeyLen is the length of an access key id: a prefix of four letters and 80 bits in base32.
const accessKeyLen = 20

// AccessKeyID makes the id of an access key: LongTerm or Temporary, then a bit that is 1, the 40 bits of the account's id and 39 random ones
// in base32 (limits.md §4). The error says that the account is no account id, or is the random source's.
func AccessKeyID(prefix, account string, random io.Reader) (string, error) {
	n, err := strconv.ParseUint(account, 10, 64)
	if err != nil || len(account) != 12 {
		return "", fmt.Errorf("credential: %q is no account id", account)
	}
	var b [10]byte
	if _, err := io.ReadFull(random, b[5:]); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	// The account's lowest bit is the highest of the random bytes.
	n |= 1 << 40
	for i := range 5 {
		b[i] = byte(n >> (33 - 8*i))
	}
	b[5] = b[5]&0x7f | byte(n&1)<<7
	return prefix + base32.StdEncoding.EncodeToString(b[:]), nil
}

// AccountOf returns the account that an access key id says it belongs to; ok is false if it is not in the form of an id that says so.
func AccountOf(id string) (account string, ok bool) {
	if len(id) != accessKeyLen || id[:4] != LongTerm && id[:4] != Temporary {
		return "", false
	}
	var b [10]byte
	if n, err := base32.StdEncoding.Decode(b[:], []byte(id[4:])); err != nil || n != len(b) || b[0]&0x80 == 0 {
		return "", false
	}
	n := uint64(b[0]&0x7f)<<33 | uint64(b[1])<<25 | uint64(b[2])<<17 | uint64(b[3])<<9 | uint64(b[4])<<1 | uint64(b[5]>>7)
	if n > 999_999_999_999 {
		return "", false
	}
	var text [12]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = byte('0' + n%10)
		n /= 10
	}
	return string(text[:]), true
}

// SecretAccessKey makes a secret access key: 240 random bits as 40 letters of base64.
func SecretAccessKey(random io.Reader) (string, error) {
	var b [30]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b[:]), nil
}

// UniqueID makes the unique id of an entity, such as AIDA… for a user: the prefix and 85 random bits as 17 letters of base32.
func UniqueID(prefix string, random io.Reader) (string, error) {
	var b [15]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	return prefix + base32.StdEncoding.EncodeToString(b[:])[:17], nil
}

// AccountID makes a random account id of 12 digits.
func AccountID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	n := new(big.Int).SetBytes(b[:])
	n.Mod(n, big.NewInt(900_000_000_000))
	return strconv.FormatInt(n.Int64()+100_000_000_000, 10), nil
}

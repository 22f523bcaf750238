package credential_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/credential"
)

// TestKeyIDsSayWhoseTheyAre has the vector of limits.md §4, verified on a recorded key.
func TestKeyIDsSayWhoseTheyAre(t *testing.T) {
	if account, ok := credential.AccountOf("AKIARZPUZDIKGB2VALC4"); !ok || account != "123456789012" {
		t.Errorf("AKIARZPUZDIKGB2VALC4 is of %q", account)
	}
	for _, account := range []string{"000000000000", "000000000001", "111122223333", "123456789012", "999999999999", "100000000000"} {
		for _, prefix := range []string{credential.LongTerm, credential.Temporary} {
			id, err := credential.AccessKeyID(prefix, account, rand.Reader)
			if err != nil || len(id) != 20 || !strings.HasPrefix(id, prefix) {
				t.Fatalf("%s: %q, %v", account, id, err)
			}
			if got, ok := credential.AccountOf(id); !ok || got != account {
				t.Errorf("%s is of %q, want %s", id, got, account)
			}
		}
	}
	for _, id := range []string{"", "AKIA", "AKIAIOSFODNN7EXAMPL", "AKIARZPUZDIKGB2VALC4X", "ABIARZPUZDIKGB2VALC4", "AKIAaZPUZDIKGB2VALC4", "AKIA1ZPUZDIKGB2VALC4", "AKIA\x00ZPUZDIKGB2VALC4", "AKIA7777777777777777"} {
		if account, ok := credential.AccountOf(id); ok {
			t.Errorf("%q is of %q, and says nothing of the kind", id, account)
		}
	}
	for _, account := range []string{"", "1", "1234567890123", "12345678901x", "-12345678901"} {
		if id, err := credential.AccessKeyID(credential.LongTerm, account, rand.Reader); err == nil {
			t.Errorf("account %q has key %q", account, id)
		}
	}
}

// random is random, and the same in each run: with other numbers, what happens once in a million runs would happen in somebody's.
func random() *mathrand.ChaCha8 { return mathrand.NewChaCha8([32]byte{106}) }

// TestS019_NoIDIsMadeTwice makes a million unique ids, and as many secrets.
func TestS019_NoIDIsMadeTwice(t *testing.T) {
	r := random()
	seen := make(map[string]bool, 2_000_000)
	for range 1_000_000 {
		id, err := credential.UniqueID("AIDA", r)
		if err != nil || len(id) != 21 || seen[id] {
			t.Fatalf("the id %s, made before: %v, %v", id, seen[id], err)
		}
		secret, err := credential.SecretAccessKey(r)
		if err != nil || len(secret) != 40 || seen[secret] {
			t.Fatalf("the secret %s, made before: %v, %v", secret, seen[secret], err)
		}
		seen[id], seen[secret] = true, true
	}
}

// TestEveryBitIsRandom counts the bits of secrets and ids (security.md S106): each is set in about half of them. Of one account, ids of keys have 39.
func TestEveryBitIsRandom(t *testing.T) {
	const n = 100_000
	r := random()
	for _, test := range []struct {
		name  string
		from  int // the first bit that is random
		count int
		make  func() (string, error)
	}{
		{"secrets", 0, 240, func() (string, error) {
			secret, err := credential.SecretAccessKey(r)
			bits, err2 := base64.StdEncoding.DecodeString(secret)
			return string(bits), errors.Join(err, err2)
		}},
		{"ids of keys", 41, 39, func() (string, error) {
			id, err := credential.AccessKeyID(credential.LongTerm, "111122223333", r)
			bits, err2 := base32.StdEncoding.DecodeString(id[4:])
			return string(bits), errors.Join(err, err2)
		}},
		{"unique ids", 0, 85, func() (string, error) {
			id, err := credential.UniqueID("AIDA", r)
			// 17 letters are 85 bits; base32 is of 8 letters each.
			bits, err2 := base32.StdEncoding.DecodeString(id[4:] + "AAAAAAA")
			return string(bits), errors.Join(err, err2)
		}},
	} {
		ones := make([]int, test.count)
		for range n {
			bits, err := test.make()
			if err != nil || len(bits)*8 < test.from+test.count {
				t.Fatalf("%s: %d bytes, %v", test.name, len(bits), err)
			}
			for i := range ones {
				at := test.from + i
				ones[i] += int(bits[at/8]>>(7-at%8)) & 1
			}
		}
		// Six standard deviations of a fair coin: 6·√n/2.
		for i, count := range ones {
			if count < n/2-949 || count > n/2+949 {
				t.Errorf("bit %d is set in %d of %d %s", i, count, n, test.name)
			}
		}
	}
	if _, err := credential.SecretAccessKey(bytes.NewReader(nil)); err == nil {
		t.Error("a secret was made without randomness")
	}
}

func keyring(t testing.TB, keys ...byte) *credential.Keyring {
	t.Helper()
	var masters [][]byte
	for _, k := range keys {
		masters = append(masters, bytes.Repeat([]byte{k}, 32))
	}
	k, err := credential.NewKeyring(nil, masters...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var session = credential.Session{
	AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Account: "111122223333", Principal: "AROAEXAMPLE",
	Facts: json.RawMessage(`{"Name":"a-recognizable-name"}`), Issued: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Expires: time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC),
}

// TestATokenIsAllOrNothing truncates a token at each letter, lengthens it, and flips every bit of it (security.md S011).
func TestATokenIsAllOrNothing(t *testing.T) {
	k := keyring(t, 1)
	token, err := k.MintSession(&session)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := k.OpenSession(token)
	if err != nil || opened.SecretAccessKey != session.SecretAccessKey || string(opened.Facts) != string(session.Facts) || !opened.Expires.Equal(session.Expires) {
		t.Fatalf("opened %+v, %v", opened, err)
	}
	bad := func(what, text string) {
		t.Helper()
		if _, err := k.OpenSession(text); !errors.Is(err, credential.ErrSealed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for n := range len(token) {
		bad("truncated", token[:n])
		bad("with a line's end", token[:n]+"\n"+token[n:])
	}
	bad("longer", token+"A")
	bad("twice", token+token)
	bad("very long", strings.Repeat("A", 1<<20))
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(raw) {
		flipped := slices.Clone(raw)
		flipped[i/8] ^= 1 << (i % 8)
		bad("with a bit flipped", base64.StdEncoding.EncodeToString(flipped))
	}
	if _, err := keyring(t, 2).OpenSession(token); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("another server opens it: %v", err)
	}
}

// TestATokenTellsNothing looks for what is inside, and for ways from the token to the secret (security.md S014).
func TestATokenTellsNothing(t *testing.T) {
	token, err := keyring(t, 1).MintSession(&session)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for _, inside := range []string{session.AccessKeyID, session.SecretAccessKey, session.Account, session.Principal, "recognizable", "2026"} {
		if bytes.Contains(raw, []byte(inside)) || strings.Contains(token, inside) {
			t.Errorf("the token shows %s", inside)
		}
	}
	for from := 0; from < len(raw); from += 4 {
		for _, part := range [][]byte{raw[from:], raw[:from], []byte(token[from:])} {
			sum := sha256.Sum256(part)
			mac := hmac.New(sha256.New, []byte(session.AccessKeyID))
			mac.Write(part)
			for _, derived := range [][]byte{sum[:], mac.Sum(nil)} {
				for _, text := range []string{hex.EncodeToString(derived), base64.StdEncoding.EncodeToString(derived)} {
					if strings.HasPrefix(text, session.SecretAccessKey[:8]) {
						t.Errorf("the secret follows from the token at %d", from)
					}
				}
			}
		}
	}
	again, err := keyring(t, 1).MintSession(&session)
	if err != nil || again == token {
		t.Error("the same session has the same token twice")
	}
}

func TestASessionCanSayTooMuch(t *testing.T) {
	s := session
	s.Facts, _ = json.Marshal(strings.Repeat("x", 4000))
	token, err := keyring(t, 1).MintSession(&s)
	if !errors.Is(err, credential.ErrTooLong) || len(token) <= credential.MaxToken {
		t.Errorf("a token of %d letters, %v", len(token), err)
	}
}

// TestTokensAndMessagesHaveALongestLength, which they may have, and are whole at.
func TestTokensAndMessagesHaveALongestLength(t *testing.T) {
	k := keyring(t, 1)
	for n, longest := 2700, false; !longest; n++ {
		s := session
		s.Facts, _ = json.Marshal(strings.Repeat("x", n))
		token, err := k.MintSession(&s)
		if longest = len(token) > credential.MaxToken; longest != errors.Is(err, credential.ErrTooLong) {
			t.Fatalf("a token of %d letters: %v", len(token), err)
		}
		_, err = k.OpenSession(token)
		if longest != (err != nil) {
			t.Fatalf("a token of %d letters opens: %v", len(token), err)
		}
		if n > 4096 {
			t.Fatal("tokens have no longest length")
		}
	}
	for n, longest := 7500, false; !longest; n++ {
		text := strings.Repeat("x", n)
		message, err := k.SealMessage("111122223333", text)
		if longest = err != nil; longest {
			if n < 7600 {
				t.Errorf("a text of %d letters: %v", n, err)
			}
			break
		}
		if got, err := k.OpenMessage("111122223333", message); err != nil || got != text || len(message) > 10240 {
			t.Fatalf("a message of %d letters: %v", len(message), err)
		}
		if n > 10240 {
			t.Fatal("messages have no longest length")
		}
	}
}

// TestNoncesAreLongWhereManyAreNeeded: what is sealed for each request has 24 bytes of nonce, what is kept 12 (see xaes).
func TestNoncesAreLongWhereManyAreNeeded(t *testing.T) {
	k := keyring(t, 1)
	message, err := k.SealMessage("111122223333", "")
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := base64.RawURLEncoding.DecodeString(message); len(raw) != 1+24+16 {
		t.Errorf("an empty message has %d bytes", len(raw))
	}
	if text, err := k.OpenMessage("111122223333", message); err != nil || text != "" {
		t.Errorf("opened %q, %v", text, err)
	}
	token, err := k.MintSession(&credential.Session{Issued: session.Issued, Expires: session.Expires})
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := base64.StdEncoding.DecodeString(token); len(raw) != 1+24+5+2*12+16 {
		t.Errorf("an empty token has %d bytes", len(raw))
	}
	key, err := k.NewDataKey("111122223333")
	if err != nil || len(key) != 1+12+32+16 {
		t.Fatalf("a data key of %d bytes, %v", len(key), err)
	}
	s, err := k.Sealer("111122223333", key)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := s.Seal(credential.SecretKey, "AKIA1", nil)
	if err != nil || len(envelope) != 12+16 {
		t.Fatalf("an empty envelope of %d bytes, %v", len(envelope), err)
	}
	if secret, err := s.Open(credential.SecretKey, "AKIA1", envelope); err != nil || len(secret) != 0 {
		t.Errorf("opened %q, %v", secret, err)
	}
}

// TestEnvelopesAreBoundToTheirPlace opens envelopes elsewhere, and with each bit flipped (security.md S104).
func TestEnvelopesAreBoundToTheirPlace(t *testing.T) {
	k := keyring(t, 1)
	seal := func(account string) (*credential.Sealer, []byte) {
		key, err := k.NewDataKey(account)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Sealer(account, key)
		if err != nil {
			t.Fatal(err)
		}
		return s, key
	}
	one, oneKey := seal("111122223333")
	two, _ := seal("444455556666")
	envelope, err := one.Seal(credential.SecretKey, "AKIA1", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := one.Open(credential.SecretKey, "AKIA1", envelope); err != nil || string(got) != "secret" {
		t.Fatalf("opened %q, %v", got, err)
	}
	if bytes.Contains(envelope, []byte("secret")) {
		t.Error("the envelope shows the secret")
	}
	for what, open := range map[string]func() ([]byte, error){
		"another record":  func() ([]byte, error) { return one.Open(credential.SecretKey, "AKIA2", envelope) },
		"another account": func() ([]byte, error) { return two.Open(credential.SecretKey, "AKIA1", envelope) },
		"another purpose": func() ([]byte, error) { return one.Open("password", "AKIA1", envelope) },
		"nothing":         func() ([]byte, error) { return one.Open(credential.SecretKey, "AKIA1", nil) },
	} {
		if got, err := open(); !errors.Is(err, credential.ErrSealed) {
			t.Errorf("%s: opened %q, %v", what, got, err)
		}
	}
	for i := range 8 * len(envelope) {
		flipped := slices.Clone(envelope)
		flipped[i/8] ^= 1 << (i % 8)
		if _, err := one.Open(credential.SecretKey, "AKIA1", flipped); !errors.Is(err, credential.ErrSealed) {
			t.Fatalf("bit %d flipped: %v", i, err)
		}
	}
	if _, err := k.Sealer("444455556666", oneKey); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("another account's data key: %v", err)
	}
	if _, err := one.Seal("password", "AKIA1", nil); err == nil {
		t.Error("sealed for a purpose that accounts do not have")
	}
}

func TestPurposesAreApart(t *testing.T) {
	k := keyring(t, 1)
	token, err := k.MintSession(&session)
	if err != nil {
		t.Fatal(err)
	}
	message, err := k.SealMessage("111122223333", "denied")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := k.OpenMessage("111122223333", message); err != nil || text != "denied" {
		t.Errorf("opened %q, %v", text, err)
	}
	if _, err := k.OpenMessage("444455556666", message); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("another account opens it: %v", err)
	}
	for n := range len(message) {
		for what, text := range map[string]string{"truncated": message[:n], "with a line's end": message[:n] + "\n" + message[n:]} {
			if _, err := k.OpenMessage("111122223333", text); !errors.Is(err, credential.ErrSealed) {
				t.Errorf("%s at %d: %v", what, n, err)
			}
		}
	}
	if _, err := k.OpenMessage("111122223333", message+message); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("twice: %v", err)
	}
	if _, err := k.OpenMessage("111122223333", strings.Repeat("A", 1<<20)); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("very long: %v", err)
	}
	if long, err := k.SealMessage("111122223333", strings.Repeat("x", 10240)); err == nil {
		t.Errorf("a message of %d letters", len(long))
	}
	asURL := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(token), "=")
	if _, err := k.OpenMessage("111122223333", asURL); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("a token opens as a message: %v", err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(message)
	if _, err := k.OpenSession(base64.StdEncoding.EncodeToString(raw)); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("a message opens as a token: %v", err)
	}
}

// TestMasterKeysAreReplacedWithoutAGap puts a newer key in front, later takes the older away.
func TestMasterKeysAreReplacedWithoutAGap(t *testing.T) {
	k := keyring(t, 1)
	old, err := k.MintSession(&session)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Replace(bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{1}, 32)); err != nil {
		t.Fatal(err)
	}
	young, err := k.MintSession(&session)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, young} {
		if _, err := k.OpenSession(token); err != nil {
			t.Error(err)
		}
	}
	if err := k.Replace(bytes.Repeat([]byte{2}, 32)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.OpenSession(old); !errors.Is(err, credential.ErrSealed) {
		t.Errorf("the key that is gone opens still: %v", err)
	}
	if _, err := k.OpenSession(young); err != nil {
		t.Error(err)
	}
	if k.Replace() == nil || k.Replace([]byte("short")) == nil {
		t.Error("replaced by nothing, or by a key that is none")
	}
}

func TestMasterKeyFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "master.key")
	if err := credential.WriteMasterKey(file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	if keys, err := credential.ReadMasterKeys(file); err != nil || len(keys) != 1 || len(keys[0]) != 32 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if err := credential.WriteMasterKey(file, rand.Reader); err == nil {
		t.Error("a key was written over another")
	}
	for text, want := range map[string]string{"": "holds no key", "short": "key 1 is not", base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\nx": "key 2 is not"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := credential.ReadMasterKeys(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := credential.ReadMasterKeys(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that the group may read: %v", err)
	}
}

func TestMasterKeysAreInFilesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	if _, err := credential.ReadMasterKeys(dir); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := credential.ReadMasterKeys(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	file := filepath.Join(dir, "master.key")
	if err := credential.WriteMasterKey(file, bytes.NewReader(nil)); err == nil {
		t.Error("a key was made without randomness")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key that was not made left a file: %v", err)
	}
	if err := credential.WriteMasterKey(filepath.Join(dir, "none", "master.key"), rand.Reader); err == nil {
		t.Error("a key was written where no directory is")
	}
	if err := os.WriteFile(file, bytes.Repeat([]byte("A"), 1<<17), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := credential.ReadMasterKeys(file); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a huge file: %v", err)
	}
	// Two keys, the first seals: the order of the file is that of the keyring.
	one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	text := base64.StdEncoding.EncodeToString(two) + "\n" + base64.StdEncoding.EncodeToString(one) + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if keys, err := credential.ReadMasterKeys(file); err != nil || len(keys) != 2 || !bytes.Equal(keys[0], two) || !bytes.Equal(keys[1], one) {
		t.Errorf("read %d keys, %v", len(keys), err)
	}
}

// TestS014_TheSameClaimsUnderTwoMasterKeys and under one with two nonces have nothing in common that repeats.
func TestS014_TheSameClaimsUnderTwoMasterKeys(t *testing.T) {
	open := func(k *credential.Keyring) []byte {
		token, err := k.MintSession(&session)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	one := keyring(t, 1)
	first, second, other := open(one), open(one), open(keyring(t, 2))
	if len(first) != len(second) || len(first) != len(other) {
		t.Fatalf("tokens of %d, %d and %d bytes for one session", len(first), len(second), len(other))
	}
	for _, pair := range [][2][]byte{{first, second}, {first, other}} {
		same := 0
		for i := 1; i < len(first); i++ {
			if pair[0][i] == pair[1][i] {
				same++
			}
		}
		// One in 256 by chance; a quarter is beyond any.
		if same > len(first)/4 {
			t.Errorf("%d of %d bytes are the same", same, len(first))
		}
	}
}

func TestPasswords(t *testing.T) {
	hash, err := credential.HashPassword("correct horse", rand.Reader)
	if err != nil || strings.Contains(hash, "horse") {
		t.Fatal(hash, err)
	}
	again, _ := credential.HashPassword("correct horse", rand.Reader)
	if hash == again {
		t.Error("two hashes of one password are the same")
	}
	if !credential.CheckPassword(hash, "correct horse") || credential.CheckPassword(hash, "correct horse ") || credential.CheckPassword(hash, "") {
		t.Error("the wrong passwords are right")
	}
	for _, bad := range []string{"", "correct horse", strings.Replace(hash, "argon2id", "argon2i", 1), strings.Replace(hash, "m=19456", "m=99999999", 1), strings.Replace(hash, "t=2", "t=0", 1), hash[:len(hash)-1]} {
		if credential.CheckPassword(bad, "correct horse") {
			t.Errorf("%q is a hash", bad)
		}
	}
}

func FuzzOpenSession(f *testing.F) {
	// The same in every process that looks for inputs, since the seed is one's and the keyring the other's.
	k, err := credential.NewKeyring(mathrand.NewChaCha8([32]byte{1}), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		f.Fatal(err)
	}
	token, err := k.MintSession(&session)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := k.OpenSession(text); err == nil && text != token {
			t.Errorf("%q opens as %+v", text, s)
		}
	})
}

func BenchmarkOpenSession(b *testing.B) {
	k := keyring(b, 1)
	token, err := k.MintSession(&session)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.OpenSession(token); err != nil {
			b.Fatal(err)
		}
	}
}

package credential

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestXAES has the vectors of c2sp.org/XAES-256-GCM: the key's subkey with its highest bit clear and set.
func TestXAES(t *testing.T) {
	for _, test := range []struct {
		key        byte
		data, want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{test.key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		sealed := x.Seal(nil, nonce, []byte("XAES-256-GCM"), []byte(test.data))
		if got := hex.EncodeToString(sealed); got != test.want {
			t.Errorf("key %d: sealed %s, want %s", test.key, got, test.want)
		}
		if text, err := x.Open(nil, nonce, sealed, []byte(test.data)); err != nil || string(text) != "XAES-256-GCM" {
			t.Errorf("key %d: opened %q, %v", test.key, text, err)
		}
		for i := range 8 * len(nonce) {
			other := bytes.Clone(nonce)
			other[i/8] ^= 1 << (i % 8)
			if _, err := x.Open(nil, other, sealed, []byte(test.data)); err == nil {
				t.Errorf("key %d: opened with bit %d of the nonce flipped", test.key, i)
			}
		}
	}
	if _, err := newXAES(nil); err == nil {
		t.Error("no key is a key")
	}
}

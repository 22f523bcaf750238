package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// xaes is XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key of its own for each envelope, derived from the first half of a nonce of 24 random
// bytes. Tokens and messages are sealed at the rate of requests, and 12 random bytes under one key are good for 2^32 envelopes only: at 1,500 a second, a
// month.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newXAES(key []byte) (*xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	x := &xaes{block: block}
	// The subkey of CMAC (NIST SP 800-38B §6.1).
	block.Encrypt(x.k1[:], x.k1[:])
	carry := byte(0)
	for i := len(x.k1) - 1; i >= 0; i-- {
		x.k1[i], carry = x.k1[i]<<1|carry, x.k1[i]>>7
	}
	x.k1[len(x.k1)-1] ^= carry * 0x87
	return x, nil
}

const xaesNonce = 24

// NonceSize implements cipher.AEAD.
func (x *xaes) NonceSize() int { return xaesNonce }

// Overhead implements cipher.AEAD.
func (x *xaes) Overhead() int { return 16 }

// Seal implements cipher.AEAD.
func (x *xaes) Seal(b, nonce, text, data []byte) []byte {
	return x.aead(nonce).Seal(b, nonce[12:], text, data)
}

// Open implements cipher.AEAD.
func (x *xaes) Open(b, nonce, sealed, data []byte) ([]byte, error) {
	return x.aead(nonce).Open(b, nonce[12:], sealed, data)
}

// aead derives what seals and opens the envelope of a nonce.
func (x *xaes) aead(nonce []byte) cipher.AEAD {
	if len(nonce) != xaesNonce {
		panic("credential: a nonce of another length")
	}
	var key [2 * aes.BlockSize]byte
	for i := range byte(2) {
		half := key[aes.BlockSize*int(i):][:aes.BlockSize]
		copy(half, []byte{0, i + 1, 'X', 0})
		copy(half[4:], nonce[:12])
		subtle.XORBytes(half, half, x.k1[:])
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // The length is right.
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // The block is AES's.
	}
	return aead
}

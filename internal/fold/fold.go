// Package fold folds, compares and hashes the names that AWS does not distinguish by case: actions, condition keys and operators,
// and the members of JSON objects.
//
//	fold.Name("aws:UserName")         // "aws:username"
//	fold.Equal("Statement", "statement") // true
//	fold.Equal("\u212Aey", "key")     // false: a Kelvin sign is no k
//
// Only ASCII letters fold (security: two names that look alike to Unicode must not be one to us).
package fold

import "hash/maphash"

// Name returns s with its ASCII letters in lower case. It does not allocate if they are already.
func Name(s string) string {
	for i := range len(s) {
		if Byte(s[i]) != s[i] {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = Byte(b[i])
			}
			return string(b)
		}
	}
	return s
}

// Byte returns an ASCII letter in lower case and any other byte as it is.
func Byte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Equal reports whether a and b differ at most in the case of ASCII letters.
func Equal(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if x, y := a[i], b[i]; x != y && Byte(x) != Byte(y) {
			return false
		}
	}
	return true
}

// Hash returns a hash of s, for tables that live no longer than the process. It is seeded, so that nobody can choose names that
// collide and make a table slow; a table compares the names all the same.
func Hash(s string) uint32 {
	h := maphash.String(seed, s)
	return uint32(h ^ h>>32)
}

// seed is drawn once. No result depends on it, only where in a table things stand.
var seed = maphash.MakeSeed()

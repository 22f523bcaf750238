package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Key is a signing key: what a secret access key becomes for one date, region and service (sigv4.md §3).
type Key [sha256.Size]byte

// DeriveKey derives a signing key. date is YYYYMMDD.
func DeriveKey(secret, date, region, service string) Key {
	key := mac([]byte("AWS4"+secret), date)
	key = mac(key[:], region)
	key = mac(key[:], service)
	return mac(key[:], terminator)
}

// mac is HMAC-SHA-256 (RFC 2104), without the memory that crypto/hmac takes for each.
func mac(key []byte, text string) [sha256.Size]byte {
	return macBytes(key, []byte(text))
}

func macBytes(key, text []byte) [sha256.Size]byte {
	var pad [sha256.BlockSize]byte
	if len(key) > len(pad) {
		sum := sha256.Sum256(key)
		copy(pad[:], sum[:])
	} else {
		copy(pad[:], key)
	}
	var space [512]byte
	for i, b := range pad {
		space[i] = b ^ 0x36
	}
	sum := sha256.Sum256(append(space[:len(pad)], text...))
	var outer [sha256.BlockSize + sha256.Size]byte
	for i, b := range pad {
		outer[i] = b ^ 0x5c
	}
	copy(outer[sha256.BlockSize:], sum[:])
	return sha256.Sum256(outer[:])
}

// Verify reports, as an *Error, a signature that is not the key's for this request (row 17). It takes the same time for every signature.
func (s *Signature) Verify(r *Request, key *Key) error {
	if s.unsignable {
		return mismatch()
	}
	var want [2 * sha256.Size]byte
	// On the stack, and enough for most requests.
	var space [2048]byte
	b, err := s.appendCanonical(space[:0], r)
	if err != nil {
		return err
	}
	canonical := len(b)
	digest := sha256.Sum256(b)
	b = s.appendStringToSign(b, &digest)
	sum := macBytes(key[:], b[canonical:])
	hex.Encode(want[:], sum[:])
	// Hexadecimal in lower case only: one signature has one form.
	if len(s.signature) != len(want) || subtle.ConstantTimeCompare(want[:], []byte(s.signature)) != 1 {
		if s.s3 {
			return s.mismatchS3(b[:canonical], b[canonical:])
		}
		return mismatch()
	}
	s.verified = true
	return nil
}

// appendStringToSign appends the string to sign (sigv4.md §3).
func (s *Signature) appendStringToSign(b []byte, digest *[sha256.Size]byte) []byte {
	b = append(b, Algorithm...)
	b = append(append(append(b, '\n'), s.Time...), '\n')
	return hex.AppendEncode(append(s.appendScope(b), '\n'), digest[:])
}

// appendScope appends the credential scope.
func (s *Signature) appendScope(b []byte) []byte {
	b = append(append(append(b, s.Date...), '/'), s.Region...)
	b = append(append(append(b, '/'), s.Service...), '/')
	return append(b, terminator...)
}

// appendCanonical appends the canonical request (sigv4.md §2).
func (s *Signature) appendCanonical(b []byte, r *Request) ([]byte, error) {
	b = append(append(b, r.Method...), '\n')
	b, ok := s.appendPath(b, r.Path)
	if !ok {
		return b, refuse(MalformedQueryString, "The path contains a malformed escape.")
	}
	b = append(b, '\n')
	q, err := parseQuery(r.RawQuery)
	if err != nil {
		return b, err
	}
	b = append(q.appendCanonical(b), '\n')
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		b = append(append(b, name...), ':')
		b = append(appendHeader(b, r, name), '\n')
	}
	b = append(append(append(b, '\n'), s.signedHeaders...), '\n')
	return s.appendPayload(b, r), nil
}

// appendPayload appends the payload's hash. But for S3 it is that of the body, whatever x-amz-content-sha256 says: no mode in which the body is not
// signed exists for them (security.md S001, S010).
func (s *Signature) appendPayload(b []byte, r *Request) []byte {
	if s.s3 {
		return append(b, s.Payload...)
	}
	sum := sha256.Sum256(r.Body)
	return hex.AppendEncode(b, sum[:])
}

// appendPath appends the canonical path.
func (s *Signature) appendPath(b []byte, path string) ([]byte, bool) {
	if path == "" || path == "/" {
		return append(b, '/'), true
	}
	if s.s3 {
		decoded, ok := unescape(path, false)
		return appendEscaped(b, decoded, true), ok
	}
	if _, ok := unescape(path, false); !ok {
		return b, false
	}
	// The path as it was sent, without dots and empty segments, encoded once more.
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			if len(segments) > 0 {
				segments = segments[:len(segments)-1]
			}
		default:
			segments = append(segments, segment)
		}
	}
	for _, segment := range segments {
		b = appendEscaped(append(b, '/'), segment, false)
	}
	if len(segments) == 0 || strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") {
		b = append(b, '/')
	}
	return b, true
}

// appendHeader appends the canonical value of a header.
func appendHeader(b []byte, r *Request, name string) []byte {
	if name == "host" || name == ":authority" {
		return appendTrimmed(b, r.Host)
	}
	for i, value := range r.values(name) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrimmed(b, value)
	}
	return b
}

// values returns the values of a header given in lower case. Under another name than the canonical one a header is not there.
func (r *Request) values(name string) []string {
	var space [64]byte
	b := append(space[:0], name...)
	canonicalize(b)
	return r.Header[string(b)]
}

// canonicalize makes a header's name what package net/http makes of it.
func canonicalize(name []byte) {
	upper := true
	for i, c := range name {
		switch {
		case upper && 'a' <= c && c <= 'z':
			name[i] = c - 'a' + 'A'
		case !upper && 'A' <= c && c <= 'Z':
			name[i] = c - 'A' + 'a'
		}
		upper = c == '-'
	}
}

// canonical reports whether a header's name is the one that package net/http makes of it.
func canonical(name string) bool {
	var space [64]byte
	b := append(space[:0], name...)
	canonicalize(b)
	return string(b) == name
}

// appendTrimmed appends a value without white space at its ends and with one blank for each run of it within.
func appendTrimmed(b []byte, value string) []byte {
	start, from := len(b), 0
	for i := 0; i < len(value); {
		if !white(value[i]) {
			i++
			continue
		}
		// The word before, and then what one blank stands for, unless it is the beginning.
		b = append(b, value[from:i]...)
		for i < len(value) && white(value[i]) {
			i++
		}
		if from = i; i < len(value) && len(b) > start {
			b = append(b, ' ')
		}
	}
	return append(b, value[from:]...)
}

func white(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r'
}

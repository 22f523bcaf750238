package sigv4

import "encoding/hex"

// SignString signs a string to sign.
func SignString(secret, date, region, service, text string) string {
	key := DeriveKey(secret, date, region, service)
	sum := macBytes(key[:], []byte(text))
	return hex.EncodeToString(sum[:])
}

// ParseDate reads a date in the form of X-Amz-Date.
var ParseDate = parseDate

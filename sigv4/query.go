package sigv4

import (
	"cmp"
	"slices"
	"strings"
)

// parameter is one parameter of a query string, its name and value decoded.
type parameter struct {
	name, value string
}

// query is a query string taken apart. Every byte of it is in a parameter.
type query []parameter

// maxParameters is how many parameters a query string may have.
const maxParameters = 1000

// parseQuery takes a query string apart as a form is: & between parameters, the first = ends the name, + is a blank. A semicolon is a letter like
// any other. What is no valid escape is refused, never left out (security.md S007).
func parseQuery(raw string) (query, error) {
	if raw == "" {
		return nil, nil
	}
	if strings.Count(raw, "&") >= maxParameters {
		return nil, refuse(MalformedQueryString, "The query string has more than %d parameters.", maxParameters)
	}
	var q query
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, ok := unescape(name, true)
		v, ok2 := unescape(value, true)
		if !ok || !ok2 {
			return nil, refuse(MalformedQueryString, "The query string contains a malformed escape.")
		}
		q = append(q, parameter{n, v})
	}
	return q, nil
}

func (q query) has(name string) bool {
	return slices.ContainsFunc(q, func(p parameter) bool { return p.name == name })
}

// presigned reports whether the query string has anything of a signature in it, in whichever case.
func (q query) presigned() bool {
	return slices.ContainsFunc(q, func(p parameter) bool {
		return strings.EqualFold(p.name, "X-Amz-Algorithm") || strings.EqualFold(p.name, "X-Amz-Credential") || strings.EqualFold(p.name, "X-Amz-Signature")
	})
}

// single returns the value of a parameter that may be there once.
func (q query) single(name string) (value string, ok bool, err error) {
	for _, p := range q {
		if p.name != name {
			continue
		}
		if ok {
			return "", false, refuse(IncompleteSignature, "The query string has %s more than once.", name)
		}
		value, ok = p.value, true
	}
	return value, ok, nil
}

// appendCanonical appends the canonical query string: the parameters but the signature, encoded, sorted by name and then by value.
func (q query) appendCanonical(b []byte) []byte {
	if len(q) == 0 {
		return b
	}
	encoded := make(query, 0, len(q))
	for _, p := range q {
		if p.name != "X-Amz-Signature" {
			encoded = append(encoded, parameter{string(appendEscaped(nil, p.name, false)), string(appendEscaped(nil, p.value, false))})
		}
	}
	slices.SortStableFunc(encoded, func(x, y parameter) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.value, y.value))
	})
	for i, p := range encoded {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p.name...), '='), p.value...)
	}
	return b
}

// unescape decodes percent escapes, and + as a blank if asked to.
func unescape(s string, plus bool) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, ok := unhex(s[i+1])
			low, ok2 := unhex(s[i+2])
			if !ok || !ok2 {
				return "", false
			}
			b = append(b, high<<4|low)
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// appendEscaped appends s with all but the unreserved letters of RFC 3986 §2.3 escaped, and but slashes if asked to.
func appendEscaped(b []byte, s string, slashes bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' || c == '/' && slashes {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

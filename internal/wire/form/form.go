// Package form is the one strict reader of what HTML forms and query strings are written in.
//
//	err := form.Each("Action=GetUser&UserName=a%2Bb", func(name, value string) error { … })
//
// It accounts for every byte (security.md S007): what net/url drops or repairs is an error here, and so is what two readers could
// understand differently.
package form

import (
	"strings"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/fault"
)

// MaxParameters is how many parameters a form may have.
const MaxParameters = 10_000

func malformed(detail string) *fault.Fault {
	return fault.New(fault.MalformedQueryString, "The query string contains a syntax error: %s.", detail)
}

// Each calls f with every parameter's name and value in their order, unescaped, until f returns an error. A parameter without = has the
// value "". Faults are MalformedQueryString: a bad escape, a semicolon, text that is not UTF-8, a parameter without a name, too many.
func Each(raw string, f func(name, value string) error) error {
	if raw == "" {
		return nil
	}
	if strings.IndexByte(raw, ';') >= 0 {
		return malformed("a semicolon must be escaped")
	}
	if n := strings.Count(raw, "&") + 1; n > MaxParameters {
		return malformed("too many parameters")
	}
	for more := true; more; {
		var pair string
		pair, raw, more = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, err := unescape(name)
		if err != nil {
			return err
		}
		if name == "" {
			return malformed("a parameter has no name")
		}
		if value, err = unescape(value); err != nil {
			return err
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	return nil
}

func unescape(s string) (string, error) {
	i := strings.IndexAny(s, "%+")
	if i < 0 {
		return valid(s)
	}
	b := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			b = append(b, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", malformed("an escape is cut off")
			}
			high, low := digit(s[i+1]), digit(s[i+2])
			if high > 15 || low > 15 {
				return "", malformed("an escape is not hexadecimal")
			}
			b = append(b, high<<4|low)
			i += 2
		default:
			b = append(b, c)
		}
	}
	return valid(string(b))
}

func valid(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", malformed("it is not UTF-8")
	}
	return s, nil
}

// digit returns the value of a hexadecimal digit, 16 if c is none.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

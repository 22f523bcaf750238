package model

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Patches are files in the form of a model. Each shape and operation in them is laid over the one of that name: fields that the patch
// names are replaced, members are added. Nothing can be removed.
//
//go:embed patch/*.json
var patches embed.FS

func (f *file) patch(name string) error {
	text, err := patches.ReadFile("patch/" + name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var p struct {
		Comment    []string // why
		Operations map[string]json.RawMessage
		Shapes     map[string]json.RawMessage
	}
	if err := decode(text, &p); err != nil {
		return fmt.Errorf("patch: %w", err)
	}
	if err := lay(p.Operations, f.Operations); err != nil {
		return err
	}
	return lay(p.Shapes, f.Shapes)
}

func lay[T any](patch map[string]json.RawMessage, over map[string]*T) error {
	for n, text := range patch {
		if over[n] == nil {
			over[n] = new(T)
		}
		if err := decode(text, over[n]); err != nil {
			return fmt.Errorf("patch of %s: %w", n, err)
		}
	}
	return nil
}

// fromJava writes a regular expression of Java in Go's language, as far as the models need it: \uXXXX and pairs of surrogates are
// characters, \s knows the vertical tab, and the dot does not match what Java thinks ends a line. Look-ahead, which Go does not have, is
// rewritten by hand: see "matchers" in the patches.
func fromJava(pattern string) string {
	var b strings.Builder
	class, dotAll := 0, strings.HasPrefix(pattern, "(?s)")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && strings.HasPrefix(pattern[i:], `\u`):
			char, n := javaEscape(pattern[i:])
			fmt.Fprintf(&b, `\x{%X}`, char)
			i += n - 1
		case c == '\\' && strings.HasPrefix(pattern[i:], `\s`):
			if class == 0 {
				b.WriteString(`[\s\x0B]`)
			} else {
				b.WriteString(`\s\x0B`)
			}
			i++
		case c == '\\':
			b.WriteString(pattern[i:min(i+2, len(pattern))])
			i++
		case c == '.' && class == 0 && !dotAll:
			b.WriteString(`[^\n\r\x{85}\x{2028}\x{2029}]`)
		default:
			switch {
			case c == '[' && class == 0:
				class++
			case c == ']' && class > 0:
				class--
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// javaEscape reads \uXXXX, or two of them that are one character, and returns the length too.
func javaEscape(s string) (rune, int) {
	unit := func(s string) (rune, bool) {
		if len(s) < 6 || s[:2] != `\u` {
			return 0, false
		}
		n, err := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n), err == nil
	}
	first, ok := unit(s)
	if !ok {
		return 'u', 2
	}
	if second, ok := unit(s[6:]); ok && utf16.IsSurrogate(first) {
		return utf16.DecodeRune(first, second), 12
	}
	return first, 6
}

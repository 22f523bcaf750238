package jsontext_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/jsontext"
)

// The oracle is encoding/json, which is laxer: it takes invalid UTF-8, halves of characters and repeated names. Those it does
// not see are looked for here, each by itself.

// strict says whether a text that encoding/json accepts is one that two readers cannot understand differently.
func strict(text string) bool {
	return utf8.ValidString(text) && wholeCharacters(text) && shallowAndUnambiguous(text)
}

// wholeCharacters reports whether each \u of a surrogate has its other half, in a text that is valid JSON otherwise.
func wholeCharacters(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		hex := strings.ToLower(text[i+1 : i+5])
		i += 4
		switch {
		case hex >= "dc00" && hex <= "dfff":
			return false
		case hex >= "d800" && hex <= "dbff":
			rest := strings.ToLower(text[i+1:])
			if len(rest) < 6 || rest[:2] != `\u` || rest[2:6] < "dc00" || rest[2:6] > "dfff" {
				return false
			}
			i += 6
		}
	}
	return true
}

// shallowAndUnambiguous reports whether no object has a name twice, in whatever case, and nothing is too deep.
func shallowAndUnambiguous(text string) bool {
	type level struct {
		names map[string]bool // nil: an array
		name  bool            // a name is next
	}
	var levels []level
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if top := len(levels) - 1; top >= 0 && levels[top].names != nil {
			if name, ok := token.(string); ok && levels[top].name {
				lower := strings.Map(func(c rune) rune {
					if 'A' <= c && c <= 'Z' {
						return c + 32
					}
					return c
				}, name)
				if levels[top].names[lower] {
					return false
				}
				levels[top].names[lower] = true
				levels[top].name = false
				continue
			}
			levels[top].name = true
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}, name: true})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
		if len(levels) > jsontext.MaxDepth {
			return false
		}
	}
}

// agree compares the reader with the oracle on one text.
func agree(t *testing.T, text string) {
	t.Helper()
	got, err := read(text)
	if want := json.Valid([]byte(text)) && strict(text); (err == nil) != want {
		t.Fatalf("%q: the error is %v, but valid is %v", text, err, want)
	}
	if err != nil {
		var e *jsontext.Error
		if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Detail == "" {
			t.Fatalf("%q: the error is %#v", text, err)
		}
		return
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%q is accepted, but: %v", text, err)
	}
	if !reflect.DeepEqual(numbers(got), want) {
		t.Fatalf("%q means %#v, want %#v", text, got, want)
	}
	r := jsontext.NewReader(text)
	if raw, err := r.Raw(); err != nil || raw != strings.Trim(text, " \t\r\n") {
		t.Fatalf("%q: the raw text is %q, %v", text, raw, err)
	}
}

// numbers gives numbers the type that encoding/json gives them.
func numbers(v any) any {
	switch v := v.(type) {
	case number:
		return json.Number(v)
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// fragments are what texts of JSON are made of and what breaks them.
var fragments = []string{
	`{`, `}`, `[`, `]`, `,`, `:`, `"`, `\`, ` `, "\n", `"a"`, `"A"`, `"b":`, `"a":`, `"A":1`, `1`, `0`, `-`, `.5`, `e9`, `E+1`, `true`, `false`, `null`, `nul`, `\u0061`, `\ud800`,
	`\udc00`, `\n`, "é", "\xff", "\xc3", "\x00", "\ufeff", `[]`, `{}`, `{"a":1,`, `"k":[`, `]}`, `""`, `//`, "\t", `"\u212a":0`, "\"\u212a\":0", `"k":0`,
}

func TestRandomTextsAgreeWithEncodingJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 100_000 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(fragments[random.IntN(len(fragments))])
		}
		agree(t, b.String())
		if json.Valid([]byte(b.String())) {
			accepted++
		}
	}
	if accepted < 500 {
		t.Errorf("only %d texts were JSON: the test says little", accepted)
	}
}

func TestRandomTreesAndTheirMutationsAgreeWithEncodingJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		tree := []byte(randomTree(random, 4))
		agree(t, string(tree))
		for range 3 {
			mutant := append([]byte(nil), tree...)
			switch i := random.IntN(len(mutant)); random.IntN(3) {
			case 0:
				mutant[i] = byte(random.IntN(256))
			case 1:
				mutant = append(mutant[:i], mutant[i+1:]...)
			case 2:
				mutant = append(mutant[:i:i], append([]byte(fragments[random.IntN(len(fragments))]), mutant[i:]...)...)
			}
			agree(t, string(mutant))
		}
	}
}

func randomTree(random *rand.Rand, depth int) string {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	blank := func() string { return pick("", "", "", " ", "\r\n\t") }
	text := func() string {
		return `"` + pick("", "a", "A", "é", `\u0041`, `\ud834\udd1e`, `\ud834`, `k\n`, "€", `\/`) + pick("", "1", "2") + `"`
	}
	if depth == 0 || random.IntN(4) == 0 {
		return pick("null", "true", "false", "0", "-0", "1.5e+7", "12e400", text(), text())
	}
	n := random.IntN(5)
	if random.IntN(20) == 0 {
		n = 30
	}
	var items []string
	object := random.IntN(2) == 0
	for range n {
		item := blank() + randomTree(random, depth-1) + blank()
		if object {
			name := text()
			if n == 30 {
				name = `"` + pick("a", "B", "c") + pick("d", "e", "F") + pick("0", "1", "2", "3") + pick("x", "y", "Z", "z") + pick("u", "v", "w") + pick("", "1", "2", "3", "4", "5") + `"`
			}
			item = blank() + name + blank() + ":" + item
		}
		items = append(items, item)
	}
	if object {
		return "{" + strings.Join(items, ",") + "}"
	}
	return "[" + strings.Join(items, ",") + "]"
}

func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, text := range fragments {
		f.Add(text)
	}
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["*",null]}]}`)
	f.Add(`[1,-0,1e400,"\ud834\udd1e","é",{"a":1,"A":2}]`)
	f.Fuzz(agree)
}

// What AppendString prints is read back as it was, if it was UTF-8, and encoding/json reads the same.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\x00é\xff𝄞")
	f.Fuzz(func(t *testing.T, s string) {
		printed := string(jsontext.AppendString(nil, s))
		got, err := jsontext.NewReader(printed).String()
		var std string
		if err != nil || json.Unmarshal([]byte(printed), &std) != nil || std != got {
			t.Fatalf("%q is printed as %s, which means %q (%v), %q", s, printed, got, err, std)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && got != want {
			t.Fatalf("%q comes back as %q", s, got)
		}
	})
}

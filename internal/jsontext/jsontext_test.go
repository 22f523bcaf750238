package jsontext_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/jsontext"
)

// read reads a whole text and returns what it means: nil, bool, number, string, []any or map[string]any.
func read(text string) (any, error) {
	r := jsontext.NewReader(text)
	v, err := value(r)
	if err != nil {
		return nil, err
	}
	return v, r.Finish()
}

// number is a number by its text.
type number string

func value(r *jsontext.Reader) (any, error) {
	switch r.Next() {
	case jsontext.Null:
		return nil, r.Null()
	case jsontext.Bool:
		return r.Bool()
	case jsontext.Number:
		n, err := r.Number()
		return number(n), err
	case jsontext.String:
		return r.String()
	case jsontext.Array:
		list := []any{}
		more, err := r.Array()
		for ; more && err == nil; more, err = r.Element() {
			v, err := value(r)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, err
	case jsontext.Object:
		object := map[string]any{}
		name, more, err := r.Object()
		for ; more && err == nil; name, more, err = r.Member() {
			v, err := value(r)
			if err != nil {
				return nil, err
			}
			object[name] = v
		}
		return object, err
	}
	return nil, r.Skip()
}

// The names in the tables follow JSONTestSuite: what RFC 8259 wants accepted, what it wants refused, and what it leaves open, which is
// pinned one way here.

func TestAccepted(t *testing.T) {
	for _, text := range []string{
		// Arrays.
		`[[]   ]`, `[""]`, `[]`, `["a"]`, `[false]`, `[null, 1, "1", {}]`, `[null]`, "[1\n]", ` [1]`, `[1,null,null,null,2]`, `[2] `, `[[],[[]],[[],[]]]`,
		`[1,2,3]`, "[\t1\t,\t2\t]", "[1,\r\n2]",
		// Numbers.
		`[123e65]`, `[0e+1]`, `[0e1]`, `[ 4]`, `[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]`, `[20e1]`, `[-0]`,
		`[-123]`, `[-1]`, `[1E22]`, `[1E-2]`, `[1E+2]`, `[123e45]`, `[123.456e78]`, `[1e-2]`, `[1e+2]`, `[123]`, `[123.456789]`, `[0]`, `[0.5]`, `[-0.0]`,
		`[-0e0]`, `[1.0e10]`, `[0.0]`, `[10]`, `[100000000000000000000000000000000]`, `[1e400]`, `[-1e400]`, `[1e-400]`, `[0.4e0066999999999999999]`,
		`[123123123123123123123123123123]`, `[-123123123123123123123123123123]`, `[1.5e+9999]`, `[-237462374673276894279832749832423479823246327846]`,
		// Objects.
		`{"asd":"sdf", "dfg":"fgh"}`, `{"asd":"sdf"}`, `{}`, `{"":0}`, `{"foo\u0000bar": 42}`, `{ "min": -1.0e+28, "max": 1.0e+28 }`,
		`{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`, `{"a":[]}`,
		`{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430 \u0417\u0435\u043c\u043b\u0435\u043a\u043e\u043f\u0430" }`, "{\n\"a\": \"b\"\n}",
		`{"a":{"a":{"a":1}}}`, `[{"a":1},{"a":2}]`, `{"a":1,"b":{"a":2},"c":{"a":3}}`, `{"é":1,"É":2}`, "{\"k\":1,\"\u212a\":2}", "{\"s\":1,\"\u017f\":2}",
		// Strings.
		`["\u0060\u012a\u12AB"]`, `["\uD801\udc37"]`, `["\ud83d\ude39\ud83d\udc8d"]`, `["\"\\\/\b\f\n\r\t"]`, `["\\u0000"]`, `["\""]`, `["a/*b*/c/*d//e"]`,
		`["\\a"]`, `["\\n"]`, `["\u0012"]`, `["\uFFFF"]`, `["asd"]`, `[ "asd"]`, `["\uDBFF\uDFFF"]`, `["new\u00A0line"]`, "[\"\U0010FFFF\"]", "[\"\uFFFF\"]",
		`["\u0000"]`, `["\u002c"]`, "[\"π\"]", "[\"\U0001BFFF\"]", `["asd "]`, `" "`, `["\uD834\uDd1e"]`, `["\u0821"]`, `["\u0123"]`, "[\"\u2028\"]", "[\"\u2029\"]",
		`["\u0061\u30af\u30EA\u30b9"]`, "[\"new\u2028line\"]", "[\"\x7f\"]", `["\uA66D"]`, `["\u005C"]`, "[\"⍂㈴⍂\"]", `["\u0022"]`, `["\uDBFF\uDFFE"]`,
		`["\uD83F\uDFFE"]`, `["\u200B"]`, `["\u2064"]`, `["\uFDD0"]`, `["\uFFFE"]`, "[\"€𝄞\"]", "[\"a\x7fa\"]", "[\"\ufeff\"]", "[\"\ufffd\"]", `["\ufffd"]`, `["\ufeff"]`,
		`["\u00e9"]`, "[\"\u0080\"]", `["/"]`, `["'"]`,
		// Structure.
		`false`, `42`, `-0.1`, `null`, `"asd"`, `true`, `""`, "[\"a\"]\n", `[true]`, ` [] `, "\t\n\r []\r\n\t", `"x"`, `0`, `-0`, ` null `,
		// Nesting up to the limit.
		strings.Repeat("[", jsontext.MaxDepth) + strings.Repeat("]", jsontext.MaxDepth),
		strings.Repeat(`{"a":`, jsontext.MaxDepth) + "1" + strings.Repeat("}", jsontext.MaxDepth),
	} {
		if _, err := read(text); err != nil {
			t.Errorf("%.60q is refused: %v", text, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		// Arrays.
		`[1 true]`, "[a\xe5]", `["": 1]`, `[""],`, `[,1]`, `[1,,2]`, `["x",,]`, `["x"]]`, `["",]`, `["x"`, `[x`, `[3[4]]`, "[\xff]", `[1:2]`, `[,]`, `[-]`,
		`[   , ""]`, "[\"a\",\n4\n,1,", `[1,]`, `[1,,]`, "[\"\va\"\\f]", `[*]`, `[""`, `[1,`, "[1,\n1\n,1", `[{}`, `[`, `[1}`, `[1;2]`, `[1 2]`, `["a" "b"]`, `[}`, `[1]]`,
		// Words.
		`[fals]`, `[nul]`, `[tru]`, `nulL`, `[True]`, `[FALSE]`, `[truee]`, `[nullx]`, `[falsetrue]`, `[undefined]`, `tru`, `fals`, `nul`, `n`, `t`, `f`, `[true1]`, `[null0]`,
		// Numbers.
		"123\x00", `[++1234]`, `[+1]`, `[+Inf]`, `[-01]`, `[-1.0.]`, `[-2.]`, `[-NaN]`, `[.-1]`, `[.2e-3]`, `[0.1.2]`, `[0.3e+]`, `[0.3e]`, `[0.e1]`, `[0E+]`, `[0E]`, `[0e+]`,
		`[0e]`, `[1.0e+]`, `[1.0e-]`, `[1.0e]`, `[1 000.0]`, `[1eE2]`, `[2.e+3]`, `[2.e-3]`, `[2.e3]`, `[9.e+]`, `[Inf]`, `[NaN]`, "[\uff11]", `[1+2]`, `[0x1]`, `[0x42]`,
		`[Infinity]`, `[0e+-1]`, `[-123.123foo]`, "[123\xe5]", "[1e1\xe5]", "[0\xe5]", `[-Infinity]`, `[-foo]`, `[- 1]`, `[-012]`, `[-.123]`, "[-1x]", `[1ea]`, "[1e\xe5]",
		`[1.]`, `[.123]`, `[1.2a-3]`, `[1.8011670033376514H-308]`, `[012]`, `[00]`, `[01]`, `[00.5]`, `-`, `+1`, `.5`, `5.`, `1e`, `0x0`, `1_000`, `0b1`, `0o7`, `[1e0.5]`, `[1e1e1]`, `--1`,
		// Objects.
		`["x", truth]`, `{[: "x"}`, `{"x", null}`, `{"x"::"b"}`, "{\U0001f1e8\U0001f1ed}", `{"a":"a" 123}`, `{key: 'value'}`, "{\"\xb9\":\"0\",}", `{"a" b}`, `{:"b"}`, `{"a" "b"}`,
		`{"a":`, `{"a"`, `{1:1}`, `{9999E9999:1}`, `{null:null,null:null}`, `{"id":0,,,,,}`, `{'a':0}`, `{"id":0,}`, `{"a":"b"}/**/`, `{"a":"b"}/**//`, `{"a":"b"}//`, `{"a":"b"}/`,
		`{"a":"b",,"c":"d"}`, `{a: "b"}`, `{"a":"a`, `{ "foo" : "bar", "a" }`, `{"a":"b"}#`, `{,}`, `{"a":1 "b":2}`, `{"a"=1}`, `{"a":1;"b":2}`, `{]`, `{"a":1]`, `{true:1}`, `{"a":}`, `{"a":,"b":1}`, `{{}}`,
		// The same name twice, in any case of ASCII letters, written plainly or escaped.
		`{"a":"b","a":"c"}`, `{"a":"b","a":"b"}`, `{"a":1,"A":1}`, `{"Statement":1,"sTATEMENT":2}`, `{"a":1,"\u0061":2}`, `{"\u0041":1,"a":2}`, `{"":1,"":2}`,
		`{"é":1,"\u00e9":2}`, `[{"a":{"b":1,"B":2}}]`, `{"x":1,"y":{},"X":{}}`, `{"aws:username":1,"AWS:UserName":2}`, `{"a/b":1,"a\/b":2}`,
		// Strings.
		` `, `["\uD800\"]`, `["\uD800\u"]`, `["\uD800\u1"]`, `["\uD800\u1x"]`, `[é]`, "[\"\\\x00\"]", `["\x00"]`, `["\\\"]`, "[\"\\\t\"]", "[\"\\\U0001f300\"]", `["\"]`, `["\u00A"]`,
		`["\uD834\uDd"]`, `["\uD800\uD800\x"]`, `["\a"]`, `["\uqqqq"]`, "[\"\\\xe5\"]", "[\"\\u\xe5\"]", `[\u0020"asd"]`, `[\n]`, `"`, `['single quote']`, `abc`, `["\`, "[\"a\x00a\"]",
		"[\"new\nline\"]", "[\"\t\"]", `"\UA66D"`, `""x`, "[\"\x1f\"]", "[\"\x00\"]", "[\"\x01\"]", "[\"\r\"]", `["\u 123"]`, `["\u+123"]`, `["\u-123"]`, `["\U0041"]`, `["\'"]`, `["\0"]`, `["\v"]`, `["\e"]`,
		`["\u"]`, `["\u1"]`, `["\u12"]`, `["\u123"]`, `["\u123`, `["\u`, "\"\\\n\"", "{\"\x1f\":1}", "{\"a\nb\":1}", "`a`",
		// Halves of characters, which encoding/json turns into U+FFFD.
		`["\uDADA"]`, `["\uD888\u1234"]`, `["\uD800\n"]`, `["\uDd1ea"]`, `["\uD800\uD800\n"]`, `["\ud800"]`, `["\ud800abc"]`, `["\uDd1e\uD834"]`, `["\uDFAA"]`, `["\uD834\\uDd1e"]`,
		`{"\ud800":1}`, `["\udc00\udc00"]`, `["\uD834"`, `"\ud83d"`, `"\ude00"`,
		// Invalid UTF-8: lone continuation, truncated, overlong, surrogate, beyond the last, never-used bytes.
		"[\"\x80\"]", "[\"\xbf\"]", "[\"\xc3\"]", "[\"\xc3(\"]", "[\"\xe2\x82\"]", "[\"\xe2(\xa1\"]", "[\"\xf0\x9f\x98\"]", "[\"\xf0(\x8c\xbc\"]", "[\"\xc0\xaf\"]", "[\"\xc1\xbf\"]",
		"[\"\xe0\x80\xaf\"]", "[\"\xf0\x80\x80\xaf\"]", "[\"\xfc\x80\x80\x80\x80\xaf\"]", "[\"\xed\xa0\x80\"]", "[\"\xed\xbf\xbf\"]", "[\"\xf4\x90\x80\x80\"]", "[\"\xf5\x80\x80\x80\"]",
		"[\"\xfe\"]", "[\"\xff\"]", "[\"\xe9\"]", "[\"\xfc\x83\xbf\xbf\xbf\xbf\"]", "[\"\x81\"]", "[\"\xe6\x97\xa5\xd1\x88\xfa\"]", "{\"\xff\":1}", "[\"\\n\xff\"]", "[\"\xff\\n\"]", "[\"\xc3\\u00a9\"]",
		"[\"\\u00c3\xa9\"]", "[\"\\\\\xc3\"]", "\xe2\x82\xac", "\xff", "\xc3",
		// Structure.
		"", "\n", "\t", `<.>`, `[<null>]`, `[1]x`, `[1]]`, `["asd]`, "a\xc3\xa5", `[True]`, `1]`, `{"x": true,`, `[][]`, `]`, `}`, "\ufeff{}", "\ufeff", "\xef\xbb{}", "\xe5", "[\f]", `2@`, `{}}`, `{"":`,
		`{"a":/*comment*/"b"}`, `{"a": true} "x"`, `['`, `[,`, `[{`, `["a`, `["a"`, `{`, `{]`, `{,`, `{[`, `{"a`, `{'a'`, `["\{["\{["\{["\{`, "\u00e9", `*`, `{"a":"b"}#{}`, "[\\u000A\"\"]", `[1`,
		`[ false, nul`, `[ true, fals`, `[ false, tru`, `{"asd":"asd"`, "\u00a0[]", "[\u2060]", "[\v]", "{}\x00", "\x00{}", "[\x00]", "[1]\x00", "// comment\n{}", "# comment\n{}", "{}// comment", "[1 /* */]",
		"{}{}", "{} {}", "null null", "1 2", `"a" "b"`, "[],", "[]\u00a0", "[]\ufeff", "\u2028[]", "\u0085[]", "[\u20281]", "---\na: 1", "(1)", "{\"a\":1}}", ";", ",", ":", "{}\x1a", "\xff\xfe[\x00]\x00", "\x00[\x00]",
		// Nesting beyond the limit.
		strings.Repeat("[", jsontext.MaxDepth+1) + strings.Repeat("]", jsontext.MaxDepth+1),
		strings.Repeat(`{"a":`, jsontext.MaxDepth+1) + "1" + strings.Repeat("}", jsontext.MaxDepth+1),
		strings.Repeat("[", 100_000), strings.Repeat(`[{"":`, 50_000),
	} {
		if v, err := read(text); err == nil {
			t.Errorf("%.60q is accepted as %v", text, v)
		}
	}
}

func TestMeaning(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`""`, ""},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{`"\u0041\u00e9\u20ac\ud834\udd1e"`, "Aé€𝄞"},
		{`"\uD834\uDD1E"`, "𝄞"},
		{`"a\u0000b"`, "a\x00b"},
		{"\"é\\n€\"", "é\n€"},
		{`"\\u0041"`, `\u0041`},
		{`"\ufffd"`, "\ufffd"},
		{"\"\x7f\"", "\x7f"},
	} {
		if got, err := read(tt.text); got != tt.want || err != nil {
			t.Errorf("%s means %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"0", "-0", "1e400", "-1.50E+07", "0.1", "100000000000000000000000001", "0e0"} {
		if got, err := read(text); got != number(text) || err != nil {
			t.Errorf("the number %s is read as %v, %v", text, got, err)
		}
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	for _, tt := range []struct {
		text string
		at   string // line:column
		want string // in the detail
	}{
		{``, "1:1", "the text ends where a value is expected"},
		{"  \n ", "2:2", "the text ends"},
		{`{"a":1,}`, "1:8", "a member's name is expected"},
		{`[1,]`, "1:4", "a value is expected"},
		{"{\n  \"a\": 1,\n  \"a\": 2\n}", "3:3", `"a" stands twice`},
		{"{\r\n  \"a\": 1,\r\n  \"A\": 2\r\n}", "3:3", "differ only in case"},
		{`{"é": "ü", x}`, "1:12", "'x' where a member's name is expected"},
		{"[\"日本語\", tru]", "1:9", "'t' where true or false is expected"},
		{"[\"日本語\",\r\n\"日\", +]", "2:6", "'+' where"},
		{"[\"𝄞\u0301\", ]", "1:8", "']' where"},
		{`{"a" 1}`, "1:6", "':' is expected"},
		{`{"a": 1 "b": 2}`, "1:9", "',' or '}' is expected"},
		{`[1 2]`, "1:4", "',' or ']' is expected"},
		{`[01]`, "1:2", "not a number"},
		{"\ufeff{}", "1:1", "byte order mark"},
		{"[\xff]", "1:2", "byte 0xff is not valid UTF-8"},
		{"[\"ab\xff\"]", "1:5", "byte 0xff is not valid UTF-8"},
		{"[\"\\nb\xff\"]", "1:6", "byte 0xff is not valid UTF-8"},
		{"[\"a\tb\"]", "1:4", "control character 0x09"},
		{"[\"\\n\tb\"]", "1:5", "control character 0x09"},
		{`["abc`, "1:2", "has no end"},
		{`["a\nbc`, "1:2", "has no end"},
		{`["a\qc"]`, "1:4", "not an escape"},
		{`["a\ud800c"]`, "1:4", `\ud800 is half a character`},
		{"{}\n{}", "2:1", "the end of the text is expected"},
		{strings.Repeat("[", 65), "1:65", "nested more than 64 deep"},
		{"[\r1,\r,]", "1:6", "',' where"}, // a carriage return alone ends no line
	} {
		_, err := read(tt.text)
		var e *jsontext.Error
		if !errors.As(err, &e) {
			t.Errorf("%q: the error is %v", tt.text, err)
			continue
		}
		if at := jsontext.PositionOf(tt.text, e.Offset).String(); at != tt.at || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%q: %s: %s; want %s: … %s", tt.text, at, e, tt.at, tt.want)
		}
	}
}

func TestPositionOf(t *testing.T) {
	text := "aé\r\n€b\n\n𝄞"
	for _, tt := range []struct {
		offset int
		want   string
	}{
		{0, "1:1"}, {1, "1:2"}, {3, "1:3"}, {4, "1:4"}, {5, "2:1"}, {8, "2:2"}, {9, "2:3"}, {10, "3:1"}, {11, "4:1"}, {15, "4:2"}, {99, "4:2"},
	} {
		if got := jsontext.PositionOf(text, tt.offset).String(); got != tt.want {
			t.Errorf("offset %d is at %s, want %s", tt.offset, got, tt.want)
		}
	}
}

// A member whose name was there is found wherever the two stand and however many members the object has.
func TestRepeatedNamesInObjectsOfAllSizes(t *testing.T) {
	object := func(names []string) string {
		var b strings.Builder
		for i, name := range names {
			fmt.Fprintf(&b, "%c%q:%d", "{,"[min(i, 1)], name, i)
		}
		return b.String() + "}"
	}
	for _, n := range []int{1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 100, 1000} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("Name%d", i)
		}
		if _, err := read(object(names)); err != nil {
			t.Errorf("%d members with different names: %v", n, err)
		}
		if _, err := read(object(append(slices.Clone(names), ""))); err != nil {
			t.Errorf("%d members and one without a name: %v", n, err)
		}
		for _, first := range []int{0, n / 2, n - 1} {
			for _, again := range []string{names[first], strings.ToLower(names[first]), strings.ToUpper(names[first])} {
				if _, err := read(object(append(slices.Clone(names), again))); err == nil {
					t.Errorf("%d members: %q is accepted after %q", n, again, names[first])
				}
			}
		}
	}
}

// Frames are used again; what one object held must not be held against the next.
func TestSiblingsShareNoNames(t *testing.T) {
	var many strings.Builder
	for i := range 40 {
		fmt.Fprintf(&many, `,"n%d":1`, i)
	}
	big := "{" + many.String()[1:] + "}"
	for _, text := range []string{
		`[{"a":1},{"a":1}]`,
		`[` + big + `,{"n0":1},` + big + `]`,
		`{"a":` + big + `,"b":` + big + `,"n1":{"a":1,"b":2}}`,
		`[[{"a":1}],{"a":1},[{"a":[]}]]`,
	} {
		if _, err := read(text); err != nil {
			t.Errorf("%.80s: %v", text, err)
		}
	}
}

func TestRawSkipAndOffsets(t *testing.T) {
	r := jsontext.NewReader(" {\"a\" : [1, {\"b\": \"}\"}] , \"c\":\t-1e5 } ")
	name, ok, err := r.Object()
	if name != "a" || !ok || err != nil || r.NameOffset() != 2 {
		t.Fatalf("the first member is %q at %d, %v, %v", name, r.NameOffset(), ok, err)
	}
	if got := r.Offset(); got != 8 {
		t.Errorf("its value is at %d", got)
	}
	if raw, err := r.Raw(); raw != `[1, {"b": "}"}]` || err != nil || r.End() != 23 {
		t.Errorf("its text is %q up to %d, %v", raw, r.End(), err)
	}
	name, ok, err = r.Member()
	if name != "c" || !ok || err != nil || r.Next() != jsontext.Number {
		t.Errorf("the second member is %q, %v, %v, %v", name, ok, err, r.Next())
	}
	if raw, err := r.Raw(); raw != "-1e5" || err != nil {
		t.Errorf("its text is %q, %v", raw, err)
	}
	if _, ok, err := r.Member(); ok || err != nil {
		t.Errorf("a third member: %v, %v", ok, err)
	}
	if err := r.Finish(); err != nil {
		t.Error(err)
	}
}

func TestTheWrongKindIsRefusedAndNotConsumed(t *testing.T) {
	for _, tt := range []struct {
		text string
		call func(*jsontext.Reader) error
		want string
	}{
		{`1`, func(r *jsontext.Reader) error { _, err := r.String(); return err }, "a string is expected"},
		{`"1"`, func(r *jsontext.Reader) error { _, err := r.Number(); return err }, "a number is expected"},
		{`0`, func(r *jsontext.Reader) error { _, err := r.Bool(); return err }, "true or false is expected"},
		{`nil`, func(r *jsontext.Reader) error { return r.Null() }, "null is expected"},
		{`[]`, func(r *jsontext.Reader) error { _, _, err := r.Object(); return err }, "an object is expected"},
		{`{}`, func(r *jsontext.Reader) error { _, err := r.Array(); return err }, "an array is expected"},
	} {
		r := jsontext.NewReader(tt.text)
		if err := tt.call(r); err == nil || !strings.Contains(err.Error(), tt.want) || r.Offset() != 0 {
			t.Errorf("%s: %v, now at %d", tt.text, err, r.Offset())
		}
	}
}

func TestKindNames(t *testing.T) {
	for kind, want := range map[jsontext.Kind]string{
		jsontext.Invalid: "no value", jsontext.Null: "null", jsontext.Bool: "a boolean", jsontext.Number: "a number",
		jsontext.String: "a string", jsontext.Array: "an array", jsontext.Object: "an object",
	} {
		if kind.String() != want {
			t.Errorf("kind %d is %q, want %q", kind, kind, want)
		}
	}
}

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                  `""`,
		"a/b<>&é€𝄞":         `"a/b<>&é€𝄞"`,
		`"\`:                `"\"\\"`,
		"\n\r\t":            `"\n\r\t"`,
		"\x00\b\f\x1f\x7f":  "\"\\u0000\\u0008\\u000c\\u001f\x7f\"",
		"\u2028":            "\"\u2028\"",
		"a\xffb\xc3":        "\"a\ufffdb\ufffd\"",
		"\xed\xa0\x80 half": "\"\ufffd\ufffd\ufffd half\"",
	} {
		if got := string(jsontext.AppendString(nil, in)); got != want {
			t.Errorf("%q is printed as %s, want %s", in, got, want)
		}
	}
}

// An object of a million members is read by a map: were its names compared one by one, this test would not end. What is
// asserted is the result alone.
func TestAMillionMembers(t *testing.T) {
	const n = 1_000_000
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	start := b.Len()
	if err := jsontext.NewReader(b.String() + `"x":0}`).Skip(); err != nil {
		t.Error(err)
	}
	var e *jsontext.Error
	if err := jsontext.NewReader(b.String() + `"ABCDE":0}`).Skip(); !errors.As(err, &e) || e.Offset != start {
		t.Errorf("the repeated name is not found: %v", err)
	}
}

// Nesting is refused where it begins to be too deep; what comes behind is not read.
func TestDeepNestingIsRefusedEarly(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat(`[{"a":`, 50_000)} {
		err := jsontext.NewReader(text).Skip()
		var e *jsontext.Error
		if !errors.As(err, &e) || e.Offset > 6*jsontext.MaxDepth || !strings.Contains(e.Detail, "nested more than") {
			t.Errorf("%.12s…: %v", text, err)
		}
	}
}

func TestAllowDoubles(t *testing.T) {
	r := jsontext.NewReader(`{"a": 1, "A": 2, "a": 3}`)
	r.AllowDoubles()
	var names string
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		names += name
		if err := r.Skip(); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil || names != "aAa" {
		t.Errorf("the names are %q, %v", names, err)
	}
}

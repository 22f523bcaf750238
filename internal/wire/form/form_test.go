package form_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/wire/form"
)

func read(raw string) (url.Values, error) {
	values := url.Values{}
	err := form.Each(raw, func(name, value string) error {
		values.Add(name, value)
		return nil
	})
	return values, err
}

func TestForms(t *testing.T) {
	for raw, want := range map[string]url.Values{
		"":                         {},
		"a":                        {"a": {""}},
		"a=":                       {"a": {""}},
		"a=1&b=2":                  {"a": {"1"}, "b": {"2"}},
		"b=2&a=1&b=1":              {"a": {"1"}, "b": {"2", "1"}},
		"a=b=c":                    {"a": {"b=c"}},
		"a+b=c+d%2B":               {"a b": {"c d+"}},
		"%41ction=Get%55ser":       {"Action": {"GetUser"}},
		"a=%C3%a9%F0%9F%98%80%00":  {"a": {"é😀\x00"}},
		"Tags.member.1.Key=a%26%3": nil,
		"a=%zz":                    nil,
		"a=%":                      nil,
		"%=a":                      nil,
		"a=1;b=2":                  nil,
		"a=1&":                     nil,
		"&a=1":                     nil,
		"a=1&&b=2":                 nil,
		"=1":                       nil,
		"a=%FF":                    nil, // not UTF-8
		"a=%C3":                    nil,
		"%ED%A0%80=1":              nil, // half a character
	} {
		got, err := read(raw)
		switch {
		case want == nil && !fault.Is(err, fault.MalformedQueryString):
			t.Errorf("%q is read as %v, %v; want a fault", raw, got, err)
		case want != nil && (err != nil || !reflect.DeepEqual(got, want)):
			t.Errorf("%q is read as %v, %v; want %v", raw, got, err, want)
		}
	}
}

func TestTooManyParametersAreRefused(t *testing.T) {
	if _, err := read(strings.Repeat("a=1&", form.MaxParameters-1) + "a=1"); err != nil {
		t.Error(err)
	}
	if _, err := read(strings.Repeat("a=1&", form.MaxParameters) + "a=1"); !fault.Is(err, fault.MalformedQueryString) {
		t.Errorf("one too many: %v", err)
	}
}

// FuzzEach compares with net/url: what is accepted here means the same there.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{"Action=GetUser&UserName=a%2Bb", "a=1;b", "a&b=%zz", "a+=%20&&", "é=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := read(raw)
		if err != nil {
			if !fault.Is(err, fault.MalformedQueryString) {
				t.Fatal(err)
			}
			return
		}
		want, err := url.ParseQuery(raw)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %v; net/url says %v, %v", raw, got, want, err)
		}
	})
}

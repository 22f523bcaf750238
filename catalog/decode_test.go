package catalog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// small is a definition with something of everything.
func small() Definition {
	return Definition{Version: "1", Services: map[string]ServiceDefinition{
		"queue": {
			Name: "Queues", RCP: true,
			Keys: map[string]string{"aws:TagKeys": "ArrayOfString", "queue:Age": "Numeric", "queue:Tag/${Key}": "String"},
			Resources: map[string]ResourceDefinition{
				"Queue":   {"arn:${Partition}:queue:${Region}:${Account}:${Name}", []string{"queue:Tag/${Key}"}},
				"message": {"arn:${Partition}:queue:${Region}:${Account}:${Name}/${Id}", []string{}},
			},
			Actions: map[string]ActionDefinition{
				"Push": {"Write", []TargetDefinition{{"Queue", true, []string{"queue:Age"}}, {"message", false, nil}}, []string{"queue:Age", "aws:TagKeys"}},
				"Tag":  {"Tagging, Write", []TargetDefinition{{"Queue", true, nil}}, nil},
				"list": {"List", nil, nil},
			},
		},
		"other": {
			Name: "Others", Keys: map[string]string{}, Resources: map[string]ResourceDefinition{}, Actions: map[string]ActionDefinition{},
		},
	}}
}

func TestNewAndDefinitionAreInverse(t *testing.T) {
	c, err := New(small())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Definition(); !reflect.DeepEqual(got, small()) {
		t.Errorf("%+v", got)
	}
}

func TestMarshalBinaryAndDecodeAreInverse(t *testing.T) {
	c, err := New(small())
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.Definition(), small()) {
		t.Errorf("%+v", again.Definition())
	}
	if twice, err := again.MarshalBinary(); err != nil || !bytes.Equal(twice, data) {
		t.Errorf("other bytes the second time, %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		claim  string
		change func(*Definition, *ServiceDefinition)
		want   string
	}{
		{"no version", func(d *Definition, _ *ServiceDefinition) { d.Version = "" }, `the name "" is not valid`},
		{"a service without a name", func(_ *Definition, s *ServiceDefinition) { s.Name = "" }, `service "queue": the name "" is not valid`},
		{"a line break", func(_ *Definition, s *ServiceDefinition) { s.Name = "a\nb" }, `the name "a\nb" is not valid`},
		{"two services that differ in case", func(d *Definition, s *ServiceDefinition) { d.Services["QUEUE"] = *s }, `the name "queue" beside "QUEUE" is not valid`},
		{"two actions that differ in case", func(_ *Definition, s *ServiceDefinition) { s.Actions["PUSH"] = ActionDefinition{Access: "Read"} }, `the name "Push" beside "PUSH" is not valid`},
		{"two keys that differ in case", func(_ *Definition, s *ServiceDefinition) { s.Keys["queue:age"] = "String" }, `the name "queue:age" beside "queue:Age" is not valid`},
		{"two types that differ in case", func(_ *Definition, s *ServiceDefinition) {
			s.Resources["queue"] = ResourceDefinition{ARN: "arn:aws:queue:::q"}
		}, `the name "queue" beside "Queue" is not valid`},
		{"a long name", func(_ *Definition, s *ServiceDefinition) {
			s.Actions[strings.Repeat("a", 256)] = ActionDefinition{Access: "Read"}
		}, "of more than 255 bytes, is not valid"},
		{"an unknown type of key", func(_ *Definition, s *ServiceDefinition) { s.Keys["queue:Age"] = "Time" }, `the type "Time" of queue:Age is not valid`},
		{"an unknown access level", func(_ *Definition, s *ServiceDefinition) { s.Actions["list"] = ActionDefinition{Access: "Look"} }, `the access level "Look" of list is not valid`},
		{"an undefined key", func(_ *Definition, s *ServiceDefinition) { delete(s.Keys, "queue:Age") }, `the undefined key "queue:Age" is not valid`},
		{"an undefined type", func(_ *Definition, s *ServiceDefinition) { delete(s.Resources, "Queue") }, `the undefined resource type "Queue" of Push is not valid`},
		{"a type without ARNs", func(_ *Definition, s *ServiceDefinition) { s.Resources["Queue"] = ResourceDefinition{} }, `the name "" is not valid`},
	} {
		d := small()
		s := d.Services["queue"]
		test.change(&d, &s)
		d.Services["queue"] = s
		if _, err := New(d); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.claim, err, test.want)
		}
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	data := embedded
	check := func(what string, data []byte) {
		t.Helper()
		if _, err := Decode(data); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("nothing", nil)
	check("text", []byte("catalog"))
	check("the first half", data[:len(data)/2])
	check("all but the last byte", data[:len(data)-1])
	for _, at := range []int{20, len(data) / 3, len(data) - 6} {
		bad := bytes.Clone(data)
		bad[at] ^= 4
		check("a changed byte", bad)
	}
	check("another format", compress("writ catalog 2\n"))
	check("too much", compress(magic+strings.Repeat("a", limit)))

	plain, err := small().encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range plain {
		if _, err := decode(string(plain[:n])); !errors.Is(err, ErrFormat) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	if _, err := decode(string(plain) + "\x00"); !errors.Is(err, ErrFormat) {
		t.Errorf("one byte more: %v", err)
	}
}

func compress(plain string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(plain))
	w.Close()
	return b.Bytes()
}

// FuzzDecode decodes damaged data; what decodes nevertheless has to serve without a panic and to survive a round trip.
func FuzzDecode(f *testing.F) {
	plain, err := small().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	for i := range plain {
		bad := bytes.Clone(plain)
		bad[i]++
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Decode(data)
		c, err := decode(string(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v does not wrap ErrFormat", err)
			}
			return
		}
		for a := range c.Expand("*") {
			a.Key("aws:TagKeys")
			c.Action(a.String())
		}
		for s := range c.Services() {
			s.Match("arn:aws:queue:eu-west-1:111122223333:a/b")
			c.Key(s.Prefix() + ":Tag/a")
		}
		again, err := New(c.Definition())
		if err != nil {
			// Encoded data may have an action without access level, a definition may not.
			if strings.Contains(err.Error(), `the access level ""`) {
				return
			}
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Definition(), c.Definition()) {
			t.Error("another catalog after a round trip")
		}
	})
}

package awsquery

import (
	"cmp"
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/form"
)

const (
	// maxIndex is the highest N of List.member.N, so that a number cannot ask for memory.
	maxIndex = form.MaxParameters
	// maxDepth is how many parts a parameter's name may have. No model needs more than 10.
	maxDepth = 32
)

func malformed(format string, args ...any) *fault.Fault {
	return fault.New(wire.MalformedInput, format, args...)
}

// Form returns where a request's parameters stand: in the body if there is one, else in the query string. Both at once are refused, but for
// what a presigned request has to have in the query string (X-Amz-…).
func Form(r *wire.Request) (string, error) {
	if len(r.Body) == 0 {
		return r.RawQuery, nil
	}
	if r.Method == "GET" || r.Method == "HEAD" {
		return "", fault.New(fault.MalformedQueryString, "A %s request must not have a body.", r.Method)
	}
	err := form.Each(r.RawQuery, func(name, _ string) error {
		if strings.HasPrefix(name, "X-Amz-") {
			return nil
		}
		return fault.New(fault.MalformedQueryString, "Parameters must stand in the body or in the query string, not in both.")
	})
	return string(r.Body), err
}

type parameter struct{ name, value string }

// Decode implements wire.Codec. Faults are MalformedQueryString for what is no form and MalformedInput for what does not fit the operation.
func (Codec) Decode(op *model.Operation, r *wire.Request, in any) error {
	v, err := wire.Value(op.Input, in)
	if err != nil {
		return fault.Internal(err)
	}
	raw, err := Form(r)
	if err != nil {
		return err
	}
	parameters := make([]parameter, 0, min(strings.Count(raw, "&")+1, form.MaxParameters))
	err = form.Each(raw, func(name, value string) error {
		if strings.Count(name, ".") >= maxDepth {
			return malformed("The name of a parameter has too many parts.")
		}
		parameters = append(parameters, parameter{name, value})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(parameters, func(a, b parameter) int { return compare(a.name, b.name) })
	for i := 1; i < len(parameters); i++ {
		if parameters[i-1].name == parameters[i].name {
			return fault.New(fault.MalformedQueryString, "A parameter stands twice.")
		}
	}
	for _, p := range parameters {
		for _, known := range [...]string{"Action", "Version"} {
			if p.name != known && strings.EqualFold(p.name, known) {
				return fault.New(fault.MalformedQueryString, "A parameter is called almost %s.", known)
			}
		}
	}
	if op.Input == nil {
		return nil
	}
	return structure(op.Input, parameters, 0, v)
}

// compare sorts names so that all that begin with the same parts stand together: the dot comes before everything.
func compare(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			switch {
			case a[i] == '.':
				return -1
			case b[i] == '.':
				return 1
			}
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// group returns the part of the first parameter's name that begins at offset and all parameters that have it there.
func group(ps []parameter, offset int) (part string, same, rest []parameter) {
	part, _, _ = strings.Cut(ps[0].name[offset:], ".")
	n := 1
	for n < len(ps) {
		other := ps[n].name[offset:]
		if !strings.HasPrefix(other, part) || len(other) > len(part) && other[len(part)] != '.' {
			break
		}
		n++
	}
	return part, ps[:n], ps[n:]
}

// structure reads parameters, whose names go on at offset with members' names.
func structure(shape *model.Shape, ps []parameter, offset int, v reflect.Value) error {
	for len(ps) > 0 {
		var part string
		var same []parameter
		part, same, ps = group(ps, offset)
		i := member(shape, part)
		if i < 0 {
			for _, m := range shape.Members {
				if strings.EqualFold(m.WireName, part) {
					return malformed("A parameter is called almost %s.", same[0].name[:offset]+m.WireName)
				}
			}
			continue
		}
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if err := value(shape.Members[i].Shape, same, offset+len(part), f); err != nil {
			return err
		}
	}
	return nil
}

func member(shape *model.Shape, name string) int {
	for i, m := range shape.Members {
		if m.WireName == name {
			return i
		}
	}
	return -1
}

// value reads parameters whose names begin with the first end bytes of the first one's.
func value(shape *model.Shape, ps []parameter, end int, v reflect.Value) error {
	here, under := ps[:0], ps
	if len(ps[0].name) == end {
		here, under = ps[:1], ps[1:]
	}
	name := ps[0].name[:end]
	switch shape.Kind {
	case model.Structure, model.List, model.Map:
		// SDKs write an empty list as Tags=.
		if len(here) > 0 && (here[0].value != "" || len(under) > 0) {
			return malformed("%s has parts and cannot have a value itself.", name)
		}
	default:
		if len(under) > 0 {
			return malformed("%s has no parts.", name)
		}
		return scalar(shape, here[0], v)
	}
	if len(under) == 0 {
		switch shape.Kind {
		case model.List:
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		case model.Map:
			v.Set(reflect.MakeMap(v.Type()))
		}
		return nil
	}
	switch shape.Kind {
	case model.Structure:
		return structure(shape, under, end+1, v)
	case model.List:
		return list(shape, under, end+1, v)
	}
	return mapping(shape, under, end+1, v)
}

// item is what has one index.
type item struct {
	index, end int
	ps         []parameter
}

// items groups parameters whose names go on at offset with word.N, and sorts them by N, which may have gaps.
func items(ps []parameter, offset int, word string) ([]item, error) {
	var all []item
	for len(ps) > 0 {
		var part string
		var same []parameter
		part, same, ps = group(ps, offset)
		name := same[0].name
		end := offset + len(part)
		if part != word || len(name) == end {
			return nil, malformed("%s… must go on with %s.N.", name[:offset], word)
		}
		for len(same) > 0 {
			var digits string
			var one []parameter
			digits, one, same = group(same, end+1)
			n, err := strconv.ParseUint(digits, 10, 31)
			if err != nil || n == 0 || n > maxIndex || digits[0] < '1' || digits[0] > '9' {
				return nil, malformed("%s… must go on with a number from 1 to %d.", name[:end+1], maxIndex)
			}
			all = append(all, item{int(n), end + 1 + len(digits), one})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return cmp.Compare(a.index, b.index) })
	return all, nil
}

func list(shape *model.Shape, ps []parameter, offset int, v reflect.Value) error {
	all, err := items(ps, offset, "member")
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(all), len(all)))
	for i, it := range all {
		if err := value(shape.Elem, it.ps, it.end, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func mapping(shape *model.Shape, ps []parameter, offset int, v reflect.Value) error {
	all, err := items(ps, offset, "entry")
	if err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(all)))
	for _, it := range all {
		entry := it.ps[0].name[:it.end]
		var key *parameter
		elem := reflect.New(v.Type().Elem()).Elem()
		found := false
		for ps := it.ps; len(ps) > 0; {
			if len(ps[0].name) == it.end {
				return malformed("%s has parts and cannot have a value itself.", entry)
			}
			var part string
			var same []parameter
			part, same, ps = group(ps, it.end+1)
			switch {
			case part == "key" && len(same) == 1 && same[0].name == entry+".key":
				key = &same[0]
			case part == "value":
				found = true
				if err := value(shape.Elem, same, it.end+1+len(part), elem); err != nil {
					return err
				}
			default:
				return malformed("%s has a key and a value, nothing else.", entry)
			}
		}
		if key == nil || !found {
			return malformed("%s must have a key and a value.", entry)
		}
		k := reflect.ValueOf(key.value)
		if v.MapIndex(k).IsValid() {
			return malformed("%s has the key of another entry.", entry)
		}
		v.SetMapIndex(k, elem)
	}
	return nil
}

func scalar(shape *model.Shape, p parameter, v reflect.Value) error {
	switch shape.Kind {
	case model.String:
		v.SetString(p.value)
		return nil
	case model.Boolean:
		switch p.value {
		case "true", "1":
			v.SetBool(true)
		case "false", "0":
			v.SetBool(false)
		default:
			return malformed("boolean must follow xsd1.1 definition")
		}
		return nil
	case model.Integer, model.Long:
		n, err := strconv.ParseInt(p.value, 10, v.Type().Bits())
		if err != nil || p.value[0] == '+' {
			return malformed("The value of %s is no integer, or too large.", p.name)
		}
		v.SetInt(n)
		return nil
	case model.Float, model.Double:
		f, err := strconv.ParseFloat(p.value, 64)
		if err != nil || strings.Trim(p.value, "+-.0123456789eE") != "" {
			return malformed("The value of %s is no number.", p.name)
		}
		v.SetFloat(f)
		return nil
	case model.Timestamp:
		var t time.Time
		ok := false
		switch wire.TimeFormat(shape, wire.ISO8601) {
		case wire.Unix:
			t, ok = wire.ParseUnix(p.value)
		default:
			t, ok = wire.ParseISO(p.value)
		}
		if !ok {
			return malformed("The value of %s is no timestamp.", p.name)
		}
		v.Set(reflect.ValueOf(t))
		return nil
	case model.Blob:
		b, err := base64.StdEncoding.Strict().DecodeString(p.value)
		if err != nil {
			return malformed("The value of %s is not base64.", p.name)
		}
		v.SetBytes(b)
		return nil
	}
	return malformed("%s cannot be written in this protocol.", p.name)
}

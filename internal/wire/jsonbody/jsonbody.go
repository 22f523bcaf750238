// Package jsonbody reads and writes values of a model as JSON, for the two protocols that have JSON bodies.
//
// It reads as strictly as package jsontext: no member twice, none that differs from a known one in case only. Members that the model does
// not know are ignored, and null is the same as nothing. Faults are SerializationException and never repeat a value.
package jsonbody

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
)

func malformed(format string, args ...any) *fault.Fault {
	return fault.New(wire.SerializationException, format, args...)
}

// syntax makes a Fault of an error of jsontext, without the text of it that could repeat what was sent.
func syntax(err error) error {
	f := malformed("The request body is not the JSON that was expected.")
	f.Cause = err
	return f
}

// maxElements is how many elements of lists and maps a body may have. [{},{},… needs three bytes for each, and memory for a whole struct.
const maxElements = 20_000

// reader is jsontext's, with the number of elements that may still come.
type reader struct {
	*jsontext.Reader
	left int
}

func (r *reader) element() error {
	if r.left--; r.left < 0 {
		return malformed("The request body has too many elements.")
	}
	return nil
}

// Decode reads a body that holds one value of a shape. Members of a structure that stand elsewhere than in the body are left alone. A body
// without anything in it is an empty structure.
func Decode(body []byte, shape *model.Shape, v reflect.Value) error {
	if shape.Kind == model.Structure && len(body) == 0 {
		return nil
	}
	r := &reader{jsontext.NewReader(string(body)), maxElements}
	if err := value(r, shape, v); err != nil {
		return err
	}
	if err := r.Finish(); err != nil {
		return syntax(err)
	}
	return nil
}

// kindNames is what AWS calls kinds of JSON values.
var kindNames = map[jsontext.Kind]string{
	jsontext.Bool: "TRUE_VALUE", jsontext.Number: "NUMBER_VALUE", jsontext.String: "STRING_VALUE", jsontext.Array: "START_ARRAY", jsontext.Object: "START_OBJECT",
	jsontext.Null: "NULL_VALUE",
}

func want(r *reader, kind jsontext.Kind, what string) error {
	next := r.Next()
	if next == kind {
		return nil
	}
	if name, ok := kindNames[next]; ok {
		return malformed("%s can not be converted to %s", name, what)
	}
	return malformed("The request body is not the JSON that was expected.")
}

func value(r *reader, shape *model.Shape, v reflect.Value) error {
	switch shape.Kind {
	case model.Structure:
		return structure(r, shape, v)
	case model.List:
		return list(r, shape, v)
	case model.Map:
		return mapping(r, shape, v)
	case model.Document:
		raw, err := r.Raw()
		if err != nil {
			return syntax(err)
		}
		v.SetBytes([]byte(raw))
		return nil
	case model.Boolean:
		if err := want(r, jsontext.Bool, "a Boolean"); err != nil {
			return err
		}
		b, err := r.Bool()
		if err != nil {
			return syntax(err)
		}
		v.SetBool(b)
		return nil
	case model.Integer, model.Long:
		text, err := number(r, "an Integer")
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return malformed("A number is no integer, or too large.")
		}
		v.SetInt(n)
		return nil
	case model.Float, model.Double:
		text, err := number(r, "a Double")
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return malformed("A number is too large.")
		}
		v.SetFloat(f)
		return nil
	case model.Timestamp:
		return timestamp(r, shape, v)
	}
	if err := want(r, jsontext.String, "a String"); err != nil {
		return err
	}
	s, err := r.String()
	if err != nil {
		return syntax(err)
	}
	if shape.Kind == model.Blob {
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil {
			return malformed("A blob is not base64.")
		}
		v.SetBytes(b)
		return nil
	}
	v.SetString(s)
	return nil
}

func number(r *reader, what string) (string, error) {
	if err := want(r, jsontext.Number, what); err != nil {
		return "", err
	}
	text, err := r.Number()
	if err != nil {
		return "", syntax(err)
	}
	return text, nil
}

func timestamp(r *reader, shape *model.Shape, v reflect.Value) error {
	var t time.Time
	ok := false
	switch wire.TimeFormat(shape, wire.Unix) {
	case wire.ISO8601:
		if err := want(r, jsontext.String, "a Timestamp"); err != nil {
			return err
		}
		s, err := r.String()
		if err != nil {
			return syntax(err)
		}
		t, ok = wire.ParseISO(s)
	default:
		text, err := number(r, "a Timestamp")
		if err != nil {
			return err
		}
		t, ok = wire.ParseUnix(text)
	}
	if !ok {
		return malformed("A timestamp is none.")
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func structure(r *reader, shape *model.Shape, v reflect.Value) error {
	if err := want(r, jsontext.Object, "a structure"); err != nil {
		return err
	}
	set := 0
	name, ok, err := r.Object()
	for ; ok; name, ok, err = r.Member() {
		if r.Next() == jsontext.Null {
			if err := r.Null(); err != nil {
				return syntax(err)
			}
			continue
		}
		i, err := member(shape, name)
		if err != nil {
			return err
		}
		if i < 0 {
			if shape.Union {
				return malformed("A union has a member that is not known.")
			}
			if err := r.Skip(); err != nil {
				return syntax(err)
			}
			continue
		}
		set++
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if err := value(r, shape.Members[i].Shape, f); err != nil {
			return err
		}
	}
	if err != nil {
		return syntax(err)
	}
	if shape.Union && set != 1 {
		return malformed("A union must have exactly one member.")
	}
	return nil
}

// member returns the index of a member of the body, -1 if there is none.
func member(shape *model.Shape, name string) (int, error) {
	for i, m := range shape.Members {
		if m.Location == "" && m.WireName == name {
			return i, nil
		}
	}
	for _, m := range shape.Members {
		if m.Location == "" && strings.EqualFold(m.WireName, name) {
			return -1, malformed("A member is called almost %s.", m.WireName)
		}
	}
	return -1, nil
}

func list(r *reader, shape *model.Shape, v reflect.Value) error {
	if err := want(r, jsontext.Array, "a list"); err != nil {
		return err
	}
	ok, err := r.Array()
	elems := reflect.MakeSlice(v.Type(), 0, 0)
	for ; ok; ok, err = r.Element() {
		if err := r.element(); err != nil {
			return err
		}
		elems = reflect.Append(elems, reflect.Zero(v.Type().Elem()))
		if err := value(r, shape.Elem, elems.Index(elems.Len()-1)); err != nil {
			return err
		}
	}
	if err != nil {
		return syntax(err)
	}
	v.Set(elems)
	return nil
}

func mapping(r *reader, shape *model.Shape, v reflect.Value) error {
	if err := want(r, jsontext.Object, "a map"); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(v.Type()))
	name, ok, err := r.Object()
	for ; ok; name, ok, err = r.Member() {
		if r.Next() == jsontext.Null {
			if err := r.Null(); err != nil {
				return syntax(err)
			}
			continue
		}
		if err := r.element(); err != nil {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := value(r, shape.Elem, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name), elem)
	}
	if err != nil {
		return syntax(err)
	}
	return nil
}

// Append writes a value. Members of a structure that stand elsewhere than in the body are left out.
func Append(b []byte, shape *model.Shape, v reflect.Value) ([]byte, error) {
	var err error
	switch shape.Kind {
	case model.Structure:
		b = append(b, '{')
		first := true
		for i, m := range shape.Members {
			f := v.Field(i)
			if f.IsNil() || m.Location != "" {
				continue
			}
			if f.Kind() == reflect.Pointer {
				f = f.Elem()
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = jsontext.AppendString(b, m.WireName)
			b = append(b, ':')
			if b, err = Append(b, m.Shape, f); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
		return append(b, '}'), nil
	case model.List:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = Append(b, shape.Elem, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case model.Map:
		b = append(b, '{')
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for i, key := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = jsontext.AppendString(b, key.String())
			b = append(b, ':')
			if b, err = Append(b, shape.Elem, v.MapIndex(key)); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case model.String:
		return jsontext.AppendString(b, v.String()), nil
	case model.Boolean:
		return strconv.AppendBool(b, v.Bool()), nil
	case model.Integer, model.Long:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case model.Float, model.Double:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%v is no number of JSON", f)
		}
		return strconv.AppendFloat(b, f, 'g', -1, 64), nil
	case model.Timestamp:
		if wire.TimeFormat(shape, wire.Unix) == wire.ISO8601 {
			b = append(b, '"')
			b = wire.AppendISO(b, wire.Time(v))
			return append(b, '"'), nil
		}
		return wire.AppendUnix(b, wire.Time(v)), nil
	case model.Blob:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
		return append(b, '"'), nil
	}
	// A document is JSON already, but not necessarily as it was read.
	r := jsontext.NewReader(string(v.Bytes()))
	raw, err := r.Raw()
	if err == nil {
		err = r.Finish()
	}
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return append(b, raw...), nil
}

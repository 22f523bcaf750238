// Package wire is what the protocols have in common: the form of a codec, the constraints of the models, and what an error is called.
//
// A codec (awsquery, awsjson, restjson) reads an HTTP request into an operation's generated input and writes a generated output, both by the
// model; nothing is generated for a protocol.
//
//	in, _ := iamapi.New("CreateUser")
//	err := codec.Decode(op, &wire.Request{…}, in)   // *fault.Fault, in the protocol's words
//	err = wire.Check(op, in)                         // 1 validation error detected: Value at 'userName' failed to …
//	err = codec.Encode(op, out, requestID, &answer)
//
// Codecs and Check rest on one fact about generated structs: field i is member i of the shape. Agree is that fact's test.
package wire

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
)

// Request is what a codec reads: a call's HTTP request with its whole body.
type Request struct {
	Method   string
	Path     string // as it was sent, escaped
	RawQuery string
	Header   http.Header
	Body     []byte
}

// Answer is what a codec writes.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // codecs append to it
}

// Set sets a header, which must be given in its canonical form.
func (a *Answer) Set(name, value string) {
	if a.Header == nil {
		a.Header = make(http.Header, 4)
	}
	a.Header[name] = []string{value}
}

// RequestID is the header that carries the request's id, in canonical form.
const RequestID = "X-Amzn-Requestid"

// Codec reads and writes one protocol. It keeps nothing and may be used by many at once.
type Codec interface {
	// Decode reads a request into in, a pointer to the operation's generated input. Every error is a *fault.Fault, and none of them
	// repeats a value: it may be a secret.
	Decode(op *model.Operation, r *Request, in any) error
	// Encode writes an answer: out is a pointer to the operation's generated output. An error means that out is not what op answers.
	Encode(op *model.Operation, out any, requestID string, a *Answer) error
	// Fault writes an error. svc is nil for an error of a call that names no service.
	Fault(svc *model.Service, f *fault.Fault, requestID string, a *Answer)
}

// Value returns the struct that p points to, which is to hold a shape, nil being one without members. The error says that it does not.
func Value(shape *model.Shape, p any) (reflect.Value, error) {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
		return reflect.Value{}, fmt.Errorf("wire: %T is not a pointer to a struct", p)
	}
	v = v.Elem()
	members := 0
	if shape != nil {
		members = len(shape.Members)
	}
	if v.NumField() != members {
		return reflect.Value{}, fmt.Errorf("wire: %s does not hold %s", v.Type(), shapeName(shape))
	}
	return v, nil
}

func shapeName(shape *model.Shape) string {
	if shape == nil {
		return "an empty structure"
	}
	return shape.Name
}

// Agree reports an error if a Go type is not what apigen makes of a shape. It is for tests.
func Agree(shape *model.Shape, t reflect.Type) error {
	return agree(shape, t, make(map[*model.Shape]bool))
}

func agree(shape *model.Shape, t reflect.Type, seen map[*model.Shape]bool) error {
	if shape == nil {
		if t.Kind() != reflect.Struct || t.NumField() != 0 {
			return fmt.Errorf("%s is no empty struct", t)
		}
		return nil
	}
	if seen[shape] {
		return nil
	}
	want := reflect.String
	switch shape.Kind {
	case model.Structure:
		seen[shape] = true
		if t.Kind() != reflect.Struct || t.NumField() != len(shape.Members) {
			return fmt.Errorf("%s has not the members of %s", t, shape.Name)
		}
		for i, m := range shape.Members {
			f := t.Field(i)
			if !strings.EqualFold(f.Name, m.Name) {
				return fmt.Errorf("field %d of %s is %s, want %s", i, t, f.Name, m.Name)
			}
			ft := f.Type
			switch m.Shape.Kind {
			case model.List, model.Map, model.Blob, model.Document:
			default:
				if ft.Kind() != reflect.Pointer {
					return fmt.Errorf("%s.%s is no pointer", t, f.Name)
				}
				ft = ft.Elem()
			}
			if err := agree(m.Shape, ft, seen); err != nil {
				return fmt.Errorf("%s.%s: %w", t, f.Name, err)
			}
		}
		return nil
	case model.List:
		if t.Kind() != reflect.Slice {
			return fmt.Errorf("%s is no slice", t)
		}
		return agree(shape.Elem, t.Elem(), seen)
	case model.Map:
		if t.Kind() != reflect.Map || t.Key().Kind() != reflect.String {
			return fmt.Errorf("%s is no map of strings", t)
		}
		return agree(shape.Elem, t.Elem(), seen)
	case model.Timestamp:
		if t.String() != "time.Time" {
			return fmt.Errorf("%s is no time", t)
		}
		return nil
	case model.Blob, model.Document:
		if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8 {
			return fmt.Errorf("%s is not []byte", t)
		}
		return nil
	case model.Boolean:
		want = reflect.Bool
	case model.Integer:
		want = reflect.Int32
	case model.Long:
		want = reflect.Int64
	case model.Float, model.Double:
		want = reflect.Float64
	}
	if t.Kind() != want {
		return fmt.Errorf("%s is no %s", t, want)
	}
	return nil
}

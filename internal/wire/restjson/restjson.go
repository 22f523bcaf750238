// Package restjson is the codec of REST-JSON, which Access Analyzer and others speak: the operation is in method and path, members of the input
// in path, query string, headers and a JSON body.
//
//	GET /analyzer/{analyzerName}/archive-rule?maxResults=5&nextToken=…
//
// What the models do not use (output in headers, lists in headers, greedy labels) is not here.
package restjson

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/form"
	"github.com/writ-iam/writ/internal/wire/jsonbody"
)

// Codec is the codec. Its zero value is ready.
type Codec struct{}

var _ wire.Codec = Codec{}

const contentType = "application/json"

func malformed(format string, args ...any) *fault.Fault {
	return fault.New(wire.SerializationException, format, args...)
}

// Decode implements wire.Codec. Faults are SerializationException, and MalformedQueryString for a query string that is none.
func (Codec) Decode(op *model.Operation, r *wire.Request, in any) error {
	v, err := wire.Value(op.Input, in)
	if err != nil {
		return fault.Internal(err)
	}
	input := op.Input
	if input == nil {
		input = &model.Shape{Kind: model.Structure}
	}
	body, bv := input, v
	if m := input.Payload; m != nil && len(r.Body) > 0 {
		f := v.Field(slices.Index(input.Members, m))
		f.Set(reflect.New(f.Type().Elem())) // payloads are structures in all models
		body, bv = m.Shape, f.Elem()
	}
	if err := jsonbody.Decode(r.Body, body, bv); err != nil {
		return err
	}
	if err := labels(op, r.Path, v); err != nil {
		return err
	}
	if err := query(op, r.RawQuery, v); err != nil {
		return err
	}
	return headers(input, r.Header, v)
}

// field returns the field of the member that stands at a location under a name, an invalid value if there is none.
func field(input *model.Shape, location, name string, v reflect.Value) (*model.Member, reflect.Value) {
	if input != nil {
		for i, m := range input.Members {
			if m.Location == location && m.WireName == name {
				return m, v.Field(i)
			}
		}
	}
	return nil, reflect.Value{}
}

func labels(op *model.Operation, path string, v reflect.Value) error {
	template, _, _ := strings.Cut(op.URI, "?")
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return malformed("The path is not that of %s.", op.Name)
	}
	for i, part := range want {
		text, err := url.PathUnescape(got[i])
		if err != nil || !utf8.ValidString(text) {
			return malformed("The path has a bad escape.")
		}
		label, ok := strings.CutPrefix(part, "{")
		if !ok {
			if text != part {
				return malformed("The path is not that of %s.", op.Name)
			}
			continue
		}
		m, f := field(op.Input, "uri", strings.TrimSuffix(label, "}"), v)
		if m == nil || text == "" {
			return malformed("The path is not that of %s.", op.Name)
		}
		if err := scalar(m, text, f); err != nil {
			return err
		}
	}
	return nil
}

func query(op *model.Operation, raw string, v reflect.Value) error {
	seen := make(map[string]bool)
	return form.Each(raw, func(name, value string) error {
		m, f := field(op.Input, "querystring", name, v)
		if m == nil {
			if op.Input != nil {
				for _, m := range op.Input.Members {
					if m.Location == "querystring" && strings.EqualFold(m.WireName, name) {
						return malformed("A parameter is called almost %s.", m.WireName)
					}
				}
			}
			return nil
		}
		if m.Shape.Kind == model.List {
			f.Set(reflect.Append(f, reflect.ValueOf(value)))
			return nil
		}
		if seen[name] {
			return malformed("%s stands twice.", name)
		}
		seen[name] = true
		return scalar(m, value, f)
	})
}

func headers(input *model.Shape, header http.Header, v reflect.Value) error {
	for i, m := range input.Members {
		if m.Location != "header" {
			continue
		}
		switch values := header[http.CanonicalHeaderKey(m.WireName)]; {
		case len(values) > 1:
			return malformed("%s stands twice.", m.WireName)
		case len(values) == 1 && !utf8.ValidString(values[0]):
			return malformed("%s is not UTF-8.", m.WireName)
		case len(values) == 1:
			if err := scalar(m, values[0], v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// scalar sets a field, a pointer, to what a text says.
func scalar(m *model.Member, text string, f reflect.Value) error {
	if f.Kind() != reflect.Pointer {
		return malformed("%s cannot stand there.", m.WireName)
	}
	p := reflect.New(f.Type().Elem())
	switch v := p.Elem(); m.Shape.Kind {
	case model.String:
		v.SetString(text)
	case model.Boolean:
		if text != "true" && text != "false" {
			return malformed("%s is no boolean.", m.WireName)
		}
		v.SetBool(text == "true")
	case model.Integer, model.Long:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil || text[0] == '+' {
			return malformed("%s is no integer, or too large.", m.WireName)
		}
		v.SetInt(n)
	default:
		return malformed("%s cannot stand there.", m.WireName)
	}
	f.Set(p)
	return nil
}

// Encode implements wire.Codec. An operation without output answers without a body.
func (Codec) Encode(op *model.Operation, out any, requestID string, a *wire.Answer) error {
	v, err := wire.Value(op.Output, out)
	if err != nil {
		return err
	}
	a.Status = op.Status
	a.Set(wire.RequestID, requestID)
	if op.Output == nil {
		return nil
	}
	a.Set("Content-Type", contentType)
	output := op.Output
	if m := output.Payload; m != nil {
		f := v.Field(slices.Index(output.Members, m))
		if f.IsNil() {
			return nil
		}
		output, v = m.Shape, f.Elem()
	}
	a.Body, err = jsonbody.Append(a.Body, output, v)
	return err
}

// Fault implements wire.Codec (sigv4.md §4).
func (Codec) Fault(svc *model.Service, f *fault.Fault, requestID string, a *wire.Answer) {
	name := wire.JSONName(svc, f.Code)
	a.Status = wire.Status(svc, f)
	a.Set("Content-Type", contentType)
	a.Set(wire.RequestID, requestID)
	a.Set("X-Amzn-Errortype", name)
	b := append(a.Body, '{')
	member := wire.MessageMember(svc, f)
	if svc != nil {
		if shape := svc.Error(name); shape != nil && shape.Member(description) != nil {
			// SSO OIDC answers as OAuth wants it (RFC 6749 §5.2).
			b = append(b, `"error":`...)
			b = jsontext.AppendString(b, oauthCode(name))
			b = append(b, ',')
			member = description
		}
	}
	b = jsontext.AppendString(b, member)
	b = append(b, ':')
	b = jsontext.AppendString(b, f.Message)
	a.Body = append(b, '}')
}

const description = "error_description"

// oauthCode is what OAuth calls an error: invalid_grant for InvalidGrantException.
func oauthCode(name string) string {
	var b []byte
	for i, c := range []byte(strings.TrimSuffix(name, "Exception")) {
		if 'A' <= c && c <= 'Z' {
			if i > 0 {
				b = append(b, '_')
			}
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

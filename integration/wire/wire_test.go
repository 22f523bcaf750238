// Package wire_test has the public AWS SDK for Go talk to our codecs: whatever it asks must arrive as it was meant, and whatever we answer must
// be read as it was written. Every operation of every model is tried with random values.
package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/awsjson"
	"github.com/writ-iam/writ/internal/wire/awsquery"
	"github.com/writ-iam/writ/internal/wire/restjson"
)

var codecs = map[model.Protocol]wire.Codec{model.Query: awsquery.Codec{}, model.JSON: awsjson.Codec{}, model.RESTJSON: restjson.Codec{}}

// rounds is how often each operation is tried.
const rounds = 20

const requestID = "7a62c49f-347e-4fc4-9331-6e8e0000000"

// endpoint is an HTTP server that does what the present test says.
type endpoint struct {
	*httptest.Server
	handle func(*wire.Request, *wire.Answer)
}

func newEndpoint(t *testing.T) *endpoint {
	e := new(endpoint)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		path, _, _ := strings.Cut(r.RequestURI, "?")
		var a wire.Answer
		e.handle(&wire.Request{Method: r.Method, Path: path, RawQuery: r.URL.RawQuery, Header: r.Header, Body: body}, &a)
		maps.Copy(w.Header(), a.Header)
		w.WriteHeader(a.Status)
		w.Write(a.Body)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(e.URL), HTTPClient: e.Client(), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// call calls an operation of an SDK client; ok is false if the client does not have it.
func call(client any, operation string, fill func(input reflect.Value)) (output reflect.Value, err error, ok bool) {
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		return reflect.Value{}, nil, false
	}
	input := reflect.New(method.Type().In(1).Elem())
	if fill != nil {
		fill(input.Elem())
	}
	result := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	err, _ = result[1].Interface().(error)
	return result[0], err, true
}

func eachService(t *testing.T, f func(t *testing.T, s *model.Service, sdk sdk, e *endpoint, client any)) {
	names := model.Names()
	if len(names) != len(sdks) {
		t.Fatalf("%d models, %d clients", len(names), len(sdks))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s, err := model.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			e := newEndpoint(t)
			f(t, s, sdks[name], e, sdks[name].client(e.config()))
		})
	}
}

// unknownToSDK are operations of the models that the SDK does not have. It has all.
var unknownToSDK []string

func TestSDKIsUnderstoodAndUnderstands(t *testing.T) {
	tried := 0
	var unknown []string
	eachService(t, func(t *testing.T, s *model.Service, sdk sdk, e *endpoint, client any) {
		for _, name := range slices.Sorted(maps.Keys(s.Operations)) {
			op := s.Operations[name]
			for round := range rounds {
				r := &random{rand: rand.New(rand.NewPCG(uint64(len(name)), uint64(round))), op: op}
				c := &converter{sdk: sdk}
				wantIn, wantOut := sdk.types(name)
				r.fill(op.Input, reflect.ValueOf(wantIn).Elem(), 0)
				r.fill(op.Output, reflect.ValueOf(wantOut).Elem(), 0)

				var serverErr error
				e.handle = func(req *wire.Request, a *wire.Answer) {
					gotIn, _ := sdk.types(name)
					codec := codecs[s.Protocol]
					if serverErr = codec.Decode(op, req, gotIn); serverErr == nil && !reflect.DeepEqual(normal(wantIn), normal(gotIn)) {
						serverErr = fmt.Errorf("decoded\n%s\nwant\n%s\nfrom %s %s?%s\n%s", show(gotIn), show(wantIn), req.Method, req.Path, req.RawQuery, req.Body)
					}
					if err := codec.Encode(op, wantOut, requestID, a); err != nil {
						serverErr = errors.Join(serverErr, err)
						a.Status = 500
					}
				}
				output, err, ok := call(client, name, func(input reflect.Value) { c.toSDK(op.Input, reflect.ValueOf(wantIn).Elem(), input, name) })
				if !ok {
					unknown = append(unknown, s.Name+" "+name)
					break
				}
				if serverErr != nil {
					t.Errorf("%s: %v", name, serverErr)
					break
				}
				if err != nil {
					t.Errorf("%s: the SDK does not understand: %v", name, err)
					break
				}
				_, gotOut := sdk.types(name)
				c.fromSDK(op.Output, output.Elem(), reflect.ValueOf(gotOut).Elem(), name)
				if len(c.problems) > 0 {
					t.Errorf("%s: %s", name, strings.Join(c.problems, "; "))
					break
				}
				if !reflect.DeepEqual(normal(wantOut), normal(gotOut)) {
					t.Errorf("%s: the SDK read\n%s\nwant\n%s", name, show(gotOut), show(wantOut))
					break
				}
				tried++
			}
		}
	})
	if !slices.Equal(unknown, unknownToSDK) {
		t.Errorf("the SDK does not have %q, expected %q", unknown, unknownToSDK)
	}
	if want := (505 - len(unknownToSDK)) * rounds; tried != want {
		t.Errorf("%d calls went through, want %d", tried, want)
	}
}

func TestTypesAgreeWithModels(t *testing.T) {
	eachService(t, func(t *testing.T, s *model.Service, sdk sdk, _ *endpoint, _ any) {
		for name, op := range s.Operations {
			in, out := sdk.types(name)
			if err := wire.Agree(op.Input, reflect.TypeOf(in).Elem()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := wire.Agree(op.Output, reflect.TypeOf(out).Elem()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if in, out := sdk.types("Nothing"); in != nil || out != nil {
			t.Error("an operation that does not exist has types")
		}
	})
}

func TestSDKReadsFaults(t *testing.T) {
	tried := 0
	eachService(t, func(t *testing.T, s *model.Service, _ sdk, e *endpoint, client any) {
		check := func(op *model.Operation, f *fault.Fault, wantCode string) {
			e.handle = func(_ *wire.Request, a *wire.Answer) { codecs[s.Protocol].Fault(s, f, requestID, a) }
			in, _ := sdks[s.Name].types(op.Name)
			r := &random{rand: rand.New(rand.NewPCG(1, 2)), op: op}
			r.fill(op.Input, reflect.ValueOf(in).Elem(), 0)
			c := &converter{sdk: sdks[s.Name]}
			_, err, _ := call(client, op.Name, func(input reflect.Value) { c.toSDK(op.Input, reflect.ValueOf(in).Elem(), input, op.Name) })
			var api smithy.APIError
			var response *smithyhttp.ResponseError
			switch {
			case !errors.As(err, &api) || !errors.As(err, &response):
				t.Errorf("%s %s: the SDK has %v", op.Name, f.Code, err)
			case s.Error(wantCode) != nil && s.Error(wantCode).Member("error_description") != nil:
				// The SDK leaves the message of OAuth's errors empty.
				if got := reflect.ValueOf(api).Elem().FieldByName("Error_description"); api.ErrorCode() != wantCode || got.IsNil() || got.Elem().String() != f.Message {
					t.Errorf("%s %s: the SDK reads %#v", op.Name, f.Code, api)
				}
			case api.ErrorCode() != wantCode || api.ErrorMessage() != f.Message || response.HTTPStatusCode() != wire.Status(s, f):
				t.Errorf("%s %s: the SDK reads %s %q, status %d; want %s %q", op.Name, f.Code, api.ErrorCode(), api.ErrorMessage(), response.HTTPStatusCode(), wantCode, f.Message)
			case s.Error(f.Code) != nil && strings.Contains(fmt.Sprintf("%T", api), "GenericAPIError"):
				t.Errorf("%s %s: the SDK makes a %T of it", op.Name, f.Code, api)
			}
			tried++
		}
		seen := make(map[string]bool)
		for _, name := range slices.Sorted(maps.Keys(s.Operations)) {
			op := s.Operations[name]
			for _, shape := range op.Errors {
				if !seen[shape.Code] {
					seen[shape.Code] = true
					check(op, fault.New(shape.Code, "%s", `<a & "b"> é`), shape.Code)
				}
			}
		}
		op := s.Operations[slices.Sorted(maps.Keys(s.Operations))[0]]
		for _, code := range []string{fault.SignatureDoesNotMatch, fault.IncompleteSignature, fault.InvalidClientTokenID} {
			want := code
			if s.Protocol != model.Query {
				want = wire.JSONName(s, code)
			}
			check(op, fault.New(code, "%s", "no"), want)
		}
	})
	if tried < 200 {
		t.Errorf("only %d faults tried", tried)
	}
}

func show(v any) string {
	b, err := json.Marshal(normal(v))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// normal makes values comparable: times are texts, documents have no white space, what is absent is left out.
func normal(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return prune(out)
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
			} else {
				v[k] = prune(e)
			}
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}

// random fills structs with values that a protocol can carry.
type random struct {
	rand *rand.Rand
	op   *model.Operation
}

func (r *random) fill(shape *model.Shape, v reflect.Value, depth int) {
	if shape == nil {
		return
	}
	only := -1
	if shape.Union {
		only = r.rand.IntN(len(shape.Members))
	}
	for i, m := range shape.Members {
		switch {
		case shape.Union && i != only:
			continue
		case depth > 5 && !m.Required && !shape.Union:
			continue
		// SDKs complain if what is required is missing, and invent idempotency tokens.
		case !m.Required && !shape.Union && !m.IdempotencyToken && r.rand.IntN(4) == 0:
			continue
		}
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		r.value(m, m.Shape, f, depth+1)
	}
}

func (r *random) value(m *model.Member, shape *model.Shape, v reflect.Value, depth int) {
	switch shape.Kind {
	case model.Structure:
		r.fill(shape, v, depth)
		if v.IsZero() && len(shape.Members) > 0 && r.op.Service.Protocol == model.Query {
			// A form cannot say that there is something empty.
			first, f := shape.Members[0], v.Field(0)
			if f.Kind() == reflect.Pointer {
				f.Set(reflect.New(f.Type().Elem()))
				f = f.Elem()
			}
			r.value(first, first.Shape, f, depth+1)
		}
	case model.List:
		n := 1 + r.rand.IntN(3)
		if depth > 6 {
			n = 1
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			r.value(m, shape.Elem, v.Index(i), depth+1)
		}
		if m.Location == "querystring" {
			// As the SDK does before it signs.
			slices.SortFunc(v.Interface().([]string), func(a, b string) int { return strings.Compare(escape(a), escape(b)) })
		}
	case model.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range 1 + r.rand.IntN(3) {
			elem := reflect.New(v.Type().Elem()).Elem()
			r.value(m, shape.Elem, elem, depth+1)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("%d %s", i, r.text(m))), elem)
		}
	case model.String:
		v.SetString(r.text(m))
	case model.Boolean:
		v.SetBool(true) // false is the same as absent in some of the SDK's types
	case model.Integer:
		v.SetInt(1 + r.rand.Int64N(1<<31-1))
	case model.Long:
		v.SetInt(1 + r.rand.Int64N(1<<62))
	case model.Float:
		v.SetFloat(float64(r.rand.Float32() + 1))
	case model.Double:
		v.SetFloat(r.rand.NormFloat64() * 1e6)
	case model.Timestamp:
		v.Set(reflect.ValueOf(time.Unix(r.rand.Int64N(4e9), 0).UTC()))
	case model.Blob:
		b := make([]byte, 1+r.rand.IntN(20))
		for i := range b {
			b[i] = byte(r.rand.IntN(256))
		}
		v.SetBytes(b)
	case model.Document:
		v.SetBytes([]byte(`{"a":[1,"x",true,null]}`))
	}
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

var alphabet = []rune("abcXYZ019 +&=%;,/?#<>\"'\\{}[]:._-~@!$*()|^`é€😀\t\n\r\u0085\u2028")

func (r *random) text(m *model.Member) string {
	letters := alphabet
	if m.Location == "header" {
		letters = []rune("abcXYZ019+&=%;,/?#<>'{}[]:._-~@!$*()|^`")
	}
	s := make([]rune, 1+r.rand.IntN(20))
	for i := range s {
		s[i] = letters[r.rand.IntN(len(letters))]
	}
	return string(s)
}

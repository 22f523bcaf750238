package model

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed data/*.json.gz
var data embed.FS

const suffix = ".json.gz"

// Names returns the names of all services that Load knows, sorted.
func Names() []string {
	entries, err := data.ReadDir("data")
	if err != nil {
		panic(err) // an embedded folder can be read
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), suffix))
	}
	return names
}

// Load reads a service's model and its patch. It reads anew at each call: keep what it returns. The error says that there is no such model
// or that it is not what this package understands.
func Load(name string) (*Service, error) {
	s, err := load(name)
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, err)
	}
	return s, nil
}

func load(name string) (*Service, error) {
	text, err := read(name)
	if err != nil {
		return nil, err
	}
	var f file
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	if err := f.patch(name); err != nil {
		return nil, err
	}
	return f.service(name)
}

func read(name string) ([]byte, error) {
	packed, err := data.ReadFile("data/" + name + suffix)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// file is a model as it is written. What has no field here and is not ignored on purpose is an unknown trait.
type file struct {
	Version  string
	Metadata struct {
		APIVersion, EndpointPrefix, JSONVersion, Protocol, ServiceID, SigningName, TargetPrefix, XMLNamespace string

		Auth, Protocols                                                             json.RawMessage
		GlobalEndpoint, ServiceAbbreviation, ServiceFullName, SignatureVersion, UID string
	}
	Operations map[string]*fileOperation
	Pagination map[string]*filePaging
	Shapes     map[string]*fileShape
}

type fileOperation struct {
	Name string
	HTTP struct {
		Method, RequestURI string
		ResponseCode       int
	}
	Input, Output *fileRef
	Errors        []fileRef
	AuthType      string
	Auth          json.RawMessage // the same as AuthType
	Idempotent    bool            // nothing that this package's users need
	ReadOnly      bool            // likewise; package catalog knows an action's access level
}

type fileRef struct {
	Shape, ResultWrapper string
}

type filePaging struct {
	Input  tokens `json:"input_token"`
	Output tokens `json:"output_token"`
	Result tokens `json:"result_key"`
	Limit  string `json:"limit_key"`
	More   string `json:"more_results"`
	// NonAggregate names members that are the same on every page.
	NonAggregate tokens `json:"non_aggregate_keys"`
}

// tokens is a name or a list of names.
type tokens []string

func (t *tokens) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(t))
	}
	var one string
	err := json.Unmarshal(text, &one)
	*t = tokens{one}
	return err
}

func (t tokens) first() string {
	if len(t) == 0 {
		return ""
	}
	return t[0]
}

type fileShape struct {
	Type            string
	Members         map[string]*fileMember
	Required        []string
	Union, Document bool
	Payload         string

	Member, Key, Value *fileMember

	Min, Max *float64
	Pattern  string
	Matchers []string // from patches only
	Enum     []string

	Sensitive       bool
	TimestampFormat string

	Exception, Fault bool
	Error            *struct {
		Code           string
		HTTPStatusCode int
		SenderFault    bool
	}

	Box, Deprecated bool            // Box: every scalar may be absent, here
	Retryable       json.RawMessage // advice for clients
}

type fileMember struct {
	Shape                  string
	Location, LocationName string
	IdempotencyToken       bool
	Deprecated, Box        bool
	DeprecatedMessage      string
}

var kinds = map[string]Kind{
	"structure": Structure, "list": List, "map": Map, "string": String, "boolean": Boolean, "integer": Integer, "long": Long,
	"float": Float, "double": Double, "timestamp": Timestamp, "blob": Blob,
}

func (f *file) service(name string) (*Service, error) {
	m := &f.Metadata
	s := &Service{
		Name: name, ID: m.ServiceID, SigningName: m.SigningName, EndpointPrefix: m.EndpointPrefix, Protocol: Protocol(m.Protocol), APIVersion: m.APIVersion,
		XMLNamespace: m.XMLNamespace, TargetPrefix: m.TargetPrefix, JSONVersion: m.JSONVersion,
		Operations: make(map[string]*Operation, len(f.Operations)), Shapes: make(map[string]*Shape, len(f.Shapes)), errors: make(map[string]*Shape),
	}
	if s.SigningName == "" {
		s.SigningName = s.EndpointPrefix
	}
	switch s.Protocol {
	case Query, JSON, RESTJSON:
	default:
		return nil, fmt.Errorf("protocol %q", s.Protocol)
	}
	for n := range f.Shapes {
		s.Shapes[n] = &Shape{Name: n}
	}
	for _, n := range slices.Sorted(maps.Keys(f.Shapes)) {
		if err := s.shape(s.Shapes[n], f.Shapes[n]); err != nil {
			return nil, fmt.Errorf("shape %s: %w", n, err)
		}
	}
	for n, o := range f.Operations {
		op, err := s.operation(n, o)
		if err != nil {
			return nil, fmt.Errorf("operation %s: %w", n, err)
		}
		s.Operations[n] = op
	}
	for n, p := range f.Pagination {
		op := s.Operations[n]
		if op == nil {
			return nil, fmt.Errorf("paging of %s, which does not exist", n)
		}
		op.Paging = &Paging{InputToken: p.Input.first(), OutputToken: p.Output.first(), Limit: p.Limit, More: p.More, Results: p.Result}
	}
	return s, nil
}

func (s *Service) find(name string) (*Shape, error) {
	if shape, ok := s.Shapes[name]; ok {
		return shape, nil
	}
	return nil, fmt.Errorf("there is no shape %q", name)
}

func (s *Service) shape(shape *Shape, f *fileShape) (err error) {
	shape.Kind = kinds[f.Type]
	if f.Document {
		shape.Kind = Document
	}
	shape.Union, shape.Min, shape.Max, shape.Pattern, shape.Enum, shape.Sensitive = f.Union, f.Min, f.Max, f.Pattern, f.Enum, f.Sensitive
	shape.TimestampFormat, shape.Fault = f.TimestampFormat, f.Fault
	switch {
	case f.Matchers != nil:
		shape.Matchers = f.Matchers
	case f.Pattern != "":
		shape.Matchers = []string{fromJava(f.Pattern)}
	}
	switch shape.Kind {
	case 0:
		return fmt.Errorf("type %q", f.Type)
	case List:
		if shape.Elem, err = s.find(f.Member.Shape); err != nil {
			return err
		}
	case Map:
		if shape.Key, err = s.find(f.Key.Shape); err != nil {
			return err
		}
		if shape.Elem, err = s.find(f.Value.Shape); err != nil {
			return err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(f.Members)) {
		m := f.Members[n]
		target, err := s.find(m.Shape)
		if err != nil {
			return err
		}
		member := &Member{
			Name: n, Shape: target, Required: slices.Contains(f.Required, n), Location: m.Location, WireName: n,
			IdempotencyToken: m.IdempotencyToken, Deprecated: m.Deprecated,
		}
		if m.LocationName != "" {
			member.WireName = m.LocationName
		}
		switch m.Location {
		case "", "uri", "querystring", "header":
		default:
			return fmt.Errorf("member %s: location %q", n, m.Location)
		}
		if n == f.Payload {
			shape.Payload = member
		}
		shape.Members = append(shape.Members, member)
	}
	for _, n := range f.Required {
		if shape.Member(n) == nil {
			return fmt.Errorf("required member %s does not exist", n)
		}
	}
	if f.Exception {
		shape.Code = shape.Name
		if f.Error != nil {
			shape.Status = f.Error.HTTPStatusCode
			if f.Error.Code != "" {
				shape.Code = f.Error.Code
			}
		}
		// STS has two shapes for one code; they say the same.
		s.errors[shape.Code] = shape
	}
	return nil
}

func (s *Service) operation(name string, f *fileOperation) (*Operation, error) {
	op := &Operation{Service: s, Name: name, Method: f.HTTP.Method, URI: f.HTTP.RequestURI, Status: f.HTTP.ResponseCode, NoAuth: f.AuthType == "none"}
	if op.Status == 0 {
		op.Status = 200
	}
	for _, io := range []struct {
		to  **Shape
		ref *fileRef
	}{{&op.Input, f.Input}, {&op.Output, f.Output}} {
		if io.ref == nil {
			continue
		}
		shape, err := s.find(io.ref.Shape)
		if err != nil {
			return nil, err
		}
		if shape.Kind != Structure {
			return nil, fmt.Errorf("%s is no structure", shape.Name)
		}
		*io.to = shape
	}
	if f.Output != nil {
		op.ResultWrapper = f.Output.ResultWrapper
	}
	for _, ref := range f.Errors {
		shape, err := s.find(ref.Shape)
		if err != nil {
			return nil, err
		}
		op.Errors = append(op.Errors, shape)
	}
	return op, nil
}

// Package model is AWS's own description of its services: which operations there are, and what goes in and comes out.
//
//	iam, err := model.Load("iam")
//	op := iam.Operations["CreateUser"]
//	op.Input.Member("UserName").Shape.Max   // 64: the value's length
//	iam.Error("NoSuchEntity").Status        // 404
//
// Types are generated from these models (package apigen); decoding, constraint checks, encoding and error shapes interpret them at run time
// (package wire). The models in data are as Amazon publishes them, without prose. What is newer than they are, and what Go reads differently
// than Java, stands in patches, never in data: see patch.go.
//
// A trait that this package does not know is an error of Load, so that no codec can ignore what it should have obeyed.
package model

import (
	"slices"
	"sync"
)

// Protocol is how a service's calls look on the wire.
type Protocol string

// The protocols of the embedded models.
const (
	Query    Protocol = "query"
	JSON     Protocol = "json"
	RESTJSON Protocol = "rest-json"
)

// Service is one service's model. It is not to be changed.
type Service struct {
	Name        string // as its file is called: "iam", "sso-admin"
	ID          string // "IAM", "SSO Admin"
	SigningName string // in a signature's scope
	// EndpointPrefix begins the service's host name: "iam", "portal.sso".
	EndpointPrefix string
	Protocol       Protocol
	APIVersion     string // "2010-05-08"
	XMLNamespace   string // query only
	TargetPrefix   string // json only: what stands before the operation in X-Amz-Target
	JSONVersion    string // json only: "1.1"
	Operations     map[string]*Operation
	Shapes         map[string]*Shape

	errors map[string]*Shape // by code
}

// Error returns the shape of the service's error with that code, nil if the service has none.
func (s *Service) Error(code string) *Shape { return s.errors[code] }

// Operation is something that a service does.
type Operation struct {
	Service     *Service
	Name        string
	Method, URI string // of its HTTP request: "GET", "/analyzer/{analyzerName}"
	Status      int    // of its HTTP answer: 200 or what the model says
	// Input and Output are structures, nil where the model has none.
	Input, Output *Shape
	// ResultWrapper is the element around the output, query only: "CreateUserResult". "" if the answer has no result.
	ResultWrapper string
	Errors        []*Shape
	NoAuth        bool // needs no signature
	Paging        *Paging
}

// Paging says which members carry a list through several calls. Names are those of members.
type Paging struct {
	InputToken, OutputToken, Limit, More string
	Results                              []string
}

// Kind is what kind of value a shape describes.
type Kind byte

// The kinds of shapes. A Document is any JSON.
const (
	Structure Kind = iota + 1
	List
	Map
	String
	Boolean
	Integer
	Long
	Float
	Double
	Timestamp
	Blob
	Document
)

// Shape is a type of the model with its constraints.
type Shape struct {
	Name string
	Kind Kind

	// Members are a structure's, in the order of their names.
	Members []*Member
	Union   bool    // exactly one member is set
	Payload *Member // the member that is the whole HTTP body, or nil

	Elem *Shape // a list's element, a map's value
	Key  *Shape // a map's key

	// Min and Max bound a string's length in characters, a blob's in bytes, a list's or map's count, a number's value.
	Min, Max *float64
	// Pattern is a string's, a regular expression of Java that must match the whole of it. Matchers are the same in Go's language: each of
	// them must match the whole string. They are uncompiled, and none if there is no pattern.
	Pattern  string
	Matchers []string
	Enum     []string

	Sensitive       bool
	TimestampFormat string // "iso8601", "unixTimestamp", "rfc822"; "" is the protocol's own

	// Code and Status are an error's: what names it on the wire, and its HTTP status, 0 if the model says none.
	Code   string
	Status int
	Fault  bool // the server's

	compile  sync.Once
	matchers []matcher
}

// Member is a field of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	// Location is where in HTTP the member stands: "" (the body), "uri", "querystring", "header".
	Location string
	// WireName is the member's name there.
	WireName         string
	IdempotencyToken bool
	Deprecated       bool
}

// Member returns the structure's member of that name, nil if it has none.
func (s *Shape) Member(name string) *Member {
	i, ok := slices.BinarySearchFunc(s.Members, name, func(m *Member, name string) int {
		switch {
		case m.Name < name:
			return -1
		case m.Name > name:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return s.Members[i]
}

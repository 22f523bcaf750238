// Package route finds out which service and operation a request names, for all services of AWS.
//
//	t, err := route.Load()
//	r, err := t.Find(route.Hints{Method: "POST", Host: "127.0.0.1:9748", Path: "/", Header: h, Scope: "iam", Body: []byte("Action=GetUser&…")})
//	r.Service, r.Operation   // "iam", "GetUser"
//
// AWS's protocols name operations in four ways: a parameter Action (query, ec2), a header X-Amz-Target (json), a path /service/X/operation/Y
// (smithy-rpc-v2-cbor), or method and path themselves (rest-json, rest-xml). The service is named by that too, or by the host, or by the scope
// of the signature: in this order, and whatever comes later must not be believed but checked (package authn compares the scope with
// SigningName). A request that could be two operations is none: Find never guesses.
package route

import (
	"net/http"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fault"
)

// Protocol is how a service's calls look on the wire.
type Protocol string

// The protocols of AWS.
const (
	Query    Protocol = "query"
	EC2      Protocol = "ec2"
	JSON     Protocol = "json"
	RESTJSON Protocol = "rest-json"
	RESTXML  Protocol = "rest-xml"
	CBOR     Protocol = "smithy-rpc-v2-cbor"
)

// Hints are what a request tells about what it wants.
type Hints struct {
	Method   string
	Host     string // as in the request, with or without a port
	Path     string // as it was sent, escaped
	RawQuery string
	Header   http.Header
	// Scope is the service in the scope of the request's signature, "" if it has none.
	Scope string
	// Body is the whole body. Only forms are looked at.
	Body []byte
}

// Route is what a request names.
type Route struct {
	// Service is called as its model is: "iam", "sso-admin". It may be known although Find returns an error.
	Service string
	// Operation is "CreateUser". It is what the request says; see Known.
	Operation string
	// Known reports whether the table has the operation. Where the operation is written in the request (all protocols but REST) it may be one
	// that does not exist, or one that is newer than the table.
	Known    bool
	Protocol Protocol
	// SigningName is what a signature's scope must have.
	SigningName string
	// Path is the path that a REST operation was found by. It is that of the request, or has a bucket in front that the host named.
	Path string
}

// Find returns what a request names. The error is a *fault.Fault: UnknownOperation if it names nothing or not one thing, MissingAction and
// InvalidAction as the query protocol has them, MalformedQueryString for a query string or form that is none or names an Action twice.
func (t *Table) Find(h Hints) (Route, error) {
	candidates, bucket := t.byHost(h.Host)
	if targets := h.Header["X-Amz-Target"]; len(targets) > 0 {
		return t.byTarget(targets, candidates)
	}
	if protocols := h.Header["Smithy-Protocol"]; len(protocols) > 0 {
		return t.byRPCPath(protocols, h.Path, candidates)
	}
	if candidates == nil {
		candidates = t.bySigning[h.Scope]
	}
	path := bucket + h.Path
	if candidates == nil {
		if h.Scope != "" {
			return Route{SigningName: h.Scope}, unknown("No service signs its requests for %q.", h.Scope)
		}
		return t.anonymous(h)
	}
	queries, rest := split(candidates)
	if len(queries) > 0 {
		action, version, err := actionOf(h, len(rest) == 0)
		switch {
		case err != nil:
			return queries[0].route(""), err
		case action != "":
			return byAction(queries, action, version)
		case len(rest) == 0:
			return queries[0].route(""), fault.New(fault.MissingAction, "The request is missing an action or a required parameter.")
		}
	}
	if len(rest) == 0 {
		return candidates[0].route(""), unknown("The request has no X-Amz-Target.")
	}
	return byPath(rest, h, path, false)
}

func unknown(format string, args ...any) *fault.Fault {
	return fault.New(fault.UnknownOperation, format, args...)
}

func ambiguous() *fault.Fault { return unknown("The request could mean more than one operation.") }

func split(candidates []*service) (queries, rest []*service) {
	for _, s := range candidates {
		switch s.protocol {
		case Query, EC2:
			queries = append(queries, s)
		case RESTJSON, RESTXML:
			rest = append(rest, s)
		}
	}
	return queries, rest
}

// byTarget reads TargetPrefix.Operation. Prefixes may have dots, operations have none.
func (t *Table) byTarget(targets []string, host []*service) (Route, error) {
	i := strings.LastIndexByte(targets[0], '.')
	if len(targets) > 1 || i < 0 {
		return Route{Protocol: JSON}, unknown("X-Amz-Target names no operation.")
	}
	return t.byPrefixAndName(targets[0][:i], targets[0][i+1:], host, JSON)
}

// byRPCPath reads /service/TargetPrefix/operation/Operation.
func (t *Table) byRPCPath(protocols []string, path string, host []*service) (Route, error) {
	parts := strings.Split(path, "/")
	if len(protocols) > 1 || protocols[0] != "rpc-v2-cbor" || len(parts) != 5 || parts[0] != "" || parts[1] != "service" || parts[3] != "operation" {
		return Route{Protocol: CBOR}, unknown("The request is not one of the Smithy RPC protocol.")
	}
	return t.byPrefixAndName(parts[2], parts[4], host, CBOR)
}

// byPrefixAndName prefers services of the host: two of Timestream's have one prefix.
func (t *Table) byPrefixAndName(prefix, operation string, host []*service, p Protocol) (Route, error) {
	found := t.byPrefix[prefix]
	for _, s := range found {
		if len(found) > 1 && slices.Contains(host, s) {
			found = []*service{s}
		}
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(slices.Clone(found), func(s *service) bool { return s.operations()[operation] == nil })
	}
	switch len(found) {
	case 0:
		return Route{Protocol: p}, unknown("The request names no service.")
	case 1:
		r := found[0].route(operation)
		r.Protocol = p
		return r, nil
	}
	return Route{Protocol: p}, ambiguous()
}

// anonymous is for requests without a signature at a host that tells nothing: only operations that need no signature are thought of.
func (t *Table) anonymous(h Hints) (Route, error) {
	action, version, err := actionOf(h, false)
	if err != nil {
		return Route{}, err
	}
	if action == "" {
		return byPath(t.anonymousREST, h, h.Path, true)
	}
	var found []*service
	for _, s := range t.queries {
		if s.apiVersion == version && s.operations()[action] != nil {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return Route{Protocol: Query}, fault.New(fault.InvalidAction, "Could not find operation %s for version %s", action, version)
	}
	return byAction(found, action, version)
}

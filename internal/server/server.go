// Package server is the AWS endpoints: bytes in, a call to package dispatch, bytes out.
//
// The steps that every request goes through stand on one screen, in call. None can be skipped, and whichever of them ends the request, it is
// recorded once and one answer is written, in the words of the service that the request meant.
package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/telemetry"
	"github.com/writ-iam/writ/internal/trail"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/awsjson"
	"github.com/writ-iam/writ/internal/wire/awsquery"
	"github.com/writ-iam/writ/internal/wire/restjson"
)

// Service is an AWS service as it is served.
type Service struct {
	Model *model.Service
	// Prefix is what the service's actions begin with in policies, such as "iam".
	Prefix string
	Ops    op.Table
}

// Server answers AWS's protocols. It is an http.Handler.
type Server struct {
	services  map[string]Service
	routes    *route.Table
	authn     *authn.Authenticator
	dispatch  *dispatch.Dispatcher
	telemetry *telemetry.Telemetry
	hosts     Hosts
	now       func() time.Time
	bodies    bodies
}

// Options are what a Server is made of.
type Options struct {
	// Services are by the name of their model.
	Services  map[string]Service
	Routes    *route.Table
	Authn     *authn.Authenticator
	Dispatch  *dispatch.Dispatcher
	Telemetry *telemetry.Telemetry
	Hosts     Hosts
	Now       func() time.Time
	// RoomForBodies is how many bytes the bodies that are being read may take together, beyond the first 64 KiB of each; 64 MiB if zero.
	RoomForBodies int64
}

// New makes a Server.
func New(o Options) *Server {
	s := &Server{
		services: o.Services, routes: o.Routes, authn: o.Authn, dispatch: o.Dispatch, telemetry: o.Telemetry, hosts: o.Hosts, now: o.Now,
	}
	if s.bodies.room = o.RoomForBodies; s.bodies.room == 0 {
		s.bodies.room = roomForBodies
	}
	return s
}

// exchange is one request on its way.
type exchange struct {
	http   *http.Request
	id     string
	start  time.Time
	source netip.Addr
	body   []byte
	// cut: not all of the body was read, and what follows on the connection is no request.
	cut bool

	route   route.Route
	service Service
	// unfound is why the request names no operation. Whoever has not signed it is told of that first (sigv4.md §4: 1–17 come before 18).
	unfound error
	model   *model.Operation
	row     op.Op
	caller  *identity.Caller
	region  string
	input   any
	// recorded: the call's event is kept.
	recorded bool
	answer   wire.Answer
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{http: r, id: dispatch.NewID(), start: s.now(), source: sourceOf(r)}
	b := s.bodies.open()
	defer b.release()

	err := s.guarded(x, b)
	if err != nil {
		f := fault.From(err)
		if !x.recorded {
			if err := s.dispatch.Refuse(context.WithoutCancel(r.Context()), s.event(x), f); err != nil {
				s.telemetry.Log.Error("an event could not be recorded", "id", x.id, "cause", err.Error())
			}
		}
		x.answer = wire.Answer{Body: x.answer.Body[:0]}
		s.codec(x).Fault(x.service.Model, f, x.id, &x.answer)
		s.write(w, x, f)
		return
	}
	s.write(w, x, nil)
}

// guarded is call, with a panic made an error: it too leaves an event, a line in the log and an answer.
func (s *Server) guarded(x *exchange, b *body) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Internal(fmt.Errorf("server: panic: %v\n%s", r, debug.Stack()))
		}
	}()
	return s.call(x, b)
}

// call is the way of a call: every request takes all of it, in this order, until a step refuses it.
func (s *Server) call(x *exchange, b *body) error {
	if err := s.read(x, b); err != nil {
		return err
	}
	if err := s.find(x); err != nil {
		return err
	}
	if err := s.authenticate(x); err != nil {
		return err
	}
	if err := s.decode(x); err != nil {
		return err
	}
	out, err := s.perform(x)
	if err != nil {
		return err
	}
	return s.codec(x).Encode(x.model, out, x.id, &x.answer)
}

// read reads the body, if the request is for this server at all.
func (s *Server) read(x *exchange, b *body) error {
	if !s.hosts.Known(x.http.Host) {
		x.cut = x.http.ContentLength != 0
		return &fault.Fault{
			Code: "UnknownEndpoint", Status: http.StatusNotFound,
			Message: "This server is not reached by the host name of this request. Its operator can add it with --hosts.",
		}
	}
	if err := b.read(x.http); err != nil {
		x.cut = true
		// What the headers tell is enough to answer in the words of the service that was meant.
		_ = s.find(x)
		return err
	}
	x.body = b.bytes
	return nil
}

// find names the service and operation.
func (s *Server) find(x *exchange) error {
	found, err := s.routes.Find(hints(x))
	x.route = found
	if service, ok := s.services[found.Service]; ok {
		x.service = service
	}
	if err == nil && x.service.Model == nil {
		err = fault.New(fault.UnknownOperation, "This server does not serve %s.", found.SigningName)
	}
	if err != nil && !fault.Is(err, fault.MalformedQueryString) && (x.service.Model != nil || found.Protocol == route.Query) {
		x.unfound = err
		return nil
	}
	return err
}

// authenticate finds out who calls.
func (s *Server) authenticate(x *exchange) error {
	r := authn.Request{HTTP: x.http, Path: path(x.http), Body: x.body, SigningName: x.route.SigningName, Window: window(x.service.Model), Time: x.start}
	if x.service.Model != nil {
		r.SigningName = x.service.Model.SigningName
	}
	found, err := s.authn.Authenticate(r)
	if err != nil {
		return err
	}
	x.caller, x.region = found.Caller, found.Region
	return nil
}

// decode reads the operation's input. That there is no such operation is told only to those who are known.
func (s *Server) decode(x *exchange) error {
	if x.unfound != nil {
		return x.unfound
	}
	x.model = x.service.Model.Operations[x.route.Operation]
	row, ok := x.service.Ops[x.route.Operation]
	if x.model == nil || !ok {
		return fault.New(fault.InvalidAction, "Could not find operation %s for version %s", x.route.Operation, x.service.Model.APIVersion)
	}
	x.row = row
	if row.New == nil {
		return nil // dispatch says that it is not there yet
	}
	x.input = row.New()
	return s.codec(x).Decode(x.model, &wire.Request{
		Method: x.http.Method, Path: path(x.http), RawQuery: x.http.URL.RawQuery, Header: x.http.Header, Body: x.body,
	}, x.input)
}

// perform hands the call over; from here on its event is dispatch's matter.
func (s *Server) perform(x *exchange) (any, error) {
	x.recorded = true
	return s.dispatch.Do(&op.Call{
		Context: x.http.Context(), Service: x.service.Prefix, Operation: x.model.Name, Caller: x.caller, Time: x.start, RequestID: x.id,
		Region: x.region, Authority: identity.Authority{Partition: authn.Partition(x.region), Account: x.caller.Account.ID},
		SourceIP: x.source, UserAgent: x.http.UserAgent(), Referer: x.http.Referer(), TLS: x.http.TLS, Host: x.http.Host,
	}, x.model, x.row, x.input)
}

// event is the event of a call that did not get as far as dispatch.
func (s *Server) event(x *exchange) *trail.Event {
	return dispatch.Event(dispatch.Origin{
		Service: x.service.Model, Operation: x.route.Operation, Caller: x.caller, ClaimedKey: credentialPart(x.http, keyPart), Region: x.region, Time: x.start, RequestID: x.id,
		SourceIP: x.source, UserAgent: x.http.UserAgent(), TLS: x.http.TLS, Host: x.http.Host,
	})
}

// codec returns the codec of the service that was found; of AWS's oldest protocol if none was.
func (s *Server) codec(x *exchange) wire.Codec {
	if x.service.Model != nil {
		switch x.service.Model.Protocol {
		case model.JSON:
			return awsjson.Codec{}
		case model.RESTJSON:
			return restjson.Codec{}
		}
	} else if x.http.Header.Get("X-Amz-Target") != "" || strings.Contains(x.http.Header.Get("Content-Type"), "json") {
		return awsjson.Codec{}
	}
	return awsquery.Codec{}
}

func (s *Server) write(w http.ResponseWriter, x *exchange, f *fault.Fault) {
	header := w.Header()
	for name, values := range x.answer.Header {
		header[name] = values
	}
	status := x.answer.Status
	if status == 0 {
		status = http.StatusOK
	}
	if x.cut {
		header.Set("Connection", "close")
	}
	w.WriteHeader(status)
	if x.http.Method != http.MethodHead {
		// A client that has gone away does not want to know.
		_, _ = w.Write(x.answer.Body)
	}
	told := telemetry.Request{ID: x.id, Status: status, SourceIP: x.source.String(), Duration: s.now().Sub(x.start)}
	if x.service.Model != nil {
		told.Service = x.service.Model.Name
	}
	if x.model != nil {
		told.Operation = x.model.Name
	}
	if x.caller != nil {
		told.Account, told.Principal = x.caller.Account.ID, x.caller.Principal.ARN
	}
	if f != nil {
		told.Code, told.Cause = f.Code, f.Cause
	}
	s.telemetry.Request(told)
}

// sourceOf returns the address that a request came from. What a request itself says of it (X-Forwarded-For) is not believed.
func sourceOf(r *http.Request) netip.Addr {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return address.Addr().Unmap()
}

// Hosts are the names by which the server may be reached. A signature covers the name that it was made for, so a request that was meant for another
// server is not accepted by this one (security.md S008).
type Hosts struct {
	names map[string]bool
}

// NewHosts makes Hosts of names, beside AWS's own endpoints and the addresses of this machine.
func NewHosts(names ...string) Hosts {
	h := Hosts{names: map[string]bool{"localhost": true}}
	// An error leaves this machine's addresses out: they can be named.
	own, _ := net.InterfaceAddrs()
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			h.names[prefix.Addr().Unmap().String()] = true
		}
	}
	for _, name := range names {
		h.names[strings.ToLower(name)] = true
	}
	return h
}

// Known reports whether a request's Host, with or without a port, is one of the names.
func (h Hosts) Known(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if h.names[name] || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if address, err := netip.ParseAddr(name); err == nil {
		// Others' addresses are others' names: a request that was meant for them was relayed.
		return address.Unmap().IsLoopback() || h.names[address.Unmap().String()]
	}
	return strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn")
}

package operator

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/trail"
)

// Prefix is what the paths begin with that Handler serves. No AWS service has such a path.
const Prefix = "/_writ/"

// Sandbox is a fresh account with its root user's key, as the handler answers.
type Sandbox struct {
	AccountID       string `json:"account_id"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

// Reset is what an emptied server answers: the account that requests are made with, and a second one.
type Reset struct {
	Sandbox
	Alt Sandbox `json:"alt"`
}

// Handler serves the operator's calls: POST /_writ/accounts and, on a server that is there for tests, POST /_writ/reset. Each is a line in the log; one that is
// refused or fails leaves an event (one that succeeds leaves it in the commit of what it did).
type Handler struct {
	// CreateAccount makes an account.
	CreateAccount func(context.Context, NewAccount) (*Created, error)
	// Token is what a caller shows to prove that it runs the machine: it can read the file that holds it. If it is empty no proof is needed but the loopback
	// address, which is for servers that hold nothing.
	Token string
	// Reset empties the server; nil if that must not be.
	Reset func(context.Context) (*Reset, error)
	// Refuse keeps the event of a call that failed.
	Refuse func(context.Context, *trail.Event, error) error
	Log    *slog.Logger
	Now    func() time.Time
	// NewID makes the id of a call or of an event.
	NewID func() string
}

// request is the body of a call that makes an account.
type request struct {
	AccountID string `json:"account_id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
}

// call is one call on its way.
type call struct {
	id   string
	name string // "Unknown" until it is known
	// proven: the caller runs the machine.
	proven bool
}

// ServeHTTP answers a call whose path begins with Prefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: h.NewID(), name: "Unknown"}
	out, err := h.guarded(c, w, r)
	w.Header().Set("X-Amzn-Requestid", c.id)
	said := []any{"id", c.id, "call", c.name, "source", r.RemoteAddr}
	if err == nil {
		h.Log.Info("operator's call", append(said, "status", http.StatusOK)...)
		answer(w, http.StatusOK, out)
		return
	}
	f := fault.From(err)
	status := f.Status
	if status == 0 {
		status, _ = fault.Status(f.Code)
	}
	level := slog.LevelWarn
	if status >= 500 {
		level = slog.LevelError
	}
	said = append(said, "status", status, "code", f.Code)
	if f.Cause != nil {
		said = append(said, "cause", f.Cause.Error())
	}
	ctx := context.WithoutCancel(r.Context())
	h.Log.Log(ctx, level, "operator's call", said...)
	if err := h.Refuse(ctx, h.event(c, r), f); err != nil {
		h.Log.Error("an event could not be recorded", "id", c.id, "cause", err.Error())
	}
	answer(w, status, message{f.Message})
}

// event is the event of a call that failed, without the failure.
func (h *Handler) event(c *call, r *http.Request) *trail.Event {
	e := &trail.Event{
		Time: h.Now(), ID: h.NewID(), RequestID: c.id, Source: "operator.writ", Name: c.name, Type: "AwsServiceEvent", Region: "us-east-1",
		UserAgent: r.UserAgent(), Identity: trail.Identity{Type: "Unknown"},
	}
	e.SetTLS(r.TLS, r.Host)
	if c.proven {
		e.Identity = trail.Identity{Type: "AWSService", PrincipalID: "operator"}
	}
	if address, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		e.SourceIP = address.Addr().Unmap().String()
	}
	return e
}

// guarded is call, with a panic made an error: net/http would answer it without a word.
func (h *Handler) guarded(c *call, w http.ResponseWriter, r *http.Request) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Internal(fmt.Errorf("operator: panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return h.call(c, w, r)
}

// call performs a call. What it answers is JSON; the error is a fault.
func (h *Handler) call(c *call, w http.ResponseWriter, r *http.Request) (any, error) {
	do := map[string]func(http.ResponseWriter, *http.Request) (any, error){"CreateAccount": h.accounts, "Reset": h.reset}
	switch {
	case r.URL.Path == Prefix+"accounts":
		c.name = "CreateAccount"
	case r.URL.Path == Prefix+"reset" && h.Reset != nil:
		c.name = "Reset"
	}
	// What a browser sends for a page of somebody else is not the operator's.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return nil, fault.New(fault.AccessDenied, "Browsers have no business here.")
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &fault.Fault{Code: "MethodNotAllowed", Status: http.StatusMethodNotAllowed, Message: "POST is expected."}
	}
	if !loopback(r.RemoteAddr) || !h.shown(r) {
		return nil, fault.New(fault.AccessDenied, "This is for the operator of the machine: call it from the machine itself, with the token in the data folder's file operator.token as a bearer token.")
	}
	c.proven = true
	if do[c.name] == nil {
		return nil, fault.New(fault.UnknownOperation, "There is no such call on this server.")
	}
	return do[c.name](w, r)
}

func (h *Handler) reset(_ http.ResponseWriter, r *http.Request) (any, error) {
	done, err := h.Reset(r.Context())
	if err != nil {
		return nil, &fault.Fault{Code: fault.InternalFailure, Message: "The server could not be emptied.", Cause: err}
	}
	return done, nil
}

func (h *Handler) accounts(w http.ResponseWriter, r *http.Request) (any, error) {
	var in request
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil && r.ContentLength != 0 {
		return nil, &fault.Fault{Code: fault.ValidationError, Message: "The body is no JSON object with account_id, name and email, all optional.", Cause: err}
	}
	created, err := h.CreateAccount(r.Context(), NewAccount{ID: in.AccountID, Name: in.Name, Email: in.Email, RootKey: true})
	switch {
	case errors.Is(err, ErrExists), errors.Is(err, ErrEmail):
		return nil, &fault.Fault{Code: "EntityAlreadyExists", Status: http.StatusConflict, Message: err.Error()}
	case errors.Is(err, ErrInvalid):
		return nil, fault.New(fault.ValidationError, "%s", err)
	case err != nil:
		return nil, &fault.Fault{Code: fault.ServiceUnavailable, Message: "The account could not be saved.", Cause: err}
	}
	return created.Sandbox(), nil
}

// Sandbox returns an account that was made with a root key in the handler's form.
func (c *Created) Sandbox() Sandbox {
	return Sandbox{AccountID: c.ID, AccessKeyID: c.RootKey.ID, SecretAccessKey: c.RootKey.Secret}
}

// shown reports whether a call shows the token.
func (h *Handler) shown(r *http.Request) bool {
	if h.Token == "" {
		return true
	}
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(h.Token)), sha256.Sum256([]byte(shown))
	return ok && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func loopback(remote string) bool {
	address, err := netip.ParseAddrPort(remote)
	return err == nil && address.Addr().Unmap().IsLoopback()
}

type message struct {
	Message string `json:"message"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that has gone away does not want to know.
	_ = json.NewEncoder(w).Encode(body)
}

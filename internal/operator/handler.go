package operator

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
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

// Handler serves the operator's calls: POST /_writ/accounts and, on a server that is there for tests, POST /_writ/reset.
type Handler struct {
	// CreateAccount makes an account.
	CreateAccount func(context.Context, NewAccount) (*Created, error)
	// Token is what a caller shows to prove that it runs the machine: it can read the file that holds it. If it is empty no proof is needed but the loopback
	// address, which is for servers that hold nothing.
	Token string
	// Reset empties the server; nil if that must not be.
	Reset func(context.Context) (*Reset, error)
}

// request is the body of a call that makes an account.
type request struct {
	AccountID string `json:"account_id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
}

// ServeHTTP answers a call whose path begins with Prefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// What a browser sends for a page of somebody else is not the operator's.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		answer(w, http.StatusForbidden, message{"Browsers have no business here."})
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, message{"POST is expected."})
		return
	}
	if !loopback(r.RemoteAddr) || !h.proven(r) {
		answer(w, http.StatusForbidden, message{"This is for the operator of the machine: call it from the machine itself, with the token in the data folder's file operator.token as a bearer token."})
		return
	}
	switch {
	case r.URL.Path == Prefix+"accounts":
		h.accounts(w, r)
	case r.URL.Path == Prefix+"reset" && h.Reset != nil:
		done, err := h.Reset(r.Context())
		if err != nil {
			answer(w, http.StatusInternalServerError, message{"The server could not be emptied."})
			return
		}
		answer(w, http.StatusOK, done)
	default:
		answer(w, http.StatusNotFound, message{"There is no such call on this server."})
	}
}

func (h *Handler) accounts(w http.ResponseWriter, r *http.Request) {
	var in request
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil && r.ContentLength != 0 {
		answer(w, http.StatusBadRequest, message{"The body is no JSON object with account_id, name and email, all optional."})
		return
	}
	created, err := h.CreateAccount(r.Context(), NewAccount{ID: in.AccountID, Name: in.Name, Email: in.Email, RootKey: true})
	switch {
	case errors.Is(err, ErrExists), errors.Is(err, ErrEmail):
		answer(w, http.StatusConflict, message{err.Error()})
	case errors.Is(err, ErrInvalid):
		answer(w, http.StatusBadRequest, message{err.Error()})
	case err != nil:
		answer(w, http.StatusServiceUnavailable, message{"The account could not be saved."})
	default:
		answer(w, http.StatusOK, created.Sandbox())
	}
}

// Sandbox returns an account that was made with a root key in the handler's form.
func (c *Created) Sandbox() Sandbox {
	return Sandbox{AccountID: c.ID, AccessKeyID: c.RootKey.ID, SecretAccessKey: c.RootKey.Secret}
}

func (h *Handler) proven(r *http.Request) bool {
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

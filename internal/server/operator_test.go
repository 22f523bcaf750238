package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/operator"
)

// operator returns the door of whoever runs the machine.
func (w *world) operator() *operator.Handler {
	return &operator.Handler{
		Token: "the token", CreateAccount: w.op.CreateAccount, Refuse: w.dispatch.Refuse, Log: slog.New(slog.DiscardHandler), Now: w.op.Now, NewID: dispatch.NewID,
	}
}

// TestTheOperatorsCallsAreOnRecord has every way in which one can end (security.md S115): one line in the log, with the cause that the caller is not told, and one
// event. No secret is in either.
func TestTheOperatorsCallsAreOnRecord(t *testing.T) {
	w := newWorld(t, nil)
	taken, _ := w.account()
	var log bytes.Buffer
	h := w.operator()
	h.Log = slog.New(slog.NewJSONHandler(&log, nil))
	broken := func(context.Context, operator.NewAccount) (*operator.Created, error) {
		return nil, errors.New("the disk is full")
	}
	const token = "Bearer the token"
	for _, test := range []struct {
		name, method, path, body, token, origin string
		change                                  func(*operator.Handler)
		status                                  int
		// The event's: its code is empty for a call that succeeds, whose event is CreateAccount's own.
		code, call, who string
		cause           string
	}{
		{name: "from a browser", token: token, origin: "http://127.0.0.1", status: 403, code: "AccessDenied", call: "CreateAccount", who: "Unknown"},
		{name: "by GET", method: "GET", token: token, status: 405, code: "MethodNotAllowed", call: "CreateAccount", who: "Unknown"},
		{name: "without the token", status: 403, code: "AccessDenied", call: "CreateAccount", who: "Unknown"},
		{name: "with another token", token: "Bearer guessed-0a1b2c", status: 403, code: "AccessDenied", call: "CreateAccount", who: "Unknown"},
		{name: "to empty a server that must not be", path: "reset", token: token, status: 404, code: "UnknownOperation", call: "Unknown", who: "AWSService"},
		{name: "that there is not", path: "nothing", token: token, status: 404, code: "UnknownOperation", call: "Unknown", who: "AWSService"},
		{name: "with a body that is none", body: "{", token: token, status: 400, code: "ValidationError", call: "CreateAccount", who: "AWSService", cause: "unexpected EOF"},
		{name: "with a bad id", body: `{"account_id":"1"}`, token: token, status: 400, code: "ValidationError", call: "CreateAccount", who: "AWSService"},
		{name: "with an id that is taken", body: `{"account_id":"` + taken + `"}`, token: token, status: 409, code: "EntityAlreadyExists", call: "CreateAccount", who: "AWSService"},
		{name: "when nothing can be saved", body: `{}`, token: token, status: 503, code: "ServiceUnavailable", call: "CreateAccount", who: "AWSService", cause: "the disk is full",
			change: func(h *operator.Handler) { h.CreateAccount = broken }},
		{name: "when the server is at fault", body: `{}`, token: token, status: 500, code: "InternalFailure", call: "CreateAccount", who: "AWSService", cause: "panic",
			change: func(h *operator.Handler) { h.CreateAccount = nil }},
		{name: "when the server cannot be emptied", path: "reset", token: token, status: 500, code: "InternalFailure", call: "Reset", who: "AWSService", cause: "no room",
			change: func(h *operator.Handler) {
				h.Reset = func(context.Context) (*operator.Reset, error) { return nil, errors.New("no room") }
			}},
		{name: "as it is meant", body: `{}`, token: token, status: 200, call: "CreateAccount", who: "AWSService"},
	} {
		t.Run(test.name, func(t *testing.T) {
			method, path := test.method, test.path
			if method == "" {
				method = "POST"
			}
			if path == "" {
				path = "accounts"
			}
			log.Reset()
			events := len(w.events())
			r := httptest.NewRequest(method, operator.Prefix+path, strings.NewReader(test.body))
			r.RemoteAddr = "127.0.0.1:1"
			r.Header.Set("Authorization", test.token)
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			changed := *h
			if test.change != nil {
				test.change(&changed)
			}
			answer := httptest.NewRecorder()
			changed.ServeHTTP(answer, r)
			if answer.Code != test.status || test.cause != "" && strings.Contains(answer.Body.String(), test.cause) {
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
			var line struct {
				ID, Call, Code, Cause string
				Status                int
			}
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, &log)
			}
			if id := answer.Header().Get("X-Amzn-Requestid"); line.ID != id || line.Call != test.call || line.Code != test.code || line.Status != test.status ||
				!strings.Contains(line.Cause, test.cause) || (line.Cause == "") != (test.cause == "") {
				t.Errorf("the log says %s", &log)
			}
			all := w.events()
			if len(all) != events+1 {
				t.Fatalf("%d events", len(all)-events)
			}
			last := all[len(all)-1]
			if test.code == "" {
				last = all[1] // those of commits come first: this is the second account's
			}
			var e struct {
				EventName, EventSource, EventType, RequestID, ErrorCode, SourceIPAddress string
				UserIdentity                                                             struct{ Type string }
			}
			if err := json.Unmarshal([]byte(last), &e); err != nil {
				t.Fatal(err)
			}
			if e.EventName != test.call || e.ErrorCode != test.code || e.EventType != "AwsServiceEvent" || e.UserIdentity.Type != test.who ||
				test.code != "" && (e.EventSource != "operator.writ" || e.RequestID != line.ID || e.SourceIPAddress != "127.0.0.1") {
				t.Errorf("the event is %s", last)
			}
			for _, secret := range []string{"Bearer", "guessed-0a1b2c"} {
				if strings.Contains(log.String()+strings.Join(all, ""), secret) {
					t.Errorf("%q stands in the log or the trail", secret)
				}
			}
		})
	}
}

package server_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/operator"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/server"
	"github.com/writ-iam/writ/internal/service/iam"
	"github.com/writ-iam/writ/internal/service/sts"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/internal/telemetry"
	"github.com/writ-iam/writ/sigv4"
)

// world is a server with accounts, whose clock stands still unless it is moved.
type world struct {
	t       testing.TB
	now     time.Time
	store   store.Store
	state   *identity.State
	keyring *credential.Keyring
	op      *operator.Operator
	handler http.Handler
	// dispatch is what the handler's calls and the operator's end in.
	dispatch *dispatch.Dispatcher
	record   *recorder
}

// recorder keeps the events that are in no commit.
type recorder struct {
	mu     sync.Mutex
	events []string
	fail   error
	// room is how many more events there is room for, if it is not 0.
	room int
}

func (r *recorder) Append(_ context.Context, event []byte, _ bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	if r.room == -1 {
		return errors.New("there is no room")
	}
	if r.room > 0 {
		if r.room--; r.room == 0 {
			r.room = -1
		}
	}
	r.events = append(r.events, string(event))
	return nil
}

// data is what all worlds share, for none of them changes it.
type data struct {
	routes *route.Table
	models map[string]*model.Service
}

var load = sync.OnceValues(func() (d data, err error) {
	if d.routes, err = route.Load(); err != nil {
		return d, err
	}
	d.models = make(map[string]*model.Service)
	for _, name := range []string{"iam", "sts"} {
		if d.models[name], err = model.Load(name); err != nil {
			return d, err
		}
	}
	return d, nil
})

// start is when the world begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newWorld makes a world. change, if not nil, may change the tables of the services.
func newWorld(t testing.TB, change func(service string, table op.Table)) *world {
	t.Helper()
	return newWorldIn(t, "", change)
}

// newWorldIn makes a world whose server is of one partition; of all if it is empty. more may change what the server is made of.
func newWorldIn(t testing.TB, partition string, change func(service string, table op.Table), more ...func(*server.Options)) *world {
	t.Helper()
	w := &world{t: t, now: start, store: memory.New(), record: new(recorder)}
	var err error
	if w.keyring, err = credential.NewKeyring(rand.Reader, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	if w.state, err = identity.Open(t.Context(), w.store, identity.DefaultQuotas()); err != nil {
		t.Fatal(err)
	}
	shared, err := load()
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	w.op = &operator.Operator{State: w.state, Keyring: w.keyring, Rand: rand.Reader, Now: clock, NewEventID: dispatch.NewID}
	tables := map[string]op.Table{
		"iam": (&iam.Service{Rand: rand.Reader, Keyring: w.keyring}).Ops(),
		"sts": (&sts.Service{Rand: rand.Reader, Keyring: w.keyring}).Ops(),
	}
	services := make(map[string]server.Service)
	for name, table := range tables {
		if change != nil {
			change(name, table)
		}
		services[name] = server.Service{Model: shared.models[name], Prefix: name, Ops: table}
	}
	w.dispatch = dispatch.New(w.state, w.record, clock)
	options := server.Options{
		Services: services, Routes: shared.routes, Authn: authn.New(authn.Options{State: w.state, Keyring: w.keyring, Partition: partition}), Dispatch: w.dispatch,
		Telemetry: telemetry.New(io.Discard, "error", "text"), Hosts: server.NewHosts(), Now: clock,
	}
	for _, change := range more {
		change(&options)
	}
	w.handler = server.New(options)
	return w
}

// credentials are what requests are signed with.
type credentials struct {
	id, secret, token string
}

// account makes an account and returns its id and its root user's key.
func (w *world) account() (id string, root credentials) {
	w.t.Helper()
	made, err := w.op.CreateAccount(w.t.Context(), operator.NewAccount{RootKey: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID, credentials{id: made.RootKey.ID, secret: made.RootKey.Secret}
}

// request is one HTTP request before it is signed.
type request struct {
	method, host, path, query, body string
	header                          map[string]string
	service, region                 string
	at                              time.Time
}

// call is a request for an operation; values are the parameters' names and values by turns.
func (w *world) call(service, operation string, values ...string) request {
	version := "2010-05-08"
	if service == "sts" {
		version = "2011-06-15"
	}
	form := url.Values{"Action": {operation}, "Version": {version}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return request{
		method: "POST", host: "127.0.0.1:9748", path: "/", body: form.Encode(), service: service, region: "us-east-1", at: w.now,
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
	}
}

// sign returns the request with a signature.
func (r request) sign(c credentials) *http.Request {
	h := r.unsigned()
	date := r.at.UTC().Format("20060102T150405Z")
	h.Header.Set("X-Amz-Date", date)
	if c.token != "" {
		h.Header.Set("X-Amz-Security-Token", c.token)
	}
	names := map[string]string{"host": r.host}
	for name := range h.Header {
		names[strings.ToLower(name)] = h.Header.Get(name)
	}
	signed := slices.Sorted(maps.Keys(names))
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.method, r.path, r.query)
	for _, name := range signed {
		fmt.Fprintf(&b, "%s:%s\n", name, names[name])
	}
	body := sha256.Sum256([]byte(r.body))
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(signed, ";"), hex.EncodeToString(body[:]))
	digest := sha256.Sum256([]byte(b.String()))
	scope := fmt.Sprintf("%s/%s/%s/aws4_request", date[:8], r.region, r.service)
	key := sigv4.DeriveKey(c.secret, date[:8], r.region, r.service)
	mac := hmac.New(sha256.New, key[:])
	fmt.Fprintf(mac, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hex.EncodeToString(digest[:]))
	h.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		c.id, scope, strings.Join(signed, ";"), hex.EncodeToString(mac.Sum(nil))))
	return h
}

func (r request) unsigned() *http.Request {
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	h := httptest.NewRequest(r.method, target, strings.NewReader(r.body))
	h.Host, h.RemoteAddr = r.host, "203.0.113.7:1234"
	for name, value := range r.header {
		h.Header.Set(name, value)
	}
	return h
}

// answer is what the server says.
type answer struct {
	status int
	body   string
	header http.Header
}

func (w *world) do(r *http.Request) answer {
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Body.String(), recorder.Header()}
}

// field returns the text of the first element of that name.
func (a answer) field(name string) string {
	if m := regexp.MustCompile(`<` + name + `>([^<]*)</` + name + `>`).FindStringSubmatch(a.body); m != nil {
		return strings.NewReplacer("&#34;", `"`, "&quot;", `"`, "&#39;", "'", "&apos;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(m[1])
	}
	return ""
}

// must makes a call that is to be answered well.
func (w *world) must(c credentials, service, operation string, values ...string) answer {
	w.t.Helper()
	a := w.do(w.call(service, operation, values...).sign(c))
	if a.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s: %s", operation, a.status, a.field("Code"), a.field("Message"))
	}
	return a
}

// refused makes a call that is to be refused with a code and a message, of which * stands for anything.
func (w *world) refused(c credentials, code, message, service, operation string, values ...string) {
	w.t.Helper()
	a := w.do(w.call(service, operation, values...).sign(c))
	if got := a.field("Code"); got != code {
		w.t.Errorf("%s %v: code %q, want %q (%d %s)", operation, values, got, code, a.status, a.field("Message"))
		return
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(message), `\*`, ".*") + "$"
	if got := a.field("Message"); !regexp.MustCompile(pattern).MatchString(got) {
		w.t.Errorf("%s %v: message\n  %q, want\n  %q", operation, values, got, message)
	}
}

// user makes a user with a key and an inline policy; no policy if the text is empty.
func (w *world) user(root credentials, name, policy string) credentials {
	w.t.Helper()
	w.must(root, "iam", "CreateUser", "UserName", name)
	if policy != "" {
		w.must(root, "iam", "PutUserPolicy", "UserName", name, "PolicyName", "p", "PolicyDocument", policy)
	}
	a := w.must(root, "iam", "CreateAccessKey", "UserName", name)
	return credentials{id: a.field("AccessKeyId"), secret: a.field("SecretAccessKey")}
}

// session takes the credentials out of an answer.
func (a answer) session() credentials {
	return credentials{id: a.field("AccessKeyId"), secret: a.field("SecretAccessKey"), token: a.field("SessionToken")}
}

// events returns all events so far: those of commits and the others.
func (w *world) events() []string {
	w.t.Helper()
	changes, err := w.store.Changes(w.t.Context(), 0, 0, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, c := range changes {
		for _, e := range c.Events {
			all = append(all, string(e))
		}
	}
	w.record.mu.Lock()
	defer w.record.mu.Unlock()
	return append(all, w.record.events...)
}

// allow is a policy that allows actions on a resource.
func allow(resource string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":"%s"}]}`, strings.Join(actions, `","`), resource)
}

// trusts is a trust policy that lets a principal assume a role and tag its session.
func trusts(principal string, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]%s}]}`, principal, condition)
}

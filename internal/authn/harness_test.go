package authn_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/sigv4"
)

const (
	ours   = "111111111111"
	theirs = "222222222222"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a state with two accounts, and who authenticates against it.
type world struct {
	t       testing.TB
	state   *identity.State
	keyring *credential.Keyring
	options authn.Options
	a       *authn.Authenticator
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	var err error
	if w.keyring, err = credential.NewKeyring(nil, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	if w.state, err = identity.Open(t.Context(), memory.New(), identity.DefaultQuotas()); err != nil {
		t.Fatal(err)
	}
	w.options = authn.Options{State: w.state, Keyring: w.keyring}
	w.a = authn.New(w.options)
	for _, id := range []string{ours, theirs} {
		key, err := w.keyring.NewDataKey(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.state.Create(t.Context(), identity.Info{ID: id, Created: now, DataKey: key}, func(*identity.Edit) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// edit changes an account.
func (w *world) edit(account string, change func(e *identity.Edit)) {
	w.t.Helper()
	err := w.state.Update(w.t.Context(), account, func(e *identity.Edit) error {
		change(e)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// key makes a key of an account that nobody has yet.
func (w *world) key(account string) (identity.AccessKey, credentials) {
	w.t.Helper()
	a, _ := w.state.Account(account)
	seal, err := w.a.Sealer(a)
	if err != nil {
		w.t.Fatal(err)
	}
	id, secret := pair(w.t, credential.LongTerm, account)
	sealed, err := seal.Seal(credential.SecretKey, id, []byte(secret))
	if err != nil {
		w.t.Fatal(err)
	}
	return identity.AccessKey{ID: id, Active: true, Created: now, Secret: sealed}, credentials{id: id, secret: secret}
}

// pair makes an id and a secret.
func pair(t testing.TB, prefix, account string) (id, secret string) {
	t.Helper()
	id, err := credential.AccessKeyID(prefix, account, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if secret, err = credential.SecretAccessKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return id, secret
}

// user makes a user with a key. Its unique id is as new as its key.
func (w *world) user(account, name string) credentials {
	w.t.Helper()
	key, c := w.key(account)
	w.edit(account, func(e *identity.Edit) {
		e.PutUser(&identity.User{ID: "AIDA" + key.ID[4:], Name: name, Path: "/dev/", Created: now, Keys: []identity.AccessKey{key}})
	})
	return c
}

// changeUser changes a copy of a user and puts that.
func (w *world) changeUser(account, name string, change func(u *identity.User)) {
	w.t.Helper()
	w.edit(account, func(e *identity.Edit) {
		old, _ := e.Account().User(name)
		u := *old
		u.Keys = slices.Clone(u.Keys)
		change(&u)
		e.PutUser(&u)
	})
}

func (w *world) deleteUser(account, name string) {
	w.t.Helper()
	w.edit(account, func(e *identity.Edit) {
		u, _ := e.Account().User(name)
		e.DeleteUser(u)
	})
}

// changeRoot changes the root user's keys.
func (w *world) changeRoot(account string, change func(keys []identity.AccessKey) []identity.AccessKey) {
	w.t.Helper()
	w.edit(account, func(e *identity.Edit) {
		i := e.Account().Info
		i.RootKeys = change(slices.Clone(i.RootKeys))
		e.PutInfo(i)
	})
}

// root gives the root user a key.
func (w *world) root(account string) credentials {
	w.t.Helper()
	key, c := w.key(account)
	w.changeRoot(account, func(keys []identity.AccessKey) []identity.AccessKey { return append(keys, key) })
	return c
}

// role makes a role and returns its unique id.
func (w *world) role(account, name string) string {
	w.t.Helper()
	id := "AROA" + rand.Text()[:16]
	w.edit(account, func(e *identity.Edit) {
		e.PutRole(&identity.Role{ID: id, Name: name, Path: "/dev/", Created: now, MaxSession: 3600, Trust: identity.NewDocument(`{"Version":"2012-10-17","Statement":[]}`)})
	})
	return id
}

func (w *world) deleteRole(account, name string) {
	w.t.Helper()
	w.edit(account, func(e *identity.Edit) {
		r, _ := e.Account().Role(name)
		e.DeleteRole(r)
	})
}

// userID returns the unique id of a user.
func (w *world) userID(account, name string) string {
	w.t.Helper()
	a, _ := w.state.Account(account)
	u, ok := a.User(name)
	if !ok {
		w.t.Fatalf("no user %s in %s", name, account)
	}
	return u.ID
}

// session makes an hour's session of a principal, given by its unique id.
func (w *world) session(account, principal string, facts identity.Session) credentials {
	w.t.Helper()
	text, err := json.Marshal(facts)
	if err != nil {
		w.t.Fatal(err)
	}
	id, secret := pair(w.t, credential.Temporary, account)
	return mint(w.t, w.keyring, credential.Session{
		AccessKeyID: id, SecretAccessKey: secret, Account: account, Principal: principal, Facts: text, Issued: now, Expires: now.Add(time.Hour),
	})
}

// mint makes the token of a session.
func mint(t testing.TB, k *credential.Keyring, s credential.Session) credentials {
	t.Helper()
	token, err := k.MintSession(&s)
	if err != nil {
		t.Fatal(err)
	}
	return credentials{id: s.AccessKeyID, secret: s.SecretAccessKey, token: token}
}

// credentials are what requests are signed with.
type credentials struct {
	id, secret, token string
}

// request is a request before it is signed.
type request struct {
	region, service string
	at              time.Time
	presigned       bool
}

const body = "Action=GetUser&Version=2010-05-08"

// sign signs a request.
func (r request) sign(c credentials) authn.Request {
	date := r.at.UTC().Format("20060102T150405Z")
	scope := date[:8] + "/" + r.region + "/" + r.service + "/aws4_request"
	h := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	headers, query := map[string]string{"host": h.Host}, ""
	if r.presigned {
		values := url.Values{"X-Amz-Algorithm": {sigv4.Algorithm}, "X-Amz-Credential": {c.id + "/" + scope}, "X-Amz-Date": {date}, "X-Amz-SignedHeaders": {"host"}}
		if c.token != "" {
			values.Set("X-Amz-Security-Token", c.token)
		}
		query = values.Encode()
	} else {
		h.Header.Set("X-Amz-Date", date)
		headers["x-amz-date"] = date
		if c.token != "" {
			h.Header.Set("X-Amz-Security-Token", c.token)
			headers["x-amz-security-token"] = c.token
		}
	}
	names := slices.Sorted(maps.Keys(headers))
	var b strings.Builder
	b.WriteString("POST\n/\n" + query + "\n")
	for _, name := range names {
		b.WriteString(name + ":" + headers[name] + "\n")
	}
	b.WriteString("\n" + strings.Join(names, ";") + "\n" + hash(body))
	key := sigv4.DeriveKey(c.secret, date[:8], r.region, r.service)
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(sigv4.Algorithm + "\n" + date + "\n" + scope + "\n" + hash(b.String())))
	signature := hex.EncodeToString(mac.Sum(nil))
	if r.presigned {
		h.URL.RawQuery = query + "&X-Amz-Signature=" + signature
	} else {
		h.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", sigv4.Algorithm, c.id, scope, strings.Join(names, ";"), signature))
	}
	return authn.Request{HTTP: h, Path: "/", Body: []byte(body), SigningName: "iam", Window: 15 * time.Minute, Time: r.at}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// byHeader and presigned are an ordinary request with the signature in either place.
var (
	byHeader  = request{region: "us-east-1", service: "iam", at: now}
	presigned = request{region: "us-east-1", service: "iam", at: now, presigned: true}
)

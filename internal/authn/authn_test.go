package authn_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
)

const (
	notGood  = "The security token included in the request is invalid."
	tooLate  = "The security token included in the request is expired"
	mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	internal = "The request processing has failed because of an unknown error, exception or failure."
)

// holders are all who can have credentials, each with an ARN and what GetCallerIdentity calls UserId; ID stands for the unique id.
var holders = []struct {
	name, arn, userID string
	make              func(w *world) credentials
}{
	{"a user's key", "arn:aws:iam::111111111111:user/dev/alice", "ID", func(w *world) credentials { return w.user(ours, "alice") }},
	{"the root user's key", "arn:aws:iam::111111111111:root", ours, func(w *world) credentials { return w.root(ours) }},
	{"a role session", "arn:aws:sts::111111111111:assumed-role/r/s", "ID:s", func(w *world) credentials {
		return w.session(ours, w.role(ours, "r"), identity.Session{Kind: identity.RoleSession, Name: "s"})
	}},
	{"a user's session", "arn:aws:iam::111111111111:user/dev/alice", "ID", func(w *world) credentials {
		w.user(ours, "alice")
		return w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken})
	}},
	{"the root user's session", "arn:aws:iam::111111111111:root", ours, func(w *world) credentials {
		return w.session(ours, ours, identity.Session{Kind: identity.SessionToken})
	}},
	{"a user's federated session", "arn:aws:sts::111111111111:federated-user/f", ours + ":f", func(w *world) credentials {
		w.user(ours, "alice")
		return w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.FederationToken, Name: "f"})
	}},
	{"the root user's federated session", "arn:aws:sts::111111111111:federated-user/f", ours + ":f", func(w *world) credentials {
		return w.session(ours, ours, identity.Session{Kind: identity.FederationToken, Name: "f"})
	}},
}

// hold makes the credentials of a holder.
func hold(w *world, name string) credentials {
	for _, h := range holders {
		if h.name == name {
			return h.make(w)
		}
	}
	panic(name)
}

func TestWhoeverHasGoodCredentialsIsKnown(t *testing.T) {
	for _, h := range holders {
		for place, r := range map[string]request{"header": byHeader, "query": presigned} {
			t.Run(h.name+"/"+place, func(t *testing.T) {
				w := newWorld(t)
				c := h.make(w)
				for _, turn := range []string{"first", "second"} {
					found, err := w.a.Authenticate(r.sign(c))
					if err != nil {
						t.Fatalf("the %s time: %v", turn, err)
					}
					caller := found.Caller
					id := ""
					switch {
					case caller.Role != nil:
						id = caller.Role.ID
					case caller.User != nil:
						id = caller.User.ID
					}
					if caller.Principal.ARN != h.arn || caller.UserID != strings.Replace(h.userID, "ID", id, 1) || strings.Contains(h.userID, "ID") && id == "" {
						t.Errorf("the %s time it is %s, %s of %s", turn, caller.Principal.ARN, caller.UserID, id)
					}
					if caller.AccessKeyID != c.id || caller.Account.ID != ours || found.Region != "us-east-1" || (caller.Session != nil) != (c.token != "") {
						t.Errorf("the %s time: %s of %s in %q, session %+v", turn, caller.AccessKeyID, caller.Account.ID, found.Region, caller.Session)
					}
					if s := caller.Session; s != nil && (!s.Issued.Equal(now) || !s.Expires.Equal(now.Add(time.Hour))) {
						t.Errorf("the %s time the session is from %s to %s", turn, s.Issued, s.Expires)
					}
				}
			})
		}
	}
}

// TestBadCredentials has all that ends credentials or makes them wrong. Each row begins with good ones, which are used or not before, in the header or in the query;
// the answer is the same. Rows of security.md S011, S019, S020 and S104.
func TestBadCredentials(t *testing.T) {
	setKey := func(account, user string, change func(k *identity.AccessKey)) func(w *world, c *credentials) {
		return func(w *world, c *credentials) {
			w.changeUser(account, user, func(u *identity.User) { change(&u.Keys[0]) })
		}
	}
	reseal := func(seal func(w *world, s *credential.Sealer, c *credentials) ([]byte, error)) func(w *world, c *credentials) {
		return func(w *world, c *credentials) {
			a, _ := w.state.Account(ours)
			s, err := w.a.Sealer(a)
			if err != nil {
				w.t.Fatal(err)
			}
			sealed, err := seal(w, s, c)
			if err != nil {
				w.t.Fatal(err)
			}
			w.changeUser(ours, "alice", func(u *identity.User) { u.Keys[0].Secret = sealed })
		}
	}
	token := func(change func(s *credential.Session)) func(w *world, c *credentials) {
		return func(w *world, c *credentials) {
			s, err := w.keyring.OpenSession(c.token)
			if err != nil {
				w.t.Fatal(err)
			}
			change(s)
			*c = mint(w.t, w.keyring, *s)
		}
	}
	for _, test := range []struct {
		name, holder  string
		code, message string
		change        func(w *world, c *credentials)
	}{
		// Long-term keys.
		{"the secret is another", "a user's key", fault.SignatureDoesNotMatch, mismatch, func(w *world, c *credentials) { c.secret += "x" }},
		{"the secret is of another user's key", "a user's key", fault.SignatureDoesNotMatch, mismatch, func(w *world, c *credentials) { c.secret = w.user(ours, "bob").secret }},
		{"no such key in the account", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id, _ = pair(w.t, credential.LongTerm, ours) }},
		{"no such account", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id, _ = pair(w.t, credential.LongTerm, "333333333333") }},
		{"an id that says no account", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id = "AKIAIOSFODNN7EXAMPLE" }},
		{"an id in lower case", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id = strings.ToLower(c.id) }},
		{"an id with a letter more", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id += "A" }},
		{"the user's unique id for the key's", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id = w.userID(ours, "alice") }},
		{"the id as that of a session", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.id = credential.Temporary + c.id[4:] }},
		{"the key is switched off", "a user's key", fault.InvalidClientTokenID, notGood, setKey(ours, "alice", func(k *identity.AccessKey) { k.Active = false })},
		{"the key is deleted", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			w.changeUser(ours, "alice", func(u *identity.User) { u.Keys = nil })
		}},
		{"the key is switched off and the secret is another", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			setKey(ours, "alice", func(k *identity.AccessKey) { k.Active = false })(w, c)
			c.secret += "x"
		}},
		{"the user is deleted", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteUser(ours, "alice") }},
		{"the user is another of that name", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteUser(ours, "alice"); w.user(ours, "alice") }},
		{"the key has no secret", "a user's key", fault.InvalidClientTokenID, notGood, setKey(ours, "alice", func(k *identity.AccessKey) { k.Secret = nil })},
		{"the key has another secret", "a user's key", fault.SignatureDoesNotMatch, mismatch, reseal(func(w *world, s *credential.Sealer, c *credentials) ([]byte, error) {
			return s.Seal(credential.SecretKey, c.id, []byte("another"))
		})},
		{"the secret was sealed for another key", "a user's key", fault.InternalFailure, internal, reseal(func(w *world, s *credential.Sealer, c *credentials) ([]byte, error) {
			return s.Seal(credential.SecretKey, "AKIAOTHER", []byte(c.secret))
		})},
		{"the secret was sealed for another account", "a user's key", fault.InternalFailure, internal, reseal(func(w *world, _ *credential.Sealer, c *credentials) ([]byte, error) {
			other, _ := w.state.Account(theirs)
			s, err := w.a.Sealer(other)
			if err != nil {
				return nil, err
			}
			return s.Seal(credential.SecretKey, c.id, []byte(c.secret))
		})},
		{"the sealed secret is cut off", "a user's key", fault.InternalFailure, internal, setKey(ours, "alice", func(k *identity.AccessKey) { k.Secret = append([]byte(nil), k.Secret[:len(k.Secret)-1]...) })},
		{"the root user's key is switched off", "the root user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			w.changeRoot(ours, func(keys []identity.AccessKey) []identity.AccessKey { keys[0].Active = false; return keys })
		}},
		{"the root user's key is deleted", "the root user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			w.changeRoot(ours, func([]identity.AccessKey) []identity.AccessKey { return nil })
		}},
		{"a long-term key with a token", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			c.token = w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken}).token
		}},
		{"a long-term key with nonsense for a token", "a user's key", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token = "x" }},

		// Sessions.
		{"the session's secret is another", "a role session", fault.SignatureDoesNotMatch, mismatch, func(w *world, c *credentials) { c.secret += "x" }},
		{"no token", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token = "" }},
		{"a token that is none", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token = "x" }},
		{"a token of nothing", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token = base64.StdEncoding.EncodeToString(make([]byte, 300)) }},
		{"a token cut off", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token = c.token[:len(c.token)-4] }},
		{"a token too long", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { c.token += strings.Repeat("A", credential.MaxToken) }},
		{"the token of another session of the role", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			a, _ := w.state.Account(ours)
			r, _ := a.Role("r")
			c.token = w.session(ours, r.ID, identity.Session{Kind: identity.RoleSession, Name: "s"}).token
		}},
		{"another session's id and secret with this token", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			other := w.session(theirs, w.role(theirs, "r"), identity.Session{Kind: identity.RoleSession, Name: "s"})
			c.id, c.secret = other.id, other.secret
		}},
		{"a token under another master key", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			s, err := w.keyring.OpenSession(c.token)
			if err != nil {
				w.t.Fatal(err)
			}
			other, err := credential.NewKeyring(nil, append(make([]byte, 31), 1))
			if err != nil {
				w.t.Fatal(err)
			}
			*c = mint(w.t, other, *s)
		}},
		{"an authorization message for a token", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			message, err := w.keyring.SealMessage(ours, "x")
			if err != nil {
				w.t.Fatal(err)
			}
			c.token = message
		}},
		{"the session ends now", "a role session", fault.ExpiredToken, tooLate, token(func(s *credential.Session) { s.Expires = now })},
		{"the session has ended and the secret is another", "a role session", fault.ExpiredToken, tooLate, func(w *world, c *credentials) {
			token(func(s *credential.Session) { s.Expires = now })(w, c)
			c.secret += "x"
		}},
		{"the role is deleted", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteRole(ours, "r") }},
		{"the role is another of that name", "a role session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteRole(ours, "r"); w.role(ours, "r") }},
		{"the role is of another account", "a role session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Account = theirs })},
		{"the account is not there", "a role session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Account = "333333333333" })},
		{"a token of a long-term key", "a user's session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) {
			token(func(s *credential.Session) { s.AccessKeyID, _ = pair(w.t, credential.LongTerm, ours) })(w, c)
		}},
		{"a role session of a user", "a user's session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Facts = json.RawMessage(`{"Kind":1,"Name":"s"}`) })},
		{"a role session of the root user", "the root user's session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Facts = json.RawMessage(`{"Kind":1,"Name":"s"}`) })},
		{"a user's session of a role", "a role session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Facts = json.RawMessage(`{"Kind":2}`) })},
		{"a session of nobody", "a user's session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Principal = "" })},
		{"the other account's root user", "the root user's session", fault.InvalidClientTokenID, notGood, token(func(s *credential.Session) { s.Account = theirs })},
		{"a session of no kind", "a user's session", fault.InternalFailure, internal, token(func(s *credential.Session) { s.Facts = json.RawMessage(`{}`) })},
		{"a session of a kind to come", "a user's session", fault.InternalFailure, internal, token(func(s *credential.Session) { s.Facts = json.RawMessage(`{"Kind":99}`) })},
		{"a session that says nothing", "a user's session", fault.InternalFailure, internal, token(func(s *credential.Session) { s.Facts = nil })},
		{"the session's user is deleted", "a user's session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteUser(ours, "alice") }},
		{"the session's user is another of that name", "a user's session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteUser(ours, "alice"); w.user(ours, "alice") }},
		{"the federated session's user is deleted", "a user's federated session", fault.InvalidClientTokenID, notGood, func(w *world, c *credentials) { w.deleteUser(ours, "alice") }},
	} {
		for _, used := range []bool{false, true} {
			for place, r := range map[string]request{"header": byHeader, "query": presigned} {
				t.Run(fmt.Sprintf("%s/%s/used before %v", test.name, place, used), func(t *testing.T) {
					w := newWorld(t)
					c := hold(w, test.holder)
					if used {
						if _, err := w.a.Authenticate(r.sign(c)); err != nil {
							t.Fatal(err)
						}
					}
					test.change(w, &c)
					for range 2 {
						found, err := w.a.Authenticate(r.sign(c))
						refused(t, found, err, test.code, test.message)
						if err != nil && (strings.Contains(err.Error(), c.secret) || c.token != "" && c.token != "x" && strings.Contains(err.Error(), c.token)) {
							t.Errorf("a secret stands in %v", err)
						}
					}
				})
			}
		}
	}
}

// refused wants a fault of that code and message, and nobody to be found.
func refused(t *testing.T, found authn.Found, err error, code, message string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != code || message != "*" && f.Message != message {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
	if found != (authn.Found{}) {
		t.Errorf("it is refused, and yet it is %+v", found)
	}
}

// TestS011_EveryByteOfATokenCounts, at a server that knows the token.
func TestS011_EveryByteOfATokenCounts(t *testing.T) {
	w := newWorld(t)
	c := hold(w, "a role session")
	if _, err := w.a.Authenticate(byHeader.sign(c)); err != nil {
		t.Fatal(err)
	}
	for i := range c.token {
		bad := c
		bad.token = c.token[:i]
		if i > 0 { // an empty header is no token: the row above
			found, err := w.a.Authenticate(byHeader.sign(bad))
			refused(t, found, err, fault.InvalidClientTokenID, notGood)
		}
		for bit := range 7 {
			letters := []byte(c.token)
			if letters[i] ^= 1 << bit; letters[i] <= ' ' || letters[i] == 0x7f {
				continue // no letter that a header's value may have at its end
			}
			bad.token = string(letters)
			found, err := w.a.Authenticate(byHeader.sign(bad))
			refused(t, found, err, fault.InvalidClientTokenID, notGood)
		}
	}
	// One that is there but not signed, and one that is signed elsewhere.
	r := byHeader.sign(c)
	r.HTTP.Header.Set("Authorization", strings.Replace(r.HTTP.Header.Get("Authorization"), ";x-amz-security-token", "", 1))
	found, err := w.a.Authenticate(r)
	refused(t, found, err, fault.SignatureDoesNotMatch, "*")
	r = byHeader.sign(c)
	r.HTTP.URL.RawQuery = "X-Amz-Security-Token=x"
	found, err = w.a.Authenticate(r)
	refused(t, found, err, fault.IncompleteSignature, "*")
	r = presigned.sign(c)
	r.HTTP.Header.Set("X-Amz-Security-Token", c.token)
	found, err = w.a.Authenticate(r)
	refused(t, found, err, fault.IncompleteSignature, "*")
}

// TestS019_WhoIsMadeAnewIsAnother: the old credentials are nobody's, the new ones are good, and the two never meet.
func TestS019_WhoIsMadeAnewIsAnother(t *testing.T) {
	w := newWorld(t)
	var keys, sessions []credentials
	for i := range 5 {
		if i > 0 {
			w.deleteUser(ours, "alice")
			w.deleteRole(ours, "r")
		}
		keys = append(keys, hold(w, "a user's key"))
		sessions = append(sessions, w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken}), hold(w, "a role session"))
		for j, c := range keys {
			found, err := w.a.Authenticate(byHeader.sign(c))
			if j < i {
				refused(t, found, err, fault.InvalidClientTokenID, notGood)
			} else if err != nil || found.Caller.User.ID != w.userID(ours, "alice") {
				t.Errorf("the new user's key: %v", err)
			}
		}
		for j, c := range sessions {
			found, err := w.a.Authenticate(byHeader.sign(c))
			if j/2 < i {
				refused(t, found, err, fault.InvalidClientTokenID, notGood)
			} else if err != nil {
				t.Errorf("a new session: %v", err)
			}
		}
	}
}

// TestSessionsEndWithTheirSecond looks at the moment before a session ends.
func TestSessionsEndWithTheirSecond(t *testing.T) {
	w := newWorld(t)
	c := hold(w, "a role session")
	for _, test := range []struct {
		after time.Duration
		good  bool
	}{{0, true}, {time.Hour - time.Nanosecond, true}, {time.Hour, false}, {time.Hour + time.Nanosecond, false}, {30 * 24 * time.Hour, false}, {time.Hour - 1, true}} {
		r := byHeader
		r.at = now.Add(test.after)
		found, err := w.a.Authenticate(r.sign(c))
		if test.good && err != nil {
			t.Errorf("after %s: %v", test.after, err)
		} else if !test.good {
			refused(t, found, err, fault.ExpiredToken, tooLate)
		}
	}
}

// TestSwitchedOnAgain: what was refused is good again, and the other way round, as often as somebody likes.
func TestSwitchedOnAgain(t *testing.T) {
	w := newWorld(t)
	c := hold(w, "a user's key")
	for i := range 6 {
		found, err := w.a.Authenticate(byHeader.sign(c))
		if on := i%2 == 0; !on {
			refused(t, found, err, fault.InvalidClientTokenID, notGood)
		} else if err != nil {
			t.Error(err)
		}
		w.changeUser(ours, "alice", func(u *identity.User) { u.Keys[0].Active = !u.Keys[0].Active })
	}
}

// TestCallersAreAsTheNewestStateHasThem: what is kept of a credential does not keep its user's name.
func TestCallersAreAsTheNewestStateHasThem(t *testing.T) {
	w := newWorld(t)
	key := hold(w, "a user's key")
	session := w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken})
	federated := w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.FederationToken, Name: "f"})
	for _, name := range []string{"alice", "bob", "carol"} {
		for what, c := range map[string]credentials{"key": key, "session": session, "federated session": federated} {
			found, err := w.a.Authenticate(byHeader.sign(c))
			if err != nil {
				t.Fatal(err)
			}
			who := found.Caller.Principal.ARN
			if c == federated {
				who = found.Caller.Principal.Issuer
			}
			if want := "arn:aws:iam::111111111111:user/dev/" + name; who != want || found.Caller.User.Name != name {
				t.Errorf("by the %s it is %s, not %s", what, who, want)
			}
		}
		w.edit(ours, func(e *identity.Edit) {
			old, _ := e.Account().User(name)
			u := *old
			e.DeleteUser(old)
			u.Name = map[string]string{"alice": "bob", "bob": "carol", "carol": "dave"}[name]
			e.PutUser(&u)
		})
	}
}

// TestPrincipalsSayWhereTheyComeFrom: what policies may name beside the ARN (evaluation.md §1).
func TestPrincipalsSayWhereTheyComeFrom(t *testing.T) {
	const provider = "arn:aws:iam::111111111111:oidc-provider/example.com"
	w := newWorld(t)
	w.user(ours, "alice")
	role, alice := w.role(ours, "r"), w.userID(ours, "alice")
	for _, test := range []struct {
		principal, issuer, uniqueID, provider string
		session                               identity.Session
	}{
		{role, "arn:aws:iam::111111111111:role/dev/r", role, provider, identity.Session{Kind: identity.RoleSession, Name: "s", Provider: provider}},
		{role, "arn:aws:iam::111111111111:role/dev/r", role, "", identity.Session{Kind: identity.RoleSession, Name: "s"}},
		{alice, "", alice, "", identity.Session{Kind: identity.SessionToken}},
		{alice, "arn:aws:iam::111111111111:user/dev/alice", "", "", identity.Session{Kind: identity.FederationToken, Name: "f"}},
		{ours, "", "", "", identity.Session{Kind: identity.FederationToken, Name: "f"}},
	} {
		found, err := w.a.Authenticate(byHeader.sign(w.session(ours, test.principal, test.session)))
		if err != nil {
			t.Fatal(err)
		}
		if p := found.Caller.Principal; p.Issuer != test.issuer || p.UniqueID != test.uniqueID || p.Provider != test.provider {
			t.Errorf("%s: issuer %q, id %q, provider %q", p.ARN, p.Issuer, p.UniqueID, p.Provider)
		}
	}
}

// TestDataKeysCanBeReplaced: what was sealed under the old one is opened no more, what is sealed under the new one is.
func TestDataKeysCanBeReplaced(t *testing.T) {
	w := newWorld(t)
	old := hold(w, "a user's key")
	if _, err := w.a.Authenticate(byHeader.sign(old)); err != nil {
		t.Fatal(err)
	}
	w.edit(ours, func(e *identity.Edit) {
		i := e.Account().Info
		var err error
		if i.DataKey, err = w.keyring.NewDataKey(ours); err != nil {
			t.Fatal(err)
		}
		e.PutInfo(i)
	})
	knows := w.a
	w.a = authn.New(w.options)
	// Sealed by one that has seen the new key only.
	bob := w.user(ours, "bob")
	if _, err := knows.Authenticate(byHeader.sign(bob)); err != nil {
		t.Error(err)
	}
	found, err := w.a.Authenticate(byHeader.sign(old))
	refused(t, found, err, fault.InternalFailure, internal)
}

// TestFixedKeys are of the account that the configuration says, and of no other.
func TestFixedKeys(t *testing.T) {
	w := newWorld(t)
	w.options.FixedKeys = map[string]string{"AKIAIOSFODNN7EXAMPLE": ours, "test": theirs, "ASIAIOSFODNN7EXAMPLE": ours, "nobody": "333333333333"}
	w.a = authn.New(w.options)
	for id, account := range map[string]string{"AKIAIOSFODNN7EXAMPLE": ours, "test": theirs, "ASIAIOSFODNN7EXAMPLE": ours} {
		a, _ := w.state.Account(account)
		seal, err := w.a.Sealer(a)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Seal(credential.SecretKey, id, []byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		w.changeRoot(account, func(keys []identity.AccessKey) []identity.AccessKey {
			return append(keys, identity.AccessKey{ID: id, Active: true, Created: now, Secret: sealed})
		})
	}
	for id, account := range map[string]string{"AKIAIOSFODNN7EXAMPLE": ours, "test": theirs} {
		for range 2 {
			found, err := w.a.Authenticate(byHeader.sign(credentials{id: id, secret: "secret"}))
			if err != nil || found.Caller.Account.ID != account {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	for _, id := range []string{"ASIAIOSFODNN7EXAMPLE", "nobody", "TEST", ""} {
		found, err := w.a.Authenticate(byHeader.sign(credentials{id: id, secret: "secret"}))
		refused(t, found, err, fault.InvalidClientTokenID, notGood)
	}
}

// TestRegionsAndPartitions: what may be signed for which region, and what it makes of an ARN.
func TestRegionsAndPartitions(t *testing.T) {
	const wrong = "Credential should be scoped to a valid region. "
	w := newWorld(t)
	c := hold(w, "a user's key")
	for _, test := range []struct {
		partition, region string
		regions           []string
		arn               string
	}{
		{"", "us-east-1", nil, "arn:aws:iam::111111111111:user/dev/alice"},
		{"", "cn-north-1", nil, "arn:aws-cn:iam::111111111111:user/dev/alice"},
		{"", "us-gov-west-1", nil, "arn:aws-us-gov:iam::111111111111:user/dev/alice"},
		{"", "us-iso-east-1", nil, "arn:aws-iso:iam::111111111111:user/dev/alice"},
		{"", "us-isob-east-1", nil, "arn:aws-iso-b:iam::111111111111:user/dev/alice"},
		{"", "us-isof-south-1", nil, "arn:aws-iso-f:iam::111111111111:user/dev/alice"},
		{"", "eu-isoe-west-1", nil, "arn:aws-iso-e:iam::111111111111:user/dev/alice"},
		{"", "eusc-de-east-1", nil, "arn:aws-eusc:iam::111111111111:user/dev/alice"},
		{"aws", "eu-central-1", nil, "arn:aws:iam::111111111111:user/dev/alice"},
		{"aws", "cn-north-1", nil, ""},
		{"aws-cn", "cn-north-1", nil, "arn:aws-cn:iam::111111111111:user/dev/alice"},
		{"aws-cn", "us-east-1", nil, ""},
		{"aws", "us-east-1", []string{"us-east-1", "eu-west-1"}, "arn:aws:iam::111111111111:user/dev/alice"},
		{"aws", "us-east-2", []string{"us-east-1", "eu-west-1"}, ""},
		{"aws", "cn-north-1", []string{"cn-north-1"}, ""},
	} {
		w.options.Partition, w.options.Regions = test.partition, test.regions
		a := authn.New(w.options)
		r := byHeader
		r.region = test.region
		found, err := a.Authenticate(r.sign(c))
		switch {
		case test.arn == "":
			refused(t, found, err, fault.SignatureDoesNotMatch, wrong)
		case err != nil || found.Caller.Principal.ARN != test.arn || found.Region != test.region:
			t.Errorf("%+v: %+v, %v", test, found, err)
		}
	}
	r := byHeader
	r.service = "sts"
	found, err := w.a.Authenticate(r.sign(c))
	refused(t, found, err, fault.SignatureDoesNotMatch, "Credential should be scoped to correct service: 'iam'.")
}

// TestLastUseIsThatOfGoodCredentials: nobody makes a key look used who does not have it.
func TestLastUseIsThatOfGoodCredentials(t *testing.T) {
	w := newWorld(t)
	key, role := hold(w, "a user's key"), hold(w, "a role session")
	a, _ := w.state.Account(ours)
	r, _ := a.Role("r")
	for kind, c := range map[string]credentials{identity.KeyUse: key, identity.RoleUse: role} {
		name := map[string]string{identity.KeyUse: key.id, identity.RoleUse: r.ID}[kind]
		bad := c
		bad.secret += "x"
		if _, err := w.a.Authenticate(byHeader.sign(bad)); err == nil {
			t.Error("a wrong secret is accepted")
		}
		if use, ok := w.state.LastUse(ours, kind, name); ok {
			t.Errorf("the %s was used: %+v", kind, use)
		}
		if _, err := w.a.Authenticate(byHeader.sign(c)); err != nil {
			t.Fatal(err)
		}
		if use, ok := w.state.LastUse(ours, kind, name); !ok || use != (identity.Use{Time: now, Region: "us-east-1", Service: "iam"}) {
			t.Errorf("the %s was used: %+v", kind, use)
		}
	}
}

package authn_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
)

// many is how many ask at once.
const many = 64

// told is what an answer says, as one text.
func told(found authn.Found, err error) string {
	if err != nil {
		f := fault.From(err)
		return f.Code + ": " + f.Message
	}
	c, p := found.Caller, found.Caller.Principal
	text := fmt.Sprintf("%d %s %s %s %s, %s %s %s in %s", p.Kind, p.ARN, p.Account, p.Issuer, p.UniqueID, c.UserID, c.Account.ID, c.AccessKeyID, found.Region)
	if c.User != nil {
		text += " user " + c.User.ID
	}
	if c.Role != nil {
		text += " role " + c.Role.ID
	}
	if c.Session != nil {
		s := *c.Session
		s.Policy = nil // an address; what it says is
		text += fmt.Sprintf(" session %+v", s)
		if c.Session.Policy != nil {
			text += c.Session.Policy.Text
		}
	}
	return text
}

// TestS026_AnswersDependOnAllThatTheyFollowFrom asks a server that remembers for requests that differ from one another in one thing, in any order and many at once:
// it answers as one that remembers nothing.
func TestS026_AnswersDependOnAllThatTheyFollowFrom(t *testing.T) {
	const seed, each = 26, 400
	w := newWorld(t)
	all := []credentials{w.user(ours, "alice"), w.user(theirs, "alice"), w.root(ours), w.root(theirs)}
	for _, account := range []string{ours, theirs} {
		role, user := w.role(account, "r"), w.userID(account, "alice")
		for _, name := range []string{"s", "t"} {
			all = append(all, w.session(account, role, identity.Session{Kind: identity.RoleSession, Name: name}),
				w.session(account, user, identity.Session{Kind: identity.FederationToken, Name: name}))
		}
		all = append(all, w.session(account, role, identity.Session{Kind: identity.RoleSession, Name: "s", Policy: identity.NewDocument("{}"), HasPolicies: true}),
			w.session(account, role, identity.Session{Kind: identity.RoleSession, Name: "s", MFA: now, SourceIdentity: "x", Tags: []identity.Tag{{Key: "k", Value: "v"}}}),
			w.session(account, user, identity.Session{Kind: identity.SessionToken}), w.session(account, user, identity.Session{Kind: identity.SessionToken, MFA: now}))
	}
	var requests []authn.Request
	for _, c := range all {
		variants := []credentials{c, {c.id, c.secret + "x", c.token}}
		// Others' parts in the place of its own.
		for _, o := range all {
			variants = append(variants, credentials{o.id, c.secret, c.token}, credentials{c.id, o.secret, c.token}, credentials{c.id, c.secret, o.token})
		}
		for i, v := range variants {
			for _, r := range []request{byHeader, presigned, {"eu-west-1", "iam", now, false}, {"cn-north-1", "iam", now, false}, {"us-east-1", "sts", now, false}, {"us-east-1", "iam", now.Add(12 * time.Hour), false}} {
				signed := r.sign(v)
				if requests = append(requests, signed); i > 0 {
					continue
				}
				// The signature of one, said of another, and asked of another service or at another time.
				for _, change := range []func(*authn.Request){
					func(r *authn.Request) { r.SigningName = "sts" }, func(r *authn.Request) { r.Body = []byte("Action=DeleteUser") }, func(r *authn.Request) { r.Time = r.Time.Add(16 * time.Minute) },
					func(r *authn.Request) { r.Time = r.Time.Add(2 * time.Hour) },
					func(r *authn.Request) {
						text := r.HTTP.Header.Get("Authorization")
						r.HTTP.Header.Set("Authorization", strings.Replace(text, "/us-east-1/", "/eu-west-1/", 1))
					},
				} {
					changed := signed
					changed.HTTP = signed.HTTP.Clone(t.Context())
					change(&changed)
					requests = append(requests, changed)
				}
			}
		}
	}
	want, good := make([]string, len(requests)), 0
	for i, r := range requests {
		found, err := authn.New(w.options).Authenticate(r)
		if want[i] = told(found, err); err == nil {
			good++
		}
	}
	if good < 100 || len(requests)-good < 1000 {
		t.Fatalf("%d of %d requests are good: the test is idle", good, len(requests))
	}
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for range each {
				// Two that stand beside one another differ in one thing.
				first := r.IntN(len(requests) - 1)
				for _, n := range []int{first, first + 1, r.IntN(len(requests))} {
					if got := told(w.a.Authenticate(requests[n])); got != want[n] {
						t.Errorf("request %d: got %s, want %s", n, got, want[n])
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestS020_WhatIsAcknowledgedHoldsForEveryRequestAfter changes credentials while many ask without a pause: a request that begins after a change was acknowledged, and ends
// before the next one begins, is answered by that change.
func TestS020_WhatIsAcknowledgedHoldsForEveryRequestAfter(t *testing.T) {
	w := newWorld(t)
	key := w.user(ours, "alice")
	session := w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken})
	a, _ := w.state.Account(ours)
	alice, _ := a.User("alice")
	requests := map[string]authn.Request{"key": byHeader.sign(key), "session": byHeader.sign(session), "presigned": presigned.sign(key), "presigned session": presigned.sign(session)}

	// phase counts changes: it is odd while one is under way.
	var phase atomic.Int64
	const phases = 16
	var seen [2 * phases]atomic.Int64
	good := func(n int64, what string) bool {
		switch n / 2 % 4 {
		case 0:
			return true
		case 1: // the key is switched off, which does not end sessions
			return strings.HasSuffix(what, "session")
		case 2: // on again
			return true
		default: // the user is deleted
			return false
		}
	}
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			for {
				for what, r := range requests {
					before := phase.Load()
					if before >= 2*phases {
						return
					}
					_, err := w.a.Authenticate(r)
					if after := phase.Load(); before%2 == 1 || after != before {
						continue
					}
					if (err == nil) != good(before, what) || err != nil && !fault.Is(err, fault.InvalidClientTokenID) {
						t.Errorf("after change %d the %s is answered by %v", before/2, what, err)
						phase.Store(2 * phases)
						return
					}
					seen[before].Add(1)
				}
			}
		})
	}
	for n := phase.Load(); n < 2*phases; n = phase.Load() {
		if seen[n].Load() < 2*many {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		phase.Add(1)
		switch n / 2 % 4 {
		case 0:
			w.changeUser(ours, "alice", func(u *identity.User) { u.Keys[0].Active = false })
		case 1:
			w.changeUser(ours, "alice", func(u *identity.User) { u.Keys[0].Active = true })
		case 2:
			w.deleteUser(ours, "alice")
		default:
			w.edit(ours, func(e *identity.Edit) { e.PutUser(alice) })
		}
		phase.Add(1)
	}
	wg.Wait()
}

// TestWhatIsKeptIsBounded uses as many credentials as fill the memory, with tokens as long as there are; those who were forgotten are known again.
func TestWhatIsKeptIsBounded(t *testing.T) {
	w := newWorld(t)
	role := w.role(ours, "r")
	first := w.session(ours, role, identity.Session{Kind: identity.RoleSession, Name: "first"})
	key := w.user(ours, "alice")
	check := func() {
		t.Helper()
		for _, c := range []credentials{first, key} {
			if _, err := w.a.Authenticate(byHeader.sign(c)); err != nil {
				t.Fatal(err)
			}
		}
	}
	check()
	most, cleared := 0, false
	for i := range 9000 {
		c := w.session(ours, role, identity.Session{Kind: identity.RoleSession, Name: fmt.Sprint(i), Policy: identity.NewDocument(strings.Repeat("x", 2048)), HasPolicies: true})
		if _, err := w.a.Authenticate(byHeader.sign(c)); err != nil {
			t.Fatal(err)
		}
		if i%50 > 0 {
			continue
		}
		n, size := authn.Kept(w.a)
		if size > authn.MaxSize {
			t.Fatalf("%d proofs of %d bytes are kept", n, size)
		}
		cleared = cleared || n < most
		most = max(most, n)
	}
	if !cleared || most < 1500 {
		t.Errorf("%d were kept at most, and they were forgotten: %v", most, cleared)
	}
	check()
	// Neither does it grow by changes.
	for range 10 {
		n, size := authn.Kept(w.a)
		w.changeUser(ours, "alice", func(u *identity.User) { u.Tags = append(u.Tags, identity.Tag{Key: fmt.Sprint(len(u.Tags))}) })
		check()
		if n2, size2 := authn.Kept(w.a); n2 != n || size2 != size {
			t.Errorf("%d proofs of %d bytes, after a change %d of %d", n, size, n2, size2)
		}
	}
	// What was never signed is not kept.
	before, _ := authn.Kept(w.a)
	bad := w.session(ours, role, identity.Session{Kind: identity.RoleSession, Name: "bad"})
	bad.secret += "x"
	if _, err := w.a.Authenticate(byHeader.sign(bad)); err == nil {
		t.Error("a wrong signature is accepted")
	}
	if after, _ := authn.Kept(w.a); after != before {
		t.Errorf("%d proofs, then %d: what was not signed is kept", before, after)
	}
}

// TestWhatIsKnownIsNotMadeAgain: after the first request, and the first after a change, a caller is all that is made for one.
func TestWhatIsKnownIsNotMadeAgain(t *testing.T) {
	w := newWorld(t)
	for _, h := range holders {
		c := h.make(w)
		r := byHeader.sign(c)
		for _, when := range []string{"at first", "after a change"} {
			allocs := testing.AllocsPerRun(10, func() {
				if _, err := w.a.Authenticate(r); err != nil {
					t.Fatal(err)
				}
			})
			if allocs > 1 {
				t.Errorf("%s takes memory %v times %s", h.name, allocs, when)
			}
			if a, _ := w.state.Account(ours); a.Counts().Users > 0 {
				w.changeUser(ours, "alice", func(u *identity.User) { u.Path = "/changed/" })
			}
		}
		if a, _ := w.state.Account(ours); a.Counts().Users > 0 {
			w.deleteUser(ours, "alice")
		}
	}
}

// TestNoSecretIsRemembered: the key for a day, a region and a service is, the secret that it comes from is not.
func TestNoSecretIsRemembered(t *testing.T) {
	w := newWorld(t)
	for _, h := range holders {
		c := h.make(w)
		if _, err := w.a.Authenticate(byHeader.sign(c)); err != nil {
			t.Fatal(err)
		}
		if text := authn.Remembered(w.a, c.id); text == "" || strings.Contains(text, c.secret) {
			t.Errorf("of %s it is remembered: %s", h.name, text)
		}
	}
}

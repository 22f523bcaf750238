// Package authn finds out who makes a request.
//
//	found, err := a.Authenticate(authn.Request{HTTP: r, Body: body, SigningName: "iam", Window: 15 * time.Minute, Time: now})
//	found.Caller // who it is, as the newest state has them
//
// The access key id itself says which account it is of, so no index over all accounts is asked. Everything that can end a credential (a key switched off,
// a user or role deleted) is looked up in the newest snapshot at every request; what is kept between requests is only what follows from bytes that
// do not change: signing keys, opened tokens, and names.
package authn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/sigv4"
)

// Authenticator authenticates requests against a state.
type Authenticator struct {
	state     *identity.State
	keyring   *credential.Keyring
	partition string
	regions   map[string]bool
	fixed     map[string]string
	// region is speaks, as a value made once.
	region func(string) bool

	mu     sync.RWMutex
	proofs map[proofName]*proof
	// size is how much memory the proofs take, about.
	size    int
	sealers map[string]*sealer
}

// Options are what an Authenticator is made of.
type Options struct {
	State   *identity.State
	Keyring *credential.Keyring
	// Partition is the only one whose regions requests may be signed for. Policies name ARNs with their partition, so who could choose it would choose which
	// of them bear on a call. Empty means all, for servers on which nothing is at stake.
	Partition string
	// Regions are the regions that requests may be signed for; none means all.
	Regions []string
	// FixedKeys are access key ids that do not say whose they are, such as a test's own, with their accounts.
	FixedKeys map[string]string
}

// New makes an Authenticator.
func New(o Options) *Authenticator {
	a := &Authenticator{partition: o.Partition, state: o.State, keyring: o.Keyring, fixed: o.FixedKeys, proofs: make(map[proofName]*proof), sealers: make(map[string]*sealer)}
	if len(o.Regions) > 0 {
		a.regions = make(map[string]bool)
		for _, r := range o.Regions {
			a.regions[r] = true
		}
	}
	a.region = a.speaks
	return a
}

// speaks reports whether requests may be signed for a region.
func (a *Authenticator) speaks(region string) bool {
	return (a.partition == "" || Partition(region) == a.partition) && (a.regions == nil || a.regions[region])
}

// Request is a request to be authenticated.
type Request struct {
	HTTP *http.Request
	// Path is the path as it was sent, before anything made sense of it.
	Path string
	Body []byte
	// SigningName is the service that the request must be signed for.
	SigningName string
	// Window is how far the request's time may be from Time, which is now.
	Window time.Duration
	Time   time.Time
}

// Found is who made a request.
type Found struct {
	Caller *identity.Caller
	// Region is the one that the request was signed for.
	Region string
}

// proofName is what a proof is found by. What else it follows from is compared each time: the sealed secret or the token, and whom the credential is of now.
type proofName struct {
	id, date, region, service string
}

// proof is what is kept of a credential: all of it follows from name, from sealed or token, and from entity. Where one of these is another than it was, another proof
// is made. The secret access key is not kept. A proof that is kept is not changed any more.
type proof struct {
	// name is empty until the proof is kept. Its texts are copies that hold no part of a request.
	name proofName
	// sealed is where the sealed secret begins that key was derived from (long-term keys): a secret that was sealed anew is elsewhere. token is the session token
	// (temporary ones).
	sealed  *byte
	token   string
	key     sigv4.Key
	account string
	// The rest of what the token says: whose it is and what its bearer was told.
	accessKeyID, owner string
	session            *identity.Session
	// principal and userID are of entity, a *identity.User or *identity.Role as it was in the snapshot, or nil for the root user.
	entity    any
	principal *authz.Principal
	userID    string
}

// maxSize is how much memory proofs may take, about: then all are forgotten. It is enough for 60,000 keys, or 7,000 sessions with as many tags as fit, or 1,500 with a policy as
// long as it may be.
const maxSize = 64 << 20

// weight is how much memory a proof takes, about: what a token says is there sealed and opened, and its policy as it is judged by.
func (p *proof) weight() int {
	n := 1024 + 2*len(p.token)
	if p.session != nil && p.session.Policy != nil {
		n += programSize * len(p.session.Policy.Text)
	}
	return n
}

// programSize is how many bytes a program takes for each of its policy's text (9 to 14 for policies of 200 to 2,000 bytes).
const programSize = 14

// Authenticate returns who signed a request. The error is a fault: rows 1–17 of sigv4.md §4.
func (a *Authenticator) Authenticate(r Request) (Found, error) {
	request := &sigv4.Request{
		Method: r.HTTP.Method, Host: r.HTTP.Host, Path: r.Path, RawQuery: r.HTTP.URL.RawQuery, Header: r.HTTP.Header, Body: r.Body,
	}
	signature, err := sigv4.Parse(request, sigv4.Options{Service: r.SigningName, Region: a.region, Now: r.Time, Window: r.Window})
	if err != nil {
		return Found{}, refused(err)
	}
	c, p, err := a.caller(&signature, r.Time)
	if err != nil {
		return Found{}, err
	}
	if err := signature.Verify(request, &p.key); err != nil {
		return Found{}, refused(err)
	}
	// Only now: nobody fills the memory with requests that are not signed.
	a.keep(&signature, p)
	c.AccessKeyID = p.name.id
	use := identity.Use{Time: r.Time, Region: p.name.region, Service: r.SigningName}
	if c.Session == nil {
		a.state.Touch(c.Account.ID, identity.KeyUse, c.AccessKeyID, use)
	} else if c.Role != nil {
		a.state.Touch(c.Account.ID, identity.RoleUse, c.Role.ID, use)
	}
	return Found{Caller: c, Region: p.name.region}, nil
}

func refused(err error) error {
	var e *sigv4.Error
	if errors.As(err, &e) {
		return fault.New(e.Code, "%s", e.Message)
	}
	return fault.Internal(err)
}

// invalidToken is the one answer to every credential that is not good, so that nobody learns which of them exist (sigv4.md §4 15).
func invalidToken(cause error) error {
	return &fault.Fault{Code: fault.InvalidClientTokenID, Message: "The security token included in the request is invalid.", Cause: cause}
}

// caller looks up whose credential a signature was made with, and the key to verify it by.
func (a *Authenticator) caller(s *sigv4.Signature, now time.Time) (*identity.Caller, *proof, error) {
	if s.Token != "" {
		return a.bearer(s, now)
	}
	if strings.HasPrefix(s.AccessKeyID, credential.Temporary) {
		return nil, nil, invalidToken(nil)
	}
	p := a.kept(s)
	account, ok := a.account(s.AccessKeyID, p)
	if !ok {
		return nil, nil, invalidToken(nil)
	}
	key, user, ok := account.Key(s.AccessKeyID)
	if !ok || !key.Active || len(key.Secret) == 0 {
		return nil, nil, invalidToken(nil)
	}
	var entity any
	if user != nil {
		entity = user
	}
	at := identity.Authority{Partition: Partition(s.Region), Account: account.ID}
	if p == nil || p.sealed != &key.Secret[0] {
		seal, err := a.Sealer(account)
		if err != nil {
			return nil, nil, fault.Internal(err)
		}
		secret, err := seal.Open(credential.SecretKey, key.ID, key.Secret)
		if err != nil {
			return nil, nil, fault.Internal(fmt.Errorf("authn: the secret of key %s: %w", key.ID, err))
		}
		p = &proof{sealed: &key.Secret[0], account: account.ID, key: sigv4.DeriveKey(string(secret), s.Date, s.Region, s.Service)}
	}
	if p.principal == nil || p.entity != entity {
		next := *p
		next.name, next.entity = proofName{}, entity
		var err error
		if user != nil {
			next.userID = user.ID
			next.principal, err = authz.NewPrincipal(at.User(user), authz.Facts{UniqueID: user.ID})
		} else {
			next.userID = account.ID
			next.principal, err = authz.NewPrincipal(at.Root(), authz.Facts{})
		}
		if err != nil {
			return nil, nil, fault.Internal(err)
		}
		p = &next
	}
	return &identity.Caller{Principal: p.principal, UserID: p.userID, Account: account, User: user}, p, nil
}

// account returns the account of a long-term key, of which there may be a proof.
func (a *Authenticator) account(key string, p *proof) (*identity.Account, bool) {
	if p != nil {
		return a.state.Account(p.account)
	}
	id, ok := a.fixed[key]
	if !ok {
		if id, ok = credential.AccountOf(key); !ok {
			return nil, false
		}
	}
	return a.state.Account(id)
}

// bearer is caller for temporary credentials.
func (a *Authenticator) bearer(s *sigv4.Signature, now time.Time) (*identity.Caller, *proof, error) {
	if !strings.HasPrefix(s.AccessKeyID, credential.Temporary) {
		return nil, nil, invalidToken(nil)
	}
	p := a.kept(s)
	if p == nil || p.token != s.Token {
		opened, err := a.keyring.OpenSession(s.Token)
		if err != nil {
			return nil, nil, invalidToken(nil)
		}
		p = &proof{token: strings.Clone(s.Token), accessKeyID: opened.AccessKeyID, account: opened.Account, owner: opened.Principal, session: new(identity.Session)}
		if err := json.Unmarshal(opened.Facts, p.session); err != nil {
			return nil, nil, fault.Internal(fmt.Errorf("authn: a session token: %w", err))
		}
		p.session.Issued, p.session.Expires = opened.Issued, opened.Expires
		p.key = sigv4.DeriveKey(opened.SecretAccessKey, s.Date, s.Region, s.Service)
	}
	if p.accessKeyID != s.AccessKeyID {
		return nil, nil, invalidToken(nil)
	}
	if !now.Before(p.session.Expires) {
		return nil, nil, fault.New(fault.ExpiredToken, "The security token included in the request is expired")
	}
	account, ok := a.state.Account(p.account)
	if !ok {
		return nil, nil, invalidToken(nil)
	}
	c := &identity.Caller{Account: account, Session: p.session}
	// By unique id: who was made anew under an old name has no old sessions.
	var entity any
	switch {
	case p.session.Kind == identity.RoleSession:
		if c.Role, ok = account.RoleByID(p.owner); !ok {
			return nil, nil, invalidToken(nil)
		}
		entity = c.Role
	case p.owner != account.ID:
		if c.User, ok = account.UserByID(p.owner); !ok {
			return nil, nil, invalidToken(nil)
		}
		entity = c.User
	}
	if p.principal == nil || p.entity != entity {
		next := *p
		next.name, next.entity = proofName{}, entity
		if err := next.describe(c, identity.Authority{Partition: Partition(s.Region), Account: account.ID}); err != nil {
			return nil, nil, fault.Internal(err)
		}
		p = &next
	}
	c.Principal, c.UserID = p.principal, p.userID
	return c, p, nil
}

// describe makes the principal of a session (evaluation.md §1).
func (p *proof) describe(c *identity.Caller, at identity.Authority) (err error) {
	switch p.session.Kind {
	case identity.RoleSession:
		p.userID = c.Role.ID + ":" + p.session.Name
		p.principal, err = authz.NewPrincipal(at.AssumedRole(c.Role.Name, p.session.Name),
			authz.Facts{Issuer: at.Role(c.Role), UniqueID: c.Role.ID, Provider: p.session.Provider})
	case identity.FederationToken:
		p.userID = at.Account + ":" + p.session.Name
		facts := authz.Facts{}
		if c.User != nil {
			facts.Issuer = at.User(c.User)
		}
		p.principal, err = authz.NewPrincipal(at.FederatedUser(p.session.Name), facts)
	case identity.SessionToken:
		if c.User == nil {
			p.userID = at.Account
			p.principal, err = authz.NewPrincipal(at.Root(), authz.Facts{})
			break
		}
		p.userID = c.User.ID
		p.principal, err = authz.NewPrincipal(at.User(c.User), authz.Facts{UniqueID: c.User.ID})
	default:
		err = fmt.Errorf("authn: a session of kind %d", p.session.Kind)
	}
	return err
}

func (a *Authenticator) kept(s *sigv4.Signature) *proof {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.proofs[proofName{s.AccessKeyID, s.Date, s.Region, s.Service}]
}

// keep keeps a proof whose signature was good, if it is not kept.
func (a *Authenticator) keep(s *sigv4.Signature, p *proof) {
	if p.name.id != "" {
		return
	}
	// Copies: else the whole header would be kept.
	p.name = proofName{strings.Clone(s.AccessKeyID), strings.Clone(s.Date), strings.Clone(s.Region), strings.Clone(s.Service)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size += p.weight(); a.size > maxSize {
		clear(a.proofs)
		a.size = p.weight()
	}
	if old := a.proofs[p.name]; old != nil {
		a.size -= old.weight()
	}
	a.proofs[p.name] = p
}

// sealer is an account's sealer with the data key that it was made of.
type sealer struct {
	key *byte
	*credential.Sealer
}

// Sealer returns what seals the secrets of an account.
func (a *Authenticator) Sealer(account *identity.Account) (*credential.Sealer, error) {
	if len(account.DataKey) == 0 {
		return nil, fmt.Errorf("authn: account %s has no data key", account.ID)
	}
	a.mu.RLock()
	s, ok := a.sealers[account.ID]
	a.mu.RUnlock()
	if ok && s.key == &account.DataKey[0] {
		return s.Sealer, nil
	}
	made, err := a.keyring.Sealer(account.ID, account.DataKey)
	if err != nil {
		return nil, fmt.Errorf("authn: account %s: its data key: %w", account.ID, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sealers[account.ID] = &sealer{&account.DataKey[0], made}
	return made, nil
}

// Partition returns the partition of a region.
func Partition(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return "aws"
}

var partitions = [...]struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"}, {"us-iso-", "aws-iso"}, {"eu-isoe-", "aws-iso-e"}, {"eusc-", "aws-eusc"},
}

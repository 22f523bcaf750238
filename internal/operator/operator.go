// Package operator is what whoever runs the machine does beside AWS's API: making accounts, and emptying a server that is there for tests.
//
//	created, err := o.CreateAccount(ctx, operator.NewAccount{Name: "team", RootKey: true})
//	created.RootKey.ID, created.RootKey.Secret
//
// AWS has no call by which the first account comes into the world, so these are the only changes of the state that no policy allows or denies; they need a
// proof that the caller runs the machine (see Handler), and each leaves an event in the account that it made.
package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/trail"
)

// Operator makes accounts in a state.
type Operator struct {
	State   *identity.State
	Keyring *credential.Keyring
	Rand    io.Reader
	Now     func() time.Time
	// NewEventID makes the id of an event.
	NewEventID func() string
}

// NewAccount is what is asked for.
type NewAccount struct {
	// ID is the account's id; random if empty.
	ID string
	// Name and Email may be empty.
	Name, Email string
	// RootKey asks for an access key of the root user. FixedKey gives it instead of a random one, for tests.
	RootKey  bool
	FixedKey Key
	// RootPassword asks for a password of the root user.
	RootPassword bool
	// Admin asks for a user "admin" with the policy AdministratorAccess and an access key.
	Admin bool
	// Keep is called with what was made before it is committed, to save what can only be known now; nil if there is no need.
	Keep func(*Created) error
}

// Key is an access key with its secret, which is shown once and never again.
type Key struct {
	ID, Secret string
}

// Created is an account that was made, with what can only be known now.
type Created struct {
	ID           string
	RootKey      Key    // if asked for
	RootPassword string // if asked for
	AdminKey     Key    // if asked for
}

var (
	// ErrExists says that the account's id is taken.
	ErrExists = errors.New("there is an account with this id already")
	// ErrEmail says that the e-mail address is another account's.
	ErrEmail = errors.New("the e-mail address is another account's")
	// ErrInvalid says that what was asked for makes no sense.
	ErrInvalid = errors.New("not valid")
)

// CreateAccount makes an account. The error is ErrExists, ErrEmail, ErrInvalid, or says why the state could not be changed.
func (o *Operator) CreateAccount(ctx context.Context, n NewAccount) (*Created, error) {
	m := maker{operator: o}
	created := &Created{ID: n.ID}
	if n.ID == "" {
		created.ID = m.text(credential.AccountID(o.Rand))
	} else if !isAccountID(n.ID) {
		return nil, fmt.Errorf("%w: an account id has 12 digits, %q has not", ErrInvalid, n.ID)
	}
	now := identity.Second(o.Now())
	info := identity.Info{ID: created.ID, Name: n.Name, Email: n.Email, Created: now}
	if m.err == nil {
		info.DataKey, m.err = o.Keyring.NewDataKey(created.ID)
	}
	if n.RootKey {
		created.RootKey = n.FixedKey
		info.RootKeys = []identity.AccessKey{m.key(&info, &created.RootKey, now)}
	}
	if n.RootPassword {
		created.RootPassword = m.text(credential.SecretAccessKey(o.Rand))
		info.RootPassword = m.text(credential.HashPassword(created.RootPassword, o.Rand))
	}
	var admin *identity.User
	if n.Admin {
		admin = &identity.User{
			ID: m.text(credential.UniqueID("AIDA", o.Rand)), Name: "admin", Path: "/", Created: now, Attached: []identity.PolicyRef{"policy/AdministratorAccess"},
		}
		admin.Keys = []identity.AccessKey{m.key(&info, &created.AdminKey, now)}
	}
	event := trail.Event{
		Time: now, ID: o.NewEventID(), Source: "organizations.amazonaws.com", Name: "CreateAccount", Type: "AwsServiceEvent", Region: "us-east-1",
		RecipientAccount: created.ID, Identity: trail.Identity{Type: "AWSService", PrincipalID: "operator"},
	}
	var record []byte
	if m.err == nil {
		record, m.err = event.AppendJSON(nil)
	}
	if m.err != nil {
		return nil, m.err
	}
	err := o.State.Create(ctx, info, func(e *identity.Edit) error {
		if admin != nil {
			e.PutUser(admin)
		}
		e.Record(record)
		if n.Keep != nil {
			return n.Keep(created)
		}
		return nil
	})
	switch {
	case errors.Is(err, identity.ErrAccountExists):
		return nil, fmt.Errorf("%w: %s", ErrExists, created.ID)
	case errors.Is(err, store.ErrTaken):
		return nil, fmt.Errorf("%w: %s", ErrEmail, n.Email)
	case err != nil:
		return nil, err
	}
	return created, nil
}

// maker makes the parts of an account and keeps the first error.
type maker struct {
	operator *Operator
	err      error
}

func (m *maker) text(s string, err error) string {
	if m.err == nil {
		m.err = err
	}
	return s
}

// key makes an access key of the account, with the id and secret that k gives, or new ones, which k is then told.
func (m *maker) key(info *identity.Info, k *Key, now time.Time) identity.AccessKey {
	if k.ID == "" {
		k.ID = m.text(credential.AccessKeyID(credential.LongTerm, info.ID, m.operator.Rand))
	}
	if k.Secret == "" {
		k.Secret = m.text(credential.SecretAccessKey(m.operator.Rand))
	}
	if m.err != nil {
		return identity.AccessKey{}
	}
	sealer, err := m.operator.Keyring.Sealer(info.ID, info.DataKey)
	if err != nil {
		m.err = err
		return identity.AccessKey{}
	}
	sealed, err := sealer.Seal(credential.SecretKey, k.ID, []byte(k.Secret))
	if err != nil {
		m.err = err
	}
	return identity.AccessKey{ID: k.ID, Active: true, Created: now, Secret: sealed}
}

func isAccountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

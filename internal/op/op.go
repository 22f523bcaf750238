// Package op is the form of an operation: a row in a service's table that joins the operation's name with the method that performs it and with what it asks
// of the judge.
//
//	func (s *Service) Ops() op.Table {
//		return op.Table{
//			"CreateUser": op.Write(s.createUser, newUser),
//			"GetUser":    op.Read(s.getUser, user),
//
// Everything that can be said in the row is: whether the operation reads, issues credentials or writes, and which questions (action,
// resource, condition keys) must all be answered with yes before it is performed. Package dispatch does the rest, the same for all.
package op

import (
	"context"
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/identity"
)

// Kind is what an operation does to the state, which decides how its event is kept.
type Kind uint8

const (
	// Reads changes nothing.
	Reads Kind = iota
	// Issues changes nothing but hands out credentials: its event must be kept before its answer is given.
	Issues
	// Writes changes the account: it runs inside a commit, and its event is part of that.
	Writes
)

// Op is one operation.
type Op struct {
	Kind Kind
	// Missing says why the operation is not there yet; it is empty if it is.
	Missing string
	// New makes the operation's input, to be decoded into.
	New func() any
	// Questions returns what the judge is asked before the operation is performed: all must be allowed. An error is the call's.
	Questions func(*Call, any) ([]Question, error)
	// Handle performs the operation.
	Handle func(*Call, any) (any, error)
}

// Table has a service's operations by name.
type Table map[string]Op

// Call is one call of an operation, with all that its handler may need to know of where it came from.
type Call struct {
	Context context.Context
	// Service is the service's name in policies, such as "iam"; Operation the operation's.
	Service, Operation string
	Caller             *identity.Caller
	// Account is the state that the call works on. For a call that writes it is the state within the commit, before the handler's changes.
	Account *identity.Account
	// Edit changes the account; it is nil but for operations that write.
	Edit *identity.Edit
	// State has the other accounts.
	State *identity.State
	// Time is when the call arrived.
	Time      time.Time
	RequestID string
	// Region is what the call was signed for, Authority the partition of that region and the caller's account.
	Region    string
	Authority identity.Authority
	SourceIP  netip.Addr
	UserAgent string
	// Referer is what the request says of where it came from; empty if nothing.
	Referer string
	// TLS is what is known of the connection that the call came by; nil if it was not secured. Host is which host the client wanted to speak to.
	TLS  *tls.ConnectionState
	Host string
	// Touched are the things that the call's event says it was about. A handler sets it when all is well. Where such a thing is another account's, that account
	// gets an event of its own.
	Touched []Resource
	// Ask asks the judge further questions, for operations that know only underway what they need; the error is AWS's refusal.
	Ask func(...Question) error
}

// Resource is something that a call was about, as events name it.
type Resource struct {
	ARN, Account string
	Type         string // "AWS::IAM::Role"
}

// Question is one thing that the judge is asked about a call.
type Question struct {
	// Action is the action's name, such as "iam:TagUser".
	Action string
	// Resource is the ARN of what the action is done to, or "*".
	Resource string
	// Name is how messages call the resource, where not by its ARN (evaluation.md §10).
	Name string
	// Keys are the condition keys of the request that this action has, beside the global ones.
	Keys []Key
	// Tags are the tags of the resource, for aws:ResourceTag and, if IAMTags, iam:ResourceTag.
	Tags    []identity.Tag
	IAMTags bool
	// Account is the account that owns the resource; empty for the one in its ARN, or else the caller's.
	Account string
	// Policy is the resource's own policy, such as a role's trust policy; nil if it has none.
	Policy *authz.Program
	// Free: no permission is needed, and only an explicit deny refuses.
	Free bool
}

// Key is a condition key of a request with its value or values.
type Key struct {
	Key    condition.Key
	Values []string
	// Many: the key is multi-valued.
	Many bool
}

// Text makes a Key with one value.
func Text(key condition.Key, value string) Key { return Key{Key: key, Values: []string{value}} }

// List makes a multi-valued Key.
func List(key condition.Key, values []string) Key { return Key{Key: key, Values: values, Many: true} }

// Read makes an Op of a handler that changes nothing.
func Read[In, Out any](handle func(*Call, *In) (*Out, error), questions func(*Call, *In) ([]Question, error)) Op {
	return bind(Reads, handle, questions)
}

// Issue makes an Op of a handler that hands out credentials and changes nothing.
func Issue[In, Out any](handle func(*Call, *In) (*Out, error), questions func(*Call, *In) ([]Question, error)) Op {
	return bind(Issues, handle, questions)
}

// Write makes an Op of a handler that changes the account.
func Write[In, Out any](handle func(*Call, *In) (*Out, error), questions func(*Call, *In) ([]Question, error)) Op {
	return bind(Writes, handle, questions)
}

// NotYet makes an Op of an operation that Writ does not have, with the reason.
func NotYet(reason string) Op { return Op{Missing: reason} }

func bind[In, Out any](kind Kind, handle func(*Call, *In) (*Out, error), questions func(*Call, *In) ([]Question, error)) Op {
	return Op{
		Kind:      kind,
		New:       func() any { return new(In) },
		Questions: func(c *Call, in any) ([]Question, error) { return questions(c, in.(*In)) },
		Handle: func(c *Call, in any) (any, error) {
			out, err := handle(c, in.(*In))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

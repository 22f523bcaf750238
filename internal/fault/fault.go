// Package fault is an error with an AWS code, for the wire; nothing else is shown to a caller.
//
//	return fault.New("NoSuchEntity", "The user with name %s cannot be found.", name)
//
// A Fault has three readers: the program branches on its Code, the user reads its Message, the operator its Cause. Which HTTP status a
// code has and how it is written is the protocol's business, in package wire. An error that is no Fault is shown as an internal failure
// without text: see From.
package fault

import (
	"errors"
	"fmt"
)

// Fault is an error that a caller may see.
type Fault struct {
	// Code is AWS's code, as the query protocol writes it: "NoSuchEntity", not "NoSuchEntityException".
	Code string
	// Message is for the user.
	Message string
	// Status is the HTTP status, where neither the service's model nor the table in status.go knows the code; else 0.
	Status int
	// Cause is for the operator's log and never shown; it may be nil.
	Cause error
}

// New makes a Fault. The message is formatted as by fmt.Sprintf.
func New(code, format string, args ...any) *Fault {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &Fault{Code: code, Message: message}
}

// Internal makes a Fault of something that went wrong in the server itself.
func Internal(cause error) *Fault {
	return &Fault{Code: InternalFailure, Message: "The request processing has failed because of an unknown error, exception or failure.", Cause: cause}
}

// From returns the Fault that err is or wraps; for any other error it is Internal.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Internal(err)
}

// Is reports whether err is a Fault of that code.
func Is(err error, code string) bool {
	var f *Fault
	return errors.As(err, &f) && f.Code == code
}

// Error returns what the operator should read: code, message and cause.
func (f *Fault) Error() string {
	if f.Cause != nil {
		return f.Code + ": " + f.Message + ": " + f.Cause.Error()
	}
	return f.Code + ": " + f.Message
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

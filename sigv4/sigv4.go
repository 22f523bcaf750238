// Package sigv4 tells whether a request carries a key's signature: AWS Signature Version 4, the server's side.
//
//	request := &sigv4.Request{Method: "POST", Host: "iam.amazonaws.com", Path: "/", Header: header, Body: body}
//	signature, err := sigv4.Parse(request, sigv4.Options{Service: "iam", Now: now, Window: 15 * time.Minute})
//	signature.AccessKeyID // look its secret up
//	key := sigv4.DeriveKey(secret, signature.Date, signature.Region, signature.Service)
//	err = signature.Verify(request, &key)
//
// Parse and Verify together are the checks of sigv4.md §4, in its order: Parse those before the key is looked up, Verify the signature itself. Both
// work on the request as it was received: no byte that the caller sent is read in one way here and in another where it is used. All errors
// are *Error with AWS's code and message.
//
// The package has no clock and keeps nothing.
package sigv4

import (
	"time"
)

// Request is a request as it was received.
type Request struct {
	Method string
	// Host is the Host header, with its port if it has one.
	Host string
	// Path is the path as it was sent, still escaped; RawQuery what stands behind the question mark.
	Path, RawQuery string
	// Header has the other headers by their canonical names (Content-Type), as in package net/http.
	Header map[string][]string
	Body   []byte
}

// Options are what a service asks of signatures.
type Options struct {
	// Service is the service's name in credential scopes, such as "iam".
	Service string
	// Region reports whether a request may be signed for a region; nil allows all.
	Region func(string) bool
	// Now is the time, and Window how far the request's may be from it.
	Now    time.Time
	Window time.Duration
	// S3 makes the canonical form that of S3: the path is encoded once and not normalized, and the payload's hash is what x-amz-content-sha256
	// says, which is to be checked elsewhere.
	S3 bool
}

// Error is why a request is refused.
type Error struct {
	// Code is AWS's code, such as SignatureDoesNotMatch.
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The codes of errors (sigv4.md §4).
const (
	MissingAuthenticationToken = "MissingAuthenticationToken"
	IncompleteSignature        = "IncompleteSignature"
	SignatureDoesNotMatch      = "SignatureDoesNotMatch"
	MalformedQueryString       = "MalformedQueryString"
)

// Algorithm is the one that is spoken here.
const Algorithm = "AWS4-HMAC-SHA256"

// Signature is what a request says of its signature.
type Signature struct {
	AccessKeyID string
	// Date is the scope's date, YYYYMMDD.
	Date, Region, Service string
	// Time is when the request was signed, as it stands in the string to sign.
	Time string
	// Token is the session token, empty if there is none.
	Token string
	// Presigned: the signature stands in the query string.
	Presigned bool

	terminator    string
	signedHeaders string
	signature     string
	s3            bool
}

// terminator ends every credential scope.
const terminator = "aws4_request"

// basicFormat is the form of X-Amz-Date.
const basicFormat = "20060102T150405Z"

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
	// S3 makes rules and errors those of S3 (sigv4.md §§5–7): the path is encoded once and not normalized, presigned requests say how long they
	// are good for, and the payload's hash is what x-amz-content-sha256 says. The payload itself is checked while it is read: see Body.
	S3 bool
	// Home is the region that S3 names to clients that signed for one which Region refuses.
	Home string
}

// Error is why a request is refused.
type Error struct {
	// Code is AWS's code, such as SignatureDoesNotMatch.
	Code    string
	Message string
	// Details are what S3 shows beside the message, such as StringToSign.
	Details []Detail
}

// Detail is an element of an error of S3.
type Detail struct {
	Name, Value string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Status returns the HTTP status that AWS gives the error with.
func (e *Error) Status() int {
	switch e.Code {
	case MissingAuthenticationToken, SignatureDoesNotMatch, AccessDenied, RequestTimeTooSkewed, InvalidChunkSize:
		return 403
	case MissingContentLength:
		return 411
	default:
		return 400
	}
}

// The codes of errors (sigv4.md §§4–7). Those after MalformedQueryString are of S3 only.
const (
	MissingAuthenticationToken = "MissingAuthenticationToken"
	IncompleteSignature        = "IncompleteSignature"
	SignatureDoesNotMatch      = "SignatureDoesNotMatch"
	MalformedQueryString       = "MalformedQueryString"

	AccessDenied              = "AccessDenied"
	HeaderMalformed           = "AuthorizationHeaderMalformed"
	QueryParametersError      = "AuthorizationQueryParametersError"
	IncompleteBody            = "IncompleteBody"
	InvalidArgument           = "InvalidArgument"
	InvalidChunkSize          = "InvalidChunkSizeError"
	InvalidRequest            = "InvalidRequest"
	MalformedTrailer          = "MalformedTrailerError"
	MissingContentLength      = "MissingContentLength"
	RequestTimeTooSkewed      = "RequestTimeTooSkewed"
	ContentSHA256DoesNotMatch = "XAmzContentSHA256Mismatch"
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
	// Expires is when a presigned request of S3 ends.
	Expires time.Time
	// Payload is what an S3 request says of its payload: a hash in hexadecimal, or one of the constants below.
	Payload string

	terminator    string
	signedHeaders string
	signature     string
	s3            bool
	// unsignable: the list of signed headers is none that a signature could be right for.
	unsignable bool
	// verified: Verify has found the signature to be right.
	verified bool
}

// What S3 has for a hash where the payload is not signed as a whole (sigv4.md §6).
const (
	UnsignedPayload  = "UNSIGNED-PAYLOAD"
	UnsignedTrailer  = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	StreamingPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// terminator ends every credential scope.
const terminator = "aws4_request"

// basicFormat is the form of X-Amz-Date.
const basicFormat = "20060102T150405Z"

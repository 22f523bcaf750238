package sigv4

import (
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// s3Window is how far S3 lets the time of a request be from its own (sigv4.md §5).
const s3Window = 15 * time.Minute

// s3Week is the longest that a presigned request may be good for, in seconds (sigv4.md §7).
const s3Week = 604800

// parseS3 is Parse for S3: the checks of sigv4.md §§5 and 7 that need no key.
func parseS3(r *Request, o Options) (Signature, error) {
	s := Signature{s3: true}
	authorization, ok, err := singleS3(r, "Authorization")
	if err != nil {
		return s, err
	}
	q, err := parseQuery(r.RawQuery)
	if err != nil {
		return s, err
	}
	s.Presigned = q.presigned()
	old := q.has("AWSAccessKeyId") || q.has("Signature")
	switch {
	case ok && (s.Presigned || old):
		return s, refuse(InvalidArgument, oneMechanism)
	case ok:
		err = s.fromHeaderS3(r, o, authorization, q)
	case s.Presigned:
		err = s.fromQueryS3(r, o, q)
	case old:
		err = refuse(InvalidRequest, s3Version2)
	default:
		err = missing()
	}
	if err == nil {
		err = s.headersS3(r)
	}
	if err == nil {
		err = s.payloadS3(r, q)
	}
	return s, err
}

const s3Token = "X-Amz-Security-Token must be given once, where the signature stands"

const s3Version2 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."

// singleS3 returns the value of a header that may be there once.
func singleS3(r *Request, name string) (value string, ok bool, err error) {
	switch values := r.Header[name]; len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	default:
		return "", false, refuse(InvalidArgument, "There is more than one %s header", name)
	}
}

// fromHeaderS3 makes the checks of §5 up to the time.
func (s *Signature) fromHeaderS3(r *Request, o Options, text string, q query) error {
	malformed := func(format string, args ...any) *Error {
		return refuse(HeaderMalformed, "The authorization header is malformed; "+format, args...)
	}
	rest, ok := strings.CutPrefix(text, Algorithm)
	if !ok || rest != "" && rest[0] != ' ' {
		if strings.HasPrefix(text, "AWS ") {
			return refuse(InvalidRequest, s3Version2)
		}
		e := refuse(InvalidArgument, "Unsupported Authorization Type")
		e.Details = []Detail{{"ArgumentName", "Authorization"}}
		return e
	}
	var a authorization
	if bad, ok := a.read(rest); !ok {
		return malformed("the authorization component %q is malformed.", clip(bad))
	}
	if slices.Contains(a[:], "") {
		return malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.")
	}
	s.signedHeaders, s.signature = a[1], a[2]
	if err := s.scopeS3(o, a[0], malformed); err != nil {
		return err
	}
	var err error
	if s.Token, _, err = singleS3(r, "X-Amz-Security-Token"); err != nil || q.has("X-Amz-Security-Token") {
		return refuse(InvalidArgument, s3Token)
	}
	date, at, ok, err := headerDate(r)
	if err != nil || !ok {
		return refuse(AccessDenied, "AWS authentication requires a valid Date or x-amz-date header")
	}
	if s.at(date, at); s.Date != s.Time[:8] {
		return malformed("Invalid credential date. Date is not the same as X-Amz-Date.")
	}
	if now := o.Now.UTC(); at.Before(now.Add(-s3Window).Truncate(time.Second)) || at.After(now.Add(s3Window)) {
		e := refuse(RequestTimeTooSkewed, "The difference between the request time and the current time is too large.")
		e.Details = []Detail{{"RequestTime", s.Time}, {"ServerTime", now.Format(time.RFC3339)}, {"MaxAllowedSkewMilliseconds", strconv.FormatInt(s3Window.Milliseconds(), 10)}}
		return e
	}
	return nil
}

// s3Parameters are what a presigned request must have; a list and not a map, so that they are looked for in one order.
var s3Parameters = [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"}

// fromQueryS3 makes the checks of §7.
func (s *Signature) fromQueryS3(r *Request, o Options, q query) error {
	var values [len(s3Parameters)]string
	for i, name := range s3Parameters {
		value, _, err := q.single(name)
		if err != nil {
			return refuse(QueryParametersError, "%s must be given once", name)
		}
		if values[i] = value; value == "" {
			return refuse(QueryParametersError, "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	s.signature, s.signedHeaders = values[2], values[4]
	if values[0] != Algorithm {
		return refuse(QueryParametersError, `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
	}
	valid, err := lifetime(values[5])
	if err != nil {
		return err
	}
	at, ok := parseDate(values[3])
	if !ok {
		return refuse(QueryParametersError, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	}
	s.Time = values[3]
	err = s.scopeS3(o, values[1], func(format string, args ...any) *Error {
		return refuse(QueryParametersError, "Error parsing the X-Amz-Credential parameter; "+format, args...)
	})
	if err != nil {
		return err
	}
	if s.Date != s.Time[:8] {
		return refuse(QueryParametersError, "Invalid credential date %q. This date is not the same as X-Amz-Date: %q.", s.Date, s.Time[:8])
	}
	now := o.Now.UTC()
	s.Expires = at.Add(valid)
	message := ""
	switch {
	case now.After(s.Expires):
		message = "Request has expired"
	case at.After(now.Add(s3Window)):
		message = "Request is not valid yet"
	}
	if message != "" {
		e := refuse(AccessDenied, "%s", message)
		e.Details = []Detail{{"X-Amz-Expires", values[5]}, {"Expires", s.Expires.Format(time.RFC3339)}, {"ServerTime", now.Format(time.RFC3339)}}
		return e
	}
	if s.Token, _, err = q.single("X-Amz-Security-Token"); err != nil || len(r.Header["X-Amz-Security-Token"]) > 0 {
		return refuse(InvalidArgument, s3Token)
	}
	return nil
}

// lifetime reads X-Amz-Expires.
func lifetime(text string) (time.Duration, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	outOfRange := errors.Is(err, strconv.ErrRange)
	switch {
	case err != nil && !outOfRange || text[0] == '+':
		return 0, refuse(QueryParametersError, "X-Amz-Expires should be a number")
	case seconds < 0:
		return 0, refuse(QueryParametersError, "X-Amz-Expires must be non-negative")
	case seconds > s3Week:
		return 0, refuse(QueryParametersError, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// scopeS3 reads and checks a credential; malformed makes the errors.
func (s *Signature) scopeS3(o Options, credential string, malformed func(string, ...any) *Error) error {
	if !s.scope(credential) || s.AccessKeyID == "" {
		return malformed(`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`)
	}
	if _, err := time.Parse("20060102", s.Date); err != nil || len(s.Date) != 8 {
		return malformed(`incorrect date format %q. This date in the credential must be in the format "yyyyMMdd".`, clip(s.Date))
	}
	if s.Region == "" || len(s.Region) > 64 || o.Region != nil && !o.Region(s.Region) {
		if o.Home == "" {
			return malformed("the region '%s' is wrong", clip(s.Region))
		}
		e := malformed("the region '%s' is wrong; expecting '%s'", clip(s.Region), o.Home)
		e.Details = []Detail{{"Region", o.Home}}
		return e
	}
	if s.Service != o.Service {
		return malformed("incorrect service %q. This endpoint belongs to %q.", clip(s.Service), o.Service)
	}
	if s.terminator != terminator {
		return malformed("incorrect terminal %q. This endpoint uses %q.", clip(s.terminator), terminator)
	}
	return nil
}

// headersS3 checks that the host is signed and every x-amz- header of the request (sigv4.md §2).
func (s *Signature) headersS3(r *Request) error {
	s.readHeaders(r)
	var unsigned []string
	if !s.signs("Host") && !s.signs(":authority") {
		unsigned = append(unsigned, "host")
	}
	for name := range r.Header {
		if amazon(name) && !s.signs(name) {
			unsigned = append(unsigned, strings.ToLower(name))
		}
	}
	if unsigned == nil {
		return nil
	}
	slices.Sort(unsigned)
	e := refuse(AccessDenied, "There were headers present in the request which were not signed")
	e.Details = []Detail{{"HeadersNotSigned", strings.Join(unsigned, ", ")}}
	return e
}

// payloadS3 reads what the request says of its payload (sigv4.md §6).
func (s *Signature) payloadS3(r *Request, q query) error {
	const name = "X-Amz-Content-Sha256"
	value, ok, err := singleS3(r, name)
	if err != nil {
		return err
	}
	if s.Presigned {
		inQuery, okQuery, err := q.single(name)
		switch {
		case err != nil || ok && okQuery && value != inQuery:
			return refuse(InvalidArgument, "x-amz-content-sha256 must be given once")
		case okQuery:
			value = inQuery
		case !ok:
			value = UnsignedPayload
		}
	} else if !ok {
		return refuse(InvalidRequest, "Missing required header for this request: x-amz-content-sha256")
	}
	s.Payload = value
	switch value {
	case UnsignedPayload:
		return nil
	case StreamingPayload, StreamingTrailer:
		// Their chunks are signed one after the other, beginning with the signature of the header.
		if s.Presigned {
			return refuse(InvalidRequest, "%s needs the signature in the Authorization header", value)
		}
	case UnsignedTrailer:
	default:
		// The forms for SigV4a are not among these: the algorithm of their chunks is not that of the header.
		if _, err := hex.DecodeString(value); err != nil || len(value) != 64 {
			e := refuse(InvalidArgument, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
			e.Details = []Detail{{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", clip(value)}}
			return e
		}
		return nil
	}
	_, err = decodedLength(r)
	return err
}

// decodedLength returns how long the payload in aws-chunked encoding is once it is decoded.
func decodedLength(r *Request) (int64, error) {
	text, ok, err := singleS3(r, "X-Amz-Decoded-Content-Length")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || n < 0 || text[0] == '+' {
		return 0, refuse(MissingContentLength, "You must provide the Content-Length HTTP header.")
	}
	return n, nil
}

// mismatchS3 is what S3 says of a wrong signature: what should have been signed. All of it is the caller's own.
func (s *Signature) mismatchS3(canonical, stringToSign []byte) error {
	e := mismatch()
	e.Details = []Detail{
		{"AWSAccessKeyId", s.AccessKeyID}, {"StringToSign", string(stringToSign)}, {"SignatureProvided", clip(s.signature)}, {"StringToSignBytes", octets(stringToSign)},
		{"CanonicalRequest", string(canonical)}, {"CanonicalRequestBytes", octets(canonical)},
	}
	return e
}

// octets writes bytes as S3 shows them: in hexadecimal, with blanks between.
func octets(b []byte) string {
	text := make([]byte, 0, 3*len(b))
	for i, c := range b {
		if i > 0 {
			text = append(text, ' ')
		}
		text = hex.AppendEncode(text, []byte{c})
	}
	return string(text)
}

package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

func refuse(code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Parse takes apart what a request says of its signature and checks whatever can be checked without the key: rows 1–14 of the table in sigv4.md
// §4, in that order. Whatever stands twice, or in both header and query string, is refused: nobody shall read the one and check the other.
func Parse(r *Request, o Options) (Signature, error) {
	s := Signature{s3: o.S3}
	authorization, ok, err := single(r, "Authorization", "authorization")
	if err != nil {
		return s, err
	}
	query, err := parseQuery(r.RawQuery)
	if err != nil {
		return s, err
	}
	presigned := query.presigned()
	var credential, date string
	switch {
	case ok && presigned:
		return s, refuse(IncompleteSignature, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case ok:
		if credential, err = s.fromHeader(authorization); err != nil {
			return s, err
		}
		if date, err = headerDate(r, authorization); err != nil {
			return s, err
		}
		if s.Token, _, err = single(r, "X-Amz-Security-Token", "X-Amz-Security-Token"); err != nil {
			return s, err
		}
		if query.has("X-Amz-Security-Token") {
			return s, refuse(IncompleteSignature, "The session token must stand where the signature stands")
		}
	case presigned:
		if credential, date, err = s.fromQuery(query); err != nil {
			return s, err
		}
		if len(r.Header["X-Amz-Security-Token"]) > 0 {
			return s, refuse(IncompleteSignature, "The session token must stand where the signature stands")
		}
	case query.has("AWSAccessKeyId") || query.has("SignatureVersion"):
		return s, refuse(IncompleteSignature, "AWS Signature Version 2 is not supported.")
	default:
		return s, refuse(MissingAuthenticationToken, "Request is missing Authentication Token")
	}
	if err := s.scope(credential); err != nil {
		return s, err
	}
	at, err := parseDate(date)
	if err != nil {
		return s, err
	}
	if s.Time = date; len(date) != len(basicFormat) {
		s.Time = at.Format(basicFormat)
	}
	return s, s.check(r, o, at)
}

// single returns the value of a header that may be there once.
func single(r *Request, name, shown string) (value string, ok bool, err error) {
	switch values := r.Header[name]; len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	default:
		return "", false, refuse(IncompleteSignature, "There is more than one %s header", shown)
	}
}

// fromHeader reads an Authorization header and returns its credential.
func (s *Signature) fromHeader(authorization string) (credential string, err error) {
	rest, ok := strings.CutPrefix(authorization, Algorithm)
	if !ok || rest != "" && rest[0] != ' ' {
		if strings.HasPrefix(authorization, "AWS ") {
			return "", refuse(IncompleteSignature, "AWS Signature Version 2 is not supported.")
		}
		return "", refuse(IncompleteSignature, "Unsupported authorization algorithm: %s is expected. %s", Algorithm, hashed(authorization))
	}
	var haveCredential, haveHeaders, haveSignature bool
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		var target *string
		var have *bool
		switch name {
		case "Credential":
			target, have = &credential, &haveCredential
		case "SignedHeaders":
			target, have = &s.signedHeaders, &haveHeaders
		case "Signature":
			target, have = &s.signature, &haveSignature
		}
		if target == nil || !ok || *have {
			return "", refuse(IncompleteSignature, "'%s' not a valid key=value pair (missing equal-sign) in Authorization header, or one that is not known or stands twice. %s", name, hashed(authorization))
		}
		*target, *have = value, true
	}
	var missing []string
	for _, m := range []struct {
		name string
		have bool
	}{{"Credential", haveCredential && credential != ""}, {"SignedHeaders", haveHeaders && s.signedHeaders != ""}, {"Signature", haveSignature && s.signature != ""}} {
		if !m.have {
			missing = append(missing, "Authorization header requires '"+m.name+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return "", refuse(IncompleteSignature, "%s %s", strings.Join(missing, " "), hashed(authorization))
	}
	return credential, nil
}

// hashed is how AWS shows an Authorization header.
func hashed(authorization string) string {
	sum := sha256.Sum256([]byte(authorization))
	return "(Hashed with SHA-256 and encoded with Base64) Authorization=" + base64.StdEncoding.EncodeToString(sum[:])
}

func headerDate(r *Request, authorization string) (string, error) {
	amz, ok, err := single(r, "X-Amz-Date", "X-Amz-Date")
	if err != nil {
		return "", err
	}
	if ok {
		return amz, nil
	}
	date, ok, err := single(r, "Date", "Date")
	if err != nil {
		return "", err
	}
	if ok {
		return date, nil
	}
	return "", refuse(IncompleteSignature, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. %s", hashed(authorization))
}

// queryParameters are what a presigned request must have, in the order in which they are missed.
var queryParameters = [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"}

// fromQuery reads the parameters of a presigned request.
func (s *Signature) fromQuery(q query) (credential, date string, err error) {
	s.Presigned = true
	if algorithm, _, err := q.single("X-Amz-Algorithm"); err != nil {
		return "", "", err
	} else if algorithm != "" && algorithm != Algorithm {
		return "", "", refuse(MissingAuthenticationToken, "Missing Authentication Token")
	}
	var values [len(queryParameters)]string
	for i, name := range queryParameters {
		value, ok, err := q.single(name)
		if err != nil {
			return "", "", err
		}
		if !ok || value == "" {
			return "", "", refuse(IncompleteSignature, "AWS query-string parameters must include '%s'. Re-examine the query-string parameters.", name)
		}
		values[i] = value
	}
	s.signature, s.signedHeaders = values[2], values[3]
	credential, date = values[1], values[4]
	s.Token, _, err = q.single("X-Amz-Security-Token")
	return credential, date, err
}

// scope reads a credential: the key's id and the scope.
func (s *Signature) scope(credential string) error {
	var parts [5]string
	rest, more := credential, true
	for i := range parts {
		if !more {
			return badCredential(credential)
		}
		parts[i], rest, more = strings.Cut(rest, "/")
	}
	if more {
		return badCredential(credential)
	}
	s.AccessKeyID, s.Date, s.Region, s.Service = parts[0], parts[1], parts[2], parts[3]
	s.terminator = parts[4]
	return nil
}

func badCredential(credential string) error {
	return refuse(IncompleteSignature, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", clip(credential))
}

// clip keeps messages short, whatever was sent.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

func parseDate(date string) (time.Time, error) {
	if len(date) == len(basicFormat) {
		if at, err := time.Parse(basicFormat, date); err == nil {
			return at, nil
		}
	}
	if at, err := time.Parse(time.RFC1123, date); err == nil {
		return at.UTC(), nil
	}
	return time.Time{}, refuse(IncompleteSignature, "Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", clip(date))
}

// check makes the checks of rows 8–14.
func (s *Signature) check(r *Request, o Options, at time.Time) error {
	if s.Date != s.Time[:8] {
		return refuse(SignatureDoesNotMatch, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
	}
	if s.Region == "" || len(s.Region) > 64 || o.Region != nil && !o.Region(s.Region) {
		return refuse(SignatureDoesNotMatch, "Credential should be scoped to a valid region. ")
	}
	if s.Service != o.Service {
		return refuse(SignatureDoesNotMatch, "Credential should be scoped to correct service: '%s'.", o.Service)
	}
	if s.terminator != terminator {
		return refuse(SignatureDoesNotMatch, "Credential should be scoped with a valid terminator: '%s'.", terminator)
	}
	if err := s.headers(r); err != nil {
		return err
	}
	// T1, T2 and T3 of the messages: the request's time, the end of the window, and the server's time.
	now := o.Now.UTC()
	minutes := int(o.Window / time.Minute)
	switch {
	case at.Before(now.Add(-o.Window).Truncate(time.Second)):
		return refuse(SignatureDoesNotMatch, "Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.Time, now.Add(-o.Window).Format(basicFormat), now.Format(basicFormat), minutes)
	case at.After(now.Add(o.Window)):
		return refuse(SignatureDoesNotMatch, "Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.Time, now.Add(o.Window).Format(basicFormat), now.Format(basicFormat), minutes)
	}
	return nil
}

// headers checks the list of signed headers: in order, without repetition, with the host, and with every x-amz- header of the request.
func (s *Signature) headers(r *Request) error {
	host, last := false, ""
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		if name <= last || !lower(name) {
			return mismatch()
		}
		last = name
		host = host || name == "host"
	}
	if !host {
		return refuse(SignatureDoesNotMatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if len(name) > 6 && (name[0] == 'X' || name[0] == 'x') && strings.EqualFold(name[:6], "x-amz-") && !s.signs(name) {
			return refuse(SignatureDoesNotMatch, "There were headers present in the request which were not signed: %s", clip(strings.ToLower(name)))
		}
	}
	// Date counts where there is no X-Amz-Date, and then must be signed too.
	if !s.Presigned && len(r.Header["X-Amz-Date"]) == 0 && !s.signs("Date") {
		return mismatch()
	}
	return nil
}

// signs reports whether the header of that canonical name is signed.
func (s *Signature) signs(name string) bool {
	for signed := range strings.SplitSeq(s.signedHeaders, ";") {
		if len(signed) == len(name) && strings.EqualFold(signed, name) {
			return true
		}
	}
	return false
}

// lower reports whether s is a header's name in lower case.
func lower(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return s != ""
}

func mismatch() error {
	return refuse(SignatureDoesNotMatch, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// oneMechanism is S3's message for a signature in header and query string.
const oneMechanism = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"

// Parse takes apart what a request says of its signature and checks whatever can be checked without the key: rows 1–14 of the table in sigv4.md
// §4, in that order, or those of §§5 and 7 for S3. Whatever stands twice, or in both header and query string, is refused: nobody shall read the one
// and check the other. A request that carries nothing of a signature is refused with the code MissingAuthenticationToken, for S3 too.
func Parse(r *Request, o Options) (Signature, error) {
	var s Signature
	if o.S3 {
		return parseS3(r, o)
	}
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
	var at time.Time
	switch {
	case ok && presigned:
		return s, refuse(IncompleteSignature, oneMechanism)
	case ok:
		if credential, err = s.fromHeader(authorization); err != nil {
			return s, err
		}
	case presigned:
		if credential, date, err = s.fromQuery(query); err != nil {
			return s, err
		}
	case query.has("AWSAccessKeyId") || query.has("SignatureVersion"):
		return s, refuse(IncompleteSignature, "AWS Signature Version 2 is not supported.")
	default:
		return s, missing()
	}
	if s.Token, err = token(r, query, s.Presigned); err != nil {
		return s, err
	}
	if !s.scope(credential) {
		return s, refuse(IncompleteSignature, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", clip(credential))
	}
	if s.Presigned {
		at, ok = parseDate(date)
	} else {
		if date, at, ok, err = headerDate(r); err == nil && date == "" {
			err = refuse(IncompleteSignature, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. %s", hashed(authorization))
		}
		if err != nil {
			return s, err
		}
	}
	if !ok {
		return s, refuse(IncompleteSignature, "Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", clip(date))
	}
	s.at(date, at)
	return s, s.check(r, o, at)
}

func missing() error {
	return refuse(MissingAuthenticationToken, "Request is missing Authentication Token")
}

// at notes when the request was signed, in the form in which the string to sign has it.
func (s *Signature) at(text string, at time.Time) {
	if s.Time = text; len(text) != len(basicFormat) {
		s.Time = at.Format(basicFormat)
	}
}

// token returns the session token. It must stand where the signature stands.
func token(r *Request, q query, presigned bool) (string, error) {
	if presigned {
		if len(r.Header["X-Amz-Security-Token"]) > 0 {
			return "", refuse(IncompleteSignature, "The session token must stand where the signature stands")
		}
		token, _, err := q.single("X-Amz-Security-Token")
		return token, err
	}
	if q.has("X-Amz-Security-Token") {
		return "", refuse(IncompleteSignature, "The session token must stand where the signature stands")
	}
	token, _, err := single(r, "X-Amz-Security-Token", "X-Amz-Security-Token")
	return token, err
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
func (s *Signature) fromHeader(text string) (credential string, err error) {
	rest, ok := strings.CutPrefix(text, Algorithm)
	if !ok || rest != "" && rest[0] != ' ' {
		if strings.HasPrefix(text, "AWS ") {
			return "", refuse(IncompleteSignature, "AWS Signature Version 2 is not supported.")
		}
		return "", refuse(IncompleteSignature, "Unsupported authorization algorithm: %s is expected. %s", Algorithm, hashed(text))
	}
	var a authorization
	if bad, ok := a.read(rest); !ok {
		return "", refuse(IncompleteSignature, "'%s' not a valid key=value pair (missing equal-sign) in Authorization header, or one that is not known or stands twice. %s", clip(bad), hashed(text))
	}
	var missing []string
	for i, value := range a {
		if value == "" {
			missing = append(missing, "Authorization header requires '"+components[i]+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return "", refuse(IncompleteSignature, "%s %s", strings.Join(missing, " "), hashed(text))
	}
	s.signedHeaders, s.signature = a[1], a[2]
	return a[0], nil
}

// components are the parts of an Authorization header, and authorization their values.
var components = [...]string{"Credential", "SignedHeaders", "Signature"}

type authorization [len(components)]string

// read reads what follows the algorithm. It returns the name of the first part that is not known, has no value sign or stands twice.
func (a *authorization) read(rest string) (bad string, ok bool) {
	var have [len(components)]bool
next:
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		for i := range components {
			if ok && name == components[i] && !have[i] {
				a[i], have[i] = value, true
				continue next
			}
		}
		return name, false
	}
	return "", true
}

// hashed is how AWS shows an Authorization header.
func hashed(authorization string) string {
	sum := sha256.Sum256([]byte(authorization))
	return "(Hashed with SHA-256 and encoded with Base64) Authorization=" + base64.StdEncoding.EncodeToString(sum[:])
}

// headerDate returns the date of a request with the signature in its header: X-Amz-Date, or else Date, which may be in HTTP's form as well (sigv4.md
// §3). text is empty if there is neither; ok is false if it is no date.
func headerDate(r *Request) (text string, at time.Time, ok bool, err error) {
	text, ok, err = single(r, "X-Amz-Date", "X-Amz-Date")
	if err != nil || ok {
		at, ok = parseDate(text)
		return text, at, ok, err
	}
	if text, _, err = single(r, "Date", "Date"); err != nil {
		return "", at, false, err
	}
	if at, ok = parseDate(text); !ok {
		at, err = time.Parse(httpFormat, text)
		ok = err == nil
	}
	return text, at, ok, nil
}

// httpFormat is the one form of a date that HTTP lets senders use (RFC 9110 §5.6.7).
const httpFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// parseDate reads a date in the form of X-Amz-Date.
func parseDate(text string) (time.Time, bool) {
	if len(text) != len(basicFormat) || text[8] != 'T' || text[15] != 'Z' {
		return time.Time{}, false
	}
	// Two digits each: century, year, month, day; hour, minute, second. Package time takes ten times as long.
	var n [7]int
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 13} {
		tens, ones := text[at]-'0', text[at+1]-'0'
		if tens > 9 || ones > 9 {
			return time.Time{}, false
		}
		n[i] = int(tens)*10 + int(ones)
	}
	t := time.Date(n[0]*100+n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, time.UTC)
	// What does not exist, such as the 30th of February, has become another day.
	_, month, day := t.Date()
	return t, int(month) == n[2] && day == n[3] && n[4] < 24 && n[5] < 60 && n[6] < 60
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
	return values[1], values[4], nil
}

// scope reads a credential: the key's id and the scope. It reports whether there are five parts.
func (s *Signature) scope(credential string) bool {
	var parts [5]string
	rest, more := credential, true
	for i := range parts {
		if !more {
			return false
		}
		parts[i], rest, more = strings.Cut(rest, "/")
	}
	s.AccessKeyID, s.Date, s.Region, s.Service, s.terminator = parts[0], parts[1], parts[2], parts[3], parts[4]
	return !more
}

// clip keeps messages short, whatever was sent.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
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

// maxHeaders is how many headers a request may have and sign.
const maxHeaders = 200

// headers checks that the host is signed and every x-amz- header of the request (sigv4.md §2, security.md S008).
func (s *Signature) headers(r *Request) error {
	// Each header is looked up among the signed ones: nobody's time shall go with the square of what a stranger sends.
	if len(r.Header) > maxHeaders || strings.Count(s.signedHeaders, ";") >= maxHeaders {
		return mismatch()
	}
	s.readHeaders(r)
	if !s.signs("Host") && !s.signs(":authority") {
		return refuse(SignatureDoesNotMatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if amazon(name) && !s.signs(name) {
			return refuse(SignatureDoesNotMatch, "There were headers present in the request which were not signed: %s", clip(strings.ToLower(name)))
		}
	}
	return nil
}

// readHeaders notes whether the list of signed headers is one that can be signed: in order, without repetition, in lower case, and with Date where it
// counts because there is no X-Amz-Date. If not, the signature is wrong, which is said when its turn comes.
func (s *Signature) readHeaders(r *Request) {
	last := ""
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		if name <= last || !lower(name) {
			s.unsignable = true
		}
		last = name
	}
	if !s.Presigned && len(r.Header["X-Amz-Date"]) == 0 && !s.signs("Date") {
		s.unsignable = true
	}
}

// amazon reports whether a header is of those that must be signed.
func amazon(name string) bool {
	return len(name) > 6 && (name[0] == 'X' || name[0] == 'x') && strings.EqualFold(name[:6], "x-amz-")
}

// signs reports whether the header of that name is signed. Only the canonical name is: what stands under another is not in the canonical request.
func (s *Signature) signs(name string) bool {
	if amazon(name) && !canonical(name) {
		return false
	}
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

func mismatch() *Error {
	return refuse(SignatureDoesNotMatch, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

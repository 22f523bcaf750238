package credential

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"
)

// Session is what a session token says. The token is all that there is of it: any server that has the master key can read it, and nobody else.
type Session struct {
	// AccessKeyID and SecretAccessKey are the key pair that the token belongs to, and only to it.
	AccessKeyID     string
	SecretAccessKey string
	// Account is the account whose principal it is; Principal is the unique id of the role or user, or the account's id for the root user.
	Account   string
	Principal string
	// Facts are what the issuer says of the session; this package does not look into them.
	Facts   json.RawMessage
	Issued  time.Time
	Expires time.Time
}

// MaxToken is the longest a session token may be, in bytes (sts.md §2).
const MaxToken = 4096

// ErrTooLong says that a session has more to say than fits into a token.
var ErrTooLong = errors.New("credential: the session token would be longer than 4096 bytes")

// tokenPlace is what tokens are bound to beside their purpose: the form of what is inside.
const tokenPlace = "2"

// MintSession returns the token of a session. The error is ErrTooLong, or the random source's; with ErrTooLong the token is given too, for its
// length.
func (k *Keyring) MintSession(s *Session) (string, error) {
	envelope, err := k.seal(nil, session, tokenPlace, s.append(nil))
	if err != nil {
		return "", err
	}
	token := base64.StdEncoding.EncodeToString(envelope)
	if len(token) > MaxToken {
		return token, ErrTooLong
	}
	return token, nil
}

// OpenSession returns what a token says. It does not ask whether the session has expired. The error is ErrSealed.
func (k *Keyring) OpenSession(token string) (*Session, error) {
	if len(token) > MaxToken {
		return nil, ErrSealed
	}
	envelope, err := decode(base64.StdEncoding, token)
	if err != nil {
		return nil, err
	}
	text, err := k.open(session, tokenPlace, envelope)
	if err != nil {
		return nil, err
	}
	s := new(Session)
	if !s.read(text) {
		return nil, ErrSealed
	}
	return s, nil
}

// append appends what is sealed of a session: texts with their lengths before them, then seconds and nanoseconds of its times. JSON would take three
// times as long to read, at every first request of a session, and more of the room.
func (s *Session) append(b []byte) []byte {
	for _, text := range [...]string{s.AccessKeyID, s.SecretAccessKey, s.Account, s.Principal, string(s.Facts)} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	for _, t := range [...]time.Time{s.Issued, s.Expires} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.Unix()))
		b = binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
	}
	return b
}

// read reads what append wrote, and nothing else.
func (s *Session) read(b []byte) bool {
	var facts string
	for _, text := range [...]*string{&s.AccessKeyID, &s.SecretAccessKey, &s.Account, &s.Principal, &facts} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return false
		}
		b = b[size:]
		*text, b = string(b[:n]), b[n:]
	}
	const each = 8 + 4
	if len(b) != 2*each {
		return false
	}
	s.Facts = json.RawMessage(facts)
	s.Issued, s.Expires = readTime(b[:each]), readTime(b[each:])
	return true
}

func readTime(b []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint32(b[8:]))).UTC()
}

// decode is strict: it knows the one text that was made of some bytes, not another that means the same, such as one with a line's end in it.
func decode(e *base64.Encoding, text string) ([]byte, error) {
	b, err := e.Strict().DecodeString(text)
	if err != nil || len(text) != e.EncodedLen(len(b)) {
		return nil, ErrSealed
	}
	return b, nil
}

// maxMessage is the longest encoded authorization message (sts.md §11).
const maxMessage = 10240

// SealMessage returns an encoded authorization message, which DecodeAuthorizationMessage of the same account gives the text of.
func (k *Keyring) SealMessage(account, text string) (string, error) {
	envelope, err := k.seal(nil, authorization, account, []byte(text))
	if err != nil {
		return "", err
	}
	message := base64.RawURLEncoding.EncodeToString(envelope)
	if len(message) > maxMessage {
		return "", errors.New("credential: the authorization message is too long")
	}
	return message, nil
}

// OpenMessage returns the text of an encoded authorization message of an account. The error is ErrSealed.
func (k *Keyring) OpenMessage(account, message string) (string, error) {
	if len(message) > maxMessage {
		return "", ErrSealed
	}
	envelope, err := decode(base64.RawURLEncoding, message)
	if err != nil {
		return "", err
	}
	text, err := k.open(authorization, account, envelope)
	return string(text), err
}

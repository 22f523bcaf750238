package trail

import (
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/jsontext"
)

// Event is one call in CloudTrail's record form, version 1.11. Empty members are left out, or null where CloudTrail has null.
type Event struct {
	Time      time.Time
	ID        string // of the event
	RequestID string
	// Source is the service's name as CloudTrail has it, "iam.amazonaws.com"; Name the operation's.
	Source, Name     string
	Region           string
	SourceIP         string
	UserAgent        string
	ErrorCode        string
	ErrorMessage     string
	RecipientAccount string
	// ReadOnly: the call changes nothing.
	ReadOnly bool
	Identity Identity
	// RequestParameters and ResponseElements are JSON objects without secrets, or empty for null: see Elements.
	RequestParameters, ResponseElements []byte
	// TLS: the call came over TLS.
	TLS bool
	// Type is AwsApiCall unless set.
	Type string
}

// Identity is who made a call: CloudTrail's userIdentity.
type Identity struct {
	// Type is Root, IAMUser, AssumedRole, FederatedUser, AWSAccount, AWSService or Unknown.
	Type        string
	PrincipalID string
	ARN         string
	Account     string
	AccessKeyID string
	UserName    string
	// Session is what there is to say of temporary credentials; nil for long-term keys.
	Session *SessionContext
}

// SessionContext is what CloudTrail says of temporary credentials.
type SessionContext struct {
	Created        time.Time
	MFA            bool
	SourceIdentity string
	// Issuer is the role or user whose session it is.
	Issuer *Issuer
}

// Issuer is the role or user whose session made a call.
type Issuer struct {
	Type, PrincipalID, ARN, Account, UserName string
}

// Limits of an event (limits.md §11), in bytes.
const (
	maxEvent    = 256 << 10
	maxElements = 100 << 10
	maxText     = 1 << 10
)

var errTooLong = errors.New("trail: an event is longer than 256 KiB")

// AppendJSON appends the event as one line of JSON. The error says that it is too long, which no call can make it.
func (e *Event) AppendJSON(b []byte) ([]byte, error) {
	start := len(b)
	w := writer{b: b}
	w.b = append(w.b, `{"eventVersion":"1.11","userIdentity":`...)
	w.identity(&e.Identity)
	w.text("eventTime", e.Time.UTC().Format("2006-01-02T15:04:05Z"))
	w.text("eventSource", e.Source)
	w.text("eventName", e.Name)
	w.text("awsRegion", e.Region)
	w.text("sourceIPAddress", e.SourceIP)
	w.text("userAgent", clip(e.UserAgent))
	if e.ErrorCode != "" {
		w.text("errorCode", e.ErrorCode)
		w.text("errorMessage", clip(e.ErrorMessage))
	}
	w.elements("requestParameters", e.RequestParameters)
	w.elements("responseElements", e.ResponseElements)
	w.text("requestID", e.RequestID)
	w.text("eventID", e.ID)
	w.boolean("readOnly", e.ReadOnly)
	if e.Type == "" {
		w.text("eventType", "AwsApiCall")
	} else {
		w.text("eventType", e.Type)
	}
	w.boolean("managementEvent", true)
	if e.RecipientAccount != "" {
		w.text("recipientAccountId", e.RecipientAccount)
	}
	w.text("eventCategory", "Management")
	if e.TLS {
		w.b = append(w.b, `,"tlsDetails":{}`...)
	}
	w.b = append(w.b, '}')
	if len(w.b)-start > maxEvent {
		return b, errTooLong
	}
	return w.b, nil
}

// clip cuts a text of a caller's to what CloudTrail keeps of it.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

type writer struct {
	b []byte
}

// name appends the name of a member; the object was begun, and there are members before it.
func (w *writer) name(name string) {
	if c := w.b[len(w.b)-1]; c != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), `":`...)
}

func (w *writer) text(name, value string) {
	w.name(name)
	w.b = jsontext.AppendString(w.b, value)
}

func (w *writer) optional(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *writer) boolean(name string, value bool) {
	w.name(name)
	if value {
		w.b = append(w.b, "true"...)
	} else {
		w.b = append(w.b, "false"...)
	}
}

func (w *writer) elements(name string, value []byte) {
	w.name(name)
	switch {
	case len(value) == 0:
		w.b = append(w.b, "null"...)
	case len(value) > maxElements:
		w.b = append(w.b, `{"omitted":true,"reason":"longer than 100 KB"}`...)
	default:
		w.b = append(w.b, value...)
	}
}

func (w *writer) identity(i *Identity) {
	w.b = append(w.b, '{')
	w.text("type", i.Type)
	w.optional("principalId", i.PrincipalID)
	w.optional("arn", i.ARN)
	w.optional("accountId", i.Account)
	w.optional("accessKeyId", i.AccessKeyID)
	w.optional("userName", i.UserName)
	if s := i.Session; s != nil {
		w.name("sessionContext")
		w.b = append(w.b, '{')
		if s.Issuer != nil {
			w.name("sessionIssuer")
			w.b = append(w.b, '{')
			w.text("type", s.Issuer.Type)
			w.text("principalId", s.Issuer.PrincipalID)
			w.text("arn", s.Issuer.ARN)
			w.text("accountId", s.Issuer.Account)
			w.optional("userName", s.Issuer.UserName)
			w.b = append(w.b, '}')
		}
		w.name("attributes")
		w.b = append(w.b, '{')
		w.text("creationDate", s.Created.UTC().Format("2006-01-02T15:04:05Z"))
		mfa := "false"
		if s.MFA {
			mfa = "true"
		}
		w.text("mfaAuthenticated", mfa)
		w.b = append(w.b, '}')
		w.optional("sourceIdentity", s.SourceIdentity)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, '}')
}

// Record is what a reader may want to know of an event without all of it.
type Record struct {
	EventTime    time.Time `json:"eventTime"`
	EventSource  string    `json:"eventSource"`
	EventName    string    `json:"eventName"`
	EventID      string    `json:"eventID"`
	SourceIP     string    `json:"sourceIPAddress"`
	ErrorCode    string    `json:"errorCode"`
	ErrorMessage string    `json:"errorMessage"`
	Region       string    `json:"awsRegion"`
	Recipient    string    `json:"recipientAccountId"`
	Identity     struct {
		Type        string `json:"type"`
		ARN         string `json:"arn"`
		Account     string `json:"accountId"`
		AccessKeyID string `json:"accessKeyId"`
	} `json:"userIdentity"`
}

// ParseRecord reads what Record has of an event.
func ParseRecord(event []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(event, &r)
	return r, err
}

package trail

import (
	"encoding/json"
	"errors"
	"fmt"
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
	// RequestParameters and ResponseElements are JSON objects without secrets, or empty for null: see Elements. Additional is another, of what fits nowhere
	// else.
	RequestParameters, ResponseElements, Additional []byte
	// Resources are those that the call was about.
	Resources []Resource
	// SharedID is the same in the events that one call leaves in several accounts.
	SharedID string
	// TLS: the call came over TLS, of which the rest is what is known.
	TLS                                 bool
	TLSVersion, CipherSuite, HostHeader string
	// FromConsole: the caller's credentials are those of a session of the console.
	FromConsole bool
	// Type is AwsApiCall unless set.
	Type string
}

// Identity is who made a call: CloudTrail's userIdentity.
type Identity struct {
	// Type is Root, IAMUser, AssumedRole, FederatedUser, SAMLUser, WebIdentityUser, AWSAccount, AWSService or Unknown.
	Type        string
	PrincipalID string
	ARN         string
	Account     string
	AccessKeyID string
	UserName    string
	// Provider is the identity provider of a SAMLUser or WebIdentityUser; InvokedBy the service that called for the caller.
	Provider, InvokedBy string
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
	// WebIDProvider is the OpenID Connect provider that vouched for whoever assumed the role.
	WebIDProvider string
}

// Resource is something that a call was about.
type Resource struct {
	ARN, Account string
	Type         string // "AWS::IAM::Role"
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
	maxARN      = 2 << 10
)

var errTooLong = errors.New("trail: an event is longer than 256 KiB")

// AppendJSON appends the event as one line of JSON, in the order in which CloudTrail has the members. What is too long is cut or left out, and so the
// error, that it is too long all the same, is one that no call can cause.
func (e *Event) AppendJSON(b []byte) ([]byte, error) {
	start := len(b)
	for range 2 {
		b = e.appendJSON(b[:start])
		if len(b)-start <= maxEvent {
			return b, nil
		}
		short := *e
		short.RequestParameters, short.ResponseElements, short.Additional, short.Resources = omitted("requestParameters", len(e.RequestParameters)), omitted("responseElements", len(e.ResponseElements)), nil, nil
		e = &short
	}
	return b[:start], errTooLong
}

// omitted is what CloudTrail has in place of elements that are too long.
func omitted(name string, size int) []byte {
	return fmt.Appendf(nil, `{"omitted":true,"originalSize":%d,"reason":"%s too large"}`, size, name)
}

func (e *Event) appendJSON(b []byte) []byte {
	w := writer{b: b}
	w.b = append(w.b, `{"eventVersion":"1.11","userIdentity":`...)
	w.identity(&e.Identity)
	w.time("eventTime", e.Time)
	w.text("eventSource", e.Source)
	w.text("eventName", e.Name)
	w.text("awsRegion", e.Region)
	w.text("sourceIPAddress", e.SourceIP)
	w.text("userAgent", e.UserAgent)
	if e.ErrorCode != "" {
		w.text("errorCode", e.ErrorCode)
		w.text("errorMessage", e.ErrorMessage)
	}
	w.elements("requestParameters", e.RequestParameters)
	w.elements("responseElements", e.ResponseElements)
	if len(e.Additional) > 0 {
		w.elements("additionalEventData", e.Additional)
	}
	w.text("requestID", e.RequestID)
	w.text("eventID", e.ID)
	w.boolean("readOnly", e.ReadOnly)
	w.resources(e.Resources)
	if e.Type == "" {
		w.text("eventType", "AwsApiCall")
	} else {
		w.text("eventType", e.Type)
	}
	w.boolean("managementEvent", true)
	w.optional("recipientAccountId", e.RecipientAccount)
	w.optional("sharedEventID", e.SharedID)
	w.text("eventCategory", "Management")
	if e.TLS {
		w.name("tlsDetails")
		w.b = append(w.b, '{')
		w.optional("tlsVersion", e.TLSVersion)
		w.optional("cipherSuite", e.CipherSuite)
		w.optional("clientProvidedHostHeader", e.HostHeader)
		w.b = append(w.b, '}')
	}
	if e.FromConsole {
		w.text("sessionCredentialFromConsole", "true")
	}
	return append(w.b, '}')
}

// clip cuts a text to a length, between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for back := range min(utf8.UTFMax, n) {
		if utf8.RuneStart(s[n-back]) {
			return s[:n-back]
		}
	}
	return s[:n] // it is no UTF-8 anyway
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
	w.b = jsontext.AppendString(w.b, clip(value, maxText))
}

func (w *writer) arn(name, value string) {
	w.name(name)
	w.b = jsontext.AppendString(w.b, clip(value, maxARN))
}

func (w *writer) time(name string, t time.Time) {
	w.name(name)
	w.b = append(t.UTC().AppendFormat(append(w.b, '"'), "2006-01-02T15:04:05Z"), '"')
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
		w.b = append(w.b, omitted(name, len(value))...)
	default:
		w.b = append(w.b, value...)
	}
}

func (w *writer) resources(resources []Resource) {
	if len(resources) == 0 {
		return
	}
	w.name("resources")
	w.b = append(w.b, '[')
	for i, r := range resources {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '{')
		w.optional("accountId", r.Account)
		w.optional("type", r.Type)
		w.arn("ARN", r.ARN)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

func (w *writer) identity(i *Identity) {
	w.b = append(w.b, '{')
	w.text("type", i.Type)
	w.optional("principalId", i.PrincipalID)
	if i.ARN != "" {
		w.arn("arn", i.ARN)
	}
	w.optional("accountId", i.Account)
	w.optional("accessKeyId", i.AccessKeyID)
	w.optional("userName", i.UserName)
	w.optional("identityProvider", i.Provider)
	if s := i.Session; s != nil {
		w.name("sessionContext")
		w.b = append(w.b, '{')
		if s.Issuer != nil {
			w.name("sessionIssuer")
			w.b = append(w.b, '{')
			w.text("type", s.Issuer.Type)
			w.text("principalId", s.Issuer.PrincipalID)
			w.arn("arn", s.Issuer.ARN)
			w.text("accountId", s.Issuer.Account)
			w.optional("userName", s.Issuer.UserName)
			w.b = append(w.b, '}')
		}
		if s.WebIDProvider != "" {
			w.name("webIdFederationData")
			w.b = append(w.b, '{')
			w.text("federatedProvider", s.WebIDProvider)
			w.b = append(w.b, `,"attributes":{}}`...)
		}
		w.name("attributes")
		w.b = append(w.b, '{')
		w.time("creationDate", s.Created)
		mfa := "false"
		if s.MFA {
			mfa = "true"
		}
		w.text("mfaAuthenticated", mfa)
		w.b = append(w.b, '}')
		w.optional("sourceIdentity", s.SourceIdentity)
		w.b = append(w.b, '}')
	}
	w.optional("invokedBy", i.InvokedBy)
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
	Additional struct {
		// Count is how many requests the event stands for; 0 for those with an event of their own, which is to say one.
		Count int `json:"count"`
	} `json:"additionalEventData"`
}

// ParseRecord reads what Record has of an event.
func ParseRecord(event []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(event, &r)
	return r, err
}

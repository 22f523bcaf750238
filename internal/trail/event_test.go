package trail_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/trail"
)

var at = time.Date(2026, 3, 1, 12, 0, 5, 999, time.FixedZone("", 3600))

// encode returns an event's JSON without what is in all of them.
func encode(t *testing.T, e trail.Event) string {
	t.Helper()
	b, err := e.AppendJSON([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(string(b), "before")
	if !ok || !json.Valid([]byte(text)) || strings.Contains(text, "\n") {
		t.Fatalf("this is no line of JSON behind what was there: %s", b)
	}
	return text
}

func TestAnEventIsCloudTrails(t *testing.T) {
	e := trail.Event{
		Time: at, ID: "e-1", RequestID: "r-1", Source: "iam.amazonaws.com", Name: "CreateUser", Region: "us-east-1", SourceIP: "192.0.2.1", UserAgent: "aws-cli",
		RecipientAccount: "111122223333", RequestParameters: []byte(`{"userName":"bob"}`), ResponseElements: []byte(`{"user":{}}`), Additional: []byte(`{"a":1}`),
		Identity:  trail.Identity{Type: "IAMUser", PrincipalID: "AIDA1", ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333", AccessKeyID: "AKIA1", UserName: "alice"},
		Resources: []trail.Resource{{ARN: "arn:aws:iam::111122223333:user/bob", Account: "111122223333", Type: "AWS::IAM::User"}, {ARN: "*"}}, SharedID: "s-1",
		TLS: true, TLSVersion: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", HostHeader: "iam.amazonaws.com", FromConsole: true,
	}
	want := `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIA1","userName":"alice"},` +
		`"eventTime":"2026-03-01T11:00:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli",` +
		`"requestParameters":{"userName":"bob"},"responseElements":{"user":{}},"additionalEventData":{"a":1},"requestID":"r-1","eventID":"e-1","readOnly":false,` +
		`"resources":[{"accountId":"111122223333","type":"AWS::IAM::User","ARN":"arn:aws:iam::111122223333:user/bob"},{"ARN":"*"}],` +
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","sharedEventID":"s-1","eventCategory":"Management",` +
		`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"iam.amazonaws.com"},"sessionCredentialFromConsole":"true"}`
	if got := encode(t, e); got != want {
		t.Errorf("the event is\n%s\nwant\n%s", got, want)
	}
	refused := trail.Event{
		Time: at, ID: "e-2", RequestID: "r-2", Source: "sts.amazonaws.com", Name: "AssumeRole", Region: "us-east-1", SourceIP: "192.0.2.1", UserAgent: "x",
		ErrorCode: "AccessDenied", ErrorMessage: "no", ReadOnly: true, Identity: trail.Identity{Type: "Unknown"}, Type: "AwsServiceEvent",
	}
	want = `{"eventVersion":"1.11","userIdentity":{"type":"Unknown"},"eventTime":"2026-03-01T11:00:05Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1",` +
		`"sourceIPAddress":"192.0.2.1","userAgent":"x","errorCode":"AccessDenied","errorMessage":"no","requestParameters":null,"responseElements":null,"requestID":"r-2","eventID":"e-2",` +
		`"readOnly":true,"eventType":"AwsServiceEvent","managementEvent":true,"eventCategory":"Management"}`
	if got := encode(t, refused); got != want {
		t.Errorf("the event is\n%s\nwant\n%s", got, want)
	}
}

func TestWhoCalledIsCloudTrails(t *testing.T) {
	issuer := &trail.Issuer{Type: "Role", PrincipalID: "AROA1", ARN: "arn:aws:iam::111122223333:role/r", Account: "111122223333", UserName: "r"}
	for _, test := range []struct {
		claim    string
		identity trail.Identity
		want     string
	}{
		{"the root user", trail.Identity{Type: "Root", PrincipalID: "111122223333", ARN: "arn:aws:iam::111122223333:root", Account: "111122223333", AccessKeyID: "AKIA1"},
			`{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"AKIA1"}`},
		{"a user with a session", trail.Identity{Type: "IAMUser", PrincipalID: "AIDA1", UserName: "alice", InvokedBy: "signin.amazonaws.com", Session: &trail.SessionContext{Created: at, MFA: true}},
			`{"type":"IAMUser","principalId":"AIDA1","userName":"alice","sessionContext":{"attributes":{"creationDate":"2026-03-01T11:00:05Z","mfaAuthenticated":"true"}},"invokedBy":"signin.amazonaws.com"}`},
		{"a role's session", trail.Identity{Type: "AssumedRole", PrincipalID: "AROA1:s", ARN: "arn:aws:sts::111122223333:assumed-role/r/s", Account: "111122223333", AccessKeyID: "ASIA1",
			Session: &trail.SessionContext{Created: at, SourceIdentity: "alice", Issuer: issuer, WebIDProvider: "accounts.google.com"}},
			`{"type":"AssumedRole","principalId":"AROA1:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s","accountId":"111122223333","accessKeyId":"ASIA1",` +
				`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::111122223333:role/r","accountId":"111122223333","userName":"r"},` +
				`"webIdFederationData":{"federatedProvider":"accounts.google.com","attributes":{}},"attributes":{"creationDate":"2026-03-01T11:00:05Z","mfaAuthenticated":"false"},"sourceIdentity":"alice"}}`},
		{"somebody of another account", trail.Identity{Type: "AWSAccount", PrincipalID: "AIDA1", Account: "444455556666"}, `{"type":"AWSAccount","principalId":"AIDA1","accountId":"444455556666"}`},
		{"somebody whom a provider vouches for", trail.Identity{Type: "WebIdentityUser", PrincipalID: "accounts.google.com:app:sub", UserName: "sub", Provider: "accounts.google.com"},
			`{"type":"WebIdentityUser","principalId":"accounts.google.com:app:sub","userName":"sub","identityProvider":"accounts.google.com"}`},
	} {
		text := encode(t, trail.Event{Identity: test.identity})
		_, rest, _ := strings.Cut(text, `"userIdentity":`)
		if got, _, _ := strings.Cut(rest, `,"eventTime"`); got != test.want {
			t.Errorf("%s is\n%s\nwant\n%s", test.claim, got, test.want)
		}
	}
}

// TestWhatIsTooLongIsCut (limits.md §11), and the event is there all the same: every call leaves one.
func TestWhatIsTooLongIsCut(t *testing.T) {
	var got struct {
		UserAgent, ErrorMessage, AWSRegion  string
		RequestParameters, ResponseElements json.RawMessage
	}
	decode := func(e trail.Event) string {
		t.Helper()
		text := encode(t, e)
		got.RequestParameters, got.ResponseElements = nil, nil
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		return text
	}
	elements := func(n int) []byte { return []byte(`{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}`) }
	decode(trail.Event{UserAgent: strings.Repeat("ä", 600), ErrorCode: "x", ErrorMessage: "a" + strings.Repeat("日", 600), RequestParameters: elements(100 << 10), ResponseElements: elements(100<<10 + 1)})
	if got.UserAgent != strings.Repeat("ä", 512) || got.ErrorMessage != "a"+strings.Repeat("日", 341) {
		t.Errorf("cut to %d and %d bytes", len(got.UserAgent), len(got.ErrorMessage))
	}
	if len(got.RequestParameters) != 100<<10 || string(got.ResponseElements) != `{"omitted":true,"originalSize":102401,"reason":"responseElements too large"}` {
		t.Errorf("request of %d bytes, answer %s", len(got.RequestParameters), got.ResponseElements)
	}
	// The most hostile there can be: everything is as long as it is taken, and of letters that take six each.
	hostile := strings.Repeat("\x01", 1<<20)
	e := trail.Event{RequestParameters: elements(100 << 10), ResponseElements: elements(100 << 10), Additional: elements(100 << 10), Resources: make([]trail.Resource, 5000)}
	fillTexts(reflect.ValueOf(&e).Elem(), hostile)
	if text := decode(e); len(text) > 256<<10 {
		t.Errorf("an event of %d bytes", len(text))
	}
	if string(got.RequestParameters) != `{"omitted":true,"originalSize":102400,"reason":"requestParameters too large"}` {
		t.Errorf("the request is %.100s", got.RequestParameters)
	}
}

// fillTexts puts a text into all that is a text.
func fillTexts(v reflect.Value, text string) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.String:
			f.SetString(text)
		case f.Type() == reflect.TypeFor[trail.Identity]():
			fillTexts(f, text)
		case f.Type() == reflect.TypeFor[*trail.SessionContext]():
			f.Set(reflect.ValueOf(&trail.SessionContext{Issuer: &trail.Issuer{}}))
			fillTexts(f.Elem(), text)
			fillTexts(reflect.ValueOf(f.Interface().(*trail.SessionContext).Issuer).Elem(), text)
		}
	}
}

func TestParseRecord(t *testing.T) {
	r, err := trail.ParseRecord([]byte(encode(t, trail.Event{Time: at, ID: "e", Source: "s", Name: "n", ErrorCode: "c", Identity: trail.Identity{ARN: "a", AccessKeyID: "k"}})))
	if err != nil || !r.EventTime.Equal(at.Truncate(time.Second)) || r.EventID != "e" || r.EventSource != "s" || r.EventName != "n" || r.ErrorCode != "c" || r.Identity.ARN != "a" || r.Identity.AccessKeyID != "k" {
		t.Errorf("%+v, %v", r, err)
	}
}

// FuzzEvent: whatever a caller sends, the event is one line of JSON, and says what the caller said.
func FuzzEvent(f *testing.F) {
	f.Add("aws-cli", "message", "us-east-1", "alice")
	f.Add("\",\"eventName\":\"DeleteUser", "\x1e\n\x00\u2028", "\xff\xc0\x80", strings.Repeat("\xff", 3000))
	f.Add("aws-cli", strings.Repeat("\x80", 1025), "us-east-1", strings.Repeat("\xff", 600)+"w3J"+strings.Repeat("\xff", 900))
	f.Add("</script>", "\\\\\"", "\ud7ff\uffff", strings.Repeat("日", 900))
	f.Fuzz(func(t *testing.T, agent, message, region, name string) {
		e := trail.Event{UserAgent: agent, ErrorCode: "x", ErrorMessage: message, Region: region, Identity: trail.Identity{Type: "IAMUser", UserName: name}}
		text := encode(t, e)
		for i := range len(text) {
			if text[i] < ' ' {
				t.Fatalf("a control character in %q", text)
			}
		}
		var got struct {
			UserAgent, ErrorMessage, AWSRegion string
			UserIdentity                       struct{ UserName string }
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		said := func(what, got, want string, most int) {
			whole := len(want) <= most
			want = string([]rune(want)) // a replacement for each byte that is no UTF-8
			if whole && got != want || !whole && (!strings.HasPrefix(want, got) || len(got) <= most-utf8.UTFMax) {
				t.Errorf("%s is %q, want %q", what, got, want)
			}
		}
		said("the agent", got.UserAgent, agent, 1<<10)
		said("the message", got.ErrorMessage, message, 1<<10)
		said("the region", got.AWSRegion, region, 1<<10)
		said("the name", got.UserIdentity.UserName, name, 1<<10)
	})
}

func BenchmarkEvent(b *testing.B) {
	e := trail.Event{
		Time: at, ID: "0f7d7c5e-5b7a-4d7e-9a42-0a1b2c3d4e5f", RequestID: "1f7d7c5e-5b7a-4d7e-9a42-0a1b2c3d4e5f", Source: "iam.amazonaws.com", Name: "CreateUser", Region: "us-east-1",
		SourceIP: "192.0.2.1", UserAgent: "aws-cli/2.13.0 Python/3.11.4 Linux/5.15.0 exe/x86_64.ubuntu.22 prompt/off command/iam.create-user", RecipientAccount: "111122223333",
		RequestParameters: []byte(`{"userName":"bob","path":"/division/","tags":[{"key":"team","value":"x"}]}`),
		Identity: trail.Identity{Type: "AssumedRole", PrincipalID: "AROAEXAMPLEEXAMPLE1:session", ARN: "arn:aws:sts::111122223333:assumed-role/admin/session", Account: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE1",
			Session: &trail.SessionContext{Created: at, Issuer: &trail.Issuer{Type: "Role", PrincipalID: "AROAEXAMPLEEXAMPLE1", ARN: "arn:aws:iam::111122223333:role/admin", Account: "111122223333", UserName: "admin"}}},
	}
	buffer := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.AppendJSON(buffer); err != nil {
			b.Fatal(err)
		}
	}
}

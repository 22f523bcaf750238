package server_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/op"
)

// versions returns the versions of all accounts: what changes when anything does.
func (w *world) versions() map[string]uint64 {
	all := make(map[string]uint64)
	for _, a := range w.state.Accounts() {
		all[a.ID] = uint64(a.Version)
	}
	return all
}

// TestNoHandlerIsReachedWithoutGoodCredentials walks every operation of every service with every kind of bad credential: nothing is performed, nothing
// changes, and each leaves one event with its error.
func TestNoHandlerIsReachedWithoutGoodCredentials(t *testing.T) {
	tables := make(map[string]op.Table)
	w := newWorld(t, func(service string, table op.Table) {
		tables[service] = maps.Clone(table)
	})
	_, root := w.account()
	user := w.user(root, "alice", allow("*", "*"))
	inactive := w.user(root, "inactive", allow("*", "*"))
	w.must(root, "iam", "UpdateAccessKey", "UserName", "inactive", "AccessKeyId", inactive.id, "Status", "Inactive")
	gone := w.user(root, "gone", "")
	w.must(root, "iam", "DeleteAccessKey", "UserName", "gone", "AccessKeyId", gone.id)
	w.must(root, "iam", "DeleteUser", "UserName", "gone")
	session := w.must(user, "sts", "GetSessionToken").session()
	other := w.must(user, "sts", "GetSessionToken").session()
	expired := w.must(user, "sts", "GetSessionToken", "DurationSeconds", "900").session()
	w.now = w.now.Add(time.Hour)

	const invalid, mismatch = fault.InvalidClientTokenID, fault.SignatureDoesNotMatch
	kinds := []struct {
		name, code string
		make       func(request) *http.Request
	}{
		{"no signature", fault.MissingAuthenticationToken, request.unsigned},
		{"an unknown key", invalid, func(r request) *http.Request {
			return r.sign(credentials{id: "AKIAIOSFODNN7EXAMPLE", secret: user.secret})
		}},
		{"a wrong secret", mismatch, func(r request) *http.Request { return r.sign(credentials{id: user.id, secret: user.secret + "x"}) }},
		{"another user's secret", mismatch, func(r request) *http.Request { return r.sign(credentials{id: user.id, secret: root.secret}) }},
		{"an inactive key", invalid, func(r request) *http.Request { return r.sign(inactive) }},
		{"the key of a user that is gone", invalid, func(r request) *http.Request { return r.sign(gone) }},
		{"a temporary key without its token", invalid, func(r request) *http.Request { return r.sign(credentials{id: session.id, secret: session.secret}) }},
		{"a token of another session", invalid, func(r request) *http.Request {
			return r.sign(credentials{id: session.id, secret: session.secret, token: other.token})
		}},
		{"a long-term key with a token", invalid, func(r request) *http.Request {
			return r.sign(credentials{id: user.id, secret: user.secret, token: session.token})
		}},
		{"an expired session", fault.ExpiredToken, func(r request) *http.Request { return r.sign(expired) }},
		{"signed too long ago", mismatch, func(r request) *http.Request { r.at = r.at.Add(-15*time.Minute - time.Second); return r.sign(user) }},
		{"signed in the future", mismatch, func(r request) *http.Request { r.at = r.at.Add(15*time.Minute + time.Second); return r.sign(user) }},
		{"signed for another service", mismatch, func(r request) *http.Request {
			r.host = r.service + ".amazonaws.com" // else the scope says which service is meant
			r.service = map[string]string{"iam": "sts", "sts": "iam"}[r.service]
			return r.sign(user)
		}},
		{"another body than the signed one", mismatch, func(r request) *http.Request {
			signed := r.sign(user)
			r.body += "&X=y"
			h := r.unsigned()
			h.Header = signed.Header
			return h
		}},
		{"an unsigned payload", mismatch, func(r request) *http.Request {
			h := r.sign(user)
			h.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
			return h
		}},
		{"a signature of zeros", mismatch, func(r request) *http.Request {
			h := r.sign(user)
			text := h.Header.Get("Authorization")
			h.Header.Set("Authorization", text[:len(text)-64]+strings.Repeat("0", 64))
			return h
		}},
		{"a presigned form without a signature", fault.IncompleteSignature, func(r request) *http.Request {
			r.query = "X-Amz-Credential=" + url.QueryEscape(user.id+"/20260301/us-east-1/"+r.service+"/aws4_request")
			return r.unsigned()
		}},
		{"signatures in header and query", fault.IncompleteSignature, func(r request) *http.Request {
			h := r.sign(user)
			h.URL.RawQuery = "X-Amz-Signature=00"
			return h
		}},
	}
	calls := 0
	before := w.versions()
	for service, table := range tables {
		for _, operation := range slices.Sorted(maps.Keys(table)) {
			for _, kind := range kinds {
				events := len(w.events())
				w.now = w.now.Add(2 * time.Second) // else those whom nobody knows would be counted
				// Any operation may be refused for whatever it lacks, but only after the credentials were.
				a := w.do(kind.make(w.call(service, operation)))
				if got := a.field("Code"); got != kind.code {
					t.Errorf("%s with %s: %d %s: %s; want %s", operation, kind.name, a.status, got, a.field("Message"), kind.code)
				}
				all := w.events()
				if len(all) != events+1 || !strings.Contains(all[len(all)-1], `"errorCode":"`+kind.code+`"`) {
					t.Errorf("%s with %s: %d events, want one with the code", operation, kind.name, len(all)-events)
				}
				calls++
			}
		}
	}
	if after := w.versions(); !maps.Equal(before, after) {
		t.Errorf("something changed: %v, then %v", before, after)
	}
	if calls < 180*len(kinds) {
		t.Errorf("only %d calls were made", calls)
	}
}

// TestActionsAreToldToThoseWhoAreKnown asks for actions that there are and that there are not, with bad credentials: the answer is about those and is the same for all
// (sigv4.md §4: 1–17 come before 18).
func TestActionsAreToldToThoseWhoAreKnown(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	alice := w.user(root, "alice", allow("*", "iam:*"))
	forms := []struct{ text, code string }{ // with the code for those who are known
		{"Action=ListUsers&Version=2010-05-08", ""},
		{"Action=ListUsers", ""},
		{"Action=ListUsrs&Version=2010-05-08", fault.InvalidAction},
		{"Action=ListUsrs", fault.InvalidAction},
		{"Action=ListUsers&Version=1999-01-01", fault.InvalidAction},
		{"Action=GetCallerIdentity&Version=2011-06-15", fault.InvalidAction}, // of another service
		{"Action=SendMessage&Version=2012-11-05", fault.InvalidAction},       // of one that is not served
		{"Action=DescribeDBInstances&Version=2014-10-31", fault.InvalidAction},
		{"Version=2010-05-08", fault.MissingAction},
	}
	for _, kind := range []struct {
		name, code string
		make       func(request) *http.Request
	}{
		{"no signature", fault.MissingAuthenticationToken, request.unsigned},
		{"a header that is no signature", fault.IncompleteSignature, func(r request) *http.Request {
			h := r.unsigned()
			h.Header.Set("Authorization", "AWS4-HMAC-SHA256 none")
			return h
		}},
		{"an unknown key", fault.InvalidClientTokenID, func(r request) *http.Request {
			return r.sign(credentials{id: "AKIAIOSFODNN7EXAMPLE", secret: alice.secret})
		}},
		{"a wrong secret", fault.SignatureDoesNotMatch, func(r request) *http.Request { return r.sign(credentials{id: alice.id, secret: "x"}) }},
		{"good credentials", "", func(r request) *http.Request { return r.sign(alice) }},
	} {
		for _, host := range []string{"127.0.0.1:9748", "iam.amazonaws.com"} {
			for _, form := range forms {
				if host == "127.0.0.1:9748" && form.code == fault.MissingAction && strings.Contains(kind.name, "no signature") {
					continue // nothing says that a service is meant
				}
				w.now = w.now.Add(2 * time.Second) // else those whom nobody knows would be counted
				r := w.call("iam", "")
				r.host, r.body = host, form.text
				a := w.do(kind.make(r))
				want := kind.code
				if want == "" {
					want = form.code
				}
				if got := a.field("Code"); got != want {
					t.Errorf("%s at %s with %s: %d %s: %s; want %q", form.text, host, kind.name, a.status, got, a.field("Message"), want)
				}
				events := w.events()
				if last := events[len(events)-1]; want != "" && !strings.Contains(last, `"errorCode":"`+want+`"`) || strings.Contains(last, alice.id+`","userName`) != (kind.code == "") {
					t.Errorf("%s at %s with %s: the event is %s", form.text, host, kind.name, last)
				}
			}
		}
	}
}

// TestEveryRefusalPrecedesTheHandler replaces every handler by one that fails the test, and calls all operations as a user who may do nothing.
func TestEveryRefusalPrecedesTheHandler(t *testing.T) {
	reached := ""
	armed := false
	tables := make(map[string]op.Table)
	w := newWorld(t, func(service string, table op.Table) {
		tables[service] = table
		for name, row := range table {
			if handle := row.Handle; handle != nil {
				row.Handle = func(c *op.Call, in any) (any, error) {
					if armed {
						reached = name
						return nil, errors.New("reached")
					}
					return handle(c, in)
				}
				table[name] = row
			}
		}
	})
	_, root := w.account()
	nobody := w.user(root, "nobody", "")
	armed = true
	// What needs no permission (sts.md §1, §6).
	free := map[string]bool{"GetCallerIdentity": true, "GetSessionToken": true}
	for service, table := range tables {
		for operation := range table {
			reached = ""
			a := w.do(w.call(service, operation, plausible...).sign(nobody))
			if (reached != "") != free[operation] {
				t.Errorf("%s by a user without policies: the handler was reached: %v (%s)", operation, reached != "", a.field("Code"))
			}
		}
	}
}

// plausible are parameters that satisfy most operations' constraints: more than any one knows, which is ignored.
var plausible = []string{
	"UserName", "someone", "RoleName", "some-role", "GroupName", "some-group", "PolicyName", "some-policy", "PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess",
	"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
	"AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	"AccessKeyId", "AKIAIOSFODNN7EXAMPLE", "Status", "Inactive", "VersionId", "v1", "AccountAlias", "some-alias", "Description", "d",
	"PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v", "TagKeys.member.1", "k",
	"RoleArn", "arn:aws:iam::111122223333:role/some-role", "RoleSessionName", "session", "Name", "federated", "PolicySourceArn", "arn:aws:iam::111122223333:user/someone",
	"ActionNames.member.1", "s3:GetObject", "PolicyInputList.member.1", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
	"EncodedMessage", "abc",
}

// TestBadInputIsRefusedWithoutAChange has what clients get wrong (the signature is good): AWS's error, nothing changed, one event.
func TestBadInputIsRefusedWithoutAChange(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	body := func(text string) func(*request) { return func(r *request) { r.body = text } }
	for _, test := range []struct {
		name, code string
		status     int
		change     func(*request)
	}{
		{"an unknown action", "InvalidAction", 400, body("Action=CreateUsr&Version=2010-05-08")},
		{"no action", "MissingAction", 400, body("Version=2010-05-08")},
		{"a wrong version", "InvalidAction", 400, body("Action=ListUsers&Version=1999-01-01")},
		{"two actions", "MalformedQueryString", 400, body("Action=ListUsers&Action=DeleteUser&Version=2010-05-08")},
		{"an action in the query and another in the body", "MalformedQueryString", 400, func(r *request) {
			r.query = "Action=GetUser"
		}},
		{"a bad escape", "MalformedQueryString", 400, body("Action=CreateUser&Version=2010-05-08&UserName=%zz")},
		{"a missing parameter", "ValidationError", 400, body("Action=CreateUser&Version=2010-05-08")},
		{"a parameter twice", "MalformedQueryString", 400, body("Action=CreateUser&Version=2010-05-08&UserName=a&UserName=b")},
		{"a parameter in another case", "MalformedInput", 400, body("Action=CreateUser&Version=2010-05-08&UserName=a&username=b")},
		{"a list with a giant index", "MalformedInput", 400, body("Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.9999999999999999999999.Key=k")},
		{"a number that is none", "MalformedInput", 400, body("Action=ListUsers&Version=2010-05-08&MaxItems=many")},
		{"too long a body", "RequestEntityTooLarge", 413, body("Action=CreateUser&Version=2010-05-08&UserName=" + strings.Repeat("a", 1<<20))},
		{"a host that is not the server's", "UnknownEndpoint", 404, func(r *request) { r.host = "iam.evil.example" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, events := w.versions(), len(w.events())
			r := w.call("iam", "CreateUser", "UserName", "bob")
			test.change(&r)
			a := w.do(r.sign(root))
			if a.field("Code") != test.code || a.status != test.status {
				t.Errorf("%d %s: %s; want %d %s", a.status, a.field("Code"), a.field("Message"), test.status, test.code)
			}
			if a.header.Get("X-Amzn-Requestid") == "" || a.field("RequestId") != a.header.Get("X-Amzn-Requestid") {
				t.Errorf("request id %q in the header, %q in the body", a.header.Get("X-Amzn-Requestid"), a.field("RequestId"))
			}
			if !maps.Equal(before, w.versions()) {
				t.Error("something changed")
			}
			if got := len(w.events()); got != events+1 {
				t.Errorf("%d events", got-events)
			}
		})
	}
}

// TestAServiceThatIsNotServed answers in the protocol of the service that was meant.
func TestAServiceThatIsNotServed(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	r := request{
		method: "POST", host: "127.0.0.1:9748", path: "/", body: "{}", service: "dynamodb", region: "us-east-1", at: w.now,
		header: map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"},
	}
	a := w.do(r.sign(root))
	var told map[string]string
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || a.status < 400 || !strings.Contains(told["__type"], "UnknownOperation") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestWhatCannotBeRecordedIsNotDone has a trail that fails (security.md S118): credentials are withheld; reads go on.
func TestWhatCannotBeRecordedIsNotDone(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	user := w.user(root, "alice", allow("*", "*"))
	w.record.fail = errors.New("the disk is full")
	w.refused(user, fault.ServiceUnavailable, "The call could not be recorded*", "sts", "GetSessionToken")
	w.refused(user, fault.ServiceUnavailable, "The call could not be recorded*", "sts", "GetFederationToken", "Name", "fred")
	w.must(user, "iam", "GetUser")
	// A write carries its event in its commit, and so needs no trail.
	w.must(user, "iam", "CreateUser", "UserName", "bob")
}

// TestEventsSayWhoDidWhat compares members of events with what was sent (security.md S116), and looks for secrets in all of them.
func TestEventsSayWhoDidWhat(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	user := w.user(root, "alice", allow("*", "*"))
	made := w.must(root, "iam", "CreateRole", "RoleName", "reader", "AssumeRolePolicyDocument", trusts("arn:aws:iam::"+id+":user/alice", ""))
	session := w.must(user, "sts", "AssumeRole", "RoleArn", made.field("Arn"), "RoleSessionName", "s1", "SourceIdentity", "alice").session()
	w.refused(session, fault.AccessDenied, "*", "iam", "DeleteUser", "UserName", "alice")

	type identity struct {
		Type, ARN, AccountID, AccessKeyID, UserName, PrincipalID string
		SessionContext                                           *struct {
			SessionIssuer  struct{ Type, ARN, UserName string }
			SourceIdentity string
		}
	}
	type event struct {
		EventName, EventSource, ErrorCode, SourceIPAddress, RecipientAccountID string
		UserIdentity                                                           identity
		RequestParameters, ResponseElements                                    map[string]any
	}
	all := w.events()
	var last event
	if err := json.Unmarshal([]byte(all[len(all)-1]), &last); err != nil {
		t.Fatal(err)
	}
	who := last.UserIdentity
	if last.EventName != "DeleteUser" || last.EventSource != "iam.amazonaws.com" || last.ErrorCode != "AccessDenied" || last.SourceIPAddress != "203.0.113.7" ||
		last.RecipientAccountID != id || last.RequestParameters["userName"] != "alice" ||
		who.Type != "AssumedRole" || who.ARN != "arn:aws:sts::"+id+":assumed-role/reader/s1" || who.AccessKeyID != session.id ||
		who.SessionContext == nil || who.SessionContext.SessionIssuer.UserName != "reader" || who.SessionContext.SourceIdentity != "alice" {
		t.Errorf("the event is %s", all[len(all)-1])
	}
	for _, e := range all {
		for _, secret := range []string{root.secret, user.secret, session.secret, session.token} {
			if strings.Contains(e, secret) {
				t.Errorf("a secret stands in %s", e)
			}
		}
	}
}

// TestAssumingARoleIsOnRecordOnBothSides has roles of the caller's account and of another (services.md §3.1, §3.2): the event names the role, and for another's
// there are two, one in each account, with one id in common.
func TestAssumingARoleIsOnRecordOnBothSides(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	otherID, other := w.account()
	alice := w.user(root, "alice", allow("*", "sts:AssumeRole"))
	aliceID := w.must(alice, "sts", "GetCallerIdentity").field("UserId")
	type event struct {
		EventID, RequestID, SharedEventID, RecipientAccountID, ErrorCode string
		Resources                                                        []struct{ ARN, AccountID, Type string }
		UserIdentity                                                     map[string]any
		RequestParameters, ResponseElements                              map[string]any
	}
	for _, test := range []struct {
		name    string
		role    string
		account string
		works   bool
		// recipients are the accounts that have an event.
		recipients []string
	}{
		{"of one's own account", w.role(root, "own", trusts(id, ""), ""), id, true, []string{id}},
		{"of another account", w.role(other, "theirs", trusts(id, ""), ""), otherID, true, []string{id, otherID}},
		{"of another account that does not trust one's own", w.role(other, "closed", trusts(otherID, ""), ""), otherID, false, []string{id}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(w.events())
			a := w.do(w.call("sts", "AssumeRole", "RoleArn", test.role, "RoleSessionName", "one").sign(alice))
			if (a.status == 200) != test.works {
				t.Fatalf("%d %s", a.status, a.body)
			}
			var recipients []string
			shared, ids := "", make(map[string]bool)
			for _, text := range w.events()[before:] {
				var e event
				if err := json.Unmarshal([]byte(text), &e); err != nil {
					t.Fatal(err)
				}
				recipients = append(recipients, e.RecipientAccountID)
				ids[e.EventID] = true
				if shared == "" {
					shared = e.SharedEventID
				}
				if e.SharedEventID != shared || (shared != "") != (len(test.recipients) == 2) || e.RequestID != a.header.Get("X-Amzn-Requestid") || e.RequestParameters["roleArn"] != test.role {
					t.Errorf("the event is %s", text)
				}
				if named := len(e.Resources) == 1 && e.Resources[0].ARN == test.role && e.Resources[0].AccountID == test.account && e.Resources[0].Type == "AWS::IAM::Role"; named != test.works {
					t.Errorf("the resources are %v", e.Resources)
				}
				who := fmt.Sprint(e.UserIdentity)
				if theirs := fmt.Sprint(map[string]any{"type": "AWSAccount", "principalId": aliceID, "accountId": id}); (who == theirs) != (e.RecipientAccountID != id) {
					t.Errorf("account %s is told that it was %s", e.RecipientAccountID, who)
				}
			}
			slices.Sort(recipients)
			slices.Sort(test.recipients)
			if !slices.Equal(recipients, test.recipients) || len(ids) != len(recipients) {
				t.Errorf("events of the accounts %v, want %v", recipients, test.recipients)
			}
		})
	}
	// Credentials are withheld from whoever assumes a role of which one side's event cannot be kept.
	w.record.room = 1
	w.refused(alice, fault.ServiceUnavailable, "The call could not be recorded*", "sts", "AssumeRole", "RoleArn", "arn:aws:iam::"+otherID+":role/theirs", "RoleSessionName", "two")
}

// TestEventsSayHowTheyCame has a real connection for each version of TLS, and one without.
func TestEventsSayHowTheyCame(t *testing.T) {
	w := newWorld(t, nil)
	_, root := w.account()
	for _, test := range []struct {
		name    string
		version uint16
		want    string
	}{
		// Which suite it is, is up to the machine.
		{"TLS 1.3", tls.VersionTLS13, `"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_(AES_128_GCM|CHACHA20_POLY1305|AES_256_GCM)_SHA\d+","clientProvidedHostHeader":"localhost:9748"}`},
		{"TLS 1.2", tls.VersionTLS12, `"tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-(AES128-GCM-SHA256|CHACHA20-POLY1305|AES256-GCM-SHA384)","clientProvidedHostHeader":"localhost:9748"}`},
		{"no TLS", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(w.handler)
			if test.version != 0 {
				s.TLS = &tls.Config{MinVersion: test.version, MaxVersion: test.version}
				s.StartTLS()
			} else {
				s.Start()
			}
			defer s.Close()
			call := func(sign func(request) *http.Request) {
				r := w.call("iam", "ListUsers")
				r.host = "localhost:9748"
				signed := sign(r)
				h, err := http.NewRequest(r.method, s.URL+r.path, strings.NewReader(r.body))
				if err != nil {
					t.Fatal(err)
				}
				h.Host, h.Header = r.host, signed.Header
				answer, err := s.Client().Do(h)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				events := w.events()
				if last := events[len(events)-1]; test.want == "" && strings.Contains(last, "tlsDetails") || !regexp.MustCompile(test.want).MatchString(last) {
					t.Errorf("the event is %s", last)
				}
			}
			call(func(r request) *http.Request { return r.sign(root) })
			call(request.unsigned)
		})
	}
}

// TestRevocationHoldsAtOnce has all that ends a credential or a permission: the next request is judged by the new state (security.md S020).
func TestRevocationHoldsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name, code string
		revoke     func(w *world, root credentials, key string)
	}{
		{"the key is switched off", fault.InvalidClientTokenID, func(w *world, root credentials, key string) {
			w.must(root, "iam", "UpdateAccessKey", "UserName", "alice", "AccessKeyId", key, "Status", "Inactive")
		}},
		{"the key is deleted", fault.InvalidClientTokenID, func(w *world, root credentials, key string) {
			w.must(root, "iam", "DeleteAccessKey", "UserName", "alice", "AccessKeyId", key)
		}},
		{"the policy is deleted", fault.AccessDenied, func(w *world, root credentials, _ string) {
			w.must(root, "iam", "DeleteUserPolicy", "UserName", "alice", "PolicyName", "p")
		}},
		{"a boundary is put", fault.AccessDenied, func(w *world, root credentials, _ string) {
			w.must(root, "iam", "PutUserPermissionsBoundary", "UserName", "alice", "PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
		}},
		{"a group denies", fault.AccessDenied, func(w *world, root credentials, _ string) {
			w.must(root, "iam", "CreateGroup", "GroupName", "g")
			w.must(root, "iam", "AttachGroupPolicy", "GroupName", "g", "PolicyArn", "arn:aws:iam::aws:policy/AWSDenyAll")
			w.must(root, "iam", "AddUserToGroup", "GroupName", "g", "UserName", "alice")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			_, root := w.account()
			alice := w.user(root, "alice", allow("*", "iam:*"))
			w.must(alice, "iam", "ListUsers")
			test.revoke(w, root, alice.id)
			w.refused(alice, test.code, "*", "iam", "ListUsers")
		})
	}
}

// TestReCreatedUserIsAnother has the rows of security.md S019 that concern users: sessions and trust are of the one that is gone.
func TestReCreatedUserIsAnother(t *testing.T) {
	w := newWorld(t, nil)
	id, root := w.account()
	alice := w.user(root, "alice", allow("*", "*"))
	role := w.must(root, "iam", "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument", trusts("arn:aws:iam::"+id+":user/alice", "")).field("Arn")
	session := w.must(alice, "sts", "GetSessionToken").session()
	w.must(alice, "sts", "AssumeRole", "RoleArn", role, "RoleSessionName", "one")
	w.must(session, "sts", "GetCallerIdentity")

	w.must(root, "iam", "DeleteAccessKey", "UserName", "alice", "AccessKeyId", alice.id)
	w.must(root, "iam", "DeleteUserPolicy", "UserName", "alice", "PolicyName", "p")
	w.must(root, "iam", "DeleteUser", "UserName", "alice")
	again := w.user(root, "alice", "")

	w.refused(alice, fault.InvalidClientTokenID, "*", "sts", "GetCallerIdentity")
	w.refused(session, fault.InvalidClientTokenID, "*", "sts", "GetCallerIdentity")
	w.refused(again, fault.AccessDenied, "User: arn:aws:iam::"+id+":user/alice is not authorized to perform: sts:AssumeRole on resource: "+role+"*",
		"sts", "AssumeRole", "RoleArn", role, "RoleSessionName", "two")
	shown, err := url.QueryUnescape(w.must(root, "iam", "GetRole", "RoleName", "r").field("AssumeRolePolicyDocument"))
	if err != nil || !strings.Contains(shown, `"AIDA`) || strings.Contains(shown, "user/alice") {
		t.Errorf("the trust policy shows %s", shown)
	}
}

// TestAnswersOfAccountsAreTheirOwn asks two accounts with the same names by turns and at once (security.md S025).
func TestAnswersOfAccountsAreTheirOwn(t *testing.T) {
	w := newWorld(t, nil)
	type side struct {
		id  string
		key credentials
	}
	var sides []side
	for i, policy := range []string{allow("*", "iam:*"), allow("*", "iam:GetUser")} {
		id, root := w.account()
		sides = append(sides, side{id, w.user(root, "alice", policy)})
		w.must(root, "iam", "CreateRole", "RoleName", "r", "Description", fmt.Sprint(i), "AssumeRolePolicyDocument", trusts(id, ""))
	}
	done := make(chan string)
	for range 8 {
		go func() {
			for range 50 {
				for i, s := range sides {
					if got := w.do(w.call("iam", "GetUser").sign(s.key)).field("Arn"); got != "arn:aws:iam::"+s.id+":user/alice" {
						done <- got
						return
					}
					want := []string{"", "AccessDenied"}[i]
					if got := w.do(w.call("iam", "ListRoles").sign(s.key)).field("Code"); got != want {
						done <- got
						return
					}
				}
			}
			done <- ""
		}()
	}
	for range 8 {
		if wrong := <-done; wrong != "" {
			t.Errorf("an answer of another account: %s", wrong)
		}
	}
}

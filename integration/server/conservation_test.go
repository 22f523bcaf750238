package server_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	iamservice "github.com/writ-iam/writ/internal/service/iam"
	stsservice "github.com/writ-iam/writ/internal/service/sts"
)

// plausible are parameters that satisfy most operations' constraints: more than any one knows, which is ignored.
var plausible = url.Values{
	"UserName": {"someone"}, "RoleName": {"some-role"}, "GroupName": {"some-group"}, "PolicyName": {"some-policy"}, "PolicyArn": {"arn:aws:iam::aws:policy/ReadOnlyAccess"},
	"PolicyDocument": {document}, "AssumeRolePolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`},
	"AccessKeyId": {"AKIAIOSFODNN7EXAMPLE"}, "Status": {"Inactive"}, "VersionId": {"v1"}, "AccountAlias": {"some-alias"}, "Description": {"d"},
	"PermissionsBoundary": {"arn:aws:iam::aws:policy/ReadOnlyAccess"}, "Tags.member.1.Key": {"k"}, "Tags.member.1.Value": {"v"}, "TagKeys.member.1": {"k"},
	"RoleArn": {"arn:aws:iam::111122223333:role/some-role"}, "RoleSessionName": {"session"}, "Name": {"federated"}, "PolicySourceArn": {"arn:aws:iam::111122223333:user/someone"},
	"ActionNames.member.1": {"s3:GetObject"}, "PolicyInputList.member.1": {document}, "EncodedMessage": {"abc"},
}

// message is an HTTP request before it is signed.
type message struct {
	method, host, target, body, contentType string
	service                                 string
	key                                     key
	// spoil changes the signed request.
	spoil func(*http.Request)
	// presign puts the signature into the query, unsigned leaves it out.
	presign, unsigned bool
}

// request returns the request for a server.
func (m message) request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), m.method, url+m.target, strings.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	if m.host != "" {
		r.Host = m.host
	}
	if m.contentType != "" {
		r.Header.Set("Content-Type", m.contentType)
	}
	sum := sha256.Sum256([]byte(m.body))
	credentials := aws.Credentials{AccessKeyID: m.key.id, SecretAccessKey: m.key.secret, SessionToken: m.key.token}
	switch signer := v4.NewSigner(); {
	case m.unsigned:
	case m.presign:
		signed, header, err := signer.PresignHTTP(t.Context(), credentials, r, hex.EncodeToString(sum[:]), m.service, "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if r.URL, err = r.URL.Parse(signed); err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Header, header)
	default:
		if err := signer.SignHTTP(t.Context(), credentials, r, hex.EncodeToString(sum[:]), m.service, "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if m.spoil != nil {
		m.spoil(r)
	}
	return r
}

// kinds are the ways in which a call can be made, each beginning with a good POST. good: its answer need not be an error.
var kinds = []struct {
	name   string
	good   bool
	change func(m *message, nobody key)
}{
	{"a good call", true, func(*message, key) {}},
	{"by GET", true, func(m *message, _ key) { m.method, m.target, m.body, m.contentType = "GET", "/?"+m.body, "", "" }},
	{"presigned", true, func(m *message, _ key) {
		m.method, m.target, m.body, m.contentType, m.presign = "GET", "/?"+m.body, "", "", true
	}},
	{"at AWS's own host", true, func(m *message, _ key) { m.host = m.service + ".amazonaws.com" }},
	{"of another path", true, func(m *message, _ key) { m.target = "/a//b/../c?" }},
	{"by HEAD", true, func(m *message, _ key) { m.method, m.target, m.body, m.contentType = "HEAD", "/?"+m.body, "", "" }},
	{"by PUT", false, func(m *message, _ key) { m.method = "PUT" }},
	{"by OPTIONS", false, func(m *message, _ key) { m.method = "OPTIONS" }},
	{"of the server as a whole", false, func(m *message, _ key) {
		m.method, m.unsigned, m.spoil = "OPTIONS", true, func(r *http.Request) { r.URL.Opaque = "*" }
	}},
	{"by a method of its own", false, func(m *message, _ key) { m.method = "BREW" }},
	{"as text", true, func(m *message, _ key) { m.contentType = "text/plain" }},
	{"as JSON", true, func(m *message, _ key) { m.contentType = "application/x-amz-json-1.1" }},
	{"without a type", true, func(m *message, _ key) { m.contentType = "" }},
	{"for someone who may do nothing", true, func(m *message, nobody key) { m.key = nobody }},
	{"with a bad escape", false, func(m *message, _ key) { m.body += "&X=%zz" }},
	{"with a parameter twice", false, func(m *message, _ key) { m.body += "&UserName=other" }},
	{"of another version", false, func(m *message, _ key) {
		m.body = regexp.MustCompile(`Version=[\d-]+`).ReplaceAllString(m.body, "Version=1999-01-01")
	}},
	{"of an operation that there is not", false, func(m *message, _ key) { m.body = strings.Replace(m.body, "Action=", "Action=X", 1) }},
	{"without an operation", false, func(m *message, _ key) { m.body = strings.Replace(m.body, "Action=", "Axtion=", 1) }},
	{"with a target of JSON", false, func(m *message, _ key) {
		m.spoil = func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables") }
		m.host, m.unsigned = "dynamodb.us-east-1.amazonaws.com", true
	}},
	{"unsigned", false, func(m *message, _ key) { m.unsigned = true }},
	{"with an unknown key", false, func(m *message, _ key) { m.key.id = "AKIAIOSFODNN7EXAMPLE" }},
	{"with a wrong secret", false, func(m *message, _ key) { m.key.secret += "x" }},
	{"with a token that is none", false, func(m *message, _ key) { m.key.token = "nonsense" }},
	{"signed for another service", false, func(m *message, _ key) { m.service = "s3" }},
	{"changed on its way", false, func(m *message, _ key) { m.spoil = func(r *http.Request) { r.URL.RawQuery = "more=1" } }},
	{"with a credential of megabytes", false, func(m *message, _ key) {
		m.spoil = func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+strings.Repeat("A/", 20<<10))
		}
	}},
	{"at an unknown host", false, func(m *message, _ key) { m.host = "iam.evil.example" }},
	{"that is too long", false, func(m *message, _ key) {
		body := m.body + "&X=" + strings.Repeat("x", 1<<20)
		m.spoil = func(r *http.Request) {
			// The client waits until it is told to go on, and is not.
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Set("Expect", "100-continue")
		}
	}},
	{"that is too long by a byte, of unknown length", false, func(m *message, _ key) {
		body := m.body + strings.Repeat("x", 1<<20+1-len(m.body))
		m.spoil = func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1 }
	}},
}

func takes(operation string) int {
	if strings.HasPrefix(operation, "De") || strings.HasPrefix(operation, "Remove") {
		return 1
	}
	return 0
}

// TestEveryRequestLeavesOneEvent is the conservation of security.md S115: requests of all kinds, every operation in every way in which a call can succeed or
// fail, leave as many events as there were requests, with the ids and the error codes that were answered, and no others. Those of callers that could not be
// authenticated are so many here that most are counted: for them events and counts together are, code by code, as many as there were answers.
func TestEveryRequestLeavesOneEvent(t *testing.T) {
	t.Parallel()
	w := serve(t, t.TempDir())
	root, _ := w.account()
	name := "nobody"
	client := w.iam(root)
	mustCall(t, client.CreateUser, &iam.CreateUserInput{UserName: &name})
	made := mustCall(t, client.CreateAccessKey, &iam.CreateAccessKeyInput{UserName: &name}).AccessKey
	nobody := key{id: *made.AccessKeyId, secret: *made.SecretAccessKey}
	someone, role, group := plausible.Get("UserName"), plausible.Get("RoleName"), plausible.Get("GroupName")
	mustCall(t, client.CreateUser, &iam.CreateUserInput{UserName: &someone})
	mustCall(t, client.CreateGroup, &iam.CreateGroupInput{GroupName: &group})
	mustCall(t, client.CreateRole, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: aws.String(plausible.Get("AssumeRolePolicyDocument"))})
	const preparations = 5

	type call struct {
		what, operation string
		good            bool
		request         *http.Request
	}
	var calls []call
	for service, table := range map[string]map[string]bool{"iam": operations((&iamservice.Service{}).Ops()), "sts": operations((&stsservice.Service{}).Ops())} {
		version := map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service]
		names := slices.Sorted(maps.Keys(table))
		// What takes something away comes last, so that there is something for the others.
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(takes(a), takes(b)) })
		for _, operation := range names {
			for i, kind := range kinds {
				form := maps.Clone(plausible)
				form.Set("Action", operation)
				form.Set("Version", version)
				m := message{method: "POST", target: "/", body: form.Encode(), contentType: "application/x-www-form-urlencoded; charset=utf-8", service: service, key: root}
				kind.change(&m, nobody)
				if strings.Contains(kind.name, "too long") && i%2 != len(operation)%2 {
					continue // bodies of a megabyte take their time
				}
				calls = append(calls, call{service + " " + operation + " " + kind.name, operation, kind.good, m.request(t, w.url)})
			}
		}
	}
	type told struct {
		call
		code string
	}
	answers := make(map[string]told)
	var mu sync.Mutex
	var wait sync.WaitGroup
	h := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute, MaxIdleConnsPerHost: 8}}
	next := make(chan call)
	for range 8 {
		wait.Go(func() {
			for c := range next {
				answer, err := h.Do(c.request)
				if err != nil {
					t.Errorf("%s: %v", c.what, err)
					continue
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil {
					t.Errorf("%s: %v", c.what, err)
				}
				id, code := answer.Header.Get("X-Amzn-Requestid"), ""
				if m := regexp.MustCompile(`<Code>(\w+)</Code>|"__type":"(?:[^"#]*#)?(\w+)"`).FindSubmatch(body); m != nil {
					code = string(m[1]) + string(m[2])
				}
				if answer.StatusCode >= 400 && code == "" && c.request.Method != http.MethodHead || answer.StatusCode < 400 && (code != "" || !c.good) {
					t.Errorf("%s: status %d, code %q", c.what, answer.StatusCode, code)
				}
				mu.Lock()
				if _, twice := answers[id]; twice || id == "" {
					t.Errorf("%s: the request id %q", c.what, id)
				}
				answers[id] = told{c, code}
				mu.Unlock()
			}
		})
	}
	for _, c := range calls {
		next <- c
	}
	close(next)
	wait.Wait()

	// The operator's door is one of the server's, and what it refuses is on record too.
	const refused = 3
	for range refused {
		answer, err := h.Post(w.url+"/_writ/accounts", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("an account was made without the token: %s", answer.Status)
		}
	}
	w.kill(syscall.SIGTERM)

	// Where AWS's JSON protocols call an error …Exception, events do not.
	plain := func(code string) string { return strings.TrimSuffix(code, "Exception") }
	requests, counted, operators := 0, 0, 0
	performed := make(map[string]bool)
	seen := make(map[string]bool)
	ofStrangers := make(map[string]bool) // the codes
	missing := make(map[string]int)      // the code → how many answers there were more than the events say
	for _, c := range answers {
		if c.request.Method != http.MethodHead {
			missing[plain(c.code)]++
		}
	}
	for _, e := range w.events() {
		if e.EventName == "CreateAccount" && e.EventSource == "organizations.amazonaws.com" {
			continue // the operator's, and no request's
		}
		n := max(e.AdditionalEventData.Count, 1)
		requests += n
		counted += n - 1
		if e.EventSource == "operator.writ" {
			operators += n
			continue
		}
		if e.UserIdentity.Type == "Unknown" {
			ofStrangers[plain(e.ErrorCode)] = true
		} else if n > 1 {
			t.Errorf("requests of %s are counted", e.UserIdentity.ARN)
		}
		c, ok := answers[e.RequestID]
		if !ok {
			continue // a preparation
		}
		if seen[e.RequestID] {
			t.Errorf("%s has two events", c.what)
		}
		seen[e.RequestID] = true
		if c.request.Method != http.MethodHead {
			missing[plain(e.ErrorCode)] -= n
			if plain(c.code) != plain(e.ErrorCode) {
				t.Errorf("%s was answered %q, its event says %q", c.what, c.code, e.ErrorCode)
			}
		}
		if c.good && e.EventName != c.operation {
			t.Errorf("%s: the event is one of %s", c.what, e.EventName)
		}
		if e.ErrorCode == "" {
			performed[e.EventName] = true
		}
	}
	for id, c := range answers {
		if !seen[id] && !ofStrangers[plain(c.code)] {
			t.Errorf("%s has no event", c.what)
		}
	}
	for code, n := range missing {
		if n != 0 {
			t.Errorf("%d more answers with code %q than the events say", n, code)
		}
	}
	if want := len(calls) + preparations + refused; requests != want || operators != refused {
		t.Errorf("the events are of %d requests, want %d; of what the operator's door refused there are %d", requests, want, operators)
	}
	t.Logf("%d requests of %d kinds, %d of them counted; %d operations were performed at least once", len(calls), len(kinds), counted, len(performed))
	if len(performed) < 40 || len(calls) < 4000 || counted < 500 {
		t.Errorf("%d operations were performed, with %d requests, %d of them counted: the test is idle", len(performed), len(calls), counted)
	}
}

// Package sigv4_test has the signer of aws-sdk-go-v2 as an oracle: whatever it signs verifies, and nothing else does.
package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/writ-iam/writ/sigv4"
)

var now = time.Date(2026, 3, 1, 23, 59, 30, 0, time.UTC)

const (
	service = "iam"
	region  = "eu-central-1"
)

// random makes requests that clients could make.
type random struct {
	*rand.Rand
}

func (r random) pick(from ...string) string { return from[r.IntN(len(from))] }

// text is a few letters of those that are treated in some way of their own.
func (r random) text() string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(r.pick("a", "Z", "0", "-", "_", ".", "~", " ", "%", "+", "=", "&", ";", ":", "é", "中", "😀", "*", "(", "'", "\"", "<", "?", "#", "@", "!", "$", ","))
	}
	return b.String()
}

func (r random) header() string {
	var b strings.Builder
	b.WriteString(r.pick("x", "y z", "a   b", "\"q   q\"", "é"))
	for range r.IntN(3) {
		// No tabs within: the SDKs do not agree on what becomes of them.
		b.WriteString(r.pick(" ", "  ", "c", ",", ";"))
	}
	return b.String()
}

func (r random) request() (*http.Request, string) {
	var path strings.Builder
	for range r.IntN(4) {
		// Neither empty segments nor dots: the SDK signs them as they are, AWS's signing suite has them taken out, and no client sends them.
		path.WriteString("/" + strings.Trim(r.pick("a", r.text(), r.text()), "/.") + "z")
	}
	if path.Len() == 0 {
		path.WriteString("/")
	}
	u := &url.URL{Scheme: "https", Host: r.pick("iam.amazonaws.com", "127.0.0.1:9748", "host.example:8443"), Path: path.String()}
	query := make(url.Values)
	for range r.IntN(4) {
		query.Add(r.pick("a", "B", "b", "a", r.text()+"k"), r.text())
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	body := strings.Repeat(r.text(), r.IntN(20))
	h, err := http.NewRequest(r.pick("GET", "POST", "PUT", "DELETE"), u.String(), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	for range r.IntN(4) {
		h.Header.Add(r.pick("X-Amz-Meta-A", "My-Header", "Content-Type", "X-Amz-Target", "Accept"), r.header())
	}
	return h, body
}

// received is the request as a server has it.
func received(h *http.Request, body string) *sigv4.Request {
	header := make(map[string][]string)
	for name, values := range h.Header {
		header[name] = slices.Clone(values)
	}
	if h.ContentLength > 0 {
		header["Content-Length"] = []string{fmt.Sprint(h.ContentLength)}
	}
	host := h.Host
	if host == "" {
		host = h.URL.Host
	}
	return &sigv4.Request{Method: h.Method, Host: host, Path: h.URL.EscapedPath(), RawQuery: h.URL.RawQuery, Header: header, Body: []byte(body)}
}

func verify(r *sigv4.Request, secret string, at time.Time) error {
	s, err := sigv4.Parse(r, sigv4.Options{Service: service, Now: at, Window: 15 * time.Minute})
	if err != nil {
		return err
	}
	key := sigv4.DeriveKey(secret, s.Date, s.Region, s.Service)
	return s.Verify(r, &key)
}

// TestWhatTheSDKSignsVerifiesAndNothingElse signs random requests, in the header and presigned, and then changes each part of what is signed.
func TestWhatTheSDKSignsVerifiesAndNothingElse(t *testing.T) {
	const seed = 7
	r := random{rand.New(rand.NewPCG(seed, 1))}
	s := signer.NewSigner()
	presigned, refused := 0, 0
	for i := range 5000 {
		h, body := r.request()
		credentials := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
		if r.IntN(3) == 0 {
			credentials.SessionToken = "FwoG" + strings.Repeat("x/+", 20) + "=="
		}
		sum := sha256.Sum256([]byte(body))
		hash := hex.EncodeToString(sum[:])
		if r.IntN(3) == 0 {
			signed, header, err := s.PresignHTTP(context.Background(), credentials, h, hash, service, region, now)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(signed)
			if err != nil {
				t.Fatal(err)
			}
			h.URL = u
			for name := range h.Header {
				// What is not signed is not sent: no client adds x-amz- headers to a presigned URL.
				if _, ok := header[name]; !ok && strings.HasPrefix(name, "X-Amz-") {
					h.Header.Del(name)
				}
			}
			for name, values := range header {
				if name != "Host" {
					h.Header[http.CanonicalHeaderKey(name)] = values
				}
			}
			presigned++
		} else if err := s.SignHTTP(context.Background(), credentials, h, hash, service, region, now); err != nil {
			t.Fatal(err)
		}
		good := received(h, body)
		if err := verify(good, credentials.SecretAccessKey, now); err != nil {
			t.Fatalf("request %d: %v\n%+v", i, err, good)
		}
		for name, change := range changes(r, good) {
			bad := received(h, body)
			change(bad)
			if err := verify(bad, credentials.SecretAccessKey, now); err == nil {
				t.Fatalf("request %d with %s changed has the same signature\n%+v\n%+v", i, name, good, bad)
			}
			refused++
		}
		if err := verify(good, credentials.SecretAccessKey+"x", now); err == nil {
			t.Fatalf("request %d verifies with another secret", i)
		}
		for _, at := range []time.Time{now.Add(15*time.Minute + time.Second), now.Add(-15*time.Minute - time.Second), now.Add(24 * time.Hour)} {
			if err := verify(good, credentials.SecretAccessKey, at); err == nil {
				t.Fatalf("request %d verifies at %s", i, at)
			}
		}
		for _, at := range []time.Time{now.Add(15 * time.Minute), now.Add(-15 * time.Minute)} {
			if err := verify(good, credentials.SecretAccessKey, at); err != nil {
				t.Fatalf("request %d does not verify at the end of its window: %v", i, err)
			}
		}
	}
	if presigned < 1000 || refused < 20000 {
		t.Errorf("%d presigned, %d refused: the test is idle", presigned, refused)
	}
}

// changes are ways to change a request after it was signed.
func changes(r random, good *sigv4.Request) map[string]func(*sigv4.Request) {
	all := map[string]func(*sigv4.Request){
		"the method": func(q *sigv4.Request) {
			q.Method = map[bool]string{true: "PATCH", false: "OPTIONS"}[q.Method != "PATCH"]
		},
		"the host":  func(q *sigv4.Request) { q.Host += "x" },
		"the path":  func(q *sigv4.Request) { q.Path += "/added" },
		"the query": func(q *sigv4.Request) { q.RawQuery += "&added=1" },
		"the body":  func(q *sigv4.Request) { q.Body = append(q.Body, 'x') },
		"a header":  func(q *sigv4.Request) { q.Header["X-Amz-Added"] = []string{"x"} },
	}
	if authorization := good.Header["Authorization"]; len(authorization) == 1 {
		all["a letter of the signature"] = func(q *sigv4.Request) {
			text := []byte(authorization[0])
			i := len(text) - 1 - r.IntN(64)
			if text[i] = text[i] ^ 1; text[i] == authorization[0][i] {
				text[i]++
			}
			q.Header["Authorization"] = []string{string(text)}
		}
		all["the date"] = func(q *sigv4.Request) { q.Header["X-Amz-Date"] = []string{"20260301T235931Z"} }
		for name, values := range good.Header {
			if name == "Authorization" || !strings.Contains(authorization[0], strings.ToLower(name)) {
				continue
			}
			all["the header "+name] = func(q *sigv4.Request) { q.Header[name] = append(slices.Clone(values), "x") }
		}
	} else {
		all["the date"] = func(q *sigv4.Request) {
			q.RawQuery = strings.Replace(q.RawQuery, "20260301T235930Z", "20260301T235931Z", 1)
		}
	}
	return all
}

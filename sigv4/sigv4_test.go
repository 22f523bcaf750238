package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/sigv4"
)

const exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var example = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// options are those of the service that the example requests are for.
func options(service string, now time.Time) sigv4.Options {
	return sigv4.Options{Service: service, Now: now, Window: 15 * time.Minute}
}

// TestSigningKeyIsTheDocumentedOne is the first vector of sigv4.md §11.
func TestSigningKeyIsTheDocumentedOne(t *testing.T) {
	key := sigv4.DeriveKey(exampleSecret, "20150830", "us-east-1", "iam")
	if got := hex.EncodeToString(key[:]); got != "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9" {
		t.Errorf("got %s", got)
	}
}

// TestKeysOfEveryLength has crypto/hmac for an oracle: keys longer than a block are hashed before.
func TestKeysOfEveryLength(t *testing.T) {
	for n := range 200 {
		secret := strings.Repeat("s", n)
		key := []byte("AWS4" + secret)
		for _, text := range []string{"20150830", "us-east-1", "iam", "aws4_request"} {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(text))
			key = mac.Sum(nil)
		}
		if got := sigv4.DeriveKey(secret, "20150830", "us-east-1", "iam"); !bytes.Equal(got[:], key) {
			t.Errorf("a secret of %d letters: %x, want %x", n, got, key)
		}
	}
}

// vector is a request whose signature is published.
type vector struct {
	name      string
	request   sigv4.Request
	service   string
	region    string
	key       string
	secret    string
	date      string
	signed    string
	signature string
	s3        bool
}

func (v vector) signedRequest() *sigv4.Request {
	r := v.request
	r.Header = make(map[string][]string)
	for name, values := range v.request.Header {
		r.Header[name] = slices.Clone(values)
	}
	r.Header["Authorization"] = []string{fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
		v.key, v.date[:8], v.region, v.service, v.signed, v.signature)}
	return &r
}

func verify(r *sigv4.Request, o sigv4.Options, secret string) error {
	s, err := sigv4.Parse(r, o)
	if err != nil {
		return err
	}
	key := sigv4.DeriveKey(secret, s.Date, s.Region, s.Service)
	return s.Verify(r, &key)
}

var vectors = []vector{
	{
		name: "IAM ListUsers by GET", service: "iam", region: "us-east-1", key: "AKIDEXAMPLE", secret: exampleSecret, date: "20150830T123600Z",
		request: sigv4.Request{Method: "GET", Host: "iam.amazonaws.com", Path: "/", RawQuery: "Action=ListUsers&Version=2010-05-08", Header: map[string][]string{
			"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}, "X-Amz-Date": {"20150830T123600Z"},
		}},
		signed: "content-type;host;x-amz-date", signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
	},
	{
		name: "S3 GET with a range", service: "s3", region: "us-east-1", key: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", date: "20130524T000000Z", s3: true,
		request: sigv4.Request{Method: "GET", Host: "examplebucket.s3.amazonaws.com", Path: "/test.txt", Header: map[string][]string{
			"Range": {"bytes=0-9"}, "X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Content-Sha256": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		}},
		signed: "host;range;x-amz-content-sha256;x-amz-date", signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
	},
}

func (v vector) options() sigv4.Options {
	now, err := time.Parse("20060102T150405Z", v.date)
	if err != nil {
		panic(err)
	}
	o := options(v.service, now)
	o.S3 = v.s3
	return o
}

// TestPublishedSignaturesVerify has the vectors of sigv4.md §11.
func TestPublishedSignaturesVerify(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			if err := verify(v.signedRequest(), v.options(), v.secret); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("S3 presigned", func(t *testing.T) {
		r := &sigv4.Request{Method: "GET", Host: "examplebucket.s3.amazonaws.com", Path: "/test.txt",
			RawQuery: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"}
		o := options("s3", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
		o.S3 = true
		if err := verify(r, o, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"); err != nil {
			t.Error(err)
		}
	})
}

// sign signs a request of the signing suite's service as a client does that knows what it sends.
func sign(r *sigv4.Request, headers []string, canonicalPath, canonicalQuery string) {
	slices.Sort(headers)
	signed := strings.Join(headers, ";")
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath + "\n" + canonicalQuery + "\n")
	for _, name := range headers {
		value := r.Host
		if name != "host" {
			var values []string
			for _, v := range r.Header[textproto(name)] {
				values = append(values, strings.Join(strings.Fields(v), " "))
			}
			value = strings.Join(values, ",")
		}
		b.WriteString(name + ":" + value + "\n")
	}
	body := sha256.Sum256(r.Body)
	b.WriteString("\n" + signed + "\n" + hex.EncodeToString(body[:]))
	digest := sha256.Sum256([]byte(b.String()))
	stringToSign := "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n" + hex.EncodeToString(digest[:])
	r.Header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + signed +
		", Signature=" + sigv4.SignString(exampleSecret, "20150830", "us-east-1", "service", stringToSign)}
}

func textproto(name string) string {
	parts := strings.Split(name, "-")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "-")
}

// TestCanonicalForms has the cases of AWS's signing test suite by name, each with the canonical path and query that the suite gives.
func TestCanonicalForms(t *testing.T) {
	for _, test := range []struct {
		name, path, query         string
		wantPath, wantQuery, body string
		header                    map[string][]string
	}{
		{name: "get-vanilla", path: "/", wantPath: "/"},
		{name: "get-vanilla-empty-query-key", path: "/", query: "Param1=value1", wantPath: "/", wantQuery: "Param1=value1"},
		{name: "get-vanilla-query-order-key-case", path: "/", query: "Param2=value2&Param1=value1", wantPath: "/", wantQuery: "Param1=value1&Param2=value2"},
		{name: "get-vanilla-query-order-value", path: "/", query: "Param1=value2&Param1=Value1", wantPath: "/", wantQuery: "Param1=Value1&Param1=value2"},
		{name: "get-vanilla-query-unreserved", path: "/", query: "-._~0123456789=-._~0123456789", wantPath: "/", wantQuery: "-._~0123456789=-._~0123456789"},
		{name: "get-vanilla-utf8-query", path: "/", query: "%e1%88%b4=bar", wantPath: "/", wantQuery: "%E1%88%B4=bar"},
		{name: "a missing value", path: "/", query: "a", wantPath: "/", wantQuery: "a="},
		{name: "a blank as plus", path: "/", query: "a=b+c", wantPath: "/", wantQuery: "a=b%20c"},
		{name: "a slash in a value", path: "/", query: "a=b/c", wantPath: "/", wantQuery: "a=b%2Fc"},
		{name: "a semicolon is no separator", path: "/", query: "a=b;c=d", wantPath: "/", wantQuery: "a=b%3Bc%3Dd"},
		{name: "get-relative-normalized", path: "/example/..", wantPath: "/"},
		{name: "get-relative-relative-normalized", path: "/example1/example2/../..", wantPath: "/"},
		{name: "get-slash-normalized", path: "//", wantPath: "/"},
		{name: "get-slash-dot-slash-normalized", path: "/./", wantPath: "/"},
		{name: "get-slash-pointless-dot-normalized", path: "/./example", wantPath: "/example"},
		{name: "get-slashes-normalized", path: "//example//", wantPath: "/example/"},
		{name: "get-space-normalized", path: "/example%20space/", wantPath: "/example%2520space/"},
		{name: "get-utf8", path: "/%E1%88%B4", wantPath: "/%25E1%2588%25B4"},
		{name: "get-unreserved", path: "/-._~0123456789abcXYZ", wantPath: "/-._~0123456789abcXYZ"},
		{name: "get-header-key-duplicate", path: "/", wantPath: "/", header: map[string][]string{"My-Header1": {"value2", "value2", "value1"}}},
		{name: "get-header-value-multiline", path: "/", wantPath: "/", header: map[string][]string{"My-Header1": {"value1\n  value2\n     value3"}}},
		{name: "white space of every kind", path: "/", wantPath: "/", header: map[string][]string{"My-Header1": {"\tvalue1\r\n\t value2\v\fvalue3 \t "}, "My-Header2": {"value  "}, "My-Header3": {" \t"}, "My-Header4": {"", "a", ""}}},
		{name: "dots beyond the root", path: "/../../example/./..//../x", wantPath: "/x"},
		{name: "get-header-value-trim", path: "/", wantPath: "/", header: map[string][]string{"My-Header1": {" value1"}, "My-Header2": {` "a   b   c"`}}},
		{name: "post-x-www-form-urlencoded", path: "/", wantPath: "/", body: "Param1=value1", header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded; charset=utf8"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &sigv4.Request{Method: "GET", Host: "example.amazonaws.com", Path: test.path, RawQuery: test.query, Header: map[string][]string{"X-Amz-Date": {"20150830T123600Z"}}, Body: []byte(test.body)}
			names := []string{"host", "x-amz-date"}
			for name, values := range test.header {
				r.Header[name] = values
				names = append(names, strings.ToLower(name))
			}
			sign(r, names, test.wantPath, test.wantQuery)
			if err := verify(r, options("service", example), exampleSecret); err != nil {
				t.Error(err)
			}
			r.Body = append(r.Body, 'x')
			if err := verify(r, options("service", example), exampleSecret); err == nil {
				t.Error("another body has the same signature")
			}
		})
	}
}

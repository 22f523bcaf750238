package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/writ-iam/writ/sigv4"
)

// sum is the hash of a text in hexadecimal.
func sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// signS3 signs a request as sigv4.md §§2–3 say, for the region us-east-1 on 24 May 2013. It shares nothing with what it is to check.
func signS3(r *sigv4.Request, names ...string) string {
	payload := "UNSIGNED-PAYLOAD"
	if v := r.Header["X-Amz-Content-Sha256"]; len(v) > 0 {
		payload = v[0]
	}
	slices.Sort(names)
	canonical := r.Method + "\n" + r.Path + "\n" + r.RawQuery + "\n"
	for _, name := range names {
		value := r.Host
		if name != "host" {
			value = strings.Join(r.Header[textproto(name)], ",")
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + strings.Join(names, ";") + "\n" + payload
	key := []byte("AWS4" + s3Secret)
	for _, text := range []string{"20130524", "us-east-1", "s3", "aws4_request", "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" + sum(canonical)} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// putS3 is a signed request that puts "content", or what header x-amz-content-sha256 says.
func putS3(payload string) *sigv4.Request {
	r := &sigv4.Request{Method: "PUT", Host: "s3.amazonaws.com", Path: "/bucket/key", Header: map[string][]string{"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Content-Sha256": {payload}}}
	names := []string{"host", "x-amz-content-sha256", "x-amz-date"}
	if strings.HasPrefix(payload, "STREAMING") {
		r.Header["X-Amz-Decoded-Content-Length"] = []string{"20000"}
		r.Header["X-Amz-Trailer"] = []string{"x-amz-checksum-crc32, x-amz-meta-late"}
		names = append(names, "x-amz-decoded-content-length", "x-amz-trailer")
	}
	r.Header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=" + strings.Join(names, ";") + ", Signature=" + signS3(r, names...)}
	return r
}

// presignedS3 is a presigned request that is good for the seconds given.
func presignedS3(expires string) *sigv4.Request {
	r := &sigv4.Request{Method: "GET", Host: "s3.amazonaws.com", Path: "/bucket/key", Header: map[string][]string{}}
	r.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=" + expires + "&X-Amz-SignedHeaders=host"
	r.RawQuery += "&X-Amz-Signature=" + signS3(r, "host")
	return r
}

// TestS3ChecksOfTheHeader are the rows of sigv4.md §5: each request is wrong in what the row says and right in all that is checked before.
func TestS3ChecksOfTheHeader(t *testing.T) {
	good := putS3(sum("content")).Header["Authorization"][0]
	with := func(old, new string) func(*sigv4.Request) {
		return func(r *sigv4.Request) { r.Header["Authorization"] = []string{strings.Replace(good, old, new, 1)} }
	}
	set := func(name string, values ...string) func(*sigv4.Request) {
		return func(r *sigv4.Request) {
			if r.Header[name] = values; len(values) == 0 {
				delete(r.Header, name)
			}
		}
	}
	const malformed = "The authorization header is malformed; "
	const payloads = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-*"
	for _, test := range []struct {
		name, code, message, detail string
		change                      func(*sigv4.Request)
	}{
		{"nothing: the caller is anonymous", sigv4.MissingAuthenticationToken, "*", "", set("Authorization")},
		{"in both places", sigv4.InvalidArgument, "Only one auth mechanism allowed; *", "", func(r *sigv4.Request) { r.RawQuery = "X-Amz-Algorithm=x" }},
		{"in both places, version 2", sigv4.InvalidArgument, "Only one auth mechanism allowed; *", "", func(r *sigv4.Request) { r.RawQuery = "AWSAccessKeyId=x&Signature=x" }},
		{"twice", sigv4.InvalidArgument, "*", "", set("Authorization", good, good)},
		{"version 2", sigv4.InvalidRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", "", set("Authorization", "AWS AK:sig")},
		{"version 2 in the query", sigv4.InvalidRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", "", func(r *sigv4.Request) {
			delete(r.Header, "Authorization")
			r.RawQuery = "AWSAccessKeyId=x&Signature=x&Expires=1"
		}},
		{"another type", sigv4.InvalidArgument, "Unsupported Authorization Type", "ArgumentName=Authorization", set("Authorization", "Basic eDp5")},
		{"another algorithm", sigv4.InvalidArgument, "Unsupported Authorization Type", "", with("HMAC-SHA256", "ECDSA-P256-SHA256")},
		{"the algorithm alone", sigv4.HeaderMalformed, malformed + "the authorization header requires three components: Credential, SignedHeaders, and Signature.", "", set("Authorization", "AWS4-HMAC-SHA256")},
		{"the algorithm and more", sigv4.InvalidArgument, "Unsupported Authorization Type", "", with("SHA256 ", "SHA256")},
		{"a long region", sigv4.HeaderMalformed, malformed + "the region *", "", with("us-east-1", strings.Repeat("r", 65))},
		{"an unknown component", sigv4.HeaderMalformed, malformed + `the authorization component "X" is malformed.`, "", with("Credential=", "X=")},
		{"a missing component", sigv4.HeaderMalformed, malformed + "the authorization header requires three components: Credential, SignedHeaders, and Signature.", "", func(r *sigv4.Request) {
			r.Header["Authorization"] = []string{good[:strings.LastIndex(good, ",")]}
		}},
		{"four parts", sigv4.HeaderMalformed, malformed + `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`, "", with("/s3/", "/")},
		{"no key id", sigv4.HeaderMalformed, malformed + "the Credential is mal-formed; *", "", with("AKIAIOSFODNN7EXAMPLE", "")},
		{"a bad date", sigv4.HeaderMalformed, malformed + `incorrect date format "2013-5-24". This date in the credential must be in the format "yyyyMMdd".`, "", with("20130524", "2013-5-24")},
		{"another region", sigv4.HeaderMalformed, malformed + "the region 'mars' is wrong; expecting 'us-east-1'", "Region=us-east-1", with("us-east-1", "mars")},
		{"another service", sigv4.HeaderMalformed, malformed + `incorrect service "iam". This endpoint belongs to "s3".`, "", with("/s3/", "/iam/")},
		{"another terminator", sigv4.HeaderMalformed, malformed + `incorrect terminal "aws5_request". This endpoint uses "aws4_request".`, "", with("aws4_r", "aws5_r")},
		{"two tokens", sigv4.InvalidArgument, "X-Amz-Security-Token must be given once, *", "", set("X-Amz-Security-Token", "a", "b")},
		{"a token in the query", sigv4.InvalidArgument, "X-Amz-Security-Token must be given once, *", "", func(r *sigv4.Request) { r.RawQuery = "X-Amz-Security-Token=t" }},
		{"no date", sigv4.AccessDenied, "AWS authentication requires a valid Date or x-amz-date header", "", set("X-Amz-Date")},
		{"two dates", sigv4.AccessDenied, "AWS authentication requires a valid Date or x-amz-date header", "", set("X-Amz-Date", "20130524T000000Z", "20130524T000000Z")},
		{"a date that is none", sigv4.AccessDenied, "AWS authentication requires a valid Date or x-amz-date header", "", set("X-Amz-Date", "yesterday")},
		{"another date in the scope", sigv4.HeaderMalformed, malformed + "Invalid credential date. Date is not the same as X-Amz-Date.", "", with("20130524", "20130523")},
		{"a second too old", sigv4.RequestTimeTooSkewed, "The difference between the request time and the current time is too large.", "MaxAllowedSkewMilliseconds=900000", func(r *sigv4.Request) {
			r.Header["X-Amz-Date"] = []string{"20130523T234459Z"}
			with("20130524", "20130523")(r)
		}},
		{"a second too young", sigv4.RequestTimeTooSkewed, "*", "ServerTime=2013-05-24T00:00:00Z", set("X-Amz-Date", "20130524T001501Z")},
		{"an unsigned header and host", sigv4.AccessDenied, "There were headers present in the request which were not signed", "HeadersNotSigned=host, x-amz-acl", func(r *sigv4.Request) {
			with("host;", "")(r)
			set("X-Amz-Acl", "public-read")(r)
		}},
		{"an unsigned token", sigv4.AccessDenied, "There were headers present in the request which were not signed", "HeadersNotSigned=x-amz-security-token", set("X-Amz-Security-Token", "t")},
		{"no x-amz-content-sha256", sigv4.InvalidRequest, "Missing required header for this request: x-amz-content-sha256", "", set("X-Amz-Content-Sha256")},
		{"a short hash", sigv4.InvalidArgument, payloads, "ArgumentName=x-amz-content-sha256", set("X-Amz-Content-Sha256", "e3b0")},
		{"letters that are no hash", sigv4.InvalidArgument, payloads, "", set("X-Amz-Content-Sha256", strings.Repeat("x", 64))},
		{"a mode in lower case", sigv4.InvalidArgument, payloads, "", set("X-Amz-Content-Sha256", "unsigned-payload")},
		{"SigV4a's chunks", sigv4.InvalidArgument, payloads, "", set("X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")},
		{"two hashes", sigv4.InvalidArgument, "*", "", set("X-Amz-Content-Sha256", sum("a"), sum("a"))},
		{"chunks without a length", sigv4.MissingContentLength, "You must provide the Content-Length HTTP header.", "", set("X-Amz-Content-Sha256", sigv4.UnsignedTrailer)},
		{"another hash than was signed", sigv4.SignatureDoesNotMatch, mismatch, "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE", set("X-Amz-Content-Sha256", sum("other"))},
		{"unsigned where it was signed", sigv4.SignatureDoesNotMatch, mismatch, "StringToSignBytes=41 57 53 34 2d 48*", set("X-Amz-Content-Sha256", sigv4.UnsignedPayload)},
		{"a signature of zeros", sigv4.SignatureDoesNotMatch, mismatch, "SignatureProvided=" + strings.Repeat("0", 64), func(r *sigv4.Request) {
			r.Header["Authorization"] = []string{good[:len(good)-64] + strings.Repeat("0", 64)}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := putS3(sum("content"))
			test.change(r)
			err := verify(r, s3Options(s3Time), s3Secret)
			check(t, err, test.code, test.message)
			begin, _ := strings.CutSuffix(test.detail, "*")
			shown := slices.ContainsFunc(err.(*sigv4.Error).Details, func(d sigv4.Detail) bool { return strings.HasPrefix(d.Name+"="+d.Value, begin) })
			if test.detail != "" && !shown {
				t.Errorf("details %q, want %s", err.(*sigv4.Error).Details, test.detail)
			}
		})
	}
	for _, ok := range []func(*sigv4.Request){
		func(*sigv4.Request) {},
		with(", ", ","),
		// A header that is none of Amazon's need not be signed.
		set("X-Amzn-Trace-Id", "Root=1"),
	} {
		r := putS3(sum("content"))
		ok(r)
		if err := verify(r, s3Options(s3Time), s3Secret); err != nil {
			t.Error(err)
		}
	}
	for _, skew := range []time.Duration{15 * time.Minute, -15 * time.Minute} {
		if err := verify(putS3(sum("content")), s3Options(s3Time.Add(skew)), s3Secret); err != nil {
			t.Errorf("after %s: %v", skew, err)
		}
	}
}

// TestS004_S3PresignedRequestsEnd are the rows of sigv4.md §7.
func TestS004_S3PresignedRequestsEnd(t *testing.T) {
	const week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
	const number = "X-Amz-Expires should be a number"
	for _, test := range []struct {
		expires       string
		after         time.Duration
		code, message string
	}{
		{"60", 0, "", ""},
		{"60", time.Minute, "", ""},
		{"60", time.Minute + time.Second, sigv4.AccessDenied, "Request has expired"},
		{"604800", 604800 * time.Second, "", ""},
		{"604800", 604801 * time.Second, sigv4.AccessDenied, "Request has expired"},
		{"60", -15 * time.Minute, "", ""},
		{"60", -15*time.Minute - time.Second, sigv4.AccessDenied, "Request is not valid yet"},
		{"0", 0, "", ""},
		{"0", time.Second, sigv4.AccessDenied, "Request has expired"},
		{"604801", 0, sigv4.QueryParametersError, week},
		{"1000000000000000000", 0, sigv4.QueryParametersError, week},
		{"99999999999999999999999", 0, sigv4.QueryParametersError, week},
		{"-1", 0, sigv4.QueryParametersError, "X-Amz-Expires must be non-negative"},
		{"-99999999999999999999999", 0, sigv4.QueryParametersError, "X-Amz-Expires must be non-negative"},
		{"1e18", 0, sigv4.QueryParametersError, number},
		{"%2B60", 0, sigv4.QueryParametersError, number},
		{"60.0", 0, sigv4.QueryParametersError, number},
		{"0x3c", 0, sigv4.QueryParametersError, number},
		{"60%gh", 0, sigv4.MalformedQueryString, "*"},
		{"", 0, sigv4.QueryParametersError, "Query-string authentication version 4 requires the X-Amz-Algorithm, *"},
	} {
		t.Run(test.expires+" after "+test.after.String(), func(t *testing.T) {
			err := verify(presignedS3(test.expires), s3Options(s3Time.Add(test.after)), s3Secret)
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			check(t, err, test.code, test.message)
		})
	}
	s, err := sigv4.Parse(presignedS3("60"), s3Options(s3Time))
	if err != nil || !s.Expires.Equal(s3Time.Add(time.Minute)) || s.Payload != sigv4.UnsignedPayload {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestS3ChecksOfTheQuery(t *testing.T) {
	good := presignedS3("60").RawQuery
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	const credential = "Error parsing the X-Amz-Credential parameter; "
	for _, test := range []struct{ name, query, code, message string }{
		{"no date", with("X-Amz-Date", "Date"), sigv4.QueryParametersError, "Query-string authentication version 4 requires *"},
		{"an empty signature", good[:len(good)-64], sigv4.QueryParametersError, "Query-string authentication version 4 requires *"},
		{"another algorithm", with("HMAC-SHA256", "HMAC-SHA512"), sigv4.QueryParametersError, `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`},
		{"a parameter in another case", with("X-Amz-Signature", "x-amz-signature"), sigv4.QueryParametersError, "Query-string authentication version 4 requires *"},
		{"a bad date", with("T000000Z", "T000000"), sigv4.QueryParametersError, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`},
		{"a bad credential", with("%2Fs3", ""), sigv4.QueryParametersError, credential + `the Credential is mal-formed; *`},
		{"another region", with("us-east-1", "mars"), sigv4.QueryParametersError, credential + "the region 'mars' is wrong; expecting 'us-east-1'"},
		{"another service", with("%2Fs3", "%2Fiam"), sigv4.QueryParametersError, credential + `incorrect service "iam". This endpoint belongs to "s3".`},
		{"another date in the scope", with("20130524", "20130525"), sigv4.QueryParametersError, `Invalid credential date "20130525". This date is not the same as X-Amz-Date: "20130524".`},
		{"a longer life", with("Expires=60", "Expires=61"), sigv4.SignatureDoesNotMatch, mismatch},
		{"a parameter more", good + "&versionId=1", sigv4.SignatureDoesNotMatch, mismatch},
		{"the host is not signed", with("SignedHeaders=host", "SignedHeaders=range"), sigv4.AccessDenied, "There were headers present in the request which were not signed"},
		{"two lives", good + "&X-Amz-Expires=60", sigv4.QueryParametersError, "X-Amz-Expires must be given once"},
		{"two hashes", good + "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", sigv4.InvalidArgument, "*"},
		{"signed chunks", good + "&X-Amz-Content-Sha256=" + sigv4.StreamingPayload, sigv4.InvalidRequest, "*"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := presignedS3("60")
			r.RawQuery = test.query
			check(t, verify(r, s3Options(s3Time), s3Secret), test.code, test.message)
		})
	}
	r := presignedS3("60")
	r.Header["X-Amz-Security-Token"] = []string{"t"}
	check(t, verify(r, s3Options(s3Time), s3Secret), sigv4.InvalidArgument, "X-Amz-Security-Token must be given once, *")
}

// TestS3PathsAreEncodedOnceAndStayAsTheyAre: the key of an object may have dots, doubled slashes and anything else in it (sigv4.md §2).
func TestS3PathsAreEncodedOnceAndStayAsTheyAre(t *testing.T) {
	for sent, signed := range map[string]string{
		"/b/a%20b": "/b/a%20b", "/b/a+b": "/b/a%2Bb", "/b//k": "/b//k", "/b/./k": "/b/./k", "/b/../k": "/b/../k", "/b/%c3%a9": "/b/%C3%A9", "/b/%7Ek": "/b/~k", "/b/a%2Fb": "/b/a/b", "/b/k/": "/b/k/", "/b/é": "/b/%C3%A9",
	} {
		r := putS3(sum("content"))
		r.Path = signed
		authorization := r.Header["Authorization"][0]
		r.Header["Authorization"][0] = authorization[:len(authorization)-64] + signS3(r, "host", "x-amz-content-sha256", "x-amz-date")
		r.Path = sent
		if err := verify(r, s3Options(s3Time), s3Secret); err != nil {
			t.Errorf("%s signed as %s: %v", sent, signed, err)
		}
	}
	r := putS3(sum("content"))
	r.Path = "/b/%zz"
	check(t, verify(r, s3Options(s3Time), s3Secret), sigv4.MalformedQueryString, "*")
}

// chunks is a body of chunks without signatures.
func chunks(sizes ...int) string {
	var b strings.Builder
	for _, n := range sizes {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, strings.Repeat("a", n))
	}
	return b.String()
}

// TestS3Payloads are the modes of sigv4.md §6 that have no signed chunks.
func TestS3Payloads(t *testing.T) {
	const trailer = "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-meta-late:yes\r\n\r\n"
	unsigned := sigv4.UnsignedTrailer
	for _, test := range []struct{ name, payload, body, code, message string }{
		{"the hash of the body", sum("content"), "content", "", ""},
		{"the hash in upper case", strings.ToUpper(sum("content")), "content", "", ""},
		{"the hash of another body", sum("content"), "Content", sigv4.ContentSHA256DoesNotMatch, "*"},
		{"the hash of a longer body", sum("content"), "conten", sigv4.ContentSHA256DoesNotMatch, "*"},
		{"the hash of nothing and a body", sum(""), "x", sigv4.ContentSHA256DoesNotMatch, "*"},
		{"the hash of something and none", sum("x"), "", sigv4.ContentSHA256DoesNotMatch, "*"},
		{"unsigned", sigv4.UnsignedPayload, "whatever", "", ""},
		{"chunks", unsigned, chunks(8192, 8192, 3616) + "0\r\n" + trailer, "", ""},
		{"one chunk", unsigned, chunks(20000) + "0\r\n" + trailer, "", ""},
		{"a trailer by line feeds", unsigned, chunks(20000) + "0\r\nx-amz-checksum-crc32:AAAAAA==\nx-amz-meta-late:yes\n\r\n", "", ""},
		{"a small chunk in the middle", unsigned, chunks(8192, 8191, 3617) + "0\r\n" + trailer, sigv4.InvalidChunkSize, "Only the last chunk is allowed to have a size less than 8192 bytes"},
		{"less than was told", unsigned, chunks(19999) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"more than was told", unsigned, chunks(20001) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"more than was told, in two", unsigned, chunks(10000, 10001) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a chunk's signature where none is", unsigned, "4e20;chunk-signature=" + seed + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a size that is none", unsigned, "4e2g" + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a size with a prefix", unsigned, "0x" + chunks(20000) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a size with a sign", unsigned, "+" + chunks(20000) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a size with a blank", unsigned, " " + chunks(20000) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a size that overflows", unsigned, "10000000000004e20" + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a negative size", unsigned, "ffffffffffffffff" + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a chunk's line by a line feed", unsigned, "4e20\n" + chunks(20000)[6:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a chunk without its end", unsigned, chunks(20000)[:20006] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"an endless line", unsigned, strings.Repeat("0", 1<<20), sigv4.IncompleteBody, "*"},
		{"no trailer", unsigned, chunks(20000) + "0\r\n\r\n", sigv4.MalformedTrailer, "The request contained trailing data that was not well-formed or did not conform to our published schema."},
		{"half a trailer", unsigned, chunks(20000) + "0\r\nx-amz-meta-late:yes\r\n\r\n", sigv4.MalformedTrailer, "*"},
		{"a trailer that was not told", unsigned, chunks(20000) + "0\r\nx-amz-acl:public-read\r\n" + trailer, sigv4.MalformedTrailer, "*"},
		{"a trailer twice", unsigned, chunks(20000) + "0\r\nx-amz-meta-late:no\r\n" + trailer, sigv4.MalformedTrailer, "*"},
		{"a trailer without a colon", unsigned, chunks(20000) + "0\r\nx-amz-meta-late\r\n" + trailer, sigv4.MalformedTrailer, "*"},
		{"a trailer's signature where none is", unsigned, chunks(20000) + "0\r\nx-amz-trailer-signature:" + seed + "\r\n" + trailer, sigv4.MalformedTrailer, "*"},
		{"something after the end", unsigned, chunks(20000) + "0\r\n" + trailer + "x", sigv4.MalformedTrailer, "*"},
		{"a trailer's line with two ends", unsigned, chunks(20000) + "0\r\nx-amz-checksum-crc32:AAAAAA==\r\r\nx-amz-meta-late:yes\r\n\r\n", sigv4.MalformedTrailer, "*"},
		{"a trailer that ends in a line feed", unsigned, chunks(20000) + "0\r\n" + trailer[:len(trailer)-2] + "\n", sigv4.MalformedTrailer, "*"},
		{"an empty line before the trailer", unsigned, chunks(20000) + "0\r\n\r\n" + trailer, sigv4.MalformedTrailer, "*"},
		{"a size in upper case", unsigned, "4E20" + chunks(20000)[4:] + "0\r\n" + trailer, "", ""},
		{"a size with zeros before it", unsigned, "0" + chunks(20000) + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"a trailer that ends too early", unsigned, chunks(20000) + "0\r\n" + trailer[:len(trailer)-2], sigv4.IncompleteBody, "*"},
		{"nothing", unsigned, "", sigv4.IncompleteBody, "*"},
		{"no chunk signatures where they must be", sigv4.StreamingPayload, chunks(20000) + "0\r\n\r\n", sigv4.IncompleteBody, "*"},
		{"nothing where chunk signatures must be", sigv4.StreamingPayload, "", sigv4.IncompleteBody, "*"},
		{"chunk signatures that are too short", sigv4.StreamingTrailer, "4e20;chunk-signature=00" + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.IncompleteBody, "*"},
		{"S001 chunk signatures of zeros", sigv4.StreamingTrailer, "4e20;chunk-signature=" + strings.Repeat("0", 64) + chunks(20000)[4:] + "0\r\n" + trailer, sigv4.SignatureDoesNotMatch, mismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload, b, err := open(putS3(test.payload), strings.NewReader(test.body))
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				if b.Length() == 20000 && (!bytes.Equal(payload, bytes.Repeat([]byte{'a'}, 20000)) || b.Trailer()["x-amz-meta-late"] != "yes") || b.Length() < 0 && string(payload) != test.body {
					t.Errorf("read %q with %v", payload, b.Trailer())
				}
				return
			}
			check(t, err, test.code, test.message)
			if _, again := b.Read(make([]byte, 1)); again != err {
				t.Errorf("read again: %v", again)
			}
			if b.Trailer() != nil {
				t.Error("a trailer of a body that is not whole")
			}
		})
	}
}

// TestS3LengthsOfChunkedPayloads: the length that is told is a number, and may be that of nothing.
func TestS3LengthsOfChunkedPayloads(t *testing.T) {
	put := func(lengths ...string) *sigv4.Request {
		r := putS3(sigv4.UnsignedTrailer)
		delete(r.Header, "X-Amz-Trailer")
		r.Header["X-Amz-Decoded-Content-Length"] = lengths
		authorization := strings.Replace(r.Header["Authorization"][0], ";x-amz-trailer", "", 1)
		r.Header["Authorization"][0] = authorization[:len(authorization)-64] + signS3(r, "host", "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length")
		return r
	}
	if payload, b, err := open(put("0"), strings.NewReader("0\r\n\r\n")); err != nil || len(payload) != 0 || b.Length() != 0 {
		t.Errorf("nothing: %q, %v", payload, err)
	}
	if _, _, err := open(put("0"), strings.NewReader("1\r\na\r\n0\r\n\r\n")); err == nil {
		t.Error("something where nothing was told")
	}
	for _, length := range []string{"", "-1", "+1", "1.0", "0x1", "99999999999999999999", " 1"} {
		_, _, err := open(put(length), strings.NewReader("1\r\na\r\n0\r\n\r\n"))
		check(t, err, sigv4.MissingContentLength, "You must provide the Content-Length HTTP header.")
	}
	_, _, err := open(put("1", "1"), strings.NewReader("1\r\na\r\n0\r\n\r\n"))
	check(t, err, sigv4.InvalidArgument, "*")
}

// TestS3PayloadsThatBreakOff: the end of a connection is the caller's, any other failure is not.
func TestS3PayloadsThatBreakOff(t *testing.T) {
	other := errors.New("the network")
	for _, payload := range []string{sigv4.UnsignedTrailer, sigv4.UnsignedPayload} {
		for _, at := range []string{"", "4e2", "4e20\r\naaa", chunks(20000), chunks(20000) + "0\r\nx-amz"} {
			for _, end := range []error{io.ErrUnexpectedEOF, other} {
				_, _, err := open(putS3(payload), io.MultiReader(strings.NewReader(at), iotest.ErrReader(end)))
				if payload == sigv4.UnsignedTrailer && end != other {
					check(t, err, sigv4.IncompleteBody, "*")
				} else if err != end {
					t.Errorf("%s, %q: %v, want %v", payload, at, err, end)
				}
			}
		}
	}
	// After the last line nothing may come, and an error is not nothing.
	whole := chunks(20000) + "0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-meta-late:yes\r\n\r\n"
	if _, _, err := open(putS3(sigv4.UnsignedTrailer), io.MultiReader(strings.NewReader(whole), iotest.ErrReader(other))); err != other {
		t.Errorf("after the end: %v", err)
	}
}

// TestBodiesNeedAVerifiedSignature: the signatures of chunks are worth nothing if the one that they begin with is not checked.
func TestBodiesNeedAVerifiedSignature(t *testing.T) {
	r := putS3(sum("content"))
	s, err := sigv4.Parse(r, s3Options(s3Time))
	if err != nil {
		t.Fatal(err)
	}
	key := sigv4.DeriveKey("another", s.Date, s.Region, s.Service)
	if s.Verify(r, &key) == nil {
		t.Fatal("another secret verifies")
	}
	if _, err := s.Body(r, &key, strings.NewReader("content")); err == nil {
		t.Error("the body of a request whose signature is wrong")
	}
	iam, _ := vanilla()
	s, err = sigv4.Parse(iam, options("service", example))
	if err != nil {
		t.Fatal(err)
	}
	key = sigv4.DeriveKey(exampleSecret, s.Date, s.Region, s.Service)
	if err := s.Verify(iam, &key); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Body(iam, &key, strings.NewReader("x")); err == nil {
		t.Error("a body apart from the request, of a service that signs it")
	}
}

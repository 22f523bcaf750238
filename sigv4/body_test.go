package sigv4_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/writ-iam/writ/sigv4"
)

const s3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

var s3Time = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

func s3Options(now time.Time) sigv4.Options {
	return sigv4.Options{Service: "s3", Now: now, S3: true, Home: "us-east-1", Region: func(region string) bool { return region == "us-east-1" }}
}

// The documentation's examples of chunked uploads: 65536 and 1024 letters a (sigv4.md §11), and the same with a trailer.
const (
	seed          = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
	firstChunk    = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
	secondChunk   = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
	lastChunk     = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
	trailerSeed   = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
	trailerFirst  = "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"
	trailerSecond = "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"
	trailerLast   = "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
	trailerSum    = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
)

// chunkedRequest is the example's; its body is returned apart.
func chunkedRequest() (*sigv4.Request, string) {
	r := &sigv4.Request{Method: "PUT", Host: "s3.amazonaws.com", Path: "/examplebucket/chunkObject.txt", Header: map[string][]string{
		"Content-Encoding": {"aws-chunked"}, "Content-Length": {"66824"}, "X-Amz-Content-Sha256": {sigv4.StreamingPayload}, "X-Amz-Date": {"20130524T000000Z"},
		"X-Amz-Decoded-Content-Length": {"66560"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=" + seed},
	}}
	return r, "10000;chunk-signature=" + firstChunk + "\r\n" + strings.Repeat("a", 65536) + "\r\n400;chunk-signature=" + secondChunk + "\r\n" + strings.Repeat("a", 1024) +
		"\r\n0;chunk-signature=" + lastChunk + "\r\n\r\n"
}

// trailerRequest is the example with a trailer.
func trailerRequest() (*sigv4.Request, string) {
	r := &sigv4.Request{Method: "PUT", Host: "s3.amazonaws.com", Path: "/examplebucket/chunkObject.txt", Header: map[string][]string{
		"Content-Encoding": {"aws-chunked"}, "X-Amz-Content-Sha256": {sigv4.StreamingTrailer}, "X-Amz-Date": {"20130524T000000Z"},
		"X-Amz-Decoded-Content-Length": {"66560"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"}, "X-Amz-Trailer": {"x-amz-checksum-crc32c"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,Signature=" + trailerSeed},
	}}
	return r, "10000;chunk-signature=" + trailerFirst + "\r\n" + strings.Repeat("a", 65536) + "\r\n400;chunk-signature=" + trailerSecond + "\r\n" + strings.Repeat("a", 1024) +
		"\r\n0;chunk-signature=" + trailerLast + "\r\nx-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" + trailerSum + "\r\n\r\n"
}

// open verifies a request and returns its payload as it is given out.
func open(r *sigv4.Request, body io.Reader) ([]byte, *sigv4.Body, error) {
	s, err := sigv4.Parse(r, s3Options(s3Time))
	if err != nil {
		return nil, nil, err
	}
	key := sigv4.DeriveKey(s3Secret, s.Date, s.Region, s.Service)
	if err := s.Verify(r, &key); err != nil {
		return nil, nil, err
	}
	b, err := s.Body(r, &key, body)
	if err != nil {
		return nil, nil, err
	}
	payload, err := io.ReadAll(b)
	return payload, b, err
}

func TestPublishedChunksVerify(t *testing.T) {
	for name, example := range map[string]func() (*sigv4.Request, string){"chunks": chunkedRequest, "chunks and trailer": trailerRequest} {
		t.Run(name, func(t *testing.T) {
			r, body := example()
			for how, in := range map[string]io.Reader{"at once": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body)), "data with its end": iotest.DataErrReader(strings.NewReader(body))} {
				payload, b, err := open(r, in)
				if err != nil || !bytes.Equal(payload, bytes.Repeat([]byte{'a'}, 66560)) {
					t.Errorf("%s: %d bytes, %v", how, len(payload), err)
					continue
				}
				if b.Length() != 66560 {
					t.Errorf("a length of %d", b.Length())
				}
				if name == "chunks and trailer" && b.Trailer()["x-amz-checksum-crc32c"] != "sOO8/Q==" {
					t.Errorf("the trailer %v", b.Trailer())
				}
			}
		})
	}
}

// TestEveryByteOfChunksIsChecked changes, drops and doubles each byte that is no data, a sample of those that are, and cuts the body everywhere.
func TestEveryByteOfChunksIsChecked(t *testing.T) {
	for name, example := range map[string]func() (*sigv4.Request, string){"chunks": chunkedRequest, "chunks and trailer": trailerRequest} {
		r, body := example()
		s, err := sigv4.Parse(r, s3Options(s3Time))
		if err != nil {
			t.Fatal(err)
		}
		key := sigv4.DeriveKey(s3Secret, s.Date, s.Region, s.Service)
		if err := s.Verify(r, &key); err != nil {
			t.Fatal(err)
		}
		refused := func(what string, i int, body string) {
			t.Helper()
			b, err := s.Body(r, &key, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, b); err == nil {
				t.Errorf("%s, byte %d %s: accepted", name, i, what)
			}
		}
		for i := range len(body) {
			if i > 200 && i < 65000 && i%4001 != 0 || i > 65800 && i < 66600 && i%101 != 0 {
				continue
			}
			refused("is another", i, body[:i]+string(body[i]^1)+body[i+1:])
			refused("is missing", i, body[:i]+body[i+1:])
			refused("is there twice", i, body[:i]+body[i:i+1]+body[i:])
			refused("is the end", i, body[:i])
		}
		first := strings.Index(body, "\r\n400;")
		refused("chunks are swapped", 0, body[first+2:first+2+1024+5+16+64+2]+body[:first+2]+body[strings.Index(body, "0;chunk-signature="):])
	}
}

func FuzzBody(f *testing.F) {
	for _, payload := range []string{sigv4.StreamingPayload, sigv4.StreamingTrailer, sigv4.UnsignedTrailer} {
		f.Add(payload, []byte("4e20\r\n"+strings.Repeat("a", 20000)+"\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-meta-late:yes\r\n\r\n"))
		f.Add(payload, []byte("2;chunk-signature="+firstChunk+"\r\naa\r\n0;chunk-signature="+lastChunk+"\r\n\r\n"))
	}
	f.Fuzz(func(t *testing.T, payload string, body []byte) {
		switch payload {
		case sigv4.StreamingPayload, sigv4.StreamingTrailer, sigv4.UnsignedTrailer:
		default:
			return
		}
		out, b, err := open(putS3(payload), bytes.NewReader(body))
		if err != nil {
			return
		}
		if payload != sigv4.UnsignedTrailer {
			t.Fatalf("%q is signed by nobody", body)
		}
		if len(out) != 20000 || len(b.Trailer()) != 2 {
			t.Errorf("%d bytes and %v", len(out), b.Trailer())
		}
	})
}

func BenchmarkBody(b *testing.B) {
	r, body := chunkedRequest()
	s, err := sigv4.Parse(r, s3Options(s3Time))
	if err != nil {
		b.Fatal(err)
	}
	key := sigv4.DeriveKey(s3Secret, s.Date, s.Region, s.Service)
	if err := s.Verify(r, &key); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		payload, err := s.Body(r, &key, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, payload); err != nil {
			b.Fatal(err)
		}
	}
}

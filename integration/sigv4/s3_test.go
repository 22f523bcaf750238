package sigv4_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	minio "github.com/minio/minio-go/v7/pkg/signer"

	"github.com/writ-iam/writ/sigv4"
)

var s3Credentials = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

// open verifies a request of S3 and returns its payload.
func open(r *sigv4.Request, body io.Reader, at time.Time) ([]byte, *sigv4.Body, error) {
	s, err := sigv4.Parse(r, sigv4.Options{Service: "s3", Now: at, S3: true})
	if err != nil {
		return nil, nil, err
	}
	key := sigv4.DeriveKey(s3Credentials.SecretAccessKey, s.Date, s.Region, s.Service)
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

// object is a path with whatever an object's key may have in it.
func (r random) object() string {
	path := "/bucket/"
	for range 1 + r.IntN(4) {
		path += r.pick("a", "/", "./", "../", "//", r.text(), "dir/")
	}
	return path
}

// TestS3RequestsOfTheSDKVerifyAndNothingElse signs random requests as the SDK's client of S3 does, in the header and presigned.
func TestS3RequestsOfTheSDKVerifyAndNothingElse(t *testing.T) {
	r := random{rand.New(rand.NewPCG(11, 1))}
	s := signer.NewSigner(func(o *signer.SignerOptions) { o.DisableURIPathEscaping = true })
	presigned := 0
	for i := range 3000 {
		h, body := r.request()
		h.URL.Path = r.object()
		// As the SDK's client writes it; the signer takes it as it is.
		h.URL.RawPath = httpbinding.EscapePath(h.URL.Path, false)
		sum := sha256.Sum256([]byte(body))
		payload := r.pick(hex.EncodeToString(sum[:]), sigv4.UnsignedPayload)
		at := now
		if r.IntN(2) == 0 {
			presigned++
			query := h.URL.Query()
			query.Set("X-Amz-Expires", "86400")
			h.URL.RawQuery = query.Encode()
			h.Header = make(http.Header)
			text, _, err := s.PresignHTTP(context.Background(), s3Credentials, h, sigv4.UnsignedPayload, "s3", region, now)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			h.URL = u
			at = now.Add(24 * time.Hour)
		} else {
			h.Header.Set("X-Amz-Content-Sha256", payload)
			if err := s.SignHTTP(context.Background(), s3Credentials, h, payload, "s3", region, now); err != nil {
				t.Fatal(err)
			}
		}
		good := received(h, body)
		if got, _, err := open(good, strings.NewReader(body), at); err != nil || string(got) != body {
			t.Fatalf("request %d: %v\n%+v", i, err, good)
		}
		if _, _, err := open(good, strings.NewReader(body), at.Add(15*time.Minute+time.Second)); err == nil {
			t.Fatalf("request %d verifies after its end", i)
		}
		for name, change := range changes(r, good) {
			if name == "the body" {
				continue // It is read apart.
			}
			bad := received(h, body)
			change(bad)
			if _, _, err := open(bad, strings.NewReader(body), at); err == nil {
				t.Fatalf("request %d with %s changed has the same signature\n%+v\n%+v", i, name, good, bad)
			}
		}
		if good.Header["Authorization"] != nil && payload != sigv4.UnsignedPayload {
			if _, _, err := open(good, strings.NewReader(body+"x"), at); err == nil {
				t.Fatalf("request %d has another body", i)
			}
		}
	}
	if presigned < 1000 {
		t.Errorf("%d presigned: the test is idle", presigned)
	}
}

// plain is a hash that needs no closing.
type plain struct{ hash.Hash }

func (plain) Close() {}

// TestChunksOfMinIOsClientVerify has MinIO's client sign chunks, with and without a trailer.
func TestChunksOfMinIOsClientVerify(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	for _, size := range []int{0, 1, 8191, 8192, 65535, 65536, 65537, 131072, 200000} {
		for _, trailer := range []bool{false, true} {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			h, err := http.NewRequest("PUT", "https://s3.example/bucket/a%20key", bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			crc := fmt.Sprintf("%08x", crc32.ChecksumIEEE(data))
			if trailer {
				h.Trailer = http.Header{"X-Amz-Checksum-Crc32": {crc}}
			}
			h = minio.StreamingSignV4(h, s3Credentials.AccessKeyID, s3Credentials.SecretAccessKey, "", region, int64(size), now, plain{sha256.New()})
			wire, err := io.ReadAll(h.Body)
			if err != nil {
				t.Fatal(err)
			}
			good := received(h, "")
			got, b, err := open(good, bytes.NewReader(wire), now)
			if err != nil || !bytes.Equal(got, data) || b.Length() != int64(size) {
				t.Fatalf("%d bytes, trailer %v: %v, %d bytes\n%.300q", size, trailer, err, len(got), wire[max(0, len(wire)-300):])
			}
			if trailer && b.Trailer()["x-amz-checksum-crc32"] != crc {
				t.Errorf("the trailer is %v", b.Trailer())
			}
			for range 200 {
				bad := slices.Clone(wire)
				at := r.IntN(len(bad))
				// A digit of a size in the other case is the same number.
				if bad[at] ^= 1 << r.IntN(8); bytes.EqualFold(bad, wire) {
					continue
				}
				if _, _, err := open(good, bytes.NewReader(bad), now); err == nil {
					t.Fatalf("%d bytes, trailer %v: byte %d is another", size, trailer, at)
				} else if e := new(sigv4.Error); !errors.As(err, &e) {
					t.Fatalf("%d bytes: %v", size, err)
				}
			}
		}
	}
}

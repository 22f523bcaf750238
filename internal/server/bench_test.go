package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// nothing is a ResponseWriter that takes what it is given.
type nothing struct {
	header http.Header
	status int
}

func (n *nothing) Header() http.Header         { return n.header }
func (n *nothing) WriteHeader(status int)      { n.status = status }
func (n *nothing) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkCalls is what calls cost without net/http: bench/server measures the whole.
func BenchmarkCalls(b *testing.B) {
	for _, call := range [][]string{{"sts", "GetCallerIdentity"}, {"iam", "GetUser"}} {
		b.Run(call[1], func(b *testing.B) {
			w := newWorld(b, nil)
			_, root := w.account()
			alice := w.user(root, "alice", allow("*", "iam:GetUser"))
			for _, name := range []string{"AmazonS3ReadOnlyAccess", "AmazonDynamoDBReadOnlyAccess", "AmazonSQSReadOnlyAccess"} {
				w.must(root, "iam", "AttachUserPolicy", "UserName", "alice", "PolicyArn", "arn:aws:iam::aws:policy/"+name)
			}
			request := w.call(call[0], call[1])
			h := request.sign(alice)
			body := strings.NewReader(request.body)
			answer := &nothing{header: make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(request.body)
				h.Body = io.NopCloser(body)
				clear(answer.header)
				w.handler.ServeHTTP(answer, h)
				w.record.events = w.record.events[:0]
			}
			if answer.status != http.StatusOK {
				b.Fatal(answer.status)
			}
		})
	}
}

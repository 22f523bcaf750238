package authz_test

import (
	"testing"

	"github.com/writ-iam/writ/authz"
)

// smallCase is a case of the size that people write.
const smallCase = `{"name":"small","principal":"arn:aws:iam::111122223333:user/alice","action":"s3:GetObject","resource":"arn:aws:s3:::bucket/home/alice/x.txt","context":{"aws:SourceIp":"203.0.113.7","aws:SecureTransport":"true"},"policies":{"identity":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::bucket"},{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket/home/${aws:username}/*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}]}]},"expect":"Allow"}`

func BenchmarkParseCase(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := authz.ParseCase(smallCase); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecideSmall(b *testing.B) {
	c, err := authz.ParseCase(smallCase)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		authz.Decide(c.Request, &c.Policies)
	}
}

package awsquery_test

import (
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/awsquery"
)

func load(t testing.TB, name string) *model.Service {
	t.Helper()
	s, err := model.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkEncodeGetUser(b *testing.B) {
	op := load(b, "iam").Operations["GetUser"]
	out := &iamapi.GetUserOutput{User: &iamapi.User{
		Arn: new("arn:aws:iam::111122223333:user/division/alice"), UserName: new("alice"), UserId: new("AIDACKCEVSQ6C2EXAMPLE"), Path: new("/division/"),
		CreateDate: new(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)), Tags: []iamapi.Tag{{Key: new("team"), Value: new("blue")}},
	}}
	var a wire.Answer
	for b.Loop() {
		a.Body = a.Body[:0]
		if err := (awsquery.Codec{}).Encode(op, out, "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE", &a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeGetUser(b *testing.B) {
	op := load(b, "iam").Operations["GetUser"]
	r := &wire.Request{Method: "POST", Path: "/", Body: []byte("Action=GetUser&UserName=alice&Version=2010-05-08")}
	for b.Loop() {
		if err := (awsquery.Codec{}).Decode(op, r, new(iamapi.GetUserInput)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCreateRole(b *testing.B) {
	op := load(b, "iam").Operations["CreateRole"]
	r := &wire.Request{Method: "POST", Path: "/", Body: []byte("Action=CreateRole&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D&MaxSessionDuration=3600&Path=%2F&RoleName=r&Tags.member.1.Key=team&Tags.member.1.Value=blue&Tags.member.2.Key=cost&Tags.member.2.Value=7&Version=2010-05-08")}
	for b.Loop() {
		in := new(iamapi.CreateRoleInput)
		if err := (awsquery.Codec{}).Decode(op, r, in); err != nil {
			b.Fatal(err)
		}
		if err := wire.Check(op, in); err != nil {
			b.Fatal(err)
		}
	}
}

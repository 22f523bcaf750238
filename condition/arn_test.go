package condition_test

import (
	"testing"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
)

func TestResourcePatterns(t *testing.T) {
	const (
		object = "arn:aws:s3:::b/k:v"
		table  = "arn:aws:dynamodb:eu-west-1:111122223333:table/x"
		user   = "arn:aws:iam::111122223333:user/a/b"
		logs   = "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s"
	)
	// never, wild, always: whether the pattern matches as a value of an Arn operator, in a resource or control policy, and in
	// an identity-based one.
	for _, tt := range []struct {
		claim, pattern, value string
		never, wild, always   bool
	}{
		{"the ARN itself", object, object, true, true, true},
		{"case counts", "arn:aws:s3:::B/k:v", object, false, false, false},
		{"a star in the sixth part matches slashes and colons", "arn:aws:s3:::b*v", object, true, true, true},
		{"? matches a slash", "arn:aws:s3:::b?k:v", object, true, true, true},
		{"and a colon", "arn:aws:s3:::b/k?v", object, true, true, true},
		{"brackets are ordinary", "arn:aws:s3:::[b]/k:v", object, false, false, false},
		{"slashes must be there", "arn:aws:iam::111122223333:user/*/*/*", user, false, false, false},
		{"two slashes", "arn:aws:iam::111122223333:user/*/*", user, true, true, true},
		{"any account", "arn:aws:iam::*:user/a/b", user, true, true, true},
		{"any partition", "arn:*:iam::111122223333:user/a/b", user, true, true, true},
		{"not arn itself", "*:aws:iam::111122223333:user/a/b", user, true, true, true},
		{"twelve ?", "arn:aws:iam::????????????:user/a/b", user, true, true, true},
		{"eleven ?", "arn:aws:iam::???????????:user/a/b", user, false, false, false},
		{"no wildcard of the first five reaches over a colon", "arn:aws:*:user/a/b:c:d", "arn:aws:x:y:user/a/b:c:d", false, false, false},
		{"nor does it in the fifth", "arn:aws:logs:eu-west-1:*:g:log-stream:s", logs, false, false, false},
		{"the sixth part is all the rest", "arn:aws:logs:eu-west-1:111122223333:log-group:*:s", logs, true, true, true},
		{"a star alone", "*", object, false, true, true},
		{"a star alone matches the request without resources", "*", "*", false, true, true},
		{"a question mark does too", "?", "*", false, true, true},
		{"six parts do not match the text *", "*:*:*:*:*:*", "*", false, false, false},
		{"five stars", "*:*:*:*:*", object, false, true, true},
		{"stretched in the middle", "arn:aws:dynamodb:*:table/x", table, false, true, true},
		{"stretched at the end", "arn:aws:s3:*", object, false, true, true},
		{"stretched over several", "arn:*:table/x", table, false, true, true},
		{"a prefix stretched", "arn:aws:dynamo*:table/x", table, false, true, true},
		{"? does not stretch", "arn:aws:dynamodb:?:table/x", table, false, false, false},
		{"what has no star at its end does not stretch", "arn:aws:*b:table/x", table, false, false, false},
		{"completed", "arn:aws:s3", object, false, false, true},
		{"completed with a wildcard", "arn:aws:s?", object, false, true, true},
		{"completed, another service", "arn:aws:sqs", object, false, false, false},
		{"completed from one part", "arn", object, false, false, true},
		{"completed, five parts", "arn:aws:s3::", object, false, false, true},
		{"completed, the fifth differs", "arn:aws:s3::1", object, false, false, false},
		{"the empty pattern", "", object, false, false, false},
		{"the empty pattern matches the empty text", "", "", false, true, true},
		{"a value with few parts and no wildcards", "a:b", "a:b", false, true, true},
		{"a completed pattern needs a whole value", "a", "a:b", false, false, false},
		{"an escape is no wildcard", "arn:aws:s3${*}", "arn:aws:s3*:::b", false, false, true},
		{"nor does it stretch", "arn:aws:s3${*}:b", "arn:aws:s3*:::b", false, false, false},
		{"a variable", "arn:aws:iam::${aws:PrincipalAccount}:user/a/b", user, true, true, true},
		{"a variable without a value", "arn:aws:iam::${nobody}:user/a/b", user, false, false, false},
		{"a default", "arn:aws:iam::${nobody, '111122223333'}:user/a/b", user, true, true, true},
		{"a colon of a default makes no part", "arn:aws:iam:${nobody, ':111122223333'}:user/a/b", user, false, false, false},
		{"a variable in the sixth part", "arn:aws:iam::*:user/${path}", user, true, true, true},
		{"a whole ARN", "${self}", user, true, true, true},
		{"with a star it is none", "${self}*", user, false, false, false},
	} {
		var c condition.Context
		c.Set(condition.NewKey("aws:PrincipalAccount"), "111122223333")
		c.Set(condition.NewKey("path"), "a/b")
		c.Set(condition.NewKey("self"), user)
		value := arn.Cut(tt.value)
		for completion, want := range []bool{tt.never, tt.wild, tt.always} {
			p := condition.NewARN(tt.pattern, true, condition.Completion(completion))
			if got := p.Match(&value, &c); got != want {
				t.Errorf("%s: %q (completion %d) with %q is %v", tt.claim, tt.pattern, completion, tt.value, got)
			}
		}
	}
}

func TestARNMatchDoesNotAllocate(t *testing.T) {
	var c condition.Context
	c.Set(condition.NewKey("aws:username"), "alice")
	value := arn.Cut("arn:aws:iam::111122223333:user/alice")
	for _, pattern := range []string{
		"*", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:user/${aws:username}",
		"arn:aws:iam::*:user/${aws:username}", "arn:aws:iam:*", "arn:aws:iam",
	} {
		p := condition.NewARN(pattern, true, condition.CompleteAlways)
		if n := testing.AllocsPerRun(100, func() { p.Match(&value, &c) }); n != 0 {
			t.Errorf("%s allocates %v times", pattern, n)
		}
	}
}

func TestVariablesOfText(t *testing.T) {
	text := condition.NewText("x/${aws:UserName}/${*}${b, 'c'}${", true, true)
	keys := text.Variables()
	if len(keys) != 2 || keys[0].String() != "aws:username" || keys[1].String() != "b" {
		t.Errorf("the variables are %v", keys)
	}
	text = condition.NewText("${a}", true, false)
	if keys := text.Variables(); keys != nil {
		t.Errorf("the variables are %v where there are none", keys)
	}
}

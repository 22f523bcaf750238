package analysis

import (
	"testing"

	"github.com/writ-iam/writ/policy"
)

// TestWhatReadersFound are questions that were once answered with a No that was none. Each policy is compared with one that allows nothing, or with its pair.
func TestWhatReadersFound(t *testing.T) {
	for _, row := range []struct{ name, left, right string }{
		{name: "why a variable is lost belongs to the core", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x}","Condition":{"StringEquals":{"aws:PrincipalTag/x":"q"}}},
			{"Effect":"Deny","Action":"*","NotResource":["arn:aws:s3:::b/${aws:PrincipalTag/y}","arn:aws:s3:::b/zzz"]},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalTag/y":"*"},"StringEquals":{"aws:PrincipalTag/z":"1"}}}`},
		{name: "also of what follows from the caller", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:username":"${aws:PrincipalTag/y}"}}},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalTag/y":"*"},"StringEquals":{"aws:PrincipalTag/z":"1"}}}`},
		{name: "an ARN that is compared with a variable without case", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{
			"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/u"},"StringEqualsIgnoreCase":{"aws:PrincipalArn":"${aws:PrincipalTag/y}"}}}`},
		{name: "values that hold what separates values", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/y":["a","b"]}}}`,
			right: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/y":"a\u0000b"}}}`},
		// The solver tries the first Allow first, for what the first Deny asks about is false until it must be true.
		{name: "what excludes a pattern with a variable belongs to the core",
			left: `{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::z/*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
			{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x}","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
			{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x}","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
			{"Effect":"Deny","Action":"*","Resource":["arn:aws:s3:::b/${aws:PrincipalTag/x}","arn:aws:s3:::c/*"],"Condition":{"Bool":{"aws:SecureTransport":"true"}}}`},
		{name: "one value is among some and another is not", left: `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}}`},
		{name: "a list without values is there and has none", left: `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:TagKeys":"true"}}},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}}`},
		{name: "a variable without a value has its default", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x, 'd'}"},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:PrincipalTag/x":"false"}}}`},
		{name: "a variable before a wildcard may be what is wanted", left: `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x}*","Condition":{"StringLike":{"aws:PrincipalTag/x":"*b"}}},
			{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/qb"}`},
	} {
		of := func(statements string) Side {
			if statements == "" {
				return nothing(policy.Inline)
			}
			d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			return Of(policy.Inline, d)
		}
		a, err := New(Options{Catalog: load(t)}).Wider(of(row.left), of(row.right))
		if err != nil || a.Verdict == No {
			t.Errorf("%s: %v %v %v", row.name, a.Verdict, a.Witness, err)
		}
	}
	scp := func(statements string) Side {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}` + statements + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return Of(policy.ServiceControl, d)
	}
	for _, name := range []string{"arn:aws:iam::123456789012:root", "arn:aws-us-gov:iam::*:root"} {
		a, err := New(Options{Catalog: load(t)}).Wider(scp(""), scp(`,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"`+name+`"}}}`))
		if err != nil || a.Verdict != Yes {
			t.Errorf("a root user by its ARN %s: %v %v", name, a.Verdict, err)
		}
	}
	if _, err := New(Options{Catalog: load(t)}).Wider(Layers(nothing(policy.Inline).Policies, "111122223333", "management"), Layers(nothing(policy.Inline).Policies, "111122223333", "management")); err != ErrSides {
		t.Errorf("a management account that is none: %v", err)
	}
}

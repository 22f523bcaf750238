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

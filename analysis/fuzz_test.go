package analysis

import (
	"testing"

	"github.com/writ-iam/writ/policy"
)

// FuzzCompare compares whatever two documents say: it ends, and what it finds the judge confirms.
func FuzzCompare(f *testing.F) {
	for _, text := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringLike":{"aws:username":["a*","?"]}}}]}`,
		`{"Statement":{"Effect":"Allow","NotAction":"*:x","NotResource":["a*","arn:aws:s3:*",null]}}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":["*","111122223333","AIDAX"]},"Action":"*","Resource":"*","Condition":{"ForAllValues:NumericLessThanIfExists":{"k":["1","1e5",2]},"Null":{"k":"false"}}},
			{"Effect":"Allow","NotPrincipal":{"Federated":"accounts.google.com"},"Action":"sts:*","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"},"Bool":{"k":"${x, 'true'}"},"IpAddress":{"i":"::/3"},"DateLessThan":{"d":"2026"}}}]}`,
	} {
		f.Add(text, text, uint8(policy.Inline))
		f.Add(text, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, uint8(policy.Resource))
	}
	f.Fuzz(func(t *testing.T, left, right string, kind uint8) {
		l, err := policy.Parse(left)
		if err != nil || len(left) > 2000 {
			return
		}
		r, err := policy.Parse(right)
		if err != nil || len(right) > 2000 {
			return
		}
		k := policy.Inline
		if kind%2 == 0 {
			k = policy.Resource
		}
		if _, err := New(Options{Budget: 1000}).Compare(Of(k, l), Of(k, r)); err != nil {
			t.Errorf("%s\n%s\n%v", left, right, err)
		}
	})
}

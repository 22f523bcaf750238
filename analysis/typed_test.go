package analysis

import (
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// TestKeysHaveTypes asks whether anything is left of everything when requests are denied by what a key's value means.
func TestKeysHaveTypes(t *testing.T) {
	for _, row := range []struct {
		name string
		deny []string // conditions
		want Verdict
	}{
		{"a number is less than five or not", []string{`"NumericLessThan":{"s3:max-keys":"5"}`, `"NumericGreaterThanEquals":{"s3:max-keys":"5"}`, `"Null":{"s3:max-keys":"true"}`}, No},
		{"but a number that need not be there", []string{`"NumericLessThan":{"s3:max-keys":"5"}`, `"NumericGreaterThanEquals":{"s3:max-keys":"5"}`}, Yes},
		{"what AWS does not know may be any text", []string{`"NumericLessThan":{"x":"5"}`, `"NumericGreaterThanEquals":{"x":"5"}`, `"Null":{"x":"true"}`}, Yes},
		{"a date need be no number", []string{`"NumericLessThan":{"aws:CurrentTime":"5"}`, `"NumericGreaterThanEquals":{"aws:CurrentTime":"5"}`, `"Null":{"aws:CurrentTime":"true"}`}, Yes},
		{"an address is one of either kind", []string{`"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}`, `"Null":{"aws:SourceIp":"true"}`}, No},
		{"an address is in either half", []string{`"NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1","::/0"]}`}, Yes},
		{"the first date", []string{`"DateNotEquals":{"x":"-292275054-01-01T00:00:00+23:59"}`}, Yes},
		{"a date before the first year that can be written", []string{`"DateGreaterThanEquals":{"x":"-292275054-01-01T00:00:00Z"}`, `"DateNotEquals":{"x":"-292275054-01-01T00:00:00+23:59"}`, `"Null":{"x":"true"}`}, Yes},
		{"a moment after the last year that can be written", []string{`"DateNotEquals":{"x":"292278993-12-31T23:59:59.5-23:59"}`}, Yes},
	} {
		statements := []string{`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}`}
		for _, c := range row.deny {
			statements = append(statements, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{`+c+`}}`)
		}
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		a, err := New(Options{Catalog: load(t)}).Wider(Of(policy.Inline, d), nothing(policy.Inline))
		if err != nil || a.Verdict != row.want {
			t.Errorf("%s: %v (%s) %v %v, want %v", row.name, a.Verdict, a.Reason, a.Witness, err, row.want)
		}
	}
}

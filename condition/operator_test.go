package condition_test

import (
	"strings"
	"testing"

	"github.com/writ-iam/writ/condition"
)

// The names of all comparisons, and which of them are negated, as policy-language.md §5.1 has them.
var (
	positive = strings.Fields(`StringEquals StringEqualsIgnoreCase StringLike NumericEquals NumericLessThan NumericLessThanEquals
		NumericGreaterThan NumericGreaterThanEquals DateEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
		Bool BinaryEquals IpAddress ArnEquals ArnLike Null`)
	negated = strings.Fields(`StringNotEquals StringNotEqualsIgnoreCase StringNotLike NumericNotEquals DateNotEquals NotIpAddress
		ArnNotEquals ArnNotLike`)
)

func TestOperatorsAreThoseOfAWS(t *testing.T) {
	if got, want := len(condition.Comparisons()), len(positive)+len(negated); got != want || want != 27 {
		t.Errorf("there are %d comparisons, the specification has %d", got, want)
	}
	for _, names := range [][]string{positive, negated} {
		for _, name := range names {
			for _, form := range []string{name, name + "IfExists", "ForAllValues:" + name, "ForAnyValue:" + name, "ForAllValues:" + name + "IfExists", "ForAnyValue:" + name + "IfExists"} {
				op, err := condition.ParseOperator(form)
				if name == "Null" && form != "Null" {
					if err == nil {
						t.Errorf("%s is accepted", form) // doc/language.md 15
					}
					continue
				}
				if err != nil || op.String() != form || op.Comparison.String() != name {
					t.Errorf("%s is read as %v, %v", form, op, err)
				}
				if got, want := op.Comparison.Negated(), names[0] == negated[0]; got != want {
					t.Errorf("%s: negated is %v", form, got)
				}
				for _, other := range []string{strings.ToLower(form), strings.ToUpper(form)} {
					if again, err := condition.ParseOperator(other); again != op || err != nil {
						t.Errorf("%s is not %s", other, form)
					}
				}
			}
		}
	}
}

func TestNoOperators(t *testing.T) {
	for _, name := range []string{
		"", "IfExists", "ForAllValues:", "ForAnyValue:IfExists", "StringEqual", "StringEqualsX", "xStringEquals", "StringEqualsIfExistsIfExists", "StringEqualsIfExist",
		"ForAnyValue::StringEquals", "ForAnyValue StringEquals", "ForAnyValueStringEquals", "ForAllValues:ForAnyValue:StringEquals", "ForAnyValues:StringEquals", "ForAllValue:Bool",
		" StringEquals", "StringEquals ", "String Equals", "BinaryNotEquals", "NotBool", "BoolNotEquals", "NullIfExists", "nullifexists", "ForAnyValue:Null", "ForAllValues:NullIfExists",
		"IpAddressLike", "NumericLike", "DateLike", "\u017ftringEquals", "StringLi\u212ae", "StringEquals\x00", "StringEqualsIgnorecases", "IfExistsStringEquals", "ARN", "Number",
	} {
		if op, err := condition.ParseOperator(name); err == nil {
			t.Errorf("%q is read as %s", name, op)
		}
	}
}

func FuzzParseOperator(f *testing.F) {
	for _, name := range append(positive, "ForAnyValue:StringNotLikeIfExists", "forallvalues:boolifexists", "ForAnyValue::x") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		op, err := condition.ParseOperator(name)
		if err != nil {
			return
		}
		if !strings.EqualFold(op.String(), name) || len(op.String()) != len(name) {
			t.Fatalf("%q is read as %s", name, op)
		}
		if again, err := condition.ParseOperator(op.String()); again != op || err != nil {
			t.Fatalf("%s is read as %s, %v", op, again, err)
		}
	})
}

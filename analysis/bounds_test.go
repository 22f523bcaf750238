package analysis

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

var budget = flag.Int("budget", DefaultBudget/10, "the bound of questions about hostile documents")

// TestHostilePairsEnd asks about pairs that are as large or as hard as somebody can make them. They end, within a bound that is counted in states and not in
// seconds, and what could not be found out is unknown.
func TestHostilePairsEnd(t *testing.T) {
	c := load(t)
	r := rand.New(rand.NewPCG(5, 5))
	document := func(statements []object) *policy.Document {
		t.Helper()
		text, err := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
		if err != nil {
			t.Fatal(err)
		}
		d, err := policy.Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	many := func(n int, statement func(i int) object) *policy.Document {
		list := make([]object, n)
		for i := range list {
			list[i] = statement(i)
		}
		return document(list)
	}
	infix := func(n int) string {
		var b strings.Builder
		b.WriteString("arn:aws:s3:::b/*")
		for range n {
			fmt.Fprintf(&b, "%c*?*", 'a'+rune(r.IntN(3)))
		}
		return b.String()
	}
	variables := func(i int) object {
		return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": fmt.Sprintf("arn:aws:s3:::b/${aws:PrincipalTag/a}*${aws:PrincipalTag/b%d}*${aws:username}", i%7),
			"Condition": object{"StringLike": object{"aws:PrincipalTag/a": fmt.Sprintf("*%d*", i)}}}
	}
	shared := func(n int) object {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%012d", i)
		}
		return object{"Effect": "Allow", "Principal": object{"AWS": list}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
	}
	list := func(element string, n int, format string) object {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(format, i)
		}
		s := object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
		s[element] = all
		return s
	}
	tags := func(n int, format string) object {
		values := list("Action", n, format)["Action"]
		return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": object{"StringEquals": object{"aws:PrincipalTag/x": values}}}
	}
	bounded := func(c object) object {
		return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": c}
	}
	who := func(key, like string) *policy.Document {
		return document([]object{bounded(object{"StringLike": object{key: like}})})
	}
	users := func(n int) object {
		s := list("Resource", n, "arn:aws:iam::111122223333:user/u%d")
		s["Principal"], s["Resource"] = object{"AWS": s["Resource"]}, "*"
		return s
	}
	addresses := func(n int) *policy.Document {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		}
		return document([]object{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": object{"NotIpAddress": object{"aws:SourceIp": all}}}})
	}
	long := strings.Repeat("x", 5000)
	for _, row := range []struct {
		name        string
		left, right *policy.Document
		kind        policy.Kind
		hard        bool // it cannot be found out within the bound
	}{
		{name: "10,000 statements with a bucket each",
			left: many(10_000, func(i int) object {
				return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i)}
			}),
			right: many(10_000, func(i int) object {
				return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": fmt.Sprintf("arn:aws:s3:::bucket-%d/*", 9_999-i)}
			})},
		{name: "7 MB of resources",
			left: many(1, func(int) object {
				list := make([]string, 1400)
				for i := range list {
					list[i] = fmt.Sprintf("arn:aws:s3:::b%d/%s*", i, long)
				}
				return object{"Effect": "Allow", "Action": "s3:*", "Resource": list}
			}),
			right: many(1, func(int) object {
				list := make([]string, 1400)
				for i := range list {
					list[i] = fmt.Sprintf("arn:aws:s3:::b%d/%s*", i+1, long)
				}
				return object{"Effect": "Allow", "Action": "s3:*", "Resource": list}
			})},
		{name: "wildcards upon wildcards", hard: true,
			left:  many(30, func(int) object { return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": infix(12)} }),
			right: many(30, func(int) object { return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": infix(13)} })},
		{name: "10,000 conditions on one key",
			left: many(10_000, func(i int) object {
				return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": object{"StringLike": object{"aws:RequestTag/t": fmt.Sprintf("*%d*", i)}}}
			}),
			right: many(10_000, func(i int) object {
				return object{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": object{"StringNotLike": object{"aws:RequestTag/t": fmt.Sprintf("*%d*", i)}}}
			})},
		{name: "variables upon variables", left: many(40, variables), right: many(41, variables)},
		{name: "1,000 statements with an account and an action each", kind: policy.Resource,
			left: many(1000, func(i int) object {
				return object{"Effect": "Allow", "Principal": object{"AWS": fmt.Sprintf("%012d", i+1)}, "Action": fmt.Sprintf("brandnew:Do%d", i), "Resource": "*"}
			}),
			right: many(1000, func(i int) object {
				return object{"Effect": "Allow", "Principal": object{"AWS": fmt.Sprintf("%012d", i+1)}, "Action": fmt.Sprintf("brandnew:Do%d", i), "Resource": "arn:aws:s3:::b/*"}
			})},
		{name: "16,000 actions that nobody knows",
			left: many(16_000, func(i int) object {
				return object{"Effect": "Allow", "Action": fmt.Sprintf("brandnew:Do%d", i), "Resource": "arn:aws:brandnew:::x"}
			}),
			right: many(16_000, func(i int) object {
				return object{"Effect": "Allow", "Action": fmt.Sprintf("brandnew:Do%d", i), "Resource": "arn:aws:brandnew:::x*"}
			})},
		{name: "patterns of actions upon patterns", left: many(1, func(int) object { return list("Action", 400, "brandnew:*%d*") }), right: many(1, func(int) object { return list("Action", 399, "brandnew:*%d*") })},
		{name: "40,000 patterns of services", left: many(1, func(int) object { return list("Action", 40_000, "*:a%d") }), right: many(1, func(int) object { return list("Action", 39_999, "*:a%d") })},
		{name: "8,000 variables", left: many(1, func(int) object { return tags(8000, "${aws:PrincipalTag/y}%d") }), right: many(1, func(int) object { return tags(7999, "${aws:PrincipalTag/y}%d") })},
		{name: "a pattern of 60,000 characters",
			left: many(1, func(int) object {
				return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/" + strings.Repeat("a?", 30_000)}
			}),
			right: many(1, func(int) object {
				return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/" + strings.Repeat("?a", 30_000)}
			})},
		{name: "an id of 20,000 stars", left: who("aws:userid", strings.Repeat("*a", 20_000)), right: who("aws:userid", strings.Repeat("*a", 20_000)+"*")},
		{name: "an id of 20,000 question marks", left: who("aws:userid", strings.Repeat("?", 20_000)), right: who("aws:userid", strings.Repeat("?", 20_000)+"*")},
		{name: "1,200 numbers", hard: true,
			left: many(601, func(i int) object {
				if i == 600 {
					return bounded(object{"NumericGreaterThan": object{"k": "0"}, "NumericLessThan": object{"k": "600"}})
				}
				return object{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": object{"NumericEquals": object{"k": fmt.Sprint(i)}}}
			}),
			right: many(600, func(i int) object {
				return bounded(object{"NumericGreaterThan": object{"k": fmt.Sprint(i)}, "NumericLessThan": object{"k": fmt.Sprint(i + 1)}})
			})},
		{name: "4,000 texts that begin with a variable and 4,000 that do not",
			left:  many(4000, func(i int) object { return bounded(object{"StringNotLike": object{"k": fmt.Sprintf("${l}%d*", i)}}) }),
			right: many(4000, func(i int) object { return bounded(object{"StringLike": object{"k": fmt.Sprintf("${l}%d*", i)}}) })},
		{name: "3,000 names of actions that nobody knows", left: many(1, func(int) object { return list("Action", 3000, "brandnew:a%d*") }), right: many(1, func(int) object { return list("Action", 2999, "brandnew:a%d*") })},
		{name: "3,000 users of an account", kind: policy.Resource, left: document([]object{users(3000)}), right: document([]object{users(2999)})},
		{name: "30,000 addresses", left: addresses(30_000), right: addresses(29_999)},
		{name: "10,000 principals", kind: policy.Resource, left: document([]object{shared(10_000)}), right: document([]object{shared(9_999)})},
		{name: "300 principals", kind: policy.Resource, left: document([]object{shared(300)}), right: document([]object{shared(299)})},
	} {
		for _, o := range []Options{{Catalog: c, Budget: *budget}, {Budget: *budget}} {
			z := New(o)
			got, err := z.Compare(Of(row.kind, row.left), Of(row.kind, row.right))
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
				continue
			}
			t.Logf("%s, catalog %v: %v %s%s", row.name, o.Catalog != nil, got.Relation, got.LeftOnly.Reason, got.RightOnly.Reason)
			if row.hard && got.Relation == Equivalent {
				t.Errorf("%s: said to be the same", row.name)
			}
		}
	}
	// Questions about each statement of a document share a bound.
	d := many(2000, func(i int) object {
		return object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i)}
	})
	useless, unknown, err := New(Options{Catalog: c, Budget: *budget}).Useless(policy.Managed, d)
	if err != nil || len(useless) > 0 || len(unknown) == 0 {
		t.Errorf("2,000 statements: %d useless, %d unknown, %v", len(useless), len(unknown), err)
	}
	t.Logf("2,000 statements, each asked whether it is of use: %d not known", len(unknown))
	// So do those about each of its principals.
	all, err := New(Options{Catalog: c, Budget: *budget}).External("AWS::S3::Bucket", document([]object{users(5000)}), Zone{})
	if n := len(all); err != nil || n != 5000 || all[0].Verdict != Yes || all[n-1].Verdict != Unknown || all[n-1].Reason == "" {
		t.Errorf("5,000 users outside: %d findings, %v", n, err)
	}
}

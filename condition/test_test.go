package condition_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/condition"
)

// absent is for a request without the key.
type absent struct{}

// holds asks a test of the key k, which the request brings as value: a string, a list of them, or not at all.
func holds(tb testing.TB, operator string, values []string, value any) bool {
	tb.Helper()
	return with(tb, operator, values, value, nil)
}

// with is holds with other single-valued keys in the request.
func with(tb testing.TB, operator string, values []string, value any, others map[string]string) bool {
	tb.Helper()
	op, err := condition.ParseOperator(operator)
	if err != nil {
		tb.Fatalf("%s: %v", operator, err)
	}
	var c condition.Context
	for name, text := range others {
		c.Set(condition.NewKey(name), text)
	}
	key := condition.NewKey("k")
	switch v := value.(type) {
	case string:
		c.Set(key, v)
	case []string:
		c.SetList(key, v)
	}
	test := condition.NewTest(op, key, values, true)
	return test.Match(&c)
}

// A sample of what each comparison matches and what it does not, unparsable values among them: what does not parse for its
// operator matches nothing (doc/language.md 14). The negated comparisons share those of what they negate.
var samples = []struct {
	comparisons  string
	values       []string
	hits, misses []string
}{
	{"StringEquals StringNotEquals", []string{"a", "B"}, []string{"a", "B"}, []string{"A", "b", "", "aa", "*", "c"}},
	{"StringEqualsIgnoreCase StringNotEqualsIgnoreCase", []string{"Straße", "k"}, []string{"STRAßE", "straße", "k", "K", "\u212a"}, []string{"strasse", "", "kk"}},
	{"StringLike StringNotLike", []string{"a*z", "b?"}, []string{"az", "a/b:z", "bc", "bé"}, []string{"Az", "b", "bcd", "azz ", ""}},
	{"NumericEquals NumericNotEquals", []string{"10", "x", "-0.5"}, []string{"10", "1e1", "10.00", "+10", "010", "-.5", "-5e-1"}, []string{"11", "x", "", "0x0a", "NaN", " 10", "10 ", "0.5", "1_0"}},
	{"NumericLessThan", []string{"10", "x"}, []string{"9.999", "-1e9", "0"}, []string{"10", "10.0", "11", "x", "", "1e1"}},
	{"NumericLessThanEquals", []string{"10"}, []string{"10", "9", "1e1"}, []string{"10.00000000000000000000000001", "x", ""}},
	{"NumericGreaterThan", []string{"10"}, []string{"10.00000000000000000000000001", "1e2"}, []string{"10", "9", "Infinity", ""}},
	{"NumericGreaterThanEquals", []string{"10"}, []string{"10", "11", "1E1"}, []string{"9.99999999999999999999999999", "-10", "ten"}},
	{"DateEquals DateNotEquals", []string{"2026-01-02T03:04:05Z", "x"}, []string{"2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00", "1767323045", "2026-1-2t3:4:5z"}, []string{"2026-01-02T03:04:06Z", "x", "", "1767323045.0", "2026-01-02T03:04:05.000000001Z"}},
	{"DateLessThan", []string{"2026-01-02"}, []string{"2026-01-01T23:59:59.999999999", "0", "-1"}, []string{"2026-01-02T00:00:00Z", "2027-1-1", "x", ""}},
	{"DateLessThanEquals", []string{"2026-01-02"}, []string{"2026-01-02T00:00:00Z", "2025-12-31"}, []string{"2026-01-02T00:00:00.1Z", "x"}},
	{"DateGreaterThan", []string{"2026-01-02"}, []string{"2026-01-02T00:00:01", "1767312001"}, []string{"2026-01-02", "2025-01-01", "tomorrow"}},
	{"DateGreaterThanEquals", []string{"2026-01-02"}, []string{"2026-01-02", "2026-01-01T23:00-01"}, []string{"2026-01-01T23:59Z", ""}},
	{"Bool", []string{"TRUE", "x"}, []string{"true", "True"}, []string{"false", "x", "", "1", "yes", " true"}},
	{"BinaryEquals", []string{"QUJD", "%%%"}, []string{"QUJD"}, []string{"qujd", "QUJE", "%%%", "ABC", ""}},
	{"IpAddress NotIpAddress", []string{"10.0.0.0/8", "192.168.1.7", "2001:db8::/32", "x"}, []string{"10.1.2.3", "192.168.1.7", "2001:DB8::1", "::ffff:10.1.2.3"}, []string{"11.0.0.1", "192.168.1.8", "::1", "x", "", "10.0.0.0/8", "10.1.2", "010.1.2.3"}},
	{"ArnEquals ArnLike ArnNotEquals ArnNotLike", []string{"arn:aws:s3:::b/*", "arn:aws:iam::*:user/?", "x"}, []string{"arn:aws:s3:::b/c:d", "arn:aws:iam::1:user/a"}, []string{"arn:aws:s3:::B/c", "arn:aws:iam::1:2:user/a", "x", "", "*", "arn:aws:iam::1:user/ab"}},
}

// The tables of policy-language.md §5.2 and doc/language.md "Operators", written out: for each form what holds when the key is absent, is an
// empty list, is a text that matches or not, and is a list of one that matches, of one that does not, and of both.
var truth = []struct{ prefix, suffix, positive, negated string }{
	{"", "", "-- +- ---", "++ -+ +++"},
	{"", "IfExists", "+- +- ---", "++ -+ +++"},
	{"ForAllValues:", "", "++ +- +--", "++ -+ -+-"},
	{"ForAllValues:", "IfExists", "++ +- +--", "++ -+ -+-"},
	{"ForAnyValue:", "", "-- +- +-+", "-- -+ -++"},
	{"ForAnyValue:", "IfExists", "+- +- +-+", "+- -+ -++"},
}

func TestTruthTable(t *testing.T) {
	seen := map[string]bool{}
	for _, sample := range samples {
		for _, comparison := range strings.Fields(sample.comparisons) {
			seen[comparison] = true
			for _, row := range truth {
				cells := strings.ReplaceAll(row.positive, " ", "")
				if slices.Contains(negated, comparison) {
					cells = strings.ReplaceAll(row.negated, " ", "")
				}
				operator := row.prefix + comparison + row.suffix
				check := func(cell int, value any) {
					t.Helper()
					if got := holds(t, operator, sample.values, value); got != (cells[cell] == '+') {
						t.Errorf("%s %q with %#v is %v", operator, sample.values, value, got)
					}
				}
				check(0, absent{})
				check(1, []string{})
				check(1, []string(nil))
				for _, hit := range sample.hits {
					check(2, hit)
					check(4, []string{hit})
					check(4, []string{hit, hit})
				}
				for _, miss := range sample.misses {
					check(3, miss)
					check(5, []string{miss})
					check(5, []string{miss, miss})
					for _, hit := range sample.hits {
						check(6, []string{hit, miss})
						check(6, []string{miss, hit})
					}
				}
			}
		}
	}
	for _, comparison := range condition.Comparisons() {
		if name := comparison.String(); !seen[name] && name != "Null" {
			t.Errorf("%s is not tested", name)
		}
	}
}

// An operator with an empty list of values, or with values that do not parse alone, matches nothing: positive false, negated
// true, and for the rest the same table as before (doc/language.md 6, 14).
func TestNoValueOfThePolicyMatches(t *testing.T) {
	unparsable := map[string]string{"Numeric": "ten", "Date": "yesterday", "Bool": "maybe", "Binary": "A", "Ip": "localhost", "NotIp": "10.0.0.0/33", "Arn": "arn:aws:s3"}
	for _, sample := range samples {
		for _, comparison := range strings.Fields(sample.comparisons) {
			lists := [][]string{nil, {}}
			for family, value := range unparsable {
				if strings.HasPrefix(comparison, family) {
					lists = append(lists, []string{value}, []string{"", value})
				}
			}
			for _, row := range truth {
				cells := strings.ReplaceAll(row.positive, " ", "")
				if slices.Contains(negated, comparison) {
					cells = strings.ReplaceAll(row.negated, " ", "")
				}
				operator := row.prefix + comparison + row.suffix
				for _, list := range lists {
					for cell, value := range map[int]any{0: absent{}, 1: []string{}, 3: sample.hits[0], 5: []string{sample.hits[0]}} {
						if got := holds(t, operator, list, value); got != (cells[cell] == '+') {
							t.Errorf("%s %q with %#v is %v", operator, list, value, got)
						}
					}
				}
			}
		}
	}
}

func TestNull(t *testing.T) {
	for _, tt := range []struct {
		claim  string
		values []string
		value  any
		want   bool
	}{
		{"true asks for absence", []string{"true"}, absent{}, true},
		{"true with a key", []string{"true"}, "x", false},
		{"false asks for presence", []string{"false"}, "x", true},
		{"false without the key", []string{"false"}, absent{}, false},
		{"an empty text is present", []string{"false"}, "", true},
		{"an empty list counts as absent", []string{"true"}, []string{}, true},
		{"and not as present", []string{"false"}, []string{}, false},
		{"a list of an empty text is present", []string{"false"}, []string{""}, true},
		{"a multi-valued key needs no set operator", []string{"false"}, []string{"a", "b"}, true},
		{"in any case", []string{"TRUE"}, absent{}, true},
		{"in any case, the other", []string{"False"}, "x", true},
		{"both values hold always", []string{"true", "false"}, absent{}, true},
		{"both values hold always, the other", []string{"true", "false"}, "x", true},
		{"anything else matches nothing", []string{"yes"}, absent{}, false},
		{"anything else matches nothing, the other", []string{"1", ""}, "x", false},
		{"no values match nothing", nil, absent{}, false},
		{"no values match nothing, the other", nil, "x", false},
		{"a long s is no s", []string{"fal\u017fe"}, "x", false},
		{"no variables", []string{"${v, 'true'}"}, absent{}, false},
	} {
		if got := holds(t, "Null", tt.values, tt.value); got != tt.want {
			t.Errorf("%s: %v", tt.claim, got)
		}
	}
}

// Rows that the truth table does not reach: single facts of policy-language.md §§5.1, 5.3, 6 and doc/language.md 1–19, and the evaluation
// vectors of §11.
func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		claim    string
		operator string
		values   string // separated by |
		value    any
		want     bool
	}{
		{"vector a: none of the values", "StringNotEquals", "a|b", "c", true},
		{"vector a: one of the values", "StringNotEquals", "a|b", "a", false},
		{"vector b: a multi-valued key without a set operator", "StringEquals", "x", []string{"x"}, false},
		{"vector c: a short ARN", "ArnLike", "arn:aws:dynamodb:*:table/x", "arn:aws:dynamodb:eu-west-1:111122223333:table/x", false},
		{"vector d: an IPv6 address in an IPv4 range", "IpAddress", "10.0.0.0/8", "::1", false},
		{"vector d: not", "NotIpAddress", "10.0.0.0/8", "::1", true},
		{"vector g: no MFA with long-term keys", "Bool", "false", absent{}, false},
		{"vector g: if exists", "BoolIfExists", "false", absent{}, true},
		{"vector h: no age", "NumericLessThan", "3600", absent{}, false},

		{"case counts", "StringEquals", "a", "A", false},
		{"a star is no wildcard in StringEquals", "StringEquals", "a*", "ab", false},
		{"but a star", "StringEquals", "a*", "a*", true},
		{"? is one character, not one byte", "StringLike", "?", "é", true},
		{"nor two", "StringLike", "?", "e\u0301", false},
		{"two ? are two", "StringLike", "??", "𝄞€", true},
		{"* matches nothing too", "StringLike", "a*", "a", true},
		{"* matches colons and slashes", "StringLike", "a*z", "a:/z", true},
		{"brackets are ordinary", "StringLike", "[ab]", "a", false},
		{"so are backslashes", "StringLike", `\*`, `\x`, true},
		{"StringLike is case-sensitive", "StringLike", "A*", "ab", false},
		{"folding is Unicode's", "StringEqualsIgnoreCase", "ÉTÉ σ", "été Σ", true},
		{"final sigma folds", "StringEqualsIgnoreCase", "Σ", "ς", true},
		{"sharp s is not ss", "StringEqualsIgnoreCase", "ß", "SS", false},
		{"a wildcard does not fold in", "StringEqualsIgnoreCase", "a*", "ab", false},
		{"the empty text equals itself", "StringEquals", "", "", true},
		{"and is not like ?", "StringLike", "?", "", false},

		{"Bool of the wrong word", "Bool", "false", "true", false},
		{"Bool false", "Bool", "false", "FALSE", true},
		{"Bool of both", "Bool", "true|false", "false", true},
		{"Bool folds ASCII only", "Bool", "false", "fal\u017fe", false},
		{"in the policy too", "Bool", "fal\u017fe", "false", false},

		{"BinaryEquals compares texts, not bytes", "BinaryEquals", "QQ==", "QR==", false},
		{"unpadded is no base64", "BinaryEquals", "QQ", "QQ", false},
		{"the URL alphabet is another", "BinaryEquals", "_-_-", "_-_-", false},
		{"a line end is not skipped", "BinaryEquals", "QU\nJD", "QU\nJD", false},
		{"length four with a line end", "BinaryEquals", "QUJ\n", "QUJ\n", false},
		{"nothing is the base64 of nothing", "BinaryEquals", "", "", true},
		{"no variables", "BinaryEquals", "${v, 'QUJD'}", "QUJD", false},

		{"numbers are exact", "NumericEquals", "0.3", "0.30000000000000004", false},
		{"beyond 2^53", "NumericEquals", "9007199254740993", "9007199254740992", false},
		{"1e2 is 100", "NumericEquals", "1e2", "100", true},
		{"100.0 is 1e2", "NumericEquals", "100.0", "1e2", true},
		{"-0 is 0", "NumericEquals", "-0", "0", true},
		{"the request is on the left", "NumericLessThan", "2", "1", true},
		{"the request is on the left, and not the right", "NumericLessThan", "1", "2", false},
		{"less than any", "NumericLessThan", "1|5", "3", true},
		{"NumericNotEquals of two", "NumericNotEquals", "1|2", "2", false},
		{"no variables in numbers", "NumericEquals", "${v, '1'}", "1", false},
		{"no variables in dates", "DateEquals", "${v, '1'}", "1", false},
		{"no variables in addresses", "IpAddress", "${v, '::1'}", "::1", false},

		{"ArnEquals has wildcards as ArnLike", "ArnEquals", "arn:aws:s3:::b*", "arn:aws:s3:::bucket", true},
		{"a star does not reach over a colon", "ArnLike", "arn:aws:*:b", "arn:aws:s3:::b", false},
		{"not in six parts either", "ArnLike", "arn:aws:*:::b", "arn:aws:s3:x:::b", false},
		{"the sixth part is the rest", "ArnLike", "arn:aws:logs:*:*:log-group:*:x", "arn:aws:logs:r:1:log-group:g:h:x", true},
		{"a star alone is no ARN", "ArnLike", "*", "arn:aws:s3:::b", false},
		{"not even in the negated form", "ArnNotLike", "*", "arn:aws:s3:::b", true},
		{"a value with fewer parts is none", "ArnLike", "arn:aws:s3:::*", "arn:aws:s3", false},
		{"negated", "ArnNotEquals", "arn:aws:s3:::*", "arn:aws:s3", true},
		{"case counts in ARNs", "ArnLike", "arn:aws:s3:::B", "arn:aws:s3:::b", false},
		{"? never matches a colon in the first five", "ArnLike", "arn:aws:s3?::b:c", "arn:aws:s3:::b:c", false},
		{"? matches a colon in the sixth", "ArnLike", "arn:aws:s3:::b?c", "arn:aws:s3:::b:c", true},
	} {
		if got := holds(t, tt.operator, strings.Split(tt.values, "|"), tt.value); got != tt.want {
			t.Errorf("%s: %s %q with %#v is %v", tt.claim, tt.operator, tt.values, tt.value, got)
		}
	}
}

// The keys that AWS defines as multi-valued are so with a single text too (doc/language.md 1, 2).
func TestMultiValuedKeys(t *testing.T) {
	for _, name := range []string{
		"aws:CalledVia", "aws:PrincipalOrgPaths", "aws:PrincipalServiceNamesList", "aws:ResourceOrgPaths", "aws:SourceOrgPaths", "aws:TagKeys",
		"aws:VpceOrgPaths", "iam:AccountPropertyNamespaces", "sts:TransitiveTagKeys", "AWS:TAGKEYS",
	} {
		var c condition.Context
		key := condition.NewKey(name)
		c.Set(key, "x")
		for operator, want := range map[string]bool{
			"StringEquals": false, "StringNotEquals": true, "StringEqualsIfExists": false, "StringNotEqualsIfExists": true,
			"ForAnyValue:StringEquals": true, "ForAllValues:StringEquals": true, "ForAnyValue:StringNotEquals": false, "ForAllValues:StringNotEquals": false,
		} {
			op, err := condition.ParseOperator(operator)
			if err != nil {
				t.Fatal(err)
			}
			test := condition.NewTest(op, key, []string{"x"}, true)
			if got := test.Match(&c); got != want {
				t.Errorf("%s of %s is %v", operator, name, got)
			}
		}
		if text, ok := c.Text(key); ok {
			t.Errorf("a variable ${%s} has the value %q", name, text)
		}
	}
}

func TestVariables(t *testing.T) {
	others := map[string]string{"aws:username": "alice", "aws:PrincipalTag/Team": "red", "star": "*", "query": "a?c", "dollar": "${aws:username}", "yes": "True", "arn": "arn:aws:s3:::b/*", "colon": "a:b", "empty": "", "num": "5", "brace": "}"}
	for _, tt := range []struct {
		claim    string
		operator string
		policy   string
		request  string
		want     bool
	}{
		{"a variable", "StringEquals", "${aws:username}", "alice", true},
		{"in the middle", "StringEquals", "home/${aws:username}/x", "home/alice/x", true},
		{"its name in any case", "StringEquals", "${AWS:UserName}", "alice", true},
		{"a tag's name in any case", "StringEquals", "${aws:principaltag/TEAM}", "red", true},
		{"its value in its case", "StringEquals", "${aws:username}", "Alice", false},
		{"folded where the operator folds", "StringEqualsIgnoreCase", "X-${aws:username}", "x-ALICE", true},
		{"two of them", "StringEquals", "${aws:username}${aws:PrincipalTag/Team}", "alicered", true},
		{"between wildcards", "StringLike", "*/${aws:username}/*", "a/b/alice/c", true},
		{"between wildcards, another", "StringLike", "*/${aws:username}/*", "a/b/bob/c", false},
		{"two between wildcards", "StringLike", "?${aws:username}*${aws:PrincipalTag/Team}?", "1alice-and-red2", true},
		{"a star in a value is a star", "StringLike", "${star}", "anything", false},
		{"and nothing else", "StringLike", "${star}", "*", true},
		{"also between wildcards", "StringLike", "*${star}*", "a*b", true},
		{"also between wildcards, not", "StringLike", "*${star}*", "ab", false},
		{"a question mark in a value", "StringLike", "${query}", "abc", false},
		{"a variable in a value is text", "StringEquals", "${dollar}", "${aws:username}", true},
		{"and not its value", "StringEquals", "${dollar}", "alice", false},
		{"absent: no match", "StringEquals", "${nobody}", "", false},
		{"absent: not its source either", "StringEquals", "${nobody}", "${nobody}", false},
		{"absent: negated", "StringNotEquals", "${nobody}", "x", true},
		{"absent: negated, like", "StringNotLike", "*${nobody}*", "x", true},
		{"absent: negated, ARN", "ArnNotLike", "arn:aws:s3:::${nobody}", "arn:aws:s3:::x", true},
		{"a default", "StringEquals", "${nobody, 'guest'}", "guest", true},
		{"that is not needed", "StringEquals", "${aws:username, 'guest'}", "alice", true},
		{"that is not needed, and does not match then", "StringEquals", "${aws:username, 'guest'}", "guest", false},
		{"without a blank", "StringEquals", "${nobody,'guest'}", "guest", true},
		{"with several", "StringEquals", "${nobody,   'guest'}", "guest", true},
		{"an empty default", "StringEquals", "x${nobody, ''}y", "xy", true},
		{"a default is literal", "StringLike", "${nobody, '*'}", "anything", false},
		{"and matches itself", "StringLike", "${nobody, '*'}", "*", true},
		{"a quote in a default", "StringEquals", "${nobody, 'o'clock'}", "o'clock", true},
		{"a comma in a default", "StringEquals", "${nobody, 'a, b'}", "a, b", true},
		{"no quotes, no default", "StringEquals", "${nobody, guest}", "guest", false},
		{"double quotes are none", "StringEquals", `${nobody, "guest"}`, "guest", false},
		{"one quote is none", "StringEquals", "${nobody, '}", "", false},
		{"an empty value is a value", "StringEquals", "a${empty}b", "ab", true},
		{"and no reason for the default", "StringEquals", "${empty, 'x'}", "", true},
		{"no name, no value", "StringEquals", "${}", "", false},
		{"blanks belong to the name", "StringEquals", "${ aws:username }", "alice", false},
		{"an escaped star", "StringLike", "a${*}", "a*", true},
		{"an escaped star is no wildcard", "StringLike", "a${*}", "ab", false},
		{"an escaped question mark", "StringLike", "a${?}", "ab", false},
		{"an escaped dollar", "StringEquals", "${$}{aws:username}", "${aws:username}", true},
		{"escapes where there are no wildcards", "StringEquals", "${*}${?}${$}", "*?$", true},
		{"beside true wildcards", "StringLike", "${*}*${?}", "*abc?", true},
		{"beside true wildcards, not", "StringLike", "${*}*${?}", "abc?", false},
		{"two characters are no escape", "StringEquals", "${**}", "**", false},
		{"without an end it is text", "StringEquals", "a${aws:username", "a${aws:username", true},
		{"text with wildcards", "StringLike", "a${aws:user*", "a${aws:username", true},
		{"after a variable", "StringEquals", "${aws:username}${", "alice${", true},
		{"nested: the first brace ends it", "StringEquals", "${a${aws:username}}", "alice}", false},
		{"a dollar alone", "StringEquals", "$aws:username", "$aws:username", true},
		{"braces alone", "StringEquals", "{aws:username}", "{aws:username}", true},
		{"a brace behind", "StringEquals", "${aws:username}}", "alice}", true},
		{"a brace in a value", "StringEquals", "${brace}${brace}", "}}", true},
		{"Bool knows them", "Bool", "${yes}", "true", true},
		{"Bool, not", "Bool", "${yes}", "false", false},
		{"Bool, absent", "Bool", "${nobody}", "false", false},
		{"Bool, by default", "Bool", "${nobody, 'false'}", "FALSE", true},
		{"Bool, no word", "Bool", "${aws:username}", "alice", false},
		{"numbers do not", "NumericEquals", "${num}", "5", false},
		{"a part of an ARN", "ArnLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/alice", true},
		{"one of the first five", "ArnLike", "arn:aws:${aws:username}:::x", "arn:aws:alice:::x", true},
		{"one of the first five, with a wildcard", "ArnLike", "arn:aws:${aws:username}*:::x", "arn:aws:alice2:::x", true},
		{"a colon in it makes no part", "ArnLike", "arn:aws:s3:${colon}:x", "arn:aws:s3:a:b:x", false},
		{"a colon in it in the first five", "ArnLike", "arn:aws:s3:${colon}::x", "arn:aws:s3:a:b::x", false},
		{"in the sixth part it may stand", "ArnLike", "arn:aws:s3:::${colon}", "arn:aws:s3:::a:b", true},
		{"colons of the name separate nothing", "ArnLike", "arn:aws:s3::${aws:username}:x", "arn:aws:s3::alice:x", true},
		{"a variable alone is a whole ARN", "ArnEquals", "${arn}", "arn:aws:s3:::b/*", true},
		{"that is literal", "ArnEquals", "${arn}", "arn:aws:s3:::b/c", false},
		{"and must be an ARN", "ArnEquals", "${aws:username}", "alice", false},
		{"with something beside it is none", "ArnEquals", "${arn}*", "arn:aws:s3:::b/*", false},
	} {
		if got := with(t, tt.operator, []string{tt.policy}, tt.request, others); got != tt.want {
			t.Errorf("%s: %s %q with %q is %v", tt.claim, tt.operator, tt.policy, tt.request, got)
		}
	}
}

// Before version 2012-10-17 a variable is the text that it is.
func TestVariablesAreOffInOldDocuments(t *testing.T) {
	var c condition.Context
	c.Set(condition.NewKey("v"), "x")
	for _, tt := range []struct {
		operator, policy, request string
		want                      bool
	}{
		{"StringEquals", "${v}", "${v}", true},
		{"StringEquals", "${v}", "x", false},
		{"StringLike", "${*}", "${abc}", true},
		{"StringLike", "${?}", "${a}", true},
		{"StringLike", "${$}", "$", false},
		{"ArnLike", "arn:aws:s3:::${v}", "arn:aws:s3:::${v}", true},
		{"ArnLike", "arn:aws:s3:::${a:b}", "arn:aws:s3:::${a:b}", true},
		{"ArnLike", "arn:aws:s3::${a:b}", "arn:aws:s3::${a:b}", true}, // six parts, the fifth is ${a
		{"Bool", "${v, 'true'}", "true", false},
	} {
		op, err := condition.ParseOperator(tt.operator)
		if err != nil {
			t.Fatal(err)
		}
		c.Set(condition.NewKey("k"), tt.request)
		test := condition.NewTest(op, condition.NewKey("k"), []string{tt.policy}, false)
		if got := test.Match(&c); got != tt.want {
			t.Errorf("%s %q with %q is %v", tt.operator, tt.policy, tt.request, got)
		}
	}
}

func TestMultiValuedKeysAreNoVariables(t *testing.T) {
	var c condition.Context
	c.SetList(condition.NewKey("list"), []string{"x"})
	c.Set(condition.NewKey("aws:TagKeys"), "x")
	c.Set(condition.NewKey("k"), "x")
	for policy, want := range map[string]bool{"${list}": false, "${aws:TagKeys}": false, "${list, 'x'}": true, "${aws:tagkeys, 'x'}": true} {
		op, _ := condition.ParseOperator("StringEquals")
		test := condition.NewTest(op, condition.NewKey("k"), []string{policy}, true)
		if got := test.Match(&c); got != want {
			t.Errorf("%s is %v", policy, got)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	var c condition.Context
	for name, text := range map[string]string{"s": "home/alice/x", "n": "12.5", "d": "2026-01-02T03:04:05Z", "b": "true", "bin": "QUJD", "ip": "10.1.2.3", "ip6": "2001:db8::1",
		"arn": "arn:aws:iam::111122223333:user/alice", "aws:username": "alice"} {
		c.Set(condition.NewKey(name), text)
	}
	c.SetList(condition.NewKey("list"), []string{"a", "b", "c"})
	for _, tt := range []struct{ operator, key, values string }{
		{"StringEquals", "s", "x|home/alice/x"},
		{"StringEquals", "s", "home/${aws:username}/x"},
		{"StringNotEqualsIgnoreCase", "s", "HOME/ALICE/y"},
		{"StringLike", "s", "home/*/x|*q*r"},
		{"StringLike", "s", "home/${aws:username}/*"},
		{"StringLike", "s", "*/${aws:username}/x"},
		{"NumericLessThan", "n", "1e2"},
		{"DateGreaterThan", "d", "2025-01-01"},
		{"Bool", "b", "true"},
		{"BinaryEquals", "bin", "QUJD"},
		{"IpAddress", "ip", "11.0.0.0/8|10.0.0.0/8"},
		{"IpAddress", "ip6", "2001:db8::/32"},
		{"ArnLike", "arn", "arn:aws:iam::*:user/*"},
		{"ArnEquals", "arn", "arn:aws:iam::111122223333:user/${aws:username}"},
		{"Null", "s", "true"},
		{"ForAllValues:StringEquals", "list", "a|b|c"},
		{"ForAnyValue:StringLike", "list", "x*|c*"},
		{"StringEqualsIfExists", "nothing", "x"},
	} {
		op, err := condition.ParseOperator(tt.operator)
		if err != nil {
			t.Fatal(err)
		}
		test := condition.NewTest(op, condition.NewKey(tt.key), strings.Split(tt.values, "|"), true)
		if n := testing.AllocsPerRun(100, func() { test.Match(&c) }); n != 0 {
			t.Errorf("%s %s %s allocates %v times", tt.operator, tt.key, tt.values, n)
		}
	}
}

func ExampleTest_Match() {
	op, err := condition.ParseOperator("StringLikeIfExists")
	if err != nil {
		panic(err)
	}
	test := condition.NewTest(op, condition.NewKey("aws:PrincipalTag/team"), []string{"red", "blue-*"}, true)
	var c condition.Context
	fmt.Println(test.Match(&c))
	c.Set(condition.NewKey("aws:principaltag/Team"), "blue-green")
	fmt.Println(test.Match(&c))
	c.Set(condition.NewKey("aws:principaltag/Team"), "Red")
	fmt.Println(test.Match(&c))
	// Output:
	// true
	// true
	// false
}

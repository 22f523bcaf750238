package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct{ claim, arn, want string }{
		{"a bucket", "arn:aws:s3:::logs", "bucket"},
		{"an object is first of all an object", "arn:aws:s3:::logs/1.gz", "object bucket"},
		{"its key may hold slashes and colons", "arn:aws:s3:::logs/2026/a:b/1.gz", "object bucket"},
		{"it may be a wildcard", "arn:aws:s3:::logs/*", "object bucket"},
		{"a placeholder is not empty", "arn:aws:s3:::", ""},
		{"a slash alone makes no object", "arn:aws:s3:::logs/", "bucket"},
		{"other partitions have the same types", "arn:aws-cn:s3:::logs", "bucket"},
		{"an ARN has six parts", "arn:aws:s3::logs", ""},
		{"parts that a template leaves empty are empty", "arn:aws:s3:eu-west-1:111122223333:logs", ""},
		{"the service counts", "arn:aws:sqs:::logs", ""},
		{"ARNs keep their case", "ARN:aws:s3:::logs", ""},
		{"a wildcard alone is no ARN", "*", ""},
		{"role names have paths", "arn:aws:iam::111122223333:role/a/b/c", "role"},
		{"a literal account is literal", "arn:aws:iam::aws:policy/AdministratorAccess", "policy"},
		{"a table's index is more than a table", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i", "index table"},
		{"a table", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", "table"},
		{"log groups have slashes in the middle", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/f:log-stream:s", "log-stream log-group"},
		{"and colons behind", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/f:*", "log-group"},
		{"a type can have several templates", "arn:aws:lex:eu-west-1:111122223333:bot:b", "bot"},
		{"each counts", "arn:aws:lex:eu-west-1:111122223333:bot/b", "bot"},
		{"types with ARNs of another service", "arn:aws:ec2:eu-west-1::snapshot/snap-1", "snapshot@ebs"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			want, prefix, ok := strings.Cut(test.want, "@")
			if !ok {
				prefix = strings.Split(test.arn+":::", ":")[2]
			}
			if prefix == "" || prefix == "sqs" || prefix == "logs" && !strings.Contains(test.arn, "log-group") {
				prefix = "s3"
			}
			var got []string
			for _, m := range service(t, prefix).Match(test.arn) {
				got = append(got, m.Type.Name())
				if !m.Type.Matches(test.arn) || !slices.Contains(slices.Collect(m.Type.ARNs()), m.Template) {
					t.Errorf("%v: %+v", m.Type, m)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("Match(%q) = %q, want %q", test.arn, got, want)
			}
		})
	}
}

func TestResourceType(t *testing.T) {
	iam := service(t, "iam")
	user, ok := iam.ResourceType("USER")
	if !ok || user.Service() != iam || user.String() != "iam:user" {
		t.Fatalf("%v, %t", user, ok)
	}
	var keys []string
	for k := range user.Keys() {
		keys = append(keys, k.Name())
	}
	if want := []string{"aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"}; !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
	if _, ok := iam.ResourceType("use"); ok {
		t.Error("there is no type use")
	}
	apis, _ := service(t, "apigateway").ResourceType("Stage")
	if got := slices.Collect(apis.ARNs()); len(got) != 2 {
		t.Errorf("stages have ARNs like %q", got)
	}
}

func TestFits(t *testing.T) {
	for _, test := range []struct {
		claim, template, text string
		free, want            bool
	}{
		{"text fits itself", "abc", "abc", false, true},
		{"and nothing else", "abc", "abcd", false, false},
		{"a placeholder in the middle", "a/${X}/c", "a/b/c", false, true},
		{"is not empty", "a/${X}/c", "a//c", false, false},
		{"holds no slash before a slash", "a/${X}/c", "a/b/b/c", false, false},
		{"holds colons before a slash", "a/${X}/c", "a/b:b/c", false, true},
		{"holds slashes before a colon", "${X}:c", "a/b:c", false, true},
		{"holds neither before other text", "${X}-${Y}", "a/b-c", false, false},
		{"the last one holds all that is left", "${X}-${Y}", "a-b-c/d", false, true},
		{"the first that fits is taken", "${X}.${Y}/z", "1.2.3/z", false, true},
		{"text at the end is at the end", "${X}.z", "a.z.z", false, true},
		{"and does not overlap", "a${X}a", "aa", false, false},
		{"free placeholders hold all", "a/${X}/c", "a/b/b/c", true, true},
		{"side by side they are one", "${X}${Y}", "a", false, true},
		{"a star may be empty", "a/*", "a/", false, true},
		{"but a star and a placeholder are not", "*${X}", "", false, false},
		{"braces without a dollar sign", "a-{Date-and-Time}", "a-1", false, true},
		{"angle brackets", "tag/<key>", "tag/a", true, true},
		{"a placeholder that does not end is text", "a${X", "a${X", false, true},
		{"the empty template fits the empty text", "", "", false, true},
	} {
		if _, ok := fits(test.template, test.text, test.free); ok != test.want {
			t.Errorf("%s: fits(%q, %q, %t) = %t", test.claim, test.template, test.text, test.free, ok)
		}
	}
}

// expression is the meaning of a template as a regular expression, whose matcher tries every way.
func expression(template string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	parts := strings.SplitN(template, ":", 6)
	for i, part := range parts {
		if i > 0 {
			b.WriteString(":")
		}
		for part != "" {
			start, end, least := placeholder(part)
			b.WriteString(regexp.QuoteMeta(part[:start]))
			if start == end {
				break
			}
			part = part[end:]
			if start, end, _ := placeholder(part); start == 0 && end > 0 {
				continue // as one with the next; both need one byte in all templates with two side by side
			}
			class := `[^/:]`
			switch {
			case part == "" && i < 5:
				class = `[^:]`
			case part == "":
				class = `.`
			case part[0] == '/':
				class = `[^/]`
			case part[0] == ':':
				class = `[^:]`
			}
			if i < 5 && class == `[^/]` {
				class = `[^/:]`
			}
			b.WriteString(class + map[int]string{0: "*", 1: "+"}[least])
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// FuzzMatch compares the types of an ARN with what regular expressions say.
func FuzzMatch(f *testing.F) {
	c := load(f)
	var all []*ResourceType
	expressions := make(map[*ResourceType][]*regexp.Regexp)
	for s := range c.Services() {
		for r := range s.ResourceTypes() {
			all = append(all, r)
			for arn := range r.ARNs() {
				expressions[r] = append(expressions[r], expression(arn))
			}
		}
	}
	for i, r := range all {
		arn := r.arn
		f.Add(i, strings.NewReplacer("${Partition}", "aws", "${Region}", "eu-west-1", "${Account}", "111122223333").Replace(arn))
		if i%7 == 0 {
			f.Add(i, regexp.MustCompile(`\$\{\w+\}`).ReplaceAllString(arn, "a/b:c-d.e"))
		}
	}
	f.Add(0, "")
	f.Fuzz(func(t *testing.T, i int, arn string) {
		if strings.ToValidUTF8(arn, "") != arn {
			return // regular expressions see characters, templates bytes
		}
		r := all[uint(i)%uint(len(all))]
		matches := r.service.Match(arn)
		for own := range r.service.ResourceTypes() {
			want := slices.ContainsFunc(expressions[own], func(e *regexp.Regexp) bool { return e.MatchString(arn) })
			got := slices.ContainsFunc(matches, func(m Match) bool { return m.Type == own })
			if got != want {
				t.Errorf("%v (%s) and %q: %t, want %t", own, own.arn, arn, got, want)
			}
		}
		if !slices.IsSortedFunc(matches, func(a, b Match) int { return b.Literal - a.Literal }) {
			t.Errorf("%q: %v is out of order", arn, matches)
		}
	})
}

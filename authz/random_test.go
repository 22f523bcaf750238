package authz_test

// A generator of interesting cases. Its vocabulary is small on purpose: two accounts, a handful of principals, one
// bucket or two, so that what the policies name and what the requests bring collide often. It draws requests first and
// derives the policies from them (a part of a name becomes a wildcard, the value of a key becomes the value of a
// condition), then draws the requests of the bundle around those.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// bundle is one set of policies and the requests made against it, each a whole case in the case format.
type bundle struct{ cases [][]byte }

// GoString keeps rapid's report of a failure short; the test prints the case that failed.
func (b bundle) GoString() string { return fmt.Sprintf("a bundle of %d cases", len(b.cases)) }

// casesPerBundle makes 50,000 bundles a million cases.
const casesPerBundle = 20

var bundles = rapid.Custom(func(t *rapid.T) bundle {
	s := &scenario{dice: dice{t}}
	return s.bundle()
})

// drawBundle draws one set of policies and casesPerBundle requests against it.
func drawBundle(t *rapid.T) bundle { return bundles.Draw(t, "bundle") }

// ---- Dice ----

// dice draws small numbers without rapid's preference for small ones, which would spoil the spread: from single fair
// bits, so that shrinking still works. Zero bits give the first choice everywhere, which is the plainest.
type dice struct{ t *rapid.T }

var fairBit = rapid.Bool()

// below draws from 0 … n-1.
func (d dice) below(n int) int {
	width := bits.Len(uint(n-1)) + 2
	drawn := 0
	for range width {
		drawn <<= 1
		if fairBit.Draw(d.t, "bit") {
			drawn |= 1
		}
	}
	return drawn * n >> width
}

// often is true in about so many of a hundred draws.
func (d dice) often(percent int) bool { return d.below(100) >= 100-percent }

// pick draws one of the choices; repeat a choice to make it likelier.
func pick[T any](d dice, choices ...T) T { return choices[d.below(len(choices))] }

// oneOf draws one of a list.
func oneOf[T any](d dice, list []T) T { return list[d.below(len(list))] }

// ---- Vocabulary ----

const (
	accountA    = "111122223333"
	accountB    = "444455556666"
	canonicalA  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	canonicalB  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	linkedRole  = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
	appRole     = "arn:aws:iam::111122223333:role/svc/app"
	samlIDP     = "arn:aws:iam::111122223333:saml-provider/idp"
	oidcIDP     = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
	googleIDP   = "accounts.google.com"
	identityKey = "aws:userid"
)

// callerWord is a principal of the vocabulary with what a request by it brings along.
type callerWord struct {
	principal, issuer, userid, canonical string
	assumedRoot                          bool
}

var (
	users = []callerWord{
		{principal: "arn:aws:iam::111122223333:user/alice", userid: "AIDAEXAMPLEALICE", canonical: canonicalA},
		{principal: "arn:aws:iam::111122223333:user/alice", userid: "AIDAEXAMPLEALICE", canonical: canonicalA},
		{principal: "arn:aws:iam::111122223333:user/team/bob"},
		{principal: "arn:aws:iam::444455556666:user/alice", userid: "AIDAEXAMPLECAROL", canonical: canonicalB},
		{principal: "arn:aws-cn:iam::111122223333:user/alice"},
	}
	roles = []callerWord{
		{principal: "arn:aws:sts::111122223333:assumed-role/app/s1", issuer: appRole, userid: "AROAEXAMPLEAPP:s1", canonical: canonicalA},
		{principal: "arn:aws:sts::111122223333:assumed-role/app/s1", issuer: appRole, userid: "AROAEXAMPLEAPP:s1", canonical: canonicalA},
		{principal: "arn:aws:sts::111122223333:assumed-role/app/s1", userid: "AROAEXAMPLEAPP:s1"},
		{principal: "arn:aws:iam::111122223333:role/svc/app"},
		{principal: "arn:aws:sts::111122223333:assumed-role/app/i-0abc", issuer: appRole, userid: "AROAEXAMPLEAPP:i-0abc"},
		{principal: "arn:aws:sts::444455556666:assumed-role/app/s1", userid: "AROAEXAMPLEFAR:s1", canonical: canonicalB},
		{principal: "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s1", issuer: linkedRole},
		{principal: linkedRole},
		{principal: "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s1"}, // the name alone proves nothing
	}
	federates = []callerWord{
		{principal: "arn:aws:sts::111122223333:federated-user/fred", issuer: "arn:aws:iam::111122223333:user/alice", canonical: canonicalA},
		{principal: "arn:aws:sts::111122223333:federated-user/fred"},
		{principal: "arn:aws:sts::444455556666:federated-user/fred", issuer: "arn:aws:iam::444455556666:user/alice"},
	}
	roots = []callerWord{
		{principal: "arn:aws:iam::111122223333:root", canonical: canonicalA},
		{principal: "arn:aws:iam::444455556666:root"},
		{principal: "arn:aws:iam::111122223333:root", assumedRoot: true},
	}
	serviceCallers = []callerWord{{principal: "lambda.amazonaws.com"}, {principal: "ec2.amazonaws.com"}}
	providers      = []callerWord{{principal: oidcIDP}, {principal: samlIDP}, {principal: googleIDP}, {principal: "cognito-identity.amazonaws.com"}}
)

// theme is a service with the actions and resources one meets there, and the chance that a resource policy is there.
type theme struct {
	actions        []string
	resources      []string
	bare           []string // actions without resources: the requested resource is `*`
	resourcePolicy int      // percent
	trust          bool
}

var (
	s3Theme = theme{
		actions: []string{"s3:GetObject", "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetObjectAcl",
			"s3:DeleteObject", "s3:GetObjectVersion", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:GetBucketAcl",
			"s3:ListBucketVersions", "s3:DeleteObjectVersion"},
		resources: []string{"arn:aws:s3:::bucket/k", "arn:aws:s3:::bucket/home/alice/x", "arn:aws:s3:::bucket",
			"arn:aws:s3:::bucket/a:b:c", "arn:aws:s3:::bucket/日本/é.txt", "arn:aws:s3:::bucket/*", "arn:aws:s3:::logs/blue/$x?",
			"arn:aws:s3:us-east-1:111122223333:accesspoint/ap", "arn:aws-cn:s3:::bucket/k", "arn:aws:s3:::Bucket/k"},
		bare:           []string{"s3:ListAllMyBuckets"},
		resourcePolicy: 80,
	}
	trustTheme = theme{
		actions: []string{"sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity",
			"sts:AssumeRoleWithSAML", "sts:SetSourceIdentity", "sts:SetContext"},
		resources: []string{"arn:aws:iam::111122223333:role/svc/app", "arn:aws:iam::111122223333:role/svc/app",
			"arn:aws:iam::444455556666:role/app", "arn:aws:iam::111122223333:user/alice"},
		bare:           []string{"sts:GetCallerIdentity"},
		resourcePolicy: 92,
		trust:          true,
	}
	keyTheme = theme{
		actions: []string{"kms:Decrypt", "kms:Decrypt", "kms:Encrypt", "kms:RetireGrant"},
		resources: []string{"arn:aws:kms:us-east-1:111122223333:key/1234abcd", "arn:aws:kms:us-east-1:111122223333:key/1234abcd",
			"arn:aws:kms:us-east-1:111122223333:alias/k", "arn:aws:kms:us-east-1:444455556666:key/1234abcd"},
		bare:           []string{"kms:ListKeys"},
		resourcePolicy: 88,
	}
	otherTheme = theme{
		actions: []string{"dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage", "lambda:InvokeFunction",
			"iam:GetUser", "iam:PassRole", "secretsmanager:GetSecretValue"},
		resources: []string{"arn:aws:dynamodb:us-east-1:111122223333:table/x", "arn:aws:dynamodb:us-east-1:111122223333:table/x/index/i",
			"arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:lambda:us-east-1:111122223333:function:fn:live",
			"arn:aws:iam::111122223333:user/team/bob", "arn:aws:iam::111122223333:role/svc/app",
			"arn:aws:sqs:eu-west-1:444455556666:q"},
		bare:           []string{"iam:ListUsers", "sts:GetCallerIdentity"},
		resourcePolicy: 55,
	}
)

// keyWord is a context key of the vocabulary, the sort of its values, and what requests and policies hold under it.
type keyWord struct {
	key, sort string
	multi     bool // usually a list in the request
	request   []string
	policy    []string // beside those of request
}

var numberTexts = []string{"100", "1e2", "100.0", "7", "007", "1.50", "1.5", "-0", "0", ".5", "0.5", "5.", "+7", "1E2",
	"99.999999999999999999999", "1e-2", "-3", "1e400", "abc", "NaN", "0x10", " 7", "1e", "--1"}

var dateTexts = []string{"2026-01-02T03:04:05Z", "1767323045", "2026-01-02T05:04:05+02", "2026-01-02t3:4:5z",
	"2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.500000000+00:00", "2026-01-02", "2026-01", "2026", "2026-01-02T03",
	"2026-01-01T18:34:05-08:30", "2026-02-31", "2026-03-03T00:00Z", "2026T01", "2027-1-2", "-292275054",
	"292278993-12-31T23:59:59.999999999Z", "292278994-01", "2026-13", "2026-01-02Z", "2026-01-02T24:00",
	"2026-01-02T03:04:05+2", "2024-02-30", "2024-03-01", "2026-01-02T03:60", "2026-01-02T03:04:60Z", "2026-01-02T3:4:5:6",
	"2026-01-02T03:04:05+02:60", "2026-01-02T03:04:05+02:0", "-0004-02-29T12", "0-1-1", "2026-01-02T03:04:05.1234567890Z", "9223372036854775807", "9223372036854775808", "0",
	"1969-12-31T23:59:59Z", "-1", "soon", ""}

var keyWords = []keyWord{
	{key: "aws:PrincipalTag/team", sort: "string", request: []string{"blue", "blue", "red", "*", "b?ue", "${aws:username}", "x:y", "日本", "alice"}, policy: []string{"b*", "b?ue", "Blue", "BLUE", "??"}},
	{key: "aws:RequestTag/Env", sort: "string", request: []string{"prod", "prod", "dev", "Prod", "é", "é", "K", ""}, policy: []string{"pr?d", "?", "*", "d*v", "É"}},
	{key: "s3:prefix", sort: "string", request: []string{"home/alice/", "home/", "home/*", "日/本"}, policy: []string{"home/*", "home/${aws:username}/*", "?/?", "*/"}},
	{key: "sts:ExternalId", sort: "string", request: []string{"ext-1", "ext-1", "EXT-1", "k\u212A", "straße"}, policy: []string{"ext-?", "kk", "KK", "STRASSE", "ext${-}1"}},
	{key: "aws:SourceVpce", sort: "string", request: []string{"vpce-1", "vpce-2"}, policy: []string{"vpce-*"}},
	{key: "s3:max-keys", sort: "number", request: numberTexts},
	{key: "aws:MultiFactorAuthAge", sort: "number", request: []string{"7", "100", "3600", "0"}, policy: []string{"3600", "3.6e3", "1e2"}},
	{key: "aws:CurrentTime", sort: "date", request: dateTexts},
	{key: "aws:TokenIssueTime", sort: "date", request: []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "2025-12-31T23:59:59Z"}, policy: dateTexts},
	{key: "aws:EpochTime", sort: "date", request: []string{"1767323045", "1767323046", "0"}, policy: dateTexts},
	{key: "aws:MultiFactorAuthPresent", sort: "bool", request: []string{"true", "true", "false", "True", "FALSE", "yes", "1", ""}},
	{key: "aws:SecureTransport", sort: "bool", request: []string{"true", "false"}, policy: []string{"TRUE", "${aws:SecureTransport}", "${app:none, 'true'}"}},
	{key: "aws:SourceIp", sort: "ip", request: []string{"203.0.113.7", "10.1.2.3", "::1", "2001:db8::7", "::ffff:10.1.2.3", "10.01.2.3", "fe80::1%eth0", "10.0.0.0/8", "nowhere"},
		policy: []string{"203.0.113.0/24", "10.0.0.0/8", "10.9.9.9/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:DB8:0::6/127", "::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "10.0.0.0/33", "10.0.0.0/08", "0/0", "10.1.2.3/32", "10.1.2.3/0"}},
	{key: "aws:SourceArn", sort: "arn", request: []string{"arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:s3:::bucket", "arn:aws:lambda:us-east-1:111122223333:function:fn:1", "arn:aws:s3", "topic", ""},
		policy: []string{"arn:aws:sns:*:111122223333:*", "arn:*:s3:::*", "arn:aws:lambda:*:*:function:*", "arn:aws:*", "*", "arn:aws:s?:us-east-1:${aws:PrincipalAccount}:top??", "arn:aws:lambda:us-east-1:*:function:fn?1"}},
	{key: "app:Blob", sort: "binary", request: []string{"QUJD", "QUI=", "QQ==", "QUI", "abc", "", "QR==", "=QQ="}},
	{key: "aws:TagKeys", sort: "string", multi: true, request: []string{"team", "Env", "cost"}, policy: []string{"t*", "TEAM", "*"}},
	{key: "aws:CalledVia", sort: "string", multi: true, request: []string{"athena.amazonaws.com", "cloudformation.amazonaws.com"}, policy: []string{"*.amazonaws.com"}},
	{key: "app:Numbers", sort: "number", multi: true, request: numberTexts},
	{key: "app:Places", sort: "ip", multi: true, request: []string{"10.1.2.3", "203.0.113.7", "::1"}, policy: []string{"10.0.0.0/8", "0.0.0.0/0"}},
	{key: "app:Arns", sort: "arn", multi: true, request: []string{"arn:aws:s3:::bucket", "arn:aws:s3:::logs", "arn:aws:sqs:us-east-1:111122223333:q"}, policy: []string{"arn:aws:s3:::*"}},
	{key: "app:Dates", sort: "date", multi: true, request: dateTexts[:9]},
	{key: "app:Flags", sort: "bool", multi: true, request: []string{"true", "false", "True"}},
	{key: "app:Blobs", sort: "binary", multi: true, request: []string{"QUJD", "QUI=", "QQ=="}},
	// These follow from the principal; they are in the request only if it says so.
	{key: "aws:username", sort: "string", request: []string{"alice", "bob"}, policy: []string{"a*", "b?b", "${aws:username}"}},
	{key: "aws:PrincipalAccount", sort: "string", request: []string{accountA, accountB, "anonymous"}, policy: []string{"1*"}},
	{key: "aws:PrincipalType", sort: "string", request: []string{"User", "AssumedRole", "Account", "FederatedUser", "Anonymous"}, policy: []string{"*User"}},
	{key: "aws:PrincipalArn", sort: "arn", request: []string{"arn:aws:iam::111122223333:user/alice", appRole}, policy: []string{"arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:root", "arn:aws:iam::*:role/aws-service-role/*"}},
	{key: "aws:userid", sort: "string", request: []string{"AIDAEXAMPLEALICE", "AROAEXAMPLEAPP:s1"}, policy: []string{"AROAEXAMPLEAPP:*", "*:fred"}},
	{key: "aws:ResourceTag/a:b/c", sort: "string", request: []string{"1", "2"}},
	{key: "app:Never", sort: "string", request: []string{"x"}},
}

// derivedFrom is where the keys that follow from the principal begin in keyWords.
var derivedFrom = slices.IndexFunc(keyWords, func(k keyWord) bool { return k.key == "aws:username" })

// operatorsBySort lists the operators, and for each sort of key those that fit it.
var operatorsBySort = map[string][]string{
	"string": {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
	"number": {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
	"date":   {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
	"bool":   {"Bool"},
	"binary": {"BinaryEquals"},
	"ip":     {"IpAddress", "NotIpAddress"},
	"arn":    {"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"},
	"any":    {"Null"},
}

// sortsOfOperators weighs the sorts so that no operator is rare.
var sortsOfOperators = []string{"string", "string", "string", "string", "number", "number", "number", "date", "date",
	"date", "bool", "bool", "binary", "ip", "ip", "arn", "arn", "arn", "any", "any"}

// ---- Scenario ----

// requestWord is a request of which policies and cases are made.
type requestWord struct {
	caller           callerWord
	action, resource string
	context          []contextWord
}

type contextWord struct {
	word   *keyWord
	values []string
	list   bool
}

// scenario is a bundle in the making.
type scenario struct {
	dice
	theme  *theme
	focus  []requestWord // what the policies speak of
	out    []byte
	common []contextWord
	used   []string // the members of the object being written, in small letters, one after another for nested ones
}

func (s *scenario) bundle() bundle {
	s.theme = pick(s.dice, &s3Theme, &s3Theme, &s3Theme, &s3Theme, &trustTheme, &trustTheme, &keyTheme, &otherTheme)
	for range 5 + s.below(6) {
		word := &keyWords[s.below(derivedFrom)]
		if !slices.ContainsFunc(s.common, func(c contextWord) bool { return c.word == word }) {
			s.common = append(s.common, s.contextWord(word))
		}
	}
	for range 1 + s.below(3) {
		s.focus = append(s.focus, requestWord{
			caller:  s.caller(),
			action:  oneOf(s.dice, s.theme.actions),
			context: s.common,
		})
		f := &s.focus[len(s.focus)-1]
		f.resource = s.resourceFor(f.action)
		s.settle(f)
	}
	management := pick(s.dice, "", "", "", "", "999900009999", "999900009999", accountA, accountB)

	s.policies()
	policies := s.out
	b := bundle{cases: make([][]byte, casesPerBundle)}
	for i := range b.cases {
		s.out = make([]byte, 0, 600+len(policies))
		s.writeCase(i, management)
		b.cases[i] = append(append(append(s.out, `,"policies":`...), policies...), '}')
	}
	return b
}

// caller draws a principal of any kind.
func (s *scenario) caller() callerWord {
	if s.theme.trust && s.often(15) {
		return oneOf(s.dice, providers)
	}
	switch r := s.below(100); {
	case r < 30:
		return oneOf(s.dice, users)
	case r < 66:
		return oneOf(s.dice, roles)
	case r < 75:
		return oneOf(s.dice, federates)
	case r < 84:
		return oneOf(s.dice, roots)
	case r < 91:
		return oneOf(s.dice, serviceCallers)
	case r < 98:
		return callerWord{principal: "anonymous"}
	}
	return oneOf(s.dice, providers[:2])
}

// settle gives a provider one of the actions it can come with: without them a bare name is a service.
func (s *scenario) settle(r *requestWord) {
	if s.theme.trust && slices.Contains(providers, r.caller) && !s.often(10) {
		r.action = pick(s.dice, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
		r.resource = oneOf(s.dice, s.theme.resources)
	}
}

// resourceFor draws a resource, mostly one the action is used with.
func (s *scenario) resourceFor(action string) string {
	if s.theme == &s3Theme && strings.Contains(action, "Bucket") && s.often(85) {
		return pick(s.dice, "arn:aws:s3:::bucket", "arn:aws:s3:::bucket", "arn:aws:s3:::logs")
	}
	return oneOf(s.dice, s.theme.resources)
}

// contextWord draws a value, or several, for a key.
func (s *scenario) contextWord(word *keyWord) contextWord {
	list := word.multi != s.often(6)
	n := 1
	if list {
		n = pick(s.dice, 1, 2, 2, 3, 0)
	}
	c := contextWord{word: word, list: list}
	for range n {
		c.values = append(c.values, oneOf(s.dice, word.request))
	}
	return c
}

// writeCase writes one case up to its policies: one of the requests in focus, mostly with something changed.
func (s *scenario) writeCase(i int, management string) {
	r := oneOf(s.dice, s.focus)
	if s.often(25) {
		r.caller = s.caller()
	}
	if s.often(16) {
		r.action = oneOf(s.dice, s.theme.actions)
	}
	if s.often(18) {
		r.resource = s.resourceFor(r.action)
	}
	s.settle(&r)
	if s.often(5) {
		r.action, r.resource = oneOf(s.dice, s.theme.bare), "*"
	}
	if s.often(8) {
		r.action = s.otherCase(r.action)
	}

	s.out = fmt.Appendf(s.out, `{"name":"random %d","principal":`, i)
	s.quote(r.caller.principal)
	s.out = append(s.out, `,"action":`...)
	s.quote(r.action)
	s.out = append(s.out, `,"resource":`...)
	s.quote(r.resource)
	switch owner := s.below(16); {
	case owner == 15:
		s.out = append(s.out, `,"resourceAccount":"`+accountB+`"`...)
	case owner >= 9:
		s.out = append(s.out, `,"resourceAccount":"`+accountA+`"`...)
	}
	if r.caller.issuer != "" {
		s.out = append(s.out, `,"sessionIssuer":"`+r.caller.issuer+`"`...)
	}
	if r.caller.canonical != "" {
		s.out = append(s.out, `,"canonicalUser":"`+r.caller.canonical+`"`...)
	}
	if management != "" {
		s.out = append(s.out, `,"managementAccount":"`+management+`"`...)
	}

	s.out = append(s.out, `,"context":`...)
	mark := s.open('{')
	for _, c := range r.context {
		if s.often(9) {
			continue
		}
		if s.often(14) {
			c = s.contextWord(c.word)
		}
		s.contextMember(c)
	}
	if s.often(15) { // a key nobody drew for the bundle, or one that is derived otherwise
		s.contextMember(s.contextWord(&keyWords[s.below(len(keyWords)-1)]))
	}
	if r.caller.userid != "" && s.often(80) {
		s.contextMember(contextWord{word: &keyWord{key: identityKey}, values: []string{r.caller.userid}})
	}
	if r.caller.assumedRoot {
		s.contextMember(contextWord{word: &keyWord{key: "aws:AssumedRoot"}, values: []string{"true"}})
	}
	if strings.Contains(r.caller.principal, ":assumed-role/") && s.often(30) {
		s.contextMember(contextWord{word: &keyWord{key: "aws:FederatedProvider"}, values: []string{pick(s.dice, oidcIDP, googleIDP)}})
	}
	s.close(mark, '}')
}

// contextMember writes a key of the context, unless the object has it.
func (s *scenario) contextMember(c contextWord) {
	if !s.member(s.sometimesOtherCase(c.word.key, 10)) {
		return
	}
	if !c.list {
		s.value(c.values[0])
		return
	}
	s.out = append(s.out, '[')
	for i, v := range c.values {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.value(v)
	}
	s.out = append(s.out, ']')
}

// ---- Policies ----

// layerWord says for which layer a document is written.
type layerWord int

const (
	forIdentity layerWord = iota // boundary and session too
	forControl                   // service control
	forRCP
	forEndpoint
	forResource
)

const (
	fullAccess    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	rcpFullAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
)

// policies writes the policies of the bundle.
func (s *scenario) policies() {
	s.out = append(make([]byte, 0, 4096), `{"identity":`...)
	if s.often(22) {
		s.out = append(append(append(s.out, '['), fullAccess...), ',')
		s.document(forIdentity, 30)
		s.out = append(s.out, ']')
	} else {
		s.documents(forIdentity, pick(s.dice, 1, 1, 1, 2, 1, 2, 2, 0), 17)
	}
	if s.often(22) {
		s.out = append(s.out, `,"boundary":`...)
		s.document(forIdentity, 18)
	} else if s.often(50) {
		s.out = append(s.out, `,"boundary":null`...)
	}
	switch r := s.below(20); {
	case r >= 15:
		s.out = append(s.out, `,"session":`...)
		s.documents(forIdentity, pick(s.dice, 1, 1, 2), 14)
	case r >= 14:
		s.out = append(s.out, `,"session":[]`...)
	case r >= 8:
		s.out = append(s.out, `,"session":null`...)
	}
	if s.often(s.theme.resourcePolicy) {
		s.out = append(s.out, `,"resource":`...)
		s.document(forResource, 18)
	}
	if s.often(38) {
		s.out = append(s.out, `,"scp":`...)
		s.levels(forControl, fullAccess)
	}
	if s.often(24) {
		s.out = append(s.out, `,"rcp":`...)
		s.levels(forRCP, rcpFullAccess)
	}
	if s.often(12) {
		s.out = append(s.out, `,"endpoint":`...)
		s.document(forEndpoint, 25)
	}
	if s.often(38) && s.theme == &s3Theme {
		s.out = append(s.out, `,"acl":[`...)
		for i := range 1 + s.below(2) {
			if i > 0 {
				s.out = append(s.out, ',')
			}
			s.out = fmt.Appendf(s.out, `{"grantee":"%s","permission":"%s"}`,
				pick(s.dice, "AllUsers", "AuthenticatedUsers", accountA, accountB, canonicalA, canonicalB),
				pick(s.dice, "FULL_CONTROL", "READ", "READ", "WRITE", "READ_ACP", "WRITE_ACP"))
		}
		s.out = append(s.out, ']')
	}
	s.out = append(s.out, '}')
}

// levels writes one to three levels: mostly full access, some with a deny beside it, some of their own, few empty.
func (s *scenario) levels(layer layerWord, full string) {
	s.out = append(s.out, '[')
	for i := range 1 + s.below(3) {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		switch r := s.below(40); {
		case r < 22:
			s.out = append(append(append(s.out, '['), full...), ']')
		case r < 31:
			s.out = append(append(append(s.out, '['), full...), ',')
			s.document(layer, 75)
			s.out = append(s.out, ']')
		case r < 39:
			s.documents(layer, 1, 15)
		default:
			s.out = append(s.out, "[]"...)
		}
	}
	s.out = append(s.out, ']')
}

func (s *scenario) documents(layer layerWord, n, denyPercent int) {
	s.out = append(s.out, '[')
	for i := range n {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.document(layer, denyPercent)
	}
	s.out = append(s.out, ']')
}

// document writes a document of one to three statements, one in four wrapped with a name and an ARN.
func (s *scenario) document(layer layerWord, denyPercent int) {
	wrapped := s.often(25)
	if wrapped {
		s.out = append(s.out, `{"name":"P","arn":"arn:aws:iam::111122223333:policy/P","document":`...)
	}
	s.out = append(s.out, '{')
	switch s.below(8) {
	case 6:
		s.out = append(s.out, `"Version":"2008-10-17",`...)
	case 7: // absent means 2008-10-17
	default:
		s.out = append(s.out, `"Version":"2012-10-17",`...)
	}
	s.out = append(s.out, `"Statement":`...)
	n := pick(s.dice, 1, 2, 2, 3, 2)
	list := n > 1 || !s.often(30)
	if list {
		s.out = append(s.out, '[')
	}
	for i := range n {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.statement(layer, s.often(denyPercent))
	}
	if list {
		s.out = append(s.out, ']')
	}
	s.out = append(s.out, '}')
	if wrapped {
		s.out = append(s.out, '}')
	}
}

func (s *scenario) statement(layer layerWord, deny bool) {
	about := oneOf(s.dice, s.focus)
	s.out = append(s.out, `{"Effect":"Allow"`...)
	if deny {
		s.out = append(s.out[:len(s.out)-len(`"Allow"`)], `"Deny"`...)
	}
	trust := layer == forResource && s.theme.trust

	if layer >= forRCP && !s.often(2) {
		element := "Principal"
		if (deny && s.often(25) || s.often(2)) && (!trust || s.often(30)) && layer != forRCP {
			element = "NotPrincipal"
		}
		s.out = append(append(append(s.out, `,"`...), element...), `":`...)
		switch {
		case layer == forRCP && !s.often(15), layer == forEndpoint && !s.often(40):
			s.out = append(s.out, `"*"`...)
		default:
			s.principal(about, trust, element)
		}
	}

	not := s.often(10)
	element := "Action"
	if not {
		element = "NotAction"
	}
	s.out = append(append(append(s.out, `,"`...), element...), `":`...)
	s.list(1, func() {
		if not && !s.often(25) {
			s.quote(s.actionPattern(oneOf(s.dice, s.theme.actions)))
			return
		}
		s.quote(s.actionPattern(about.action))
	})

	if !(trust && !s.often(10)) && !(layer == forResource && s.often(4)) {
		not := s.often(10)
		element := "Resource"
		if not {
			element = "NotResource"
		}
		s.out = append(append(append(s.out, `,"`...), element...), `":`...)
		s.list(0, func() {
			resource := about.resource
			if not && !s.often(25) {
				resource = oneOf(s.dice, s.theme.resources)
			}
			s.quote(s.resourcePattern(resource))
		})
	}

	if deny && s.often(50) || s.often(36) {
		s.out = append(s.out, `,"Condition":`...)
		s.condition(about)
	}
	s.out = append(s.out, '}')
}

// list writes one entry, or a list of up to three; with nulls unless the least number of texts is given as 1.
func (s *scenario) list(texts int, entry func()) {
	r := s.below(10)
	if r < 6 {
		entry()
		return
	}
	s.out = append(s.out, '[')
	entry()
	for range max(r-7, 0) {
		s.out = append(s.out, ',')
		if texts == 0 && s.often(12) {
			s.out = append(s.out, "null"...)
		} else {
			entry()
		}
	}
	if texts == 0 && s.often(3) {
		s.out = append(s.out, ",null"...)
	}
	s.out = append(s.out, ']')
}

// ---- Patterns ----

// actionPattern makes a pattern of an action, mostly one that matches it.
func (s *scenario) actionPattern(action string) string {
	service, name, _ := strings.Cut(action, ":")
	switch s.below(16) {
	case 0, 1, 2:
		return action
	case 3, 4:
		return "*"
	case 5, 6:
		return service + ":*"
	case 7: // s3:Get*
		return service + ":" + name[:min(3, len(name))] + "*"
	case 8: // s3:*Object
		return service + ":*" + name[min(3, len(name)):]
	case 9:
		return s.otherCase(action)
	case 10: // a `?` for a letter
		i := s.below(len(name))
		return service + ":" + name[:i] + "?" + name[i+1:]
	case 11: // infix, perhaps overlapping
		i, j := s.below(len(name)), s.below(len(name))
		return service + ":" + name[:i] + "*" + name[min(len(name), max(i, j)):]
	case 12:
		i := s.below(len(name))
		return service + ":*" + name[i/2:i+1] + "*" + strings.Repeat("?", s.below(3))
	case 13:
		return oneOf(s.dice, s.theme.actions)
	case 14:
		return pick(s.dice, service, service+":"+name[:min(2, len(name))]+"\x00*", service+":"+name+":x", action+" ", service+": "+name, "foo:Bar", "iam:*", "s3:*", service+":"+name+"*?", service+":**", "sts:Assume*", "kms:De*")
	}
	return s.otherCase(service+":"+name[:1]) + "*"
}

// resourcePattern makes a pattern of a resource, mostly one that matches it.
func (s *scenario) resourcePattern(resource string) string {
	if s.often(28) {
		return "*"
	}
	parts := strings.SplitN(resource, ":", 6)
	last := parts[len(parts)-1]
	runes := []rune(last)
	switch s.below(16) {
	case 0, 1, 2: // the tail becomes `*`
		parts[len(parts)-1] = string(runes[:s.below(len(runes)+1)]) + "*"
	case 3: // a character becomes `?`
		i := s.below(len(runes))
		parts[len(parts)-1] = string(runes[:i]) + "?" + string(runes[i+1:])
	case 4: // infix
		i, j := s.below(len(runes)), s.below(len(runes))
		parts[len(parts)-1] = string(runes[:min(i, j)]) + "*" + string(runes[max(i, j):])
	case 5: // an earlier part becomes a wildcard
		i := s.below(len(parts))
		if i != 2 {
			parts[i] = pick(s.dice, "*", "?*", "*?", "??"+parts[i], parts[i]+"*", "*"+parts[i])
		}
	case 6, 7: // a short ARN, plain or ending with a wildcard
		parts = parts[:min(len(parts), 2+s.below(4))]
		if s.often(75) {
			parts = append(parts[:len(parts)-1], pick(s.dice, "*", parts[len(parts)-1]+"*", "?*", "a*b*"))
		}
	case 8: // stretched: a wildcard for several parts, then the rest
		colons := strings.Split(resource, ":")
		i := 3 + s.below(max(1, len(colons)-3))
		parts = append(append(slices.Clone(colons[:min(3, len(colons))]), pick(s.dice, "*", "u*", "?*")), colons[min(i, len(colons)):]...)
	case 9, 10, 11: // variables
		return s.withVariable(resource)
	case 12: // escapes
		resource = strings.ReplaceAll(resource, "*", "${*}")
		resource = strings.ReplaceAll(resource, "?", "${?}")
		resource = strings.ReplaceAll(resource, "$x", "${$}x")
		if s.often(50) {
			resource = strings.Replace(resource, "k", pick(s.dice, "${*}", "${?}", "${$}"), 1) + "*"
		}
		return resource
	case 13:
		return oneOf(s.dice, s.theme.resources)
	case 14:
		return pick(s.dice, strings.ToUpper(resource), resource+"?", resource+"*", "arn:aws:*", "arn:aws:s3:::*", "**", "?", "arn:*:*:*:*:*", "arn:aws:s3:::bucket/*/*", "arn:aws:iam::*:role/*")
	}
	return strings.Join(parts, ":")
}

// withVariable puts a variable into a pattern, in place of its value where it occurs.
func (s *scenario) withVariable(pattern string) string {
	switch s.below(9) {
	case 0, 1:
		return strings.Replace(pattern, "alice", "${aws:username}", 1)
	case 2:
		return strings.Replace(pattern, accountA, "${aws:PrincipalAccount}", 1)
	case 3:
		return strings.Replace(pattern, "blue", "${AWS:principaltag/Team}", 1) + "*"
	case 4:
		return strings.Replace(pattern, "bucket", pick(s.dice, "${app:Never, 'bucket'}", "${app:Never,'buck*t'}", "${aws:PrincipalTag/team, 'bucket'}"), 1)
	case 5: // a value with colons does not make new parts
		return strings.Replace(pattern, "a:b:c", pick(s.dice, "a${app:Never, ':b:'}c", "${aws:PrincipalTag/team}:c", "a${app:Never, ':'}b:*"), 1)
	case 6:
		return strings.Replace(pattern, "us-east-1", pick(s.dice, "${app:Never, 'us-east-1'}", "${aws:RequestedRegion}", "${app:Never, 'us:east'}"), 1)
	case 7: // `${` without an end, the unresolvable, the multi-valued
		return pattern[:len(pattern)-1] + pick(s.dice, "${", "${aws:TagKeys}", "${aws:TagKeys, 'k'}", "${}", "${app:Never}", "${?*")
	}
	// A stretch of the pattern as a default: with a colon in it, it matches no more.
	runes := []rune(pattern)
	i, j := s.below(len(runes)), s.below(len(runes))
	i, j = min(i, j), max(i, j)+1
	return string(runes[:i]) + "${app:Never, '" + string(runes[i:j]) + "'}" + string(runes[j:])
}

// otherCase turns the case of the letters.
func (s *scenario) otherCase(text string) string {
	switch s.below(3) {
	case 0:
		return strings.ToLower(text)
	case 1:
		return strings.ToUpper(text)
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func (s *scenario) sometimesOtherCase(text string, percent int) string {
	if s.often(percent) {
		return s.otherCase(text)
	}
	return text
}

// ---- Principals in policies ----

// principal writes a Principal or NotPrincipal that mostly names the caller in some way.
func (s *scenario) principal(about requestWord, trust bool, element string) {
	if !trust && s.often(30) {
		s.out = append(s.out, `"*"`...)
		return
	}
	mark := s.open('{')
	if element == "NotPrincipal" { // all that must be listed to be spared, with one perhaps forgotten
		names := s.namesOf(about.caller)
		if len(names) > 1 && s.often(18) {
			names = slices.Delete(names, 0, 1)
		}
		switch {
		case slices.Contains(serviceCallers, about.caller):
			s.member("Service")
			names = []string{about.caller.principal}
		case slices.Contains(providers, about.caller):
			s.member("Federated")
			names = []string{about.caller.principal}
		default:
			if about.caller.canonical != "" && len(names) > 1 && s.often(20) {
				s.member("CanonicalUser")
				s.texts([]string{about.caller.canonical})
				names = names[1:]
			}
			s.member("AWS")
		}
		s.texts(names)
		s.close(mark, '}')
		return
	}
	for range pick(s.dice, 1, 1, 1, 2, 2, 3) {
		caller := about.caller
		if s.often(22) {
			caller = s.caller()
		}
		key, names := s.entry(caller)
		if s.member(key) {
			s.texts(names)
		}
	}
	s.close(mark, '}')
}

// entry draws a key of the principal map and a list of names for it.
func (s *scenario) entry(caller callerWord) (key string, names []string) {
	switch {
	case s.often(6):
		return "CanonicalUser", []string{pick(s.dice, canonicalA, canonicalB)}
	case s.often(6):
		return "Federated", []string{pick(s.dice, oidcIDP, samlIDP, googleIDP)}
	case slices.Contains(serviceCallers, caller):
		return "Service", []string{caller.principal, "ec2.amazonaws.com"}[:1+s.below(2)]
	case slices.Contains(providers, caller):
		return "Federated", []string{caller.principal, googleIDP}[:1+s.below(2)]
	case caller.principal == "anonymous" || s.often(10):
		return "AWS", []string{"*"}
	}
	names = s.namesOf(caller)
	for len(names) > 1 && !s.often(12) {
		i := s.below(len(names))
		names = slices.Delete(names, i, i+1)
	}
	if s.often(15) {
		names = append(names, s.namesOf(s.caller())...)
	}
	return "AWS", names
}

// namesOf lists what can name a caller in a policy: account, user or role, session.
func (s *scenario) namesOf(caller callerWord) []string {
	parts := strings.SplitN(caller.principal, ":", 6)
	if len(parts) < 6 {
		return []string{"*"}
	}
	names := []string{pick(s.dice, parts[4], "arn:aws:iam::"+parts[4]+":root", "arn:aws-cn:iam::"+parts[4]+":root")}
	if role, _, _ := strings.Cut(strings.TrimPrefix(parts[5], "assumed-role/"), "/"); strings.HasPrefix(parts[5], "assumed-role/") && caller.issuer == "" {
		names = append(names, "arn:aws:iam::"+parts[4]+":role/"+role)
	}
	if caller.issuer != "" {
		names = append(names, caller.issuer)
	}
	if id, _, _ := strings.Cut(caller.userid, ":"); id != "" && s.often(20) {
		names = append(names, id)
	}
	if parts[5] != "root" {
		names = append(names, caller.principal)
	}
	return names
}

// ---- Conditions ----

// condition writes a Condition block.
func (s *scenario) condition(about requestWord) {
	block := s.open('{')
	if s.often(3) {
		s.close(block, '}')
		return
	}
	for range pick(s.dice, 1, 1, 1, 2, 2, 3) {
		sort := oneOf(s.dice, sortsOfOperators)
		base := oneOf(s.dice, operatorsBySort[sort])
		operator := base
		if base != "Null" {
			if s.often(22) {
				operator += "IfExists"
			}
			switch s.below(6) {
			case 4:
				operator = "ForAllValues:" + operator
			case 5:
				operator = "ForAnyValue:" + operator
			}
		}
		if !s.member(s.sometimesOtherCase(operator, 4)) {
			continue
		}
		keys := s.open('{')
		if !s.often(2) {
			for range pick(s.dice, 1, 1, 1, 1, 2) {
				s.test(about, sort, base)
			}
		}
		s.close(keys, '}')
	}
	if s.often(2) { // an unknown operator may stand there with an empty object
		if s.member(pick(s.dice, "x", "NullIf", "StringMatches", "ForAllValues:Foo")) {
			s.out = append(s.out, "{}"...)
		}
	}
	s.close(block, '}')
}

// test writes one key of an operator and its values.
func (s *scenario) test(about requestWord, sort, base string) {
	// Mostly a key of the sort that the request in focus carries, else any of the sort, else any at all.
	var word *keyWord
	var requested []string
	fits := func(k *keyWord) bool { return sort == "any" || k.sort == sort }
	if start := s.below(len(about.context)); !s.often(25) {
		for i := range about.context {
			if c := about.context[(start+i)%len(about.context)]; fits(c.word) {
				word, requested = c.word, c.values
				break
			}
		}
	}
	if word == nil {
		start := s.below(len(keyWords))
		for i := range keyWords {
			if word = &keyWords[(start+i)%len(keyWords)]; fits(word) || s.often(2) {
				break
			}
		}
	}
	if !s.member(s.sometimesOtherCase(word.key, 12)) {
		return
	}

	value := func() {
		if sort == "any" {
			s.value(pick(s.dice, "true", "false", "true", "false", "True", "FALSE", "no"))
			return
		}
		text := oneOf(s.dice, word.request)
		if len(requested) > 0 && !s.often(22) {
			text = oneOf(s.dice, requested)
		} else if len(word.policy) > 0 && s.often(60) {
			text = oneOf(s.dice, word.policy)
		}
		switch {
		case base != "Null" && s.often(5): // the key's own value, if it is single
			text = "${" + word.key + "}"
		case strings.HasSuffix(base, "IgnoreCase") && s.often(50): // beyond ASCII too
			text = pick(s.dice, strings.ToUpper(text), strings.ToLower(text), strings.ReplaceAll(text, "k", "\u212A"))
		case strings.HasPrefix(base, "String"):
			text = s.textPattern(text)
		case sort == "arn" && s.often(40) && text != "":
			text = s.resourcePattern(text)
		}
		s.value(text)
	}
	switch r := s.below(20); {
	case r < 11:
		value()
	case r == 19 && s.often(50):
		s.out = append(s.out, "[]"...)
	default:
		s.out = append(s.out, '[')
		value()
		for range s.below(3) {
			s.out = append(s.out, ',')
			value()
		}
		s.out = append(s.out, ']')
	}
}

// textPattern changes a text a little, with wildcards, variables and escapes.
func (s *scenario) textPattern(text string) string {
	runes := []rune(text)
	switch s.below(20) {
	case 10:
		return string(runes[:s.below(len(runes)+1)]) + "*"
	case 11:
		if len(runes) > 0 {
			i := s.below(len(runes))
			return string(runes[:i]) + "?" + string(runes[i+1:])
		}
	case 12:
		return strings.ToUpper(text)
	case 13:
		return pick(s.dice, "${aws:username}", "${aws:PrincipalTag/team}", "${AWS:PRINCIPALACCOUNT}", "${s3:prefix}*")
	case 14:
		return "${app:Never, '" + text + "'}"
	case 15:
		return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
	case 16:
		return pick(s.dice, "${app:Never}", "${aws:TagKeys}", "${", "*${*}", "${aws:TagKeys, 'x'}", "?*", "")
	}
	return text
}

// ---- JSON ----

// mark is where an object began.
type mark struct{ used, out int }

// open begins an object.
func (s *scenario) open(brace byte) mark {
	s.out = append(s.out, brace)
	return mark{len(s.used), len(s.out)}
}

// member writes a member's name and reports true, unless the object has one that folds to the same. Marks nest, and an
// inner object has closed before the outer one gets its next member, so used always ends with the current object's.
func (s *scenario) member(name string) bool {
	folded := naiveLower(name)
	// The members of the current object are those since its mark; enclosing ones may share names only by accident,
	// and leaving such a member out does no harm.
	if slices.Contains(s.used, folded) {
		return false
	}
	s.used = append(s.used, folded)
	if s.out[len(s.out)-1] != '{' {
		s.out = append(s.out, ',')
	}
	s.quote(name)
	s.out = append(s.out, ':')
	return true
}

func (s *scenario) close(m mark, brace byte) {
	s.used = s.used[:m.used]
	s.out = append(s.out, brace)
}

// texts writes one text, or a list of them.
func (s *scenario) texts(list []string) {
	if len(list) == 1 && !s.often(25) {
		s.quote(list[0])
		return
	}
	s.out = append(s.out, '[')
	for i, text := range list {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.quote(text)
	}
	s.out = append(s.out, ']')
}

// value writes a text, or now and then the number or boolean it spells.
func (s *scenario) value(text string) {
	if text == "true" || text == "false" || text != "" && (text[0] == '-' || '0' <= text[0] && text[0] <= '9') && json.Valid([]byte(text)) {
		if s.often(25) {
			s.out = append(s.out, text...)
			return
		}
	}
	s.quote(text)
}

// quote writes a JSON text; what is not ASCII is now and then written as an escape.
func (s *scenario) quote(text string) {
	s.out = append(s.out, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			s.out = append(s.out, '\\', byte(r))
		case r < 0x20:
			s.out = fmt.Appendf(s.out, `\u%04x`, r)
		case r >= 0x80 && r < 0x10000 && s.often(25):
			s.out = fmt.Appendf(s.out, `\u%04x`, r)
		default:
			s.out = utf8.AppendRune(s.out, r)
		}
	}
	s.out = append(s.out, '"')
}

// ---- Statistics ----

// statistics counts what the generator makes and how it is decided. It is safe for use by several goroutines; with one
// for each and merge at the end it is faster, because the policies of a bundle are then counted once.
type statistics struct {
	mu         sync.Mutex
	cases      int
	decisions  map[[2]string]int // by decision and layer
	operators  map[string]*operatorUse
	conditions map[int]int // cases by the number of tests in their policies
	callers    map[string]int

	policies string // the policies counted last
	uses     map[string]int
	tests    int
}

// operatorUse counts, for a base operator, the tests made with it in each form, and how observed ones came out.
type operatorUse struct{ plain, ifExists, forAll, forAny, held, failed int }

// add counts one case and its decision.
func (s *statistics) add(caseJSON []byte, decision, layer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	s.cases++
	s.decisions[[2]string{decision, layer}]++
	s.callers[callerKind(caseJSON)]++

	// The policies come last in a case and are the same text throughout a bundle.
	i := bytes.Index(caseJSON, []byte(`"policies":`))
	if i < 0 {
		return
	}
	if text := caseJSON[i:]; s.policies != string(text) {
		s.policies = string(text)
		s.uses, s.tests = map[string]int{}, 0
		var policies any
		decoder := json.NewDecoder(bytes.NewReader(text[len(`"policies":`):])) // stops before the closing brace
		decoder.UseNumber()
		if decoder.Decode(&policies) == nil {
			eachTest(policies, func(operator, _ string, _ []any, _ bool) {
				s.uses[operator]++
				s.tests++
			})
		}
	}
	for operator, n := range s.uses {
		_, form := s.use(operator)
		*form += n
	}
	s.conditions[s.tests]++
}

// observe evaluates every test of a case with the naive judge and counts how they come out.
func (s *statistics) observe(caseJSON []byte) {
	c := readNaiveCase(caseJSON)
	var raw struct{ Policies any }
	decoder := json.NewDecoder(bytes.NewReader(caseJSON))
	decoder.UseNumber()
	if decoder.Decode(&raw) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	eachTest(raw.Policies, func(operator, key string, values []any, variables bool) {
		use, _ := s.use(operator)
		if c.testHolds(operator, key, values, variables) {
			use.held++
		} else {
			use.failed++
		}
	})
}

// merge adds what another counted.
func (s *statistics) merge(other *statistics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other.mu.Lock()
	defer other.mu.Unlock()
	s.init()
	s.cases += other.cases
	for k, n := range other.decisions {
		s.decisions[k] += n
	}
	for k, n := range other.conditions {
		s.conditions[k] += n
	}
	for k, n := range other.callers {
		s.callers[k] += n
	}
	for name, theirs := range other.operators {
		ours, _ := s.use(name)
		ours.plain += theirs.plain
		ours.ifExists += theirs.ifExists
		ours.forAll += theirs.forAll
		ours.forAny += theirs.forAny
		ours.held += theirs.held
		ours.failed += theirs.failed
	}
}

func (s *statistics) init() {
	if s.decisions == nil {
		s.decisions, s.operators = map[[2]string]int{}, map[string]*operatorUse{}
		s.conditions, s.callers = map[int]int{}, map[string]int{}
	}
}

// use finds the counters of an operator and, among them, that of the form it is written in.
func (s *statistics) use(operator string) (use *operatorUse, form *int) {
	base, forAll := strings.CutPrefix(naiveLower(operator), "forallvalues:")
	base, forAny := strings.CutPrefix(base, "foranyvalue:")
	base, ifExists := strings.CutSuffix(base, "ifexists")
	use = s.operators[base]
	if use == nil {
		use = &operatorUse{}
		s.operators[base] = use
	}
	switch {
	case forAll:
		return use, &use.forAll
	case forAny:
		return use, &use.forAny
	case ifExists:
		return use, &use.ifExists
	}
	return use, &use.plain
}

// decided counts the cases with a decision, of every layer.
func (s *statistics) decided(decision string) int {
	n := 0
	for k, count := range s.decisions {
		if k[0] == decision {
			n += count
		}
	}
	return n
}

// log prints the table.
func (s *statistics) log(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	fmt.Fprintf(&b, "%d cases\n", s.cases)
	for _, decision := range []string{"Allow", "ExplicitDeny", "ImplicitDeny"} {
		n := s.decided(decision)
		fmt.Fprintf(&b, "%-12s %5.1f%%  ", decision, percent(n, s.cases))
		for _, layer := range []string{"scp", "rcp", "endpoint", "resource", "identity", "boundary", "session", "acl", ""} {
			if n := s.decisions[[2]string{decision, layer}]; n > 0 {
				fmt.Fprintf(&b, " %s %d", layer, n)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("callers      ")
	for _, kind := range slices.Sorted(maps.Keys(s.callers)) {
		fmt.Fprintf(&b, " %s %.1f%%", kind, percent(s.callers[kind], s.cases))
	}
	b.WriteString("\ntests a case ")
	total := 0
	for _, n := range slices.Sorted(maps.Keys(s.conditions)) {
		total += n * s.conditions[n]
		if n <= 8 {
			fmt.Fprintf(&b, " %d: %.1f%%", n, percent(s.conditions[n], s.cases))
		}
	}
	fmt.Fprintf(&b, ", mean %.1f\n", float64(total)/float64(max(s.cases, 1)))
	fmt.Fprintf(&b, "%-28s %8s %8s %8s %8s  %s\n", "operator", "plain", "IfExists", "ForAll", "ForAny", "held")
	for _, name := range slices.Sorted(maps.Keys(s.operators)) {
		use := s.operators[name]
		fmt.Fprintf(&b, "%-28s %8d %8d %8d %8d", name, use.plain, use.ifExists, use.forAll, use.forAny)
		if seen := use.held + use.failed; seen > 0 {
			fmt.Fprintf(&b, "  %.0f%% of %d", percent(use.held, seen), seen)
		}
		b.WriteByte('\n')
	}
	t.Log(b.String())
}

// callerKind names the kind of a case's principal, without reading the whole case.
func callerKind(caseJSON []byte) string {
	_, rest, _ := bytes.Cut(caseJSON, []byte(`"principal":"`))
	name, rest, _ := bytes.Cut(rest, []byte(`"`))
	principal := string(name)
	switch {
	case principal == "anonymous":
		return "anonymous"
	case strings.HasSuffix(principal, ":root"):
		if bytes.Contains(rest, []byte(`aws:AssumedRoot`)) {
			return "assumed root"
		}
		return "root"
	case strings.Contains(principal, "-provider/"):
		return "provider"
	case strings.Contains(principal, ":federated-user/"):
		return "federated"
	case strings.Contains(principal, ":assumed-role/"):
		return "session"
	case strings.Contains(principal, ":role/"):
		return "role"
	case strings.Contains(principal, ":user/"):
		return "user"
	}
	return "service or provider"
}

// eachTest visits every test of every condition in decoded policies: it looks for objects with a Statement.
func eachTest(value any, visit func(operator, key string, values []any, variables bool)) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			eachTest(one, visit)
		}
	case map[string]any:
		statements, isDocument := v["Statement"]
		if !isDocument {
			for _, one := range v {
				eachTest(one, visit)
			}
			return
		}
		for _, statement := range naiveList(statements) {
			block, _ := statement.(map[string]any)["Condition"].(map[string]any)
			for operator, keys := range block {
				for key, values := range keys.(map[string]any) {
					visit(operator, key, naiveList(values), v["Version"] == "2012-10-17")
				}
			}
		}
	}
}

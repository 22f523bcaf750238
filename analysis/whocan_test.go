package analysis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// smallEstate is an estate in which everything happens once.
func smallEstate(t *testing.T) *Estate {
	t.Helper()
	var r EstateReader
	for _, err := range []error{
		r.Account("one.json", smallAccount), r.Account("two.json", smallOther), r.Resources("resources.json", smallResources), r.Organization("organization.json", smallOrganization),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := r.Estate()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const smallAccount = `
{"UserDetailList": [
  {"Path": "/", "UserName": "alice", "UserId": "AIDAALICE", "Arn": "arn:aws:iam::111122223333:user/alice", "GroupList": ["readers"], "Tags": [{"Key": "team", "Value": "red"}]},
  {"Path": "/", "UserName": "bob", "UserId": "AIDABOB", "Arn": "arn:aws:iam::111122223333:user/bob", "GroupList": ["readers"],
   "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/NoS3"}},
  {"Path": "/", "UserName": "carol", "UserId": "AIDACAROL", "Arn": "arn:aws:iam::111122223333:user/carol", "UserPolicyList": [
    {"PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
      {"Sid": "Office", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
      {"Sid": "Impossible", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "a"}, "StringNotEquals": {"aws:SourceVpce": "a"}}}]}}]},
  {"Path": "/", "UserName": "dave", "UserId": "AIDADAVE", "Arn": "arn:aws:iam::111122223333:user/dave", "UserPolicyList": [
    {"PolicyName": "Assume", "PolicyDocument": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Resource\": \"*\"}}"}]}],
 "GroupDetailList": [{"Path": "/", "GroupName": "readers", "GroupId": "AGPAR", "Arn": "arn:aws:iam::111122223333:group/readers",
   "AttachedManagedPolicies": [{"PolicyName": "Read", "PolicyArn": "arn:aws:iam::111122223333:policy/Read"}]}], "IsTruncated": true, "Marker": "x"}
{"RoleDetailList": [
  {"Path": "/", "RoleName": "reader", "RoleId": "AROAREADER", "Arn": "arn:aws:iam::111122223333:role/reader",
   "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/hop"}, "Action": "sts:AssumeRole"}},
   "AttachedManagedPolicies": [{"PolicyName": "Read", "PolicyArn": "arn:aws:iam::111122223333:policy/Read"}]}],
 "Policies": [
  {"PolicyName": "Read", "Arn": "arn:aws:iam::111122223333:policy/Read", "DefaultVersionId": "v1", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true,
   "Document": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22s3%3AGetObject%22%2C%22s3%3AGetObjectVersion%22%5D%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aledger%2F%2A%22%7D%5D%7D"}]},
  {"PolicyName": "NoS3", "Arn": "arn:aws:iam::111122223333:policy/NoS3", "DefaultVersionId": "v1", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true,
   "Document": {"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}}]}]}`

const smallOther = `
{"UserDetailList": [{"Path": "/", "UserName": "erin", "UserId": "AIDAERIN", "Arn": "arn:aws:iam::444455556666:user/erin", "UserPolicyList": [
    {"PolicyName": "All", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}],
 "RoleDetailList": [{"Path": "/", "RoleName": "hop", "RoleId": "AROAHOP", "Arn": "arn:aws:iam::444455556666:role/hop",
   "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
     {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/dave"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "e"}}},
     {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
   "RolePolicyList": [{"PolicyName": "Hop", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/reader"}}}]}]}`

const smallResources = `[
 {"arn": "arn:aws:s3:::ledger", "account": "111122223333", "policy": {"Version": "2012-10-17", "Statement": [
   {"Sid": "Named", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:user/erin"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ledger/*"},
   {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::777788889999:role/partner", "222233334444"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ledger/*"},
   {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::ledger/*",
    "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}},
   {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::ledger/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}},
 {"arn": "arn:aws:s3:::open", "account": "111122223333", "policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}}},
 {"arn": "arn:aws:s3:::vague", "account": "111122223333", "policy": {"Statement": [
   {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::vague/*"},
   {"Effect": "Deny", "Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::vague/*"}]}},
 {"arn": "arn:aws:s3:::quiet", "account": "111122223333", "tags": {"team": "red"}}]`

const smallOrganization = `
{"id": "o-small", "managementAccount": "999999999999", "policies": {"NoAcl": {"Statement": {"Effect": "Deny", "Action": "s3:PutObjectAcl", "Resource": "*"}}},
 "accounts": {"111122223333": {"scp": [["FullAWSAccess"], ["FullAWSAccess", "NoAcl"]], "rcp": [["RCPFullAWSAccess"]]}, "444455556666": {"scp": [["FullAWSAccess"]]}}}`

func line(f *Finding) string {
	var b strings.Builder
	name := f.Entity.ARN
	fmt.Fprintf(&b, "%s %v", name[strings.LastIndexAny(name, ":/")+1:], f.Standing)
	for _, s := range f.Steps {
		fmt.Fprintf(&b, " via %s", s.Role.ARN[strings.LastIndexByte(s.Role.ARN, '/')+1:])
	}
	if f.By != nil {
		fmt.Fprintf(&b, " by %s", f.By.Place())
	}
	for _, t := range f.If {
		fmt.Fprintf(&b, " if %v", t.Conditions)
	}
	for _, t := range f.Unless {
		fmt.Fprintf(&b, " unless %v", t.Conditions)
	}
	return b.String()
}

func TestWhoCan(t *testing.T) {
	x := NewAsker(smallEstate(t), Options{})
	tls := ` unless [Bool aws:SecureTransport false]`
	for _, test := range []struct {
		claim, action, resource string
		depth                   int
		want                    []string
	}{
		{"a group's policy, a condition, a bucket policy across accounts, strangers, and roles behind roles", "s3:GetObject", "arn:aws:s3:::ledger/2026", 3, []string{
			`reader conditional by Read, statement 0` + tls,
			`alice conditional by Read of group readers, statement 0` + tls,
			`carol conditional by Own, statement 0 "Office" if [IpAddress aws:SourceIp 203.0.113.0/24]` + tls,
			`erin conditional by the resource's policy, statement 0 "Named"` + tls,
			`222233334444 conditional by the resource's policy, statement 1 "Partner"` + tls,
			`partner conditional by the resource's policy, statement 1 "Partner"` + tls,
			`dave conditional via hop via reader by Read, statement 0` + tls,
			`hop conditional via reader by Read, statement 0` + tls,
			`ec2.amazonaws.com conditional via hop via reader by Read, statement 0` + tls,
		}},
		{"no deeper than asked", "s3:GetObject", "arn:aws:s3:::ledger/2026", 1, []string{
			`reader conditional by Read, statement 0` + tls,
			`alice conditional by Read of group readers, statement 0` + tls,
			`carol conditional by Own, statement 0 "Office" if [IpAddress aws:SourceIp 203.0.113.0/24]` + tls,
			`erin conditional by the resource's policy, statement 0 "Named"` + tls,
			`222233334444 conditional by the resource's policy, statement 1 "Partner"` + tls,
			`partner conditional by the resource's policy, statement 1 "Partner"` + tls,
			`hop conditional via reader by Read, statement 0` + tls,
		}},
		{"conditions that contradict each other are no", "s3:PutObject", "arn:aws:s3:::quiet/x", 3, nil},
		{"a service, under its conditions", "s3:PutObject", "arn:aws:s3:::ledger/2026", 0, []string{
			`logging.s3.amazonaws.com conditional by the resource's policy, statement 2 "Logs" if [StringEquals aws:SourceAccount 111122223333]` + tls,
		}},
		{"everybody", "s3:GetObject", "arn:aws:s3:::open/x", 0, []string{
			`reader allowed by the resource's policy, statement 0`, `alice allowed by the resource's policy, statement 0`,
			`bob allowed by the resource's policy, statement 0`, // whom the boundary does not limit where everybody is let in (evaluation.md §2.2)
			`carol allowed by the resource's policy, statement 0`, `dave allowed by the resource's policy, statement 0`, `erin allowed by the resource's policy, statement 0`,
			`* conditional by the resource's policy, statement 0`, `anonymous allowed by the resource's policy, statement 0`,
		}},
		{"a policy names sessions by their provider, which nobody tells", "s3:GetObject", "arn:aws:s3:::vague/x", 0, []string{
			`reader undecided if []`, `carol conditional by Own, statement 0 "Office" if [IpAddress aws:SourceIp 203.0.113.0/24]`,
		}},
		{"a control policy forbids it", "s3:PutObjectAcl", "arn:aws:s3:::quiet/x", 3, nil},
		{"a role that trusts a user of another account under a condition", "sts:AssumeRole", "arn:aws:iam::444455556666:role/hop", 0, []string{
			`dave conditional by the role's trust policy, statement 0 if [StringEquals sts:ExternalId e]`, `ec2.amazonaws.com allowed by the role's trust policy, statement 1`,
		}},
	} {
		w, err := x.WhoCan(WhoCanQuestion{Action: test.action, Resource: test.resource, Depth: test.depth})
		if err != nil {
			t.Errorf("%s: %v", test.claim, err)
			continue
		}
		var got []string
		for i := range w.Findings {
			got = append(got, line(&w.Findings[i]))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n\t%s\nwant\n\t%s", test.claim, strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
		}
	}
}

func TestWhoCanRefusesToGuess(t *testing.T) {
	x := NewAsker(smallEstate(t), Options{})
	for _, test := range []struct{ action, resource, want string }{
		{"s3:GetObject", "arn:aws:s3:::unknown/x", "it is not known whose arn:aws:s3:::unknown/x is: neither its ARN tells nor a file in resources"},
		{"s3:Get*", "arn:aws:s3:::ledger", `"s3:Get*": authz: not an action: "service:Name" without wildcards is expected`},
		{"s3:GetObject", "ledger", `"ledger" is neither an ARN nor *`},
		{"sts:AssumeRole", "arn:aws:iam::111122223333:role/gone", "the role arn:aws:iam::111122223333:role/gone is not in the export"},
	} {
		if _, err := x.WhoCan(WhoCanQuestion{Action: test.action, Resource: test.resource}); err == nil || err.Error() != test.want {
			t.Errorf("%s on %s: %v, want %s", test.action, test.resource, err, test.want)
		}
	}
}

// TestChainsAreAllThereAre looks for chains in random estates step by step and wants WhoCan to find just those.
func TestChainsAreAllThereAre(t *testing.T) {
	const action, resource, depth = "s3:GetObject", "arn:aws:s3:::b/a", 3
	n := 0
	for i := range 60 {
		w := world{rand.New(rand.NewPCG(uint64(i), 4321))}
		d := w.drawEstate(t)
		x := NewAsker(d.estate, Options{Budget: 20_000})
		ask := func(who *Entity, action, resource string) bool {
			f, err := x.Ask(who, action, resource)
			if err != nil {
				t.Fatal(err)
			}
			return f.Standing != Refused
		}
		can := make(map[string]int) // how many roles it takes
		for _, who := range d.estate.Entities() {
			if ask(who, action, resource) {
				can[who.ARN] = 0
			}
		}
		for step := 1; step <= depth; step++ {
			for _, who := range d.estate.Entities() {
				if _, ok := can[who.ARN]; ok {
					continue
				}
				for _, role := range d.estate.Entities() {
					if role.Kind != RoleEntity {
						continue
					}
					n, ok := can[role.ARN]
					for _, session := range d.estate.Entities() {
						if m, has := can[session.ARN]; has && session.Kind == SessionEntity && session.who.Issuer == role.ARN && (!ok || m < n) {
							n, ok = m, true
						}
					}
					if ok && n == step-1 && ask(who, "sts:AssumeRole", role.ARN) {
						can[who.ARN] = step
						break
					}
				}
			}
		}
		got, err := x.WhoCan(WhoCanQuestion{Action: action, Resource: resource, Depth: depth})
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]int)
		for k := range got.Findings {
			f := &got.Findings[k]
			if f.Entity.Kind == OutsideEntity {
				continue
			}
			if m, ok := found[f.Entity.ARN]; !ok || len(f.Steps) < m {
				found[f.Entity.ARN] = len(f.Steps)
			}
			if len(f.Steps) > 0 {
				n++
			}
		}
		for _, who := range d.estate.Entities() {
			want, ok := can[who.ARN]
			if m, has := found[who.ARN]; has != ok || m < want {
				t.Errorf("estate %d: %s is found %v with %d roles, want %v with %d\n%s", i, who.ARN, has, m, ok, want, strings.Join(d.files, "\n"))
				return
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d chains", n)
	}
}

func TestExportErrorsSayWhere(t *testing.T) {
	user := `{"UserName": "a", "Arn": "arn:aws:iam::111122223333:user/a", "UserId": "AIDAA"`
	for _, test := range []struct{ claim, account, resources, organization, want string }{
		{claim: "an unknown member", account: "{\n  \"Users\": []}", want: `a.json:2:3: unknown member "Users" of an export`},
		{claim: "an unknown member of a user", account: `{"UserDetailList": [` + user + `, "PermissionBoundary": null}]}`, want: `a.json:1:101: unknown member "PermissionBoundary" of a user`},
		{claim: "a document in a string", account: `{"UserDetailList": [` + user + `, "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": "{\"Statement\": 1}"}]}]}`, want: `a.json:1:158: in the document in this string: 1:15: `},
		{claim: "a document", account: `{"UserDetailList": [` + user + ", \"UserPolicyList\": [{\"PolicyName\": \"p\", \"PolicyDocument\":\n{\"Statement\": 1}}]}]}", want: `a.json:2:15: `},
		{claim: "a policy that is missing", account: `{"UserDetailList": [` + user + `, "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "arn:aws:iam::aws:policy/P"}]}]}`, want: `a.json:1:129: the policy arn:aws:iam::aws:policy/P is not in the export; `},
		{claim: "a group that is missing", account: `{"UserDetailList": [` + user + `, "GroupList": ["g"]}]}`, want: `a.json:1:21: the user arn:aws:iam::111122223333:user/a is in a group "g" that is not in the export`},
		{claim: "a user twice", account: `{"UserDetailList": [` + user + `}, ` + user + `}]}`, want: `stands in a.json:1:21 already`},
		{claim: "an ARN of something else", account: `{"UserDetailList": [{"UserName": "a", "Arn": "arn:aws:iam::111122223333:role/a"}]}`, want: `a.json:1:46: "arn:aws:iam::111122223333:role/a" is not the ARN of a user`},
		{claim: "nothing", account: `{}`, want: "export: there is no user, role, group or policy of an account in it"},
		{claim: "a bucket of nobody", account: `{"UserDetailList": [` + user + `}]}`, resources: `{"arn": "arn:aws:s3:::b"}`, want: `r.json:1:1: the ARN arn:aws:s3:::b does not tell the account, so that it must be given`},
		{claim: "a control policy that is missing", account: `{"UserDetailList": [` + user + `}]}`, organization: `{"accounts": {"111122223333": {"scp": [["Full"]]}}}`, want: `o.json:1:41: there is no policy "Full" among the policies of the organization`},
		{claim: "text behind", account: `{"UserDetailList": []} x`, want: `a.json:1:24: `},
	} {
		var r EstateReader
		err := r.Account("a.json", test.account)
		if err == nil && test.resources != "" {
			err = r.Resources("r.json", test.resources)
		}
		if err == nil && test.organization != "" {
			err = r.Organization("o.json", test.organization)
		}
		if err == nil {
			_, err = r.Estate()
		}
		var e *ExportError
		if err == nil || !strings.Contains(err.Error(), test.want) || !errors.As(err, &e) {
			t.Errorf("%s: %v, want %s", test.claim, err, test.want)
		}
	}
}

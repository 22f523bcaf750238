package iam_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

// encoded is a document as answers have it.
func encoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// shownPolicy is a policy of our account as most answers have it.
func shownPolicy(path, name, version string, attachments, boundaries int, more string) string {
	return fmt.Sprintf(`{"Arn":"arn:aws:iam::111122223333:policy%s%s","AttachmentCount":%d,"DefaultVersionId":%q,%s"IsAttachable":true,"Path":%q,`+
		`"PermissionsBoundaryUsageCount":%d,"PolicyId":"ANPA","PolicyName":%q`, path, name, attachments, version, "", path, boundaries, name) + more + `}`
}

func TestManagedPolicies(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addRole("ops")
	tags := []iamapi.Tag{{Key: new("team"), Value: new("red")}}
	doc := func(text string) *string { return new(text) }
	malformed := func(claim, text, message string) step {
		return step{claim: claim, op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("x"), PolicyDocument: new(text)},
			want: "MalformedPolicyDocument: " + message}
	}
	w.tell([]step{
		{claim: "tags are echoed, the description is not", op: "CreatePolicy",
			in:   &iamapi.CreatePolicyInput{PolicyName: new("P"), Path: new("/eng/"), PolicyDocument: doc(allowLists), Description: new("lists"), Tags: tags},
			want: `{"Policy":` + shownPolicy("/eng/", "P", "v1", 0, 0, `,"Tags":[{"Key":"team","Value":"red"}]`) + `}`},
		{claim: "without tags there are none", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("q"), PolicyDocument: doc(allowLists)},
			want: `{"Policy":` + shownPolicy("/", "q", "v1", 0, 0, "") + `}`},
		{claim: "names are unique in any case and path", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: doc(allowLists)},
			want: "EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed."},
		{claim: "a policy may have the name of one of AWS's", op: "CreatePolicy",
			in: &iamapi.CreatePolicyInput{PolicyName: new("ReadOnlyAccess"), PolicyDocument: doc(allowLists)}, want: `{"Policy":` + shownPolicy("/", "ReadOnlyAccess", "v1", 0, 0, "") + `}`},
		{claim: "names have few letters", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("a/b"), PolicyDocument: doc(allowLists)},
			want: "ValidationError: The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{claim: "a path ends with a slash", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("x"), Path: new("/eng"), PolicyDocument: doc(allowLists)},
			want: "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},

		malformed("not JSON", `{`, "Syntax errors in policy."),
		malformed("an older version", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`,
			"Policy document must be version 2012-10-17 or greater."),
		malformed("an effect in another case", `{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}`,
			"The policy failed legacy parsing"),
		malformed("a principal", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`,
			"Policy document should not specify a principal."),
		malformed("no action", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}`, "Policy statement must contain actions."),
		malformed("no resource", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`, "Policy statement must contain resources."),
		malformed("a resource that is no ARN", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"b"}}`,
			`Resource b must be in ARN format or "*".`),
		malformed("two statements of one Sid", `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},`+
			`{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "Statement IDs (SID) in a single policy must be unique."),
		malformed("an action without a service", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"List","Resource":"*"}}`,
			"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),

		{claim: "got with tags and description", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new(policyARN("eng/P"))},
			want: `{"Policy":` + strings.Replace(shownPolicy("/eng/", "P", "v1", 0, 0, `,"Tags":[{"Key":"team","Value":"red"}]`), `"IsAttachable"`, `"Description":"lists","IsAttachable"`, 1) + `}`},
		{claim: "got with an empty list of tags", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new(policyARN("q"))},
			want: `{"Policy":` + shownPolicy("/", "q", "v1", 0, 0, `,"Tags":[]`) + `}`},
		{claim: "an ARN has a case", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new(policyARN("eng/p"))},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/eng/p was not found."},
		{claim: "and a path", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new(policyARN("P"))},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/P was not found."},
		{claim: "no ARN at all", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new("longpolicynamebutnoarn")}, want: "ValidationError: Invalid ARN:  Could not be parsed!"},
		{claim: "the ARN of a role", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new("arn:aws:iam::111122223333:role/ops")},
			want: "InvalidInput: ARN arn:aws:iam::111122223333:role/ops is not valid."},
		{claim: "a policy of another account is none of ours", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new("arn:aws:iam::444455556666:policy/q")},
			want: "NoSuchEntity: Policy arn:aws:iam::444455556666:policy/q was not found."},

		{claim: "attached", op: "AttachUserPolicy", in: &iamapi.AttachUserPolicyInput{UserName: new("alice"), PolicyArn: new(policyARN("q"))}, want: `{}`},
		{claim: "and a boundary", op: "PutRolePermissionsBoundary",
			in: &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("ops"), PermissionsBoundary: new(policyARN("q"))}, want: `{}`},
		{claim: "it counts both", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new(policyARN("q"))},
			want: `{"Policy":` + shownPolicy("/", "q", "v1", 1, 1, `,"Tags":[]`) + `}`},
		{claim: "an attached policy stays", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("q"))},
			want: "DeleteConflict: Cannot delete a policy attached to entities."},
		{claim: "detached", op: "DetachUserPolicy", in: &iamapi.DetachUserPolicyInput{UserName: new("alice"), PolicyArn: new(policyARN("q"))}, want: `{}`},
		{claim: "a boundary stays too", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("q"))},
			want: "DeleteConflict: Cannot delete a policy attached to entities."},
		{claim: "unbounded", op: "DeleteRolePermissionsBoundary", in: &iamapi.DeleteRolePermissionsBoundaryInput{RoleName: new("ops")}, want: `{}`},
		{claim: "a second version", op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: new(policyARN("q")), PolicyDocument: doc(allowLists)},
			want: `{"PolicyVersion":{"IsDefaultVersion":false,"VersionId":"v2"}}`},
		{claim: "a policy with two versions stays", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("q"))},
			want: "DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
				"The default version is deleted with the policy."},
		{claim: "one goes", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: new(policyARN("q")), VersionId: new("v2")}, want: `{}`},
		{claim: "then the policy goes", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("q"))}, want: `{}`},
		{claim: "and is gone", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("q"))},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/q was not found."},
	})
}

// The root user may do everything, and still nobody changes what is AWS's.
func TestAWSPoliciesAreReadOnly(t *testing.T) {
	w := newWorld(t)
	const refused = "AccessDenied: Policy is outside your own account."
	w.tell([]step{
		{claim: "deleted", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(readOnly)}, want: refused},
		{claim: "tagged", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: new(readOnly), Tags: []iamapi.Tag{{Key: new("a"), Value: new("b")}}}, want: refused},
		{claim: "untagged", op: "UntagPolicy", in: &iamapi.UntagPolicyInput{PolicyArn: new(readOnly), TagKeys: []string{"a"}}, want: refused},
		{claim: "given a version", op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: new(readOnly), PolicyDocument: new(allowLists)}, want: refused},
		{claim: "robbed of one", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: new(readOnly), VersionId: new(defaultOf(w, readOnly))}, want: refused},
		{claim: "given another default", op: "SetDefaultPolicyVersion",
			in: &iamapi.SetDefaultPolicyVersionInput{PolicyArn: new(readOnly), VersionId: new(defaultOf(w, readOnly))}, want: refused},
		{claim: "its path is in its ARN", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: new("arn:aws:iam::aws:policy/Billing")},
			want: "NoSuchEntity: Policy arn:aws:iam::aws:policy/Billing was not found."},
		{claim: "it has no tags", op: "ListPolicyTags", in: &iamapi.ListPolicyTagsInput{PolicyArn: new(readOnly)}, want: `{"IsTruncated":false,"Tags":[]}`},
	})
	p := do[iamapi.GetPolicyOutput](w, "root", "GetPolicy", &iamapi.GetPolicyInput{PolicyArn: new(billing)}).Policy
	if *p.Arn != billing || *p.Path != "/job-function/" || len(*p.PolicyId) != 21 || !strings.HasPrefix(*p.PolicyId, "ANPA") {
		t.Errorf("Billing is %s", show(t, p))
	}
	v := do[iamapi.GetPolicyVersionOutput](w, "root", "GetPolicyVersion", &iamapi.GetPolicyVersionInput{PolicyArn: new(billing), VersionId: p.DefaultVersionId}).PolicyVersion
	text, err := url.PathUnescape(*v.Document)
	if err != nil || !json.Valid([]byte(text)) || !*v.IsDefaultVersion {
		t.Errorf("its default version is %s", show(t, v))
	}
}

func defaultOf(w *world, arn string) string {
	w.Helper()
	return *do[iamapi.GetPolicyOutput](w, "root", "GetPolicy", &iamapi.GetPolicyInput{PolicyArn: &arn}).Policy.DefaultVersionId
}

func TestPolicyQuotas(t *testing.T) {
	q := identity.DefaultQuotas()
	q.Policies, q.PolicySize, q.Tags = 1, 100, 2
	w := newWorldWith(t, q)
	fits := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Sid":""}}`
	fits = strings.Replace(fits, `"Sid":"`, `"Sid":"`+strings.Repeat("a", 100-len(fits)), 1)
	tag := func(keys ...string) (tags []iamapi.Tag) {
		for _, key := range keys {
			tags = append(tags, iamapi.Tag{Key: new(key), Value: new("")})
		}
		return tags
	}
	w.tell([]step{
		{claim: "a document of 101 characters", op: "CreatePolicy",
			in:   &iamapi.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(strings.Replace(fits, `"Sid":"`, `"Sid":"a`, 1))},
			want: "LimitExceeded: Cannot exceed quota for PolicySize: 100"},
		{claim: "one of 100, with white space", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(strings.ReplaceAll(fits, ",", ", \n"))},
			want: `{"Policy":` + shownPolicy("/", "p", "v1", 0, 0, "") + `}`},
		{claim: "a version has the same quota", op: "CreatePolicyVersion",
			in:   &iamapi.CreatePolicyVersionInput{PolicyArn: new(policyARN("p")), PolicyDocument: new(strings.Replace(fits, `"Sid":"`, `"Sid":"a`, 1))},
			want: "LimitExceeded: Cannot exceed quota for PolicySize: 100"},
		{claim: "a second policy", op: "CreatePolicy", in: &iamapi.CreatePolicyInput{PolicyName: new("q"), PolicyDocument: new(fits)},
			want: "LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1"},
		{claim: "two tags", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: new(policyARN("p")), Tags: tag("a", "b")}, want: `{}`},
		{claim: "the same again", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: new(policyARN("p")), Tags: tag("b")}, want: `{}`},
		{claim: "a third", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: new(policyARN("p")), Tags: tag("c")},
			want: "LimitExceeded: The number of tags has reached the maximum limit."},
	})
}

// Other than those of users and roles the tags of policies are told apart by case.
func TestPolicyTags(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("p")
	p := policyARN("p")
	tags := func(pairs ...string) (tags []iamapi.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			tags = append(tags, iamapi.Tag{Key: new(pairs[i]), Value: new(pairs[i+1])})
		}
		return tags
	}
	w.tell([]step{
		{claim: "tagged", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: &p, Tags: tags("somekey", "old", "a", "lower")}, want: `{}`},
		{claim: "a new value, and another case of a key", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: &p, Tags: tags("somekey", "", "A", "upper")}, want: `{}`},
		{claim: "listed by key, capitals first", op: "ListPolicyTags", in: &iamapi.ListPolicyTagsInput{PolicyArn: &p},
			want: `{"IsTruncated":false,"Tags":[{"Key":"A","Value":"upper"},{"Key":"a","Value":"lower"},{"Key":"somekey","Value":""}]}`},
		{claim: "untagged by the very key", op: "UntagPolicy", in: &iamapi.UntagPolicyInput{PolicyArn: &p, TagKeys: []string{"a", "SOMEKEY", "none"}}, want: `{}`},
		{claim: "the other stays", op: "ListPolicyTags", in: &iamapi.ListPolicyTagsInput{PolicyArn: &p},
			want: `{"IsTruncated":false,"Tags":[{"Key":"A","Value":"upper"},{"Key":"somekey","Value":""}]}`},
		{claim: "a key twice", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: &p, Tags: tags("x", "1", "x", "2")}, want: "InvalidInput: Duplicate tag keys found."},
		{claim: "AWS's own keys", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: &p, Tags: tags("AWS:x", "1")},
			want: "InvalidInput: Tag keys beginning with aws: are reserved for system use."},
		{claim: "no such policy is tagged", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: new(policyARN("none")), Tags: tags("x", "1")},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
		{claim: "nor untagged", op: "UntagPolicy", in: &iamapi.UntagPolicyInput{PolicyArn: new(policyARN("none")), TagKeys: []string{"x"}},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
		{claim: "nor has tags", op: "ListPolicyTags", in: &iamapi.ListPolicyTagsInput{PolicyArn: new(policyARN("none"))},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
		{claim: "the older one is back", op: "TagPolicy", in: &iamapi.TagPolicyInput{PolicyArn: &p, Tags: tags("a", "again")}, want: `{}`},
	})
	in := &iamapi.ListPolicyTagsInput{PolicyArn: &p, MaxItems: new(int32(1))}
	got := pages(w, "ListPolicyTags", in, func(m *string) { in.Marker = m }, func(out *iamapi.ListPolicyTagsOutput) (keys []string, truncated *bool, marker *string) {
		for _, t := range out.Tags {
			keys = append(keys, *t.Key)
		}
		return keys, out.IsTruncated, out.Marker
	})
	if want := [][]string{{"A"}, {"a"}, {"somekey"}}; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("pages of tags: %v", got)
	}
	// A is older than a, which is asked of the judge in its place by nobody.
	do[iamapi.GetPolicyOutput](w, "root", "GetPolicy", &iamapi.GetPolicyInput{PolicyArn: &p})
	if got := fmt.Sprint(w.asked[0].Tags); got != "[{somekey } {A upper}]" {
		t.Errorf("the judge sees the tags %s", got)
	}
}

func TestPolicyVersions(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("p")
	p := policyARN("p")
	// The blanks and the order of members are the caller's and stay.
	const denyAll = "{ \"Statement\" : [ {\"Resource\":\"*\", \"Action\":\"*\", \"Effect\":\"Deny\", \"Sid\":\"\"} ],\n\"Version\":\"2012-10-17\" }"
	create := func(claim string, isDefault *bool, want string) step {
		return step{claim: claim, op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: &p, PolicyDocument: new(denyAll), SetAsDefault: isDefault}, want: want}
	}
	version := func(id string, isDefault bool) string {
		return fmt.Sprintf(`{"IsDefaultVersion":%v,"VersionId":%q}`, isDefault, id)
	}
	missing := func(id string) string {
		return "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/p version " + id + " does not exist or is not attachable."
	}
	none := policyARN("none")
	w.tell([]step{
		create("without a word it is not the default", nil, `{"PolicyVersion":`+version("v2", false)+`}`),
		create("with one it is", new(true), `{"PolicyVersion":`+version("v3", true)+`}`),
		{claim: "the newest comes first", op: "ListPolicyVersions", in: &iamapi.ListPolicyVersionsInput{PolicyArn: &p},
			want: `{"IsTruncated":false,"Versions":[` + version("v3", true) + `,` + version("v2", false) + `,` + version("v1", false) + `]}`},
		{claim: "the document is what was sent, encoded", op: "GetPolicyVersion", in: &iamapi.GetPolicyVersionInput{PolicyArn: &p, VersionId: new("v2")},
			want: `{"PolicyVersion":{"Document":"` + encoded(denyAll) + `","IsDefaultVersion":false,"VersionId":"v2"}}`},
		{claim: "the default stays", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: &p, VersionId: new("v3")},
			want: "DeleteConflict: Cannot delete the default version of a policy."},
		{claim: "the first goes", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: &p, VersionId: new("v1")}, want: `{}`},
		{claim: "and is gone", op: "GetPolicyVersion", in: &iamapi.GetPolicyVersionInput{PolicyArn: &p, VersionId: new("v1")}, want: missing("v1")},
		{claim: "another default", op: "SetDefaultPolicyVersion", in: &iamapi.SetDefaultPolicyVersionInput{PolicyArn: &p, VersionId: new("v2")}, want: `{}`},
		{claim: "the newest goes", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: &p, VersionId: new("v3")}, want: `{}`},
		create("its number is not used again", nil, `{"PolicyVersion":`+version("v4", false)+`}`),
		create("a third", nil, `{"PolicyVersion":`+version("v5", false)+`}`),
		create("a fourth", nil, `{"PolicyVersion":`+version("v6", false)+`}`),
		create("a fifth", nil, `{"PolicyVersion":`+version("v7", false)+`}`),
		create("there are five at most", new(true),
			"LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."),
		{claim: "the policy shows its default", op: "GetPolicy", in: &iamapi.GetPolicyInput{PolicyArn: &p},
			want: `{"Policy":` + shownPolicy("/", "p", "v2", 0, 0, `,"Tags":[]`) + `}`},
		{claim: "a document is checked", op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: &p, PolicyDocument: new("{}")},
			want: "MalformedPolicyDocument: Syntax errors in policy."},

		{claim: "no such version is deleted", op: "DeletePolicyVersion", in: &iamapi.DeletePolicyVersionInput{PolicyArn: &p, VersionId: new("v9")}, want: missing("v9")},
		{claim: "nor made the default", op: "SetDefaultPolicyVersion", in: &iamapi.SetDefaultPolicyVersionInput{PolicyArn: &p, VersionId: new("v9")}, want: missing("v9")},
		{claim: "a version id has one spelling", op: "GetPolicyVersion", in: &iamapi.GetPolicyVersionInput{PolicyArn: &p, VersionId: new("v2.x")}, want: missing("v2.x")},
		{claim: "of no such policy", op: "GetPolicyVersion", in: &iamapi.GetPolicyVersionInput{PolicyArn: &none, VersionId: new("v1")},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none version v1 does not exist or is not attachable."},
		{claim: "no such policy has a default", op: "SetDefaultPolicyVersion", in: &iamapi.SetDefaultPolicyVersionInput{PolicyArn: &none, VersionId: new("v1")},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none version v1 does not exist or is not attachable."},
		{claim: "no such policy gets one", op: "CreatePolicyVersion", in: &iamapi.CreatePolicyVersionInput{PolicyArn: &none, PolicyDocument: new(denyAll)},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
		{claim: "nor lists any", op: "ListPolicyVersions", in: &iamapi.ListPolicyVersionsInput{PolicyArn: &none},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
	})
	in := &iamapi.ListPolicyVersionsInput{PolicyArn: &p, MaxItems: new(int32(2))}
	got := pages(w, "ListPolicyVersions", in, func(m *string) { in.Marker = m }, func(out *iamapi.ListPolicyVersionsOutput) (ids []string, truncated *bool, marker *string) {
		for _, v := range out.Versions {
			ids = append(ids, *v.VersionId)
		}
		return ids, out.IsTruncated, out.Marker
	})
	if want := [][]string{{"v7", "v6"}, {"v5", "v4"}, {"v2"}}; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("pages of versions: %v", got)
	}
}

// A policy was updated when its newest version was made, not when another became the default.
func TestPolicyUpdateDate(t *testing.T) {
	w := newWorld(t)
	made := w.now
	do[iamapi.CreatePolicyOutput](w, "root", "CreatePolicy", &iamapi.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allowLists)})
	w.now = made.Add(time.Hour)
	do[iamapi.CreatePolicyVersionOutput](w, "root", "CreatePolicyVersion", &iamapi.CreatePolicyVersionInput{PolicyArn: new(policyARN("p")), PolicyDocument: new(allowLists)})
	w.now = made.Add(2 * time.Hour)
	do[iamapi.SetDefaultPolicyVersionOutput](w, "root", "SetDefaultPolicyVersion", &iamapi.SetDefaultPolicyVersionInput{PolicyArn: new(policyARN("p")), VersionId: new("v2")})
	p := do[iamapi.GetPolicyOutput](w, "root", "GetPolicy", &iamapi.GetPolicyInput{PolicyArn: new(policyARN("p"))}).Policy
	if !p.CreateDate.Equal(identity.Second(made)) || !p.UpdateDate.Equal(identity.Second(made.Add(time.Hour))) {
		t.Errorf("created %v, updated %v", p.CreateDate, p.UpdateDate)
	}
}

func TestListPolicies(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addGroup("g")
	w.addRole("ops")
	w.addPolicy("b", "eng/A", "eng/web/c", "Zz")
	attach := func(op string, in any) { w.tell([]step{{claim: op, op: op, in: in, want: `{}`}}) }
	attach("AttachUserPolicy", &iamapi.AttachUserPolicyInput{UserName: new("alice"), PolicyArn: new(policyARN("b"))})
	attach("AttachGroupPolicy", &iamapi.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: new(billing)})
	attach("AttachRolePolicy", &iamapi.AttachRolePolicyInput{RoleName: new("ops"), PolicyArn: new(policyARN("eng/web/c"))})
	attach("PutUserPermissionsBoundary", &iamapi.PutUserPermissionsBoundaryInput{UserName: new("alice"), PermissionsBoundary: new(policyARN("Zz"))})
	attach("PutRolePermissionsBoundary", &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("ops"), PermissionsBoundary: new(powerUser)})
	for _, test := range []struct {
		claim string
		in    iamapi.ListPoliciesInput
		want  string
	}{
		{"our own by name, in any case and path", iamapi.ListPoliciesInput{Scope: new("Local")}, "A b c Zz"},
		{"under a path", iamapi.ListPoliciesInput{Scope: new("Local"), PathPrefix: new("/eng/")}, "A c"},
		{"a prefix is of letters, not of parts", iamapi.ListPoliciesInput{Scope: new("Local"), PathPrefix: new("/eng/w")}, "c"},
		{"under a path of AWS's", iamapi.ListPoliciesInput{Scope: new("Local"), PathPrefix: new("/job-function/")}, ""},
		{"attached, ours before AWS's", iamapi.ListPoliciesInput{OnlyAttached: new(true)}, "b c Billing"},
		{"attached of our own", iamapi.ListPoliciesInput{OnlyAttached: new(true), Scope: new("Local")}, "b c"},
		{"attached of AWS's", iamapi.ListPoliciesInput{OnlyAttached: new(true), Scope: new("AWS")}, "Billing"},
		{"used as permissions", iamapi.ListPoliciesInput{PolicyUsageFilter: new("PermissionsPolicy")}, "b c Billing"},
		{"used as boundaries", iamapi.ListPoliciesInput{PolicyUsageFilter: new("PermissionsBoundary"), Scope: new("All")}, "Zz PowerUserAccess"},
		{"attached as boundaries", iamapi.ListPoliciesInput{PolicyUsageFilter: new("PermissionsBoundary"), OnlyAttached: new(true)}, "Zz PowerUserAccess"},
		{"not only attached", iamapi.ListPoliciesInput{OnlyAttached: new(false), Scope: new("Local")}, "A b c Zz"},
	} {
		out := do[iamapi.ListPoliciesOutput](w, "root", "ListPolicies", &test.in)
		var names []string
		for _, p := range out.Policies {
			names = append(names, *p.PolicyName)
			if p.Tags != nil || p.Description != nil {
				t.Errorf("%s: a listing shows %s", test.claim, show(t, p))
			}
		}
		if got := strings.Join(names, " "); got != test.want || *out.IsTruncated {
			t.Errorf("%s:\n got %s, truncated %v\nwant %s", test.claim, got, *out.IsTruncated, test.want)
		}
	}

	names := func(out *iamapi.ListPoliciesOutput) (names []string, truncated *bool, marker *string) {
		for _, p := range out.Policies {
			names = append(names, *p.PolicyName)
		}
		return names, out.IsTruncated, out.Marker
	}
	// Page by page all are there once, whatever the pages' size.
	for _, size := range []int32{99, 100, 1000} {
		in := &iamapi.ListPoliciesInput{MaxItems: &size}
		all := slices.Concat(pages(w, "ListPolicies", in, func(m *string) { in.Marker = m }, names)...)
		if n := len(slices.Compact(slices.Sorted(slices.Values(all)))); n != len(all) || n != 4+1485 {
			t.Errorf("pages of %d have %d policies, %d of them different", size, len(all), n)
		}
	}
	// A page may end with either kind.
	for size, want := range map[int32]string{3: "Zz AccessAnalyzerServiceRolePolicy AccountManagementFromVercel", 4: "AccessAnalyzerServiceRolePolicy AccountManagementFromVercel AdministratorAccess AdministratorAccess-Amplify"} {
		in := &iamapi.ListPoliciesInput{MaxItems: &size}
		in.Marker = do[iamapi.ListPoliciesOutput](w, "root", "ListPolicies", in).Marker
		if got, _, _ := names(do[iamapi.ListPoliciesOutput](w, "root", "ListPolicies", in)); strings.Join(got, " ") != want {
			t.Errorf("the second page of %d: %v", size, got)
		}
	}
	w.tell([]step{
		{claim: "a marker that is none", op: "ListPolicies", in: &iamapi.ListPoliciesInput{Marker: new("x")}, want: "ValidationError: Invalid Marker."},
		{claim: "a prefix that is none", op: "ListPolicies", in: &iamapi.ListPoliciesInput{PathPrefix: new("eng/")},
			want: "ValidationError: The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters."},
	})
}

func TestManagedPolicyQuestions(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("eng/P")
	w.edit(func(e *identity.Edit) {
		p, _ := e.Account().CustomerPolicy("P")
		tagged := *p
		tagged.Tags = []identity.Tag{{Key: "team", Value: "red"}}
		e.PutPolicy(&tagged)
	})
	p := policyARN("eng/P")
	for _, test := range []struct {
		op   string
		in   any
		want string
	}{
		{"CreatePolicy", &iamapi.CreatePolicyInput{PolicyName: new("q"), Path: new("/a/"), PolicyDocument: new(allowLists)}, "iam:CreatePolicy on arn:aws:iam::111122223333:policy/a/q"},
		{"CreatePolicy", &iamapi.CreatePolicyInput{PolicyName: new("r"), PolicyDocument: new(allowLists), Tags: []iamapi.Tag{{Key: new("K"), Value: new("v")}}},
			"iam:CreatePolicy on arn:aws:iam::111122223333:policy/r aws:requesttag/k=v aws:tagkeys=K + iam:TagPolicy on arn:aws:iam::111122223333:policy/r aws:requesttag/k=v aws:tagkeys=K"},
		{"GetPolicy", &iamapi.GetPolicyInput{PolicyArn: &p}, "iam:GetPolicy on " + p + " (policy " + p + ")"},
		{"GetPolicy", &iamapi.GetPolicyInput{PolicyArn: new(strings.Replace(p, "arn:aws:", "arn:aws-cn:", 1))}, "iam:GetPolicy on " + p + " (policy " + p + ")"},
		{"GetPolicyVersion", &iamapi.GetPolicyVersionInput{PolicyArn: new(readOnly), VersionId: new("v1")}, "iam:GetPolicyVersion on " + readOnly + " (policy " + readOnly + ")"},
		{"GetPolicy", &iamapi.GetPolicyInput{PolicyArn: new(policyARN("none"))}, "iam:GetPolicy on " + policyARN("none") + " (policy " + policyARN("none") + ")"},
		{"ListPolicies", &iamapi.ListPoliciesInput{}, "iam:ListPolicies on * (policy path /)"},
		{"ListPolicies", &iamapi.ListPoliciesInput{PathPrefix: new("/eng")}, "iam:ListPolicies on * (policy path /eng)"},
		{"TagPolicy", &iamapi.TagPolicyInput{PolicyArn: &p, Tags: []iamapi.Tag{{Key: new("K"), Value: new("v")}}},
			"iam:TagPolicy on " + p + " (policy " + p + ") aws:requesttag/k=v aws:tagkeys=K"},
		{"UntagPolicy", &iamapi.UntagPolicyInput{PolicyArn: &p, TagKeys: []string{"K", "L"}}, "iam:UntagPolicy on " + p + " (policy " + p + ") aws:tagkeys=K,L"},
		{"ListPolicyTags", &iamapi.ListPolicyTagsInput{PolicyArn: &p}, "iam:ListPolicyTags on " + p + " (policy " + p + ")"},
		{"CreatePolicyVersion", &iamapi.CreatePolicyVersionInput{PolicyArn: &p, PolicyDocument: new(allowLists)}, "iam:CreatePolicyVersion on " + p + " (policy " + p + ")"},
		{"ListPolicyVersions", &iamapi.ListPolicyVersionsInput{PolicyArn: &p}, "iam:ListPolicyVersions on " + p + " (policy " + p + ")"},
		{"SetDefaultPolicyVersion", &iamapi.SetDefaultPolicyVersionInput{PolicyArn: &p, VersionId: new("v1")}, "iam:SetDefaultPolicyVersion on " + p + " (policy " + p + ")"},
		{"DeletePolicyVersion", &iamapi.DeletePolicyVersionInput{PolicyArn: &p, VersionId: new("v1")}, "iam:DeletePolicyVersion on " + p + " (policy " + p + ")"},
		{"DeletePolicy", &iamapi.DeletePolicyInput{PolicyArn: &p}, "iam:DeletePolicy on " + p + " (policy " + p + ")"},
	} {
		_, _ = w.call("root", test.op, test.in)
		if got := w.questions(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.op, got, test.want)
		}
	}
}

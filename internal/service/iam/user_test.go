package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

func TestUsers(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("p", "fence")
	w.addGroup("g")
	w.addRole("ops")
	const alice = `{"Arn":"arn:aws:iam::111122223333:user/dev/Alice","Path":"/dev/","UserId":"AIDA","UserName":"Alice"}`
	const badName = "is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	w.tell([]step{
		{claim: "a user has a path", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("Alice"), Path: new("/dev/")}, want: `{"User":` + alice + `}`},
		{claim: "names are unique in any case and path", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("alicE")},
			want: "EntityAlreadyExists: User with name alicE already exists."},
		{claim: "a name with a slash", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("dev/bob")}, want: "ValidationError: The specified value for userName " + badName},
		{claim: "a name with a blank", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new(" root")}, want: "ValidationError: The specified value for userName " + badName},
		{claim: "a letter that looks like another", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("аlice")},
			want: "ValidationError: The specified value for userName " + badName},
		{claim: "a path without an end", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("x"), Path: new("/dev")},
			want: "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{claim: "tags and boundary are echoed", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("bob"), PermissionsBoundary: new(policyARN("fence")),
			Tags: []iamapi.Tag{{Key: new("Team"), Value: new("a")}}},
			want: `{"User":{"Arn":"arn:aws:iam::111122223333:user/bob","Path":"/","PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/fence",` +
				`"PermissionsBoundaryType":"Policy"},"Tags":[{"Key":"Team","Value":"a"}],"UserId":"AIDA","UserName":"bob"}}`},
		{claim: "of tags in one call no two are the same in any case", op: "CreateUser",
			in:   &iamapi.CreateUserInput{UserName: new("x"), Tags: []iamapi.Tag{{Key: new("a"), Value: new("")}, {Key: new("A"), Value: new("")}}},
			want: "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},

		{claim: "got by a name in any case", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("ALICE")}, want: `{"User":` + alice + `}`},
		{claim: "without a name it is the caller", as: "alice", op: "GetUser", in: &iamapi.GetUserInput{}, want: `{"User":` + alice + `}`},
		{claim: "a role is no user", as: "role ops", op: "GetUser", in: &iamapi.GetUserInput{},
			want: "ValidationError: Must specify userName when calling with non-User credentials"},
		{claim: "no such user", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("nobody")}, want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "another account's user is none", as: "their root", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("Alice")},
			want: "NoSuchEntity: The user with name Alice cannot be found."},
		{claim: "a list has neither tags nor boundaries", op: "ListUsers", in: &iamapi.ListUsersInput{},
			want: `{"IsTruncated":false,"Users":[` + alice + `,{"Arn":"arn:aws:iam::111122223333:user/bob","Path":"/","UserId":"AIDA","UserName":"bob"}]}`},
		{claim: "by path", op: "ListUsers", in: &iamapi.ListUsersInput{PathPrefix: new("/de")}, want: `{"IsTruncated":false,"Users":[` + alice + `]}`},
		{claim: "nobody there", op: "ListUsers", in: &iamapi.ListUsersInput{PathPrefix: new("/x/")}, want: `{"IsTruncated":false,"Users":[]}`},
		{claim: "a prefix begins with a slash", op: "ListUsers", in: &iamapi.ListUsersInput{PathPrefix: new("dev/")},
			want: "ValidationError: The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters."},
		{claim: "nor is there anybody in the other account", as: "their root", op: "ListUsers", in: &iamapi.ListUsersInput{}, want: `{"IsTruncated":false,"Users":[]}`},

		{claim: "renamed", op: "UpdateUser", in: &iamapi.UpdateUserInput{UserName: new("alice"), NewUserName: new("ally"), NewPath: new("/")}, want: `{}`},
		{claim: "the old name is gone", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("alice")}, want: "NoSuchEntity: The user with name alice cannot be found."},
		{claim: "the new one is the same user", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("ally")},
			want: `{"User":{"Arn":"arn:aws:iam::111122223333:user/ally","Path":"/","UserId":"AIDA","UserName":"ally"}}`},
		{claim: "not onto another", op: "UpdateUser", in: &iamapi.UpdateUserInput{UserName: new("ally"), NewUserName: new("BOB")},
			want: "EntityAlreadyExists: User with name BOB already exists."},
		{claim: "not to a bad name", op: "UpdateUser", in: &iamapi.UpdateUserInput{UserName: new("ally"), NewUserName: new("a/b")},
			want: "ValidationError: The specified value for newUserName " + badName},
		{claim: "nor nobody", op: "UpdateUser", in: &iamapi.UpdateUserInput{UserName: new("nobody"), NewUserName: new("x")},
			want: "NoSuchEntity: The user with name nobody cannot be found."},

		{claim: "what hangs on a user: an attached policy", op: "AttachUserPolicy", in: &iamapi.AttachUserPolicyInput{UserName: new("bob"), PolicyArn: new(policyARN("p"))}, want: `{}`},
		{claim: "holds it", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("bob")}, want: "DeleteConflict: Cannot delete entity, must detach all policies first."},
		{claim: "let go", op: "DetachUserPolicy", in: &iamapi.DetachUserPolicyInput{UserName: new("bob"), PolicyArn: new(policyARN("p"))}, want: `{}`},
		{claim: "an inline policy", op: "PutUserPolicy", in: &iamapi.PutUserPolicyInput{UserName: new("bob"), PolicyName: new("i"), PolicyDocument: new(allowLists)}, want: `{}`},
		{claim: "holds it", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("bob")}, want: "DeleteConflict: Cannot delete entity, must delete policies first."},
		{claim: "let go", op: "DeleteUserPolicy", in: &iamapi.DeleteUserPolicyInput{UserName: new("bob"), PolicyName: new("i")}, want: `{}`},
		{claim: "a group", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{UserName: new("bob"), GroupName: new("g")}, want: `{}`},
		{claim: "holds it", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("bob")}, want: "DeleteConflict: Cannot delete entity, must remove users from group first."},
		{claim: "let go", op: "RemoveUserFromGroup", in: &iamapi.RemoveUserFromGroupInput{UserName: new("bob"), GroupName: new("g")}, want: `{}`},
		{claim: "a boundary and tags hold nothing", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("bob")}, want: `{}`},
		{claim: "gone", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("bob")}, want: "NoSuchEntity: The user with name bob cannot be found."},
	})
	fence, _ := w.account(ours).CustomerPolicy("fence")
	if u := w.account(ours).Usage(fence.Ref()); u != (identity.Usage{}) {
		t.Errorf("the boundary of a deleted user is in use: %v", u)
	}
}

// Who is deleted while it calls is nobody, whoever has its name by then.
func TestCallerThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	gone := w.caller("alice")
	do[iamapi.DeleteUserOutput](w, "root", "DeleteUser", &iamapi.DeleteUserInput{UserName: new("alice")})
	w.addUser("alice")
	if _, err := w.callAs(gone, "CreateAccessKey", &iamapi.CreateAccessKeyInput{}); err == nil || err.Error() != "NoSuchEntity: The user with name alice cannot be found." {
		t.Errorf("the deleted user made a key for the new one: %v", err)
	}
}

func TestUserTags(t *testing.T) {
	q := identity.DefaultQuotas()
	q.Tags = 3
	w := newWorldWith(t, q)
	w.addUser("alice")
	tag := func(pairs ...string) any {
		in := &iamapi.TagUserInput{UserName: new("alice")}
		for i := 0; i < len(pairs); i += 2 {
			in.Tags = append(in.Tags, iamapi.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return in
	}
	list := &iamapi.ListUserTagsInput{UserName: new("alice")}
	w.tell([]step{
		{claim: "none", op: "ListUserTags", in: list, want: `{"IsTruncated":false,"Tags":[]}`},
		{claim: "two", op: "TagUser", in: tag("Team", "a", "env", "x"), want: `{}`},
		{claim: "an old key keeps its case and gets the value", op: "TagUser", in: tag("TEAM", "b"), want: `{}`},
		{claim: "listed", op: "ListUserTags", in: list, want: `{"IsTruncated":false,"Tags":[{"Key":"env","Value":"x"},{"Key":"Team","Value":"b"}]}`},
		{claim: "twice in a call", op: "TagUser", in: tag("a", "1", "A", "2"), want: "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{claim: "AWS's own", op: "TagUser", in: tag("AWS:x", "1"), want: "InvalidInput: Tag keys beginning with aws: are reserved for system use."},
		{claim: "too many", op: "TagUser", in: tag("a", "1", "b", "2"), want: "LimitExceeded: The number of tags has reached the maximum limit."},
		{claim: "as many as there may be", op: "TagUser", in: tag("a", "1"), want: `{}`},
		{claim: "a value may change even so", op: "TagUser", in: tag("a", "2"), want: `{}`},
		{claim: "taken away in any case, or not there", op: "UntagUser", in: &iamapi.UntagUserInput{UserName: new("alice"), TagKeys: []string{"team", "A", "none"}}, want: `{}`},
		{claim: "left", op: "ListUserTags", in: list, want: `{"IsTruncated":false,"Tags":[{"Key":"env","Value":"x"}]}`},
		{claim: "tag nobody", op: "TagUser", in: &iamapi.TagUserInput{UserName: new("nobody")}, want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "untag nobody", op: "UntagUser", in: &iamapi.UntagUserInput{UserName: new("nobody")}, want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "nobody's", op: "ListUserTags", in: &iamapi.ListUserTagsInput{UserName: new("nobody")}, want: "NoSuchEntity: The user with name nobody cannot be found."},
	})
}

func TestUserPages(t *testing.T) {
	w := newWorld(t)
	w.addUser("C", "b", "A", "d", "E")
	in := &iamapi.ListUsersInput{MaxItems: new(int32(2))}
	got := pages(w, "ListUsers", in, func(m *string) { in.Marker = m }, func(out *iamapi.ListUsersOutput) (names []string, truncated *bool, marker *string) {
		for _, u := range out.Users {
			names = append(names, *u.UserName)
		}
		return names, out.IsTruncated, out.Marker
	})
	if fmt.Sprint(got) != "[[A b] [C d] [E]]" {
		t.Errorf("users are paged by name: %v", got)
	}

	// Keys of tags may be longer than a marker.
	var tags []iamapi.Tag
	for _, end := range []string{"a", "b", "c"} {
		tags = append(tags, iamapi.Tag{Key: new(strings.Repeat("ü", 127) + end), Value: new("")}, iamapi.Tag{Key: new(end), Value: new("")})
	}
	do[iamapi.TagUserOutput](w, "root", "TagUser", &iamapi.TagUserInput{UserName: new("b"), Tags: tags})
	list := &iamapi.ListUserTagsInput{UserName: new("b"), MaxItems: new(int32(1))}
	seen := make(map[string]bool)
	for _, page := range pages(w, "ListUserTags", list, func(m *string) { list.Marker = m }, func(out *iamapi.ListUserTagsOutput) (keys []string, truncated *bool, marker *string) {
		for _, tag := range out.Tags {
			keys = append(keys, *tag.Key)
		}
		return keys, out.IsTruncated, out.Marker
	}) {
		seen[page[0]] = true
	}
	if len(seen) != len(tags) {
		t.Errorf("%d tags are listed of %d", len(seen), len(tags))
	}
}

func TestUserQuota(t *testing.T) {
	q := identity.DefaultQuotas()
	q.Users = 1
	w := newWorldWith(t, q)
	w.addUser("alice")
	w.tell([]step{{claim: "an account has so many users", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("bob")},
		want: "LimitExceeded: Cannot exceed quota for UsersPerAccount: 1"}})
}

func TestUserQuestions(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	const alice = "arn:aws:iam::111122223333:user/alice (user alice)"
	for _, c := range []struct {
		as, op string
		in     any
		want   string
	}{
		{"root", "CreateUser", &iamapi.CreateUserInput{UserName: new("bob"), Path: new("/x/")}, "iam:CreateUser on arn:aws:iam::111122223333:user/x/bob"},
		{"root", "CreateUser", &iamapi.CreateUserInput{UserName: new("carl"), Tags: []iamapi.Tag{{Key: new("Team"), Value: new("a")}}},
			"iam:CreateUser on arn:aws:iam::111122223333:user/carl aws:requesttag/team=a aws:tagkeys=Team + " +
				"iam:TagUser on arn:aws:iam::111122223333:user/carl aws:requesttag/team=a aws:tagkeys=Team"},
		{"alice", "GetUser", &iamapi.GetUserInput{}, "iam:GetUser on " + alice},
		{"root", "GetUser", &iamapi.GetUserInput{UserName: new("Alice")}, "iam:GetUser on " + alice},
		{"root", "ListUsers", &iamapi.ListUsersInput{PathPrefix: new("/x/")}, "iam:ListUsers on arn:aws:iam::111122223333:user/x/"},
		{"root", "TagUser", &iamapi.TagUserInput{UserName: new("alice"), Tags: []iamapi.Tag{{Key: new("k"), Value: new("v")}}},
			"iam:TagUser on " + alice + " aws:requesttag/k=v aws:tagkeys=k"},
		{"root", "UntagUser", &iamapi.UntagUserInput{UserName: new("alice"), TagKeys: []string{"k", "l"}}, "iam:UntagUser on " + alice + " aws:tagkeys=k,l"},
		{"root", "UpdateUser", &iamapi.UpdateUserInput{UserName: new("alice"), NewUserName: new("ally")},
			"iam:UpdateUser on " + alice + " + iam:UpdateUser on arn:aws:iam::111122223333:user/ally"},
		{"root", "DeleteUser", &iamapi.DeleteUserInput{UserName: new("ally")}, "iam:DeleteUser on arn:aws:iam::111122223333:user/ally (user ally)"},
	} {
		if _, err := w.call(c.as, c.op, c.in); err != nil {
			t.Fatalf("%s: %v", c.op, err)
		}
		if got := w.questions(); !strings.EqualFold(got, c.want) {
			t.Errorf("%s asks\n%s, want\n%s", c.op, got, c.want)
		}
	}
}

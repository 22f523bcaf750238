package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

func TestGroups(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "bob")
	w.addPolicy("p")
	const devs = `{"Arn":"arn:aws:iam::111122223333:group/eng/Devs","GroupId":"AGPA","GroupName":"Devs","Path":"/eng/"}`
	const alice = `{"Arn":"arn:aws:iam::111122223333:user/alice","Path":"/","UserId":"AIDA","UserName":"alice"}`
	w.tell([]step{
		{claim: "a group has a path", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("Devs"), Path: new("/eng/")}, want: `{"Group":` + devs + `}`},
		{claim: "names are unique in any case and path", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("DEVS")},
			want: "EntityAlreadyExists: Group with name DEVS already exists."},
		{claim: "a user may have a group's name", op: "CreateUser", in: &iamapi.CreateUserInput{UserName: new("devs")},
			want: `{"User":{"Arn":"arn:aws:iam::111122223333:user/devs","Path":"/","UserId":"AIDA","UserName":"devs"}}`},
		{claim: "names have few letters", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("a b")},
			want: "ValidationError: The specified value for groupName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{claim: "a slash is no letter of a name", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("eng/devs")},
			want: "ValidationError: The specified value for groupName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{claim: "a path ends with a slash", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("x"), Path: new("/eng")},
			want: "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{claim: "a group without users has an empty list of them", op: "GetGroup", in: &iamapi.GetGroupInput{GroupName: new("devs")},
			want: `{"Group":` + devs + `,"IsTruncated":false,"Users":[]}`},
		{claim: "no such group", op: "GetGroup", in: &iamapi.GetGroupInput{GroupName: new("nobody")},
			want: "NoSuchEntity: The group with name nobody cannot be found."},

		{claim: "a user joins", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("Devs"), UserName: new("alice")}, want: `{}`},
		{claim: "and joins once", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("devs"), UserName: new("ALICE")}, want: `{}`},
		{claim: "the group has it", op: "GetGroup", in: &iamapi.GetGroupInput{GroupName: new("Devs")},
			want: `{"Group":` + devs + `,"IsTruncated":false,"Users":[` + alice + `]}`},
		{claim: "the user has the group", op: "ListGroupsForUser", in: &iamapi.ListGroupsForUserInput{UserName: new("alice")},
			want: `{"Groups":[` + devs + `],"IsTruncated":false}`},
		{claim: "another has none", op: "ListGroupsForUser", in: &iamapi.ListGroupsForUserInput{UserName: new("bob")}, want: `{"Groups":[],"IsTruncated":false}`},
		{claim: "no such user", op: "ListGroupsForUser", in: &iamapi.ListGroupsForUserInput{UserName: new("nobody")},
			want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "no such user joins", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("Devs"), UserName: new("nobody")},
			want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "no such group is joined", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("none"), UserName: new("alice")},
			want: "NoSuchEntity: The group with name none cannot be found."},
		{claim: "if neither exists it is the user", op: "RemoveUserFromGroup", in: &iamapi.RemoveUserFromGroupInput{GroupName: new("none"), UserName: new("nobody")},
			want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "who is no member may leave", op: "RemoveUserFromGroup", in: &iamapi.RemoveUserFromGroupInput{GroupName: new("Devs"), UserName: new("bob")}, want: `{}`},

		{claim: "a rename keeps members", op: "UpdateGroup", in: &iamapi.UpdateGroupInput{GroupName: new("devs"), NewGroupName: new("Coders"), NewPath: new("/")}, want: `{}`},
		{claim: "the old name is free", op: "GetGroup", in: &iamapi.GetGroupInput{GroupName: new("devs")}, want: "NoSuchEntity: The group with name devs cannot be found."},
		{claim: "the new one has them", op: "GetGroup", in: &iamapi.GetGroupInput{GroupName: new("coders")},
			want: `{"Group":{"Arn":"arn:aws:iam::111122223333:group/Coders","GroupId":"AGPA","GroupName":"Coders","Path":"/"},"IsTruncated":false,"Users":[` + alice + `]}`},
		{claim: "a name may change its case", op: "UpdateGroup", in: &iamapi.UpdateGroupInput{GroupName: new("Coders"), NewGroupName: new("coders")}, want: `{}`},
		{claim: "another group", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("ops")},
			want: `{"Group":{"Arn":"arn:aws:iam::111122223333:group/ops","GroupId":"AGPA","GroupName":"ops","Path":"/"}}`},
		{claim: "no rename onto another", op: "UpdateGroup", in: &iamapi.UpdateGroupInput{GroupName: new("coders"), NewGroupName: new("OPS")},
			want: "EntityAlreadyExists: Group with name OPS already exists."},
		{claim: "no rename to a bad name", op: "UpdateGroup", in: &iamapi.UpdateGroupInput{GroupName: new("coders"), NewGroupName: new("a/b")},
			want: "ValidationError: The specified value for newGroupName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{claim: "no rename of none", op: "UpdateGroup", in: &iamapi.UpdateGroupInput{GroupName: new("none"), NewGroupName: new("x")},
			want: "NoSuchEntity: The group with name none cannot be found."},

		{claim: "a group with users stays", op: "DeleteGroup", in: &iamapi.DeleteGroupInput{GroupName: new("coders")},
			want: "DeleteConflict: Cannot delete entity, must remove users from group first."},
		{claim: "the user leaves", op: "RemoveUserFromGroup", in: &iamapi.RemoveUserFromGroupInput{GroupName: new("coders"), UserName: new("alice")}, want: `{}`},
		{claim: "a policy is attached", op: "AttachGroupPolicy", in: &iamapi.AttachGroupPolicyInput{GroupName: new("coders"), PolicyArn: new(policyARN("p"))}, want: `{}`},
		{claim: "a group with an attached policy stays", op: "DeleteGroup", in: &iamapi.DeleteGroupInput{GroupName: new("coders")},
			want: "DeleteConflict: Cannot delete entity, must detach all policies first."},
		{claim: "it is detached", op: "DetachGroupPolicy", in: &iamapi.DetachGroupPolicyInput{GroupName: new("coders"), PolicyArn: new(policyARN("p"))}, want: `{}`},
		{claim: "an inline policy", op: "PutGroupPolicy",
			in: &iamapi.PutGroupPolicyInput{GroupName: new("coders"), PolicyName: new("i"), PolicyDocument: new(allowLists)}, want: `{}`},
		{claim: "a group with an inline policy stays", op: "DeleteGroup", in: &iamapi.DeleteGroupInput{GroupName: new("coders")},
			want: "DeleteConflict: Cannot delete entity, must delete policies first."},
		{claim: "it is deleted", op: "DeleteGroupPolicy", in: &iamapi.DeleteGroupPolicyInput{GroupName: new("coders"), PolicyName: new("i")}, want: `{}`},
		{claim: "an empty group goes", op: "DeleteGroup", in: &iamapi.DeleteGroupInput{GroupName: new("coders")}, want: `{}`},
		{claim: "and is gone", op: "DeleteGroup", in: &iamapi.DeleteGroupInput{GroupName: new("coders")}, want: "NoSuchEntity: The group with name coders cannot be found."},
	})
}

func TestGroupQuotas(t *testing.T) {
	q := identity.DefaultQuotas()
	q.Groups, q.GroupsPerUser = 3, 2
	w := newWorldWith(t, q)
	w.addUser("alice")
	w.addGroup("a", "b", "c")
	do[iamapi.AddUserToGroupOutput](w, "root", "AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new("a"), UserName: new("alice")})
	do[iamapi.AddUserToGroupOutput](w, "root", "AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new("b"), UserName: new("alice")})
	w.tell([]step{
		{claim: "an account has so many groups", op: "CreateGroup", in: &iamapi.CreateGroupInput{GroupName: new("d")},
			want: "LimitExceeded: Cannot exceed quota for GroupsPerAccount: 3"},
		{claim: "a user is in so many groups", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("c"), UserName: new("alice")},
			want: "LimitExceeded: Cannot exceed quota for GroupsPerUser: 2"},
		{claim: "a member joins again even so", op: "AddUserToGroup", in: &iamapi.AddUserToGroupInput{GroupName: new("b"), UserName: new("alice")}, want: `{}`},
	})
}

func TestGroupPages(t *testing.T) {
	w := newWorld(t)
	w.addUser("u")
	var names []string
	for i := range 7 {
		names = append(names, fmt.Sprintf("%c%d", "Ba"[i%2], i))
	}
	w.addGroup(names...)
	for _, g := range names {
		do[iamapi.AddUserToGroupOutput](w, "root", "AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new(g), UserName: new("u")})
		w.addUser("m" + g)
		do[iamapi.AddUserToGroupOutput](w, "root", "AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new("a1"), UserName: new("m" + g)})
	}
	do[iamapi.UpdateGroupOutput](w, "root", "UpdateGroup", &iamapi.UpdateGroupInput{GroupName: new("a3"), NewPath: new("/x/")})
	const sorted = "[[a1 a3] [a5 B0] [B2 B4] [B6]]"

	list := &iamapi.ListGroupsInput{MaxItems: new(int32(2))}
	got := pages(w, "ListGroups", list, func(m *string) { list.Marker = m }, func(out *iamapi.ListGroupsOutput) ([]string, *bool, *string) {
		return groupNames(out.Groups), out.IsTruncated, out.Marker
	})
	if fmt.Sprint(got) != sorted {
		t.Errorf("groups are listed by name in any case: %v", got)
	}
	of := &iamapi.ListGroupsForUserInput{UserName: new("u"), MaxItems: new(int32(2))}
	got = pages(w, "ListGroupsForUser", of, func(m *string) { of.Marker = m }, func(out *iamapi.ListGroupsForUserOutput) ([]string, *bool, *string) {
		return groupNames(out.Groups), out.IsTruncated, out.Marker
	})
	if fmt.Sprint(got) != sorted {
		t.Errorf("so are a user's: %v", got)
	}
	get := &iamapi.GetGroupInput{GroupName: new("a1"), MaxItems: new(int32(5))}
	got = pages(w, "GetGroup", get, func(m *string) { get.Marker = m }, func(out *iamapi.GetGroupOutput) ([]string, *bool, *string) {
		var users []string
		for _, u := range out.Users {
			users = append(users, *u.UserName)
		}
		return users, out.IsTruncated, out.Marker
	})
	if fmt.Sprint(got) != "[[ma1 ma3 ma5 mB0 mB2] [mB4 mB6 u]]" {
		t.Errorf("a group's users are paged: %v", got)
	}
	prefix := &iamapi.ListGroupsInput{PathPrefix: new("/x"), MaxItems: new(int32(1))}
	got = pages(w, "ListGroups", prefix, func(m *string) { prefix.Marker = m }, func(out *iamapi.ListGroupsOutput) ([]string, *bool, *string) {
		return groupNames(out.Groups), out.IsTruncated, out.Marker
	})
	// One cannot know that nothing follows without going on; a last page may be empty.
	if all := slices.Concat(got...); fmt.Sprint(all) != "[a3]" {
		t.Errorf("a path prefix filters: %v", got)
	}

	for _, marker := range []string{"", "x", "!", *do[iamapi.ListGroupsForUserOutput](w, "root", "ListGroupsForUser",
		&iamapi.ListGroupsForUserInput{UserName: new("u"), MaxItems: new(int32(2))}).Marker} {
		if _, err := w.call("root", "ListGroups", &iamapi.ListGroupsInput{Marker: &marker}); err == nil || !strings.Contains(err.Error(), "ValidationError: Invalid Marker.") {
			t.Errorf("the marker %q is not one of ListGroups: %v", marker, err)
		}
	}
}

func groupNames(groups []iamapi.Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, *g.GroupName)
	}
	return names
}

func TestGroupQuestions(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addGroup("Devs")
	const devs = "arn:aws:iam::111122223333:group/Devs (group Devs)"
	for _, c := range []struct {
		op   string
		in   any
		want string
	}{
		{"CreateGroup", &iamapi.CreateGroupInput{GroupName: new("x"), Path: new("/p/")}, "iam:CreateGroup on arn:aws:iam::111122223333:group/p/x"},
		{"GetGroup", &iamapi.GetGroupInput{GroupName: new("devs")}, "iam:GetGroup on " + devs},
		{"ListGroups", &iamapi.ListGroupsInput{}, "iam:ListGroups on arn:aws:iam::111122223333:group/"},
		{"ListGroups", &iamapi.ListGroupsInput{PathPrefix: new("/x/y")}, "iam:ListGroups on arn:aws:iam::111122223333:group/x/y"},
		{"AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new("devs"), UserName: new("alice")}, "iam:AddUserToGroup on " + devs},
		{"RemoveUserFromGroup", &iamapi.RemoveUserFromGroupInput{GroupName: new("devs"), UserName: new("alice")}, "iam:RemoveUserFromGroup on " + devs},
		{"ListGroupsForUser", &iamapi.ListGroupsForUserInput{UserName: new("alice")}, "iam:ListGroupsForUser on arn:aws:iam::111122223333:user/alice (user alice)"},
		{"UpdateGroup", &iamapi.UpdateGroupInput{GroupName: new("devs"), NewPath: new("/q/")},
			"iam:UpdateGroup on " + devs + " + iam:UpdateGroup on arn:aws:iam::111122223333:group/q/Devs"},
		{"UpdateGroup", &iamapi.UpdateGroupInput{GroupName: new("devs"), NewGroupName: new("d")},
			"iam:UpdateGroup on arn:aws:iam::111122223333:group/q/Devs (group Devs) + iam:UpdateGroup on arn:aws:iam::111122223333:group/q/d"},
		{"DeleteGroup", &iamapi.DeleteGroupInput{GroupName: new("D")}, "iam:DeleteGroup on arn:aws:iam::111122223333:group/q/d (group d)"},
	} {
		if _, err := w.call("root", c.op, c.in); err != nil {
			t.Fatalf("%s: %v", c.op, err)
		}
		if got := w.questions(); got != c.want {
			t.Errorf("%s asks\n%s, want\n%s", c.op, got, c.want)
		}
	}
}

package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

// settle makes an account in which policy p is attached to a user, a group and a role, and is the boundary of another user and role.
func settle(w *world) {
	w.Helper()
	w.addHolders("e")
	w.addPolicy("p", "q")
	w.addUser("fenced")
	w.addRole("/app/fenced")
	for _, h := range holders("e") {
		if _, err := w.call("root", "Attach"+h.Kind+"Policy", h.attach(policyARN("p"))); err != nil {
			w.Fatal(err)
		}
	}
	w.edit(func(e *identity.Edit) {
		p, _ := e.Account().CustomerPolicy("p")
		u, _ := e.Account().User("fenced")
		fu := *u
		fu.Boundary = p.Ref()
		e.PutUser(&fu)
		r, _ := e.Account().Role("fenced")
		fr := *r
		fr.Boundary, fr.Attached = p.Ref(), []identity.PolicyRef{p.Ref()}
		e.PutRole(&fr)
	})
}

func TestListEntitiesForPolicy(t *testing.T) {
	w := newWorld(t)
	settle(w)
	const (
		g, r, fr = `{"GroupId":"AGPA","GroupName":"e"}`, `{"RoleId":"AROA","RoleName":"e"}`, `{"RoleId":"AROA","RoleName":"fenced"}`
		u, fu    = `{"UserId":"AIDA","UserName":"e"}`, `{"UserId":"AIDA","UserName":"fenced"}`
	)
	want := func(groups, roles, users string) string {
		return `{"IsTruncated":false,"PolicyGroups":[` + groups + `],"PolicyRoles":[` + roles + `],"PolicyUsers":[` + users + `]}`
	}
	const op = "ListEntitiesForPolicy"
	p := new(policyARN("p"))
	w.tell([]step{
		{claim: "all, each once", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p}, want: want(g, r+","+fr, u+","+fu)},
		{claim: "users", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, EntityFilter: new("User")}, want: want("", "", u+","+fu)},
		{claim: "groups", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, EntityFilter: new("Group")}, want: want(g, "", "")},
		{claim: "roles", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, EntityFilter: new("Role")}, want: want("", r+","+fr, "")},
		{claim: "policies have no policies", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, EntityFilter: new("LocalManagedPolicy")}, want: want("", "", "")},
		{claim: "nor AWS's", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, EntityFilter: new("AWSManagedPolicy")}, want: want("", "", "")},
		{claim: "attached", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, PolicyUsageFilter: new("PermissionsPolicy")}, want: want(g, r+","+fr, u)},
		{claim: "boundary", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, PolicyUsageFilter: new("PermissionsBoundary")}, want: want("", fr, fu)},
		{claim: "path of the entity", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, PathPrefix: new("/app/")}, want: want("", fr, "")},
		{claim: "all filters", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, PathPrefix: new("/"), EntityFilter: new("Role"), PolicyUsageFilter: new("PermissionsBoundary")},
			want: want("", fr, "")},
		{claim: "an unused policy", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: new(policyARN("q"))}, want: want("", "", "")},
		{claim: "an unused one of AWS's", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: new(readOnly)}, want: want("", "", "")},
		{claim: "no such policy", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: new(policyARN("none"))},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable."},
		{claim: "another account's", op: op, as: "their root", in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: p},
			want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/p does not exist or is not attachable."},
		{claim: "no ARN", op: op, in: &iamapi.ListEntitiesForPolicyInput{PolicyArn: new("pppppppppppppppppppp")}, want: "ValidationError: Invalid ARN:  Could not be parsed!"},
	})
	for size := int32(1); size <= 6; size++ {
		in := &iamapi.ListEntitiesForPolicyInput{PolicyArn: p, MaxItems: &size}
		got := pages(w, op, in, func(m *string) { in.Marker = m }, func(out *iamapi.ListEntitiesForPolicyOutput) (items []string, truncated *bool, marker *string) {
			for _, g := range out.PolicyGroups {
				items = append(items, "group "+*g.GroupName)
			}
			for _, r := range out.PolicyRoles {
				items = append(items, "role "+*r.RoleName)
			}
			for _, u := range out.PolicyUsers {
				items = append(items, "user "+*u.UserName)
			}
			return items, out.IsTruncated, out.Marker
		})
		all := []string{"group e", "role e", "role fenced", "user e", "user fenced"}
		if want := slices.Collect(slices.Chunk(all, int(size))); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("pages of %d: got %v, want %v", size, got, want)
		}
	}
}

func TestGetAccountAuthorizationDetails(t *testing.T) {
	w := newWorld(t)
	settle(w)
	do[iamapi.AddUserToGroupOutput](w, "root", "AddUserToGroup", &iamapi.AddUserToGroupInput{GroupName: new("e"), UserName: new("e")})
	do[iamapi.TagUserOutput](w, "root", "TagUser", &iamapi.TagUserInput{UserName: new("e"), Tags: []iamapi.Tag{{Key: new("k"), Value: new("v")}}})
	do[iamapi.AttachUserPolicyOutput](w, "root", "AttachUserPolicy", &iamapi.AttachUserPolicyInput{UserName: new("fenced"), PolicyArn: new(billing)})
	const doc = `{"Version":"2012-10-17","Statement":[]}`
	for _, h := range holders("e") {
		if _, err := w.call("root", "Put"+h.Kind+"Policy", h.put("i", allowLists)); err != nil {
			t.Fatal(err)
		}
	}
	w.edit(func(e *identity.Edit) {
		// Trust in a user is stored as its id and shown as its ARN.
		u, _ := e.Account().User("fenced")
		r, _ := e.Account().Role("e")
		trusting := *r
		trusting.Trust = identity.NewDocument(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + u.ID + `"},"Action":"sts:AssumeRole"}}`)
		e.PutRole(&trusting)
		p, _ := e.Account().CustomerPolicy("q")
		versions := *p
		versions.Default, versions.Next = 2, 3
		versions.Versions = append(slices.Clone(p.Versions), identity.PolicyVersion{Number: 2, Created: w.now, Document: identity.NewDocument(doc)})
		e.PutPolicy(&versions)
	})
	const (
		lists    = `%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AListBucket%22%2C%22Resource%22%3A%22%2A%22%7D%7D`
		attached = `"AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::111122223333:policy/p","PolicyName":"p"}]`
		inline   = `[{"PolicyDocument":"` + lists + `","PolicyName":"i"}]`
		fence    = `"PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/p","PermissionsBoundaryType":"Policy"}`

		user = `{"Arn":"arn:aws:iam::111122223333:user/e",` + attached + `,"GroupList":["e"],"Path":"/","Tags":[{"Key":"k","Value":"v"}],` +
			`"UserId":"AIDA","UserName":"e","UserPolicyList":` + inline + `}`
		fencedUser = `{"Arn":"arn:aws:iam::111122223333:user/fenced","AttachedManagedPolicies":[{"PolicyArn":"` + billing + `","PolicyName":"Billing"}],` +
			`"GroupList":[],"Path":"/",` + fence + `,"Tags":[],"UserId":"AIDA","UserName":"fenced"}`
		group = `{"Arn":"arn:aws:iam::111122223333:group/e",` + attached + `,"GroupId":"AGPA","GroupName":"e","GroupPolicyList":` + inline + `,"Path":"/"}`
		role  = `{"Arn":"arn:aws:iam::111122223333:role/e","AssumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow` +
			`%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A111122223333%3Auser%2Ffenced%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D",` + attached +
			`,"InstanceProfileList":[],"Path":"/","RoleId":"AROA","RoleLastUsed":{},"RoleName":"e","RolePolicyList":` + inline + `,"Tags":[]}`
		local = `{"Arn":"arn:aws:iam::111122223333:policy/p","AttachmentCount":4,"DefaultVersionId":"v1","IsAttachable":true,"Path":"/","PermissionsBoundaryUsageCount":2,` +
			`"PolicyId":"ANPA","PolicyName":"p","PolicyVersionList":[{"Document":"` + lists + `","IsDefaultVersion":true,"VersionId":"v1"}]},` +
			`{"Arn":"arn:aws:iam::111122223333:policy/q","AttachmentCount":0,"DefaultVersionId":"v2","IsAttachable":true,"Path":"/","PermissionsBoundaryUsageCount":0,` +
			`"PolicyId":"ANPA","PolicyName":"q","PolicyVersionList":[{"Document":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D","IsDefaultVersion":true,` +
			`"VersionId":"v2"},{"Document":"` + lists + `","IsDefaultVersion":false,"VersionId":"v1"}]}`
	)
	const op = "GetAccountAuthorizationDetails"
	want := func(groups, policies, roles, users string) string {
		return `{"GroupDetailList":[` + groups + `],"IsTruncated":false,"Policies":[` + policies + `],"RoleDetailList":[` + roles + `],"UserDetailList":[` + users + `]}`
	}
	w.tell([]step{
		{claim: "users", op: op, in: &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"User"}}, want: want("", "", "", user+","+fencedUser)},
		{claim: "groups", op: op, in: &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"Group"}}, want: want(group, "", "", "")},
		{claim: "policies of the account", op: op, in: &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"LocalManagedPolicy"}}, want: want("", local, "", "")},
	})
	roles := show(t, do[iamapi.GetAccountAuthorizationDetailsOutput](w, "root", op, &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"Role"}}))
	if !strings.HasPrefix(roles, `{"GroupDetailList":[],"IsTruncated":false,"Policies":[],"RoleDetailList":[`+role+`,{"Arn":"arn:aws:iam::111122223333:role/app/fenced"`) {
		t.Errorf("roles: %s", roles)
	}
	aws := do[iamapi.GetAccountAuthorizationDetailsOutput](w, "root", op, &iamapi.GetAccountAuthorizationDetailsInput{Filter: []string{"AWSManagedPolicy"}})
	if len(aws.Policies) != 1 || *aws.Policies[0].Arn != billing || *aws.Policies[0].AttachmentCount != 1 || len(aws.Policies[0].PolicyVersionList) != 1 {
		t.Errorf("of AWS's policies those that are used are shown: %s", show(t, aws))
	}

	// Without a filter it is all of them, and so it is with all filters, in whichever pages.
	every := []string{"group e", "policy p", "policy q", "policy Billing", "role e", "role fenced", "user e", "user fenced"}
	for size := int32(1); size <= 9; size++ {
		for _, filter := range [][]string{nil, {"AWSManagedPolicy", "User", "Role", "Group", "LocalManagedPolicy", "User"}} {
			in := &iamapi.GetAccountAuthorizationDetailsInput{MaxItems: &size, Filter: filter}
			got := pages(w, op, in, func(m *string) { in.Marker = m }, func(out *iamapi.GetAccountAuthorizationDetailsOutput) (items []string, truncated *bool, marker *string) {
				for _, g := range out.GroupDetailList {
					items = append(items, "group "+*g.GroupName)
				}
				for _, p := range out.Policies {
					items = append(items, "policy "+*p.PolicyName)
				}
				for _, r := range out.RoleDetailList {
					items = append(items, "role "+*r.RoleName)
				}
				for _, u := range out.UserDetailList {
					items = append(items, "user "+*u.UserName)
				}
				return items, out.IsTruncated, out.Marker
			})
			if want := slices.Collect(slices.Chunk(every, int(size))); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("pages of %d: got %v, want %v", size, got, want)
			}
		}
	}
}

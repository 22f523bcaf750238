package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store"
)

// Whatever is called in whatever order: indexes say what the records say, what was refused changed nothing, and who loads the account from the store
// has the same.
func TestInvariants(t *testing.T) {
	q := identity.DefaultQuotas()
	// Small, so that they are met.
	q.Users, q.Groups, q.PoliciesPerUser, q.PoliciesPerGroup, q.PoliciesPerRole, q.GroupsPerUser, q.Tags = 4, 3, 2, 2, 2, 2, 2
	q.UserPolicySize, q.GroupPolicySize, q.RolePolicySize = 220, 220, 220
	met := make(map[string]int)
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldWith(t, q)
		minted := make(map[string]bool)
		w.addUser("a", "b")
		w.addGroup("g", "h")
		w.addRole("r", "s")
		w.addPolicy("p", "q")
		// Each world reads AWS's policies anew if it needs them, which takes longer than all the rest.
		aws := rapid.IntRange(0, 4).Draw(rt, "aws") == 0
		for range rapid.IntRange(20, 200).Draw(rt, "calls") {
			before := dump(w.account(ours))
			caller, name, in := drawCall(rt, minted, aws)
			out, err := w.call(caller, name, in)
			var f *fault.Fault
			switch {
			case err == nil:
				met[name]++
			case !errors.As(err, &f) || f.Cause != nil || w.model.Error(f.Code) == nil && f.Code != fault.ValidationError:
				rt.Fatalf("%s failed: %v", name, err)
			case dump(w.account(ours)) != before:
				rt.Fatalf("%s was refused (%v) and changed the account", name, err)
			default:
				met[f.Code]++
			}
			if made, ok := out.(*iamapi.CreateAccessKeyOutput); ok && err == nil {
				minted[*made.AccessKey.AccessKeyId] = true
			}
			if wrong := check(w.account(ours), q, minted); wrong != "" {
				rt.Fatalf("after %s: %s", name, wrong)
			}
		}
		again, err := identity.Open(context.Background(), w.store, q)
		if err != nil {
			rt.Fatal(err)
		}
		loaded, _ := again.Account(ours)
		if got, want := dump(loaded), dump(w.account(ours)); got != want {
			rt.Fatalf("what is loaded from the store is another account:\n%s\n%s", got, want)
		}
		if wrong := check(loaded, q, minted); wrong != "" {
			rt.Fatalf("loaded: %s", wrong)
		}
		claims(rt, w)
	})
	for _, must := range []string{"DeleteUser", "DeleteGroup", "DeleteAccessKey", "DetachRolePolicy", "RemoveUserFromGroup", "DeletePolicy", "LimitExceeded", "DeleteConflict",
		"EntityAlreadyExists", "NoSuchEntity"} {
		if met[must] == 0 {
			t.Errorf("no random call met %s: %v", must, met)
		}
	}
}

// drawCall draws a call of an operation that writes. Names are few, and some are others in another case.
func drawCall(rt *rapid.T, minted map[string]bool, aws bool) (caller, name string, in any) {
	of := func(names ...string) *string { return new(rapid.SampledFrom(names).Draw(rt, "name")) }
	user := func() *string { return of("a", "b", "A", "c") }
	group := func() *string { return of("g", "h", "G") }
	role := func() *string { return of("r", "s") }
	arn := func() *string {
		if aws {
			return of(policyARN("p"), policyARN("q"), policyARN("none"), readOnly, billing)
		}
		return of(policyARN("p"), policyARN("q"), policyARN("none"))
	}
	inline := func() *string { return of("i", "j", "I") }
	document := func() *string { return of(allowLists, sized(100), sized(220), sized(221), "{}") }
	// optionalUser is also no name: the root user's own.
	optionalUser := func() *string {
		if rapid.Bool().Draw(rt, "root") {
			return nil
		}
		return user()
	}
	key := func() *string {
		ids := []string{"AKIAIOSFODNN7EXAMPLE"}
		for id := range minted {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return of(ids...)
	}
	path := func() *string { return of("/", "/x/", "x") }
	trust := new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	calls := map[string]func() any{
		"CreateUser": func() any { return &iamapi.CreateUserInput{UserName: user(), Path: path()} },
		"DeleteUser": func() any { return &iamapi.DeleteUserInput{UserName: user()} },
		"UpdateUser": func() any { return &iamapi.UpdateUserInput{UserName: user(), NewUserName: user(), NewPath: path()} },
		"TagUser": func() any {
			return &iamapi.TagUserInput{UserName: user(), Tags: []iamapi.Tag{{Key: of("k", "K", "l", "m"), Value: of("1", "2")}}}
		},
		"UntagUser":           func() any { return &iamapi.UntagUserInput{UserName: user(), TagKeys: []string{*of("k", "L")}} },
		"CreateGroup":         func() any { return &iamapi.CreateGroupInput{GroupName: group(), Path: path()} },
		"DeleteGroup":         func() any { return &iamapi.DeleteGroupInput{GroupName: group()} },
		"UpdateGroup":         func() any { return &iamapi.UpdateGroupInput{GroupName: group(), NewGroupName: group()} },
		"AddUserToGroup":      func() any { return &iamapi.AddUserToGroupInput{GroupName: group(), UserName: user()} },
		"RemoveUserFromGroup": func() any { return &iamapi.RemoveUserFromGroupInput{GroupName: group(), UserName: user()} },
		"CreateAccessKey":     func() any { return &iamapi.CreateAccessKeyInput{UserName: optionalUser()} },
		"UpdateAccessKey": func() any {
			return &iamapi.UpdateAccessKeyInput{UserName: optionalUser(), AccessKeyId: key(), Status: of("Active", "Inactive")}
		},
		"DeleteAccessKey":    func() any { return &iamapi.DeleteAccessKeyInput{UserName: optionalUser(), AccessKeyId: key()} },
		"CreateAccountAlias": func() any { return &iamapi.CreateAccountAliasInput{AccountAlias: of("one", "two")} },
		"DeleteAccountAlias": func() any { return &iamapi.DeleteAccountAliasInput{AccountAlias: of("one", "two")} },
		"AttachUserPolicy":   func() any { return &iamapi.AttachUserPolicyInput{UserName: user(), PolicyArn: arn()} },
		"DetachUserPolicy":   func() any { return &iamapi.DetachUserPolicyInput{UserName: user(), PolicyArn: arn()} },
		"AttachGroupPolicy":  func() any { return &iamapi.AttachGroupPolicyInput{GroupName: group(), PolicyArn: arn()} },
		"DetachGroupPolicy":  func() any { return &iamapi.DetachGroupPolicyInput{GroupName: group(), PolicyArn: arn()} },
		"AttachRolePolicy":   func() any { return &iamapi.AttachRolePolicyInput{RoleName: role(), PolicyArn: arn()} },
		"DetachRolePolicy":   func() any { return &iamapi.DetachRolePolicyInput{RoleName: role(), PolicyArn: arn()} },
		"PutUserPolicy": func() any {
			return &iamapi.PutUserPolicyInput{UserName: user(), PolicyName: inline(), PolicyDocument: document()}
		},
		"DeleteUserPolicy": func() any { return &iamapi.DeleteUserPolicyInput{UserName: user(), PolicyName: inline()} },
		"PutGroupPolicy": func() any {
			return &iamapi.PutGroupPolicyInput{GroupName: group(), PolicyName: inline(), PolicyDocument: document()}
		},
		"DeleteGroupPolicy": func() any { return &iamapi.DeleteGroupPolicyInput{GroupName: group(), PolicyName: inline()} },
		"PutRolePolicy": func() any {
			return &iamapi.PutRolePolicyInput{RoleName: role(), PolicyName: inline(), PolicyDocument: document()}
		},
		"DeleteRolePolicy": func() any { return &iamapi.DeleteRolePolicyInput{RoleName: role(), PolicyName: inline()} },
		"CreateRole": func() any {
			return &iamapi.CreateRoleInput{RoleName: role(), AssumeRolePolicyDocument: trust, PermissionsBoundary: arn()}
		},
		"DeleteRole": func() any { return &iamapi.DeleteRoleInput{RoleName: role()} },
		"CreatePolicy": func() any {
			return &iamapi.CreatePolicyInput{PolicyName: of("p", "q", "P"), PolicyDocument: new(allowLists)}
		},
		"DeletePolicy": func() any { return &iamapi.DeletePolicyInput{PolicyArn: of(policyARN("p"), policyARN("q"))} },
		"PutUserPermissionsBoundary": func() any {
			return &iamapi.PutUserPermissionsBoundaryInput{UserName: user(), PermissionsBoundary: arn()}
		},
		"DeleteUserPermissionsBoundary": func() any { return &iamapi.DeleteUserPermissionsBoundaryInput{UserName: user()} },
		"PutRolePermissionsBoundary": func() any {
			return &iamapi.PutRolePermissionsBoundaryInput{RoleName: role(), PermissionsBoundary: arn()}
		},
		"DeleteRolePermissionsBoundary": func() any { return &iamapi.DeleteRolePermissionsBoundaryInput{RoleName: role()} },
	}
	var names []string
	for name := range calls {
		names = append(names, name)
		if strings.HasPrefix(name, "Create") || name == "AddUserToGroup" {
			// More is made than taken away.
			names = append(names, name)
		}
	}
	slices.Sort(names)
	name = rapid.SampledFrom(names).Draw(rt, "operation")
	caller = "root"
	if strings.HasSuffix(name, "Alias") && rapid.Bool().Draw(rt, "they") {
		caller = "their root"
	}
	return caller, name, calls[name]()
}

// dump writes all that an account has.
func dump(a *identity.Account) string {
	var b strings.Builder
	add := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	add(a.Info)
	for u := range a.Users() {
		add(u)
	}
	for g := range a.Groups("") {
		add(g)
	}
	for r := range a.Roles("") {
		add(r)
	}
	for p := range a.CustomerPolicies("") {
		add(p)
	}
	return b.String()
}

// check returns what is wrong with an account; nothing if it is as it should be. minted are the ids of all keys that there ever were.
func check(a *identity.Account, q identity.Quotas, minted map[string]bool) string {
	usage := make(map[identity.PolicyRef]identity.Usage)
	keys := make(map[string]string)
	members := make(map[string][]string)
	counts := identity.Counts{}
	var wrong []string
	claim := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	there := func(ref identity.PolicyRef) bool {
		if ref.AWS() {
			return true // they do not go away
		}
		_, ok := a.Policy(ref)
		return ok
	}
	holds := func(what string, inline identity.InlinePolicies, size int, attached []identity.PolicyRef, max int, boundary identity.PolicyRef) {
		claim(inline.Size() <= size, "%s has inline policies of %d", what, inline.Size())
		claim(len(attached) <= max, "%s has %d policies", what, len(attached))
		claim(slices.IsSortedFunc(inline, func(x, y identity.InlinePolicy) int {
			return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
		}),
			"%s has inline policies in disorder", what)
		for i, ref := range attached {
			u := usage[ref]
			u.Attachments++
			usage[ref] = u
			claim(there(ref), "%s has a policy that is not there: %s", what, ref)
			claim(!slices.Contains(attached[:i], ref), "%s has a policy twice: %s", what, ref)
		}
		if boundary != "" {
			u := usage[boundary]
			u.Boundaries++
			usage[boundary] = u
			claim(there(boundary), "%s has a boundary that is not there: %s", what, boundary)
		}
	}
	last := ""
	ordered := func(name string) {
		claim(last < strings.ToLower(name), "%s comes after %s", name, last)
		last = strings.ToLower(name)
	}
	for u := range a.Users() {
		counts.Users++
		ordered(u.Name)
		byName, _ := a.User(strings.ToUpper(u.Name))
		byID, _ := a.UserByID(u.ID)
		claim(byName == u && byID == u, "the indexes of user %s differ", u.Name)
		holds(u.Name, u.Inline, q.UserPolicySize, u.Attached, q.PoliciesPerUser, u.Boundary)
		claim(len(u.Tags) <= q.Tags && len(u.Groups) <= q.GroupsPerUser && len(u.Keys) <= q.AccessKeysPerUser, "user %s has too much", u.Name)
		for _, k := range u.Keys {
			keys[k.ID] = u.Name
		}
		for _, g := range u.Groups {
			members[g] = append(members[g], u.Name)
			_, ok := a.GroupByID(g)
			claim(ok, "user %s is in a group that is not there", u.Name)
		}
		claim(len(a.GroupsOf(u)) == len(u.Groups), "GroupsOf(%s) differs", u.Name)
	}
	last = ""
	for g := range a.Groups("") {
		counts.Groups++
		ordered(g.Name)
		byName, _ := a.Group(strings.ToUpper(g.Name))
		byID, _ := a.GroupByID(g.ID)
		claim(byName == g && byID == g, "the indexes of group %s differ", g.Name)
		holds(g.Name, g.Inline, q.GroupPolicySize, g.Attached, q.PoliciesPerGroup, "")
		var names []string
		for _, u := range a.Members(g) {
			names = append(names, u.Name)
			now, _ := a.UserByID(u.ID)
			claim(now == u, "group %s has user %s as it was", g.Name, u.Name)
		}
		claim(slices.Equal(names, members[g.ID]), "group %s has %v, and %v are in it", g.Name, names, members[g.ID])
		claim(a.HasMembers(g) == (len(names) > 0), "HasMembers(%s) differs", g.Name)
	}
	last = ""
	for r := range a.Roles("") {
		counts.Roles++
		ordered(r.Name)
		byName, _ := a.Role(strings.ToUpper(r.Name))
		byID, _ := a.RoleByID(r.ID)
		claim(byName == r && byID == r, "the indexes of role %s differ", r.Name)
		holds(r.Name, r.Inline, q.RolePolicySize, r.Attached, q.PoliciesPerRole, r.Boundary)
	}
	last = ""
	for p := range a.CustomerPolicies("") {
		counts.Policies++
		counts.PolicyVersions += len(p.Versions)
		ordered(p.Name)
		byName, _ := a.CustomerPolicy(strings.ToUpper(p.Name))
		byRef, _ := a.Policy(p.Ref())
		claim(byName == p && byRef == p, "the indexes of policy %s differ", p.Name)
		claim(a.Usage(p.Ref()) == usage[p.Ref()], "policy %s is used %v times, and counted %v", p.Name, usage[p.Ref()], a.Usage(p.Ref()))
	}
	for _, ref := range []identity.PolicyRef{"policy/ReadOnlyAccess", "policy/job-function/Billing"} {
		claim(a.Usage(ref) == usage[ref], "%s is used %v times, and counted %v", ref, usage[ref], a.Usage(ref))
	}
	claim(counts == a.Counts(), "there are %v, and counted are %v", counts, a.Counts())
	for _, k := range a.RootKeys {
		keys[k.ID] = ""
	}
	for id := range minted {
		owner, has := keys[id]
		_, user, ok := a.Key(id)
		claim(ok == has && (user == nil) == (owner == "") && (user == nil || user.Name == owner), "key %s is %q's, and known: %v", id, owner, ok)
	}
	return strings.Join(wrong, "; ")
}

// claims compares which aliases are taken with which accounts have one.
func claims(rt *rapid.T, w *world) {
	ctx := context.Background()
	const third = "777788889999"
	if err := w.state.Create(ctx, identity.Info{ID: third, Created: w.now}, func(*identity.Edit) error { return nil }); err != nil {
		rt.Fatal(err)
	}
	taken := errors.New("taken")
	for _, name := range []string{"one", "two"} {
		err := w.state.Update(ctx, third, func(e *identity.Edit) error {
			e.Claim(store.Claim("alias/"+name), taken)
			return nil
		})
		has := name == w.account(ours).Alias || name == w.account(theirs).Alias
		if has && err != taken || !has && err != nil {
			rt.Fatalf("that an account has the alias %s is %v; to claim it: %v", name, has, err)
		}
	}
}

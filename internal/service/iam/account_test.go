package iam_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/store"
)

func TestAccountAlias(t *testing.T) {
	w := newWorld(t)
	w.tell([]step{
		{claim: "no alias", op: "ListAccountAliases", in: &iamapi.ListAccountAliasesInput{}, want: `{"AccountAliases":[],"IsTruncated":false}`},
		{claim: "an alias", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("prod")}, want: `{}`},
		{claim: "again", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("prod")},
			want: "EntityAlreadyExists: The account alias prod already exists."},
		{claim: "it is unique over all accounts", as: "their root", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("prod")},
			want: "EntityAlreadyExists: The account alias prod already exists."},
		{claim: "who was refused has none", as: "their root", op: "ListAccountAliases", in: &iamapi.ListAccountAliasesInput{},
			want: `{"AccountAliases":[],"IsTruncated":false}`},
		{claim: "it does not look like an account", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("444455556666")},
			want: "ValidationError: The specified value for accountAlias is invalid. It must not be a 12 digit number."},
		{claim: "another takes its place", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("live")}, want: `{}`},
		{claim: "there is one", op: "ListAccountAliases", in: &iamapi.ListAccountAliasesInput{}, want: `{"AccountAliases":["live"],"IsTruncated":false}`},
		{claim: "the old one is free", as: "their root", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("prod")}, want: `{}`},
		{claim: "to delete another's", op: "DeleteAccountAlias", in: &iamapi.DeleteAccountAliasInput{AccountAlias: new("prod")},
			want: "NoSuchEntity: The account alias with name prod cannot be found."},
		{claim: "the root user is called so", op: "GetUser", in: &iamapi.GetUserInput{},
			want: `{"User":{"Arn":"arn:aws:iam::111122223333:root","Path":"/","UserId":"111122223333","UserName":"live"}}`},
		{claim: "deleted", op: "DeleteAccountAlias", in: &iamapi.DeleteAccountAliasInput{AccountAlias: new("live")}, want: `{}`},
		{claim: "gone", op: "DeleteAccountAlias", in: &iamapi.DeleteAccountAliasInput{AccountAlias: new("live")},
			want: "NoSuchEntity: The account alias with name live cannot be found."},
		{claim: "and free", as: "their root", op: "CreateAccountAlias", in: &iamapi.CreateAccountAliasInput{AccountAlias: new("live")}, want: `{}`},
		{claim: "without one the root user has no name", op: "GetUser", in: &iamapi.GetUserInput{},
			want: `{"User":{"Arn":"arn:aws:iam::111122223333:root","Path":"/","UserId":"111122223333"}}`},
	})
	if got := w.questions(); got != "iam:GetUser on arn:aws:iam::111122223333:root" {
		t.Errorf("GetUser asks %s", got)
	}
	if _, err := w.call("root", "ListAccountAliases", &iamapi.ListAccountAliasesInput{}); err != nil || w.questions() != "iam:ListAccountAliases on *" {
		t.Errorf("ListAccountAliases asks %s, %v", w.questions(), err)
	}
}

// Aliases that are changed at the same time, in one commit perhaps, leave no name claimed that nobody has.
func TestAliasesAtOnce(t *testing.T) {
	w := newWorld(t)
	names := []string{"aaa", "bbb", "ccc"}
	done := make(chan error)
	for i := range 30 {
		go func() {
			mine := *w
			_, err := mine.call([]string{"root", "their root"}[i%2], "CreateAccountAlias", &iamapi.CreateAccountAliasInput{AccountAlias: &names[i%3]})
			done <- err
		}()
	}
	for range 30 {
		<-done
	}
	// A third account gets just those names that the two do not have.
	ctx := context.Background()
	if err := w.state.Create(ctx, identity.Info{ID: "777788889999", Created: w.now}, func(*identity.Edit) error { return nil }); err != nil {
		t.Fatal(err)
	}
	taken := errors.New("taken")
	for _, name := range names {
		err := w.state.Update(ctx, "777788889999", func(e *identity.Edit) error {
			e.Claim(store.Claim("alias/"+name), taken)
			return nil
		})
		if has := name == w.account(ours).Alias || name == w.account(theirs).Alias; has && err != taken || !has && err != nil {
			t.Errorf("%s: it belongs to one of them: %v, and is taken: %v", name, has, err)
		}
	}
}

func TestAccountSummary(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "bob", "carol")
	w.addGroup("devs", "ops")
	w.addRole("r")
	w.addPolicy("p", "q")
	w.edit(func(e *identity.Edit) {
		p, _ := e.Account().CustomerPolicy("p")
		more := *p
		more.Versions = append(slices.Clone(p.Versions), identity.PolicyVersion{Number: 2, Created: w.now, Document: identity.NewDocument(allowLists)})
		e.PutPolicy(&more)
	})
	do[iamapi.CreateAccessKeyOutput](w, "root", "CreateAccessKey", &iamapi.CreateAccessKeyInput{})
	got := do[iamapi.GetAccountSummaryOutput](w, "root", "GetAccountSummary", &iamapi.GetAccountSummaryInput{}).SummaryMap
	for key, want := range map[string]int32{
		"Users": 3, "UsersQuota": 5000, "Groups": 2, "GroupsQuota": 300, "Roles": 1, "RolesQuota": 1000, "Policies": 2, "PoliciesQuota": 1500,
		"PolicyVersionsInUse": 3, "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": 5, "PolicySizeQuota": 6144, "UserPolicySizeQuota": 2048,
		"GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240, "AssumeRolePolicySizeQuota": 2048, "GroupsPerUserQuota": 10, "AccessKeysPerUserQuota": 2,
		"AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 10, "AccountAccessKeysPresent": 1,
		"AccountPasswordPresent": 0, "AccountMFAEnabled": 0, "MFADevices": 0, "MFADevicesInUse": 0, "GlobalEndpointTokenVersion": 1, "InstanceProfiles": 0,
		"InstanceProfilesQuota": 1000, "ServerCertificates": 0, "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
		"AccountSigningCertificatesPresent": 0, "Providers": 0,
	} {
		if n, ok := got[key]; !ok || n != want {
			t.Errorf("%s is %d, want %d", key, n, want)
		}
	}
	// limits.md §8 has 34 keys; the model may name more that AWS does not answer with.
	if len(got) != 34 {
		t.Errorf("there are %d keys", len(got))
	}
	m, err := model.Load("iam")
	if err != nil {
		t.Fatal(err)
	}
	known := m.Operations["GetAccountSummary"].Output.Member("SummaryMap").Shape.Key.Enum
	for key := range got {
		if !slices.Contains(known, key) {
			t.Errorf("the model has no %s", key)
		}
	}
	if w.questions() != "iam:GetAccountSummary on *" {
		t.Errorf("it asks %s", w.questions())
	}
}

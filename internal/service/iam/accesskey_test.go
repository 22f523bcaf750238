package iam_test

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/identity"
)

func TestAccessKeys(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "bob")
	w.addRole("ops")
	made := do[iamapi.CreateAccessKeyOutput](w, "root", "CreateAccessKey", &iamapi.CreateAccessKeyInput{UserName: new("alice")}).AccessKey
	id := *made.AccessKeyId
	if account, ok := credential.AccountOf(id); !ok || account != ours || id[:4] != "AKIA" {
		t.Errorf("the id %s does not say whose account it is", id)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(*made.SecretAccessKey) {
		t.Errorf("the secret is %q", *made.SecretAccessKey)
	}
	key, owner, ok := w.account(ours).Key(id)
	if !ok || owner.Name != "alice" {
		t.Fatalf("the account does not know the key")
	}
	sealer, err := w.service.Keyring.Sealer(ours, w.account(ours).DataKey)
	if err != nil {
		t.Fatal(err)
	}
	if secret, err := sealer.Open(credential.SecretKey, id, key.Secret); err != nil || string(secret) != *made.SecretAccessKey {
		t.Errorf("what is sealed is not what was shown: %v", err)
	}

	meta := func(id, user, status string) string {
		return fmt.Sprintf(`{"AccessKeyId":"AKIA","Status":"%s","UserName":"%s"}`, status, user)
	}
	unknown := "AKIAIOSFODNN7EXAMPLE"
	w.tell([]step{
		{claim: "a list shows no secret", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{UserName: new("ALICE")},
			want: `{"AccessKeyMetadata":[` + meta(id, "alice", "Active") + `],"IsTruncated":false}`},
		{claim: "who has none has an empty list", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{UserName: new("bob")},
			want: `{"AccessKeyMetadata":[],"IsTruncated":false}`},
		{claim: "without a name it is the caller", as: "alice", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{},
			want: `{"AccessKeyMetadata":[` + meta(id, "alice", "Active") + `],"IsTruncated":false}`},
		{claim: "a role has no keys", as: "role ops", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{},
			want: "ValidationError: Must specify userName when calling with non-User credentials"},
		{claim: "nor can one be made for it", as: "role ops", op: "CreateAccessKey", in: &iamapi.CreateAccessKeyInput{},
			want: "ValidationError: Must specify userName when calling with non-User credentials"},
		{claim: "nor deleted", as: "role ops", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id},
			want: "ValidationError: Must specify userName when calling with non-User credentials"},
		{claim: "for no user", op: "CreateAccessKey", in: &iamapi.CreateAccessKeyInput{UserName: new("nobody")},
			want: "NoSuchEntity: The user with name nobody cannot be found."},
		{claim: "off", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: &id, Status: new("Inactive")}, want: `{}`},
		{claim: "is off", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{UserName: new("alice")},
			want: `{"AccessKeyMetadata":[` + meta(id, "alice", "Inactive") + `],"IsTruncated":false}`},
		{claim: "on, by herself", as: "alice", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{AccessKeyId: &id, Status: new("Active")}, want: `{}`},
		{claim: "keys do not expire", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: &id, Status: new("Expired")},
			want: "InvalidInput: The specified value for status is invalid. It must be Active or Inactive."},
		{claim: "no such key", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: &unknown, Status: new("Active")},
			want: "NoSuchEntity: The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."},
		{claim: "another's key is none", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{UserName: new("bob"), AccessKeyId: &id, Status: new("Inactive")},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{claim: "to delete either", as: "bob", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{claim: "a user's key is none of the root user's", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},

		{claim: "never used", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id},
			want: `{"AccessKeyLastUsed":{"Region":"N/A","ServiceName":"N/A"},"UserName":"alice"}`},
		{claim: "of an unknown key nothing is said, not even to root", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &unknown},
			want: "AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key " + unknown},
		{claim: "nor of another account's", as: "their root", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id},
			want: "AccessDenied: User: arn:aws:iam::444455556666:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key " + id},
		{claim: "a user with a key stays", op: "DeleteUser", in: &iamapi.DeleteUserInput{UserName: new("alice")},
			want: "DeleteConflict: Cannot delete entity, must delete access keys first."},
		{claim: "renamed", op: "UpdateUser", in: &iamapi.UpdateUserInput{UserName: new("alice"), NewUserName: new("ally")}, want: `{}`},
		{claim: "the key goes with the name", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id},
			want: `{"AccessKeyLastUsed":{"Region":"N/A","ServiceName":"N/A"},"UserName":"ally"}`},
	})
	w.state.Touch(ours, identity.KeyUse, id, identity.Use{Time: w.now, Region: "eu-west-1", Service: "s3"})
	last := do[iamapi.GetAccessKeyLastUsedOutput](w, "root", "GetAccessKeyLastUsed", &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id}).AccessKeyLastUsed
	if *last.ServiceName != "s3" || *last.Region != "eu-west-1" || !last.LastUsedDate.Equal(w.now.Truncate(time.Second)) {
		t.Errorf("last used: %s", show(t, last))
	}

	second := *do[iamapi.CreateAccessKeyOutput](w, "ally", "CreateAccessKey", &iamapi.CreateAccessKeyInput{}).AccessKey.AccessKeyId
	w.tell([]step{
		{claim: "there is no third key", op: "CreateAccessKey", in: &iamapi.CreateAccessKeyInput{UserName: new("ally")},
			want: "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"},
		{claim: "deleted", as: "ally", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id}, want: `{}`},
		{claim: "is gone", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{UserName: new("ally"), AccessKeyId: &id},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{claim: "the other stays", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{UserName: new("ally")},
			want: `{"AccessKeyMetadata":[` + meta(second, "ally", "Active") + `],"IsTruncated":false}`},
	})
	if _, _, ok := w.account(ours).Key(id); ok {
		t.Error("the account still knows a deleted key")
	}
}

// The root user's keys are its own: no name names them.
func TestRootAccessKeys(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "root")
	first := do[iamapi.CreateAccessKeyOutput](w, "root", "CreateAccessKey", &iamapi.CreateAccessKeyInput{}).AccessKey
	if got := w.questions(); got != "iam:CreateAccessKey on arn:aws:iam::111122223333:root" {
		t.Errorf("it asks %s", got)
	}
	if first.UserName != nil {
		t.Errorf("the root user is called %s", *first.UserName)
	}
	id := *first.AccessKeyId
	if key, owner, ok := w.account(ours).Key(id); !ok || owner != nil || !key.Active {
		t.Error("the account does not know that the key is the root user's")
	}
	do[iamapi.CreateAccountAliasOutput](w, "root", "CreateAccountAlias", &iamapi.CreateAccountAliasInput{AccountAlias: new("prod")})
	w.tell([]step{
		{claim: "root lists its own", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{},
			want: `{"AccessKeyMetadata":[{"AccessKeyId":"AKIA","Status":"Active","UserName":"prod"}],"IsTruncated":false}`},
		{claim: "a user called root is a user", op: "ListAccessKeys", in: &iamapi.ListAccessKeysInput{UserName: new("root")},
			want: `{"AccessKeyMetadata":[],"IsTruncated":false}`},
		{claim: "a user does not get at them", as: "alice", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{claim: "not by a name either", as: "alice", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{UserName: new("root"), AccessKeyId: &id},
			want: "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{claim: "last used", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id},
			want: `{"AccessKeyLastUsed":{"Region":"N/A","ServiceName":"N/A"},"UserName":"prod"}`},
		{claim: "off", op: "UpdateAccessKey", in: &iamapi.UpdateAccessKeyInput{AccessKeyId: &id, Status: new("Inactive")}, want: `{}`},
	})
	if key, _, _ := w.account(ours).Key(id); key.Active {
		t.Error("the key is still on")
	}
	do[iamapi.CreateAccessKeyOutput](w, "root", "CreateAccessKey", &iamapi.CreateAccessKeyInput{})
	w.tell([]step{
		{claim: "two are enough", op: "CreateAccessKey", in: &iamapi.CreateAccessKeyInput{}, want: "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"},
		{claim: "deleted", op: "DeleteAccessKey", in: &iamapi.DeleteAccessKeyInput{AccessKeyId: &id}, want: `{}`},
		{claim: "and gone", op: "GetAccessKeyLastUsed", in: &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: &id},
			want: "AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key " + id},
	})
}

func TestAccessKeyPages(t *testing.T) {
	q := identity.DefaultQuotas()
	q.AccessKeysPerUser = 5
	w := newWorldWith(t, q)
	w.addUser("alice")
	var ids []string
	for range 5 {
		ids = append(ids, *do[iamapi.CreateAccessKeyOutput](w, "alice", "CreateAccessKey", &iamapi.CreateAccessKeyInput{}).AccessKey.AccessKeyId)
	}
	slices.Sort(ids)
	in := &iamapi.ListAccessKeysInput{UserName: new("alice"), MaxItems: new(int32(2))}
	got := pages(w, "ListAccessKeys", in, func(m *string) { in.Marker = m }, func(out *iamapi.ListAccessKeysOutput) (ids []string, truncated *bool, marker *string) {
		for _, k := range out.AccessKeyMetadata {
			ids = append(ids, *k.AccessKeyId)
		}
		return ids, out.IsTruncated, out.Marker
	})
	if want := [][]string{ids[:2], ids[2:4], ids[4:]}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("keys are paged: got %v, want %v", got, want)
	}
}

func TestAccessKeyQuestions(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "bob")
	id := do[iamapi.CreateAccessKeyOutput](w, "alice", "CreateAccessKey", &iamapi.CreateAccessKeyInput{}).AccessKey.AccessKeyId
	if got, want := w.questions(), "iam:CreateAccessKey on arn:aws:iam::111122223333:user/alice (user alice)"; got != want {
		t.Errorf("a call without a name asks %s, want %s", got, want)
	}
	for _, c := range []struct {
		as, op string
		in     any
		want   string
	}{
		{"bob", "ListAccessKeys", &iamapi.ListAccessKeysInput{UserName: new("Alice")}, "iam:ListAccessKeys on arn:aws:iam::111122223333:user/alice (user alice)"},
		{"bob", "GetAccessKeyLastUsed", &iamapi.GetAccessKeyLastUsedInput{AccessKeyId: id}, "iam:GetAccessKeyLastUsed on arn:aws:iam::111122223333:user/alice (user alice)"},
		{"bob", "UpdateAccessKey", &iamapi.UpdateAccessKeyInput{UserName: new("alice"), AccessKeyId: id, Status: new("Inactive")},
			"iam:UpdateAccessKey on arn:aws:iam::111122223333:user/alice (user alice)"},
		{"alice", "DeleteAccessKey", &iamapi.DeleteAccessKeyInput{AccessKeyId: id}, "iam:DeleteAccessKey on arn:aws:iam::111122223333:user/alice (user alice)"},
	} {
		if _, err := w.call(c.as, c.op, c.in); err != nil {
			t.Fatalf("%s: %v", c.op, err)
		}
		if got := w.questions(); got != c.want {
			t.Errorf("%s asks %s, want %s", c.op, got, c.want)
		}
	}
}

// repeating gives the random bytes of the first key for the second key as well, and then others.
type repeating struct {
	ids   int
	other io.Reader
}

func (r *repeating) Read(b []byte) (int, error) {
	if len(b) != 5 { // not those of a key's id
		return r.other.Read(b)
	}
	r.ids++
	for i := range b {
		b[i] = byte(r.ids / 3) // 0 for the first two, then 1
	}
	return len(b), nil
}

// TestNoTwoKeysHaveOneID draws the same id for two users: the second one's is drawn again.
func TestNoTwoKeysHaveOneID(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice", "bob")
	r := &repeating{other: w.service.Rand}
	w.service.Rand = r
	ids := make(map[string]string)
	for _, name := range []string{"alice", "bob"} {
		out, err := w.call("root", "CreateAccessKey", &iamapi.CreateAccessKeyInput{UserName: &name})
		if err != nil {
			t.Fatal(err)
		}
		ids[*out.(*iamapi.CreateAccessKeyOutput).AccessKey.AccessKeyId] = name
	}
	if len(ids) != 2 || r.ids != 3 {
		t.Errorf("the keys are %v after %d draws", ids, r.ids)
	}
	for id, name := range ids {
		if _, owner, ok := w.account(ours).Key(id); !ok || owner.Name != name {
			t.Errorf("%s is not of %s", id, name)
		}
	}
}

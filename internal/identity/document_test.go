package identity_test

import (
	"testing"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/identity"
)

// TestAProgramIsOfTheKindThatWasAskedFor compiles one text as two kinds, by turns: what a policy without principals allows the user whose it is, it allows nobody as a resource's own.
func TestAProgramIsOfTheKindThatWasAskedFor(t *testing.T) {
	d := identity.NewDocument(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	alice, err := authz.NewPrincipal("arn:aws:iam::111122223333:user/alice", authz.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	action, err := authz.NewAction("s3:GetObject")
	if err != nil {
		t.Fatal(err)
	}
	request := authz.NewRequest(alice, action, "arn:aws:s3:::b/k")
	request.ResourceAccount = "111122223333"
	for i := range 2 {
		resource, err := d.Program(authz.Resource, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := authz.Decide(request, &authz.Policies{Resource: resource}); got.Allowed() {
			t.Errorf("%d: as a resource's policy: %v", i, got.Effect)
		}
		own, err := d.Program(authz.Identity, "arn:aws:iam::111122223333:policy/p")
		if err != nil {
			t.Fatal(err)
		}
		if got := authz.Decide(request, &authz.Policies{Identity: []*authz.Program{own}}); !got.Allowed() {
			t.Errorf("%d: as a user's policy: %v", i, got.Effect)
		}
		if again, err := d.Program(authz.Identity, "arn:aws:iam::111122223333:policy/p"); err != nil || again != own {
			t.Errorf("%d: the same program is made twice: %v", i, err)
		}
	}
}

package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/policy"
)

// trustState has our account with the user /dev/alice and the role ops, and theirs with the user bob.
func trustState(t *testing.T) *identity.State {
	t.Helper()
	st, err := identity.Open(context.Background(), memory.New(), identity.DefaultQuotas())
	if err != nil {
		t.Fatal(err)
	}
	for id, put := range map[string]func(*identity.Edit) error{
		"111122223333": func(e *identity.Edit) error {
			e.PutUser(&identity.User{ID: "AIDAALICE111111111111", Name: "alice", Path: "/dev/"})
			e.PutRole(&identity.Role{ID: "AROAOPS11111111111111", Name: "ops", Path: "/"})
			return nil
		},
		"444455556666": func(e *identity.Edit) error {
			e.PutUser(&identity.User{ID: "AIDABOB11111111111111", Name: "bob", Path: "/<&>/"})
			return nil
		},
	} {
		if err := st.Create(context.Background(), identity.Info{ID: id, Created: time.Unix(0, 0)}, put); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func snapshot(t *testing.T, st *identity.State, id string) *identity.Account {
	t.Helper()
	a, ok := st.Account(id)
	if !ok {
		t.Fatalf("no account %s", id)
	}
	return a
}

func stored(t *testing.T, st *identity.State, text string) (string, error) {
	t.Helper()
	doc, err := policy.Check(policy.Trust, text)
	if err != nil {
		t.Fatal(err)
	}
	return st.StorePrincipals(snapshot(t, st, "111122223333"), doc)
}

func TestStoredPrincipals(t *testing.T) {
	st := trustState(t)
	// Every byte but the principals stays.
	const text = "{ \"Version\" : \"2012-10-17\",\n \"Statement\":{\"Action\":[\"sts:AssumeRole\"],\"Sid\":\"x\",\"Effect\":\"Allow\",\t\"Principal\":{\"AWS\":%s}," +
		"\"Condition\":{\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::111122223333:user/dev/alice\"}}} }"
	for _, test := range []struct{ claim, principals, stored, shown string }{
		{"a user is its id", `"arn:aws:iam::111122223333:user/dev/alice"`, `"AIDAALICE111111111111"`, ""},
		{"so is a role", `"arn:aws:iam::111122223333:role/ops"`, `"AROAOPS11111111111111"`, ""},
		{"and a user of another account, whatever its path", `"arn:aws:iam::444455556666:user/<&>/bob"`, `"AIDABOB11111111111111"`, ""},
		{"each of several, in their order", `[ "arn:aws:iam::111122223333:role/ops" ,"*", "arn:aws:iam::111122223333:user/dev/alice"]`,
			`[ "AROAOPS11111111111111" ,"*", "AIDAALICE111111111111"]`, ""},
		{"an escaped ARN is the same, and shown plainly", `"arn:aws:iam::111122223333:user\/dev\u002falice"`, `"AIDAALICE111111111111"`, `"arn:aws:iam::111122223333:user/dev/alice"`},
		{"in another partition too", `"arn:aws-cn:iam::111122223333:role/ops"`, `"AROAOPS11111111111111"`, `"arn:aws:iam::111122223333:role/ops"`},
		{"an id is an id", `"AIDAALICE111111111111"`, `"AIDAALICE111111111111"`, `"arn:aws:iam::111122223333:user/dev/alice"`},
		{"an account stays", `"111122223333"`, `"111122223333"`, ""},
		{"its root user stays", `"arn:aws:iam::999999999999:root"`, `"arn:aws:iam::999999999999:root"`, ""},
		{"a session stays", `"arn:aws:sts::111122223333:assumed-role/ops/s"`, `"arn:aws:sts::111122223333:assumed-role/ops/s"`, ""},
		{"everyone stays", `"*"`, `"*"`, ""},
	} {
		given := fmt.Sprintf(text, test.principals)
		got, err := stored(t, st, given)
		if want := fmt.Sprintf(text, test.stored); err != nil || got != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", test.claim, got, err, want)
			continue
		}
		want := given
		if test.shown != "" {
			want = fmt.Sprintf(text, test.shown)
		}
		if shown := st.ShowPrincipals(snapshot(t, st, "111122223333"), identity.NewDocument(got), "aws"); shown != want {
			t.Errorf("%s: shown as\n got %s\nwant %s", test.claim, shown, want)
		}
	}
	for _, principal := range []string{
		"arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/dev/Alice", "arn:aws:iam::111122223333:role/none",
		"arn:aws:iam::444455556666:user/alice", "arn:aws:iam::999999999999:user/dev/alice", "AIDANOBODY11111111111",
	} {
		_, err := stored(t, st, fmt.Sprintf(text, `["*",`+fmt.Sprintf("%q", principal)+`]`))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != "MalformedPolicyDocument" || f.Message != `Invalid principal in policy: "AWS":"`+principal+`"` {
			t.Errorf("%s: %v", principal, err)
		}
	}
}

// Who is made in a commit may be named in it, who is deleted may not, though others do not see it yet.
func TestStoredPrincipalsOfTheCommit(t *testing.T) {
	st := trustState(t)
	const text = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:%s"},"Action":"sts:AssumeRole"}}`
	doc := func(name string) *policy.Document {
		doc, err := policy.Check(policy.Trust, fmt.Sprintf(text, name))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	err := st.Update(context.Background(), "111122223333", func(e *identity.Edit) error {
		e.PutUser(&identity.User{ID: "AIDACAROL111111111111", Name: "carol", Path: "/"})
		alice, _ := e.Account().User("alice")
		e.DeleteUser(alice)
		stored, err := st.StorePrincipals(e.Account(), doc("user/carol"))
		if err != nil || !strings.Contains(stored, `"AIDACAROL111111111111"`) {
			t.Errorf("who was just made: %s, %v", stored, err)
		}
		if shown := st.ShowPrincipals(e.Account(), identity.NewDocument(stored), "aws"); shown != fmt.Sprintf(text, "user/carol") {
			t.Errorf("and is shown as %s", shown)
		}
		if _, err := st.StorePrincipals(e.Account(), doc("user/dev/alice")); err == nil {
			t.Error("who was just deleted may be named")
		}
		return errors.New("not to be kept")
	})
	if err == nil {
		t.Error("the change was kept")
	}
}

// S019: a user or role that is made anew under the name of one that a trust policy names is not let in.
func TestTrustDoesNotFollowNames(t *testing.T) {
	st := trustState(t)
	const mine = "111122223333"
	text, err := stored(t, st, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",`+
		`"Principal":{"AWS":["arn:aws:iam::111122223333:user/dev/alice","arn:aws:iam::111122223333:role/ops"]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := identity.NewDocument(text).Program(authz.Resource, "")
	if err != nil {
		t.Fatal(err)
	}
	assumes := func(principal, id string) bool {
		p, err := authz.NewPrincipal(principal, authz.Facts{UniqueID: id})
		if err != nil {
			t.Fatal(err)
		}
		a, err := authz.NewAction("sts:AssumeRole")
		if err != nil {
			t.Fatal(err)
		}
		return authz.Decide(authz.NewRequest(p, a, "arn:aws:iam::111122223333:role/target"), &authz.Policies{Resource: trust}).Allowed()
	}
	const alice, ops = "arn:aws:iam::111122223333:user/dev/alice", "arn:aws:sts::111122223333:assumed-role/ops/s"
	if !assumes(alice, "AIDAALICE111111111111") || !assumes(ops, "AROAOPS11111111111111") {
		t.Fatal("those who are named are not let in")
	}
	err = st.Update(context.Background(), mine, func(e *identity.Edit) error {
		u, _ := e.Account().User("alice")
		e.DeleteUser(u)
		r, _ := e.Account().Role("ops")
		e.DeleteRole(r)
		e.PutUser(&identity.User{ID: "AIDAALICE222222222222", Name: "alice", Path: "/dev/"})
		e.PutRole(&identity.Role{ID: "AROAOPS22222222222222", Name: "ops", Path: "/"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if assumes(alice, "AIDAALICE222222222222") || assumes(ops, "AROAOPS22222222222222") {
		t.Error("who was made anew is let in")
	}
	if shown := st.ShowPrincipals(snapshot(t, st, mine), identity.NewDocument(text), "aws"); shown != text {
		t.Errorf("the policy is shown as %s", shown)
	}
}

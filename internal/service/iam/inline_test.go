package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

// holder makes inputs for one of the three kinds of entities that have policies, so that one story is told of all.
type holder struct {
	kind, name, Kind string
	put              func(policy, document string) any
	get, delete      func(policy string) any
	list             func(marker *string, max *int32) any
	attach, detach   func(arn string) any
	attached         func(prefix, marker *string, max *int32) any
}

func holders(name string) []holder {
	return []holder{
		{
			kind: "user", Kind: "User", name: name,
			put: func(p, d string) any {
				return &iamapi.PutUserPolicyInput{UserName: &name, PolicyName: &p, PolicyDocument: &d}
			},
			get:    func(p string) any { return &iamapi.GetUserPolicyInput{UserName: &name, PolicyName: &p} },
			delete: func(p string) any { return &iamapi.DeleteUserPolicyInput{UserName: &name, PolicyName: &p} },
			list: func(m *string, n *int32) any {
				return &iamapi.ListUserPoliciesInput{UserName: &name, Marker: m, MaxItems: n}
			},
			attach: func(a string) any { return &iamapi.AttachUserPolicyInput{UserName: &name, PolicyArn: &a} },
			detach: func(a string) any { return &iamapi.DetachUserPolicyInput{UserName: &name, PolicyArn: &a} },
			attached: func(p, m *string, n *int32) any {
				return &iamapi.ListAttachedUserPoliciesInput{UserName: &name, PathPrefix: p, Marker: m, MaxItems: n}
			},
		},
		{
			kind: "group", Kind: "Group", name: name,
			put: func(p, d string) any {
				return &iamapi.PutGroupPolicyInput{GroupName: &name, PolicyName: &p, PolicyDocument: &d}
			},
			get:    func(p string) any { return &iamapi.GetGroupPolicyInput{GroupName: &name, PolicyName: &p} },
			delete: func(p string) any { return &iamapi.DeleteGroupPolicyInput{GroupName: &name, PolicyName: &p} },
			list: func(m *string, n *int32) any {
				return &iamapi.ListGroupPoliciesInput{GroupName: &name, Marker: m, MaxItems: n}
			},
			attach: func(a string) any { return &iamapi.AttachGroupPolicyInput{GroupName: &name, PolicyArn: &a} },
			detach: func(a string) any { return &iamapi.DetachGroupPolicyInput{GroupName: &name, PolicyArn: &a} },
			attached: func(p, m *string, n *int32) any {
				return &iamapi.ListAttachedGroupPoliciesInput{GroupName: &name, PathPrefix: p, Marker: m, MaxItems: n}
			},
		},
		{
			kind: "role", Kind: "Role", name: name,
			put: func(p, d string) any {
				return &iamapi.PutRolePolicyInput{RoleName: &name, PolicyName: &p, PolicyDocument: &d}
			},
			get:    func(p string) any { return &iamapi.GetRolePolicyInput{RoleName: &name, PolicyName: &p} },
			delete: func(p string) any { return &iamapi.DeleteRolePolicyInput{RoleName: &name, PolicyName: &p} },
			list: func(m *string, n *int32) any {
				return &iamapi.ListRolePoliciesInput{RoleName: &name, Marker: m, MaxItems: n}
			},
			attach: func(a string) any { return &iamapi.AttachRolePolicyInput{RoleName: &name, PolicyArn: &a} },
			detach: func(a string) any { return &iamapi.DetachRolePolicyInput{RoleName: &name, PolicyArn: &a} },
			attached: func(p, m *string, n *int32) any {
				return &iamapi.ListAttachedRolePoliciesInput{RoleName: &name, PathPrefix: p, Marker: m, MaxItems: n}
			},
		},
	}
}

// addHolders adds a user, a group and a role of that name.
func (w *world) addHolders(name string) {
	w.Helper()
	w.addUser(name)
	w.addGroup(name)
	w.addRole(name)
}

// sized returns a policy of n characters that count, with white space that does not.
func sized(n int) string {
	const head, tail = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::`, `"}}`
	count := len(strings.ReplaceAll(head+tail, " ", ""))
	return head + strings.Repeat("b", n-count) + tail + "\n\n  \t"
}

func TestInlinePolicies(t *testing.T) {
	w := newWorld(t)
	w.addHolders("e")
	none := holders("none")
	for i, h := range holders("e") {
		quota := map[string]int{"user": 2048, "group": 5120, "role": 10240}[h.kind]
		// As it was given, to the byte, percent-encoded.
		document := "{ \"Version\":\"2012-10-17\",\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/ü+~*\"}]}"
		const encoded = "%7B%20%22Version%22%3A%222012-10-17%22%2C%0A%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C" +
			"%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ab%2F%C3%BC%2B~%2A%22%7D%5D%7D"
		if back, err := url.PathUnescape(encoded); err != nil || back != document {
			t.Fatal("the test's own document is wrong")
		}
		w.tell([]step{
			{claim: "none", op: "List" + h.Kind + "Policies", in: h.list(nil, nil), want: `{"IsTruncated":false,"PolicyNames":[]}`},
			{claim: "put", op: "Put" + h.Kind + "Policy", in: h.put("Pol", document), want: `{}`},
			{claim: "got", op: "Get" + h.Kind + "Policy", in: h.get("pol"),
				want: fmt.Sprintf(map[string]string{
					"user":  `{"PolicyDocument":"%s","PolicyName":"Pol","UserName":"e"}`,
					"group": `{"GroupName":"e","PolicyDocument":"%s","PolicyName":"Pol"}`,
					"role":  `{"PolicyDocument":"%s","PolicyName":"Pol","RoleName":"e"}`,
				}[h.kind], encoded)},
			{claim: "another name in another case is the same policy", op: "Put" + h.Kind + "Policy", in: h.put("POL", allowLists), want: `{}`},
			{claim: "and its name stays", op: "List" + h.Kind + "Policies", in: h.list(nil, nil), want: `{"IsTruncated":false,"PolicyNames":["Pol"]}`},
			{claim: "no such policy", op: "Get" + h.Kind + "Policy", in: h.get("q"), want: "NoSuchEntity: The " + h.kind + " policy with name q cannot be found."},
			{claim: "none to delete", op: "Delete" + h.Kind + "Policy", in: h.delete("q"), want: "NoSuchEntity: The " + h.kind + " policy with name q cannot be found."},
			{claim: "deleted", op: "Delete" + h.Kind + "Policy", in: h.delete("pol"), want: `{}`},
			{claim: "gone", op: "Get" + h.Kind + "Policy", in: h.get("Pol"), want: "NoSuchEntity: The " + h.kind + " policy with name Pol cannot be found."},

			{claim: "put for none", op: "Put" + h.Kind + "Policy", in: none[i].put("p", allowLists), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},
			{claim: "get of none", op: "Get" + h.Kind + "Policy", in: none[i].get("p"), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},
			{claim: "list of none", op: "List" + h.Kind + "Policies", in: none[i].list(nil, nil), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},
			{claim: "delete of none", op: "Delete" + h.Kind + "Policy", in: none[i].delete("p"), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},

			{claim: "no JSON", op: "Put" + h.Kind + "Policy", in: h.put("p", "{"), want: "MalformedPolicyDocument: Syntax errors in policy."},
			{claim: "no statement", op: "Put" + h.Kind + "Policy", in: h.put("p", `{"Version":"2020-01-01","Statement":[]}`),
				want: "MalformedPolicyDocument: Syntax errors in policy."},
			{claim: "no vendor", op: "Put" + h.Kind + "Policy", in: h.put("p", strings.Replace(allowLists, "s3:ListBucket", "ListBucket", 1)),
				want: "MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
			{claim: "a principal has no place in it", op: "Put" + h.Kind + "Policy",
				in: h.put("p", strings.Replace(allowLists, `"Effect"`, `"Principal":"*","Effect"`, 1)), want: "MalformedPolicyDocument: Policy document should not specify a principal."},
			{claim: "letters of a name", op: "Put" + h.Kind + "Policy", in: h.put("a/b", allowLists),
				want: "ValidationError: The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},

			{claim: "all that fits", op: "Put" + h.Kind + "Policy", in: h.put("big", sized(quota)), want: `{}`},
			{claim: "one more does not", op: "Put" + h.Kind + "Policy", in: h.put("small", allowLists),
				want: fmt.Sprintf("LimitExceeded: Maximum policy size of %d bytes exceeded for %s e", quota, h.kind)},
			{claim: "what is replaced does not count", op: "Put" + h.Kind + "Policy", in: h.put("BIG", sized(quota-100)), want: `{}`},
			{claim: "nor may it grow", op: "Put" + h.Kind + "Policy", in: h.put("big", sized(quota+1)),
				want: fmt.Sprintf("LimitExceeded: Maximum policy size of %d bytes exceeded for %s e", quota, h.kind)},
			{claim: "what was refused is not there", op: "List" + h.Kind + "Policies", in: h.list(nil, nil), want: `{"IsTruncated":false,"PolicyNames":["big"]}`},
			{claim: "deleted", op: "Delete" + h.Kind + "Policy", in: h.delete("big"), want: `{}`},
		})
	}
}

func TestInlinePolicyPages(t *testing.T) {
	w := newWorld(t)
	w.addHolders("e")
	for _, h := range holders("e") {
		for _, name := range []string{"B", "a", "C", "_", "d"} {
			if _, err := w.call("root", "Put"+h.Kind+"Policy", h.put(name, allowLists)); err != nil {
				t.Fatal(err)
			}
		}
		var marker *string
		var got []string
		for range 4 {
			out, err := w.call("root", "List"+h.Kind+"Policies", h.list(marker, new(int32(2))))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			switch out := out.(type) {
			case *iamapi.ListUserPoliciesOutput:
				names, marker = out.PolicyNames, out.Marker
			case *iamapi.ListGroupPoliciesOutput:
				names, marker = out.PolicyNames, out.Marker
			case *iamapi.ListRolePoliciesOutput:
				names, marker = out.PolicyNames, out.Marker
			}
			got = append(got, strings.Join(names, " "))
			if marker == nil {
				break
			}
		}
		if want := "_ a|B C|d"; strings.Join(got, "|") != want {
			t.Errorf("%s: pages are %q, want %q", h.kind, got, want)
		}
	}
}

// What AWS made for itself nobody else changes, but it may be looked at.
func TestProtectedRoles(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("p")
	w.addRole("/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x")
	w.edit(func(e *identity.Edit) {
		for _, name := range []string{"AWSServiceRoleForECS", "AWSReservedSSO_x"} {
			r, _ := e.Account().Role(name)
			own := *r
			own.Inline = own.Inline.With(identity.InlinePolicy{Name: "i", Document: identity.NewDocument(allowLists)})
			p, _ := e.Account().CustomerPolicy("p")
			own.Attached = []identity.PolicyRef{p.Ref()}
			e.PutRole(&own)
		}
	})
	for _, name := range []string{"AWSServiceRoleForECS", "AWSReservedSSO_x", "awsservicerolefoRECS"} {
		h := holders(name)[2]
		stored := name
		if strings.EqualFold(name, "AWSServiceRoleForECS") {
			stored = "AWSServiceRoleForECS"
		}
		refused := "UnmodifiableEntity: Cannot perform the operation on the protected role '" + stored + "' - this role is only modifiable by AWS"
		w.tell([]step{
			{claim: "put", op: "PutRolePolicy", in: h.put("p", allowLists), want: refused},
			{claim: "delete", op: "DeleteRolePolicy", in: h.delete("i"), want: refused},
			{claim: "attach", op: "AttachRolePolicy", in: h.attach(readOnly), want: refused},
			{claim: "detach", op: "DetachRolePolicy", in: h.detach(policyARN("p")), want: refused},
			{claim: "list", op: "ListRolePolicies", in: h.list(nil, nil), want: `{"IsTruncated":false,"PolicyNames":["i"]}`},
			{claim: "list attached", op: "ListAttachedRolePolicies", in: h.attached(nil, nil, nil),
				want: `{"AttachedPolicies":[{"PolicyArn":"arn:aws:iam::111122223333:policy/p","PolicyName":"p"}],"IsTruncated":false}`},
		})
	}
}

package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

func TestAttachedPolicies(t *testing.T) {
	w := newWorld(t)
	w.addHolders("e")
	w.addPolicy("p", "team/q")
	none := holders("none")
	foreign := "arn:aws:iam::" + theirs + ":policy/p"
	for i, h := range holders("e") {
		op := func(verb string) string { return verb + h.Kind + "Policy" }
		list := "ListAttached" + h.Kind + "Policies"
		w.tell([]step{
			{claim: "none", op: list, in: h.attached(nil, nil, nil), want: `{"AttachedPolicies":[],"IsTruncated":false}`},
			{claim: "one of ours", op: op("Attach"), in: h.attach(policyARN("team/q")), want: `{}`},
			{claim: "one of AWS's", op: op("Attach"), in: h.attach(billing), want: `{}`},
			{claim: "a policy is attached once", op: op("Attach"), in: h.attach(billing), want: `{}`},
			{claim: "both", op: list, in: h.attached(nil, nil, nil), want: `{"AttachedPolicies":[{"PolicyArn":"` + billing + `","PolicyName":"Billing"},` +
				`{"PolicyArn":"arn:aws:iam::111122223333:policy/team/q","PolicyName":"q"}],"IsTruncated":false}`},
			{claim: "by path of the policy", op: list, in: h.attached(new("/team/"), nil, nil),
				want: `{"AttachedPolicies":[{"PolicyArn":"arn:aws:iam::111122223333:policy/team/q","PolicyName":"q"}],"IsTruncated":false}`},
			{claim: "nothing there", op: list, in: h.attached(new("/other/"), nil, nil), want: `{"AttachedPolicies":[],"IsTruncated":false}`},

			{claim: "no such policy", op: op("Attach"), in: h.attach(policyARN("none")),
				want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none does not exist or is not attachable."},
			{claim: "a wrong path is no such policy", op: op("Attach"), in: h.attach(policyARN("q")),
				want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/q does not exist or is not attachable."},
			{claim: "nor is a name in another case", op: op("Attach"), in: h.attach(policyARN("P")),
				want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/P does not exist or is not attachable."},
			{claim: "another account's", op: op("Attach"), in: h.attach(foreign), want: "NoSuchEntity: Policy " + foreign + " does not exist or is not attachable."},
			{claim: "none of AWS's", op: op("Attach"), in: h.attach("arn:aws:iam::aws:policy/NoSuchAccess"),
				want: "NoSuchEntity: Policy arn:aws:iam::aws:policy/NoSuchAccess does not exist or is not attachable."},
			{claim: "no ARN", op: op("Attach"), in: h.attach("ReadOnlyAccessXXXXXXXX"), want: "ValidationError: Invalid ARN:  Could not be parsed!"},
			{claim: "no policy's ARN", op: op("Attach"), in: h.attach("arn:aws:iam::111122223333:role/e"),
				want: "InvalidInput: ARN arn:aws:iam::111122223333:role/e is not valid."},
			{claim: "what AWS keeps for itself", op: op("Attach"), in: h.attach("arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"),
				want: "PolicyNotAttachable: Cannot attach AWS reserved policy to an IAM " + h.kind + "."},
			{claim: "what root tasks need", op: op("Attach"), in: h.attach("arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"),
				want: "PolicyNotAttachable: Cannot attach AWS reserved policy to an IAM " + h.kind + "."},
			{claim: "service roles are customers' own", op: op("Attach"), in: h.attach("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"), want: `{}`},
			{claim: "detached", op: op("Detach"), in: h.detach("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"), want: `{}`},

			{claim: "attach to none", op: op("Attach"), in: none[i].attach(readOnly), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},
			{claim: "detach from none", op: op("Detach"), in: none[i].detach(readOnly), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},
			{claim: "list of none", op: list, in: none[i].attached(nil, nil, nil), want: "NoSuchEntity: The " + h.kind + " with name none cannot be found."},

			{claim: "detached", op: op("Detach"), in: h.detach(billing), want: `{}`},
			{claim: "not attached any more", op: op("Detach"), in: h.detach(billing), want: "NoSuchEntity: Policy " + billing + " was not found."},
			{claim: "never attached", op: op("Detach"), in: h.detach(policyARN("p")), want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/p was not found."},
			{claim: "no such policy", op: op("Detach"), in: h.detach(policyARN("none")), want: "NoSuchEntity: Policy arn:aws:iam::111122223333:policy/none was not found."},
			{claim: "another account's", op: op("Detach"), in: h.detach(foreign), want: "NoSuchEntity: Policy " + foreign + " was not found."},
			{claim: "no ARN", op: op("Detach"), in: h.detach("ReadOnlyAccessXXXXXXXX"), want: "ValidationError: Invalid ARN:  Could not be parsed!"},
		})
	}
	q, _ := w.account(ours).CustomerPolicy("q")
	if got := w.account(ours).Usage(q.Ref()); got != (identity.Usage{Attachments: 3}) {
		t.Errorf("the policy is attached to three, not %v", got)
	}
}

func TestAttachmentQuotas(t *testing.T) {
	q := identity.DefaultQuotas()
	q.PoliciesPerUser, q.PoliciesPerGroup, q.PoliciesPerRole = 1, 2, 3
	w := newWorldWith(t, q)
	w.addHolders("e")
	w.addPolicy("p0", "p1", "p2", "p3")
	for i, h := range holders("e") {
		for n := range i + 1 {
			if _, err := w.call("root", "Attach"+h.Kind+"Policy", h.attach(policyARN(fmt.Sprintf("p%d", n)))); err != nil {
				t.Fatal(err)
			}
		}
		w.tell([]step{
			{claim: "no more", op: "Attach" + h.Kind + "Policy", in: h.attach(policyARN("p3")),
				want: fmt.Sprintf("LimitExceeded: Cannot exceed quota for PoliciesPer%s: %d", h.Kind, i+1)},
			{claim: "again what is there", op: "Attach" + h.Kind + "Policy", in: h.attach(policyARN("p0")), want: `{}`},
		})
	}
}

func TestAttachmentPages(t *testing.T) {
	w := newWorld(t)
	w.addHolders("e")
	// Its name is that of one of AWS's, and a page ends between the two.
	w.addPolicy("ReadOnlyAccess", "a", "Z", "x/"+strings.Repeat("n", 128))
	for _, h := range holders("e") {
		for _, arn := range []string{policyARN("Z"), readOnly, policyARN("ReadOnlyAccess"), policyARN("a"), policyARN("x/" + strings.Repeat("n", 128))} {
			if _, err := w.call("root", "Attach"+h.Kind+"Policy", h.attach(arn)); err != nil {
				t.Fatal(err)
			}
		}
		for size := int32(1); size <= 3; size++ {
			var marker *string
			var got []string
			for range 6 {
				out, err := w.call("root", "ListAttached"+h.Kind+"Policies", h.attached(nil, marker, &size))
				if err != nil {
					t.Fatal(err)
				}
				var page []iamapi.AttachedPolicy
				switch out := out.(type) {
				case *iamapi.ListAttachedUserPoliciesOutput:
					page, marker = out.AttachedPolicies, out.Marker
				case *iamapi.ListAttachedGroupPoliciesOutput:
					page, marker = out.AttachedPolicies, out.Marker
				case *iamapi.ListAttachedRolePoliciesOutput:
					page, marker = out.AttachedPolicies, out.Marker
				}
				for _, p := range page {
					got = append(got, (*p.PolicyName)[:1])
				}
				if marker == nil {
					break
				}
				if len(*marker) > 320 {
					t.Errorf("the marker has %d characters", len(*marker))
				}
			}
			if strings.Join(got, "") != "anRRZ" {
				t.Errorf("%s, pages of %d: got %v", h.kind, size, got)
			}
		}
	}
}

func TestPolicyQuestions(t *testing.T) {
	w := newWorld(t)
	w.addHolders("E")
	w.addHolders("bounded")
	w.addPolicy("p", "fence")
	w.edit(func(e *identity.Edit) {
		fence, _ := e.Account().CustomerPolicy("fence")
		u, _ := e.Account().User("bounded")
		bu := *u
		bu.Boundary = fence.Ref()
		e.PutUser(&bu)
		r, _ := e.Account().Role("bounded")
		br := *r
		br.Boundary = fence.Ref()
		e.PutRole(&br)
	})
	const at, fence = "arn:aws:iam::111122223333:", " iam:permissionsboundary=arn:aws:iam::111122223333:policy/fence"
	asks := func(name string, input any, want string) {
		t.Helper()
		if _, err := w.call("root", name, input); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := w.questions(); !strings.EqualFold(got, want) {
			t.Errorf("%s asks\n%s, want\n%s", name, got, want)
		}
	}
	for i, h := range holders("e") {
		on := " on " + at + h.kind + "/E (" + h.kind + " E)"
		b := holders("bounded")[i]
		onB, key := " on "+at+h.kind+"/bounded ("+h.kind+" bounded)", fence
		if h.kind == "group" {
			key = ""
		}
		asks("Put"+h.Kind+"Policy", h.put("i", allowLists), "iam:Put"+h.Kind+"Policy"+on)
		asks("Put"+h.Kind+"Policy", b.put("i", allowLists), "iam:Put"+h.Kind+"Policy"+onB+key)
		asks("Get"+h.Kind+"Policy", b.get("i"), "iam:Get"+h.Kind+"Policy"+onB)
		asks("List"+h.Kind+"Policies", b.list(nil, nil), "iam:List"+h.Kind+"Policies"+onB)
		asks("Delete"+h.Kind+"Policy", b.delete("i"), "iam:Delete"+h.Kind+"Policy"+onB+key)
		arn := " iam:policyarn=" + readOnly
		asks("Attach"+h.Kind+"Policy", h.attach(readOnly), "iam:Attach"+h.Kind+"Policy"+on+arn)
		asks("Attach"+h.Kind+"Policy", b.attach(readOnly), "iam:Attach"+h.Kind+"Policy"+onB+key+arn)
		asks("ListAttached"+h.Kind+"Policies", b.attached(nil, nil, nil), "iam:ListAttached"+h.Kind+"Policies"+onB)
		// The same policy under another partition's name: a condition on its ARN sees the one that it was written for.
		asks("Attach"+h.Kind+"Policy", b.attach("arn:aws-cn:iam::aws:policy/PowerUserAccess"), "iam:Attach"+h.Kind+"Policy"+onB+key+" iam:policyarn="+powerUser)
		asks("Detach"+h.Kind+"Policy", b.detach(readOnly), "iam:Detach"+h.Kind+"Policy"+onB+key+arn)
	}
	asks("ListEntitiesForPolicy", &iamapi.ListEntitiesForPolicyInput{PolicyArn: new("arn:aws-cn:iam::111122223333:policy/p")},
		"iam:ListEntitiesForPolicy on arn:aws:iam::111122223333:policy/p (policy arn:aws:iam::111122223333:policy/p)")
	asks("GetAccountAuthorizationDetails", &iamapi.GetAccountAuthorizationDetailsInput{}, "iam:GetAccountAuthorizationDetails on *")
	asks("CreateUser", &iamapi.CreateUserInput{UserName: new("u"), PermissionsBoundary: new("arn:aws-cn:iam::111122223333:policy/fence")},
		"iam:CreateUser on "+at+"user/u"+fence)
}

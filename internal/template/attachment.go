package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// Attachment is access that a file gives to somebody, or a limit that it takes from somebody, without a document that says so.
type Attachment struct {
	Position policy.Position
	Name     string // as that of a Policy
	Text     string // what is done, such as arn:aws:iam::aws:policy/ReadOnlyAccess is attached to reader
	// Policies are the ARNs or names of the policies that are attached; one that is not known is called after what it refers to. Elsewhere are those that are not in the file.
	Policies, Elsewhere []string
	// Outside: it gives what the file does not say. If not, it is a policy of the file, or a limit.
	Outside bool
	// New: it was not so before.
	New bool
}

// attachment is a row of the table of resources that attach.
type attachment struct {
	// what is the attribute that names what is given, and to that which names who gets it; either may be a list.
	what, to string
	verb     string
	// outside: what is given is a policy, which may be in the file.
	outside bool
	// limit: it takes something away from those who have it, and so the change that counts is that it goes.
	limit bool
}

// self reports whether it is the resource that gets what is attached: it may have a name that AWS gives it.
func (a *attachment) self() bool {
	return a.to == "name" || strings.HasSuffix(a.to, "_name") && (a.what == "managed_policy_arns" || a.limit)
}

// planAttachments are the resources of the AWS provider that give access without a document.
var planAttachments = map[string][]attachment{
	"aws_iam_role_policy_attachment":             {{what: "policy_arn", to: "role", verb: "is attached to", outside: true}},
	"aws_iam_user_policy_attachment":             {{what: "policy_arn", to: "user", verb: "is attached to", outside: true}},
	"aws_iam_group_policy_attachment":            {{what: "policy_arn", to: "group", verb: "is attached to", outside: true}},
	"aws_iam_policy_attachment":                  {{what: "policy_arn", to: "roles", verb: "is attached to", outside: true}, {what: "policy_arn", to: "users", verb: "is attached to", outside: true}, {what: "policy_arn", to: "groups", verb: "is attached to", outside: true}},
	"aws_iam_role_policy_attachments_exclusive":  {{what: "policy_arns", to: "role_name", verb: "is attached to", outside: true}},
	"aws_iam_user_policy_attachments_exclusive":  {{what: "policy_arns", to: "user_name", verb: "is attached to", outside: true}},
	"aws_iam_group_policy_attachments_exclusive": {{what: "policy_arns", to: "group_name", verb: "is attached to", outside: true}},
	"aws_iam_role":                                    {{what: "managed_policy_arns", to: "name", verb: "is attached to", outside: true}, boundary},
	"awscc_iam_role":                                  {{what: "managed_policy_arns", to: "role_name", verb: "is attached to", outside: true}, {what: "permissions_boundary", to: "role_name", verb: "does not limit", limit: true}},
	"awscc_iam_user":                                  {{what: "managed_policy_arns", to: "user_name", verb: "is attached to", outside: true}, {what: "permissions_boundary", to: "user_name", verb: "does not limit", limit: true}},
	"awscc_iam_group":                                 {{what: "managed_policy_arns", to: "group_name", verb: "is attached to", outside: true}},
	"aws_iam_user":                                    {boundary},
	"aws_iam_group_membership":                        {{what: "group", to: "users", verb: "gets the member"}},
	"aws_iam_user_group_membership":                   {{what: "groups", to: "user", verb: "gets the member"}},
	"aws_identitystore_group_membership":              {{what: "group_id", to: "member_id", verb: "gets the member"}},
	"aws_ssoadmin_managed_policy_attachment":          {{what: "managed_policy_arn", to: "permission_set_arn", verb: "is attached to", outside: true}},
	"aws_ssoadmin_customer_managed_policy_attachment": {{what: "customer_managed_policy_reference", to: "permission_set_arn", verb: "is attached to", outside: true}},
	"aws_ssoadmin_account_assignment":                 {{what: "permission_set_arn", to: "principal_id", verb: "is given to"}, {what: "permission_set_arn", to: "target_id", verb: "is given in"}},
	"aws_ssoadmin_permissions_boundary_attachment":    {{what: "permissions_boundary", to: "permission_set_arn", verb: "does not limit", limit: true}},
	"aws_organizations_policy_attachment":             {{what: "policy_id", to: "target_id", verb: "does not limit", limit: true}},
	"aws_organizations_account":                       {{what: "parent_id", to: "name", verb: "does not limit", limit: true}},
	"aws_kms_grant":                                   {{what: "key_id", to: "grantee_principal", verb: "is granted to"}, {what: "operations", to: "grantee_principal", verb: "is granted to"}},
	"aws_ram_principal_association":                   {{what: "resource_share_arn", to: "principal", verb: "is shared with"}},
	"aws_ram_resource_association":                    {{what: "resource_arn", to: "resource_share_arn", verb: "is shared by"}},
}

var boundary = attachment{what: "permissions_boundary", to: "name", verb: "does not limit", limit: true}

// attachments finds what a resource of a plan attaches.
func (x *planResource) attachments() {
	for _, row := range planAttachments[x.resource] {
		after, to := texts(x.after.member(row.what)), texts(x.after.member(row.to))
		before, toBefore := texts(x.before.member(row.what)), texts(x.before.member(row.to))
		unknown, toUnknown := hasTrue(x.unknown.member(row.what)) && x.isConfigured(row.what), hasTrue(x.unknown.member(row.to)) && x.isConfigured(row.to)
		a := Attachment{Name: x.address + "." + row.what}
		near := x.after.member(row.what)
		switch {
		case row.limit && (x.same || len(before) == 0 || !unknown && !toUnknown && among(before, after) && among(toBefore, to) || row.self() && x.isGone()):
			continue // all that was limited still is, or is gone
		case row.limit:
			a.New, near = true, x.before.member(row.what)
			after, to, unknown = before, toBefore, false
		case len(after) == 0 && !unknown, len(to) == 0 && !toUnknown && !row.self():
			continue
		default:
			a.New = !x.same && (unknown || toUnknown || !among(after, before) || !among(to, toBefore))
			a.Outside = !row.outside
		}
		if unknown {
			after = append(after, referred(x.expressions.member(row.what)))
		}
		if toUnknown {
			to = append(to, referred(x.expressions.member(row.to)))
		}
		if len(to) == 0 {
			to = []string{x.address}
		}
		if row.outside {
			a.Policies = after
		}
		a.Position = x.file.position(x.at0)
		if near != nil {
			a.Position = x.file.position(near.at)
		}
		a.Text = fmt.Sprintf("%s %s %s", enumerate(after), row.verb, enumerate(to))
		x.out.Attachments = append(x.out.Attachments, a)
	}
}

// settle looks which of the policies that are attached are among those of the plan, and what of that is removed to which policies belonged that are.
func (p *planReader) settle() {
	for _, r := range p.removed {
		r.policy.Gone = r.policy.Gone || r.owner.name != "" && p.gone[r.owner]
	}
	for i := range p.out.Attachments {
		a := &p.out.Attachments[i]
		a.Elsewhere = slices.DeleteFunc(slices.Clone(a.Policies), func(name string) bool { return p.policies[name] || strings.HasPrefix(name, "aws_iam_policy.") })
		a.Outside = a.Outside || len(a.Elsewhere) > 0
	}
}

// texts returns the texts of a value: its own, those of its elements, or the names of those.
func texts(n *node) (all []string) {
	for _, item := range elements(n) {
		switch {
		case item.kind == jsontext.String && item.text != "":
			all = append(all, item.text)
		case item.kind == jsontext.Object:
			for _, m := range item.members {
				all = append(all, texts(m.node)...)
			}
		}
	}
	return all
}

// hasTrue reports whether a value, or a part of it, is true: in after_unknown, that it is unknown.
func hasTrue(n *node) bool {
	if n == nil {
		return false
	}
	return isTrue(n) || slices.ContainsFunc(n.items, hasTrue) || slices.ContainsFunc(n.members, func(m member) bool { return hasTrue(m.node) })
}

// among reports whether all of some texts are among others.
func among(all, others []string) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !slices.Contains(others, s) })
}

// referred says what an expression is whose value is not known yet.
func referred(e *node) string {
	if all := texts(e.member("references")); len(all) > 0 {
		return all[0]
	}
	return "what is known only when the plan is applied"
}

// enumerate writes names one behind the other; of many it writes three.
func enumerate(all []string) string {
	if n := len(all); n > 4 {
		all = append(slices.Clone(all[:3]), fmt.Sprintf("%d more", n-3))
	}
	return strings.Join(all, ", ")
}

// attachedProperties are the properties of a template's resources that attach policies which may be elsewhere.
var attachedProperties = map[string][]string{
	"AWS::IAM::Role": {"ManagedPolicyArns"}, "AWS::IAM::User": {"ManagedPolicyArns", "Groups"}, "AWS::IAM::Group": {"ManagedPolicyArns"}, "AWS::IAM::UserToGroupAddition": {"GroupName"},
	"AWS::SSO::PermissionSet": {"ManagedPolicies", "CustomerManagedPolicyReferences"}, "AWS::SSO::Assignment": {"PermissionSetArn"},
	"AWS::Serverless::Function": {"Policies"}, "AWS::Serverless::StateMachine": {"Policies"},
}

// attachments finds what a resource of a template attaches, and is not a policy, a group or a permission set of the template.
func (x *cfnResource) attachments() {
	for _, name := range attachedProperties[x.resource] {
		n := x.properties.member(name)
		if n == nil {
			continue
		}
		a := Attachment{Position: x.file.position(x.file.inside(n, 0)), Name: x.name + "." + name, Outside: true, New: true}
		x.attached(n, &a.Policies, 0)
		if a.Elsewhere = a.Policies; len(a.Policies) > 0 {
			a.Text = enumerate(a.Policies) + " is attached to " + x.name
			x.out.Attachments = append(x.out.Attachments, a)
		}
	}
}

// attached collects what is attached: all branches of what conditions decide.
func (x *cfnResource) attached(n *node, all *[]string, depth int) {
	if x.steps--; x.steps <= 0 || depth > maxDepth || len(*all) > 1000 {
		return
	}
	name, then := n.only()
	switch {
	case n.kind == jsontext.Array:
		for _, item := range n.items {
			x.attached(item, all, depth+1)
		}
	case name == "Fn::If" && len(then.items) == 3:
		x.attached(then.items[1], all, depth+1)
		x.attached(then.items[2], all, depth+1)
	case name == "Ref" && textOf(then) == "AWS::NoValue":
	case name == "Ref" && x.resources[textOf(then)] != nil:
	case name == "Fn::GetAtt" && x.resources[attributeOf(then)] != nil:
	case n.kind == jsontext.Object && !isFunction(name): // a document or a template of one, which is told where it is looked for; or the name of a policy
		if policyName := textOf(n.member("Name")); policyName != "" {
			*all = append(*all, policyName)
		}
	default:
		e := &evaluation{cloudFormation: x.cloudFormation, conditions: x.known}
		switch v := e.value(n, slot{}, 0); {
		case e.condition != "":
			*all = append(*all, "what depends on "+e.condition)
		case v == nil:
		case v.kind == jsontext.Array:
			for _, item := range v.items {
				*all = append(*all, item.shown())
			}
		default:
			*all = append(*all, v.shown())
		}
	}
}

// attributeOf returns the resource whose attribute Fn::GetAtt asks for.
func attributeOf(argument *node) string {
	if argument.kind == jsontext.Array && len(argument.items) > 0 {
		return textOf(argument.items[0])
	}
	name, _, _ := strings.Cut(textOf(argument), ".")
	return name
}

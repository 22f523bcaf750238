package iam

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// What the judge is asked about each operation: authz-iam-sts.md has the resource types and condition keys of every action, evaluation.md §10 how
// messages call the resource.

var (
	keyPermissionsBoundary = condition.NewKey("iam:PermissionsBoundary")
	keyPolicyARN           = condition.NewKey("iam:PolicyARN")
	keyTagKeys             = condition.NewKey("aws:TagKeys")
)

// ask makes the questions function of an operation that asks for its own action on one resource.
func ask[In any](resource func(*op.Call, *In) (op.Question, error)) func(*op.Call, *In) ([]op.Question, error) {
	return func(c *op.Call, in *In) ([]op.Question, error) {
		q, err := resource(c, in)
		if err != nil {
			return nil, err
		}
		if q.Action == "" {
			q.Action = "iam:" + c.Operation
		}
		return []op.Question{q}, nil
	}
}

// onAccount is for actions without a resource: they are asked on "*".
func onAccount[In any](c *op.Call, _ *In) ([]op.Question, error) {
	return []op.Question{{Action: "iam:" + c.Operation, Resource: "*"}}, nil
}

// onList is for listings by path: kind is "user", "role", …; messages name the ARN with the path as its end.
func onList[In any](kind string, prefix func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		path := "/"
		if p := prefix(in); p != nil {
			if err := checkPrefix(p); err != nil {
				return op.Question{}, err
			}
			path = *p
		}
		return op.Question{Resource: c.Authority.IAM(kind + path)}, nil
	})
}

// onUser asks about the user that a call names, or its caller.
func onUser[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) { return userQuestion(c, name(in)) })
}

// onGroup asks about the group that a call names.
func onGroup[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) { return groupQuestion(c, *name(in)), nil })
}

// onRole asks about the role that a call names.
func onRole[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) { return roleQuestion(c, *name(in)), nil })
}

// onBoundedRole is onRole for actions that have the role's boundary among their condition keys.
func onBoundedRole[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		q := roleQuestion(c, *name(in))
		q.Keys = roleBoundaryKey(c, *name(in))
		return q, nil
	})
}

// onPolicies is for listing managed policies, which has no resource; messages name the path all the same.
func onPolicies(c *op.Call, in *iamapi.ListPoliciesInput) ([]op.Question, error) {
	path := "/"
	if in.PathPrefix != nil {
		if err := checkPrefix(in.PathPrefix); err != nil {
			return nil, err
		}
		path = *in.PathPrefix
	}
	return []op.Question{{Action: "iam:ListPolicies", Resource: "*", Name: "policy path " + path}}, nil
}

// onPolicy asks about the managed policy that a call names by ARN.
func onPolicy[In any](name func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) { return policyQuestion(c, *name(in)) })
}

// userQuestion is about a user by name, or about the caller's own if the name is nil.
func userQuestion(c *op.Call, name *string) (op.Question, error) {
	if name == nil {
		if isRoot(c) {
			return op.Question{Resource: c.Authority.Root()}, nil
		}
		u, err := userOrCaller(c, nil)
		if err != nil {
			return op.Question{}, err
		}
		name = &u.Name
	}
	u, ok := c.Account.User(*name)
	if !ok {
		return op.Question{Resource: c.Authority.IAM("user/" + *name), Name: "user " + *name}, nil
	}
	return op.Question{Resource: c.Authority.User(u), Name: "user " + u.Name, Tags: u.Tags, IAMTags: true}, nil
}

func groupQuestion(c *op.Call, name string) op.Question {
	g, ok := c.Account.Group(name)
	if !ok {
		return op.Question{Resource: c.Authority.IAM("group/" + name), Name: "group " + name}
	}
	return op.Question{Resource: c.Authority.Group(g), Name: "group " + g.Name}
}

func roleQuestion(c *op.Call, name string) op.Question {
	r, ok := c.Account.Role(name)
	if !ok {
		return op.Question{Resource: c.Authority.IAM("role/" + name), Name: "role " + name}
	}
	return op.Question{Resource: c.Authority.Role(r), Name: "role " + r.Name, Tags: r.Tags, IAMTags: true}
}

// policyQuestion is about a managed policy by ARN. An ARN that is none is the call's error.
func policyQuestion(c *op.Call, name string) (op.Question, error) {
	parsed, err := parsePolicyARN(name)
	if err != nil {
		return op.Question{}, err
	}
	p, ok := c.Account.FindPolicy(parsed)
	if !ok {
		return op.Question{Resource: name, Name: "policy " + name}, nil
	}
	// Not the name as it was sent, which may have another partition in it: policies are written about this one.
	known := c.Authority.Policy(p)
	return op.Question{Resource: known, Name: "policy " + known, Tags: decidingTags(p.Tags)}, nil
}

// policyKey is a condition key whose value is the ARN of the managed policy that a call passes: as the account knows it if it does, so that no other
// spelling of the same policy slips through a condition.
func policyKey(c *op.Call, key condition.Key, name string) op.Key {
	if parsed, err := arn.Parse(name); err == nil {
		if p, ok := c.Account.FindPolicy(parsed); ok {
			name = c.Authority.Policy(p)
		}
	}
	return op.Text(key, name)
}

// boundaryKey is the condition key iam:PermissionsBoundary of an action on an entity that has a boundary; none if it has not.
func boundaryKey(c *op.Call, ref identity.PolicyRef) []op.Key {
	p, ok := c.Account.Policy(ref)
	if ref == "" || !ok {
		return nil
	}
	return []op.Key{op.Text(keyPermissionsBoundary, c.Authority.Policy(p))}
}

// userBoundaryKey is boundaryKey of the user of that name.
func userBoundaryKey(c *op.Call, name string) []op.Key {
	if u, ok := c.Account.User(name); ok {
		return boundaryKey(c, u.Boundary)
	}
	return nil
}

// roleBoundaryKey is boundaryKey of the role of that name.
func roleBoundaryKey(c *op.Call, name string) []op.Key {
	if r, ok := c.Account.Role(name); ok {
		return boundaryKey(c, r.Boundary)
	}
	return nil
}

// tagKeys are the condition keys aws:RequestTag/… and aws:TagKeys of a call that passes tags; none if it passes none.
func tagKeys(tags []iamapi.Tag) []op.Key {
	if len(tags) == 0 {
		return nil
	}
	var keys []op.Key
	var names []string
	for _, t := range tags {
		keys = append(keys, op.Text(condition.NewKey("aws:RequestTag/"+*t.Key), *t.Value))
		names = append(names, *t.Key)
	}
	return append(keys, op.List(keyTagKeys, names))
}

// untagKeys is the condition key aws:TagKeys of a call that takes tags away.
func untagKeys(names []string) []op.Key { return []op.Key{op.List(keyTagKeys, names)} }

// creating are the questions of a call that creates a resource: its own action, and the one that tags if it passes tags.
func creating(c *op.Call, q op.Question, tags []iamapi.Tag, tagAction string) []op.Question {
	q.Action = "iam:" + c.Operation
	q.Keys = append(q.Keys, tagKeys(tags)...)
	questions := []op.Question{q}
	if len(tags) > 0 {
		tag := q
		tag.Action, tag.Keys = tagAction, slices.Clone(tagKeys(tags))
		questions = append(questions, tag)
	}
	return questions
}

// newUser is what CreateUser asks.
func newUser(c *op.Call, in *iamapi.CreateUserInput) ([]op.Question, error) {
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	q := op.Question{Resource: c.Authority.IAM("user" + path + *in.UserName)}
	if in.PermissionsBoundary != nil {
		q.Keys = append(q.Keys, policyKey(c, keyPermissionsBoundary, *in.PermissionsBoundary))
	}
	return creating(c, q, in.Tags, "iam:TagUser"), nil
}

// renamedUser is what UpdateUser asks: the user under its old and under its new ARN (authz-iam-sts.md).
func renamedUser(c *op.Call, in *iamapi.UpdateUserInput) ([]op.Question, error) {
	old, err := userQuestion(c, in.UserName)
	if err != nil {
		return nil, err
	}
	old.Action = "iam:UpdateUser"
	questions := []op.Question{old}
	if in.NewUserName == nil && in.NewPath == nil {
		return questions, nil
	}
	u, ok := c.Account.User(*in.UserName)
	if !ok {
		return questions, nil
	}
	renamed := *u
	if in.NewUserName != nil {
		renamed.Name = *in.NewUserName
	}
	if in.NewPath != nil {
		if renamed.Path, err = pathOf(in.NewPath); err != nil {
			return nil, err
		}
	}
	next := old
	next.Resource, next.Name = c.Authority.User(&renamed), ""
	return append(questions, next), nil
}

// renamedGroup is renamedUser for UpdateGroup.
func renamedGroup(c *op.Call, in *iamapi.UpdateGroupInput) ([]op.Question, error) {
	old := groupQuestion(c, *in.GroupName)
	old.Action = "iam:UpdateGroup"
	questions := []op.Question{old}
	g, ok := c.Account.Group(*in.GroupName)
	if !ok || in.NewGroupName == nil && in.NewPath == nil {
		return questions, nil
	}
	renamed := *g
	if in.NewGroupName != nil {
		renamed.Name = *in.NewGroupName
	}
	if in.NewPath != nil {
		var err error
		if renamed.Path, err = pathOf(in.NewPath); err != nil {
			return nil, err
		}
	}
	next := old
	next.Resource, next.Name = c.Authority.Group(&renamed), ""
	return append(questions, next), nil
}

// newRole is what CreateRole asks.
func newRole(c *op.Call, in *iamapi.CreateRoleInput) ([]op.Question, error) {
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	q := op.Question{Resource: c.Authority.IAM("role" + path + *in.RoleName)}
	if in.PermissionsBoundary != nil {
		q.Keys = append(q.Keys, policyKey(c, keyPermissionsBoundary, *in.PermissionsBoundary))
	}
	return creating(c, q, in.Tags, "iam:TagRole"), nil
}

// newPolicy is what CreatePolicy asks.
func newPolicy(c *op.Call, in *iamapi.CreatePolicyInput) ([]op.Question, error) {
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	return creating(c, op.Question{Resource: c.Authority.IAM("policy" + path + *in.PolicyName)}, in.Tags, "iam:TagPolicy"), nil
}

// newGroup is what CreateGroup asks.
func newGroup(c *op.Call, in *iamapi.CreateGroupInput) ([]op.Question, error) {
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	return []op.Question{{Action: "iam:CreateGroup", Resource: c.Authority.IAM("group" + path + *in.GroupName)}}, nil
}

// onKey asks about the user who has the access key that a call names.
func onKey(c *op.Call, in *iamapi.GetAccessKeyLastUsedInput) ([]op.Question, error) {
	_, owner, ok := c.Account.Key(*in.AccessKeyId)
	if !ok {
		// Even for those who may do everything: nothing is said of whether the key exists, here or in another account. The colon is missing in AWS's
		// own message.
		return nil, fault.New(fault.AccessDenied, "User: %s is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key %s",
			c.Caller.Principal.ARN, *in.AccessKeyId)
	}
	q := op.Question{Resource: c.Authority.Root()}
	if owner != nil {
		var err error
		if q, err = userQuestion(c, &owner.Name); err != nil {
			return nil, err
		}
	}
	q.Action = "iam:GetAccessKeyLastUsed"
	return []op.Question{q}, nil
}

// What changes what a user, role or group may do is asked on it, with its boundary if it has one, and with the managed policy if there is one.

// onUserPolicies is for calls that change a user's policies; attached gives the ARN of the managed policy, if the call names one.
func onUserPolicies[In any](name func(*In) *string, attached func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		q, err := userQuestion(c, name(in))
		if err != nil {
			return q, err
		}
		q.Keys = userBoundaryKey(c, *name(in))
		return withPolicy(c, q, in, attached)
	})
}

// onGroupPolicies is onUserPolicies for groups.
func onGroupPolicies[In any](name func(*In) *string, attached func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		return withPolicy(c, groupQuestion(c, *name(in)), in, attached)
	})
}

// onRolePolicies is onUserPolicies for roles.
func onRolePolicies[In any](name func(*In) *string, attached func(*In) *string) func(*op.Call, *In) ([]op.Question, error) {
	return ask(func(c *op.Call, in *In) (op.Question, error) {
		q := roleQuestion(c, *name(in))
		q.Keys = roleBoundaryKey(c, *name(in))
		return withPolicy(c, q, in, attached)
	})
}

// inline is what the attached argument is for calls without a managed policy.
func inline[In any](*In) *string { return nil }

func withPolicy[In any](c *op.Call, q op.Question, in *In, attached func(*In) *string) (op.Question, error) {
	name := attached(in)
	if name == nil {
		return q, nil
	}
	if _, err := parsePolicyARN(*name); err != nil {
		return q, err
	}
	q.Keys = append(q.Keys, policyKey(c, keyPolicyARN, *name))
	return q, nil
}

// boundUser and boundRole are what Put…PermissionsBoundary asks: with the boundary that is to be.

func boundUser(c *op.Call, in *iamapi.PutUserPermissionsBoundaryInput) ([]op.Question, error) {
	q, err := userQuestion(c, in.UserName)
	if err != nil {
		return nil, err
	}
	q.Action, q.Keys = "iam:PutUserPermissionsBoundary", []op.Key{policyKey(c, keyPermissionsBoundary, *in.PermissionsBoundary)}
	return []op.Question{q}, nil
}

func boundRole(c *op.Call, in *iamapi.PutRolePermissionsBoundaryInput) ([]op.Question, error) {
	q := roleQuestion(c, *in.RoleName)
	q.Action, q.Keys = "iam:PutRolePermissionsBoundary", []op.Key{policyKey(c, keyPermissionsBoundary, *in.PermissionsBoundary)}
	return []op.Question{q}, nil
}

func taggedUser(c *op.Call, in *iamapi.TagUserInput) ([]op.Question, error) {
	q, err := userQuestion(c, in.UserName)
	q.Action, q.Keys = "iam:TagUser", tagKeys(in.Tags)
	return []op.Question{q}, err
}

func untaggedUser(c *op.Call, in *iamapi.UntagUserInput) ([]op.Question, error) {
	q, err := userQuestion(c, in.UserName)
	q.Action, q.Keys = "iam:UntagUser", untagKeys(in.TagKeys)
	return []op.Question{q}, err
}

func taggedRole(c *op.Call, in *iamapi.TagRoleInput) ([]op.Question, error) {
	q := roleQuestion(c, *in.RoleName)
	q.Action, q.Keys = "iam:TagRole", tagKeys(in.Tags)
	return []op.Question{q}, nil
}

func untaggedRole(c *op.Call, in *iamapi.UntagRoleInput) ([]op.Question, error) {
	q := roleQuestion(c, *in.RoleName)
	q.Action, q.Keys = "iam:UntagRole", untagKeys(in.TagKeys)
	return []op.Question{q}, nil
}

func taggedPolicy(c *op.Call, in *iamapi.TagPolicyInput) ([]op.Question, error) {
	q, err := policyQuestion(c, *in.PolicyArn)
	q.Action, q.Keys = "iam:TagPolicy", tagKeys(in.Tags)
	return []op.Question{q}, err
}

func untaggedPolicy(c *op.Call, in *iamapi.UntagPolicyInput) ([]op.Question, error) {
	q, err := policyQuestion(c, *in.PolicyArn)
	q.Action, q.Keys = "iam:UntagPolicy", untagKeys(in.TagKeys)
	return []op.Question{q}, err
}

// parsePolicyARN reads the ARN of a managed policy.
func parsePolicyARN(name string) (arn.ARN, error) {
	parsed, err := arn.Parse(name)
	if err != nil {
		// Two blanks, as AWS has it (iam-api.md §3).
		return arn.ARN{}, invalidARN()
	}
	if parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "policy/") {
		return arn.ARN{}, fault.New(iamapi.CodeInvalidInput, "ARN %s is not valid.", name)
	}
	return parsed, nil
}

package iam

import (
	"slices"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// permissions are the policies of a user, group or role: what inline.go and attachment.go work on, whichever it is.
type permissions struct {
	kind string // "user", as messages have it
	name string
	// attached is what LimitExceeded calls the quota of attached policies, max is that quota; size is that of the inline policies together.
	attached  string
	max, size func(identity.Quotas) int
	// inlines and refs are in a copy of the entity, which put saves.
	inlines *identity.InlinePolicies
	refs    *[]identity.PolicyRef
	put     func()
	// locked is why nobody but AWS may change them; nil if anybody may.
	locked error
}

func userPermissions(c *op.Call, name string) (*permissions, error) {
	found, err := user(c, name)
	if err != nil {
		return nil, err
	}
	u := *found
	return &permissions{
		kind: "user", name: u.Name, attached: "PoliciesPerUser",
		max:     func(q identity.Quotas) int { return q.PoliciesPerUser },
		size:    func(q identity.Quotas) int { return q.UserPolicySize },
		inlines: &u.Inline, refs: &u.Attached, put: func() { c.Edit.PutUser(&u) },
	}, nil
}

func groupPermissions(c *op.Call, name string) (*permissions, error) {
	found, err := group(c, name)
	if err != nil {
		return nil, err
	}
	g := *found
	return &permissions{
		kind: "group", name: g.Name, attached: "PoliciesPerGroup",
		max:     func(q identity.Quotas) int { return q.PoliciesPerGroup },
		size:    func(q identity.Quotas) int { return q.GroupPolicySize },
		inlines: &g.Inline, refs: &g.Attached, put: func() { c.Edit.PutGroup(&g) },
	}, nil
}

func rolePermissions(c *op.Call, name string) (*permissions, error) {
	found, err := role(c, name)
	if err != nil {
		return nil, err
	}
	r := *found
	return &permissions{
		kind: "role", name: r.Name, attached: "PoliciesPerRole",
		max:     func(q identity.Quotas) int { return q.PoliciesPerRole },
		size:    func(q identity.Quotas) int { return q.RolePolicySize },
		inlines: &r.Inline, refs: &r.Attached, put: func() { c.Edit.PutRole(&r) }, locked: modifiable(found),
	}, nil
}

// putInline adds an inline policy, or puts it in place of the one of that name.
func (ps *permissions) putInline(c *op.Call, name, text string) error {
	if ps.locked != nil {
		return ps.locked
	}
	if err := checkName("policyName", name); err != nil {
		return err
	}
	if _, err := checkPolicy(policy.Inline, text); err != nil {
		return err
	}
	all := ps.inlines.With(identity.InlinePolicy{Name: name, Document: identity.NewDocument(text)})
	// The quota is for all of them together.
	if quota := ps.size(c.Edit.Quotas()); all.Size() > quota {
		return fault.New(iamapi.CodeLimitExceeded, "Maximum policy size of %d bytes exceeded for %s %s", quota, ps.kind, ps.name)
	}
	*ps.inlines = all
	ps.put()
	return nil
}

// inline returns the inline policy of that name.
func (ps *permissions) inline(name string) (identity.InlinePolicy, error) {
	p, ok := ps.inlines.Find(name)
	if !ok {
		return p, fault.New(iamapi.CodeNoSuchEntity, "The %s policy with name %s cannot be found.", ps.kind, name)
	}
	return p, nil
}

func (ps *permissions) deleteInline(name string) error {
	if ps.locked != nil {
		return ps.locked
	}
	if _, err := ps.inline(name); err != nil {
		return err
	}
	*ps.inlines = ps.inlines.Without(name)
	ps.put()
	return nil
}

// inlineNames returns a page of the names of the inline policies.
func (ps *permissions) inlineNames(p *page) []string {
	var names []string
	for _, i := range *ps.inlines {
		names = append(names, i.Name)
	}
	self := func(name string) string { return name }
	sortByName(names, self)
	return paged(p, names, self)
}

// attach attaches the managed policy of that ARN. To attach what is attached changes nothing and is no error.
func (ps *permissions) attach(c *op.Call, name string) error {
	if ps.locked != nil {
		return ps.locked
	}
	p, err := attachable(c, name)
	if err != nil {
		return err
	}
	if reserved(p) {
		return fault.New(iamapi.CodePolicyNotAttachable, "Cannot attach AWS reserved policy to an IAM %s.", ps.kind)
	}
	if slices.Contains(*ps.refs, p.Ref()) {
		return nil
	}
	if err := identity.CheckQuota(ps.attached, len(*ps.refs), ps.max(c.Edit.Quotas())); err != nil {
		return err
	}
	*ps.refs = append(slices.Clone(*ps.refs), p.Ref())
	ps.put()
	return nil
}

func (ps *permissions) detach(c *op.Call, name string) error {
	if ps.locked != nil {
		return ps.locked
	}
	parsed, err := parsePolicyARN(name)
	if err != nil {
		return err
	}
	if p, ok := c.Account.FindPolicy(parsed); ok {
		if i := slices.Index(*ps.refs, p.Ref()); i >= 0 {
			*ps.refs = slices.Delete(slices.Clone(*ps.refs), i, i+1)
			ps.put()
			return nil
		}
	}
	return fault.New(iamapi.CodeNoSuchEntity, "Policy %s was not found.", name)
}

// attachedPolicies returns a page of the attached policies whose path begins with the prefix.
func (ps *permissions) attachedPolicies(c *op.Call, p *page, prefix *string) []iamapi.AttachedPolicy {
	var all []*identity.ManagedPolicy
	for _, ref := range *ps.refs {
		if p, ok := c.Account.Policy(ref); ok && hasPrefix(p.Path, prefix) {
			all = append(all, p)
		}
	}
	sortByName(all, policyKeyOf)
	return showAttached(c, paged(p, all, policyKeyOf))
}

// policyKeyOf is what attached policies are sorted by. One of AWS's may have the name of one of the account's, so it ends with the id.
func policyKeyOf(p *identity.ManagedPolicy) string { return p.Name + " " + p.ID }

func showAttached(c *op.Call, ps []*identity.ManagedPolicy) []iamapi.AttachedPolicy {
	out := []iamapi.AttachedPolicy{}
	for _, p := range ps {
		out = append(out, iamapi.AttachedPolicy{PolicyName: new(p.Name), PolicyArn: new(c.Authority.Policy(p))})
	}
	return out
}

// attachable returns the managed policy of that ARN.
func attachable(c *op.Call, name string) (*identity.ManagedPolicy, error) {
	parsed, err := parsePolicyARN(name)
	if err != nil {
		return nil, err
	}
	p, ok := c.Account.FindPolicy(parsed)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "Policy %s does not exist or is not attachable.", name)
	}
	return p, nil
}

// reserved reports whether a policy is one that AWS keeps for its own roles and for tasks of root users (iam-api.md §4).
func reserved(p *identity.ManagedPolicy) bool {
	return p.AWS && (p.Path == "/aws-service-role/" || p.Path == "/root-task/")
}

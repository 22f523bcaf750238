package iam

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// managedPolicy returns the managed policy of that ARN, the account's own or one of AWS's.
func managedPolicy(c *op.Call, name string) (*identity.ManagedPolicy, error) {
	parsed, err := parsePolicyARN(name)
	if err != nil {
		return nil, err
	}
	p, ok := c.Account.FindPolicy(parsed)
	if !ok {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "Policy %s was not found.", name)
	}
	return p, nil
}

// changeable refuses to change AWS's own policies, whatever the caller's policies say (authz-iam-sts.md).
func changeable(p *identity.ManagedPolicy) error {
	if p.AWS {
		return fault.New(fault.AccessDenied, "Policy is outside your own account.")
	}
	return nil
}

// customerPolicy returns the account's own managed policy of that ARN, to be changed.
func customerPolicy(c *op.Call, name string) (*identity.ManagedPolicy, error) {
	p, err := managedPolicy(c, name)
	if err != nil {
		return nil, err
	}
	return p, changeable(p)
}

// newDocument makes a version's document of a text.
func newDocument(c *op.Call, text string) (*identity.Document, error) {
	if _, err := checkPolicy(policy.Managed, text); err != nil {
		return nil, err
	}
	if err := policy.CheckSize(policy.Managed, text, c.Edit.Quotas().PolicySize, "", ""); err != nil {
		return nil, policyFault(err)
	}
	return identity.NewDocument(text), nil
}

func (s *Service) createPolicy(c *op.Call, in *iamapi.CreatePolicyInput) (*iamapi.CreatePolicyOutput, error) {
	if err := checkName("policyName", *in.PolicyName); err != nil {
		return nil, err
	}
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	tags, err := addPolicyTags(c, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	doc, err := newDocument(c, *in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if _, ok := c.Account.CustomerPolicy(*in.PolicyName); ok {
		return nil, fault.New(iamapi.CodeEntityAlreadyExists, "A policy called %s already exists. Duplicate names are not allowed.", *in.PolicyName)
	}
	if err := identity.CheckQuota("PoliciesPerAccount", c.Account.Counts().Policies, c.Edit.Quotas().Policies); err != nil {
		return nil, err
	}
	id, err := s.uniqueID("ANPA")
	if err != nil {
		return nil, err
	}
	now := identity.Second(c.Time)
	p := &identity.ManagedPolicy{
		ID: id, Name: *in.PolicyName, Path: path, Created: now, Updated: now, Tags: tags, Default: 1, Next: 2,
		Versions: []identity.PolicyVersion{{Number: 1, Created: now, Document: doc}},
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	c.Edit.PutPolicy(p)
	out := showPolicy(c, p)
	out.Tags = showTags(p.Tags)
	return &iamapi.CreatePolicyOutput{Policy: out}, nil
}

func (s *Service) getPolicy(c *op.Call, in *iamapi.GetPolicyInput) (*iamapi.GetPolicyOutput, error) {
	p, err := managedPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := showPolicy(c, p)
	out.Description = optional(p.Description)
	out.Tags = append([]iamapi.Tag{}, showTags(p.Tags)...)
	return &iamapi.GetPolicyOutput{Policy: out}, nil
}

// The kinds of a listing of policies, in its order.
const (
	accountPolicies = "account"
	awsPolicies     = "aws"
)

// listPolicies lists the account's own policies by name and then AWS's by name.
func (s *Service) listPolicies(c *op.Call, in *iamapi.ListPoliciesInput) (*iamapi.ListPoliciesOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	var scope, filter string
	if in.Scope != nil {
		scope = *in.Scope
	}
	if in.PolicyUsageFilter != nil {
		filter = *in.PolicyUsageFilter
	}
	wanted := func(mp *identity.ManagedPolicy) bool {
		usage := c.Account.Usage(mp.Ref())
		switch {
		case !hasPrefix(mp.Path, in.PathPrefix):
			return false
		case filter == iamapi.PolicyUsageTypePermissionsBoundary:
			return usage.Boundaries > 0
		case filter == iamapi.PolicyUsageTypePermissionsPolicy, in.OnlyAttached != nil && *in.OnlyAttached:
			return usage.Attachments > 0
		}
		return true
	}
	out := &iamapi.ListPoliciesOutput{Policies: []iamapi.Policy{}}
	// list adds the policies of a kind that come after the marker, and reports whether there is room for more.
	list := func(kind string, from func(after string) iter.Seq[*identity.ManagedPolicy]) bool {
		last, after, _ := strings.Cut(p.after, " ")
		if kind < last {
			return true
		}
		if kind != last {
			after = ""
		}
		for mp := range from(after) {
			if !wanted(mp) {
				continue
			}
			if !p.take(of(kind, mp.Name)) {
				return false
			}
			out.Policies = append(out.Policies, *showPolicy(c, mp))
		}
		return true
	}
	room := true
	if scope != iamapi.PolicyScopeTypeAws {
		room = list(accountPolicies, c.Account.CustomerPolicies)
	}
	if room && scope != iamapi.PolicyScopeTypeLocal {
		list(awsPolicies, c.Account.AWSPolicies)
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) deletePolicy(c *op.Call, in *iamapi.DeletePolicyInput) (*iamapi.DeletePolicyOutput, error) {
	p, err := customerPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	// A use as somebody's boundary counts like an attachment (iam-api.md §4).
	switch {
	case c.Account.Usage(p.Ref()) != identity.Usage{}:
		return nil, fault.New(iamapi.CodeDeleteConflict, "Cannot delete a policy attached to entities.")
	case len(p.Versions) > 1:
		return nil, fault.New(iamapi.CodeDeleteConflict, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "+
			"The default version is deleted with the policy.")
	}
	c.Edit.DeletePolicy(p)
	return &iamapi.DeletePolicyOutput{}, nil
}

func (s *Service) tagPolicy(c *op.Call, in *iamapi.TagPolicyInput) (*iamapi.TagPolicyOutput, error) {
	p, err := customerPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tagged := *p
	if tagged.Tags, err = addPolicyTags(c, p.Tags, in.Tags); err != nil {
		return nil, err
	}
	c.Edit.PutPolicy(&tagged)
	return &iamapi.TagPolicyOutput{}, nil
}

func (s *Service) untagPolicy(c *op.Call, in *iamapi.UntagPolicyInput) (*iamapi.UntagPolicyOutput, error) {
	p, err := customerPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	untagged := *p
	untagged.Tags = slices.DeleteFunc(slices.Clone(p.Tags), func(t identity.Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	c.Edit.PutPolicy(&untagged)
	return &iamapi.UntagPolicyOutput{}, nil
}

func (s *Service) listPolicyTags(c *op.Call, in *iamapi.ListPolicyTagsInput) (*iamapi.ListPolicyTagsOutput, error) {
	mp, err := managedPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListPolicyTagsOutput{Tags: []iamapi.Tag{}}
	for _, t := range paged(p, rankTags(mp.Tags), func(t rankedTag) string { return tagName(t.Tag) + " " + strconv.Itoa(t.rank) }) {
		out.Tags = append(out.Tags, showTags([]identity.Tag{t.Tag})...)
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// The tags of policies differ from those of users and roles: AWS tells their keys apart by case, and has another message.

// addPolicyTags returns a policy's tags with those that a call passes.
func addPolicyTags(c *op.Call, old []identity.Tag, in []iamapi.Tag) ([]identity.Tag, error) {
	tags := slices.Clone(old)
	var passed []string
	for _, t := range in {
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return nil, fault.New(iamapi.CodeInvalidInput, "Tag keys beginning with aws: are reserved for system use.")
		}
		if slices.Contains(passed, *t.Key) {
			return nil, fault.New(iamapi.CodeInvalidInput, "Duplicate tag keys found.")
		}
		passed = append(passed, *t.Key)
		if i := slices.IndexFunc(tags, func(old identity.Tag) bool { return old.Key == *t.Key }); i >= 0 {
			tags[i].Value = *t.Value
		} else {
			tags = append(tags, identity.Tag{Key: *t.Key, Value: *t.Value})
		}
	}
	return tags, checkTagCount(c, tags)
}

// decidingTags are the tags of a policy that conditions see. Condition keys have no case, so of two tags that differ in case alone only the older
// one counts: nobody gets round it by adding another.
func decidingTags(tags []identity.Tag) []identity.Tag {
	var first []identity.Tag
	for _, t := range tags {
		if identity.FindTag(first, t.Key) < 0 {
			first = append(first, t)
		}
	}
	return first
}

// rankedTag is a tag with its place among those whose keys differ in case alone.
type rankedTag struct {
	identity.Tag
	rank int
}

// rankTags sorts tags by key without regard to case, and those that are then the same by key.
func rankTags(tags []identity.Tag) []rankedTag {
	sorted := slices.Clone(tags)
	slices.SortFunc(sorted, func(x, y identity.Tag) int { return strings.Compare(x.Key, y.Key) })
	slices.SortStableFunc(sorted, func(x, y identity.Tag) int { return strings.Compare(fold.Name(x.Key), fold.Name(y.Key)) })
	ranked := make([]rankedTag, len(sorted))
	for i, t := range sorted {
		ranked[i].Tag = t
		if i > 0 && fold.Name(sorted[i-1].Key) == fold.Name(t.Key) {
			ranked[i].rank = ranked[i-1].rank + 1
		}
	}
	return ranked
}

// showPolicy shows a policy as listings do: without its tags and description (iam-api.md §5).
func showPolicy(c *op.Call, p *identity.ManagedPolicy) *iamapi.Policy {
	usage := c.Account.Usage(p.Ref())
	return &iamapi.Policy{
		PolicyName: new(p.Name), PolicyId: new(p.ID), Arn: new(c.Authority.Policy(p)), Path: new(p.Path), DefaultVersionId: new(versionID(p.Default)),
		AttachmentCount: new(int32(usage.Attachments)), PermissionsBoundaryUsageCount: new(int32(usage.Boundaries)), IsAttachable: new(true),
		CreateDate: new(p.Created), UpdateDate: new(p.Updated),
	}
}

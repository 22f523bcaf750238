package iam

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

func versionID(number int) string { return "v" + strconv.Itoa(number) }

// policyVersion returns a version of the managed policy of that ARN. If there is no such policy the message is the same as if it had no such version.
func policyVersion(c *op.Call, name, id string) (*identity.ManagedPolicy, identity.PolicyVersion, error) {
	parsed, err := parsePolicyARN(name)
	if err != nil {
		return nil, identity.PolicyVersion{}, err
	}
	if p, ok := c.Account.FindPolicy(parsed); ok {
		for _, v := range p.Versions {
			if versionID(v.Number) == id {
				return p, v, nil
			}
		}
	}
	return nil, identity.PolicyVersion{}, fault.New(iamapi.CodeNoSuchEntity, "Policy %s version %s does not exist or is not attachable.", name, id)
}

func (s *Service) createPolicyVersion(c *op.Call, in *iamapi.CreatePolicyVersionInput) (*iamapi.CreatePolicyVersionOutput, error) {
	p, err := customerPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	doc, err := newDocument(c, *in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if quota := c.Edit.Quotas().VersionsPerPolicy; len(p.Versions) >= quota {
		return nil, fault.New(iamapi.CodeLimitExceeded,
			"A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", quota)
	}
	changed := *p
	v := identity.PolicyVersion{Number: p.Next, Created: identity.Second(c.Time), Document: doc}
	changed.Next++
	changed.Versions = append(slices.Clone(p.Versions), v)
	changed.Updated = v.Created
	if in.SetAsDefault != nil && *in.SetAsDefault {
		changed.Default = v.Number
	}
	c.Edit.PutPolicy(&changed)
	return &iamapi.CreatePolicyVersionOutput{PolicyVersion: showVersion(&changed, v)}, nil
}

func (s *Service) getPolicyVersion(c *op.Call, in *iamapi.GetPolicyVersionInput) (*iamapi.GetPolicyVersionOutput, error) {
	p, v, err := policyVersion(c, *in.PolicyArn, *in.VersionId)
	if err != nil {
		return nil, err
	}
	out := showVersion(p, v)
	out.Document = showDocument(v.Document.Text)
	return &iamapi.GetPolicyVersionOutput{PolicyVersion: out}, nil
}

// listPolicyVersions lists the newest first.
func (s *Service) listPolicyVersions(c *op.Call, in *iamapi.ListPolicyVersionsInput) (*iamapi.ListPolicyVersionsOutput, error) {
	mp, err := managedPolicy(c, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	versions := slices.Clone(mp.Versions)
	slices.Reverse(versions)
	out := &iamapi.ListPolicyVersionsOutput{Versions: []iamapi.PolicyVersion{}}
	// Pages go by names in rising order, so the highest number has the lowest.
	for _, v := range paged(p, versions, func(v identity.PolicyVersion) string { return fmt.Sprintf("%010d", 9999999999-v.Number) }) {
		out.Versions = append(out.Versions, *showVersion(mp, v))
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) deletePolicyVersion(c *op.Call, in *iamapi.DeletePolicyVersionInput) (*iamapi.DeletePolicyVersionOutput, error) {
	p, v, err := policyVersion(c, *in.PolicyArn, *in.VersionId)
	if err != nil {
		return nil, err
	}
	if err := changeable(p); err != nil {
		return nil, err
	}
	if v.Number == p.Default {
		return nil, fault.New(iamapi.CodeDeleteConflict, "Cannot delete the default version of a policy.")
	}
	changed := *p
	changed.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(other identity.PolicyVersion) bool { return other.Number == v.Number })
	c.Edit.PutPolicy(&changed)
	return &iamapi.DeletePolicyVersionOutput{}, nil
}

func (s *Service) setDefaultPolicyVersion(c *op.Call, in *iamapi.SetDefaultPolicyVersionInput) (*iamapi.SetDefaultPolicyVersionOutput, error) {
	p, v, err := policyVersion(c, *in.PolicyArn, *in.VersionId)
	if err != nil {
		return nil, err
	}
	if err := changeable(p); err != nil {
		return nil, err
	}
	changed := *p
	changed.Default = v.Number
	c.Edit.PutPolicy(&changed)
	return &iamapi.SetDefaultPolicyVersionOutput{}, nil
}

// showVersion shows a version without its document, as all answers but one do.
func showVersion(p *identity.ManagedPolicy, v identity.PolicyVersion) *iamapi.PolicyVersion {
	return &iamapi.PolicyVersion{VersionId: new(versionID(v.Number)), IsDefaultVersion: new(v.Number == p.Default), CreateDate: new(v.Created)}
}

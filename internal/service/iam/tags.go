package iam

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// newTags checks the tags that a call passes (limits.md §1, §3; iam-api.md §3).
func newTags(c *op.Call, in []iamapi.Tag) ([]identity.Tag, error) {
	var tags []identity.Tag
	for _, t := range in {
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return nil, fault.New(iamapi.CodeInvalidInput, "Tag keys beginning with aws: are reserved for system use.")
		}
		if identity.FindTag(tags, *t.Key) >= 0 {
			return nil, fault.New(iamapi.CodeInvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags = append(tags, identity.Tag{Key: *t.Key, Value: *t.Value})
	}
	return tags, checkTagCount(c, tags)
}

func checkTagCount(c *op.Call, tags []identity.Tag) error {
	if len(tags) > c.Edit.Quotas().Tags {
		return fault.New(iamapi.CodeLimitExceeded, "The number of tags has reached the maximum limit.")
	}
	return nil
}

// addTags returns an entity's tags with those that a call passes.
func addTags(c *op.Call, old []identity.Tag, in []iamapi.Tag) ([]identity.Tag, error) {
	tags, err := newTags(c, in)
	if err != nil {
		return nil, err
	}
	tags = identity.MergeTags(old, tags)
	return tags, checkTagCount(c, tags)
}

func showTags(tags []identity.Tag) []iamapi.Tag {
	var out []iamapi.Tag
	for _, t := range tags {
		out = append(out, iamapi.Tag{Key: new(t.Key), Value: new(t.Value)})
	}
	return out
}

// listTags returns a page of an entity's tags in the order of their keys.
func listTags(p *page, tags []identity.Tag) []iamapi.Tag {
	sorted := slices.Clone(tags)
	sortByName(sorted, tagName)
	return append([]iamapi.Tag{}, showTags(paged(p, sorted, tagName))...)
}

// tagName is what tags are sorted by. A key may be too long for a marker, which has 320 characters (limits.md §3).
func tagName(t identity.Tag) string {
	const fits, head = 160, 120
	if len(t.Key) <= fits {
		return t.Key
	}
	sum := sha256.Sum256([]byte(t.Key))
	return t.Key[:head] + hex.EncodeToString(sum[:])[:fits-head]
}

func (s *Service) tagUser(c *op.Call, in *iamapi.TagUserInput) (*iamapi.TagUserOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	tagged := *u
	if tagged.Tags, err = addTags(c, u.Tags, in.Tags); err != nil {
		return nil, err
	}
	c.Edit.PutUser(&tagged)
	return &iamapi.TagUserOutput{}, nil
}

func (s *Service) untagUser(c *op.Call, in *iamapi.UntagUserInput) (*iamapi.UntagUserOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	untagged := *u
	untagged.Tags = identity.WithoutTags(u.Tags, in.TagKeys)
	c.Edit.PutUser(&untagged)
	return &iamapi.UntagUserOutput{}, nil
}

func (s *Service) listUserTags(c *op.Call, in *iamapi.ListUserTagsInput) (*iamapi.ListUserTagsOutput, error) {
	u, err := user(c, *in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iamapi.ListUserTagsOutput{Tags: listTags(p, u.Tags)}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

package iam

import (
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

var (
	namePattern   = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	pathPattern   = regexp.MustCompile(`^/([!-~]+/)?$`)
	prefixPattern = regexp.MustCompile(`^/[!-\x7F]*$`)
)

// checkName asks for the letters of a name, after its length was checked (limits.md §3).
func checkName(member, name string) error {
	if !namePattern.MatchString(name) {
		return fault.New(fault.ValidationError,
			"The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

// pathOf returns the path that a call passes, "/" if it passes none.
func pathOf(path *string) (string, error) {
	if path == nil {
		return "/", nil
	}
	if !pathPattern.MatchString(*path) || strings.Contains(*path, "//") {
		return "", fault.New(fault.ValidationError,
			"The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return *path, nil
}

// checkPrefix asks for the letters of the path prefix of a listing, if it has one.
func checkPrefix(prefix *string) error {
	if prefix != nil && !prefixPattern.MatchString(*prefix) {
		return fault.New(fault.ValidationError,
			"The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

// hasPrefix reports whether a path begins with a prefix, if there is one.
func hasPrefix(path string, prefix *string) bool {
	return prefix == nil || strings.HasPrefix(path, *prefix)
}

// optional returns nil for an empty text: a member that the answer does not have.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// isRoot reports whether the caller is the account's root user, or somebody who may do one thing in its place.
func isRoot(c *op.Call) bool {
	kind := c.Caller.Principal.Kind
	return kind == authz.Root || kind == authz.AssumedRoot
}

// checkPolicy reads a document that is to be saved. The error is AWS's (policy-language.md §9).
func checkPolicy(kind policy.Kind, text string) (*policy.Document, error) {
	doc, err := policy.Check(kind, text)
	if err != nil {
		return nil, policyFault(err)
	}
	return doc, nil
}

// policyFault makes a fault of what policy.Check and policy.CheckSize say.
func policyFault(err error) error {
	var refused *policy.Error
	if errors.As(err, &refused) {
		return &fault.Fault{Code: refused.Code, Message: refused.Message}
	}
	return err
}

// showDocument is a policy document in an answer: percent-encoded as RFC 3986 has it, which clients undo (iam-api.md §1).
func showDocument(text string) *string {
	return new(strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
}

// modifiable refuses what only AWS may do: to change what a service-linked role or one of its own may do (evaluation.md §12).
func modifiable(r *identity.Role) error {
	if strings.HasPrefix(r.Path, identity.ServiceLinkedPath) || strings.HasPrefix(r.Path, identity.ReservedPath) {
		return fault.New(iamapi.CodeUnmodifiableEntity, "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)
	}
	return nil
}

func invalidARN() error {
	return fault.New(fault.ValidationError, "Invalid ARN:  Could not be parsed!")
}

func deleteConflict(why string) error {
	return fault.New(iamapi.CodeDeleteConflict, "Cannot delete entity, %s", why)
}

// page is one page of a listing (iam-api.md §1).
type page struct {
	// after is the name behind which the page begins.
	after string

	operation string
	left      int
	last      string
	more      bool
}

// newPage reads a call's Marker and MaxItems.
func newPage(c *op.Call, marker *string, max *int32) (*page, error) {
	p := &page{operation: c.Operation, left: 100}
	if max != nil {
		p.left = int(*max)
	}
	if marker != nil {
		text, err := base64.RawURLEncoding.DecodeString(*marker)
		operation, after, ok := strings.Cut(string(text), "\n")
		if err != nil || !ok || operation != c.Operation {
			return nil, fault.New(fault.ValidationError, "Invalid Marker.")
		}
		p.after = after
	}
	return p, nil
}

// passed reports whether an item was on an earlier page.
func (p *page) passed(name string) bool {
	return p.after != "" && fold.Name(name) <= fold.Name(p.after)
}

// take reports whether the item of that name is still on the page. Once it is not, the listing ends.
func (p *page) take(name string) bool {
	if p.left == 0 {
		p.more = true
		return false
	}
	p.left--
	p.last = name
	return true
}

// end returns the members IsTruncated and Marker of the answer.
func (p *page) end() (truncated *bool, marker *string) {
	if !p.more {
		return new(false), nil
	}
	return new(true), new(base64.RawURLEncoding.EncodeToString([]byte(p.operation + "\n" + p.last)))
}

// paged returns the part of a list that is on a page, empty rather than nil: AWS shows lists without anything in them. name gives what the list is
// sorted by, without regard to case.
func paged[T any](p *page, items []T, name func(T) string) []T {
	taken := []T{}
	for _, item := range items {
		if p.passed(name(item)) {
			continue
		}
		if !p.take(name(item)) {
			break
		}
		taken = append(taken, item)
	}
	return taken
}

// sortByName sorts what paged is to cut: by name, without regard to case.
func sortByName[T any](items []T, name func(T) string) {
	slices.SortFunc(items, func(x, y T) int { return strings.Compare(fold.Name(name(x)), fold.Name(name(y))) })
}

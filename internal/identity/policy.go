package identity

import (
	"strings"
	"time"
)

// PolicyRef names a managed policy where it is attached or used as a boundary: the id of a customer managed policy (ANPA…), or for a
// policy of AWS the resource part of its ARN ("policy/job-function/Billing").
type PolicyRef string

// AWS reports whether the policy is one that AWS manages.
func (r PolicyRef) AWS() bool { return strings.HasPrefix(string(r), "policy/") }

// ManagedPolicy is a managed policy of the account or of AWS.
type ManagedPolicy struct {
	ID          string // ANPA…
	Name        string
	Path        string
	Description string
	Created     time.Time
	Updated     time.Time
	Tags        []Tag
	// Default is the number of the version that counts.
	Default int
	// Next is the number of the next version: numbers are never used again.
	Next int
	// Versions are in the order in which they were made.
	Versions []PolicyVersion
	// AWS: the policy is AWS's own, the same for all accounts, and cannot be changed.
	AWS bool
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	Number   int
	Created  time.Time
	Document *Document
}

// Ref returns the name by which p is attached.
func (p *ManagedPolicy) Ref() PolicyRef {
	if p.AWS {
		return PolicyRef("policy" + p.Path + p.Name)
	}
	return PolicyRef(p.ID)
}

// Version returns the version of that number.
func (p *ManagedPolicy) Version(number int) (PolicyVersion, bool) {
	for _, v := range p.Versions {
		if v.Number == number {
			return v, true
		}
	}
	return PolicyVersion{}, false
}

// Usage is how often a managed policy is used in an account.
type Usage struct {
	// Attachments counts users, groups and roles; Boundaries users and roles that have it as their permissions boundary.
	Attachments, Boundaries int
}

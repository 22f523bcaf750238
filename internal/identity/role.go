package identity

import "time"

// Role is an IAM role.
type Role struct {
	ID          string // AROA…
	Name        string
	Path        string
	Description string
	Created     time.Time
	// MaxSession is the longest that a session may last, in seconds.
	MaxSession int32
	// Trust is the trust policy with the ids of users and roles in place of their ARNs: see StorePrincipals.
	Trust    *Document
	Boundary PolicyRef
	Tags     []Tag
	Inline   InlinePolicies
	Attached []PolicyRef
}

// ServiceLinkedPath is how the path of every service-linked role begins (evaluation.md §12).
const ServiceLinkedPath = "/aws-service-role/"

// ReservedPath is how the path of roles begins that only AWS itself may change.
const ReservedPath = "/aws-reserved/"

package identity

import "time"

// User is an IAM user. A User in a snapshot is never changed: copy it, change the copy, and put that.
type User struct {
	ID      string // AIDA…
	Name    string
	Path    string
	Created time.Time
	// Boundary is the permissions boundary; empty if there is none.
	Boundary PolicyRef
	Tags     []Tag
	Inline   InlinePolicies
	// Attached are managed policies in the order in which they were attached.
	Attached []PolicyRef
	// Groups are the ids of the user's groups.
	Groups []string
	Keys   []AccessKey
}

// Group is a group of users.
type Group struct {
	ID       string // AGPA…
	Name     string
	Path     string
	Created  time.Time
	Inline   InlinePolicies
	Attached []PolicyRef
}

// AccessKey is a long-term key of a user or of the root user.
type AccessKey struct {
	ID      string // AKIA…
	Active  bool
	Created time.Time
	// Secret is the secret access key, sealed (package credential), with the key's id as associated data.
	Secret []byte
}

// Key returns the user's key of that id.
func (u *User) Key(id string) (AccessKey, bool) { return findKey(u.Keys, id) }

func findKey(keys []AccessKey, id string) (AccessKey, bool) {
	for _, k := range keys {
		if k.ID == id {
			return k, true
		}
	}
	return AccessKey{}, false
}

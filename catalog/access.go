package catalog

import (
	"fmt"
	"strings"
)

// Access is a set of access levels: AWS's classes of what an action does. Test it with Has.
type Access uint8

// The access levels.
const (
	AccessList        Access = 1 << iota // names what exists
	AccessPermissions                    // changes who may do what ("Permissions management")
	AccessRead                           // reads content
	AccessTagging                        // changes tags
	AccessWrite                          // creates, changes or deletes
)

// accessNames are AWS's words, in the order of the constants.
var accessNames = [...]string{"List", "Permissions management", "Read", "Tagging", "Write"}

// Has reports whether a holds all of want's levels.
func (a Access) Has(want Access) bool { return a&want == want }

// String returns the levels in AWS's words, such as "Read" or "Permissions management, Write". The empty set is "".
func (a Access) String() string {
	var words []string
	for i, name := range accessNames {
		if a.Has(1 << i) {
			words = append(words, name)
		}
	}
	return strings.Join(words, ", ")
}

// ParseAccess is the inverse of String; the words may come in any order.
func ParseAccess(text string) (Access, error) {
	var a Access
next:
	for word := range strings.SplitSeq(text, ", ") {
		for i, name := range accessNames {
			if word == name {
				a |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("catalog: %q is not an access level", word)
	}
	return a, nil
}

package catalog

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// ValueType is the type of a condition key's values.
type ValueType uint8

// The types of values.
const (
	TypeString    ValueType = iota // any text
	TypeARN                        // an ARN
	TypeBool                       // true or false
	TypeDate                       // an instant
	TypeIPAddress                  // an IPv4 or IPv6 address
	TypeNumeric                    // a decimal number
)

// typeNames are AWS's words, in the order of the constants.
var typeNames = [...]string{"String", "ARN", "Bool", "Date", "IPAddress", "Numeric"}

// String returns the type in AWS's word, such as "String".
func (t ValueType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("ValueType(%d)", uint8(t))
}

// Key is a condition key: something about a request that a policy can test.
type Key struct {
	name     string
	folded   string // name, in small letters
	template string // the folded name with placeholders written ${…}, if it has any
	kind     ValueType
	multi    bool
}

// Name returns the full name as AWS writes it, such as "aws:SourceIp" or, for a key whose name a request completes,
// "aws:ResourceTag/${TagKey}". A few names are written otherwise: "s3:ExistingObjectTag/<key>",
// "secretsmanager:ResourceTag/tag-key", "glacier:ResourceTag/".
func (k *Key) Name() string { return k.name }

// String returns the name.
func (k *Key) String() string { return k.name }

// Type returns the type of the key's value, or of each of its values.
func (k *Key) Type() ValueType { return k.kind }

// Multivalued reports whether a request may carry several values of the key, so that a policy has to test it with
// ForAnyValue or ForAllValues.
func (k *Key) Multivalued() bool { return k.multi }

// Templated reports whether the name has a part that requests and policies fill in, such as the name of a tag.
func (k *Key) Templated() bool { return k.template != "" }

// Matches reports whether a full name stands for the key, in any case: the key's own name, or for a templated key the name
// with some text, of any characters, in place of each placeholder.
func (k *Key) Matches(name string) bool {
	_, ok := k.fits(fold.Name(name))
	return ok
}

// fits is Matches for a folded name, and tells how many of its bytes the key spells out.
func (k *Key) fits(name string) (literal int, ok bool) {
	if name == k.folded {
		return len(name), true
	}
	if k.template == "" {
		return 0, false
	}
	return fits(k.template, name, true)
}

// newKey returns the key with a name and a type in AWS's words, such as "ArrayOfString".
func newKey(name, folded, kind string) (Key, error) {
	single, multi := strings.CutPrefix(kind, "ArrayOf")
	i := slices.Index(typeNames[:], single)
	if i < 0 {
		return Key{}, fmt.Errorf("catalog: %q is not the type of a condition key", kind)
	}
	return Key{name, folded, keyTemplate(folded), ValueType(i), multi}, nil
}

// kindName returns the type of the key in AWS's words, such as "ArrayOfString".
func (k *Key) kindName() string {
	if k.multi {
		return "ArrayOf" + k.kind.String()
	}
	return k.kind.String()
}

// keyTemplate returns the form of a key's name that fits understands, or "" for a name without placeholders.
func keyTemplate(folded string) string {
	const hole = "${}"
	if start, end, _ := placeholder(folded); start < end {
		return folded
	}
	if tag, ok := strings.CutSuffix(folded, "/tag-key"); ok {
		return tag + "/" + hole
	}
	if strings.HasSuffix(folded, "/") {
		return folded + hole
	}
	return ""
}

// keySet finds keys by name.
type keySet struct {
	byName    []*Key // in the order of the folded names
	templated []*Key // those with placeholders
}

// newKeySet makes a set of keys that are in the order of their folded names.
func newKeySet(keys []*Key) keySet {
	s := keySet{byName: keys}
	for _, k := range keys {
		if k.Templated() {
			s.templated = append(s.templated, k)
		}
	}
	return s
}

// find returns the key that a folded name stands for, and of several the one that spells out most of it.
func (s *keySet) find(name string) (k *Key, ok bool) {
	i, ok := sort.Find(len(s.byName), func(i int) int { return strings.Compare(name, s.byName[i].folded) })
	if ok {
		return s.byName[i], true
	}
	best := -1
	for _, t := range s.templated {
		// Of two ways to write the same key, ssm:resourceTag/${TagKey} and ssm:resourceTag/tag-key, the first is AWS's rule.
		if n, fits := t.fits(name); fits && (n > best || n == best && t.template == t.folded && k.template != k.folded) {
			k, best = t, n
		}
	}
	return k, k != nil
}

package catalog

import (
	"iter"
	"slices"

	"github.com/writ-iam/writ/internal/fold"
)

// Action is something that a policy can allow or deny. It is often an API operation of the same name, but not always:
// ListObjectsV2 is authorized as s3:ListBucket, and nobody calls iam:PassRole.
type Action struct {
	// Numbers stand in place of strings and slices: 24 bytes for each of 22,091 actions, not 96, which Load feels.

	service *Service
	at      uint32 // where the name starts in service.names
	length  uint8  // of the name
	access  Access
	keys    uint16 // of service.keyLists
	targets uint16 // of service.targetLists
}

// Service returns the service that defines the action.
func (a *Action) Service() *Service { return a.service }

// Name returns the action's name without the prefix, such as "GetObject".
func (a *Action) Name() string { return a.service.names[a.at:][:a.length] }

// folded returns the name in small letters.
func (a *Action) folded() string { return a.service.folds[a.at:][:a.length] }

// String returns the action's full name, such as "s3:GetObject".
func (a *Action) String() string { return a.service.prefix + ":" + a.Name() }

// Access returns what kinds of access the action gives. Many actions have one kind; those that only write tags or
// permissions have two.
func (a *Action) Access() Access { return a.access }

// Targets returns the types of resources that a request for the action names, in AWS's order. An action without targets
// has no resource-level permissions: it is allowed only by a statement whose Resource matches "*".
func (a *Action) Targets() iter.Seq[Target] { return slices.Values(a.targetList()) }

func (a *Action) targetList() []Target { return a.service.targetLists[a.targets] }

// Target returns the target with the given type.
func (a *Action) Target(r *ResourceType) (t Target, ok bool) {
	for _, t := range a.targetList() {
		if t.kind == r {
			return t, true
		}
	}
	return Target{}, false
}

// Keys returns the condition keys that a request for the action carries whatever it names, in AWS's order. See AllKeys.
func (a *Action) Keys() iter.Seq[*Key] { return slices.Values(a.keyList()) }

func (a *Action) keyList() []*Key { return a.service.keyLists[a.keys] }

// AllKeys returns every condition key that the catalog connects with the action, each once: its own, those of its targets
// and those of its targets' types. Global keys that hold for every request are not listed with actions.
func (a *Action) AllKeys() iter.Seq[*Key] {
	return func(yield func(*Key) bool) {
		var seen []*Key
		some := func(keys []*Key) bool {
			for _, k := range keys {
				if slices.Contains(seen, k) {
					continue
				}
				if seen = append(seen, k); !yield(k) {
					return false
				}
			}
			return true
		}
		if !some(a.keyList()) {
			return
		}
		for _, t := range a.targetList() {
			if !some(t.keyList()) || !some(t.kind.keyList()) {
				return
			}
		}
	}
}

// Key returns the one of AllKeys that a full name stands for, such as "aws:RequestTag/team", in any case.
func (a *Action) Key(name string) (k *Key, ok bool) {
	name = fold.Name(name)
	best := -1
	for key := range a.AllKeys() {
		if literal, fits := key.fits(name); fits && literal > best {
			k, best = key, literal
		}
	}
	return k, k != nil
}

// Target is a type of resource that an action works on.
type Target struct {
	kind     *ResourceType
	required bool
	keys     uint16 // of kind.service.keyLists
}

// Type returns the type.
func (t Target) Type() *ResourceType { return t.kind }

// Required reports whether every request for the action names a resource of the type. If no target of an action is
// required, a request names one of them or none.
func (t Target) Required() bool { return t.required }

// Keys returns the condition keys that a request carries if it names a resource of the type, besides those of the action
// and of the type itself.
func (t Target) Keys() iter.Seq[*Key] { return slices.Values(t.keyList()) }

func (t Target) keyList() []*Key { return t.kind.service.keyLists[t.keys] }

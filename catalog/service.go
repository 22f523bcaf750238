package catalog

import (
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// Service is one service: what the part before the colon of an action's name stands for. Several of them can belong to
// one product (dynamodb and dax), and some ARNs carry the prefix of another service than their type's (the types of ebs
// have ARNs of ec2).
type Service struct {
	prefix    string
	folded    string // prefix, in small letters
	name      string
	rcp       bool
	keys      keySet
	resources []ResourceType // in the order of the folded names
	actions   []Action       // in the order of the folded names

	// The names of the actions, and the same in small letters.
	names string
	folds string

	// What actions, targets and types refer to by number. Many have the same lists; the first is empty.
	keyLists    [][]*Key
	targetLists [][]Target
}

// Prefix returns the name of the service in policies, such as "s3".
func (s *Service) Prefix() string { return s.prefix }

// Name returns the name of the service for people, such as "Amazon S3".
func (s *Service) Name() string { return s.name }

// SupportsRCP reports whether resource control policies apply to the service's resources.
func (s *Service) SupportsRCP() bool { return s.rcp }

// String returns the prefix.
func (s *Service) String() string { return s.prefix }

// Actions returns the service's actions in the order of their names, upper and lower case taken as the same.
func (s *Service) Actions() iter.Seq[*Action] { return pointers(s.actions) }

// Action returns the action with a name, such as "GetObject" (without the prefix), in any case.
func (s *Service) Action(name string) (a *Action, ok bool) {
	name = fold.Name(name)
	i := s.search(name)
	if i == len(s.actions) || s.actions[i].folded() != name {
		return nil, false
	}
	return &s.actions[i], true
}

// search returns the index of the first action whose folded name is not less than name.
func (s *Service) search(name string) int {
	return sort.Search(len(s.actions), func(i int) bool { return s.actions[i].folded() >= name })
}

// ResourceTypes returns the types of resources that the service's actions name, in the order of their names.
func (s *Service) ResourceTypes() iter.Seq[*ResourceType] { return pointers(s.resources) }

// ResourceType returns the type with a name, such as "bucket", in any case.
func (s *Service) ResourceType(name string) (r *ResourceType, ok bool) {
	name = fold.Name(name)
	i, ok := sort.Find(len(s.resources), func(i int) int { return strings.Compare(name, s.resources[i].folded) })
	if !ok {
		return nil, false
	}
	return &s.resources[i], true
}

// Keys returns the condition keys that the service defines or uses, in the order of their names. Most global keys, which
// hold for every request, are not among them.
func (s *Service) Keys() iter.Seq[*Key] { return slices.Values(s.keys.byName) }

// Key returns the one of Keys that a full name stands for, such as "s3:prefix" or "aws:RequestTag/team", in any case.
func (s *Service) Key(name string) (k *Key, ok bool) { return s.keys.find(fold.Name(name)) }

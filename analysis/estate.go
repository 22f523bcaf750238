package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// Estate is one or several accounts with all that is known of them: their users and roles with their policies, boundaries and tags, the policies of
// resources, and the organization. It is made of what AWS exports, by an EstateReader, does not change, and may be asked by several Askers at once.
//
//	var r analysis.EstateReader
//	err := r.Account("account.json", text) // the output of aws iam get-account-authorization-details
//	estate, err := r.Estate()
//	asker := analysis.NewAsker(estate, analysis.Options{Catalog: c})
//	answer, err := asker.WhoCan(analysis.WhoCanQuestion{Action: "s3:GetObject", Resource: "arn:aws:s3:::ledger/2026", Depth: 3})
//	answer.Findings[0].Entity.ARN // arn:aws:iam::111122223333:user/alice
//	answer.Findings[0].Witness    // a request that authz.Decide allows
//
// An estate knows much of a request and not all: who asks, with which tags, and whose the resource is follow from it; addresses, times and what else a request brings do not.
// So an answer is one of three: allowed whatever the rest is, allowed under conditions, or not at all. What is claimed to be allowed comes with a request that the judge has allowed;
// what is claimed not to be is refused whatever the unknown facts are; and what cannot be said is Undecided.
type Estate struct {
	accounts map[string]*account
	entities []*Entity // in the order of their ARNs, root users last
	byARN    map[string]*Entity
	// resources are those that something is known of.
	resources map[string]*Resource
	// organization is its id, management the account that control policies do not touch; both may be empty.
	organization, management string
	// controls are the accounts that the organization knows.
	controls map[string]*control
	index    *estateIndex
}

// account is an account of the estate.
type account struct {
	id        string
	number    int32 // from 1
	partition string
	root      *Entity
	classes   []*class
}

// control is what an organization says of one of its accounts.
type control struct {
	path     string // such as o-exampleorgid/r-ab12/ou-ab12-11111111/; it may be unknown
	service  [][]*compiledPolicy
	resource [][]*compiledPolicy
}

// EntityKind is what an Entity is.
type EntityKind uint8

const (
	// UserEntity is an IAM user.
	UserEntity EntityKind = iota
	// RoleEntity is a role, which stands for any of its sessions.
	RoleEntity
	// SessionEntity is a session of a role that the policy of some resource names, and which may so do more than others.
	SessionEntity
	// RootEntity is an account's root user.
	RootEntity
	// OutsideEntity is somebody who is not of the estate: of another account, a service, an identity provider, or anybody.
	OutsideEntity
)

// String returns the kind in a word.
func (k EntityKind) String() string {
	return [...]string{"user", "role", "session", "root", "outside"}[k]
}

// Entity is somebody of an estate who can make requests.
type Entity struct {
	ARN     string
	Account string
	Kind    EntityKind
	// Tags are those of the user or role.
	Tags map[string]string
	// Policies are the identity policies: a user's own, those of its groups, or a role's.
	Policies []Attachment
	// Boundary is the permissions boundary; nil if there is none.
	Boundary *Attachment

	who *authz.Principal
	// trust is a role's trust policy.
	trust *compiledPolicy
	// taggable: a session of the role may have other tags than the role.
	taggable bool
	class    *class
	number   int
	account  int32 // the number of its account; 0 if it is not of the estate
}

// Attachment is how a policy came to an entity.
type Attachment struct {
	Name string
	ARN  string // of a managed policy
	// Group is the name of the group that the user has it from; empty if it is its own.
	Group string

	policy *compiledPolicy
}

// String returns the policy's name, and where it comes from.
func (a *Attachment) String() string {
	if a.Group != "" {
		return fmt.Sprintf("%s of group %s", a.Name, a.Group)
	}
	return a.Name
}

// Resource is a resource that something is known of.
type Resource struct {
	ARN     string
	Account string
	// Tags are the resource's if Tagged; otherwise they are unknown.
	Tags   map[string]string
	Tagged bool

	policy *compiledPolicy // nil if it has none
	given  string          // the file, for messages
}

// Entities returns all who are of the estate, in the order of their ARNs, but for root users.
func (e *Estate) Entities() []*Entity {
	n := len(e.entities)
	for n > 0 && e.entities[n-1].Kind == RootEntity {
		n--
	}
	return e.entities[:n:n]
}

// Entity returns the user, role or root user of an ARN.
func (e *Estate) Entity(name string) (*Entity, bool) {
	x, ok := e.byARN[name]
	return x, ok
}

// Accounts returns the ids of the estate's accounts in order.
func (e *Estate) Accounts() []string {
	var ids []string
	for id := range e.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Find returns the entity that a text stands for: an ARN, or the name of one user or role, or "user/name" or "role/name". The error says that there is none, or that there are several.
func (e *Estate) Find(text string) (*Entity, error) {
	if x, ok := e.byARN[text]; ok {
		return x, nil
	}
	var all []*Entity
	for _, x := range e.entities {
		resource := arn.Cut(x.ARN)
		kind, rest, _ := strings.Cut(resource.Part(5), "/")
		name := rest[strings.LastIndexByte(rest, '/')+1:]
		if x.Kind != SessionEntity && text != "" && (text == name || text == kind+"/"+name || text == kind+"/"+rest) {
			all = append(all, x)
		}
	}
	switch len(all) {
	case 0:
		for _, x := range e.Entities() {
			if name := x.ARN[strings.LastIndexAny(x.ARN, ":/")+1:]; text != "" && strings.EqualFold(name, text[strings.LastIndexAny(text, ":/")+1:]) {
				return nil, fmt.Errorf("the export has no user or role %q, but %s", text, x.ARN)
			}
		}
		return nil, fmt.Errorf("the export has no user or role %q", text)
	case 1:
		return all[0], nil
	}
	return nil, fmt.Errorf("%q is %s and %s: give the ARN", text, all[0].ARN, all[1].ARN)
}

// compiledPolicy is a distinct document as it is used.
type compiledPolicy struct {
	*authz.Program
	number  int
	label   string // what to call a policy of an organization
	clauses []*clause
	// attached are the classes that have it as an identity policy.
	attached []*class
	bounding []*class // that have it as their boundary
	// named are the entities that it names one by one, names all texts that may name one.
	named []*Entity
	names map[string]bool
}

// reachKey is what tells how a policy reaches a caller that it does not name.
type reachKey struct {
	policy  int32
	account int32
	kind    authz.PrincipalKind
	bounded bool // no role that is linked to a service
	trust   bool
}

// class is the entities that differ in nothing but who they are: of one account and kind, with the same policies and the same boundary.
type class struct {
	number   int
	account  string
	identity []*compiledPolicy
	boundary *compiledPolicy
	members  []*Entity
}

// ownerOf returns the account that owns a resource: as the export tells, or its ARN, or the only account there is. It is empty if it is the caller's.
func (e *Estate) ownerOf(resource string) (owner string, err error) {
	if r := e.resourceOf(resource); r != nil {
		return r.Account, nil
	}
	parts := arn.Cut(resource)
	if parts.Len() != arn.PartCount {
		if resource == "*" {
			return "", nil
		}
		return "", fmt.Errorf("%q is neither an ARN nor *", resource)
	}
	switch id := parts.Part(4); {
	case arn.IsAccount(id):
		return id, nil
	case id == "aws":
		return "", nil
	case len(e.accounts) == 1:
		for id := range e.accounts {
			return id, nil
		}
	}
	return "", fmt.Errorf("it is not known whose %s is: neither its ARN tells nor a file in resources", resource)
}

// resourceOf returns what is known of a resource; nil if nothing is.
func (e *Estate) resourceOf(resource string) *Resource {
	if r, ok := e.resources[resource]; ok {
		return r
	}
	parent := e.resources[parentOf(resource)]
	if parent == nil {
		return nil
	}
	// The tags are its own and not those of the whole.
	return &Resource{ARN: resource, Account: parent.Account, policy: parent.policy, given: parent.given}
}

// parentOf returns the resource that a resource is in and has the policy of: an object of S3 is in its bucket or access point, an index or stream of DynamoDB in its table. It is empty if there is none.
func parentOf(resource string) string {
	parts := arn.Cut(resource)
	if parts.Len() != arn.PartCount {
		return ""
	}
	name := parts.Part(5)
	depth := 0
	switch {
	case parts.Part(2) == "s3" && strings.HasPrefix(name, "accesspoint/"), parts.Part(2) == "dynamodb" && strings.HasPrefix(name, "table/"):
		depth = 2
	case parts.Part(2) == "s3":
		depth = 1
	default:
		return ""
	}
	end := 0
	for range depth {
		i := strings.IndexByte(name[end:], '/')
		if i < 0 {
			return ""
		}
		end += i + 1
	}
	return resource[:len(resource)-len(name)+end-1]
}

// isKey reports whether a resource is a KMS key, which always has a policy.
func isKey(resource string) bool {
	parts := arn.Cut(resource)
	return parts.Len() == arn.PartCount && parts.Part(2) == "kms" && strings.HasPrefix(parts.Part(5), "key/")
}

// isRole reports whether a resource is a role.
func isRole(resource string) bool {
	parts := arn.Cut(resource)
	return parts.Len() == arn.PartCount && parts.Part(2) == "iam" && strings.HasPrefix(parts.Part(5), "role/")
}

// compile returns the program of a document, one for all that have the same text and use.
func (r *EstateReader) compile(d *policy.Document, k authz.Kind) *compiledPolicy {
	key := policyKey{d.Text(), k}
	if p, ok := r.compiled[key]; ok {
		return p
	}
	if r.compiled == nil {
		r.compiled = make(map[policyKey]*compiledPolicy)
	}
	p := &compiledPolicy{Program: authz.Compile(d, k), number: len(r.policies)}
	r.compiled[key] = p
	r.policies = append(r.policies, p)
	return p
}

type policyKey struct {
	text string
	kind authz.Kind
}

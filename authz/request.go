package authz

import (
	"errors"
	"strings"
	"unique"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// Action is what a request does, such as s3:GetObject, made ready to be found in policies. Make it once and keep it.
type Action struct {
	given   string
	folded  string
	service string
	// kept keeps the texts of folded and service the same in all actions and sets.
	kept [2]unique.Handle[string]
	// hash and serviceHash are those of folded and service; bit, word and serviceBit are made of them: see spoken.
	hash, serviceHash uint32
	bit, serviceBit   uint64
	word              uint32
	// start holds the first eight bytes of the name behind the service: see startOf.
	start  uint64
	traits actionTraits
}

type actionTraits uint8

const (
	// resourceControlled: resource control policies bear on the action's service.
	resourceControlled actionTraits = 1 << iota
	// trusted: on a role the action asks the role's trust policy.
	trusted
	assumesRole
	getsIdentity
	ofKMS
)

// ErrAction says that a text is not an action.
var ErrAction = errors.New(`authz: not an action: "service:Name" without wildcards is expected`)

// NewAction makes an Action of its name. Case does not count. The error is ErrAction.
func NewAction(name string) (*Action, error) {
	folded := fold.Name(name)
	service, rest, ok := strings.Cut(folded, ":")
	if !ok || service == "" || rest == "" || strings.ContainsAny(folded, "*?") {
		return nil, ErrAction
	}
	a := &Action{given: name, folded: folded, service: service, hash: fold.Hash(folded), serviceHash: fold.Hash(service), start: startOf(rest)}
	a.bit, a.serviceBit = bitOf(a.hash), bitOf(a.serviceHash)
	a.word = wordOf(a.hash)
	a.kept = [2]unique.Handle[string]{unique.Make(folded), unique.Make(service)}
	a.folded, a.service = a.kept[0].Value(), a.kept[1].Value()
	// kms:RetireGrant is exempt (evaluation.md §6).
	if policy.SupportsResourceControl(service) && folded != "kms:retiregrant" {
		a.traits |= resourceControlled
	}
	switch folded {
	case "sts:getcalleridentity":
		a.traits |= getsIdentity
	case "sts:assumerole":
		a.traits |= trusted | assumesRole
	case "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext":
		a.traits |= trusted
	}
	if service == "kms" {
		a.traits |= ofKMS
	}
	return a, nil
}

// String returns the name as it was given.
func (a *Action) String() string { return a.given }

// name returns what stands behind the service, folded.
func (a *Action) name() string { return a.folded[len(a.service)+1:] }

func (a *Action) is(t actionTraits) bool { return a.traits&t != 0 }

// Request is one question: may this principal do this action on this resource, given these facts. Make it with NewRequest.
// It may be judged by several goroutines once its Context is filled.
type Request struct {
	Principal *Principal
	Action    *Action
	// ResourceAccount is the id of the account that owns the resource.
	ResourceAccount string
	// ManagementAccount is the id of the organization's management account, whose principals and resources control policies do not touch; it may be empty.
	ManagementAccount string

	resource arn.Parts // before the Context, whose end few requests reach

	// Context holds the condition keys.
	Context condition.Context
}

// NewRequest makes a Request. The resource is an ARN, or "*" for actions that have none. The resource's account is taken from its ARN or is the caller's; the
// condition keys that follow from the principal are set. Both may be changed. A Request that is given to Decide and nothing else takes no memory from
// the heap.
func NewRequest(p *Principal, a *Action, resource string) *Request {
	r := new(Request)
	r.Reset(p, a, resource)
	return r
}

// Reset makes r another request, keeping its memory.
func (r *Request) Reset(p *Principal, a *Action, resource string) {
	r.Principal, r.Action, r.ManagementAccount = p, a, ""
	r.resource = arn.Cut(resource)
	r.ResourceAccount = p.Account
	// What AWS itself owns, such as its managed policies, has "aws" where others have an account: it is everybody's.
	// The caller's own account stays the caller's text, so that comparing the two is comparing pointers.
	if r.resource.Len() == arn.PartCount {
		if account := r.resource.Part(4); account != p.Account && arn.IsAccount(account) {
			r.ResourceAccount = account
		}
	}
	r.Context.Reset()
	p.Describe(&r.Context)
}

// Resource returns the resource as it was given.
func (r *Request) Resource() string { return r.resource.Text() }

// trusts reports whether the request asks a role's trust policy.
func (r *Request) trusts() bool { return r.Action.is(trusted) && r.isFor("iam", "role/") }

// asksKey reports whether the request asks the policy of a KMS key, without which nobody reaches it, as with a role's (doc/language.md 32).
func (r *Request) asksKey() bool { return r.Action.is(ofKMS) && r.isFor("kms", "key/") }

// isFor reports whether the resource is one of a service whose name begins with prefix.
func (r *Request) isFor(service, prefix string) bool {
	return r.resource.Len() == arn.PartCount && r.resource.Part(2) == service && strings.HasPrefix(r.resource.Part(5), prefix)
}

package authz

import (
	"errors"
	"strings"
	"unique"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// PrincipalKind is what kind of caller makes a request (evaluation.md §1).
type PrincipalKind uint8

const (
	// Anonymous is a caller without credentials.
	Anonymous PrincipalKind = iota
	// User is an IAM user, with a long-term key or a session of GetSessionToken.
	User
	// RoleSession is a session of a role.
	RoleSession
	// FederatedSession is a session of GetFederationToken.
	FederatedSession
	// Root is an account's root user.
	Root
	// AssumedRoot is a session of AssumeRoot.
	AssumedRoot
	// Service is an AWS service that calls by itself, or an origin access identity of CloudFront.
	Service
	// Provider is whoever comes to STS with an assertion of a SAML or web identity provider.
	Provider
)

// Principal is who makes a request. Make it with NewPrincipal; one Principal may serve many requests at once.
type Principal struct {
	Kind PrincipalKind
	// ARN is the caller as AWS prints it: the ARN of the user, session, root user or origin access identity, the service's or provider's name, or "anonymous".
	ARN string
	// Account is the id of the caller's account; empty for services, providers and anonymous callers.
	Account string
	// Issuer is the ARN of the session's role, path included, or of the user whose session it is; empty if unknown.
	Issuer string
	// UniqueID is the AIDA… or AROA… id of the user or role; empty if unknown.
	UniqueID string
	// CanonicalID is the account's canonical id in S3; empty if unknown.
	CanonicalID string
	// Provider is the identity provider of a federated role session; empty otherwise.
	Provider string

	name, session string
	serviceLinked bool
	// identities are the forms in which a policy can name this caller, and what a grant to each is worth.
	identities []identity
}

// identity is a way to name a caller in a Principal element.
type identity struct {
	name  principalName
	grant grant
	// part says which of the caller's sides this names, for NotPrincipal.
	part part
}

// part is a side of a caller: a Deny with NotPrincipal spares it only if all its sides are listed (doc/language.md 29).
type part uint8

const (
	accountPart part = 1 << iota
	entityPart       // the user or role
	sessionPart
	noPart part = 0
)

// grant is how a resource-based policy names a caller, weakest first (evaluation.md §2.1).
type grant uint8

const (
	noGrant grant = iota
	// accountGrant names the caller's account: it delegates to the account's own policies.
	accountGrant
	// entityGrant names the role of a role session, or the user of a federated session.
	entityGrant
	// directGrant names the caller itself, or everyone.
	directGrant
)

// principalName is an entry of a Principal element, ready to be compared.
type principalName struct {
	text unique.Handle[string]
	hash uint32
	kind nameKind
}

type nameKind uint8

const (
	awsName    nameKind = iota
	uniqueName          // an awsName that is no ARN: the id of a user or role
	accountName
	serviceName
	federatedName
	canonicalName
)

func newPrincipalName(kind nameKind, text string) principalName {
	if kind == awsName && !strings.HasPrefix(text, "arn:") {
		kind = uniqueName
	}
	return principalName{kind: kind, text: unique.Make(text), hash: fold.Hash(text) + uint32(kind)}
}

// ErrPrincipal says that a text names no principal that could make a request.
var ErrPrincipal = errors.New("authz: not a principal: neither an ARN of a user, role, session or root user, nor a service, a provider or anonymous")

// Facts are what is known about a caller beyond its ARN. All may be empty.
type Facts struct {
	Issuer      string // see Principal
	UniqueID    string
	CanonicalID string
	Provider    string
	// ByAssertion: a name that is no ARN is a web identity provider, not a service. So it is for
	// AssumeRoleWithWebIdentity and AssumeRoleWithSAML.
	ByAssertion bool
	// AssumedRoot: a root user's ARN stands for a session of AssumeRoot.
	AssumedRoot bool
}

// NewPrincipal makes a Principal of an ARN or name: of a user, a role (one of its sessions, whichever), a role session, a federated session, a root user, an identity
// provider; a service such as lambda.amazonaws.com; an origin access identity, arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1…; or "anonymous". The error is
// ErrPrincipal.
func NewPrincipal(name string, f Facts) (*Principal, error) {
	p := &Principal{ARN: name, Issuer: f.Issuer, UniqueID: f.UniqueID, CanonicalID: f.CanonicalID, Provider: f.Provider}
	a, err := arn.Parse(name)
	switch {
	case name == "anonymous":
		return p, nil
	case err != nil && strings.HasPrefix(name, "arn:"), name == "":
		return nil, ErrPrincipal
	case err != nil && f.ByAssertion:
		p.Kind = Provider
	case err != nil && strings.Contains(name, ".") && !strings.ContainsAny(name, "*? "):
		p.Kind = Service
	case err != nil:
		return nil, ErrPrincipal
	default:
		if err := p.fromARN(a, f); err != nil {
			return nil, err
		}
	}
	p.identify()
	return p, nil
}

func (p *Principal) fromARN(a arn.ARN, f Facts) error {
	kind, rest, _ := strings.Cut(a.Resource, "/")
	if a.Service == "iam" && a.Account == "cloudfront" && a.Region == "" && kind == "user" && rest != "" {
		p.Kind, p.Issuer = Service, "" // by which CloudFront reads from S3, and which has no policies of its own ("Restrict access to an Amazon S3 origin" in CloudFront's guide)
		return nil
	}
	if !arn.IsAccount(a.Account) || a.Region != "" {
		return ErrPrincipal
	}
	p.Account = a.Account
	switch a.Service + ":" + kind {
	case "iam:root":
		if a.Resource != "root" {
			return ErrPrincipal
		}
		p.Kind = Root
		if f.AssumedRoot {
			p.Kind = AssumedRoot
		}
	case "iam:user":
		p.Kind, p.name = User, rest[strings.LastIndexByte(rest, '/')+1:]
	case "iam:role":
		p.Kind, p.Issuer = RoleSession, p.ARN
	case "sts:assumed-role":
		p.Kind = RoleSession
		role, session, ok := strings.Cut(rest, "/")
		if !ok || session == "" {
			return ErrPrincipal
		}
		p.session = session
		if p.Issuer == "" {
			p.Issuer = arn.ARN{Partition: a.Partition, Service: "iam", Account: a.Account, Resource: "role/" + role}.String()
		}
	case "sts:federated-user":
		p.Kind, p.session = FederatedSession, rest
	case "iam:saml-provider", "iam:oidc-provider":
		p.Kind, p.Account = Provider, ""
	default:
		return ErrPrincipal
	}
	if p.Kind != Root && p.Kind != AssumedRoot && (rest == "" || strings.HasSuffix(rest, "/")) {
		return ErrPrincipal
	}
	return p.checkIssuer()
}

// checkIssuer refuses a session whose issuer cannot have issued it: it must be a role, or a user, of the session's account.
func (p *Principal) checkIssuer() error {
	kind := ""
	switch {
	case p.Kind == RoleSession:
		kind = "role/"
	case p.Kind == FederatedSession && p.Issuer != "":
		kind = "user/"
	default:
		p.Issuer = ""
		return nil
	}
	issuer, err := arn.Parse(p.Issuer)
	if err != nil || issuer.Service != "iam" || issuer.Account != p.Account || !strings.HasPrefix(issuer.Resource, kind) {
		return ErrPrincipal
	}
	p.serviceLinked = strings.HasPrefix(issuer.Resource, serviceLinkedPath)
	return nil
}

// serviceLinkedPath is how the resource part of a service-linked role's ARN begins.
const serviceLinkedPath = "role/aws-service-role/"

// identify lists the forms in which policies can name the caller: the match table of evaluation.md §2.1.
func (p *Principal) identify() {
	add := func(kind nameKind, text string, g grant, side part) {
		if text != "" {
			p.identities = append(p.identities, identity{newPrincipalName(kind, text), g, side})
		}
	}
	account := accountGrant
	if p.Kind == Root || p.Kind == AssumedRoot {
		account = directGrant
	}
	add(accountName, p.Account, account, accountPart)
	add(canonicalName, p.CanonicalID, account, accountPart)
	switch p.Kind {
	case User:
		add(awsName, p.ARN, directGrant, entityPart)
		if strings.HasPrefix(p.UniqueID, "AIDA") {
			add(awsName, p.UniqueID, directGrant, entityPart)
		}
	case RoleSession:
		add(awsName, p.Issuer, entityGrant, entityPart)
		if strings.HasPrefix(p.UniqueID, "AROA") {
			add(awsName, p.UniqueID, entityGrant, entityPart)
		}
		if p.session != "" {
			add(awsName, p.ARN, directGrant, sessionPart)
		}
		add(federatedName, p.Provider, entityGrant, noPart)
	case FederatedSession:
		add(awsName, p.Issuer, entityGrant, entityPart)
		add(awsName, p.ARN, directGrant, sessionPart)
	case Service:
		kind := serviceName
		if strings.HasPrefix(p.ARN, "arn:") {
			kind = awsName
		}
		add(kind, p.ARN, directGrant, entityPart)
	case Provider:
		add(federatedName, p.ARN, directGrant, entityPart)
	}
}

// parts returns the sides of the caller that NotPrincipal must list to spare it.
func (p *Principal) parts() part {
	switch p.Kind {
	case User:
		return accountPart | entityPart
	case RoleSession:
		return accountPart | entityPart | sessionPart
	case FederatedSession:
		if p.Issuer == "" {
			return accountPart | sessionPart
		}
		return accountPart | entityPart | sessionPart
	case Root, AssumedRoot:
		return accountPart
	case Service, Provider:
		return entityPart
	}
	// An anonymous caller has no name that could be listed.
	return sessionPart
}

// Keys of the context that follow from the principal (evaluation.md §1).
var (
	keyPrincipalARN     = condition.NewKey("aws:PrincipalArn")
	keyPrincipalAccount = condition.NewKey("aws:PrincipalAccount")
	keyPrincipalType    = condition.NewKey("aws:PrincipalType")
	keyUserID           = condition.NewKey("aws:userid")
	keyUsername         = condition.NewKey("aws:username")
)

// Describe sets the condition keys that follow from who the caller is: aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType, aws:userid as far as it is known, aws:username.
func (p *Principal) Describe(c *condition.Context) {
	text := func(key condition.Key, value string) {
		if value != "" {
			c.Set(key, value)
		}
	}
	text(keyPrincipalAccount, p.Account)
	switch p.Kind {
	case Anonymous:
		text(keyPrincipalAccount, "anonymous")
		text(keyPrincipalType, "Anonymous")
		text(keyUserID, "anonymous")
	case User:
		text(keyPrincipalARN, p.ARN)
		text(keyPrincipalType, "User")
		text(keyUserID, p.UniqueID)
		text(keyUsername, p.name)
	case RoleSession:
		text(keyPrincipalARN, p.Issuer)
		text(keyPrincipalType, "AssumedRole")
		if p.UniqueID != "" && p.session != "" {
			text(keyUserID, p.UniqueID+":"+p.session)
		}
	case FederatedSession:
		text(keyPrincipalARN, p.ARN)
		text(keyPrincipalType, "FederatedUser")
		text(keyUserID, p.Account+":"+p.session)
	case Root, AssumedRoot:
		text(keyPrincipalARN, p.ARN)
		text(keyPrincipalType, "Account")
		text(keyUserID, p.Account)
	}
}

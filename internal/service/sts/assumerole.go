package sts

import (
	"strings"
	"time"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

var (
	keyExternalID     = condition.NewKey("sts:ExternalId")
	keySessionName    = condition.NewKey("sts:RoleSessionName")
	keySourceIdentity = condition.NewKey("sts:SourceIdentity")
	keyTransitive     = condition.NewKey("sts:TransitiveTagKeys")
	keyTagKeys        = condition.NewKey("aws:TagKeys")
)

// assumption is an AssumeRole call taken apart: what it asks for and what the new session inherits from the calling one.
type assumption struct {
	roleARN  arn.ARN
	account  *identity.Account // of the role; nil if there is none
	role     *identity.Role    // nil if there is none
	passed   []identity.Tag
	inherits []identity.Tag // transitive tags of the calling session
	// sourceIdentity is the one that is set or inherited.
	sourceIdentity string
}

// newAssumption checks what can be checked before the judge is asked (sts.md §4 1–4).
func newAssumption(c *op.Call, in *stsapi.AssumeRoleInput) (*assumption, error) {
	a := new(assumption)
	var err error
	if a.roleARN, err = arn.Parse(*in.RoleArn); err != nil || a.roleARN.Service == "" || a.roleARN.Resource == "" {
		return nil, fault.New(fault.ValidationError, "%s is invalid", *in.RoleArn)
	}
	if err := checkSessionPolicies(in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	if a.passed, err = newTags(in.Tags); err != nil {
		return nil, err
	}
	session := c.Caller.Session
	chained := session != nil && session.Kind == identity.RoleSession
	if chained {
		for _, key := range session.Transitive {
			if i := identity.FindTag(session.Tags, key); i >= 0 {
				a.inherits = append(a.inherits, session.Tags[i])
			}
		}
		a.sourceIdentity = session.SourceIdentity
	}
	for _, key := range in.TransitiveTagKeys {
		if identity.FindTag(a.passed, key) < 0 {
			return nil, fault.New(fault.InvalidParameterValue, "The specified transitive tag key must be included in the requested tags.")
		}
	}
	for _, t := range a.passed {
		if identity.FindTag(a.inherits, t.Key) >= 0 {
			return nil, fault.New(fault.InvalidParameterValue,
				"One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	if in.SourceIdentity != nil {
		if strings.HasPrefix(strings.ToLower(*in.SourceIdentity), "aws:") {
			return nil, fault.New(fault.ValidationError, "The source identity must not begin with aws:")
		}
		if a.sourceIdentity != "" && a.sourceIdentity != *in.SourceIdentity {
			return nil, fault.New(fault.AccessDenied, "The source identity of the calling session cannot be changed.")
		}
		a.sourceIdentity = *in.SourceIdentity
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, fault.New(fault.NotSupported, "Writ does not support ProvidedContexts: it knows no context provider that could have signed them.")
	}
	// A role that is not there is refused with the same words as one that does not trust the caller: by the judge, since it has no trust policy.
	if account, ok := c.State.Account(a.roleARN.Account); ok && a.roleARN.Service == "iam" && a.roleARN.Region == "" && a.roleARN.Partition == c.Authority.Partition {
		if role, ok := account.FindRole(a.roleARN.Resource); ok {
			a.account, a.role = account, role
		}
	}
	return a, nil
}

// assumingRole is what AssumeRole asks: for the role, and for the tags and the source identity that are passed or inherited (sts.md §4 5).
func assumingRole(c *op.Call, in *stsapi.AssumeRoleInput) ([]op.Question, error) {
	a, err := newAssumption(c, in)
	if err != nil {
		return nil, err
	}
	return a.questions(in)
}

// questions are what is asked about the role that was found.
func (a *assumption) questions(in *stsapi.AssumeRoleInput) (_ []op.Question, err error) {
	q := op.Question{Action: "sts:AssumeRole", Resource: *in.RoleArn, Account: a.roleARN.Account, IAMTags: true}
	if a.role != nil {
		// An inherited transitive tag hides the role's own (sts.md §5).
		q.Tags = identity.MergeTags(a.role.Tags, a.inherits)
		if q.Policy, err = a.role.Trust.Program(authz.Resource, ""); err != nil {
			return nil, fault.Internal(err)
		}
	}
	q.Keys = append(q.Keys, op.Text(keySessionName, *in.RoleSessionName))
	if in.ExternalId != nil {
		q.Keys = append(q.Keys, op.Text(keyExternalID, *in.ExternalId))
	}
	if a.sourceIdentity != "" {
		q.Keys = append(q.Keys, op.Text(keySourceIdentity, a.sourceIdentity))
	}
	q.Keys = append(q.Keys, tagKeys(a.passed)...)
	if len(in.TransitiveTagKeys) > 0 {
		q.Keys = append(q.Keys, op.List(keyTransitive, in.TransitiveTagKeys))
	}
	questions := []op.Question{q}
	if len(a.passed) > 0 || len(a.inherits) > 0 {
		tag := q
		tag.Action = "sts:TagSession"
		questions = append(questions, tag)
	}
	if a.sourceIdentity != "" {
		set := q
		set.Action = "sts:SetSourceIdentity"
		questions = append(questions, set)
	}
	return questions, nil
}

// chainedSeconds is the longest session that one role session may make of another role (limits.md §9).
const chainedSeconds = 3600

func (s *Service) assumeRole(c *op.Call, in *stsapi.AssumeRoleInput) (*stsapi.AssumeRoleOutput, error) {
	a, err := newAssumption(c, in)
	if err != nil {
		return nil, err
	}
	if a.role == nil {
		// Not reached: nobody is allowed to assume what has no trust policy.
		return nil, fault.New(fault.AccessDenied, "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Caller.Principal.ARN, *in.RoleArn)
	}
	// The role may have been made anew since it was asked about: the one whose session it will be is the one that must allow it.
	questions, err := a.questions(in)
	if err != nil {
		return nil, err
	}
	if err := c.Ask(questions...); err != nil {
		return nil, err
	}
	if err := checkMFA(in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	session := c.Caller.Session
	chained := session != nil && session.Kind == identity.RoleSession
	seconds := int32(3600)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	switch {
	case seconds > a.role.MaxSession:
		return nil, fault.New(fault.ValidationError, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case chained && seconds > chainedSeconds:
		return nil, fault.New(fault.ValidationError, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if err := policiesExist(a.account, in.PolicyArns); err != nil {
		return nil, err
	}
	at := identity.Authority{Partition: c.Authority.Partition, Account: a.account.ID}
	next := identity.Session{
		Kind: identity.RoleSession, Name: *in.RoleSessionName, SourceIdentity: a.sourceIdentity, Chained: chained,
		Tags: identity.MergeTags(a.inherits, a.passed), Transitive: in.TransitiveTagKeys,
	}
	for _, t := range a.inherits {
		next.Transitive = append(next.Transitive, t.Key)
	}
	setPolicies(&next, in.Policy, in.PolicyArns)
	minted, err := s.mint(c, a.account.ID, a.role.ID, next, time.Duration(seconds)*time.Second)
	if err != nil {
		return nil, err
	}
	c.Touched = []op.Resource{{ARN: at.Role(a.role), Account: a.account.ID, Type: "AWS::IAM::Role"}}
	out := &stsapi.AssumeRoleOutput{
		Credentials: minted.credentials,
		AssumedRoleUser: &stsapi.AssumedRoleUser{
			Arn: new(at.AssumedRole(a.role.Name, next.Name)), AssumedRoleId: new(a.role.ID + ":" + next.Name),
		},
	}
	if a.sourceIdentity != "" {
		out.SourceIdentity = new(a.sourceIdentity)
	}
	if next.HasPolicies || len(next.Tags) > 0 {
		out.PackedPolicySize = new(minted.percent)
	}
	return out, nil
}

// checkMFA checks the second factor that a call shows (sts.md §4 6).
func checkMFA(serial, code *string) error {
	switch {
	case serial == nil && code == nil:
		return nil
	case serial == nil || code == nil:
		return fault.New(fault.AccessDenied, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	}
	// No user has a device yet, so no serial number is one of the caller's.
	return fault.New(fault.AccessDenied,
		"MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}

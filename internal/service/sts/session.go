package sts

import (
	"strings"
	"time"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// checkSessionPolicies checks the policies that a call passes for the new session, as far as they say something by themselves.
func checkSessionPolicies(text *string, arns []stsapi.PolicyDescriptorType) error {
	if text != nil {
		if _, err := policy.Check(policy.Session, *text); err != nil {
			return fromPolicy(err)
		}
	}
	if len(arns) > 10 {
		return fault.New(fault.ValidationError, "A session may have 10 managed policies, not %d.", len(arns))
	}
	for _, d := range arns {
		if d.Arn == nil {
			return fault.New(fault.ValidationError, "The policy descriptor must name a policy.")
		}
		if name, err := arn.Parse(*d.Arn); err != nil || name.Service != "iam" || !strings.HasPrefix(name.Resource, "policy/") {
			return fault.New(fault.ValidationError, "%s is invalid", *d.Arn)
		}
	}
	return nil
}

func fromPolicy(err error) error {
	if e, ok := err.(*policy.Error); ok {
		return fault.New(e.Code, "%s", e.Message)
	}
	return fault.Internal(err)
}

// policiesExist asks for managed session policies to be of AWS or of the account whose session it will be (evaluation.md §5).
func policiesExist(a *identity.Account, arns []stsapi.PolicyDescriptorType) error {
	for _, d := range arns {
		name, err := arn.Parse(*d.Arn)
		if err != nil {
			return fault.New(fault.ValidationError, "%s is invalid", *d.Arn)
		}
		if _, ok := a.FindPolicy(name); !ok {
			return fault.New(fault.ValidationError, "Policy %s does not exist or is not attachable.", *d.Arn)
		}
	}
	return nil
}

func setPolicies(s *identity.Session, text *string, arns []stsapi.PolicyDescriptorType) {
	if text != nil {
		s.Policy = identity.NewDocument(*text)
	}
	for _, d := range arns {
		s.Policies = append(s.Policies, *d.Arn)
	}
	s.HasPolicies = text != nil || len(arns) > 0
}

// newTags checks the session tags that a call passes (sts.md §5).
func newTags(in []stsapi.Tag) ([]identity.Tag, error) {
	var tags []identity.Tag
	for _, t := range in {
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return nil, fault.New(fault.InvalidParameterValue, "Tag keys beginning with aws: are reserved for system use.")
		}
		if identity.FindTag(tags, *t.Key) >= 0 {
			return nil, fault.New(fault.InvalidParameterValue, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags = append(tags, identity.Tag{Key: *t.Key, Value: *t.Value})
	}
	return tags, nil
}

// tagKeys are the condition keys of passed tags.
func tagKeys(tags []identity.Tag) []op.Key {
	if len(tags) == 0 {
		return nil
	}
	var keys []op.Key
	var names []string
	for _, t := range tags {
		keys = append(keys, op.Text(condition.NewKey("aws:RequestTag/"+t.Key), t.Value))
		names = append(names, t.Key)
	}
	return append(keys, op.List(keyTagKeys, names))
}

// Durations of sessions that are no role's, in seconds (limits.md §9).
const (
	sessionSeconds     = 43200
	rootSessionSeconds = 3600
)

// lifetime returns how long a session of the caller lasts that asks for some seconds: root's are cut.
func lifetime(c *op.Call, asked *int32) time.Duration {
	seconds := int32(sessionSeconds)
	if asked != nil {
		seconds = *asked
	}
	if c.Caller.User == nil {
		seconds = min(seconds, rootSessionSeconds)
	}
	return time.Duration(seconds) * time.Second
}

// callerID returns the unique id of the user that calls, or the account's id for the root user.
func callerID(c *op.Call) string {
	if c.Caller.User != nil {
		return c.Caller.User.ID
	}
	return c.Account.ID
}

// gettingSession is what GetSessionToken asks: nobody needs a permission, but it can be denied (sts.md §6).
func gettingSession(*op.Call, *stsapi.GetSessionTokenInput) ([]op.Question, error) {
	return []op.Question{{Action: "sts:GetSessionToken", Resource: "*", Free: true}}, nil
}

func (s *Service) getSessionToken(c *op.Call, in *stsapi.GetSessionTokenInput) (*stsapi.GetSessionTokenOutput, error) {
	if err := checkMFA(in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	minted, err := s.mint(c, c.Account.ID, callerID(c), identity.Session{Kind: identity.SessionToken}, lifetime(c, in.DurationSeconds))
	if err != nil {
		return nil, err
	}
	return &stsapi.GetSessionTokenOutput{Credentials: minted.credentials}, nil
}

// federating is what GetFederationToken asks (sts.md §6).
func federating(c *op.Call, in *stsapi.GetFederationTokenInput) ([]op.Question, error) {
	if err := checkSessionPolicies(in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	q := op.Question{Action: "sts:GetFederationToken", Resource: c.Authority.FederatedUser(*in.Name), Keys: tagKeys(tags)}
	questions := []op.Question{q}
	if len(tags) > 0 {
		q.Action = "sts:TagSession"
		questions = append(questions, q)
	}
	return questions, nil
}

func (s *Service) getFederationToken(c *op.Call, in *stsapi.GetFederationTokenInput) (*stsapi.GetFederationTokenOutput, error) {
	if err := policiesExist(c.Account, in.PolicyArns); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	session := identity.Session{Kind: identity.FederationToken, Name: *in.Name, Tags: tags}
	setPolicies(&session, in.Policy, in.PolicyArns)
	minted, err := s.mint(c, c.Account.ID, callerID(c), session, lifetime(c, in.DurationSeconds))
	if err != nil {
		return nil, err
	}
	if !session.HasPolicies {
		minted.percent = 0
	}
	return &stsapi.GetFederationTokenOutput{
		Credentials:      minted.credentials,
		FederatedUser:    &stsapi.FederatedUser{Arn: new(c.Authority.FederatedUser(*in.Name)), FederatedUserId: new(c.Account.ID + ":" + *in.Name)},
		PackedPolicySize: new(minted.percent),
	}, nil
}

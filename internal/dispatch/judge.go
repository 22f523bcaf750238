package dispatch

import (
	"strconv"
	"sync"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/grants"
	"github.com/writ-iam/writ/internal/op"
)

var (
	keyCurrentTime     = condition.NewKey("aws:CurrentTime")
	keyEpochTime       = condition.NewKey("aws:EpochTime")
	keyReferer         = condition.NewKey("aws:referer")
	keyRequestedRegion = condition.NewKey("aws:RequestedRegion")
	keyResourceAccount = condition.NewKey("aws:ResourceAccount")
	keySecureTransport = condition.NewKey("aws:SecureTransport")
	keySourceIP        = condition.NewKey("aws:SourceIp")
	keyUserAgent       = condition.NewKey("aws:UserAgent")
	keyViaService      = condition.NewKey("aws:ViaAWSService")
)

// judge asks authz about calls. It keeps what can be kept between them: the names of actions made ready, and the memory of requests.
type judge struct {
	actions  sync.Map // name → *authz.Action; the names are those that the tables ask about, and so they are few
	requests sync.Pool
}

func (j *judge) action(name string) (*authz.Action, error) {
	if a, ok := j.actions.Load(name); ok {
		return a.(*authz.Action), nil
	}
	a, err := authz.NewAction(name)
	if err != nil {
		return nil, fault.Internal(err)
	}
	j.actions.Store(name, a)
	return a, nil
}

// trial is the judgement of one call.
type trial struct {
	judge    *judge
	call     *op.Call
	request  *authz.Request
	policies authz.Policies
	// found: policies are those of the caller; failure is why they could not be found.
	found   bool
	failure error
}

func (j *judge) open(c *op.Call) *trial {
	r, ok := j.requests.Get().(*authz.Request)
	if !ok {
		r = new(authz.Request)
	}
	return &trial{judge: j, call: c, request: r}
}

func (t *trial) close() { t.judge.requests.Put(t.request) }

// ask returns AWS's refusal for the first question that is not allowed.
func (t *trial) ask(questions []op.Question) error {
	if !t.found {
		t.policies, t.failure = grants.For(t.call.Caller, t.call.Account, t.call.Authority)
		t.found = true
	}
	if t.failure != nil {
		// Which policies the caller has is not known. That allows nothing.
		return &fault.Fault{Code: fault.AccessDenied, Message: "The policies that bear on this call could not be read.", Cause: t.failure}
	}
	for i := range questions {
		q := &questions[i]
		action, err := t.judge.action(q.Action)
		if err != nil {
			return err
		}
		t.fill(action, q)
		t.policies.Resource = q.Policy
		decision := authz.Decide(t.request, &t.policies)
		if decision.Allowed() || q.Free && decision.Effect == authz.ImplicitDeny {
			continue
		}
		name := q.Name
		if name == "" {
			name = q.Resource
		}
		return fault.New(fault.AccessDenied, "%s", decision.MessageFor(t.request, name))
	}
	return nil
}

// fill makes t's request the one of a question: evaluation.md §8 has the keys and when they are present.
func (t *trial) fill(action *authz.Action, q *op.Question) {
	c, r := t.call, t.request
	r.Reset(c.Caller.Principal, action, q.Resource)
	if q.Account != "" {
		r.ResourceAccount = q.Account
	}
	ctx := &r.Context
	grants.Describe(c.Caller, c.Time, ctx)
	ctx.Set(keyCurrentTime, c.Time.UTC().Format(time.RFC3339))
	ctx.Set(keyEpochTime, strconv.FormatInt(c.Time.Unix(), 10))
	region := c.Region
	if c.Service == "iam" {
		region = "us-east-1" // a global service is there, wherever a request is signed for (evaluation.md §8)
	}
	ctx.Set(keyRequestedRegion, region)
	ctx.Set(keyResourceAccount, r.ResourceAccount)
	ctx.Set(keySecureTransport, strconv.FormatBool(c.TLS != nil))
	ctx.Set(keyViaService, "false")
	if c.SourceIP.IsValid() {
		ctx.Set(keySourceIP, c.SourceIP.String())
	}
	if c.UserAgent != "" {
		ctx.Set(keyUserAgent, c.UserAgent)
	}
	if c.Referer != "" {
		ctx.Set(keyReferer, c.Referer)
	}
	for _, tag := range q.Tags {
		ctx.Set(condition.NewKey("aws:ResourceTag/"+tag.Key), tag.Value)
		if q.IAMTags {
			ctx.Set(condition.NewKey("iam:ResourceTag/"+tag.Key), tag.Value)
		}
	}
	for _, k := range q.Keys {
		if k.Many {
			ctx.SetList(k.Key, k.Values)
		} else {
			ctx.Set(k.Key, k.Values[0])
		}
	}
}

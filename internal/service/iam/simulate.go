package iam

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// The policy simulator (evaluation.md §11). It asks authz.Decide as every call does, of the same policies; what differs is where the facts come from: the
// request says them, and what it does not say is not known.

// simulation is what both operations come to.
type simulation struct {
	// identity are the policies of the simulated principal, boundary its permissions boundary and resource the resource's own policy, nil if there is none.
	identity []source
	boundary *source
	resource *source
	// caller is who makes the simulated calls; nil if nothing is known of it.
	caller *simulatedCaller
	// owner is the account of resources that do not say whose they are; empty if the caller's.
	owner   string
	entries []contextEntry
	actions []*authz.Action
	// resources are ARNs; explicit says that they were given. Else it is "*" alone.
	resources []string
	explicit  bool
	// trust returns the trust policy of a role by ARN, nil if it is not known.
	trust func(role string) (*authz.Program, error)
}

// source is a policy that takes part, with what answers call it.
type source struct {
	id      string
	kind    string
	program *authz.Program
}

// The types of sources in answers, which are none of those that the model has.
const (
	iamPolicy      = "IAM Policy"
	resourcePolicy = "Resource Policy"
)

// simulated reads a policy that a call passes. AWS calls all that is wrong with it an invalid input.
func simulated(kind policy.Kind, text string) (*policy.Document, error) {
	doc, err := policy.Check(kind, text)
	var refused *policy.Error
	if errors.As(err, &refused) {
		return nil, fault.New(iamapi.CodeInvalidInput, "%s", refused.Message)
	}
	return doc, err
}

func invalidInput(format string, args ...any) error {
	return fault.New(iamapi.CodeInvalidInput, format, args...)
}

// unevaluated says that the simulator itself failed: the answer is none rather than a part of one.
func unevaluated(cause error) error {
	return &fault.Fault{Code: iamapi.CodePolicyEvaluation, Message: "The policies could not be evaluated.", Cause: cause}
}

func (s *Service) simulateCustomPolicy(c *op.Call, in *iamapi.SimulateCustomPolicyInput) (*iamapi.SimulateCustomPolicyOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	sim := simulation{trust: func(string) (*authz.Program, error) { return nil, nil }}
	if err := sim.read(c, in); err != nil {
		return nil, err
	}
	out := new(iamapi.SimulateCustomPolicyOutput)
	if out.EvaluationResults, err = sim.run(c, p); err != nil {
		return nil, err
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

func (s *Service) simulatePrincipalPolicy(c *op.Call, in *iamapi.SimulatePrincipalPolicyInput) (*iamapi.SimulatePrincipalPolicyOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	src, err := sourceOf(c, *in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	sim := simulation{trust: trustIn(c)}
	if sim.identity, err = src.policies(c); err != nil {
		return nil, err
	}
	if sim.boundary, err = src.boundary(c); err != nil {
		return nil, err
	}
	if sim.caller, err = src.caller(c); err != nil {
		return nil, err
	}
	if in.ResourcePolicy != nil && in.CallerArn == nil && src.user == nil {
		return nil, invalidInput("Invalid caller - Caller must be an IAM user in this context.")
	}
	err = sim.read(c, &iamapi.SimulateCustomPolicyInput{
		ActionNames: in.ActionNames, CallerArn: in.CallerArn, ContextEntries: in.ContextEntries,
		PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList, PolicyInputList: in.PolicyInputList, ResourceArns: in.ResourceArns,
		ResourceHandlingOption: in.ResourceHandlingOption, ResourceOwner: in.ResourceOwner, ResourcePolicy: in.ResourcePolicy,
	})
	if err != nil {
		return nil, err
	}
	out := new(iamapi.SimulatePrincipalPolicyOutput)
	if out.EvaluationResults, err = sim.run(c, p); err != nil {
		return nil, err
	}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// read takes in what both operations are asked with.
func (sim *simulation) read(c *op.Call, in *iamapi.SimulateCustomPolicyInput) error {
	for i, text := range in.PolicyInputList {
		doc, err := simulated(policy.Inline, text)
		if err != nil {
			return err
		}
		sim.identity = append(sim.identity, source{"PolicyInputList." + strconv.Itoa(i+1), iamPolicy, authz.Compile(doc, authz.Identity)})
	}
	switch boundaries := in.PermissionsBoundaryPolicyInputList; len(boundaries) {
	case 0:
	case 1:
		doc, err := simulated(policy.Inline, boundaries[0])
		if err != nil {
			return err
		}
		sim.boundary = &source{"PermissionsBoundaryPolicyInputList.1", iamPolicy, authz.Compile(doc, authz.Identity)}
	default:
		return invalidInput("The list of Permissions Boundary policies cannot exceed 1 items.")
	}
	for _, name := range in.ActionNames {
		a, err := authz.NewAction(name)
		if err != nil {
			return invalidInput("Invalid Input Actions: [%s]. An action is of the form service:name, without wildcards.", name)
		}
		sim.actions = append(sim.actions, a)
	}
	if err := sim.readResources(in); err != nil {
		return err
	}
	if in.CallerArn != nil {
		var err error
		if sim.caller, err = callerByARN(c, *in.CallerArn); err != nil {
			return err
		}
	}
	if in.ResourceOwner != nil {
		account, ok := arn.Root(*in.ResourceOwner)
		if !ok {
			return invalidInput("'%s' is not a valid as a Resource Owner.", *in.ResourceOwner)
		}
		sim.owner = account
	}
	if in.ResourcePolicy != nil {
		if sim.caller == nil {
			return invalidInput("Invalid caller - Caller cannot be null or empty.")
		}
		doc, err := simulatedResource(*in.ResourcePolicy)
		if err != nil {
			return err
		}
		sim.resource = &source{"ResourcePolicy", resourcePolicy, authz.Compile(doc, authz.Resource)}
	}
	if in.ResourceHandlingOption != nil && !slices.Contains(handlingOptions, *in.ResourceHandlingOption) {
		return invalidInput("Invalid input resource handling options: %s.", *in.ResourceHandlingOption)
	}
	var err error
	sim.entries, err = contextEntries(in.ContextEntries)
	return err
}

// handlingOptions are scenarios of ec2:RunInstances that say which resources belong together. Each is judged by itself all the same.
var handlingOptions = []string{
	"EC2-Classic-InstanceStore", "EC2-Classic-EBS", "EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet",
}

func (sim *simulation) readResources(in *iamapi.SimulateCustomPolicyInput) error {
	sim.resources = in.ResourceArns
	if len(sim.resources) == 0 || len(sim.resources) == 1 && sim.resources[0] == "*" {
		sim.resources = []string{"*"}
		if in.ResourcePolicy != nil {
			return invalidInput("Invalid Entity Arn: * does not clearly define entity type and name.")
		}
		return nil
	}
	sim.explicit = true
	for _, name := range sim.resources {
		if _, err := arn.Parse(name); err != nil {
			return invalidInput("ResourceNames are not in a valid ARN format: %s.", name)
		}
	}
	return nil
}

// simulatedResource reads a resource's policy: of any service, so that nothing is asked but that every statement says whom it speaks of.
func simulatedResource(text string) (*policy.Document, error) {
	doc, err := simulated(policy.Grammar, text)
	if err != nil {
		return nil, err
	}
	for i := range doc.Statements {
		if !doc.Statements[i].Principal.Present() {
			return nil, invalidInput("Missing required field Principal")
		}
	}
	return doc, nil
}

// contextEntry is a condition key of the simulated requests with its values.
type contextEntry struct {
	key    condition.Key
	values []string
	many   bool
}

func contextEntries(in []iamapi.ContextEntry) ([]contextEntry, error) {
	entries := make([]contextEntry, 0, len(in))
	for _, e := range in {
		if e.ContextKeyName == nil {
			return nil, invalidInput("A context entry has no ContextKeyName.")
		}
		kind := "string"
		if e.ContextKeyType != nil {
			kind = *e.ContextKeyType
		}
		kind, list := strings.CutSuffix(kind, "List")
		for _, v := range e.ContextKeyValues {
			if !validEntry(kind, v) {
				return nil, invalidInput("Invalid value for the context key %s: %s is not of type %s.", *e.ContextKeyName, v, kind)
			}
		}
		if !list && len(e.ContextKeyValues) == 0 {
			return nil, invalidInput("The context key %s has no value.", *e.ContextKeyName)
		}
		entries = append(entries, contextEntry{
			key: condition.NewKey(*e.ContextKeyName), values: e.ContextKeyValues, many: list || len(e.ContextKeyValues) > 1,
		})
	}
	return entries, nil
}

var numberPattern = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// validEntry reports whether a value is one of its type.
func validEntry(kind, value string) bool {
	switch kind {
	case iamapi.ContextKeyTypeEnumNumeric:
		return numberPattern.MatchString(value)
	case iamapi.ContextKeyTypeEnumBoolean:
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case iamapi.ContextKeyTypeEnumIp:
		if _, err := netip.ParsePrefix(value); err == nil {
			return true
		}
		_, err := netip.ParseAddr(value)
		return err == nil
	case iamapi.ContextKeyTypeEnumDate:
		return condition.ValidDate(value)
	case iamapi.ContextKeyTypeEnumBinary:
		_, err := base64.StdEncoding.DecodeString(value)
		return err == nil
	}
	return true
}

// maxEvaluations is how many pairs of action and resource one answer judges. A page ends sooner if its actions come to more.
const maxEvaluations = 10000

// run judges the actions of a page, a result each.
func (sim *simulation) run(c *op.Call, p *page) ([]iamapi.EvaluationResult, error) {
	p.left = min(p.left, max(1, maxEvaluations/len(sim.resources)))
	numbers := make([]int, len(sim.actions))
	for i := range numbers {
		numbers[i] = i
	}
	results := []iamapi.EvaluationResult{}
	for _, i := range paged(p, numbers, func(i int) string { return fmt.Sprintf("%08d", i) }) {
		if err := c.Context.Err(); err != nil {
			return nil, err
		}
		result, err := sim.result(sim.actions[i])
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// result judges an action on all resources.
func (sim *simulation) result(a *authz.Action) (iamapi.EvaluationResult, error) {
	out := iamapi.EvaluationResult{EvalActionName: new(a.String()), EvalResourceName: new("*"), MatchedStatements: []iamapi.Statement{}, MissingContextValues: []string{}}
	if !sim.explicit {
		v, err := sim.judge(a, "*")
		if err != nil {
			return out, err
		}
		out.EvalDecision, out.MatchedStatements, out.MissingContextValues = v.decision(), v.matched, v.missing
		out.PermissionsBoundaryDecisionDetail = v.boundary
		return out, nil
	}
	worst := authz.Allow
	bounded := true
	for _, resource := range sim.resources {
		v, err := sim.judge(a, resource)
		if err != nil {
			return out, err
		}
		worst = worse(worst, v.effect)
		out.ResourceSpecificResults = append(out.ResourceSpecificResults, iamapi.ResourceSpecificResult{
			EvalResourceName: new(resource), EvalResourceDecision: v.decision(), MatchedStatements: v.matched, MissingContextValues: v.missing,
			PermissionsBoundaryDecisionDetail: v.boundary, EvalDecisionDetails: v.details,
		})
		if v.boundary != nil {
			bounded = bounded && *v.boundary.AllowedByPermissionsBoundary
			out.PermissionsBoundaryDecisionDetail = &iamapi.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: new(bounded)}
		}
		// With one resource the result is its own; with several it is that of the worst, without what only one of them has.
		if len(sim.resources) == 1 {
			out.EvalResourceName, out.MatchedStatements, out.EvalDecisionDetails = new(resource), v.matched, v.details
		}
	}
	out.EvalDecision = verdict{effect: worst}.decision()
	if out.EvalDecisionDetails == nil {
		out.EvalDecisionDetails = map[string]string{}
	}
	return out, nil
}

// worse returns the effect that forbids more.
func worse(x, y authz.Effect) authz.Effect {
	for _, e := range []authz.Effect{authz.ExplicitDeny, authz.ImplicitDeny} {
		if x == e || y == e {
			return e
		}
	}
	return authz.Allow
}

// verdict is how one action on one resource ends.
type verdict struct {
	effect   authz.Effect
	matched  []iamapi.Statement
	missing  []string
	boundary *iamapi.PermissionsBoundaryDecisionDetail
	// details are the decisions of each kind of policy; only across accounts.
	details map[string]string
}

func (v verdict) decision() *string { return decisionName(v.effect) }

func decisionName(e authz.Effect) *string {
	switch e {
	case authz.Allow:
		return new(iamapi.PolicyEvaluationDecisionTypeAllowed)
	case authz.ExplicitDeny:
		return new(iamapi.PolicyEvaluationDecisionTypeExplicitDeny)
	}
	return new(iamapi.PolicyEvaluationDecisionTypeImplicitDeny)
}

// judge asks about one action on one resource.
func (sim *simulation) judge(a *authz.Action, resource string) (verdict, error) {
	r, err := sim.request(a, resource)
	if err != nil {
		return verdict{}, unevaluated(err)
	}
	ps := authz.Policies{}
	for _, s := range sim.identity {
		ps.Identity = append(ps.Identity, s.program)
	}
	if sim.boundary != nil {
		ps.Boundary = sim.boundary.program
	}
	if ps.Resource, err = sim.resourceProgram(r); err != nil {
		return verdict{}, unevaluated(err)
	}
	e := authz.Explain(r, &ps)
	v := verdict{effect: e.Effect, matched: []iamapi.Statement{}, missing: []string{}}
	var missing keyNames
	effects := map[authz.Layer]authz.Effect{}
	for i := range e.Findings {
		f := &e.Findings[i]
		src := sim.source(f)
		if src == nil {
			continue
		}
		missing.lacking(f, &r.Context)
		if !f.Applies() {
			continue
		}
		if f.Effect == policy.Deny {
			effects[f.Layer] = authz.ExplicitDeny
		} else if effects[f.Layer] == authz.ImplicitDeny {
			effects[f.Layer] = authz.Allow
		}
		// What a boundary allows grants nothing; what it denies decides.
		if e.Effect == authz.Allow && f.Effect == policy.Allow && f.Layer != authz.BoundaryLayer || e.Effect == authz.ExplicitDeny && f.Effect == policy.Deny {
			v.matched = append(v.matched, showStatement(src, int(f.Statement)))
		}
	}
	if missing.names != nil {
		v.missing = missing.names
	}
	if sim.boundary != nil {
		v.boundary = &iamapi.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: new(effects[authz.BoundaryLayer] == authz.Allow)}
	}
	if r.Principal.Account != r.ResourceAccount {
		v.details = map[string]string{iamPolicy: *decisionName(effects[authz.IdentityLayer]), resourcePolicy: *decisionName(effects[authz.ResourceLayer])}
	}
	return v, nil
}

// source returns the policy that a finding is about, nil if it is one that nobody passed.
func (sim *simulation) source(f *authz.Finding) *source {
	switch f.Layer {
	case authz.IdentityLayer:
		return &sim.identity[f.Policy]
	case authz.BoundaryLayer:
		return sim.boundary
	case authz.ResourceLayer:
		return sim.resource
	}
	return nil
}

// resourceProgram returns the policy of the request's resource. If none was passed it is the role's own trust policy; if the simulation does not know that
// either, it is taken to leave access to the account's own policies, as most do: AWS's simulator says nothing of roles and keys of which it was not
// told (evaluation.md §11).
func (sim *simulation) resourceProgram(r *authz.Request) (*authz.Program, error) {
	if sim.resource != nil {
		return sim.resource.program, nil
	}
	if strings.HasPrefix(fold.Name(r.Action.String()), "sts:") {
		if trust, err := sim.trust(r.Resource()); trust != nil || err != nil {
			return trust, err
		}
	}
	if r.ResourceAccount != r.Principal.Account {
		return nil, nil
	}
	doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + r.ResourceAccount + `"},"Action":"*","Resource":"*"}}`)
	if err != nil {
		return nil, err
	}
	return authz.Compile(doc, authz.Resource), nil
}

var (
	keyResourceAccount = condition.NewKey("aws:ResourceAccount")
	keyIsService       = condition.NewKey("aws:PrincipalIsAWSService")
)

// request makes the request of one action on one resource.
func (sim *simulation) request(a *authz.Action, resource string) (*authz.Request, error) {
	var r *authz.Request
	if sim.caller != nil {
		r = authz.NewRequest(sim.caller.principal, a, resource)
		r.Context.Set(keyIsService, "false")
		for _, t := range sim.caller.tags {
			r.Context.Set(condition.NewKey("aws:PrincipalTag/"+t.Key), t.Value)
		}
		if sim.owner != "" && sim.explicit && !saysOwner(resource) {
			r.ResourceAccount = sim.owner
		}
		r.Context.Set(keyResourceAccount, r.ResourceAccount)
	} else {
		// Nothing is known of the caller but that the resource is of its own account.
		account := sim.owner
		if parsed, err := arn.Parse(resource); err == nil && arn.IsAccount(parsed.Account) {
			account = parsed.Account
		}
		if account == "" {
			account = "000000000000"
		}
		somebody, err := authz.NewPrincipal("arn:aws:iam::"+account+":user/-", authz.Facts{})
		if err != nil {
			return nil, err
		}
		r = authz.NewRequest(somebody, a, resource)
		r.Context.Reset()
	}
	for _, e := range sim.entries {
		if e.many {
			r.Context.SetList(e.key, e.values)
		} else {
			r.Context.Set(e.key, e.values[0])
		}
	}
	return r, nil
}

// saysOwner reports whether a resource's ARN says whose it is.
func saysOwner(resource string) bool {
	parsed, err := arn.Parse(resource)
	return err == nil && arn.IsAccount(parsed.Account)
}

// lacking adds the keys that a statement asks for and the request does not have, if the statement could apply.
func (k *keyNames) lacking(f *authz.Finding, c *condition.Context) {
	if !f.Principal || !f.Action {
		return
	}
	d := f.Program.Document
	s := &d.Statements[f.Statement]
	absent := func(key string) bool {
		_, ok := c.Lookup(condition.NewKey(key))
		return !ok
	}
	open := f.Resource
	for _, v := range resourceVariables(d, s) {
		if !v.defaulted && absent(v.key) {
			// Whether the resource matches is not known.
			k.add(v.key)
			open = true
		}
	}
	if !open {
		return
	}
	for _, key := range conditionKeys(s) {
		if absent(key) {
			k.add(key)
		}
	}
	for _, v := range conditionVariables(d, s) {
		if !v.defaulted && absent(v.key) {
			k.add(v.key)
		}
	}
}

// showStatement is a reference to a statement. AWS counts from the end of what stands before the statement's first brace to behind its last: the
// bracket of the list, the statement before, or the brace itself of a statement without a list.
func showStatement(src *source, number int) iamapi.Statement {
	d := src.program.Document
	s := &d.Statements[number]
	start := s.Start + 1
	if d.StatementList {
		if number > 0 {
			start = d.Statements[number-1].End
		} else {
			start = strings.LastIndexByte(d.Text()[:s.Start], '[') + 1
		}
	}
	return iamapi.Statement{
		SourcePolicyId: new(src.id), SourcePolicyType: new(src.kind), StartPosition: showPosition(d, start), EndPosition: showPosition(d, s.End),
	}
}

func showPosition(d *policy.Document, offset int) *iamapi.Position {
	p := d.Position(offset)
	return &iamapi.Position{Line: new(int32(p.Line)), Column: new(int32(p.Column))}
}

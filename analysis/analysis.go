// Package analysis proves statements about policies: not whether one request is allowed, which package authz says, but whether there is a request
// that one side allows and another does not.
//
//	left, right := analysis.Of(policy.Managed, before), analysis.Of(policy.Managed, after)
//	a := analysis.New(analysis.Options{Catalog: c})
//	answer, err := a.Wider(right, left)
//	answer.Verdict         // Yes: the change grants something new
//	answer.Witness.Request // for example this
//
// The answer is exact: No is a proof that there is no such request, and Yes comes with one, which has been judged by authz.Decide. What cannot be
// said is Unknown with a reason, and that is never to be taken for a No.
//
// How it is done: what decides is cut into atoms — is the resource in this list, does this test of a condition key hold — and a decision is a Boolean
// formula over them, which a SAT solver satisfies (solver). Whether a choice of atoms can be true together is asked for each key by itself (theory):
// sets of texts by automata that are made as far as they are needed (product), numbers, dates and addresses by the points where anything
// changes (condition.Samples). What cannot be true together becomes a clause, and the solver tries again. No class of requests is ever enumerated, except
// callers by the names in Principal elements and actions by the lists that name them.
package analysis

import (
	"errors"
	"iter"
	"net/netip"
	"slices"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/policy"
)

// Options say what requests there are and how long to look for one.
type Options struct {
	// Catalog, if it is not nil, makes it a question about AWS: an action is one that the catalog names or a policy speaks of, a resource is an ARN in a partition and a Region
	// of AWS's or a policy's, whose account is an id or empty, buckets and objects of S3 have neither, callers are of such a partition, and condition keys have the catalog's types, so that a Bool is true or false and a key is
	// multi-valued only if AWS says so. Without a catalog it is a question about the language alone: every text is an action and a resource, and every
	// key may bring any text or texts.
	Catalog *catalog.Catalog
	// Budget bounds time and memory: how many states of automata and conflicts of the solver a question may come to. 0 stands for DefaultBudget.
	Budget int
}

// DefaultBudget is reached in about a second.
const DefaultBudget = 200_000

// Verdict is the answer to a question.
type Verdict uint8

// A question that could not be answered is Unknown, the zero Verdict.
const (
	Unknown Verdict = iota
	No
	Yes
)

// String returns the verdict in lower case.
func (v Verdict) String() string { return [...]string{"unknown", "no", "yes"}[v] }

// Answer is what was found.
type Answer struct {
	Verdict Verdict
	// Witness is a request for which the answer is yes; nil otherwise.
	Witness *Witness
	// Reason says why the verdict is Unknown; empty otherwise.
	Reason string
}

// ErrDisagreement says that a request that was found to show a difference does not, when it is judged: a mistake in this package, and the answer must not
// be used.
var ErrDisagreement = errors.New("analysis: the judge does not confirm a witness")

// ErrCatalog says that a question needs a catalog: what a service's policies bear on is told by actions.
var ErrCatalog = errors.New("analysis: questions about layers and resource control policies need Options.Catalog")

// ErrSides says that two sides cannot be compared: they speak of the resources of different accounts, or an id is not one of an account.
var ErrSides = errors.New("analysis: the two sides are about the resources of different accounts, or of what is no account")

// Side is one of the things that are compared: all policies that bear on a request.
type Side struct {
	Policies *authz.Policies
	// document is what the side was made of; nil if it was made of more.
	document *policy.Document
	// trust limits the question to requests that ask the trust policy of a role.
	trust bool
	// owner is the account of all resources, management that of the organization. The owner is empty for a question about documents: nobody who asks is of its account, so that
	// both sides must allow what crosses accounts, and a document's own words decide.
	owner, management string
	// layers: it is no document with everything else allowed.
	layers bool
}

// Layers returns the side of all policies that bear on the requests for the resources of an account, as authz.Decide weighs them. Whoever asks has the identity policies, the
// boundary and the session policies in ps, if callers of its kind have such policies. managementAccount is the organization's, which control policies do not touch; it may be empty.
// Both sides of a question must be of one resource account and management account, and the Analyzer must have a catalog.
func Layers(ps *authz.Policies, resourceAccount, managementAccount string) Side {
	return Side{Policies: ps, owner: resourceAccount, management: managementAccount, layers: true}
}

// Of returns the side of one document, as it bears on requests when everything else allows them. The kind says what it is used as: an identity policy's
// (Managed, Inline or Session) words count for its principals, a resource policy's or trust policy's for the principals that it names, those of control policies for
// everyone.
func Of(k policy.Kind, d *policy.Document) Side {
	p := authz.Compile(d, programKind(k))
	s := allowingAll()
	s.document, s.trust = d, k == policy.Trust
	switch ps := s.Policies; p.Kind() {
	case authz.Resource:
		ps.Resource = p
	case authz.ServiceControl:
		ps.ServiceControl = [][]*authz.Program{{p}}
	case authz.ResourceControl:
		ps.ResourceControl = [][]*authz.Program{{p, allowAll(authz.ResourceControl)}}
	default:
		ps.Identity = []*authz.Program{p}
	}
	return s
}

// programKind returns what a policy of a kind is to the judge.
func programKind(k policy.Kind) authz.Kind {
	switch k {
	case policy.Resource, policy.Trust:
		return authz.Resource
	case policy.ServiceControl:
		return authz.ServiceControl
	case policy.ResourceControl:
		return authz.ResourceControl
	}
	return authz.Identity
}

// allowingAll is the side that allows everything.
func allowingAll() Side {
	all := []*authz.Program{allowAll(authz.Identity)}
	return Side{Policies: &authz.Policies{Identity: all, Session: all, Resource: allowAll(authz.Resource)}}
}

// allowAll is a policy that allows everyone everything.
func allowAll(k authz.Kind) *authz.Program { return authz.Compile(everything(k), k) }

// everything is a document that allows everyone everything.
func everything(k authz.Kind) *policy.Document {
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + allowStatement(k) + `]}`)
	if err != nil {
		panic("analysis: " + err.Error()) // it is written below
	}
	return d
}

// allowStatement is the statement of everything.
func allowStatement(k authz.Kind) string {
	if k.HasPrincipals() {
		return `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
	}
	return `{"Effect":"Allow","Action":"*","Resource":"*"}`
}

// Analyzer answers questions, one at a time, and keeps what it learnt about patterns for the next ones.
type Analyzer struct {
	options Options
	actions *actions
}

// New makes an Analyzer.
func New(o Options) *Analyzer {
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	return &Analyzer{options: o, actions: &actions{catalog: o.Catalog, expanded: make(map[string][]string), traitOf: make(map[string]string)}}
}

// Wider answers whether there is a request that left allows and right does not. The error is ErrDisagreement, ErrSides or ErrCatalog.
func (z *Analyzer) Wider(left, right Side) (Answer, error) {
	if err := z.check(left, right); err != nil {
		return Answer{}, err
	}
	return z.analysis().wider(left, right)
}

// check refuses what cannot be asked.
func (z *Analyzer) check(left, right Side) error {
	if left.owner != right.owner || left.management != right.management {
		return ErrSides
	}
	for _, s := range [...]Side{left, right} {
		if s.layers && (!arn.IsAccount(s.owner) || s.management != "" && !arn.IsAccount(s.management)) {
			return ErrSides
		}
	}
	if z.options.Catalog == nil {
		for _, s := range [...]Side{left, right} {
			if s.layers || len(s.Policies.ResourceControl) > 0 {
				return ErrCatalog
			}
		}
	}
	return nil
}

// Relation is how two policies stand to each other.
type Relation uint8

// The relations; the zero Relation is that it could not be said.
const (
	UnknownRelation Relation = iota
	Equivalent
	LeftWider
	RightWider
	Incomparable
)

// String returns the relation in the words of writ diff.
func (r Relation) String() string {
	return [...]string{"unknown", "equivalent", "left-wider", "right-wider", "incomparable"}[r]
}

// Comparison is the answer to both questions about two sides.
type Comparison struct {
	Relation Relation
	// LeftOnly answers whether left allows what right does not, RightOnly the other way about.
	LeftOnly, RightOnly Answer
}

// Compare says how two sides stand to each other. The errors are those of Wider.
func (z *Analyzer) Compare(left, right Side) (Comparison, error) {
	var c Comparison
	err := z.check(left, right)
	if err != nil {
		return c, err
	}
	a := z.analysis()
	if c.LeftOnly, err = a.wider(left, right); err != nil {
		return c, err
	}
	a.texts.budget = z.options.Budget
	if c.RightOnly, err = a.wider(right, left); err != nil {
		return c, err
	}
	switch l, r := c.LeftOnly.Verdict, c.RightOnly.Verdict; {
	case l == Unknown || r == Unknown:
	case l == Yes && r == Yes:
		c.Relation = Incomparable
	case l == Yes:
		c.Relation = LeftWider
	case r == Yes:
		c.Relation = RightWider
	default:
		c.Relation = Equivalent
	}
	return c, nil
}

// analysis is the work on one question, or on both about two sides.
type analysis struct {
	options        Options
	actions        *actions
	texts          *texts
	everything     *glob
	atoms          []atomInfo
	atomNumbers    map[string]atom
	keys           []*key
	keyNumbers     map[string]subject
	programs       map[*authz.Program]*read
	statementCount int
	contents       map[string]int
	principalARN   subject
	// callerAsked: some policy asks who the caller is, by a condition or a variable.
	callerAsked bool
	// places are where resources can be; nil before somebody asked.
	places *places
	// s3Resources and otherResources are what resources may be; nil before somebody asked.
	s3Resources, otherResources *union
	// outside limits the callers to the public; nil if it does not.
	outside *outside
	// callers and classes are those that the two sides tell apart. Callers of which asks says no, if it is not nil, are not asked about.
	callers []*caller
	classes []*actionClass
	asks    func(*caller) bool
	// ids are what aws:userid is of callers that a Principal element names by their unique id; nil if there are none.
	ids     *union
	domains map[subject]*domain
}

func (z *Analyzer) analysis() *analysis {
	a := &analysis{
		options: z.options, actions: z.actions, texts: newTexts(z.options.Budget), atomNumbers: make(map[string]atom),
		keyNumbers: make(map[string]subject), programs: make(map[*authz.Program]*read), contents: make(map[string]int), domains: make(map[subject]*domain),
	}
	a.everything = a.texts.intern(anyText())
	a.principalARN = a.keyOf(principalARN)
	return a
}

// domain is what the texts of a typed key are.
type domain struct {
	texts *union // nil if it is not told by how they are written
	// typed: they are all read by a family, as numbers, dates or addresses.
	typed  bool
	family condition.Family
	// not and ranges are texts and addresses that are left out.
	not    *union
	ranges []netip.Prefix
}

// allows reports whether a text means what those of the domain do, and is no address that is left out.
func (d *domain) allows(text string) bool {
	if d.typed && !d.family.Reads(text) {
		return false
	}
	if len(d.ranges) == 0 {
		return true
	}
	a, err := netip.ParseAddr(text)
	return err != nil || !slices.ContainsFunc(d.ranges, func(r netip.Prefix) bool { return r.Contains(a.Unmap()) })
}

// domain returns what a key's texts are; nil if they may be anything.
func (a *analysis) domain(on subject) *domain {
	if d, ok := a.domains[on]; ok {
		return d
	}
	d := a.typeOf(on)
	if a.outside != nil {
		if o := a.outside.domain(a, on); o != nil {
			if d != nil {
				o.texts, o.typed, o.family = d.texts, d.typed, d.family
			}
			d = o
		}
	}
	a.domains[on] = d
	return d
}

// typeOf returns what the catalog says of a key's texts.
func (a *analysis) typeOf(on subject) (d *domain) {
	if a.options.Catalog == nil {
		return nil
	}
	if k, ok := a.options.Catalog.Key(a.keyAt(on).name); ok {
		switch k.Type() {
		case catalog.TypeBool:
			d = &domain{texts: a.texts.union(literalGlob("true"), literalGlob("false"))}
		case catalog.TypeDate:
			d = &domain{typed: true, family: condition.DateFamily}
		case catalog.TypeIPAddress:
			d = &domain{typed: true, family: condition.AddressFamily}
		case catalog.TypeNumeric:
			d = &domain{typed: true, family: condition.NumericFamily}
		}
	}
	return d
}

// shapes returns how a request may bring a key.
func (a *analysis) shapes(k *key) [shapes]bool {
	many := condition.IsMultivalued(k.key)
	if a.options.Catalog != nil {
		if known, ok := a.options.Catalog.Key(k.name); ok && known.Multivalued() {
			many = true
		}
		return [shapes]bool{absent: true, single: !many, list: many, empty: many}
	}
	return [shapes]bool{absent: true, single: !many, list: true, empty: true}
}

// lists calls yield with the programs of each layer of a request's policies, those of a level of an organization by themselves.
func lists(ps *authz.Policies) iter.Seq[[]*authz.Program] {
	one := func(p *authz.Program) []*authz.Program {
		if p == nil {
			return nil
		}
		return []*authz.Program{p}
	}
	return func(yield func([]*authz.Program) bool) {
		all := [][]*authz.Program{append(ps.IdentitySet.Programs(), ps.Identity...), ps.Session, one(ps.Boundary), one(ps.Resource), one(ps.Endpoint)}
		all = append(append(append(all, ps.ServiceControl...), nil), ps.ResourceControl...)
		for _, l := range all {
			if !yield(l) {
				return
			}
		}
	}
}

// programs calls yield with each program of a request's policies.
func programs(ps *authz.Policies) iter.Seq[*authz.Program] {
	return func(yield func(*authz.Program) bool) {
		for l := range lists(ps) {
			for _, p := range l {
				if !yield(p) {
					return
				}
			}
		}
	}
}

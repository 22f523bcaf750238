package authz

import (
	"fmt"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// Case is a request with all policies that bear on it, and perhaps what should come out: the case format, which tests are
// written in and which "writ decide" answers. doc/case-format.md describes it.
type Case struct {
	Name string
	// Source cites what the case rests on; Unverified says that it was never confirmed by AWS.
	Source     string
	Unverified bool

	Request  *Request
	Policies Policies

	// Expect is the decision that the case claims; empty if none. ExpectLayer, ExpectStatement and ExpectMessage are nil
	// if the case claims nothing about them.
	Expect                                      string
	ExpectLayer, ExpectStatement, ExpectMessage *string
}

// Misses says in which of its claims a case is not met by a decision, a sentence each.
func (c *Case) Misses(d Decision) (misses []string) {
	if got := d.Effect.String(); c.Expect != "" && c.Expect != got {
		misses = append(misses, fmt.Sprintf("the decision is %s, expected is %s", got, c.Expect))
	}
	for _, claim := range []struct {
		what string
		want *string
		got  string
	}{
		{"layer", c.ExpectLayer, d.Layer.String()},
		{"statement", c.ExpectStatement, d.StatementPath()},
		{"message", c.ExpectMessage, d.Message(c.Request)},
	} {
		if claim.want != nil && *claim.want != claim.got {
			misses = append(misses, fmt.Sprintf("the %s is %q, expected is %q", claim.what, claim.got, *claim.want))
		}
	}
	return misses
}

// CaseError says what is wrong with a case and where.
type CaseError struct {
	Offset int // in the text that was read, in bytes
	Detail string
}

func (e *CaseError) Error() string { return e.Detail }

// Cases reads cases. It keeps what it compiled, since the cases of a file tend to share policies; the zero Cases is ready to use, by one
// goroutine at a time.
type Cases struct {
	programs map[compiled]*Program
}

// compiled is what a Program was made of.
type compiled struct {
	text string
	kind Kind
}

// maxPrograms is how many programs Cases keeps; then it starts anew.
const maxPrograms = 64

// ParseCase reads one case. Unknown members are errors. The error is a *CaseError.
func ParseCase(text string) (*Case, error) { return new(Cases).Parse(text) }

// Parse is like ParseCase.
func (cs *Cases) Parse(text string) (*Case, error) {
	r := jsontext.NewReader(text)
	c, _, err := cs.read(r)
	if err == nil {
		err = r.Finish()
	}
	if err != nil {
		return nil, caseError(err)
	}
	return c, nil
}

// Each reads a text that holds one case, a list of cases, or one case after the other, and calls yield with each. A case that
// makes no sense is given as an error, a *CaseError, and the next one follows; where the text is no JSON any more, that
// error is the last. Each stops if yield returns false.
func (cs *Cases) Each(text string, yield func(*Case, error) bool) {
	r := jsontext.NewReader(text)
	isList := r.Next() == jsontext.Array
	more, err := true, error(nil)
	if isList {
		more, err = r.Array()
	}
	for more && err == nil {
		c, whole, caseErr := cs.read(r)
		if caseErr != nil && !whole {
			err = caseErr
			break
		}
		if !yield(c, caseError(caseErr)) {
			return
		}
		if isList {
			more, err = r.Element()
		} else {
			more = r.Next() != jsontext.Invalid
		}
	}
	if err == nil {
		err = r.Finish()
	}
	if err != nil {
		yield(nil, caseError(err))
	}
}

// read reads the case that comes next in r; whole says that an error lies in what the case says and that r stands behind it.
func (cs *Cases) read(r *jsontext.Reader) (c *Case, whole bool, err error) {
	cr := caseReader{cases: cs, r: r}
	cr.start = r.Offset()
	if err := cr.members(); err != nil {
		return nil, false, err
	}
	c, err = cr.build()
	return c, true, err
}

func caseError(err error) error {
	switch err := err.(type) {
	case nil:
		return nil
	case *jsontext.Error:
		return &CaseError{Offset: err.Offset, Detail: err.Detail}
	case *CaseError:
		return err
	}
	return &CaseError{Detail: err.Error()}
}

// caseReader collects the members of a case, which come in any order, and then builds it.
type caseReader struct {
	cases *Cases
	r     *jsontext.Reader
	start int
	c     Case

	principal, sessionIssuer, canonicalUser, action, resource, resourceAccount, managementAccount member
	facts                                                                                         []fact
}

// member is a text with its place.
type member struct {
	text   string
	offset int
	given  bool
}

type fact struct {
	key  string
	text string
	list []string
	many bool
}

func (cr *caseReader) members() error {
	r := cr.r
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		switch name {
		case "name":
			cr.c.Name, err = r.String()
		case "source":
			cr.c.Source, err = r.String()
		case "unverified":
			cr.c.Unverified, err = r.Bool()
		case "principal":
			err = cr.text(&cr.principal)
		case "sessionIssuer":
			err = cr.text(&cr.sessionIssuer)
		case "canonicalUser":
			err = cr.text(&cr.canonicalUser)
		case "action":
			err = cr.text(&cr.action)
		case "resource":
			err = cr.text(&cr.resource)
		case "resourceAccount":
			err = cr.text(&cr.resourceAccount)
		case "managementAccount":
			err = cr.text(&cr.managementAccount)
		case "context":
			err = cr.context()
		case "policies":
			err = cr.policies()
		case "expect":
			at := r.Offset()
			cr.c.Expect, err = r.String()
			if e := cr.c.Expect; err == nil && e != "Allow" && e != "ExplicitDeny" && e != "ImplicitDeny" {
				err = &CaseError{at, fmt.Sprintf("expect is %q; it must be Allow, ExplicitDeny or ImplicitDeny", e)}
			}
		case "expectLayer":
			cr.c.ExpectLayer, err = cr.optional()
		case "expectStatement":
			cr.c.ExpectStatement, err = cr.optional()
		case "expectMessage":
			cr.c.ExpectMessage, err = cr.optional()
		default:
			err = &CaseError{r.NameOffset(), fmt.Sprintf("unknown member %q of a case", name)}
		}
		if err != nil {
			return err
		}
	}
	return err
}

func (cr *caseReader) text(m *member) (err error) {
	m.offset, m.given = cr.r.Offset(), true
	if cr.r.Next() == jsontext.Null {
		m.given = false
		return cr.r.Null()
	}
	m.text, err = cr.r.String()
	return err
}

func (cr *caseReader) optional() (*string, error) {
	s, err := cr.r.String()
	return &s, err
}

func (cr *caseReader) context() error {
	r := cr.r
	if r.Next() == jsontext.Null {
		return r.Null()
	}
	key, ok, err := r.Object()
	for ; ok && err == nil; key, ok, err = r.Member() {
		f := fact{key: key}
		if r.Next() == jsontext.Array {
			f.many, f.list = true, []string{}
			more, err := r.Array()
			for ; more && err == nil; more, err = r.Element() {
				var s string
				if s, err = cr.scalar(); err != nil {
					return err
				}
				f.list = append(f.list, s)
			}
			if err != nil {
				return err
			}
		} else if f.text, err = cr.scalar(); err != nil {
			return err
		}
		cr.facts = append(cr.facts, f)
	}
	return err
}

// scalar reads a string, or a number or boolean as its text.
func (cr *caseReader) scalar() (string, error) {
	switch cr.r.Next() {
	case jsontext.Number:
		return cr.r.Number()
	case jsontext.Bool:
		b, err := cr.r.Bool()
		return fmt.Sprint(b), err
	}
	return cr.r.String()
}

func (cr *caseReader) policies() error {
	r, ps := cr.r, &cr.c.Policies
	if r.Next() == jsontext.Null {
		return r.Null()
	}
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		if r.Next() == jsontext.Null {
			if err = r.Null(); err != nil {
				return err
			}
			continue
		}
		switch name {
		case "identity":
			ps.Identity, err = cr.programs(Identity)
		case "boundary":
			ps.Boundary, err = cr.program(Identity)
		case "session":
			ps.Session, err = cr.programs(Identity)
		case "resource":
			ps.Resource, err = cr.program(Resource)
		case "endpoint":
			ps.Endpoint, err = cr.program(Endpoint)
		case "scp":
			ps.ServiceControl, err = cr.levels(ServiceControl)
		case "rcp":
			ps.ResourceControl, err = cr.levels(ResourceControl)
		case "acl":
			err = cr.acl()
		default:
			err = &CaseError{r.NameOffset(), fmt.Sprintf("unknown kind of policies %q", name)}
		}
		if err != nil {
			return err
		}
	}
	return err
}

func (cr *caseReader) levels(k Kind) (levels [][]*Program, err error) {
	more, err := cr.r.Array()
	for ; more && err == nil; more, err = cr.r.Element() {
		var programs []*Program
		if programs, err = cr.programs(k); err != nil {
			return nil, err
		}
		levels = append(levels, programs)
	}
	return levels, err
}

func (cr *caseReader) programs(k Kind) ([]*Program, error) {
	programs := []*Program{}
	more, err := cr.r.Array()
	for ; more && err == nil; more, err = cr.r.Element() {
		var p *Program
		if p, err = cr.program(k); err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, err
}

// program reads a document, or an object {"name", "arn", "document"} around one.
func (cr *caseReader) program(k Kind) (*Program, error) {
	at := cr.r.Offset()
	raw, err := cr.r.Raw()
	if err != nil {
		return nil, err
	}
	if p := cr.cases.programs[compiled{raw, k}]; p != nil {
		return p, nil
	}
	p, err := cr.compile(raw, at, k)
	if err != nil {
		return nil, err
	}
	if len(cr.cases.programs) >= maxPrograms || cr.cases.programs == nil {
		cr.cases.programs = make(map[compiled]*Program)
	}
	cr.cases.programs[compiled{raw, k}] = p
	return p, nil
}

// compile makes a Program of what stands at an offset.
func (cr *caseReader) compile(raw string, at int, k Kind) (*Program, error) {
	name, policyARN := "", ""
	if wrapped, err := cr.unwrap(raw); err != nil {
		if e, ok := err.(*jsontext.Error); ok {
			return nil, &CaseError{at + e.Offset, e.Detail}
		}
		return nil, err
	} else if wrapped != nil {
		name, policyARN = wrapped.name, wrapped.arn
		raw, at = wrapped.document, at+wrapped.offset
	}
	d, err := policy.Parse(raw)
	if err != nil {
		e := err.(*policy.Error)
		return nil, &CaseError{at + e.Offset, e.Detail}
	}
	p := Compile(d, k)
	p.Name, p.ARN = name, policyARN
	return p, nil
}

type wrapped struct {
	name, arn, document string
	offset              int
}

// unwrap returns what is in the wrapper, or nil if raw is a document itself.
func (cr *caseReader) unwrap(raw string) (*wrapped, error) {
	if !strings.Contains(raw, `"document"`) {
		return nil, nil
	}
	r := jsontext.NewReader(raw)
	var w wrapped
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		switch name {
		case "name":
			w.name, err = r.String()
		case "arn":
			w.arn, err = r.String()
		case "document":
			w.offset = r.Offset()
			w.document, err = r.Raw()
		default:
			return nil, nil // then it is no wrapper, and as a document it is judged by its parser
		}
		if err != nil {
			return nil, err
		}
	}
	if w.document == "" {
		return nil, err
	}
	return &w, err
}

func (cr *caseReader) acl() error {
	r := cr.r
	more, err := r.Array()
	for ; more && err == nil; more, err = r.Element() {
		var g ACLGrant
		name, ok, err := r.Object()
		for ; ok && err == nil; name, ok, err = r.Member() {
			at := r.Offset()
			var text string
			if text, err = r.String(); err != nil {
				return err
			}
			switch name {
			case "grantee":
				g.Grantee = text
			case "permission":
				if g.Permission, err = ParsePermission(text); err != nil {
					return &CaseError{at, fmt.Sprintf("%q is not a permission of an access control list", text)}
				}
			default:
				return &CaseError{r.NameOffset(), fmt.Sprintf("unknown member %q of a grant", name)}
			}
		}
		if err != nil {
			return err
		}
		cr.c.Policies.ACL = append(cr.c.Policies.ACL, g)
	}
	return err
}

var (
	keyAssumedRoot       = condition.NewKey("aws:AssumedRoot")
	keyFederatedProvider = condition.NewKey("aws:FederatedProvider")
)

// build makes the request of what was read.
func (cr *caseReader) build() (*Case, error) {
	for _, m := range []struct {
		name string
		member
	}{{"principal", cr.principal}, {"action", cr.action}, {"resource", cr.resource}} {
		if !m.given {
			return nil, &CaseError{cr.start, fmt.Sprintf("the case has no %s", m.name)}
		}
	}
	action, err := NewAction(cr.action.text)
	if err != nil {
		return nil, &CaseError{cr.action.offset, fmt.Sprintf("%q is not an action: service:Name without wildcards is expected", cr.action.text)}
	}
	principal, err := NewPrincipal(cr.principal.text, cr.principalFacts(action))
	if err != nil {
		return nil, &CaseError{cr.principal.offset, fmt.Sprintf("%q is not a principal: an ARN of a user, role, session or root user, a service, or \"anonymous\" is expected", cr.principal.text)}
	}
	c := cr.c
	c.Request = NewRequest(principal, action, cr.resource.text)
	if cr.resourceAccount.given {
		c.Request.ResourceAccount = cr.resourceAccount.text
	}
	c.Request.ManagementAccount = cr.managementAccount.text
	for i := range cr.facts {
		f := &cr.facts[i]
		if key := condition.NewKey(f.key); f.many {
			c.Request.Context.SetList(key, f.list)
		} else {
			c.Request.Context.Set(key, f.text)
		}
	}
	return &c, nil
}

// principalFacts takes from the context what it says of the caller.
func (cr *caseReader) principalFacts(a *Action) Facts {
	f := Facts{Issuer: cr.sessionIssuer.text, CanonicalID: cr.canonicalUser.text}
	f.ByAssertion = a.folded == "sts:assumerolewithwebidentity" || a.folded == "sts:assumerolewithsaml"
	isSession := strings.Contains(cr.principal.text, ":assumed-role/")
	for i := range cr.facts {
		fact := &cr.facts[i]
		if fact.many {
			continue
		}
		switch key := condition.NewKey(fact.key); key {
		case keyUserID:
			f.UniqueID, _, _ = strings.Cut(fact.text, ":")
		case keyPrincipalARN:
			if isSession && f.Issuer == "" && couldIssue(fact.text, cr.principal.text) {
				f.Issuer = fact.text
			}
		case keyAssumedRoot:
			f.AssumedRoot = strings.EqualFold(fact.text, "true")
		case keyFederatedProvider:
			f.Provider = fact.text
		}
	}
	return f
}

// couldIssue reports whether role is the ARN of a role in a session's account.
func couldIssue(role, session string) bool {
	r, err := arn.Parse(role)
	s := arn.Cut(session)
	return err == nil && r.Service == "iam" && strings.HasPrefix(r.Resource, "role/") && s.Len() == arn.PartCount && r.Account == s.Part(4)
}

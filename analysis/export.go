package analysis

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// EstateReader reads what AWS exports and makes an Estate of it. The zero EstateReader is ready to use. Its errors are of type *ExportError.
//
// It reads strictly: a member that it does not know is an error, for it might be a policy, and an answer that leaves out a policy is worth nothing.
type EstateReader struct {
	// IgnoreUnknown lets members pass that AWS added since.
	IgnoreUnknown bool

	policies []*compiledPolicy
	compiled map[policyKey]*compiledPolicy

	users, roles []*exportedEntity
	groups       map[string]*exportedGroup // by account and name
	managed      map[string][]managedPolicy
	accounts     map[string]*account
	seen         map[string]place
	resources    map[string]*Resource

	organizationAt           place
	organization, management string
	controls                 map[string]*control
}

// ExportError says what is wrong with a file of an export, and where.
type ExportError struct {
	File     string
	Position jsontext.Position // zero if it is not at one place
	Detail   string
}

func (e *ExportError) Error() string {
	if e.Position.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Detail)
	}
	return fmt.Sprintf("%s:%s: %s", e.File, e.Position, e.Detail)
}

// place is where something stands; lines are counted when somebody asks.
type place struct {
	file, text string
	offset     int
}

func (p place) String() string { return fmt.Sprintf("%s:%s", p.file, p.position()) }

func (p place) position() jsontext.Position { return jsontext.PositionOf(p.text, p.offset) }

func (p place) errorf(format string, args ...any) *ExportError {
	return &ExportError{p.file, p.position(), fmt.Sprintf(format, args...)}
}

type exportedEntity struct {
	at       place
	entity   *Entity
	uniqueID string
	groups   []string
	attached []attachedARN
	boundary *attachedARN
}

type attachedARN struct {
	at        place
	name, arn string
	group     string
}

type exportedGroup struct {
	policies []Attachment
	attached []attachedARN
}

type managedPolicy struct {
	file   string
	policy *compiledPolicy
}

// Account reads the output of aws iam get-account-authorization-details: of one account or several, whole or in pages, one after the other or in one list.
func (r *EstateReader) Account(file, text string) error {
	x := &exportReader{file: file, text: text, r: jsontext.NewReader(text), lenient: r.IgnoreUnknown, estate: r}
	return x.each(x.page)
}

// Resources reads resources with their policies: one object, several, or a list of them,
//
//	{"arn": "arn:aws:s3:::ledger", "account": "111122223333", "policy": {…}, "tags": {"team": "red"}}
//
// The account is needed if the ARN has none. Without a policy, or with null, the resource has none. Without tags these are unknown.
func (r *EstateReader) Resources(file, text string) error {
	x := &exportReader{file: file, text: text, r: jsontext.NewReader(text), lenient: r.IgnoreUnknown, estate: r}
	return x.each(x.resource)
}

// Organization reads an organization,
//
//	{"id": "o-exampleorgid", "managementAccount": "999988887777",
//	 "policies": {"NoAudit": {…}},
//	 "accounts": {"111122223333": {"path": "o-exampleorgid/r-ab12/ou-ab12-11111111/",
//	                               "scp": [["FullAWSAccess"], ["FullAWSAccess", "NoAudit"], ["FullAWSAccess"]], "rcp": [["RCPFullAWSAccess"]]}}}
//
// The lists are levels, from the organization's root to the account itself, and each level has what is attached there: names of policies, or documents. FullAWSAccess and
// RCPFullAWSAccess need not be among the policies.
func (r *EstateReader) Organization(file, text string) error {
	x := &exportReader{file: file, text: text, r: jsontext.NewReader(text), lenient: r.IgnoreUnknown, estate: r}
	if r.organizationAt.file != "" {
		return &ExportError{File: file, Detail: fmt.Sprintf("an organization stands in %s already", r.organizationAt.file)}
	}
	r.organizationAt = place{file: file}
	err := x.readOrganization()
	if err == nil {
		err = x.r.Finish()
	}
	return x.wrap(err)
}

// exportReader reads a file.
type exportReader struct {
	file, text string
	r          *jsontext.Reader
	lenient    bool
	estate     *EstateReader
}

// atError is an error at an offset.
type atError struct {
	offset int
	detail string
}

func (e *atError) Error() string { return e.detail }

func (x *exportReader) fail(offset int, format string, args ...any) error {
	return &atError{offset, fmt.Sprintf(format, args...)}
}

func (x *exportReader) wrap(err error) error {
	var text *jsontext.Error
	var at *atError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &text):
		return &ExportError{x.file, jsontext.PositionOf(x.text, text.Offset), text.Detail}
	case errors.As(err, &at):
		return &ExportError{x.file, jsontext.PositionOf(x.text, at.offset), at.detail}
	}
	return err
}

// here returns the place of what comes next.
func (x *exportReader) here() place { return place{x.file, x.text, x.r.Offset()} }

// each reads values that stand one after the other or in a list.
func (x *exportReader) each(read func() error) error {
	r := x.r
	isList := r.Next() == jsontext.Array
	more, err := true, error(nil)
	if isList {
		more, err = r.Array()
	}
	for more && err == nil {
		if err = read(); err != nil {
			break
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
	return x.wrap(err)
}

// object reads an object whose members are of a thing.
func (x *exportReader) object(of string, member func(name string) (known bool, err error)) error {
	name, ok, err := x.r.Object()
	for ; ok && err == nil; name, ok, err = x.r.Member() {
		at := x.r.NameOffset()
		known, err := member(name)
		switch {
		case err != nil:
			return err
		case known:
		case !x.lenient:
			return x.fail(at, "unknown member %q of %s%s", name, of, hint(of, name))
		default:
			if err := x.r.Skip(); err != nil {
				return err
			}
		}
	}
	return err
}

// list reads a list, or null.
func (x *exportReader) list(element func() error) error {
	if x.r.Next() == jsontext.Null {
		return x.r.Null()
	}
	more, err := x.r.Array()
	for ; more && err == nil; more, err = x.r.Element() {
		if err := element(); err != nil {
			return err
		}
	}
	return err
}

// into reads a string into a variable.
func (x *exportReader) into(s *string) (bool, error) {
	var err error
	*s, err = x.r.String()
	return true, err
}

// skip passes over a member that says nothing about what is allowed.
func (x *exportReader) skip() (bool, error) { return true, x.r.Skip() }

func (x *exportReader) page() error {
	return x.object("an export", func(name string) (bool, error) {
		switch name {
		case "UserDetailList":
			return true, x.list(x.user)
		case "GroupDetailList":
			return true, x.list(x.group)
		case "RoleDetailList":
			return true, x.list(x.role)
		case "Policies":
			return true, x.list(x.policy)
		case "IsTruncated", "Marker", "NextToken", "ResponseMetadata":
			return x.skip()
		}
		return false, nil
	})
}

// hint says what a file may be that is no export.
func hint(of, name string) string {
	if of != "an export" {
		return ""
	}
	switch name {
	case "Version", "Statement":
		return "; this is a policy, and an export is what aws iam get-account-authorization-details prints"
	case "arn":
		return "; this is a resource, which belongs in the folder resources of the folder of the export"
	case "accounts", "managementAccount", "policies":
		return "; this is an organization, which belongs in organization.json in the folder of the export"
	}
	return ""
}

// named is what every user, group, role and policy has.
type named struct {
	at              place
	offset          int
	arn, name, path string
	id              string
}

// isNamed reads what a named thing of a kind has.
func (x *exportReader) isNamed(n *named, kind, member string) (bool, error) {
	switch member {
	case "Arn":
		n.offset = x.r.Offset()
		return x.into(&n.arn)
	case kind + "Name":
		return x.into(&n.name)
	case kind + "Id":
		return x.into(&n.id)
	case "Path":
		return x.into(&n.path)
	case "CreateDate":
		return x.skip()
	}
	return false, nil
}

// account checks that an ARN is one of a kind, and returns its account.
func (x *exportReader) account(n *named, kind string) (string, error) {
	a, err := arn.Parse(n.arn)
	if err != nil || a.Service != "iam" || a.Region != "" || !arn.IsAccount(a.Account) && !(kind == "policy" && a.Account == "aws") || !strings.HasPrefix(a.Resource, kind+"/") {
		return "", x.fail(n.offset, "%q is not the ARN of a %s", n.arn, kind)
	}
	if name := a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]; name != n.name {
		return "", x.fail(n.offset, "the %s with the ARN %s is called %q", kind, n.arn, n.name)
	}
	e := x.estate
	if a.Account == "aws" {
		return a.Account, nil
	}
	if e.accounts == nil {
		e.accounts = make(map[string]*account)
	}
	if e.accounts[a.Account] == nil {
		e.accounts[a.Account] = &account{id: a.Account, partition: a.Partition}
	}
	return a.Account, nil
}

// once refuses what stands twice.
func (x *exportReader) once(n *named) error {
	if x.estate.seen == nil {
		x.estate.seen = make(map[string]place)
	}
	if other, ok := x.estate.seen[n.arn]; ok {
		return x.fail(n.offset, "%s stands in %s already", n.arn, other)
	}
	x.estate.seen[n.arn] = n.at
	return nil
}

func (x *exportReader) user() error {
	n := named{at: x.here()}
	u := &exportedEntity{entity: &Entity{Kind: UserEntity}}
	err := x.object("a user", func(member string) (bool, error) {
		if known, err := x.isNamed(&n, "User", member); known {
			return true, err
		}
		switch member {
		case "UserPolicyList":
			return true, x.inline(&u.entity.Policies)
		case "GroupList":
			return true, x.list(func() error {
				g, err := x.r.String()
				u.groups = append(u.groups, g)
				return err
			})
		case "AttachedManagedPolicies":
			return true, x.attached(&u.attached)
		case "PermissionsBoundary":
			return true, x.boundary(&u.boundary)
		case "Tags":
			return true, x.tags(&u.entity.Tags)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	x.estate.users = append(x.estate.users, u)
	return x.enter(u, &n, "user")
}

// enter completes a user or role.
func (x *exportReader) enter(u *exportedEntity, n *named, kind string) (err error) {
	u.at, u.uniqueID, u.entity.ARN = n.at, n.id, n.arn
	if u.entity.Account, err = x.account(n, kind); err != nil {
		return err
	}
	return x.once(n)
}

func (x *exportReader) group() error {
	n := named{at: x.here()}
	g := &exportedGroup{}
	err := x.object("a group", func(member string) (bool, error) {
		if known, err := x.isNamed(&n, "Group", member); known {
			return true, err
		}
		switch member {
		case "GroupPolicyList":
			return true, x.inline(&g.policies)
		case "AttachedManagedPolicies":
			return true, x.attached(&g.attached)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	account, err := x.account(&n, "group")
	if err != nil {
		return err
	}
	for i := range g.policies {
		g.policies[i].Group = n.name
	}
	for i := range g.attached {
		g.attached[i].group = n.name
	}
	if x.estate.groups == nil {
		x.estate.groups = make(map[string]*exportedGroup)
	}
	x.estate.groups[account+"/"+n.name] = g
	return x.once(&n)
}

func (x *exportReader) role() error {
	n := named{at: x.here()}
	u := &exportedEntity{entity: &Entity{Kind: RoleEntity}}
	err := x.object("a role", func(member string) (bool, error) {
		if known, err := x.isNamed(&n, "Role", member); known {
			return true, err
		}
		switch member {
		case "AssumeRolePolicyDocument":
			var err error
			u.entity.trust, err = x.document(authz.Resource)
			return true, err
		case "RolePolicyList":
			return true, x.inline(&u.entity.Policies)
		case "AttachedManagedPolicies":
			return true, x.attached(&u.attached)
		case "PermissionsBoundary":
			return true, x.boundary(&u.boundary)
		case "Tags":
			return true, x.tags(&u.entity.Tags)
		case "InstanceProfileList", "RoleLastUsed", "Description", "MaxSessionDuration":
			return x.skip()
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if err := x.enter(u, &n, "role"); err != nil {
		return err
	}
	if u.entity.trust == nil {
		return x.fail(n.offset, "the role %s has no AssumeRolePolicyDocument", n.arn)
	}
	x.estate.roles = append(x.estate.roles, u)
	return nil
}

func (x *exportReader) policy() error {
	n := named{at: x.here()}
	var current *compiledPolicy
	version := ""
	type document struct {
		version string
		policy  *compiledPolicy
	}
	var all []document
	err := x.object("a policy", func(member string) (bool, error) {
		if known, err := x.isNamed(&n, "Policy", member); known {
			return true, err
		}
		switch member {
		case "DefaultVersionId":
			return x.into(&version)
		case "PolicyVersionList":
			return true, x.list(func() error {
				v := document{}
				isDefault := false
				text, at := "", 0
				err := x.object("a version of a policy", func(member string) (bool, error) {
					switch member {
					case "VersionId":
						return x.into(&v.version)
					case "IsDefaultVersion":
						var err error
						isDefault, err = x.r.Bool()
						return true, err
					case "Document":
						// Only the default version counts, and only that needs to make sense.
						at = x.r.Offset()
						var err error
						text, err = x.r.Raw()
						return true, err
					case "CreateDate":
						return x.skip()
					}
					return false, nil
				})
				if err != nil || text == "" || !isDefault && v.version != version {
					return err
				}
				if v.policy, err = x.compileAt(text, at, authz.Identity); err != nil {
					return err
				}
				if isDefault {
					current = v.policy
				}
				all = append(all, v)
				return nil
			})
		case "AttachmentCount", "PermissionsBoundaryUsageCount", "IsAttachable", "Description", "UpdateDate", "Tags":
			return x.skip()
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if _, err := x.account(&n, "policy"); err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(d document) bool { return d.version == version && version != "" }); i >= 0 && current == nil {
		current = all[i].policy
	}
	if current == nil {
		return x.fail(n.offset, "the policy %s has no document: none of its versions is the default", n.arn)
	}
	if x.estate.managed == nil {
		x.estate.managed = make(map[string][]managedPolicy)
	}
	x.estate.managed[n.arn] = append(x.estate.managed[n.arn], managedPolicy{x.file, current})
	return nil
}

// inline reads a list of inline policies.
func (x *exportReader) inline(to *[]Attachment) error {
	return x.list(func() error {
		a := Attachment{}
		at := x.r.Offset()
		err := x.object("an inline policy", func(member string) (bool, error) {
			switch member {
			case "PolicyName":
				return x.into(&a.Name)
			case "PolicyDocument":
				var err error
				a.policy, err = x.document(authz.Identity)
				return true, err
			}
			return false, nil
		})
		if err == nil && a.policy == nil {
			err = x.fail(at, "the inline policy %q has no PolicyDocument", a.Name)
		}
		*to = append(*to, a)
		return err
	})
}

func (x *exportReader) attached(to *[]attachedARN) error {
	return x.list(func() error {
		a := attachedARN{at: x.here()}
		err := x.object("an attached policy", func(member string) (bool, error) {
			switch member {
			case "PolicyName":
				return x.into(&a.name)
			case "PolicyArn":
				return x.into(&a.arn)
			}
			return false, nil
		})
		*to = append(*to, a)
		return err
	})
}

func (x *exportReader) boundary(to **attachedARN) error {
	if x.r.Next() == jsontext.Null {
		return x.r.Null()
	}
	b := &attachedARN{at: x.here()}
	*to = b
	return x.object("a permissions boundary", func(member string) (bool, error) {
		switch member {
		case "PermissionsBoundaryType":
			return x.skip()
		case "PermissionsBoundaryArn":
			known, err := x.into(&b.arn)
			b.name = b.arn[strings.LastIndexByte(b.arn, '/')+1:]
			return known, err
		}
		return false, nil
	})
}

func (x *exportReader) tags(to *map[string]string) error {
	return x.list(func() error {
		key, value := "", ""
		err := x.object("a tag", func(member string) (bool, error) {
			switch member {
			case "Key":
				return x.into(&key)
			case "Value":
				return x.into(&value)
			}
			return false, nil
		})
		if *to == nil {
			*to = make(map[string]string)
		}
		(*to)[key] = value
		return err
	})
}

// document reads a policy: an object, or a string with its text, plain or with the escapes of a URL.
func (x *exportReader) document(k authz.Kind) (*compiledPolicy, error) {
	at := x.r.Offset()
	text, err := x.r.Raw()
	if err != nil {
		return nil, err
	}
	return x.compileAt(text, at, k)
}

// compileAt compiles the document that stands at an offset.
func (x *exportReader) compileAt(raw string, at int, k authz.Kind) (*compiledPolicy, error) {
	r := jsontext.NewReader(raw)
	if r.Next() != jsontext.String {
		d, err := policy.Parse(raw)
		var e *policy.Error
		if errors.As(err, &e) {
			return nil, x.fail(at+e.Offset, "%s", e.Detail)
		} else if err != nil {
			return nil, err
		}
		return x.estate.compile(d, k), nil
	}
	text, err := r.String()
	if err != nil {
		return nil, x.fail(at, "%v", err)
	}
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		plain, err := url.PathUnescape(text)
		if err != nil {
			return nil, x.fail(at, "the document is neither JSON nor escaped as in a URL: %v", err)
		}
		text = plain
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, x.fail(at, "in the document in this string: %v", err)
	}
	return x.estate.compile(d, k), nil
}

func (x *exportReader) resource() error {
	at := x.here()
	offset := x.r.Offset()
	res := &Resource{given: at.file}
	accountAt := offset
	err := x.object("a resource", func(member string) (bool, error) {
		switch member {
		case "arn":
			return x.into(&res.ARN)
		case "account":
			accountAt = x.r.Offset()
			return x.into(&res.Account)
		case "policy":
			if x.r.Next() == jsontext.Null {
				return true, x.r.Null()
			}
			var err error
			res.policy, err = x.document(authz.Resource)
			return true, err
		case "tags":
			res.Tagged, res.Tags = true, make(map[string]string)
			key, ok, err := x.r.Object()
			for ; ok && err == nil; key, ok, err = x.r.Member() {
				var value string
				if value, err = x.r.String(); err != nil {
					return true, err
				}
				res.Tags[key] = value
			}
			return true, err
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	a, err := arn.Parse(res.ARN)
	switch {
	case err != nil:
		return x.fail(offset, "%q is not the ARN of a resource", res.ARN)
	case isRole(res.ARN):
		return x.fail(offset, "%s is a role, and its trust policy is in the account's export", res.ARN)
	case res.Account == "" && !arn.IsAccount(a.Account):
		return x.fail(offset, "the ARN %s does not tell the account, so that it must be given", res.ARN)
	case res.Account == "":
		res.Account = a.Account
	case !arn.IsAccount(res.Account), arn.IsAccount(a.Account) && a.Account != res.Account:
		return x.fail(accountAt, "%q is not the account of %s", res.Account, res.ARN)
	}
	n := named{at: at, offset: offset, arn: res.ARN}
	if err := x.once(&n); err != nil {
		return err
	}
	if x.estate.resources == nil {
		x.estate.resources = make(map[string]*Resource)
	}
	x.estate.resources[res.ARN] = res
	return nil
}

// levels are names and documents as an organization's file gives them, which may name policies that come later.
type levels [][]levelEntry

type levelEntry struct {
	offset int
	name   string
	raw    string // of a document
}

func (x *exportReader) readOrganization() error {
	type member struct {
		path          string
		service, rcps levels
	}
	members := make(map[string]*member)
	var order []string
	documents := make(map[string]levelEntry)
	e := x.estate
	err := x.object("an organization", func(name string) (bool, error) {
		switch name {
		case "id":
			return x.into(&e.organization)
		case "managementAccount":
			at := x.r.Offset()
			_, err := x.into(&e.management)
			if err == nil && !arn.IsAccount(e.management) {
				err = x.fail(at, "%q is not the id of an account", e.management)
			}
			return true, err
		case "policies":
			policy, ok, err := x.r.Object()
			for ; ok && err == nil; policy, ok, err = x.r.Member() {
				d := levelEntry{offset: x.r.Offset()}
				if d.raw, err = x.r.Raw(); err != nil {
					return true, err
				}
				documents[policy] = d
			}
			return true, err
		case "accounts":
			id, ok, err := x.r.Object()
			for ; ok && err == nil; id, ok, err = x.r.Member() {
				if !arn.IsAccount(id) {
					return true, x.fail(x.r.NameOffset(), "%q is not the id of an account", id)
				}
				m := &member{}
				members[id] = m
				order = append(order, id)
				err = x.object("an account", func(name string) (bool, error) {
					switch name {
					case "path":
						return x.into(&m.path)
					case "scp":
						return true, x.levels(&m.service)
					case "rcp":
						return true, x.levels(&m.rcps)
					}
					return false, nil
				})
				if err != nil {
					return true, err
				}
			}
			return true, err
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	resolve := func(ls levels, k authz.Kind) (all [][]*compiledPolicy, err error) {
		for _, l := range ls {
			list := []*compiledPolicy{}
			for _, entry := range l {
				p, err := x.control(entry, documents, k)
				if err != nil {
					return nil, err
				}
				list = append(list, p)
			}
			all = append(all, list)
		}
		return all, nil
	}
	e.controls = make(map[string]*control)
	for _, id := range order {
		m := members[id]
		c := &control{path: m.path}
		if c.service, err = resolve(m.service, authz.ServiceControl); err != nil {
			return err
		}
		if c.resource, err = resolve(m.rcps, authz.ResourceControl); err != nil {
			return err
		}
		e.controls[id] = c
	}
	return nil
}

// control returns a policy of an organization.
func (x *exportReader) control(l levelEntry, documents map[string]levelEntry, k authz.Kind) (*compiledPolicy, error) {
	name := l.name
	if l.raw == "" {
		d, ok := documents[l.name]
		full := "FullAWSAccess"
		if k == authz.ResourceControl {
			full = "RCPFullAWSAccess"
		}
		switch {
		case ok:
			l = d
		case l.name == full:
			return x.estate.compile(allowAll(k).Document, k), nil
		default:
			return nil, x.fail(l.offset, "there is no policy %q among the policies of the organization", l.name)
		}
	}
	p, err := x.compileAt(l.raw, l.offset, k)
	if err == nil && p.label == "" {
		p.label = name
	}
	return p, err
}

func (x *exportReader) levels(to *levels) error {
	return x.list(func() error {
		level := []levelEntry{}
		err := x.list(func() error {
			l := levelEntry{offset: x.r.Offset()}
			var err error
			if x.r.Next() == jsontext.String {
				l.name, err = x.r.String()
			} else {
				l.raw, err = x.r.Raw()
			}
			level = append(level, l)
			return err
		})
		*to = append(*to, level)
		return err
	})
}

// Estate returns the estate that was read.
func (r *EstateReader) Estate() (*Estate, error) {
	if len(r.accounts) == 0 {
		return nil, &ExportError{File: "export", Detail: "there is no user, role, group or policy of an account in it; aws iam get-account-authorization-details prints them"}
	}
	e := &Estate{
		accounts: r.accounts, byARN: make(map[string]*Entity), resources: make(map[string]*Resource), organization: r.organization, management: r.management, controls: r.controls,
	}
	for name, x := range r.resources {
		e.resources[name] = x
	}
	for _, u := range slices.Concat(r.users, r.roles) {
		x := u.entity
		for _, name := range u.groups {
			g := r.groups[x.Account+"/"+name]
			if g == nil {
				return nil, u.at.errorf("the user %s is in a group %q that is not in the export", x.ARN, name)
			}
			x.Policies = append(x.Policies, g.policies...)
			for _, a := range g.attached {
				if err := r.attach(x, a); err != nil {
					return nil, err
				}
			}
		}
		for _, a := range u.attached {
			if err := r.attach(x, a); err != nil {
				return nil, err
			}
		}
		if b := u.boundary; b != nil {
			p, err := r.resolve(*b)
			if err != nil {
				return nil, err
			}
			x.Boundary = &p
		}
		var err error
		if x.who, err = authz.NewPrincipal(x.ARN, authz.Facts{UniqueID: u.uniqueID}); err != nil {
			return nil, u.at.errorf("%s: %v", x.ARN, err)
		}
		if x.trust != nil {
			e.resources[x.ARN] = &Resource{ARN: x.ARN, Account: x.Account, Tags: x.Tags, Tagged: true, policy: x.trust}
		} else {
			e.resources[x.ARN] = &Resource{ARN: x.ARN, Account: x.Account, Tags: x.Tags, Tagged: true}
		}
		e.add(x)
	}
	for _, p := range r.policies {
		e.addSessions(p)
	}
	for _, a := range e.accounts {
		name := arn.ARN{Partition: a.partition, Service: "iam", Account: a.id, Resource: "root"}.String()
		who, err := authz.NewPrincipal(name, authz.Facts{})
		if err != nil {
			return nil, &ExportError{File: "export", Detail: fmt.Sprintf("%s: %v", name, err)}
		}
		a.root = &Entity{ARN: name, Account: a.id, Kind: RootEntity, who: who}
		e.add(a.root)
	}
	slices.SortFunc(e.entities, func(a, b *Entity) int {
		if x, y := a.Kind == RootEntity, b.Kind == RootEntity; x != y {
			if y {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ARN, b.ARN)
	})
	e.makeIndex(r.policies)
	return e, nil
}

func (e *Estate) add(x *Entity) {
	e.entities = append(e.entities, x)
	e.byARN[x.ARN] = x
}

// addSessions adds the sessions that a policy names of the estate's roles.
func (e *Estate) addSessions(p *compiledPolicy) {
	if p.Kind() != authz.Resource && p.Kind() != authz.ResourceControl {
		return
	}
	for i := range p.Document.Statements {
		for _, entry := range p.Document.Statements[i].Principal.Entries {
			for _, v := range entry.Items {
				parts := arn.Cut(v.Text)
				if entry.Type.Text != "AWS" || parts.Len() != arn.PartCount || parts.Part(2) != "sts" || e.byARN[v.Text] != nil {
					continue
				}
				name, session, ok := strings.Cut(strings.TrimPrefix(parts.Part(5), "assumed-role/"), "/")
				if !ok || session == "" || !strings.HasPrefix(parts.Part(5), "assumed-role/") {
					continue
				}
				for _, role := range e.entities {
					own := arn.Cut(role.ARN)
					if role.Kind != RoleEntity || role.Account != parts.Part(4) || own.Part(5)[strings.LastIndexByte(own.Part(5), '/')+1:] != name {
						continue
					}
					who, err := authz.NewPrincipal(v.Text, authz.Facts{Issuer: role.ARN, UniqueID: role.who.UniqueID})
					if err != nil {
						continue // nobody
					}
					x := *role
					x.ARN, x.Kind, x.who = v.Text, SessionEntity, who
					e.add(&x)
					break
				}
			}
		}
	}
}

// attach gives an entity a managed policy.
func (r *EstateReader) attach(x *Entity, a attachedARN) error {
	p, err := r.resolve(a)
	x.Policies = append(x.Policies, p)
	return err
}

// resolve finds a managed policy: in the same file, or in another if only one has it or all have the same.
func (r *EstateReader) resolve(a attachedARN) (Attachment, error) {
	out := Attachment{Name: a.name, ARN: a.arn, Group: a.group}
	for _, m := range r.managed[a.arn] {
		switch {
		case m.file == a.at.file:
			out.policy = m.policy
			return out, nil
		case out.policy != nil && out.policy != m.policy:
			return out, a.at.errorf("the policy %s stands in several other files with different documents", a.arn)
		}
		out.policy = m.policy
	}
	if out.policy == nil {
		return out, a.at.errorf("the policy %s is not in the export; get-account-authorization-details gives it if no --filter leaves it out", a.arn)
	}
	return out, nil
}

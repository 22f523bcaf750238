package iam_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/identity"
)

const ec2Trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// trusting is a trust policy that names a principal of type AWS.
func trusting(principal string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow", "Principal":{"AWS": %q},"Action":"sts:AssumeRole"}]}`, principal)
}

func shownRole(path, name, trust, before, between, after string) string {
	return fmt.Sprintf(`{"Arn":"arn:aws:iam::111122223333:role%s%s","AssumeRolePolicyDocument":%q,%s"Path":%q,%s"RoleId":"AROA",%s"RoleName":%q`,
		path, name, encoded(trust), before, path, between, after, name)
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("fence")
	tags := []iamapi.Tag{{Key: new("Team"), Value: new("a")}}
	const fence = `"PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/fence","PermissionsBoundaryType":"Policy"},`
	create := func(claim, name, trust, want string) step {
		return step{claim: claim, op: "CreateRole", in: &iamapi.CreateRoleInput{RoleName: new(name), AssumeRolePolicyDocument: new(trust)}, want: want}
	}
	malformed := func(claim, trust, message string) step {
		return create(claim, "x", trust, "MalformedPolicyDocument: "+message)
	}
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":` + s + `}` }
	w.tell([]step{
		create("the answer has neither duration nor last use", "ops", ec2Trust, `{"Role":`+shownRole("/", "ops", ec2Trust, "", "", "")+`}}`),
		{claim: "nor the description; tags and boundary are echoed", op: "CreateRole", in: &iamapi.CreateRoleInput{RoleName: new("Web"), Path: new("/eng/"),
			AssumeRolePolicyDocument: new(ec2Trust), Description: new("d"), MaxSessionDuration: new(int32(7200)), PermissionsBoundary: new(policyARN("fence")), Tags: tags},
			want: `{"Role":` + shownRole("/eng/", "Web", ec2Trust, "", fence, "") + `,"Tags":[{"Key":"Team","Value":"a"}]}}`},
		{claim: "got with all", op: "GetRole", in: &iamapi.GetRoleInput{RoleName: new("WEB")},
			want: `{"Role":` + shownRole("/eng/", "Web", ec2Trust, `"Description":"d","MaxSessionDuration":7200,`, fence, `"RoleLastUsed":{},`) + `,"Tags":[{"Key":"Team","Value":"a"}]}}`},
		{claim: "a role that was never used has an empty last use", op: "GetRole", in: &iamapi.GetRoleInput{RoleName: new("ops")},
			want: `{"Role":` + shownRole("/", "ops", ec2Trust, `"MaxSessionDuration":3600,`, "", `"RoleLastUsed":{},`) + `}}`},
		{claim: "listed without tags, boundary and last use", op: "ListRoles", in: &iamapi.ListRolesInput{},
			want: `{"IsTruncated":false,"Roles":[` + shownRole("/", "ops", ec2Trust, `"MaxSessionDuration":3600,`, "", "") + `},` +
				shownRole("/eng/", "Web", ec2Trust, `"Description":"d","MaxSessionDuration":7200,`, "", "") + `}]}`},
		{claim: "under a path", op: "ListRoles", in: &iamapi.ListRolesInput{PathPrefix: new("/eng/")},
			want: `{"IsTruncated":false,"Roles":[` + shownRole("/eng/", "Web", ec2Trust, `"Description":"d","MaxSessionDuration":7200,`, "", "") + `}]}`},
		{claim: "under a path that nobody has", op: "ListRoles", in: &iamapi.ListRolesInput{PathPrefix: new("/none/")}, want: `{"IsTruncated":false,"Roles":[]}`},
		{claim: "a prefix begins with a slash", op: "ListRoles", in: &iamapi.ListRolesInput{PathPrefix: new("eng")},
			want: "ValidationError: The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters."},

		create("names are unique in any case and path", "web", ec2Trust, "EntityAlreadyExists: Role with name web already exists."),
		create("names have few letters", "a/b", ec2Trust,
			"ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"),
		{claim: "a path ends with a slash", op: "CreateRole", in: &iamapi.CreateRoleInput{RoleName: new("x"), Path: new("/x"), AssumeRolePolicyDocument: new(ec2Trust)},
			want: "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{claim: "no such boundary", op: "CreateRole",
			in:   &iamapi.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: new(ec2Trust), PermissionsBoundary: new(policyARN("none"))},
			want: "NoSuchEntity: Scope ARN: arn:aws:iam::111122223333:policy/none does not exist or is not attachable."},
		{claim: "a boundary is a policy", op: "CreateRole",
			in:   &iamapi.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: new(ec2Trust), PermissionsBoundary: new("arn:aws:iam::111122223333:not_a_policy/invalid")},
			want: "InvalidInput: ARN arn:aws:iam::111122223333:not_a_policy/invalid is not valid."},
		{claim: "tags twice", op: "CreateRole", in: &iamapi.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: new(ec2Trust),
			Tags: []iamapi.Tag{{Key: new("a"), Value: new("")}, {Key: new("A"), Value: new("")}}},
			want: "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},

		malformed("not JSON", "not valid json", "This policy contains invalid Json"),
		malformed("white space in front", " "+ec2Trust, "JSON strings must not have leading spaces"),
		malformed("no such version", strings.Replace(ec2Trust, "2012", "2013", 1), "The policy must contain a valid version string"),
		malformed("no statement", statement(`[]`), "Could not parse the policy: Statement is empty!"),
		malformed("two statements of one Sid", statement(`[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},`+
			`{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]`), "The Statement Ids in the policy are not unique"),
		malformed("no effect", statement(`{"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`), "Missing required field Effect"),
		malformed("no principal", statement(`{"Effect":"Allow","Action":"sts:AssumeRole"}`), "Missing required field Principal"),
		malformed("an empty principal", statement(`{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}`), "Missing required field Principal cannot be empty!"),
		malformed("no action", statement(`{"Effect":"Allow","Principal":{"AWS":"*"}}`), "Missing required field Action"),
		malformed("another effect", statement(`{"Effect":"allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`), "Invalid effect: allow"),
		malformed("everyone as a text", statement(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`), "Principal must be a JSON object."),
		malformed("all but somebody", statement(`{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}`), "Allow with NotPrincipal is not allowed."),
		malformed("all but somebody denied", statement(`{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}`),
			"AssumeRole policy must not contain NotPrincipal field."),
		malformed("an action of another service", statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}`),
			"AssumeRole policy may only specify STS AssumeRole actions."),
		malformed("a resource", statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}`), "Has prohibited field Resource"),
		malformed("all resources but one", statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","NotResource":"*"}`),
			"AssumeRole policy must not contain resources."),
		malformed("no such user", trusting("arn:aws:iam::111122223333:user/none"), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/none"`),
		malformed("no such role", trusting("arn:aws:iam::111122223333:role/Web"), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/Web"`),
		malformed("a user of an account that is not here", trusting("arn:aws:iam::999999999999:user/alice"), `Invalid principal in policy: "AWS":"arn:aws:iam::999999999999:user/alice"`),
		malformed("the id of nobody", trusting("AIDAAAAAAAAAAAAAAAAAA"), `Invalid principal in policy: "AWS":"AIDAAAAAAAAAAAAAAAAAA"`),
		malformed("a group", trusting("arn:aws:iam::111122223333:group/g"), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"`),
		malformed("a service that is none", statement(`{"Effect":"Allow","Principal":{"Service":"ec2"},"Action":"sts:AssumeRole"}`),
			`Invalid principal in policy: "SERVICE":"ec2"`),
		malformed("a type of principal that is none", statement(`{"Effect":"Allow","Principal":{"aws":"*"},"Action":"sts:AssumeRole"}`), `Invalid principal in policy: "aws"`),
		malformed("a provider that is none", statement(`{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithSAML"}`),
			"Federated principals must be valid domain names or SAML metadata ARNs"),
		malformed("every user of Cognito", statement(`{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`),
			"A condition block must be present for the Cognito provider"),
		create("too long", "x", statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Sid":"`+strings.Repeat("a", 2048)+`"}`),
			"LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"),

		{claim: "the trust is replaced", op: "UpdateAssumeRolePolicy", in: &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("ops"), PolicyDocument: new(trusting("*"))}, want: `{}`},
		{claim: "and checked", op: "UpdateAssumeRolePolicy", in: &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("ops"), PolicyDocument: new("{")},
			want: "MalformedPolicyDocument: This policy contains invalid Json"},
		{claim: "description and duration", op: "UpdateRole",
			in: &iamapi.UpdateRoleInput{RoleName: new("ops"), Description: new("new"), MaxSessionDuration: new(int32(43200))}, want: `{}`},
		{claim: "what is not named stays", op: "UpdateRole", in: &iamapi.UpdateRoleInput{RoleName: new("ops")}, want: `{}`},
		{claim: "the older call answers with the role", op: "UpdateRoleDescription", in: &iamapi.UpdateRoleDescriptionInput{RoleName: new("ops"), Description: new("newer")},
			want: `{"Role":` + shownRole("/", "ops", trusting("*"), `"Description":"newer",`, "", "") + `}}`},
		{claim: "all is kept", op: "GetRole", in: &iamapi.GetRoleInput{RoleName: new("ops")},
			want: `{"Role":` + shownRole("/", "ops", trusting("*"), `"Description":"newer","MaxSessionDuration":43200,`, "", `"RoleLastUsed":{},`) + `}}`},

		{claim: "tagged in another case", op: "TagRole", in: &iamapi.TagRoleInput{RoleName: new("web"), Tags: []iamapi.Tag{{Key: new("TEAM"), Value: new("b")}, {Key: new("a"), Value: new("")}}}, want: `{}`},
		{claim: "the key keeps its first", op: "ListRoleTags", in: &iamapi.ListRoleTagsInput{RoleName: new("Web")},
			want: `{"IsTruncated":false,"Tags":[{"Key":"a","Value":""},{"Key":"Team","Value":"b"}]}`},
		{claim: "untagged in any case", op: "UntagRole", in: &iamapi.UntagRoleInput{RoleName: new("Web"), TagKeys: []string{"team", "A"}}, want: `{}`},
		{claim: "there are none", op: "ListRoleTags", in: &iamapi.ListRoleTagsInput{RoleName: new("Web")}, want: `{"IsTruncated":false,"Tags":[]}`},

		{claim: "a policy is attached", op: "AttachRolePolicy", in: &iamapi.AttachRolePolicyInput{RoleName: new("ops"), PolicyArn: new(readOnly)}, want: `{}`},
		{claim: "a role with an attached policy stays", op: "DeleteRole", in: &iamapi.DeleteRoleInput{RoleName: new("ops")},
			want: "DeleteConflict: Cannot delete entity, must detach all policies first."},
		{claim: "it is detached", op: "DetachRolePolicy", in: &iamapi.DetachRolePolicyInput{RoleName: new("ops"), PolicyArn: new(readOnly)}, want: `{}`},
		{claim: "an inline policy", op: "PutRolePolicy", in: &iamapi.PutRolePolicyInput{RoleName: new("ops"), PolicyName: new("i"), PolicyDocument: new(allowLists)}, want: `{}`},
		{claim: "a role with an inline policy stays", op: "DeleteRole", in: &iamapi.DeleteRoleInput{RoleName: new("ops")},
			want: "DeleteConflict: Cannot delete entity, must delete policies first."},
		{claim: "it is deleted", op: "DeleteRolePolicy", in: &iamapi.DeleteRolePolicyInput{RoleName: new("ops"), PolicyName: new("i")}, want: `{}`},
		{claim: "the role goes", op: "DeleteRole", in: &iamapi.DeleteRoleInput{RoleName: new("OPS")}, want: `{}`},
		{claim: "a boundary does not hold another", op: "DeleteRole", in: &iamapi.DeleteRoleInput{RoleName: new("Web")}, want: `{}`},
	})
	const missing = "NoSuchEntity: The role with name none cannot be found."
	for op, in := range map[string]any{
		"GetRole":                       &iamapi.GetRoleInput{RoleName: new("none")},
		"UpdateRole":                    &iamapi.UpdateRoleInput{RoleName: new("none")},
		"UpdateRoleDescription":         &iamapi.UpdateRoleDescriptionInput{RoleName: new("none"), Description: new("")},
		"UpdateAssumeRolePolicy":        &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("none"), PolicyDocument: new("{")},
		"DeleteRole":                    &iamapi.DeleteRoleInput{RoleName: new("none")},
		"TagRole":                       &iamapi.TagRoleInput{RoleName: new("none"), Tags: tags},
		"UntagRole":                     &iamapi.UntagRoleInput{RoleName: new("none"), TagKeys: []string{"a"}},
		"ListRoleTags":                  &iamapi.ListRoleTagsInput{RoleName: new("none")},
		"PutRolePermissionsBoundary":    &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("none"), PermissionsBoundary: new(policyARN("none"))},
		"DeleteRolePermissionsBoundary": &iamapi.DeleteRolePermissionsBoundaryInput{RoleName: new("none")},
	} {
		w.tell([]step{{claim: "no such role", op: op, in: in, want: missing}})
	}
}

func TestRoleQuotas(t *testing.T) {
	q := identity.DefaultQuotas()
	q.Roles = 1
	w := newWorldWith(t, q)
	w.addRole("ops")
	w.tell([]step{{claim: "a second role", op: "CreateRole", in: &iamapi.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: new(ec2Trust)},
		want: "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1"}})
}

func TestRolePages(t *testing.T) {
	w := newWorld(t)
	w.addRole("c", "eng/A", "b", "D", "eng/e")
	in := &iamapi.ListRolesInput{MaxItems: new(int32(2))}
	got := pages(w, "ListRoles", in, func(m *string) { in.Marker = m }, func(out *iamapi.ListRolesOutput) (names []string, truncated *bool, marker *string) {
		for _, r := range out.Roles {
			names = append(names, *r.RoleName)
		}
		return names, out.IsTruncated, out.Marker
	})
	if fmt.Sprint(got) != "[[A b] [c D] [e]]" {
		t.Errorf("pages of roles: %v", got)
	}
}

func TestRoleLastUsed(t *testing.T) {
	w := newWorld(t)
	w.addRole("ops")
	r, _ := w.account(ours).Role("ops")
	w.state.Touch(ours, identity.RoleUse, r.ID, identity.Use{Time: time.Date(2026, 5, 6, 7, 8, 9, 10, time.UTC), Region: "eu-west-1", Service: "s3"})
	used := do[iamapi.GetRoleOutput](w, "root", "GetRole", &iamapi.GetRoleInput{RoleName: new("ops")}).Role.RoleLastUsed
	if got := show(t, used); got != `{"LastUsedDate":"2026-05-06T07:08:09Z","Region":"eu-west-1"}` {
		t.Errorf("last used: %s", got)
	}
}

// Names and paths by which AWS's own roles are known are nobody else's, in whatever case.
func TestReservedRoles(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ path, name, want string }{
		{"/aws-service-role/", "x", "InvalidInput: Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles"},
		{"/aws-service-role/ecs.amazonaws.com/", "AWSServiceRoleForECS", "InvalidInput: Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles"},
		{"/AWS-Service-Role/ecs.amazonaws.com/", "x", "InvalidInput: Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles"},
		{"/aws-reserved/", "x", "InvalidInput: Path prefix '/aws-reserved/' can only be used for AWS reserved Roles"},
		{"/Aws-Reserved/sso.amazonaws.com/", "x", "InvalidInput: Path prefix '/aws-reserved/' can only be used for AWS reserved Roles"},
		{"/", "AWSServiceRoleForECS", "InvalidInput: Role name prefix 'AWSServiceRoleFor' can only be used for AWS Service linked Roles"},
		{"/x/", "awsserviceroleforecs", "InvalidInput: Role name prefix 'AWSServiceRoleFor' can only be used for AWS Service linked Roles"},
		{"/", "AWSReservedSSO_Admin_0123456789abcdef", "InvalidInput: Role name prefix 'AWSReservedSSO_' can only be used for AWS reserved Roles"},
		{"/", "awsreservedsso_x", "InvalidInput: Role name prefix 'AWSReservedSSO_' can only be used for AWS reserved Roles"},
		{"//aws-reserved/", "x", "ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		{"/", " AWSServiceRoleForECS", "ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		{"/", "АWSServiceRoleForECS", "ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
	} {
		w.tell([]step{{claim: test.path + test.name, op: "CreateRole",
			in: &iamapi.CreateRoleInput{RoleName: new(test.name), Path: new(test.path), AssumeRolePolicyDocument: new(ec2Trust)}, want: test.want}})
	}
}

// What AWS made is AWS's, whatever the caller's policies say: the root user calls here.
func TestNobodyChangesRolesOfAWS(t *testing.T) {
	w := newWorld(t)
	w.addPolicy("fence")
	w.addRole("aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin")
	tags := []iamapi.Tag{{Key: new("a"), Value: new("b")}}
	for _, role := range []struct {
		name      string
		described string // what describing and tagging give
	}{
		{"AWSServiceRoleForECS", "{}"},
		{"AWSReservedSSO_Admin", "UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSReservedSSO_Admin' - this role is only modifiable by AWS"},
	} {
		name := new(role.name)
		refused := "UnmodifiableEntity: Cannot perform the operation on the protected role '" + role.name + "' - this role is only modifiable by AWS"
		w.tell([]step{
			{claim: "trust", op: "UpdateAssumeRolePolicy", in: &iamapi.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: new(trusting("*"))}, want: refused},
			{claim: "duration", op: "UpdateRole", in: &iamapi.UpdateRoleInput{RoleName: name, MaxSessionDuration: new(int32(7200))}, want: refused},
			{claim: "boundary", op: "PutRolePermissionsBoundary", in: &iamapi.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: new(policyARN("fence"))}, want: refused},
			{claim: "no boundary", op: "DeleteRolePermissionsBoundary", in: &iamapi.DeleteRolePermissionsBoundaryInput{RoleName: name}, want: refused},
			{claim: "attach", op: "AttachRolePolicy", in: &iamapi.AttachRolePolicyInput{RoleName: name, PolicyArn: new(policyARN("fence"))}, want: refused},
			{claim: "inline", op: "PutRolePolicy", in: &iamapi.PutRolePolicyInput{RoleName: name, PolicyName: new("x"), PolicyDocument: new(allowLists)}, want: refused},
			{claim: "delete", op: "DeleteRole", in: &iamapi.DeleteRoleInput{RoleName: name}, want: refused},
			{claim: "description", op: "UpdateRole", in: &iamapi.UpdateRoleInput{RoleName: name, Description: new("d")}, want: role.described},
			{claim: "tags", op: "TagRole", in: &iamapi.TagRoleInput{RoleName: name, Tags: tags}, want: role.described},
			{claim: "no tags", op: "UntagRole", in: &iamapi.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}}, want: role.described},
		})
	}
}

// A trust policy means those who were there when it was saved (evaluation.md §4): who is made anew under the same name is another.
func TestTrustMeansEntitiesNotNames(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addRole("eng/build")
	trust := func(role string) string {
		return *do[iamapi.GetRoleOutput](w, "root", "GetRole", &iamapi.GetRoleInput{RoleName: new(role)}).Role.AssumeRolePolicyDocument
	}
	create := func(name, principal string) {
		w.Helper()
		do[iamapi.CreateRoleOutput](w, "root", "CreateRole", &iamapi.CreateRoleInput{RoleName: new(name), AssumeRolePolicyDocument: new(trusting(principal))})
		if got := trust(name); got != encoded(trusting(principal)) {
			t.Errorf("%s is shown as %s", trusting(principal), got)
		}
	}
	const alice, build = "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/eng/build"
	create("forAlice", alice)
	create("forBuild", build)
	create("forAccount", "111122223333")
	create("forRoot", "arn:aws:iam::111122223333:root")
	create("forSession", "arn:aws:sts::111122223333:assumed-role/nobody/s")

	// Renaming is not making anew.
	do[iamapi.UpdateUserOutput](w, "root", "UpdateUser", &iamapi.UpdateUserInput{UserName: new("alice"), NewUserName: new("Alicia"), NewPath: new("/x/")})
	if got := trust("forAlice"); got != encoded(trusting("arn:aws:iam::111122223333:user/x/Alicia")) {
		t.Errorf("after renaming: %s", got)
	}
	id := *do[iamapi.GetUserOutput](w, "root", "GetUser", &iamapi.GetUserInput{UserName: new("alicia")}).User.UserId
	do[iamapi.DeleteUserOutput](w, "root", "DeleteUser", &iamapi.DeleteUserInput{UserName: new("alicia")})
	do[iamapi.CreateUserOutput](w, "root", "CreateUser", &iamapi.CreateUserInput{UserName: new("Alicia"), Path: new("/x/")})
	if got := trust("forAlice"); got != encoded(trusting(id)) {
		t.Errorf("after making her anew: %s", got)
	}
	listed := do[iamapi.ListRolesOutput](w, "root", "ListRoles", &iamapi.ListRolesInput{}).Roles
	for _, r := range listed {
		if *r.RoleName == "forAlice" && *r.AssumeRolePolicyDocument != encoded(trusting(id)) {
			t.Errorf("listed: %s", *r.AssumeRolePolicyDocument)
		}
	}
	// A policy with the id of somebody who is gone cannot be saved again.
	w.tell([]step{{claim: "an orphan id", op: "UpdateAssumeRolePolicy", in: &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("forAlice"), PolicyDocument: new(trusting(id))},
		want: `MalformedPolicyDocument: Invalid principal in policy: "AWS":"` + id + `"`}})

	buildID := *do[iamapi.GetRoleOutput](w, "root", "GetRole", &iamapi.GetRoleInput{RoleName: new("build")}).Role.RoleId
	do[iamapi.DeleteRoleOutput](w, "root", "DeleteRole", &iamapi.DeleteRoleInput{RoleName: new("build")})
	do[iamapi.CreateRoleOutput](w, "root", "CreateRole", &iamapi.CreateRoleInput{RoleName: new("build"), Path: new("/eng/"), AssumeRolePolicyDocument: new(ec2Trust)})
	if got := trust("forBuild"); got != encoded(trusting(buildID)) {
		t.Errorf("after making the role anew: %s", got)
	}
	// Those that are not entities stay as they are.
	for name, principal := range map[string]string{"forAccount": "111122223333", "forRoot": "arn:aws:iam::111122223333:root", "forSession": "arn:aws:sts::111122223333:assumed-role/nobody/s"} {
		if got := trust(name); got != encoded(trusting(principal)) {
			t.Errorf("%s is shown as %s", principal, got)
		}
	}
}

func TestBoundaries(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addRole("ops")
	w.addPolicy("fence")
	const shown = `"PermissionsBoundary":{"PermissionsBoundaryArn":"%s","PermissionsBoundaryType":"Policy"},`
	user := func(boundary string) string {
		if boundary != "" {
			boundary = fmt.Sprintf(shown, boundary)
		}
		return `{"User":{"Arn":"arn:aws:iam::111122223333:user/alice","Path":"/",` + boundary + `"UserId":"AIDA","UserName":"alice"}}`
	}
	put := func(claim, boundary, want string) step {
		return step{claim: claim, op: "PutUserPermissionsBoundary",
			in: &iamapi.PutUserPermissionsBoundaryInput{UserName: new("alice"), PermissionsBoundary: new(boundary)}, want: want}
	}
	w.tell([]step{
		put("a policy of ours", policyARN("fence"), `{}`),
		{claim: "shown", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("alice")}, want: user(policyARN("fence"))},
		put("one of AWS's in its place", powerUser, `{}`),
		{claim: "shown instead", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("alice")}, want: user(powerUser)},
		{claim: "so ours may go", op: "DeletePolicy", in: &iamapi.DeletePolicyInput{PolicyArn: new(policyARN("fence"))}, want: `{}`},
		put("no such policy", policyARN("fence"), "NoSuchEntity: Scope ARN: arn:aws:iam::111122223333:policy/fence does not exist or is not attachable."),
		put("no policy", "arn:aws:iam::111122223333:role/ops", "InvalidInput: ARN arn:aws:iam::111122223333:role/ops is not valid."),
		put("no ARN", "fence-fence-fence-fence", "ValidationError: Invalid ARN:  Could not be parsed!"),
		{claim: "deleted", op: "DeleteUserPermissionsBoundary", in: &iamapi.DeleteUserPermissionsBoundaryInput{UserName: new("ALICE")}, want: `{}`},
		{claim: "gone", op: "GetUser", in: &iamapi.GetUserInput{UserName: new("alice")}, want: user("")},
		{claim: "deleted again", op: "DeleteUserPermissionsBoundary", in: &iamapi.DeleteUserPermissionsBoundaryInput{UserName: new("alice")}, want: `{}`},
		{claim: "no such user has one", op: "PutUserPermissionsBoundary", in: &iamapi.PutUserPermissionsBoundaryInput{UserName: new("none"), PermissionsBoundary: new(powerUser)},
			want: "NoSuchEntity: The user with name none cannot be found."},
		{claim: "nor loses it", op: "DeleteUserPermissionsBoundary", in: &iamapi.DeleteUserPermissionsBoundaryInput{UserName: new("none")},
			want: "NoSuchEntity: The user with name none cannot be found."},
		{claim: "a role has one too", op: "PutRolePermissionsBoundary", in: &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("ops"), PermissionsBoundary: new(powerUser)}, want: `{}`},
	})
}

func TestRoleQuestions(t *testing.T) {
	w := newWorld(t)
	w.addUser("alice")
	w.addRole("eng/Ops", "free")
	w.addPolicy("fence")
	w.tell([]step{
		{claim: "a bounded role", op: "PutRolePermissionsBoundary", in: &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("ops"), PermissionsBoundary: new(policyARN("fence"))}, want: `{}`},
		{claim: "a bounded user", op: "PutUserPermissionsBoundary", in: &iamapi.PutUserPermissionsBoundaryInput{UserName: new("alice"), PermissionsBoundary: new(policyARN("fence"))}, want: `{}`},
	})
	const ops, fenced, other = " on arn:aws:iam::111122223333:role/eng/Ops (role Ops)", " iam:permissionsboundary=arn:aws:iam::111122223333:policy/fence", " iam:permissionsboundary=" + powerUser
	tags := []iamapi.Tag{{Key: new("K"), Value: new("v")}}
	for _, test := range []struct {
		op   string
		in   any
		want string
	}{
		{"CreateRole", &iamapi.CreateRoleInput{RoleName: new("x"), Path: new("/a/"), AssumeRolePolicyDocument: new(ec2Trust), PermissionsBoundary: new(powerUser)},
			"iam:CreateRole on arn:aws:iam::111122223333:role/a/x" + other},
		{"CreateRole", &iamapi.CreateRoleInput{RoleName: new("y"), AssumeRolePolicyDocument: new(ec2Trust), Tags: tags},
			"iam:CreateRole on arn:aws:iam::111122223333:role/y aws:requesttag/k=v aws:tagkeys=K + iam:TagRole on arn:aws:iam::111122223333:role/y aws:requesttag/k=v aws:tagkeys=K"},
		{"GetRole", &iamapi.GetRoleInput{RoleName: new("ops")}, "iam:GetRole" + ops + fenced},
		{"GetRole", &iamapi.GetRoleInput{RoleName: new("free")}, "iam:GetRole on arn:aws:iam::111122223333:role/free (role free)"},
		{"GetRole", &iamapi.GetRoleInput{RoleName: new("none")}, "iam:GetRole on arn:aws:iam::111122223333:role/none (role none)"},
		{"ListRoles", &iamapi.ListRolesInput{}, "iam:ListRoles on arn:aws:iam::111122223333:role/"},
		{"ListRoles", &iamapi.ListRolesInput{PathPrefix: new("/aws-service-role/x/")}, "iam:ListRoles on arn:aws:iam::111122223333:role/aws-service-role/x/"},
		{"ListRoleTags", &iamapi.ListRoleTagsInput{RoleName: new("ops")}, "iam:ListRoleTags" + ops},
		{"TagRole", &iamapi.TagRoleInput{RoleName: new("ops"), Tags: tags}, "iam:TagRole" + ops + " aws:requesttag/k=v aws:tagkeys=K"},
		{"UntagRole", &iamapi.UntagRoleInput{RoleName: new("ops"), TagKeys: []string{"L"}}, "iam:UntagRole" + ops + " aws:tagkeys=L"},
		{"UpdateRole", &iamapi.UpdateRoleInput{RoleName: new("ops")}, "iam:UpdateRole" + ops + fenced},
		{"UpdateRoleDescription", &iamapi.UpdateRoleDescriptionInput{RoleName: new("ops"), Description: new("")}, "iam:UpdateRoleDescription" + ops + fenced},
		{"UpdateAssumeRolePolicy", &iamapi.UpdateAssumeRolePolicyInput{RoleName: new("ops"), PolicyDocument: new(ec2Trust)}, "iam:UpdateAssumeRolePolicy" + ops + fenced},
		{"PutRolePermissionsBoundary", &iamapi.PutRolePermissionsBoundaryInput{RoleName: new("ops"), PermissionsBoundary: new(strings.Replace(powerUser, "aws:", "aws-cn:", 1))},
			"iam:PutRolePermissionsBoundary" + ops + other},
		{"DeleteRolePermissionsBoundary", &iamapi.DeleteRolePermissionsBoundaryInput{RoleName: new("ops")}, "iam:DeleteRolePermissionsBoundary" + ops + other},
		{"DeleteRole", &iamapi.DeleteRoleInput{RoleName: new("ops")}, "iam:DeleteRole" + ops},
		{"PutUserPermissionsBoundary", &iamapi.PutUserPermissionsBoundaryInput{UserName: new("alice"), PermissionsBoundary: new(powerUser)},
			"iam:PutUserPermissionsBoundary on arn:aws:iam::111122223333:user/alice (user alice)" + other},
		{"DeleteUserPermissionsBoundary", &iamapi.DeleteUserPermissionsBoundaryInput{UserName: new("alice")},
			"iam:DeleteUserPermissionsBoundary on arn:aws:iam::111122223333:user/alice (user alice)" + other},
	} {
		_, _ = w.call("root", test.op, test.in)
		if got := w.questions(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.op, got, test.want)
		}
	}
}

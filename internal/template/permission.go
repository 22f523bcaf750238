package template

import (
	"regexp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// permission says which of a resource's attributes are a statement: one that the service writes into the policy of a function, a layer or a bus when somebody adds a permission.
type permission struct {
	principal, action string // attributes; of a principal that begins with = the principal itself
	defaultAction     string
	resource          string
	resourceType      string
	// only and value are an attribute and what it says if there is a statement at all.
	only, value string
	conditions  []permissionCondition
	// block is an attribute with members for key, type and value of a condition.
	block []string
}

type permissionCondition struct{ operator, key, attribute string }

// permissions are the resources that are permissions, of plans and templates (API references, "AddPermission", "AddLayerVersionPermission", "PutPermission").
var permissions = map[string]permission{
	"aws_lambda_permission": {
		principal: "principal", action: "action", resource: "function_name", resourceType: "AWS::Lambda::Function",
		conditions: []permissionCondition{
			{"ArnLike", "aws:SourceArn", "source_arn"}, {"StringEquals", "aws:SourceAccount", "source_account"}, {"StringEquals", "aws:PrincipalOrgID", "principal_org_id"},
			{"StringEquals", "lambda:EventSourceToken", "event_source_token"}, {"StringEquals", "lambda:FunctionUrlAuthType", "function_url_auth_type"},
			{"Bool", "lambda:InvokedViaFunctionUrl", "invoked_via_function_url"},
		},
	},
	"AWS::Lambda::Permission": {
		principal: "Principal", action: "Action", resource: "FunctionName", resourceType: "AWS::Lambda::Function",
		conditions: []permissionCondition{
			{"ArnLike", "aws:SourceArn", "SourceArn"}, {"StringEquals", "aws:SourceAccount", "SourceAccount"}, {"StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"},
			{"StringEquals", "lambda:EventSourceToken", "EventSourceToken"}, {"StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"},
			{"Bool", "lambda:InvokedViaFunctionUrl", "InvokedViaFunctionUrl"},
		},
	},
	// The provider, and the translator of serverless templates, add the permission of a URL that asks for no signature themselves.
	"aws_lambda_function_url": {
		principal: "=*", defaultAction: "lambda:InvokeFunctionUrl", resource: "function_name", resourceType: "AWS::Lambda::Function", only: "authorization_type", value: "NONE",
		conditions: []permissionCondition{{"StringEquals", "lambda:FunctionUrlAuthType", "authorization_type"}},
	},
	"AWS::Serverless::Function": {
		principal: "=*", defaultAction: "lambda:InvokeFunctionUrl", resource: "FunctionName", resourceType: "AWS::Lambda::Function", only: "AuthType", value: "NONE",
		conditions: []permissionCondition{{"StringEquals", "lambda:FunctionUrlAuthType", "AuthType"}},
	},
	"aws_lambda_layer_version_permission": {
		principal: "principal", action: "action", resource: "layer_name",
		conditions: []permissionCondition{{"StringEquals", "aws:PrincipalOrgID", "organization_id"}},
	},
	"AWS::Lambda::LayerVersionPermission": {
		principal: "Principal", action: "Action", resource: "LayerVersionArn",
		conditions: []permissionCondition{{"StringEquals", "aws:PrincipalOrgID", "OrganizationId"}},
	},
	"aws_cloudwatch_event_permission": {principal: "principal", action: "action", defaultAction: "events:PutEvents", block: []string{"condition", "key", "type", "value"}},
	"AWS::Events::EventBusPolicy":     {principal: "Principal", action: "Action", defaultAction: "events:PutEvents", block: []string{"Condition", "Key", "Type", "Value"}},
}

var (
	serviceName = regexp.MustCompile(`^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$`)
	fullARN     = regexp.MustCompile(`^arn:[a-z-]+:`)
)

// permissionOf returns the row of a resource type; those of the Cloud Control provider are those of CloudFormation.
func permissionOf(resource string) (permission, bool) {
	switch resource {
	case "awscc_lambda_permission":
		resource = "AWS::Lambda::Permission"
	case "awscc_lambda_layer_version_permission":
		resource = "AWS::Lambda::LayerVersionPermission"
	case "awscc_events_event_bus_policy":
		resource = "AWS::Events::EventBusPolicy"
	default:
		m, ok := permissions[resource]
		return m, ok
	}
	m := permissions[resource]
	m.principal, m.action, m.resource = underscores(m.principal), underscores(m.action), underscores(m.resource)
	m.conditions, m.block = slices.Clone(m.conditions), slices.Clone(m.block)
	for i := range m.conditions {
		m.conditions[i].attribute = underscores(m.conditions[i].attribute)
	}
	for i := range m.block {
		m.block[i] = underscores(m.block[i])
	}
	return m, true
}

// document returns the document that a permission amounts to; text tells what its principal is. It returns nil if there is no principal, and so no permission.
func (m *permission) document(attributes *node, text func(*node) string) *node {
	at := &node{kind: jsontext.Object, at: attributes.at}
	word := func(s string) *node { return &node{kind: jsontext.String, text: s, at: attributes.at} }
	object := func(of *node, members ...any) *node {
		n := &node{kind: jsontext.Object, at: of.at}
		for i := 0; i < len(members); i += 2 {
			name := members[i].(string)
			n.members = append(n.members, member{name, &node{kind: jsontext.String, text: name, at: of.at}, members[i+1].(*node)})
		}
		return n
	}
	given := func(name string) *node {
		n := attributes.member(name)
		if n == nil || n.kind == jsontext.Null || n.kind == jsontext.String && n.text == "" {
			return nil
		}
		return n
	}
	principal := given(m.principal)
	if literal, ok := strings.CutPrefix(m.principal, "="); ok {
		principal = word(literal)
	}
	if principal == nil {
		return nil
	}
	switch name := text(principal); {
	case name == "*":
	case serviceName.MatchString(name):
		principal = object(principal, "Service", principal)
	default:
		principal = object(principal, "AWS", principal)
	}
	action := given(m.action)
	if action == nil {
		action = word(m.defaultAction)
	}
	// What has no ARN there gets one of an account and a Region that nobody knows here.
	resource := word("*")
	if n := given(m.resource); n != nil && fullARN.MatchString(text(n)) {
		resource = n
	}
	conditions := &node{kind: jsontext.Object, at: attributes.at}
	for _, c := range m.conditions {
		n := given(c.attribute)
		if n == nil {
			continue
		}
		test := conditions.member(c.operator)
		if test == nil {
			test = &node{kind: jsontext.Object, at: n.at}
			conditions.members = append(conditions.members, object(n, c.operator, test).members...)
		}
		test.members = append(test.members, object(n, c.key, n).members...)
	}
	if m.block != nil {
		for _, b := range elements(given(m.block[0])) {
			key, operator, value := b.member(m.block[1]), b.member(m.block[2]), b.member(m.block[3])
			if key != nil && operator != nil && value != nil {
				conditions.members = append(conditions.members, object(operator, text(operator), object(key, text(key), value)).members...)
			} else if b.kind != jsontext.Null {
				conditions.members = append(conditions.members, object(b, "unknown", b).members...) // it is not dropped; nobody can read it
			}
		}
	}
	statement := object(at, "Effect", word("Allow"), "Principal", principal, "Action", action, "Resource", resource)
	if len(conditions.members) > 0 {
		statement.members = append(statement.members, object(at, "Condition", conditions).members...)
	}
	return object(at, "Version", word("2012-10-17"), "Statement", statement)
}

// permission adds the statement that a resource of a plan is.
func (x *planResource) permission(m permission) {
	pl := place{kind: policy.Resource, resourceType: m.resourceType, made: true}
	for _, name := range []string{m.principal, m.action, m.only} {
		if name != "" && isTrue(x.unknown.member(name)) && x.isConfigured(name) {
			x.note(pl, x.after, "."+name, unknownPolicy+references(x.expressions.member(name)))
			return
		}
	}
	document := func(of *node) (*Policy, bool) {
		if of == nil || of.kind != jsontext.Object || m.only != "" && textOf(of.member(m.only)) != m.value {
			return nil, false
		}
		n := m.document(of, textOf)
		if n == nil {
			return nil, false
		}
		p := &Policy{Name: x.address, Resource: x.resource, Kind: pl.kind, ResourceType: pl.resourceType, Changed: x.changed, Made: true, file: x.file}
		render(p, plain(n), false, policy.MaxSize)
		return p, true
	}
	after, ok := document(x.after)
	before, was := document(x.before)
	switch {
	case ok:
		if was {
			after.Before = before.Text
		}
		// A condition that is not known yet may be none: what everybody may do without it is not known either.
		for _, c := range m.conditions {
			if isTrue(x.unknown.member(c.attribute)) && x.isConfigured(c.attribute) && strings.Contains(after.Text, `"Principal":"*"`) {
				x.note(pl, x.after, "."+c.attribute, unknownPolicy+references(x.expressions.member(c.attribute)))
				return
			}
		}
		x.out.Policies = append(x.out.Policies, after)
	case was:
		x.remove(before)
	}
}

// plain returns the value that a node without functions is.
func plain(n *node) *value {
	v := &value{kind: n.kind, node: n}
	switch n.kind {
	case jsontext.Object:
		for _, m := range n.members {
			v.members = append(v.members, valueMember{m.name, m.key, plain(m.node)})
		}
	case jsontext.Array:
		for _, item := range n.items {
			v.items = append(v.items, plain(item))
		}
	case jsontext.Null:
	default:
		v.kind, v.pieces = jsontext.String, []piece{{text: n.text, node: n}}
	}
	return v
}

// permission adds the statement that properties of a template are.
func (x *cfnResource) permission(m permission, properties *node) {
	if properties == nil {
		return
	}
	pl := place{kind: policy.Resource, resourceType: m.resourceType, made: true}
	depends, open := "", false
	text := func(n *node) string {
		e := &evaluation{cloudFormation: x.cloudFormation, conditions: x.known}
		v := e.value(n, slot{element: "Principal", name: "AWS"}, 0)
		if e.condition != "" {
			depends = e.condition
		}
		if v == nil || v.kind != jsontext.String {
			return ""
		}
		open = slices.ContainsFunc(v.pieces, func(p piece) bool { return p.hole != nil && p.hole.open })
		return v.text()
	}
	if m.only != "" {
		n := properties.member(m.only)
		if n == nil {
			return
		}
		if is := text(n); open || depends != "" {
			x.note(pl, n, x.name, "whether everybody may call it is known only when the template is deployed", true)
			return
		} else if is != m.value {
			return
		}
	}
	n := m.document(properties, text)
	switch {
	case n == nil:
	case depends != "":
		x.note(pl, properties, x.name, "whom it lets in depends on "+depends+", and is not looked at", true)
	default:
		x.policy(pl, false, "", n)
	}
}

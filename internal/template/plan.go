package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// place is an attribute or a property that holds a policy.
type place struct {
	// path is the way to it, such as policy, or inline_policy[].policy for each element of a list.
	path         string
	kind         policy.Kind
	resourceType string
	// one: it is a statement, not a document.
	one bool
}

// planReader reads the output of terraform show -json (developer.hashicorp.com, "JSON Output Format"). It makes trees of nothing but resources that may hold policies.
type planReader struct {
	file *source
	out  *File
	// configured are the expressions of resources by their addresses without indexes; nil if the plan has no configuration.
	configured map[string]*node
}

func readPlan(text string) (*File, error) {
	p := &planReader{file: newSource(text), out: &File{Format: TerraformPlan}}
	sections := make(map[string]section)
	r := jsontext.NewReader(text)
	r.AllowDoubles()
	name, ok, err := r.Object()
	for ; ok && err == nil; name, ok, err = r.Member() {
		s := section{at: r.Offset(), kind: r.Next()}
		if s.text, err = r.Raw(); err != nil {
			break
		}
		sections[name] = s
	}
	if err == nil {
		err = r.Finish()
	}
	if err != nil {
		return nil, fail(p.file, 0, err)
	}
	if s, ok := sections["format_version"]; ok {
		version := strings.Trim(s.text, `"`)
		if major, _, _ := strings.Cut(version, "."); major != "0" && major != "1" {
			return nil, &Error{p.file.position(s.at), fmt.Sprintf("format_version is %s; versions 0 and 1 can be read", version)}
		}
	}
	if s, ok := sections["configuration"]; ok && s.kind == jsontext.Object {
		p.configured = make(map[string]*node)
		if err := p.configuration(s); err != nil {
			return nil, err
		}
	}
	// The changes say all that the planned values say, and what was before.
	for _, from := range []struct {
		name string
		read func(section) error
	}{{"resource_changes", p.changes}, {"planned_values", p.values}, {"values", p.values}} {
		if s, ok := sections[from.name]; ok {
			return p.out, from.read(s)
		}
	}
	return p.out, nil
}

// section is a part of the file that was not read yet.
type section struct {
	text string
	at   int
	kind jsontext.Kind
}

// members calls f with each member of an object, or each element of an array without a name.
func (p *planReader) members(s section, f func(name string, v section) error) error {
	r := jsontext.NewReader(s.text)
	r.AllowDoubles()
	each := func(name string) error {
		v := section{at: s.at + r.Offset(), kind: r.Next()}
		var err error
		if v.text, err = r.Raw(); err != nil {
			return fail(p.file, s.at, err)
		}
		return f(name, v)
	}
	switch s.kind {
	case jsontext.Object:
		name, ok, err := r.Object()
		for ; ok && err == nil; name, ok, err = r.Member() {
			if err := each(name); err != nil {
				return err
			}
		}
		return fail(p.file, s.at, err)
	case jsontext.Array:
		ok, err := r.Array()
		for ; ok && err == nil; ok, err = r.Element() {
			if err := each(""); err != nil {
				return err
			}
		}
		return fail(p.file, s.at, err)
	}
	return nil
}

// tree makes a tree of a section.
func (p *planReader) tree(s section) (*node, error) {
	n, err := readJSON(s.text, s.at)
	if err != nil {
		return nil, fail(p.file, s.at, err)
	}
	return n, nil
}

// word returns what a section says if it is a string.
func word(s section) string {
	if s.kind != jsontext.String {
		return ""
	}
	text, _ := jsontext.NewReader(s.text).String()
	return text
}

// ours reports whether resources of a type may hold policies of AWS.
func ours(resource string) bool {
	return strings.HasPrefix(resource, "aws_") || strings.HasPrefix(resource, "awscc_")
}

// changes reads resource_changes.
func (p *planReader) changes(s section) error {
	return p.members(s, func(_ string, v section) error {
		var address, module, mode, resource, name string
		var change section
		err := p.members(v, func(member string, v section) error {
			switch member {
			case "address":
				address = word(v)
			case "module_address":
				module = word(v)
			case "mode":
				mode = word(v)
			case "type":
				resource = word(v)
			case "name":
				name = word(v)
			case "deposed":
				mode = "deposed" // what is left of a resource that was replaced, and goes
			case "change":
				change = v
			}
			return nil
		})
		if err != nil || mode != "managed" && mode != "" || !ours(resource) {
			return err
		}
		c, err := p.tree(change)
		if err != nil {
			return err
		}
		x := &planResource{planReader: p, address: address, resource: resource, before: c.member("before"), after: c.member("after"), unknown: c.member("after_unknown"), changed: true}
		if p.configured != nil {
			if x.expressions = p.configured[withoutIndexes(module)+"/"+resource+"."+name]; x.expressions == nil {
				x.expressions = &node{kind: jsontext.Object}
			}
		}
		x.read()
		return nil
	})
}

// values reads planned_values, or the values of a state.
func (p *planReader) values(s section) error {
	return p.members(s, func(name string, v section) error {
		if name != "root_module" {
			return nil
		}
		return p.module(v)
	})
}

func (p *planReader) module(s section) error {
	return p.members(s, func(name string, v section) error {
		switch name {
		case "resources":
			return p.members(v, func(_ string, v section) error {
				n, err := p.tree(v)
				if err != nil {
					return err
				}
				resource := textOf(n.member("type"))
				if mode := textOf(n.member("mode")); mode != "managed" && mode != "" || !ours(resource) {
					return nil
				}
				(&planResource{planReader: p, address: textOf(n.member("address")), resource: resource, after: n.member("values")}).read()
				return nil
			})
		case "child_modules":
			return p.members(v, func(_ string, v section) error { return p.module(v) })
		}
		return nil
	})
}

// configuration reads what the configuration says of resources.
func (p *planReader) configuration(s section) error {
	return p.members(s, func(name string, v section) error {
		if name != "root_module" {
			return nil
		}
		return p.configuredModule("", v)
	})
}

func (p *planReader) configuredModule(address string, s section) error {
	return p.members(s, func(name string, v section) error {
		switch name {
		case "resources":
			return p.members(v, func(_ string, v section) error {
				n, err := p.tree(v)
				if err != nil {
					return err
				}
				if e := n.member("expressions"); e != nil && ours(textOf(n.member("type"))) {
					p.configured[address+"/"+textOf(n.member("type"))+"."+textOf(n.member("name"))] = e
				}
				return nil
			})
		case "module_calls":
			return p.members(v, func(call string, v section) error {
				return p.members(v, func(name string, v section) error {
					if name != "module" {
						return nil
					}
					return p.configuredModule(strings.TrimPrefix(address+".module."+call, "."), v)
				})
			})
		}
		return nil
	})
}

func textOf(n *node) string {
	if n == nil || n.kind != jsontext.String {
		return ""
	}
	return n.text
}

// withoutIndexes removes the indexes from a module's address: module.a["x"].module.b[0] is module.a.module.b.
func withoutIndexes(address string) string {
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		if address[i] != '[' {
			b.WriteByte(address[i])
			continue
		}
		quoted := false
		for i++; i < len(address) && (quoted || address[i] != ']'); i++ {
			switch {
			case quoted && address[i] == '\\':
				i++
			case address[i] == '"':
				quoted = !quoted
			}
		}
	}
	return b.String()
}

// planResource is a resource of a plan.
type planResource struct {
	*planReader
	address, resource      string
	before, after, unknown *node
	changed                bool
	expressions            *node // nil if not told
}

func (x *planResource) read() {
	places, known := planPlaces[x.resource]
	if !known {
		x.guess("", x.after, x.before)
		return
	}
	for _, pl := range places {
		x.at(pl, pl.path, "", x.after, x.before, x.unknown, x.expressions)
	}
}

// at goes the rest of the way to a place, in what will be, what was, what is unknown and what is configured at once.
func (x *planResource) at(pl place, path, way string, after, before, unknown, expressions *node) {
	name, rest, more := strings.Cut(path, ".")
	name, list := strings.CutSuffix(name, "[]")
	isUnknown := unknown != nil && unknown.kind == jsontext.Bool && unknown.text == "true"
	if !isUnknown {
		unknown = unknown.member(name)
		isUnknown = unknown != nil && unknown.kind == jsontext.Bool && unknown.text == "true"
	}
	after, before = after.member(name), before.member(name)
	e := expressions.member(name)
	if expressions != nil && e == nil {
		isUnknown = false // nobody wants it to be anything, and AWS gives it its default; what a dynamic block makes is told element by element
	}
	way += "." + name
	switch {
	case list && isUnknown:
		x.note(pl, x.after, way, e)
	case list:
		if e != nil && len(e.items) > 0 {
			e = e.items[0] // what blocks are configured alike, for all that matters
		}
		for i, item := range elements(after) {
			var u *node
			if all := elements(unknown); i < len(all) {
				u = all[i]
			}
			x.at(pl, rest, fmt.Sprintf("%s[%d]", way, i), item, x.was(item, before, i), u, e)
		}
		for i, item := range elements(before) {
			if !slices.ContainsFunc(elements(after), func(n *node) bool { return sameBlock(n, item) }) && (textOf(item.member("name")) != "" || i >= len(elements(after))) {
				x.at(pl, rest, fmt.Sprintf("%s[%d]", way, i), nil, item, nil, nil)
			}
		}
	case more:
		x.at(pl, rest, way, after, before, unknown, e)
	case isUnknown:
		x.note(pl, after, way, e)
	default:
		x.found(pl, false, way, after, before)
	}
}

// elements returns the elements of an array, or the value alone.
func elements(n *node) []*node {
	switch {
	case n == nil || n.kind == jsontext.Null:
		return nil
	case n.kind == jsontext.Array:
		return n.items
	}
	return []*node{n}
}

// was returns what an element was before: the one of the same name, or, if it has no name, at the same place.
func (x *planResource) was(item, before *node, i int) *node {
	all := elements(before)
	if textOf(item.member("name")) == "" {
		if i < len(all) {
			return all[i]
		}
		return nil
	}
	if j := slices.IndexFunc(all, func(n *node) bool { return sameBlock(n, item) }); j >= 0 {
		return all[j]
	}
	return nil
}

func sameBlock(a, b *node) bool {
	name := textOf(a.member("name"))
	return name != "" && name == textOf(b.member("name"))
}

// note says that a policy is not known yet.
func (x *planResource) note(pl place, near *node, way string, e *node) {
	text := "the policy is known only when the plan is applied"
	if r := e.member("references"); r != nil && len(r.items) > 0 {
		var all []string
		for _, item := range r.items[:min(len(r.items), 20)] {
			// A reference to an attribute is followed by one to its resource.
			if name := textOf(item); !slices.ContainsFunc(all, func(longer string) bool { return strings.HasPrefix(longer, name+".") }) {
				all = append(all, name)
			}
		}
		text += "; it refers to " + strings.Join(all, ", ")
	}
	at := 0
	for _, n := range []*node{near, x.after, x.unknown} {
		if n != nil {
			at = n.at
			break
		}
	}
	x.out.Notes = append(x.out.Notes, Note{x.file.position(at), x.address + way, text, true, pl.kind, pl.resourceType})
}

// found adds the policy that stands in a string.
func (x *planResource) found(pl place, guess bool, way string, after, before *node) {
	p := &Policy{Name: x.address + way, Resource: x.resource, Kind: pl.kind, Guess: guess, ResourceType: pl.resourceType, Changed: x.changed, file: x.file}
	if pl.kind == policy.ServiceControl {
		kind, ok := organizationKinds[organizationType(x.after, x.before, "type")]
		if !ok {
			return // a tag policy, a backup policy: of another language
		}
		p.Kind = kind
	}
	p.Text, p.Before = textOf(after), textOf(before)
	switch {
	case strings.TrimSpace(p.Text) != "":
		p.spans = []span{{0, after, 0, true}}
		x.out.Policies = append(x.out.Policies, p)
	case strings.TrimSpace(p.Before) != "":
		p.Text, p.Before = p.Before, ""
		p.spans = []span{{0, before, 0, true}}
		x.out.Removed = append(x.out.Removed, p)
	}
}

// organizationType returns the type of a policy of an organization; without one it is a service control policy.
func organizationType(after, before *node, name string) string {
	for _, n := range []*node{after, before} {
		if t := textOf(n.member(name)); t != "" {
			return t
		}
	}
	return "SERVICE_CONTROL_POLICY"
}

var organizationKinds = map[string]policy.Kind{"SERVICE_CONTROL_POLICY": policy.ServiceControl, "RESOURCE_CONTROL_POLICY": policy.ResourceControl}

// guess finds what looks like a policy in a resource that the table does not know.
func (x *planResource) guess(way string, after, before *node) {
	switch {
	case after == nil:
	case after.kind == jsontext.String:
		if isDocument(after.text) {
			x.found(place{}, true, way, after, before)
		}
	case after.kind == jsontext.Array:
		for i, item := range after.items {
			x.guess(fmt.Sprintf("%s[%d]", way, i), item, x.was(item, before, i))
		}
	case after.kind == jsontext.Object:
		for _, m := range after.members {
			x.guess(way+"."+m.name, m.node, before.member(m.name))
		}
	}
}

// planPlaces are the attributes of the AWS provider's resources that hold policies, after its documentation (registry.terraform.io/providers/hashicorp/aws). Resources
// without a row are looked through for what looks like a policy.
var planPlaces = map[string][]place{
	"aws_iam_policy":                            {{path: "policy", kind: policy.Managed}},
	"aws_iam_role":                              {{path: "assume_role_policy", kind: policy.Trust, resourceType: trustPolicy}, {path: "inline_policy[].policy", kind: policy.Inline}},
	"aws_iam_role_policy":                       {{path: "policy", kind: policy.Inline}},
	"aws_iam_user_policy":                       {{path: "policy", kind: policy.Inline}},
	"aws_iam_group_policy":                      {{path: "policy", kind: policy.Inline}},
	"aws_ssoadmin_permission_set_inline_policy": {{path: "inline_policy", kind: policy.Inline}},

	"aws_organizations_policy":          {{path: "content", kind: policy.ServiceControl}},
	"aws_organizations_resource_policy": resourcePolicy("content", ""),

	"aws_s3_bucket":                                        resourcePolicy("policy", "AWS::S3::Bucket"),
	"aws_s3_bucket_policy":                                 resourcePolicy("policy", "AWS::S3::Bucket"),
	"aws_s3_access_point":                                  resourcePolicy("policy", "AWS::S3::AccessPoint"),
	"aws_s3control_access_point_policy":                    resourcePolicy("policy", "AWS::S3::AccessPoint"),
	"aws_s3control_multi_region_access_point_policy":       resourcePolicy("details[].policy", "AWS::S3::MultiRegionAccessPoint"),
	"aws_s3control_object_lambda_access_point_policy":      resourcePolicy("policy", "AWS::S3ObjectLambda::AccessPoint"),
	"aws_s3control_bucket_policy":                          resourcePolicy("policy", "AWS::S3Outposts::Bucket"),
	"aws_s3control_access_grants_instance_resource_policy": resourcePolicy("policy", ""),
	"aws_s3tables_table_bucket_policy":                     resourcePolicy("resource_policy", "AWS::S3Tables::TableBucket"),
	"aws_s3tables_table_policy":                            resourcePolicy("resource_policy", "AWS::S3Tables::Table"),
	"aws_glacier_vault":                                    resourcePolicy("access_policy", "AWS::S3::Glacier"),
	"aws_glacier_vault_lock":                               resourcePolicy("policy", "AWS::S3::Glacier"),

	"aws_sqs_queue":        resourcePolicy("policy", "AWS::SQS::Queue"),
	"aws_sqs_queue_policy": resourcePolicy("policy", "AWS::SQS::Queue"),
	"aws_sns_topic":        resourcePolicy("policy", "AWS::SNS::Topic"),
	"aws_sns_topic_policy": resourcePolicy("policy", "AWS::SNS::Topic"),

	"aws_kms_key":                      resourcePolicy("policy", "AWS::KMS::Key"),
	"aws_kms_key_policy":               resourcePolicy("policy", "AWS::KMS::Key"),
	"aws_kms_external_key":             resourcePolicy("policy", "AWS::KMS::Key"),
	"aws_kms_replica_key":              resourcePolicy("policy", "AWS::KMS::Key"),
	"aws_kms_replica_external_key":     resourcePolicy("policy", "AWS::KMS::Key"),
	"aws_secretsmanager_secret":        resourcePolicy("policy", "AWS::SecretsManager::Secret"),
	"aws_secretsmanager_secret_policy": resourcePolicy("policy", "AWS::SecretsManager::Secret"),

	"aws_dynamodb_resource_policy":                   resourcePolicy("policy", "AWS::DynamoDB::Table"),
	"aws_kinesis_resource_policy":                    resourcePolicy("policy", "AWS::Kinesis::Stream"),
	"aws_efs_file_system_policy":                     resourcePolicy("policy", "AWS::EFS::FileSystem"),
	"aws_backup_vault_policy":                        resourcePolicy("policy", "AWS::Backup::BackupVault"),
	"aws_opensearch_domain":                          resourcePolicy("access_policies", "AWS::OpenSearchService::Domain"),
	"aws_opensearch_domain_policy":                   resourcePolicy("access_policies", "AWS::OpenSearchService::Domain"),
	"aws_elasticsearch_domain":                       resourcePolicy("access_policies", "AWS::OpenSearchService::Domain"),
	"aws_elasticsearch_domain_policy":                resourcePolicy("access_policies", "AWS::OpenSearchService::Domain"),
	"aws_api_gateway_rest_api":                       resourcePolicy("policy", "AWS::ApiGateway::RestApi"),
	"aws_api_gateway_rest_api_policy":                resourcePolicy("policy", "AWS::ApiGateway::RestApi"),
	"aws_codeartifact_domain_permissions_policy":     resourcePolicy("policy_document", "AWS::CodeArtifact::Domain"),
	"aws_codeartifact_repository_permissions_policy": resourcePolicy("policy_document", ""),

	"aws_acmpca_policy":                            resourcePolicy("policy", ""),
	"aws_api_gateway_domain_name":                  resourcePolicy("policy", ""),
	"aws_cloudsearch_domain_service_access_policy": resourcePolicy("access_policy", ""),
	"aws_cloudwatch_event_bus_policy":              resourcePolicy("policy", ""),
	"aws_cloudwatch_log_destination_policy":        resourcePolicy("access_policy", ""),
	"aws_cloudwatch_log_resource_policy":           resourcePolicy("policy_document", ""),
	"aws_codebuild_resource_policy":                resourcePolicy("policy", ""),
	"aws_glue_resource_policy":                     resourcePolicy("policy", ""),
	"aws_media_store_container_policy":             resourcePolicy("policy", ""),
	"aws_msk_cluster_policy":                       resourcePolicy("policy", ""),
	"aws_networkfirewall_resource_policy":          resourcePolicy("policy", ""),
	"aws_redshift_resource_policy":                 resourcePolicy("policy", ""),
	"aws_redshiftserverless_resource_policy":       resourcePolicy("policy", ""),
	"aws_sagemaker_model_package_group_policy":     resourcePolicy("resource_policy", ""),
	"aws_schemas_registry_policy":                  resourcePolicy("policy", ""),
	"aws_ses_identity_policy":                      resourcePolicy("policy", ""),
	"aws_sesv2_email_identity_policy":              resourcePolicy("policy", ""),
	"aws_vpc_endpoint":                             resourcePolicy("policy", ""),
	"aws_vpc_endpoint_policy":                      resourcePolicy("policy", ""),
	"aws_vpclattice_auth_policy":                   resourcePolicy("policy", ""),
	"aws_vpclattice_resource_policy":               resourcePolicy("policy", ""),
	"aws_xray_resource_policy":                     resourcePolicy("policy_document", ""),
	// Statements without a Resource: what the repository's policy speaks of is the repository.
	"aws_ecr_repository_policy":            {{path: "policy", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"aws_ecr_repository_creation_template": {{path: "repository_policy", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"aws_ecrpublic_repository_policy":      {{path: "policy", kind: policy.Grammar, resourceType: "AWS::ECR::PublicRepository"}},
	"aws_ecr_registry_policy":              resourcePolicy("policy", ""),

	"aws_transfer_user":   {{path: "policy", kind: policy.Session}},
	"aws_transfer_access": {{path: "policy", kind: policy.Session}},
	// The same language in a service of its own: no rule for IAM's policies holds.
	"aws_iot_policy": {{path: "policy", kind: policy.Grammar}},
	// Cedar, or documents of other languages.
	"aws_verifiedaccess_group": nil, "aws_verifiedaccess_endpoint": nil, "aws_sns_topic_data_protection_policy": nil, "aws_cloudwatch_log_data_protection_policy": nil,
	"aws_networkmanager_core_network_policy_attachment": nil,
}

const trustPolicy = "AWS::IAM::AssumeRolePolicyDocument"

// resourcePolicy is the row of a resource whose one policy says who may do what with it.
func resourcePolicy(path, resourceType string) []place {
	return []place{{path: path, kind: policy.Resource, resourceType: resourceType}}
}

package template

import (
	"fmt"
	"strings"
	"testing"
)

const (
	allow = `{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}`
	deny  = `{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}`
)

// change is a change of a resource called r, with the members of its change, and those of the plan behind it.
func change(resource, members string, of ...string) string {
	return fmt.Sprintf(`{"format_version": "1.2", "resource_changes": [{"address": "r", "type": %q, "name": "r", "change": {%s}}]%s}`, resource, members, strings.Join(append([]string{""}, of...), ", "))
}

// TestNothingOfAPlanIsDroppedInSilence: each is what was once passed over.
func TestNothingOfAPlanIsDroppedInSilence(t *testing.T) {
	const unknown = `"after": {}, "after_unknown": {"policy": true}`
	const known = "the policy is known only when the plan is applied"
	configured := func(resources string) string {
		return `"configuration": {"root_module": {"resources": [` + resources + `]}}`
	}
	for _, c := range []struct{ what, text, policies, notes string }{
		{"a plan that failed", `{"format_version": "1.2", "resource_changes": [], "errored": true}`, "", "plan: the plan was not finished, because of an error, and does not say everything"},
		{"a change that is deferred", `{"format_version": "1.2", "resource_changes": [], "deferred_changes": [{"reason": "x", "resource_change": {"address": "aws_iam_policy.d", "type": "aws_iam_policy"}}]}`, "",
			"aws_iam_policy.d: the change is deferred: what it comes to is known only in a later plan"},
		{"a data source of the type and name of a resource", change("aws_iam_policy", unknown, configured(`{"type": "aws_iam_policy", "name": "r", "mode": "managed", "expressions": {"policy": {"references": ["a.b"]}}},
			{"type": "aws_iam_policy", "name": "r", "mode": "data", "expressions": {"arn": {}}}`)), "", "r.policy: " + known + "; it refers to a.b"},
		{"a resource that the configuration does not have", change("aws_iam_policy", unknown, configured("")), "", "r.policy: " + known},
		{"a resource that is configured with nothing", change("aws_s3_bucket", unknown, configured(`{"type": "aws_s3_bucket", "name": "r", "mode": "managed"}`)), "", ""},
		{"an unknown policy of a resource that the table does not know", change("aws_new_thing", `"after": {}, "after_unknown": {"id": true, "policy": true, "policy_id": true, "x": [{"resource_policy": true}]}`), "",
			"r.policy: " + known + "\nr.x[0].resource_policy: " + known},
		{"such a one that nobody wants", change("aws_new_thing", unknown, configured(`{"type": "aws_new_thing", "name": "r", "mode": "managed"}`)), "", ""},
		{"a policy that is no text", change("aws_iam_policy", `"after": {"policy": {"Statement": []}}`), "", "r.policy: this is no text of a policy, and is not looked at"},
		{"a block that is not known yet", change("aws_iam_role", `"after": {}, "after_unknown": {"inline_policy": [{"policy": true}]}`), "", "r.inline_policy[0].policy: " + known},
		{"a block that is configured otherwise than the first", change("aws_iam_role", `"after": {"inline_policy": [{}, {}]}, "after_unknown": {"inline_policy": [{}, {"policy": true}]}`,
			configured(`{"type": "aws_iam_role", "name": "r", "mode": "managed", "expressions": {"inline_policy": [{}, {"policy": {}}]}}`)), "", "r.inline_policy[1].policy: " + known},
		{"a stack", change("aws_cloudformation_stack", `"after": {"template_body": "Resources: {}", "template_url": null}`), "", "r.template_body: the policies in this template are not looked at; ask about the template itself"},
		{"the definition of an interface", change("aws_api_gateway_rest_api", `"after": {"body": "{\"x-amazon-apigateway-policy\": {}}"}`), "", "r.body: the policy in this definition is not looked at"},
		{"a definition without a policy", change("aws_api_gateway_rest_api", `"after": {"body": "{}"}`), "", ""},
		{"Cloud Control", change("awscc_secretsmanager_resource_policy", `"after": {"resource_policy": "`+allow+`"}`), "r.resource_policy: resource of AWS::SecretsManager::Secret, new", ""},
		{"Cloud Control's lists", change("awscc_iam_role", `"after": {"policies": [{"policy_document": "`+allow+`"}]}`), "r.policies[0].policy_document: inline, new", ""},
		{"Cloud Control's stacks", change("awscc_cloudformation_stack", `"after": {"template_url": "u"}`), "", "r.template_url: the policies in this template are not looked at; ask about the template itself"},
		{"Cloud Control's unknowns", change("awscc_efs_file_system", `"after": {}, "after_unknown": {"file_system_policy": true}`), "", "r.file_system_policy: " + known},
		{"an inline policy that another role gets", change("aws_iam_role_policy", `"before": {"role": "a", "policy": "`+allow+`"}, "after": {"role": "b", "policy": "`+allow+`"}`), "r.policy: inline, new", ""},
		{"one that a new role gets", change("aws_iam_role_policy", `"before": {"role": "a", "policy": "`+allow+`"}, "after": {"policy": "`+allow+`"}, "after_unknown": {"role": true}`), "r.policy: inline, new", ""},
		{"one that the same role keeps", change("aws_iam_role_policy", `"before": {"role": "a", "policy": "`+allow+`"}, "after": {"role": "a", "policy": "`+allow+`"}`), "r.policy: inline, as before", ""},
		{"a policy that Terraform forgets", change("aws_iam_policy", `"actions": ["forget"], "before": {"policy": "`+allow+`"}, "after": null`), "r.policy: managed, as before", ""},
	} {
		f := read(t, c.text, Options{})
		if got := strings.Join(summaries(f.Policies), "\n"); got != c.policies || strings.Join(notes(f), "\n") != c.notes {
			t.Errorf("%s: policies %q, notes %q\nwant %q, %q", c.what, got, notes(f), c.policies, c.notes)
		}
	}
}

func TestUnderscores(t *testing.T) {
	for name, want := range map[string]string{"PolicyDocument": "policy_document", "Policies[].PolicyDocument": "policies[].policy_document", "VPCEndpoint": "vpc_endpoint", "KeyPolicy": "key_policy"} {
		if got := underscores(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestGone: a policy that goes with what it belonged to denies nobody anything who could still want it.
func TestGone(t *testing.T) {
	before := `"before": {"bucket": "b", "role": "a", "policy": "` + deny + `", "inline_policy": [{"name": "i", "policy": "` + deny + `"}]}, "after": null`
	withBucket := strings.Replace(change("aws_s3_bucket_policy", before), `"resource_changes": [`, `"resource_changes": [{"address": "b", "type": "aws_s3_bucket", "change": {"before": {"bucket": "b"}, "after": null}}, `, 1)
	for _, c := range []struct {
		what, text string
		gone       bool
	}{
		{"a policy without its bucket", change("aws_s3_bucket_policy", before), false},
		{"a policy with its bucket", withBucket, true},
		{"a policy of a role", change("aws_iam_role_policy", before), false},
		{"a policy that a role has in it", change("aws_iam_role", before), true},
		{"a managed policy", change("aws_iam_policy", before), false},
		{"a policy that another role gets", change("aws_iam_role_policy", strings.Replace(before, `"after": null`, `"after": {"role": "b", "policy": "x"}`, 1)), false},
	} {
		f := read(t, c.text, Options{})
		if len(f.Removed) != 1 || f.Removed[0].Gone != c.gone {
			t.Errorf("%s: %v", c.what, summaries(f.Removed))
		}
	}
}

func attachments(f *File) (lines []string) {
	for _, a := range f.Attachments {
		line := a.Name + ": " + a.Text
		if a.New {
			line += ", new"
		}
		if a.Outside {
			line += ", outside " + fmt.Sprint(a.Elsewhere)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestAttachmentsOfAPlan(t *testing.T) {
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	for _, c := range []struct{ what, text, want string }{
		{"a managed policy", change("aws_iam_role_policy_attachment", `"before": null, "after": {"role": "r", "policy_arn": "`+admin+`"}`), "r.policy_arn: " + admin + " is attached to r, new, outside [" + admin + "]"},
		{"one that was attached before", change("aws_iam_role_policy_attachment", `"before": {"role": "r", "policy_arn": "`+admin+`"}, "after": {"role": "r", "policy_arn": "`+admin+`"}`), "r.policy_arn: " + admin + " is attached to r, outside [" + admin + "]"},
		{"one that another gets", change("aws_iam_role_policy_attachment", `"before": {"role": "q", "policy_arn": "a"}, "after": {"role": "r", "policy_arn": "a"}`), "r.policy_arn: a is attached to r, new, outside [a]"},
		{"one that is detached", change("aws_iam_role_policy_attachment", `"before": {"role": "q", "policy_arn": "a"}, "after": null`), ""},
		{"one of the plan", change("aws_iam_role_policy_attachment", `"after": {"role": "r"}, "after_unknown": {"policy_arn": true}`, `"configuration": {"root_module": {"resources": [{"type": "aws_iam_role_policy_attachment", "name": "r",
			"expressions": {"role": {}, "policy_arn": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}}}]}}`), "r.policy_arn: aws_iam_policy.p.arn is attached to r, new"},
		{"one that is not known", change("aws_iam_role_policy_attachment", `"after": {"role": "r"}, "after_unknown": {"policy_arn": true}`), "r.policy_arn: what is known only when the plan is applied is attached to r, new, outside [what is known only when the plan is applied]"},
		{"those of a role", change("aws_iam_role", `"before": {"name": "r", "managed_policy_arns": ["a"]}, "after": {"name": "r", "managed_policy_arns": ["a", "b"]}`), "r.managed_policy_arns: a, b is attached to r, new, outside [a b]"},
		{"those of a role to which AWS gives a name", change("aws_iam_role", `"after": {"managed_policy_arns": ["a"]}, "after_unknown": {"name": true}`, `"configuration": {"root_module": {"resources": [{"type": "aws_iam_role", "name": "r", "expressions": {"managed_policy_arns": {}}}]}}`), "r.managed_policy_arns: a is attached to r, new, outside [a]"},
		{"those of Cloud Control", change("awscc_iam_role", `"after": {"managed_policy_arns": ["a"], "role_name": "x"}`), "r.managed_policy_arns: a is attached to x, new, outside [a]"},
		{"nobody", change("aws_iam_policy_attachment", `"after": {"policy_arn": "a", "roles": [], "users": ["u"], "groups": null}`), "r.policy_arn: a is attached to u, new, outside [a]"},
		{"a member", change("aws_iam_group_membership", `"before": {"group": "g", "users": ["a"]}, "after": {"group": "g", "users": ["a", "b"]}`), "r.group: g gets the member a, b, new, outside []"},
		{"a boundary that goes", change("aws_iam_role", `"before": {"name": "r", "permissions_boundary": "b"}, "after": {"name": "r", "permissions_boundary": null}`), "r.permissions_boundary: b does not limit r, new"},
		{"a boundary that goes with its role", change("aws_iam_role", `"before": {"name": "r", "permissions_boundary": "b"}, "after": null`), ""},
		{"a boundary that stays", change("aws_iam_role", `"before": {"name": "r", "permissions_boundary": "b"}, "after": {"name": "r", "permissions_boundary": "b"}`), ""},
		{"a boundary that comes", change("aws_iam_role", `"before": {"name": "r"}, "after": {"name": "r", "permissions_boundary": "b"}`), ""},
		{"a control policy that is detached", change("aws_organizations_policy_attachment", `"before": {"policy_id": "p", "target_id": "t"}, "after": null`), "r.policy_id: p does not limit t, new"},
		{"a key that is granted", change("aws_kms_grant", `"after": {"key_id": "k", "grantee_principal": "p", "operations": ["Decrypt"]}`), "r.key_id: k is granted to p, new, outside []\nr.operations: Decrypt is granted to p, new, outside []"},
	} {
		if got := strings.Join(attachments(read(t, c.text, Options{})), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
	inside := strings.Replace(change("aws_iam_user_policy_attachment", `"after": {"user": "u", "policy_arn": "p"}`), `"resource_changes": [`, `"resource_changes": [{"address": "p", "type": "aws_iam_policy", "change": {"after": {"arn": "p"}}}, `, 1)
	checkList(t, "a policy of the plan whose ARN is known", attachments(read(t, inside, Options{})), []string{"r.policy_arn: p is attached to u, new"})
}

func TestPermissionsOfAPlanAreStatements(t *testing.T) {
	for _, c := range []struct{ what, text, want, before string }{
		{"everybody", change("aws_lambda_permission", `"after": {"principal": "*", "action": "lambda:InvokeFunction", "function_name": "f"}`), `{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}`, ""},
		{"a service with conditions", change("aws_lambda_permission", `"before": {"principal": "s3.amazonaws.com", "action": "a"}, "after": {"principal": "s3.amazonaws.com", "action": "lambda:InvokeFunction", "function_name": "arn:aws:lambda:eu-central-1:111122223333:function:f",
			"source_arn": "arn:aws:s3:::b", "source_account": "111122223333"}`), `{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-central-1:111122223333:function:f",` +
			`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"},"StringEquals":{"aws:SourceAccount":"111122223333"}}}`, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"a","Resource":"*"}}`},
		{"an account, to events", change("aws_cloudwatch_event_permission", `"after": {"principal": "111122223333", "action": null, "condition": []}`), `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"events:PutEvents","Resource":"*"}`, ""},
		{"an organization, to events", change("aws_cloudwatch_event_permission", `"after": {"principal": "*", "condition": [{"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-1"}]}`),
			`{"Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`, ""},
		{"Cloud Control", change("awscc_lambda_permission", `"after": {"principal": "*", "action": "lambda:InvokeFunction", "function_url_auth_type": "NONE"}`),
			`{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}}`, ""},
		{"a URL for everybody", change("aws_lambda_function_url", `"after": {"function_name": "f", "authorization_type": "NONE"}`),
			`{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"*","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}}`, ""},
	} {
		f := read(t, c.text, Options{})
		want := `{"Version":"2012-10-17","Statement":` + c.want + "}"
		if len(f.Policies) != 1 || f.Policies[0].Text != want || f.Policies[0].Before != c.before || !f.Policies[0].Made {
			t.Errorf("%s: %v %v", c.what, summaries(f.Policies), notes(f))
			if len(f.Policies) == 1 {
				t.Errorf("%s\nwant %s\nbefore %s, want %s", f.Policies[0].Text, want, f.Policies[0].Before, c.before)
			}
			continue
		}
		checkPlaces(t, f.Policies[0])
	}
	for _, c := range []struct{ what, text, notes string }{
		{"a URL that asks for a signature", change("aws_lambda_function_url", `"after": {"authorization_type": "AWS_IAM"}`), ""},
		{"an unknown principal", change("aws_lambda_permission", `"after": {}, "after_unknown": {"principal": true}`), "r.principal: the policy is known only when the plan is applied"},
		{"everybody under an unknown condition", change("aws_lambda_permission", `"after": {"principal": "*", "action": "x"}, "after_unknown": {"source_arn": true}`), "r.source_arn: the policy is known only when the plan is applied"},
	} {
		if f := read(t, c.text, Options{}); len(f.Policies) != 0 || strings.Join(notes(f), "\n") != c.notes {
			t.Errorf("%s: %v %v", c.what, summaries(f.Policies), notes(f))
		}
	}
	// The places lead to the attributes.
	text := change("aws_lambda_permission", `"after": {"principal": "*", "action": "lambda:InvokeFunktion"}`)
	p := read(t, text, Options{}).Policies[0]
	if at := p.Position(strings.Index(p.Text, "lambda:")); at.Column != strings.Index(text, "lambda:")+1 {
		t.Errorf("the action is at %v of %s", at, text)
	}
}

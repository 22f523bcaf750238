package analysis

import (
	"fmt"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// TestPublic has a row for each way to shut the public out, and for each that does not.
func TestPublic(t *testing.T) {
	c := load(t)
	const bucket, trust = "AWS::S3::Bucket", "AWS::IAM::AssumeRolePolicyDocument"
	const github = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`
	for _, row := range []struct {
		name, resourceType, principal, condition string
		want                                     Verdict
	}{
		{"everyone", bucket, `"*"`, ``, Yes},
		{"everyone, by {AWS: *}", bucket, `{"AWS":"*"}`, ``, Yes},
		{"an account", bucket, `{"AWS":"111122223333"}`, ``, No},
		{"a user", bucket, `{"AWS":"arn:aws:iam::111122223333:user/a"}`, ``, No},
		{"a service", bucket, `{"Service":"cloudtrail.amazonaws.com"}`, ``, No},
		{"an organization", bucket, `"*"`, `"StringEquals":{"aws:PrincipalOrgID":"o-1"}`, No},
		{"an organization with a wildcard", bucket, `"*"`, `"StringLike":{"aws:PrincipalOrgID":"o-*"}`, Yes},
		{"an organization, if it is known", bucket, `"*"`, `"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}`, Yes},
		{"any but an organization", bucket, `"*"`, `"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}`, Yes},
		{"paths of an organization", bucket, `"*"`, `"ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":["o-1/r/ou/"]}`, No},
		{"all paths of an organization", bucket, `"*"`, `"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":["o-1/r/ou/"]}`, Yes},
		{"an account's users", bucket, `"*"`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/*"}`, No},
		{"any account's users", bucket, `"*"`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}`, Yes},
		{"an account by its id", bucket, `"*"`, `"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}`, No},
		{"a source", bucket, `"*"`, `"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::a"}`, No},
		{"sources of an account", bucket, `"*"`, `"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}`, No},
		{"any source", bucket, `"*"`, `"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}`, Yes},
		{"a VPC", bucket, `"*"`, `"StringEquals":{"aws:SourceVpc":"vpc-1"}`, No},
		{"an endpoint", bucket, `"*"`, `"StringEquals":{"aws:SourceVpce":"vpce-1"}`, No},
		{"a variable", bucket, `"*"`, `"StringEquals":{"aws:SourceVpc":"${aws:PrincipalTag/vpc}"}`, Yes},
		{"a network", bucket, `"*"`, `"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}`, No},
		{"half of all networks", bucket, `"*"`, `"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}`, Yes},
		{"all but a network", bucket, `"*"`, `"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, Yes},
		{"a role's sessions", bucket, `"*"`, `"StringLike":{"aws:userid":"AROAEXAMPLE:*"}`, No},
		{"any session", bucket, `"*"`, `"StringLike":{"aws:userid":"*:build"}`, Yes},
		{"an organizational unit and what is under it", bucket, `"*"`, `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-1/r-1/ou-1/*"]}`, No},
		{"paths of any organization", bucket, `"*"`, `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-*/r-1/*"]}`, Yes},
		{"an organization, in any case", bucket, `"*"`, `"StringEqualsIgnoreCase":{"aws:PrincipalOrgID":"O-1"}`, No},
		{"a network of IPv4, written as one of IPv6", bucket, `"*"`, `"IpAddress":{"aws:SourceIp":"::ffff:10.0.0.0/104"}`, No},
		{"half of all networks, written so", bucket, `"*"`, `"IpAddress":{"aws:SourceIp":"::ffff:0.0.0.0/97"}`, Yes},
		{"a key of one's own", bucket, `"*"`, `"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/1"}`, No},
		{"AWS's services", bucket, `"*"`, `"Bool":{"aws:PrincipalIsAWSService":"true"}`, No},
		{"a service by its name", bucket, `"*"`, `"StringEquals":{"aws:PrincipalServiceName":"cloudtrail.amazonaws.com"}`, No},
		{"who has no name", bucket, `"*"`, `"StringEquals":{"aws:PrincipalAccount":"anonymous"}`, Yes},
		{"by the id that they all have", bucket, `"*"`, `"StringEquals":{"aws:userid":"anonymous"}`, Yes},
		{"CloudFront", bucket, `{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}`, ``, No},
		{"federated sessions", bucket, `"*"`, `"StringEquals":{"aws:PrincipalType":"FederatedUser"}`, Yes},
		{"federated sessions of an account", bucket, `"*"`, `"StringLike":{"aws:userid":"111122223333:*"}`, No},
		{"TLS", bucket, `"*"`, `"Bool":{"aws:SecureTransport":"true"}`, Yes},
		{"what cannot be", bucket, `"*"`, `"Bool":{"aws:SecureTransport":"maybe"}`, No},
		{"a tag of the caller", bucket, `"*"`, `"StringEquals":{"aws:PrincipalTag/team":"a"}`, Yes},
		{"a role for everyone", trust, `{"AWS":"*"}`, ``, Yes},
		{"a role for an account", trust, `{"AWS":"111122223333"}`, ``, No},
		{"a role for a service", trust, `{"Service":"ec2.amazonaws.com"}`, ``, No},
		{"a role for all of Google", trust, `{"Federated":"accounts.google.com"}`, ``, Yes},
		{"a role for an application", trust, `{"Federated":"accounts.google.com"}`, `"StringEquals":{"accounts.google.com:aud":"1"}`, No},
		{"a role for all of GitHub", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"*"}`, Yes},
		{"a role for a repository", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}`, No},
		{"a role for an owner's repositories", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/*"}`, No},
		{"a role for all owners that begin alike", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a*"}`, Yes},
		{"a role for all repositories", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}`, Yes},
		{"a role for all main branches", trust, github, `"StringLike":{"token.actions.githubusercontent.com:sub":"*:ref:refs/heads/main"}`, Yes},
		{"a role for the audience that all have", trust, github, `"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}`, Yes},
		{"a role for an owner", trust, github, `"StringEqualsIgnoreCase":{"token.actions.githubusercontent.com:repository_owner":"A"}`, No},
		{"a role for a group", trust, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/gitlab.com"}`, `"StringLike":{"gitlab.com:sub":"project_path:group/*:ref_type:branch:ref:main"}`, No},
		{"a role for all projects of one name", trust, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/gitlab.com"}`, `"StringLike":{"gitlab.com:sub":"project_path:*/infra:*"}`, Yes},
		{"a role for a pool of identities", trust, `{"Federated":"cognito-identity.amazonaws.com"}`, `"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:1"}`, No},
		{"a role for whoever signed in anywhere", trust, `{"Federated":"cognito-identity.amazonaws.com"}`, `"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}`, Yes},
		{"a role for verified addresses", trust, `{"Federated":"accounts.google.com"}`, `"Bool":{"accounts.google.com:email_verified":"true"}`, Yes},
		{"a role for a customer of a provider", trust, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.vercel.com"}`, `"StringEquals":{"oidc.vercel.com:aud":"https://vercel.com/acme"}`, No},
		{"a role for one's own provider", trust, `{"Federated":"arn:aws:iam::111122223333:saml-provider/x"}`, ``, No},
	} {
		actions, resource := `"s3:GetObject"`, `,"Resource":"arn:aws:s3:::b/*"`
		if row.resourceType == trust {
			actions, resource = `["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:AssumeRoleWithSAML"]`, ``
		}
		text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%s%s,"Condition":{%s}}]}`, row.principal, actions, resource, row.condition)
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := New(Options{Catalog: c}).Public(row.resourceType, d)
		if err != nil || got.Verdict != row.want {
			t.Errorf("%s: %v (%s) %v %v, want %v\n%s", row.name, got.Verdict, got.Reason, got.Witness, err, row.want, text)
		}
	}
	// What is left of a wide network is of nobody in particular, though another statement knows a part of it.
	networks := func(deny string) *policy.Document {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"8.0.0.0/7"}}},
			{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":` + deny + `}}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for deny, want := range map[string]Verdict{`"8.0.0.0/8"`: Yes, `["8.0.0.0/8","9.0.0.0/8"]`: No, `["8.0.0.0/8","9.0.0.0/9"]`: Yes} {
		if got, err := New(Options{Catalog: c}).Public(bucket, networks(deny)); err != nil || got.Verdict != want {
			t.Errorf("8.0.0.0/7 without %s: %v %v, want %v", deny, got.Verdict, err, want)
		}
	}
	for _, resource := range []string{`"execute-api:/*"`, `["execute-api:/prod/GET/x"]`, `"execute-api:\/prod\/*"`} {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":` + resource + `}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := New(Options{Catalog: c}).Public("AWS::ApiGateway::RestApi", d); err != nil || got.Verdict != Yes {
			t.Errorf("%s: %v, %v", resource, got.Verdict, err)
		}
	}
	if _, err := New(Options{}).Public("AWS::EC2::Instance", nil); err == nil {
		t.Error("an instance has a policy")
	}
}

// TestGrants asks about access that a policy grants, and does not.
func TestGrants(t *testing.T) {
	c := load(t)
	const own = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"},{"Effect":"Deny","Action":"s3:GetObjectAcl","Resource":"*"}]}`
	const shared = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"}]}`
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`
	for _, row := range []struct {
		kind               policy.Kind
		text               string
		actions, resources []string
		want               Verdict
	}{
		{policy.Inline, own, []string{"s3:GetObject"}, nil, Yes},
		{policy.Inline, own, []string{"s3:PutObject", "s3:GetObjectAcl"}, nil, No},
		{policy.Inline, own, []string{"s3:*"}, []string{"arn:aws:s3:::a/secret"}, Yes},
		{policy.Inline, own, []string{"s3:*"}, []string{"arn:aws:s3:::b/*"}, No},
		{policy.Inline, own, nil, []string{"arn:aws:s3:::a/*"}, Yes},
		{policy.Resource, shared, []string{"s3:GetObject"}, nil, Yes},
		{policy.Resource, shared, []string{"s3:PutObject"}, nil, No},
		{policy.Trust, trust, []string{"sts:AssumeRole"}, nil, Yes},
		{policy.Trust, trust, []string{"sts:TagSession"}, nil, No},
		{policy.ServiceControl, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, []string{"s3:GetObject"}, nil, No},
		{policy.ServiceControl, own, []string{"s3:GetObject"}, nil, Yes},
		{policy.ServiceControl, own, []string{"s3:PutObject", "s3:GetObjectAcl"}, nil, No},
		{policy.ResourceControl, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`, []string{"s3:GetObject"}, nil, No},
		{policy.ResourceControl, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`, []string{"sqs:SendMessage"}, nil, Yes},
		{policy.Inline, own, []string{"s3:GetNothingKnown*"}, nil, Yes},
		{policy.Inline, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"brandnew:*","Resource":"*"}]}`, []string{"brandnew:Get*"}, nil, Yes},
		{policy.Inline, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"brandnew:*","Resource":"*"}]}`, []string{"s3:*"}, nil, No},
	} {
		d, err := policy.Parse(row.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := New(Options{Catalog: c}).Grants(row.kind, d, Access{row.actions, row.resources})
		if err != nil || got.Verdict != row.want {
			t.Errorf("%v %v of %s: %v %v %v, want %v", row.actions, row.resources, row.text, got.Verdict, got.Witness, err, row.want)
		}
	}
}

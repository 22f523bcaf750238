package template

import "github.com/writ-iam/writ/policy"

// samPolicies is the property of a serverless function that holds documents, names of managed policies and policy templates side by side.
const samPolicies = "Policies[]"

// principalPolicies are the rows of users, groups and roles.
var principalPolicies = place{path: "Policies[].PolicyDocument", kind: policy.Inline}

var trustProperty = place{path: "AssumeRolePolicyDocument", kind: policy.Trust, resourceType: trustPolicy}

// cloudFormationPlaces are the properties of resources that hold policies, after the template reference. Resources without a row are looked through for what looks like
// a policy. Permissions of Lambda functions and layers are no documents.
var cloudFormationPlaces = map[string][]place{
	"AWS::IAM::Policy":              {{path: "PolicyDocument", kind: policy.Inline}},
	"AWS::IAM::UserPolicy":          {{path: "PolicyDocument", kind: policy.Inline}},
	"AWS::IAM::RolePolicy":          {{path: "PolicyDocument", kind: policy.Inline}},
	"AWS::IAM::GroupPolicy":         {{path: "PolicyDocument", kind: policy.Inline}},
	"AWS::IAM::ManagedPolicy":       {{path: "PolicyDocument", kind: policy.Managed}},
	"AWS::IAM::Role":                {trustProperty, principalPolicies},
	"AWS::IAM::User":                {principalPolicies},
	"AWS::IAM::Group":               {principalPolicies},
	"AWS::SSO::PermissionSet":       {{path: "InlinePolicy", kind: policy.Inline}},
	"AWS::Transfer::User":           {{path: "Policy", kind: policy.Session}},
	"AWS::Serverless::Function":     {trustProperty, {path: samPolicies, kind: policy.Inline}},
	"AWS::Serverless::StateMachine": {{path: samPolicies, kind: policy.Inline}},

	"AWS::Organizations::Policy":         {{path: "Content", kind: policy.ServiceControl}},
	"AWS::Organizations::ResourcePolicy": resourcePolicy("Content", ""),

	"AWS::S3::BucketPolicy":                  resourcePolicy("PolicyDocument", "AWS::S3::Bucket"),
	"AWS::S3::AccessPoint":                   resourcePolicy("Policy", "AWS::S3::AccessPoint"),
	"AWS::S3::MultiRegionAccessPointPolicy":  resourcePolicy("Policy", "AWS::S3::MultiRegionAccessPoint"),
	"AWS::S3ObjectLambda::AccessPointPolicy": resourcePolicy("PolicyDocument", "AWS::S3ObjectLambda::AccessPoint"),
	"AWS::S3Express::BucketPolicy":           resourcePolicy("PolicyDocument", "AWS::S3Express::DirectoryBucket"),
	"AWS::S3Express::AccessPoint":            resourcePolicy("Policy", "AWS::S3Express::AccessPoint"),
	"AWS::S3Outposts::BucketPolicy":          resourcePolicy("PolicyDocument", "AWS::S3Outposts::Bucket"),
	"AWS::S3Outposts::AccessPoint":           resourcePolicy("Policy", "AWS::S3Outposts::AccessPoint"),
	"AWS::S3Tables::TableBucketPolicy":       resourcePolicy("ResourcePolicy", "AWS::S3Tables::TableBucket"),
	"AWS::S3Tables::TablePolicy":             resourcePolicy("ResourcePolicy", "AWS::S3Tables::Table"),
	"AWS::SQS::QueuePolicy":                  resourcePolicy("PolicyDocument", "AWS::SQS::Queue"),
	"AWS::SQS::QueueInlinePolicy":            resourcePolicy("PolicyDocument", "AWS::SQS::Queue"),
	"AWS::SNS::TopicPolicy":                  resourcePolicy("PolicyDocument", "AWS::SNS::Topic"),
	"AWS::SNS::TopicInlinePolicy":            resourcePolicy("PolicyDocument", "AWS::SNS::Topic"),
	"AWS::KMS::Key":                          resourcePolicy("KeyPolicy", "AWS::KMS::Key"),
	"AWS::KMS::ReplicaKey":                   resourcePolicy("KeyPolicy", "AWS::KMS::Key"),
	"AWS::SecretsManager::ResourcePolicy":    resourcePolicy("ResourcePolicy", "AWS::SecretsManager::Secret"),
	"AWS::ApiGateway::RestApi": {
		{path: "Policy", kind: policy.Resource, resourceType: "AWS::ApiGateway::RestApi"},
		{path: "Body.x-amazon-apigateway-policy", kind: policy.Resource, resourceType: "AWS::ApiGateway::RestApi"},
	},
	"AWS::Serverless::Api":            resourcePolicy("DefinitionBody.x-amazon-apigateway-policy", "AWS::ApiGateway::RestApi"),
	"AWS::Backup::BackupVault":        resourcePolicy("AccessPolicy", "AWS::Backup::BackupVault"),
	"AWS::CodeArtifact::Domain":       resourcePolicy("PermissionsPolicyDocument", "AWS::CodeArtifact::Domain"),
	"AWS::CodeArtifact::Repository":   resourcePolicy("PermissionsPolicyDocument", ""),
	"AWS::EFS::FileSystem":            resourcePolicy("FileSystemPolicy", "AWS::EFS::FileSystem"),
	"AWS::Elasticsearch::Domain":      resourcePolicy("AccessPolicies", "AWS::OpenSearchService::Domain"),
	"AWS::OpenSearchService::Domain":  resourcePolicy("AccessPolicies", "AWS::OpenSearchService::Domain"),
	"AWS::Kinesis::ResourcePolicy":    resourcePolicy("ResourcePolicy", "AWS::Kinesis::Stream"),
	"AWS::CloudTrail::ResourcePolicy": resourcePolicy("ResourcePolicy", "AWS::CloudTrail::EventDataStore"),
	"AWS::DynamoDB::Table": {
		{path: "ResourcePolicy.PolicyDocument", kind: policy.Resource, resourceType: "AWS::DynamoDB::Table"},
		{path: "StreamSpecification.ResourcePolicy.PolicyDocument", kind: policy.Resource, resourceType: "AWS::DynamoDB::Stream"},
	},
	"AWS::DynamoDB::GlobalTable": {
		{path: "Replicas[].ResourcePolicy.PolicyDocument", kind: policy.Resource, resourceType: "AWS::DynamoDB::Table"},
		{path: "Replicas[].ReplicaStreamSpecification.ResourcePolicy.PolicyDocument", kind: policy.Resource, resourceType: "AWS::DynamoDB::Stream"},
	},

	"AWS::EC2::VPCEndpoint":              resourcePolicy("PolicyDocument", ""),
	"AWS::ECR::RegistryPolicy":           resourcePolicy("PolicyText", ""),
	"AWS::EventSchemas::RegistryPolicy":  resourcePolicy("Policy", ""),
	"AWS::Events::EventBus":              resourcePolicy("Policy", ""),
	"AWS::Events::EventBusPolicy":        {{path: "Statement", kind: policy.Resource, one: true}},
	"AWS::Lex::ResourcePolicy":           resourcePolicy("Policy", ""),
	"AWS::Logs::Destination":             resourcePolicy("DestinationPolicy", ""),
	"AWS::Logs::ResourcePolicy":          resourcePolicy("PolicyDocument", ""),
	"AWS::MSK::ClusterPolicy":            resourcePolicy("Policy", ""),
	"AWS::MediaStore::Container":         resourcePolicy("Policy", ""),
	"AWS::Redshift::Cluster":             resourcePolicy("NamespaceResourcePolicy", ""),
	"AWS::RedshiftServerless::Namespace": resourcePolicy("NamespaceResourcePolicy", ""),
	"AWS::SSM::ResourcePolicy":           resourcePolicy("Policy", ""),
	"AWS::VpcLattice::AuthPolicy":        resourcePolicy("Policy", ""),
	"AWS::VpcLattice::ResourcePolicy":    resourcePolicy("Policy", ""),
	"AWS::XRay::ResourcePolicy":          resourcePolicy("PolicyDocument", ""),
	// Statements without a Resource: what a repository's policy speaks of is the repository.
	"AWS::ECR::Repository":                 {{path: "RepositoryPolicyText", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"AWS::ECR::RepositoryCreationTemplate": {{path: "RepositoryPolicy", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"AWS::ECR::PublicRepository":           {{path: "RepositoryPolicyText", kind: policy.Grammar, resourceType: "AWS::ECR::PublicRepository"}},
	// The same language in a service of its own: no rule for IAM's policies holds.
	"AWS::IoT::Policy": {{path: "PolicyDocument", kind: policy.Grammar}},
	// Cedar.
	"AWS::EC2::VerifiedAccessGroup": nil, "AWS::EC2::VerifiedAccessEndpoint": nil, "AWS::VerifiedPermissions::Policy": nil,
}

// cloudFormationElsewhere are the properties that stand for policies which are not looked at.
var cloudFormationElsewhere = map[string][]unreadable{
	"AWS::CloudFormation::Stack":    {{attribute: "TemplateURL", text: inTemplate}},
	"AWS::CloudFormation::StackSet": {{attribute: "TemplateURL", text: inTemplate}, {attribute: "TemplateBody", text: inTemplate}},
	"AWS::Serverless::Application":  {{attribute: "Location", text: inTemplate}},
	"AWS::ApiGateway::RestApi":      {{attribute: "BodyS3Location", text: inDefinition}},
	"AWS::Serverless::Api":          {{attribute: "DefinitionUri", text: inDefinition}, {attribute: "Auth", word: "ResourcePolicy", text: "the policy that this comes to is not looked at"}},
	"AWS::Serverless::Connector":    {{attribute: "Permissions", text: "the policies that connectors come to are not looked at"}},
	"AWS::RAM::Permission":          {{attribute: "PolicyTemplate", text: "the permission that is shared is not looked at"}},
	"AWS::ServiceCatalog::CloudFormationProvisionedProduct": {
		{attribute: "ProductId", text: "what the product makes is not looked at"}, {attribute: "ProductName", text: "what the product makes is not looked at"},
	},
}

// resourceName says what a resource will be called.
type resourceName struct {
	property string // that names it, if given
	id       string // the form of the name that AWS makes up otherwise; empty for something like the logical id
	// arn is the attribute Arn, and ref what Ref stands for if it is not the name.
	arn, ref string
}

const (
	uuid  = "1234abcd-12ab-34cd-56ef-1234567890ab"
	arnOf = "arn:{partition}:"
	here  = ":{region}:{account}:"
)

// resourceNames are the forms of the names and ARNs that policies refer to most; others get an ARN of their service's.
var resourceNames = map[string]resourceName{
	"AWS::ApiGateway::RestApi":             {id: "a1b2c3d4e5"},
	"AWS::CloudFront::Distribution":        {id: "EDFDVBD632BHDS"},
	"AWS::CodeBuild::Project":              {property: "Name", arn: arnOf + "codebuild" + here + "project/{name}"},
	"AWS::DynamoDB::Table":                 {property: "TableName", arn: arnOf + "dynamodb" + here + "table/{name}"},
	"AWS::DynamoDB::GlobalTable":           {property: "TableName", arn: arnOf + "dynamodb" + here + "table/{name}"},
	"AWS::EC2::VPC":                        {id: "vpc-0123456789abcdef0", ref: "vpc-0123456789abcdef0"},
	"AWS::EC2::VPCEndpoint":                {id: "vpce-0123456789abcdef0", ref: "vpce-0123456789abcdef0"},
	"AWS::ECR::Repository":                 {property: "RepositoryName", arn: arnOf + "ecr" + here + "repository/{name}"},
	"AWS::ECS::Cluster":                    {property: "ClusterName", arn: arnOf + "ecs" + here + "cluster/{name}"},
	"AWS::EFS::FileSystem":                 {id: "fs-0123456789abcdef0", ref: "fs-0123456789abcdef0", arn: arnOf + "elasticfilesystem" + here + "file-system/fs-0123456789abcdef0"},
	"AWS::Events::EventBus":                {property: "Name", arn: arnOf + "events" + here + "event-bus/{name}"},
	"AWS::Events::Rule":                    {property: "Name", arn: arnOf + "events" + here + "rule/{name}"},
	"AWS::IAM::Group":                      {property: "GroupName", arn: arnOf + "iam::{account}:group/{name}"},
	"AWS::IAM::ManagedPolicy":              {property: "ManagedPolicyName", ref: arnOf + "iam::{account}:policy/{name}"},
	"AWS::IAM::OIDCProvider":               {ref: arnOf + "iam::{account}:oidc-provider/{name}.example.com", arn: arnOf + "iam::{account}:oidc-provider/{name}.example.com"},
	"AWS::IAM::Role":                       {property: "RoleName", arn: arnOf + "iam::{account}:role/{name}"},
	"AWS::IAM::SAMLProvider":               {property: "Name", ref: arnOf + "iam::{account}:saml-provider/{name}", arn: arnOf + "iam::{account}:saml-provider/{name}"},
	"AWS::IAM::User":                       {property: "UserName", arn: arnOf + "iam::{account}:user/{name}"},
	"AWS::KMS::Key":                        {id: uuid, ref: uuid, arn: arnOf + "kms" + here + "key/" + uuid},
	"AWS::Kinesis::Stream":                 {property: "Name", arn: arnOf + "kinesis" + here + "stream/{name}"},
	"AWS::KinesisFirehose::DeliveryStream": {property: "DeliveryStreamName", arn: arnOf + "firehose" + here + "deliverystream/{name}"},
	"AWS::Lambda::Function":                {property: "FunctionName", arn: arnOf + "lambda" + here + "function:{name}"},
	"AWS::Logs::LogGroup":                  {property: "LogGroupName", arn: arnOf + "logs" + here + "log-group:{name}:*"},
	"AWS::S3::Bucket":                      {property: "BucketName", arn: arnOf + "s3:::{name}"},
	"AWS::SNS::Topic":                      {property: "TopicName", ref: arnOf + "sns" + here + "{name}"},
	"AWS::SQS::Queue":                      {property: "QueueName", arn: arnOf + "sqs" + here + "{name}", ref: "https://sqs.{region}.amazonaws.com/{account}/{name}"},
	"AWS::SSM::Parameter":                  {property: "Name"},
	"AWS::SecretsManager::Secret":          {property: "Name", ref: arnOf + "secretsmanager" + here + "secret:{name}-a1b2c3"},
	"AWS::Serverless::Function":            {property: "FunctionName", arn: arnOf + "lambda" + here + "function:{name}"},
	"AWS::StepFunctions::StateMachine":     {property: "StateMachineName", ref: arnOf + "states" + here + "stateMachine:{name}", arn: arnOf + "states" + here + "stateMachine:{name}"},
}

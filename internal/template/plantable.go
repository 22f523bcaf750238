package template

import (
	"strings"

	"github.com/writ-iam/writ/policy"
)

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

	"aws_acmpca_policy":                              resourcePolicy("policy", ""),
	"aws_api_gateway_domain_name":                    resourcePolicy("policy", ""),
	"aws_cloudsearch_domain_service_access_policy":   resourcePolicy("access_policy", ""),
	"aws_cloudwatch_event_bus_policy":                resourcePolicy("policy", ""),
	"aws_cloudwatch_log_destination_policy":          resourcePolicy("access_policy", ""),
	"aws_cloudwatch_log_resource_policy":             resourcePolicy("policy_document", ""),
	"aws_codebuild_resource_policy":                  resourcePolicy("policy", ""),
	"aws_glue_resource_policy":                       resourcePolicy("policy", ""),
	"aws_media_store_container_policy":               resourcePolicy("policy", ""),
	"aws_msk_cluster_policy":                         resourcePolicy("policy", ""),
	"aws_networkfirewall_resource_policy":            resourcePolicy("policy", ""),
	"aws_redshift_resource_policy":                   resourcePolicy("policy", ""),
	"aws_redshiftserverless_resource_policy":         resourcePolicy("policy", ""),
	"aws_sagemaker_model_package_group_policy":       resourcePolicy("resource_policy", ""),
	"aws_schemas_registry_policy":                    resourcePolicy("policy", ""),
	"aws_cloudwatch_log_delivery_destination_policy": resourcePolicy("delivery_destination_policy", ""),
	"aws_oam_sink_policy":                            resourcePolicy("policy", ""),
	"aws_prometheus_resource_policy":                 resourcePolicy("policy_document", ""),
	"aws_s3files_file_system_policy":                 resourcePolicy("policy", ""),
	"aws_s3vectors_vector_bucket_policy":             resourcePolicy("policy", ""),
	"aws_ses_identity_policy":                        resourcePolicy("policy", ""),
	"aws_sesv2_email_identity_policy":                resourcePolicy("policy", ""),
	"aws_vpc_endpoint":                               resourcePolicy("policy", ""),
	"aws_vpc_endpoint_policy":                        resourcePolicy("policy", ""),
	"aws_vpclattice_auth_policy":                     resourcePolicy("policy", ""),
	"aws_vpclattice_resource_policy":                 resourcePolicy("policy", ""),
	"aws_xray_resource_policy":                       resourcePolicy("policy_document", ""),
	// Statements without a Resource: what the repository's policy speaks of is the repository.
	"aws_ecr_repository_policy":            {{path: "policy", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"aws_ecr_repository_creation_template": {{path: "repository_policy", kind: policy.Grammar, resourceType: "AWS::ECR::Repository"}},
	"aws_ecrpublic_repository_policy":      {{path: "policy", kind: policy.Grammar, resourceType: "AWS::ECR::PublicRepository"}},
	"aws_ecr_registry_policy":              resourcePolicy("policy", ""),

	"aws_transfer_user":         {{path: "policy", kind: policy.Session}},
	"aws_transfer_access":       {{path: "policy", kind: policy.Session}},
	"aws_rolesanywhere_profile": {{path: "session_policy", kind: policy.Session}},
	// The same language in a service of its own: no rule for IAM's policies holds.
	"aws_iot_policy": {{path: "policy", kind: policy.Grammar}},
	// Cedar, or documents of other languages.
	"aws_verifiedaccess_group": nil, "aws_verifiedaccess_endpoint": nil, "aws_sns_topic_data_protection_policy": nil, "aws_cloudwatch_log_data_protection_policy": nil,
	"aws_networkmanager_core_network_policy_attachment": nil, "aws_cloudwatch_log_account_policy": nil, "aws_cloudwatch_log_index_policy": nil, "aws_ecr_lifecycle_policy": nil,
	"aws_iot_policy_attachment": nil, "aws_opensearchserverless_access_policy": nil, "aws_opensearchserverless_lifecycle_policy": nil, "aws_opensearchserverless_security_policy": nil,
	"aws_ses_receipt_filter": nil,
}

const trustPolicy = "AWS::IAM::AssumeRolePolicyDocument"

// resourcePolicy is the row of a resource whose one policy says who may do what with it.
func resourcePolicy(path, resourceType string) []place {
	return []place{{path: path, kind: policy.Resource, resourceType: resourceType}}
}

// target is the attribute that says what a policy belongs to, and the type of that.
type target struct{ attribute, owner string }

// targets are those of resources that are a policy of another resource. If the attribute changes, nobody had the policy before who has it now.
var targets = map[string]target{
	"aws_iam_role_policy":                       {"role", "aws_iam_role"},
	"aws_iam_user_policy":                       {"user", "aws_iam_user"},
	"aws_iam_group_policy":                      {"group", "aws_iam_group"},
	"aws_ssoadmin_permission_set_inline_policy": {"permission_set_arn", "aws_ssoadmin_permission_set"},
	"aws_s3_bucket_policy":                      {"bucket", "aws_s3_bucket"},
	"aws_sqs_queue_policy":                      {"queue_url", "aws_sqs_queue"},
	"aws_sns_topic_policy":                      {"arn", "aws_sns_topic"},
	"aws_kms_key_policy":                        {"key_id", "aws_kms_key"},
	"aws_secretsmanager_secret_policy":          {"secret_arn", "aws_secretsmanager_secret"},
	"aws_ecr_repository_policy":                 {"repository", "aws_ecr_repository"},
	"aws_dynamodb_resource_policy":              {"resource_arn", "aws_dynamodb_table"},
	"aws_kinesis_resource_policy":               {"resource_arn", "aws_kinesis_stream"},
	"aws_efs_file_system_policy":                {"file_system_id", "aws_efs_file_system"},
	"aws_backup_vault_policy":                   {"backup_vault_name", "aws_backup_vault"},
	"aws_opensearch_domain_policy":              {"domain_name", "aws_opensearch_domain"},
	"aws_elasticsearch_domain_policy":           {"domain_name", "aws_elasticsearch_domain"},
	"aws_api_gateway_rest_api_policy":           {"rest_api_id", "aws_api_gateway_rest_api"},
	"aws_vpc_endpoint_policy":                   {"vpc_endpoint_id", "aws_vpc_endpoint"},
	"aws_vpclattice_auth_policy":                {"resource_identifier", "aws_vpclattice_service"},
	"aws_lambda_permission":                     {"function_name", "aws_lambda_function"},
	"aws_lambda_function_url":                   {"function_name", "aws_lambda_function"},
	"aws_lambda_layer_version_permission":       {"layer_name", "aws_lambda_layer_version"},
	"aws_cloudwatch_event_permission":           {"event_bus_name", "aws_cloudwatch_event_bus"},
	"aws_cloudwatch_event_bus_policy":           {"event_bus_name", "aws_cloudwatch_event_bus"},
}

// elsewhere are the attributes that stand for policies which are not looked at: in templates, in definitions of interfaces and of resources.
var elsewhere = map[string][]unreadable{
	"aws_cloudformation_stack":                                 {{"template_body", "", inTemplate}, {"template_url", "", inTemplate}},
	"aws_cloudformation_stack_set":                             {{"template_body", "", inTemplate}, {"template_url", "", inTemplate}},
	"aws_serverlessapplicationrepository_cloudformation_stack": {{"application_id", "", inTemplate}},
	"awscc_cloudformation_stack":                               {{"template_body", "", inTemplate}, {"template_url", "", inTemplate}},
	"awscc_cloudformation_stack_set":                           {{"template_body", "", inTemplate}, {"template_url", "", inTemplate}},
	"aws_cloudcontrolapi_resource":                             {{"desired_state", "", "the policies in this state are not looked at"}},
	"aws_api_gateway_rest_api":                                 {{"body", "x-amazon-apigateway-policy", inDefinition}},
	"aws_api_gateway_rest_api_put":                             {{"body", "x-amazon-apigateway-policy", inDefinition}},
	"aws_ram_permission":                                       {{"policy_template", "", "the permission that is shared is not looked at"}},
}

// unreadable is an attribute whose policies are not looked at, if it says something, or says a word.
type unreadable struct{ attribute, word, text string }

const (
	inTemplate   = "the policies in this template are not looked at; ask about the template itself"
	inDefinition = "the policy in this definition is not looked at"
)

// cloudControl returns the places of a resource of the AWS Cloud Control provider, whose types and attributes are those of CloudFormation, written with underscores.
func cloudControl(resource string) (places []place, ok bool) {
	if !strings.HasPrefix(resource, "awscc_") {
		return nil, false
	}
	for kind, all := range cloudFormationPlaces {
		parts := strings.Split(kind, "::")
		if len(parts) != 3 || resource != "awscc_"+strings.ToLower(parts[1])+"_"+underscores(parts[2]) {
			continue
		}
		for _, pl := range all {
			pl.path = underscores(pl.path)
			places = append(places, pl)
		}
		return places, true
	}
	return nil, false
}

// underscores writes a name such as PolicyDocument as policy_document.
func underscores(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			// A capital letter begins a word behind a small one, and before one if it ends a row of capitals.
			if i > 0 && name[i-1] != '.' && (!isCapital(name[i-1]) || i+1 < len(name) && 'a' <= name[i+1] && name[i+1] <= 'z') {
				b.WriteByte('_')
			}
			c |= 0x20
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

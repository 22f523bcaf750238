package wire_test

import (
	"reflect"

	accessanalyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	identitystoretypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	rolesanywheretypes "github.com/aws/aws-sdk-go-v2/service/rolesanywhere/types"
	ssoadmintypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

// unions are the SDK's forms of unions: a struct a member, called after both.
var unions = []reflect.Type{
	// accessanalyzer
	reflect.TypeFor[accessanalyzertypes.AclGranteeMemberId](),
	reflect.TypeFor[accessanalyzertypes.AclGranteeMemberUri](),
	reflect.TypeFor[accessanalyzertypes.AnalyzerConfigurationMemberInternalAccess](),
	reflect.TypeFor[accessanalyzertypes.AnalyzerConfigurationMemberUnusedAccess](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberDynamodbStream](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberDynamodbTable](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberEbsSnapshot](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberEcrRepository](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberEfsFileSystem](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberIamRole](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberKmsKey](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberRdsDbClusterSnapshot](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberRdsDbSnapshot](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberS3Bucket](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberS3ExpressDirectoryBucket](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberSecretsManagerSecret](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberSnsTopic](),
	reflect.TypeFor[accessanalyzertypes.ConfigurationMemberSqsQueue](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberExternalAccessDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberInternalAccessDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberUnusedIamRoleDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberUnusedIamUserAccessKeyDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberUnusedIamUserPasswordDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingDetailsMemberUnusedPermissionDetails](),
	reflect.TypeFor[accessanalyzertypes.FindingsStatisticsMemberExternalAccessFindingsStatistics](),
	reflect.TypeFor[accessanalyzertypes.FindingsStatisticsMemberInternalAccessFindingsStatistics](),
	reflect.TypeFor[accessanalyzertypes.FindingsStatisticsMemberUnusedAccessFindingsStatistics](),
	reflect.TypeFor[accessanalyzertypes.NetworkOriginConfigurationMemberInternetConfiguration](),
	reflect.TypeFor[accessanalyzertypes.NetworkOriginConfigurationMemberVpcConfiguration](),
	reflect.TypeFor[accessanalyzertypes.PathElementMemberIndex](),
	reflect.TypeFor[accessanalyzertypes.PathElementMemberKey](),
	reflect.TypeFor[accessanalyzertypes.PathElementMemberSubstring](),
	reflect.TypeFor[accessanalyzertypes.PathElementMemberValue](),
	reflect.TypeFor[accessanalyzertypes.RdsDbClusterSnapshotAttributeValueMemberAccountIds](),
	reflect.TypeFor[accessanalyzertypes.RdsDbSnapshotAttributeValueMemberAccountIds](),
	reflect.TypeFor[accessanalyzertypes.RecommendedStepMemberUnusedPermissionsRecommendedStep](),
	// identitystore
	reflect.TypeFor[identitystoretypes.AlternateIdentifierMemberExternalId](),
	reflect.TypeFor[identitystoretypes.AlternateIdentifierMemberUniqueAttribute](),
	reflect.TypeFor[identitystoretypes.MemberIdMemberUserId](),
	// rolesanywhere
	reflect.TypeFor[rolesanywheretypes.SourceDataMemberAcmPcaArn](),
	reflect.TypeFor[rolesanywheretypes.SourceDataMemberX509CertificateData](),
	// sso-admin
	reflect.TypeFor[ssoadmintypes.AuthenticationMethodMemberIam](),
	reflect.TypeFor[ssoadmintypes.GrantMemberAuthorizationCode](),
	reflect.TypeFor[ssoadmintypes.GrantMemberJwtBearer](),
	reflect.TypeFor[ssoadmintypes.GrantMemberRefreshToken](),
	reflect.TypeFor[ssoadmintypes.GrantMemberTokenExchange](),
	reflect.TypeFor[ssoadmintypes.TrustedTokenIssuerConfigurationMemberOidcJwtConfiguration](),
	reflect.TypeFor[ssoadmintypes.TrustedTokenIssuerUpdateConfigurationMemberOidcJwtConfiguration](),
}

package catalog

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// globalKeys are the keys of evaluation.md §8, by type in AWS's words, and aws:SourceOwner, which old policies of SNS topics
// test. The published data lists keys with the services that use them, and of these only aws:RequestTag, aws:ResourceTag
// and aws:TagKeys. The keys of IAM (§9) are all in the data.
var globalKeys = [...]struct{ kind, names string }{
	{"ARN", `aws:ChatbotSourceArn aws:PrincipalArn aws:SignInSessionArn aws:SourceArn aws:SourceVpcArn
		codebuild:BuildArn codebuild:ProjectArn ec2:SourceInstanceArn lambda:SourceFunctionArn ssm:SourceInstanceArn`},
	{"Bool", `aws:AssumedRoot aws:IsMcpServiceAction aws:MultiFactorAuthPresent aws:PrincipalIsAWSService aws:SecureTransport
		aws:ViaAWSMCPService aws:ViaAWSService`},
	// aws:EpochTime may also be tested as a number of seconds.
	{"Date", `aws:CurrentTime aws:EpochTime aws:TokenIssueTime`},
	{"IPAddress", `aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp`},
	{"Numeric", `aws:MultiFactorAuthAge ec2:RoleDelivery`},
	{"String", `aws:CalledViaAWSMCP aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourceVpc aws:FederatedProvider
		aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/${TagKey} aws:PrincipalType
		aws:RequestTag/${TagKey} aws:RequestedRegion aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/${TagKey}
		aws:SourceAccount aws:SourceIdentity aws:SourceOrgID aws:SourceOwner aws:SourceVpc aws:SourceVpce aws:UserAgent
		aws:VpceAccount aws:VpceOrgID aws:referer aws:userid aws:username
		glue:CredentialIssuingService glue:RoleAssumedBy identitystore:UserId`},
	{"ArrayOfString", `aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths
		aws:TagKeys aws:VpceOrgPaths`},
}

func newGlobalKeys() (keySet, error) {
	var keys []*Key
	for _, g := range globalKeys {
		for name := range strings.FieldsSeq(g.names) {
			k, err := newKey(name, fold.Name(name), g.kind)
			if err != nil {
				return keySet{}, err
			}
			keys = append(keys, &k)
		}
	}
	slices.SortFunc(keys, func(a, b *Key) int { return strings.Compare(a.folded, b.folded) })
	return newKeySet(keys), nil
}

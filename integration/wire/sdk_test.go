package wire_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	identitystoredocument "github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/rolesanywhere"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	ssoadmindocument "github.com/aws/aws-sdk-go-v2/service/ssoadmin/document"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/writ-iam/writ/internal/api/accessanalyzerapi"
	"github.com/writ-iam/writ/internal/api/accountapi"
	"github.com/writ-iam/writ/internal/api/cloudtrailapi"
	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/api/identitystoreapi"
	"github.com/writ-iam/writ/internal/api/organizationsapi"
	"github.com/writ-iam/writ/internal/api/rolesanywhereapi"
	"github.com/writ-iam/writ/internal/api/signinapi"
	"github.com/writ-iam/writ/internal/api/ssoadminapi"
	"github.com/writ-iam/writ/internal/api/ssoapi"
	"github.com/writ-iam/writ/internal/api/ssooidcapi"
	"github.com/writ-iam/writ/internal/api/stsapi"
)

// sdk joins a model with the SDK's client and with our types.
type sdk struct {
	client func(aws.Config) any
	types  func(operation string) (input, output any)
	// document makes the SDK's form of any JSON.
	document func(any) any
}

var sdks = map[string]sdk{
	"accessanalyzer": {client: func(c aws.Config) any { return accessanalyzer.NewFromConfig(c) }, types: accessanalyzerapi.New},
	"account":        {client: func(c aws.Config) any { return account.NewFromConfig(c) }, types: accountapi.New},
	"cloudtrail":     {client: func(c aws.Config) any { return cloudtrail.NewFromConfig(c) }, types: cloudtrailapi.New},
	"iam":            {client: func(c aws.Config) any { return iam.NewFromConfig(c) }, types: iamapi.New},
	"identitystore": {
		client: func(c aws.Config) any { return identitystore.NewFromConfig(c) }, types: identitystoreapi.New,
		document: func(v any) any { return identitystoredocument.NewLazyDocument(v) },
	},
	"organizations": {client: func(c aws.Config) any { return organizations.NewFromConfig(c) }, types: organizationsapi.New},
	"rolesanywhere": {client: func(c aws.Config) any { return rolesanywhere.NewFromConfig(c) }, types: rolesanywhereapi.New},
	"signin":        {client: func(c aws.Config) any { return signin.NewFromConfig(c) }, types: signinapi.New},
	"sso":           {client: func(c aws.Config) any { return sso.NewFromConfig(c) }, types: ssoapi.New},
	"sso-admin": {
		client: func(c aws.Config) any { return ssoadmin.NewFromConfig(c) }, types: ssoadminapi.New,
		document: func(v any) any { return ssoadmindocument.NewLazyDocument(v) },
	},
	"sso-oidc": {client: func(c aws.Config) any { return ssooidc.NewFromConfig(c) }, types: ssooidcapi.New},
	"sts":      {client: func(c aws.Config) any { return sts.NewFromConfig(c) }, types: stsapi.New},
}

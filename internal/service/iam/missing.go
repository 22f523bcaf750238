package iam

import "github.com/writ-iam/writ/internal/op"

// missing has a row for each operation of the model that Writ does not have, with the reason. They answer that they are not supported, never with an
// invented result.
func missing() op.Table {
	t := make(op.Table)
	for _, m := range []struct {
		reason string
		names  []string
	}{
		{"passwords of users are still to come", []string{
			"ChangePassword", "CreateLoginProfile", "DeleteAccountPasswordPolicy", "DeleteLoginProfile", "GetAccountPasswordPolicy", "GetLoginProfile",
			"UpdateAccountPasswordPolicy", "UpdateLoginProfile",
		}},
		{"MFA devices are still to come", []string{
			"CreateVirtualMFADevice", "DeactivateMFADevice", "DeleteVirtualMFADevice", "EnableMFADevice", "GetMFADevice", "ListMFADeviceTags", "ListMFADevices",
			"ListVirtualMFADevices", "ResyncMFADevice", "TagMFADevice", "UntagMFADevice",
		}},
		{"OIDC identity providers are still to come", []string{
			"AddClientIDToOpenIDConnectProvider", "CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider", "GetOpenIDConnectProvider",
			"ListOpenIDConnectProviderTags", "ListOpenIDConnectProviders", "RemoveClientIDFromOpenIDConnectProvider", "TagOpenIDConnectProvider",
			"UntagOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint",
		}},
		{"SAML identity providers are still to come", []string{
			"CreateSAMLProvider", "DeleteSAMLProvider", "GetSAMLProvider", "ListSAMLProviderTags", "ListSAMLProviders", "TagSAMLProvider", "UntagSAMLProvider",
			"UpdateSAMLProvider",
		}},
		{"instance profiles are still to come", []string{
			"AddRoleToInstanceProfile", "CreateInstanceProfile", "DeleteInstanceProfile", "GetInstanceProfile", "ListInstanceProfileTags", "ListInstanceProfiles",
			"ListInstanceProfilesForRole", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "UntagInstanceProfile",
		}},
		{"service-linked roles are still to come", []string{
			"CreateServiceLinkedRole", "DeleteServiceLinkedRole", "GetServiceLinkedRoleDeletionStatus",
		}},
		{"certificates, SSH keys and service-specific credentials are still to come", []string{
			"CreateServiceSpecificCredential", "DeleteSSHPublicKey", "DeleteServerCertificate", "DeleteServiceSpecificCredential", "DeleteSigningCertificate",
			"GetSSHPublicKey", "GetServerCertificate", "ListSSHPublicKeys", "ListServerCertificateTags", "ListServerCertificates",
			"ListServiceSpecificCredentials", "ListSigningCertificates", "ResetServiceSpecificCredential", "TagServerCertificate", "UntagServerCertificate",
			"UpdateSSHPublicKey", "UpdateServerCertificate", "UpdateServiceSpecificCredential", "UpdateSigningCertificate", "UploadSSHPublicKey",
			"UploadServerCertificate", "UploadSigningCertificate",
		}},
		{"reports of what was used are still to come", []string{
			"GenerateCredentialReport", "GenerateOrganizationsAccessReport", "GenerateServiceLastAccessedDetails", "GetCredentialReport",
			"GetOrganizationsAccessReport", "GetServiceLastAccessedDetails", "GetServiceLastAccessedDetailsWithEntities", "ListPoliciesGrantingServiceAccess",
		}},
		{"central management of root users needs organizations, which are still to come", []string{
			"DisableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootSessions", "EnableOrganizationsRootCredentialsManagement",
			"EnableOrganizationsRootSessions", "ListOrganizationsFeatures",
		}},
		{"outbound web identity federation is still to come", []string{
			"DisableOutboundWebIdentityFederation", "EnableOutboundWebIdentityFederation", "GetOutboundWebIdentityFederationInfo",
		}},
		{"there is one endpoint, whose tokens are valid everywhere", []string{"SetSecurityTokenServicePreferences"}},
		{"delegation requests are still to come", []string{
			"AcceptDelegationRequest", "AssociateDelegationRequest", "CreateDelegationRequest", "GetDelegationRequest", "GetHumanReadableSummary",
			"ListDelegationRequests", "RejectDelegationRequest", "SendDelegationToken", "UpdateDelegationRequest",
		}},
		{"role templates and account properties are newer than what is known of them", []string{
			"AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties",
		}},
	} {
		for _, name := range m.names {
			t[name] = op.NotYet(m.reason)
		}
	}
	return t
}

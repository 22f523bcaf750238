package iam

import (
	"regexp"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/store"
)

// An account has at most one alias. No other account may have the same: its name is claimed in the commit that sets it.

func aliasClaim(alias string) store.Claim { return store.Claim("alias/" + alias) }

var twelveDigits = regexp.MustCompile(`^\d{12}$`)

// createAccountAlias sets the account's alias, in place of the one that it has.
func (s *Service) createAccountAlias(c *op.Call, in *iamapi.CreateAccountAliasInput) (*iamapi.CreateAccountAliasOutput, error) {
	alias := *in.AccountAlias
	if twelveDigits.MatchString(alias) {
		// It would look like an account.
		return nil, fault.New(fault.ValidationError, "The specified value for accountAlias is invalid. It must not be a 12 digit number.")
	}
	taken := fault.New(iamapi.CodeEntityAlreadyExists, "The account alias %s already exists.", alias)
	i := c.Account.Info
	if i.Alias == alias {
		return nil, taken
	}
	c.Edit.Claim(aliasClaim(alias), taken)
	if i.Alias != "" {
		c.Edit.Release(aliasClaim(i.Alias))
	}
	i.Alias = alias
	c.Edit.PutInfo(i)
	return &iamapi.CreateAccountAliasOutput{}, nil
}

func (s *Service) deleteAccountAlias(c *op.Call, in *iamapi.DeleteAccountAliasInput) (*iamapi.DeleteAccountAliasOutput, error) {
	i := c.Account.Info
	if i.Alias != *in.AccountAlias {
		return nil, fault.New(iamapi.CodeNoSuchEntity, "The account alias with name %s cannot be found.", *in.AccountAlias)
	}
	c.Edit.Release(aliasClaim(i.Alias))
	i.Alias = ""
	c.Edit.PutInfo(i)
	return &iamapi.DeleteAccountAliasOutput{}, nil
}

func (s *Service) listAccountAliases(c *op.Call, in *iamapi.ListAccountAliasesInput) (*iamapi.ListAccountAliasesOutput, error) {
	p, err := newPage(c, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	var aliases []string
	if c.Account.Alias != "" {
		aliases = []string{c.Account.Alias}
	}
	out := &iamapi.ListAccountAliasesOutput{AccountAliases: paged(p, aliases, func(alias string) string { return alias })}
	out.IsTruncated, out.Marker = p.end()
	return out, nil
}

// getAccountSummary counts what there is and what there may be; AWS's own policies are not counted (limits.md §8).
func (s *Service) getAccountSummary(c *op.Call, _ *iamapi.GetAccountSummaryInput) (*iamapi.GetAccountSummaryOutput, error) {
	have, quota := c.Account.Counts(), c.State.Quotas()
	one := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	summary := map[string]int{
		iamapi.SummaryKeyTypeUsers:    have.Users,
		iamapi.SummaryKeyTypeGroups:   have.Groups,
		iamapi.SummaryKeyTypeRoles:    have.Roles,
		iamapi.SummaryKeyTypePolicies: have.Policies, iamapi.SummaryKeyTypePolicyVersionsInUse: have.PolicyVersions,

		iamapi.SummaryKeyTypeUsersQuota:                    quota.Users,
		iamapi.SummaryKeyTypeGroupsQuota:                   quota.Groups,
		iamapi.SummaryKeyTypeRolesQuota:                    quota.Roles,
		iamapi.SummaryKeyTypePoliciesQuota:                 quota.Policies,
		iamapi.SummaryKeyTypePolicyVersionsInUseQuota:      10000,
		iamapi.SummaryKeyTypeVersionsPerPolicyQuota:        quota.VersionsPerPolicy,
		iamapi.SummaryKeyTypeGroupsPerUserQuota:            quota.GroupsPerUser,
		iamapi.SummaryKeyTypeAccessKeysPerUserQuota:        quota.AccessKeysPerUser,
		iamapi.SummaryKeyTypeAttachedPoliciesPerUserQuota:  quota.PoliciesPerUser,
		iamapi.SummaryKeyTypeAttachedPoliciesPerGroupQuota: quota.PoliciesPerGroup,
		iamapi.SummaryKeyTypeAttachedPoliciesPerRoleQuota:  quota.PoliciesPerRole,
		iamapi.SummaryKeyTypePolicySizeQuota:               quota.PolicySize,
		iamapi.SummaryKeyTypeUserPolicySizeQuota:           quota.UserPolicySize,
		iamapi.SummaryKeyTypeGroupPolicySizeQuota:          quota.GroupPolicySize,
		iamapi.SummaryKeyTypeRolePolicySizeQuota:           quota.RolePolicySize,
		iamapi.SummaryKeyTypeAssumeRolePolicySizeQuota:     quota.TrustPolicySize,

		iamapi.SummaryKeyTypeAccountAccessKeysPresent: one(len(c.Account.RootKeys) > 0),
		iamapi.SummaryKeyTypeAccountPasswordPresent:   one(c.Account.RootPassword != ""),
		// Tokens of the global endpoint are valid in all regions: there is but one.
		iamapi.SummaryKeyTypeGlobalEndpointTokenVersion: 1,

		// What Writ does not have yet.
		iamapi.SummaryKeyTypeMFADevices: 0, iamapi.SummaryKeyTypeMFADevicesInUse: 0, iamapi.SummaryKeyTypeAccountMFAEnabled: 0,
		iamapi.SummaryKeyTypeInstanceProfiles: 0, iamapi.SummaryKeyTypeInstanceProfilesQuota: 1000,
		iamapi.SummaryKeyTypeServerCertificates: 0, iamapi.SummaryKeyTypeServerCertificatesQuota: 20,
		iamapi.SummaryKeyTypeAccountSigningCertificatesPresent: 0, iamapi.SummaryKeyTypeSigningCertificatesPerUserQuota: 2,
		iamapi.SummaryKeyTypeProviders: 0,
	}
	out := &iamapi.GetAccountSummaryOutput{SummaryMap: make(map[string]int32, len(summary))}
	for key, n := range summary {
		out.SummaryMap[key] = int32(n)
	}
	return out, nil
}

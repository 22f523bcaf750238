package identity

import "github.com/writ-iam/writ/internal/fault"

// Quotas are how much an account may hold (limits.md §1, §2). The zero Quotas allow nothing: begin with DefaultQuotas.
type Quotas struct {
	Users             int `yaml:"users"`
	Groups            int `yaml:"groups"`
	Roles             int `yaml:"roles"`
	Policies          int `yaml:"policies"`
	PoliciesPerUser   int `yaml:"policiesPerUser"`
	PoliciesPerGroup  int `yaml:"policiesPerGroup"`
	PoliciesPerRole   int `yaml:"policiesPerRole"`
	VersionsPerPolicy int `yaml:"versionsPerPolicy"`
	GroupsPerUser     int `yaml:"groupsPerUser"`
	AccessKeysPerUser int `yaml:"accessKeysPerUser"`
	Tags              int `yaml:"tags"`
	// Sizes of documents, in characters that are not white space.
	PolicySize      int `yaml:"policySize"`
	UserPolicySize  int `yaml:"userPolicySize"`
	GroupPolicySize int `yaml:"groupPolicySize"`
	RolePolicySize  int `yaml:"rolePolicySize"`
	TrustPolicySize int `yaml:"trustPolicySize"`
}

// DefaultQuotas returns AWS's defaults.
func DefaultQuotas() Quotas {
	return Quotas{
		Users: 5000, Groups: 300, Roles: 1000, Policies: 1500,
		PoliciesPerUser: 10, PoliciesPerGroup: 10, PoliciesPerRole: 10, VersionsPerPolicy: 5, GroupsPerUser: 10, AccessKeysPerUser: 2, Tags: 50,
		PolicySize: 6144, UserPolicySize: 2048, GroupPolicySize: 5120, RolePolicySize: 10240, TrustPolicySize: 2048,
	}
}

// CheckQuota returns AWS's LimitExceeded fault if there are already quota of something; the key is the quota's name in AWS's messages, such as
// "UsersPerAccount".
func CheckQuota(key string, have, quota int) error {
	if have < quota {
		return nil
	}
	return fault.New("LimitExceeded", "Cannot exceed quota for %s: %d", key, quota)
}

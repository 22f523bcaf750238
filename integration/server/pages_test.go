package server_test

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/writ-iam/writ/internal/op"
)

// operations tells of each operation of a table whether it is there.
func operations(table op.Table) map[string]bool {
	all := make(map[string]bool)
	for name, row := range table {
		all[name] = row.Handle != nil
	}
	return all
}

// pages are the pages of one listing, and why they ended.
type pages func(context.Context, func(any) bool) error

// pager is a paginator of the SDK.
type pager[Out any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*iam.Options)) (*Out, error)
}

func drain[Out any](p pager[Out]) pages {
	return func(ctx context.Context, yield func(any) bool) error {
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return err
			}
			if !yield(page) {
				return nil
			}
		}
		return nil
	}
}

// input reads an input, and asks for two items a page.
func input[In any](text []byte) *In {
	in := new(In)
	for _, part := range [][]byte{text, []byte(`{"MaxItems": 2}`)} {
		if err := json.Unmarshal(part, in); err != nil {
			panic(err)
		}
	}
	return in
}

// sdkPages yields the pages of the SDK's own paginator as JSON means them.
func sdkPages(t *testing.T, c *iam.Client, call string, in []byte) iter.Seq[map[string]any] {
	return func(yield func(map[string]any) bool) {
		err := paginators[call](c, in)(t.Context(), func(page any) bool {
			text, err := json.Marshal(page)
			if err != nil {
				t.Fatal(err)
			}
			return yield(decode(t, text))
		})
		if err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// paginators are the SDK's.
var paginators = map[string]func(*iam.Client, []byte) pages{
	"ListUsers": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListUsersPaginator(c, input[iam.ListUsersInput](in)))
	},
	"ListGroups": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListGroupsPaginator(c, input[iam.ListGroupsInput](in)))
	},
	"ListRoles": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListRolesPaginator(c, input[iam.ListRolesInput](in)))
	},
	"ListPolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListPoliciesPaginator(c, input[iam.ListPoliciesInput](in)))
	},
	"GetGroup": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewGetGroupPaginator(c, input[iam.GetGroupInput](in)))
	},
	"ListGroupsForUser": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListGroupsForUserPaginator(c, input[iam.ListGroupsForUserInput](in)))
	},
	"ListUserPolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListUserPoliciesPaginator(c, input[iam.ListUserPoliciesInput](in)))
	},
	"ListGroupPolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListGroupPoliciesPaginator(c, input[iam.ListGroupPoliciesInput](in)))
	},
	"ListRolePolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListRolePoliciesPaginator(c, input[iam.ListRolePoliciesInput](in)))
	},
	"ListAttachedUserPolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListAttachedUserPoliciesPaginator(c, input[iam.ListAttachedUserPoliciesInput](in)))
	},
	"ListAttachedGroupPolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListAttachedGroupPoliciesPaginator(c, input[iam.ListAttachedGroupPoliciesInput](in)))
	},
	"ListAttachedRolePolicies": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListAttachedRolePoliciesPaginator(c, input[iam.ListAttachedRolePoliciesInput](in)))
	},
	"ListEntitiesForPolicy": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListEntitiesForPolicyPaginator(c, input[iam.ListEntitiesForPolicyInput](in)))
	},
	"ListPolicyVersions": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListPolicyVersionsPaginator(c, input[iam.ListPolicyVersionsInput](in)))
	},
	"ListUserTags": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListUserTagsPaginator(c, input[iam.ListUserTagsInput](in)))
	},
	"ListRoleTags": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListRoleTagsPaginator(c, input[iam.ListRoleTagsInput](in)))
	},
	"ListPolicyTags": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListPolicyTagsPaginator(c, input[iam.ListPolicyTagsInput](in)))
	},
	"ListAccessKeys": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListAccessKeysPaginator(c, input[iam.ListAccessKeysInput](in)))
	},
	"ListAccountAliases": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewListAccountAliasesPaginator(c, input[iam.ListAccountAliasesInput](in)))
	},
	"GetAccountAuthorizationDetails": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewGetAccountAuthorizationDetailsPaginator(c, input[iam.GetAccountAuthorizationDetailsInput](in)))
	},
	"SimulateCustomPolicy": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewSimulateCustomPolicyPaginator(c, input[iam.SimulateCustomPolicyInput](in)))
	},
	"SimulatePrincipalPolicy": func(c *iam.Client, in []byte) pages {
		return drain(iam.NewSimulatePrincipalPolicyPaginator(c, input[iam.SimulatePrincipalPolicyInput](in)))
	},
}

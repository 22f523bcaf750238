package lint

import (
	"slices"
	"strings"
)

var missingActionForRolesAnywhereTrustPolicy = &Rule{
	Code:     "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
	Title:    "Missing action for roles anywhere trust policy",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "IAM Roles Anywhere needs sts:AssumeRole, sts:SetSourceIdentity and sts:TagSession, and the statement does not allow all three.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.allows() || !slices.ContainsFunc(s.services(), func(v *value) bool { return v.text == "rolesanywhere.amazonaws.com" }) {
				return
			}
			var missing []string
			for _, action := range []string{"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"} {
				if !s.coversAction(action) {
					missing = append(missing, action)
				}
			}
			if len(missing) > 0 {
				c.report(s.actions().whole, "rolesanywhere.amazonaws.com needs %s too; add it", strings.Join(missing, " and "))
			}
		})
	},
}

package lint

import (
	"strings"

	"github.com/writ-iam/writ/arn"
)

var redundantPrincipalInRoleTrustPolicy = &Rule{
	Code:     "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
	Title:    "Redundant principal in role trust policy",
	Type:     Suggestion,
	Kinds:    Trust,
	Sentence: "A session of a role is named beside the role, which takes in all its sessions.",
	check: func(c *checker) {
		c.eachPrincipal(func(_ *statement, p *principal) {
			for i := range p.entries {
				if e := &p.entries[i]; e.key.text == "AWS" {
					c.reportSessions(e)
				}
			}
		})
	},
}

// reportSessions reports the sessions of roles that are in the list too. A session's ARN has no path.
func (c *checker) reportSessions(e *element) {
	roles := make(map[string]*value)
	for i := range e.items {
		v := &e.items[i]
		if a, err := arn.Parse(v.text); err == nil && a.Service == "iam" && strings.HasPrefix(a.Resource, "role/") {
			roles[a.Account+"/"+a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]] = v
		}
	}
	for i := range e.items {
		v := &e.items[i]
		a, err := arn.Parse(v.text)
		if err != nil || a.Service != "sts" && a.Service != "iam" {
			continue
		}
		name, ok := strings.CutPrefix(a.Resource, "assumed-role/")
		name, _, session := strings.Cut(name, "/")
		if role := roles[a.Account+"/"+name]; ok && session && role != nil {
			c.reportAll([]span{v.span, role.span}, "The session %s is one of the role %s, which is named too; remove it", v.text, role.text)
		}
	}
}

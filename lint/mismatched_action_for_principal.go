package lint

import (
	"slices"

	"github.com/writ-iam/writ/internal/fold"
)

var mismatchedActionForPrincipal = &Rule{
	Code:     "MISMATCHED_ACTION_FOR_PRINCIPAL",
	Title:    "Mismatched action for principal",
	Type:     Error,
	Kinds:    Trust,
	Sentence: "The principals cannot use the action: SAML providers go with sts:AssumeRoleWithSAML, OIDC providers with sts:AssumeRoleWithWebIdentity, all others with sts:AssumeRole.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.allows() || !s.action.present() {
				return
			}
			// What the statement's principals can use, and whether it has an action for each.
			var who []*value
			var use []string
			for i := range s.principal.entries {
				e := &s.principal.entries[i]
				for j := range e.items {
					who, use = append(who, &e.items[j]), append(use, usableBy(e.key.text, e.items[j].text))
				}
			}
			if len(who) == 0 {
				return
			}
			wanted := make(map[string]bool)
			for _, u := range use {
				wanted[u] = true
			}
			served := make(map[string]bool)
			for u := range wanted {
				served[u] = s.coversAction(u)
			}
			seen := make(map[string]bool)
			for i := range s.action.items {
				v := &s.action.items[i]
				action := fold.Name(v.text)
				if seen[action] || !slices.Contains(assumeActions, action) {
					continue
				}
				seen[action] = true
				at, names := []span{v.span}, []string(nil)
				for j, w := range who {
					if use[j] != action && (!wanted[action] || !served[use[j]]) {
						at, names = append(at, w.span), append(names, w.text)
					}
				}
				if len(names) > 0 {
					c.reportAll(at, "%s is not for %s: SAML providers use sts:AssumeRoleWithSAML, OIDC providers sts:AssumeRoleWithWebIdentity, both as Federated, all others sts:AssumeRole",
						v.text, quoted(names))
				}
			}
		})
	},
}

// assumeActions are the actions that give a session, in small letters.
var assumeActions = []string{"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"}

// usableBy returns the one of them that a principal can use.
func usableBy(kind, principal string) string {
	switch {
	case kind != "Federated":
		return assumeActions[0]
	case isSAML(principal):
		return assumeActions[1]
	}
	return assumeActions[2]
}

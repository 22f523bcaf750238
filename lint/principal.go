package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/internal/fold"
)

// principalTypes are the types of principals.
var principalTypes = []string{"AWS", "CanonicalUser", "Federated", "Service"}

// provider returns the identity provider that a federated principal names: the name of an OIDC provider, as it stands before the colon of the
// provider's condition keys.
func provider(federated string) (name string, isOIDC bool) {
	if a, err := arn.Parse(federated); err == nil {
		name, isOIDC = strings.CutPrefix(a.Resource, "oidc-provider/")
		return name, isOIDC
	}
	return federated, strings.Contains(federated, ".")
}

// isSAML reports whether a federated principal is a SAML provider.
func isSAML(federated string) bool {
	a, err := arn.Parse(federated)
	return err == nil && strings.HasPrefix(a.Resource, "saml-provider/")
}

// testsProvider reports whether a statement has a condition on a key of an OIDC provider.
func (s *statement) testsProvider(name string) bool { return s.facts().prefixes[fold.Name(name)] }

const (
	gitHub     = "token.actions.githubusercontent.com"
	gitHubSub  = gitHub + ":sub"
	gitHubRef  = gitHub + ":ref"
	isService  = "aws:PrincipalIsAWSService"
	sourceKeys = "aws:SourceArn, aws:SourceAccount, aws:SourceOrgID or aws:SourceOrgPaths"
)

// fromSource reports whether a statement says for whom a service may act.
func (s *statement) fromSource() bool {
	return s.tests("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
}

// services returns the service principals that a statement's Principal names.
func (s *statement) services() (services []*value) {
	for i := range s.principal.entries {
		if e := &s.principal.entries[i]; e.key.text == "Service" {
			for j := range e.items {
				services = append(services, &e.items[j])
			}
		}
	}
	return services
}

// onlyServices reports whether a statement's principals are services, all of them.
func (s *statement) onlyServices() bool {
	return len(s.principal.entries) > 0 && !slices.ContainsFunc(s.principal.entries, func(e element) bool { return e.key.text != "Service" })
}

// principalKeys are condition keys about a principal that is not a service.
var principalKeys = []string{
	"aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:userid", "aws:username",
}

// isPrincipalKey reports a key about a principal that is not a service.
func (e *element) isPrincipalKey() bool {
	return e.named(principalKeys...) || strings.HasPrefix(fold.Name(e.key.text), "aws:principaltag/")
}

// isServicePrincipal reports whether a text is the name of a service as a principal.
func isServicePrincipal(text string) bool {
	name := ""
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".aws.internal", ".c2s.ic.gov", ".sc2s.sgov.gov"} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			name = before
			break
		}
	}
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" && !strings.HasPrefix(name, ".") && !strings.Contains(name, "..")
}

package analysis

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// resourceServices are the types of resources that Access Analyzer checks for public access, with the service whose actions their policies speak of.
var resourceServices = map[string]string{
	"AWS::ApiGateway::RestApi":           "execute-api",
	"AWS::Backup::BackupVault":           "backup",
	"AWS::CloudTrail::Dashboard":         "cloudtrail",
	"AWS::CloudTrail::EventDataStore":    "cloudtrail",
	"AWS::CodeArtifact::Domain":          "codeartifact",
	"AWS::DynamoDB::Stream":              "dynamodb",
	"AWS::DynamoDB::Table":               "dynamodb",
	"AWS::EFS::FileSystem":               "elasticfilesystem",
	"AWS::IAM::AssumeRolePolicyDocument": "sts",
	"AWS::KMS::Key":                      "kms",
	"AWS::Kinesis::Stream":               "kinesis",
	"AWS::Kinesis::StreamConsumer":       "kinesis",
	"AWS::Lambda::Function":              "lambda",
	"AWS::OpenSearchService::Domain":     "es",
	"AWS::S3::AccessPoint":               "s3",
	"AWS::S3::Bucket":                    "s3",
	"AWS::S3::Glacier":                   "glacier",
	"AWS::S3Express::AccessPoint":        "s3express",
	"AWS::S3Express::DirectoryBucket":    "s3express",
	"AWS::S3Outposts::AccessPoint":       "s3-outposts",
	"AWS::S3Outposts::Bucket":            "s3-outposts",
	"AWS::S3Tables::Table":               "s3tables",
	"AWS::S3Tables::TableBucket":         "s3tables",
	"AWS::SNS::Topic":                    "sns",
	"AWS::SQS::Queue":                    "sqs",
	"AWS::SecretsManager::Secret":        "secretsmanager",
}

// ResourceTypes returns the types of resources that Public knows, in order.
func ResourceTypes() []string { return slices.Sorted(maps.Keys(resourceServices)) }

// Public answers whether a resource's policy lets the public in: whether there is a request that it allows by somebody of whom it knows nothing. Such a caller is anonymous or
// of an account that the policy does not name, or comes with the assertion of an identity provider that everybody can have one of; and what tells where a request comes
// from has no value that the policy names without a wildcard: its organization, the source's ARN, account and VPC, and so on (services.md "Access Analyzer"; "The meaning of
// public" in the user guide of S3). An address is of nobody in particular if the policy's range that holds it is wider than /8, or /32 for IPv6.
//
// A role's trust policy is asked about with AWS::IAM::AssumeRolePolicyDocument. The error says that the type is none of ResourceTypes, or is ErrDisagreement.
func (z *Analyzer) Public(resourceType string, d *policy.Document) (Answer, error) {
	service, ok := resourceServices[resourceType]
	if !ok {
		return Answer{}, fmt.Errorf("analysis: %q is no type of resource that can be public; it must be one of %s", resourceType, strings.Join(ResourceTypes(), ", "))
	}
	kind := policy.Resource
	if service == "sts" {
		kind = policy.Trust
	}
	side := Of(kind, d)
	a := z.analysis()
	a.outside = &outside{service: service, document: d, keys: make(map[subject]*domain)}
	nothing := Side{Policies: &authz.Policies{}, trust: side.trust, owner: side.owner}
	return a.wider(side, nothing)
}

// outside limits a question to requests by somebody of whom the policy knows nothing.
type outside struct {
	service  string
	document *policy.Document
	keys     map[subject]*domain
}

// identifying are the keys that tell where a request comes from.
var identifying = []string{
	"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid",
	"aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourceip", "aws:vpcsourceip",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "kms:calleraccount",
}

// commonProviders are identity providers of which everybody can have an assertion; what tells their people apart are their own keys, such as
// accounts.google.com:sub (policy-language.md §8).
var commonProviders = []string{
	"accounts.google.com", "agent.buildkite.com", "api.pulumi.com/oidc", "app.terraform.io", "cognito-identity.amazonaws.com", "gitlab.com", "graph.facebook.com",
	"oidc-configuration.audit-log.githubusercontent.com", "oidc.codefresh.io", "oidc.vercel.com", "proidc.upbound.io", "sandboxes.cloud", "scalr.io", "studio.datachain.ai/api",
	"token.actions.githubusercontent.com", "tokens.cloud.shisho.dev", "vstoken.actions.githubusercontent.com", "www.amazon.com",
}

// commonProvider returns the common provider that a name or an ARN stands for.
func commonProvider(name string) (provider string, ok bool) {
	if a, err := arn.Parse(name); err == nil {
		name, ok = strings.CutPrefix(a.Resource, "oidc-provider/")
		if !ok {
			return "", false
		}
	}
	return name, slices.Contains(commonProviders, name)
}

// includes reports whether callers of a class are of the public.
func (o *outside) includes(c *caller) bool {
	switch c.who.Kind {
	case authz.Anonymous:
		return true
	case authz.Provider:
		_, ok := commonProvider(c.who.ARN)
		return ok
	case authz.User, authz.RoleSession, authz.Root:
		return c.arns != nil && c.unnamed
	}
	return false
}

// identifies reports whether a key tells where a request comes from.
func identifies(key string) bool {
	if slices.Contains(identifying, key) {
		return true
	}
	issuer, _, ok := cutLast(key, ":")
	return ok && slices.Contains(commonProviders, issuer) || strings.HasPrefix(key, "cognito-identity.amazonaws.com:")
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// domain returns what an identifying key's values are not: what the policy names without a wildcard, and of ARNs those of accounts that it names. Of addresses it is the
// ranges.
func (o *outside) domain(a *analysis, on subject) *domain {
	name := a.keyAt(on).name
	if !identifies(name) {
		return nil
	}
	if d, ok := o.keys[on]; ok {
		return d
	}
	d := &domain{}
	var not []*glob
	for i := range o.document.Statements {
		for _, b := range o.document.Statements[i].Condition.Blocks {
			for k := range b.Keys {
				if fold.Name(b.Keys[k].Key.Text) != name || !b.Known {
					continue
				}
				for _, text := range b.Keys[k].Texts() {
					if b.Operator.Comparison.Family() == condition.AddressFamily {
						if r, ok := narrow(text); ok {
							d.ranges = append(d.ranges, r)
						}
						continue
					}
					if strings.Contains(text, "*") && strings.Trim(text, "*?") != "" && !slices.Contains(identifying, name) {
						// Nobody else's subject begins with what tells the owner.
						not = append(not, patternGlob(text))
						continue
					}
					if !strings.ContainsAny(text, "*?") && !(strings.Contains(text, "${") && o.document.Variables()) {
						not = append(not, literalGlob(text))
					}
					parts := arn.Cut(text)
					if parts.Len() == arn.PartCount && arn.IsAccount(parts.Part(4)) {
						not = append(not, newGlob(append(appendPattern(nil, "*:*:*:*:"+parts.Part(4)+":", true), sign{kind: run})))
					}
					if id, _, ok := strings.Cut(text, ":"); ok && name == userID && !strings.ContainsAny(id, "*?") {
						not = append(not, newGlob(append(appendText(nil, id+":", letter), sign{kind: run})))
					}
				}
			}
		}
	}
	if len(not) > 0 {
		d.not = a.texts.union(not...)
	}
	o.keys[on] = d
	return d
}

// narrow returns a range that is narrow enough to know who comes from it.
func narrow(text string) (netip.Prefix, bool) {
	r, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		return netip.PrefixFrom(a, a.BitLen()), err == nil
	}
	if r.Addr().Is4() {
		return r.Masked(), r.Bits() >= 8
	}
	return r.Masked(), r.Bits() >= 32
}

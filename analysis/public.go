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
	return (&series{z, z.options.Budget}).public(resourceType, d)
}

// public is Public as one of a series of questions.
func (s *series) public(resourceType string, d *policy.Document) (Answer, error) {
	service, ok := resourceServices[resourceType]
	if !ok {
		return Answer{}, fmt.Errorf("analysis: %q is no type of resource that can be public; it must be one of %s", resourceType, strings.Join(ResourceTypes(), ", "))
	}
	kind := policy.Resource
	if service == "sts" {
		kind = policy.Trust
	}
	d, err := Saved(resourceType, d)
	if err != nil {
		return Answer{}, err
	}
	side := Of(kind, d)
	return s.ask(func(a *analysis) (Answer, error) {
		a.outside = &outside{service: service, document: d, keys: make(map[subject]*domain)}
		a.asks = a.outside.includes
		return a.wider(side, Side{Policies: &authz.Policies{}, trust: side.trust})
	}, side)
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
	"aws:principalservicename", "aws:principalservicenameslist",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:x-amz-server-side-encryption-aws-kms-key-id", "kms:calleraccount",
}

// claims are what tells the people of an identity provider apart of which everybody can have an assertion: those that AWS asks a trust policy for
// (policy-language.md §8; "Available keys for AWS OIDC federation" in IAM's guide). Others, such as the audience sts.amazonaws.com, are the same for all.
type claims struct {
	names []string
	// owner is what stands in a subject before the name of the owner, and end what stands behind it: whose subject begins with both is of that owner. Without an end only
	// whole subjects are somebody's.
	owner, end string
}

// commonProviders are the identity providers of which everybody can have an assertion.
var commonProviders = map[string]claims{
	"accounts.google.com":            {names: []string{"sub", "aud", "oaud"}},
	"cognito-identity.amazonaws.com": {names: []string{"sub", "aud"}},
	"graph.facebook.com":             {names: []string{"id", "app_id"}},
	"www.amazon.com":                 {names: []string{"user_id", "app_id"}},
	"token.actions.githubusercontent.com": {
		names: []string{"sub", "repository", "repository_id", "repository_owner", "repository_owner_id"}, owner: "repo:", end: "/"},
	"oidc-configuration.audit-log.githubusercontent.com": {names: []string{"sub"}},
	"vstoken.actions.githubusercontent.com":              {names: []string{"sub"}},
	"agent.buildkite.com":                                {names: []string{"sub"}, owner: "organization:", end: ":"},
	"app.terraform.io":                                   {names: []string{"sub"}, owner: "organization:", end: ":"},
	"gitlab.com":                                         {names: []string{"sub"}, owner: "project_path:", end: "/"},
	"oidc.codefresh.io":                                  {names: []string{"sub"}, owner: "account:", end: ":"},
	"proidc.upbound.io":                                  {names: []string{"sub"}},
	"scalr.io":                                           {names: []string{"sub"}, owner: "account:", end: ":"},
	"studio.datachain.ai/api":                            {names: []string{"sub"}},
	"tokens.cloud.shisho.dev":                            {names: []string{"sub"}},
	"api.pulumi.com/oidc":                                {names: []string{"aud", "sub"}},
	"oidc.vercel.com":                                    {names: []string{"aud", "sub"}},
	"sandboxes.cloud":                                    {names: []string{"aud", "sub"}},
}

// isCommonProvider reports whether a name or an ARN is that of a common provider.
func isCommonProvider(name string) bool {
	if a, err := arn.Parse(name); err == nil {
		var ok bool
		if name, ok = strings.CutPrefix(a.Resource, "oidc-provider/"); !ok {
			return false
		}
	}
	_, ok := commonProviders[name]
	return ok
}

// includes reports whether callers of a class are of the public.
func (o *outside) includes(c *caller) bool {
	switch c.who.Kind {
	case authz.Anonymous:
		return true
	case authz.Provider:
		return isCommonProvider(c.who.ARN)
	case authz.User, authz.RoleSession, authz.FederatedSession, authz.Root, authz.AssumedRoot:
		return c.arns != nil && c.unnamed
	}
	return false
}

// identifies reports whether a key tells where a request comes from. For a claim it returns what subjects look like.
func identifies(key string) (c claims, ok bool) {
	if slices.Contains(identifying, key) {
		return c, true
	}
	i := strings.LastIndexByte(key, ':')
	if i < 0 {
		return c, false
	}
	c, ok = commonProviders[key[:i]]
	if !ok || !slices.Contains(c.names, key[i+1:]) {
		return c, false
	}
	if key[i+1:] != "sub" {
		c.owner, c.end = "", ""
	}
	return c, true
}

// domain returns what an identifying key's values are not: what the policy names without a wildcard, and whatever belongs to whom it names so: the ARNs of an account, the
// paths of an organization, the subjects of an owner. Of addresses it is the ranges.
func (o *outside) domain(a *analysis, on subject) *domain {
	name := a.keyAt(on).name
	claims, ok := identifies(name)
	if !ok {
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
					not = append(not, o.known(name, claims, b.Operator.Comparison.Family(), text)...)
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

// known returns what a value of a condition says about whom the policy knows.
func (o *outside) known(key string, c claims, family condition.Family, text string) (globs []*glob) {
	plain := text // up to what may be anything
	if i := strings.Index(plain, "${"); i >= 0 && o.document.Variables() {
		plain = plain[:i]
	}
	if family == condition.LikeFamily || family == condition.ARNFamily {
		if i := strings.IndexAny(plain, "*?"); i >= 0 {
			plain = plain[:i]
		}
	}
	kind := letter
	if family == condition.FoldFamily {
		kind = folded
	}
	begins := func(with string) {
		globs = append(globs, newGlob(append(foldedGlob(with, kind).signs, sign{kind: run})))
	}
	if plain == text && text != "anonymous" { // which is everybody's name
		globs = append(globs, foldedGlob(text, kind))
	}
	if parts := arn.Cut(text); parts.Len() == arn.PartCount && arn.IsAccount(parts.Part(4)) {
		globs = append(globs, newGlob(append(appendPattern(nil, "*:*:*:*:"+parts.Part(4)+":", true), sign{kind: run})))
	}
	switch {
	case key == userID:
		if id, _, ok := strings.Cut(plain, ":"); ok && id != "" {
			begins(id + ":")
		}
	case strings.HasSuffix(key, "orgpaths"):
		if id, _, ok := strings.Cut(plain, "/"); ok && id != "" {
			begins(id + "/")
		}
	case c.end != "" && strings.HasPrefix(plain, c.owner):
		if owner, _, ok := strings.Cut(plain[len(c.owner):], c.end); ok && owner != "" {
			begins(c.owner + owner + c.end)
		}
	}
	return globs
}

// narrow returns a range that is narrow enough to know who comes from it.
func narrow(text string) (netip.Prefix, bool) {
	r, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		r = netip.PrefixFrom(a, a.BitLen())
		if err != nil {
			return r, false
		}
	}
	if r.Addr().Is4In6() && r.Bits() >= 96 { // it is one of IPv4 (doc/language.md 9)
		r = netip.PrefixFrom(r.Addr().Unmap(), r.Bits()-96)
	}
	if r.Addr().Is4() {
		return r.Masked(), r.Bits() >= 8
	}
	return r.Masked(), r.Bits() >= 32
}

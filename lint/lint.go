// Package lint says what is wrong with a policy document, or not wise, in the words of IAM Access Analyzer's policy validation: 153 rules, each with
// Access Analyzer's own issue code.
//
//	c, _ := catalog.Load()
//	found := lint.Check(text, lint.Options{Kind: policy.Managed, Catalog: c})
//	found[0].Code          // PASS_ROLE_WITH_STAR_IN_RESOURCE
//	found[0].Type          // SecurityWarning
//	found[0].Message       // says what and the way out
//	at := found[0].Locations[0]
//	text[at.Start:at.End]  // "iam:PassRole"
//	at.Path                // Statement, 0, Action
//
// A document need not be valid: whatever can be told of one that no service would save is told, all at once. What services refuse, in their own words
// and order, is said by policy.Problems; what a policy means by package authz. The rules here are about one document by itself.
//
// Each rule has a file, which says what it looks for; rules.go lists them all, and doc/lint.md for people.
//
// # What it costs
//
// Check takes time in proportion to the length of the text, but for what an Analyzer proves, if there is one. Where a rule would need more (the redundancy of patterns, the form of ARNs with many
// wildcards), it looks as far as a fixed number of steps allows and then no further: it may miss something in a document of megabytes, and says nothing
// wrong. Of each rule it returns the first thousand findings.
package lint

import (
	"iter"
	"strings"

	"github.com/writ-iam/writ/analysis"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/policy"
)

// FindingType is how grave a finding is.
type FindingType uint8

// The types of findings, the gravest first.
const (
	// Error: the document, or a part of it, does not work.
	Error FindingType = iota
	// SecurityWarning: it allows more than was probably meant.
	SecurityWarning
	// Warning: it departs from what AWS recommends.
	Warning
	// Suggestion: it could be said better; what it means stays the same.
	Suggestion
)

// typeNames are Access Analyzer's words: those of its API, and those of the links to its documentation.
var typeNames = [...]struct{ api, link string }{
	{"ERROR", "error"}, {"SECURITY_WARNING", "security-warning"}, {"WARNING", "general-warning"}, {"SUGGESTION", "suggestion"},
}

// String returns the type in Access Analyzer's word, such as "SECURITY_WARNING".
func (t FindingType) String() string { return typeNames[t].api }

// Finding is one thing that a rule found.
type Finding struct {
	Code    string
	Type    FindingType
	Message string
	// Link is the address of AWS's explanation of the rule.
	Link string
	// Locations are the places that the finding is about, one at least. The first is where to look.
	Locations []Location
}

// Location is a place in a document.
type Location struct {
	// Path leads from the document to the place. It is empty for the document as a whole.
	Path []Step
	// Start and End are offsets in the text, in bytes; End is behind the last. policy.PositionOf makes a line and a column of one, which people count from
	// 1; Access Analyzer counts columns from 0.
	Start, End int
}

// StepKind says what a Step does.
type StepKind uint8

// The kinds of steps, in Access Analyzer's words.
const (
	// StepValue goes to the value of the member Name of an object.
	StepValue StepKind = iota
	// StepKey goes to the name of the member Name itself.
	StepKey
	// StepIndex goes to element Index of an array.
	StepIndex
	// StepSubstring goes to Length characters of a string, from character Index on.
	StepSubstring
)

// Step is one step of a Path.
type Step struct {
	Kind          StepKind
	Name          string
	Index, Length int
}

// Options say what a document is for.
type Options struct {
	// Kind is the kind of policy. For policy.Grammar only those rules run that hold for all kinds.
	Kind policy.Kind
	// ResourceType is what a resource-based policy is attached to, in the words of ValidatePolicy, such as AWS::S3::Bucket; ResourceTypes lists them.
	// AWS::IAM::AssumeRolePolicyDocument makes a trust policy of the document, whatever Kind says. If it is empty or another word, only those
	// rules run that hold for all resources; a policy of policy.Resource whose actions are all of STS is then taken for a trust policy.
	ResourceType string
	// Catalog is what AWS's services define. Without one the rules that need it find nothing.
	Catalog *catalog.Catalog
	// Analyzer, if it is not nil, proves what reading alone does not tell: which statements the others make redundant. It takes most of the time then, up to the bound of the
	// Analyzer, and answers one Check at a time.
	Analyzer *analysis.Analyzer
}

// The types of resources that there are rules for.
const (
	Bucket            = "AWS::S3::Bucket"
	AccessPoint       = "AWS::S3::AccessPoint"
	MultiRegionPoint  = "AWS::S3::MultiRegionAccessPoint"
	ObjectLambdaPoint = "AWS::S3ObjectLambda::AccessPoint"
	AssumeRolePolicy  = "AWS::IAM::AssumeRolePolicyDocument"
	DynamoDBTable     = "AWS::DynamoDB::Table"
)

// What a document of any length is answered with is bounded by these.
const (
	maxFindings    = 1000       // of one rule
	maxLocations   = 100        // of one finding
	maxShown       = 128        // characters of a text that a message quotes
	maxSuggestions = 100        // findings with a look for what was meant
	maxComplex     = 64         // patterns of one list that are no prefixes and may cover others
	maxSteps       = 20_000_000 // for what takes more than a look at each value
)

// ResourceTypes returns the types of resources that there are rules for.
func ResourceTypes() []string {
	return []string{Bucket, AccessPoint, MultiRegionPoint, ObjectLambdaPoint, AssumeRolePolicy, DynamoDBTable}
}

const linkBase = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-"

// Kinds is a set of types of policies, as Access Analyzer tells them apart.
type Kinds uint8

// The types of policies. Trust policies are resource policies with rules of their own.
const (
	Identity Kinds = 1 << iota
	Resource
	Trust
	ServiceControl
	ResourceControl

	AnyKind = Identity | Resource | Trust | ServiceControl | ResourceControl
)

// String returns the types' names with commas between, or "all".
func (k Kinds) String() string {
	if k == AnyKind {
		return "all"
	}
	var names []string
	for i, name := range []string{"identity", "resource", "trust", "scp", "rcp"} {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Rule is what is looked for in documents.
type Rule struct {
	// Code is Access Analyzer's issue code.
	Code string
	// Title is the name of the check in AWS's documentation.
	Title string
	Type  FindingType
	// Kinds are the types of policies that the rule is for.
	Kinds Kinds
	// Sentence says what the rule finds and why it matters.
	Sentence string
	// NeedsCatalog: without a catalog the rule finds nothing.
	NeedsCatalog bool

	check func(*checker)
}

// Link returns the address of AWS's explanation of the rule.
func (r *Rule) Link() string {
	return linkBase + typeNames[r.Type].link + "-" + strings.ToLower(strings.ReplaceAll(r.Code, "_", "-"))
}

// Rules returns all rules, in the order in which AWS documents them.
func Rules() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		for _, r := range rules {
			if !yield(r) {
				return
			}
		}
	}
}

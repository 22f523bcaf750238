// Package template finds the policies inside of Terraform plans and CloudFormation templates.
//
//	file, err := template.Read(text, template.Options{})
//	p := file.Policies[0]
//	p.Name             // aws_s3_bucket_policy.logs.policy
//	p.Kind             // policy.Resource
//	p.ResourceType     // AWS::S3::Bucket
//	p.Text             // {"Version": "2012-10-17", …}, as the service will be given it
//	p.Position(120)    // where in the file that stands what begins at offset 120 of the text
//
// A plan is what terraform show -json prints: its policies are JSON inside of strings of JSON, and offsets find their way back through the escapes. A template is JSON
// or YAML and says with functions what is known only when it is deployed: what can be known is put in, and a plausible literal stands for the rest, so that the text is a
// policy that can be read, checked and asked about; Policy.Placeholders says which parts of it those are. Where even that is not possible, a Note says what was not
// looked at: nothing is passed over in silence. A permission, such as that of a Lambda function, is the statement that the service makes of it; an Attachment is access
// without any document, of which nobody can say here what it grants.
package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/policy"
)

// Format is what a file is.
type Format uint8

// The formats; the zero Format is anything else.
const (
	NoTemplate Format = iota
	// TerraformPlan is the output of terraform show -json, of a plan or of a state.
	TerraformPlan
	// CloudFormation is a template, as JSON or YAML.
	CloudFormation
)

// String returns the format's name.
func (f Format) String() string {
	return [...]string{"no template", "Terraform plan", "CloudFormation template"}[f]
}

// Options say what a reader is told beside the file.
type Options struct {
	// Values are what placeholders stand for, by the placeholders' names: parameters of a template such as Environment, and whatever else a Placeholder is named after, such as
	// AWS::AccountId or Key.Arn.
	Values map[string]string
}

// File is what was found in a file.
type File struct {
	Format   Format
	Policies []*Policy // in the order of the file
	// Removed are the policies of a plan that will not be there any more.
	Removed     []*Policy
	Attachments []Attachment
	Notes       []Note
	// Unused are the names of Options.Values that are no parameters, and that nothing stands for in the policies.
	Unused []string
}

// Policy is a policy document inside of a file.
type Policy struct {
	// Name tells it from others: the resource's address and the attribute, such as module.a.aws_iam_role.ci[0].assume_role_policy, and of a template Role.AssumeRolePolicyDocument.
	Name string
	// Assumed is how conditions of the template are, such as "if IsProd, not HasLogs", if the policy depends on them: then there are several of its name, one behind the other.
	Assumed string
	// Resource is the type of the resource in the file's own words, such as aws_iam_role or AWS::IAM::Role.
	Resource string
	// Kind is what the document is for, if not Guess: then the table does not know the attribute, and the document looks like a policy.
	Kind  policy.Kind
	Guess bool
	// ResourceType is what a resource's policy belongs to, in the words of Access Analyzer; empty if it has none.
	ResourceType string
	Text         string
	// Made: the file does not say it as a document, but as a permission, which the service makes a statement of.
	Made bool
	// Changed: the file says what was before, which is Before, or nothing if that is empty. Else there is no telling.
	Changed bool
	Before  string
	// Gone: the policy is removed together with what it belonged to.
	Gone bool
	// Placeholders are the parts of Text that are not known before deployment, in order. They do not overlap.
	Placeholders []Placeholder
	// Incomplete says why Text is not all of what the policy may come to; empty if it is.
	Incomplete string

	file  *source
	spans []span
}

// Placeholder is a part of a text that stands for what is known only later.
type Placeholder struct {
	Start, End int // in the text, in bytes
	// Name is what it stands for: a parameter, a resource's attribute such as Key.Arn, AWS::AccountId.
	Name string
	// Open: it may come to be anything, also a star. What is not open AWS makes up, or is a parameter's Default, or Told by Options.
	Open, Default, Told bool

	// The JSON string that it is a part of, quotes included; the same as Start and End if there is none.
	stringStart, stringEnd int
}

// Note says what was not looked at, or not wholly.
type Note struct {
	Position policy.Position
	Name     string // as that of a Policy
	Text     string
	// Unread: there is, or will be, a policy that is not among the file's, for this kind of resource. Same: and it was there before, and is not changed.
	Unread, Same bool
	Kind         policy.Kind
	ResourceType string
}

// Position returns where in the file that stands what is at an offset of the text.
func (p *Policy) Position(offset int) policy.Position {
	i, ok := slices.BinarySearchFunc(p.spans, offset, func(s span, at int) int { return s.at - at })
	if !ok {
		i--
	}
	if i < 0 {
		return policy.Position{Line: 1, Column: 1}
	}
	s := &p.spans[i]
	inner := s.inner
	if !s.linear && inner == 0 && s.node.style == jsonString {
		return p.file.position(s.node.at) // the quote
	}
	if s.linear {
		inner += offset - s.at
	}
	return p.file.position(p.file.inside(s.node, inner))
}

// Touched returns the placeholders in a part of the text, or in the string that it is a part of, each name once; whole: one of them, of which it is not told what it is, is all of its string.
func (p *Policy) Touched(start, end int) (touched []Placeholder, whole bool) {
	for _, h := range p.Placeholders {
		if h.stringStart < max(end, start+1) && start < h.stringEnd {
			if !slices.ContainsFunc(touched, func(o Placeholder) bool { return o.Name == h.Name }) {
				touched = append(touched, h)
			}
			whole = whole || !h.Told && h.Start-1 <= h.stringStart && h.stringEnd <= h.End+1
		}
	}
	return touched, whole
}

// span says where a part of a text comes from: from the node, from its byte inner on, and byte by byte if linear.
type span struct {
	at     int
	node   *node
	inner  int
	linear bool
}

// yamlTemplate finds what is in a template at the beginning of a line and hardly in any other YAML.
var yamlTemplate = regexp.MustCompile(`(?m)^["']?(AWSTemplateFormatVersion|Resources)["']?[ \t]*:`)

// Recognize says what a text is, by what is in it.
func Recognize(text string) Format {
	if start := strings.TrimLeft(text, " \t\r\n"); !strings.HasPrefix(start, "{") {
		if !strings.HasPrefix(start, "[") && yamlTemplate.MatchString(text) && strings.Contains(text, "Type") {
			return CloudFormation
		}
		return NoTemplate
	}
	r := jsontext.NewReader(text)
	r.AllowDoubles()
	format, plan := NoTemplate, 0
	for name, ok, err := r.Object(); ok || err != nil; name, ok, err = r.Member() {
		if err != nil {
			break // a file that is damaged behind what tells what it is, is still that
		}
		switch name {
		case "Statement":
			return NoTemplate
		case "AWSTemplateFormatVersion":
			return CloudFormation
		case "format_version", "resource_changes", "planned_values", "values", "terraform_version":
			plan++
		case "Resources":
			if r.Next() == jsontext.Object {
				format = CloudFormation
			}
		}
		if r.Skip() != nil {
			break
		}
	}
	if plan >= 2 {
		return TerraformPlan
	}
	if format == NoTemplate && plan == 0 && yamlTemplate.MatchString(text) { // a mapping of YAML may begin with a brace, too
		return CloudFormation
	}
	return format
}

// Read finds the policies of a file. The error says what is wrong with it and where, as a *jsontext.Error or an *Error.
func Read(text string, o Options) (*File, error) {
	switch Recognize(text) {
	case TerraformPlan:
		f, err := readPlan(text)
		if err == nil {
			f.Unused = slices.Sorted(maps.Keys(o.Values))
		}
		return f, err
	case CloudFormation:
		return readCloudFormation(text, o)
	}
	return nil, &Error{policy.Position{Line: 1, Column: 1}, "neither a Terraform plan as JSON nor a CloudFormation template"}
}

// Error says why a file cannot be read.
type Error struct {
	Position policy.Position
	Detail   string
}

// Error returns position and detail in one line.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Position, e.Detail) }

// fail makes an Error of one that a reader of JSON returned.
func fail(s *source, base int, err error) error {
	if e, ok := err.(*jsontext.Error); ok {
		return &Error{s.position(base + e.Offset), e.Detail}
	}
	return err
}

// isDocument reports whether a text is a JSON object with a member Statement at the top: what a policy looks like.
func isDocument(text string) bool {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") || !strings.Contains(text, "Statement") {
		return false
	}
	r := jsontext.NewReader(text)
	r.AllowDoubles()
	for name, ok, err := r.Object(); ok && err == nil; name, ok, err = r.Member() {
		if name == "Statement" {
			return r.Next() == jsontext.Object || r.Next() == jsontext.Array
		}
		if r.Skip() != nil {
			return false
		}
	}
	return false
}

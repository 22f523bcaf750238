package template

import (
	"strings"
	"testing"
)

// TestNothingOfATemplateIsDroppedInSilence: each is what was once passed over.
func TestNothingOfATemplateIsDroppedInSilence(t *testing.T) {
	const statement = `{Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*"}`
	for _, c := range []struct{ what, text, policies, notes string }{
		{"a nested stack", "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: u}}", "", "R.TemplateURL: the policies in this template are not looked at; ask about the template itself"},
		{"a nested application", "{Type: AWS::Serverless::Application, Properties: {Location: u}}", "", "R.Location: the policies in this template are not looked at; ask about the template itself"},
		{"a module", "{Type: Org::A::B::MODULE}", "", "R: what the module Org::A::B::MODULE makes is not looked at"},
		{"connectors", "{Type: AWS::Serverless::SimpleTable, Connectors: {C: {}}}", "", "R.Connectors: the policies that connectors come to are not looked at"},
		{"a transform among properties", "{Type: AWS::SQS::QueuePolicy, Properties: {Fn::Transform: {Name: x}, Queues: []}}", "", "R: what Fn::Transform makes of it is not looked at"},
		{"the definition of an interface", "{Type: AWS::ApiGateway::RestApi, Properties: {Body: {x-amazon-apigateway-policy: {Statement: " + statement + "}}}}", "R.Body.x-amazon-apigateway-policy: resource of AWS::ApiGateway::RestApi", ""},
		{"a definition elsewhere", "{Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: x}}", "", "R.BodyS3Location: the policy in this definition is not looked at"},
		{"a serverless interface's policy", "{Type: AWS::Serverless::Api, Properties: {Auth: {ResourcePolicy: {CustomStatements: []}}}}", "", "R.Auth: the policy that this comes to is not looked at"},
		{"a serverless interface without one", "{Type: AWS::Serverless::Api, Properties: {Auth: {DefaultAuthorizer: a}}}", "", ""},
		{"a permission", `{Type: AWS::Lambda::Permission, Properties: {Principal: "*", Action: lambda:InvokeFunction, FunctionName: !Ref F}}`, "R: resource of AWS::Lambda::Function", ""},
		{"a permission for whoever a condition says", `{Type: AWS::Lambda::Permission, Properties: {Principal: !If [C, "*", s3.amazonaws.com], Action: a}}`, "", "R: whom it lets in depends on C, and is not looked at"},
		{"a bus's permission without a statement", `{Type: AWS::Events::EventBusPolicy, Properties: {StatementId: a, Principal: "*"}}`, "R: resource", ""},
		{"a serverless URL for everybody", "{Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {AuthType: NONE}}}", "R: resource of AWS::Lambda::Function", ""},
		{"a serverless URL", "{Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {AuthType: AWS_IAM}}}", "", ""},
		{"a serverless URL for whom a parameter says", "{Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {AuthType: !Ref P}}}", "", "R: whether everybody may call it is known only when the template is deployed"},
	} {
		f := read(t, "Parameters: {P: {Type: String}}\nResources:\n  R: "+c.text+"\n", Options{})
		if got := strings.Join(summaries(f.Policies), "\n"); got != c.policies || strings.Join(notes(f), "\n") != c.notes {
			t.Errorf("%s: policies %q, notes %q\nwant %q, %q", c.what, got, notes(f), c.policies, c.notes)
		}
		for _, p := range f.Policies {
			checkPlaces(t, p)
		}
	}
	f := read(t, "Transform: [AWS::Serverless-2016-10-31, Own, {Name: AWS::Include}]\nFn::Transform: {Name: x}\nResources: {R: {Type: AWS::SQS::Queue}}\n", Options{})
	checkList(t, "transforms", notes(f), []string{"Fn::Transform: what Fn::Transform makes of the template is not looked at",
		"Transform: what the transform Own makes of the template is not looked at", "Transform: what the transform AWS::Include makes of the template is not looked at"})
}

func TestAPermissionIsAStatement(t *testing.T) {
	f := read(t, `Resources:
  R:
    Type: AWS::Lambda::Permission
    Properties:
      Principal: !Sub "events.${AWS::URLSuffix}"
      Action: lambda:InvokeFunction
      FunctionName: !GetAtt F.Arn
      SourceArn: !GetAtt Rule.Arn
  F: {Type: AWS::Lambda::Function}
  Rule: {Type: AWS::Events::Rule}
`, Options{})
	want := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
		`"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/rule"}}}}`
	p := f.Policies[0]
	if p.Text != want || !p.Made {
		t.Errorf("%s\nwant %s", p.Text, want)
	}
	if at := p.Position(strings.Index(p.Text, "lambda:Invoke")); at.Line != 6 || at.Column != 15 {
		t.Errorf("the action is at %v", at)
	}
}

func TestGlobals(t *testing.T) {
	f := read(t, `Globals: {Function: {FunctionUrlConfig: {AuthType: NONE}}, Api: {Auth: {ResourcePolicy: {}}}}
Resources:
  A: {Type: AWS::Serverless::Function}
  B: {Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {AuthType: AWS_IAM}}}
  C: {Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {Cors: true}}}
  D: {Type: AWS::Serverless::Api, Properties: {}}
  E: {Type: AWS::Lambda::Function}
`, Options{})
	checkList(t, "policies", summaries(f.Policies), []string{"A: resource of AWS::Lambda::Function", "C: resource of AWS::Lambda::Function"})
	checkList(t, "notes", notes(f), []string{"D.Auth: the policy that this comes to is not looked at"})
}

func TestAttachmentsOfATemplate(t *testing.T) {
	f := read(t, `Parameters: {Arns: {Type: CommaDelimitedList, Default: "a,b"}}
Resources:
  P: {Type: AWS::IAM::ManagedPolicy}
  A: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P, !Sub "arn:${AWS::Partition}:iam::aws:policy/X", !If [C, y, !Ref AWS::NoValue]]}}
  B: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: !Ref Arns}}
  C: {Type: AWS::IAM::User, Properties: {Groups: [!Ref G, admins]}}
  D: {Type: AWS::Serverless::Function, Properties: {Policies: [AmazonS3FullAccess, {S3ReadPolicy: {BucketName: b}}, {Statement: []}]}}
  E: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P]}}
  G: {Type: AWS::IAM::Group}
`, Options{})
	checkList(t, "attachments", attachments(f), []string{
		"A.ManagedPolicyArns: arn:aws:iam::aws:policy/X, y is attached to A, new, outside [arn:aws:iam::aws:policy/X y]",
		"B.ManagedPolicyArns: a, b is attached to B, new, outside [a b]",
		"C.Groups: admins is attached to C, new, outside [admins]",
		"D.Policies: AmazonS3FullAccess is attached to D, new, outside [AmazonS3FullAccess]",
	})
}

// TestUnused: a value that is told of nothing is most likely told of something else.
func TestUnused(t *testing.T) {
	const text = "Parameters: {A: {Type: String}}\nResources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Resource: [!GetAtt Key.Arn, !ImportValue x]}}}}, Key: {Type: AWS::KMS::Key}}"
	f := read(t, text, Options{Values: map[string]string{"A": "", "AA": "", "Key.Arn": "", "Fn::ImportValue x": "", "Key": ""}})
	checkList(t, "unused", f.Unused, []string{"AA", "Key"})
	checkList(t, "unused of a plan", read(t, `{"format_version": "1.2", "resource_changes": []}`, Options{Values: map[string]string{"A": ""}}).Unused, []string{"A"})
}

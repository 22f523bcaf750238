package analysis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/policy"
)

func load(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestUseless has a row for each way in which a statement can be of no use, and beside it one that is of use.
func TestUseless(t *testing.T) {
	for _, row := range []struct{ name, statements, want string }{
		{"each is of use", `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secret/*"}`, ""},
		{"within another", `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`, "1 redundant"},
		{"within two others together", `{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
			{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`, "2 redundant"},
		{"denied in any case", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}`, "1 redundant"},
		{"a Deny of what nobody allows", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`, "1 redundant"},
		{"a condition that cannot hold", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},
			{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"},"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}`, "1 never matches"},
		{"a Deny that cannot apply", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:max-keys":"5"},"NumericGreaterThan":{"s3:max-keys":"7"}}}`,
			"1 never matches"},
		{"a resource that the action never has", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111122223333:bucket/*"}`, "0 never matches"},
		{"two that say the same", `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"S3:*","Resource":["*"]}`, "0 redundant, 1 redundant"},
	} {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + row.statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		useless, unknown, err := New(Options{Catalog: load(t)}).Useless(policy.Managed, d)
		var got []string
		for _, u := range useless {
			got = append(got, fmt.Sprint(u.Statement, " ", u.Why))
		}
		if s := strings.Join(got, ", "); err != nil || s != row.want || len(unknown) > 0 {
			t.Errorf("%s: %q, unknown %v, %v; want %q", row.name, s, unknown, err, row.want)
		}
	}
}

// TestActionsThatNobodyKnows compares policies that speak of actions which the catalog does not have.
func TestActionsThatNobodyKnows(t *testing.T) {
	for _, row := range []struct {
		name, left, right string // of Action elements
		want              Relation
	}{
		{"by a pattern", `"s3:Brandnew*"`, `"s3:GetObject"`, Incomparable},
		{"of a service", `"brandnew:*"`, `"brandnew:Get*"`, LeftWider},
		{"which two patterns share", `["brandnew:Get*","brandnew:*Object"]`, `["brandnew:*Object","brandnew:Get*"]`, Equivalent},
		{"one pattern in two pieces", `["brandnew:?","brandnew:??*"]`, `"brandnew:*"`, Equivalent},
		{"two pieces with a gap", `["brandnew:?","brandnew:???*"]`, `"brandnew:*"`, RightWider},
		{"one of those", `["brandnew:*"]`, `["brandnew:Do","brandnew:*"]`, Equivalent},
		{"within an infix", `"brandnew:*a*"`, `["brandnew:*ab*","brandnew:*ac*"]`, LeftWider},
		{"in a service with wildcards", `"brand*:Newer*"`, `"brandnew:Newer*"`, LeftWider},
		{"with two colons", `"s3:Get:Object"`, `"s3:Put:Object"`, Incomparable},
		{"beside actions that are known", `"s3:GetObject*"`, `["s3:GetObject*","s3:GetObjectBrandnew*"]`, Equivalent},
	} {
		of := func(action string) Side {
			d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + action + `,"Resource":"*"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			return Of(policy.Inline, d)
		}
		got, err := New(Options{Catalog: load(t)}).Compare(of(row.left), of(row.right))
		if err != nil || got.Relation != row.want {
			t.Errorf("%s: %v %v %v %v, want %v", row.name, got.Relation, got.LeftOnly.Witness, got.RightOnly.Witness, err, row.want)
		}
	}
	// What no list names is allowed by no list, and spared by none.
	but := func(action string) Side {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":` + action + `,"Resource":"*"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return Of(policy.Inline, d)
	}
	got, err := New(Options{Catalog: load(t)}).Compare(but(`"s3:Brandnew*"`), but(`"s3:BrandnewT*"`))
	if err != nil || got.Relation != RightWider {
		t.Errorf("all but a pattern: %v, %v", got.Relation, err)
	}
}

// TestResourcesOfS3: what belongs to an account has it in its ARN.
func TestResourcesOfS3(t *testing.T) {
	for resource, want := range map[string]Verdict{
		"arn:aws:s3:us-east-1:111122223333:storage-lens/x": Yes, "arn:aws:s3:us-east-1:111122223333:job/x": Yes, "arn:aws:s3:us-east-1:111122223333:access-grants/default/grant/x": Yes,
		"arn:aws:s3:us-west-2:111122223333:async-request/mrap/create/x": Yes, "arn:aws:s3::111122223333:accesspoint/x.mrap": Yes, "arn:aws:s3:::b/k": Yes,
		"arn:aws:s3:us-east-1:111122223333:bucket/x": No, "arn:aws:s3::111122223333:b/k": No,
	} {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"` + resource + `"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := New(Options{Catalog: load(t)}).Wider(Of(policy.Inline, d), nothing(policy.Inline)); err != nil || got.Verdict != want {
			t.Errorf("%s: %v, %v", resource, got.Verdict, err)
		}
	}
}

// TestPlaces: a resource is in a partition and a Region of AWS's, or of those that a policy names.
func TestPlaces(t *testing.T) {
	for _, row := range []struct {
		left, right string
		want        Relation
	}{
		{`arn:aws:sqs:*:111122223333:q`, `arn:*:sqs:*:111122223333:q`, RightWider}, // there are other partitions
		{`arn:aws:sqs:u*:111122223333:q`, `arn:aws:sqs:us-*:111122223333:q`, Equivalent},
		{`arn:aws:sqs:x*:111122223333:q`, `arn:aws:sqs:moon-1:111122223333:q`, RightWider},
		{`arn:aws:sqs:m*:111122223333:q`, `arn:aws:sqs:moon-1:111122223333:q`, LeftWider},
		{`arn:aws:sqs:us-????-1:111122223333:q`, `arn:aws:sqs:us-[we]ast-1:111122223333:q`, Incomparable},
		{`arn:aws:sqs:*:1*:q`, `arn:aws:sqs:*:1???????????:q`, Equivalent},
	} {
		of := func(resource string) Side {
			d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"` + resource + `"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			return Of(policy.Inline, d)
		}
		got, err := New(Options{Catalog: load(t)}).Compare(of(row.left), of(row.right))
		if err != nil || got.Relation != row.want {
			t.Errorf("%s and %s: %v %v %v %v, want %v", row.left, row.right, got.Relation, got.LeftOnly.Witness, got.RightOnly.Witness, err, row.want)
		}
	}
}

// TestExternal finds what leaves a zone, and nothing else.
func TestExternal(t *testing.T) {
	zone := Zone{Accounts: []string{"111122223333", "444455556666"}, Organization: "o-ours"}
	const bucket, trust = "AWS::S3::Bucket", "AWS::IAM::AssumeRolePolicyDocument"
	for _, row := range []struct{ name, resourceType, statements, want string }{
		{"an account of the zone", bucket, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`, ""},
		{"another account", bucket, `{"Effect":"Allow","Principal":{"AWS":["111122223333","777788889999"]},"Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`,
			"0 AWS 777788889999 s3:GetObject,s3:PutObject public no"},
		{"less what is denied", bucket, `{"Effect":"Allow","Principal":{"AWS":"777788889999"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},
			{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"}`, "0 AWS 777788889999 s3:GetObject public no"},
		{"everyone", bucket, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}`, "0 AWS * s3:GetObject public yes"},
		{"everyone of the organization", bucket, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ours"}}}`, ""},
		{"everyone of another", bucket, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-ours","o-theirs"]}}}`,
			"0 AWS * s3:GetObject public no"},
		{"a service", bucket, `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"*"}`, ""},
		{"a user of another account", bucket, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::777788889999:user/x"},"Action":"s3:GetObject","Resource":"*"}`,
			"0 AWS arn:aws:iam::777788889999:user/x s3:GetObject public no"},
		{"services, by a condition", bucket, `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:PrincipalIsAWSService":"true"}}}`, ""},
		{"federated sessions of another account", bucket, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::777788889999:federated-user/bob"},"Action":"s3:GetObject","Resource":"*"}`,
			"0 AWS arn:aws:sts::777788889999:federated-user/bob s3:GetObject public no"},
		{"CloudFront", bucket, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},"Action":"s3:GetObject","Resource":"*"}`, ""},
		{"all but", bucket, `{"Effect":"Allow","NotPrincipal":{"AWS":"777788889999"},"NotAction":"s3:Delete*","Resource":"*"}`, "0   s3:Delete* public yes"},
		{"a role", trust, `{"Effect":"Allow","Principal":{"AWS":["777788889999","111122223333"]},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"1"}}}`,
			"0 AWS 777788889999 sts:AssumeRole public no sts:ExternalId"},
		{"a role by a provider", trust, `{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`,
			"0 Federated accounts.google.com sts:AssumeRoleWithWebIdentity public yes"},
	} {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + row.statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		all, err := New(Options{Catalog: load(t)}).External(row.resourceType, d, zone)
		var got []string
		for _, x := range all {
			s := fmt.Sprint(x.Statement, " ", x.PrincipalType, " ", x.Principal, " ", strings.Join(x.Actions, ","), " public ", x.Public)
			for _, b := range x.Conditions {
				for _, k := range b.Keys {
					if k.Key.Text != "aws:PrincipalOrgID" {
						s += " " + k.Key.Text
					}
				}
			}
			if x.Verdict != Yes || x.Witness == nil {
				s += " without a witness"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); err != nil || s != row.want {
			t.Errorf("%s: %q, %v; want %q", row.name, s, err, row.want)
		}
	}
}

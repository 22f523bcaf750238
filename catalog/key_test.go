package catalog

import "testing"

func TestKey(t *testing.T) {
	for _, test := range []struct {
		claim, name, want string
		kind              ValueType
		multi             bool
	}{
		{"a global key", "aws:SourceIp", "aws:SourceIp", TypeIPAddress, false},
		{"in any case", "AWS:sourceip", "aws:SourceIp", TypeIPAddress, false},
		{"a global key with several values", "aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", TypeString, true},
		{"the keys of tags", "aws:TagKeys", "aws:TagKeys", TypeString, true},
		{"a tag", "aws:ResourceTag/team", "aws:ResourceTag/${TagKey}", TypeString, false},
		{"a tag in another case", "aws:resourcetag/Team", "aws:ResourceTag/${TagKey}", TypeString, false},
		{"a tag's name may hold / and :", "aws:PrincipalTag/a/b:c", "aws:PrincipalTag/${TagKey}", TypeString, false},
		{"a tag's template", "aws:RequestTag/${TagKey}", "aws:RequestTag/${TagKey}", TypeString, false},
		{"a tag without a name is none", "aws:ResourceTag/", "", 0, false},
		{"nor one without a slash", "aws:ResourceTag", "", 0, false},
		{"a service's key", "s3:prefix", "s3:prefix", TypeString, false},
		{"a number", "s3:max-keys", "s3:max-keys", TypeNumeric, false},
		{"a date", "aws:CurrentTime", "aws:CurrentTime", TypeDate, false},
		{"a truth value", "aws:SecureTransport", "aws:SecureTransport", TypeBool, false},
		{"an ARN", "iam:PolicyARN", "iam:PolicyARN", TypeARN, false},
		{"a tag of a service", "iam:ResourceTag/team", "iam:ResourceTag/${TagKey}", TypeString, false},
		{"a tag written with angle brackets", "s3:ExistingObjectTag/team", "s3:ExistingObjectTag/<key>", TypeString, false},
		{"a tag written tag-key", "secretsmanager:ResourceTag/team", "secretsmanager:ResourceTag/tag-key", TypeString, false},
		{"a tag written as nothing", "glacier:ResourceTag/team", "glacier:ResourceTag/", TypeString, false},
		{"of two ways to write it, ${} is meant", "ssm:resourceTag/team", "ssm:resourceTag/${TagKey}", TypeString, false},
		{"and it is better than nothing", "elasticloadbalancing:ResourceTag/team", "elasticloadbalancing:ResourceTag/${TagKey}", TypeString, false},
		{"a spelled-out key is better than a template", "ssm:resourceTag/aws:ssmmessages:session-id", "ssm:resourceTag/aws:ssmmessages:session-id", TypeString, false},
		{"text behind the placeholder", "codebuild:secondarySources/src1.auth.type", "codebuild:secondarySources/${sourceIdentifier}.auth.type", TypeString, false},
		{"more text is better than less", "events:Metadata/a/Matcher", "events:Metadata/${MetadataKey}/Matcher", TypeString, false},
		{"a colon before the placeholder", "kms:EncryptionContext:AppName", "kms:EncryptionContext:${EncryptionContextKey}", TypeString, false},
		{"a key of another service", "saml:aud", "saml:aud", TypeString, false},
		{"a provider's key", "token.actions.githubusercontent.com:actor", "token.actions.githubusercontent.com:actor", TypeString, false},
		{"with a placeholder in the prefix", "token.actions.acme.ghe.com:actor", "token.actions.${Domain}.ghe.com:actor", TypeString, false},
		{"a key of the session", "ec2:SourceInstanceARN", "ec2:SourceInstanceArn", TypeARN, false},
		{"unknown global keys are unknown", "aws:NoSuchKey", "", 0, false},
		{"unknown keys of services are", "s3:NoSuchKey", "", 0, false},
		{"keys of unknown services are", "nosuch:key", "", 0, false},
		{"a name without a colon is none", "SourceIp", "", 0, false},
	} {
		k, ok := load(t).Key(test.name)
		if ok != (test.want != "") {
			t.Errorf("%s: Key(%q) = %v, %t", test.claim, test.name, k, ok)
			continue
		}
		if !ok {
			continue
		}
		if k.Name() != test.want || k.Type() != test.kind || k.Multivalued() != test.multi {
			t.Errorf("%s: Key(%q) = %v, %v, multivalued %t", test.claim, test.name, k, k.Type(), k.Multivalued())
		}
		if !k.Matches(test.name) {
			t.Errorf("%s: %v does not match %q", test.claim, k, test.name)
		}
	}
}

func TestGlobalKeysAgreeWithTheServices(t *testing.T) {
	global := 0
	for k := range load(t).GlobalKeys() {
		global++
		if found, ok := load(t).Key(k.Name()); !ok || found != k {
			t.Errorf("Key(%q) = %v", k.Name(), found)
		}
	}
	if global != 62 {
		t.Errorf("%d global keys", global)
	}
	for s := range load(t).Services() {
		for k := range s.Keys() {
			other, ok := load(t).Key(k.Name())
			if !ok {
				t.Errorf("%v has %v, which Key does not find", s, k)
				continue
			}
			if s.Prefix()[0] == 'q' && k.Name() == "identitystore:UserId" {
				continue // Amazon Q lists it with several values; of a session it has one
			}
			if other.Type() != k.Type() || other.Multivalued() != k.Multivalued() {
				t.Errorf("%v: %v is %s, otherwise %s", s, k, k.kindName(), other.kindName())
			}
		}
	}
}

func TestValueTypeString(t *testing.T) {
	if got := TypeIPAddress.String() + " " + ValueType(99).String(); got != "IPAddress ValueType(99)" {
		t.Error(got)
	}
}

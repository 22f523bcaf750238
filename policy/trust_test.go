package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// The rows of policy-language.md §8.
func TestTrustMessages(t *testing.T) {
	const (
		actions = "AssumeRole policy may only specify STS AssumeRole actions."
		object  = "Principal must be a JSON object."
		cognito = "A condition block must be present for the Cognito provider"
		domains = "Federated principals must be valid domain names or SAML metadata ARNs"
		syntax  = "Syntax error in policy."
		empty   = "Could not parse the policy: Statement is empty!"
	)
	good := members(bases[policy.Trust])
	for _, tt := range []struct{ text, want string }{
		{"x", "This policy contains invalid Json"}, {"", "This policy contains invalid Json"}, {statements(good) + "x", "This policy contains invalid Json"}, {`{"Statement":[` + good + `],"Statement":[]}`, "This policy contains invalid Json"},
		{`{"Version":"2013-10-17","Statement":` + good + `}`, "The policy must contain a valid version string"}, {`{"Version":1,"Statement":` + good + `}`, "The policy must contain a valid version string"}, {`{"Version":"","Statement":` + good + `}`, "The policy must contain a valid version string"},
		{statements(), empty}, {`{"Version":"2012-10-17"}`, empty}, {`{}`, empty}, {`{"Version":"2012-10-17","Statement":"x"}`, syntax}, {`{"Version":"2012-10-17","Statement":null}`, syntax}, {`[]`, syntax}, {`"x"`, syntax},
		{statements(members(bases[policy.Trust], `Sid="a"`), members(bases[policy.Trust], `Sid="a"`)), "The Statement Ids in the policy are not unique"},
		{with(policy.Trust, `-Effect`), "Missing required field Effect"}, {with(policy.Trust, `-Principal`), "Missing required field Principal"}, {with(policy.Trust, `-Action`), "Missing required field Action"}, {with(policy.Trust, `Action=[]`), "Missing required field Action"},
		{with(policy.Trust, `Principal={}`), "Missing required field Principal cannot be empty!"}, {statements(`{}`), "Missing required field Effect"},
		{with(policy.Trust, `Effect="Permit"`), "Invalid effect: Permit"}, {with(policy.Trust, `Effect="allow"`), "Invalid effect: allow"}, {with(policy.Trust, `Effect=""`), "Invalid effect: "},
		{with(policy.Trust, `Principal="*"`), object}, {with(policy.Trust, `Principal="111122223333"`), object}, {with(policy.Trust, `Principal=""`), object},
		{with(policy.Trust, `-Principal`, `NotPrincipal={"AWS":"111122223333"}`), "Allow with NotPrincipal is not allowed."},
		{with(policy.Trust, `-Principal`, `NotPrincipal={"AWS":"111122223333"}`, `Effect="Deny"`), "AssumeRole policy must not contain NotPrincipal field."},
		{with(policy.Trust, `-Principal`, `NotPrincipal="*"`), "Allow with NotPrincipal is not allowed."},
		{with(policy.Trust, `Action="*"`), actions}, {with(policy.Trust, `Action="s3:GetObject"`), actions}, {with(policy.Trust, `Action=["sts:AssumeRole","iam:PassRole"]`), actions}, {with(policy.Trust, `Action="s*:AssumeRole"`), actions}, {with(policy.Trust, `Action=""`), actions}, {with(policy.Trust, "Action=\"\u017fts:AssumeRole\""), actions},
		{with(policy.Trust, `Resource="*"`), "Has prohibited field Resource"}, {with(policy.Trust, `NotResource="*"`), "AssumeRole policy must not contain resources."}, {with(policy.Trust, `Resource=[]`), "Has prohibited field Resource"},
		{with(policy.Trust, `Principal={"Foo":"x"}`), `Invalid principal in policy: "Foo"`}, {with(policy.Trust, `Principal={"aws":"111122223333"}`), `Invalid principal in policy: "aws"`},
		{with(policy.Trust, `Principal={"AWS":"x"}`), `Invalid principal in policy: "AWS":"x"`}, {with(policy.Trust, `Principal={"AWS":["111122223333","arn:aws:iam::111122223333:group/g"]}`), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"`},
		{with(policy.Trust, `Principal={"Service":"ec2"}`), `Invalid principal in policy: "SERVICE":"ec2"`}, {with(policy.Trust, `Principal={"Service":"*"}`), `Invalid principal in policy: "SERVICE":"*"`},
		{with(policy.Trust, `Principal={"Federated":"x"}`), domains}, {with(policy.Trust, `Principal={"Federated":"*"}`), domains}, {with(policy.Trust, `Principal={"Federated":"arn:aws:iam::111122223333:user/x"}`), domains},
		{with(policy.Trust, `Principal={"Federated":"cognito-identity.amazonaws.com"}`, `Action="sts:AssumeRoleWithWebIdentity"`), cognito},
		{with(policy.Trust, `Principal={"Federated":"cognito-identity.amazonaws.com"}`, `Condition={"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}`), ""},
		{with(policy.Trust, `Principal={"Federated":"cognito-identity.amazonaws.com"}`, `Condition={"StringEquals":{"cognito-identity.amazonaws.com:amr":"p"}}`), cognito},
		{with(policy.Trust, `Principal={"Federated":"cognito-identity.amazonaws.com"}`, `Effect="Deny"`), ""},
		{with(policy.Trust, `Condition=[]`), syntax}, {with(policy.Trust, `Condition={"x":{"k":"v"}}`), syntax}, {with(policy.Trust, `Sid=1`), syntax}, {with(policy.Trust, `Foo=1`), syntax}, {with(policy.Trust, `NotAction="sts:AssumeRole"`), syntax}, {with(policy.Trust, `Effect=1`), syntax}, {with(policy.Trust, `Principal=["*"]`, `Action="sts:*"`), "Principal must be a JSON object."},
		{with(policy.Trust, `Principal={"AWS":"*"}`), ""},
		// The accepted actions.
		{with(policy.Trust, `Action=["sts:AssumeRole","sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity","sts:SetContext","sts:*","sts:Assume*","STS:assumerole"]`), ""},
		{with(policy.Trust, `-Action`, `NotAction="sts:TagSession"`), ""},
		{`{"Id":"x","Statement":` + good + `}`, ""}, {`{"Version":"2008-10-17","Statement":` + good + `}`, ""},
	} {
		if got := answer(t, policy.Trust, tt.text); got != tt.want {
			t.Errorf("%s\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

// A trust policy that breaks two rules reports the one that stands earlier in the table of §8.
func TestTrustChecksAreInOrder(t *testing.T) {
	type row struct{ want, version, statement string }
	of := func(want string, changes ...string) row {
		return row{want: want, statement: members(bases[policy.Trust], changes...)}
	}
	order := []row{
		{want: "The policy must contain a valid version string", version: `"Version":"x",`},
		{want: "The Statement Ids in the policy are not unique", statement: members(bases[policy.Trust], `Sid="a"`) + "," + members(bases[policy.Trust], `Sid="a"`)},
		of("Missing required field Effect", `-Effect`),
		of("Missing required field Principal", `-Principal`),
		of("Invalid effect: x", `Effect="x"`),
		of("Principal must be a JSON object.", `Principal="x"`),
		of("Allow with NotPrincipal is not allowed.", `-Principal`, `NotPrincipal={"AWS":"*"}`),
		of("AssumeRole policy may only specify STS AssumeRole actions.", `Action="*"`),
		of("Has prohibited field Resource", `Resource="*"`),
		of(`Invalid principal in policy: "Foo"`, `Principal={"Foo":"x"}`),
		of(`Invalid principal in policy: "AWS":"x"`, `Principal={"AWS":"x"}`),
		of("A condition block must be present for the Cognito provider", `Principal={"Federated":"cognito-identity.amazonaws.com"}`),
		of("Syntax error in policy.", `Foo=1`),
	}
	var everything []string
	version := `"Version":"2012-10-17",`
	for i, first := range order {
		for _, second := range order[i+1:] {
			list := []string{second.statement, first.statement}
			list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
			text := "{" + version + `"Statement":[` + strings.Join(list, ",") + "]}"
			if first.version != "" {
				text = strings.Replace(text, version, first.version, 1)
			}
			if got := answer(t, policy.Trust, text); got != first.want {
				t.Errorf("%q and %q: %q\n%s", first.want, second.want, got, text)
			}
		}
		if first.statement != "" {
			everything = append(everything, first.statement)
		}
	}
	slices.Reverse(everything)
	problems := policy.Problems(policy.Trust, `{"Version":"x","Statement":[`+strings.Join(everything, ",")+"]}")
	if len(problems) != len(order) {
		t.Fatalf("%d problems, want %d: %v", len(problems), len(order), problems)
	}
	for i, e := range problems {
		if e.Message != order[i].want {
			t.Errorf("problem %d is %q, want %q", i, e.Message, order[i].want)
		}
	}
}

// Shared issuers must be asked for their tenant (policy-language.md §8).
func TestSharedIssuers(t *testing.T) {
	shared := map[string]string{}
	for _, issuer := range strings.Fields(`token.actions.githubusercontent.com vstoken.actions.githubusercontent.com oidc-configuration.audit-log.githubusercontent.com
		gitlab.com agent.buildkite.com app.terraform.io oidc.codefresh.io studio.datachain.ai/api scalr.io tokens.cloud.shisho.dev proidc.upbound.io`) {
		shared[issuer] = issuer + ":sub"
	}
	for _, issuer := range []string{"api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com"} {
		shared[issuer] = issuer + ":aud"
	}
	shared["sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"] = "sts:RoleSessionName"
	for issuer, claim := range shared {
		principal := `Principal={"Federated":"arn:aws:iam::111122223333:oidc-provider/` + issuer + `"}`
		for condition, ok := range map[string]bool{
			`{}`:                                                                        false,
			`{"StringEquals":{"CLAIM":"repo:x"}}`:                                       true,
			`{"StringLike":{"CLAIM":"repo:*"}}`:                                         true,
			`{"StringEqualsIgnoreCase":{"CLAIM":"x"}}`:                                  true,
			`{"ForAnyValue:StringLike":{"CLAIM":["x*","y"]}}`:                           true,
			`{"StringLike":{"CLAIM":"*"}}`:                                              false,
			`{"StringLike":{"CLAIM":"?*"}}`:                                             false,
			`{"StringLike":{"CLAIM":["x","*"]}}`:                                        false,
			`{"StringLike":{"CLAIM":""}}`:                                               false,
			`{"StringLike":{"CLAIM":[]}}`:                                               false,
			`{"StringNotEquals":{"CLAIM":"x"}}`:                                         false,
			`{"StringNotLike":{"CLAIM":"x"}}`:                                           false,
			`{"StringEqualsIfExists":{"CLAIM":"x"}}`:                                    false,
			`{"ForAllValues:StringEquals":{"CLAIM":"x"}}`:                               false,
			`{"StringEquals":{"other:sub":"x"}}`:                                        false,
			`{"ArnLike":{"CLAIM":"arn:aws:s3:::b"}}`:                                    false,
			`{"StringNotEquals":{"CLAIM":"x"},"StringLike":{"a":"b","CLAIM":"repo:x"}}`: true,
		} {
			text := with(policy.Trust, principal, `Action="sts:AssumeRoleWithWebIdentity"`, "Condition="+strings.ReplaceAll(condition, "CLAIM", claim))
			got := answer(t, policy.Trust, text)
			if (got == "") != ok || !ok && (!strings.Contains(got, claim) || !strings.Contains(got, issuer)) {
				t.Errorf("%s with %s: %q", issuer, condition, got)
			}
			text = with(policy.Trust, principal, "Condition="+strings.ReplaceAll(condition, "CLAIM", strings.ToUpper(claim)))
			if got := answer(t, policy.Trust, text); (got == "") != ok {
				t.Errorf("%s with %s in capitals: %q", issuer, condition, got)
			}
		}
	}
	own := with(policy.Trust, `Principal={"Federated":"arn:aws:iam::111122223333:oidc-provider/idp.example.com"}`)
	if got := answer(t, policy.Trust, own); got != "" {
		t.Errorf("an issuer of one's own is refused: %s", got)
	}
}

// The forms of principals (policy-language.md §2, security.md S058), pinned: what trust policies and resource policies accept.
func TestPrincipalForms(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct {
		kind, value string
		ok          bool
	}{
		{"AWS", "*", true},
		{"AWS", "111122223333", true},
		{"AWS", "arn:aws:iam::111122223333:root", true},
		{"AWS", "arn:aws-cn:iam::111122223333:root", true},
		{"AWS", "arn:aws:iam::111122223333:user/alice", true},
		{"AWS", "arn:aws:iam::111122223333:user/dev/alice", true},
		{"AWS", "arn:aws:iam::111122223333:role/app", true},
		{"AWS", "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/y", true},
		{"AWS", "arn:aws:sts::111122223333:assumed-role/app/session", true},
		{"AWS", "arn:aws:sts::111122223333:federated-user/fred", true},
		{"AWS", "AIDAEXAMPLEEXAMPLE12", true},
		{"AWS", "AROAEXAMPLEEXAMPLE12", true},
		{"AWS", "", false},
		{"AWS", "**", false},
		{"AWS", "?", false},
		{"AWS", "11112222333", false},
		{"AWS", "1111222233334", false},
		{"AWS", "1111-2222-3333", false},
		{"AWS", "11112222333a", false},
		{"AWS", " 111122223333", false},
		{"AWS", "111122223333 ", false},
		{"AWS", "１１１１２２２２３３３３", false},
		{"AWS", "root", false},
		{"AWS", "alice", false},
		{"AWS", "user/alice", false},
		{"AWS", "arn:aws:iam::*:root", false},
		{"AWS", "arn:aws:iam::11112222333?:root", false},
		{"AWS", "arn:aws:iam::111122223333:*", false},
		{"AWS", "arn:aws:iam::111122223333:role/*", false},
		{"AWS", "arn:aws:iam::111122223333:user/ali*", false},
		{"AWS", "arn:aws:iam::111122223333:user/?", false},
		{"AWS", "arn:*:iam::111122223333:root", false},
		{"AWS", "arn:aws:sts::111122223333:assumed-role/app/*", false},
		{"AWS", "arn:aws:sts::111122223333:assumed-role/app", false},
		{"AWS", "arn:aws:sts::111122223333:assumed-role/app/", false},
		{"AWS", "arn:aws:sts::111122223333:assumed-role/path/app/session", false},
		{"AWS", "arn:aws:iam::111122223333:assumed-role/app/session", false},
		{"AWS", "arn:aws:sts::111122223333:federated-user/", false},
		{"AWS", "arn:aws:iam::111122223333:federated-user/fred", false},
		{"AWS", "arn:aws:iam::111122223333:group/g", false},
		{"AWS", "arn:aws:iam::111122223333:instance-profile/p", false},
		{"AWS", "arn:aws:iam::111122223333:policy/p", false},
		{"AWS", "arn:aws:iam::111122223333:self/x", false},
		{"AWS", "arn:aws:iam::111122223333:self/*", false},
		{"AWS", "arn:aws:iam::111122223333:saml-provider/p", false},
		{"AWS", "arn:aws:iam::111122223333:Root", false},
		{"AWS", "arn:aws:iam::111122223333:root/", false},
		{"AWS", "arn:aws:iam::111122223333:root/x", false},
		{"AWS", "arn:aws:iam::111122223333:user/", false},
		{"AWS", "arn:aws:iam::111122223333:user", false},
		{"AWS", "arn:aws:iam::111122223333:", false},
		{"AWS", "arn:aws:iam::111122223333", false},
		{"AWS", "arn:aws:iam:us-east-1:111122223333:root", false},
		{"AWS", "arn:aws:iam:::root", false},
		{"AWS", "arn:aws:iam::aws:root", false},
		{"AWS", "arn:aws:s3:::b", false},
		{"AWS", "ARN:aws:iam::111122223333:root", false},
		{"AWS", "arn:aws:IAM::111122223333:root", false},
		{"AWS", "Arn:aws:iam::111122223333:user/alice", false},
		{"AWS", " arn:aws:iam::111122223333:root", false},
		{"AWS", "arn: aws:iam::111122223333: root", false},
		{"AWS", "AIDA", false},
		{"AWS", "AIDAexampleexample12", false},
		{"AWS", "AKIAEXAMPLEEXAMPLE12", false},
		{"AWS", "AGPAEXAMPLEEXAMPLE12", false},
		{"AWS", "ec2.amazonaws.com", false},
		{"AWS", "${aws:username}", false},
		{"Service", "ec2.amazonaws.com", true},
		{"Service", "logs.eu-west-1.amazonaws.com", true},
		{"Service", "ec2.amazonaws.com.cn", true},
		{"Service", "*", false},
		{"Service", "*.amazonaws.com", false},
		{"Service", "ec2", false},
		{"Service", "", false},
		{"Service", "ec2.amazonaws.com ", false},
		{"Service", "ec2 .amazonaws.com", false},
		{"Service", ".amazonaws.com", false},
		{"Service", "ec2.amazonaws.com.", false},
		{"Service", "ec2.amazonaws.com/x", false},
		{"Service", "https://ec2.amazonaws.com", false},
		{"Service", "ec2,amazonaws.com", false},
		{"Service", "111122223333", false},
		{"Service", "arn:aws:iam::111122223333:root", false},
		{"Federated", "accounts.google.com", true},
		{"Federated", "graph.facebook.com", true},
		{"Federated", "www.amazon.com", true},
		{"Federated", "arn:aws:iam::111122223333:saml-provider/ADFS", true},
		{"Federated", "arn:aws:iam::111122223333:oidc-provider/idp.example.com/a/b", true},
		{"Federated", "*", false},
		{"Federated", "google", false},
		{"Federated", "", false},
		{"Federated", "accounts.google.com ", false},
		{"Federated", "*.google.com", false},
		{"Federated", "arn:aws:iam::111122223333:saml-provider/*", false},
		{"Federated", "arn:aws:iam::*:saml-provider/ADFS", false},
		{"Federated", "arn:aws:iam::111122223333:samlprovider/ADFS", false},
		{"Federated", "arn:aws:sts::111122223333:saml-provider/ADFS", false},
		{"Federated", "arn:aws:iam::111122223333:role/x", false},
		{"Federated", "https://accounts.google.com", false},
		{"CanonicalUser", hex, true},
		{"CanonicalUser", hex[1:], false},
		{"CanonicalUser", hex + "0", false},
		{"CanonicalUser", strings.ToUpper(hex), false},
		{"CanonicalUser", "*", false},
		{"CanonicalUser", "g" + hex[1:], false},
	} {
		for _, k := range []policy.Kind{policy.Trust, policy.Resource} {
			for _, value := range []string{`"` + tt.value + `"`, `["` + tt.value + `"]`} {
				text := with(k, `Principal={"`+tt.kind+`":`+value+`}`)
				if got := answer(t, k, text); (got == "") != tt.ok {
					t.Errorf("%s: {%q: %s}: %q", k, tt.kind, value, got)
				}
			}
		}
	}
}

func TestUniqueIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"AIDAEXAMPLEEXAMPLE12": true, "AROA123456789012": true, "AROA12345678901": false, "AGPAEXAMPLEEXAMPLE12": false, "AIDAEXAMPLE-EXAMPLE1": false, "aidaexampleexample12": false, "": false, "xAIDAEXAMPLEEXAMPLE": false,
	} {
		if got := policy.IsUniqueID(id); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
}

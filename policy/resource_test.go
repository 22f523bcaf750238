package policy_test

import (
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// The messages of S3 that need no knowledge of the service (policy-language.md §10).
func TestResourceMessages(t *testing.T) {
	const (
		json      = "Policies must be valid JSON and the first byte must be '{'"
		principal = "Invalid principal in policy"
		resource  = "Policy has invalid resource"
		action    = "Policy has invalid action"
		address   = "Invalid IP address in Conditions"
		statement = "Missing required field Statement"
	)
	of := func(changes ...string) string { return with(policy.Resource, changes...) }
	for _, tt := range []struct{ text, want string }{
		{"x", json}, {"", json}, {"[]", json}, {`"x"`, json}, {"null", json}, {" " + of(), json}, {of() + "x", json}, {"\ufeff" + of(), json},
		{`{}`, statement}, {`{"Version":"2012-10-17","Statement":[]}`, statement},
		{of(`-Effect`), "Missing required field Effect"}, {of(`-Principal`), "Missing required field Principal"}, {of(`-Action`), "Missing required field Action"}, {of(`-Resource`), "Missing required field Resource"},
		{of(`Effect="x"`), "Invalid effect: x"}, {of(`Effect="allow"`), "Invalid effect: allow"},
		{of(`Principal="x"`), principal}, {of(`Principal={}`), principal}, {of(`Principal={"Foo":"x"}`), principal}, {of(`Principal={"AWS":"x"}`), principal}, {of(`Principal={"AWS":"arn:aws:iam::111122223333:role/*"}`), principal},
		{of(`-Principal`, `NotPrincipal={"AWS":"111122223333"}`), "Allow with NotPrincipal is not allowed."}, {of(`-Principal`, `NotPrincipal={"AWS":"111122223333"}`, `Effect="Deny"`), ""},
		{of(`Action="x"`), action}, {of(`Action="s*:x"`), action}, {of(`Action="a:b:c"`), action},
		{of(`Resource="x"`), resource}, {of(`Resource="arn:aws:s3"`), resource}, {of(`Resource="arn:aws:s3:${a:b}:c"`), resource}, {of(`Resource=""`), resource}, {of(`Resource="aws:arn:s3:::b"`), resource},
		{of(`Resource="arn:aws:s3*"`), ""}, {of(`Resource="*"`), ""}, {of(`Resource=["arn:aws:s3:::b",null]`), ""}, {of(`Resource="arn:aws:s3:::b/${aws:username}"`), ""},
		{of(`Condition={"StringEqual":{"k":"v"}}`), "Invalid Condition type : StringEqual"},
		{of(`Condition={"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), address}, {of(`Condition={"NotIpAddressIfExists":{"aws:SourceIp":["10.0.0.1","x"]}}`), address}, {of(`Condition={"IpAddress":{"aws:SourceIp":"fe80::1%eth0"}}`), address},
		{of(`Condition={"IpAddress":{"aws:SourceIp":["10.0.0.1","10.0.0.0/8","::1","2001:db8::/32"]}}`), ""}, {of(`Condition={"StringEquals":{"aws:SourceIp":"x"}}`), ""},
		{of(`Sid="with blanks and-signs"`), ""}, {strings.Replace(of(), "Version", "version", 1), "Syntax errors in policy."}, {of(`Foo=1`), "Syntax errors in policy."}, {`{"Version":"x","Statement":` + members(bases[policy.Resource]) + `}`, "Syntax errors in policy."},
		{statements(members(bases[policy.Resource], `Sid="a"`), members(bases[policy.Resource], `Sid="a"`)), "Statement IDs (SID) in a single policy must be unique."},
	} {
		if got := answer(t, policy.Resource, tt.text); got != tt.want {
			t.Errorf("%s\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

// Service and resource control policies (policy-language.md §9): what each accepts.
func TestControlPolicies(t *testing.T) {
	const malformed = "The provided policy document does not meet the requirements of the specified policy type."
	for _, tt := range []struct {
		changes  string
		scp, rcp bool
	}{
		{``, true, true},
		{`Effect="Allow"`, true, false},
		{`Principal="*"`, false, true},
		{`Principal={"AWS":"*"}`, false, false},
		{`Principal="111122223333"`, false, false},
		{`-Principal NotPrincipal="*"`, false, false},
		{`-Principal NotPrincipal={"AWS":"111122223333"}`, false, false},
		{`-Action NotAction="s3:*"`, true, false},
		{`Action="*"`, true, false},
		{`Action="s3:*"`, true, true},
		{`Action="S3:Get*"`, true, true},
		{`Action="s3:*Object?"`, true, true},
		{`Action="iam:CreateUser"`, true, false},
		{`Action="ec2:*"`, true, false},
		{`Action="dsql:*"`, true, true},
		{`Action=["s3:*","iam:*"]`, true, false},
		{`Action=["aoss:A","xray:B","sts:AssumeRole","kms:*","ecr-public:X"]`, true, true},
		{`Action="s*:GetObject"`, false, false},
		{`Action="x"`, false, false},
		{`Resource="arn:aws:s3:::b/*"`, true, true},
		{`-Resource NotResource="arn:aws:s3:::b"`, true, true},
		{`Resource="arn:aws:s3"`, false, false},
		{`Resource="arn:aws:s3*"`, true, false},
		{`Resource="arn:aws:s3:${a:b}:c"`, false, false},
		{`Resource="x"`, false, false},
		{`Condition={"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, true, true},
		{`Sid="a"`, true, true},
	} {
		for k, ok := range map[policy.Kind]bool{policy.ServiceControl: tt.scp, policy.ResourceControl: tt.rcp} {
			changes := strings.Split(tt.changes, " ")
			if tt.changes == "" {
				changes = nil
			}
			want := malformed
			if ok {
				want = ""
			}
			if got := answer(t, k, with(k, changes...)); got != want {
				t.Errorf("%s: %s: %q", k, with(k, changes...), got)
			}
		}
	}
}

func TestServicesWithResourceControl(t *testing.T) {
	for service, want := range map[string]bool{"s3": true, "sts": true, "kms": true, "aoss": true, "xray": true, "wafv2": true, "ecr-public": true, "autoscaling-plans": true, "iam": false, "ec2": false, "": false, "S3": false, "s3*": false} {
		if got := policy.SupportsResourceControl(service); got != want {
			t.Errorf("%s: %v", service, got)
		}
	}
}

func TestSize(t *testing.T) {
	for _, tt := range []struct {
		claim, text                 string
		identity, resource, control int
	}{
		{"nothing", "", 0, 0, 0},
		{"blanks do not count but in control policies", " {\t\"a\" :\r\n1 } ", 7, 7, 14},
		{"blanks in texts do", `{"a b": " "}`, 11, 11, 12},
		{"an escaped quote ends no text", `{"a\" b": 1}`, 11, 11, 12},
		{"an escaped backslash does not escape a quote", `{"a\\" : 1}`, 9, 9, 11},
		{"three backslashes do", `"\\\" "`, 7, 7, 7},
		{"characters, or bytes", `"é€𝄞"`, 5, 11, 5},
		{"a no-break space is a character", "\"\u00a0\"", 3, 4, 3},
	} {
		for k, want := range map[policy.Kind]int{policy.Managed: tt.identity, policy.Inline: tt.identity, policy.Trust: tt.identity, policy.Session: tt.identity, policy.Resource: tt.resource, policy.ServiceControl: tt.control, policy.ResourceControl: tt.control} {
			if got := policy.Size(k, tt.text); got != want {
				t.Errorf("%s: %s: %d, want %d", tt.claim, k, got, want)
			}
		}
	}
}

// limits.md §2.
func TestCheckSize(t *testing.T) {
	for _, tt := range []struct {
		kind          policy.Kind
		quota         int
		owner, name   string
		code, message string
	}{
		{policy.Managed, 6144, "", "", "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"},
		{policy.Inline, 2048, "user", "alice", "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user alice"},
		{policy.Inline, 5120, "group", "devs", "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group devs"},
		{policy.Inline, 10240, "role", "app", "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role app"},
		{policy.Trust, 2048, "", "", "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"},
		{policy.Resource, 20480, "", "", "MalformedPolicy", "Normalized policy document exceeds the maximum allowed size of 20480 bytes"},
		{policy.ServiceControl, 10240, "", "", "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"},
		{policy.ResourceControl, 5120, "", "", "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"},
	} {
		full := `"` + strings.Repeat("x", tt.quota-2) + `"`
		if err := policy.CheckSize(tt.kind, full, tt.quota, tt.owner, tt.name); err != nil {
			t.Errorf("%s: exactly the quota: %v", tt.kind, err)
		}
		blanks := full + strings.Repeat(" ", 100)
		err := policy.CheckSize(tt.kind, blanks, tt.quota, tt.owner, tt.name)
		if control := tt.kind == policy.ServiceControl || tt.kind == policy.ResourceControl; (err != nil) != control {
			t.Errorf("%s: with blanks behind: %v", tt.kind, err)
		}
		err = policy.CheckSize(tt.kind, full+"x", tt.quota, tt.owner, tt.name)
		e, ok := err.(*policy.Error)
		if !ok || e.Code != tt.code || e.Message != tt.message || e.Rule != policy.OverQuota {
			t.Errorf("%s: one too many: %#v", tt.kind, err)
		}
	}
}

package authz

import (
	"fmt"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// TestReachIsWhatDecideFinds asks a policy of one statement both ways.
func TestReachIsWhatDecideFinds(t *testing.T) {
	callers := map[string]Facts{
		"arn:aws:iam::111122223333:user/a":           {UniqueID: "AIDA1"},
		"arn:aws:iam::111122223333:root":             {},
		"arn:aws:sts::111122223333:assumed-role/r/s": {Issuer: "arn:aws:iam::111122223333:role/r", UniqueID: "AROA1"},
		"arn:aws:sts::111122223333:federated-user/f": {Issuer: "arn:aws:iam::111122223333:user/a"},
		"ec2.amazonaws.com":                          {},
		"anonymous":                                  {},
		"arn:aws:iam::111122223333:saml-provider/p":  {},
		"arn:aws:iam::444455556666:user/a":           {CanonicalID: "c0ffee"},
		"arn:aws:sts::444455556666:assumed-role/r/s": {Issuer: "arn:aws:iam::444455556666:role/aws-service-role/x.amazonaws.com/r"},
	}
	principals := []string{
		`"*"`, `{"AWS":"*"}`, `{"AWS":"111122223333"}`, `{"AWS":"arn:aws:iam::111122223333:user/a"}`, `{"AWS":"AIDA1"}`, `{"AWS":"AROA1"}`,
		`{"AWS":"arn:aws:iam::111122223333:role/r"}`, `{"AWS":["arn:aws:sts::111122223333:assumed-role/r/s","444455556666"]}`,
		`{"AWS":"arn:aws:sts::111122223333:federated-user/f"}`, `{"Service":"ec2.amazonaws.com"}`, `{"CanonicalUser":"c0ffee"}`,
		`{"Federated":"arn:aws:iam::111122223333:saml-provider/p"}`,
		`{"AWS":["111122223333","arn:aws:iam::111122223333:role/r","arn:aws:sts::111122223333:assumed-role/r/s","arn:aws:iam::111122223333:user/a"]}`,
	}
	all := func(k Kind) *Program {
		d, err := policy.Parse(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`)
		if err != nil {
			t.Fatal(err)
		}
		return Compile(d, k)
	}
	for _, trust := range []bool{false, true} {
		name, resource := "s3:GetObject", "arn:aws:s3:::b/k"
		if trust {
			name, resource = "sts:TagSession", "arn:aws:iam::777788889999:role/x"
		}
		action, err := NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		for caller, facts := range callers {
			who, err := NewPrincipal(caller, facts)
			if err != nil {
				t.Fatal(err)
			}
			for _, effect := range []string{"Allow", "Deny"} {
				for _, element := range []string{"Principal", "NotPrincipal"} {
					for _, names := range principals {
						for _, bounded := range []bool{false, true} {
							text := fmt.Sprintf(`{"Statement":{"Effect":%q,%q:%s,"Action":"*","Resource":"*"}}`, effect, element, names)
							d, err := policy.Parse(text)
							if err != nil {
								t.Fatal(err)
							}
							p := Compile(d, Resource)
							r := NewRequest(who, action, resource)
							r.ResourceAccount = "777788889999"
							ps := &Policies{Resource: p, Identity: []*Program{all(Identity)}, Session: []*Program{all(Identity)}}
							if bounded {
								ps.Boundary = all(Identity)
							}
							reach, d2 := p.Reach(0, who, trust, bounded && (who.Kind == User || who.Kind == RoleSession || who.Kind == FederatedSession)), Decide(r, ps)
							if effect == "Deny" {
								if want := d2.Effect == ExplicitDeny; (reach == ReachesCaller) != want {
									t.Errorf("%s for %s (trust %v, bounded %v): %d, decided %v", text, caller, trust, bounded, reach, d2.Effect)
								}
								continue
							}
							need := ReachesAccount // the identity policies allow the rest
							switch who.Kind {
							case Anonymous, Service, Provider:
								need = ReachesCaller
							}
							if want := d2.Effect == Allow; (reach >= need) != want {
								t.Errorf("%s for %s (trust %v): %d, decided %v", text, caller, trust, reach, d2.Effect)
							}
						}
					}
				}
			}
		}
	}
}

package analysis

import (
	"encoding/json"
	"fmt"

	"github.com/writ-iam/writ/policy"
)

// Access is what may be asked whether a policy grants it: any of the actions on any of the resources. An empty list stands for all. Both may hold wildcards.
type Access struct {
	Actions, Resources []string
}

// Grants answers whether a document grants any of an access: whether there is a request of it that the document allows, as it bears on requests when everything else
// allows them (see Of). What needs no policy, sts:GetCallerIdentity and whatever a control policy does not bear on, no policy grants. Trust policies have no resources of their own, so
// that an access must name none. The error says that an access or a kind cannot be asked about, or is ErrDisagreement.
func (z *Analyzer) Grants(k policy.Kind, d *policy.Document, x Access) (Answer, error) {
	if k == policy.Trust && len(x.Resources) > 0 {
		return Answer{}, fmt.Errorf("analysis: a trust policy speaks of the role it belongs to; ask about actions alone")
	}
	rest, err := allBut(k, x)
	if err != nil {
		return Answer{}, err
	}
	return z.Wider(Of(k, d), rest)
}

// allBut is a side that allows everything but an access, by a policy of the kind that is asked about: so that what such policies do not bear on, such as the requests of
// service-linked roles, is allowed on both sides and no answer.
func allBut(k policy.Kind, x Access) (Side, error) {
	or := func(list []string) []string {
		if len(list) == 0 {
			return []string{"*"}
		}
		return list
	}
	type statement struct {
		Effect    string
		Principal string `json:",omitempty"`
		Action    []string
		Resource  []string
	}
	principal := ""
	if programKind(k).HasPrincipals() {
		principal = "*"
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{
		{"Allow", principal, []string{"*"}, []string{"*"}},
		{"Deny", principal, or(x.Actions), or(x.Resources)},
	}})
	if err != nil {
		return Side{}, err
	}
	d, err := policy.Parse(string(text))
	if err != nil {
		return Side{}, fmt.Errorf("analysis: the access is none that a policy could name: %w", err)
	}
	s := Of(k, d)
	s.document = nil
	return s, nil
}

package identity

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/policy"
)

// A trust policy names users and roles by ARN, but means those that exist when it is saved: one that is made anew under the same name is
// another. So what is stored has their unique ids in place of their ARNs, and reading it puts the ARNs back, or shows the id of one that is gone
// (evaluation.md §4).

// StorePrincipals returns the text of a trust policy as it is stored. own is the account that saves it, as it is within the commit; the others are taken
// as they are. An ARN of a user or role that does not exist, or the id of one that is gone, is a MalformedPolicyDocument fault.
func (st *State) StorePrincipals(own *Account, doc *policy.Document) (string, error) {
	return replacePrincipals(doc, func(principal string) (string, error) {
		if policy.IsUniqueID(principal) {
			if _, ok := st.principalName(own, principal, "aws"); !ok {
				return "", invalidPrincipal(principal)
			}
			return principal, nil
		}
		name, err := arn.Parse(principal)
		if err != nil || name.Service != "iam" {
			return principal, nil
		}
		user, role := strings.HasPrefix(name.Resource, "user/"), strings.HasPrefix(name.Resource, "role/")
		if !user && !role {
			return principal, nil
		}
		a := own
		if name.Account != own.ID {
			var ok bool
			if a, ok = st.Account(name.Account); !ok {
				return "", invalidPrincipal(principal)
			}
		}
		if user {
			if u, ok := a.FindUser(name.Resource); ok {
				return u.ID, nil
			}
		} else if r, ok := a.FindRole(name.Resource); ok {
			return r.ID, nil
		}
		return "", invalidPrincipal(principal)
	})
}

func invalidPrincipal(principal string) error {
	return fault.New("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":%q", principal)
}

// ShowPrincipals returns a trust policy that is stored in an account as it is shown: with the present ARNs of the users and roles that exist.
func (st *State) ShowPrincipals(own *Account, d *Document, partition string) string {
	if !strings.Contains(d.Text, `"AIDA`) && !strings.Contains(d.Text, `"AROA`) {
		return d.Text
	}
	doc, err := policy.Parse(d.Text)
	if err != nil {
		return d.Text
	}
	text, err := replacePrincipals(doc, func(principal string) (string, error) {
		if name, ok := st.principalName(own, principal, partition); ok {
			return name, nil
		}
		return principal, nil
	})
	if err != nil {
		return d.Text
	}
	return text
}

// principalName returns the ARN of the user or role with a unique id, in whichever account it is.
func (st *State) principalName(own *Account, id, partition string) (string, bool) {
	if !policy.IsUniqueID(id) {
		return "", false
	}
	if name, ok := own.principalName(id, partition); ok {
		return name, true
	}
	for _, a := range st.Accounts() {
		if a.ID == own.ID {
			continue // it may have changed since
		}
		if name, ok := a.principalName(id, partition); ok {
			return name, true
		}
	}
	return "", false
}

func (a *Account) principalName(id, partition string) (string, bool) {
	at := Authority{Partition: partition, Account: a.ID}
	if u, ok := a.UserByID(id); ok {
		return at.User(u), true
	}
	if r, ok := a.RoleByID(id); ok {
		return at.Role(r), true
	}
	return "", false
}

// replacePrincipals returns the document's text with each AWS principal replaced by what f makes of it. All other bytes stay.
func replacePrincipals(doc *policy.Document, f func(string) (string, error)) (string, error) {
	var b strings.Builder
	text, from := doc.Text(), 0
	for i := range doc.Statements {
		for _, entry := range doc.Statements[i].Principal.Entries {
			if entry.Type.Text != "AWS" {
				continue
			}
			for _, v := range entry.Items {
				with, err := f(v.Text)
				if err != nil {
					return "", err
				}
				if with == v.Text {
					continue
				}
				b.WriteString(text[from:v.Offset])
				b.Write(quote(with))
				from = v.Offset + literalLen(text[v.Offset:])
			}
		}
	}
	b.WriteString(text[from:])
	return b.String(), nil
}

// quote returns a JSON string. Paths may hold characters that package json escapes for the sake of HTML unless it is told not to.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// A string can always be written.
	_ = e.Encode(s)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// literalLen returns the length of the JSON string that s, a part of a valid document, begins with.
func literalLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

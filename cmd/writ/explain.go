package main

import (
	"fmt"
	"strings"

	"github.com/writ-iam/writ/authz"
)

// appendExplanation appends the reasoning of a decision, as a person would tell it: the answer, the statement that decided, and what came near.
func appendExplanation(b []byte, c *authz.Case, e *authz.Explanation) []byte {
	r := c.Request
	if c.Name != "" {
		b = fmt.Appendf(b, "%s\n", c.Name)
	}
	b = fmt.Appendf(b, "  May %s\n  do  %s\n  on  %s?\n", r.Principal.ARN, r.Action, r.Resource())
	b = fmt.Appendf(b, "  %s: %s\n", verdict(e.Decision), describe(e.Decision))
	if message := e.Message(r); message != "" {
		b = fmt.Appendf(b, "  AWS says: %s\n", message)
	}
	for _, group := range []struct {
		title string
		takes func(*authz.Finding) bool
	}{
		{"applies:   ", (*authz.Finding).Applies},
		{"comes near:", (*authz.Finding).NearMiss},
	} {
		for i := range e.Findings {
			if f := &e.Findings[i]; group.takes(f) {
				b = appendFinding(b, group.title, f)
			}
		}
	}
	return append(b, '\n')
}

func verdict(d authz.Decision) string {
	if d.Allowed() {
		return "Yes"
	}
	return "No"
}

// layerNames are what people call the layers.
var layerNames = map[authz.Layer]string{
	authz.ServiceControlLayer:  "service control policies",
	authz.ResourceControlLayer: "resource control policies",
	authz.EndpointLayer:        "endpoint policy",
	authz.ResourceLayer:        "resource policy",
	authz.IdentityLayer:        "identity-based policies",
	authz.BoundaryLayer:        "permissions boundary",
	authz.SessionLayer:         "session policies",
}

// describe names what decided.
func describe(d authz.Decision) string {
	path := d.StatementPath()
	switch {
	case d.Allowed() && path == "":
		return "this needs no policy"
	case d.Allowed():
		return "granted by " + path
	case d.Effect == authz.ExplicitDeny:
		return "denied by " + path
	case d.Layer == authz.NoLayer:
		return "not possible, whatever the policies say"
	case d.Layer == authz.ServiceControlLayer || d.Layer == authz.ResourceControlLayer:
		return fmt.Sprintf("nothing allows it in the %s of level %d", layerNames[d.Layer], d.Level)
	}
	return "nothing allows it in the " + layerNames[d.Layer]
}

func appendFinding(b []byte, title string, f *authz.Finding) []byte {
	b = fmt.Appendf(b, "    %s %s %s", title, f.Effect, f.Path(f.Layer))
	s := &f.Program.Document.Statements[f.Statement]
	if s.Sid.Text != "" {
		b = fmt.Appendf(b, " %q", s.Sid.Text)
	}
	if name := f.Program.Name; name != "" {
		b = fmt.Appendf(b, " of %s", name)
	}
	switch {
	case !f.Principal:
		b = append(b, ", but it does not speak of this principal"...)
	case !f.Action:
		b = fmt.Appendf(b, ", but %s does not match the action: %s", s.Action.Name, list(s.Action.Texts()))
	case !f.Resource:
		b = fmt.Appendf(b, ", but %s does not match: %s", s.Resource.Name, list(s.Resource.Texts()))
	}
	b = append(b, '\n')
	for i := range f.Conditions {
		if t := &f.Conditions[i]; !t.Holds {
			b = fmt.Appendf(b, "      but %s %s %s does not hold: %s\n", t.Key, t.Operator, list(t.Wanted), seen(t))
		}
	}
	return b
}

func seen(t *authz.ConditionFinding) string {
	switch {
	case !t.Present:
		return "the request does not carry the key"
	case len(t.Seen) == 1:
		return fmt.Sprintf("the request has %q", t.Seen[0])
	}
	return "the request has " + list(t.Seen)
}

// list prints values for a person; long lists are cut.
func list(values []string) string {
	const most = 8
	quoted := make([]string, 0, most+1)
	for i, v := range values {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("… %d more", len(values)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", v))
	}
	return "[" + strings.Join(quoted, " ") + "]"
}

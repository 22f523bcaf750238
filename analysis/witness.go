package analysis

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/policy"
)

// Witness is a request that shows a difference.
type Witness struct {
	Request *authz.Request
	// Left and Right are how it is decided.
	Left, Right authz.Decision
	// Statement is the number of the statement of left's document that allows the request; -1 if left is no single document.
	Statement int
}

// String prints the request on a line: who asks for what, and with which condition keys.
func (w *Witness) String() string {
	r := w.Request
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s by %s", r.Action, r.Resource(), r.Principal.ARN)
	separator := " with "
	for k, v := range r.Context.All {
		switch {
		case followsFromCaller(r.Principal, k.String()):
			continue
		case v.Many():
			fmt.Fprintf(&b, "%s%s=%q", separator, k, v.Texts())
		default:
			fmt.Fprintf(&b, "%s%s=%q", separator, k, v.Texts()[0])
		}
		separator = ", "
	}
	return b.String()
}

// followsFromCaller reports whether a case need not say a key, since it follows from the principal.
func followsFromCaller(who *authz.Principal, key string) bool {
	switch key {
	case principalARN, principalAccount, principalType, userName:
		return true
	case userID:
		switch who.Kind {
		case authz.Anonymous, authz.Root, authz.AssumedRoot, authz.FederatedSession:
			return true
		}
	}
	return false
}

// MarshalJSON returns the request as the case format writes it (doc/case-format.md), so that it can be made a case: its condition keys are those that
// do not follow from the caller.
func (w *Witness) MarshalJSON() ([]byte, error) {
	r := w.Request
	c := struct {
		Principal       string         `json:"principal"`
		SessionIssuer   string         `json:"sessionIssuer,omitempty"`
		CanonicalUser   string         `json:"canonicalUser,omitempty"`
		Action          string         `json:"action"`
		Resource        string         `json:"resource"`
		ResourceAccount string         `json:"resourceAccount"`
		Context         map[string]any `json:"context"`
	}{r.Principal.ARN, r.Principal.Issuer, r.Principal.CanonicalID, r.Action.String(), r.Resource(), r.ResourceAccount, make(map[string]any)}
	if r.Principal.Issuer == r.Principal.ARN {
		c.SessionIssuer = ""
	}
	if r.Principal.Kind == authz.AssumedRoot {
		c.Context[isAssumedRoot] = "true" // which tells it from the root user
	}
	for k, v := range r.Context.All {
		switch name := k.String(); {
		case followsFromCaller(r.Principal, name):
		case v.Many():
			c.Context[name] = v.Texts()
		default:
			c.Context[name] = v.Texts()[0]
		}
	}
	return json.Marshal(c)
}

// confirm judges a witness.
func (w *Witness) confirm(left, right Side) error {
	w.Left, w.Right = authz.Decide(w.Request, left.Policies), authz.Decide(w.Request, right.Policies)
	if w.Left.Effect != authz.Allow || w.Right.Effect == authz.Allow {
		return fmt.Errorf("%w: left %v, right %v: %v", ErrDisagreement, w.Left.Effect, w.Right.Effect, w)
	}
	w.Statement = -1
	if left.document == nil {
		return nil
	}
	for _, f := range authz.Explain(w.Request, left.Policies).Findings {
		if f.Program.Document == left.document && f.Effect == policy.Allow && f.Applies() {
			w.Statement = int(f.Place.Statement)
			return nil
		}
	}
	return nil
}

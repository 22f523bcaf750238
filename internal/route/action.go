package route

import (
	"mime"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/wire/form"
)

// actionOf returns the parameters Action and Version from the query string or the body, whichever has an Action; both having one is an
// error. anyBody is for services that know nothing but forms.
func actionOf(h Hints, anyBody bool) (action, version string, err error) {
	inQuery, err := read(h.RawQuery)
	if err != nil {
		return "", "", err
	}
	if h.Method != "POST" || !anyBody && !isForm(h) {
		return inQuery.action, inQuery.version, nil
	}
	inBody, err := read(string(h.Body))
	switch {
	case err != nil:
		return "", "", err
	case inBody.actions == 0:
		return inQuery.action, inQuery.version, nil
	case inQuery.actions > 0:
		return "", "", fault.New(fault.MalformedQueryString, "Action stands in the query string and in the body.")
	}
	return inBody.action, inBody.version, nil
}

func isForm(h Hints) bool {
	kind, _, err := mime.ParseMediaType(h.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}

type named struct {
	action, version   string
	actions, versions int
}

func read(raw string) (n named, err error) {
	err = form.Each(raw, func(name, value string) error {
		switch name {
		case "Action":
			n.action = value
			n.actions++
		case "Version":
			n.version = value
			n.versions++
		}
		return nil
	})
	if err == nil && (n.actions > 1 || n.versions > 1) {
		err = fault.New(fault.MalformedQueryString, "A parameter stands twice.")
	}
	return n, err
}

// byAction finds the service of an action among some that sign alike. A version, if there is one, must be the service's.
func byAction(queries []*service, action, version string) (Route, error) {
	var found []*service
	for _, s := range queries {
		if version == "" || s.apiVersion == version {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return queries[0].route(action), fault.New(fault.InvalidAction, "Could not find operation %s for version %s", action, version)
	}
	if len(found) == 1 {
		return found[0].route(action), nil
	}
	var known []*service
	for _, s := range found {
		if s.operations()[action] != nil {
			known = append(known, s)
		}
	}
	switch {
	case len(known) == 0:
		return found[0].route(action), fault.New(fault.InvalidAction, "Could not find operation %s for version %s", action, version)
	case len(known) == 1 || alike(known):
		return known[0].route(action), nil
	}
	return Route{Protocol: Query}, ambiguous()
}

// alike reports whether services have the same endpoint and version, so that nothing tells them apart and an operation of the same name is the
// same: Amazon DocumentDB and Neptune are faces of RDS. The first is then the one that the endpoint is called after: see Load.
func alike(services []*service) bool {
	for _, s := range services[1:] {
		if s.endpoint != services[0].endpoint || s.signing != services[0].signing || s.protocol != services[0].protocol {
			return false
		}
		// Only the query protocol says the version.
		if s.protocol == Query && s.apiVersion != services[0].apiVersion {
			return false
		}
	}
	return true
}

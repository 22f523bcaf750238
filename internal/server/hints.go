package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/route"
)

// hints is what a request tells about what it wants. None of it is believed before the signature was checked: package authn asks for the scope that the
// service found here is to be signed for.
func hints(x *exchange) route.Hints {
	r := x.http
	return route.Hints{
		Method: r.Method, Host: r.Host, Path: path(r), RawQuery: r.URL.RawQuery, Header: r.Header, Scope: credentialPart(r, servicePart), Body: x.body,
	}
}

// path returns a request's path as it was sent.
func path(r *http.Request) string {
	if p, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(p, "/") {
		return p
	}
	return r.URL.EscapedPath()
}

// The parts of a credential: key id, date, region, service, terminator.
const (
	keyPart     = 0
	servicePart = 3
)

// credentialPart returns a part of the credential that a request's signature names, "" if it names none.
func credentialPart(r *http.Request, part int) string {
	text := r.Header.Get("Authorization")
	separator := "/"
	if _, credential, ok := strings.Cut(text, "Credential="); ok {
		text, _, _ = strings.Cut(credential, ",")
	} else if _, credential, ok := strings.Cut(r.URL.RawQuery, "X-Amz-Credential="); ok {
		text, _, _ = strings.Cut(credential, "&")
		if strings.Contains(text, "%2F") || strings.Contains(text, "%2f") {
			text, separator = strings.ReplaceAll(text, "%2f", "%2F"), "%2F"
		}
	} else {
		return ""
	}
	for i := 0; ; i++ {
		found, rest, more := strings.Cut(text, separator)
		switch {
		case i == part && len(found) <= 128:
			return found
		case !more || i == part:
			return ""
		}
		text = rest
	}
}

// window is how far a request's time may be from the server's (sigv4.md §4). m is nil if no service was recognised.
func window(m *model.Service) time.Duration {
	if m == nil || m.Protocol == model.Query {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

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
		Method: r.Method, Host: r.Host, Path: path(r), RawQuery: r.URL.RawQuery, Header: r.Header, Scope: scope(r), Body: x.body,
	}
}

// path returns a request's path as it was sent.
func path(r *http.Request) string {
	if p, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(p, "/") {
		return p
	}
	return r.URL.EscapedPath()
}

// scope returns the service in the scope of a request's signature, "" if it has none.
func scope(r *http.Request) string {
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
	parts := strings.Split(text, separator)
	if len(parts) != 5 {
		return ""
	}
	return parts[3]
}

// window is how far a request's time may be from the server's (sigv4.md §4).
func window(m *model.Service) time.Duration {
	if m.Protocol == model.Query {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

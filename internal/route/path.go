package route

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/wire/form"
)

// template is a REST operation's method, path and what else must be there.
type template struct {
	service   *service
	operation string
	anonymous bool
	segments  []segment
	// query are keys of the query string, with a value if it matters: "acl", "list-type=2".
	query []string
	// required are further members that the operation cannot do without: keys of the query string and headers. They tell operations of
	// the same path apart, but a path that is only one operation's is that operation's without them too.
	requiredQuery, requiredHeader []string
}

// segment is a part of a path between slashes. The path / has one segment, the literal "".
type segment struct {
	literal string
	label   bool // {Bucket}
	greedy  bool // {Key+}: a label that may have slashes; a template has one at most
}

func newTemplate(s *service, name string, f *operation) template {
	path, query, _ := strings.Cut(f.URI, "?")
	t := template{service: s, operation: name, anonymous: f.Anonymous}
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if strings.HasPrefix(part, "{") {
			t.segments = append(t.segments, segment{label: true, greedy: strings.HasSuffix(part, "+}")})
		} else {
			t.segments = append(t.segments, segment{literal: part})
		}
	}
	if query != "" {
		t.query = strings.Split(query, "&")
	}
	for _, where := range f.Required {
		switch where[0] {
		case "querystring":
			t.requiredQuery = append(t.requiredQuery, where[1])
		case "header":
			t.requiredHeader = append(t.requiredHeader, http.CanonicalHeaderKey(where[1]))
		}
	}
	return t
}

// bin holds templates that can match the same paths: all with another method, number of segments or beginning cannot.
type bin struct {
	method   string
	segments int // -1 if one of them is greedy
	// first is the first segment; label is true, and first "", if that is a label.
	first string
	label bool
}

func (t *template) bin(method string) bin {
	b := bin{method, len(t.segments), t.segments[0].literal, t.segments[0].label}
	if slices.ContainsFunc(t.segments, func(s segment) bool { return s.greedy }) {
		b.segments = -1
	}
	return b
}

// byPath finds the one REST operation that a request's method, path, query string and headers fit best. Literal segments are better than
// labels, from left to right; then more of what the templates ask for in query string and headers is better. Two that are equally good are
// ambiguous.
func byPath(services []*service, h Hints, path string, anonymous bool) (Route, error) {
	none := Route{}
	if len(services) > 0 {
		none = services[0].route("")
	}
	if !strings.HasPrefix(path, "/") {
		return none, unknown("The path does not begin with a slash.")
	}
	parts := strings.Split(path[1:], "/")
	for i := range parts {
		part, err := url.PathUnescape(parts[i])
		if err != nil {
			return none, unknown("The path has a bad escape.")
		}
		parts[i] = part
	}
	keys := make(map[string]string)
	if err := form.Each(h.RawQuery, func(name, value string) error {
		keys[name] = value
		return nil
	}); err != nil {
		return none, err
	}
	var best []*template
	var bestScore score
	for _, s := range services {
		// /bucket/ is /bucket.
		parts := parts
		if s.protocol == RESTXML && len(parts) == 2 && parts[1] == "" {
			parts = parts[:1]
		}
		templates := s.templates()
		for _, b := range [...]bin{{h.Method, len(parts), parts[0], false}, {h.Method, len(parts), "", true}, {h.Method, -1, parts[0], false}, {h.Method, -1, "", true}} {
			for i := range templates[b] {
				t := &templates[b][i]
				if anonymous && !t.anonymous || !t.matches(parts) || !t.asked(keys) {
					continue
				}
				switch sc := t.score(keys, h.Header); compare(sc, bestScore) {
				case 1:
					best, bestScore = append(best[:0], t), sc
				case 0:
					best = append(best, t)
				}
			}
		}
	}
	switch {
	case len(best) == 0:
		return none, unknown("No operation has this method and path.")
	case len(best) > 1 && !same(best):
		return Route{Protocol: best[0].service.protocol}, ambiguous()
	}
	r := best[0].service.route(best[0].operation)
	r.Path = path
	return r, nil
}

// same reports whether templates are one operation: alike services have it under the same name.
func same(ts []*template) bool {
	services := make([]*service, len(ts))
	for i, t := range ts {
		if t.operation != ts[0].operation {
			return false
		}
		services[i] = t.service
	}
	return alike(services)
}

func (t *template) matches(parts []string) bool {
	for i, s := range t.segments {
		if s.greedy {
			tail := t.segments[i+1:]
			rest := len(parts) - len(tail) // where the tail begins
			return rest > i && (rest > i+1 || parts[i] != "") && fit(tail, parts[rest:])
		}
		if i >= len(parts) || !fit(t.segments[i:i+1], parts[i:i+1]) {
			return false
		}
	}
	return len(parts) == len(t.segments)
}

// fit reports whether parts are what segments, none of them greedy, ask for. A label is never empty.
func fit(segments []segment, parts []string) bool {
	for i, s := range segments {
		if s.label && parts[i] == "" || !s.label && s.literal != parts[i] {
			return false
		}
	}
	return true
}

func (t *template) asked(keys map[string]string) bool {
	for _, q := range t.query {
		key, want, hasValue := strings.Cut(q, "=")
		if got, ok := keys[key]; !ok || hasValue && got != want {
			return false
		}
	}
	return true
}

// score is how well a template fits.
type score struct {
	template *template
	// missing is 1 if something required is not there.
	missing int
	asked   int
}

func (t *template) score(keys map[string]string, header http.Header) score {
	sc := score{template: t, asked: len(t.query)}
	for _, q := range t.requiredQuery {
		if _, ok := keys[q]; ok {
			sc.asked++
		} else {
			sc.missing = 1
		}
	}
	for _, q := range t.requiredHeader {
		if len(header[q]) > 0 {
			sc.asked++
		} else {
			sc.missing = 1
		}
	}
	return sc
}

// compare returns 1 if a fits better than b, 0 if equally well.
func compare(a, b score) int {
	if b.template == nil {
		return 1
	}
	for i := range min(len(a.template.segments), len(b.template.segments)) {
		if d := rank(a.template.segments[i]) - rank(b.template.segments[i]); d != 0 {
			return sign(d)
		}
	}
	if d := len(a.template.segments) - len(b.template.segments); d != 0 {
		return sign(d) // what stands behind a greedy label
	}
	if a.missing != b.missing {
		return sign(b.missing - a.missing)
	}
	return sign(a.asked - b.asked)
}

func rank(s segment) int {
	switch {
	case s.greedy:
		return 0
	case s.label:
		return 1
	}
	return 2
}

func sign(d int) int { return min(1, max(-1, d)) }

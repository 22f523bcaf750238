package lint

import (
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/catalog"
)

// arnTemplate is a form of ARNs that the catalog has.
type arnTemplate struct {
	region, account, resource string // the resource with a star for each placeholder
}

// arnIndex holds the templates of the catalog by the service that stands in the ARN, which may be another than the one that defines the type.
type arnIndex struct {
	byService map[string][]arnTemplate
	whole     bool // all services are there; if not, those that were asked for
}

// fewServices is how many services a document may name ARNs of before the index is made for all of them.
const fewServices = 6

// templates returns the forms of ARNs of the service that an ARN names.
func (c *checker) templates(a *resourceARN) []arnTemplate {
	service := a.parts[servicePart]
	forms, ok := c.arns.byService[service]
	if ok || c.arns.whole {
		return forms
	}
	if c.arns.byService == nil {
		c.arns.byService = make(map[string][]arnTemplate)
	}
	if len(c.arns.byService) < fewServices {
		c.arns.add(c.catalog, c.more, service)
	} else {
		c.arns = arnIndex{make(map[string][]arnTemplate), true}
		c.arns.add(c.catalog, c.more, "")
	}
	return c.arns.byService[service]
}

// add adds the templates of a service, or of all.
func (x *arnIndex) add(cat *catalog.Catalog, more *supplement, only string) {
	if only != "" {
		x.byService[only] = nil
	}
	for s := range cat.Services() {
		for r := range s.ResourceTypes() {
			for text := range r.ARNs() {
				service := arnService(text)
				if strings.Contains(service, "{") {
					service = s.Prefix() // a backup of a resource of any service; others know it as their own
				}
				if only != "" && service != only {
					continue
				}
				if p := strings.SplitN(text, ":", arn.PartCount); len(p) == arn.PartCount {
					x.byService[service] = append(x.byService[service], arnTemplate{p[3], p[4], starred(p[5])})
				}
			}
		}
	}
	for _, p := range more.formsOf(only) {
		x.byService[p[servicePart]] = append(x.byService[p[servicePart]], arnTemplate{p[regionPart], p[accountPart], p[resourcePart]})
	}
}

// arnService returns the service of an ARN.
func arnService(text string) string {
	_, text, _ = strings.Cut(text, ":")
	_, text, _ = strings.Cut(text, ":")
	service, _, _ := strings.Cut(text, ":")
	return service
}

// starred returns a template with a star in place of each placeholder.
func starred(template string) string {
	var b strings.Builder
	for template != "" {
		start := strings.IndexAny(template, "${<")
		if start < 0 {
			break
		}
		end := strings.IndexAny(template[start:], "}>")
		if end < 0 {
			break
		}
		b.WriteString(template[:start])
		b.WriteByte('*')
		template = template[start+end+1:]
	}
	b.WriteString(template)
	return b.String()
}

// resourceARN is an entry of Resource that has the form of an ARN.
type resourceARN struct {
	*value
	parts [arn.PartCount]string
	// at is where each part begins in the text.
	at [arn.PartCount]int
}

// eachARN calls f with every entry of Resource and NotResource that has all six parts of an ARN.
func (c *checker) eachARN(f func(a *resourceARN)) {
	c.eachResource(func(_ *statement, v *value) {
		parts := arn.SplitPattern(v.text, true)
		if len(parts) < arn.PartCount || parts[0] != "arn" {
			return
		}
		a := resourceARN{value: v}
		at := 0
		for i, p := range parts {
			a.parts[i], a.at[i] = p, at
			at += len(p) + 1
		}
		f(&a)
	})
}

const (
	partitionPart = 1
	servicePart   = 2
	regionPart    = 3
	accountPart   = 4
	resourcePart  = 5
)

// reportARN reports one of the ARN's parts, or the whole if the part is empty.
func (c *checker) reportARN(a *resourceARN, part int, format string, args ...any) {
	if a.parts[part] == "" {
		c.report(a.span, format, args...)
		return
	}
	c.reportPart(a.value, a.at[part], a.at[part]+len(a.parts[part]), format, args...)
}

// like returns the forms that an ARN may have by its last part. known is false if nothing can be said: the service is not known or is a pattern, has
// no forms, the steps are used up, or AWS itself publishes the entry as it stands.
func (c *checker) like(a *resourceARN) (forms []arnTemplate, known bool) {
	all := c.templates(a)
	resource := a.parts[resourcePart]
	if len(all) == 0 || len(resource) > maxPattern || c.more.resources[a.text] {
		return nil, false
	}
	if a.parts[servicePart] == "iam" && resource == "root" {
		return nil, false // the account's root user, which is in no list
	}
	key := a.parts[servicePart] + ":" + resource
	if forms, ok := c.arnForms[key]; ok {
		return forms, true
	}
	if strings.Contains(resource, "${") {
		var b strings.Builder
		at := 0
		variables(resource, func(v variable) {
			b.WriteString(resource[at:v.from])
			b.WriteByte('*')
			at = v.to
		})
		resource = b.String() + resource[at:]
	}
	for _, t := range all {
		if c.steps < 0 {
			return nil, false
		}
		if c.meet(resource, t.resource) {
			forms = append(forms, t)
		}
	}
	if c.arnForms == nil {
		c.arnForms = make(map[string][]arnTemplate)
	}
	c.arnForms[key] = forms
	return forms, true
}

// meet reports whether some text matches both patterns.
func (c *checker) meet(a, b string) bool {
	c.steps -= 8
	// Most patterns differ before their first wildcard or behind their last.
	for len(a) > 0 && len(b) > 0 && !isWild(a[0]) && !isWild(b[0]) {
		if a[0] != b[0] {
			return false
		}
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && !isWild(a[len(a)-1]) && !isWild(b[len(b)-1]) {
		if a[len(a)-1] != b[len(b)-1] {
			return false
		}
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if a == "*" || b == "*" {
		return true
	}
	c.steps -= (len(a) + 1) * (len(b) + 1)
	// row[j]: the text read so far can be a[:i] and b[:j].
	row := make([]bool, len(b)+1)
	row[0] = true
	for i := 0; ; i++ {
		for j := range b {
			if row[j] && (b[j] == '*' || i < len(a) && a[i] == '*') {
				row[j+1] = true
			}
		}
		if i == len(a) {
			return row[len(b)]
		}
		next := make([]bool, len(b)+1)
		for j := range row {
			switch {
			case !row[j]:
			case a[i] == '*':
				next[j] = true
			case j < len(b) && b[j] == '*':
				next[j] = true
			case j < len(b) && (a[i] == b[j] || a[i] == '?' || b[j] == '?'):
				next[j+1] = true
			}
		}
		row = next
	}
}

func isWild(b byte) bool { return b == '*' || b == '?' }

// isOpen reports a part that stands for several texts.
func isOpen(part string) bool { return strings.ContainsAny(part, "*?") || strings.Contains(part, "${") }

// all reports whether all templates have something; without one they have not.
func all(forms []arnTemplate, has func(t *arnTemplate) bool) bool {
	for i := range forms {
		if !has(&forms[i]) {
			return false
		}
	}
	return len(forms) > 0
}

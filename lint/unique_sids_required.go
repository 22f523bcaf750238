package lint

import "strings"

// Which resource policies are refused for it depends on the service; S3's are (policy-language.md §10).
var uniqueSidsRequired = &Rule{
	Code:     "UNIQUE_SIDS_REQUIRED",
	Title:    "Unique Sids required",
	Type:     Error,
	Kinds:    Identity | Trust | Resource | ServiceControl | ResourceControl,
	Sentence: "Two statements have the same Sid, which a policy of this type may not have.",
	check: func(c *checker) {
		if c.is(Resource) && !strings.HasPrefix(c.resource, "AWS::S3") {
			return
		}
		c.eachRepeatedSid(func(at []span, sid string) {
			c.reportAll(at, "Several statements have the Sid %q; give each another one", sid)
		})
	},
}

// eachRepeatedSid calls f with every Sid that several statements have, in the order of their second places. Empty ones do not count.
func (c *checker) eachRepeatedSid(f func(at []span, sid string)) {
	places := make(map[string][]span, len(c.doc.statements))
	var repeated []string
	for i := range c.doc.statements {
		v := &c.doc.statements[i].sid
		if v.text == "" {
			continue
		}
		if places[v.text] = append(places[v.text], v.span); len(places[v.text]) == 2 {
			repeated = append(repeated, v.text)
		}
	}
	for _, sid := range repeated {
		f(places[sid], sid)
	}
}

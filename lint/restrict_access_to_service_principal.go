package lint

var restrictAccessToServicePrincipal = &Rule{
	Code:     "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
	Title:    "Restrict access to service principal",
	Type:     SecurityWarning,
	Kinds:    Resource,
	Sentence: "A service is let in whoever it acts for: it may be had to do so by strangers, as a confused deputy.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			if !s.allows() || s.fromSource() || s.tests(weakSourceKeys...) || s.tests("aws:PrincipalOrgID") {
				return
			}
			for _, v := range s.services() {
				c.report(v.span, "%s is let in whoever it acts for; add a condition on %s", v.text, sourceKeys)
			}
		})
	},
}

// weakSourceKeys are keys by which policies say for whom a service acts, and of which AWS advises against.
var weakSourceKeys = []string{"aws:Referer", "aws:SourceOwner", "aws:UserAgent"}

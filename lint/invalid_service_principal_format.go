package lint

import "strings"

var invalidServicePrincipalFormat = &Rule{
	Code:     "INVALID_SERVICE_PRINCIPAL_FORMAT",
	Title:    "Invalid service principal format",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The name of a service as a principal is not of the form service.amazonaws.com, in small letters; for kms:ViaService a Region stands before amazonaws.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(_ *statement, kind string, v *value) {
			if kind == "Service" && isFixed(v.text) && !isServicePrincipal(v.text) {
				c.report(v.span, "%q is not the name of a service as a principal; the form is service.amazonaws.com, in small letters", v.text)
			}
		})
		c.eachKey(func(_ *statement, b *block, k *element) {
			if familyOf(b.op) != textFamily {
				return
			}
			via := k.named("kms:ViaService")
			if !via && !k.named("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast",
				"iam:PassedToService", "iam:AWSServiceName") {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				switch {
				case !isFixed(v.text):
				case !isServicePrincipal(v.text):
					c.report(v.span, "%q is not the name of a service as a principal; the form is service.amazonaws.com, in small letters", v.text)
				case via && strings.Count(v.text, ".") < 3:
					c.report(v.span, "%q is not what kms:ViaService compares; the form is service.region.amazonaws.com", v.text)
				}
			}
		})
	},
}

package lint

import "strings"

// Which variables and operators count AWS does not say. A variable is like a wildcard where wildcards count, under a Like operator; those that name the
// caller's own account or organization, which AWS sets, are let pass.
var variableUsageTooPermissive = &Rule{
	Code:     "VARIABLE_USAGE_TOO_PERMISSIVE",
	Title:    "Variable usage too permissive",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "A policy variable whose value the one who asks may choose stands in a condition that keeps others out, where it works like a wildcard.",
	check: func(c *checker) {
		if !c.isCurrent() {
			return
		}
		c.eachKey(func(_ *statement, b *block, k *element) {
			if !isLike(b.op) {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				variables(v.text, func(x variable) {
					if !x.closed || x.isEscape() || fixedVariable(x) {
						return
					}
					c.reportTooWide(k, v, x.from, x.to, "policy variable")
				})
			}
		})
	},
}

// fixedVariable reports a variable that AWS sets and nobody can choose.
func fixedVariable(x variable) bool {
	name, _, _ := x.parts()
	e := element{key: value{text: strings.TrimSpace(name)}}
	return e.named("aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:SourceAccount", "aws:SourceOrgID",
		"aws:VpceAccount", "aws:VpceOrgID", "aws:SourceVpc", "aws:SourceVpce")
}

// sensitiveKeys are keys whose values are whole ids, so that a part of one lets anybody in ("Sensitive condition keys" in AWS's documentation).
var sensitiveKeys = []string{"aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:SourceAccount", "aws:SourceOrgID",
	"aws:SourceVpc", "aws:SourceVpce", "aws:VpceAccount", "aws:VpceOrgID"}

// pathKeys are keys whose values begin with the id of an organization, and may end with a wildcard.
var pathKeys = []string{"aws:PrincipalOrgPaths", "aws:ResourceOrgPaths", "aws:SourceOrgPaths", "aws:VpceOrgPaths"}

// enough is how many characters must stand before a wildcard.
const enough = 6

// reportTooWide reports a wildcard or a variable, by its place in a value, that lets in too many.
func (c *checker) reportTooWide(k *element, v *value, from, to int, what string) {
	switch {
	case k.named(sensitiveKeys...):
		c.reportPart(v, from, to, "%s is an id that is known or not: a %s in it can let anybody in; give the whole value", k.key.text, what)
	case k.named(pathKeys...) && plainBefore(v.text[:from]) < enough:
		c.reportPart(v, from, to, "This %s in %s lets in too many; put at least %d characters before it", what, k.key.text, enough)
	case k.named("aws:userid"):
		plain := blankVariables(v.text)
		colon := strings.IndexByte(plain, ':')
		if colon >= 0 && (from > colon || plain[:colon] == "*" || strings.TrimSpace(plain[:colon]) == "") {
			return
		}
		c.reportPart(v, from, to, "An aws:userid is an id, a colon and a name; a %s stands behind the colon, or alone before it", what)
	}
}

// plainBefore returns how many characters stand at the end of a text without a wildcard among them.
func plainBefore(text string) int { return len(text) - strings.LastIndexAny(text, "*?}") - 1 }

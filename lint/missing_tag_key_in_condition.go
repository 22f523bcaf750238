package lint

import "strings"

var missingTagKeyInCondition = &Rule{
	Code:     "MISSING_TAG_KEY_IN_CONDITION",
	Title:    "Missing tag key in condition",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The condition key stands for a tag and does not say which.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, _ *block, k *element) {
			if c.tagKeyMissing(k) {
				c.report(k.key.span, "Say which tag: %s/ and the tag's key", strings.TrimSuffix(k.key.text, "/"))
			}
		})
	},
}

// tagKeyMissing reports a key that needs the name of a tag behind a slash and has none.
func (c *checker) tagKeyMissing(k *element) bool {
	if k.named("aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag", "aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/") {
		return true
	}
	name := strings.TrimSuffix(k.key.text, "/")
	if !strings.Contains(name, ":") || len(name) > maxPattern {
		return false
	}
	if _, ok := c.key(name); ok {
		return false
	}
	known, ok := c.key(name + "/x")
	return ok && known.Templated()
}

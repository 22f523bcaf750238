package lint

import "github.com/writ-iam/writ/internal/fold"

// Operators are the same in any case too; package policy refuses both, and Access Analyzer has no other word for it.
var duplicateKeysWithDifferentCase = &Rule{
	Code:     "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
	Title:    "Duplicate keys with different case",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "Two condition keys of one operator differ only in upper and lower case, and so are the same key given twice.",
	check: func(c *checker) {
		c.eachStatement(func(s *statement) {
			names := make(map[string]*value)
			for i := range s.condition.blocks {
				b := &s.condition.blocks[i]
				c.reportOtherCase(names, &b.name, "The operator %s stands here already, in other upper and lower case; join the two")
				keys := make(map[string]*value, len(b.keys))
				for j := range b.keys {
					c.reportOtherCase(keys, &b.keys[j].key, "The condition key %s stands under this operator already, in other upper and lower case; join the two")
				}
			}
		})
	},
}

// reportOtherCase reports a name that is among those seen so far in another case, and adds it.
func (c *checker) reportOtherCase(seen map[string]*value, name *value, format string) {
	folded := fold.Name(name.text)
	if other, ok := seen[folded]; !ok {
		seen[folded] = name
	} else if other.text != name.text {
		c.reportAll([]span{name.span, other.span}, format, name.text)
	}
}

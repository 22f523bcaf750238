package lint

import "github.com/writ-iam/writ/policy"

// Two readers of the same member given twice may take each another one: what is not told apart by its reader must be refused.
var jsonSyntaxError = &Rule{
	Code:     "JSON_SYNTAX_ERROR",
	Title:    "Json syntax error",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The text is not JSON, or an object has the same member twice.",
	check: func(c *checker) {
		if f := c.doc.fault; f != nil {
			at := policy.PositionOf(c.doc.text, f.offset)
			c.report(span{start: f.offset, end: min(f.offset+1, len(c.doc.text)), index: -1}, "This is not JSON, at index %d, line %d, column %d: %s", f.offset, at.Line, at.Column-1, f.detail)
		}
		for i := range c.doc.doubled {
			c.report(c.doc.doubled[i].span, "The member %q stands twice in one object; remove one", c.doc.doubled[i].text)
		}
	},
}

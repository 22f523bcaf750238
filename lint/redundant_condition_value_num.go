package lint

import "github.com/writ-iam/writ/condition"

var redundantConditionValueNum = &Rule{
	Code:     "REDUNDANT_CONDITION_VALUE_NUM",
	Title:    "Redundant condition value num",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "A comparison of numbers has several bounds, of which only the widest counts.",
	check: func(c *checker) {
		c.eachKey(func(_ *statement, b *block, k *element) {
			if len(k.items) < 2 {
				return
			}
			switch b.op.Comparison {
			case condition.NumericLessThan, condition.NumericLessThanEquals:
				c.report(k.whole, "Of several values of %s the greatest counts; leave the others of %s out", b.op, k.key.text)
			case condition.NumericGreaterThan, condition.NumericGreaterThanEquals:
				c.report(k.whole, "Of several values of %s the least counts; leave the others of %s out", b.op, k.key.text)
			}
		})
	},
}

package lint

import (
	"strings"

	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/condition"
)

// family is what kind of values an operator compares.
type family uint8

const (
	textFamily family = iota
	numericFamily
	dateFamily
	boolFamily
	binaryFamily
	addressFamily
	arnFamily
	nullFamily
)

// familyOf returns the family of an operator.
func familyOf(op condition.Operator) family {
	switch op.Comparison {
	case condition.Bool:
		return boolFamily
	case condition.BinaryEquals:
		return binaryFamily
	case condition.IPAddress, condition.NotIPAddress:
		return addressFamily
	case condition.Null:
		return nullFamily
	}
	switch name := op.Comparison.String(); {
	case strings.HasPrefix(name, "Numeric"):
		return numericFamily
	case strings.HasPrefix(name, "Date"):
		return dateFamily
	case strings.HasPrefix(name, "Arn"):
		return arnFamily
	}
	return textFamily
}

// isLike reports whether * and ? are wildcards in the values of an operator.
func isLike(op condition.Operator) bool {
	return op.Comparison == condition.StringLike || op.Comparison == condition.StringNotLike || familyOf(op) == arnFamily
}

// isEquals reports an operator of strings that knows no wildcards.
func isEquals(op condition.Operator) bool { return familyOf(op) == textFamily && !isLike(op) }

// familyNames are the words for the operators that fit the type of a key.
var familyNames = map[catalog.ValueType]string{
	catalog.TypeString: "String", catalog.TypeARN: "Arn", catalog.TypeBool: "Bool", catalog.TypeDate: "Date", catalog.TypeIPAddress: "IpAddress", catalog.TypeNumeric: "Numeric",
}

// fits reports whether an operator compares values of a key's type.
func fits(op condition.Operator, k *catalog.Key) bool {
	switch f := familyOf(op); k.Type() {
	case catalog.TypeString:
		// AWS's data calls a String what may well be an ARN.
		return f == textFamily || f == nullFamily || f == binaryFamily || f == arnFamily
	case catalog.TypeARN:
		return f == arnFamily || f == nullFamily
	case catalog.TypeBool:
		return f == boolFamily || f == nullFamily
	case catalog.TypeDate:
		// Seconds since 1970 are a number too.
		return f == dateFamily || f == nullFamily || f == numericFamily && strings.EqualFold(k.Name(), "aws:EpochTime")
	case catalog.TypeIPAddress:
		return f == addressFamily || f == nullFamily
	case catalog.TypeNumeric:
		return f == numericFamily || f == nullFamily
	default:
		return true
	}
}

// key returns what the catalog knows of a condition key.
func (c *checker) key(name string) (*catalog.Key, bool) {
	if c.catalog == nil || len(name) > maxPattern {
		return nil, false
	}
	k, ok := c.keys[name]
	if !ok {
		k, _ = c.catalog.Key(name)
		if c.keys == nil {
			c.keys = make(map[string]*catalog.Key)
		}
		c.keys[name] = k
	}
	return k, k != nil
}

// hasWildcard reports a * or ? that is no part of ${…}.
func hasWildcard(text string) bool { return strings.ContainsAny(withoutVariables(text), "*?") }

// isFixed reports a text without wildcards and variables.
func isFixed(text string) bool {
	return !strings.ContainsAny(text, "*?") && !strings.Contains(text, "${")
}

// isNumber reports whether a text is a number (policy-language.md §5.1).
func isNumber(s string) bool {
	digits := func() (n int) {
		for s != "" && '0' <= s[0] && s[0] <= '9' {
			s, n = s[1:], n+1
		}
		return n
	}
	sign := func() {
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
	}
	sign()
	n := digits()
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		n += digits()
	}
	if n > 0 && s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		sign()
		n = digits()
	}
	return n > 0 && s == ""
}

// positive reports an operator that holds only if the key is there and some value matches.
func positive(op condition.Operator) bool {
	return !op.Comparison.Negated() && !op.IfExists && op.Set != condition.ForAllValues && op.Comparison != condition.Null
}

package condition

import (
	"errors"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// Operator is a condition operator as a policy writes it: a comparison, perhaps with a set operator before and IfExists behind
// (policy-language.md §5.1, §5.2).
type Operator struct {
	Comparison Comparison
	Set        Set
	IfExists   bool
}

// Set is how an operator treats the several values of a multi-valued key.
type Set uint8

// Without a set operator a multi-valued key does not match.
const (
	NoSet Set = iota
	ForAllValues
	ForAnyValue
)

var setPrefixes = [...]string{"", "ForAllValues:", "ForAnyValue:"}

// Comparison is an operator without its prefix and suffix.
type Comparison uint8

// The comparisons of policy-language.md §5.1.
const (
	StringEquals Comparison = iota
	StringNotEquals
	StringEqualsIgnoreCase
	StringNotEqualsIgnoreCase
	StringLike
	StringNotLike
	NumericEquals
	NumericNotEquals
	NumericLessThan
	NumericLessThanEquals
	NumericGreaterThan
	NumericGreaterThanEquals
	DateEquals
	DateNotEquals
	DateLessThan
	DateLessThanEquals
	DateGreaterThan
	DateGreaterThanEquals
	Bool
	BinaryEquals
	IPAddress
	NotIPAddress
	ARNEquals
	ARNLike
	ARNNotEquals
	ARNNotLike
	Null
	comparisons // how many there are
)

// family is what kind of values a comparison compares; each has a file.
type family uint8

const (
	stringFamily family = iota
	foldFamily
	likeFamily
	numericFamily
	dateFamily
	boolFamily
	binaryFamily
	addressFamily
	arnFamily
	nullFamily
)

// order says which results of "request value compared with policy value" an ordered comparison accepts.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

// traits is the row of a comparison in the table of policy-language.md §5.1.
type traits struct {
	name    string
	family  family
	order   order
	negated bool
}

var table = [comparisons]traits{
	StringEquals:              {"StringEquals", stringFamily, 0, false},
	StringNotEquals:           {"StringNotEquals", stringFamily, 0, true},
	StringEqualsIgnoreCase:    {"StringEqualsIgnoreCase", foldFamily, 0, false},
	StringNotEqualsIgnoreCase: {"StringNotEqualsIgnoreCase", foldFamily, 0, true},
	StringLike:                {"StringLike", likeFamily, 0, false},
	StringNotLike:             {"StringNotLike", likeFamily, 0, true},
	NumericEquals:             {"NumericEquals", numericFamily, equal, false},
	NumericNotEquals:          {"NumericNotEquals", numericFamily, equal, true},
	NumericLessThan:           {"NumericLessThan", numericFamily, less, false},
	NumericLessThanEquals:     {"NumericLessThanEquals", numericFamily, less | equal, false},
	NumericGreaterThan:        {"NumericGreaterThan", numericFamily, greater, false},
	NumericGreaterThanEquals:  {"NumericGreaterThanEquals", numericFamily, greater | equal, false},
	DateEquals:                {"DateEquals", dateFamily, equal, false},
	DateNotEquals:             {"DateNotEquals", dateFamily, equal, true},
	DateLessThan:              {"DateLessThan", dateFamily, less, false},
	DateLessThanEquals:        {"DateLessThanEquals", dateFamily, less | equal, false},
	DateGreaterThan:           {"DateGreaterThan", dateFamily, greater, false},
	DateGreaterThanEquals:     {"DateGreaterThanEquals", dateFamily, greater | equal, false},
	Bool:                      {"Bool", boolFamily, 0, false},
	BinaryEquals:              {"BinaryEquals", binaryFamily, 0, false},
	IPAddress:                 {"IpAddress", addressFamily, 0, false},
	NotIPAddress:              {"NotIpAddress", addressFamily, 0, true},
	ARNEquals:                 {"ArnEquals", arnFamily, 0, false},
	ARNLike:                   {"ArnLike", arnFamily, 0, false},
	ARNNotEquals:              {"ArnNotEquals", arnFamily, 0, true},
	ARNNotLike:                {"ArnNotLike", arnFamily, 0, true},
	Null:                      {"Null", nullFamily, 0, false},
}

// String returns the comparison in AWS's spelling.
func (c Comparison) String() string { return table[c].name }

// Negated reports whether c is true when no value matches: the Not operators.
func (c Comparison) Negated() bool { return table[c].negated }

// Comparisons returns every comparison.
func Comparisons() []Comparison {
	all := make([]Comparison, comparisons)
	for i := range all {
		all[i] = Comparison(i)
	}
	return all
}

// ErrOperator says that a policy names an operator that AWS does not know.
var ErrOperator = errors.New("condition: unknown operator")

// ParseOperator reads an operator's name, in any case. Null takes neither IfExists nor a set operator.
func ParseOperator(name string) (Operator, error) {
	var op Operator
	rest := fold.Name(name)
	for set, prefix := range setPrefixes {
		if cut, ok := strings.CutPrefix(rest, fold.Name(prefix)); ok && prefix != "" {
			op.Set, rest = Set(set), cut
			break
		}
	}
	rest, op.IfExists = strings.CutSuffix(rest, "ifexists")
	c, ok := byName(rest)
	if !ok || c == Null && (op.IfExists || op.Set != NoSet) {
		return Operator{}, ErrOperator
	}
	op.Comparison = c
	return op, nil
}

func byName(folded string) (Comparison, bool) {
	for c := range comparisons {
		if name := table[c].name; len(name) == len(folded) && strings.EqualFold(name, folded) {
			return c, true
		}
	}
	return 0, false
}

// String returns the operator in AWS's spelling.
func (o Operator) String() string {
	s := setPrefixes[o.Set] + table[o.Comparison].name
	if o.IfExists {
		s += "IfExists"
	}
	return s
}
